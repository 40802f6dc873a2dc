"""What a batch writes is what stands in the database afterwards, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.case.identity import CaseId, RootId
from engine.service.case_rows import case_row
from engine.service.history_ports import StoredSpan
from engine.service.ports import CaseFilter, Claim, Conflict, Outcome, Stored
from engine.service.rows import (
    BatchRows,
    CounterRow,
    OutboxRow,
    OutcomeRow,
    PrivateRow,
    ReaderDue,
    ReaderEnd,
    ReaderRow,
    SpanEnd,
    SpanRow,
    UnsealedRow,
)
from engine.storage.postgres_writes import PostgresWrites
from engine.storage.sqlite_writes import SqliteWrites
from engine.storage.store import Store
from tests.support.storage import (
    OTHER_ROOT,
    ROOT,
    a_case,
    a_deadline,
    a_row,
    an_entry,
    opened,
    readers,
    table,
    write,
    writes_of,
)

CLAIM = Claim(ROOT, "actor", "key", "asked-1")
OUTCOME = OutcomeRow(ROOT, "actor", "key", "asked-1", "case-1", 3, "a" * 64, 5)
HOSTILE = [
    "汉字，标点。",
    "𠮷🦄👩‍👩‍👧",
    "\uffff\ufffe\U0010ffff",
    "e\u0301 é",
    "'; DROP TABLE cases; --",
    "%s ? :x {}",
    "\u202eabc",
    "长" * 100_000,
]


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def test_a_new_case_is_read_back_as_it_was(store: Store) -> None:
    case = a_case("case-1")
    write(store, BatchRows(created=[case_row(case, number="2026-001", subject="食堂", category="welfare")]))

    assert store.reads.case(ROOT, CaseId("case-1"), None) == case
    assert store.reads.case(OTHER_ROOT, CaseId("case-1"), None) is None


def test_a_transaction_reads_and_locks_the_cases_that_exist_whatever_their_root(store: Store) -> None:
    one, other = a_case("case-1"), a_case("case-1", root=OTHER_ROOT)
    write(store, BatchRows(created=[case_row(case, number=None, subject=None, category=None) for case in (one, other)]))

    keys = [(ROOT, one.id), (OTHER_ROOT, one.id), (ROOT, CaseId("nobody"))]
    with writes_of(store).begin() as transaction:
        assert sorted(transaction.read_cases(keys), key=lambda case: case.root) == [one, other]
        assert sorted(transaction.lock_cases(keys, wait=False), key=lambda case: case.root) == [one, other]
        assert sorted(transaction.lock_cases(keys, wait=True), key=lambda case: case.root) == [one, other]


def test_a_lock_gives_back_what_is_known_only_while_its_row_has_that_head(any_database: str, store: Store) -> None:
    case = a_case("case-1")
    write(store, BatchRows(created=[a_row("case-1")]))
    known = case._replace(batch=7)

    with writes_of(store).begin() as transaction:
        (old,) = transaction.lock_cases([(ROOT, case.id)], wait=False, known={case.id: known._replace(head="f" * 64)})
        (elsewhere,) = transaction.lock_cases(
            [(ROOT, case.id)], wait=False, known={case.id: known._replace(root=OTHER_ROOT)}
        )
        (same,) = transaction.lock_cases([(ROOT, case.id)], wait=False, known={case.id: known})
    assert old == elsewhere == case
    assert same == (known if any_database.startswith("postgresql") else case)


def test_a_changed_case_replaces_the_one_before(store: Store) -> None:
    before = a_case("case-1")
    after = before._replace(state="assigned", version=2, seq=2, data={"title": "新"}, batch=1)
    write(store, BatchRows(created=[a_row("case-1")]))
    write(store, BatchRows(changed=[case_row(after, number="N1", subject="新", category=None)]))

    assert store.reads.case(ROOT, before.id, None) == after
    assert store.reads.case_by_field(ROOT, "proposal", "N1") == "case-1"


def test_a_change_of_a_case_that_is_not_there_is_a_conflict_and_writes_nothing(store: Store) -> None:
    rows = BatchRows(created=[a_row("case-1")], changed=[a_row("nobody")])
    with pytest.raises(Conflict):
        write(store, rows)

    assert store.reads.cases(ROOT, [CaseId("case-1")]) == []


def test_a_second_case_with_the_same_id_is_a_conflict(store: Store) -> None:
    write(store, BatchRows(created=[a_row("case-1")]))
    with pytest.raises(Conflict):
        write(store, BatchRows(created=[a_row("case-1")]))


def test_a_second_entry_with_the_same_number_is_a_conflict(store: Store) -> None:
    write(store, BatchRows(entries=[an_entry("case-1", 1)]))
    with pytest.raises(Conflict):
        write(store, BatchRows(entries=[an_entry("case-1", 1, b"other")]))


def test_the_chain_comes_back_in_order_byte_for_byte_and_waits_for_the_seal(store: Store, any_database: str) -> None:
    entries = [an_entry("case-1", seq, bytes([0, 255, seq, 39, 92])) for seq in (10, 9, 2)]
    entries_of_others = [an_entry("case-2", 1), an_entry("case-1", 1, root=OTHER_ROOT)]
    waiting = [UnsealedRow(entry.root, 30 - entry.seq, entry.case, entry.seq) for entry in entries]
    write(store, BatchRows(entries=[*entries, *entries_of_others], unsealed=waiting))

    assert store.reads.entries(ROOT, CaseId("case-1")) == entries[::-1]
    assert table(any_database, 'SELECT root, at, "case", seq FROM unsealed ORDER BY root, at') == [
        (ROOT, 20, "case-1", 10),
        (ROOT, 21, "case-1", 9),
        (ROOT, 28, "case-1", 2),
    ]


def test_private_values_stand_beside_their_entries(store: Store) -> None:
    privates = [
        PrivateRow(ROOT, "case-1", 2, "body", "", b"\x00\xff"),
        PrivateRow(ROOT, "case-1", 10, "body", "k", b""),
    ]
    write(store, BatchRows(privates=privates[::-1]))

    assert store.reads.privates(ROOT, CaseId("case-1")) == privates


def test_outbox_and_counters_are_kept(store: Store, any_database: str) -> None:
    told = OutboxRow(ROOT, "id-1", "case-1", 3, "notice", "assigned", 77)
    write(store, BatchRows(outbox=[told], counters=[CounterRow(ROOT, "receipt:2026", 41)]))
    write(store, BatchRows(counters=[CounterRow(ROOT, "receipt:2026", 42), CounterRow(OTHER_ROOT, "receipt:2026", 7)]))

    assert table(any_database, "SELECT * FROM outbox") == [tuple(told)]
    with writes_of(store).begin() as transaction:
        assert transaction.counters(ROOT, ["receipt:2026", "reply"]) == {"receipt:2026": 42, "reply": 0}
        assert transaction.counters(OTHER_ROOT, ["receipt:2026"]) == {"receipt:2026": 7}


def test_whatever_people_write_comes_back_unchanged(store: Store) -> None:
    written = {
        f"case-{number}": (text, a_case(f"case-{number}", data={"text": text, text[:50]: [text, {"deep": text}]}))
        for number, text in enumerate(HOSTILE)
    }
    write(
        store,
        BatchRows(
            created=[case_row(c, number=text[:50], subject=text, category=None) for text, c in written.values()],
            spans=[SpanRow(ROOT, name, "unit", 1, text, 1) for name, (text, _) in written.items()],
            readers=[row for name, (text, _) in written.items() for row in readers(text[:50], name)],
        ),
    )

    for name, (text, case) in written.items():
        assert store.reads.case(ROOT, case.id, [text[:50]]) == case
        assert [span.value for span in store.reads.spans_of(ROOT, case.id)] == [text]
        assert store.reads.case_by_field(ROOT, "proposal", text[:50]) == name
        (line,) = store.reads.list_cases(ROOT, None, CaseFilter(ids=(case.id,)), after=None, limit=9).lines
        assert (line.id, line.number, line.subject) == (name, text[:50], text)


# --- keys ---


def test_a_key_nobody_used_leads_to_nothing_yet(store: Store) -> None:
    with writes_of(store).begin() as transaction:
        assert transaction.claim([CLAIM], 1) == {}
        assert transaction.claim([], 1) == {}


def test_a_settled_key_leads_to_its_outcome_whatever_is_asked_with_it_now(store: Store) -> None:
    asked_now = CLAIM._replace(request_hash="asked-2")
    with writes_of(store).begin() as transaction:
        transaction.claim([CLAIM], 5)
        transaction.write(BatchRows(outcomes=[OUTCOME]))

    stored = Stored("asked-1", Outcome(CaseId("case-1"), 3, "a" * 64))
    with writes_of(store).begin() as transaction:
        assert transaction.claim([asked_now, CLAIM._replace(key="fresh")], 9) == {asked_now: stored}
    assert store.reads.find_outcome(ROOT, "actor", "key") == stored


@pytest.mark.parametrize("changed", [{"root": OTHER_ROOT}, {"actor": "somebody"}, {"key": "other"}])
def test_a_key_belongs_to_its_root_and_actor(store: Store, changed: dict[str, str]) -> None:
    write(store, BatchRows(outcomes=[OUTCOME]))
    with writes_of(store).begin() as transaction:
        assert transaction.claim([CLAIM._replace(**changed)], 9) == {}


def test_claims_without_an_outcome_are_given_up(store: Store, any_database: str) -> None:
    with writes_of(store).begin() as transaction:
        transaction.claim([CLAIM, CLAIM._replace(key="refused")], 5)
        transaction.write(BatchRows(outcomes=[OUTCOME]))
    with writes_of(store).begin() as transaction:
        transaction.claim([CLAIM._replace(key="nothing written at all")], 5)

    assert table(any_database, "SELECT key FROM idempotency") == [("key",)]
    assert store.reads.find_outcome(ROOT, "actor", "refused") is None


def test_a_transaction_that_raises_leaves_nothing_behind(store: Store, any_database: str) -> None:
    def write_and_fail() -> None:
        with writes_of(store).begin() as transaction:
            transaction.claim([CLAIM], 5)
            transaction.write(BatchRows(created=[a_row("case-1")], outcomes=[OUTCOME]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()

    assert table(any_database, "SELECT count(*) FROM cases") == [(0,)]
    assert table(any_database, "SELECT count(*) FROM idempotency") == [(0,)]
    write(store, BatchRows(created=[a_row("case-1")]))


# --- spans ---


def test_an_end_closes_the_open_span_of_its_kind_only(store: Store) -> None:
    write(
        store,
        BatchRows(
            spans=[
                SpanRow(ROOT, "case-1", "state", 1, "filed", 10),
                SpanRow(ROOT, "case-1", "unit", 1, "u", 10),
                SpanRow(ROOT, "case-2", "state", 1, "filed", 10),
            ]
        ),
    )
    write(
        store,
        BatchRows(
            span_ends=[SpanEnd(20, 2, ROOT, "case-1", "state")], spans=[SpanRow(ROOT, "case-1", "state", 2, "done", 20)]
        ),
    )

    assert [tuple(span) for span in store.reads.spans_of(ROOT, CaseId("case-1"))] == [
        ("case-1", "state", 1, "filed", 10, 20),
        ("case-1", "state", 2, "done", 20, None),
        ("case-1", "unit", 1, "u", 10, None),
    ]
    assert [span.until_at for span in store.reads.spans_of(ROOT, CaseId("case-2"))] == [None]


def test_spans_that_begin_and_end_in_one_batch_follow_each_other(store: Store) -> None:
    write(store, BatchRows(spans=[SpanRow(ROOT, "case-1", "state", 1, "filed", 10)]))
    write(
        store,
        BatchRows(
            spans=[
                SpanRow(ROOT, "case-1", "state", 2, "assigned", 20),
                SpanRow(ROOT, "case-1", "state", 4, "done", 40),
            ],
            span_ends=[SpanEnd(20, 2, ROOT, "case-1", "state"), SpanEnd(40, 4, ROOT, "case-1", "state")],
        ),
    )

    (file,) = store.reads.case_files(ROOT, [CaseId("case-1")])
    assert file.spans == (
        StoredSpan(ROOT, "case-1", "state", 1, "filed", 10, 20, 2),
        StoredSpan(ROOT, "case-1", "state", 2, "assigned", 20, 40, 4),
        StoredSpan(ROOT, "case-1", "state", 4, "done", 40, None, None),
    )


# --- deadlines and readers ---


def test_a_deadline_is_replaced_by_its_newer_self_even_within_a_batch(store: Store) -> None:
    write(store, BatchRows(deadlines=[a_deadline("case-1", due_at=100)]))
    newest = a_deadline("case-1", due_at=300, state="suspended", rungs='["union"]', provisional=1)
    write(store, BatchRows(deadlines=[a_deadline("case-1", due_at=200), newest, a_deadline("case-1", "evaluation")]))

    assert store.reads.deadlines(ROOT, CaseId("case-1")) == [a_deadline("case-1", "evaluation"), newest]


def test_readers_come_go_and_follow_the_due_instant(store: Store, any_database: str) -> None:
    write(store, BatchRows(readers=[*readers("unit:a", "case-1", "case-2"), *readers("person:b", "case-1")]))
    write(
        store,
        BatchRows(
            reader_ends=[ReaderEnd(ROOT, "unit:a", "case-1")],
            readers=[ReaderRow(ROOT, "person:c", "case-1", None)],
            reader_dues=[ReaderDue(500, ROOT, "case-1")],
        ),
    )

    rows = table(any_database, 'SELECT principal, "case", due_at FROM reader')
    assert sorted(rows, key=str) == [
        ("person:b", "case-1", 500),
        ("person:c", "case-1", 500),
        ("unit:a", "case-2", None),
    ]


def test_a_principal_taken_away_and_given_back_in_one_batch_sees_the_case(store: Store) -> None:
    write(store, BatchRows(created=[a_row("case-1")], readers=readers("unit:a", "case-1")))
    write(store, BatchRows(reader_ends=[ReaderEnd(ROOT, "unit:a", "case-1")], readers=readers("unit:a", "case-1")))

    assert store.reads.case(ROOT, CaseId("case-1"), ["unit:a"]) is not None


# --- the whole ---


def _full_batch(root: str, number: int) -> BatchRows:
    """Return rows of every kind for a number of cases."""
    names = [f"case-{index}" for index in range(number)]
    return BatchRows(
        created=[a_row(name, root=RootId(root)) for name in names],
        changed=[a_row(f"old-{name}", root=RootId(root), state="done") for name in names],
        entries=[an_entry(name, 1, root=RootId(root)) for name in names],
        privates=[PrivateRow(root, name, 1, "p", "", b"x") for name in names],
        spans=[SpanRow(root, name, "state", 1, "filed", 1) for name in names],
        span_ends=[SpanEnd(2, 2, root, f"old-{name}", "state") for name in names],
        deadlines=[a_deadline(name, root=root) for name in names],
        readers=readers("unit:a", *names, root=RootId(root)),
        reader_ends=[ReaderEnd(root, "unit:b", name) for name in names],
        reader_dues=[ReaderDue(9, root, name) for name in names],
        outbox=[OutboxRow(root, name, name, 1, "notice", "filed", 1) for name in names],
        counters=[CounterRow(root, name, 1) for name in names],
        outcomes=[OutcomeRow(root, "actor", name, "hash", name, 1, "a" * 64, 1) for name in names],
    )


def _statements_of_a_batch(store: Store, number: int) -> int:
    root = RootId(f"root-of-{number}")
    rows = _full_batch(root, number)
    write(store, BatchRows(created=[a_row(row.id, root=root) for row in rows.changed]))
    claims = [Claim(root, actor, row.key, "hash") for row in rows.outcomes for actor in ("actor", "refused")]
    keys = [(root, CaseId(row.id)) for row in rows.changed]
    writes = writes_of(store)
    assert isinstance(writes, SqliteWrites | PostgresWrites)
    before = writes.statements
    with writes.begin() as transaction:
        transaction.claim(claims, 1)
        assert len(transaction.read_cases(keys)) == len(transaction.lock_cases(keys, wait=False)) == number
        transaction.counters(root, [row.series for row in rows.counters])
        transaction.epoch(root)
        transaction.write(rows)
    return writes.statements - before


def test_a_batch_of_sixteen_takes_as_many_statements_as_a_batch_of_one(store: Store) -> None:
    of_one, of_sixteen = _statements_of_a_batch(store, 1), _statements_of_a_batch(store, 16)

    assert of_sixteen == of_one <= 22
