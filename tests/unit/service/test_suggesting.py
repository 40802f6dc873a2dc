"""What spans say of units that led cases before: how many, in time or late, and how often a case was passed on."""

from __future__ import annotations

from datetime import UTC, datetime

from engine.case.codec import microseconds
from engine.case.identity import CaseId, UnitId
from engine.service.history_ports import SpanLine
from engine.service.suggesting import SUGGESTED_MAX, Suggestion, counted

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def on(day: int) -> int:
    return microseconds(datetime(2026, 3, day, tzinfo=UTC))


def led(case: str, unit: str, day: int, until: int | None = None) -> SpanLine:
    return SpanLine(CaseId(case), "lead", day, unit, on(day), None if until is None else on(until))


def clock(case: str, state: str, due: str, ended: str | None = None) -> SpanLine:
    end = "" if ended is None else f'"ended_at":"{ended}T00:00:00.000000Z",'
    value = f'{{"due_at":"{due}T00:00:00.000000Z",{end}"extensions":0,"state":"{state}","suspensions":0}}'
    return SpanLine(CaseId(case), "clock:reply", 1, value, on(1), None)


def test_each_unit_is_told_with_what_became_of_its_cases() -> None:
    spans = [
        led("a", "logistics", 2),
        clock("a", "met", "2026-05-01", "2026-04-20"),
        led("b", "logistics", 5),
        clock("b", "met", "2026-05-01", "2026-05-01"),
        led("c", "logistics", 4),
        clock("c", "running", "2026-05-20"),
        led("d", "logistics", 3),
        clock("d", "running", "2026-07-01"),
        led("e", "safety", 1, until=2),
        led("e", "logistics", 2),
        clock("e", "cancelled", "2026-05-01"),
    ]

    assert counted(spans, NOW, {UnitId("logistics"), UnitId("safety")}) == [
        Suggestion(
            unit=UnitId("logistics"),
            handled=5,
            in_time=1,
            late=2,
            passed_on=0,
            newest_at=datetime(2026, 3, 5, tzinfo=UTC),
        ),
        Suggestion(
            unit=UnitId("safety"), handled=1, in_time=0, late=0, passed_on=1, newest_at=datetime(2026, 3, 1, tzinfo=UTC)
        ),
    ]


def test_the_newest_clock_of_a_case_counts() -> None:
    spans = [led("a", "logistics", 2), clock("a", "met", "2026-05-01", "2026-05-09"), clock("a", "met", "2026-05-01")]
    (told,) = counted(spans, NOW, {UnitId("logistics")})
    assert (told.in_time, told.late) == (1, 0)


def test_units_that_are_gone_are_not_suggested_and_the_list_is_short() -> None:
    spans = [led(f"c{n}", f"u{n}", 1) for n in range(20)]
    known = {UnitId(f"u{n}") for n in range(19)}
    told = counted(spans, NOW, known)

    assert len(told) == SUGGESTED_MAX
    assert UnitId("u19") not in {one.unit for one in counted(spans[19:], NOW, known)}


def test_of_equals_the_one_that_passed_fewer_on_comes_first() -> None:
    spans = [led("a", "a-unit", 1, until=2), led("b", "b-unit", 1)]
    assert [one.unit for one in counted(spans, NOW, {UnitId("a-unit"), UnitId("b-unit")})] == ["b-unit", "a-unit"]
