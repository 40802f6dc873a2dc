"""The rows that the tables of rosters hold of a case, and what they are worked out from."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import NamedTuple

from pydantic import JsonValue

from engine.case.case import Case
from engine.case.rosters import NOT_ROSTERED, rostered
from engine.definition.compiled import Definition


class RosterLineRow(NamedTuple):
    """A line of a roster; ``facets`` is JSON with every value as text."""

    root: str
    roster: str
    key: str
    case: str
    name: str
    unit: str
    facets: str


class RosterReachRow(NamedTuple):
    """A line that a case has spoken for (``planned``) or reached; ``slot`` is None where others may reach it too."""

    root: str
    reach: str
    key: str
    case: str
    line: int
    unit: str
    day: str | None
    slot: str | None
    planned: int
    excused: int


class RosterEnd(NamedTuple):
    """Takes all away that stands of a case in one of the tables."""

    root: str
    case: str


class RosterRows(NamedTuple):
    """All that both tables hold of a case."""

    lines: tuple[RosterLineRow, ...] = ()
    reaches: tuple[RosterReachRow, ...] = ()


NO_ROWS = RosterRows()


def roster_rows(case: Case, definition: Definition) -> RosterRows:
    """Return what the tables of rosters must hold of a case."""
    found = rostered(case, definition)
    if found is NOT_ROSTERED:
        return NO_ROWS
    line = found.line
    return RosterRows(
        ()
        if line is None
        else (RosterLineRow(case.root, line.roster, line.key, case.id, line.name, case.unit, _facets(line.facets)),),
        tuple(
            RosterReachRow(
                case.root,
                one.reach,
                one.key,
                case.id,
                one.row,
                case.unit,
                one.day,
                one.slot,
                int(one.is_planned),
                int(one.is_excused),
            )
            for one in found.reached
        ),
    )


def _facets(facets: Mapping[str, JsonValue]) -> str:
    return json.dumps({name: facet_text(value) for name, value in facets.items()}, sort_keys=True, ensure_ascii=False)


def facet_text(value: JsonValue) -> str:
    """Return a facet as it is stored and compared: a code, or true or false."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
