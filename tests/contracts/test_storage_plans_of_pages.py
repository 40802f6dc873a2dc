"""What pages ask of SQLite where somebody sees very many cases: nothing walks through a whole table, and what is asked
of each case is read in one go."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from engine.service.audit_ports import Drawn
from engine.service.board_ports import BoardFilter
from engine.service.deadline_ports import DeadlineFilter
from engine.storage import sight
from engine.storage.compiled import Statement
from engine.storage.reads import StoreReads
from engine.storage.store import Store
from engine.storage.urls import sqlite_path
from tests.support.storage import ROOT, opened

SEEN_BY = ["person:p", "role:x@u"]
LISTS = ("principals", "states", "ended", "names", "resting", "units", "handled_by", "numbers")
"""Parameters that hold several values, which SQLite takes as JSON."""


@pytest.fixture
def reads(sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[StoreReads]:
    """The questions of a store in which everybody counts as one who sees very many cases."""
    monkeypatch.setattr(sight, "FEW", -1)
    with opened(sqlite_database) as store:
        yield asking(store)


def asking(store: Store) -> StoreReads:
    assert isinstance(store.reads, StoreReads)
    return store.reads


def plan(url: str, statement: Statement) -> list[str]:
    """Return the steps of SQLite's plan."""
    values = tuple("[]" if name in LISTS else 1 for name in statement.names)
    with closing(sqlite3.connect(sqlite_path(url) or "")) as connection:
        return [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement.sql}", values)]


def walked(steps: list[str]) -> list[str]:
    """Return the steps that go through a whole table or index of the database."""
    inner = (
        "SCAN principals",
        "SCAN some",
        "SCAN each_one",
        "SCAN anon",
        "SCAN (subquery",
        "SCAN states",
        "SCAN ended",
    )
    return [step for step in steps if step.startswith("SCAN") and not step.startswith(inner)]


def made(statements: dict[object, Statement], kind: str) -> Statement:
    """Return the statement of this kind."""
    (found,) = [each for shape, each in statements.items() if isinstance(shape, tuple) and kind in shape]
    return found


def test_who_sees_a_case_is_read_off_its_own_rows(reads: StoreReads, sqlite_database: str) -> None:
    reads.board_counts(ROOT, SEEN_BY, BoardFilter("proposal", None, ("filed",)), limit=9)
    steps = plan(sqlite_database, made(reads._statements, "board count"))
    assert walked(steps) == []
    # By the case alone: with the principal in the key SQLite would look each of the reader's principals up by itself.
    assert "SEARCH reader USING COVERING INDEX ix_reader_case (root=? AND case=?)" in steps
    assert "SEARCH recused USING PRIMARY KEY (root=? AND case=?)" in steps


def test_deadlines_are_counted_without_their_cases(reads: StoreReads, sqlite_database: str) -> None:
    reads.overdue_counts(ROOT, SEEN_BY, before=1, late=1, limit=9, where=DeadlineFilter(soon=1))
    steps = plan(sqlite_database, made(reads._statements, "overdue counts"))
    assert walked(steps) == []
    assert "SEARCH deadline USING INDEX ix_deadline_running (root=? AND due_at<?)" in steps
    assert not any("cases" in step for step in steps)


@pytest.mark.parametrize("where", [DeadlineFilter(workflow="proposal"), DeadlineFilter(unit="u")])
def test_deadlines_narrowed_by_their_cases_are_joined_with_them(
    reads: StoreReads, sqlite_database: str, where: DeadlineFilter
) -> None:
    reads.overdue_counts(ROOT, SEEN_BY, before=1, late=1, limit=9, where=where)
    steps = plan(sqlite_database, made(reads._statements, "overdue counts"))
    assert walked(steps) == []
    assert any(step.startswith("SEARCH cases USING") for step in steps)


def test_what_supervision_counts_lies_in_indexes_of_what_is_open(reads: StoreReads, sqlite_database: str) -> None:
    reads.open_groups(ROOT, SEEN_BY, soon=1)
    reads.part_groups(ROOT, SEEN_BY)
    reads.bounced(ROOT, SEEN_BY, ["part returned"], least=2, limit=9)
    reads.deadline_groups(ROOT, SEEN_BY, before=1, late=1, near=1, where=DeadlineFilter())
    for kind in ("open", "parts", "bounced", "deadlines"):
        steps = plan(sqlite_database, made(reads._overview_made, kind))
        assert walked(steps) == [], kind
        # Rows of cases are wide: what is counted of them stands in the index.
        assert any("cases USING COVERING INDEX ix_cases_" in step for step in steps), kind


def test_the_states_of_all_cases_come_in_order_without_sorting(reads: StoreReads, sqlite_database: str) -> None:
    list(reads.all_states_passed(ROOT, SEEN_BY, Drawn("proposal")))
    steps = plan(sqlite_database, made(reads._audit._made, "all passed"))
    assert walked(steps) == []
    assert not any("TEMP" in step for step in steps)
    assert "SEARCH cases USING INDEX uq_cases_workflow (root=? AND workflow=?)" in steps


def test_what_is_due_for_erasure_is_led_to_by_what_is_kept(reads: StoreReads, sqlite_database: str) -> None:
    reads.ended_cases(ROOT, "proposal", ["fields/proposer_phone"], after="", limit=9)
    steps = plan(sqlite_database, reads._erasures.keeping)
    assert [step for step in walked(steps) if step != "SCAN looked"] == []
    assert any("USING COVERING INDEX ix_private_value_path (root=? AND path=? AND case>?)" in step for step in steps)
    assert not any("TEMP" in step for step in steps)


def test_cases_are_found_by_their_numbers(reads: StoreReads, sqlite_database: str) -> None:
    reads.cases_numbered(ROOT, "proposal", ["1"])
    steps = plan(sqlite_database, reads._statements["numbered"])
    assert "SEARCH cases USING INDEX ix_cases_number (root=? AND workflow=? AND number=?)" in steps


def test_whether_somebody_is_kept_from_any_case_is_looked_up(reads: StoreReads, sqlite_database: str) -> None:
    (step,) = plan(sqlite_database, reads._kept_from)
    assert step.endswith("INDEX ix_recused_principal (root=? AND principal=?)")
