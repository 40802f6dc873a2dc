"""How the dates of a case's clock are told at a terminal."""

from __future__ import annotations

from datetime import UTC, date, datetime

from engine.case.case import Clock, ClockState
from runtime.cli.cases import clock_dates

CLOCK = Clock(
    name="reply",
    state=ClockState.RUNNING,
    started_at=datetime(2026, 1, 5, 2, tzinfo=UTC),
    term="90 days",
    promised_on=date(2026, 4, 7),
    nominal_on=date(2026, 4, 5),
    due_on=date(2026, 4, 7),
    due_at=datetime(2026, 4, 7, 16, tzinfo=UTC),
    provisional=False,
    calendar="x",
)


def told(clock: Clock) -> list[str]:
    return [line.zh for line in clock_dates(clock)]


def test_the_first_promise_stays_beside_the_date_that_binds_now() -> None:
    assert told(CLOCK._replace(due_on=date(2026, 5, 7))) == [
        "  最初承诺：2026年4月7日（周二）",
        "  现截止日期：2026年5月7日（周四）",
    ]


def test_a_provisional_date_is_marked() -> None:
    assert told(CLOCK._replace(provisional=True))[1] == "  现截止日期：2026年4月7日（周二）（暂定）"


def test_suspensions_and_extensions_are_told_in_order() -> None:
    moved = CLOCK._replace(
        suspensions=((date(2026, 2, 2), date(2026, 2, 9)), (date(2026, 3, 2), None)),
        extensions=(30, 15),
    )
    assert told(moved)[2:] == [
        "  中止：2026年2月2日（周一） — 2026年2月9日（周一）",
        "  中止：2026年3月2日（周一） — 至今",
        "  延长：30 日",
        "  延长：15 日",
    ]
