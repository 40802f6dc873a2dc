"""Minutes in which only sweeps recorded anything are sealed less often, and nobody is alarmed; all else as quickly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from engine.case.codec import microseconds
from engine.ledger.streams import Fact
from engine.service.plain import RecordFact
from engine.service.sealing_due import QUIET_EVERY, due_since, may_wait
from engine.service.sealing_ports import FIRST_KEY
from engine.service.sweep import sweep
from runtime.cli.sealing_looks import sealing_looks
from runtime.jobs.port import Registry
from runtime.jobs.sealing import SEAL, with_sealing
from runtime.settings import Settings
from runtime.signer.keeper import Keeper
from tests.support.house import PASSWORD, ROOT, House, client_of, open_house
from tests.support.sealing import behind_its_back, newest, rules_of

MINUTE = timedelta(minutes=1)


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


@pytest.fixture
def job(house: House, keeper: Keeper) -> Callable[[], int]:
    """Seal as the job of every minute does, and return how many checkpoints there are then."""
    registry = with_sealing(Registry(handlers={}, intervals={}), house.desk, keeper, "here")

    def run() -> int:
        registry.handlers[SEAL]("")
        return newest(house).n

    return run


def waiting(house: House) -> list[str]:
    """Return the chains of what waits."""
    return [key.case for key in house.desk.reads.queued(ROOT, after=FIRST_KEY, before=2**62, limit=99)]


def minutes_of_sweeps(house: House, count: int) -> datetime:
    """Let so many minutes pass, with a sweep in each; return when the first of them was."""
    first = house.clock.now() + MINUTE
    for _minute in range(count):
        house.clock.set(house.clock.now() + MINUTE)
        sweep(house.desk, ROOT)
    return first


def test_sweeps_alone_are_sealed_together_every_quarter_of_an_hour(
    house: House, keeper: Keeper, job: Callable[[], int]
) -> None:
    assert timedelta(minutes=15) == QUIET_EVERY
    job()
    checkpoints = []
    for _minute in range(31):
        minutes_of_sweeps(house, 1)
        checkpoints.append(job())
    # The sweep of the first minute waits for 15 more; what came till then goes with it. So again 16 minutes later.
    assert checkpoints == [1] * 15 + [2] * 16
    minutes_of_sweeps(house, 1)
    assert job() == 3
    assert waiting(house) == []
    assert rules_of(house, keeper.key) == set()


def test_a_case_is_sealed_at_the_next_minute_and_takes_the_sweeps_along(house: House, job: Callable[[], int]) -> None:
    job()
    minutes_of_sweeps(house, 2)
    assert job() == 1
    house.open("shi")
    assert job() == 2
    assert waiting(house) == []


def test_a_fact_of_any_other_kind_is_sealed_at_the_next_minute(house: House, job: Callable[[], int]) -> None:
    job()
    minutes_of_sweeps(house, 1)
    fact = Fact(type="exported", details={"what": "figures", "rows": 3})
    house.desk.office.write([RecordFact(root=ROOT, at=house.clock.now(), fact=fact)])
    assert job() == 2


def test_leaves_without_a_checkpoint_are_covered_at_the_next_minute(
    house: House, keeper: Keeper, job: Callable[[], int], any_database: str
) -> None:
    job()
    minutes_of_sweeps(house, 1)
    assert may_wait(house.desk.reads, ROOT, house.clock.now())
    # As a process leaves it that ends after the leaves were committed and before their checkpoint was.
    with behind_its_back(any_database) as change:
        change("DELETE FROM checkpoint")
    assert not may_wait(house.desk.reads, ROOT, house.clock.now())
    # The one that the signer remembers is kept again, and the next one covers the sweep too.
    assert job() == 2
    assert rules_of(house, keeper.key) == set()


def test_what_waits_is_due_at_once_or_a_quarter_of_an_hour_after_the_first_sweep(
    house: House, job: Callable[[], int]
) -> None:
    reads, begun = house.desk.reads, microseconds(house.clock.now())
    assert (reads.oldest_queued(ROOT), reads.oldest_pressing(ROOT)) == (begun, begun)
    assert due_since(reads, ROOT) == begun
    job()
    assert (reads.oldest_queued(ROOT), reads.oldest_pressing(ROOT)) == (None, None)
    assert due_since(reads, ROOT) is None
    swept_at = minutes_of_sweeps(house, 3)
    assert (reads.oldest_queued(ROOT), reads.oldest_pressing(ROOT)) == (microseconds(swept_at), None)
    assert due_since(reads, ROOT) == microseconds(swept_at + QUIET_EVERY)
    house.open("shi")
    assert reads.oldest_pressing(ROOT) == microseconds(swept_at + 2 * MINUTE) == due_since(reads, ROOT)


def test_a_quiet_house_alarms_nobody_and_one_whose_sealing_stands_still_does(
    house: House, job: Callable[[], int], any_database: str, tmp_path: Path
) -> None:
    settings = Settings(database_url=any_database, signer_folder=tmp_path / "signer")

    def alarms() -> list[bool]:
        """Return whether the page, the health check and the doctor say that sealing is behind."""
        page = client.get("/ledger").text
        health = client.get("/api/health").json()["sealing_warning"]
        looks = [look.text.zh for look in sealing_looks(settings, house.clock) if look.name == "sealing"]
        return ["账册封存已落后" in page, health is not None, any("账册封存已落后" in text for text in looks)]

    with client_of(house) as client:
        headers = {"Origin": "http://testserver"}
        client.post("/login", data={"login": "shen", "password": PASSWORD}, headers=headers)
        job()
        assert "没有待封存的记录" in client.get("/ledger").text
        first = minutes_of_sweeps(house, 17)
        assert "待封存的只有期限巡检的例行记录，最迟 15 分钟封存一次" in client.get("/ledger").text
        assert alarms() == [False] * 3
        house.clock.set(first + 2 * QUIET_EVERY)
        assert alarms() == [False] * 3
        house.clock.set(first + 2 * QUIET_EVERY + MINUTE)
        assert alarms() == [True] * 3
        job()
        assert alarms() == [False] * 3
        house.open("shi")
        house.clock.set(house.clock.now() + 16 * MINUTE)
        assert alarms() == [True] * 3
        assert "起的记录尚待封存" in client.get("/ledger").text
