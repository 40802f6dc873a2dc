"""Things of other people, for the scan: cases, files, notices, sessions, tokens, absences; and to whom each is known.

To whom is worked out from the text of the definitions and from who was given what here, not by the code under test.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import count
from typing import Any, Final

from pydantic import JsonValue
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import Deputation, GrantRow, Person
from engine.access.passwords import secret_hash
from engine.case.commands import FireTransition, OpenCase
from engine.case.identity import CaseId, PersonId, SessionId, UnitId
from engine.case.situation import CongressSession
from engine.service.account_writes import OpenLogin
from engine.service.execute import Done
from engine.service.logins import AccountRules
from engine.service.own_account import number_of
from engine.service.plain import AddDeputation, AddGrant, AddPerson, AddSession, PlainWrite
from engine.text import Text
from runtime.jobs.handlers import tell_all
from runtime.jobs.leases import LeasedJobs
from tests.authorisation.fields import Kind
from tests.authorisation.matrix import (
    ABOVE,
    ABSENT,
    LEVELS,
    NOON,
    OF_CASES,
    OWN,
    Address,
    Somebody,
    World,
    addresses,
    audits,
    ought_to_audit,
    ought_to_see,
    peopled,
    sees_by_text,
    session_of,
    word_of,
)
from tests.support.accounts import STAFF
from tests.support.house import PROPOSAL, ROOT
from tests.support.storage import table
from web.app import create_site

OWNER: Final = "mo"
"""Whose things they are: a worker and delegate of the sibling unit, who has no office."""
RECUSED: Final = ("union_office-logistics", "supervisor-works", "leader_in_charge-works")
SPRING: Final = SessionId("spring")
NOTES: Final = "夜班名单：某甲、某乙。".encode()
KEY_OF_OWNER: Final = "key-of-mo"
FIRST_DAY_AWAY: Final = date(2026, 3, 10)
SPARE: Final = tuple(f"spare-{unit}" for unit in ABOVE)
"""Somebody in each unit who asks nothing: accounts to be looked after, and a grant to be taken back."""
EXTRA: Final = tuple(f"extra-{unit}" for unit in ABOVE)
"""And somebody who may be given one."""
_KEYS: Final = count()
Known = Callable[[Somebody], bool]
"""Says to whom something is known."""


@dataclass(frozen=True)
class Thing:
    """Something that a field may name. ``word`` stands in what it holds, "" where nothing does."""

    kind: Kind
    name: str
    value: str
    known_to: Known = lambda _who: False
    word: str = ""
    audited_by: Known = lambda _who: False


@dataclass(frozen=True)
class Estate:
    """The world of the matrix with things in it, and its site with jobs beside."""

    world: World
    url: str
    addresses: Sequence[Address]
    things: tuple[Thing, ...]

    def of(self, kind: Kind) -> Iterator[Thing]:
        """Yield the things of a kind."""
        return (thing for thing in self.things if thing.kind is kind)

    def own_case(self, who: Somebody) -> CaseId | None:
        """Return a case of the own unit that somebody sees; None for whoever sees none."""
        return next((self.world.cases[level] for level in LEVELS if ought_to_see(who, level)), None)

    def words_kept_from(self, who: Somebody | None) -> Iterator[str]:
        """Yield the words that nothing which somebody is answered may hold."""
        return (one.word for one in self.things if one.word and (who is None or not one.known_to(who)))


ABSENT_OF: Final[Mapping[Kind, str]] = {
    Kind.CASE: ABSENT,
    Kind.FILE: "0" * 31 + "1",
    Kind.NOTICE: f"{ABSENT}-1:notice:registered",
    Kind.ERASURE: "0" * 31 + "2",
    Kind.LOGIN_SESSION: "0123456789abcdef",
    Kind.TOKEN: "0123456789abcdef",
    Kind.ABSENCE: "2026-03-11",
    Kind.ACCOUNT: "spare-nowhere",
    Kind.GRANTEE: "spare-nowhere",
    Kind.JOB: "987654",
    Kind.SECRET: "7" * 64,
    Kind.UNIT: "nowhere",
    Kind.PERSON: "spare-nowhere",
    Kind.CURSOR: ABSENT,
}
"""What names nothing, of the same form. A key that nobody has used is made for each request."""


@contextmanager
def furnished(url: str) -> Iterator[Estate]:
    """Open the world of the matrix with things of the owner's in it."""
    with peopled(url) as (world, _addresses):
        jobs = LeasedJobs.open(url, world.house.clock)
        jobs.schedule("sweep")
        accounts = AccountRules(staff=STAFF)
        settings = ApiSettings(version="0.1.0", database="test", accounts=accounts)
        site = create_site(world.house.desk, settings, jobs)
        try:
            with TestClient(site, raise_server_exceptions=False, follow_redirects=False) as client:
                client.cookies.clear()
                yield _filled(World(world.house, client, world.cases, world.people), url, list(addresses(site)))
        finally:
            jobs.close()


