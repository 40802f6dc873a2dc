"""Witnesses beside a house: what is cosigned is kept, what is not is asked for again, and what no outage explains is an
alarm."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from engine.case.codec import microseconds
from engine.errors import SealingStopped
from engine.ledger.merkle import root_of
from engine.ledger.notes import Checkpoint, Signature, opened, parse_checkpoint, parse_note, signed_checkpoint
from engine.service.jobs import JobState, kind_title
from engine.service.proving import newest_note
from engine.service.sealing import seal
from engine.service.sealing_cosigned import CosignatureVerification, verify_cosignatures
from engine.service.sealing_ports import CheckpointRow, CosignatureRow
from engine.service.sealing_witnesses import (
    TROUBLES,
    Asked,
    Trouble,
    ask_witness,
    job_kind,
    late_witness,
    standings,
    trouble_in,
)
from engine.service.sealing_writes import KeepCosignature
from engine.storage.urls import sqlite_path
from engine.text import Text
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import JobFailed, Registry, Report
from runtime.jobs.sealing import SEAL, with_sealing
from runtime.jobs.witnessing import with_witnesses
from runtime.jobs.worker import Worker
from runtime.signer.keeper import Keeper
from runtime.witness.keeper import WitnessKeeper
from runtime.witness.trusted import Trusted
from tests.support.house import ROOT, House, open_house
from tests.support.sealing import behind_its_back, newest, rules_of, sealed
from tests.support.witnesses import NAME, DirectWitness, a_witness

NEW_YEAR = datetime(2027, 1, 1, 3, tzinfo=UTC)
ORIGIN = "banjie/works/2026"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        house.filed()
        yield house


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path / "signer")
    yield keeper
    keeper.close()


@pytest.fixture
def witness(tmp_path: Path, house: House, keeper: Keeper) -> Iterator[DirectWitness]:
    kept = a_witness(tmp_path / "witness", [keeper.key(ORIGIN)], now=lambda: house.clock.now().timestamp())
    yield DirectWitness(kept)
    kept.close()


def ask(house: House, witness: DirectWitness) -> Asked:
    return ask_witness(house.desk.office, house.desk.reads, ROOT, witness)


def later(house: House, **by: float) -> None:
    house.clock.set(house.clock.now() + timedelta(**by))


def sealed_again(house: House, keeper: Keeper) -> CheckpointRow:
    """Record and seal something more, a minute later."""
    later(house, minutes=1)
    house.open("shi")
    sealed(house, keeper)
    return newest(house)


def names_of(house: House, n: int) -> list[str]:
    return [one.name for one in house.desk.reads.cosignatures(ROOT, n)]


def looked(house: House, *witnesses: DirectWitness) -> CosignatureVerification:
    return verify_cosignatures(house.desk.reads, ROOT, [one.key for one in witnesses])


def test_a_checkpoint_is_cosigned_once_and_goes_out_with_its_cosignature(
    house: House, keeper: Keeper, witness: DirectWitness
) -> None:
    assert ask(house, witness) == Asked(), "nothing is sealed yet"
    sealed(house, keeper)
    assert ask(house, witness) == Asked(cosigned=1)
    assert ask(house, witness) == Asked(), "it is asked once"
    assert witness.asked == [0]
    note = newest_note(house.desk.reads, ROOT)
    assert opened(note, [keeper.key(ORIGIN), witness.key]) == (keeper.key(ORIGIN), witness.key)
    done = looked(house, witness)
    assert (done.findings, done.strangers) == ((), 0)
    (standing,) = done.standings
    assert standing.cosigned == newest(house)
    assert standing.at == int(house.clock.now().timestamp())
    assert standing.missing is None
    assert rules_of(house, keeper.key) == set()


def test_what_grows_is_cosigned_from_the_size_the_witness_knows(
    house: House, keeper: Keeper, witness: DirectWitness
) -> None:
    sealed(house, keeper)
    ask(house, witness)
    first = newest(house).size
    row = sealed_again(house, keeper)
    assert ask(house, witness) == Asked(cosigned=1)
    assert witness.asked == [0, first], "with the size it is known to have seen, no question is wasted"
    for _ in range(3):
        row = sealed_again(house, keeper)
    assert ask(house, witness) == Asked(cosigned=1)
    assert witness.asked[2:] == [0, newest_but(house, 3).size], "it says itself what it knows"
    assert names_of(house, row.n) == [NAME]
    assert [names_of(house, n) for n in (3, 4)] == [[], []], "only the newest is asked for"
    assert looked(house, witness).findings == ()


def newest_but(house: House, count: int) -> CheckpointRow:
    n = newest(house).n - count
    return house.desk.reads.checkpoints(ROOT, after=n - 1, limit=1)[0]


def test_a_cosignature_that_was_given_and_never_arrived_is_given_again(
    house: House, keeper: Keeper, witness: DirectWitness
) -> None:
    sealed(house, keeper)
    witness.loses_answers = True
    assert ask(house, witness) == Asked(trouble=Trouble.AWAY)
    assert names_of(house, 1) == []
    witness.loses_answers = False
    assert ask(house, witness) == Asked(cosigned=1)
    assert names_of(house, 1) == [NAME]


def test_a_witness_that_is_away_is_said_to_be_behind_and_catches_up(
    house: House, keeper: Keeper, witness: DirectWitness
) -> None:
    sealed(house, keeper)
    ask(house, witness)
    witness.is_away = True
    row = sealed_again(house, keeper)
    assert ask(house, witness) == Asked(trouble=Trouble.AWAY)
    (standing,) = standings(house.desk.reads, ROOT, [NAME])
    assert (standing.cosigned, standing.missing) == (newest_but(house, 1), row)
    assert late_witness(standing, house.clock.now()) is None
    later(house, minutes=16)
    told = late_witness(standing, house.clock.now())
    assert told is not None
    assert "up to checkpoint 1" in told.en
    assert looked(house, witness).standings == (standing,), "no finding, only not yet"
    witness.is_away = False
    assert ask(house, witness) == Asked(cosigned=1)


def test_a_witness_that_has_cosigned_nothing_is_said_to_have_cosigned_nothing(house: House, keeper: Keeper) -> None:
    assert standings(house.desk.reads, ROOT, [NAME]) == []
    sealed(house, keeper)
    (standing,) = standings(house.desk.reads, ROOT, [NAME])
    assert (standing.cosigned, standing.at, standing.missing) == (None, None, newest(house))
    later(house, hours=1)
    told = late_witness(standing, house.clock.now())
    assert told is not None
    assert "has not cosigned" in told.en


def test_the_last_head_of_a_year_is_cosigned_beside_the_first_of_the_next(
    house: House, keeper: Keeper, witness: DirectWitness
) -> None:
    sealed(house, keeper)
    ask(house, witness)
    later(house, minutes=1)
    house.open("shi")
    house.clock.set(NEW_YEAR)
    house.open("zhai")
    sealed(house, keeper)
    assert ask(house, witness) == Asked(cosigned=2)
    last_of_2026 = house.desk.reads.checkpoints(ROOT, after=1, limit=1)[0]
    assert (last_of_2026.year, newest(house).year) == (2026, 2027)
    assert names_of(house, last_of_2026.n) == names_of(house, newest(house).n) == [NAME]
    assert looked(house, witness).findings == ()


def test_a_witness_declared_this_year_need_not_know_the_year_before(
    house: House, keeper: Keeper, tmp_path: Path
) -> None:
    sealed(house, keeper)
    house.clock.set(NEW_YEAR)
    house.open("zhai")
    sealed(house, keeper)
    trusted = Trusted({"banjie/works/2027": (keeper.key("banjie/works/2027"),)})
    kept = a_witness(tmp_path / "new", trusted=trusted, now=lambda: house.clock.now().timestamp())
    try:
        assert ask(house, DirectWitness(kept)) == Asked(cosigned=1)
    finally:
        kept.close()


def test_a_witness_that_does_not_know_the_ledger_says_so(house: House, keeper: Keeper, tmp_path: Path) -> None:
    sealed(house, keeper)
    stranger = Keeper(tmp_path / "stranger")
    for name, keys in (("none", []), ("another", [stranger.key(ORIGIN)])):
        kept = a_witness(tmp_path / name, keys)
        assert ask(house, DirectWitness(kept)) == Asked(trouble=Trouble.UNKNOWN)
        kept.close()
    stranger.close()
    assert names_of(house, 1) == []


def test_a_cosignature_of_another_hour_is_not_taken(house: House, keeper: Keeper, tmp_path: Path) -> None:
    """It would say that the tree was not larger at a time when it was: honest entries would be accused for ever."""
    sealed(house, keeper)
    for by in (-301, 301):

        def off(by: int = by) -> float:
            return house.clock.now().timestamp() + by

        kept = a_witness(tmp_path / f"w{by}", [keeper.key(ORIGIN)], now=off)
        assert ask(house, DirectWitness(kept)) == Asked(trouble=Trouble.CLOCK)
        kept.close()
    assert names_of(house, 1) == []


def test_an_answer_signed_by_another_key_is_not_taken(house: House, keeper: Keeper, witness: DirectWitness) -> None:
    class Liar(DirectWitness):
        def add(self, old: int, proof: Sequence[bytes], note: bytes) -> Signature | int | Trouble:
            answer = super().add(old, proof, note)
            assert isinstance(answer, Signature)
            broken = bytes([answer.signature[-1] ^ 1])
            return Signature(name=answer.name, key_id=answer.key_id, signature=answer.signature[:-1] + broken)

    sealed(house, keeper)
    assert ask(house, Liar(witness.keeper)) == Asked(trouble=Trouble.NONSENSE)
    assert names_of(house, 1) == []


def test_a_witness_that_names_one_size_after_another_is_not_followed_for_ever(
    house: House, keeper: Keeper, witness: DirectWitness
) -> None:
    class Fickle(DirectWitness):
        def add(self, old: int, proof: Sequence[bytes], note: bytes) -> Signature | int | Trouble:
            self.asked.append(old)
            return old + 1

    sealed(house, keeper)
    fickle = Fickle(witness.keeper)
    assert ask(house, fickle) == Asked(trouble=Trouble.NONSENSE)
    assert fickle.asked == [0, 1, 2], "each with a proof, also from sizes that were never a checkpoint"


def test_a_size_that_was_never_a_checkpoint_of_ours_is_proved_from_the_leaves(
    house: House, keeper: Keeper, witness: DirectWitness
) -> None:
    """As after rows of checkpoints were lost: what the witness has seen is in the tree all the same."""
    sealed(house, keeper)
    leaves = [leaf.hash for leaf in house.desk.reads.leaves(ROOT, 0, 3)]
    point = Checkpoint(origin=ORIGIN, size=3, root=root_of(leaves))
    seen = signed_checkpoint(point, keeper.key(ORIGIN), keeper._key.sign).encoded()
    assert isinstance(witness.add(0, (), seen), Signature)
    assert ask(house, witness) == Asked(cosigned=1)
    assert witness.asked == [0, 0, 3]


def test_while_entries_wait_for_long_no_witness_is_asked(house: House, keeper: Keeper, witness: DirectWitness) -> None:
    sealed(house, keeper)
    house.open("shi")
    later(house, minutes=5)
    assert ask(house, witness) == Asked()
    assert witness.asked == []
    sealed(house, keeper)
    assert ask(house, witness) == Asked(cosigned=1)


def test_an_entry_that_can_never_be_sealed_keeps_no_witness_waiting(
    house: House, keeper: Keeper, witness: DirectWitness, any_database: str
) -> None:
    with behind_its_back(any_database) as change:
        ((case, seq),) = change('SELECT "case", seq FROM unsealed ORDER BY at, "case", seq LIMIT 1')
        change('UPDATE ledger_entry SET body = hash WHERE "case" = ? AND seq = ?', case, seq)
    later(house, minutes=30)
    assert len(sealed(house, keeper).aside) == 1
    assert ask(house, witness) == Asked(cosigned=1)


# What no outage explains.


def test_a_database_restored_from_a_back_up_is_behind_its_witness(
    house: House, keeper: Keeper, witness: DirectWitness, any_database: str
) -> None:
    sealed(house, keeper)
    row = sealed_again(house, keeper)
    ask(house, witness)
    with behind_its_back(any_database) as change:
        change("DELETE FROM leaf WHERE idx >= ?", newest_but(house, 1).size)
        change("DELETE FROM checkpoint WHERE n = ?", row.n)
        change("DELETE FROM cosignature WHERE n = ?", row.n)
    assert ask(house, witness) == Asked(trouble=Trouble.AHEAD)


def rewrite_with_the_key(any_database: str, keeper: Keeper) -> None:
    """Change a leaf and drop every checkpoint; the signer's folder is in the same hands, and forgets what it signed."""
    with behind_its_back(any_database) as change:
        change("UPDATE leaf SET hash = (SELECT hash FROM leaf WHERE idx = 1) WHERE idx = 2")
        change("DELETE FROM checkpoint")
        change("DELETE FROM cosignature")
    for path in (keeper.folder / "heads").iterdir():
        path.unlink()


