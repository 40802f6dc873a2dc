"""A small organisation in a database of its own, for tests of the surfaces; every step is a real command."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from typing import Final, TypedDict, Unpack

from pydantic import JsonValue
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import GrantRow, Person, Unit
from engine.access.passwords import hash_password, secret_hash
from engine.case.commands import FireTransition, OpenCase
from engine.case.identity import CaseId, PersonId, RootId, SessionId, UnitId
from engine.case.situation import CongressSession
from engine.service.account_writes import OpenLogin, SetPassword
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.jobs import Jobs
from engine.service.office import Answer
from engine.service.plain import AddGrant, AddPerson, AddSession, AddUnit, PlainWrite
from engine.text import Text
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.wiring import desk_of
from web.app import create_site

ROOT: Final = RootId("works")
SESSION: Final = SessionId("s6m3")
PASSWORD: Final = "tongxin-2026"
UNITS: Final = {
    "works": Text("江岭重工", "Jiangling Works"),
    "logistics": Text("后勤服务中心", "Logistics"),
    "safety": Text("安全环保部", "Safety"),
}
PEOPLE: Final[Mapping[str, tuple[str, str, tuple[str, ...]]]] = {
    # login: name, unit, roles there
    "shen": ("沈若棠", "works", ("union_office",)),
    "zhai": ("翟鸿岭", "works", ("committee_director", "delegate")),
    "shi": ("石磊生", "works", ("delegate",)),
    "lai": ("赖春生", "logistics", ("unit_head",)),
    "wen": ("温其玉", "logistics", ("handler",)),
    "jiao": ("焦石安", "safety", ("unit_head",)),
    "luo": ("罗小山", "works", ()),
}


class SiteSettings(TypedDict, total=False):
    """What a test may set of a site."""

    set_clock: datetime | None
    https: bool
    openapi_for_all: bool
    channels: tuple[str, ...]
    register_open: bool
    workflows: Path


@dataclass(slots=True)
class House:
    """An open desk, its clock, and a bearer token for each person."""

    desk: Desk
    clock: SetClock
    _keys: Iterator[int]

    def token(self, login: str) -> str:
        """Return the API token of a person."""
        return f"token-of-{login}"

    def bearer(self, login: str) -> dict[str, str]:
        """Return the header with which a person asks."""
        return {"Authorization": f"Bearer {self.token(login)}"}

    def browser(self, login: str) -> dict[str, str]:
        """Return the headers of a browser in which a person has just logged in."""
        secret, now = f"login-of-{login}-{next(self._keys)}", self.clock.now()
        opened = OpenLogin(
            token_hash=secret_hash(secret),
            root=ROOT,
            person=PersonId(login),
            kind="login",
            title="",
            at=now,
            expires_at=now + timedelta(days=1),
        )
        self.desk.office.write([opened])
        return {"Sec-Fetch-Site": "same-origin", "Cookie": f"banjie={secret}"}

    def open(self, login: str, form: Mapping[str, JsonValue] | None = None) -> CaseId:
        """Open a proposal and return its id."""
        return self.begin(login, "proposal", {**PROPOSAL, **(form or {})}, session=SESSION)

    def begin(
        self,
        login: str,
        workflow: str,
        form: Mapping[str, JsonValue],
        unit: str = "works",
        session: SessionId | None = None,
    ) -> CaseId:
        """Open a case of any workflow and return its id."""
        answer = self.asked_to_begin(login, workflow, form, unit, session)
        assert isinstance(answer, Done), answer
        return answer.outcome.case

    def asked_to_begin(
        self,
        login: str,
        workflow: str,
        form: Mapping[str, JsonValue],
        unit: str = "works",
        session: SessionId | None = None,
    ) -> Answer:
        """Ask for a case of any workflow and return what came of it."""
        command = OpenCase(
            root=ROOT,
            actor=self.desk.queries.actor(ROOT, PersonId(login), self.clock.now()),
            key=f"key-{next(self._keys)}",
            workflow=workflow,
            unit=UnitId(unit),
            congress_session=session,
            form=form,
        )
        return self.desk.office.carry_out([command])[0]

    def fire(self, login: str, case: CaseId, transition: str, form: Mapping[str, JsonValue] | None = None) -> None:
        """Make a move that must succeed."""
        answer = self.desk.office.carry_out(
            [
                FireTransition(
                    root=ROOT,
                    actor=self.desk.queries.actor(ROOT, PersonId(login), self.clock.now()),
                    key=f"key-{next(self._keys)}",
                    case=case,
                    transition=transition,
                    form=form or {},
                )
            ]
        )[0]
        assert isinstance(answer, Done), answer

    def filed(self, login: str = "shi", form: Mapping[str, JsonValue] | None = None) -> CaseId:
        """Return a proposal that a delegation made and the committee filed."""
        case = self.open(login, {"proposer_type": "delegation", **(form or {})})
        self.fire(login, case, "submit")
        self.fire("zhai", case, "begin_review")
        self.fire("zhai", case, "file")
        return case


PROPOSAL: Final[Mapping[str, JsonValue]] = {
    "subject": "关于改善夜班食堂供餐的提案",
    "category": "welfare",
    "grounds": "夜班职工零点以后只能吃方便面。",
    "proposed_measures": "夜班窗口延长到一点半，并提供热汤。",
}


@contextmanager
def open_house(url: str, at: datetime = datetime(2026, 1, 20, 2, tzinfo=UTC)) -> Iterator[House]:
    """Open a database with the organisation in it; the clock stands at ``at`` until the test sets it."""
    clock = SetClock(at)
    with desk_of(Settings(database_url=url), clock=clock) as opened:
        opened.desk.office.write(_directory(at))
        yield House(opened.desk, clock, count())


def _directory(at: datetime) -> Sequence[PlainWrite]:
    writes: list[PlainWrite] = [
        AddUnit(Unit(root=ROOT, id=UnitId(unit), parent=None if unit == ROOT else UnitId(ROOT), code=unit, title=title))
        for unit, title in UNITS.items()
    ]
    writes.append(
        AddSession(
            CongressSession(
                id=SESSION,
                root=ROOT,
                unit=UnitId(ROOT),
                term=6,
                meeting=3,
                title=Text("六届三次", "Sixth congress, third meeting"),
                call_opens_on=date(2025, 12, 8),
                call_closes_on=date(2026, 1, 31),
                opens_on=date(2026, 2, 3),
                closes_on=date(2026, 2, 4),
            )
        )
    )
    hashed = _hashed()
    for login, (name, unit, roles) in PEOPLE.items():
        person = PersonId(login)
        writes.append(AddPerson(Person(root=ROOT, id=person, name=name, login=login, unit=UnitId(unit))))
        writes += [AddGrant(GrantRow(root=ROOT, person=person, role=role, unit=UnitId(unit))) for role in roles]
        writes.append(SetPassword(ROOT, person, hashed))
        writes.append(
            OpenLogin(
                token_hash=secret_hash(f"token-of-{login}"),
                root=ROOT,
                person=person,
                kind="token",
                title="test",
                at=at,
                expires_at=at + timedelta(days=400),
            )
        )
    return writes


@cache
def _hashed() -> str:
    """Return the hash of the one password; making it takes a tenth of a second, once per session is enough."""
    return hash_password(PASSWORD)


@contextmanager
def client_of(house: House, jobs: Jobs | None = None, **settings: Unpack[SiteSettings]) -> Iterator[TestClient]:
    """Visit the whole site, pages and API, in this process; an unexpected error is answered as a server would."""
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="test", **settings), jobs)
    with TestClient(site, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client


def facts_of(house: House, kind: str) -> list[dict[str, object]]:
    """Return what the facts of a kind beside cases say and by whom, in order."""
    entries = [entry for case in house.desk.reads.kept_ids(ROOT) for entry in house.desk.reads.entries(ROOT, case)]
    bodies = [json.loads(entry.body) for entry in entries]
    return [{**body[kind], "by": body["by"]} for body in bodies if body["type"] == kind]
