"""The fold: what a case is after one more event. Replaying a ledger is this function over its entries, nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import assert_never

from engine.case.case import Case, Clock, Party, Pins
from engine.case.erased import without_erased
from engine.case.events import Event, EventType, Opening
from engine.case.identity import CaseId, PersonId
from engine.definition.compiled import Definition


def evolve(case: Case | None, event: Event, definition: Definition, head: str = "") -> Case:
    """Return the case after the event. ``head`` is the hash of the event's entry, where it is known already."""
    match event.type:
        case EventType.OPENED:
            if event.opening is None:
                raise ValueError("an opening event carries its opening")
            return _changed(unborn(event.case, event.opening, event.at, definition), event, definition, head)
        case EventType.FIRED | EventType.CHANGED | EventType.NOTED:
            if case is None:
                raise ValueError("the first event of a case opens it")
            return _changed(case, event, definition, head)
        case EventType.ERASED:
            if case is None:
                raise ValueError("the first event of a case opens it")
            return without_erased(_changed(case, event, definition, head), event)
        case EventType.MIGRATED:
            if case is None:
                raise ValueError("the first event of a case opens it")
            return _under(_changed(case, event, definition, head), event)
        case _:
            assert_never(event.type)


def unborn(case: CaseId, opening: Opening, at: datetime, definition: Definition) -> Case:
    """Return a case as it is before its first event: all its opening says of it, and nothing done yet."""
    initial = definition.workflow.initial
    return Case(
        root=opening.root,
        id=case,
        workflow=opening.workflow,
        definition_version=opening.definition_version,
        pins=opening.pins,
        unit=opening.unit,
        congress_session=opening.congress_session,
        state=initial,
        phase=definition.workflow.states[initial].phase,
        opened_at=at,
        changed_at=at,
        version=0,
        seq=0,
        head="",
        parent=opening.parent,
        child_role=opening.child_role,
        batch=opening.batch,
    )


def _under(case: Case, event: Event) -> Case:
    """Return the case under the version that it migrated to."""
    migration = event.migration
    assert migration is not None, "the schema has shown that a migration says where to"
    return case._replace(
        resume_state=event.resume_state or case.resume_state,
        definition_version=migration.version,
        pins=Pins(definition=migration.definition, lists=migration.lists, calendar=case.pins.calendar),
    )


def _changed(case: Case, event: Event, definition: Definition, head: str) -> Case:
    moved = event.type is not EventType.NOTED
    data, sealed = case.data, case.sealed
    if event.fields:
        open_fields = definition.open_fields
        data = {**data, **{name: value for name, value in event.fields.items() if name in open_fields}}
        closed = {name: value for name, value in event.fields.items() if name not in open_fields}
        sealed = (sealed - closed.keys()) | {name for name, value in closed.items() if value is not None}
    fired = case.fired
    if event.transition is not None and event.type is EventType.FIRED:
        fired = {**fired, event.transition: fired.get(event.transition, 0) + 1}
    milestones = case.milestones
    if event.milestone is not None:
        milestones = {**milestones, event.milestone: event.happened_at}
    return case._replace(
        state=event.to_state or case.state,
        phase=event.to_phase or case.phase,
        changed_at=event.at,
        version=case.version + 1 if moved else case.version,
        seq=case.seq + 1,
        head=head,
        data=data,
        sealed=sealed,
        parties=_parties(case.parties, event),
        people=_people(case.people, event),
        clocks=_clocks(case.clocks, event.clocks),
        children=(*case.children, *event.children),
        fired=fired,
        milestones=milestones,
        merged_into=case.merged_into if event.merge is None else (event.merge or None),
        merged_from=case.merged_from if event.merged_from is None else event.merged_from,
        resume_state=_resume_state(case, event),
        linked=(*case.linked, *event.linked),
        rungs=_rungs(case, event),
        published=case.published or event.published,
        stated=case.stated or event.stated is not None,
        happened=_happened(case, event),
    )


def _happened(case: Case, event: Event) -> datetime | None:
    """Return when the newest move was made; what time, notes and erasures do to a case is no move."""
    at = event.happened_at if event.type in (EventType.OPENED, EventType.FIRED) else case.happened_at
    return None if at == event.at else at


def _resume_state(case: Case, event: Event) -> str | None:
    if event.merge is None:
        return case.resume_state
    return event.resume_state if event.merge else None


def _parties(parties: tuple[Party, ...], event: Event) -> tuple[Party, ...]:
    if not event.joined and not event.left:
        return parties
    kept = (party for party in parties if party not in event.left)
    return tuple(dict.fromkeys((*kept, *event.joined)))


def _people(people: tuple[PersonId, ...], event: Event) -> tuple[PersonId, ...]:
    actor = event.actor
    if (
        not event.joined
        and event.behalf is None
        and event.erasure is None
        and actor.acting_for is None
        and (actor.person is None or actor.person in people)
    ):
        return people
    met: Iterable[PersonId | None] = (
        event.actor.person,
        event.actor.acting_for,
        *(party.person for party in event.joined),
    )
    if event.behalf is not None:
        met = (*met, event.behalf.person)
    if event.erasure is not None:
        met = (*met, event.erasure.approver)
    new = dict.fromkeys(person for person in met if person is not None and person not in people)
    return (*people, *new)


def _rungs(case: Case, event: Event) -> Mapping[str, tuple[str, ...]]:
    """Return the rungs that stand by deadline, each once however often it was raised."""
    if not event.rungs and not event.withdrawn:
        return case.rungs
    stand = {deadline: dict.fromkeys(names) for deadline, names in case.rungs.items()}
    for deadline, name in event.rungs:
        stand.setdefault(deadline, {})[name] = None
    for deadline, name in event.withdrawn:
        stand.get(deadline, {}).pop(name, None)
    return {deadline: tuple(names) for deadline, names in stand.items() if names}


def _clocks(clocks: tuple[Clock, ...], changed: tuple[Clock, ...]) -> tuple[Clock, ...]:
    if not changed:
        return clocks
    by_name = {clock.name: clock for clock in clocks}
    by_name.update({clock.name: clock for clock in changed})
    return tuple(by_name.values())
