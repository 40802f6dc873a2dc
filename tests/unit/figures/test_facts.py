"""What was known of a case at an instant, folded from spans written out by hand."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from engine.case.codec import microseconds
from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.definition.names import measure_names
from engine.figures.facts import Facts, Named, Names, Scope, facts_of, head_of
from engine.service.history_ports import SpanLine
from tests.support.ledgers import small_rules

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
MATTER = small_rules().for_new("matter")


def span(kind: str, value: str, seq: int = 1, begun: int = 0, ended: int | None = None, case: str = "a") -> SpanLine:
    """Return a span that begins and ends so many hours after noon."""
    until_at = None if ended is None else microseconds(NOON + timedelta(hours=ended))
    return SpanLine(CaseId(case), kind, seq, value, microseconds(NOON + timedelta(hours=begun)), until_at)


def clock(state: str, due: int, *, ended: int | None = None, extensions: int = 0) -> str:
    """Return the value of a clock span, instants in hours after noon."""
    parts = [f'"due_at":"{text(due)}"']
    if ended is not None:
        parts.append(f'"ended_at":"{text(ended)}"')
    return "{" + ",".join([*parts, f'"extensions":{extensions},"state":"{state}","suspensions":0']) + "}"


def text(hours: int) -> str:
    return f"{NOON + timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}.000000Z"


def facts(*lines: SpanLine, at: int = 0) -> Facts:
    """Return the facts of the only case, so many hours after noon."""
    (found,) = facts_of(lines, NOON + timedelta(hours=at))
    return found


def scope(*lines: SpanLine, at: int = 0, definition: Definition = MATTER) -> Scope:
    """Return every name a measure may read of the only case."""
    wanted = measure_names(definition.workflow, definition.lists)
    case = facts(*lines, at=at)
    return Names(definition, wanted, NOON + timedelta(hours=at)).scope(Named(case, case))


def reply(*lines: SpanLine, at: int = 0) -> dict[str, object]:
    """Return what is known of the deadline of the reply."""
    known = scope(span("state", "in_hand"), *lines, at=at)
    return {root: known[root]["reply"] for root in ("due", "met", "on_time", "suspended", "extended")}


def by_case(lines: Iterable[SpanLine]) -> dict[CaseId, Facts]:
    return {case.case: case for case in facts_of(lines, NOON)}


def test_a_span_holds_from_its_first_instant_until_just_before_its_last() -> None:
    lines = (span("state", "submitted", ended=2), span("state", "filed", seq=2, begun=2))
    states = [facts(*lines, at=hours).held["state"] for hours in (0, 1, 2, 3)]
    assert states == ["submitted", "submitted", "filed", "filed"]


def test_a_case_taken_out_of_a_merge_at_the_instant_is_merged_no_more() -> None:
    lines = (span("state", "filed"), span("merged", "b", ended=2))
    assert ["merged" in facts(*lines, at=hours).held for hours in (1, 2)] == [True, False]


def test_a_case_opened_later_is_not_known_yet() -> None:
    assert list(facts_of([span("state", "submitted", begun=1)], NOON)) == []


def test_a_state_that_held_for_no_time_was_passed_all_the_same() -> None:
    case = facts(span("state", "submitted", ended=0), span("state", "filed", seq=2))
    assert case.held["state"] == "filed"
    assert set(case.passed) == {"submitted", "filed"}


def test_a_state_entered_after_the_cut_off_was_not_passed() -> None:
    known = scope(span("state", "submitted", ended=1), span("state", "filed", seq=2, begun=1))
    assert known["passed"]["submitted"] is True
    assert known["passed"]["filed"] is False


def test_each_case_of_a_stream_is_folded_by_itself() -> None:
    known = by_case([span("state", "filed", case="a"), span("unit", "u", case="b"), span("state", "merged", case="b")])
    assert [(case, dict(one.held)) for case, one in known.items()] == [
        ("a", {"state": "filed"}),
        ("b", {"unit": "u", "state": "merged"}),
    ]


def test_a_milestone_keeps_its_first_and_its_last_instant() -> None:
    known = scope(
        span("state", "in_hand"),
        span("milestone:assigned", text(-9), seq=9, begun=-2),
        span("milestone:assigned", text(-8), seq=3, begun=-8, ended=-3),
        span("milestone:assigned", text(-7), seq=5, begun=-3, ended=-2),
    )
    assert known["reached"]["assigned"] is True
    assert known["first_at"]["assigned"] == NOON - timedelta(hours=8)
    assert known["at"]["assigned"] == NOON - timedelta(hours=9), "the stated instant of the newest one"


def test_a_milestone_nobody_reached_is_null() -> None:
    known = scope(span("state", "submitted"))
    assert (known["reached"]["closed"], known["at"]["closed"], known["first_at"]["closed"]) == (False, None, None)


def test_fields_have_the_values_and_types_of_their_schema() -> None:
    known = scope(
        span("state", "replied"),
        span("field:kind", "pay"),
        span("field:round", "2"),
        span("field:satisfied", "false"),
        span("field:received_on", "2026-03-01"),
        span("field:co_units", '["safety","logistics"]'),
    )["case"]
    assert (known["kind"], known["round"], known["satisfied"]) == ("pay", 2, False)
    assert (known["received_on"], known["co_units"]) == (date(2026, 3, 1), ("safety", "logistics"))
    assert known["reply_class"] is None


@pytest.mark.parametrize("text", ["safety", '"safety"'])
def test_a_value_that_does_not_fit_the_field_any_more_is_null(text: str) -> None:
    known = scope(
        span("state", "replied"),
        span("field:round", "zwei"),
        span("field:satisfied", '"yes"'),
        span("field:received_on", "yesterday"),
        span("field:co_units", text),
    )["case"]
    assert [known[name] for name in ("round", "satisfied", "received_on", "co_units")] == [None] * 4


def test_state_unit_lead_and_phase_are_those_of_the_instant() -> None:
    known = scope(span("state", "closed"), span("unit", "works"), span("lead", "safety"))["case"]
    assert (known["state"], known["phase"], known["unit"], known["lead_unit"]) == ("closed", "final", "works", "safety")


def test_a_state_that_the_newest_definition_does_not_know_has_no_phase() -> None:
    assert scope(span("state", "of_an_older_version"))["case"]["phase"] is None


@pytest.mark.parametrize(("code", "solved", "wide"), [("A", True, True), ("B", False, True), ("C", False, False)])
def test_a_flag_is_that_of_the_code(code: str, solved: bool, wide: bool) -> None:
    known = scope(span("state", "replied"), span("field:reply_class", code))["flag"]
    assert (known["reply_class_solved"], known["reply_class_wide"]) == (solved, wide)


def test_without_a_code_the_list_knows_a_flag_is_null() -> None:
    assert scope(span("state", "replied"))["flag"]["reply_class_solved"] is None
    assert scope(span("state", "replied"), span("field:reply_class", "Z"))["flag"]["reply_class_solved"] is None


def test_firings_are_counted_and_none_is_zero() -> None:
    known = scope(span("state", "in_hand"), span("fired:extend", "3", ended=-1), span("fired:extend", "4", seq=2))
    assert (known["fired"]["extend"], known["fired"]["review"]) == (4, 0)


def test_the_cut_off_and_a_stated_time_can_be_read() -> None:
    assert scope(span("state", "filed"))["cutoff"]["at"] == NOON
    assert scope(span("state", "filed"))["stated"]["any"] is False
    assert scope(span("state", "filed"), span("stated", "1"))["stated"]["any"] is True


def test_a_deadline_never_started_says_nothing() -> None:
    assert reply() == {"due": None, "met": None, "on_time": None, "suspended": False, "extended": 0}


def test_what_is_done_before_the_due_instant_is_on_time_and_at_it_is_late() -> None:
    before = reply(span("clock:reply", clock("met", due=0, ended=-1)))
    assert (before["on_time"], before["met"]) == (True, NOON - timedelta(hours=1))
    assert reply(span("clock:reply", clock("met", due=0, ended=0)))["on_time"] is False
    assert reply(span("clock:reply", clock("met", due=-2, ended=-1)))["on_time"] is False


def test_a_running_deadline_is_late_from_its_due_instant_on_and_open_before() -> None:
    running = span("clock:reply", clock("running", due=1, extensions=2))
    assert [reply(running, at=hours)["on_time"] for hours in (0, 1, 2)] == [None, False, False]
    assert reply(running)["due"] == NOON + timedelta(hours=1)
    assert reply(running)["extended"] == 2


def test_a_suspended_or_cancelled_deadline_is_neither_late_nor_on_time() -> None:
    suspended = reply(span("clock:reply", clock("suspended", due=-5)))
    assert (suspended["on_time"], suspended["suspended"], suspended["met"]) == (None, True, None)
    cancelled = reply(span("clock:reply", clock("cancelled", due=-5, ended=-6)))
    assert (cancelled["on_time"], cancelled["suspended"], cancelled["met"]) == (None, False, None)


def test_the_deadline_is_that_of_the_instant_however_it_was_moved_later() -> None:
    early = span("clock:reply", clock("running", due=4), ended=2)
    late = span("clock:reply", clock("running", due=9, extensions=1), seq=2, begun=2)
    assert reply(early, late, at=1)["due"] == NOON + timedelta(hours=4)
    assert reply(early, late, at=2)["due"] == NOON + timedelta(hours=9)


def test_the_head_of_a_merged_case_is_found_over_several_levels() -> None:
    known = by_case([span("merged", "b", case="a"), span("merged", "c", case="b"), span("state", "filed", case="c")])
    heads = {case: head_of(one, known).case for case, one in known.items()}
    assert heads == {"a": "c", "b": "c", "c": "c"}


def test_a_circle_of_merges_and_an_unknown_target_end_the_way() -> None:
    known = by_case([span("merged", "b", case="a"), span("merged", "a", case="b"), span("merged", "x", case="c")])
    assert head_of(known[CaseId("a")], known).case == "b"
    assert head_of(known[CaseId("c")], known).case == "c"


def test_the_names_of_the_head_are_read_from_the_case_merged_into() -> None:
    known = by_case(
        [
            span("merged", "b", case="a"),
            span("state", "merged", case="a"),
            span("field:outcome", "filed", case="b"),
            span("state", "closed", case="b"),
        ]
    )
    case = known[CaseId("a")]
    wanted = {"case.merged", "head.merged", "case.state", "head.state", "head.phase", "head.outcome"}
    values = Names(MATTER, wanted, NOON).scope(Named(case, head_of(case, known)))
    assert values["case"] == {"merged": True, "state": "merged"}
    assert values["head"] == {"merged": False, "state": "closed", "phase": "final", "outcome": "filed"}


def test_only_the_names_that_are_wanted_are_worked_out() -> None:
    case = facts(span("state", "filed"), span("clock:reply", clock("running", due=1)))
    values = Names(MATTER, {"reached.closed", "due.reply"}, NOON).scope(Named(case, case))
    assert values == {"reached": {"closed": False}, "due": {"reply": NOON + timedelta(hours=1)}}
