"""The overview of supervision: what is late, nearly late and on which rung, by unit and person, and the load of each.

Numbers are those that the reader's own lists would show; ``overview_kept`` keeps those of who sees very many.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from engine.calendar.term import SHANGHAI
from engine.case.actors import Grant
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.definition.model import Workflow
from engine.definition.parts import Milestone, RolePart
from engine.definition.rulebook import Rulebook
from engine.service.deadline_ports import DeadlineFilter, place_of
from engine.service.desk import Desk
from engine.service.overdue import OverdueAsk, Scope, reach
from engine.service.overview_ports import DeadlineGroup, OpenGroup, PartGroup
from engine.service.rung_colours import Colour, colours_of_rungs, worst_colour
from engine.service.world import World

BOUNCED_LEAST: Final = 2
BOUNCED_MAX: Final = 50
_ONE: Final = timedelta(microseconds=1)


@dataclass(slots=True)
class Figures:
    """The numbers of a unit, of units together, or of a person. ``opened_days`` is a sum of days since 1970."""

    late: int = 0
    near: int = 0
    by_colour: Counter[Colour] = field(default_factory=Counter)
    cases: int = 0
    parts: int = 0
    due_soon: int = 0
    opened_days: int = 0
    given: int = 0
    handed_back: int = 0
    promises: int = 0
    promises_late: int = 0

    def add(self, other: Figures) -> None:
        """Add the numbers of another."""
        self.by_colour.update(other.by_colour)
        for name in _SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))


_SUMS: Final = ("late", "near", "cases", "parts", "due_soon", "opened_days", "given", "handed_back", "promises",
                "promises_late")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """What was counted for one reader at one instant; ``is_kept``: it is shown again as it was then, and with
    ``is_pending`` being counted anew."""

    at: datetime
    deadlines: tuple[DeadlineGroup, ...]
    promises: tuple[DeadlineGroup, ...]
    open: tuple[OpenGroup, ...]
    parts: tuple[PartGroup, ...]
    bounced: tuple[tuple[CaseId, int], ...]
    is_kept: bool = False
    is_pending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonFigures:
    """What waits for one person by the posts they hold; a case that several hold together counts for each of them.

    ``resting`` are the places that were counted, by which lists are narrowed to the same.
    """

    person: PersonId
    name: str
    units: tuple[UnitId, ...]
    figures: Figures
    resting: tuple[str, ...]


def counted_for(desk: Desk, root: RootId, principals: Sequence[str]) -> Counted:
    """Count for a reader, now."""
    reads, world, now = desk.reads, desk.world(root), desk.office.now()
    before, where = reach(OverdueAsk(scope=Scope.BOTH), world, now)
    late = microseconds(now + _ONE)
    names = tuple(promise_names(world.rules))
    ahead = reach(OverdueAsk(scope=Scope.NEAR, near_working_days=3), world, now)[0]
    promised = reads.deadline_groups(
        root, principals, before=1 << 62, late=late, near=microseconds(ahead),
        where=DeadlineFilter(names=names),
    ) if names else ()  # fmt: skip
    return Counted(
        at=now,
        deadlines=tuple(
            reads.deadline_groups(
                root, principals, before=microseconds(before), late=late, near=microseconds(before), where=where
            )
        ),
        promises=tuple(promised),
        open=tuple(reads.open_groups(root, principals, soon=microseconds(_end_of_week(now)))),
        parts=tuple(reads.part_groups(root, principals)),
        bounced=tuple(
            reads.bounced(
                root,
                principals,
                sorted(f"{workflow} {state}" for workflow, state in handed_back_states(world.rules)),
                least=BOUNCED_LEAST,
                limit=BOUNCED_MAX,
            )
        ),
    )


def by_unit(counted: Counted, world: World) -> Mapping[UnitId, Figures]:
    """Return the numbers of each unit by itself: of what it leads, or has where nobody leads it yet."""
    colours, returned = colours_of_rungs(world.rules), handed_back_states(world.rules)
    found: dict[UnitId, Figures] = {}

    def of(unit: str) -> Figures:
        return found.setdefault(UnitId(unit), Figures())

    for group in counted.deadlines:
        _add_deadlines(of(group.lead_unit or group.unit), group, colours)
    for promise in counted.promises:
        figures = of(promise.lead_unit or promise.unit)
        figures.promises += promise.deadlines
        figures.promises_late += promise.deadlines if promise.late else 0
    over = closed_states(world.rules)
    for open_group in counted.open:
        if (open_group.workflow, open_group.state) not in over:
            _add_open(of(open_group.lead_unit or open_group.unit), open_group)
    for part in counted.parts:
        figures = of(part.unit)
        figures.given += part.parts
        figures.handed_back += part.parts if (part.workflow, part.state) in returned else 0
    return found


def rolled_up(own: Mapping[UnitId, Figures], world: World) -> Mapping[UnitId, Figures]:
    """Return the numbers of each unit together with those of all units below it."""
    found: dict[UnitId, Figures] = {}
    for unit, figures in own.items():
        for above in world.surroundings.tree.lineage(unit) or (unit,):
            found.setdefault(above, Figures()).add(figures)
    return found


def by_person(counted: Counted, desk: Desk, root: RootId, within: frozenset[str] | None = None) -> list[PersonFigures]:
    """Return the numbers of those who must act by a post, the most late first; ``within``: of what these units handle.

    The first of the roles that must act in a state has it, held in the nearest unit, as the list of deadlines names
    them; whoever is recused from a single case is not left out of a number.
    """
    world = desk.world(root)
    colours, acting = colours_of_rungs(world.rules), acting_posts(world.rules)
    asked = {grant for parts in acting.values() for part in parts for grant in part.of}
    holders = desk.reads.holders(root, asked, desk.office.now().astimezone(SHANGHAI).date()) if asked else {}
    found: dict[PersonId, Figures] = {}
    places: dict[PersonId, dict[str, None]] = {}
    units: dict[PersonId, dict[UnitId, None]] = {}

    def holding(group: DeadlineGroup | OpenGroup) -> Iterator[Figures]:
        handled_by = UnitId(group.lead_unit or group.unit)
        if within is not None and handled_by not in within:
            return
        for person in _holders(acting.get((group.workflow, group.state), ()), group, holders, world):
            places.setdefault(person, {})[place_of(group.workflow, group.state, group.unit, group.lead_unit)] = None
            units.setdefault(person, {})[handled_by] = None
            yield found.setdefault(person, Figures())

    for group in counted.deadlines:
        for figures in holding(group):
            _add_deadlines(figures, group, colours)
    over = closed_states(world.rules)
    for open_group in counted.open:
        if (open_group.workflow, open_group.state) not in over:
            for figures in holding(open_group):
                _add_open(figures, open_group)
    people = desk.reads.persons(root, found) if found else {}
    persons = [
        PersonFigures(
            person=person, name=people[person].name, units=tuple(units[person]), figures=figures,
            resting=tuple(places[person]),
        )
        for person, figures in found.items()
        if person in people
    ]  # fmt: skip
    return sorted(persons, key=lambda one: (-one.figures.late, -one.figures.near, -one.figures.cases, one.name))


def acting_posts(rules: Rulebook) -> Mapping[tuple[str, str], tuple[RolePart, ...]]:
    """Return the posts that must act, by workflow and state, as the newest definitions have it."""
    return {
        (workflow.name, name): posts
        for workflow in _newest(rules)
        for name, state in workflow.states.items()
        if (posts := tuple(part for role in state.acts if (part := workflow.roles[role]).bound == "grant"))
    }


def handed_back_states(rules: Rulebook) -> frozenset[tuple[str, str]]:
    """Return the states in which a part ends that a unit has given back: those in which a join leads its case back to
    an earlier state."""
    found = set[tuple[str, str]]()
    for workflow in _newest(rules):
        order = list(workflow.states)
        for join in workflow.joins.values():
            part = workflow.transitions[join.fire]
            targets = [part.to, *(way.to for way in part.alternatives)]
            first = min(order.index(state) for state in join.in_)
            if any(target is not None and order.index(target) < first for target in targets):
                found.update((join.workflow, state) for state in join.states)
    return frozenset(found)


def closed_states(rules: Rulebook) -> frozenset[tuple[str, str]]:
    """Return the states of cases that are closed (结案) and only wait to be followed up or put away: nobody's load."""
    found = set[tuple[str, str]]()
    for workflow in _newest(rules):
        order = list(workflow.states)
        closed = [order.index(name) for name, state in workflow.states.items() if state.milestone is Milestone.CLOSED]
        found.update((workflow.name, name) for name in order[min(closed, default=len(order)) :])
    return frozenset(found)


