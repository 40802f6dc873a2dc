"""Verifies the house: units, people, grants, deputations, sessions, rules and days off, against the ledger (P4).

What the ledger was told of is all that can be shown: names of people and of delegations, and the note of a deputation,
stand in no entry, as nothing there can be erased. The ledger of a database that was begun before houses were told of is
not complete, and only the rules are then held against their hashes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any, Final

from engine.access.directory import Delegation, Deputation, GrantRow, Person, Unit
from engine.case.identity import RootId
from engine.case.situation import CongressSession
from engine.definition.loader import content_hash
from engine.definition.model import CodeList, Workflow
from engine.errors import InputRefused
from engine.ledger.streams import Fact
from engine.service.directory_facts import (
    DEPUTATION_ENDED,
    DEPUTED,
    GRANT_ENDED,
    GRANTED,
    days_kept,
    delegation_kept,
    deputed,
    granted,
    person_kept,
    rules_kept,
    session_kept,
    unit_kept,
)
from engine.service.house_ports import HouseReads, HouseRow, HouseView
from engine.service.publications import PublicationRow, published_fact
from engine.service.tree_findings import Found, TreeFinding, TreeRule
from engine.text import Text

Key = tuple[object, ...]
Said = Sequence[object]
DAYS: Final = "days_kept"
PUBLISHED: Final = "rules_published"
_UNIT: Final = "unit_kept"
_PARTS: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    _UNIT: (("unit",), ("parent", "hash")),
    "person_kept": (("person",), ("unit", "active")),
    GRANTED: (("person", "role", "unit", "from_on"), ("until_on",)),
    DEPUTED: (("principal", "deputy", "from_on"), ("until_on",)),
    "session_kept": (("session",), ("unit", "hash")),
    "delegation_kept": (("session", "code"), ("members",)),
    "rules_kept": (("kind", "name", "version", "hash"), ()),
    PUBLISHED: (("kind", "name", "version"), ("hash", "reason")),
    DAYS: (("year", "position"), ("hash",)),
}
"""Of each kind of fact, what names the thing that it tells of, and what it says of that."""
_ENDS: Final = {GRANT_ENDED: GRANTED, DEPUTATION_ENDED: DEPUTED, "rules_withdrawn": PUBLISHED}
_TITLES: Final[Mapping[str, Text]] = {
    _UNIT: Text("单位", "unit"),
    "person_kept": Text("人员", "person"),
    GRANTED: Text("授权", "grant"),
    DEPUTED: Text("代理", "deputation"),
    "session_kept": Text("届次", "congress session"),
    "delegation_kept": Text("代表团", "delegation"),
    "rules_kept": Text("流程或代码表", "definition or list"),
    PUBLISHED: Text("已发布的规定", "publication of rules"),
    DAYS: Text("放假通知", "notice of days off"),
}
_TYPE: Final = re.compile(rb'"type":"(%s)"' % "|".join((*_PARTS, *_ENDS)).encode())
# What making sense of a row raises where somebody has put something else there.
_SENSELESS: Final = (ValueError, TypeError, KeyError, AttributeError, RecursionError, InputRefused)


def roots_missing(reads: HouseReads, known: Callable[[], Sequence[RootId]]) -> list[TreeFinding]:
    """Find the organisations that have a history here and no place among the organisations any more: nobody would
    verify them. ``known`` is asked last, so that one that is founded meanwhile is among what it returns."""
    found = Found()
    kept = set(reads.roots_kept())
    for root in sorted(kept.difference(known())):
        found.add(
            TreeRule.HOUSE,
            f"数据库中有组织 {root!r:.60} 的记录，组织目录中却没有它",
            f"there are records of the organisation {root!r:.60}, which is not among the organisations",
        )
    return list(found.all())


def verify_house(reads: HouseReads, root: RootId) -> list[TreeFinding]:
    """Hold the tables of one organisation's house, and the rules common to all, against its ledger."""
    found = Found()
    with reads.house_view(root) as view:
        _House(view, found, root).verify()
    return list(found.all())


