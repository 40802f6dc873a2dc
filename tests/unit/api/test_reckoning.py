"""Why a clock of a case ends when it does."""

from __future__ import annotations

from datetime import UTC, date, datetime

from api.reckoning import reasons, why
from engine.calendar.calendar import Calendar, MissingYear
from engine.case.case import Clock
from engine.case.deadlines import Dates, extended, resumed, started, suspended
from engine.definition.model import DeadlinePart

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
