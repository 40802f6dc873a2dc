"""The scan: each field that names a thing is sent with the id of one that the asker may not know of, and with an id of
nothing: both must be answered alike and do the same to the tables; no answer may hold a word of what is hidden.

What is noted of refusals and looks (``engine.service.watch``) is no change: it is held apart for the length of a scan.
"""

from __future__ import annotations

import html
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple
from unittest.mock import patch
from urllib.parse import quote

import psycopg

from engine.service.measures import measures_of
from engine.storage.columns import metadata
from engine.storage.urls import postgres_url, sqlite_path
from tests.authorisation.asking import Question, ask
from tests.authorisation.fields import HIDDEN, SCANNED, Field, Kind, api_fields, page_fields
from tests.authorisation.matrix import ABOVE, OWN, Somebody, opens_by_text
from tests.authorisation.rules import OFFICES, Rule
from tests.authorisation.things import ABSENT_OF, OWNER, Estate, Thing, grievance, opened
from tests.support.house import ROOT

Shape = Mapping[str, tuple[int, int]]
"""Of each table that changed, how many rows are new and how many are gone."""
ENDLESS: Final = 10**9
TRIES: Final = frozenset({"attempt", "failed_login"})
"""Where wrong tries are counted, whatever was tried."""
_VARYING: Final = (
    (re.compile(r"<!--[0-9a-f]*-->"), ""),
    (re.compile(r'name="key" value="[^"]*"'), "KEY"),
    (re.compile(r'name="draft_of" value="[^"]*"'), "STAMP"),
    (re.compile(r"<span>[0-9A-Z]{5}</span>"), "CODE"),
    (re.compile(r"[0-9A-Z]{5}(?:-[0-9A-Z]{5}){4}"), "CODE"),
    (re.compile(r"[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}"), "CODE"),
    (re.compile(r"[A-Z2-7]{4}(?: [A-Z2-7]{4}){7}"), "MARK"),
    (re.compile(r"[0-9a-f]{64}"), "HASH"),
    (re.compile(r"[0-9a-f]{32}"), "ID"),
    (re.compile(r"第\d+号"), "NUMBER"),
    (re.compile(r"摘要 [0-9a-f]{12}"), "DIGEST"),
    (re.compile(r'\s*<option value="ID">[^<]*</option>'), ""),
)
"""What differs from one answer to the next for no reason of anybody's."""


@dataclass(slots=True)
class Tables:
    """Tells what has changed in a database since it was asked last."""

    url: str
    _rows: dict[str, Counter[tuple[Any, ...]]] = field(default_factory=dict)
    _version: Any = None
    _connection: Any = None

    def __post_init__(self) -> None:
        path = sqlite_path(self.url)
        if path is not None:
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        else:
            self._connection = psycopg.connect(postgres_url(self.url), autocommit=True)
        self.changed()

    def changed(self) -> Shape:
        """Return what is new and what is gone, by table; when a session was used last is no change."""
        lite = isinstance(self._connection, sqlite3.Connection)
        asked = "PRAGMA data_version" if lite else "SELECT pg_snapshot_xmax(pg_current_snapshot())::text"
        (version,) = self._connection.execute(asked).fetchone()
        if version == self._version:
            return {}
        self._version = version
        before, self._rows = self._rows, {name: Counter(map(_settled(name), rows)) for name, rows in self._all()}
        shape = {}
        for name, rows in self._rows.items():
            new, gone = rows - before.get(name, Counter()), before.get(name, Counter()) - rows
            if new or gone:
                shape[name] = (new.total(), gone.total())
        return shape

    def close(self) -> None:
        """Let go of the database."""
        self._connection.close()

    def _all(self) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
        for name in metadata.tables.keys() - TRIES:
            yield name, self._connection.execute(f'SELECT * FROM "{name}"').fetchall()


class Answered(NamedTuple):
    """An answer: its status, its text without what varies, what it did to the tables, and words that it told.

    ``words`` are those alone that the asker may not read.
    """

    status: int
    text: str
    shape: Shape
    words: tuple[str, ...]

    def apart_from(self, other: Answered) -> str | None:
        """Say what tells two answers apart, None where nothing does."""
        if (self.status, self.text) != (other.status, other.text):
            return f"{self.status} is told apart from {other.status}: {first_difference(self.text, other.text)}"
        return None if self.shape == other.shape else f"{self.status} changes {dict(self.shape)}"

    def wrong_anyway(self) -> str | None:
        """Say what may stand in no answer whatever was asked, None where it does not."""
        if self.words:
            return f"{self.status} tells of {self.words}"
        return f"{self.status}" if self.status >= 500 and self.status != 503 else None


