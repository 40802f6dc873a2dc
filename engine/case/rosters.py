"""What a case is on a roster, and whom it reaches of one: worked out from the case alone.

How both are declared stands in ``engine.definition.roster_parts``; what is refused stands in ``roster_problems``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from pydantic import JsonValue

from engine.case.case import NOTHING, Case
from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.definition.roster_parts import ReachPart
from engine.text import Text

Pair = tuple[str, str]
"""A roster and the key of a line."""
Slot = tuple[str, str, str]
"""A reach as ``workflow.reach``, the key of a line, and what the case says in ``within``."""


class Line(NamedTuple):
    """A line of a roster: the case itself under its key."""

    roster: str
    key: str
    name: str
    facets: Mapping[str, JsonValue]


class Reached(NamedTuple):
    """A line that a case speaks for or has reached, in the row ``row`` of its table (0 without one).

    ``slot`` is what the case says in ``within``, None where a line may be reached again. ``day`` is an ISO date, that
    of the plan where it is only planned.
    """

    reach: str
    roster: str
    key: str
    row: int
    is_planned: bool
    is_excused: bool
    slot: str | None
    day: str | None


class Rostered(NamedTuple):
    """What the tables of rosters hold of one case."""

    line: Line | None = None
    reached: tuple[Reached, ...] = ()


class KnownLine(NamedTuple):
    """A line as it stands on the roster now."""

    case: CaseId
    name: str


class KnownReach(NamedTuple):
    """What another case has spoken for or reached: of which unit, on which day."""

    case: CaseId
    unit: Text
    day: str | None


class RosterFacts(NamedTuple):
    """What is known of the lines that a command names."""

    lines: Mapping[Pair, KnownLine] = NOTHING
    held: Mapping[Slot, KnownReach] = NOTHING


NOT_ROSTERED: Final = Rostered()


def is_rostered(definition: Definition) -> bool:
    """Return whether cases of this definition are on a roster or reach one."""
    return definition.workflow.roster is not None or bool(definition.workflow.reaches)


def rostered(case: Case, definition: Definition) -> Rostered:
    """Return what the tables of rosters must hold of a case."""
    if not is_rostered(definition):
        return NOT_ROSTERED
    return Rostered(_line(case, definition), tuple(_reached(case, definition)))


def _line(case: Case, definition: Definition) -> Line | None:
    part, workflow = definition.workflow.roster, definition.workflow
    if part is None or case.state not in part.states or case.merged_into is not None:
        return None
    key, name = case.data.get(part.key), case.data.get(part.name)
    if not isinstance(key, str) or not key:
        return None
    facets = {facet: case.data[facet] for facet in part.facets if case.data.get(facet) is not None}
    return Line(workflow.name, key, name if isinstance(name, str) else "", facets)


def _reached(case: Case, definition: Definition) -> Iterator[Reached]:
    for name, part in definition.workflow.reaches.items():
        is_planned = case.state in part.planned
        if not is_planned and case.state not in part.reached:
            continue
        day = case.data.get((part.planned_on or part.on) if is_planned else part.on)
        for row, key, cells in _places(part, case.data):
            if part.counted is not None and not is_planned and cells.get(part.counted) is not True:
                continue
            reason = None if part.once is None else _unless(part.once.unless, case.data, cells)
            within = None if part.once is None else case.data.get(part.once.within)
            yield Reached(
                reach=f"{definition.workflow.name}.{name}",
                roster=part.roster,
                key=key,
                row=row,
                is_planned=is_planned,
                is_excused=reason is not None,
                slot=None if part.once is None or reason is not None else str(within or ""),
                day=day if isinstance(day, str) else None,
            )


def _places(part: ReachPart, values: Mapping[str, JsonValue]) -> Iterator[tuple[int, str, Mapping[str, JsonValue]]]:
    """Yield the keys that stand in a form or in a case, with the number of their row and its cells."""
    field, _, column = part.key.partition(".")
    value = values.get(field)
    if column:
        for number, row in enumerate(value if isinstance(value, list) else ()):
            if isinstance(row, dict) and isinstance(key := row.get(column), str) and key:
                yield number, key, row
    elif isinstance(value, str) and value:
        yield 0, value, NOTHING


def _unless(place: str, data: Mapping[str, JsonValue], cells: Mapping[str, JsonValue]) -> JsonValue:
    """Return the reason why a line is reached once more; None without one."""
    field, _, column = place.partition(".")
    return (cells.get(column) if column else data.get(field)) or None
