"""The tree of units one level at a time, or what a search finds in it, page by page: houses have thousands of units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from engine.access.directory import Surroundings, Unit
from engine.case.identity import UnitId

LINES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitLevel:
    """What is shown of the tree: the units above the level, those on it, and how many are right below each.

    ``head`` is the unit below which the others stand, where it is the first of them.
    """

    head: UnitId | None
    path: tuple[Unit, ...]
    units: tuple[Unit, ...]
    below: Mapping[UnitId, int]
    total: int
    text: str
    next: str | None


def unit_level(there: Surroundings, asked: Mapping[str, str], chosen: Unit | None = None) -> UnitLevel:
    """Return the level below the unit ``under``, with a ``text`` what is called so or bears that code, by code.

    Without either it is the top with the level below it, or the level of the unit that is being changed. ``after`` is
    the code of the last unit before.
    """
    text, after = asked.get("text", "").strip()[:100], asked.get("after", "")
    under = there.units.get(UnitId(asked.get("under", "")))
    if under is None and chosen is not None and chosen.parent is not None:
        under = there.units.get(chosen.parent)
    top = next((unit for unit in there.units.values() if unit.parent is None), None)
    at = under or top
    below: dict[UnitId, int] = {}
    for unit in there.units.values():
        if unit.parent is not None:
            below[unit.parent] = below.get(unit.parent, 0) + 1
    if text:
        found = [
            one for one in there.units.values() if text in one.title.zh or text in one.title.en or text in one.code
        ]
    else:
        found = [one for one in there.units.values() if at is not None and one.parent == at.id]
    found.sort(key=lambda unit: unit.code)
    rest = [unit for unit in found if unit.code > after]
    shown, following = rest[:LINES], len(rest) > LINES
    place = {"text": text} if text else {"under": "" if at is None else at.id}
    with_head = at is not None and not (text or after)
    return UnitLevel(
        head=at.id if at is not None and with_head else None,
        path=() if text or at is None else _above(there, at),
        units=(at, *shown) if at is not None and with_head else tuple(shown),
        below=below,
        total=len(found),
        text=text,
        next=f"/admin/units?{urlencode({**place, 'after': shown[-1].code})}" if following else None,
    )


def units_below(there: Surroundings, unit: str) -> frozenset[UnitId]:
    """Return a unit, named by its id or code, and all below it; nothing for one that is not there."""
    at = next((one.id for one in there.units.values() if unit in (one.id, one.code)), None)
    return frozenset(one for one in there.units if at is not None and at in there.tree.lineage(one))


def _above(there: Surroundings, unit: Unit) -> tuple[Unit, ...]:
    """Return the units above one, the top first."""
    lineage = [there.units[one] for one in there.tree.lineage(unit.id) if one != unit.id and one in there.units]
    return tuple(reversed(lineage))