@dataclass(slots=True)
class Scan:
    """A scan of one estate: what was asked, and what is wrong."""

    estate: Estate
    tables: Tables
    requests: int = 0
    asked: Counter[Kind] = field(default_factory=Counter)
    findings: list[str] = field(default_factory=list)
    _absent: dict[tuple[Question, Somebody | None], Answered] = field(default_factory=dict)

    def run(self, chosen: Iterable[tuple[Question, Somebody | None, Thing]]) -> Scan:
        """Ask all of it."""
        for question, who, thing in chosen:
            found = self.judge(question, who, thing)
            self.asked[thing.kind] += 1
            if found is not None:
                self.findings.append(
                    f"{question} as {who.login if who else 'nobody'} with {thing.kind} {thing.name}: {found}"
                )
        return self

    def judge(self, question: Question, who: Somebody | None, thing: Thing) -> str | None:
        """Ask with the thing and with nothing, and return what is wrong with the answer, None where all is well."""
        if thing.kind is Kind.KEY:
            # What can be done once only is over before the two are compared.
            self._asked(question, who, None)
        found = self._asked(question, who, question.key_of_owner if thing.kind is Kind.KEY else thing.value)
        wrong = found.wrong_anyway()
        if wrong is not None or thing.kind is Kind.CURSOR:
            return wrong
        if thing.kind in (Kind.UNIT, Kind.PERSON):
            return self._beyond(question, who, thing, found)
        key = (question, who)
        if key not in self._absent or thing.kind is Kind.KEY:
            # A key that nobody has used names nothing, and does so once only.
            nothing = None if thing.kind is Kind.KEY else ABSENT_OF[thing.kind]
            self._absent[key] = self._asked(question, who, nothing)
        return found.apart_from(self._absent[key])

    def answered(self, answer: Any, sent: Iterable[str], who: Somebody | None) -> Answered:
        """Take an answer down; ``sent`` is what a page may repeat of the request."""
        self.requests += 1
        words = tuple(sorted(word for word in self.estate.words_kept_from(who) if word in answer.text))
        return Answered(answer.status_code, _plain(answer.text, sent), self.tables.changed(), words)

    def _beyond(self, question: Question, who: Somebody | None, thing: Thing, found: Answered) -> str | None:
        """Say what somebody was allowed to do, or told, in a unit where they have no say."""
        if who is not None and question.address.name in NAMES_PEOPLE:
            told = [unit for unit in ABOVE if who.unit not in ABOVE[unit] and f"spare-{unit}" in found.text]
            if told:
                return f"{found.status} names people of {told}"
        may = MAY_ACT.get(question.address.name)
        unit = thing.value if thing.kind is Kind.UNIT else OWN
        if may is None or who is None or may(who, unit):
            return None
        return f"{found.status} changes {dict(found.shape)}" if found.status < 400 or found.shape else None

    def _asked(self, question: Question, who: Somebody | None, value: str | None) -> Answered:
        # What others have done meanwhile is not this request's doing.
        self.tables.changed()
        answer, sent = ask(self.estate, question, who, value)
        return self.answered(answer, sent, who)


def _opens(who: Somebody, unit: str) -> bool:
    return opens_by_text(who, "grievance", unit)


def _enters(who: Somebody, unit: str) -> bool:
    return who.role == "union_office" and who.unit in ABOVE[unit]


def _grants(who: Somebody, unit: str) -> bool:
    return who.role == "security_administrator" and who.unit in ABOVE[unit]


MAY_ACT: Final[Mapping[str, Callable[[Somebody, str], bool]]] = {
    "POST /cases": lambda who, unit: _opens(who, unit) or _enters(who, unit),
    "POST /cases/new/{workflow}": _opens,
    "POST /cases/new/{workflow}/on-behalf": _enters,
    "POST /grants": _grants,
    "POST /grants/end": _grants,
    "POST /accounts/slips": _enters,
}
"""Who may do, in a unit that the request names, what the address does; by the definition and the file of the staff."""
NAMES_PEOPLE: Final = frozenset({"GET /accounts", "GET /grants", "GET /grants/{person}", "GET /grants/history"})
"""Where people stand who are looked after in one's own units."""


