"""The units that handle a case together: where each part stands, whether it has counter-signed, and by when it must."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from engine.case.case import Case
from engine.case.roles import may_see
from engine.definition.wording import title_of
from engine.service.queries import CaseView
from engine.service.world import World
from web.shell import Visit
from web.views.clocks import Standing, clock_standing, due_words


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    """One unit's part. ``address`` is None for readers who may not open it, ``due`` where nothing of it runs.

    ``tone`` says how the part stands for the eye: done where nobody of the unit must act any more.
    """

    unit: str
    role: str
    is_lead: bool
    state: str
    tone: str
    since: str
    address: str | None
    number: str | None
    deadline: str | None
    due: str | None
    standing: Standing | None


def part_views(children: Iterable[Case], world: World, visit: Visit) -> Iterator[PartView]:
    """Yield the parts, that of the lead unit first, then by the names of the units; without a lead all are alike."""
    parts = list(children)
    is_led = any(child.child_role == "lead" for child in parts)
    views = (_view(child, world, visit, is_led) for child in parts)
    yield from sorted(views, key=lambda view: (not view.is_lead, view.unit))


def co_handlers_of(view: CaseView, world: World, visit: Visit) -> tuple[PartView, ...]:
    """Return the parts of a case for its page; none where it was not assigned, or to one unit only."""
    parts = tuple(part_views(view.children, world, visit))
    return parts if any(not part.is_lead for part in parts) else ()


def _view(child: Case, world: World, visit: Visit, is_led: bool) -> PartView:
    words = visit.words
    definition = world.rules.pinned(child.pins.definition, child.pins.lists)
    workflow = definition.workflow
    unit = world.surroundings.units.get(child.unit)
    clock = min((each for each in child.clocks if each.is_open), key=lambda each: each.due_at, default=None)
    standing = None if clock is None else clock_standing(clock, world.calendar_of(child.unit), visit.now, words)
    state = workflow.states.get(child.state)
    # Whoever must act there is a person of the unit, or nobody but the engine: then the unit has done its part.
    waits = state is not None and any(workflow.roles[role].bound != "system" for role in state.acts)
    opens = may_see(definition, child, visit.known.actor, world.surroundings.tree)
    numbers = (value for name, value in child.data.items() if name.endswith("_number") and name not in
               workflow.number_fields)  # fmt: skip
    return PartView(
        unit=child.unit if unit is None else words.say(unit.title),
        role=words.t(f"role_{child.child_role}" if is_led else "role_alike"),
        is_lead=child.child_role == "lead",
        state=words.say(title_of(child.state, workflow.states)),
        tone="done" if not waits else "open" if standing is None else standing.tone,
        since=words.day(child.changed_at),
        address=f"/cases/{child.id}" if opens else None,
        number=next((str(value) for value in numbers if value), None),
        deadline=None if clock is None else words.say(title_of(clock.name, workflow.deadlines)),
        due=None if clock is None else due_words(clock.due_on, clock.due_at, words),
        standing=standing,
    )
