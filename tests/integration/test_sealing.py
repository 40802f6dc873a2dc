"""Sealing: everything gets its place once, every checkpoint is signed, and whatever is interrupted goes on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest

from engine.case.codec import instant, microseconds
from engine.errors import SealingStopped
from engine.ledger.merkle import root_of
from engine.ledger.notes import Checkpoint, VerifierKey, opened, parse_checkpoint, parse_note
from engine.service import sealing
from engine.service.anchoring import SLOT, Head, anchored_fact, newest_head
from engine.service.plain import RecordFact
from engine.service.sealing import heartbeat, late_sealing, origin_of, seal
from engine.service.sealing_ports import FIRST_KEY
from runtime.signer.keeper import Keeper
from tests.support.house import ROOT, House, open_house
from tests.support.sealing import behind_its_back, newest, rules_of, sealed, tree_of
from tests.support.storage import table

NEW_YEAR = datetime(2027, 1, 1, 3, tzinfo=UTC)
ORIGIN = "banjie/works/2026"


class PowerCut(Exception):
    """The process ends here."""


class Shaky:
    """A signer that can be away, or lose the answer after it has signed."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self.away = self.loses_answers = False
        self.asked: list[Checkpoint] = []

    def key(self, origin: str) -> VerifierKey:
        return self.keeper.key(origin)

    def head(self, origin: str) -> Checkpoint | None:
        return self.keeper.head(origin)

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> str:
        if self.away:
            raise PowerCut
        self.asked.append(checkpoint)
        note = self.keeper.sign(checkpoint, proof)
        if self.loses_answers:
            raise PowerCut
        return note


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path / "signer")
    yield keeper
    keeper.close()


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        house.filed()
        yield house


def by_hand(url: str) -> bytes:
    """Return the root over all leaves, from the hashes of the entries themselves."""
    rows = table(
        url,
        'SELECT e.body FROM leaf l JOIN ledger_entry e ON e.root = l.root AND e."case" = l."case" AND e.seq = l.seq '
        "ORDER BY l.idx",
    )
    return root_of([sha256(b"\x00" + bytes(row[0])).digest() for row in rows])


def count(url: str, name: str) -> int:
    return int(table(url, f"SELECT count(*) FROM {name}")[0][0])


def test_all_that_waits_is_sealed_under_a_checkpoint_that_the_signer_signed(
    house: House, keeper: Keeper, any_database: str
) -> None:
    entries = count(any_database, "ledger_entry")
    done = sealed(house, keeper)
    assert (done.entries, done.checkpoints, done.aside) == (entries, 1, [])
    assert (count(any_database, "leaf"), count(any_database, "unsealed")) == (entries, 0)
    note = parse_note(newest(house).note.encode())
    opened(note, [keeper.key(ORIGIN)])
    assert parse_checkpoint(note.text) == Checkpoint(origin=ORIGIN, size=entries, root=by_hand(any_database))
    assert rules_of(house, keeper.key) == set()


def test_sealing_again_does_nothing_and_new_entries_get_the_next_checkpoint(
    house: House, keeper: Keeper, any_database: str
) -> None:
    sealed(house, keeper)
    again = sealed(house, keeper)
    assert (again.entries, again.checkpoints) == (0, 0)
    house.clock.set(house.clock.now() + timedelta(hours=1))
    house.filed("zhai")
    sealed(house, keeper)
    row = newest(house)
    assert (row.n, row.size, row.at) == (2, count(any_database, "leaf"), microseconds(house.clock.now()))
    assert parse_checkpoint(parse_note(row.note.encode()).text).root == by_hand(any_database)
    assert rules_of(house, keeper.key) == set()


