"""What long work asks of a database, on both alike: the one that waited longest first, each part once, what is over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine.case.codec import microseconds
from engine.case.identity import CaseId
from engine.service.directory_ports import DirectoryWrites
from engine.service.long_work_ports import (
    BeginLongWork,
    DropLongWorks,
    ForgetLongWorks,
    MoveLongWork,
    SealedPart,
    SettlePart,
    TurnLongWork,
    Which,
    WorkRow,
    WorkState,
)
from engine.service.plain import PlainWrite, apply_write
from engine.service.rows import BatchRows
from engine.storage.store import Store
from tests.support.storage import MORNING, OTHER_ROOT, ROOT, a_row, opened, table, write, writes_of

NOW = microseconds(MORNING)
LATER = microseconds(MORNING + timedelta(days=30))
LIVE = (WorkState.WAITING, WorkState.RUNNING)


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def do(store: Store, *plain: PlainWrite) -> None:
    def all_of_them(writes: DirectoryWrites) -> None:
        for one in plain:
            apply_write(one, writes)

    writes_of(store).plain(all_of_them)


def a_work(
    id_: str, *, who: str = "a", turn_at: int = NOW, state: str = "waiting", expires_at: int = LATER, root: str = ROOT
) -> BeginLongWork:
    """Return a piece of work of five items in two parts."""
    row = WorkRow(root, id_, who, state, 5, 0, 0, 0, turn_at, expires_at, b"")
    parts = (SealedPart(number=0, items=3, sealed=b"abc".hex()), SealedPart(number=1, items=2, sealed=b"de".hex()))
    return BeginLongWork(row, b"head".hex(), parts)


def settled(number: int, done: int, skipped: int, sealed: bytes = b"over") -> SettlePart:
    part = SealedPart(number=number, items=done + skipped, done=done, skipped=skipped, sealed=sealed.hex())
    return SettlePart(ROOT, "w", part, MORNING + timedelta(seconds=9))


def one(store: Store, id_: str = "w") -> WorkRow:
    row = store.reads.long_work(ROOT, id_, NOW)
    assert row is not None
    return row


def parts(store: Store, which: Which = Which.ALL, after: int = -1, limit: int = 9) -> list[tuple[int, bytes]]:
    return [(row.number, row.sealed) for row in store.reads.long_work_parts(ROOT, "w", which, after=after, limit=limit)]


def test_work_is_kept_with_its_parts_and_begun_once(store: Store) -> None:
    do(store, a_work("w"))
    do(store, a_work("w", who="b"), a_work("w", root=OTHER_ROOT))
    assert one(store) == WorkRow(ROOT, "w", "a", "waiting", 5, 0, 0, 0, NOW, LATER, b"head")
    assert parts(store) == [(0, b"abc"), (1, b"de")]
    assert parts(store, after=0) == [(1, b"de")]
    assert parts(store, limit=1) == [(0, b"abc")]


def test_what_waited_longest_is_next_and_what_is_over_or_only_proposed_never_is(store: Store) -> None:
    do(store, a_work("late", turn_at=NOW + 2), a_work("early", turn_at=NOW + 1), a_work("idle", state="proposed"))
    do(store, a_work("gone", turn_at=NOW - 9, expires_at=NOW), a_work("stopped", turn_at=NOW - 9, state="stopped"))
    do(store, a_work("theirs", turn_at=NOW - 9, root=OTHER_ROOT))
    due = store.reads.long_work_due(ROOT, NOW)
    assert due is not None
    assert due.id == "early"
    do(store, TurnLongWork(ROOT, "early", MORNING + timedelta(microseconds=3)))
    row = one(store, "early")
    assert (row.state, row.attempts, row.turn_at) == ("running", 1, NOW + 3)
    due = store.reads.long_work_due(ROOT, NOW)
    assert due is not None
    assert due.id == "late"
    assert store.reads.long_work_due(ROOT, LATER) is None


def test_a_part_is_settled_and_counted_once(store: Store) -> None:
    do(store, a_work("w"), TurnLongWork(ROOT, "w", MORNING), settled(0, 2, 1))
    do(store, settled(0, 0, 3, b"a worker that stood still"))
    row = one(store)
    assert (row.done, row.skipped, row.attempts) == (2, 1, 0)
    assert row.turn_at == NOW + 9_000_000
    assert parts(store) == [(0, b"over"), (1, b"de")]
    assert parts(store, Which.OPEN) == [(1, b"de")]
    do(store, settled(1, 2, 0))
    assert [number for number, _sealed in parts(store, Which.DONE)] == [0, 1]
    assert [number for number, _sealed in parts(store, Which.SKIPPED)] == [0]
    assert (parts(store, Which.OPEN), one(store).done) == ([], 4)


def test_work_moves_only_from_where_it_may(store: Store) -> None:
    do(store, a_work("w"), MoveLongWork(ROOT, "w", WorkState.STOPPED, LIVE))
    do(store, MoveLongWork(ROOT, "w", WorkState.DONE, LIVE), TurnLongWork(ROOT, "w", MORNING))
    row = one(store)
    assert (row.state, row.attempts) == ("stopped", 0)
    do(store, settled(0, 3, 0))
    assert one(store).done == 3, "the wave under way is counted all the same"


def test_somebody_is_given_their_own_the_last_worked_on_first(store: Store) -> None:
    do(store, a_work("one"), a_work("two", turn_at=NOW + 5), a_work("hers", who="b"), a_work("x", root=OTHER_ROOT))
    assert [row.id for row in store.reads.long_works(ROOT, "a", NOW, limit=9)] == ["two", "one"]
    assert [row.id for row in store.reads.long_works(ROOT, "a", NOW, limit=1)] == ["two"]
    assert store.reads.long_works(ROOT, "a", LATER, limit=9) == []


def test_all_of_somebody_is_taken_away_and_what_is_over_is_forgotten(store: Store, any_database: str) -> None:
    do(store, a_work("one"), a_work("hers", who="b"), a_work("old", who="b", expires_at=NOW))
    do(store, DropLongWorks(ROOT, "a"))
    assert store.reads.long_work(ROOT, "one", NOW) is None
    do(store, ForgetLongWorks(ROOT, MORNING))
    assert table(any_database, "SELECT id FROM long_work") == [("hers",)]
    assert sorted(table(any_database, "SELECT work, number FROM long_work_part")) == [("hers", 0), ("hers", 1)]


def test_versions_are_read_of_the_cases_that_there_are(store: Store) -> None:
    write(store, BatchRows(created=[a_row("x", version=3), a_row("y", version=7), a_row("z", root=OTHER_ROOT)]))
    assert store.reads.case_versions(ROOT, [CaseId("y"), CaseId("z"), CaseId("none"), CaseId("x")]) == {"x": 3, "y": 7}
    assert store.reads.case_versions(ROOT, []) == {}
