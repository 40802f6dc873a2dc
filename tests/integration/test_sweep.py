"""The sweep on a real database: what is due is raised once, recorded, told, and verifiable."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine.case.commands import Command
from engine.case.identity import CaseId
from engine.errors import BanjieError, CommandFailed
from engine.ledger.streams import Swept
from engine.service.office import Answer, Office
from engine.service.sweep import LATE_AFTER, late_sweep, sweep
from engine.service.sweep_ports import LastSweep
from engine.service.verify import verify
from runtime.jobs.handlers import SWEEP, SWEEP_EVERY, sweep_all
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import JobFailed, Registry
from runtime.jobs.worker import Worker
from tests.support.house import ROOT, House, client_of, open_house

# Filed on Tuesday 20 January 2026; the review term of 15 working days began that day.
BEGIN = datetime(2026, 1, 20, 2, tzinfo=UTC)
FAR = datetime(2026, 7, 1, 2, tzinfo=UTC)


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, BEGIN) as house:
        yield house


def assigned(house: House) -> CaseId:
    """Return a proposal that a unit has been given to answer."""
    case = house.filed()
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    return case


def rungs(house: House, case: CaseId) -> dict[str, tuple[str, ...]]:
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    return {clock.name: clock.rungs for clock in found.clocks if clock.rungs}


def test_what_is_due_is_raised_once_and_the_sweep_says_what_it_looked_at(house: House) -> None:
    case = assigned(house)
    running = house.desk.reads.open_deadlines(ROOT)
    assert sweep(house.desk, ROOT).swept.raised == 0
    house.clock.set(FAR)
    first, again = sweep(house.desk, ROOT), sweep(house.desk, ROOT)
    assert (first.swept.open, first.swept.looked, first.swept.failed) == (running, running, 0)
    assert rungs(house, case)["reply"] == ("blue", "yellow", "red", "black")
    assert first.swept.raised == sum(
        len(names)
        for each in house.desk.reads.kept_ids(ROOT)
        if "system" not in each
        for names in rungs(house, each).values()
    )
    assert again.swept.raised == 0


def test_every_rung_is_an_entry_of_the_engine_and_everything_verifies(house: House) -> None:
    assigned(house)
    house.clock.set(FAR)
    sweep(house.desk, ROOT)
    found = verify(house.desk.reads, house.desk.world(ROOT).rules, ROOT, house.desk.sealer)
    assert found.findings == ()
    assert found.cases == 2  # the proposal and the unit's part; the stream of the day is no case


def test_two_sweeps_at_once_raise_nothing_twice(house: House) -> None:
    cases = [assigned(house) for _ in range(6)]
    house.clock.set(FAR)
    sweeping = [threading.Thread(target=sweep, args=(house.desk, ROOT), kwargs={"slot": slot}) for slot in (0, 1)]
    for thread in sweeping:
        thread.start()
    for thread in sweeping:
        thread.join(30)
    for case in cases:
        raised = [name for names in rungs(house, case).values() for name in names]
        assert rungs(house, case)["reply"] == ("blue", "yellow", "red", "black")
        told = [entry for entry in house.desk.reads.entries(ROOT, case) if b'"rungs":[["' in entry.body]
        assert len(told) == 1, raised


class FailingFor:
    """An office that fails for one case and hands everything else on."""

    def __init__(self, office: Office, case: CaseId) -> None:
        self._office = office
        self._case = case
        self.now = office.now
        self.write = office.write
        self.ask = office.ask
        self.revision = office.revision

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]:
        answers: list[Answer] = []
        for command in commands:
            failing = getattr(command, "case", None) == self._case
            refusal: BanjieError = CommandFailed("00000000")
            answers += [refusal] if failing else self._office.carry_out([command])
        return answers


def test_a_case_that_fails_is_set_aside_and_the_others_are_tended(house: House) -> None:
    failing, other = assigned(house), assigned(house)
    house.clock.set(FAR)
    desk = replace(house.desk, office=FailingFor(house.desk.office, failing))
    report = sweep(desk, ROOT)
    assert [aside.case for aside in report.set_aside] == [failing]
    assert (report.swept.failed, report.swept.looked) == (1, report.swept.open - 1)
    assert rungs(house, failing) == {}
    assert rungs(house, other)["reply"] == ("blue", "yellow", "red", "black")
    assert sweep(house.desk, ROOT).swept.failed == 0
    assert rungs(house, failing)["reply"] == ("blue", "yellow", "red", "black")


def test_health_and_front_page_say_when_nobody_watches(house: House) -> None:
    with client_of(house) as client:
        assert "从未巡检" in client.get("/api/health").json()["sweep_warning"]["zh"]
        sweep(house.desk, ROOT)
        assert client.get("/api/health").json()["sweep_warning"] is None
        house.clock.set(BEGIN + timedelta(minutes=16))
        assert "16 分钟" in client.get("/api/health").json()["sweep_warning"]["zh"]
        page = client.get("/", headers=house.bearer("zhai"))
        assert "期限巡检已中断" in page.text


@pytest.mark.parametrize(("minutes", "late"), [(0, False), (15, False), (16, True)])
def test_a_sweep_is_late_after_a_quarter_of_an_hour(minutes: int, *, late: bool) -> None:
    last = LastSweep(BEGIN, Swept(calendar="", open=0, looked=0, raised=0, failed=0))
    assert timedelta(minutes=15) == LATE_AFTER
    assert (late_sweep(last, BEGIN + timedelta(minutes=minutes)) is not None) is late


def test_a_worker_sweeps_every_minute_by_itself(any_database: str, house: House) -> None:
    case = assigned(house)
    jobs = LeasedJobs.open(any_database, house.clock)
    registry = Registry(handlers={SWEEP: lambda _subject: sweep_all(house.desk)}, intervals={SWEEP: SWEEP_EVERY})
    worker = Worker(jobs, registry, house.clock)
    house.clock.set(FAR)
    assert worker.run_due() == 1
    assert rungs(house, case)["reply"] == ("blue", "yellow", "red", "black")
    assert worker.run_due() == 0
    house.clock.set(FAR + SWEEP_EVERY)
    assert worker.run_due() == 1
    swept = house.desk.reads.last_sweep(ROOT)
    assert swept is not None
    assert swept.at == FAR + SWEEP_EVERY
    jobs.close()


def test_a_sweep_that_set_a_case_aside_is_a_failed_job_and_the_next_one_succeeds(house: House) -> None:
    failing = assigned(house)
    house.clock.set(FAR)
    with pytest.raises(JobFailed, match="1 cases set aside"):
        sweep_all(replace(house.desk, office=FailingFor(house.desk.office, failing)))
    assert sweep_all(house.desk).done == 4