def test_a_rewritten_history_is_refused_although_the_key_of_the_log_signs_it(
    house: House, keeper: Keeper, witness: DirectWitness, any_database: str
) -> None:
    sealed(house, keeper)
    ask(house, witness)
    rewrite_with_the_key(any_database, keeper)
    house.open("shi")
    sealed(house, keeper)
    assert ask(house, witness) == Asked(trouble=Trouble.FORKED)
    assert names_of(house, newest(house).n) == []
    head = witness.keeper.head(ORIGIN)
    assert head is not None
    assert head.root != parse_checkpoint(parse_note(newest(house).note.encode()).text).root


def test_another_root_of_the_same_size_is_refused(
    house: House, keeper: Keeper, witness: DirectWitness, any_database: str
) -> None:
    sealed(house, keeper)
    ask(house, witness)
    rewrite_with_the_key(any_database, keeper)
    sealed(house, keeper)
    assert ask(house, witness) == Asked(trouble=Trouble.FORKED)


# What is stored is verified.


@pytest.mark.parametrize(
    ("change", "rule", "said"),
    [
        ("UPDATE cosignature SET line = replace(line, '— ', '- ')", "S6", "不是其签名行"),
        ("UPDATE cosignature SET line = ''", "S6", "不是其签名行"),
        ("UPDATE cosignature SET line = line || char(10) || line", "S6", "不是其签名行"),
        ("UPDATE cosignature SET name = 'another.example/w1'", "S6", "不是其签名行"),
        ("UPDATE cosignature SET n = 7", "S6", "没有检查点"),
        ("UPDATE cosignature SET n = -7", "S6", "没有检查点"),
        ("UPDATE cosignature SET n = 2", "S1", ""),
    ],
)
def test_a_cosignature_that_was_changed_is_a_finding(
    sqlite_database: str, keeper: Keeper, tmp_path: Path, change: str, rule: str, said: str
) -> None:
    with open_house(sqlite_database) as house:
        house.filed()
        kept = a_witness(tmp_path / "w", [keeper.key(ORIGIN)], now=lambda: house.clock.now().timestamp())
        sealed(house, keeper)
        ask(house, DirectWitness(kept))
        sealed_again(house, keeper)
        path = sqlite_path(sqlite_database)
        assert path is not None
        with closing(sqlite3.connect(path)) as file, file:
            file.execute(change)
        done = looked(house, DirectWitness(kept))
        kept.close()
    assert {str(one.rule) for one in done.findings} == {rule}
    assert all(one.text.zh.endswith(said) for one in done.findings)
    assert done.standings[0].cosigned is None


