"""Opening cases and making moves over HTTP, on both databases: answers after the commit, once per key."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import JsonValue
from starlette.testclient import TestClient

from engine.case.identity import CaseId
from tests.support.house import PROPOSAL, ROOT, SESSION, House, client_of, open_house


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


def a_proposal(**changes: JsonValue) -> dict[str, JsonValue]:
    return {"workflow": "proposal", "unit": ROOT, "congress_session": SESSION, "form": {**PROPOSAL, **changes}}


def test_a_proposal_is_opened_submitted_and_stands_in_list_and_timeline(client: TestClient, house: House) -> None:
    delegate = house.bearer("shi")
    opened = client.post(
        "/api/cases", json=a_proposal(proposer_type="delegation"), headers={**delegate, "Idempotency-Key": "open-1"}
    )
    assert opened.status_code == 201
    case = opened.json()["case"]
    assert opened.headers["location"] == f"/api/cases/{case}"
    fired = client.post(
        f"/api/cases/{case}/transitions",
        json={"transition": "submit", "expected_version": 1},
        headers={**delegate, "Idempotency-Key": "submit-1"},
    )
    assert fired.status_code == 200
    assert (fired.json()["case"], fired.json()["seq"], fired.json()["repeated"]) == (case, 2, False)
    seen = client.get(f"/api/cases/{case}", headers=delegate).json()
    assert (seen["state"]["id"], seen["hash"], seen["version"]) == ("submitted", fired.json()["hash"], 2)
    assert seen["fields"]["grounds"] == PROPOSAL["grounds"]
    assert [line["id"] for line in client.get("/api/cases?state=submitted", headers=delegate).json()["cases"]] == [case]
    entries = client.get(f"/api/cases/{case}/timeline", headers=delegate).json()["entries"]
    assert [(entry["transition"], entry["who"], entry["role"]) for entry in entries] == [
        (None, "石磊生", "delegate"),
        ("submit", "石磊生", "proposer"),
    ]


def test_the_same_key_does_a_thing_once_and_another_body_under_it_is_refused(client: TestClient, house: House) -> None:
    headers = {**house.bearer("shi"), "Idempotency-Key": "once"}
    first = client.post("/api/cases", json=a_proposal(), headers=headers)
    again = client.post("/api/cases", json=a_proposal(), headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == {**first.json(), "repeated": True}
    other = client.post("/api/cases", json=a_proposal(subject="另一件事"), headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert len(client.get("/api/cases", headers=house.bearer("shi")).json()["cases"]) == 1


def test_a_key_belongs_to_who_used_it(client: TestClient, house: House) -> None:
    key = {"Idempotency-Key": "shared"}
    assert client.post("/api/cases", json=a_proposal(), headers={**house.bearer("shi"), **key}).status_code == 201
    assert client.post("/api/cases", json=a_proposal(), headers={**house.bearer("zhai"), **key}).status_code == 201


def test_without_a_usable_key_nothing_is_written(client: TestClient, house: House) -> None:
    for key in (None, b"", b"x" * 201, b"with space", "café".encode("latin-1")):
        headers = [(b"Authorization", house.bearer("shi")["Authorization"].encode())]
        headers += [] if key is None else [(b"Idempotency-Key", key)]
        answer = client.post("/api/cases", json=a_proposal(), headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (400, "key_required")
    assert client.get("/api/cases", headers=house.bearer("shi")).json()["cases"] == []


def test_each_refusal_has_its_status_and_code(client: TestClient, house: House) -> None:
    draft = house.open("shi")
    filed = house.filed()

    def fire(login: str, case: CaseId, body: dict[str, JsonValue]) -> tuple[int, str]:
        headers = {**house.bearer(login), "Idempotency-Key": f"{login}-{case}-{len(str(body))}-{body['transition']}"}
        answer = client.post(f"/api/cases/{case}/transitions", json=body, headers=headers)
        return answer.status_code, answer.json()["code"]

    assert fire("shi", draft, {"transition": "submit"}) == (409, "guard_refused")
    assert fire("shi", draft, {"transition": "file"}) == (409, "transition_not_offered")
    assert fire("shi", filed, {"transition": "assign", "form": {"lead": "logistics"}}) == (403, "not_permitted")
    assert fire("zhai", filed, {"transition": "assign"}) == (422, "form_invalid")
    assert fire("luo", filed, {"transition": "assign", "form": {"lead": "logistics"}}) == (404, "case_not_found")
    assert fire("zhai", CaseId("0" * 32), {"transition": "assign"}) == (404, "case_not_found")
    stale: dict[str, JsonValue] = {"transition": "assign", "form": {"lead": "logistics"}, "expected_version": 1}
    assert fire("zhai", filed, stale) == (412, "stale_case")


def test_many_moves_have_one_result_each_in_their_order(client: TestClient, house: House) -> None:
    cases = [house.filed() for _ in range(3)]
    moves: list[dict[str, JsonValue]] = [
        {"case": cases[0], "transition": "assign", "form": {"lead": "logistics"}},
        {"case": "0" * 32, "transition": "assign", "form": {"lead": "logistics"}},
        {"case": cases[1], "transition": "assign", "form": {"lead": "nowhere"}},
        {"case": cases[2], "transition": "assign", "form": {"lead": "safety"}, "key": "own-key"},
    ]
    headers = {**house.bearer("zhai"), "Idempotency-Key": "bulk", "Accept-Language": "en"}
    answer = client.post("/api/transitions", json={"transitions": moves}, headers=headers)
    results = answer.json()["results"]
    assert answer.status_code == 200
    assert [(result["status"], result["case"]) for result in results] == [
        (200, cases[0]),
        (404, "0" * 32),
        (409, cases[1]),
        (200, cases[2]),
    ]
    assert results[1]["problem"]["title"] == "No such case"
    again = client.post("/api/transitions", json={"transitions": moves}, headers=headers).json()["results"]
    assert [result.get("repeated") for result in again] == [True, None, None, True]


def test_more_moves_than_a_batch_holds_are_refused(client: TestClient, house: House) -> None:
    moves = [{"case": "0" * 32, "transition": "assign"}] * 257
    headers = {**house.bearer("zhai"), "Idempotency-Key": "too-many"}
    answer = client.post("/api/transitions", json={"transitions": moves}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "body_invalid")


def test_nothing_else_can_be_set_along_the_way(client: TestClient, house: House) -> None:
    headers = {**house.bearer("shi"), "Idempotency-Key": "mass"}
    for name in ("state", "unit_id", "role", "actor", "stated", "parties", "root", "key"):
        answer = client.post("/api/cases", json={**a_proposal(), name: {"proposer": ["zhai"]}}, headers=headers)
        assert (answer.status_code, answer.json()["errors"][0]["type"]) == (422, "extra_forbidden")
