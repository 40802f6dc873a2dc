"""The shipped calendar files as values: once with the provisional default, once strict about missing notices."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from engine.calendar.calendar import Calendar, MissingYear
from engine.calendar.notices import Notice, StatutoryDays, notice_from_mapping, statutory_days_from_mapping

FOLDER = Path(__file__).parents[3] / "workflows" / "calendars"


def _loaded(name: str) -> object:
    yaml = YAML(typ="safe", pure=True)
    return yaml.load((FOLDER / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def notices() -> tuple[Notice, ...]:
    names = [f"{year}.yaml" for year in range(2023, 2027)]
    return tuple(notice_from_mapping(_loaded(name), name) for name in names)


@pytest.fixture(scope="session")
def statutory() -> StatutoryDays:
    return statutory_days_from_mapping(_loaded("provisional.yaml"), "provisional.yaml")


@pytest.fixture(scope="session")
def calendar(notices: tuple[Notice, ...], statutory: StatutoryDays) -> Calendar:
    return Calendar(notices=notices, statutory=statutory)


@pytest.fixture(scope="session")
def strict_calendar(notices: tuple[Notice, ...], statutory: StatutoryDays) -> Calendar:
    return Calendar(notices=notices, statutory=statutory, missing=MissingYear.ERROR)
