"""Two people erase on a case, each logged in: one asks, another approves; nobody does both, and nobody else does it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.access.passwords import secret_hash
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.account_writes import OpenLogin
from engine.service.plain import AddGrant, RemoveGrant
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.keys import fields_shown, verified

PHONE = "13988770055"
WANTED = {"paths": ["fields/proposer_phone", "people/P1"], "basis": "consent"}


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as made:
        yield made


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as made:
        yield made


@pytest.fixture
def case(house: House) -> CaseId:
    opened = house.open("shi", {"proposer_type": "delegation", "proposer_phone": PHONE})
    house.fire("shi", opened, "submit")
    house.fire("shi", opened, "withdraw")
    return opened


def session(house: House, login: str) -> dict[str, str]:
    """Return the headers of somebody who has just logged in."""
    secret, now = f"session-of-{login}-{os.urandom(4).hex()}", house.clock.now()
    house.desk.office.write(
        [
            OpenLogin(
                token_hash=secret_hash(secret),
                root=ROOT,
                person=PersonId(login),
                kind="login",
                title="",
                at=now,
                expires_at=now + timedelta(days=1),
            )
        ]
    )
    return {"Cookie": f"banjie={secret}", "Sec-Fetch-Site": "same-origin"}


def post(
    client: TestClient, house: House, login: str, address: str, body: Mapping[str, object], key: str = ""
) -> Response:
    headers = {**session(house, login), "Idempotency-Key": key or os.urandom(8).hex()}
    return client.post(f"/api/cases/{address}", headers=headers, json=body)


def listed(client: TestClient, house: House, login: str, case: CaseId) -> Mapping[str, object]:
    answer = client.get(f"/api/cases/{case}/erasures", headers=house.bearer(login))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def requested(client: TestClient, house: House, case: CaseId) -> str:
    asked = post(client, house, "shen", f"{case}/erasures", WANTED)
    assert asked.status_code == 201, asked.text
    (request,) = client.get(f"/api/cases/{case}/erasures", headers=house.bearer("zhai")).json()["requests"]
    assert (request["name"], request["paths"], request["may_approve"]) == ("沈若棠", WANTED["paths"], True)
    return str(request["id"])


def test_one_asks_and_another_approves_and_the_ledger_says_both(client: TestClient, house: House, case: CaseId) -> None:
    request = requested(client, house, case)
    assert fields_shown(house, case)["proposer_phone"] == PHONE, "nothing is erased by asking"
    approved = post(client, house, "zhai", f"{case}/erasures/{request}/approval", {}, key="one")
    assert approved.status_code == 200, approved.text
    shown = fields_shown(house, case, "shen")
    assert "proposer_phone" not in shown
    assert "grounds" in shown
    body = house.desk.reads.entries(ROOT, case)[-1].body.decode()
    assert re.search(r'"actor":"P2".*"approver":"P3","approver_role":"committee_director"', body)
    again = post(client, house, "zhai", f"{case}/erasures/{request}/approval", {}, key="one")
    assert (again.status_code, again.json()["seq"]) == (200, approved.json()["seq"])
    assert listed(client, house, "zhai", case)["requests"] == []
    assert {str(finding.rule) for finding in verified(house)} <= {"V3"}, "the keys go next"


def test_a_program_neither_asks_nor_approves(client: TestClient, house: House, case: CaseId) -> None:
    request = requested(client, house, case)
    for address, body in ((f"{case}/erasures", WANTED), (f"{case}/erasures/{request}/approval", {})):
        headers = {**house.bearer("zhai"), "Idempotency-Key": "program"}
        assert client.post(f"/api/cases/{address}", headers=headers, json=body).status_code == 403
    assert fields_shown(house, case)["proposer_phone"] == PHONE


def test_nobody_approves_what_they_have_asked_for(client: TestClient, house: House, case: CaseId) -> None:
    request = requested(client, house, case)
    assert post(client, house, "shen", f"{case}/erasures/{request}/approval", {}).status_code == 403
    assert fields_shown(house, case)["proposer_phone"] == PHONE


@pytest.mark.parametrize("login", ["shi", "wen", "luo"])
def test_others_neither_see_nor_ask_nor_approve(client: TestClient, house: House, case: CaseId, login: str) -> None:
    request = requested(client, house, case)
    expected = 403 if login == "shi" else 404
    assert client.get(f"/api/cases/{case}/erasures", headers=house.bearer(login)).status_code == expected
    assert post(client, house, login, f"{case}/erasures", WANTED).status_code == expected
    assert post(client, house, login, f"{case}/erasures/{request}/approval", {}).status_code == expected
    assert fields_shown(house, case)["proposer_phone"] == PHONE


def test_who_lost_the_right_since_asking_erases_nothing(client: TestClient, house: House, case: CaseId) -> None:
    request = requested(client, house, case)
    grant = GrantRow(root=ROOT, person=PersonId("shen"), role="union_office", unit=UnitId("works"))
    house.desk.office.write([RemoveGrant(grant)])
    refused = post(client, house, "zhai", f"{case}/erasures/{request}/approval", {})
    assert refused.status_code in (403, 404)
    assert fields_shown(house, case)["proposer_phone"] == PHONE


def test_a_request_is_over_after_two_weeks(client: TestClient, house: House, case: CaseId) -> None:
    request = requested(client, house, case)
    house.clock.set(house.clock.now() + timedelta(days=14, seconds=1))
    assert listed(client, house, "zhai", case)["requests"] == []
    assert post(client, house, "zhai", f"{case}/erasures/{request}/approval", {}).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"paths": [], "basis": "consent"}, 422),
        ({"paths": ["fields/subject"], "basis": "consent"}, 422),
        ({"paths": ["fields/../x"], "basis": "consent"}, 422),
        ({"paths": ["fields/proposer_phone"], "basis": "restored"}, 422),
        ({"paths": ["fields/proposer_phone"], "basis": "because"}, 422),
        ({"paths": "fields/proposer_phone", "basis": "consent"}, 422),
        ({"basis": "consent"}, 422),
    ],
)
def test_what_cannot_be_asked_for_is_refused(
    client: TestClient, house: House, case: CaseId, body: dict[str, object], status: int
) -> None:
    entries = house.desk.reads.count_entries(ROOT)
    assert post(client, house, "shen", f"{case}/erasures", body).status_code == status
    assert house.desk.reads.count_entries(ROOT) == entries


def test_a_held_case_gives_nothing_away(client: TestClient, house: House, case: CaseId) -> None:
    request = requested(client, house, case)
    house.desk.office.write(
        [AddGrant(GrantRow(root=ROOT, person=PersonId("luo"), role="supervisor", unit=UnitId("works")))]
    )
    house.fire("luo", case, "place_hold", {"hold_reason": "审计。"})
    assert listed(client, house, "zhai", case)["held"] is not None
    assert post(client, house, "zhai", f"{case}/erasures/{request}/approval", {}).status_code == 409
    assert post(client, house, "shen", f"{case}/erasures", WANTED).status_code == 409


def test_the_pages_lead_two_people_through_it(house: House, case: CaseId) -> None:
    with client_of(house) as asker, client_of(house) as approver, client_of(house) as other:
        for client, login in ((asker, "shen"), (approver, "zhai"), (other, "shi")):
            client.headers.update(session(house, login))
        assert f"/cases/{case}/erasure" in asker.get(f"/cases/{case}").text
        assert f"/cases/{case}/erasure" not in other.get(f"/cases/{case}").text
        page = asker.get(f"/cases/{case}/erasure").text
        assert 'value="fields/proposer_phone"' in page
        assert PHONE not in page
        empty = asker.post(f"/cases/{case}/erasure/ask", data={"basis": "consent"})
        assert (empty.status_code, "请选择要删除的内容" in empty.text) == (422, True)
        asked = asker.post(f"/cases/{case}/erasure/ask", data={"path": "fields/proposer_phone", "basis": "law"})
        assert asked.status_code == 303
        assert "须由另一位有权人员批准" in asker.get(f"/cases/{case}/erasure").text
        page = approver.get(f"/cases/{case}/erasure").text
        assert "沈若棠" in page
        (address,) = set(re.findall(r'action="(/cases/[^"]+/approve)"', page))
        from_elsewhere = approver.post(
            address, data={"sure": "yes"}, headers={"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}
        )
        assert from_elsewhere.status_code in (400, 403)
        unsure = approver.post(address, data={"sure": "no"})
        assert "请先勾选确认" in unsure.text
        assert fields_shown(house, case)["proposer_phone"] == PHONE
        assert approver.post(address, data={"sure": "yes"}).status_code == 303
        assert "proposer_phone" not in fields_shown(house, case)
        assert "没有待批准的申请" in approver.get(f"/cases/{case}/erasure").text
