"""Which days another calendar changes, and how notices that were kept become the running calendar."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from engine.access.directory import Surroundings, Unit
from engine.calendar.calendar import Calendar
from engine.calendar.local import calendar_file_from_mapping
from engine.calendar.notices import Notice
from engine.case.identity import RootId, UnitId
from engine.definition.rulebook import Rulebook
from engine.errors import DefinitionError
from engine.service.calendar_change import changed_days
from engine.service.calendar_place import check_place
from engine.service.running_calendar import RunningCalendar, notice_text
from engine.service.world import World
from engine.text import Text

ROOT = RootId("works")
PLACE = (3, 1)


def a_file(**changes: object) -> dict[str, Any]:
    data = {"year": 2026, "title": {"zh": "通知", "en": "Notice"}, "number": "1号", "issued_on": "2025-11-04"}
    return data | {"holidays": [], "make_up_days": []} | changes


def off(on: str) -> dict[str, object]:
    return {"holidays": [{"name": {"zh": "专项放假", "en": "Special holiday"}, "from": on}]}


def a_notice(**changes: object) -> Notice:
    read = calendar_file_from_mapping(a_file(**changes), "2026.yaml")
    assert isinstance(read, Notice)
    return read


def surroundings(root: str = "works", top: str = "JL") -> Surroundings:
    units = [
        Unit(root=RootId(root), id=UnitId(f"{root}-top"), parent=None, code=top, title=Text("江岭", "Jiangling")),
        Unit(root=RootId(root), id=UnitId(f"{root}-m"), parent=UnitId(f"{root}-top"), code="M", title=Text("厂", "M")),
    ]
    return Surroundings(root=RootId(root), epoch=1, units={unit.id: unit for unit in units}, sessions={})


def a_world(calendar: Calendar, here: Surroundings) -> World:
    return World(rules=Rulebook({}, {}), calendar=calendar, surroundings=here)


SHIPPED = Calendar(notices=(a_notice(),))


def test_the_days_that_change_are_told_with_what_they_were_and_are() -> None:
    new = Calendar(notices=(a_notice(), a_notice(number="2号", issued_on="2026-01-05", **off("2026-03-04"))))
    changed = changed_days(SHIPPED, new)
    assert [(day.on, day.was.is_working, day.now.is_working) for day in changed] == [(date(2026, 3, 4), True, False)]
    assert changed[0].now.source == Text("通知（2号）", "Notice (2号)")
    assert [day.on for day in changed_days(new, SHIPPED)] == [date(2026, 3, 4)]


def test_a_day_that_was_off_anyway_is_no_change() -> None:
    new = Calendar(notices=(a_notice(), a_notice(number="2号", issued_on="2026-01-05", **off("2026-03-07"))))
    assert changed_days(SHIPPED, new) == ()


def test_the_december_before_is_looked_at_too() -> None:
    new = Calendar(notices=(a_notice(), a_notice(year=2027, number="2号", **off("2026-12-31"))))
    assert [day.on for day in changed_days(SHIPPED, new)] == [date(2026, 12, 31)]


def test_a_notice_kept_in_the_database_joins_the_shipped_ones() -> None:
    text = notice_text(a_file(number="2号", issued_on="2026-01-05", **off("2026-03-04")))
    kept: list[str] = []
    running = RunningCalendar(SHIPPED, lambda: tuple(kept))
    assert running.of(surroundings()) is SHIPPED
    assert not running.proposed(text, surroundings()).is_working_day(date(2026, 3, 4))
    assert running.of(surroundings()).is_working_day(date(2026, 3, 4))
    kept.append(text)
    assert not running.of(surroundings()).is_working_day(date(2026, 3, 4))
    assert running.of(surroundings()) is running.of(surroundings())


def test_a_notice_that_was_kept_and_is_shipped_now_counts_once() -> None:
    running = RunningCalendar(SHIPPED, lambda: (notice_text(a_file()), notice_text(a_file())))
    assert running.of(surroundings()).version == SHIPPED.version


def test_a_corrected_correction_takes_its_place_by_the_same_number() -> None:
    wrong = notice_text(a_file(number="2号", issued_on="2026-01-05", **off("2026-03-04")))
    right = notice_text(a_file(number="2号", issued_on="2026-01-05", replaces="2号", **off("2026-03-05")))
    calendar = RunningCalendar(SHIPPED, lambda: (wrong, right)).of(surroundings())
    assert [calendar.is_working_day(date(2026, 3, day)) for day in (4, 5)] == [True, False]


def test_a_units_days_are_placed_in_its_organisation_only() -> None:
    text = notice_text(a_file(unit="M", organisation="JL", **off("2026-03-04")))
    running = RunningCalendar(SHIPPED, lambda: (text,))
    here, there = running.of(surroundings()), running.of(surroundings("other", "QT"))
    assert not here.for_unit(["works-m", "works-top"]).is_working_day(date(2026, 3, 4))
    assert here.for_unit(["works-top"]).is_working_day(date(2026, 3, 4))
    assert there.overlays == ()
    assert running.of(surroundings()) is here


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"unit": "N"}, "calendar_unit_unknown"),
        ({"unit": "M", "organisation": "XX"}, "calendar_unit_unknown"),
        ({"unit": "M"}, "calendar_unit_in_several"),
        ({"replaces": "9号"}, "calendar_replaces_unknown"),
        ({"replaces": "1号", "number": "0号", "issued_on": "2025-01-01"}, "calendar_replaces_later"),
        ({"unit": "M", "organisation": "JL", "replaces": "1号"}, "calendar_replaces_unknown"),
    ],
)
def test_a_notice_without_a_place_is_refused_at_its_line(said: dict[str, object], code: str) -> None:
    worlds = [a_world(SHIPPED, surroundings()), a_world(SHIPPED, surroundings("other", "QT"))]
    data = a_file(**({"number": "2号", "issued_on": "2026-01-05"} | said))
    part = calendar_file_from_mapping(data, "2026.yaml")
    running = RunningCalendar(SHIPPED, lambda: ())
    new = [running.proposed(notice_text(data), world.surroundings) for world in worlds]
    with pytest.raises(DefinitionError) as refused:
        check_place(part, worlds, new, "2026.yaml", lambda _path: PLACE)
    found = [(problem.code, problem.line, problem.column) for problem in refused.value.problems]
    assert found == [(code, *PLACE)]


@pytest.mark.parametrize("said", [{}, {"replaces": "1号"}, {"unit": "M", "organisation": "QT"}])
def test_a_notice_with_a_place_is_taken(said: dict[str, object]) -> None:
    worlds = [a_world(SHIPPED, surroundings()), a_world(SHIPPED, surroundings("other", "QT"))]
    data = a_file(**({"number": "2号", "issued_on": "2026-01-05"} | said))
    new = [RunningCalendar(SHIPPED, tuple).proposed(notice_text(data), world.surroundings) for world in worlds]
    check_place(calendar_file_from_mapping(data, "2026.yaml"), worlds, new, "2026.yaml", lambda _path: PLACE)
    assert sum(calendar.version != SHIPPED.version for calendar in new) == (1 if "unit" in said else 2)
