"""The inbox over HTTP, on both databases: one's own notices, read and signed for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from runtime.jobs.handlers import tell_all
from tests.support.house import House, client_of, open_house


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


def test_who_proposed_is_told_what_the_review_said_and_reads_and_signs_for_it(client: TestClient, house: House) -> None:
    case = house.filed("shi")
    assert tell_all(house.desk).done > 0
    me = house.bearer("shi")
    inbox = client.get("/api/notices", headers=me).json()
    filed = next(line for line in inbox["notices"] if line["title"]["zh"] == "审查结果通知")
    assert (filed["case"], filed["read"], filed["acknowledged"]) == (case, False, False)
    assert filed["number"] is not None
    unread = inbox["unread"]
    assert unread == len(inbox["notices"])

    headers = {**me, "Idempotency-Key": "read-1"}
    assert client.post("/api/notices/read", json={"notices": [filed["id"]]}, headers=headers).json() == {
        "unread": unread - 1
    }
    headers = {**me, "Idempotency-Key": "sign-1"}
    assert client.post("/api/notices/acknowledge", json={"notices": [filed["id"]]}, headers=headers).status_code == 200
    again = client.get("/api/notices", headers=me).json()
    line = next(line for line in again["notices"] if line["id"] == filed["id"])
    assert (line["read"], line["acknowledged"]) == (True, True)


def test_nobody_reads_or_signs_for_anothers_notices(client: TestClient, house: House) -> None:
    house.filed("shi")
    tell_all(house.desk)
    mine = client.get("/api/notices", headers=house.bearer("shi")).json()["notices"]
    others = client.get("/api/notices", headers=house.bearer("luo")).json()
    assert others == {"notices": [], "next": None, "unread": 0}
    stranger = {**house.bearer("luo"), "Idempotency-Key": "k"}
    client.post("/api/notices/read", json={"notices": [line["id"] for line in mine]}, headers=stranger)
    assert not any(line["read"] for line in client.get("/api/notices", headers=house.bearer("shi")).json()["notices"])
    assert client.get("/api/notices").status_code == 401


def test_the_inbox_comes_page_by_page(client: TestClient, house: House) -> None:
    for _number in range(3):
        house.filed("shi")
    tell_all(house.desk)
    me = house.bearer("shi")
    whole = client.get("/api/notices", headers=me).json()["notices"]
    seen, after = [], ""
    while True:
        page = client.get(f"/api/notices?limit=2{after}", headers=me).json()
        seen += [line["id"] for line in page["notices"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == [line["id"] for line in whole]
    assert len(seen) > 2


@pytest.mark.parametrize("body", [{}, {"notices": []}, {"notices": [1]}, {"notices": ["x"], "more": 1}])
def test_a_body_of_another_form_is_refused(client: TestClient, house: House, body: object) -> None:
    headers = {**house.bearer("shi"), "Idempotency-Key": "k"}
    assert client.post("/api/notices/read", json=body, headers=headers).status_code == 422
