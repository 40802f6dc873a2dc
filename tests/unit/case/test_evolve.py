"""The fold itself: what an event may be folded onto, and clocks, parties and children as JSON and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.case.case import Child, ChildRole, Clock, ClockState
from engine.case.codec import (
    at_from,
    at_text,
    child_from,
    child_json,
    child_role,
    clock_from,
    clock_json,
    instant,
    microseconds,
)
from engine.case.events import Event, EventType
from engine.case.evolve import evolve
from engine.case.identity import CaseId, UnitId
from tests.support.builders import CLERK, a_case, a_definition_with, a_rulebook, at

RULES = a_rulebook(a_definition_with())
DEFINITION = RULES.for_new("errand")


@pytest.mark.parametrize("event_type", [EventType.FIRED, EventType.CHANGED, EventType.NOTED])
def test_only_an_opening_comes_first(event_type: EventType) -> None:
    event = Event(case=CaseId("case-1"), type=event_type, at=at("2026-03-02"), actor=CLERK)
    with pytest.raises(ValueError, match="the first event of a case opens it"):
        evolve(None, event, DEFINITION)


def test_an_opening_without_its_pins_is_none() -> None:
    event = Event(case=CaseId("case-1"), type=EventType.OPENED, at=at("2026-03-02"), actor=CLERK)
    with pytest.raises(ValueError, match="carries its opening"):
        evolve(None, event, DEFINITION)


def test_every_event_moves_the_sequence_and_all_but_a_note_the_version() -> None:
    case = a_case(RULES)
    for event_type, version in ((EventType.FIRED, 2), (EventType.CHANGED, 2), (EventType.NOTED, 1)):
        event = Event(case=case.id, type=event_type, at=at("2026-03-03"), actor=CLERK)
        after = evolve(case, event, DEFINITION, "cd" * 32)
        assert (after.seq, after.version, after.head, after.changed_at) == (2, version, "cd" * 32, at("2026-03-03"))
        assert (after.state, after.fired) == (case.state, {})


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
INSTANTS = st.integers(0, 4 * 10**15).map(lambda microsecond: EPOCH + timedelta(microseconds=microsecond))
DAYS = st.dates(date(1990, 1, 1), date(2090, 1, 1))
CLOCKS = st.builds(
    Clock,
    name=st.sampled_from(["reply", "review"]),
    state=st.sampled_from(ClockState),
    started_at=INSTANTS,
    term=st.sampled_from(["15 days", "on 2026-03-02"]),
    promised_on=DAYS,
    nominal_on=DAYS,
    due_on=DAYS,
    due_at=INSTANTS,
    provisional=st.booleans(),
    calendar=st.just("2026.1"),
    suspensions=st.lists(st.tuples(DAYS, DAYS | st.none()), max_size=3).map(tuple),
    extensions=st.lists(st.integers(0, 90), max_size=3).map(tuple),
    cap_on=DAYS | st.none(),
    ended_at=INSTANTS | st.none(),
    rungs=st.lists(st.sampled_from(["blue", "red"]), max_size=2).map(tuple),
    rung_at=INSTANTS | st.none(),
)


def nulls(value: object) -> bool:
    """Return whether there is a null anywhere in plain data."""
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return value is None or any(nulls(part) for part in parts)


@given(CLOCKS)
def test_a_clock_survives_json_without_a_null(clock: Clock) -> None:
    assert clock_from(clock_json(clock)) == clock
    assert not nulls(clock_json(clock))


@given(
    st.builds(
        Child,
        case=st.just(CaseId("c1")),
        workflow=st.just("task"),
        role=st.sampled_from(["lead", "co_handler"]),
        unit=st.just(UnitId("plant")),
        batch=st.integers(1, 9),
    )
)
def test_a_child_survives_json(child: Child) -> None:
    assert child_from(child_json(child)) == child


@given(INSTANTS)
def test_an_instant_survives_columns_and_json_to_the_microsecond(moment: datetime) -> None:
    assert instant(microseconds(moment)) == moment
    assert at_from(at_text(moment)) == moment


def test_an_instant_in_json_is_utc_with_six_digits() -> None:
    assert at_text(at("2026-03-02", 9)) == "2026-03-02T01:00:00.000000Z"
    assert microseconds(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC)) == 1_000_000


def test_a_case_that_is_nobodys_child_has_no_part() -> None:
    parts: dict[str | None, ChildRole | None] = {None: None, "lead": "lead", "co_handler": "co_handler"}
    assert {name: child_role(name) for name in parts} == parts
