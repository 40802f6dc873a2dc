"""What ``banjie doctor`` says of papers: the fonts that are taken, or what to install."""

from __future__ import annotations

import pytest

from documents.paper import NO_FONT, NO_MAKER
from engine.errors import PaperNotMade
from runtime.cli import paper_looks


def test_the_fonts_that_papers_are_set_in_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    there = frozenset({"Noto Sans CJK SC", "FangSong", "方正小标宋简体", "DejaVu Sans"})
    monkeypatch.setattr(paper_looks, "families", lambda: there)
    look = paper_looks.paper_look()
    assert (look.text.zh, look.advice) == ("文书字体：正文 FangSong，标题 方正小标宋简体", None)


def test_a_server_without_a_chinese_font_or_without_typst_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(paper_looks, "families", lambda: frozenset({"DejaVu Sans"}))
    look = paper_looks.paper_look()
    assert (look.text.zh, look.advice, look.fatal) == ("不能生成PDF", NO_FONT, False)

    def missing() -> frozenset[str]:
        raise PaperNotMade(NO_MAKER)

    monkeypatch.setattr(paper_looks, "families", missing)
    assert paper_looks.paper_look().advice == NO_MAKER
