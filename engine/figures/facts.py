"""What is known of each case at one instant: the fold of its spans, and the names that measures read from it.

As of an instant means as the ledger knew it then: what was recorded later does not count, whenever it happened.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from sys import intern
from typing import NamedTuple, Protocol

from engine.case.case import ClockState
from engine.case.codec import at_from, microseconds
from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.definition.guards import DATE, LIST_OF_STRING, STRING
from engine.definition.names import field_type

_MILESTONE = "milestone:"


class Span(Protocol):
    """A value of one kind that holds from an instant on, until another one (None: it still holds)."""

    @property
    def case(self) -> CaseId: ...
    @property
    def kind(self) -> str: ...
    @property
    def seq(self) -> int: ...
    @property
    def value(self) -> str: ...
    @property
    def from_at(self) -> int: ...
    @property
    def until_at(self) -> int | None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One case as of an instant.

    ``held`` is what holds, by kind; ``passed`` every state it ever stood in; ``first`` the instant of each milestone
    when it was reached for the first time, as text; ``assignments`` how often it was assigned; ``went_back`` the
    milestones after which it came into a state again in which it had stood before them.
    """

    case: CaseId
    held: Mapping[str, str]
    passed: tuple[str, ...]
    first: Mapping[str, str]
    assignments: int = 0
    went_back: frozenset[str] = frozenset()


def facts_of(spans: Iterable[Span], at: datetime) -> Iterator[Facts]:
    """Yield the facts of each case as of the instant; a case that was opened later has none.

    Args:
        spans: those of one case stand together, in any order; closed ones and later ones may be among them.
        at: the instant, aware. A span that begins at it counts, one that ends at it does not hold any more.
    """
    cutoff = microseconds(at)
    for case, lines in groupby(spans, key=lambda span: span.case):
        facts = _folded(case, lines, cutoff)
        if facts.held:
            yield facts


def is_undated(facts: Facts) -> bool:
    """Say whether a move of the case was imported without its date, so that none of its dates can be relied on."""
    return facts.held.get("stated") == "undated"


def clock_state(facts: Facts, deadline: str) -> ClockState | None:
    """Return how a deadline of the case stands, None when it was never started."""
    text = facts.held.get(f"clock:{deadline}")
    return None if text is None else ClockState(json.loads(text)["state"])


def head_of(facts: Facts, known: Mapping[CaseId, Facts]) -> Facts:
    """Return the case that this one was merged into, over several levels; itself when it was not merged.

    A target that is not known, or a circle, which the rules do not allow, ends the way where it is.
    """
    met = {facts.case}
    while (target := CaseId(facts.held.get("merged", ""))) in known and target not in met:
        met.add(target)
        facts = known[target]
    return facts


def _folded(case: CaseId, lines: Iterable[Span], cutoff: int) -> Facts:
    held: dict[str, str] = {}
    passed: dict[str, None] = {}
    first: dict[str, tuple[int, str]] = {}
    stood: list[tuple[int, str]] = []
    assignments = 0
    for line in lines:
        if line.from_at > cutoff:
            continue
        # Kinds and most values repeat from case to case; one copy of each keeps a million cases in memory.
        kind, value = intern(line.kind), intern(line.value)
        if kind == "state":
            passed[value] = None
            stood.append((line.seq, value))
        elif kind == "lead":
            assignments += 1
        elif kind.startswith(_MILESTONE):
            name = kind.removeprefix(_MILESTONE)
            first[name] = min(first.get(name, (line.seq, value)), (line.seq, value))
        if line.until_at is None or line.until_at > cutoff:
            held[kind] = value
    return Facts(
        case=case,
        held=held,
        passed=tuple(passed),
        first={name: text for name, (_, text) in first.items()},
        assignments=assignments,
        # Who stood in no state twice never went back, and that is nearly everybody.
        went_back=frozenset(name for name, (seq, _) in first.items() if _came_again(stood, seq))
        if len(stood) > len(passed)
        else frozenset(),
    )


def _came_again(stood: Iterable[tuple[int, str]], seq: int) -> bool:
    """Say whether a state was entered after an entry that had been entered before it."""
    before = {state for at, state in stood if at < seq}
    return any(at > seq and state in before for at, state in stood)


class Named(NamedTuple):
    """A case and the case it was merged into, as the names of measures see them."""

    case: Facts
    head: Facts


Scope = dict[str, dict[str, object]]
_Fill = Callable[[Named], dict[str, object]]


