"""Replays the ledger of one case: entries back to events, folded as ``evolve`` does, each judged where it stands.

Whatever the bytes hold ends in a finding, never in an exception. Whether the chain itself holds is ``chain``'s
question; what the tables should show of the case is the service's.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple, cast

from pydantic import JsonValue

from engine.case.case import NOTHING, Case, Pins
from engine.case.events import Erasure, Event
from engine.case.evolve import evolve
from engine.definition.compiled import Definition
from engine.errors import InputRefused, NotFound
from engine.ledger.canonical import parse_once
from engine.ledger.chain import entry_hash
from engine.ledger.commitments import Opened, opens
from engine.ledger.entries import read_entry, read_opening
from engine.ledger.erasures import Place, erased_places
from engine.ledger.legality import illegal, misplaced
from engine.ledger.migrations import read_migration
from engine.ledger.shape import shape_problems
from engine.text import Text

DefinitionOf = Callable[[Pins], Definition]
"""Gives the definition that these hashes name; raises NotFound."""
Openings = Mapping[int, Mapping[str, Opened | None]]
"""By seq and path what the stored private values hold; None where one cannot be opened."""

_FIELDS = "fields/"
# What reading an entry raises on bytes that keep the schema and still say nothing sensible, as the day 2026-02-31.
_SENSELESS = (KeyError, ValueError, TypeError, IndexError, OverflowError)


class Rule(StrEnum):
    """What replay finds broken; the ids that ``banjie verify`` prints beside those of the chain."""

    COLUMNS = "E3"
    SCHEMA = "E4"
    LEGAL = "C3"
    GONE = "V1"
    STILL_KEPT = "V2"
    KEY_LEFT = "V3"
    OPENING = "V4"
    ERASURE = "V5"
    ORPHAN = "V6"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayFinding:
    """One broken rule at one entry."""

    rule: Rule
    seq: int
    text: Text


class Move(NamedTuple):
    """One entry replayed: the case before and after it, and what it went by before and after."""

    before: Case | None
    after: Case
    event: Event
    was: Definition
    definition: Definition


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What the entries say of a case.

    ``case`` and ``definition`` are None, and ``complete`` is false, when an entry could not be replayed: what follows
    it is not known. ``unknown`` are the paths of private values that are gone without an erasure, or wrong; ``erased``
    those erased, each with the seq of the last entry that says so.
    """

    case: Case | None
    definition: Definition | None
    moves: tuple[Move, ...]
    unknown: frozenset[str]
    erased: Mapping[str, int]
    findings: tuple[ReplayFinding, ...]
    complete: bool


def replay(
    entries: Sequence[tuple[int, bytes]], openings: Openings, definition_of: DefinitionOf, *, root: str
) -> Replayed:
    """Fold the entries of one case, in order.

    Args:
        entries: the columns seq and body, ordered by seq, from a database that an attacker may have written.
        openings: the private values stored beside them.
        definition_of: looks up what the first entry pins.
        root: the ledger that every entry must name.
    """
    places = erased_places(data for _seq, data in entries)
    replaying = _Replaying(openings, definition_of, root, places)
    complete = all(replaying.step(seq, body) for seq, body in entries)
    replaying.find_orphans({seq for seq, _body in entries})
    return Replayed(
        case=replaying.case if complete else None,
        definition=replaying.definition if complete else None,
        moves=tuple(replaying.moves),
        unknown=frozenset(replaying.unknown),
        erased=replaying.erased,
        findings=tuple(sorted(replaying.findings, key=lambda finding: finding.seq)),
        complete=complete,
    )


