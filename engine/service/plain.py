"""Plain writes: organisation, accounts, rules beside cases; each a small typed value that the writer carries out.

Those that change the house or its rules say who did it (``by``, None for the engine itself or somebody at the machine)
and when (``at``, which the office says where nobody has); a change is a fact of the ledger in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from engine.access.directory import Delegation, Deputation, GrantRow, Person, Unit
from engine.case.identity import PersonId, RootId
from engine.case.situation import CongressSession
from engine.ledger.streams import Fact, Swept
from engine.service.account_writes import AccountWrite, apply_account_write
from engine.service.deposit_ports import DepositRow
from engine.service.directory_facts import Stamp
from engine.service.directory_ports import DirectoryWrites
from engine.service.draft_ports import DraftWrite, DropDraft, DropDrafts, KeepDraft, apply_draft_write
from engine.service.erasing import ErasureWrite, ForgetErasures, ResealValues, apply_erasure_write
from engine.service.figure_ports import AskFigures, DropFigures, FigureWrite, KeepFigures, apply_figure_write
from engine.service.file_ports import DropFiles, FileWrite, GiveFiles, KeepFile, apply_file_write
from engine.service.long_work_ports import LongWorkWrite, apply_long_work_write
from engine.service.moved_units import EndMove, MoveWrite, SetSight, apply_move_write
from engine.service.notice_writes import NoticeWrite, apply_notice_write
from engine.service.poll_ports import CastBallot, PollWrite, apply_poll_write
from engine.service.publications import PublicationWrite, PublishRules, WithdrawRules, apply_publication_write
from engine.service.rows import CounterRow
from engine.service.sealing_writes import (
    BeginTree,
    KeepCheckpoint,
    KeepCosignature,
    SealEntries,
    SealingWrite,
    apply_sealing_write,
)
from engine.service.search_ports import IndexWords, KeepNotAlike, RestartIndex, SearchWrite, apply_search_write


@dataclass(frozen=True, slots=True)
class AddUnit:
    """Add a unit, or replace the one with its id."""

    unit: Unit
    by: PersonId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddPerson:
    """Add a person, or replace the one with its id."""

    person: Person
    by: PersonId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddGrant:
    """Grant a role in a unit."""

    grant: GrantRow
    by: PersonId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RemoveGrant:
    """Take a grant back."""

    grant: GrantRow
    by: PersonId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddDeputation:
    """Let somebody act for another until a date."""

    deputation: Deputation
    by: PersonId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RemoveDeputation:
    """Take back that somebody acts for another, as if it had never been said."""

    deputation: Deputation
    by: PersonId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddSession:
    """Add or replace a congress session."""

    session: CongressSession
    by: PersonId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class AddDelegation:
    """Add or replace a delegation of a congress session."""

    delegation: Delegation
    by: PersonId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeepText:
    """Keep the canonical text of a definition or a code list by its hash."""

    kind: str
    name: str
    version: int
    content_hash: str
    text: str
    by: PersonId | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class KeepNotice:
    """Keep a notice of days off, or a unit's own days, as canonical text (see ``running_calendar``)."""

    year: int
    text: str
    by: PersonId | None = None
    at: datetime | None = None


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


@dataclass(frozen=True, slots=True)
class KeepDeposit:
    """Keep what somebody anonymous has sent, or put what became of it in its place."""

    row: DepositRow


@dataclass(frozen=True, slots=True)
class DropDeposits:
    """Take what was released out of the box."""

    root: RootId
    ids: tuple[str, ...]


_Told = (
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
)
"""What the ledger is told of by itself, with who did it and when."""

PlainWrite = (
    _Told
    | SetCounter
    | RecordSweep
    | RecordFact
    | KeepDeposit
    | DropDeposits
    | NoticeWrite
    | AccountWrite
    | SealingWrite
    | ErasureWrite
    | FileWrite
    | FigureWrite
    | MoveWrite
    | DraftWrite
    | LongWorkWrite
    | SearchWrite
    | PublicationWrite
    | PollWrite
)


def stamped(writes: Iterable[PlainWrite], at: datetime) -> list[PlainWrite]:
    """Return the writes, those the ledger is told of with the instant where they have none."""
    return [replace(write, at=at) if isinstance(write, _Told) and write.at is None else write for write in writes]


def done_by(writes: Iterable[PlainWrite], person: PersonId) -> list[PlainWrite]:
    """Return the writes, those the ledger is told of as done by somebody."""
    return [replace(write, by=person) if isinstance(write, _Told) else write for write in writes]


def apply_write(write: PlainWrite, writes: DirectoryWrites) -> None:
    """Carry out one plain write in the transaction behind ``writes``."""
    match write:
        case AddUnit(unit):
            writes.add_unit(unit, _stamp(write))
        case AddPerson(person):
            writes.add_person(person, _stamp(write))
        case AddGrant(grant):
            writes.add_grant(grant, _stamp(write))
        case RemoveGrant(grant):
            writes.remove_grant(grant, _stamp(write))
        case AddDeputation(deputation):
            writes.add_deputation(deputation, _stamp(write))
        case RemoveDeputation(deputation):
            writes.remove_deputation(deputation, _stamp(write))
        case AddSession(session):
            writes.add_session(session, _stamp(write))
        case AddDelegation(delegation):
            writes.add_delegation(delegation, _stamp(write))
        case KeepText():
            keep = writes.keep_definition if write.kind == "definition" else writes.keep_list
            keep(write.name, write.version, write.content_hash, write.text, _stamp(write))
        case KeepNotice(year, text):
            writes.keep_notice(year, text, _stamp(write))
        case SetCounter(row):
            writes.last_counter(row)
        case RecordSweep():
            writes.record_sweep(write.root, write.at, write.slot, write.swept)
        case KeepDeposit(row):
            writes.keep_deposit(row)
        case DropDeposits(root, ids):
            writes.drop_deposits(root, ids)
        case RecordFact():
            writes.record_fact(write.root, write.at, write.slot, write.fact)
        case SealEntries() | BeginTree() | KeepCheckpoint() | KeepCosignature():
            apply_sealing_write(write, writes)
        case ForgetErasures() | ResealValues():
            apply_erasure_write(write, writes)
        case KeepFile() | DropFiles() | GiveFiles():
            apply_file_write(write, writes)
        case AskFigures() | KeepFigures() | DropFigures():
            apply_figure_write(write, writes)
        case SetSight() | EndMove():
            apply_move_write(write, writes)
        case KeepDraft() | DropDraft() | DropDrafts():
            apply_draft_write(write, writes)
        case IndexWords() | RestartIndex() | KeepNotAlike():
            apply_search_write(write, writes)
        case CastBallot():
            apply_poll_write(write, writes)
        case PublishRules() | WithdrawRules():
            apply_publication_write(write, writes)
        case write if isinstance(write, LongWorkWrite):
            apply_long_work_write(write, writes)
        case write if isinstance(write, AccountWrite):
            apply_account_write(write, writes)
        case _:
            apply_notice_write(write, writes)


def _stamp(write: _Told) -> Stamp | None:
    return None if write.at is None else Stamp(write.at, write.by)