def test_every_bit_of_a_cosignature_counts(house: House, keeper: Keeper, witness: DirectWitness) -> None:
    sealed(house, keeper)
    ask(house, witness)
    text = parse_note(newest(house).note.encode()).text
    (row,) = house.desk.reads.cosignatures(ROOT, 1)
    (signature,) = parse_note(f"\n\n{row.line}\n".encode()).signatures
    for place in range(0, len(signature.signature), 5):
        raw = bytearray(signature.signature)
        raw[place] ^= 1
        broken = Signature(name=signature.name, key_id=signature.key_id, signature=bytes(raw))
        assert not witness.key.verifies(text, broken), place


def test_cosignatures_by_keys_that_nobody_declared_say_nothing_and_are_counted(
    house: House, keeper: Keeper, witness: DirectWitness
) -> None:
    sealed(house, keeper)
    ask(house, witness)
    stranger = Signature(name="stranger.example", key_id=b"abcd", signature=bytes(72)).line.removesuffix("\n")
    house.desk.office.write([KeepCosignature(CosignatureRow(ROOT, 1, "stranger.example", stranger))])
    done = looked(house, witness)
    assert (done.findings, done.strangers) == ((), 1)
    assert looked(house).strangers == 2
    assert rules_of(house, keeper.key) == set()


