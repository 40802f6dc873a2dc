"""What erasing asks of the database: the values that are kept of a case, and the erasures whose keys still stand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, cast

from pydantic import JsonValue

from engine.case.commands import EraseValues
from engine.case.events import ErasedValues
from engine.case.identity import CaseId, RootId
from engine.case.situation import HeldValue
from engine.ledger.canonical import parse_canonical
from engine.ledger.erasures import PART, erased_places, erased_values
from engine.service.rows import EntryRow, OutboxRow, PrivateRow


class Chain(Protocol):
    """The part of ``WriteTransaction`` that an erasure needs."""

    def chain(self, root: RootId, case: CaseId) -> tuple[Sequence[EntryRow], Sequence[PrivateRow]]:
        """Return the entries and the private values of a case, in order."""


class EndedCases(NamedTuple):
    """Cases that have ended, of some looked at; ``next`` is the last one looked at, None when there are no more."""

    ids: Sequence[CaseId]
    next: CaseId | None


class ErasureReads(Protocol):
    """The part of ``Reads`` that finishing erasures needs, and sealing values from before there were keys."""

    def entries(self, root: RootId, case: CaseId) -> Sequence[EntryRow]: ...

    def erasures_pending(self, root: RootId) -> Sequence[OutboxRow]:
        """Return the outbox rows of erasures whose keys may still stand, oldest first."""

    def count_entries(self, root: RootId) -> int:
        """Return how many entries the ledger has."""

    def has_sealed_values(self) -> bool:
        """Return whether any private value is encrypted; may look through all of them where none is."""

    def ended_cases(self, root: RootId, workflow: str, paths: Sequence[str], *, after: str, limit: int) -> EndedCases:
        """Look at so many cases that keep something at one of the paths, in the order of their ids, from behind the id
        ``after`` on; return those of the workflow that have ended."""

    def unsealed_values(self, root: RootId, limit: int) -> Sequence[PrivateRow]:
        """Return private values that stand in the clear, at most so many."""


class ErasureWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about erasures, and about values from before there were keys."""

    def forget_erasures(self, root: RootId, ids: Sequence[str]) -> None:
        """Take these erasures off the outbox."""

    def reseal_values(self, rows: Sequence[Resealed]) -> None:
        """Put key and ciphertext into those of the rows that still stand in the clear."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetErasures:
    """Take erasures off the outbox: their keys are destroyed."""

    root: RootId
    ids: tuple[str, ...]


class Resealed(NamedTuple):
    """A value by its place, with the name of its data key now, and its ciphertext in hex: it may have to be sent on."""

    root: str
    case: str
    seq: int
    path: str
    key: str
    ciphertext: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResealValues:
    """Replace private values that stand in the clear by the same ones sealed."""

    rows: tuple[Resealed, ...]


ErasureWrite = ForgetErasures | ResealValues


def apply_erasure_write(write: ErasureWrite, writes: ErasureWrites) -> None:
    """Carry out one write in the transaction behind ``writes``."""
    match write:
        case ForgetErasures(root=root, ids=ids):
            writes.forget_erasures(root, ids)
        case ResealValues(rows=rows):
            writes.reseal_values(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shredding:
    """What of one data key has to go: the paths erased, and the paths whose values stay and must stay readable."""

    root: RootId
    case: CaseId
    erased: ErasedValues
    surviving: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingErasure:
    """An erasure that is recorded, and whose keys are to be destroyed now."""

    id: str
    shreddings: tuple[Shredding, ...]


def held_values(transaction: Chain, command: EraseValues) -> Iterator[HeldValue]:
    """Yield every private value that is kept of the case."""
    entries, rows = transaction.chain(command.root, command.case)
    ids = {entry.seq: str(_body(entry)["id"]) for entry in entries} if rows else {}
    for row in rows:
        if row.seq in ids:
            yield HeldValue(entry=ids[row.seq], seq=row.seq, path=row.path, key=row.key)


def pending_erasures(reads: ErasureReads, root: RootId) -> Iterator[PendingErasure]:
    """Yield the erasures of an organisation whose keys may still stand, as their entries say."""
    for waiting in reads.erasures_pending(root):
        case = CaseId(waiting.case)
        entries = {entry.seq: entry for entry in reads.entries(root, case)}
        gone = erased_places(entry.body for entry in entries.values())
        part = cast(dict[str, JsonValue], _body(entries[waiting.seq])[PART])
        shreddings = []
        for one in erased_values(part):
            committed = cast(dict[str, str], _body(entries[one.seq]).get("priv", {}))
            surviving = tuple(path for path in committed if (one.entry, path) not in gone)
            shreddings.append(Shredding(root=root, case=case, erased=one, surviving=surviving))
        yield PendingErasure(id=waiting.id, shreddings=tuple(shreddings))


def _body(entry: EntryRow) -> dict[str, JsonValue]:
    body = parse_canonical(entry.body)
    assert isinstance(body, dict), "an entry is an object"
    return body
