"""Searching the ledger: entries of cases and facts beside them, newest first, behind the readers of who asks.

Entries are walked in the order in which they were sealed, so many at a time (``LOOKED_MAX``): what is found, how far it
was looked, and the key to look on from. Nothing is told of a case that the auditor may not see; facts of the house are
for those who audit the whole house, and of those about the running of the rules for the office at its top.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue

from engine.access.disclosure import disclosed
from engine.access.operators import OPERATOR_ROLE, is_operator
from engine.access.readers import principals_of
from engine.access.staff_roles import StaffRoles
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.codec import at_from, instant, microseconds
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.secrecy import accused_units, is_recused, without_place
from engine.errors import InputRefused, NotPermitted
from engine.ledger.canonical import parse_canonical
from engine.ledger.streams import ACCESS, SYSTEM, is_stream
from engine.service.audit_ports import FoundEntry
from engine.service.desk import Desk
from engine.service.sealing_ports import QueueKey
from engine.service.world import World
from engine.text import Text

LOOKED_MAX: Final = 2_000
"""So many entries are looked at for one page."""
HITS_MAX: Final = 50
CHUNK: Final = 500
SLACK: Final = timedelta(hours=1)
"""Entries are sealed nearly in the order of time; what is this much off the days asked for ends the walk."""
LAST: Final = QueueKey(2**62, "\U0010ffff", 2**62)
KINDS: Final[Mapping[str, frozenset[str]]] = {
    "exports": frozenset({"exported"}),
    "reads": frozenset({"read"}),
    "denials": frozenset({"denied"}),
    "grants": frozenset({"granted", "grant_ended", "deputed", "deputation_ended"}),
    "rules": frozenset({"rules_kept", "rules_published", "rules_withdrawn"}),
    "days": frozenset({"days_kept"}),
    "house": frozenset({"unit_kept", "person_kept", "session_kept", "delegation_kept"}),
    "logins": frozenset(
        {"login_opened", "logins_failed", "password_set", "second_factor_enrolled", "second_factor_removed"}
        | {
            "token_made",
            "token_ended",
            "logins_ended",
            "slips_made",
            "login_linked",
            "login_unlinked",
            "linked_login_used",
        }
    ),
    "sealing": frozenset({"heartbeat", "checkpoint_sent", "tree_closed", "key_announced"}),
    "sweeps": frozenset({"swept"}),
}
"""What facts are looked for by: the groups, and the types in them (``ledger.streams.FACTS``)."""
_OF_THE_OFFICE: Final = KINDS["exports"] | KINDS["rules"] | KINDS["days"] | KINDS["sealing"] | KINDS["sweeps"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Auditor:
    """Who looks, and by what right."""

    root: RootId
    actor: Actor
    staff: StaffRoles


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; None means any. ``kind`` is one of ``KINDS``, "cases" for entries of cases alone.

    ``since`` counts, ``until`` does not any more.
    """

    case: CaseId | None = None
    person: PersonId | None = None
    kind: str | None = None
    transition: str | None = None
    type: str | None = None
    role: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    behalf: bool = False
    by_system: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An entry that was found. ``case`` is None for facts of the house; ``who`` None where the reader may not know."""

    chain: str
    seq: int
    at: datetime
    body: Mapping[str, JsonValue]
    hash: bytes
    idx: int | None
    case: Case | None
    who: PersonId | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one look found: ``looked`` entries were looked at, down to ``reached``; ``next`` is None at the end."""

    hits: tuple[Hit, ...]
    looked: int
    reached: datetime | None
    next: str | None


def audits_something(auditor: Auditor) -> bool:
    """Return whether somebody audits any unit, or is of a union office, which answers to auditors."""
    roles = auditor.staff.roles
    grants = auditor.actor.grants
    return any(grant.role == OPERATOR_ROLE or (grant.role in roles and roles[grant.role].audits) for grant in grants)


def demand_auditing(auditor: Auditor) -> None:
    """Raise NotPermitted for whoever audits nothing."""
    if not audits_something(auditor):
        raise NotPermitted(
            Text(
                "审计查询只供审计人员和工会办公室使用；需要查阅的，请向审计管理员提出",
                "Auditing is for auditors and union offices; ask the audit administrator",
            )
        )