@dataclass(slots=True)
class _House:
    """One house being verified; ``told`` is by kind of fact and by the thing that it tells of."""

    view: HouseView
    found: Found
    root: RootId
    told: dict[str, dict[Key, Said]] = field(default_factory=lambda: {kind: {} for kind in _PARTS})

    def verify(self) -> None:
        begun = self._listen()
        kept = self._kept()
        for kind in _PARTS if begun else ():
            self._compare(kind, self.told[kind], kept[kind])

    def _listen(self) -> bool:
        """Take in what the ledger was told; return whether it was told of the house from its first entry on."""
        begun: bool | None = None
        for body in self.view.told():
            match = _TYPE.search(body) if type(body) is bytes else None
            if begun is None:
                begun = match is not None and match[1].decode() == _UNIT
            if match is not None:
                self._hear(match[1].decode(), body)
        return begun is True

    def _hear(self, kind: str, body: object) -> None:
        """Take in one entry; what makes no sense is found where chains are verified."""
        try:
            details: dict[str, object] = json.loads(body)[kind]  # type: ignore[arg-type]  # looked at above
            if kind == DAYS:
                details["position"] = 1 + sum(year == details["year"] for year, _position in self.told[DAYS])
            key, said = _placed(_ENDS.get(kind, kind), details)
            if kind in _ENDS:
                self.told[_ENDS[kind]].pop(key, None)
            else:
                self.told[kind][key] = said
        except _SENSELESS:
            return

    def _kept(self) -> dict[str, dict[Key, Said]]:
        """Return what the tables say, in the words in which it would be told."""
        kept: dict[str, dict[Key, Said]] = {kind: {} for kind in _PARTS}
        for table, fact_of in _FACT_OF.items():
            for row in self.view.rows(table):
                try:
                    fact = fact_of(self.root, row)
                    details: dict[str, object] = {**fact.details}
                    if fact.type == DAYS:
                        details["position"] = row["position"]
                    key, said = _placed(fact.type, details)
                    kept[fact.type][key] = said
                except _SENSELESS:
                    name = " ".join(f"{value!r:.40}" for value in list(row.values())[:3])
                    self._add(f"{table} 表中 {name} 一行无法读取", f"table {table}: the row {name} cannot be read")
                    continue
                if table in _CONTENT_OF and not _is_content(table, row):
                    name = f"{row['name']!s:.60} {row['version']!s:.20}"
                    self._add(f"{table} {name} 的内容与其哈希不符", f"{table} {name}: its text is not that of its hash")
        return kept

    def _compare(self, kind: str, told: Mapping[Key, Said], kept: Mapping[Key, Said]) -> None:
        title = _TITLES[kind]
        for key in sorted({*told, *kept}, key=repr):
            name = " ".join(f"{part!s:.40}" for part in key if part is not None)
            if key not in kept:
                self._add(f"账册载有{title.zh} {name}，现已没有", f"the ledger tells of the {title.en} {name}: gone")
            elif key not in told:
                self._add(f"账册未载{title.zh} {name}", f"the ledger was told of no {title.en} {name}")
            elif told[key] != kept[key]:
                self._add(f"{title.zh} {name} 与账册所载不符", f"the {title.en} {name} is not as the ledger tells")

    def _add(self, zh: str, en: str) -> None:
        self.found.add(TreeRule.HOUSE, zh, en)


def _placed(kind: str, details: Mapping[str, object]) -> tuple[Key, Said]:
    """Return what a fact tells of, and what it says."""
    names, said = _PARTS[kind]
    key = tuple(details.get(name) for name in names)
    hash(key)
    return key, [details.get(name) for name in said]


