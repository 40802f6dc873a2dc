"""The enterprise of the sample as rows of the directory, and its persons as actors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from engine.access.directory import Delegation, GrantRow, Person, Unit
from engine.access.passwords import hash_password, new_password
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.identity import PersonId, RootId, SessionId, UnitId, derived_id
from engine.case.situation import CongressSession
from engine.service.account_writes import SetPassword
from engine.service.plain import AddDelegation, AddGrant, AddPerson, AddSession, AddUnit, PlainWrite
from engine.text import Text
from runtime.demo.corpus import Congress, Corpus, PersonText

UNIT_ROLES = frozenset({"unit_head", "handler"})
"""Roles that are held in the person's own unit; all others are held in the enterprise."""

SHOWN_ROLES: dict[str, tuple[str, str]] = {
    "union_office": ("office", "工会办公室（登记、交办、归档）"),
    "committee_director": ("director", "提案工作委员会主任（审查、批准延期）"),
    "committee_member": ("member", "提案工作委员会委员"),
    "presidium": ("presidium", "主席团"),
    "leader_in_charge": ("leader", "分管领导（批示、督办）"),
    "unit_head": ("head", "承办单位负责人（会签、签发）"),
    "handler": ("handler", "承办人（签收、面商、拟复）"),
    "delegate": ("delegate", "职工代表（提案、附议、评价）"),
    "staff": ("worker", "职工（反映诉求、评价）"),
    "auditor": ("auditor", "审计"),
    "supervisor": ("supervisor", "上级工会督办人"),
}
"""The accounts of the sample, by role: login and what one sees with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays: actors by role and unit, ids of units, of the session and of the one called for next.

    ``home`` is the unit in which cases are opened: the enterprise itself, which in the small sample is the root.
    """

    root: RootId
    home: UnitId
    session: SessionId
    next_session: SessionId
    units: dict[str, UnitId]
    unit_names: dict[str, str]
    persons: dict[str, PersonText]
    actors: dict[str, Actor]

    def in_role(self, role: str, unit: str | None = None) -> list[str]:
        """Return the ids of the persons who hold a role (in a unit, if given), in the order of the corpus."""
        return [person.id for person in self.persons.values() if role in person.roles and unit in (None, person.unit)]

    def actor(self, person: str) -> Actor:
        return self.actors[person]


def cast_of(corpus: Corpus) -> Cast:
    """Return the cast; ids are derived from the corpus, so that two samples name the same units alike."""
    root = RootId(derived_id("sample", "unit", corpus.enterprise.id))
    units = {corpus.enterprise.id: UnitId(root)}
    units |= {unit.id: UnitId(derived_id("sample", "unit", unit.id)) for unit in corpus.units}
    persons = {person.id: person for person in corpus.persons}
    actors = {
        person.id: Actor(
            kind=ActorKind.PERSON,
            person=PersonId(derived_id("sample", "person", person.id)),
            grants=frozenset(Grant(role, _unit_of(role, person, units)) for role in person.roles),
        )
        for person in corpus.persons
    }
    names = {unit.id: unit.zh for unit in (corpus.enterprise, *corpus.units)}
    return Cast(
        root=root,
        home=UnitId(root),
        session=_session_of(corpus.congress),
        next_session=_session_of(corpus.next_congress),
        units=units,
        unit_names=names,
        persons=persons,
        actors=actors,
    )


def directory_writes(corpus: Corpus, cast: Cast) -> list[PlainWrite]:
    """Return the writes that set the organisation up, accounts apart."""
    writes: list[PlainWrite] = []
    for unit in (corpus.enterprise, *corpus.units):
        parent = None if unit is corpus.enterprise else UnitId(cast.root)
        writes.append(
            AddUnit(
                Unit(root=cast.root, id=cast.units[unit.id], parent=parent, code=unit.id, title=Text(unit.zh, unit.en))
            )
        )
    for person in corpus.persons:
        person_id = cast.actors[person.id].person
        assert person_id is not None, "the cast holds persons"
        login = next((SHOWN_ROLES[role][0] for role in person.roles if _shows(cast, role, person)), None)
        writes.append(
            AddPerson(Person(root=cast.root, id=person_id, name=person.zh, login=login, unit=cast.units[person.unit]))
        )
        writes += [
            AddGrant(GrantRow(root=cast.root, person=person_id, role=grant.role, unit=grant.unit))
            for grant in sorted(cast.actors[person.id].grants, key=lambda grant: grant.role)
        ]
    for congress in (corpus.congress, corpus.next_congress):
        writes += _session_writes(corpus, cast, congress)
    return writes


