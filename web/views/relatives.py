"""The cases around a case: assignments, parent, what it was merged with; links only to what a reader may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from engine.case.roles import may_see
from engine.definition.wording import title_of
from engine.service.queries import CaseView
from web.views.case_reading import CaseReader, Link, visible_links
from web.views.clocks import ClockView, clock_view


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


def relatives_of(view: CaseView, reader: CaseReader) -> Relatives:
    """Return the cases around a case as the reader may see them."""
    case = view.case
    wanted = [other for other in (case.parent, case.merged_into, *case.merged_from) if other is not None]
    links = visible_links(wanted, reader)
    return Relatives(
        parent=None if case.parent is None else links.get(case.parent),
        merged_into=None if case.merged_into is None else links.get(case.merged_into),
        merged_from=tuple(links[other] for other in case.merged_from if other in links),
        children=tuple(_children(view, reader)),
    )


def _children(view: CaseView, reader: CaseReader) -> Iterator[ChildView]:
    words, world = reader.words, reader.world
    units = world.surroundings.units
    for child in sorted(view.children, key=lambda child: child.child_role != "lead"):
        definition = world.rules.pinned(child.pins.definition, child.pins.lists)
        workflow = definition.workflow
        opens = may_see(definition, child, reader.actor, world.surroundings.tree)
        unit = units.get(child.unit)
        yield ChildView(
            unit=child.unit if unit is None else words.say(unit.title),
            role=words.t(f"role_{child.child_role}"),
            state=words.say(title_of(child.state, workflow.states)),
            phase=str(child.phase),
            address=f"/cases/{child.id}" if opens else None,
            clocks=tuple(
                clock_view(clock, definition, world.calendar_of(child.unit), reader.now, words)
                for clock in child.clocks
                if clock.is_open
            ),
        )
