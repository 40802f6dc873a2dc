"""The page about the administrator claims nothing that no test shows: each row names tests, and each of them exists."""

from __future__ import annotations

import re
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
PAGE = PROJECT / "docs/explanation/administrator.md"
NAMED = re.compile(r"`(test_\w+)`")


def rows() -> list[list[str]]:
    lines = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "`test" in line or "。" in line]


def test_every_sentence_stands_in_both_languages_and_names_a_test() -> None:
    assert len(rows()) >= 15
    for zh, en, tests in rows():
        assert re.search(r"[\u4e00-\u9fff]", zh), zh
        assert not re.search(r"[\u4e00-\u9fff]", en), en
        assert NAMED.findall(tests), en


def test_every_test_that_is_named_exists() -> None:
    known = {
        name
        for path in (PROJECT / "tests").rglob("test_*.py")
        for name in re.findall(r"def (test_\w+)\(", path.read_text("utf-8"))
    }
    named = {name for row in rows() for name in NAMED.findall(row[2])}
    assert named - known == set()
