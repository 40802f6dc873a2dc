"""Units, persons, sessions, grants, logins and kept rules are read back as written, on both databases alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date

import pytest

from engine.access.directory import Delegation, Deputation, GrantRow, Person, Unit
from engine.case.actors import Grant
from engine.case.identity import PersonId, RootId, SessionId, UnitId
from engine.case.situation import CongressSession
from engine.errors import InputRefused
from engine.service.account_ports import Account
from engine.service.directory_ports import DirectoryWrites
from engine.service.rows import CounterRow
from engine.storage.store import Store
from engine.text import Text
from tests.support.storage import OTHER_ROOT, ROOT, opened, table, writes_of

TOP = Unit(root=ROOT, id=UnitId(ROOT), parent=None, code="00", title=Text("集团", "Group"))
CANTEEN = Unit(
    root=ROOT,
    id=UnitId("canteen"),
    parent=UnitId(ROOT),
    code="07",
    title=Text("食堂", "Canteen"),
    from_on=date(2026, 1, 1),
    until_on=date(2026, 12, 31),
    successor=UnitId(ROOT),
)
SESSION = CongressSession(
    id=SessionId("s-1"),
    root=ROOT,
    unit=UnitId(ROOT),
    term=4,
    meeting=2,
    title=Text("四届二次", "4.2"),
    opens_on=date(2026, 3, 1),
    call_opens_on=date(2026, 1, 5),
    lists={"分类": 1},
)
LI = Person(root=ROOT, id=PersonId("li"), name="李明", login="liming", unit=CANTEEN.id)
WANG = Person(root=ROOT, id=PersonId("wang"), name="王芳")
DAY = date(2026, 5, 4)


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def do(store: Store, *acts: Callable[[DirectoryWrites], None]) -> None:
    """Carry out plain writes, each in a transaction of its own."""
    for act in acts:
        writes_of(store).plain(act)


def test_surroundings_are_the_units_and_sessions_of_a_root(store: Store) -> None:
    do(store, lambda to: to.add_unit(TOP), lambda to: to.add_unit(CANTEEN), lambda to: to.add_session(SESSION))
    do(store, lambda to: to.add_unit(replace(TOP, root=OTHER_ROOT, id=UnitId(OTHER_ROOT))))

    around = store.reads.surroundings(ROOT)
    assert around.units == {TOP.id: TOP, CANTEEN.id: CANTEEN}
    assert around.sessions == {SESSION.id: SESSION}
    assert around.epoch == store.reads.epoch(ROOT)
    with writes_of(store).begin() as transaction:
        assert transaction.surroundings(ROOT) == around
        assert transaction.epoch(ROOT) == around.epoch


def test_the_epoch_grows_with_every_change_of_what_situations_see_and_with_nothing_else(store: Store) -> None:
    steps: list[tuple[Callable[[DirectoryWrites], None], int]] = [
        (lambda to: to.add_unit(TOP), 1),
        (lambda to: to.add_unit(TOP), 0),
        (lambda to: to.add_unit(replace(TOP, code="01")), 1),
        (lambda to: to.add_session(SESSION), 1),
        (lambda to: to.add_session(SESSION), 0),
        (lambda to: to.add_session(replace(SESSION, lists=None)), 1),
        (lambda to: to.keep_definition("proposal", 1, "hash", "{}"), 1),
        (lambda to: to.keep_definition("proposal", 1, "hash", "{}"), 0),
        (lambda to: to.keep_list("categories", 1, "hash", "{}"), 1),
        (lambda to: to.keep_list("categories", 1, "hash", "{}"), 0),
        (lambda to: to.keep_notice(2026, "text"), 1),
        (lambda to: to.keep_notice(2026, "text"), 0),
        (lambda to: to.keep_notice(2026, "corrected"), 1),
        (lambda to: to.add_person(LI), 0),
        (lambda to: to.add_grant(GrantRow(root=ROOT, person=LI.id, role="clerk", unit=TOP.id)), 0),
    ]
    assert store.reads.epoch(ROOT) == 0
    grown, seen_by_the_writer = [], []
    for act, _ in steps:
        before = store.reads.epoch(ROOT)
        do(store, act)
        grown.append(store.reads.epoch(ROOT) - before)
        with writes_of(store).begin() as transaction:
            seen_by_the_writer.append(transaction.epoch(ROOT) - before)

    assert grown == [by for _, by in steps]
    assert seen_by_the_writer == grown
    assert store.reads.epoch(OTHER_ROOT) == 0


def test_organisations_come_oldest_first(store: Store) -> None:
    for name in ("zebra", "ant", "mole"):
        do(store, lambda to, name=name: to.add_unit(replace(TOP, root=RootId(name), id=UnitId(name))))  # type: ignore[misc]  # a lambda with defaults
    do(store, lambda to: to.add_unit(replace(CANTEEN, root=RootId("zebra"), parent=UnitId("zebra"))))

    assert store.reads.roots() == ["zebra", "ant", "mole"]


def test_persons_are_read_back_all_of_them_or_by_id(store: Store) -> None:
    do(store, lambda to: to.add_person(LI), lambda to: to.add_person(WANG))
    do(store, lambda to: to.add_person(replace(WANG, name="王芳芳", active=False)))
    renamed = replace(WANG, name="王芳芳", active=False)

    assert store.reads.all_persons(ROOT) == [LI, renamed]
    assert store.reads.persons(ROOT, [WANG.id, PersonId("nobody")]) == {WANG.id: renamed}
    assert store.reads.all_persons(OTHER_ROOT) == []


@pytest.mark.parametrize(
    ("from_on", "until_on", "valid"),
    [
        (None, None, True),
        (DAY, DAY, True),
        (date(2026, 5, 5), None, False),
        (None, date(2026, 5, 3), False),
        (date(2025, 1, 1), date(2026, 12, 31), True),
    ],
)
def test_a_grant_holds_on_the_days_of_its_period_first_and_last_included(
    store: Store, from_on: date | None, until_on: date | None, valid: bool
) -> None:
    grant = GrantRow(root=ROOT, person=LI.id, role="clerk", unit=CANTEEN.id, from_on=from_on, until_on=until_on)
    do(store, lambda to: to.add_grant(grant))

    assert store.reads.grants(ROOT, LI.id, DAY) == ({Grant("clerk", CANTEEN.id)} if valid else frozenset())
    assert store.reads.all_grants(ROOT) == [grant]
    assert store.reads.grants(OTHER_ROOT, LI.id, DAY) == store.reads.grants(ROOT, WANG.id, DAY) == frozenset()


def test_a_grant_taken_back_is_gone_and_a_new_end_replaces_the_old_one(store: Store) -> None:
    grant = GrantRow(root=ROOT, person=LI.id, role="clerk", unit=CANTEEN.id)
    ended, other = replace(grant, until_on=DAY), replace(grant, role="head")
    do(store, lambda to: to.add_grant(grant), lambda to: to.add_grant(ended), lambda to: to.add_grant(other))
    assert store.reads.all_grants(ROOT) == [ended, other]

    do(store, lambda to: to.remove_grant(ended))
    assert store.reads.all_grants(ROOT) == [other]


def test_a_deputy_holds_the_valid_grants_of_the_principal_while_the_deputation_lasts(store: Store) -> None:
    mine = GrantRow(root=ROOT, person=WANG.id, role="clerk", unit=TOP.id)
    theirs = GrantRow(root=ROOT, person=LI.id, role="head", unit=CANTEEN.id)
    past = replace(theirs, role="once", until_on=date(2026, 1, 1))
    for grant in (mine, theirs, past):
        do(store, lambda to, grant=grant: to.add_grant(grant))  # type: ignore[misc]  # a lambda with defaults
    do(store, lambda to: to.add_deputation(Deputation(root=ROOT, principal=LI.id, deputy=WANG.id, until_on=DAY)))

    own = Grant("clerk", TOP.id)
    assert store.reads.grants(ROOT, WANG.id, DAY) == {own, Grant("head", CANTEEN.id)}
    assert store.reads.grants(ROOT, WANG.id, date(2026, 5, 5)) == {own}
    assert store.reads.grants(ROOT, LI.id, DAY) == {Grant("head", CANTEEN.id)}


def test_deputations_are_read_by_both_of_the_two_and_taken_back(store: Store) -> None:
    first = Deputation(root=ROOT, principal=LI.id, deputy=WANG.id, from_on=DAY, until_on=DAY, note="出差")
    other = replace(first, principal=WANG.id, deputy=LI.id, from_on=None, note=None)
    elsewhere = replace(first, root=OTHER_ROOT)
    do(store, *(lambda to, one=one: to.add_deputation(one) for one in (first, other, elsewhere)))

    assert store.reads.deputations(ROOT, LI.id) == [other, first]
    assert store.reads.deputations(ROOT, WANG.id) == [other, first]
    assert store.reads.deputations(ROOT, PersonId("sun")) == []
    longer = replace(first, until_on=None)
    do(store, lambda to: to.add_deputation(longer))
    assert store.reads.deputations(ROOT, LI.id) == [other, longer]
    do(store, lambda to: to.remove_deputation(first))
    assert store.reads.deputations(ROOT, LI.id) == [other]
    assert store.reads.deputations(OTHER_ROOT, LI.id) == [elsewhere]


def test_delegations_definitions_lists_and_notices_are_kept(store: Store, any_database: str) -> None:
    delegation = Delegation(
        root=ROOT, congress_session=SESSION.id, code="1", title=Text("一团", "First"), members=(LI.id, WANG.id)
    )
    do(store, lambda to: to.add_delegation(delegation))
    do(store, lambda to: to.keep_definition("proposal", 2, "hash-2", '{"状态":[]}'))
    do(store, lambda to: to.keep_definition("proposal", 1, "hash-1", "{}"))
    do(store, lambda to: to.keep_definition("proposal", 1, "hash-1", "another text under a known hash"))
    do(store, lambda to: to.keep_list("categories", 1, "hash-3", "{}"))
    do(store, lambda to: to.keep_notice(2026, "国办发明电"), lambda to: to.keep_notice(2026, "更正"))

    assert table(any_database, "SELECT code, title_zh, members FROM delegation") == [("1", "一团", '["li", "wang"]')]
    assert store.reads.definitions() == [("proposal", 1, "hash-1", "{}"), ("proposal", 2, "hash-2", '{"状态":[]}')]
    assert store.reads.code_lists() == [("categories", 1, "hash-3", "{}")]
    assert table(any_database, "SELECT text FROM calendar_notice ORDER BY position") == [("国办发明电",), ("更正",)]


def test_an_account_is_found_by_its_login_name_and_keeps_its_password_when_renamed(store: Store) -> None:
    do(store, lambda to: to.add_person(LI))
    assert store.reads.account("liming") == Account(ROOT, LI.id, "liming", "李明", None)

    do(store, lambda to: to.set_password(LI.id, ROOT, "$argon2"), lambda to: to.add_person(replace(LI, login="lm")))
    assert store.reads.account("liming") is None
    assert store.reads.account("lm") == Account(ROOT, LI.id, "lm", "李明", "$argon2")

    do(store, lambda to: to.add_person(replace(LI, active=False, login="lm")))
    assert store.reads.account("lm") is None
    do(store, lambda to: to.add_person(replace(LI, login=None)))
    do(store, lambda to: to.add_person(replace(WANG, login="lm")))
    assert store.reads.account("lm") == Account(ROOT, WANG.id, "lm", "王芳", None)


def test_a_login_name_belongs_to_one_person_of_all_organisations(store: Store) -> None:
    do(store, lambda to: to.add_person(LI))
    with pytest.raises(InputRefused):
        do(store, lambda to: to.add_person(replace(LI, root=OTHER_ROOT)))
    assert store.reads.all_persons(OTHER_ROOT) == []


def test_nobody_gets_a_password_without_a_login_name(store: Store) -> None:
    do(store, lambda to: to.add_person(WANG))
    with pytest.raises(InputRefused):
        do(store, lambda to: to.set_password(WANG.id, ROOT, "$argon2"))


def test_a_login_holds_until_it_ends_expires_or_its_person_is_no_longer_active(store: Store) -> None:
    do(store, lambda to: to.add_person(LI), lambda to: to.open_login("t1", ROOT, LI.id, "login", "", 10, 20))
    do(store, lambda to: to.open_login("t2", ROOT, LI.id, "token", "reports", 10, 99))

    assert (held := store.reads.session("t1", 19)) is not None
    assert (held.root, held.person, held.kind) == (ROOT, LI.id, "login")
    assert store.reads.session("t1", 20) is None
    assert store.reads.session("t3", 19) is None
    do(store, lambda to: to.end_login("t1"))
    assert store.reads.session("t1", 19) is None
    do(store, lambda to: to.add_person(replace(LI, active=False)))
    assert store.reads.session("t2", 19) is None


def test_a_new_login_clears_away_those_of_the_person_that_expired(store: Store, any_database: str) -> None:
    do(store, lambda to: to.open_login("old", ROOT, LI.id, "login", "", 1, 20))
    do(store, lambda to: to.open_login("other", ROOT, WANG.id, "login", "", 1, 20))
    do(store, lambda to: to.open_login("new", ROOT, LI.id, "login", "", 20, 40))

    assert table(any_database, "SELECT token_hash FROM login ORDER BY token_hash") == [("new",), ("other",)]


def test_a_register_with_numbers_of_its_own_sets_the_series(store: Store) -> None:
    do(store, lambda to: to.last_counter(CounterRow(ROOT, "receipt:2026", 812)))
    with writes_of(store).begin() as transaction:
        assert transaction.counters(ROOT, ["receipt:2026"]) == {"receipt:2026": 812}
