"""The overdue list narrowed and counted, and which dates of a list are provisional, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.case.identity import CaseId
from engine.service.deadline_ports import DeadlineCount, DeadlineFilter
from engine.service.ports import CaseFilter
from engine.service.rows import BatchRows
from engine.storage import sight
from engine.storage.store import Store
from tests.contracts.test_storage_plans import plan, statement_of
from tests.support.storage import ROOT, a_deadline, a_row, opened, readers, write


@pytest.fixture(params=["few", "many"])
def store(any_database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store in which every reader counts as one who sees few cases, then as one who sees many."""
    monkeypatch.setattr(sight, "FEW", 2_000 if request.param == "few" else -1)
    with opened(any_database) as store:
        yield store


ROWS = BatchRows(
    created=[
        a_row("a"),
        a_row("b", unit="canteen"),
        a_row("c", lead_unit="canteen", workflow="grievance"),
        a_row("d"),
        a_row("hidden", unit="canteen"),
    ],
    deadlines=[
        a_deadline("a", due_at=10, rungs='["blue","yellow"]'),
        a_deadline("b", due_at=20, rungs='["blue"]'),
        a_deadline("c", due_at=30),
        a_deadline("d", due_at=40, rungs='["yellow#2"]', rung_at=77),
        a_deadline("d", "far", due_at=50),
        a_deadline("hidden", due_at=15, rungs='["blue"]'),
    ],
    # Each row carries when the first deadline of its case is due, as steps write it.
    readers=[row._replace(due_at=due) for row, due in zip(readers("unit:x", *"abcd"), (10, 20, 30, 40), strict=True)],
)
NARROWED: list[tuple[DeadlineFilter, list[str]]] = [
    (DeadlineFilter(), ["a/reply", "b/reply", "c/reply", "d/reply", "d/far"]),
    (DeadlineFilter(unit="canteen"), ["b/reply", "c/reply"]),
    (DeadlineFilter(unit="canteen", workflow="grievance"), ["c/reply"]),
    (DeadlineFilter(since=20), ["b/reply", "c/reply", "d/reply", "d/far"]),
    # Due before the instant, or with a rung that stands.
    (DeadlineFilter(since=15, soon=31), ["b/reply", "c/reply", "d/reply"]),
    (DeadlineFilter(on_rungs=()), ["c/reply", "d/far"]),
    (DeadlineFilter(on_rungs=("blue",)), ["a/reply", "b/reply"]),
    (DeadlineFilter(on_rungs=("blue",), off_rungs=("yellow", "red")), ["b/reply"]),
    # A rung that was raised again is the same rung; the beginning of an id is not the id.
    (DeadlineFilter(on_rungs=("yellow",)), ["a/reply", "d/reply"]),
    (DeadlineFilter(on_rungs=("yell", "blu")), []),
    (DeadlineFilter(raised=True), ["a/reply", "b/reply", "d/reply"]),
    (DeadlineFilter(raised=True, on_rungs=("yellow",)), ["a/reply", "d/reply"]),
    (DeadlineFilter(names=("far",)), ["d/far"]),
    (DeadlineFilter(names=("far", "reply", "far"), since=30), ["c/reply", "d/reply", "d/far"]),
    (DeadlineFilter(names=("none", "other")), []),
]


@pytest.mark.parametrize("limit", [1, 9])
def test_the_list_is_narrowed_by_every_filter_and_pages_miss_nothing(store: Store, limit: int) -> None:
    write(store, ROWS)
    for where, expected in NARROWED:
        found, after = [], None
        while True:
            lines, after = store.reads.overdue(ROOT, ["unit:x"], before=60, after=after, limit=limit, where=where)
            found += [f"{line.case.id}/{line.deadline}" for line in lines]
            if after is None:
                break
        assert found == expected, where


def test_the_numbers_agree_with_the_list_and_count_nothing_that_may_not_be_seen(store: Store) -> None:
    write(store, ROWS)
    for where, expected in NARROWED:
        counts = store.reads.overdue_counts(ROOT, ["unit:x"], before=60, late=21, limit=99, where=where)
        late = [name for name in expected if name in ("a/reply", "b/reply")]
        assert sum(one.deadlines for one in counts) == len(expected), where
        assert sum(one.deadlines for one in counts if one.late) == len(late), where
    counts = store.reads.overdue_counts(ROOT, None, before=21, late=21, limit=99, where=DeadlineFilter())
    assert set(counts) == {DeadlineCount('["blue"]', True, 2), DeadlineCount('["blue","yellow"]', True, 1)}


def test_no_more_are_counted_than_asked_for_the_most_overdue_first(store: Store) -> None:
    write(store, ROWS)
    counts = store.reads.overdue_counts(ROOT, ["unit:x"], before=60, late=21, limit=2, where=DeadlineFilter())
    assert set(counts) == {DeadlineCount('["blue","yellow"]', True, 1), DeadlineCount('["blue"]', True, 1)}


def test_a_line_says_when_the_next_rung_comes(store: Store) -> None:
    write(store, ROWS)
    lines, _ = store.reads.overdue(ROOT, None, before=60, after=None, limit=9, where=DeadlineFilter(since=40))
    assert [line.rung_at for line in lines] == [77, None]


def test_a_date_of_a_list_is_provisional_where_the_clock_that_is_due_next_is(store: Store) -> None:
    write(
        store,
        BatchRows(
            created=[
                a_row("next", next_due_at=5),
                a_row("later", next_due_at=5),
                a_row("over", next_due_at=5),
                a_row("sure", next_due_at=5),
                a_row("idle"),
            ],
            deadlines=[
                a_deadline("next", due_at=5, provisional=1),
                a_deadline("later", due_at=5),
                a_deadline("later", "second", due_at=9, provisional=1),
                a_deadline("over", due_at=5),
                a_deadline("over", "ended", due_at=5, provisional=1, state="met"),
                a_deadline("sure", due_at=5),
            ],
        ),
    )
    page = store.reads.list_cases(ROOT, None, CaseFilter(), after=None, limit=9)
    overdue, _ = store.reads.overdue(ROOT, None, before=6, after=None, limit=9)
    expected = {"next": True, "later": False, "over": False, "sure": False, "idle": False}
    assert {line.id: line.provisional for line in page.lines} == expected
    assert {line.case.id: line.case.provisional for line in overdue} == {
        "next": True,
        "later": False,
        "over": False,
        "sure": False,
    }


def test_several_cases_are_read_at_once_those_that_may_not_be_seen_left_out(store: Store) -> None:
    write(store, ROWS)
    wanted = [CaseId(name) for name in ("a", "hidden", "c", "nowhere")]
    seen = store.reads.visible_cases(ROOT, wanted, ["unit:x"])
    assert sorted(case.id for case in seen) == ["a", "c"]
    assert store.reads.visible_cases(ROOT, wanted, []) == []
    assert sorted(case.id for case in store.reads.visible_cases(ROOT, wanted, None)) == ["a", "c", "hidden"]


def test_a_narrowed_list_follows_the_running_deadlines_without_sorting(sqlite_database: str) -> None:
    where = DeadlineFilter(workflow="proposal", unit="a", since=1, soon=1, on_rungs=("blue",), off_rungs=("red",))
    with opened(sqlite_database) as store:
        store.reads.overdue(ROOT, None, before=1, after="1.a.b", limit=50, where=where)
        steps = plan(sqlite_database, statement_of(store.reads, "overdue"))
    assert "USING INDEX ix_deadline_running (root=? AND " in steps[0]
    assert not any("TEMP" in step for step in steps)
