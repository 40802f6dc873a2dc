"""Why a clock of a case ends when it does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from api.clock_history import clock_changes, rung_days
from api.reckoning import reasons, why
from engine.calendar.calendar import Calendar, MissingYear
from engine.case.case import Clock, ClockState
from engine.case.codec import clock_json
from engine.case.deadlines import Dates, extended, resumed, started, suspended
from engine.definition.model import DeadlinePart, Ladder, Workflow
from engine.service.queries import TimelineLine
from tests.support.builders import a_calendar

CALENDAR = Calendar(notices=())
AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
NO_DATES = Dates(fields={}, session=None)


def a_part(within: str = "5 working days") -> DeadlinePart:
    return DeadlinePart.model_validate({"title": {"zh": "期限", "en": "Term"}, "within": within})


def a_clock(within: str = "5 working days") -> Clock:
    return started(a_part(within), "term", CALENDAR, AT, NO_DATES)


def test_a_term_is_explained_day_by_day_to_the_day_the_clock_holds() -> None:
    clock = a_clock()
    explanation = why(clock, a_part(), CALENDAR)
    assert explanation is not None
    assert clock.due_on == explanation.due.effective_on == date(2026, 3, 9)
    assert [row.on for row in explanation.days if row.count] == [date(2026, 3, day) for day in (3, 4, 5, 6, 9)]
    assert reasons(clock, explanation) == explanation.sentences


def test_suspension_and_extension_are_part_of_the_explanation() -> None:
    stood = suspended(a_clock(), datetime(2026, 3, 4, 2, tzinfo=UTC))
    clock = extended(resumed(stood, a_part(), CALENDAR, datetime(2026, 3, 6, 2, tzinfo=UTC)), a_part(), CALENDAR, 3)
    explanation = why(clock, a_part(), CALENDAR)
    assert explanation is not None
    assert explanation.due.effective_on == clock.due_on
    told = "".join(sentence.zh for sentence in explanation.sentences)
    assert "中止" in told
    assert "延长3日" in told


def test_hours_are_extended_by_hours() -> None:
    clock = extended(a_clock("24 hours"), a_part("24 hours"), CALENDAR, 1)
    explanation = why(clock, a_part("24 hours"), CALENDAR)
    assert explanation is not None
    assert explanation.due.due_at == clock.due_at == datetime(2026, 3, 4, 2, tzinfo=UTC)


def test_a_given_date_is_not_counted_but_explained() -> None:
    clock = a_clock()._replace(term="on 2026-03-09")
    assert why(clock, a_part(), CALENDAR) is None
    assert "直接给定" in reasons(clock, None)[0].zh
    moved = reasons(clock._replace(due_on=date(2026, 3, 12)), None)
    assert "2026年3月12日" in moved[1].zh


def test_a_date_taken_over_from_a_merged_case_says_so() -> None:
    clock = a_clock()._replace(due_on=date(2026, 3, 5), cap_on=date(2026, 3, 5))
    told = reasons(clock, why(clock, a_part(), CALENDAR))
    assert "并入" in told[-1].zh


def test_a_date_counted_by_an_older_notice_says_so() -> None:
    clock = a_clock()._replace(due_on=date(2026, 3, 10))
    assert "当时的放假安排" in reasons(clock, why(clock, a_part(), CALENDAR))[-1].zh


def test_without_the_notice_of_the_year_nothing_is_made_up() -> None:
    strict = Calendar(notices=(), missing=MissingYear.ERROR)
    assert why(a_clock(), a_part(), strict) is None
    assert "未录入" in reasons(a_clock(), None)[0].zh


def a_workflow(rungs: Sequence[Mapping[str, object]]) -> Workflow:
    said = {"title": {"zh": "期限", "en": "Term"}, "within": "90 days", "ladder": "reply"}
    plain = {"colour": "red", "title": {"zh": "督办", "en": "Supervision"}, "to": ["lead_head"]}
    ladder = Ladder.model_validate({"rungs": [{**plain, "level": n, **rung} for n, rung in enumerate(rungs, 1)]})
    parts: dict[str, Any] = {"deadlines": {"term": DeadlinePart.model_validate(said)}, "ladders": {"reply": ladder}}
    return Workflow.model_construct(**parts)


def a_line(seq: int, clock: Clock, **changes: Any) -> TimelineLine:
    plain: dict[str, Any] = {"type": "moved", "occurred_at": None, "who": "沈若棠", "role": "union_office"}
    plain |= {"transition": None, "to_state": None, "guards": (), "fields": {}, "hash": ""} | changes
    return TimelineLine(seq=seq, at=f"2026-03-0{seq}T02:00:00Z", body={"clocks": [clock_json(clock)]}, **plain)


def test_the_rungs_of_a_clock_stand_on_the_days_of_example_e20() -> None:
    ladder = [
        ("t7", "before", "7 days"),
        ("t1", "after", "1 day"),
        ("t15", "after", "15 days"),
        ("t30", "after", "30 days"),
    ]
    workflow = a_workflow([{"id": name, "at": {side: period}} for name, side, period in ladder])
    clock = a_clock()._replace(due_on=date(2026, 10, 8), promised_on=date(2026, 10, 8))
    found = rung_days(clock, workflow, a_calendar(), ())
    assert [(rung.name, rung.on, str(rung.state)) for rung in found] == [
        ("t7", date(2026, 9, 30), "to_come"),
        ("t1", date(2026, 10, 9), "to_come"),
        ("t15", date(2026, 10, 23), "to_come"),
        ("t30", date(2026, 11, 9), "to_come"),
    ]


def test_a_rung_that_was_raised_stands_on_the_day_it_was_and_its_next_time_after_it() -> None:
    workflow = a_workflow([{"id": "red", "at": {"after": "1 day"}, "repeat": "7 days"}])
    clock = a_clock()
    raised = clock._replace(rungs=("red",))
    changes = clock_changes("term", [a_line(1, clock), a_line(9, raised)])
    assert [change.rungs for change in changes] == [(), ("red",)]
    found = rung_days(raised, workflow, CALENDAR, changes)
    # The day of the entry is told for what was raised. Due on Monday 9 March 2026: the first time is the 10th, the
    # second 7 days later.
    assert [(rung.name, rung.on, str(rung.state)) for rung in found] == [
        ("red", date(2026, 3, 9), "raised"),
        ("red#2", date(2026, 3, 17), "to_come"),
    ]


def test_rungs_that_never_come_are_said_to_be_passed_over_and_moves_are_named() -> None:
    workflow = a_workflow(
        [{"id": "early", "at": {"before": "30 days"}}, {"id": "bad", "at": {"on": "return_reply", "times": 2}}]
    )
    found = rung_days(a_clock(), workflow, CALENDAR, ())
    assert [(rung.name, rung.at_move, rung.times, str(rung.state)) for rung in found] == [
        ("early", None, 1, "passed_over"),
        ("bad", "return_reply", 2, "open"),
    ]
    ended = a_clock()._replace(state=ClockState.MET)
    assert [str(rung.state) for rung in rung_days(ended, workflow, CALENDAR, ())] == ["passed_over", "passed_over"]


def test_a_rung_of_a_provisional_date_waits_for_its_year() -> None:
    workflow = a_workflow([{"id": "blue", "at": {"before": "30 days"}}])
    clock = a_clock()._replace(due_on=date(2027, 1, 8), provisional=True)
    assert [rung.on for rung in rung_days(clock, workflow, CALENDAR, ())] == [date(2027, 1, 1)]


def test_every_change_of_a_clock_is_told_with_the_date_before_and_after() -> None:
    begun, part = a_clock(), a_part()
    stood = suspended(begun, datetime(2026, 3, 4, 2, tzinfo=UTC))
    again = resumed(stood, part, CALENDAR, datetime(2026, 3, 6, 2, tzinfo=UTC))
    longer = extended(again, part, CALENDAR, 3)
    capped = longer._replace(cap_on=date(2026, 3, 10), due_on=date(2026, 3, 10))
    moved = capped._replace(calendar="another", due_on=date(2026, 3, 9))
    met = moved._replace(state=ClockState.MET)
    lines = [a_line(n, clock) for n, clock in enumerate((begun, stood, again, longer, capped, moved, met), 1)]
    told = [(change.happened, change.from_on, change.to_on, change.days) for change in clock_changes("term", lines)]
    # 5 working days from 2 March end on the 9th; the 4th and 5th out make it the 11th; 3 days more are Saturday the
    # 14th, so Monday the 16th.
    assert told == [
        (("started",), None, date(2026, 3, 9), None),
        (("suspended",), date(2026, 3, 9), date(2026, 3, 9), None),
        (("resumed",), date(2026, 3, 9), date(2026, 3, 11), None),
        (("extended",), date(2026, 3, 11), date(2026, 3, 16), 3),
        (("capped",), date(2026, 3, 16), date(2026, 3, 10), None),
        (("calendar",), date(2026, 3, 10), date(2026, 3, 9), None),
        (("met",), date(2026, 3, 9), date(2026, 3, 9), None),
    ]


def test_a_clock_that_begins_anew_starts_a_new_history_and_other_clocks_are_left_out() -> None:
    begun = a_clock()
    other = begun._replace(name="other", due_on=date(2026, 4, 1))
    anew = begun._replace(started_at=datetime(2026, 3, 9, 2, tzinfo=UTC), due_on=date(2026, 3, 16))
    changes = clock_changes("term", [a_line(1, begun), a_line(2, other), a_line(3, anew)])
    assert [(change.seq, change.happened, change.from_on) for change in changes] == [
        (1, ("started",), None),
        (3, ("started",), None),
    ]


def test_an_explanation_of_ninety_working_days_counts_to_ninety() -> None:
    part, calendar = a_part("90 working days"), a_calendar()
    explanation = why(started(part, "term", calendar, AT, NO_DATES), part, calendar)
    assert explanation is not None
    assert [row.count for row in explanation.days if row.count] == list(range(1, 91))
