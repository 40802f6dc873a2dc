"""What the sweep asks and leaves, on both databases alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from engine.case.identity import CaseId
from engine.definition.parts import Phase
from engine.ledger.chain import check_chain
from engine.ledger.streams import Swept
from engine.service.plain import RecordSweep, apply_write
from engine.service.rows import BatchRows
from engine.service.sweep_ports import DueRung
from engine.storage.store import Store
from tests.support.storage import OTHER_ROOT, ROOT, a_deadline, a_row, opened, table, write, writes_of

SWEPT = Swept(calendar="2026.1", open=7, looked=6, raised=2, failed=1)
AT = datetime(2026, 3, 2, 15, 59, tzinfo=UTC)


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def record(store: Store, at: datetime, swept: Swept = SWEPT, slot: int = 0) -> None:
    writing = RecordSweep(root=ROOT, at=at, slot=slot, swept=swept)
    writes_of(store).plain(lambda to: apply_write(writing, to))


def test_due_rungs_come_in_their_order_page_by_page_and_once_each(store: Store) -> None:
    rows = [
        a_deadline("b", "reply", rung_at=20),
        a_deadline("b", "review", rung_at=10),
        a_deadline("a", "reply", rung_at=20),
        a_deadline("a", "review", rung_at=31),
        a_deadline("c", "reply"),
        a_deadline("d", "reply", rung_at=5)._replace(root=OTHER_ROOT),
    ]
    write(store, BatchRows(deadlines=rows))
    seen: list[DueRung] = []
    while page := store.reads.due_rungs(ROOT, by=30, after=seen[-1] if seen else None, limit=2):
        assert len(page) <= 2
        seen += page
    assert seen == [(10, "b", "review"), (20, "a", "reply"), (20, "b", "reply")]


def test_open_deadlines_are_those_that_run(store: Store) -> None:
    rows = [
        a_deadline("a", "reply"),
        a_deadline("a", "review"),
        a_deadline("b", state="suspended"),
        a_deadline("c", state="met"),
        a_deadline("d"),
        a_deadline("e")._replace(root=OTHER_ROOT),
    ]
    write(store, BatchRows(deadlines=rows))
    assert store.reads.open_deadlines(ROOT) == 3


def test_running_cases_are_those_that_have_not_ended_page_by_page(store: Store) -> None:
    rows = [
        a_row("c"),
        a_row("a"),
        a_row("b", phase=Phase.FINAL.value),
        a_row("d", root=OTHER_ROOT),
    ]
    write(store, BatchRows(created=rows))
    assert store.reads.running_cases(ROOT, after=None, limit=1) == ["a"]
    assert store.reads.running_cases(ROOT, after=CaseId("a"), limit=9) == ["c"]


def test_sweeps_of_a_day_are_a_chain_and_the_newest_is_known(store: Store) -> None:
    assert store.reads.last_sweep(ROOT) is None
    later = Swept(calendar="2026.2", open=5, looked=5, raised=0, failed=0)
    record(store, AT - timedelta(minutes=1))
    record(store, AT, later)
    assert store.reads.last_sweep(ROOT) == (AT, later)

    stream = CaseId("system:2026-03-02:0")
    entries = store.reads.entries(ROOT, stream)
    assert list(check_chain([(entry.seq, entry.body, entry.hash) for entry in entries], case=stream)) == []
    told = [json.loads(entry.body)["swept"] for entry in entries]
    assert told[0] == {"calendar": "2026.1", "open": 7, "looked": 6, "raised": 2, "failed": 1}
    assert told[1]["open"] == 5


def test_each_day_of_shanghai_and_each_process_has_a_stream_of_its_own(store: Store, any_database: str) -> None:
    record(store, AT)
    record(store, AT + timedelta(minutes=1))
    record(store, AT, slot=3)
    entries = table(any_database, 'SELECT "case", seq FROM ledger_entry ORDER BY "case"')
    assert entries == [("system:2026-03-02:0", 1), ("system:2026-03-02:3", 1), ("system:2026-03-03:0", 1)]
    assert len(table(any_database, 'SELECT "case" FROM unsealed')) == 3
