"""Who was told what about a case, over HTTP and at a terminal: to those who work on it, without addresses."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from engine.case.identity import PersonId
from engine.service.notice_ports import Preference
from engine.service.notice_writes import AcknowledgeNotice, SetPreference
from runtime.jobs.handlers import tell_all
from tests.support.house import ROOT, House, client_of, open_house


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


def test_those_who_work_on_a_case_see_who_was_told_how_and_with_what_outcome(client: TestClient, house: House) -> None:
    house.desk.office.write(
        [SetPreference(Preference(root=ROOT, person=PersonId("shi"), channel="mail", address="shi@example.com"))]
    )
    case = house.filed("shi")
    tell_all(house.desk)
    inbox = client.get("/api/notices", headers=house.bearer("shi")).json()["notices"]
    signed = next(line for line in inbox if line["title"]["zh"] == "审查结果通知")
    now = house.clock.now()
    house.desk.office.write([AcknowledgeNotice(root=ROOT, person=PersonId("shi"), outbox=signed["id"], at=now)])

    answer = client.get(f"/api/cases/{case}/notices", headers=house.bearer("zhai"))
    assert answer.status_code == 200
    line = next(line for line in answer.json()["told"] if line["notice"] == signed["id"] and line["person"] == "shi")
    assert line["name"] == "石磊生"
    assert line["role"]["zh"] == "领衔提案人"
    assert line["title"] == {"zh": "审查结果通知", "en": signed["title"]["en"]}
    assert (line["state"], line["acting_for"]) == ("acknowledged", None)
    assert line["acknowledged_at"] == line["read_at"] == "2026-01-20T02:00:00.000000Z"
    (delivery,) = line["deliveries"]
    assert (delivery["channel"], delivery["channel_title"]["zh"]) == ("mail", "电子邮件")
    assert (delivery["state"], delivery["attempts"], delivery["reason"]) == ("queued", 0, None)
    assert "example.com" not in answer.text


def test_parties_are_not_told_who_was_told_and_others_not_that_there_is_a_case(
    client: TestClient, house: House
) -> None:
    case = house.filed("shi")
    tell_all(house.desk)
    party = client.get(f"/api/cases/{case}/notices", headers=house.bearer("shi"))
    assert (party.status_code, party.json()["code"]) == (403, "not_permitted")
    hidden = client.get(f"/api/cases/{case}/notices", headers=house.bearer("luo"))
    missing = client.get(f"/api/cases/{'0' * 32}/notices", headers=house.bearer("luo"))
    assert hidden.status_code == missing.status_code == 404
    assert hidden.json() == missing.json()
    assert client.get(f"/api/cases/{case}/notices").status_code == 401


def test_of_a_case_nobody_was_told_of_yet_that_is_said(client: TestClient, house: House) -> None:
    case = house.filed("shi")
    answer = client.get(f"/api/cases/{case}/notices", headers=house.bearer("zhai")).json()
    assert answer == {"case": case, "told": [], "set_aside": []}


def test_an_inbox_may_show_what_is_unread_only(client: TestClient, house: House) -> None:
    house.filed("shi")
    tell_all(house.desk)
    me = house.bearer("shi")
    whole = client.get("/api/notices", headers=me).json()
    first = whole["notices"][0]["id"]
    client.post("/api/notices/read", json={"notices": [first]}, headers={**me, "Idempotency-Key": "k"})
    unread = client.get("/api/notices?unread_only=true", headers=me).json()
    assert [line["id"] for line in unread["notices"]] == [line["id"] for line in whole["notices"]][1:]
    assert unread["unread"] == len(unread["notices"])
    assert client.get("/api/notices?unread_only=perhaps", headers=me).status_code == 422
