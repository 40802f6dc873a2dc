"""Figures of many cases are counted by a job and kept: the page waits for the first ones, shows older ones meanwhile,
and keeps those of the past. Few cases are counted at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.access.readers import principals_of
from engine.case.identity import PersonId
from engine.service import figures as service
from engine.service.asked_counts import keep_asked
from engine.service.figures import Asked, FigureDesk, published_at
from engine.service.jobs import Job
from engine.service.kept_answers import JOB
from runtime.jobs.leases import LeasedJobs
from tests.support.house import ROOT, House, client_of, open_house

BEGUN = datetime(2026, 1, 20, 2, tzinfo=UTC)


@pytest.fixture
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every workflow with a case have too many to count at once."""
    monkeypatch.setattr(service, "LIVE_CASES_MAX", 0)
    monkeypatch.setattr("engine.storage.sight.FEW", 0)


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, BEGUN) as made:
        made.filed()
        yield made


@pytest.fixture
def jobs(house: House, tmp_path: Path) -> Iterator[LeasedJobs]:
    made = LeasedJobs.open(f"sqlite:///{tmp_path}/jobs.db", house.clock)
    yield made
    made.close()


@pytest.fixture
def zhai(house: House, jobs: LeasedJobs) -> Iterator[TestClient]:
    with client_of(house, jobs) as client:
        client.cookies.set("banjie", house.token("zhai"))
        yield client


def asked_for(jobs: LeasedJobs) -> list[Job]:
    return [job for job in jobs.listed() if job.kind == JOB]


def counted(house: House, jobs: LeasedJobs) -> None:
    """Do what the worker does with the jobs that wait."""
    for job in asked_for(jobs):
        root, _space, id_ = job.subject.rpartition(" ")
        assert root == ROOT
        assert keep_asked(house.desk, ROOT, id_)


@pytest.mark.usefixtures("many")
def test_a_page_waits_until_the_job_has_counted_and_shows_what_it_kept(
    house: House, jobs: LeasedJobs, zhai: TestClient
) -> None:
    waiting = zhai.get("/figures/proposal")
    assert "正在统计" in waiting.text
    assert waiting.headers["refresh"] == "4"
    zhai.get("/figures/proposal")
    assert len(asked_for(jobs)) == 1
    counted(house, jobs)
    shown = zhai.get("/figures/proposal")
    assert "refresh" not in shown.headers
    assert "共 1 件" in shown.text
    assert "100.0%" in shown.text


@pytest.mark.usefixtures("many")
def test_figures_of_now_are_shown_old_while_new_ones_are_counted(
    house: House, jobs: LeasedJobs, zhai: TestClient
) -> None:
    zhai.get("/figures/proposal")
    counted(house, jobs)
    house.filed("zhai")
    house.clock.set(BEGUN + timedelta(minutes=4))
    fresh = zhai.get("/figures/proposal").text
    assert "共 1 件" in fresh
    assert "正在后台更新" not in fresh
    house.clock.set(BEGUN + timedelta(minutes=6))
    old = zhai.get("/figures/proposal").text
    assert "共 1 件" in old
    assert "正在后台更新；下面是截至 2026年1月20日（周二） 10:00 的数字" in old
    counted(house, jobs)
    assert "共 2 件" in zhai.get("/figures/proposal").text


@pytest.mark.usefixtures("many")
def test_figures_of_the_past_are_counted_once_and_of_today_again(
    house: House, jobs: LeasedJobs, zhai: TestClient
) -> None:
    house.clock.set(BEGUN + timedelta(days=3))
    for day in ("2026-01-21", "2026-01-23"):
        zhai.get(f"/figures/proposal?as_of={day}")
    counted(house, jobs)
    house.clock.set(BEGUN + timedelta(days=3, hours=1))
    assert "正在后台更新" not in zhai.get("/figures/proposal?as_of=2026-01-21").text
    # The end of today had not come when it was counted.
    assert "正在后台更新" in zhai.get("/figures/proposal?as_of=2026-01-23").text


@pytest.mark.usefixtures("many")
def test_what_one_may_see_is_kept_for_whoever_sees_the_same_and_nobody_else(
    house: House, jobs: LeasedJobs, zhai: TestClient
) -> None:
    zhai.get("/figures/proposal?audience=mine")
    counted(house, jobs)
    assert "共 1 件" in zhai.get("/figures/proposal?audience=mine").text
    with client_of(house, jobs) as other:
        other.cookies.set("banjie", house.token("shi"))
        assert "正在统计" in other.get("/figures/proposal?audience=mine").text
        counted(house, jobs)
        assert "共 1 件" in other.get("/figures/proposal?audience=mine").text
        # Who sees nothing is told so at once, whatever others have had counted.
        other.cookies.set("banjie", house.token("luo"))
        assert "共 0 件" in other.get("/figures/proposal?audience=mine").text


@pytest.mark.usefixtures("many")
def test_the_cases_behind_a_number_are_looked_for_by_a_job_and_shown_to_who_may_see_them(
    house: House, jobs: LeasedJobs, zhai: TestClient
) -> None:
    address = "/figures/proposal/cases?number=filing_rate.numerator"
    assert "正在统计" in zhai.get(address).text
    counted(house, jobs)
    assert "关于改善夜班食堂供餐的提案" in zhai.get(address).text


