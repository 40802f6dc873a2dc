"""The cases around a case: assignments, parent, what it was merged with; links only to what a reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.access.readers import principals_of
from engine.case.case import Case
from engine.case.identity import CaseId
from engine.case.roles import may_see
from engine.definition.wording import title_of
from engine.service.desk import Desk
from engine.service.queries import CaseView
from engine.service.world import World
from web.shell import Visit
from web.views.clocks import ClockView, clock_view
from web.views.lines import workflow_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A case by its number and subject."""

    address: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildView:
    """One assignment. ``address`` is None for readers who may not open it."""

    unit: str
    role: str
    state: str
    phase: str
    address: str | None
    clocks: tuple[ClockView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relatives:
    """The cases around a case."""

    parent: Link | None
    merged_into: Link | None
    merged_from: tuple[Link, ...]
    children: tuple[ChildView, ...]


def relatives_of(view: CaseView, desk: Desk, world: World, visit: Visit) -> Relatives:
    """Return the cases around a case as the reader may see them."""
    case = view.case
    wanted = [other for other in (case.parent, case.merged_into, *case.merged_from) if other is not None]
    links = visible_links(wanted, desk, world, visit)
    return Relatives(
        parent=None if case.parent is None else links.get(case.parent),
        merged_into=None if case.merged_into is None else links.get(case.merged_into),
        merged_from=tuple(links[other] for other in case.merged_from if other in links),
        children=tuple(_children(view, world, visit)),
    )


def visible_links(cases: list[CaseId], desk: Desk, world: World, visit: Visit) -> dict[str, Link]:
    """Return the links to those of the cases that the reader may see; each is asked for, so only few."""
    principals = principals_of(visit.known.actor)
    found = (desk.reads.case(visit.known.root, case, principals) for case in dict.fromkeys(cases))
    return {case.id: Link(address=f"/cases/{case.id}", title=_name(case, world)) for case in found if case is not None}


def _children(view: CaseView, world: World, visit: Visit) -> Iterator[ChildView]:
    words, units = visit.words, world.surroundings.units
    for child in sorted(view.children, key=lambda child: child.child_role != "lead"):
        definition = world.rules.pinned(child.pins.definition, child.pins.lists)
        workflow = definition.workflow
        opens = may_see(definition, child, visit.known.actor, world.surroundings.tree)
        unit = units.get(child.unit)
        yield ChildView(
            unit=child.unit if unit is None else words.say(unit.title),
            role=words.t(f"role_{child.child_role}"),
            state=words.say(title_of(child.state, workflow.states)),
            phase=str(child.phase),
            address=f"/cases/{child.id}" if opens else None,
            clocks=tuple(
                clock_view(clock, definition, world.calendar_of(child.unit), visit.now, words)
                for clock in child.clocks
                if clock.is_open
            ),
        )


def _name(case: Case, world: World) -> str:
    workflow = workflow_of(world.rules, case.workflow, case.definition_version)
    numbers = (case.data.get(name) for name in workflow.number_fields)
    parts = (next((number for number in numbers if number), None), case.data.get(workflow.subject_field))
    return " ".join(str(part) for part in parts if part) or case.id