def _unit(root: RootId, row: HouseRow) -> Fact:
    given = _typed(row)
    unit = Unit(
        root=root,
        id=given["id"],
        parent=given["parent"],
        code=given["code"],
        title=Text(given["title_zh"], given["title_en"]),
        from_on=_day(given["from_on"]),
        until_on=_day(given["until_on"]),
        successor=given["successor"],
    )
    return unit_kept(unit, None)


def _person(root: RootId, row: HouseRow) -> Fact:
    given = _typed(row)
    return person_kept(Person(root=root, id=given["id"], name="", unit=given["unit"], active=given["active"]), None)


def _grant(root: RootId, row: HouseRow) -> Fact:
    given = _typed(row)
    grant = GrantRow(
        root=root,
        person=given["person"],
        role=given["role"],
        unit=given["unit"],
        from_on=_day(given["from_on"] or None),
        until_on=_day(given["until_on"]),
    )
    return granted(grant, None)


def _deputation(root: RootId, row: HouseRow) -> Fact:
    given = _typed(row)
    deputation = Deputation(
        root=root,
        principal=given["principal"],
        deputy=given["deputy"],
        from_on=_day(given["from_on"] or None),
        until_on=_day(given["until_on"]),
    )
    return deputed(deputation, None)


def _session(root: RootId, row: HouseRow) -> Fact:
    given = _typed(row)
    days = {name: _day(given[name]) for name in given if name.endswith("_on")}
    session = CongressSession(
        id=given["id"],
        root=root,
        unit=given["unit"],
        term=given["term"],
        meeting=given["meeting"],
        title=Text(given["title_zh"], given["title_en"]),
        lists=None if given["lists"] is None else json.loads(given["lists"]),
        **days,
    )
    return session_kept(session, None)


def _delegation(root: RootId, row: HouseRow) -> Fact:
    given = _typed(row)
    delegation = Delegation(
        root=root,
        congress_session=given["congress_session"],
        code=given["code"],
        title=Text("", ""),
        members=tuple(json.loads(given["members"])),
    )
    return delegation_kept(delegation, None)


def _rules(kind: str) -> Callable[[RootId, HouseRow], Fact]:
    def fact(_root: RootId, row: HouseRow) -> Fact:
        given = _typed(row)
        return rules_kept(kind, given["name"], given["version"], given["hash"])

    return fact


def _publication(_root: RootId, row: HouseRow) -> Fact:
    given = _typed(row)
    return published_fact(PublicationRow(**given), None)


def _notice(_root: RootId, row: HouseRow) -> Fact:
    given = _typed(row)
    return days_kept(given["year"], given["text"])


_FACT_OF: Final[Mapping[str, Callable[[RootId, HouseRow], Fact]]] = {
    "unit": _unit,
    "person": _person,
    "granting": _grant,
    "deputation": _deputation,
    "congress_session": _session,
    "delegation": _delegation,
    "definition": _rules("definition"),
    "list_version": _rules("list"),
    "calendar_notice": _notice,
    "publication": _publication,
}
_CONTENT_OF: Final[Mapping[str, type[Workflow] | type[CodeList]]] = {"definition": Workflow, "list_version": CodeList}


def _is_content(table: str, row: HouseRow) -> bool:
    """Return whether the text kept under a name, a version and a hash is of these."""
    return (row["hash"], row["name"], row["version"]) == _content(table, row["text"])


@lru_cache(maxsize=512)
def _content(table: str, text: object) -> tuple[str, str, int] | None:
    """Return hash, name and version of a definition or list; None where it is none."""
    try:
        part = _CONTENT_OF[table].model_validate_json(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return None if part is None else (content_hash(part), part.name, part.version)


def _typed(row: HouseRow) -> Mapping[str, Any]:
    """Return a row whose columns are what the tables are made for: texts and whole numbers."""
    if any(type(value) not in (str, int, type(None)) for value in row.values()):
        raise TypeError
    return row


def _day(text: str | None) -> date | None:
    day = None if text is None else date.fromisoformat(text)
    if day is not None and day.isoformat() != text:
        raise ValueError(text)  # days are compared as texts
    return day
