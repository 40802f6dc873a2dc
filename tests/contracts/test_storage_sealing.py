"""What sealing asks of a database, on both alike: places without gaps, nothing lost, nothing changed afterwards."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator

import psycopg
import pytest

from engine.errors import StorageUnavailable
from engine.ledger.streams import Fact
from engine.service.directory_ports import DirectoryWrites
from engine.service.plain import PlainWrite, RecordFact, apply_write
from engine.service.rows import BatchRows, EntryRow, UnsealedRow
from engine.service.sealing_ports import FIRST_KEY, CheckpointRow, CosignatureRow, LeafRow, QueueKey, TreeRow
from engine.service.sealing_writes import BeginTree, ClosedTree, KeepCheckpoint, KeepCosignature, SealEntries
from engine.storage import sealing_tables
from engine.storage.sealing_reads import LAST_KEY
from engine.storage.store import Store
from tests.support.storage import MORNING, OTHER_ROOT, ROOT, change, opened, table, write, writes_of

EVER = 2**62


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def an_entry(case: str, seq: int, *, root: str = ROOT) -> EntryRow:
    body = f'{{"case":"{case}","seq":{seq}}}'.encode()
    return EntryRow(root, case, seq, body, hashlib.sha256(b"\x00" + body).digest())


def queue(store: Store, *rows: tuple[int, str, int], root: str = ROOT) -> None:
    """Write entries that wait to be sealed."""
    write(
        store,
        BatchRows(
            entries=[an_entry(case, seq, root=root) for _at, case, seq in rows],
            unsealed=[UnsealedRow(root, at, case, seq) for at, case, seq in rows],
        ),
    )


def do(store: Store, *plain: PlainWrite) -> None:
    def all_of_them(writes: DirectoryWrites) -> None:
        for one in plain:
            apply_write(one, writes)

    writes_of(store).plain(all_of_them)


def seal_all(store: Store) -> None:
    do(store, SealEntries(root=ROOT, after=FIRST_KEY, upto=LAST_KEY))


def begin(year: int, closed: ClosedTree | None = None) -> BeginTree:
    return BeginTree(root=ROOT, at=MORNING, year=year, origin=f"here/{year}", closed=closed)


def a_checkpoint(n: int, *, year: int = 2026, size: int = 2) -> CheckpointRow:
    return CheckpointRow(root=ROOT, n=n, year=year, size=size, at=7, peaks="ab", note="note\n")


def test_what_waits_comes_in_the_order_of_time_page_by_page(store: Store) -> None:
    queue(store, (30, "a", 2), (10, "b", 1), (30, "a", 1), (20, "c", 1))
    queue(store, (1, "z", 1), root=OTHER_ROOT)
    first = store.reads.queued(ROOT, after=FIRST_KEY, before=EVER, limit=3)
    assert first == [(10, "b", 1), (20, "c", 1), (30, "a", 1)]
    assert store.reads.queued(ROOT, after=first[-1], before=EVER, limit=3) == [(30, "a", 2)]
    assert store.reads.queued(ROOT, after=FIRST_KEY, before=20, limit=3) == [(10, "b", 1)]
    assert store.reads.queued(ROOT, after=FIRST_KEY, before=EVER, upto=first[1], limit=3) == first[:2]
    assert store.reads.oldest_queued(ROOT) == 10


def test_sealing_gives_places_without_gaps_in_that_order_and_empties_the_queue(store: Store, any_database: str) -> None:
    queue(store, (30, "a", 1), (10, "b", 1))
    queue(store, (5, "z", 1), root=OTHER_ROOT)
    assert store.reads.sealed(ROOT) == 0
    seal_all(store)
    queue(store, (20, "c", 1))
    seal_all(store)
    leaves = store.reads.leaves(ROOT, 0, 9)
    assert [(leaf.idx, leaf.case, leaf.seq, leaf.at) for leaf in leaves] == [
        (0, "b", 1, 10),
        (1, "a", 1, 30),
        (2, "c", 1, 20),
    ]
    assert [leaf.hash for leaf in leaves] == [an_entry(case, 1).hash for case in ("b", "a", "c")]
    assert store.reads.sealed(ROOT) == 3
    assert store.reads.oldest_queued(ROOT) is None
    assert table(any_database, 'SELECT "case" FROM unsealed') == [("z",)]
    assert store.reads.leaves(ROOT, 1, 2) == leaves[1:2]


def test_only_what_lies_between_the_keys_is_sealed_and_once(store: Store) -> None:
    queue(store, (10, "a", 1), (20, "b", 1), (20, "b", 2), (30, "c", 1))
    middle = SealEntries(root=ROOT, after=QueueKey(10, "a", 1), upto=QueueKey(20, "b", 1))
    do(store, middle)
    do(store, middle)
    assert [leaf.case for leaf in store.reads.leaves(ROOT, 0, 9)] == ["b"]
    assert [key.at for key in store.reads.queued(ROOT, after=FIRST_KEY, before=EVER, limit=9)] == [10, 20, 30]


def test_an_entry_whose_hash_is_not_that_of_its_bytes_or_that_is_gone_is_not_sealed(store: Store) -> None:
    good, bad = an_entry("a", 1), an_entry("b", 1)._replace(hash=bytes(32))
    waiting = [UnsealedRow(ROOT, at, case, 1) for at, case in ((1, "b"), (2, "gone"), (3, "a"))]
    write(store, BatchRows(entries=[good, bad], unsealed=waiting))
    seal_all(store)
    assert [(leaf.idx, leaf.case) for leaf in store.reads.leaves(ROOT, 0, 9)] == [(0, "a")]
    assert [key.case for key in store.reads.queued(ROOT, after=FIRST_KEY, before=EVER, limit=9)] == ["b", "gone"]


def test_the_first_tree_begins_where_nothing_is_sealed_and_only_once(store: Store, any_database: str) -> None:
    assert store.reads.newest_tree(ROOT) is None
    do(store, begin(2026))
    do(store, begin(2026))
    do(store, begin(2025))
    assert len(table(any_database, "SELECT year FROM tree")) == 1
    assert store.reads.newest_tree(ROOT) == (ROOT, 2026, 0, "here/2026")


def test_the_next_tree_begins_with_the_entry_that_tells_how_the_one_before_ended(store: Store) -> None:
    queue(store, (10, "a", 1), (20, "b", 1))
    do(store, begin(2026))
    seal_all(store)
    do(store, KeepCheckpoint(a_checkpoint(1)))
    queue(store, (5, "early", 1))
    closed = ClosedTree(year=2026, n=1, size=2, root_hash="ab" * 32, note="note\n")
    do(store, begin(2027, closed))
    assert store.reads.newest_tree(ROOT) == (ROOT, 2027, 2, "here/2027")
    (leaf,) = store.reads.leaves(ROOT, 2, 9)
    entry = store.reads.entries(ROOT, leaf.case)[-1]  # type: ignore[arg-type]  # a stream is called like a case
    assert (leaf.case, entry.hash) == ("system:2026-03-02:900", leaf.hash)
    assert b'"tree_closed":{"checkpoint":1,"note":"note\\n","root":"' in bytes(entry.body)
    assert [key.case for key in store.reads.queued(ROOT, after=FIRST_KEY, before=EVER, limit=9)] == ["early"]


@pytest.mark.parametrize("closed", [None, ClosedTree(year=2026, n=1, size=1, root_hash="ab" * 32, note="note\n")])
def test_a_tree_does_not_begin_while_the_last_checkpoint_does_not_cover_all(
    store: Store, closed: ClosedTree | None
) -> None:
    queue(store, (10, "a", 1), (20, "b", 1))
    do(store, begin(2026))
    seal_all(store)
    do(store, KeepCheckpoint(a_checkpoint(1, size=1)))
    with pytest.raises(StorageUnavailable):
        do(store, begin(2027, closed))
    tree = store.reads.newest_tree(ROOT)
    assert tree is not None
    assert (tree.year, store.reads.sealed(ROOT)) == (2026, 2)


def test_checkpoints_are_found_by_number_and_size_and_the_first_of_a_number_stays(store: Store) -> None:
    assert store.reads.newest_checkpoint(ROOT) is None
    for n, size in ((1, 2), (2, 5), (3, 9)):
        do(store, KeepCheckpoint(a_checkpoint(n, size=size)))
    do(store, KeepCheckpoint(a_checkpoint(3, size=99)))
    assert store.reads.newest_checkpoint(ROOT) == a_checkpoint(3, size=9)
    assert [row.n for row in store.reads.checkpoints(ROOT, after=1, limit=5)] == [2, 3]
    assert [row.n for row in store.reads.checkpoints(ROOT, after=0, limit=2)] == [1, 2]
    assert store.reads.checkpoint_of_size(ROOT, 2026, 5) == a_checkpoint(2, size=5)
    assert store.reads.checkpoint_of_size(ROOT, 2025, 5) is None
    assert store.reads.checkpoint_of_size(ROOT, 2026, 6) is None


def test_cosignatures_are_kept_by_checkpoint_and_witness(store: Store) -> None:
    rows = [CosignatureRow(ROOT, 1, name, f"— {name} x\n") for name in ("b.example", "a.example")]
    for row in (*rows, rows[0]._replace(line="another"), CosignatureRow(ROOT, 2, "a.example", "y")):
        do(store, KeepCosignature(row))
    assert store.reads.cosignatures(ROOT, 1) == [rows[1], rows[0]]


def test_a_view_shows_everything_as_it_stood_when_it_was_opened(store: Store) -> None:
    queue(store, (10, "a", 1), (20, "b", 1))
    seal_all(store)
    queue(store, (30, "c", 1))
    with store.reads.tree_view(ROOT) as view:
        leaves, places = view.leaves(), view.places()
        assert next(leaves).case == "a"
        queue(store, (40, "d", 1))
        seal_all(store)
        assert [leaf.case for leaf in leaves] == ["b"]
        assert [place.case for place in places] == ["a", "b", "c"]
        assert [(one.case, one.idx, one.at) for one in view.leaves_by_entry()] == [("a", 0, 10), ("b", 1, 20)]
        assert list(view.queue()) == [("c", 1, 30)]
    with store.reads.tree_view(ROOT) as view:
        assert len(list(view.leaves())) == 4


def test_a_view_shows_leaves_by_their_entries_and_how_entries_begin(store: Store, any_database: str) -> None:
    change(any_database, "INSERT INTO leaf SELECT 'root-1', 7, 'nobody', 1, 5, " + any_hash(any_database))
    queue(store, (10, "a", 1))
    with store.reads.tree_view(ROOT) as view:
        assert [one[:4] for one in view.leaves_by_entry()] == [("nobody", 1, 7, 5)]
        (place,) = view.places()
        assert place.head == b'{"case":"a","seq":1}'
        assert list(view.head_facts()) == []
    fact = Fact(
        type="heartbeat", details={"checkpoint": 1, "size": 2, "root": "ab" * 32, "schema": "cd" * 32, "build": "1"}
    )
    do(store, RecordFact(root=ROOT, at=MORNING, fact=fact, slot=900), RecordFact(root=ROOT, at=MORNING, fact=fact))
    with store.reads.tree_view(ROOT) as view:
        ((case, seq, body),) = view.head_facts()
        assert (case, seq) == ("system:2026-03-02:900", 1)
        assert b'"heartbeat":{"build":"1","checkpoint":1' in body


def any_hash(url: str) -> str:
    return "zeroblob(32)" if url.startswith("sqlite") else "decode(repeat('00', 32), 'hex')"


@pytest.mark.parametrize("name", ["tree", "leaf", "checkpoint"])
def test_what_is_sealed_is_neither_changed_nor_deleted(store: Store, any_database: str, name: str) -> None:
    queue(store, (10, "a", 1))
    do(store, begin(2026))
    seal_all(store)
    do(store, KeepCheckpoint(a_checkpoint(1)))
    before = table(any_database, f"SELECT * FROM {name}")
    attacks = [f"UPDATE {name} SET root = 'x'", f"DELETE FROM {name}"]
    if not any_database.startswith("sqlite"):
        attacks.append(f"TRUNCATE {name}")
    for attack in attacks:
        refused = (sqlite3.IntegrityError, psycopg.errors.ObjectNotInPrerequisiteState)
        with pytest.raises(refused, match="stays as it is"):
            change(any_database, attack)
    assert len(before) == 1
    assert table(any_database, f"SELECT * FROM {name}") == before


def test_the_tables_have_the_columns_of_their_rows() -> None:
    assert tuple(sealing_tables.checkpoint.columns.keys()) == CheckpointRow._fields
    assert tuple(sealing_tables.cosignature.columns.keys()) == CosignatureRow._fields
    assert tuple(sealing_tables.leaf.columns.keys()) == LeafRow._fields
    assert tuple(sealing_tables.tree.columns.keys()) == TreeRow._fields