def declared_fields(estate: Estate) -> list[Field]:
    """Return every field of every request: of the API by its own description, of the pages by the table."""
    site: Any = estate.world.client.app
    pages = [address.name for address in estate.addresses if not address.is_api]
    return [*dict.fromkeys(api_fields(site.openapi())), *dict.fromkeys(page_fields(pages))]


def questions(estate: Estate) -> list[Question]:
    """Return a question for each field that names a thing; for each key the owner has done something under it."""
    by_name = {(address.name, address.is_api): address for address in estate.addresses}
    measure = min(measures_of(estate.world.house.desk.world(ROOT).rules))
    asked = []
    for one in declared_fields(estate):
        address = by_name[one.address, one.is_api]
        # Who is not logged in has no keys: the key and all words together make the code there.
        if one.kind in SCANNED and not (one.kind is Kind.KEY and address.rule is Rule.OPEN):
            asked.append(Question(address, one.place, one.name, one.kind, measure))
    for question in asked:
        if question.kind is Kind.KEY:
            opened(estate.world, OWNER, "grievance", "safety", grievance("own"), key=question.key_of_owner)
    return asked


def pairs(estate: Estate, asked: Iterable[Question]) -> Iterator[tuple[Question, Somebody | None, Thing]]:
    """Yield each question with everybody who asks it and each thing of its kind that they may not know of."""
    for question in asked:
        # What lets somebody in is tried by somebody who is nobody yet.
        for who in [None] if question.kind is Kind.SECRET else estate.world.people:
            for thing in estate.of(question.kind):
                if who is None or not _may_know(question, who, thing):
                    yield question, who, thing


def some_of(
    every: Iterable[tuple[Question, Somebody | None, Thing]], count: int, seed: int
) -> list[tuple[Question, Somebody | None, Thing]]:
    """Return about so many of them: of every question one at least."""
    drawn = random.Random(seed)
    by_question: dict[Question, list[tuple[Question, Somebody | None, Thing]]] = {}
    for each in every:
        by_question.setdefault(each[0], []).append(each)
    chosen = [drawn.choice(those) for those in by_question.values()]
    rest = [each for those in by_question.values() for each in those]
    return chosen + drawn.sample(rest, max(0, min(len(rest), count - len(chosen))))


@contextmanager
def scanning(estate: Estate) -> Iterator[Scan]:
    """Open a scan; what the watch notes of refusals and looks is held apart meanwhile, and nobody loses patience."""
    with (
        patch("engine.service.watch.Watch.denied", lambda *_noted: None),
        patch("engine.service.watch.Watch.read", lambda *_noted: None),
        patch("api.strangers.WRONG_CODES_MAX", ENDLESS),
        patch("api.strangers.FILED_MAX", ENDLESS),
        patch("engine.service.filing.cabinet.WAITING_MAX", ENDLESS),
        patch("engine.service.account_writes.seconds_to_wait", lambda *_tries: 0),
    ):
        tables = Tables(estate.url)
        try:
            yield Scan(estate, tables)
        finally:
            tables.close()


def _may_know(question: Question, who: Somebody, thing: Thing) -> bool:
    rule = question.address.rule
    if thing.kind in (Kind.TOKEN, Kind.JOB) and rule in OFFICES:
        roles, top = OFFICES[rule]
        return who.role in roles and (not top or who.unit == "works")
    if thing.kind is Kind.FILE:
        return False
    if rule is Rule.RIGHTS and thing.audited_by(who):
        return True
    return thing.kind in HIDDEN and thing.known_to(who)


def _settled(table: str) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """Return what a row of a table is without what changes by being used."""
    if table != "login":
        return lambda row: tuple(map(_hashable, row))
    from engine.storage.directory_tables import login

    used = [column.name for column in login.columns].index("used_at")
    return lambda row: tuple(map(_hashable, (*row[:used], *row[used + 1 :])))


def _hashable(value: Any) -> Any:
    return bytes(value) if isinstance(value, memoryview) else repr(value) if isinstance(value, list | dict) else value


def _plain(text: str, sent: Iterable[str]) -> str:
    """Return an answer without what was sent, and without what differs from one answer to the next anyway."""
    for value in sent:
        for written in {value, html.escape(value), quote(value, safe="")} if len(value) > 1 else ():
            text = text.replace(written, "VALUE")
    for pattern, name in _VARYING:
        text = pattern.sub(name, text)
    return text.strip()


def first_difference(one: str, other: str) -> str:
    """Return where two answers begin to differ."""
    place = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{one[max(0, place - 20) : place + 40]!r} and {other[max(0, place - 20) : place + 40]!r}"
