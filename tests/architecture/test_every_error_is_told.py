"""Every wording of an error, of source and definitions, is quoted in a test: somebody has reached and read it.

Found by following names through the source (``tests/support/told_errors.py``); what is asked is that the whole wording
stands in a string of a test, or its longest fixed piece where it holds values. Page texts of ``web/texts*.py`` that are
shown as errors are looked at elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from tests.support.quoted import quoted
from tests.support.told_errors import FOLDERS, Wording, wordings_of_definitions, wordings_of_source

EXEMPT: Mapping[str, str] = MappingProxyType(
    {
        "流程与规则": "the title of a part of the API; a refusal names the parts by their ids",
        "Write both, as {zh: 已立案, en: Filed}": "English that shows Chinese; the Chinese text is quoted",
    }
)
"""Wordings that no test can reach, each with its reason. One that is quoted after all, or is gone, fails."""
NOT_YET = frozenset(
    Path(__file__).with_name("errors_not_yet_told.txt").read_text(encoding="utf-8").splitlines(),
)
"""Wordings that no test quotes yet, each with its file: the list only ever gets shorter, and is gone one day."""


def _of(folder: str) -> list[Wording]:
    return sorted(one for one in wordings_of_source() if one.file.startswith(f"{folder}/"))


def _unquoted(wordings: list[Wording]) -> list[Wording]:
    return [one for one in wordings if one.fixed not in quoted()]


def _owed(one: Wording) -> str:
    return f"{one.file} {one.fixed}"


def _told(missing: list[Wording]) -> str:
    return "reach these in a test and assert the Chinese text:\n" + "\n".join(str(one) for one in missing)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_error_of_the_source_is_quoted_in_a_test(folder: str) -> None:
    missing = [one for one in _unquoted(_of(folder)) if one.fixed not in EXEMPT and _owed(one) not in NOT_YET]
    assert not missing, _told(missing)


def test_every_refusal_of_the_definitions_is_quoted_in_a_test() -> None:
    missing = _unquoted(sorted(wordings_of_definitions()))
    assert not missing, _told(missing)


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_owed_is_still_owed(folder: str) -> None:
    owed = {line for line in NOT_YET if line.startswith(f"{folder}/")}
    assert owed - {_owed(one) for one in _unquoted(_of(folder))} == set(), "quoted now, or gone: take it off the list"


def test_every_exemption_has_a_reason_and_is_still_needed() -> None:
    unquoted = {one.fixed for folder in FOLDERS for one in _unquoted(_of(folder))}
    assert EXEMPT.keys() - unquoted == set(), "quoted in a test now, or gone: leave it out"
    assert all(EXEMPT.values())
