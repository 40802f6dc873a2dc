"""Cases of every level whose secret fields hold a word of their own, and who comes to read which of these words.

Who may read what stands here once more, as the rules of the field say it (XF Art.28 and 30), and not as the product
works it out. Every way out is looked through: the API, the pages, mails, commands, log lines, jobs, tables.
"""

from __future__ import annotations

import logging
import re
import secrets
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from pydantic import JsonValue
from starlette.testclient import TestClient

from engine.access.directory import GrantRow, Person
from engine.access.passwords import secret_hash
from engine.case.commands import FireTransition, OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.account_writes import OpenLogin
from engine.service.deposits import DepositBox
from engine.service.execute import Done
from engine.service.notice_ports import Preference
from engine.service.notice_writes import SetPreference
from engine.service.plain import AddGrant, AddPerson, PlainWrite
from engine.service.ports import CaseFilter
from engine.service.strangers import entrance_of, file_anonymously
from notifications.dispatcher import Dispatcher
from notifications.message import Message, Outcome, Sent
from notifications.phrasing import Phrasing
from runtime.jobs.handlers import release_all, sweep_all, tell_all
from tests.support.house import PEOPLE, ROOT, House
from tests.support.storage import all_rows
from web.routing import pages_of

NOON: Final = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
LEVELS: Final = ("open", "internal", "confidential", "anonymous")
STRICT: Final = ("confidential", "anonymous")
WORD: Final = re.compile(r"CANARY[0-9a-f]{20}")
# viewer: login, name, role, unit. The eleven roles of the handbook; a stranger has no login.
CAST: Final = {
    "own": ("luo", "罗小山", "staff", "logistics"),
    "other": ("pang", "庞大有", "staff", "safety"),
    "office": ("shen", "沈若棠", "union_office", "works"),
    "handler": ("he", "何承办", "handler", "safety"),
    "handler elsewhere": ("wen", "温其玉", "handler", "logistics"),
    "accused person": ("feng", "冯守正", "leader_in_charge", "works"),
    "accused unit head": ("lai", "赖春生", "unit_head", "logistics"),
    "supervisor": ("du", "杜督办", "supervisor", "works"),
    "auditor": ("shenji", "沈纪", "auditor", "works"),
    "administrator": ("guan", "管系统", "system_administrator", "works"),
}
STRANGER: Final = "stranger"
VIEWERS: Final = (*CAST, STRANGER)
NOWHERE: Final = CaseId("")
IDENTITY: Final = frozenset({"petitioner_name", "petitioner_phone"})
BRIEF: Final = frozenset({"subject", "brief", "identity_reason", "identity_decision"})
"""What those read too who are not to know the original."""
OF_OFFICES: Final = frozenset({"subject", "brief", "content", "demands", "message", "message_answer",
                               "accused_persons", "identity_reason", "identity_decision"})  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Secret:
    """One case: its level, who is kept from it, who handles it, whom two have let in, and its words by field."""

    level: str
    accuses_feng: bool
    accuses_logistics: bool
    lead: str | None = None
    opened: bool = False
    code: str = ""
    id: CaseId = NOWHERE
    words: dict[str, str] = field(default_factory=dict)

    @property
    def unit(self) -> str:
        """To whom it was turned: to the union office of the unit itself where that is complained about."""
        return "logistics" if self.accuses_logistics else "works"

    def word(self, name: str) -> str:
        """Return the word of a field, made when it is first asked for."""
        return self.words.setdefault(name, f"CANARY{secrets.token_hex(10)}")


def may_read(viewer: str, secret: Secret, name: str) -> bool:
    """Return whether the rules let somebody read a field of a case."""
    strict = secret.level in STRICT
    match viewer:
        case "own":
            return secret.level != "anonymous"
        case "office":
            return name in OF_OFFICES or not strict or secret.opened
        case "supervisor":
            return name in OF_OFFICES or not strict
        case "accused person":  # a leader in charge, but for the cases about him
            return not secret.accuses_feng and (name in OF_OFFICES or not strict)
        case "auditor":
            return name in BRIEF
        case "handler":
            return secret.lead == "safety" and name in BRIEF
        case "handler elsewhere" | "accused unit head":
            return secret.lead == "logistics" and not secret.accuses_logistics and name in BRIEF
        case _:
            return False