def test_much_is_sealed_in_pieces_with_checkpoints_between(
    house: House, keeper: Keeper, any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "PIECE_ENTRIES", 3)
    monkeypatch.setattr(sealing, "COVERED_ENTRIES", 5)
    for _ in range(5):
        house.filed()
    told: list[int] = []
    entries = count(any_database, "unsealed")
    done = seal(house.desk.office, house.desk.reads, keeper, ROOT, progress=told.append)
    assert done.entries == entries == told[-1]
    assert told == sorted(set(told))
    assert done.checkpoints == newest(house).n == -(-entries // 6)
    assert rules_of(house, keeper.key) == set()


def test_nothing_is_begun_where_nothing_was_ever_recorded(sqlite_database: str, keeper: Keeper) -> None:
    with open_house(sqlite_database) as empty:
        with behind_its_back(sqlite_database) as change:
            change("DELETE FROM unsealed")
            change("DELETE FROM ledger_entry")
        assert sealed(empty, keeper).entries == 0
        assert (count(sqlite_database, "tree"), count(sqlite_database, "checkpoint")) == (0, 0)


@pytest.mark.parametrize("way", ["away", "loses_answers"])
def test_whatever_the_signer_did_when_the_process_ended_the_next_run_completes_it(
    house: House, keeper: Keeper, any_database: str, way: str
) -> None:
    sealed(house, keeper)
    house.filed()
    shaky = Shaky(keeper)
    setattr(shaky, way, True)
    with pytest.raises(PowerCut):
        seal(house.desk.office, house.desk.reads, shaky, ROOT)
    assert newest(house).n == 1
    assert count(any_database, "unsealed") == 0, "the leaves were committed first"
    assert "S4" in rules_of(house, keeper.key)
    house.filed()
    done = sealed(house, keeper)
    assert newest(house).n == 3 if way == "loses_answers" else 2
    assert done.entries == 4
    assert rules_of(house, keeper.key) == set()


def test_a_process_that_ends_between_the_pieces_leaves_nothing_half_done(
    house: House, keeper: Keeper, any_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sealing, "PIECE_ENTRIES", 2)
    house.filed()
    office, written = house.desk.office, 0

    class Ends:
        now = staticmethod(office.now)

        @staticmethod
        def write(writes: Sequence[object]) -> None:
            nonlocal written
            written += 1
            if written == limit:
                raise PowerCut
            office.write(writes)  # type: ignore[arg-type]  # handed through as it came

    for limit in range(1, 9):
        written = 0
        try:
            seal(Ends(), house.desk.reads, keeper, ROOT)  # type: ignore[arg-type]  # the two parts of an office it uses
        except PowerCut:
            assert rules_of(house, keeper.key) <= {"S4"}, limit
        house.filed()
    sealed(house, keeper)
    assert rules_of(house, keeper.key) == set()
    assert count(any_database, "leaf") == count(any_database, "ledger_entry")


def test_an_entry_whose_bytes_were_changed_before_is_set_aside_and_the_others_are_sealed(
    house: House, keeper: Keeper, any_database: str
) -> None:
    ((case, seq),) = table(any_database, 'SELECT "case", seq FROM unsealed ORDER BY at, "case", seq LIMIT 1')
    with behind_its_back(any_database) as change:
        change('UPDATE ledger_entry SET body = hash WHERE "case" = ? AND seq = ?', case, seq)
    done = sealed(house, keeper)
    assert [(key.case, key.seq) for key in done.aside] == [(case, seq)]
    assert count(any_database, "leaf") == count(any_database, "ledger_entry") - 1
    waiting = house.desk.reads.queued(ROOT, after=FIRST_KEY, before=2**62, limit=9)
    assert [(key.case, key.seq) for key in waiting] == [(case, seq)]
    assert sealed(house, keeper).aside == done.aside


def test_a_database_older_than_what_was_signed_is_not_sealed(house: House, keeper: Keeper, any_database: str) -> None:
    sealed(house, keeper)
    house.filed()
    sealed(house, keeper)
    with behind_its_back(any_database) as change:
        change("DELETE FROM leaf WHERE idx >= 4")
        change("DELETE FROM checkpoint WHERE n = 2")
    signed = keeper.heads()[0].size
    with pytest.raises(SealingStopped, match="restored from an older back-up") as refused:
        sealed(house, keeper)
    assert refused.value.text.zh == (
        f"签名程序已签到第 {signed} 条，数据库中只有 4 条：数据库是从旧备份恢复的，或记录被删改。"
        "请恢复更新的备份，并用 banjie verify --anchor 核对"
    )
    assert newest(house).n == 1


@pytest.mark.parametrize("peaks", ["'ab'", f"'{'ab' * 32}' || substr(peaks, 65)", "'no hex'"])
def test_a_database_that_tells_another_history_is_not_sealed(
    house: House, keeper: Keeper, any_database: str, peaks: str
) -> None:
    sealed(house, keeper)
    with behind_its_back(any_database) as change:
        change("UPDATE leaf SET hash = (SELECT hash FROM leaf WHERE idx = 1) WHERE idx = 2")
        change(f"UPDATE checkpoint SET peaks = {peaks}")
    with pytest.raises(SealingStopped, match="not the one the signer signed") as refused:
        sealed(house, keeper)
    assert refused.value.text.zh == (
        "数据库中的账册与签名程序最后签过的不是同一部：内容被改写或来自另一份拷贝。"
        "请恢复正确的备份，并用 banjie verify 核对"
    )


def test_a_fork_grown_beyond_the_last_head_is_refused_by_the_signer_itself(
    house: House, keeper: Keeper, any_database: str
) -> None:
    sealed(house, keeper)
    house.filed()
    with behind_its_back(any_database) as change:
        change("DELETE FROM checkpoint")
        change("UPDATE leaf SET hash = (SELECT hash FROM leaf WHERE idx = 1) WHERE idx = 2")
    with pytest.raises(SealingStopped, match="The signer refuses"):
        sealed(house, keeper)
    assert count(any_database, "checkpoint") == 0


def test_a_signer_that_does_not_know_the_ledger_is_not_asked_to_begin_anew(
    house: House, keeper: Keeper, tmp_path: Path
) -> None:
    sealed(house, keeper)
    stranger = Keeper(tmp_path / "stranger")
    with pytest.raises(SealingStopped, match="does not know the ledger") as refused:
        sealed(house, stranger)
    assert refused.value.text.zh == (
        f"签名程序不认识账册 {ORIGIN}：它的文件夹是新的或换过；请恢复原来的签名文件夹，"
        "或经核对后执行 banjie signer --adopt 检查点文件"
    )
    stranger.close()
    keeper.adopt(newest(house).note.encode())
    assert sealed(house, keeper).checkpoints == 0


def test_a_signer_restored_from_an_older_folder_is_shown_what_it_forgot(house: House, keeper: Keeper) -> None:
    sealed(house, keeper)
    first = newest(house)
    for _ in range(3):
        house.filed()
        sealed(house, keeper)
    keeper.adopt(first.note.encode())
    house.filed()
    shaky = Shaky(keeper)
    seal(house.desk.office, house.desk.reads, shaky, ROOT)
    sizes = [asked.size for asked in shaky.asked]
    assert len(sizes) == 4
    assert sizes == sorted(sizes)
    assert newest(house).n == 5
    assert rules_of(house, keeper.key) == set()


def test_a_new_year_closes_the_tree_and_the_next_begins_by_saying_so(
    house: House, keeper: Keeper, any_database: str
) -> None:
    sealed(house, keeper)
    house.filed()
    house.clock.set(NEW_YEAR)
    house.open("shi")
    sealed(house, keeper)
    old, row = house.desk.reads.checkpoints(ROOT, after=1, limit=9)[0], newest(house)
    begun = table(any_database, "SELECT year, first, origin FROM tree ORDER BY year")
    first = begun[1][1]
    assert begun == [(2026, 0, ORIGIN), (2027, first, "banjie/works/2027")]
    assert (old.year, old.size, row.year, row.size) == (2026, first, 2027, count(any_database, "leaf") - first)
    (leaf,) = house.desk.reads.leaves(ROOT, first, first + 1)
    told = bytes(table(any_database, f"SELECT body FROM ledger_entry WHERE \"case\" = '{leaf.case}'")[0][0])
    assert b'"type":"tree_closed"' in told
    assert old.note.splitlines()[2].encode() in told
    in_old = [instant(leaf.at).year for leaf in house.desk.reads.leaves(ROOT, 0, first)]
    assert set(in_old) == {2026}
    assert keeper.heads() == [parse_checkpoint(parse_note(one.note.encode()).text) for one in (old, row)]
    assert rules_of(house, keeper.key) == set()
    house.open("shi")
    sealed(house, keeper)
    assert newest(house).year == 2027
    assert rules_of(house, keeper.key) == set()


def test_a_heartbeat_of_the_instant_at_which_a_year_is_closed_does_not_come_before_its_end(
    house: House, keeper: Keeper
) -> None:
    house.filed()
    sealed(house, keeper)
    house.clock.set(NEW_YEAR)
    house.open("shi")
    house.clock.set(NEW_YEAR + timedelta(hours=1))
    heartbeat(house.desk.office, house.desk.reads, ROOT, schema="ab" * 32, build="1")
    sealed(house, keeper)
    assert newest(house).year == 2027
    assert rules_of(house, keeper.key) == set()


def test_a_clock_that_goes_back_over_new_year_opens_no_tree_of_the_past(house: House, keeper: Keeper) -> None:
    was = house.clock.now()
    house.clock.set(NEW_YEAR)
    house.open("shi")
    sealed(house, keeper)
    house.clock.set(was)
    house.filed()
    sealed(house, keeper)
    assert newest(house).year == 2027
    assert rules_of(house, keeper.key) == {"T1"}
    assert rules_of(house, keeper.key, times=False) == set()


def test_a_heartbeat_tells_of_the_newest_checkpoint(house: House, keeper: Keeper) -> None:
    heartbeat(house.desk.office, house.desk.reads, ROOT, schema="ab" * 32, build="1")
    assert house.desk.reads.oldest_queued(ROOT) is not None
    with house.desk.reads.tree_view(ROOT) as view:
        assert list(view.head_facts()) == []
    sealed(house, keeper)
    heartbeat(house.desk.office, house.desk.reads, ROOT, schema="ab" * 32, build="1")
    sealed(house, keeper)
    with house.desk.reads.tree_view(ROOT) as view:
        ((_case, _seq, body),) = view.head_facts()
    row = house.desk.reads.checkpoints(ROOT, after=0, limit=1)[0]
    root = parse_checkpoint(parse_note(row.note.encode()).text).root.hex()
    assert f'"checkpoint":1,"root":"{root}"'.encode() in body
    assert rules_of(house, keeper.key) == set()


def test_a_record_of_a_mail_that_tells_of_another_head_is_a_finding(house: House, keeper: Keeper) -> None:
    house.filed()
    sealed(house, keeper)
    head = newest_head(house.desk.reads, ROOT)
    assert head is not None
    day = house.clock.now().date()

    def told(one: Head) -> None:
        fact = anchored_fact(one, day, recipients=1, refused=0, left=0)
        house.desk.office.write([RecordFact(root=ROOT, at=house.clock.now(), fact=fact, slot=SLOT)])
        sealed(house, keeper)

    told(head)
    assert rules_of(house, keeper.key) == set()
    told(replace(head, root=bytes(32)))
    assert rules_of(house, keeper.key) == {"S7"}


def test_a_record_of_a_mail_with_a_checkpoint_that_is_gone_is_a_finding(house: House, keeper: Keeper) -> None:
    house.filed()
    sealed(house, keeper)
    head = newest_head(house.desk.reads, ROOT)
    assert head is not None
    fact = anchored_fact(replace(head, n=99), house.clock.now().date(), recipients=1, refused=0, left=0)
    house.desk.office.write([RecordFact(root=ROOT, at=house.clock.now(), fact=fact, slot=SLOT)])
    sealed(house, keeper)
    assert rules_of(house, keeper.key) == {"S7"}


def test_sealing_is_late_when_something_waits_for_a_quarter_of_an_hour() -> None:
    now = datetime(2026, 3, 2, 9, tzinfo=UTC)
    assert late_sealing(None, now) is None
    assert late_sealing(microseconds(now - timedelta(minutes=15)), now) is None
    late = late_sealing(microseconds(now - timedelta(minutes=16)), now)
    assert late is not None
    assert "16 minutes" in late.en
    assert "16 分钟" in late.zh


def test_the_tree_counts_what_it_looked_at(house: House, keeper: Keeper, any_database: str) -> None:
    sealed(house, keeper)
    house.filed()
    looked = tree_of(house, keeper.key)
    assert (looked.leaves, looked.checkpoints, looked.waiting, looked.signed) == (
        count(any_database, "leaf"),
        1,
        4,
        True,
    )
    assert tree_of(house, lambda _origin: None).signed is False


def test_origins_name_house_organisation_and_year() -> None:
    assert origin_of("ledger.example.org", ROOT, 2026) == "ledger.example.org/works/2026"
    assert origin_of("x", "a+b c/ü", 2026) == "x/a%2Bb%20c%2F%C3%BC/2026"  # type: ignore[arg-type]  # any text may be one
