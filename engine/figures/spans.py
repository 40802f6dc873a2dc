"""Everything figures count by, as values that hold over time: opened and closed in the step's own transaction.

The pure fold of the entries gives the same spans; ``banjie verify`` compares them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from pydantic import JsonValue
from pydantic_core import to_json

from engine.case.case import Case, Clock
from engine.case.codec import at_text
from engine.case.events import Event, EventType
from engine.definition.compiled import Definition
from engine.definition.guards import Guard, compile_guard
from engine.definition.names import measure_names

UNDATED = ";undated"
"""Ends the basis of an imported move whose date is not known: its instant is only a place in the order."""


class SpanChange(NamedTuple):
    """A kind takes a new value (None: it ends), and whether it had one before."""

    kind: str
    value: str | None
    had: bool


def span_changes(
    before: Case | None, after: Case, event: Event, definition: Definition, was: Definition | None = None
) -> Iterator[SpanChange]:
    """Yield what the event changes, each kind at most once. ``was`` is what the case went by before a migration.

    Kinds are ``state``, ``unit``, ``session``, ``lead``, ``merged``, ``stated`` ("1", or "undated" once a move was
    imported whose date is not known: measures that ask when count the case apart), ``field:<name>`` for tracked fields,
    ``milestone:<name>`` (value: the instant it counts from), ``clock:<deadline>``, and as far as measures ask about
    them ``fired:<transition>`` and ``rung:<deadline>`` (value: the highest level that stands).
    """
    if event.type is EventType.OPENED:
        yield SpanChange("unit", after.unit, had=False)
        if after.congress_session is not None:
            yield SpanChange("session", after.congress_session, had=False)
    if event.to_state is not None and (before is None or before.state != after.state):
        yield SpanChange("state", after.state, had=before is not None)
    if event.milestone is not None:
        had = before is not None and event.milestone in before.milestones
        yield SpanChange(f"milestone:{event.milestone}", at_text(event.happened_at), had=had)
    if event.children:
        yield SpanChange("lead", after.lead_unit, had=before is not None and before.lead_unit is not None)
    if event.merge is not None:
        yield SpanChange("merged", after.merged_into, had=before is not None and before.merged_into is not None)
    if event.stated is not None:
        had = before is not None and before.stated
        if event.stated.basis.endswith(UNDATED):
            yield SpanChange("stated", "undated", had=had)
        elif not had:
            yield SpanChange("stated", "1", had=False)
    if was is not None and was is not definition:
        yield from _counted_otherwise(after, was, definition)
    yield from _fields(before, after, event, definition)
    for clock in event.clocks:
        had = before is not None and before.clock(clock.name) is not None
        yield SpanChange(f"clock:{clock.name}", clock_value(clock), had=had)
    if event.rungs or event.withdrawn:
        yield from _rungs(before, after, event, definition)
    if event.type is EventType.FIRED and event.transition in counted_firings(definition):
        count = after.fired[event.transition or ""]
        yield SpanChange(f"fired:{event.transition}", str(count), had=count > 1)


def _counted_otherwise(case: Case, was: Definition, definition: Definition) -> Iterator[SpanChange]:
    """Yield what a case begins or ceases to be counted by under another version: its fields, moves and rungs."""
    held = {name: _told(value) for name, value in case.data.items() if value is not None}
    for name in sorted((was.tracked_fields ^ definition.tracked_fields) & held.keys()):
        tracked = name in definition.tracked_fields
        yield SpanChange(f"field:{name}", held[name] if tracked else None, had=not tracked)
    old, new = counted_firings(was), counted_firings(definition)
    for name in sorted((old ^ new) & case.fired.keys()):
        yield SpanChange(f"fired:{name}", str(case.fired[name]) if name in new else None, had=name in old)
    for deadline in sorted(case.rungs):
        levels = [_highest(case, deadline, one) if deadline in counted_rungs(one) else 0 for one in (was, definition)]
        if levels[0] != levels[1]:
            yield SpanChange(f"rung:{deadline}", str(levels[1]) if levels[1] else None, had=levels[0] > 0)


def _told(value: JsonValue) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rungs(before: Case | None, after: Case, event: Event, definition: Definition) -> Iterator[SpanChange]:
    for deadline in dict.fromkeys(deadline for deadline, _rung in (*event.rungs, *event.withdrawn)):
        if deadline in counted_rungs(definition):
            old, new = (0 if case is None else _highest(case, deadline, definition) for case in (before, after))
            if old != new:
                yield SpanChange(f"rung:{deadline}", str(new) if new else None, had=old > 0)


def _highest(case: Case, deadline: str, definition: Definition) -> int:
    """Return the level of the highest rung that stands on a deadline of the case, 0 without any."""
    ladder = definition.workflow.deadlines[deadline].ladder
    levels = {} if ladder is None else {rung.id: rung.level for rung in definition.workflow.ladders[ladder].rungs}
    return max((levels.get(name.partition("#")[0], 0) for name in case.rungs.get(deadline, ())), default=0)


def clock_value(clock: Clock) -> str:
    """Return what figures need of a clock: state, due instant, end, and how often it was moved or stopped."""
    parts: dict[str, str | int] = {"due_at": at_text(clock.due_at)}
    if clock.ended_at is not None:
        parts["ended_at"] = at_text(clock.ended_at)
    parts["extensions"] = len(clock.extensions)
    parts["state"] = clock.state.value
    parts["suspensions"] = len(clock.suspensions)
    return to_json(parts).decode()


def _fields(before: Case | None, after: Case, event: Event, definition: Definition) -> Iterator[SpanChange]:
    for name in event.fields:
        if name not in definition.tracked_fields:
            continue
        old = None if before is None else before.data.get(name)
        new = after.data.get(name)
        if old != new:
            yield SpanChange(f"field:{name}", None if new is None else _told(new), had=old is not None)


@lru_cache(maxsize=256)
def measure_guards(definition: Definition) -> dict[str, Guard]:
    """Return every expression of the definition's measures, compiled, by its text."""
    names = measure_names(definition.workflow, definition.lists)
    texts = (
        text
        for measure in definition.workflow.measures.values()
        for text in (
            measure.numerator.where,
            *(() if measure.denominator is None else (measure.denominator.where,)),
            *(apart.where for apart in (*measure.excluded, *measure.beside)),
        )
    )
    return {text: compile_guard(text, names) for text in texts}


def counted_firings(definition: Definition) -> frozenset[str]:
    """Return the transitions whose number of firings some measure asks about."""
    return _asked_about(definition, "fired.")


def counted_rungs(definition: Definition) -> frozenset[str]:
    """Return the deadlines whose highest rung some measure asks about."""
    return _asked_about(definition, "rung.")


@lru_cache(maxsize=512)
def _asked_about(definition: Definition, root: str) -> frozenset[str]:
    names = {name for guard in measure_guards(definition).values() for name in guard.names}
    for measure in definition.workflow.measures.values():
        names.update(share.sum for share in (measure.numerator, measure.denominator) if share is not None and share.sum)
    return frozenset(name.removeprefix(root) for name in names if name.startswith(root))
