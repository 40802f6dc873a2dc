"""What really happened to very many cases is counted by a job, over all of them, and kept for who sees the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import GrantRow
from engine.case.identity import PersonId, UnitId
from engine.service import process_map
from engine.service.asked_counts import keep_asked
from engine.service.kept_answers import JOB
from engine.service.logins import AccountRules
from engine.service.plain import AddGrant
from runtime.jobs.leases import LeasedJobs
from tests.support.accounts import STAFF, log_in
from tests.support.house import ROOT, House, open_house
from web.app import create_site

BEGUN = datetime(2026, 1, 20, 2, tzinfo=UTC)


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, BEGUN) as made:
        for login, unit in (("luo", "works"), ("shen", "works"), ("jiao", "safety")):
            grant = GrantRow(root=ROOT, person=PersonId(login), role="auditor", unit=UnitId(unit))
            made.desk.office.write([AddGrant(grant)])
        made.filed()
        made.open("shi")
        yield made


@pytest.fixture
def jobs(house: House, tmp_path: Path) -> Iterator[LeasedJobs]:
    made = LeasedJobs.open(f"sqlite:///{tmp_path}/jobs.db", house.clock)
    yield made
    made.close()


@pytest.fixture
def luo(house: House, jobs: LeasedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """An auditor of the house, in which every workflow has too many cases to count while somebody waits."""
    monkeypatch.setattr(process_map, "LIVE_CASES_MAX", 0)
    monkeypatch.setattr("engine.storage.sight.FEW", -1)
    with visiting(house, jobs) as client:
        log_in(client, "luo")
        yield client


@contextmanager
def visiting(house: House, jobs: LeasedJobs | None) -> Iterator[TestClient]:
    """Visit the site as a browser, with or without jobs beside it."""
    settings = ApiSettings(version="0", database="test", accounts=AccountRules(staff=STAFF, second_factor=False))
    with TestClient(create_site(house.desk, settings, jobs), follow_redirects=False) as client:
        yield client


def do_counting(house: House, jobs: LeasedJobs) -> None:
    """Do what the worker does with the jobs that wait."""
    for job in jobs.listed():
        assert job.kind == JOB
        assert keep_asked(house.desk, ROOT, job.subject.rpartition(" ")[2])


def test_the_page_waits_for_the_job_and_shows_all_cases_with_the_instant(
    house: House, jobs: LeasedJobs, luo: TestClient
) -> None:
    waiting = luo.get("/audit/process?since=2026-01-01")
    assert "正在统计" in waiting.text
    assert waiting.headers["refresh"] == "4"
    assert '<a class="button" href="/audit/process?since=2026-01-01">' in waiting.text
    file = luo.get("/audit/process.csv?since=2026-01-01")
    assert (file.status_code, file.headers["location"]) == (303, "/audit/process?since=2026-01-01")
    do_counting(house, jobs)
    shown = luo.get("/audit/process?since=2026-01-01")
    assert "refresh" not in shown.headers
    assert "2件，截至 2026年1月20日（周二） 10:00" in shown.text
    assert "草稿 → 已提交 → 审查中 → 已立案" in shown.text
    assert "审查中,已立案,1,1,0" in luo.get("/audit/process.csv?since=2026-01-01").text


def test_an_old_picture_is_shown_with_its_instant_while_a_new_one_is_counted(
    house: House, jobs: LeasedJobs, luo: TestClient
) -> None:
    luo.get("/audit/process")
    do_counting(house, jobs)
    house.open("shi")
    house.clock.set(BEGUN + timedelta(minutes=29))
    assert "正在后台重新统计" not in luo.get("/audit/process").text
    house.clock.set(BEGUN + timedelta(minutes=31))
    old = luo.get("/audit/process").text
    assert "2件，截至 2026年1月20日（周二） 10:00" in old
    assert "正在后台重新统计，下面截至 2026年1月20日（周二） 10:00；过一会儿刷新即可。" in old
    do_counting(house, jobs)
    assert "3件，截至 2026年1月20日（周二） 10:31" in luo.get("/audit/process").text


def test_each_choice_is_counted_by_itself_and_nobody_is_shown_what_others_see(
    house: House, jobs: LeasedJobs, luo: TestClient
) -> None:
    for choice in ("", "?unit=logistics", "?session=none", "?until=2026-01-19"):
        luo.get(f"/audit/process{choice}")
    assert len(list(jobs.listed())) == 4
    do_counting(house, jobs)
    assert "没有符合条件的事项" in luo.get("/audit/process?unit=logistics").text
    assert "没有符合条件的事项" in luo.get("/audit/process?until=2026-01-19").text
    luo.cookies.clear()
    log_in(luo, "jiao")
    assert "正在统计" in luo.get("/audit/process").text
    do_counting(house, jobs)
    assert "0件，截至" in luo.get("/audit/process").text
    assert "2件" not in luo.get("/audit/process").text


def test_where_no_jobs_run_only_the_newest_cases_are_looked_at(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_map, "SPANS_MAX", 2)
    for day in (1, 2):
        house.clock.set(BEGUN + timedelta(days=day))
        house.open("shi")
    with visiting(house, None) as client:
        log_in(client, "luo")
        shown = client.get("/audit/process").text
    # The newest two are drafts, of one state each; there is no room for more.
    assert "2件，截至" in shown
    assert "符合条件的事项太多：只算了最近登记的2件（自2026年1月21日（周三）起）。请缩小范围。" in shown