@dataclass(slots=True)
class _Replaying:
    """One replay on its way."""

    openings: Openings
    definition_of: DefinitionOf
    root: str
    places: Mapping[Place, int]
    case: Case | None = None
    definition: Definition | None = None
    moves: list[Move] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    erased: dict[str, int] = field(default_factory=dict)
    committed: dict[str, tuple[int, frozenset[str]]] = field(default_factory=dict)
    findings: list[ReplayFinding] = field(default_factory=list)

    def step(self, seq: int, data: bytes) -> bool:
        """Replay one entry; return whether the next one can be replayed."""
        body = self._body(seq, data)
        if body is None:
            return False
        values = self._opened(seq, body)
        try:
            definition = self._gone_by(seq, body)
            if definition is None:
                return False
            was = self.definition or definition
            if (state := body.get("to", definition.workflow.initial)) not in definition.workflow.states:
                self._find(Rule.LEGAL, seq, Text(f"流程中没有状态 {state!r:.80}", f"no such state: {state!r:.80}"))
                return False
            event = read_entry(body, values, self.case, definition)
        except _SENSELESS as error:
            said = f"{type(error).__name__}: {error}"[:120]
            self._find(Rule.SCHEMA, seq, Text(f"条目内容无法还原（{said}）", f"the entry makes no sense ({said})"))
            return False
        for text in illegal(self.case, event, definition, was):
            self._find(Rule.LEGAL, seq, text)
        for text in misplaced(*_places(body), definition):
            self._find(Rule.LEGAL, seq, text)
        if event.erasure is not None:
            self._erased(seq, event.erasure)
        if event.opening is not None and self.case is not None:
            return False
        after = evolve(self.case, event, definition, entry_hash(data).hex())
        self.moves.append(Move(before=self.case, after=after, event=event, was=was, definition=definition))
        self.case, self.definition = after, definition
        return True

    def find_orphans(self, known: Collection[int]) -> None:
        """Find the private values that belong to no entry at all."""
        for seq, rows in self.openings.items():
            if seq not in known:
                for path in rows:
                    self._find(Rule.ORPHAN, seq, _orphan(path))

    def _find(self, rule: Rule, seq: int, text: Text) -> None:
        self.findings.append(ReplayFinding(rule=rule, seq=seq, text=text))

    def _body(self, seq: int, data: bytes) -> dict[str, JsonValue] | None:
        """Return the entry if its schema holds. Bytes that are no canonical object are a finding of the chain."""
        try:
            body = parse_once(data) if type(data) is bytes else None
        except InputRefused:
            return None
        if not isinstance(body, dict):
            return None
        problems = list(shape_problems(body))
        for text in problems:
            self._find(Rule.SCHEMA, seq, text)
        if problems:
            return None
        if body["ledger"] != self.root:
            said = f"{body['ledger']!r:.80}"
            self._find(Rule.COLUMNS, seq, Text(f"内容中的账册是 {said}", f"the body says ledger {said}"))
        return body

    def _opened(self, seq: int, body: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
        """Return the private values whose commitments hold; what is gone, wrong or too much becomes a finding."""
        commitments = cast(Mapping[str, str], body.get("priv", NOTHING))
        stored = self.openings.get(seq, NOTHING)
        case, entry = str(body["case"]), str(body["id"])
        self.committed[entry] = (seq, frozenset(commitments))
        values: dict[str, JsonValue] = {}
        for path, commitment in commitments.items():
            opened = stored.get(path)
            erased_at = self.places.get((entry, path), 0)
            if erased_at > seq:
                if path in stored:
                    text = Text(f"{path} 已删除，原值却仍在", f"the value of {path} was erased and is still kept")
                    self._find(Rule.STILL_KEPT, seq, text)
                self.erased[path] = max(erased_at, self.erased.get(path, 0))
            elif path not in stored:
                text = Text(f"{path} 的原值已不在，又无删除记录", f"the value of {path} is gone and no erasure says so")
                self._find(Rule.GONE, seq, text)
            elif opened is None or not opens(
                commitment, case=case, entry=entry, path=path, value=opened.value, salt=opened.salt
            ):
                text = Text(f"{path} 的原值与所作承诺不符", f"the value of {path} does not open its commitment")
                self._find(Rule.OPENING, seq, text)
            else:
                values[path] = cast(JsonValue, opened.value)
        if len(values) < len(commitments):
            gone = {path for path in commitments if self.places.get((entry, path), 0) > seq}
            self.unknown.update(commitments.keys() - values.keys() - gone)
        if stored.keys() != commitments.keys():
            for path in sorted(stored.keys() - commitments.keys()):
                self._find(Rule.ORPHAN, seq, _orphan(path))
        return values

    def _erased(self, seq: int, erasure: Erasure) -> None:
        """Find what an erasure names that no entry before it commits to."""
        for one in erasure.values:
            place, paths = self.committed.get(one.entry, (0, frozenset()))
            if place != one.seq or not paths.issuperset(one.paths):
                text = Text(
                    f"所删除的内容在第 {one.seq} 条中并不存在", f"entry {one.seq} holds nothing of what this one erased"
                )
                self._find(Rule.ERASURE, seq, text)

    def _gone_by(self, seq: int, body: Mapping[str, JsonValue]) -> Definition | None:
        """Return what the case goes by after the entry: what it went by before, unless the entry says otherwise."""
        migration = read_migration(body)
        if self.definition is None or self.case is None or migration is None:
            return self.definition or self._pinned(seq, body)
        pins = Pins(definition=migration.definition, lists=migration.lists, calendar=self.case.pins.calendar)
        return self._looked_up(seq, pins)

    def _pinned(self, seq: int, body: Mapping[str, JsonValue]) -> Definition | None:
        opening = read_opening(body)
        if opening is None:
            text = Text("第一条且只有第一条是立项", "the first entry opens the case, and no other does")
            self._find(Rule.LEGAL, seq, text)
            return None
        if opening.root != self.root:
            text = Text("立项时的组织与账册不符", "the case was opened in another organisation than its ledger's")
            self._find(Rule.COLUMNS, seq, text)
        return self._looked_up(seq, opening.pins)

    def _looked_up(self, seq: int, pins: Pins) -> Definition | None:
        try:
            return self.definition_of(pins)
        except NotFound as refusal:
            self._find(Rule.LEGAL, seq, refusal.text)
            return None


def _places(body: Mapping[str, JsonValue]) -> tuple[Iterable[str], Iterable[str]]:
    """Return the names of the fields whose values stand in the open, and of those behind commitments."""
    committed = cast(Mapping[str, str], body.get("priv", NOTHING))
    hidden = [path.removeprefix(_FIELDS) for path in committed if path.startswith(_FIELDS)]
    return cast(Mapping[str, JsonValue], body.get("pub", NOTHING)), hidden


def _orphan(path: object) -> Text:
    return Text(f"多出的原值 {path!r:.80}", f"a private value that no entry commits to: {path!r:.80}")
