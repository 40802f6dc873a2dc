"""Giving and ending grants by page and API: who may, what is refused, and what stands in the ledger afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import Deputation, GrantRow
from engine.access.passwords import secret_hash
from engine.case.identity import PersonId, UnitId
from engine.service.account_writes import OpenLogin
from engine.service.logins import AccountRules
from engine.service.plain import AddDeputation, AddGrant
from engine.service.verify import verify
from tests.support.accounts import OWN, STAFF, log_in
from tests.support.house import ROOT, House, open_house
from web.app import create_site

ROLES = {"zhai": "security_administrator", "shi": "system_administrator", "luo": "audit_administrator"}
LAI = {"person": "lai", "role": "handler", "unit": "safety", "until_on": "2026-12-31"}


@contextmanager
def administered(url: str) -> Iterator[House]:
    """Open a house in which the three administrations belong to three people, each at the top."""
    with open_house(url) as house:
        grants = [
            GrantRow(root=ROOT, person=PersonId(who), role=role, unit=UnitId(ROOT)) for who, role in ROLES.items()
        ]
        house.desk.office.write([AddGrant(grant) for grant in grants])
        yield house


@contextmanager
def visiting(house: House, *, small: bool = False) -> Iterator[TestClient]:
    settings = ApiSettings(
        version="0.1.0", database="test", accounts=AccountRules(staff=STAFF), small_installation=small
    )
    with TestClient(create_site(house.desk, settings), raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def session(house: House, login: str, name: str = "") -> dict[str, str]:
    """Open a session of somebody's, as tokens change nothing about grants."""
    secret, now = f"session-of-{login}{name}", house.clock.now()
    house.desk.office.write(
        [
            OpenLogin(
                token_hash=secret_hash(secret), root=ROOT, person=PersonId(login), kind="login", title="",
                at=now, expires_at=now + timedelta(hours=12),
            )
        ]
    )  # fmt: skip
    return {"Authorization": f"Bearer {secret}", "Idempotency-Key": "k"}


def roles_of(house: House, login: str) -> set[tuple[str, str]]:
    return {(grant.role, grant.unit) for grant in house.desk.reads.grants_of(ROOT, [PersonId(login)])}


def test_the_security_administrator_gives_and_ends_and_the_ledger_has_both(any_database: str) -> None:
    with administered(any_database) as house, visiting(house) as client:
        zhai, lai = session(house, "zhai"), session(house, "lai")
        assert client.get("/api/me/sessions", headers=lai).status_code == 200
        given = client.post("/api/grants", json=LAI, headers=zhai)
        assert (given.status_code, given.json()["until_on"]) == (201, "2026-12-31")
        assert ("handler", "safety") in roles_of(house, "lai")
        # Whose grants change has to log in again.
        assert client.get("/api/me/sessions", headers=lai).status_code == 401
        listed = client.get("/api/grants?person=lai", headers=session(house, "luo")).json()["grants"]
        assert {one["role"] for one in listed} == {"handler", "unit_head"}
        ended = client.post("/api/grants/end", json={**LAI, "until_on": None} | {"from_on": None}, headers=zhai)
        assert ended.status_code == 422  # a name that is not there is refused
        named = {name: LAI[name] for name in ("person", "role", "unit")}
        assert client.post("/api/grants/end", json=named, headers=zhai).status_code == 200
        assert client.post("/api/grants/end", json=named, headers=zhai).status_code == 404
        assert ("handler", "safety") not in roles_of(house, "lai")
        told = client.get("/api/grants/history?person=lai", headers=zhai).json()["history"]
        assert [(one["what"], one["by"]) for one in told] == [
            ("grant_ended", "zhai"),
            ("granted", "zhai"),
            ("granted", None),
        ]
        found = verify(house.desk.reads, house.desk.world(ROOT).rules, ROOT, house.desk.sealer)
        assert found.findings == ()


def test_nobody_grants_to_himself_nor_to_whom_he_stands_in_for(sqlite_database: str) -> None:
    with administered(sqlite_database) as house, visiting(house) as client:
        own = {**LAI, "person": "zhai", "unit": "works"}
        refused = client.post("/api/grants", json=own, headers=session(house, "zhai"))
        assert (refused.status_code, refused.json()["code"]) == (403, "not_permitted")
        house.desk.office.write(
            [AddDeputation(Deputation(root=ROOT, principal=PersonId("zhai"), deputy=PersonId("wen")))]
        )
        wen = session(house, "wen")
        assert client.post("/api/grants", json=own, headers=wen).status_code == 403
        assert client.post("/api/grants", json=LAI, headers=wen).status_code == 201
        assert roles_of(house, "zhai") == {
            ("security_administrator", "works"), ("committee_director", "works"), ("delegate", "works")
        }  # fmt: skip


