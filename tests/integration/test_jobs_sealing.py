"""The jobs that seal: every minute, every organisation, and a failure that says why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from engine.errors import SealingStopped
from engine.ledger.notes import Checkpoint, VerifierKey
from engine.service.jobs import kind_title
from engine.service.sealing_ports import FIRST_KEY
from engine.text import Text
from runtime.jobs.port import JobFailed, Registry
from runtime.jobs.sealing import HEARTBEAT, SEAL, with_sealing
from runtime.signer.keeper import Keeper
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.sealing import behind_its_back, newest, rules_of

FIRST = FIRST_KEY
EMPTY = Registry(handlers={}, intervals={})


class Away:
    """A signer that nobody reaches."""

    def key(self, origin: str) -> VerifierKey:
        raise SealingStopped(Text("不在", "the signer is away"))

    def head(self, origin: str) -> Checkpoint | None:
        raise SealingStopped(Text("不在", "the signer is away"))

    def sign(self, checkpoint: Checkpoint, proof: Sequence[bytes]) -> str:
        raise SealingStopped(Text("不在", "the signer is away"))


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database) as house:
        house.filed()
        yield house


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[Keeper]:
    keeper = Keeper(tmp_path / "signer")
    yield keeper
    keeper.close()


def test_sealing_and_heartbeat_run_by_themselves_and_have_titles(house: House, keeper: Keeper) -> None:
    registry = with_sealing(EMPTY, house.desk, keeper, "here")
    assert registry.intervals == {SEAL: timedelta(minutes=1), HEARTBEAT: timedelta(hours=1)}
    assert registry.handlers.keys() == registry.intervals.keys()
    assert kind_title(SEAL).zh == "账册封存"
    assert kind_title(HEARTBEAT).en == "Heartbeat of the ledger"


def test_the_jobs_seal_and_record_with_the_schema_as_it_is(house: House, keeper: Keeper) -> None:
    registry = with_sealing(EMPTY, house.desk, keeper, "here")
    waiting = len(house.desk.reads.queued(ROOT, after=FIRST_KEY, before=2**62, limit=999))
    assert registry.handlers[SEAL]("").done == waiting
    assert newest(house).note.startswith("here/works/2026\n")
    assert registry.handlers[HEARTBEAT]("").done == 1
    assert registry.handlers[SEAL]("").done == 1
    with house.desk.reads.tree_view(ROOT) as view:
        ((_case, _seq, body),) = view.head_facts()
    assert f'"schema":"{house.desk.reads.schema().fingerprint}"'.encode() in body
    assert rules_of(house, keeper.key) == set()


def test_a_signer_that_is_away_makes_the_job_fail_with_its_words(house: House) -> None:
    with pytest.raises(JobFailed, match="the signer is away"):
        with_sealing(EMPTY, house.desk, Away(), "here").handlers[SEAL]("")


def test_an_entry_that_cannot_be_sealed_makes_the_job_fail_and_the_others_are_sealed(
    house: House, keeper: Keeper, sqlite_database: str
) -> None:
    with behind_its_back(sqlite_database) as change:
        ((case, seq),) = change('SELECT "case", seq FROM unsealed LIMIT 1')
        change('UPDATE ledger_entry SET body = hash WHERE "case" = ? AND seq = ?', case, seq)
    with pytest.raises(JobFailed, match="1 entries set aside"):
        with_sealing(EMPTY, house.desk, keeper, "here").handlers[SEAL]("")
    assert house.desk.reads.sealed(ROOT) > 0


def test_health_says_when_sealing_is_behind(house: House, keeper: Keeper) -> None:
    with client_of(house) as client:
        assert client.get("/api/health").json()["sealing_warning"] is None
        house.clock.set(house.clock.now() + timedelta(minutes=16))
        assert "16 分钟" in client.get("/api/health").json()["sealing_warning"]["zh"]
        with_sealing(EMPTY, house.desk, keeper, "here").handlers[SEAL]("")
        assert client.get("/api/health").json()["sealing_warning"] is None


def test_a_schema_as_the_migrations_made_it_has_no_problem_and_one_without_a_trigger_has(any_database: str) -> None:
    with open_house(any_database) as house:
        before = house.desk.reads.schema()
        assert before.problems == ()
        assert house.desk.reads.damage() == ()
        with behind_its_back(any_database) as change:
            if any_database.startswith("sqlite"):
                change("CREATE TRIGGER cases_change AFTER UPDATE ON cases BEGIN SELECT 1; END")
            else:
                change("DROP TRIGGER leaf_refuses_change ON leaf")
        after = house.desk.reads.schema()
    assert len(after.problems) == 1
    assert before.fingerprint != after.fingerprint
