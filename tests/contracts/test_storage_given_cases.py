"""Lists of deadlines and boards narrowed to cases that a search has found: those alone, in the order of the list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

import pytest

from engine.case.identity import CaseId
from engine.errors import InputRefused
from engine.service.board_ports import BoardOrder, key_in
from engine.service.deadline_ports import DeadlineFilter
from engine.service.rows import BatchRows
from engine.storage import sight
from engine.storage.store import Store
from tests.contracts.test_storage_board import HERE, NARROWED, ORDERS, drawn, on_board
from tests.contracts.test_storage_plans import plan, statement_of
from tests.support.storage import OTHER_ROOT, ROOT, a_deadline, a_row, opened, readers, write

SEEN_BY = ["person:li", "role:clerk@works"]
NONE_OF_OURS = "翻页标记有误，请从第一页重新查看"


@pytest.fixture(params=["few", "many"])
def store(any_database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store in which every reader counts as one who sees few cases, then as one who sees many."""
    monkeypatch.setattr(sight, "FEW", 2_000 if request.param == "few" else -1)
    with opened(any_database) as store:
        yield store


def ids(*names: str) -> tuple[CaseId, ...]:
    return tuple(CaseId(name) for name in names)


DEADLINES = BatchRows(
    created=[a_row(name) for name in ("a", "b", "c", "hidden")] + [a_row("a", root=OTHER_ROOT)],
    deadlines=[
        a_deadline("c", due_at=10, rungs='["blue"]'),
        a_deadline("a", "second", due_at=20),
        a_deadline("a", due_at=20),
        a_deadline("b", due_at=30, rungs='["blue"]'),
        a_deadline("b", "met", due_at=5, state="met"),
        a_deadline("a", "far", due_at=90),
        a_deadline("hidden", due_at=1),
    ],
    readers=readers("unit:x", "a", "b", "c"),
)


@pytest.mark.parametrize("limit", [1, 2, 9])
def test_deadlines_of_given_cases_come_in_the_order_of_the_list(store: Store, limit: int) -> None:
    write(store, DEADLINES)
    narrowed: list[tuple[DeadlineFilter, list[str]]] = [
        (DeadlineFilter(ids=ids("b", "a", "hidden", "gone")), ["a/reply", "a/second", "b/reply"]),
        (DeadlineFilter(ids=ids("c", "b"), on_rungs=("blue",)), ["c/reply", "b/reply"]),
        (DeadlineFilter(ids=ids("c", "b"), since=11), ["b/reply"]),
        (DeadlineFilter(ids=ids("a", "c"), handled_by=("elsewhere",)), []),
        (DeadlineFilter(ids=ids("hidden")), []),
        (DeadlineFilter(ids=()), []),
    ]
    for where, expected in narrowed:
        found: list[str] = []
        after: str | None = None
        while True:
            lines, after = store.reads.overdue(ROOT, ["unit:x"], before=60, after=after, limit=limit, where=where)
            found += [f"{line.case.id}/{line.deadline}" for line in lines]
            if after is None:
                break
        assert found == expected, where
        counts = store.reads.overdue_counts(ROOT, ["unit:x"], before=60, late=60, limit=9, where=where)
        assert sum(each.deadlines for each in counts) == len(expected), where
    lines, _ = store.reads.overdue(ROOT, None, before=60, after=None, limit=9, where=DeadlineFilter(ids=ids("hidden")))
    assert [line.case.id for line in lines] == ["hidden"]


def test_a_filter_that_leaves_no_unit_finds_nothing(store: Store) -> None:
    write(store, DEADLINES)
    for where in (DeadlineFilter(handled_by=()), DeadlineFilter(resting=())):
        lines, following = store.reads.overdue(ROOT, ["unit:x"], before=60, after=None, limit=9, where=where)
        assert (list(lines), following) == ([], None), where


def board_ids(
    store: Store, asked: Sequence[str] | None, order: BoardOrder, *, limit: int, **narrowed: object
) -> list[str]:
    """Return the cases of all pages."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = store.reads.board_page(ROOT, asked, HERE._replace(**narrowed), order, after=after, limit=limit)  # type: ignore[arg-type]  # any of its fields
        found += [line.id for line in page.lines]
        after = page.next
        if after is None:
            return found


@pytest.mark.parametrize("seed", range(3))
def test_a_board_of_given_cases_stands_in_each_order_as_the_rows_say(store: Store, seed: int) -> None:
    chance = Random(seed)
    rows = drawn(chance, 60)
    write(store, rows)
    given = ids(*(row.id for row in rows.created if chance.random() < 0.5), "gone")
    for asked in (SEEN_BY, ["role:auditor@works"], None):
        for where in NARROWED:
            whole = [row for row in on_board(rows, asked, where) if row.id in given]
            for order, by in ORDERS.items():
                expected = [row.id for row in sorted(whole, key=by)]
                narrowed = {**where._asdict(), "ids": given}
                assert board_ids(store, asked, order, limit=3, **narrowed) == expected, (order, where, asked)
        assert board_ids(store, asked, BoardOrder.DUE, limit=3, ids=()) == []
    assert [row for row in on_board(rows, SEEN_BY, HERE) if row.id in given], "something was there to be seen"


def test_the_key_of_any_line_goes_on_behind_it_with_given_cases_and_without(store: Store) -> None:
    rows = drawn(Random(1), 60)
    write(store, rows)
    given = ids(*(row.id for row in rows.created))
    for order in ORDERS:
        for narrowed in (HERE, HERE._replace(ids=given)):
            lines = store.reads.board_page(ROOT, None, narrowed, order, after=None, limit=99).lines
            assert len(lines) > 10
            for place, line in enumerate(lines):
                key = key_in(line, order, {})
                rest = store.reads.board_page(ROOT, None, narrowed, order, after=key, limit=99)
                assert [one.id for one in rest.lines] == [one.id for one in lines[place + 1 :]], (order, key)


@pytest.mark.parametrize("order", list(BoardOrder))
def test_a_key_that_is_none_of_ours_is_refused(store: Store, order: BoardOrder) -> None:
    for after in ("\x00", "filed"):
        with pytest.raises(InputRefused) as refused:
            store.reads.board_page(ROOT, None, HERE._replace(ids=ids("a")), order, after=after, limit=5)
        assert refused.value.text.zh == NONE_OF_OURS


def test_sqlite_looks_at_given_cases_alone(sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    given = ids("a", "b")
    for few in (2_000, -1):
        monkeypatch.setattr(sight, "FEW", few)
        with opened(sqlite_database) as store:
            store.reads.overdue(ROOT, ["unit:x"], before=9, after="1.a.b", limit=5, where=DeadlineFilter(ids=given))
            listed = plan(sqlite_database, statement_of(store.reads, "overdue"))
            store.reads.board_page(ROOT, ["unit:x"], HERE._replace(ids=given), BoardOrder.STATE, after=None, limit=5)
            board = plan(sqlite_database, statement_of(store.reads, "board given"))
            store.reads.board_page(ROOT, ["unit:x"], HERE._replace(ids=given), BoardOrder.NUMBER, after=None, limit=5)
            by_number = plan(sqlite_database, statement_of(store.reads, "board sorted"))

        assert listed[0] == "SEARCH deadline USING PRIMARY KEY (root=? AND case=?)"
        for steps in (board, by_number):
            assert next(step for step in steps if step.startswith("SEARCH cases ")).endswith("id=?)"), steps
