"""What happened to the cases of a workflow as events, for tools that mine processes: no person, no text that is not
public, and nothing of cases under a strict level."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Final

from engine.case.case import Case
from engine.case.codec import at_from, microseconds
from engine.case.events import EventType
from engine.case.identity import CaseId, RootId
from engine.case.secrecy import is_strict
from engine.definition.compiled import Definition
from engine.definition.parts import Privacy
from engine.definition.wording import title_of
from engine.ledger.canonical import parse_canonical
from engine.ledger.migrations import definitions_along
from engine.service.ports import Reads
from engine.service.process_map import counter
from engine.service.rows import EntryRow
from engine.service.world import World
from engine.text import Text

AT_ONCE: Final = 200
"""So many cases are read together."""
TOLD: Final = frozenset({EventType.OPENED, EventType.FIRED, EventType.CHANGED})
"""Notes and erasures move nothing; what another case did to one tells only when it brought it to another state."""
OPENING: Final = Text("登记", "Registered")
BY_ANOTHER: Final = Text("因关联事项变动", "Changed by another case")


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """One event of a case. ``role`` and ``unit`` say in what capacity it was done, never by whom.

    ``state`` is where the case stood after it. ``working_days`` have passed since the event before, ``since_opening``
    since the first; None where the calendar does not know the year. ``stated``: the time is the one that somebody
    stated for what was entered afterwards.
    """

    id: str
    name: str
    title: Text
    at: datetime
    state: str
    role: str | None = None
    unit: str | None = None
    by_system: bool = False
    stated: bool = False
    working_days: int | None = 0
    since_opening: int | None = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCase:
    """A case and its events, in order. ``parent`` is the case that it is a part of, where that is in the log too."""

    id: CaseId
    workflow: str
    number: str
    unit: str
    lead_unit: str | None
    category: str | None
    state: str
    phase: str
    parent: CaseId | None
    events: tuple[LoggedEvent, ...]


@dataclass(slots=True)
class EventLog:
    """Reads the cases of a workflow as a log. ``left_out`` counts those under a strict level, as far as it was read.

    ``with_parts`` adds the cases that are a part of one of them, as those of handling units are.
    """

    reads: Reads
    world: World
    root: RootId
    workflow: str
    with_parts: bool = False
    left_out: int = 0
    _chosen: set[CaseId | None] = field(default_factory=set)
    _kept_apart: set[CaseId | None] = field(default_factory=set)

    def cases(self) -> Iterator[LoggedCase]:
        """Yield the cases in the order of their ids, which is about that of their opening."""
        self.left_out = 0
        self._chosen.clear()
        self._kept_apart.clear()
        ids = self.reads.all_case_ids(self.root)
        while some := list(islice(ids, AT_ONCE)):
            chosen = [case for case in self.reads.cases(self.root, some) if self._is_chosen(case)]
            if chosen:
                files = self.reads.case_files(self.root, [case.id for case in chosen])
                entries = {file.case: file.entries for file in files}
                yield from (self._logged(case, entries[case.id]) for case in chosen)

    def _is_chosen(self, case: Case) -> bool:
        """Tell whether a case is in the log; parts of a case under a strict level are left out with it."""
        if is_strict(case, self._definition(case)) or case.parent in self._kept_apart:
            self._kept_apart.add(case.id)
            self.left_out += case.workflow == self.workflow
            return False
        if case.workflow == self.workflow or (self.with_parts and case.parent in self._chosen):
            self._chosen.add(case.id)
            return True
        return False

    def _definition(self, case: Case) -> Definition:
        return self.world.rules.pinned(case.pins.definition, case.pins.lists)

    def _logged(self, case: Case, entries: Sequence[EntryRow]) -> LoggedCase:
        definition = self._definition(case)
        workflow = definition.workflow
        public = {
            name: value
            for name, value in case.data.items()
            if name in workflow.fields and workflow.fields[name].privacy is Privacy.PUBLIC
        }
        category = public.get(workflow.category_field or "")
        return LoggedCase(
            id=case.id,
            workflow=workflow.name,
            number=next((str(public[name]) for name in workflow.number_fields if public.get(name)), ""),
            unit=case.unit,
            lead_unit=case.lead_unit,
            category=category if isinstance(category, str) else None,
            state=case.state,
            phase=str(case.phase),
            parent=case.parent if case.parent in self._chosen else None,
            events=tuple(self._events(entries)),
        )

    def _events(self, entries: Sequence[EntryRow]) -> Iterator[LoggedEvent]:
        days = counter(self.world.calendar)
        state, first, before = "", None, None
        bodies = [body for row in entries if isinstance(body := parse_canonical(row.body), dict)]
        along = definitions_along(bodies, self.world.rules)
        for row, body, definition in zip(entries, bodies, along, strict=True):
            to_state = body.get("to")
            if body["type"] not in TOLD:
                state = str(to_state or state)  # another version may call the state otherwise
                continue
            if body["type"] == EventType.CHANGED and to_state is None:
                continue
            state = str(to_state or state)
            stated = body.get("stated")
            at = at_from(str(stated["occurred_at"] if isinstance(stated, Mapping) else body["at"]))
            now = microseconds(at)
            name, title = _activity(definition, body)
            yield LoggedEvent(
                id=row.hash.hex(),
                name=name,
                title=title,
                at=at,
                state=state,
                role=_text(body.get("role")),
                unit=_text(body.get("unit")),
                by_system=isinstance(body.get("cause"), Mapping) or body.get("role") is None,
                stated=isinstance(stated, Mapping),
                working_days=0 if before is None else days(before, now),
                since_opening=0 if first is None else days(first, now),
            )
            first, before = now if first is None else first, now


def _activity(definition: Definition, body: Mapping[str, object]) -> tuple[str, Text]:
    if body["type"] == EventType.OPENED:
        return "opened", OPENING
    move = body.get("transition")
    if move is None:
        return "changed", BY_ANOTHER
    return str(move), title_of(str(move), definition.workflow.transitions)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
