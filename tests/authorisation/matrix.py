"""The matrix: every role in the own, a sibling, the parent and a child unit × every address × cases of every level.

Who ought to see a case is worked out here from the text of the definition, not by the code that decides it. An address
about a case is asked about each; the answer of any other is looked through for each, by a word that only it holds.
"""

from __future__ import annotations

import itertools
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from fastapi import FastAPI
from pydantic import JsonValue
from ruamel.yaml import YAML
from starlette.routing import Route
from starlette.testclient import TestClient

from api.edge import ApiSettings
from api.routing import API_PREFIX
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
OWN: Final = "logistics"
ABOVE: Final[Mapping[str, tuple[str, ...]]] = {
    "works": ("works",),
    "logistics": ("logistics", "works"),
    "safety": ("safety", "works"),
    "canteen": ("canteen", "logistics", "works"),
}
"""Each unit with those above it."""
UNITS: Final = {"own": "logistics", "sibling": "safety", "parent": "works", "child": "canteen"}
LEVELS: Final = ("open", "internal", "confidential", "anonymous")
HIDDEN: Final = "accused"
"""A case of the own unit against that unit: nobody who holds a grant there or below sees it."""
OF_CASES: Final = (*LEVELS, HIDDEN)
LISTS: Final = frozenset({"GET /cases"})
"""Where everybody finds what they may see."""
ENDING: Final = frozenset(
    {"POST /logout", "DELETE /me/sessions", "POST /me/sessions/end-others", "PUT /me/password", "POST /me/password"}
)
"""They end sessions: asked last, each time in a session of its own."""
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
            secret = f"session-{who.login}"
            if address.name in ENDING:
                secret = f"{secret}-{random.getrandbits(60)}"
                self.house.desk.office.write([session_of(who.login, secret)])
            headers["Authorization"] = f"Bearer {secret}"
        path = address.path(case)
        if address.method in ("GET", "DELETE"):
            return self.client.request(address.method, path, headers=headers)
        if address.is_api:
            return self.client.request(address.method, path, headers=headers, json={"transition": "screen"})
        return self.client.request(address.method, path, headers=headers, data={"key": "k"})


def addresses(site: FastAPI) -> Iterator[Address]:
    """Yield every address of the site but its static files."""
    for route in site.routes:
        if isinstance(route, Route):
            for method in sorted((route.methods or set()) - {"HEAD"}):
                is_api = route.path_format.startswith(f"{API_PREFIX}/")
                yield Address(method, route.path_format.removeprefix(API_PREFIX), is_api)


def grantable() -> list[str]:
    """Return every role that a definition or the staff's file names, in order."""
    roles = {role.id for role in STAFF.roles.values()}
    for workflow in ("grievance", "proposal", "handling", "supervision"):
        for part in _roles(workflow).values():
            roles.update(part.get("of", ()))
    return sorted(roles)


def ought_to_see(who: Somebody, level: str) -> bool:
    """Work out whether somebody ought to see the case of a level; never by a grant in a unit complained about."""
    if level == HIDDEN and who.unit in ("logistics", "canteen"):
        return False
    return sees_by_text(who, "grievance", OWN, "registered")


def sees_by_text(who: Somebody, workflow: str, unit: str, state: str) -> bool:
    """Work out from the text of a definition whether somebody sees a case of a unit in a state that nobody handles yet:
    by a role held in its unit, or above it where the role is inherited."""
    for part in _roles(workflow).values():
        if part["bound"] != "grant" or who.role not in part["of"] or part.get("in", "case_unit") != "case_unit":
            continue
        sees = part.get("sees", True)
        if sees is True or (isinstance(sees, list) and state in sees):
            reach = ABOVE[unit] if part.get("inherited", True) else (unit,)
            if who.unit in reach:
                return True
    return False


def opens_by_text(who: Somebody, workflow: str, unit: str) -> bool:
    """Work out from the text of a definition whether somebody opens cases of it in a unit: where the role is held or
    inherited, and of one's own (``identity.own``) in the units above, too, which one may turn to."""
    definition, roles = _read(workflow), _roles(workflow)
    own = definition.get("identity", {}).get("own", ())
    for opener in definition["openers"]:
        part = roles[opener]
        reach = set(ABOVE[unit] if part.get("inherited", True) else (unit,))
        upwards = opener in own and unit in ABOVE[who.unit]
        if part["bound"] == "grant" and who.role in part["of"] and (who.unit in reach or upwards):
            return True
    return False


def ought_to_audit(who: Somebody, level: str) -> bool:
    """Work out whether somebody audits the unit of the case."""
    return audits(who, OWN) and not (level == HIDDEN and who.unit == OWN)


