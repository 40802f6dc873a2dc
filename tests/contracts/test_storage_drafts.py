"""What drafts ask of a database, on both alike: a row for each person and form, the newest wins, what is over goes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine.case.codec import microseconds
from engine.service.directory_ports import DirectoryWrites
from engine.service.draft_ports import DraftRow, DropDraft, DropDrafts, KeepDraft
from engine.service.plain import PlainWrite, apply_write
from engine.storage.store import Store
from tests.support.storage import MORNING, OTHER_ROOT, ROOT, opened, table, writes_of

NOW = microseconds(MORNING)
LATER = microseconds(MORNING + timedelta(days=30))


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def do(store: Store, *plain: PlainWrite) -> None:
    def all_of_them(writes: DirectoryWrites) -> None:
        for one in plain:
            apply_write(one, writes)

    writes_of(store).plain(all_of_them)


def a_draft(
    id_: str, *, who: str = "a", sealed: bytes = b"words", expires_at: int = LATER, root: str = ROOT
) -> KeepDraft:
    return KeepDraft(DraftRow(root, who, id_, expires_at, b""), sealed.hex(), MORNING)


def kept(store: Store, who: str = "a", at: int = NOW) -> dict[str, bytes]:
    return {row.id: row.sealed for row in store.reads.drafts(ROOT, who, at)}


def test_the_newest_of_a_form_takes_the_place_of_the_one_before(store: Store, any_database: str) -> None:
    do(store, a_draft("one", sealed=b"first"), a_draft("two"))
    do(store, a_draft("one", sealed=b"second", expires_at=LATER + 5))
    assert kept(store) == {"one": b"second", "two": b"words"}
    assert table(any_database, "SELECT expires_at FROM draft WHERE id = 'one'") == [(LATER + 5,)]


def test_nobody_is_given_the_drafts_of_another_person_or_house(store: Store) -> None:
    do(
        store,
        a_draft("one"),
        a_draft("one", who="b", sealed=b"hers"),
        a_draft("one", root=OTHER_ROOT, sealed=b"theirs"),
    )
    assert kept(store) == {"one": b"words"}
    assert kept(store, "b") == {"one": b"hers"}
    assert kept(store, "c") == {}


def test_what_is_over_is_not_read_and_goes_with_the_next_that_is_kept(store: Store, any_database: str) -> None:
    do(store, a_draft("old", expires_at=NOW + 1), a_draft("old", who="b", expires_at=NOW + 1), a_draft("young"))
    assert kept(store, at=NOW + 1) == {"young": b"words"}
    assert len(table(any_database, "SELECT id FROM draft")) == 3
    row = DraftRow(ROOT, "a", "new", LATER, b"")
    do(store, KeepDraft(row, b"x".hex(), MORNING + timedelta(microseconds=1)))
    assert sorted(table(any_database, "SELECT id FROM draft")) == [("new",), ("young",)]


def test_making_room_takes_what_is_named_and_only_of_its_person(store: Store) -> None:
    do(store, a_draft("one"), a_draft("two"), a_draft("one", who="b"))
    row = DraftRow(ROOT, "a", "three", LATER, b"")
    do(store, KeepDraft(row, b"x".hex(), MORNING, ("one",)))
    assert sorted(kept(store)) == ["three", "two"]
    assert sorted(kept(store, "b")) == ["one"]


def test_one_is_taken_away_and_then_all_of_somebody(store: Store) -> None:
    do(store, a_draft("one"), a_draft("two"), a_draft("three"), a_draft("one", who="b"))
    do(store, DropDraft(ROOT, "a", "one"))
    assert sorted(kept(store)) == ["three", "two"]
    do(store, DropDrafts(ROOT, "a"))
    assert (kept(store), sorted(kept(store, "b"))) == ({}, ["one"])