# The jobs.


@pytest.fixture
def jobs(any_database: str, house: House) -> Iterator[LeasedJobs]:
    jobs = LeasedJobs.open(any_database, house.clock)
    yield jobs
    jobs.close()


def registry_of(house: House, keeper: Keeper, jobs: LeasedJobs, *witnesses: DirectWitness) -> Registry:
    sealing = with_sealing(Registry(handlers={}, intervals={}), house.desk, keeper, "banjie")
    return with_witnesses(sealing, house.desk, jobs, witnesses)


def test_sealing_asks_for_every_witness_and_within_the_same_minute_it_has_cosigned(
    house: House, keeper: Keeper, witness: DirectWitness, jobs: LeasedJobs
) -> None:
    worker = Worker(jobs, registry_of(house, keeper, jobs, witness), house.clock)
    worker.run_due()
    assert [names_of(house, n) for n in range(1, newest(house).n + 1)] == [[NAME]] * newest(house).n
    assert {job.kind: job.state for job in jobs.listed()}[job_kind(NAME)] is JobState.DONE
    assert kind_title(job_kind(NAME)).zh == "检查点见证"


def test_without_witnesses_nothing_is_added(house: House, keeper: Keeper, jobs: LeasedJobs) -> None:
    sealing = with_sealing(Registry(handlers={}, intervals={}), house.desk, keeper, "banjie")
    assert with_witnesses(sealing, house.desk, jobs, ()) is sealing


