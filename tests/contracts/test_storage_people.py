"""What the pages of administration ask of a database, on both alike: people and deputations page by page, no person
twice, and what is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from engine.access.directory import Deputation, Person
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.directory_ports import DirectoryWrites
from engine.service.people_ports import DeputationKey, PersonKey
from engine.service.plain import AddDeputation, AddPerson, PlainWrite, apply_write
from engine.service.publications import PublicationRow
from engine.storage.store import Store
from tests.support.storage import OTHER_ROOT, ROOT, opened, writes_of

TODAY = date(2026, 3, 2)


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def do(store: Store, *plain: PlainWrite) -> None:
    def all_of_them(writes: DirectoryWrites) -> None:
        for one in plain:
            apply_write(one, writes)

    writes_of(store).plain(all_of_them)


def person(id_: str, name: str, *, unit: str | None = "a", active: bool = True, root: str = ROOT) -> AddPerson:
    where = None if unit is None else UnitId(unit)
    return AddPerson(
        Person(root=RootId(root), id=PersonId(id_), name=name, login=f"login-{id_}", unit=where, active=active)
    )


def deputation(principal: str, deputy: str, from_on: date | None, until_on: date | None) -> AddDeputation:
    return AddDeputation(
        Deputation(
            root=RootId(ROOT),
            principal=PersonId(principal),
            deputy=PersonId(deputy),
            from_on=from_on,
            until_on=until_on,
        )
    )


def test_people_come_page_by_page_each_once_also_where_two_bear_a_name(store: Store) -> None:
    do(store, *(person(f"p{number}", "王芳") for number in range(4)), person("q", "安平"), person("r", "周全"))
    do(store, person("z", "别家", root=OTHER_ROOT))
    found: list[str] = []
    after: PersonKey | None = None
    while rows := store.reads.people_page(RootId(ROOT), after=after, limit=2):
        found += [one.id for one in rows]
        after = PersonKey(rows[-1].name, rows[-1].id)
    assert sorted(found) == ["p0", "p1", "p2", "p3", "q", "r"]
    assert [one for one in found if one.startswith("p")] == ["p0", "p1", "p2", "p3"]


def test_people_are_found_by_a_part_of_name_or_login_and_by_their_units(store: Store) -> None:
    do(store, person("1", "王芳"), person("2", "王方", unit="b"), person("3", "李%芳", unit=None, active=False))

    def found(text: str = "", units: list[str] | None = None) -> set[str]:
        wanted = None if units is None else [UnitId(one) for one in units]
        return {one.id for one in store.reads.people_page(RootId(ROOT), text=text, units=wanted, limit=9)}

    assert found("芳") == {"1", "3"}
    assert found("login-2") == {"2"}
    assert found("%") == {"3"}, "no sign means anything but itself"
    assert found(units=["b"]) == {"2"}
    assert found("王", ["a", "b"]) == {"1", "2"}
    assert found(units=[]) == set()


def test_the_active_people_of_units_are_counted(store: Store) -> None:
    do(store, person("1", "甲"), person("2", "乙"), person("3", "丙", active=False), person("4", "丁", unit="b"))
    units = [UnitId(one) for one in ("a", "b", "c")]
    assert store.reads.people_in(RootId(ROOT), units) == {"a": 2, "b": 1}


def test_deputations_that_are_over_are_left_out_and_the_others_come_page_by_page(store: Store) -> None:
    do(
        store,
        deputation("a", "m", date(2026, 3, 1), TODAY),
        deputation("b", "m", date(2026, 4, 1), date(2026, 4, 9)),
        deputation("c", "n", None, None),
        deputation("d", "n", date(2026, 2, 1), date(2026, 3, 1)),
    )
    first = store.reads.deputations_page(RootId(ROOT), TODAY, limit=2)
    assert [(one.principal, one.deputy, one.from_on) for one in first] == [
        ("a", "m", date(2026, 3, 1)),
        ("b", "m", date(2026, 4, 1)),
    ]
    rest = store.reads.deputations_page(RootId(ROOT), TODAY, after=DeputationKey("m", "b", "2026-04-01"), limit=2)
    assert [(one.principal, one.from_on, one.until_on) for one in rest] == [("c", None, None)]


def test_a_version_is_published_once_and_unpublished_with_its_own_text_only(store: Store) -> None:
    first = PublicationRow("definition", "proposal", 2, "sha256:a", 5, "shen", "决定")
    second = first._replace(hash="sha256:b")

    def publish(row: PublicationRow) -> bool:
        return writes_of(store).plain(lambda writes: writes.publish(row))

    def unpublish(row: PublicationRow) -> bool:
        return writes_of(store).plain(lambda writes: writes.unpublish(row))

    assert (publish(first), publish(second)) == (True, False)
    assert list(store.reads.publications()) == [first]
    assert writes_of(store).plain(lambda writes: writes.publications_of("definition", "proposal")) == [first]
    assert (unpublish(second), unpublish(first), unpublish(first)) == (False, True, False)
    assert list(store.reads.publications()) == []
    assert store.reads.running_of_workflow(RootId(ROOT), "proposal", 9) == 0
    assert (store.reads.runs_under("proposal", 1), store.reads.runs_under("proposal", 2)) == (False, False)