def seed(house: House, count: int) -> list[Secret]:
    """Fill the house with that many cases, of all levels and at all stages."""
    house.clock.set(NOON)
    house.desk.office.write(_people())
    found = [_filed(house, index) for index in range(count)]
    house.clock.set(NOON + timedelta(hours=4))
    release_all(house.desk)
    for secret in found:
        if secret.code:
            secret.id = DepositBox(house.desk).cases(ROOT, secret.code)[0]
    for index, secret in enumerate(found):
        _moved(house, secret, index)
    house.clock.set(NOON + timedelta(hours=8))
    release_all(house.desk)
    house.clock.set(NOON + timedelta(days=60))
    sweep_all(house.desk)
    tell_all(house.desk)
    return found


def _people() -> list[PlainWrite]:
    writes: list[PlainWrite] = []
    # The head of the unit complained about is its union officer too: by that post the cases would be open to them.
    officer = GrantRow(root=ROOT, person=PersonId("lai"), role="union_office", unit=UnitId("logistics"))
    writes.append(AddGrant(officer))
    for login, name, role, unit in CAST.values():
        person = PersonId(login)
        writes.append(AddPerson(Person(root=ROOT, id=person, name=name, login=login, unit=UnitId(unit))))
        if role not in PEOPLE.get(login, ("", "", ()))[2]:
            writes.append(AddGrant(GrantRow(root=ROOT, person=person, role=role, unit=UnitId(unit))))
        if login not in PEOPLE:
            token, until = secret_hash(f"token-of-{login}"), NOON + timedelta(days=400)
            writes.append(
                OpenLogin(token_hash=token, root=ROOT, person=person, kind="token", title="", at=NOON, expires_at=until)
            )
        for channel in ("mail", "webhook"):
            wanted = Preference(root=ROOT, person=person, channel=channel, address=f"{login}@works.example")
            writes.append(SetPreference(wanted))
    return writes


def _filed(house: House, index: int) -> Secret:
    level = LEVELS[index % len(LEVELS)]
    secret = Secret(level=level, accuses_feng=index % 3 == 1, accuses_logistics=index % 5 == 2)
    form: dict[str, JsonValue] = {
        "subject": f"诉求 {secret.word('subject')}",
        "content": f"原文 {secret.word('content')}",
        "demands": f"要求 {secret.word('demands')}",
        "accused_persons": f"{'冯守正' if secret.accuses_feng else '某人'} {secret.word('accused_persons')}",
    }
    if secret.accuses_logistics:
        form["accused_units"] = ["logistics"]
    if level == "anonymous":
        entrance = entrance_of(house.desk, ROOT, "grievance", house.clock.now())
        secret.code = file_anonymously(house.desk, entrance, secret.unit, form, f"file {index}").code
        return secret
    form.update({name: secret.word(name) for name in sorted(IDENTITY)})
    form.update({"channel": "website", "confidentiality": level})
    if secret.accuses_feng:
        form["accused_people"] = ["feng"]
    command = OpenCase(
        root=ROOT,
        actor=_actor(house, "luo"),
        key=f"file {index}",
        workflow="grievance",
        unit=UnitId(secret.unit),
        form=form,
    )
    secret.id = _done(house, command)
    return secret