@pytest.mark.usefixtures("many")
def test_the_api_says_that_it_is_counting_and_when_to_ask_again(house: House, jobs: LeasedJobs) -> None:
    with client_of(house, jobs) as client:
        answer = client.get("/api/figures/proposal", headers=house.bearer("shen"))
        assert (answer.status_code, answer.headers["retry-after"]) == (202, "5")
        assert answer.json() == {"workflow": "proposal", "counting": True}
        counted(house, jobs)
        assert client.get("/api/figures/proposal", headers=house.bearer("shen")).json()["scope"]["cases"] == 1


@pytest.mark.usefixtures("many")
def test_a_file_waits_on_the_page_and_the_overview_shows_what_is_there(
    house: House, jobs: LeasedJobs, zhai: TestClient
) -> None:
    answer = zhai.get("/figures/proposal/trend.csv?period=2026")
    assert (answer.status_code, answer.headers["location"]) == (303, "/figures/proposal?period=2026")
    overview = zhai.get("/figures")
    assert "正在统计" in overview.text
    assert overview.headers["refresh"] == "4"
    counted(house, jobs)
    assert "正在统计" not in zhai.get("/figures").text


@pytest.mark.usefixtures("many")
def test_a_moved_unit_and_another_choice_are_asked_for_anew(house: House, jobs: LeasedJobs, zhai: TestClient) -> None:
    for choice in ("", "?unit=works", "?period=2026", "?period=s:s6m3", "?unit=works&period=2026-01"):
        zhai.get(f"/figures/proposal{choice}")
    assert len(asked_for(jobs)) == 5


def test_few_cases_are_counted_at_once(jobs: LeasedJobs, zhai: TestClient) -> None:
    assert "共 1 件" in zhai.get("/figures/proposal").text
    assert asked_for(jobs) == []


def test_a_job_for_what_nobody_asked_does_nothing(house: House) -> None:
    assert not keep_asked(house.desk, ROOT, "nothing")


def test_what_is_kept_goes_when_its_time_is_over(house: House, jobs: LeasedJobs, many: None) -> None:
    desk = house.desk
    actor = desk.queries.actor(ROOT, PersonId("shen"), house.clock.now())
    assert principals_of(actor)

    def ask(at: datetime) -> None:
        FigureDesk(desk, jobs, ROOT, actor, desk.world(ROOT)).figures(Asked(workflow="proposal", at=at))

    ask(BEGUN - timedelta(days=1))
    (first,) = asked_for(jobs)
    counted(house, jobs)
    id_ = first.subject.rpartition(" ")[2]
    house.clock.set(BEGUN + timedelta(days=29))
    ask(BEGUN - timedelta(days=2))
    counted(house, jobs)
    assert desk.reads.figures_kept(ROOT, id_) is not None
    house.clock.set(BEGUN + timedelta(days=62))
    ask(BEGUN - timedelta(days=3))
    keep_asked(desk, ROOT, asked_for(jobs)[0].subject.rpartition(" ")[2])
    kept = [job for job in asked_for(jobs) if desk.reads.figures_kept(ROOT, job.subject.rpartition(" ")[2])]
    assert first.subject not in {job.subject for job in kept}


@pytest.mark.parametrize(
    ("at", "published"),
    [
        (datetime(2026, 3, 31, 16, tzinfo=UTC), "2026-04-01T00:00:00+08:00"),  # the end itself
        (datetime(2026, 3, 31, 15, 59, tzinfo=UTC), "2026-03-01T00:00:00+08:00"),
        (datetime(2026, 1, 5, tzinfo=UTC), "2026-01-01T00:00:00+08:00"),
        (datetime(2026, 12, 31, 20, tzinfo=UTC), "2027-01-01T00:00:00+08:00"),
    ],
)
def test_confidential_kinds_are_published_as_of_the_end_of_a_month(at: datetime, published: str) -> None:
    assert published_at(at).isoformat() == published


def test_figures_of_a_unit_with_few_cases_are_counted_at_once_as_of_any_instant(
    house: House, jobs: LeasedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LIVE_CASES_MAX", 1)
    monkeypatch.setattr("engine.storage.sight.FEW", 0)
    given, moved = house.filed(), BEGUN + timedelta(days=2)
    house.fire("zhai", given, "assign", {"lead": "logistics"})
    house.clock.set(moved)
    house.fire("zhai", given, "reassign", {"lead": "safety", "reassignment_reason": "职责调整"})
    house.clock.set(moved + timedelta(days=3))

    desk = house.desk
    actor = desk.queries.actor(ROOT, PersonId("shen"), house.clock.now())

    def counted_of(unit: str, at: datetime) -> int | None:
        """Return how many cases a unit has, None while a job counts."""
        asked = Asked(workflow="proposal", at=at, unit=unit)
        told = FigureDesk(desk, jobs, ROOT, actor, desk.world(ROOT)).figures(asked)
        if told.survey is None or told.section is None:
            return None
        return told.survey.number(told.section, "cases")

    # Two cases are too many to wait for; each of the two units ever had one.
    before, after = moved - timedelta(hours=1), moved + timedelta(hours=1)
    assert counted_of("works", after) is None
    assert [counted_of(unit, before) for unit in ("logistics", "safety")] == [1, 0]
    assert [counted_of(unit, after) for unit in ("logistics", "safety")] == [0, 1]
    assert len(asked_for(jobs)) == 1
