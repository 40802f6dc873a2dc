"""What waits for somebody, asked by readers and state by state, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.case.identity import CaseId
from engine.service.rows import BatchRows, RecusedRow
from engine.service.waiting_ports import END_OF_TIME, Place, Stretch
from engine.storage.reads import StoreReads
from engine.storage.store import Store
from tests.contracts.test_storage_plans import plan
from tests.support.storage import OTHER_ROOT, ROOT, a_row, opened, readers, write

FILED = Place("proposal", "filed")


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        write(store, ROWS)
        yield store


ROWS = BatchRows(
    created=[
        a_row("a", next_due_at=30),
        a_row("b", next_due_at=10, unit="canteen"),
        a_row("c", next_due_at=20, lead_unit="canteen"),
        a_row("d", next_due_at=None),
        a_row("e", next_due_at=None),
        a_row("over", next_due_at=5, phase="final"),
        a_row("other", next_due_at=6, state="handling"),
        a_row("motion", next_due_at=7, workflow="grievance"),
        a_row("unseen", next_due_at=8),
        a_row("abroad", next_due_at=9, root=OTHER_ROOT),
    ],
    readers=[*readers("role:x@u", "a", "b", "c", "d", "e", "over", "other", "motion"), *readers("person:p", "c")],
)


def at(store: Store, place: Place, stretch: Stretch = Stretch(), limit: int = 9) -> list[str]:  # noqa: B008  # a tuple that does not change
    return [row.id for row in store.reads.waiting_in(ROOT, place, ["role:x@u"], stretch, limit=limit)]


def test_a_place_holds_its_open_cases_the_next_due_first_and_those_without_a_term_last(store: Store) -> None:
    assert at(store, FILED) == ["b", "c", "a", "d", "e"]
    assert at(store, Place("proposal", "handling")) == ["other"]
    assert at(store, Place("grievance", "filed")) == ["motion"]


def test_a_place_may_be_that_of_some_units_or_of_those_that_lead(store: Store) -> None:
    assert at(store, FILED._replace(units=("canteen",))) == ["b"]
    assert at(store, FILED._replace(units=("canteen", "union-office"), leads=True)) == ["c"]


def test_pages_of_a_place_miss_and_repeat_nothing_also_where_the_terms_end(store: Store) -> None:
    found: list[str] = []
    since = (-1, "")
    while rows := store.reads.waiting_in(ROOT, FILED, ["role:x@u"], Stretch(since), limit=2):
        found += [row.id for row in rows]
        since = rows[-1].key

    assert found == ["b", "c", "a", "d", "e"]


def test_a_stretch_ends_with_its_last_instant(store: Store) -> None:
    assert at(store, FILED, Stretch((10, "b"), 20)) == ["c"]
    assert at(store, FILED, Stretch((20, "\U0010ffff"), 30)) == ["a"]
    assert at(store, FILED, Stretch((END_OF_TIME - 1, ""), END_OF_TIME)) == ["d", "e"]


def test_a_place_is_counted_by_bounds_and_up_to_a_limit(store: Store) -> None:
    counts = store.reads.waiting_counts(ROOT, FILED, ["role:x@u"], (10, 25, 29), limit=9)
    assert list(counts) == [1, 1, 0, 1, 2]
    assert list(store.reads.waiting_counts(ROOT, FILED, ["role:x@u"], (10, 25, 29), limit=1)) == [1, 0, 0, 0, 1]
    assert list(store.reads.waiting_counts(ROOT, Place("proposal", "nowhere"), None, (10,), limit=9)) == [0, 0, 0]


def test_of_given_cases_the_open_ones_that_may_be_seen_are_told(store: Store) -> None:
    given = [CaseId(name) for name in ("b", "over", "unseen", "abroad", "motion", "gone")]

    def among(seen_by: list[str] | None) -> list[str]:
        return sorted(row.id for row in store.reads.waiting_among(ROOT, given, seen_by))

    assert among(["role:x@u"]) == ["b", "motion"]
    assert among(["person:p"]) == []
    assert among(None) == ["b", "motion", "unseen"]
    assert store.reads.waiting_among(ROOT, [], None) == []
    (row,) = store.reads.waiting_among(ROOT, [CaseId("c")], ["person:p"])
    assert (row.workflow, row.state, row.lead_unit, row.next_due_at) == ("proposal", "filed", "canteen", 20)


@pytest.mark.parametrize(
    "place",
    [FILED, FILED._replace(units=("canteen",)), FILED._replace(units=("canteen", "union-office"), leads=True),
     Place("grievance", "filed")],
)  # fmt: skip
def test_a_place_holds_the_rows_that_are_read_of_it(store: Store, place: Place) -> None:
    rows = store.reads.waiting_among(ROOT, [CaseId(row.id) for row in ROWS.created], ["role:x@u"])
    assert sorted(row.id for row in rows if place.holds(row)) == sorted(at(store, place))


def test_the_system_sees_every_case_of_a_place(store: Store) -> None:
    rows = store.reads.waiting_in(ROOT, FILED, None, Stretch(), limit=9)
    assert [row.id for row in rows] == ["unseen", "b", "c", "a", "d", "e"]


def test_cases_of_some_principals_are_those_of_the_states_that_the_reader_may_see(store: Store) -> None:
    def of(principals: list[str], *states: str, seen_by: tuple[str, ...] = ("role:x@u",)) -> list[str]:
        rows = store.reads.waiting_of(ROOT, principals, seen_by, states, limit=9)
        return sorted(row.id for row in rows)

    assert of(["role:x@u"], "proposal filed", "proposal handling") == ["a", "b", "c", "d", "e", "other"]
    assert of(["person:p"], "proposal filed") == ["c"]
    assert of(["role:x@u"], "proposal filed", seen_by=("person:p",)) == ["c"]
    assert of(["role:x@u"], "proposal over") == []


def test_whoever_is_recused_has_nothing_to_do_there(any_database: str) -> None:
    with opened(any_database) as store:
        write(store, ROWS)
        write(store, BatchRows(recused=[RecusedRow(ROOT, "c", "person:p")]))
        both = ("role:x@u", "person:p")
        rows = store.reads.waiting_of(ROOT, ["role:x@u"], both, ["proposal filed"], limit=9)
        assert sorted(row.id for row in rows) == ["a", "b", "d", "e"]
        placed = store.reads.waiting_in(ROOT, FILED, both, Stretch(), limit=9)
        assert [row.id for row in placed] == ["b", "a", "d", "e"]


def test_cases_of_a_principal_are_counted_as_far_as_asked(store: Store) -> None:
    assert store.reads.readable(ROOT, "role:x@u", limit=99) == 8
    assert store.reads.readable(ROOT, "role:x@u", limit=3) == 3
    assert store.reads.readable(ROOT, "nobody", limit=3) == 0


def test_a_row_says_where_the_case_rests(store: Store) -> None:
    (row, *_rest) = store.reads.waiting_in(
        ROOT, FILED._replace(leads=True, units=("canteen",)), None, Stretch(), limit=1
    )
    assert row.id == CaseId("c")
    assert (row.workflow, row.state, row.unit, row.lead_unit, row.parent, row.next_due_at) == (
        "proposal",
        "filed",
        "union-office",
        "canteen",
        None,
        20,
    )
    assert row.key == (20, "c")


def test_sqlite_walks_along_the_open_cases_of_a_state_and_does_not_sort(sqlite_database: str) -> None:
    with opened(sqlite_database) as store:
        assert isinstance(store.reads, StoreReads)
        store.reads.waiting_in(ROOT, FILED, ["role:x@u"], Stretch(), limit=9)
        for shape, statement in store.reads._waiting_shapes.items():
            steps = plan(sqlite_database, statement)
            assert "ix_cases_waiting (root=? AND workflow=? AND state=?" in steps[0], shape
            assert not any("ORDER BY" in step for step in steps), steps


def test_sqlite_looks_at_given_cases_alone(sqlite_database: str) -> None:
    with opened(sqlite_database) as store:
        assert isinstance(store.reads, StoreReads)
        store.reads.waiting_among(ROOT, [CaseId("a")], ["role:x@u"])
        (statement,) = store.reads._waiting_shapes.values()
        steps = plan(sqlite_database, statement)
    assert next(step for step in steps if step.startswith("SEARCH cases ")).endswith("id=?)"), steps