def _moved(house: House, secret: Secret, index: int) -> None:
    stage = (index // len(LEVELS)) % 3
    _fire(house, "shen", secret, "answer_message", "message_answer")
    if secret.code:
        form: dict[str, JsonValue] = {"message": secret.word("message")}
        DepositBox(house.desk).act(ROOT, secret.code, secret.id, "write_message", form, f"say {index}")
    else:
        _fire(house, "luo", secret, "write_message", "message")
    if secret.level == "confidential":
        _fire(house, "shen", secret, "ask_identity", "identity_reason")
        secret.opened = index % 8 < len(LEVELS)
        _fire(house, "du", secret, "grant_identity" if secret.opened else "refuse_identity", "identity_decision")
    if stage:
        _fire(house, "shen", secret, "screen", "brief", grievance_type="claim")
        _fire(house, "shen", secret, "accept", legal_route_checked=True)
    if stage == 2:
        secret.lead = "logistics" if index % 2 and not secret.accuses_logistics else "safety"
        _fire(house, "shen", secret, "dispatch", lead=secret.lead)


def _fire(house: House, login: str, secret: Secret, move: str, *words: str, **form: JsonValue) -> None:
    whole = {**form, **{name: f"{name} {secret.word(name)}" for name in words}}
    command = FireTransition(
        root=ROOT, actor=_actor(house, login), key=f"{move} {secret.id}", case=secret.id, transition=move, form=whole
    )
    _done(house, command)


def _done(house: House, command: OpenCase | FireTransition) -> CaseId:
    answer = house.desk.office.carry_out([command])[0]
    assert isinstance(answer, Done), answer
    return answer.outcome.case


def _actor(house: House, login: str) -> Any:
    return house.desk.queries.actor(ROOT, PersonId(login), house.clock.now())


# ------------------------------------------------------------------------------------------------------------ crawling


@dataclass(slots=True)
class Crawl:
    """What was found: words that somebody read and may not, words that nobody could read who may, answers counted, and
    how many of them were bundles."""

    leaks: set[str] = field(default_factory=set)
    missing: set[str] = field(default_factory=set)
    answers: int = 0
    bundles: int = 0
    failures: set[str] = field(default_factory=set)


def crawl(
    house: House,
    client: TestClient,
    seeded: Sequence[Secret],
    viewers: Sequence[str] = VIEWERS,
    *,
    searched: int = len(LEVELS),
) -> Crawl:
    """Ask every address of API and pages as everybody, and hold what is answered to the rules.

    ``searched`` is for how many of the cases each word is searched for.
    """
    found, owners = Crawl(), _owners(seeded)
    addresses = addresses_of(client, house, _all_cases(house))
    for viewer in viewers:
        read: set[str] = set()
        for path, text in _answers(house, client, viewer, addresses, seeded[:searched], found):
            words = set(WORD.findall(text))
            read |= words
            for word in words:
                secret, name = owners[word]
                if not may_read(viewer, secret, name):
                    found.leaks.add(f"{viewer} reads {name} of {secret.level} at {_shape(path)}")
        for word, (secret, name) in owners.items():
            if may_read(viewer, secret, name) and word not in read:
                found.missing.add(f"{viewer} cannot read {name} of {secret.level}")
    return found


def _answers(
    house: House, client: TestClient, viewer: str, addresses: Sequence[str], searched: Sequence[Secret], found: Crawl
) -> Iterator[tuple[str, str]]:
    headers = {} if viewer == STRANGER else {"Cookie": f"banjie={house.token(CAST[viewer][0])}"}
    client.cookies.clear()
    for path in addresses:
        answer = client.get(path, headers=headers)
        found.answers += 1
        found.bundles += answer.headers.get("Content-Type") == "application/zip"
        if answer.status_code >= 500:
            found.failures.add(f"{viewer} {_shape(path)}: {answer.status_code}")
        yield path, answer.text
    for secret in searched:
        for name, word in secret.words.items():
            # What is searched for stands in the answer anyway; what tells is whether something was found.
            answer = client.get(f"/api/cases?text={word}", headers=headers)
            found.answers += 1
            hits = answer.json().get("cases", []) if answer.status_code == 200 else []
            if hits and (name not in BRIEF or not may_read(viewer, secret, name)):
                found.leaks.add(f"{viewer} finds {secret.level} by its {name}")


def code_holders(client: TestClient, seeded: Sequence[Secret]) -> Crawl:
    """Come back with every query code, on the pages and in the API, and hold what is shown to the rules."""
    found, owners = Crawl(), _owners(seeded)
    client.cookies.clear()
    for secret in seeded:
        if not secret.code:
            continue
        form = {"code": secret.code}
        texts = [client.post("/anonymous/look", data=form).text, client.post("/api/anonymous/look", json=form).text]
        found.answers += len(texts)
        for text in texts:
            read = set(WORD.findall(text))
            found.leaks |= {f"a code holder reads {owners[word][1]}" for word in read if owners[word][0] is not secret}
            found.missing |= {f"a code holder cannot read {n}" for n, word in secret.words.items() if word not in read}
    return found


def _owners(seeded: Sequence[Secret]) -> dict[str, tuple[Secret, str]]:
    return {word: (secret, name) for secret in seeded for name, word in secret.words.items()}


def _all_cases(house: House) -> list[CaseId]:
    """Return every case there is, the parts of cases too."""
    from engine.case.actors import SYSTEM

    ids: list[CaseId] = []
    after: str | None = None
    while True:
        page = house.desk.queries.page(ROOT, SYSTEM, CaseFilter(children=True), after=after, limit=200)
        ids += [line.id for line in page.lines]
        if page.next is None:
            return ids
        after = page.next


def addresses_of(client: TestClient, house: House, cases: Sequence[CaseId]) -> list[str]:
    """Return every address that answers GET, with every case and procedure in its place.

    An address with a name of another kind in it (a file, a session, a token) is asked for with one that is hardly
    there.
    """
    known: Mapping[str, Sequence[str]] = {
        "case_id": cases,
        "workflow": house.desk.world(ROOT).rules.names(),
        "name": house.desk.world(ROOT).rules.names(),
    }
    found: list[str] = []
    for path in sorted(_paths(client)):
        names = re.findall(r"\{(\w+)\}", path)
        if len(names) > 1 or not names:
            found += [_filled(path, {"case_id": cases[0], **dict.fromkeys(set(names) - {"case_id"}, "1")})]
            continue
        found += [_filled(path, {names[0]: value}) for value in known.get(names[0], ["1"])]
    return [*found, *(f"{path}&children=1" for path in ("/cases?workflow=grievance", "/cases?workflow=handling"))]


def _paths(client: TestClient) -> Iterator[str]:
    """Yield the path of every GET route, pages and API; the API's by its own description."""
    app: Any = client.app
    yield from (path for path, methods in app.openapi()["paths"].items() if "get" in methods)
    yield from (page.path_format for page in pages_of(app.routes) if "GET" in (page.methods or ()))


def _filled(path: str, values: Mapping[str, str]) -> str:
    for name, value in values.items():
        path = path.replace(f"{{{name}}}", value)
    return path


def _shape(path: str) -> str:
    return re.sub(r"[0-9a-f]{32}", "{case}", path.partition("?")[0])


# ------------------------------------------------------------------------------------------------ what leaves otherwise


@dataclass(slots=True)
class Ear:
    """A channel that keeps what it is given."""

    name: str
    heard: list[Message] = field(default_factory=list)

    def deliver(self, messages: Sequence[Message]) -> list[Outcome]:
        self.heard += messages
        return [Sent(message.id) for message in messages]


def messages(house: House) -> list[Message]:
    """Return every mail and every message of a webhook that is due, as they would be sent."""
    desk = house.desk
    house.clock.set(house.clock.now() + timedelta(days=1))
    phrasing = Phrasing(
        office=desk.office,
        reads=desk.reads,
        sealer=desk.sealer,
        world=desk.world,
        page_of=lambda case: f"/cases/{case}",
    )
    heard: list[Message] = []
    for name in ("mail", "webhook"):
        ear = Ear(name)
        Dispatcher(phrasing=phrasing, channel=ear, random=secrets.token_bytes).run_until_idle(ROOT)
        heard += ear.heard
    return heard


def told_outside(sent: Sequence[Message], seeded: Sequence[Secret]) -> set[str]:
    """Return what messages tell and should not: of a strict case or one with accused nothing, else what is internal."""
    owners, viewers = _owners(seeded), {login: viewer for viewer, (login, *_rest) in CAST.items()}
    found: set[str] = set()
    for message in sent:
        viewer = viewers[message.address.partition("@")[0]]
        for word in WORD.findall(f"{message.subject} {message.body} {message.data} {message.thread}"):
            secret, name = owners[word]
            silent = secret.level in STRICT or secret.accuses_feng or secret.accuses_logistics
            if silent or name not in BRIEF or not may_read(viewer, secret, name):
                found.add(f"a message to {viewer} holds {name} of {secret.level}")
    return found


def kept_in_the_open(url: str, seeded: Sequence[Secret]) -> set[str]:
    """Return what tables hold readable and should not: only what is internal may stand in rows of cases."""
    owners = _owners(seeded)
    found: set[str] = set()
    for table, rows in all_rows(url).items():
        for row in rows:
            for word in WORD.findall(" ".join(_text(value) for value in row)):
                secret, name = owners[word]
                if name not in BRIEF or table not in ("cases", "search"):
                    found.add(f"the table {table} holds {name} of {secret.level}")
    return found


def said_of_secrets(texts: Sequence[str], seeded: Sequence[Secret], *, allowed: frozenset[str]) -> set[str]:
    """Return the fields other than those allowed whose words stand in these texts."""
    owners = _owners(seeded)
    words = {word for text in texts for word in WORD.findall(text)}
    return {f"{owners[word][1]} of {owners[word][0].level}" for word in words if owners[word][1] not in allowed}


def _text(value: object) -> str:
    return bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)


@contextmanager
def listening() -> Iterator[list[str]]:
    """Take down every log line, as talkative as can be, but for those of the client that a test asks with."""
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not record.name.startswith(("httpx", "httpcore", "asyncio")):
                lines.append(f"{record.name} {record.getMessage()}")

    handler, root = Handler(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield lines
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
