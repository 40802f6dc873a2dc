"""Background jobs over HTTP, on both databases: for the office at the top, and for nobody else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from engine.service.jobs import JobState
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import JobFailed, Registry, Report
from runtime.jobs.worker import Worker
from tests.support.house import House, client_of, open_house


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def jobs(any_database: str, house: House) -> Iterator[LeasedJobs]:
    """Number 1 has failed, 2 has delivered seven, 3 waits."""
    opened = LeasedJobs.open(any_database, house.clock)

    def deliver(subject: str) -> Report:
        if subject == "wecom":
            raise JobFailed("errcode 93000", permanent=True)
        return Report(done=7)

    opened.schedule("deliver", "wecom")
    opened.schedule("deliver", "mail")
    Worker(opened, Registry(handlers={"deliver": deliver}), house.clock).run_due()
    opened.schedule("sweep")
    yield opened
    opened.close()


@pytest.fixture
def client(house: House, jobs: LeasedJobs) -> Iterator[TestClient]:
    with client_of(house, jobs) as client:
        yield client


def test_the_office_sees_what_failed_and_why_first(client: TestClient, house: House) -> None:
    answer = client.get("/api/jobs", headers=house.bearer("shen")).json()
    assert answer["counts"] == {"waiting": 1, "running": 0, "failed": 1, "done": 1, "cancelled": 0}
    assert [(job["number"], job["state"], job["reason"], job["done"]) for job in answer["jobs"]] == [
        (1, "failed", "errcode 93000", 0),
        (3, "waiting", None, 0),
        (2, "done", None, 7),
    ]
    failed = client.get("/api/jobs?state=failed&limit=1", headers=house.bearer("shen")).json()["jobs"]
    assert [job["number"] for job in failed] == [1]


def test_a_failed_job_is_run_again(client: TestClient, house: House, jobs: LeasedJobs) -> None:
    headers = {**house.bearer("shen"), "Idempotency-Key": "again"}
    assert client.post("/api/jobs/1/run", headers=headers).json() == {"number": 1, "state": "waiting"}
    assert {int(job.number): job.state for job in jobs.listed()}[1] is JobState.WAITING
    assert jobs.counts().get(JobState.FAILED, 0) == 0


@pytest.mark.parametrize("login", ["zhai", "shi", "lai", "luo"])
def test_nobody_else_sees_or_runs_them(client: TestClient, house: House, jobs: LeasedJobs, login: str) -> None:
    headers = {**house.bearer(login), "Idempotency-Key": "k"}
    for answer in (client.get("/api/jobs", headers=headers), client.post("/api/jobs/1/run", headers=headers)):
        assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")
        assert "93000" not in answer.text
    assert jobs.counts()[JobState.FAILED] == 1


def test_strangers_see_nothing(client: TestClient) -> None:
    assert client.get("/api/jobs").status_code == 401
    assert client.post("/api/jobs/1/run", headers={"Idempotency-Key": "k"}).status_code == 401


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/jobs?state=lost", 422),
        ("/api/jobs?state=" + "x" * 21, 422),
        ("/api/jobs?limit=0", 422),
        ("/api/jobs?limit=201", 422),
        ("/api/jobs?limit=x", 422),
    ],
)
def test_a_wrong_question_is_refused(client: TestClient, house: House, path: str, status: int) -> None:
    assert client.get(path, headers=house.bearer("shen")).status_code == status


@pytest.mark.parametrize(
    ("number", "status"), [("99", 404), ("0", 422), ("-1", 422), ("x", 422), ("9" * 40, 422), ("1.5", 422)]
)
def test_a_number_that_is_no_job_is_refused(client: TestClient, house: House, number: str, status: int) -> None:
    headers = {**house.bearer("shen"), "Idempotency-Key": "k"}
    assert client.post(f"/api/jobs/{number}/run", headers=headers).status_code == status


def test_running_one_needs_a_key(client: TestClient, house: House) -> None:
    answer = client.post("/api/jobs/1/run", headers=house.bearer("shen"))
    assert (answer.status_code, answer.json()["code"]) == (400, "key_required")


def test_a_service_without_jobs_says_so(house: House) -> None:
    with client_of(house) as client:
        assert client.get("/api/jobs", headers=house.bearer("shen")).status_code == 404
