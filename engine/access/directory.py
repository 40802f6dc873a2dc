"""Units, persons, grants, delegations and congress sessions of one organisation, as data. Reading and writing them is
``storage``'s; whether a role suffices is the case's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from engine.case.identity import PersonId, RootId, SessionId, UnitId
from engine.case.situation import CongressSession
from engine.case.units import UnitTree
from engine.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A node of the organisation tree. ``code`` is what people and registers call it; unique below one root."""

    root: RootId
    id: UnitId
    parent: UnitId | None
    code: str
    title: Text
    from_on: date | None = None
    until_on: date | None = None
    successor: UnitId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody known by name; ``login`` is unique, None for persons without an account."""

    root: RootId
    id: PersonId
    name: str
    login: str | None = None
    unit: UnitId | None = None
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRow:
    """A role of a person in a unit for a dated period; None means without end."""

    root: RootId
    person: PersonId
    role: str
    unit: UnitId
    from_on: date | None = None
    until_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deputation:
    """The authority to act for another until a date, both days included; ``note`` says why, to the two of them."""

    root: RootId
    principal: PersonId
    deputy: PersonId
    from_on: date | None = None
    until_on: date | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delegation:
    """A group of delegates of one congress session (代表团)."""

    root: RootId
    congress_session: SessionId
    code: str
    title: Text
    members: tuple[PersonId, ...] = ()


class Moved(NamedTuple):
    """Units that were moved in the tree, and those that stand no longer above them."""

    units: frozenset[UnitId]
    lost: frozenset[UnitId]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The slow-moving part of every situation: units and sessions of one organisation at one epoch of the directory.

    ``moves`` are those of which cases may still be kept as if they had not been (``engine.service.moved_units``).
    """

    root: RootId
    epoch: int
    units: Mapping[UnitId, Unit]
    sessions: Mapping[SessionId, CongressSession]
    moves: tuple[Moved, ...] = ()
    tree: UnitTree = field(init=False)

    def __post_init__(self) -> None:
        parents = {unit.id: unit.parent for unit in self.units.values()}
        object.__setattr__(self, "tree", UnitTree(self.root, parents))

    def as_tree(self) -> list[tuple[int, Unit]]:
        """Return every unit with its depth below the top, each after the one above it, brothers by code."""
        lineages = {unit.id: self.tree.lineage(unit.id) for unit in self.units.values()}
        ordered = sorted(
            self.units.values(), key=lambda unit: [self.units[above].code for above in reversed(lineages[unit.id])]
        )
        return [(len(lineages[unit.id]) - 1, unit) for unit in ordered]

    def unit_called(self, name: str) -> Unit | None:
        """Return the unit with this id, code or name in either language; None when there is none or several."""
        found = [unit for unit in self.units.values() if name in (unit.id, unit.code, unit.title.zh, unit.title.en)]
        return found[0] if len(found) == 1 else None