def _filled(world: World, url: str, found: Sequence[Address]) -> Estate:
    world.house.desk.office.write(list(_owner()))
    pending, held = _uploaded(world), _uploaded(world)
    sibling = opened(world, OWNER, "grievance", "safety", grievance("sibling", attachments=[held]), key=KEY_OF_OWNER)
    accused = grievance("recused", accused_people=list[JsonValue](RECUSED))
    recused = opened(world, "shen", "grievance", OWN, accused)
    draft = opened(world, OWNER, "proposal", "safety", proposal("draft"))
    tabled = in_review(world, OWNER, "safety", "zhai", "tabled")
    tell_all(world.house.desk)

    things = [
        *(_case(level, world.cases[level], _sees_level(level)) for level in OF_CASES),
        _case("sibling", sibling, _sees("grievance", "safety", "registered"), "safety"),
        _case("recused", recused, _sees("grievance", OWN, "registered", but=RECUSED)),
        _case("draft", draft, _sees("proposal", "safety", "draft"), "safety"),
        _case("tabled", tabled, _sees("proposal", "safety", "under_review"), "safety"),
        Thing(Kind.FILE, "held by a case elsewhere", held),
        Thing(Kind.FILE, "waiting to be submitted", pending),
        Thing(Kind.ERASURE, "asked for elsewhere", _erasure(world, sibling)),
        Thing(Kind.LOGIN_SESSION, "session", number_of(secret_hash(f"session-{OWNER}"))),
        Thing(Kind.TOKEN, "token", number_of(secret_hash(f"token-of-{OWNER}"))),
        Thing(Kind.ABSENCE, "absence", FIRST_DAY_AWAY.isoformat()),
        Thing(Kind.JOB, "sweep", "1"),
        *_of_accounts(),
        *_notices(url),
        *(Thing(Kind.UNIT, unit, unit) for unit in ABOVE),
        *(Thing(Kind.PERSON, login, login) for login in EXTRA),
        Thing(Kind.KEY, "key of another", KEY_OF_OWNER),
        Thing(Kind.SECRET, "number of a session", number_of(secret_hash(f"session-{OWNER}"))),
        Thing(Kind.SECRET, "hash of a session", secret_hash(f"session-{OWNER}")),
        Thing(Kind.SECRET, "id of a case", world.cases["anonymous"]),
        *(Thing(Kind.CURSOR, level, world.cases[level]) for level in OF_CASES),
        Thing(Kind.CURSOR, "sibling", sibling),
    ]
    return Estate(world, url, found, tuple(things))


def _sees_level(level: str) -> Known:
    return lambda who: ought_to_see(who, level)


def _sees(workflow: str, unit: str, state: str, but: Collection[str] = ()) -> Known:
    return lambda who: who.login not in but and sees_by_text(who, workflow, unit, state)


def _case(name: str, case: CaseId, known_to: Known, unit: str = OWN) -> Thing:
    def audited_by(who: Somebody) -> bool:
        return ought_to_audit(who, name) if unit == OWN else audits(who, unit)

    return Thing(Kind.CASE, name, case, known_to, word_of(name), audited_by)


def _of_accounts() -> Iterator[Thing]:
    readers = {role.id for role in STAFF.roles.values() if role.grants != "none"}
    for login in SPARE:
        above = ABOVE[login.removeprefix("spare-")]
        yield Thing(Kind.ACCOUNT, login, login, _held({"union_office"}, above))
        yield Thing(Kind.GRANTEE, login, login, _held(readers, above))


def _held(roles: Set[str], units: Collection[str]) -> Known:
    return lambda who: who.role in roles and who.unit in units


