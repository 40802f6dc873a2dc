"""SQLite finds what it is asked for through the index made for the question, without having counted any rows."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from engine.case.identity import CaseId
from engine.service.deadline_ports import DeadlineFilter
from engine.service.list_orders import Order
from engine.service.ports import CaseFilter
from engine.storage import sight
from engine.storage.compiled import Statement
from engine.storage.reads import StoreReads
from engine.storage.store import Store
from engine.storage.urls import sqlite_path
from tests.support.storage import ROOT, opened

WHERE = CaseFilter(workflow="proposal", states=("filed",))


@pytest.fixture
def store(sqlite_database: str) -> Iterator[Store]:
    with opened(sqlite_database) as store:
        yield store


def plan(url: str, statement: Statement) -> list[str]:
    """Return the steps of SQLite's plan that use an index or, in the words TEMP B-TREE, sort."""
    values = tuple(
        "[]" if name in ("principals", "states", "ids", "cases", "on_rungs") else 1 for name in statement.names
    )
    with closing(sqlite3.connect(sqlite_path(url) or "")) as connection:
        steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", values)]
    return [step for step in steps if "USING" in step or "TEMP" in step]


def statement_of(reads: object, kind: str) -> Statement:
    """Return the statement of this kind that was compiled last."""
    assert isinstance(reads, StoreReads)
    return next(s for shape, s in reversed(reads._statements.items()) if shape == kind or kind in shape)  # type: ignore[operator]  # a shape is a name or a tuple


@pytest.mark.parametrize(
    ("few", "first_step"),
    [(2_000, "(root=? AND workflow=? AND id=?)"), (-1, "USING INDEX ix_cases_opened (root=?)")],
    ids=["few", "many"],
)
def test_a_list_asks_for_the_few_and_walks_down_the_newest_of_many(
    store: Store, sqlite_database: str, monkeypatch: pytest.MonkeyPatch, few: int, first_step: str
) -> None:
    monkeypatch.setattr(sight, "FEW", few)
    store.reads.list_cases(ROOT, ["unit:a"], WHERE, after=None, limit=50)
    steps = plan(sqlite_database, statement_of(store.reads, "list"))

    assert steps[0].endswith(first_step)


@pytest.mark.parametrize(
    ("order", "looked_up"),
    [(Order.OPENED, "workflow=? AND id=?)"), (Order.NUMBER, "workflow=? AND id=?)"), (Order.DUE, "AND case=?)")],
)
def test_a_list_of_given_cases_looks_each_of_them_up(
    store: Store, sqlite_database: str, monkeypatch: pytest.MonkeyPatch, order: Order, looked_up: str
) -> None:
    monkeypatch.setattr(sight, "FEW", -1)
    where = WHERE._replace(congress_session="s", order=order, ids=(CaseId("a"),))
    store.reads.list_cases(ROOT, ["unit:a"], where, after=None, limit=50)
    (step, *_rest) = plan(sqlite_database, statement_of(store.reads, "list"))

    assert step.endswith(looked_up)


def test_whether_hits_stand_in_a_filter_is_asked_of_each_of_them(store: Store, sqlite_database: str) -> None:
    store.reads.search_visible(ROOT, None, [CaseId("a")], WHERE._replace(congress_session="s"))
    assert isinstance(store.reads, StoreReads)
    (statement,) = store.reads._searches.values()

    assert plan(sqlite_database, statement)[0].endswith("(root=? AND workflow=? AND id=?)")


def test_the_overdue_list_of_all_follows_the_running_deadlines(store: Store, sqlite_database: str) -> None:
    store.reads.overdue(ROOT, None, before=1, after="1.a.b", limit=50)
    steps = plan(sqlite_database, statement_of(store.reads, "overdue"))

    assert "USING INDEX ix_deadline_running (root=? AND " in steps[0]
    assert not any("TEMP" in step for step in steps)


@pytest.mark.parametrize(
    ("where", "index"),
    [
        (DeadlineFilter(raised=True), "ix_deadline_raised (root=? AND state=? AND "),
        (DeadlineFilter(raised=True, on_rungs=("red",)), "ix_deadline_raised (root=? AND state=? AND "),
        (DeadlineFilter(names=("promise",)), "ix_deadline_named (root=? AND name=? AND "),
        (DeadlineFilter(names=("promise", "reply")), "ix_deadline_named (root=? AND name=? AND "),
    ],
)
def test_what_is_raised_and_what_was_promised_is_found_without_looking_at_all_that_runs(
    store: Store, sqlite_database: str, where: DeadlineFilter, index: str
) -> None:
    store.reads.overdue(ROOT, None, before=1, after=None, limit=50, where=where)
    steps = plan(sqlite_database, statement_of(store.reads, "overdue"))

    assert index in steps[0]
    assert not any("TEMP" in step for step in steps)


def test_a_number_is_looked_up_and_spans_come_in_order_without_sorting(store: Store, sqlite_database: str) -> None:
    store.reads.case_by_field(ROOT, "proposal", "N-1")
    assert isinstance(store.reads, StoreReads)

    (number,) = plan(sqlite_database, statement_of(store.reads, "number"))
    list(store.reads.spans_of_workflow(ROOT, "proposal", 0))
    (statement,) = store.reads._spans_seen.values()
    spans = plan(sqlite_database, statement)
    store.reads.cases_of_units(ROOT, "proposal", ["a"], 9)
    of_unit = plan(sqlite_database, store.reads._of_units)
    assert any("COVERING INDEX ix_span_of_unit (root=? AND value=?)" in step for step in of_unit)
    assert "ix_cases_number (root=? AND workflow=? AND number=?)" in number
    assert "COVERING INDEX uq_cases_workflow (root=? AND workflow=?)" in spans[0]
    assert not any("TEMP" in step for step in spans)
