"""What the pages of administration ask of a database, on both alike: people and deputations page by page, no person
twice, and what is published."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date

import pytest

from engine.access.directory import Deputation, Person
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.account_ports import LINK, SLIP, AccountState, OneTime
from engine.service.account_writes import AddOneTime, SetPassword
from engine.service.directory_ports import DirectoryWrites
from engine.service.people_ports import DeputationKey, PersonKey
from engine.service.plain import AddDeputation, AddPerson, PlainWrite, apply_write
from engine.service.publications import PublicationRow
from engine.storage.reads import StoreReads
from engine.storage.store import Store
from engine.storage.urls import sqlite_path
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


def account(
    id_: str, name: str, *, unit: str | None = "a", active: bool = True, password: bool = True
) -> list[PlainWrite]:
    who = person(id_, name, unit=unit, active=active)
    return [who, SetPassword(RootId(ROOT), PersonId(id_), f"hash of {id_}")] if password else [who]


def test_accounts_come_page_by_page_with_what_their_carers_see_of_them(store: Store) -> None:
    do(store, *account("1", "王芳"), *account("2", "王芳", password=False), *account("3", "安平", unit="b"))
    do(store, *account("4", "周全", active=False), *account("5", "李明", unit=None), *account("6", "赵钱", unit="c"))
    writes_of(store).plain(lambda writes: writes.offer_second_factor(RootId(ROOT), PersonId("1"), b"s"))
    writes_of(store).plain(lambda writes: writes.confirm_second_factor(RootId(ROOT), PersonId("1"), b"s", 3, 5))
    units = [UnitId("a"), UnitId("b")]
    found: list[AccountState] = []
    after: PersonKey | None = None
    while rows := store.reads.accounts_page(RootId(ROOT), units=units, after=after, limit=1):
        found += rows
        after = PersonKey(rows[-1].name, rows[-1].person)
    assert sorted(found) == [
        AccountState(PersonId("1"), "login-1", "王芳", "a", True, None, 5),
        AccountState(PersonId("2"), "login-2", "王芳", "a", False, None, None),
        AccountState(PersonId("3"), "login-3", "安平", "b", True, None, None),
    ]
    assert [one.person for one in found if one.name == "王芳"] == ["1", "2"]
    assert store.reads.accounts_page(RootId(OTHER_ROOT), units=units, limit=9) == []
    assert store.reads.accounts_page(RootId(ROOT), units=[], limit=9) == []


def test_accounts_are_found_by_a_part_of_name_or_login_and_by_lacking_a_password(store: Store) -> None:
    do(store, *account("1", "王芳"), *account("2", "王方", password=False), *account("3", "李%芳", password=False))

    def found(text: str = "", *, waiting: bool = False) -> set[str]:
        rows = store.reads.accounts_page(RootId(ROOT), units=[UnitId("a")], text=text, waiting=waiting, limit=9)
        return {one.person for one in rows}

    assert found("芳") == {"1", "3"}
    assert found("login-2") == {"2"}
    assert found("%") == {"3"}, "no sign means anything but itself"
    assert found(waiting=True) == {"2", "3"}
    assert found("王", waiting=True) == {"2"}


def test_the_open_slips_of_some_persons_are_told_and_nothing_else(store: Store) -> None:
    root = RootId(ROOT)

    def slip(secret: str, who: str, purpose: str = SLIP, until: int = 9) -> AddOneTime:
        return AddOneTime(OneTime(secret, root, PersonId(who), purpose, 1, until))

    do(store, slip("x", "1"), slip("y", "2", until=8), slip("z", "3"), slip("v", "4", LINK))
    wanted = [PersonId(who) for who in ("1", "2", "4")]
    assert store.reads.one_times_of(root, SLIP, wanted, 8) == {"1": 9}
    assert store.reads.one_times_of(root, SLIP, [], 8) == {}


def test_a_page_of_the_accounts_of_many_units_reads_an_index_by_name_and_sorts_nothing(sqlite_database: str) -> None:
    """Also where SQLite has counted the rows, and would else read the people of every unit before it sorts them."""
    with opened(sqlite_database) as store, closing(sqlite3.connect(sqlite_path(sqlite_database) or "")) as connection:
        people = [(ROOT, f"p{n}", f"职工{n:05}", f"w{n}", f"u{n % 2_000}") for n in range(40_000)]
        connection.executemany(
            "INSERT INTO person (root, id, name, login, unit, active) VALUES (?, ?, ?, ?, ?, 1)", people
        )
        connection.executemany(
            "INSERT INTO account (root, person, login) VALUES (?, ?, ?)", [(*one[:2], one[3]) for one in people]
        )
        connection.commit()
        connection.execute("ANALYZE")
        connection.commit()
        assert isinstance(store.reads, StoreReads)
        for (_searched, _waiting, few), asked in store.reads._accounts_page.items():
            values = tuple("[]" if name == "units" else 1 for name in asked.names)
            steps = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {asked.sql}", values)]
            assert "SEARCH account USING INDEX uq_account_person (root=? AND person=?)" in steps
            if few:
                assert steps[0] == "SEARCH person USING INDEX ix_person_in (root=? AND unit=? AND active=?)", steps
            else:
                assert steps[0].startswith("SEARCH person USING COVERING INDEX ix_person_named (root=? AND "), steps
                assert not any("TEMP" in step for step in steps), steps


def test_accounts_of_many_units_come_as_those_of_a_few(store: Store) -> None:
    do(store, *account("1", "王芳", unit="u1"), *account("2", "安平", unit="u30"), *account("3", "周全", unit="x"))
    few = store.reads.accounts_page(RootId(ROOT), units=[UnitId("u1"), UnitId("u30")], limit=9)
    many = store.reads.accounts_page(RootId(ROOT), units=[UnitId(f"u{n}") for n in range(60)], limit=9)
    assert {one.person for one in many} == {"1", "2"}
    assert many == few


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