def search(desk: Desk, auditor: Auditor, wanted: Wanted, world: World, *, after: str | None = None) -> Found:
    """Return the next page of what is found.

    Raises:
        NotPermitted: the one who asks audits nothing.
        InputRefused: ``after`` is no key of such a page.
    """
    demand_auditing(auditor)
    looking = _Looking(desk, auditor, wanted, world)
    hits: list[Hit] = []
    looked, reached = 0, None
    place: str | None = after
    for chunk, following in looking.chunks(after):
        for entry, hit in zip(chunk, looking.found(chunk), strict=True):
            looked += 1
            reached, place = instant(entry.at), looking.key_of(entry)
            if hit is not None:
                hits.append(hit)
            if len(hits) == HITS_MAX:
                return Found(hits=tuple(hits), looked=looked, reached=reached, next=place)
        if following is None:
            return Found(hits=tuple(hits), looked=looked, reached=reached, next=None)
        place = following
        if looked >= LOOKED_MAX:
            break
    return Found(hits=tuple(hits), looked=looked, reached=reached, next=place)


class _Looking:
    """One walk through the ledger."""

    def __init__(self, desk: Desk, auditor: Auditor, wanted: Wanted, world: World) -> None:
        self._reads, self._auditor, self._wanted, self._world = desk.reads, auditor, wanted, world
        self._tree = world.surroundings.tree
        self._house = auditor.staff.audits(auditor.actor, UnitId(auditor.root), self._tree)
        self._office = is_operator(auditor.actor, auditor.root)
        self._must = tuple(_marks(wanted))

    def chunks(self, after: str | None) -> Iterator[tuple[Sequence[FoundEntry], str | None]]:
        """Yield pieces of the ledger from a place on, each with the key of what follows, None behind the last one."""
        if self._wanted.case is not None:
            yield self._of_case(self._wanted.case), None
            return
        root, until = self._auditor.root, self._wanted.until
        place: str = after or ""
        while True:
            queue, idx = _place(place)
            if queue is not None:
                rows = self._reads.waiting_before(root, queue, CHUNK)
                following: str | None = self.key_of(rows[-1]) if len(rows) == CHUNK else f"l.{2**62}"
            else:
                if idx == 2**62 and until is not None:
                    idx = self._reads.place_of_instant(root, microseconds(until + SLACK)) + 1
                rows = self._reads.sealed_before(root, idx, CHUNK)
                is_last = len(rows) < CHUNK or self._is_too_old(rows[-1])
                following = None if is_last else self.key_of(rows[-1])
            yield rows, following
            if following is None:
                return
            place = following

    def _is_too_old(self, entry: FoundEntry) -> bool:
        since = self._wanted.since
        return since is not None and instant(entry.at) < since - SLACK

    def _of_case(self, case: CaseId) -> list[FoundEntry]:
        rows = [*self._reads.entries(self._auditor.root, case)]
        rows += self._reads.entries(self._auditor.root, CaseId(f"{ACCESS}{case}"))
        entries = []
        for row in rows:
            at = microseconds(at_from(str(_parsed(row.body)["at"])))
            entries.append(FoundEntry(None, at, row.case, row.seq, row.body, row.hash))
        return sorted(entries, key=lambda entry: (entry.at, entry.seq), reverse=True)

    @staticmethod
    def key_of(entry: FoundEntry) -> str:
        """Return the key of what comes after an entry."""
        return f"q.{entry.at}.{entry.seq}.{entry.case}" if entry.idx is None else f"l.{entry.idx}"

    def found(self, chunk: Sequence[FoundEntry]) -> list[Hit | None]:
        """Return for each entry what is found in it, None for what does not fit or may not be seen."""
        fitting = {
            place: (entry, body)
            for place, entry in enumerate(chunk)
            if all(mark in entry.body for mark in self._must) and self._fits(entry, body := _parsed(entry.body))
        }
        wanted = dict.fromkeys(case for entry, _body in fitting.values() if (case := _case_of(entry.case)) is not None)
        seen, audited = self._seen(wanted)
        hits: list[Hit | None] = [None] * len(chunk)
        for place, (entry, body) in fitting.items():
            hits[place] = self._hit(entry, body, seen, audited)
        return hits

    def _fits(self, entry: FoundEntry, body: Mapping[str, JsonValue]) -> bool:
        wanted, at = self._wanted, instant(entry.at)
        if (wanted.since is not None and at < wanted.since) or (wanted.until is not None and at >= wanted.until):
            return False
        if wanted.kind == "cases" and is_stream(entry.case):
            return False
        types = KINDS.get(wanted.kind or "")
        if types is not None and not (is_stream(entry.case) and body["type"] in types):
            return False
        checks = ((wanted.transition, "transition"), (wanted.type, "type"), (wanted.role, "role"))
        if any(value is not None and body.get(name) != value for value, name in checks):
            return False
        if wanted.behalf and "behalf" not in body:
            return False
        return not wanted.by_system or body["actor"] == "system"

    def _seen(self, wanted: Iterable[CaseId]) -> tuple[Mapping[str, Case], Mapping[str, Case]]:
        """Return the cases that may be seen, and those whose rights are audited without being seen."""
        ids, root, actor = list(wanted), self._auditor.root, self._auditor.actor
        if not ids:
            return {}, {}
        seen = {str(case.id): case for case in self._reads.visible_cases(root, ids, principals_of(actor))}
        others = self._reads.cases(root, [one for one in ids if one not in seen])
        parents = {case.id: case for case in self._reads.cases(root, [one.parent for one in others if one.parent])}
        audited = {
            str(case.id): case
            for case in others
            if self._audits(case, None if case.parent is None else parents.get(case.parent))
        }
        return seen, audited

    def _audits(self, case: Case, parent: Case | None) -> bool:
        actor, accused = self._auditor.actor, accused_units(case, parent)
        if is_recused(actor, case, parent):
            return False
        here = without_place(actor, case, parent)
        clear = frozenset(grant for grant in here.grants if accused.isdisjoint(self._tree.lineage(grant.unit)))
        return self._auditor.staff.audits(replace(here, grants=clear), case.unit, self._tree)

    def _hit(
        self,
        entry: FoundEntry,
        body: Mapping[str, JsonValue],
        seen: Mapping[str, Case],
        audited: Mapping[str, Case],
    ) -> Hit | None:
        own = _case_of(entry.case)
        case = None if own is None else seen.get(own)
        if own is not None and case is None and entry.case.startswith(ACCESS):
            case = audited.get(own)
        if (own is not None and case is None) or (own is None and not self._may_read(body)):
            return None
        who = self._who(entry, body, case)
        if self._wanted.person is not None and not (who == self._wanted.person or self._mentions(entry, body)):
            return None
        return Hit(
            chain=entry.case,
            seq=entry.seq,
            at=instant(entry.at),
            body=body,
            hash=entry.hash,
            idx=entry.idx,
            case=case,
            who=who,
        )

    def _may_read(self, body: Mapping[str, JsonValue]) -> bool:
        return self._house or (self._office and body["type"] in _OF_THE_OFFICE)

    def _who(self, entry: FoundEntry, body: Mapping[str, JsonValue], case: Case | None) -> PersonId | None:
        """Return who made an entry, as far as the reader may know."""
        if is_stream(entry.case):
            by = body.get("by")
            return None if by is None else PersonId(str(by))
        actor = str(body["actor"])
        if case is None or not actor.startswith("P") or not actor[1:].isdigit():
            return None
        definition = self._world.rules.pinned(case.pins.definition, case.pins.lists)
        known = disclosed(case, definition, self._auditor.actor, self._tree)
        number = int(actor[1:])
        person = case.people[number - 1] if number <= len(case.people) else None
        hidden = person in known.nameless or body.get("role") in known.nameless_roles
        return None if hidden else person

    def _mentions(self, entry: FoundEntry, body: Mapping[str, JsonValue]) -> bool:
        """Say whether a fact is about the person who is looked for."""
        told = body.get(str(body["type"])) if is_stream(entry.case) else None
        return isinstance(told, dict) and self._wanted.person in (
            told.get("person"),
            told.get("principal"),
            told.get("deputy"),
        )