def _owner() -> Iterator[PlainWrite]:
    who, unit = PersonId(OWNER), UnitId("safety")
    yield AddPerson(Person(root=ROOT, id=who, name="莫工", login=OWNER, unit=unit))
    for role in ("staff", "delegate"):
        yield AddGrant(GrantRow(root=ROOT, person=who, role=role, unit=unit))
    for spare, extra, place in zip(SPARE, EXTRA, ABOVE, strict=True):
        for login in (spare, extra):
            yield AddPerson(Person(root=ROOT, id=PersonId(login), name=login, login=login, unit=UnitId(place)))
        yield AddGrant(GrantRow(root=ROOT, person=PersonId(spare), role="handler", unit=UnitId(place)))
    yield session_of(OWNER, f"session-{OWNER}")
    yield OpenLogin(
        token_hash=secret_hash(f"token-of-{OWNER}"),
        root=ROOT,
        person=who,
        kind="token",
        title="",
        at=NOON,
        expires_at=NOON + timedelta(days=9),
    )
    away = Deputation(
        root=ROOT,
        principal=who,
        deputy=PersonId("shi"),
        from_on=FIRST_DAY_AWAY,
        until_on=FIRST_DAY_AWAY,
        note=None,
    )
    yield AddDeputation(away, by=who)
    yield AddSession(
        CongressSession(
            id=SPRING,
            root=ROOT,
            unit=UnitId(ROOT),
            term=6,
            meeting=4,
            title=Text("六届四次", "Sixth congress, fourth meeting"),
            call_opens_on=date(2026, 2, 16),
            call_closes_on=date(2026, 3, 31),
            opens_on=date(2026, 4, 7),
            closes_on=date(2026, 4, 8),
        )
    )


def grievance(name: str, **more: JsonValue) -> dict[str, JsonValue]:
    """Return the form of a grievance whose subject holds its word."""
    form: dict[str, JsonValue] = {"subject": f"测试事项 {word_of(name)}", "channel": "letter", "content": "内容"}
    return {**form, "petitioner_name": "某人", "petitioner_phone": "13900000000", **more}


def proposal(name: str, **more: JsonValue) -> dict[str, JsonValue]:
    """Return the form of a proposal whose subject holds its word."""
    return {**PROPOSAL, "subject": f"关于改善供餐的提案 {word_of(name)}", "proposer_type": "delegation", **more}


def in_review(world: World, proposer: str, unit: str, committee: str, name: str) -> CaseId:
    """Open a proposal and bring it before the committee."""
    case = opened(world, proposer, "proposal", unit, proposal(name))
    fired(world, proposer, case, "submit")
    fired(world, committee, case, "begin_review")
    return case


def opened(
    world: World, login: str, workflow: str, unit: str, form: Mapping[str, JsonValue], *, key: str = ""
) -> CaseId:
    """Open a case and return its id."""
    return _done(
        world,
        OpenCase(
            root=ROOT,
            actor=_actor(world, login),
            key=key or f"thing {next(_KEYS)}",
            workflow=workflow,
            unit=UnitId(unit),
            congress_session=SPRING if workflow == "proposal" else None,
            form=form,
        ),
    )


def fired(world: World, login: str, case: CaseId, move: str, form: Mapping[str, JsonValue] | None = None) -> None:
    """Make a move that must succeed."""
    key = f"thing {next(_KEYS)}"
    _done(
        world,
        FireTransition(root=ROOT, actor=_actor(world, login), key=key, case=case, transition=move, form=form or {}),
    )


def headers_of(login: str) -> dict[str, str]:
    """Return with what somebody asks who has logged in, under a key that nobody has used."""
    return {
        "Authorization": f"Bearer session-{login}",
        "Sec-Fetch-Site": "same-origin",
        "Idempotency-Key": f"scan-{next(_KEYS)}",
    }


def _actor(world: World, login: str) -> Any:
    return world.house.desk.queries.actor(ROOT, PersonId(login), world.house.clock.now())


def _done(world: World, command: OpenCase | FireTransition) -> CaseId:
    (answer,) = world.house.desk.office.carry_out([command])
    assert isinstance(answer, Done), answer
    return answer.outcome.case


def _uploaded(world: World) -> str:
    files = {"file": (f"notes{next(_KEYS)}.txt", NOTES)}
    answer = world.client.post("/api/uploads", headers=headers_of(OWNER), files=files)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _erasure(world: World, case: CaseId) -> str:
    """Have an erasure asked for by the office of the sibling unit, and return what it is called."""
    asker = headers_of("union_office-safety")
    wanted = {"paths": ["fields/petitioner_phone"], "basis": "consent"}
    answer = world.client.post(f"/api/cases/{case}/erasures", headers=asker, json=wanted)
    assert answer.status_code == 201, answer.text
    listed = world.client.get(f"/api/cases/{case}/erasures", headers=asker).json()
    return str(listed["requests"][0]["id"])


def _notices(url: str) -> Iterator[Thing]:
    """Yield some notices, each known to those whom it was told to."""
    told: dict[str, set[str]] = {}
    for person, outbox in table(url, "SELECT person, outbox FROM notice ORDER BY person, outbox"):
        told.setdefault(str(outbox), set()).add(str(person))
    assert told, "nobody was told of anything"
    for outbox in sorted(told, key=lambda one: (len(told[one]), one))[:3]:
        yield Thing(Kind.NOTICE, outbox, outbox, _is_among(told[outbox]))


def _is_among(people: Collection[str]) -> Known:
    return lambda who: who.login in people
