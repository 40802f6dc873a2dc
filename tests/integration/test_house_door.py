"""What the pages of administration are told of the running installation, and what they do to it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from engine.access.directory import Unit
from engine.case.identity import PersonId, RootId, UnitId
from engine.errors import DefinitionError, InputRefused, NotFound
from engine.service.jobs import JobState
from engine.service.plain import AddUnit
from engine.text import Text
from runtime.clock import SetClock
from runtime.house import RunningHouse
from runtime.jobs.leases import LeasedJobs
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.refusals import told

ROOT = RootId("works")
KEEPER = PersonId("shen")
PROPOSAL = Path(__file__).resolve().parents[2] / "workflows" / "proposal" / "v1.yaml"
NOTICE = """\
year: 2027
title: {zh: 关于2027年元旦放假的通知, en: New Year of 2027}
number: 试〔2026〕1号
issued_on: 2026-11-10
holidays:
  - {name: {zh: 元旦, en: New Year}, from: 2027-01-01, until: 2027-01-03}
make_up_days: [2027-01-09]
"""


@pytest.fixture
def house(any_database: str) -> Iterator[RunningHouse]:
    settings, clock = Settings(database_url=any_database), SetClock(datetime(2026, 11, 20, 2, tzinfo=UTC))
    with ExitStack() as closing:
        opened = closing.enter_context(desk_of(settings, clock=clock))
        opened.desk.office.write([AddUnit(top(ROOT))])
        jobs = LeasedJobs.open(settings.database_url, clock)
        closing.callback(jobs.close)
        yield RunningHouse(opened=opened, settings=settings, clock=clock, jobs=jobs)


def top(root: str) -> Unit:
    return Unit(root=RootId(root), id=UnitId(root), parent=None, code=root, title=Text("厂", "Works"))


def test_a_notice_that_was_only_looked_at_changes_nothing(house: RunningHouse) -> None:
    proposed = house.proposed(ROOT, NOTICE.encode())
    assert (proposed.year, proposed.change.settled, proposed.change.looked) == (2027, (2027,), 0)
    # By the week alone 2 and 3 January 2027 are a weekend: the 9th is worked because the notice says so.
    assert date(2027, 1, 9) in {day.on for day in proposed.change.days}
    assert 2027 not in {one.year for one in house.notices(ROOT)}
    assert house.jobs.counts().get(JobState.WAITING, 0) == 0


def test_a_notice_that_is_taken_in_counts_and_asks_for_a_sweep(house: RunningHouse) -> None:
    house.take_in(ROOT, NOTICE.encode(), KEEPER)
    kept = next(one for one in house.notices(ROOT) if one.year == 2027)
    assert kept.number == "试〔2026〕1号"
    assert kept.days_off == (date(2027, 1, 1), date(2027, 1, 2), date(2027, 1, 3))
    assert kept.make_up_days == (date(2027, 1, 9),)
    assert [job.kind for job in house.jobs.listed(JobState.WAITING)] == ["sweep"]
    reads = house.opened.desk.reads
    told = [entry.body for chain in reads.kept_ids(ROOT) for entry in reads.entries(ROOT, chain)]
    assert any(b"2027" in body and KEEPER.encode() in body for body in told)


def test_a_wrong_notice_is_refused_with_its_lines(house: RunningHouse) -> None:
    with pytest.raises(DefinitionError) as refused:
        house.proposed(ROOT, NOTICE.replace("2027-01-09", "2027-13-09").encode())
    assert [problem.line for problem in refused.value.problems] == [7]


def test_one_organisation_of_several_takes_in_nothing_for_the_others(house: RunningHouse) -> None:
    house.opened.desk.office.write([AddUnit(top("mill"))])
    refused = "本库有多个组织，放假通知对各组织都生效，请由系统管理员用 banjie calendar import 录入"
    with told(InputRefused, refused):
        house.take_in(ROOT, NOTICE.encode(), KEEPER)
    assert 2027 not in {one.year for one in house.notices(ROOT)}


def test_the_shipped_definition_is_sound_and_a_wrong_word_is_found_at_its_line(house: RunningHouse) -> None:
    text = PROPOSAL.read_text(encoding="utf-8")
    assert list(house.check_definition("proposal", text.encode())) == []
    lines = text.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("initial:"))
    lines[at] = "initial: nowhere"
    found = house.check_definition("proposal", "\n".join(lines).encode())
    assert at + 1 in {problem.line for problem in found}
    assert {problem.file for problem in found} == {"v1.yaml"}


def test_a_name_that_leaves_the_folder_stays_in_it(house: RunningHouse) -> None:
    found = house.check_definition("../../elsewhere", b"name: [")
    assert found
    assert not (house.settings.workflows.parent.parent / "elsewhere").exists()


def test_health_is_what_doctor_finds(house: RunningHouse) -> None:
    assert {"database", "calendar", "definitions", "clock"} <= {look.name for look in house.looks()}


def test_a_channel_that_is_not_configured_cannot_be_tried(house: RunningHouse) -> None:
    assert house.channels() == ()
    with pytest.raises(NotFound):
        house.try_channel("mail", "a@example.org", "zh")
