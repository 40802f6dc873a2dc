"""Whoever is refused for want of rights stands in the ledger, by API and pages alike, without what was typed."""

from __future__ import annotations

import json
from datetime import timedelta

from engine.case.identity import CaseId
from engine.service.verify import verify
from tests.support.accounts import OWN, browser, log_in
from tests.support.house import ROOT, House, client_of, open_house

KEY = {"Idempotency-Key": "k-1"}


def denials(house: House) -> list[tuple[str | None, str, int]]:
    """Return who was denied what how often, as the ledger has it."""
    found = []
    for chain in house.desk.reads.kept_ids(ROOT):
        if chain.startswith("system:"):
            for entry in house.desk.reads.entries(ROOT, CaseId(chain)):
                body = json.loads(entry.body)
                if body["type"] == "denied":
                    found.append((body.get("by"), body["denied"]["what"], body["denied"]["times"]))
    return found


def test_the_api_tells_of_each_refusal_once_a_minute_and_counts_the_rest(any_database: str) -> None:
    with open_house(any_database) as house, client_of(house) as client:
        hidden = house.open("shi")
        jiao = house.bearer("jiao")
        bodies = [client.get(f"/api/cases/{case}", headers=jiao) for case in (hidden, hidden, hidden, "no-such-case")]
        assert {answer.status_code for answer in bodies} == {404}
        assert len({answer.text for answer in bodies}) == 1
        assert client.get("/api/jobs", headers=jiao).status_code == 403
        listed = {"transitions": [{"case": hidden, "transition": "submit"}, {"case": "none", "transition": "submit"}]}
        answer = client.post("/api/transitions", json=listed, headers={**jiao, **KEY})
        assert [one["status"] for one in answer.json()["results"]] == [404, 404]
        assert denials(house) == [
            ("jiao", "GET /api/cases/{case_id}", 1),
            ("jiao", "GET /api/jobs", 1),
            ("jiao", "POST /api/transitions", 1),
        ]
        house.clock.set(house.clock.now() + timedelta(minutes=1))
        house.desk.watch.flush()
        assert denials(house)[3:] == [("jiao", "GET /api/cases/{case_id}", 2)]
        found = verify(house.desk.reads, house.desk.world(ROOT).rules, ROOT, house.desk.sealer)
        assert found.findings == ()


def test_what_was_asked_within_ones_rights_or_is_not_there_is_no_denial(sqlite_database: str) -> None:
    with open_house(sqlite_database) as house, client_of(house) as client:
        case = house.open("shi")
        assert client.get(f"/api/cases/{case}", headers=house.bearer("shi")).status_code == 200
        assert client.get("/api/cases/none", headers=house.bearer("shi")).status_code == 404
        assert client.get("/api/no-such-address", headers=house.bearer("shi")).status_code == 404
        assert client.get(f"/cases/{case}").status_code == 303
        house.desk.watch.flush()
        assert denials(house) == []


def test_pages_tell_of_refusals_too_and_strangers_are_counted_without_a_name(sqlite_database: str) -> None:
    with open_house(sqlite_database) as house, browser(house) as visitor:
        hidden = house.open("shi")
        for _try in range(2):
            assert visitor.get("/api/cases").status_code == 401
        assert log_in(visitor, "jiao").status_code == 303
        assert visitor.get(f"/cases/{hidden}").status_code == 404
        assert visitor.get("/jobs").status_code == 403
        assert visitor.post(f"/cases/{hidden}/submit", data={"key": "k"}, headers=OWN).status_code == 404
        house.desk.watch.flush()
        assert denials(house) == [
            (None, "GET /api/cases", 1),
            ("jiao", "GET /cases/{case_id}", 1),
            ("jiao", "GET /jobs", 1),
            ("jiao", "POST /cases/{case_id}/{transition}", 1),
            (None, "GET /api/cases", 1),
        ]


def test_strangers_cannot_fill_the_ledger(sqlite_database: str) -> None:
    with open_house(sqlite_database) as house:
        for number in range(100):
            house.desk.watch.denied(ROOT, None, f"GET /{number}")
        house.desk.watch.flush()
        told = denials(house)
        assert len(told) == 22
        assert sum(times for _who, _what, times in told) == 100
