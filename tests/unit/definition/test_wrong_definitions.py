"""Each wrong definition under tests/data is refused for what its first lines say, and for nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from engine.definition.library import check_paths
from engine.errors import Problem

FOLDER = Path(__file__).parents[2] / "data" / "wrong_definitions"
FILES = sorted(FOLDER.glob("*.yaml"))
EXPECTED = re.compile(r"^# expect: (\w+) @ (\d+): (.+)$", re.MULTILINE)


@cache
def found_in(file: Path) -> list[Problem]:
    """Return the problems of a file, looked for once."""
    return check_paths([file])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_wrong_definition_is_refused_with_line_reason_and_remedy(file: Path) -> None:
    expected = [(code, int(line), words) for code, line, words in EXPECTED.findall(file.read_text(encoding="utf-8"))]
    found = found_in(file)
    assert expected, "the file says what to expect"
    assert sorted(expected) == sorted(
        (problem.code, problem.line, f"{problem.text.zh}。{problem.remedy.zh}") for problem in found
    )


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_every_problem_says_what_to_write_in_both_languages(file: Path) -> None:
    for problem in found_in(file):
        assert problem.text.zh.strip()
        assert problem.text.en.strip()
        assert problem.remedy.zh.strip()
        assert problem.remedy.en.strip()
        assert problem.column >= 1
        assert problem.file == str(file)


def test_at_least_25_kinds_of_problems_have_a_wrong_definition() -> None:
    codes = {code for file in FILES for code, _, _ in EXPECTED.findall(file.read_text(encoding="utf-8"))}
    assert len(codes) >= 25


def test_the_definition_that_the_wrong_ones_are_made_from_is_right(problems: Callable[..., list[Problem]]) -> None:
    assert problems() == []
