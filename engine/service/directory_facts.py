"""What the ledger is told of changes of the house: units, persons, sessions, grants, deputations, and the rules kept.

Names stand in none of them, as nothing in the ledger can be erased: people are called by their ids, and of what a unit
or a session is called there is a hash, against which the tables can be held.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Final, NamedTuple

from pydantic import JsonValue

from engine.access.directory import Delegation, Deputation, GrantRow, Person, Unit
from engine.case.identity import PersonId
from engine.case.situation import CongressSession
from engine.ledger.canonical import canonical
from engine.ledger.streams import Fact

GRANTED: Final = "granted"
GRANT_ENDED: Final = "grant_ended"
DEPUTED: Final = "deputed"
DEPUTATION_ENDED: Final = "deputation_ended"


class Stamp(NamedTuple):
    """When something was done and who did it; None where it was the engine itself, or somebody at the machine."""

    at: datetime
    by: PersonId | None = None


def granted(grant: GrantRow, by: PersonId | None) -> Fact:
    """Return what tells of a grant, or of another end that one was given."""
    details = {**_of_grant(grant), "until_on": _day(grant.until_on)}
    return Fact(type=GRANTED, details=details, by=by)


def grant_ended(grant: GrantRow, by: PersonId | None) -> Fact:
    """Return what tells that a grant was taken back."""
    return Fact(type=GRANT_ENDED, details=_of_grant(grant), by=by)


def deputed(deputation: Deputation, by: PersonId | None) -> Fact:
    """Return what tells that somebody acts for another, or until another day."""
    details = {**_of_deputation(deputation), "until_on": _day(deputation.until_on)}
    return Fact(type=DEPUTED, details=details, by=by)


def deputation_ended(deputation: Deputation, by: PersonId | None) -> Fact:
    """Return what tells that it was taken back that somebody acts for another."""
    return Fact(type=DEPUTATION_ENDED, details=_of_deputation(deputation), by=by)


def unit_kept(unit: Unit, by: PersonId | None) -> Fact:
    """Return what tells of a unit that is new or another than before."""
    said: Mapping[str, JsonValue] = {
        "code": unit.code,
        "title": [unit.title.zh, unit.title.en],
        "from_on": _day(unit.from_on),
        "until_on": _day(unit.until_on),
        "successor": unit.successor,
    }
    return Fact(type="unit_kept", details={"unit": unit.id, "parent": unit.parent, "hash": _hash(said)}, by=by)


def person_kept(person: Person, by: PersonId | None) -> Fact:
    """Return what tells of a person who is new or stands elsewhere now; a hash of a name would give the name away."""
    details: Mapping[str, JsonValue] = {"person": person.id, "unit": person.unit, "active": int(person.active)}
    return Fact(type="person_kept", details=details, by=by)


def session_kept(session: CongressSession, by: PersonId | None) -> Fact:
    """Return what tells of a congress session that is new or has other dates."""
    days = ("opens_on", "closes_on", "call_opens_on", "call_closes_on", "reply_due_on")
    said: dict[str, JsonValue] = {
        "term": session.term,
        "meeting": session.meeting,
        "title": [session.title.zh, session.title.en],
        "lists": None if session.lists is None else {str(name): str(value) for name, value in session.lists.items()},
        **{day: _day(getattr(session, day)) for day in days},
    }
    return Fact(type="session_kept", details={"session": session.id, "unit": session.unit, "hash": _hash(said)}, by=by)


def delegation_kept(delegation: Delegation, by: PersonId | None) -> Fact:
    """Return what tells who belongs to a delegation of a congress session."""
    details: Mapping[str, JsonValue] = {
        "session": delegation.congress_session,
        "code": delegation.code,
        "members": list(delegation.members),
    }
    return Fact(type="delegation_kept", details=details, by=by)


def rules_kept(kind: str, name: str, version: int, content_hash: str, by: PersonId | None = None) -> Fact:
    """Return what tells that a definition or a code list is kept under its hash."""
    details: Mapping[str, JsonValue] = {
        "kind": kind,
        "name": name,
        "version": version,
        "hash": content_hash.removeprefix("sha256:"),
    }
    return Fact(type="rules_kept", details=details, by=by)


def days_kept(year: int, text: str, by: PersonId | None = None) -> Fact:
    """Return what tells that a notice of days off, or a unit's own days, are kept."""
    return Fact(type="days_kept", details={"year": year, "hash": hashlib.sha256(text.encode()).hexdigest()}, by=by)


def _of_grant(grant: GrantRow) -> dict[str, JsonValue]:
    return {"person": grant.person, "role": grant.role, "unit": grant.unit, "from_on": _day(grant.from_on)}


def _of_deputation(deputation: Deputation) -> dict[str, JsonValue]:
    return {
        "principal": deputation.principal,
        "deputy": deputation.deputy,
        "from_on": _day(deputation.from_on),
    }


def _hash(said: Mapping[str, JsonValue]) -> str:
    return hashlib.sha256(canonical({name: value for name, value in said.items() if value is not None})).hexdigest()


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
