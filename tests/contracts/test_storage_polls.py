"""What polls ask of a database, on both alike: a token is spent once and its ballot kept, both or neither."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from engine.access.directory import GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.directory_ports import DirectoryWrites
from engine.service.plain import AddGrant, PlainWrite, apply_write
from engine.service.poll_ports import (
    EMPTY_BOX,
    CastAlready,
    CastBallot,
    NotAsked,
    OpenPoll,
    PollClosed,
    PollEnd,
    PollRow,
    PollStanding,
    PollTokenRow,
)
from engine.service.rows import BatchRows
from engine.storage.store import Store
from tests.support.storage import OTHER_ROOT, ROOT, opened, table, write, writes_of

CASE = CaseId("c1")


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        rows = BatchRows()
        rows.polls += [
            PollRow(root, case, "vote", 2, 0, EMPTY_BOX) for root, case in ((ROOT, "c1"), (OTHER_ROOT, "c9"))
        ]
        rows.poll_tokens += [PollTokenRow(ROOT, "c1", "vote", token, 0) for token in ("a", "b")]
        rows.poll_tokens.append(PollTokenRow(OTHER_ROOT, "c9", "vote", "a", 0))
        write(store, rows)
        yield store


def do(store: Store, *plain: PlainWrite) -> None:
    def all_of_them(writes: DirectoryWrites) -> None:
        for one in plain:
            apply_write(one, writes)

    writes_of(store).plain(all_of_them)


def cast(token: str, ballot: str = '{"1":"yes"}', *, case: str = "c1") -> CastBallot:
    return CastBallot(ROOT, CaseId(case), "vote", token, ballot)


def box(store: Store) -> dict[str, int] | None:
    with writes_of(store).begin() as transaction:
        found = transaction.poll_box(ROOT, CASE, "vote")
    return None if found is None else dict(found)


def test_a_token_puts_one_ballot_into_the_box_of_its_poll(store: Store) -> None:
    do(store, cast("a"), cast("b"))
    assert box(store) == {'{"1":"yes"}': 2}
    assert store.reads.poll_standing(ROOT, CASE, "vote", "a") == PollStanding(2, 2, True)
    assert store.reads.poll_standing(OTHER_ROOT, CaseId("c9"), "vote", "a") == PollStanding(2, 0, False)


@pytest.mark.parametrize(
    ("refused", "why"), [(cast("a"), CastAlready), (cast("x"), NotAsked), (cast("b", case="c2"), PollClosed)]
)
def test_who_may_not_answer_leaves_no_trace(
    store: Store, any_database: str, refused: CastBallot, why: type[Exception]
) -> None:
    do(store, cast("a"))
    before = table(any_database, "SELECT * FROM poll"), table(any_database, "SELECT * FROM poll_token")
    with pytest.raises(why):
        do(store, cast("b"), refused)
    assert (table(any_database, "SELECT * FROM poll"), table(any_database, "SELECT * FROM poll_token")) == before


def test_open_polls_and_those_that_wait_for_somebody_are_known_by_house(store: Store) -> None:
    assert store.reads.open_polls(ROOT) == [OpenPoll(CASE, "vote")]
    assert store.reads.unspent(ROOT, ["a", "x"]) == [OpenPoll(CASE, "vote")]
    do(store, cast("a"))
    assert store.reads.unspent(ROOT, ["a", "x"]) == []
    assert store.reads.unspent(OTHER_ROOT, ["a"]) == [OpenPoll(CaseId("c9"), "vote")]
    assert store.reads.poll_standing(ROOT, CASE, "other", "a") is None


def test_an_end_takes_box_and_tokens_of_that_poll_only(store: Store, any_database: str) -> None:
    do(store, cast("a"))
    rows = BatchRows()
    rows.poll_ends.append(PollEnd(ROOT, CASE, "vote"))
    write(store, rows)
    assert box(store) is None
    assert table(any_database, 'SELECT root, "case" FROM poll') == [(OTHER_ROOT, "c9")]
    assert table(any_database, 'SELECT root, "case" FROM poll_token') == [(OTHER_ROOT, "c9")]


def test_asked_are_those_who_hold_a_grant_in_the_unit_itself_that_day(store: Store) -> None:
    def grant(person: str, role: str = "delegate", unit: str = "works", **days: date) -> AddGrant:
        return AddGrant(GrantRow(root=ROOT, person=PersonId(person), role=role, unit=UnitId(unit), **days))

    do(
        store,
        grant("now"),
        grant("first_day", from_on=date(2026, 3, 2)),
        grant("last_day", until_on=date(2026, 3, 2)),
        grant("too_early", from_on=date(2026, 3, 3)),
        grant("over", until_on=date(2026, 3, 1)),
        grant("elsewhere", unit="above"),
        grant("other_role", role="staff"),
        grant("both"),
        grant("both", role="alternate"),
    )
    with writes_of(store).begin() as transaction:
        asked = transaction.poll_electors(ROOT, UnitId("works"), ["delegate", "alternate"], date(2026, 3, 2))
    assert list(asked) == ["both", "first_day", "last_day", "now"]
