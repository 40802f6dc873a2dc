"""A survey as JSON and back, as small as it can be: it is kept, so that it need not be counted for every page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pydantic import TypeAdapter
from pydantic_core import to_json

from engine.figures.chosen import Key
from engine.figures.stages import StageTime
from engine.figures.survey import Section, Survey

FORM: Final = "survey/2"
"""Part of the key under which a survey is kept: one that was counted or written otherwise is not found any more."""

_Section = tuple[Key, tuple[int | None, ...], tuple[tuple[int, int | None] | None, ...]]
_Survey = tuple[tuple[str, ...], _Section, dict[str, tuple[_Section, ...]]]
_SURVEY: Final[TypeAdapter[_Survey]] = TypeAdapter(_Survey)


def survey_text(survey: Survey) -> str:
    """Return the survey as JSON."""
    groups = {name: list(map(_plain, sections)) for name, sections in survey.groups.items()}
    return to_json([survey.columns, _plain(survey.whole), groups]).decode()


def survey_from(text: str) -> Survey:
    """Return the survey of such a text; raises ValueError for any other text."""
    columns, whole, groups = _SURVEY.validate_json(text)
    return Survey(
        columns=columns,
        whole=_section(whole),
        groups={name: tuple(map(_section, sections)) for name, sections in groups.items()},
    )


def _plain(section: Section) -> Sequence[object]:
    times = [None if time is None else (time.median_doubled, time.ninth_decile) for time in section.times]
    return [section.key, section.numbers, times]


def _section(plain: _Section) -> Section:
    key, numbers, times = plain
    return Section(
        key=key,
        numbers=numbers,
        times=tuple(
            None if time is None else StageTime(median_doubled=time[0], ninth_decile=time[1]) for time in times
        ),
    )
