"""Chains beside the cases: facts about the house, as ``system:<day>:<slot>``, and about one case, ``access:<case>``.

Sweeps, grants, rules, exports, keys stand in a chain a day and process; who looked at a confidential case, or was
turned away, in a chain beside that case, so that its own is not lengthened by reading it. An entry looks like a case's
and is linked like one; what it tells stands in a part named after its type, of the form that FACTS declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

from pydantic import JsonValue

from engine.case.codec import at_text
from engine.case.identity import CaseId, PersonId, RootId, derived_id, ordered_id
from engine.case.scope import SHANGHAI
from engine.ledger.canonical import canonical
from engine.ledger.chain import entry_hash
from engine.ledger.entries import VERSION

SYSTEM: Final = "system:"
ACCESS: Final = "access:"
SWEPT: Final = "swept"
FACTS: Final[Mapping[str, Mapping[str, str]]] = {
    SWEPT: {"calendar": "text", "open": "count", "looked": "count", "raised": "count", "failed": "count"},
    "granted": {"person": "text", "role": "text", "unit": "text", "from_on": "day?", "until_on": "day?"},
    "grant_ended": {"person": "text", "role": "text", "unit": "text", "from_on": "day?"},
    "deputed": {"principal": "text", "deputy": "text", "from_on": "day?", "until_on": "day?"},
    "deputation_ended": {"principal": "text", "deputy": "text", "from_on": "day?"},
    "unit_kept": {"unit": "text", "parent": "text?", "hash": "hash"},
    "person_kept": {"person": "text", "unit": "text?", "active": "count"},
    "session_kept": {"session": "text", "unit": "text", "hash": "hash"},
    "delegation_kept": {"session": "text", "code": "text", "members": "texts"},
    "rules_kept": {"kind": "text", "name": "text", "version": "count", "hash": "hash"},
    "rules_published": {"kind": "text", "name": "text", "version": "count", "hash": "hash", "reason": "text"},
    "rules_withdrawn": {"kind": "text", "name": "text", "version": "count", "hash": "hash", "reason": "text"},
    "days_kept": {"year": "count", "hash": "hash"},
    "exported": {"what": "text", "rows": "count", "scope": "text?"},
    "imported": {"what": "text", "rows": "count", "scope": "text?", "hash": "hash"},
    "read": {"case": "text"},
    "denied": {"what": "text", "times": "count", "case": "text?"},
    "heartbeat": {"checkpoint": "count", "size": "count", "root": "hash", "schema": "hash", "build": "text"},
    "checkpoint_sent": {
        "way": "text",
        "day": "day",
        "checkpoint": "count",
        "size": "count",
        "root": "hash",
        "recipients": "count",
        "refused": "count",
        "left": "count",
    },
    "tree_closed": {"year": "count", "checkpoint": "count", "size": "count", "root": "hash", "note": "text"},
    "key_announced": {"use": "text", "key": "text"},
    "login_opened": {"person": "text", "second_factor": "count"},
    "logins_failed": {"person": "text", "hour": "text", "times": "count"},
    "password_set": {"person": "text", "way": "text"},
    "second_factor_enrolled": {"person": "text"},
    "second_factor_removed": {"person": "text"},
    "token_made": {"person": "text", "number": "text", "scope": "text", "until_on": "day"},
    "token_ended": {"person": "text", "number": "text"},
    "logins_ended": {"person": "text", "sessions": "count", "tokens": "count"},
    "slips_made": {"people": "texts"},
    "login_linked": {"person": "text", "issuer": "text"},
    "login_unlinked": {"person": "text"},
    "linked_login_used": {"person": "text", "vouched": "count"},
}
"""What may be told: by type, the parts of it and what each is. ``text`` is some text, ``count`` a whole number from 0,
``day`` YYYY-MM-DD, ``hash`` 64 hex digits, ``texts`` a list of texts; with ``?`` it may be left out. People are called
by their ids: no name, no address, no word that a stranger typed may stand here, as nothing here can be erased. A type
comes after "at" in the alphabet, as its part does in the entry: verification reads the instant from the first bytes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What one sweep came to: how many open deadlines there were and were looked at, rungs raised, cases set aside.

    ``calendar`` is the version of the calendar that dates were held against.
    """

    calendar: str
    open: int
    looked: int
    raised: int
    failed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something to be told in a stream; ``by`` is who did it, None for the engine itself.

    ``about`` is the case whose access stream it stands in; None puts it into the system stream of its day.
    """

    type: str
    details: Mapping[str, JsonValue]
    by: PersonId | None = None
    about: CaseId | None = None


@dataclass(frozen=True, slots=True)
class StreamEntry:
    """An entry ready to be stored."""

    seq: int
    body: bytes
    hash: bytes


def is_stream(chain: object) -> bool:
    """Say whether a chain is one of these and not a case's; what is no text, in a database somebody damaged, is not."""
    return isinstance(chain, str) and chain.startswith((SYSTEM, ACCESS))


def stream_of(at: datetime, slot: int) -> str:
    """Return the name of the stream that a process writes on the day of this instant (Asia/Shanghai)."""
    return f"{SYSTEM}{at.astimezone(SHANGHAI):%Y-%m-%d}:{slot}"


def stream_for(fact: Fact, at: datetime, slot: int) -> str:
    """Return the name of the stream that a fact belongs to."""
    return stream_of(at, slot) if fact.about is None else f"{ACCESS}{fact.about}"


def swept_fact(swept: Swept) -> Fact:
    """Return what tells of a sweep."""
    return Fact(type=SWEPT, details=asdict(swept))


def fact_entry(root: RootId, stream: str, at: datetime, fact: Fact, last: tuple[int, bytes] | None) -> StreamEntry:
    """Return the entry that tells a fact, after the last one (its seq and hash) of the stream."""
    seq, prev = (0, "0" * 64) if last is None else (last[0], last[1].hex())
    body: dict[str, JsonValue] = {
        "v": VERSION,
        "ledger": root,
        "case": stream,
        "seq": seq + 1,
        "prev": prev,
        "id": ordered_id(at, derived_id(root, stream, seq + 1)),
        "type": fact.type,
        "at": at_text(at),
        "actor": "system" if fact.by is None else "person",
        fact.type: {name: value for name, value in fact.details.items() if value is not None},
    }
    if fact.by is not None:
        body["by"] = fact.by
    data = canonical(body)
    return StreamEntry(seq + 1, data, entry_hash(data))
