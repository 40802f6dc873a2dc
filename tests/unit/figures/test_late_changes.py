"""What counts as changed after a cut-off: told from spans written out by hand, with the entry that made each change."""

from __future__ import annotations

from datetime import timedelta

import pytest

from engine.figures.late_changes import late_changes
from engine.service.history_ports import SpanLine
from tests.unit.figures.test_facts import MATTER, NOON, clock, span

STATE = span("state", "in_hand")


def told(*spans: SpanLine) -> list[tuple[int, str, str | None, str | None]]:
    """Return entry, title, before and after of each change after noon."""
    return [
        (
            one.seq,
            one.what.zh,
            None if one.before is None else one.before.zh,
            None if one.after is None else one.after.zh,
        )
        for one in late_changes(MATTER, [STATE, *spans], NOON)
    ]


def test_a_class_that_was_changed_is_told_with_what_it_was() -> None:
    lines = (span("field:kind", "pay", seq=1, ended=2), span("field:kind", "safety", seq=4, begun=2))
    assert told(*lines) == [(4, "类别", "劳动报酬", "劳动安全")]
    (change,) = late_changes(MATTER, [STATE, *lines], NOON)
    assert (change.case, change.at) == ("a", NOON + timedelta(hours=2))


def test_a_class_that_was_taken_away_or_changed_twice_is_told_each_time() -> None:
    lines = (
        span("field:kind", "pay", seq=1, ended=2),
        span("field:kind", "safety", seq=4, begun=2, ended=3),
    )
    assert told(*lines) == [(4, "类别", "劳动报酬", "劳动安全"), (4, "类别", "劳动安全", None)]


@pytest.mark.parametrize(
    "lines",
    [
        (span("field:kind", "pay", seq=3, begun=1),),
        (span("field:kind", "pay", seq=1, begun=-3, ended=-2), span("field:kind", "safety", seq=2, begun=-2)),
        (span("field:subject", "一", seq=1, ended=2), span("field:subject", "二", seq=4, begun=2)),
        (span("clock:reply", clock("running", due=48), seq=3, begun=1),),
        (
            span("clock:reply", clock("running", due=48), seq=1, ended=2),
            span("clock:reply", clock("met", due=48, ended=2), seq=4, begun=2),
        ),
        (span("milestone:handled", "2026-03-02T06:00:00.000000Z", seq=4, begun=2),),
    ],
    ids=["given first", "before", "no class", "begun later", "met", "entered on the day"],
)
def test_what_was_not_changed_after_the_cutoff_is_not_told(lines: tuple[SpanLine, ...]) -> None:
    assert told(*lines) == []


def test_a_due_date_that_was_moved_is_told_by_its_day() -> None:
    # Noon in Greenwich less eight hours is 12:00 in Shanghai; 36 hours on is midnight, so the day before counts.
    lines = (
        span("clock:reply", clock("running", due=12), seq=1, ended=2),
        span("clock:reply", clock("running", due=36, extensions=1), seq=4, begun=2),
    )
    assert told(*lines) == [(4, "答复期限", "2026-03-02", "2026-03-03")]


def test_a_step_that_was_entered_for_an_earlier_day_is_told() -> None:
    line = span("milestone:handled", "2026-03-01T06:00:00.000000Z", seq=4, begun=2)
    assert told(line) == [(4, "已答复", None, "2026-03-01")]


def test_a_case_that_was_opened_later_has_no_changes() -> None:
    lines = [
        span("field:kind", "pay", seq=1, begun=1, ended=2),
        span("field:kind", "safety", seq=2, begun=2),
    ]
    assert list(late_changes(MATTER, lines, NOON)) == []
