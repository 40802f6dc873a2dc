"""A session's board is read in several ways, by how much somebody sees: each must show what the rows say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from engine.errors import InputRefused
from engine.service.board_ports import BoardFilter, BoardOrder
from engine.service.ports import CaseLine
from engine.service.rows import BatchRows, CaseRow, ReaderRow, RecusedRow
from engine.storage import sight
from engine.storage.store import Store
from tests.contracts.test_storage_plans import plan, statement_of
from tests.support.storage import OTHER_ROOT, ROOT, a_row, opened, write

PRINCIPALS = ("person:li", "role:clerk@works", "role:auditor@works")
STATES = ("filed", "submitted", "closed")
HERE = BoardFilter("proposal", "s1", STATES)


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


@pytest.fixture(params=[2_000, -1], ids=["few", "many"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "FEW", request.param)


def drawn(chance: Random, cases: int) -> BatchRows:
    """Return cases of two sessions and none, some without a number or a due instant, and who may see them."""
    rows = BatchRows()
    for n in range(cases):
        name = f"c{n:02d}"
        rows.created.append(
            a_row(
                name,
                workflow=chance.choice(["proposal"] * 5 + ["grievance"]),
                congress_session=chance.choice(["s1"] * 4 + ["s2", None]),
                state=chance.choice((*STATES, "refused")),
                number=chance.choice([None, f"第{chance.randrange(20):03}号"]),
                category=chance.choice([None, "welfare", "safety"]),
                lead_unit=chance.choice([None, "logistics"]),
                next_due_at=chance.choice([None, chance.randrange(6) * 10]),
                opened_at=chance.randrange(5),
                changed_at=chance.randrange(100),
            )
        )
        rows.readers += [ReaderRow(ROOT, one, name, None) for one in PRINCIPALS if chance.random() < 0.4]
        if chance.random() < 0.2:
            rows.recused.append(RecusedRow(ROOT, name, "person:li"))
    rows.created.append(a_row("elsewhere", root=OTHER_ROOT, congress_session="s1"))
    rows.readers.append(ReaderRow(OTHER_ROOT, "person:li", "elsewhere", None))
    return rows


def seen(rows: BatchRows, asked: Sequence[str] | None) -> list[CaseRow]:
    """Return the cases that somebody may see, gone through one by one."""
    readers = defaultdict[str, set[str]](set)
    for row in rows.readers:
        if row.root == ROOT:
            readers[row.case].add(row.principal)
    kept_from = {row.case for row in rows.recused if asked is not None and row.principal in asked}
    mine = [row for row in rows.created if row.root == ROOT and row.id not in kept_from]
    return mine if asked is None else [row for row in mine if not readers[row.id].isdisjoint(asked)]


def on_board(rows: BatchRows, asked: Sequence[str] | None, where: BoardFilter) -> list[CaseRow]:
    return [
        row
        for row in seen(rows, asked)
        if (row.workflow, row.congress_session) == where[:2]
        and row.state in where.states
        and where.unit in (None, row.unit, row.lead_unit)
        and where.category in (None, row.category)
    ]


def due(row: CaseRow | CaseLine) -> tuple[bool, int, str]:
    return row.next_due_at is None, row.next_due_at or 0, row.id


ORDERS = {
    BoardOrder.DUE: due,
    BoardOrder.STATE: lambda row: (STATES.index(row.state), *due(row)),
    BoardOrder.NUMBER: lambda row: (row.number is None, (row.number or "").encode(), row.id),
    BoardOrder.UNIT: lambda row: row.id,  # no unit stands in the directory of this test
}
NARROWED = [HERE, BoardFilter("proposal", None, STATES), HERE._replace(unit="logistics", category="welfare")]


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("seed", range(3))
def test_each_order_is_read_page_by_page_as_the_rows_say(store: Store, seed: int) -> None:
    rows = drawn(Random(seed), 60)
    write(store, rows)
    for asked in (["person:li", "role:clerk@works"], ["role:auditor@works"], None):
        for where in NARROWED:
            whole = on_board(rows, asked, where)
            for order, by in ORDERS.items():
                ids: list[str] = []
                after: str | None = None
                while True:
                    page = store.reads.board_page(ROOT, asked, where, order, after=after, limit=4)
                    ids += [line.id for line in page.lines]
                    after = page.next
                    if after is None:
                        break
                assert ids == [row.id for row in sorted(whole, key=by)], (order, where, asked)


@pytest.mark.usefixtures("way")
def test_counts_and_columns_are_those_of_what_one_may_see(store: Store) -> None:
    rows = drawn(Random(7), 80)
    write(store, rows)
    for asked in (["person:li"], ["role:clerk@works", "role:auditor@works"], None):
        for where in NARROWED:
            by_state = defaultdict[str, list[CaseRow]](list)
            for row in sorted(on_board(rows, asked, where), key=due):
                by_state[row.state].append(row)
            counts = store.reads.board_counts(ROOT, asked, where, limit=5)
            columns = store.reads.board_columns(ROOT, asked, where, limit=3)

            assert counts == {state: min(len(of), 5) for state, of in by_state.items()}
            assert {state: [line.id for line in lines] for state, lines in columns.items()} == {
                state: [row.id for row in of[:3]] for state, of in by_state.items()
            }


@pytest.mark.usefixtures("way")
def test_what_changed_since_an_instant_is_found_in_every_state(store: Store) -> None:
    rows = drawn(Random(3), 60)
    write(store, rows)
    here = [row for row in seen(rows, ["person:li"]) if (row.workflow, row.congress_session) == ("proposal", "s1")]
    since = sorted(row.changed_at for row in here)[len(here) // 2]  # at that very instant something happened
    changed = store.reads.changed_cases(ROOT, ["person:li"], HERE, since=since, limit=100)
    whole = [row.id for row in here if row.changed_at >= since]

    assert changed == sorted(whole)


@pytest.mark.usefixtures("way")
def test_the_newest_of_a_category_that_a_unit_leads_are_found_behind_the_readers(store: Store) -> None:
    rows = drawn(Random(5), 60)
    write(store, rows)
    found = store.reads.led_cases(ROOT, ["role:clerk@works"], "proposal", "welfare", limit=5)
    whole = [
        row
        for row in seen(rows, ["role:clerk@works"])
        if (row.workflow, row.category) == ("proposal", "welfare") and row.lead_unit is not None
    ]

    newest = sorted(whole, key=lambda row: (row.opened_at, row.id), reverse=True)
    assert found == [row.id for row in newest[:5]]


def test_a_key_that_is_none_of_ours_is_refused(store: Store) -> None:
    for order in BoardOrder:
        with pytest.raises(InputRefused, match="Not the key of a page"):
            store.reads.board_page(ROOT, None, HERE, order, after="\x00", limit=5)


def test_sqlite_reads_the_board_of_many_off_its_index(sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sight, "FEW", -1)
    with opened(sqlite_database) as store:
        store.reads.board_counts(ROOT, ["unit:a"], HERE, limit=5)
        counted = plan(sqlite_database, statement_of(store.reads, "board count"))
        store.reads.board_page(ROOT, ["unit:a"], HERE, BoardOrder.DUE, after="5.c", limit=5)
        paged = plan(sqlite_database, statement_of(store.reads, "board by due"))
        store.reads.led_cases(ROOT, ["unit:a"], "proposal", "welfare", limit=5)
        led = plan(sqlite_database, statement_of(store.reads, "led"))
        store.reads.changed_cases(ROOT, ["unit:a"], HERE, since=1, limit=5)
        changed = plan(sqlite_database, statement_of(store.reads, "board changed"))

    of_state = "(root=? AND workflow=? AND congress_session=? AND state=?"
    assert f"COVERING INDEX ix_cases_board {of_state}" in counted[0]
    assert f"COVERING INDEX ix_cases_board {of_state}" in paged[0]
    assert "COVERING INDEX ix_cases_board (root=? AND workflow=? AND congress_session=?" in changed[0]
    assert "INDEX ix_cases_led (root=? AND workflow=? AND category=?" in led[0]
    assert not [step for step in (*counted, *paged, *led) if "TEMP" in step]
