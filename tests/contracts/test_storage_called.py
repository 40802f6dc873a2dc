"""People by what they are called and by their unit, on both databases alike: active ones, so many at most."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing

import pytest

from engine.access.directory import Person
from engine.case.identity import PersonId, UnitId
from engine.storage.reads import StoreReads
from engine.storage.store import Store
from engine.storage.urls import sqlite_path
from tests.support.storage import OTHER_ROOT, ROOT, opened, writes_of

A, B = UnitId("a"), UnitId("b")


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        people = [
            Person(root=ROOT, id=PersonId("3"), name="王芳", unit=A),
            Person(root=ROOT, id=PersonId("1"), name="王芳", login="fang", unit=B),
            Person(root=ROOT, id=PersonId("2"), name="王芳", unit=A, active=False),
            Person(root=ROOT, id=PersonId("4"), name="李%芳"),
            Person(root=ROOT, id=PersonId("5"), name="王芳芳", unit=A),
            Person(root=OTHER_ROOT, id=PersonId("6"), name="王芳", unit=A),
        ]
        for one in people:
            writes_of(store).plain(lambda writes, one=one: writes.add_person(one))  # type: ignore[misc]  # a lambda with defaults
        yield store


def test_a_name_finds_whoever_bears_it_whole_and_is_active_by_id(store: Store) -> None:
    def found(*names: str, units: list[UnitId] | None = None, limit: int = 9) -> list[str]:
        return [one.id for one in store.reads.people_named(ROOT, names, units=units, limit=limit)]

    assert found("王芳") == ["1", "3"]
    assert found("王芳", limit=1) == ["1"]
    assert found("王芳", units=[A]) == ["3"]
    assert found("王芳", units=[]) == []
    assert sorted(found("王芳", "李%芳", "fang", "无")) == ["1", "3", "4"]
    assert found("王") == []


def test_a_part_of_a_name_finds_whoever_has_it_in_theirs(store: Store) -> None:
    def found(text: str, units: list[UnitId] | None = None, limit: int = 9) -> list[str]:
        return sorted(one.id for one in store.reads.people_with(ROOT, text, units=units, limit=limit))

    assert found("芳") == ["1", "3", "4", "5"]
    assert found("%") == ["4"], "no sign means anything but itself"
    assert found("芳", [A]) == ["3", "5"]
    assert len(found("芳", limit=2)) == 2


def test_active_people_are_read_so_many_at_most_of_all_or_of_one_unit(store: Store) -> None:
    def found(unit: UnitId | None = None, limit: int = 9) -> list[str]:
        return sorted(one.id for one in store.reads.active_people(ROOT, unit=unit, limit=limit))

    assert found() == ["1", "3", "4", "5"]
    assert len(found(limit=3)) == 3
    assert found(A) == ["3", "5"]
    assert found(UnitId("c")) == []
    assert store.reads.active_people(ROOT, unit=B, limit=1) == [
        Person(root=ROOT, id=PersonId("1"), name="王芳", login="fang", unit=B)
    ]


def test_each_question_is_answered_from_an_index(sqlite_database: str) -> None:
    """A name is searched for; people at large are read in the order of the index, so that the limit ends reading."""
    with opened(sqlite_database) as store:
        reads = store.reads
        assert isinstance(reads, StoreReads)
        by_name = "SEARCH person USING COVERING INDEX ix_person_named (root=? AND name=?)"
        in_order = "SEARCH person USING COVERING INDEX ix_person_named (root=?)"
        expected = [
            (reads._named[False], by_name),
            (reads._named[True], by_name),
            (reads._with[False], in_order),
            (reads._with[True], in_order),
            (reads._active[False], in_order),
            (reads._active[True], "SEARCH there USING COVERING INDEX ix_person_in (root=? AND unit=? AND active=?)"),
        ]
        with closing(sqlite3.connect(sqlite_path(sqlite_database) or "")) as connection:
            for asked, step in expected:
                values = tuple("[]" if name in ("units", "names") else 1 for name in asked.names)
                steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked.sql}", values)]
                assert steps[0] == step, steps
                assert step != in_order or not any("TEMP" in each for each in steps), steps
