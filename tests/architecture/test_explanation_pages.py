"""The pages that say who could see or do what claim nothing that no test shows: each row names tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
PAGES = {PROJECT / "docs/explanation/administrator.md": 15, PROJECT / "docs/explanation/polls.md": 8}
NAMED = re.compile(r"`(test_\w+)`")


def rows(page: Path) -> list[list[str]]:
    lines = [line for line in page.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "`test" in line or "。" in line]


@pytest.mark.parametrize("sheet", PAGES, ids=lambda sheet: sheet.stem)
def test_every_sentence_stands_in_both_languages_and_names_a_test(sheet: Path) -> None:
    assert len(rows(sheet)) >= PAGES[sheet]
    for zh, en, tests in rows(sheet):
        assert re.search(r"[\u4e00-\u9fff]", zh), zh
        assert not re.search(r"[\u4e00-\u9fff]", en), en
        assert NAMED.findall(tests), en


def test_every_test_that_is_named_exists() -> None:
    known = {
        name
        for path in (PROJECT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text("utf-8"))
    }
    named = {name for page in PAGES for row in rows(page) for name in NAMED.findall(row[2])}
    assert named - known == set()