def promise_names(rules: Rulebook) -> list[str]:
    """Return the names of the deadlines that hold somebody to a promise."""
    parts = (item for workflow in _newest(rules) for item in workflow.deadlines.items())
    return sorted({name for name, part in parts if part.promise is not None})


def average_days_open(figures: Figures, now: datetime) -> int | None:
    """Return how many calendar days the open cases and parts have been open on average, None where there are none."""
    count = figures.cases + figures.parts
    if not count:
        return None
    return max(0, round((microseconds(now) // 86_400_000_000) - figures.opened_days / count))


def _add_deadlines(figures: Figures, group: DeadlineGroup, colours: Mapping[str, Colour]) -> None:
    if group.late:
        figures.late += group.deadlines
    else:
        figures.near += group.deadlines
    figures.by_colour[worst_colour(json.loads(group.rungs), colours)] += group.deadlines


def _add_open(figures: Figures, group: OpenGroup) -> None:
    if group.is_part:
        figures.parts += group.cases
    else:
        figures.cases += group.cases
    figures.due_soon += group.due_soon
    figures.opened_days += group.opened_days


def _holders(
    posts: Iterable[RolePart],
    group: DeadlineGroup | OpenGroup,
    holders: Mapping[Grant, Sequence[PersonId]],
    world: World,
) -> Sequence[PersonId]:
    tree = world.surroundings.tree
    for part in posts:
        unit = group.unit if part.in_ == "case_unit" else group.lead_unit
        lineage = () if unit is None else tree.lineage(UnitId(unit))
        for above in part.held_in(lineage):
            persons = [person for role in part.of for person in holders.get(Grant(role, above), ())]
            if persons:
                return list(dict.fromkeys(persons))
    return ()


def _newest(rules: Rulebook) -> Iterator[Workflow]:
    return (rules.newest(name) for name in rules.names())


def _end_of_week(now: datetime) -> datetime:
    today = now.astimezone(SHANGHAI).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=7 - today.weekday())