def audits(who: Somebody, unit: str) -> bool:
    """Work out from the file of the staff whether somebody audits a unit."""
    return who.role in {role.id for role in STAFF.roles.values() if role.audits} and who.unit in ABOVE[unit]


def word_of(level: str) -> str:
    """Return the word that stands in the subject of the case of a level and nowhere else."""
    return f"WORD{level.upper()}WORD"


def wrong(world: World, address: Address, who: Somebody | None, level: str) -> str | None:
    """Ask, and return what is wrong with the answer."""
    rule = address.rule
    assert rule is not None, address
    answer = world.ask(address, who, world.cases[level])
    status = answer.status_code
    said = f"{address.name} as {who.login if who else 'nobody'} on {level}: {status}"
    if status >= 500 and status != 503:
        return said
    if words := _misplaced(address, who, answer):
        return f"{said}, {words}"
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


def _misplaced(address: Address, who: Somebody | None, answer: Any) -> str:
    """Say which cases stand in an answer and ought not, or are missing from a list; "" where all is well."""
    told = {level for level in OF_CASES if word_of(level) in answer.text}
    known = {level for level in OF_CASES if who is not None and ought_to_see(who, level)}
    if told - known:
        return f"tells of {sorted(told - known)}"
    return f"misses {sorted(known - told)}" if address.name in LISTS and known - told else ""


def chosen(
    world: World, site_addresses: Sequence[Address], *, sample: int | None, seed: int
) -> Iterator[tuple[Any, ...]]:
    """Yield what is to be asked: all of it, or so much of it by a seed, every address at least once."""
    everybody: list[Somebody | None] = [None, *world.people]
    on_cases = [each for each in site_addresses if _is_on_a_case(each)]
    others = [each for each in site_addresses if not _is_on_a_case(each)]
    others.sort(key=lambda address: address.name in ENDING)
    whole = [
        *itertools.product(on_cases, everybody, OF_CASES),
        *itertools.product(others, everybody, ("open",)),
    ]
    if sample is None:
        yield from whole
        return
    dice = random.Random(seed)
    some = [(each, dice.choice(everybody), dice.choice(OF_CASES)) for each in on_cases]
    some += [(each, dice.choice(everybody), "open") for each in others]
    yield from sorted([*some, *dice.sample(whole, sample)], key=lambda asked: asked[0].name in ENDING)


def cells(world: World, site_addresses: Sequence[Address]) -> int:
    """Return the size of the whole matrix: roles in units and nobody × addresses × cases of every level."""
    return (1 + len(world.people)) * len(site_addresses) * len(OF_CASES)


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
        yield session_of(who.login, f"session-{who.login}")


def session_of(login: str, secret: str) -> OpenLogin:
    """Return the write that opens a session of somebody's."""
    return OpenLogin(
        token_hash=secret_hash(secret),
        root=ROOT,
        person=PersonId(login),
        kind="login",
        title="",
        at=NOON,
        expires_at=NOON + timedelta(days=9),
    )


def _cases(house: House) -> Iterator[tuple[str, CaseId]]:
    form: dict[str, JsonValue] = {"channel": "letter", "content": "内容", "petitioner_name": "某人"}
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
            form={**form, **more, "subject": f"测试事项 {word_of(level)}"},
        )
        (answer,) = house.desk.office.carry_out([command])
        assert isinstance(answer, Done), answer
        yield level, answer.outcome.case
    del form["petitioner_name"]
    box = DepositBox(house.desk)
    form.update({"confidentiality": "anonymous", "subject": f"测试事项 {word_of('anonymous')}"})
    code = box.file(ROOT, "grievance", UnitId(OWN), form, "k").code
    house.clock.set(NOON + timedelta(hours=4))
    assert release_all(house.desk).done == 1
    (case,) = box.cases(ROOT, code)
    yield "anonymous", case


def _is_on_a_case(address: Address) -> bool:
    return address.rule in (Rule.CASE, Rule.RIGHTS)


def _plain(text: str, case: str) -> str:
    return text.replace(case, "CASE")


_READ: dict[str, dict[str, Any]] = {}


def _read(workflow: str) -> dict[str, Any]:
    if workflow not in _READ:
        _READ[workflow] = YAML(typ="safe").load((WORKFLOWS / workflow / "v1.yaml").read_text(encoding="utf-8"))
    return _READ[workflow]


def _roles(workflow: str) -> dict[str, Any]:
    found: dict[str, Any] = _read(workflow)["roles"]
    return found