def open_accounts(cast: Cast) -> tuple[list[PlainWrite], list[tuple[str, str, str]]]:
    """Return the writes that give the shown accounts new passwords, and (role, login, password) of each."""
    writes: list[PlainWrite] = []
    accounts: list[tuple[str, str, str]] = []
    for role, (login, title) in SHOWN_ROLES.items():
        person_id = _shown_person(cast, role)
        password = new_password()
        writes.append(SetPassword(cast.root, person_id, hash_password(password)))
        accounts.append((title, login, password))
    return writes, accounts


def shown_persons(cast: Cast) -> frozenset[PersonId]:
    """Return who has an account of the sample."""
    return frozenset(_shown_person(cast, role) for role in SHOWN_ROLES)


def keep_accounts(path: Path, accounts: list[tuple[str, str, str]], clock_at: str) -> None:
    """Keep the sample's accounts beside the database, readable by its owner only."""
    path.touch(mode=0o600)
    os.chmod(path, 0o600)  # noqa: PTH101 - a file left by an earlier sample may be open to others
    path.write_text(
        json.dumps({"accounts": accounts, "clock": clock_at}, ensure_ascii=False, indent=1), encoding="utf-8"
    )


def _session_writes(corpus: Corpus, cast: Cast, congress: Congress) -> Iterator[PlainWrite]:
    """Yield the writes of a congress session and its delegations: within one term the delegates are the same."""
    yield AddSession(
        CongressSession(
            id=_session_of(congress),
            root=cast.root,
            unit=UnitId(cast.root),
            term=congress.term,
            meeting=congress.meeting,
            title=Text(_session_title(congress.term, congress.meeting), congress.en),
            opens_on=congress.opens_on,
            closes_on=congress.closes_on,
            call_opens_on=congress.call_opens_on,
            call_closes_on=congress.call_closes_on,
        )
    )
    for delegation in corpus.delegations:
        members = tuple(one for name in delegation.members if (one := cast.actors[name].person) is not None)
        yield AddDelegation(
            Delegation(
                root=cast.root,
                congress_session=_session_of(congress),
                code=delegation.id,
                title=Text(delegation.zh, delegation.en),
                members=members,
            )
        )


def _session_of(congress: Congress) -> SessionId:
    return SessionId(derived_id("sample", "session", congress.term, congress.meeting))


def _shows(cast: Cast, role: str, person: PersonText) -> bool:
    return role in SHOWN_ROLES and cast.in_role(role)[_shown_place(cast, role)] == person.id


def _shown_person(cast: Cast, role: str) -> PersonId:
    person = cast.actors[cast.in_role(role)[_shown_place(cast, role)]].person
    assert person is not None, "the cast holds persons"
    return person


def _shown_place(cast: Cast, role: str) -> int:
    """Return which holder of a role gets the account: who has none for an earlier role and fewest other roles."""
    taken: set[str] = set()
    for earlier in SHOWN_ROLES:
        holders = cast.in_role(earlier)
        free = [(len(cast.persons[one].roles), place) for place, one in enumerate(holders) if one not in taken]
        _roles, place = min(free)
        if earlier == role:
            return place
        taken.add(holders[place])
    raise AssertionError(f"no account is shown for {role}")


def _unit_of(role: str, person: PersonText, units: dict[str, UnitId]) -> UnitId:
    return units[person.unit] if role in UNIT_ROLES else next(iter(units.values()))


def _session_title(term: int, meeting: int) -> str:
    digits = "零一二三四五六七八九十"
    return f"第{digits[term]}届第{digits[meeting]}次"