def _marks(wanted: Wanted) -> Iterator[bytes]:
    """Yield what must stand in the bytes of an entry, so that most need not be read."""
    for name in ("transition", "type", "role"):
        value = getattr(wanted, name)
        if value is not None:
            yield f'"{name}":{json.dumps(value, ensure_ascii=False)}'.encode()
    if wanted.behalf:
        yield b'"behalf":'
    if wanted.by_system:
        yield b'"actor":"system"'


def _place(key: str) -> tuple[QueueKey | None, int]:
    """Return where a walk goes on: in the queue, or before a sealed entry."""
    if not key:
        return LAST, 0
    kind, _, rest = key.partition(".")
    parts = rest.split(".", 2)
    try:
        if kind == "l" and len(parts) == 1 and 0 <= int(rest) <= 2**62:
            return None, int(rest)
        if kind == "q" and len(parts) == 3 and len(rest) <= 200:
            return QueueKey(int(parts[0]), parts[2], int(parts[1])), 0
    except ValueError:
        pass
    raise InputRefused(Text("翻页位置无效，请从第一页重新查", "That is no place to go on from; begin anew"), after=key)


def _case_of(chain: str) -> CaseId | None:
    """Return the case that a chain is about; None for facts of the house."""
    return None if chain.startswith(SYSTEM) else CaseId(chain.removeprefix(ACCESS))


def _parsed(data: bytes) -> dict[str, JsonValue]:
    body = parse_canonical(data)
    assert isinstance(body, dict), "an entry is an object"
    return body
