"""Plain writes: organisation, accounts, rules beside cases; each a small typed value that the writer carries out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from engine.access.directory import Delegation, Deputation, GrantRow, Person, Unit
from engine.case.codec import microseconds
from engine.case.identity import PersonId, RootId
from engine.case.situation import CongressSession
from engine.ledger.streams import Fact, Swept
from engine.service.notice_writes import NoticeWrite, apply_notice_write
from engine.service.ports import DirectoryWrites
from engine.service.rows import CounterRow


@dataclass(frozen=True, slots=True)
class AddUnit:
    """Add a unit, or replace the one with its id."""

    unit: Unit


@dataclass(frozen=True, slots=True)
class AddPerson:
    """Add a person, or replace the one with its id."""

    person: Person


@dataclass(frozen=True, slots=True)
class AddGrant:
    """Grant a role in a unit."""

    grant: GrantRow


@dataclass(frozen=True, slots=True)
class RemoveGrant:
    """Take a grant back."""

    grant: GrantRow


@dataclass(frozen=True, slots=True)
class AddDeputation:
    """Let somebody act for another until a date."""

    deputation: Deputation


@dataclass(frozen=True, slots=True)
class RemoveDeputation:
    """Take back that somebody acts for another, as if it had never been said."""

    deputation: Deputation


@dataclass(frozen=True, slots=True)
class AddSession:
    """Add or replace a congress session."""

    session: CongressSession


@dataclass(frozen=True, slots=True)
class AddDelegation:
    """Add or replace a delegation of a congress session."""

    delegation: Delegation


@dataclass(frozen=True, slots=True)
class KeepText:
    """Keep the canonical text of a definition or a code list by its hash."""

    kind: str
    name: str
    version: int
    content_hash: str
    text: str


@dataclass(frozen=True, slots=True)
class KeepNotice:
    """Keep a notice of days off, or a unit's own days, as canonical text (see ``running_calendar``)."""

    year: int
    text: str


@dataclass(frozen=True, slots=True)
class SetPassword:
    """Set the hash a person's password is checked against."""

    root: RootId
    person: PersonId
    password_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLogin:
    """Keep a login session or an API token by the hash of its secret."""

    token_hash: str
    root: RootId
    person: PersonId
    kind: str
    title: str
    at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class EndLogin:
    """Revoke a login session or token."""

    token_hash: str


@dataclass(frozen=True, slots=True)
class NoteFailure:
    """Count a failed login."""

    login: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SetCounter:
    """Set a series of numbers to its last number."""

    row: CounterRow


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSweep:
    """Record what a sweep came to: an entry of the stream of this day and process, and when it was."""

    root: RootId
    at: datetime
    slot: int
    swept: Swept


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFact:
    """Record a fact about the house, or about who looked at a case, in its stream (``engine.ledger.streams``)."""

    root: RootId
    at: datetime
    fact: Fact
    slot: int = 0


PlainWrite = (
    AddUnit
    | AddPerson
    | AddGrant
    | RemoveGrant
    | AddDeputation
    | RemoveDeputation
    | AddSession
    | AddDelegation
    | KeepText
    | KeepNotice
    | SetPassword
    | OpenLogin
    | EndLogin
    | NoteFailure
    | SetCounter
    | RecordSweep
    | RecordFact
    | NoticeWrite
)


def apply_write(write: PlainWrite, writes: DirectoryWrites) -> None:
    """Carry out one plain write in the transaction behind ``writes``."""
    match write:
        case AddUnit(unit):
            writes.add_unit(unit)
        case AddPerson(person):
            writes.add_person(person)
        case AddGrant(grant):
            writes.add_grant(grant)
        case RemoveGrant(grant):
            writes.remove_grant(grant)
        case AddDeputation(deputation):
            writes.add_deputation(deputation)
        case RemoveDeputation(deputation):
            writes.remove_deputation(deputation)
        case AddSession(session):
            writes.add_session(session)
        case AddDelegation(delegation):
            writes.add_delegation(delegation)
        case KeepText():
            keep = writes.keep_definition if write.kind == "definition" else writes.keep_list
            keep(write.name, write.version, write.content_hash, write.text)
        case KeepNotice(year, text):
            writes.keep_notice(year, text)
        case SetPassword():
            writes.set_password(write.person, write.root, write.password_hash)
        case OpenLogin():
            at, expires_at = microseconds(write.at), microseconds(write.expires_at)
            writes.open_login(write.token_hash, write.root, write.person, write.kind, write.title, at, expires_at)
        case EndLogin():
            writes.end_login(write.token_hash)
        case NoteFailure():
            writes.note_failure(write.login, microseconds(write.at))
        case SetCounter(row):
            writes.last_counter(row)
        case RecordSweep():
            writes.record_sweep(write.root, write.at, write.slot, write.swept)
        case RecordFact():
            writes.record_fact(write.root, write.at, write.slot, write.fact)
        case _:
            apply_notice_write(write, writes)
