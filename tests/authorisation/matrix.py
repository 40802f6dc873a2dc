"""The matrix: every role in the own, a sibling, the parent and a child unit × every address × cases of every level.

Who ought to see a case is worked out here from the text of the definition, not by the code that decides it.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from pydantic import JsonValue
from ruamel.yaml import YAML
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import GrantRow, Person, Unit
from engine.access.passwords import secret_hash
from engine.case.commands import OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.account_writes import OpenLogin
from engine.service.deposits import DepositBox
from engine.service.execute import Done
from engine.service.logins import AccountRules
from engine.service.plain import AddGrant, AddPerson, AddUnit, PlainWrite
from engine.text import Text
from runtime.jobs.handlers import release_all
from tests.authorisation.rules import API, OFFICES, PAGES, Rule
from tests.support.accounts import STAFF
from tests.support.house import ROOT, House, open_house
from web.app import create_site

WORKFLOWS: Final = Path(__file__).resolve().parents[2] / "workflows"
NOON: Final = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
OWN, ABOVE = "logistics", {"logistics": ("logistics", "works")}
UNITS: Final = {"own": "logistics", "sibling": "safety", "parent": "works", "child": "canteen"}
LEVELS: Final = ("open", "internal", "confidential", "anonymous")
HIDDEN: Final = "accused"
"""A case of the own unit against that unit: nobody who holds a grant there or below sees it."""
ABSENT: Final = "019caccf000000000000000000000000"
_WORKING: Final = {"GET": "get", "POST": "post", "PUT": "put", "DELETE": "delete"}


@dataclass(frozen=True)
class Address:
    """An address of the site, and whether it is the API's."""

    method: str
    template: str
    is_api: bool

    @property
    def name(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def rule(self) -> Rule | None:
        return (API if self.is_api else PAGES).get(self.name)

    def path(self, case: str) -> str:
        """Return the address about a case; whatever else it names is nowhere."""
        path = re.sub(r"\{(\w+)\}", lambda part: case if part[1] == "case_id" else "1", self.template)
        return f"/api{path}" if self.is_api else path


@dataclass(frozen=True)
class Somebody:
    """A person with one role in one unit."""

    role: str
    unit: str

    @property
    def login(self) -> str:
        return f"{self.role}-{self.unit}"


@dataclass(frozen=True)
class World:
    """A house with everybody in it, a case of every level, and a client."""

    house: House
    client: TestClient
    cases: dict[str, CaseId]
    people: tuple[Somebody, ...]

    def ask(self, address: Address, who: Somebody | None, case: str) -> Any:
        headers = {"Idempotency-Key": f"k{random.getrandbits(60)}", "Sec-Fetch-Site": "same-origin"}
        if who is not None:
            headers["Authorization"] = f"Bearer session-{who.login}"
        path = address.path(case)
        if address.method in ("GET", "DELETE"):
            return self.client.request(address.method, path, headers=headers)
        if address.is_api:
            return self.client.request(address.method, path, headers=headers, json={"transition": "screen"})
        return self.client.request(address.method, path, headers=headers, data={"key": "k"})


def addresses(site: FastAPI) -> Iterator[Address]:
    """Yield every address of the site but its static files."""
    described = {
        (method.upper(), path.removeprefix("/api"))
        for path, methods in site.openapi()["paths"].items()
        for method in methods
    }

    def routes(found: Sequence[Any]) -> Iterator[APIRoute]:
        for route in found:
            if isinstance(route, APIRoute):
                yield route
            elif (inner := getattr(route, "original_router", None)) is not None:
                yield from routes(inner.routes)

    for route in routes(site.routes):
        for method in sorted((route.methods or set()) - {"HEAD"}):
            path = route.path.removeprefix("/api") if route.path.startswith("/api/") else route.path
            is_api = route.path.startswith("/api/") or (route.include_in_schema and (method, path) in described)
            yield Address(method, path, is_api)


def grantable() -> list[str]:
    """Return every role that a definition or the staff's file names, in order."""
    roles = {role.id for role in STAFF.roles.values()}
    for workflow in ("grievance", "proposal", "handling", "supervision"):
        for part in _roles(workflow).values():
            roles.update(part.get("of", ()))
    return sorted(roles)


def ought_to_see(who: Somebody, level: str) -> bool:
    """Work out from the text of the definition whether somebody ought to see the case of a level: by a role held in its
    unit, or above it where the role is inherited, and never by a grant in a unit complained about."""
    if level == HIDDEN and who.unit in ("logistics", "canteen"):
        return False
    for part in _roles("grievance").values():
        if part["bound"] != "grant" or who.role not in part["of"] or part.get("in", "case_unit") != "case_unit":
            continue
        sees = part.get("sees", True)
        if sees is True or (isinstance(sees, list) and "registered" in sees):
            reach = ABOVE[OWN] if part.get("inherited", True) else (OWN,)
            if who.unit in reach:
                return True
    return False


def ought_to_audit(who: Somebody, level: str) -> bool:
    """Work out whether somebody audits the unit of the case."""
    audits = {role.id for role in STAFF.roles.values() if role.audits}
    return who.role in audits and who.unit in ABOVE[OWN] and not (level == HIDDEN and who.unit == OWN)


def wrong(world: World, address: Address, who: Somebody | None, level: str) -> str | None:
    """Ask, and return what is wrong with the answer."""
    rule = address.rule
    assert rule is not None, address
    answer = world.ask(address, who, world.cases[level])
    status = answer.status_code
    said = f"{address.name} as {who.login if who else 'nobody'} on {level}: {status}"
    if status >= 500 and status != 503:
        return said
    if rule is Rule.OPEN:
        return None
    if who is None:
        # What is not even well-formed may be refused before it is asked who sends it.
        return None if status in (401, 422) or (status == 303 and not answer.text) else said
    if rule in OFFICES:
        roles, top = OFFICES[rule]
        let_in = who.role in roles and (not top or who.unit == "works")
        return said if (status == 403 if let_in else status not in (403, 422)) else None
    if rule is Rule.LOGIN:
        return said if status == 401 and "second-factor" not in address.template else None
    sees = ought_to_see(who, level) or (rule is Rule.RIGHTS and ought_to_audit(who, level))
    if sees:
        # An address below the case may find nothing there; the case itself must be found.
        below = address.template.count("{") > 1
        return said if status == 404 and not below else None
    absent = world.ask(address, who, ABSENT)
    same = _plain(answer.text, world.cases[level]) == _plain(absent.text, ABSENT)
    refused = status == absent.status_code and status in (404, 422)
    return None if refused and same else f"{said}, equal to absent: {same}"


def chosen(
    world: World, site_addresses: Sequence[Address], *, sample: int | None, seed: int
) -> Iterator[tuple[Any, ...]]:
    """Yield what is to be asked: all of it, or so much of it by a seed, every address at least once."""
    everybody: list[Somebody | None] = [None, *world.people]
    on_cases = [each for each in site_addresses if each.rule in (Rule.CASE, Rule.RIGHTS)]
    others = [each for each in site_addresses if each not in on_cases and not _ends_things(each)]
    whole = [
        *itertools.product(on_cases, everybody, (*LEVELS, HIDDEN)),
        *itertools.product(others, everybody, ("open",)),
    ]
    if sample is None:
        yield from whole
        return
    dice = random.Random(seed)
    for address in site_addresses:
        if not _ends_things(address):
            yield address, dice.choice(everybody), dice.choice((*LEVELS, HIDDEN)) if address in on_cases else "open"
    yield from dice.sample(whole, sample)


@contextmanager
def peopled(url: str) -> Iterator[tuple[World, list[Address]]]:
    """Open a house with everybody and every case in it."""
    with open_house(url, NOON) as house:
        people = tuple(Somebody(role, unit) for role in grantable() for unit in UNITS.values())
        house.desk.office.write(list(_writes(people)))
        cases = dict(_cases(house))
        accounts = AccountRules(staff=STAFF)
        site = create_site(house.desk, ApiSettings(version="0.1.0", database="test", accounts=accounts))
        with TestClient(site, raise_server_exceptions=False, follow_redirects=False) as client:
            client.cookies.clear()
            yield World(house, client, cases, people), list(addresses(site))


def _writes(people: Sequence[Somebody]) -> Iterator[PlainWrite]:
    yield AddUnit(
        Unit(root=ROOT, id=UnitId("canteen"), parent=UnitId("logistics"), code="canteen", title=Text("食堂", "Canteen"))
    )
    for who in people:
        person = PersonId(who.login)
        yield AddPerson(Person(root=ROOT, id=person, name=who.login, login=who.login, unit=UnitId(who.unit)))
        yield AddGrant(GrantRow(root=ROOT, person=person, role=who.role, unit=UnitId(who.unit)))
    for who in people:
        yield OpenLogin(
            token_hash=secret_hash(f"session-{who.login}"),
            root=ROOT,
            person=PersonId(who.login),
            kind="login",
            title="",
            at=NOON,
            expires_at=NOON + timedelta(days=9),
        )


def _cases(house: House) -> Iterator[tuple[str, CaseId]]:
    form: dict[str, JsonValue] = {
        "subject": "测试事项",
        "channel": "letter",
        "content": "内容",
        "petitioner_name": "某人",
    }
    office = house.desk.queries.actor(ROOT, PersonId("shen"), NOON)
    against: dict[str, JsonValue] = {"accused_units": [OWN]}
    for level in ("open", "internal", "confidential", HIDDEN):
        more = {"confidentiality": "internal", **against} if level == HIDDEN else {"confidentiality": level}
        command = OpenCase(
            root=ROOT,
            actor=office,
            key=level,
            workflow="grievance",
            unit=UnitId(OWN),
            form={**form, **more},
        )
        (answer,) = house.desk.office.carry_out([command])
        assert isinstance(answer, Done), answer
        yield level, answer.outcome.case
    del form["petitioner_name"]
    box = DepositBox(house.desk)
    code = box.file(ROOT, "grievance", UnitId(OWN), {**form, "confidentiality": "anonymous"}, "k").code
    house.clock.set(NOON + timedelta(hours=4))
    assert release_all(house.desk).done == 1
    (case,) = box.cases(ROOT, code)
    yield "anonymous", case


def _ends_things(address: Address) -> bool:
    """Say whether using an address would end the session it is used with, or change passwords and grants."""
    return address.method != "GET" and (
        address.template in ("/logout", "/me/password", "/grants", "/grants/end") or "/me/sessions" in address.template
    )


def _plain(text: str, case: str) -> str:
    return text.replace(case, "CASE")


_READ: dict[str, dict[str, Any]] = {}


def _roles(workflow: str) -> dict[str, Any]:
    if workflow not in _READ:
        _READ[workflow] = YAML(typ="safe").load((WORKFLOWS / workflow / "v1.yaml").read_text(encoding="utf-8"))
    found: dict[str, Any] = _READ[workflow]["roles"]
    return found