class Names:
    """Gives the values behind the names that measures read, only those that are wanted, worked out case by case."""

    def __init__(self, definition: Definition, wanted: Collection[str], at: datetime) -> None:
        """``wanted`` are dotted names of ``definition.names.measure_names``; ``at`` is the cut-off."""
        self._definition = definition
        self._at = at
        by_root: dict[str, list[str]] = {}
        for name in sorted(wanted):
            root, _, attribute = name.partition(".")
            by_root.setdefault(root, []).append(attribute)
        self._clocks = sorted({name for root in _CLOCK_ROOTS for name in by_root.get(root, ())})
        self._clock_roots = [(root, by_root[root]) for root in _CLOCK_ROOTS if root in by_root]
        self._fills = [(root, self._fill(root, names)) for root, names in by_root.items() if root not in _CLOCK_ROOTS]

    def scope(self, named: Named) -> Scope:
        """Return root → attribute → value for one case."""
        scope: Scope = {root: fill(named) for root, fill in self._fills}
        if self._clocks:
            read = {name: _clock(named.case.held.get(f"clock:{name}"), self._at) for name in self._clocks}
            for root, names in self._clock_roots:
                scope[root] = {name: getattr(read[name], root) for name in names}
        return scope

    def _fill(self, root: str, names: list[str]) -> _Fill:
        match root:
            case "case" | "head":
                return self._case(root, names)
            case "flag":
                return self._flags(names)
            case "reached":
                return lambda named: {name: name in named.case.first for name in names}
            case "at":
                return lambda named: {name: _instant(named.case.held.get(_MILESTONE + name)) for name in names}
            case "first_at":
                return lambda named: {name: _instant(named.case.first.get(name)) for name in names}
            case "passed":
                return lambda named: {name: name in named.case.passed for name in names}
            case "fired":
                return lambda named: {name: int(named.case.held.get(f"fired:{name}", "0")) for name in names}
            case "rung":
                return lambda named: {name: int(named.case.held.get(f"rung:{name}", "0")) for name in names}
            case "cutoff":
                return lambda _named: {"at": self._at}
            case _:
                assert root == "stated", f"measures read no names under {root}"
                return lambda named: {"any": "stated" in named.case.held}

    def _case(self, root: str, names: list[str]) -> _Fill:
        readers = [(name, self._case_reader(name)) for name in names]
        if root == "head":
            return lambda named: {name: read(named.head) for name, read in readers}
        return lambda named: {name: read(named.case) for name, read in readers}

    def _case_reader(self, name: str) -> Callable[[Facts], object]:
        match name:
            case "state" | "unit":
                return lambda facts: facts.held.get(name)
            case "lead_unit":
                return lambda facts: facts.held.get("lead")
            case "merged":
                return lambda facts: "merged" in facts.held
            case "phase":
                phases = {state: str(part.phase) for state, part in self._definition.workflow.states.items()}
                return lambda facts: phases.get(facts.held.get("state", ""))
            case _:
                read, kind = self._field_value(name), f"field:{name}"
                return lambda facts: None if (text := facts.held.get(kind)) is None else read(text)

    def _field_value(self, name: str) -> Callable[[str], object]:
        """Return how the text of a span becomes the field's value; what does not fit its type now is null."""
        kind = field_type(self._definition.workflow.fields[name])
        if kind == STRING:
            return str
        if kind == DATE:
            return _date
        return _texts if kind == LIST_OF_STRING else _number_or_truth

    def _flags(self, names: list[str]) -> _Fill:
        by_name: dict[str, tuple[str, dict[str, bool]]] = {}
        for field, by_code in self._definition.flags.items():
            for code, flags in by_code.items():
                for flag, holds in flags.items():
                    by_name.setdefault(f"{field}_{flag}", (f"field:{field}", {}))[1][code] = holds
        wanted = [(name, *by_name[name]) for name in names]
        return lambda named: {name: codes.get(named.case.held.get(kind, "")) for name, kind, codes in wanted}


class _Clock(NamedTuple):
    """What measures read of a deadline; nothing of one that was never started."""

    due: datetime | None = None
    met: datetime | None = None
    on_time: bool | None = None
    suspended: bool = False
    extended: int = 0


_CLOCK_ROOTS = _Clock._fields
_NEVER_STARTED = _Clock()


def _clock(text: str | None, at: datetime) -> _Clock:
    """Return a deadline as of the instant. On time is done before ``due_at``, the first instant that is too late."""
    if text is None:
        return _NEVER_STARTED
    parts = json.loads(text)
    state, due, ended = ClockState(parts["state"]), at_from(parts["due_at"]), _instant(parts.get("ended_at"))
    met = ended if state is ClockState.MET else None
    on_time: bool | None = None
    if met is not None:
        on_time = met < due
    elif state is ClockState.RUNNING and at >= due:
        on_time = False
    return _Clock(
        due=due, met=met, on_time=on_time, suspended=state is ClockState.SUSPENDED, extended=int(parts["extensions"])
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else at_from(text)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _number_or_truth(text: str) -> object:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, int) else None


def _texts(text: str) -> object:
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return tuple(value) if isinstance(value, list) else None
