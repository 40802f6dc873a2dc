"""What an administrator with full write access can and cannot do to what is sealed: TS1 to TS4 and TS11 to TS14.

Each attack is as careful as it can be: it recomputes every hash, every leaf and every head it has the means for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from engine.ledger.canonical import canonical, parse_canonical
from engine.ledger.chain import entry_hash
from engine.ledger.merkle import Peaks
from engine.ledger.notes import Checkpoint, signed_checkpoint
from engine.service.sealing import seal
from engine.service.tree_findings import Anchor, anchor_of, contradiction
from engine.storage.urls import sqlite_path
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.signer.keeper import Keeper
from runtime.wiring import desk_of
from tests.support.house import ROOT, House, open_house
from tests.support.sealing import anchored, behind_its_back, newest, rules_of, sealed
from tests.support.tampering import a_sealed_house

ORIGIN = "banjie/works/2026"
Change = Callable[..., list[tuple[Any, ...]]]
Body = dict[str, Any]


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path / "signer")
    yield keeper
    keeper.close()


@pytest.fixture
def house(any_database: str, keeper: Keeper) -> Iterator[House]:
    with open_house(any_database) as house:
        a_sealed_house(house, keeper)
        yield house


def rewrite(change: Change, edit: Callable[[Body], None], *, seq: int = 1) -> None:
    """Change an entry of the first case, and every hash, leaf and head that follows from it."""
    (case,) = change('SELECT "case" FROM leaf WHERE "case" NOT LIKE \'system:%\' ORDER BY idx LIMIT 1')[0]
    prev: str | None = None
    for number, body in change('SELECT seq, body FROM ledger_entry WHERE "case" = ? ORDER BY seq', case):
        entry: Any = parse_canonical(bytes(body))
        if number == seq:
            edit(entry)
        if prev is not None:
            entry["prev"] = prev
        data = canonical(entry)
        digest = entry_hash(data)
        prev = digest.hex()
        change('UPDATE ledger_entry SET body = ?, hash = ? WHERE "case" = ? AND seq = ?', data, digest, case, number)
        change('UPDATE leaf SET hash = ? WHERE "case" = ? AND seq = ?', digest, case, number)
    change("UPDATE cases SET head = ? WHERE id = ?", prev, case)
    heads(change)


def heads(change: Change, sign: Callable[[Checkpoint], str] | None = None) -> None:
    """Compute the peaks of every checkpoint anew; with a key, sign them all anew."""
    hashes = [bytes(row[0]) for row in change("SELECT hash FROM leaf ORDER BY idx")]
    for n, size in change("SELECT n, size FROM checkpoint ORDER BY n"):
        peaks = Peaks().extended(hashes[:size])
        change("UPDATE checkpoint SET peaks = ? WHERE n = ?", " ".join(one.hex() for one in peaks.hashes), n)
        if sign is not None:
            note = sign(Checkpoint(origin=ORIGIN, size=size, root=peaks.root()))
            change("UPDATE checkpoint SET note = ? WHERE n = ?", note, n)


def no_beats(change: Change) -> None:
    """Take the heartbeats out of the way, as whoever holds the key could rewrite them as well."""
    chains = 'SELECT "case" FROM ledger_entry WHERE "case" LIKE \'system:%:900\''
    (idx, case), *_none = change(f'SELECT idx, "case" FROM leaf WHERE "case" IN ({chains})')
    change("DELETE FROM leaf WHERE idx = ?", idx)
    change("DELETE FROM checkpoint WHERE n = (SELECT max(n) FROM checkpoint)")
    change('DELETE FROM ledger_entry WHERE "case" = ?', case)


def signing_with(keeper: Keeper) -> Callable[[Checkpoint], str]:
    """Return what signs whatever it is shown: a stolen key."""
    return lambda checkpoint: signed_checkpoint(checkpoint, keeper.key(ORIGIN), keeper._key.sign).encoded().decode()


def another_word(body: Body) -> None:
    """Replace the commitment to a private value: other words were never said."""
    path = next(iter(body["priv"]))
    body["priv"][path] = "ab" * 32


def an_hour_earlier(body: Body) -> None:
    body["at"] = body["at"].replace("T02:", "T01:")


TREE_RULES = {"M1", "M2", "M3", "M4", "M5", "M6", "S1", "S2", "S3", "S4", "S5", "S6", "S7", "T1"}


def tree_rules(house: House, keeper: Keeper, *anchors: Anchor) -> set[str]:
    """Return what the tree alone shows: an attacker who rewrites words makes the rows fit as well."""
    return rules_of(house, keeper.key, anchors) & TREE_RULES


def test_a_clean_house_has_no_finding_with_or_without_anchors(house: House, keeper: Keeper) -> None:
    assert rules_of(house, keeper.key) == set()
    assert rules_of(house, keeper.key, [anchored(house)]) == set()


def test_ts1_without_the_key_a_rewritten_entry_contradicts_the_signed_root(
    house: House, keeper: Keeper, any_database: str
) -> None:
    with behind_its_back(any_database) as change:
        rewrite(change, another_word)
    assert tree_rules(house, keeper) == {"S3"}


def test_ts2_signed_by_a_key_of_the_attackers_own_the_signature_is_nobodys(
    house: House, keeper: Keeper, any_database: str, tmp_path: Path
) -> None:
    stranger = Keeper(tmp_path / "stranger")
    with behind_its_back(any_database) as change:
        rewrite(change, another_word)
        no_beats(change)
        heads(change, signing_with(stranger))
    stranger.close()
    assert tree_rules(house, keeper) == {"S1"}


def test_ts3_and_ts4_with_the_stolen_key_only_checkpoints_kept_elsewhere_show_it(
    house: House, keeper: Keeper, any_database: str
) -> None:
    first = house.desk.reads.checkpoints(ROOT, after=0, limit=1)[0]
    mailed = anchor_of("mailed.note", first.note.encode())
    with behind_its_back(any_database) as change:
        rewrite(change, another_word)
        no_beats(change)
        heads(change, signing_with(keeper))
    assert tree_rules(house, keeper) == set(), "the gap that the handbook names: nothing in the database can show it"
    assert tree_rules(house, keeper, mailed) == {"S3"}


def test_with_the_stolen_key_heartbeats_not_rewritten_show_it_too(
    house: House, keeper: Keeper, any_database: str
) -> None:
    with behind_its_back(any_database) as change:
        rewrite(change, another_word)
        heads(change, signing_with(keeper))
    assert tree_rules(house, keeper) == {"S7"}


def test_ts11_the_end_of_a_case_cut_off_shrinks_what_was_signed(
    house: House, keeper: Keeper, any_database: str
) -> None:
    with behind_its_back(any_database) as change:
        ends = 'SELECT "case", max(seq) FROM leaf WHERE "case" NOT LIKE \'system:%\' GROUP BY "case"'
        case, seq = change(ends)[0]
        change('DELETE FROM ledger_entry WHERE "case" = ? AND seq = ?', case, seq)
        ((gone,),) = change('SELECT idx FROM leaf WHERE "case" = ? AND seq = ?', case, seq)
        change("DELETE FROM leaf WHERE idx = ?", gone)
        for (idx,) in change("SELECT idx FROM leaf WHERE idx > ? ORDER BY idx", gone):
            change("UPDATE leaf SET idx = idx - 1 WHERE idx = ?", idx)
    assert tree_rules(house, keeper) >= {"S3"}
    assert tree_rules(house, keeper, anchored(house)) >= {"S2", "S3"}


def test_ts12_back_dated_with_the_stolen_key_an_anchored_entry_contradicts_the_anchor(
    house: House, keeper: Keeper, any_database: str
) -> None:
    first = house.desk.reads.checkpoints(ROOT, after=0, limit=1)[0]
    with behind_its_back(any_database) as change:
        rewrite(change, an_hour_earlier)
        no_beats(change)
        change("UPDATE leaf SET at = at - 3600000000 WHERE \"case\" NOT LIKE 'system:%' AND seq = 1")
        heads(change, signing_with(keeper))
    assert "S3" in tree_rules(house, keeper, anchor_of("mailed.note", first.note.encode()))


def test_a_sealed_entry_dated_before_what_was_sealed_earlier_is_found_by_its_time_alone(
    house: House, keeper: Keeper
) -> None:
    house.clock.set(house.clock.now() - timedelta(hours=2, minutes=7))
    house.open("zhai")
    sealed(house, keeper)
    assert rules_of(house, keeper.key) == {"T1"}


def test_ts13_a_restored_copy_older_than_an_anchor_is_found_and_one_taken_after_it_is_not(
    sqlite_database: str, keeper: Keeper, tmp_path: Path
) -> None:
    path = sqlite_path(sqlite_database)
    assert path is not None
    copies: list[tuple[Path, Anchor]] = []
    with open_house(sqlite_database) as house:
        for n in range(3):
            house.filed()
            sealed(house, keeper)
            mailed = anchored(house)
            copy = tmp_path / f"copy{n}.db"
            backed_up(path, copy)
            copies.append((copy, mailed))
    last = copies[-1][1]
    found = []
    for copy, _mailed in copies:
        with open_copy(copy, house.clock) as restored:
            found.append(rules_of(restored, keeper.key, [last]))
    assert found == [{"S2"}, {"S2"}, set()]


def test_ts14_of_two_histories_each_is_clean_and_their_checkpoints_contradict_one_another(
    sqlite_database: str, keeper: Keeper, tmp_path: Path
) -> None:
    path = sqlite_path(sqlite_database)
    assert path is not None
    with open_house(sqlite_database) as house:
        house.filed()
        sealed(house, keeper)
        backed_up(path, tmp_path / "other.db")
        house.open("shi")
        sealed(house, keeper)
        told_one = anchored(house)
        assert rules_of(house, keeper.key, [told_one]) == set()
    stolen = signing_with(keeper)
    with open_copy(tmp_path / "other.db", house.clock) as other:
        other.open("zhai")
        sealed_with_stolen_key(other, keeper, stolen)
        told_other = anchored(other)
        assert rules_of(other, keeper.key, [told_other]) == set()
        assert "S3" in rules_of(other, keeper.key, [told_one])
    assert told_one.checkpoint.size == told_other.checkpoint.size
    finding = contradiction(told_one, told_other)
    assert finding is not None
    assert finding.rule == "S3"
    assert contradiction(told_one, told_one) is None


@contextmanager
def open_copy(path: Path, clock: SetClock) -> Iterator[House]:
    """Open a copy of a house; it lies in the folder of the first, with its keys."""
    with desk_of(Settings(database_url=f"sqlite:///{path}"), clock=clock) as opened:
        yield House(opened.desk, clock, count(1000))


def backed_up(path: Path, copy: Path) -> None:
    """Copy a database as a back-up would, whatever is still in its log."""
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)


def sealed_with_stolen_key(house: House, keeper: Keeper, stolen: Callable[[Checkpoint], str]) -> None:
    """Seal with a signer that has the key of the real one and remembers only what this copy knows."""
    last = anchored(house).checkpoint

    class Forger:
        key = staticmethod(keeper.key)

        @staticmethod
        def head(_origin: str) -> Checkpoint | None:
            return last

        @staticmethod
        def sign(checkpoint: Checkpoint, _proof: object) -> str:
            return stolen(checkpoint)

    seal(house.desk.office, house.desk.reads, Forger(), ROOT)
    assert newest(house).n == 2