def test_others_give_nothing_and_a_token_neither(sqlite_database: str) -> None:
    with administered(sqlite_database) as house, visiting(house) as client:
        before = house.desk.reads.all_grants(ROOT)
        for login in ("shi", "luo", "shen", "jiao"):
            assert client.post("/api/grants", json=LAI, headers=session(house, login)).status_code == 403
        reads = {login: client.get("/api/grants", headers=session(house, login, "2")).status_code for login in ROLES}
        assert reads == {"zhai": 200, "shi": 403, "luo": 200}
        token = {**house.bearer("zhai"), "Idempotency-Key": "k"}
        assert client.post("/api/grants", json=LAI, headers=token).status_code == 403
        named = {"person": "lai", "role": "unit_head", "unit": "logistics"}
        assert client.post("/api/grants/end", json=named, headers=session(house, "luo", "3")).status_code == 403
        assert client.post("/api/grants/end", json=named, headers=session(house, "shi", "3")).status_code == 404
        assert house.desk.reads.all_grants(ROOT) == before


def test_a_security_administrator_of_a_unit_gives_and_reads_in_that_unit_only(sqlite_database: str) -> None:
    with administered(sqlite_database) as house, visiting(house) as client:
        grant = GrantRow(root=ROOT, person=PersonId("jiao"), role="security_administrator", unit=UnitId("safety"))
        house.desk.office.write([AddGrant(grant)])
        jiao = session(house, "jiao")
        assert client.post("/api/grants", json=LAI, headers=jiao).status_code == 201
        assert client.post("/api/grants", json={**LAI, "unit": "logistics"}, headers=jiao).status_code == 403
        listed = client.get("/api/grants", headers=jiao).json()["grants"]
        assert {one["unit"] for one in listed} == {"safety"}
        told = client.get("/api/grants/history", headers=jiao).json()["history"]
        assert {one["unit"] for one in told} == {"safety"}


def test_nobody_belongs_to_two_administrations_but_in_a_small_installation(sqlite_database: str) -> None:
    with administered(sqlite_database) as house:
        second = {**LAI, "person": "luo", "role": "system_administrator", "unit": "works"}
        with visiting(house) as client:
            refused = client.post("/api/grants", json=second, headers=session(house, "zhai"))
            assert refused.status_code == 422
            assert "审计管理员" in refused.json()["title"]
            past = {**second, "person": "shi", "role": "audit_administrator"}
            assert client.post("/api/grants", json=past, headers=session(house, "zhai", "2")).status_code == 422
        with visiting(house, small=True) as client:
            assert client.post("/api/grants", json=second, headers=session(house, "zhai", "3")).status_code == 201


def test_the_last_security_administrator_stays(sqlite_database: str) -> None:
    with administered(sqlite_database) as house, visiting(house) as client:
        own = {"person": "zhai", "role": "security_administrator", "unit": "works"}
        assert client.post("/api/grants/end", json=own, headers=session(house, "zhai")).status_code == 422
        more = {**LAI, "person": "wen", "role": "security_administrator", "unit": "works"}
        assert client.post("/api/grants", json=more, headers=session(house, "zhai", "2")).status_code == 201
        assert client.post("/api/grants/end", json=own, headers=session(house, "zhai", "3")).status_code == 200


def test_wrong_fields_are_named_all_at_once_on_the_page_as_by_the_api(sqlite_database: str) -> None:
    with administered(sqlite_database) as house, visiting(house) as client:
        wrong = {"person": "nobody", "role": "king", "unit": "moon", "from_on": "2026-02-30", "until_on": "gestern"}
        refused = client.post("/api/grants", json=wrong, headers=session(house, "zhai"))
        assert refused.status_code == 422
        assert [one["path"] for one in refused.json()["fields"]] == ["person", "role", "unit", "from_on", "until_on"]
        client.cookies.clear()
        assert log_in(client, "zhai").status_code == 303
        page = client.post("/grants", data=wrong, headers=OWN)
        assert page.status_code == 422
        assert page.text.count('class="error"') == 5
        assert client.post("/grants", data=LAI, headers=OWN).headers["location"] == "/grants/lai?done=given"
        shown = client.get("/grants/lai").text
        assert "赖春生的授权" in shown
        assert "翟鸿岭" in shown
        assert client.get("/grants/nobody").status_code == 404
        end = {"person": "lai", "role": "handler", "unit": "safety", "from_on": "", "sure": "yes"}
        assert client.post("/grants/end", data={**end, "sure": ""}, headers=OWN).status_code == 422
        assert client.post("/grants/end", data=end, headers=OWN).status_code == 303
        assert ("handler", "safety") not in roles_of(house, "lai")
