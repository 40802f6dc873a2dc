"""What really happened, folded from a log written out by hand; counts and medians were worked out on paper."""

from __future__ import annotations

from engine.case.identity import CaseId
from engine.figures.process import is_off_the_way, process_of
from engine.figures.process_json import process_from, process_text
from engine.service.audit_ports import StateSpan

# Days on which each case entered each state; every day counts as a working day here.
LOG = {
    "a": [("draft", 0), ("filed", 2), ("done", 5)],
    "b": [("draft", 0), ("filed", 4), ("done", 14)],
    "c": [("draft", 1), ("filed", 4), ("draft", 6), ("filed", 7)],
    "d": [("draft", 3)],
}


def spans(*, undated: str = "") -> list[StateSpan]:
    return [
        StateSpan(CaseId(case), 0, seq, state, day, case == undated)
        for case, states in LOG.items()
        for seq, (state, day) in enumerate(states, start=1)
    ]


def days(begin: int, end: int) -> int:
    return end - begin


def test_steps_are_counted_with_the_median_of_their_days() -> None:
    process = process_of(spans(), days)
    found = {(one.source, one.target): (one.times, one.cases, one.timed, one.halves) for one in process.steps}
    # draft to filed took 2, 4, 3 and 1 days: 1 2 3 4, between 2 and 3. Filed to done took 3 and 10: 6.5.
    assert found == {
        ("draft", "filed"): (4, 3, 4, 5),
        ("filed", "done"): (2, 2, 2, 13),
        ("filed", "draft"): (1, 1, 1, 4),
    }
    assert (process.cases, process.looped, process.ways) == (4, 1, 3)
    assert process.visits == {"draft": 4, "filed": 3, "done": 2}
    assert process.resting == {"done": 2, "filed": 1, "draft": 1}


def test_ways_come_the_most_frequent_first_with_their_cases() -> None:
    process = process_of(spans(), days, variants_max=2)
    assert [(one.states, one.cases, one.examples) for one in process.variants] == [
        (("draft", "filed", "done"), 2, ("a", "b")),
        (("draft",), 1, ("d",)),
    ]
    assert process.ways == 3


def test_a_case_without_dates_counts_for_ways_and_for_no_time() -> None:
    process = process_of(spans(undated="b"), days)
    (filing,) = [one for one in process.steps if (one.source, one.target) == ("draft", "filed")]
    # 2, 3 and 1 days are left.
    assert (filing.times, filing.timed, filing.halves, process.undated) == (4, 3, 4, 1)


def test_days_that_no_calendar_knows_are_left_out() -> None:
    process = process_of(spans(), lambda _begin, _end: None)
    assert {one.halves for one in process.steps} == {None}
    assert process_of([], days).cases == 0


def test_what_is_still_on_the_usual_way_is_no_deviation() -> None:
    process = process_of(spans(), days)
    norm = process.variants[0].states
    assert [is_off_the_way(one, norm) for one in process.variants] == [False, False, True]


def test_of_each_way_the_newest_cases_are_named_in_whatever_order_they_come() -> None:
    # Thirty cases entered their state on days 1 to 30, told in an order that is neither.
    days_entered = [(7 * n) % 31 for n in range(1, 31)]
    passed = [StateSpan(CaseId(f"c{day:02}"), 0, 1, "draft", day, False) for day in days_entered]
    (way,) = process_of(passed, days).variants
    assert (way.cases, way.examples) == (30, tuple(f"c{day:02}" for day in range(30, 10, -1)))


def test_what_is_kept_of_a_process_is_read_back_as_it_was() -> None:
    process = process_of(spans(undated="b"), days)
    assert process_from(process_text(process)) == process