def test_a_witness_that_is_away_keeps_sealing_from_nothing_and_is_tried_later_and_later(
    house: House, keeper: Keeper, witness: DirectWitness, jobs: LeasedJobs
) -> None:
    witness.is_away = True
    worker = Worker(jobs, registry_of(house, keeper, jobs, witness), house.clock)
    begun = house.clock.now()
    tried: list[float] = []
    while house.clock.now() - begun < timedelta(minutes=20):
        before = len(witness.asked)
        worker.run_due()
        if len(witness.asked) > before:
            tried.append((house.clock.now() - begun).total_seconds())
        later(house, seconds=2)
    # 2, 8, 32, 128 and 512 seconds after the failure before, each seen at the next turn of this clock.
    assert tried == [0, 2, 10, 42, 170, 682]
    assert newest(house).size == house.desk.reads.sealed(ROOT), "sealing went on"
    (job,) = [job for job in jobs.listed() if job.kind == job_kind(NAME)]
    assert (job.state, job.reason) == (JobState.WAITING, TROUBLES[Trouble.AWAY].en)
    assert trouble_in(jobs.listed(), NAME) is Trouble.AWAY
    assert trouble_in(jobs.listed(), "another") is None
    witness.is_away = False
    later(house, hours=1)
    worker.run_due()
    assert names_of(house, newest(house).n) == [NAME]
    assert trouble_in(jobs.listed(), NAME) is None


def test_one_witness_in_trouble_keeps_no_other_waiting(
    house: House, keeper: Keeper, witness: DirectWitness, jobs: LeasedJobs, tmp_path: Path
) -> None:
    from runtime.witness.keeper import make_witness

    make_witness(tmp_path / "second", "second.example/w1", [keeper.key(ORIGIN)])
    kept = WitnessKeeper(tmp_path / "second", now=lambda: house.clock.now().timestamp())
    second = DirectWitness(kept)
    witness.is_away = True
    Worker(jobs, registry_of(house, keeper, jobs, witness, second), house.clock).run_due()
    kept.close()
    assert names_of(house, 1) == ["second.example/w1"]


def test_when_sealing_fails_what_was_sealed_before_is_cosigned_all_the_same(
    house: House, keeper: Keeper, witness: DirectWitness, jobs: LeasedJobs
) -> None:
    class Failing:
        def __call__(self, _subject: str) -> Report:
            raise JobFailed(SealingStopped(Text("不在", "the signer is away")).text.en)

    seal(house.desk.office, house.desk.reads, keeper, ROOT)
    registry = Registry(handlers={SEAL: Failing()}, intervals={})
    with pytest.raises(JobFailed, match="the signer is away"):
        with_witnesses(registry, house.desk, jobs, [witness]).handlers[SEAL]("")
    assert [job.kind for job in jobs.listed()] == [job_kind(NAME)]


def test_the_instant_of_a_checkpoint_is_what_lateness_is_counted_from(house: House, keeper: Keeper) -> None:
    sealed(house, keeper)
    (standing,) = standings(house.desk.reads, ROOT, [NAME])
    assert standing.missing is not None
    assert standing.missing.at == microseconds(house.clock.now())
