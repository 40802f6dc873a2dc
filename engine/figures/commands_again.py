"""The command behind a recorded entry, so that it can be asked again: by whom, with what form, for whom.

The ledger keeps in what role somebody acted and where the grant behind it was held: that, and nothing more, is what the
actor is given once more. Values that were erased are missing, and the command is refused for it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Final, NamedTuple

from pydantic import JsonValue

from engine.case.actors import Actor, ActorKind, Grant
from engine.case.case import Case
from engine.case.commands import FireTransition, MigrateCase, OnBehalf, OpenCase
from engine.case.events import Event, EventType
from engine.case.files import KnownFile, described_files, is_file_field, uploader_of
from engine.case.identity import UnitId
from engine.case.scope import table_rows
from engine.case.secrecy import is_strict
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import Effect, IssueNumber, SetFields
from engine.ledger.replay import Move

_MOMENT: Final = timedelta(seconds=1)

Routes = Mapping[str, Mapping[str, UnitId]]
"""By the field that names the lead unit: class of matter → the unit that gets it."""


class Again(NamedTuple):
    """A command, and what is known of the files that its form names."""

    command: OpenCase | FireTransition | MigrateCase
    files: Mapping[str, KnownFile]


def asked_again(move: Move, case: Case | None, routes: Routes) -> Iterator[Again]:
    """Yield the command of a recorded entry, the likeliest first: where a move fills in what may be typed as well, the
    entry does not tell which it was.

    Args:
        move: an opening, a move or a migration that nothing but somebody's asking brought about.
        case: as it stands when it is asked again, None for an opening; its units may be others than were recorded.
        routes: to whom matters are given instead.
    """
    event, definition = move.event, move.definition
    actor = _actor(move, case)
    if event.type is EventType.MIGRATED:
        yield Again(_migration(move, actor), {})
        return
    workflow = definition.workflow
    asked = workflow.opening if event.transition is None else workflow.transitions[event.transition].form
    form = {name: event.fields[name] for name in asked if event.fields.get(name) is not None}
    files = _files(form, definition, event, actor)
    _without_reckoned(form, definition)
    if event.actor.kind is ActorKind.PERSON:
        form = {name: value for name, value in form.items() if name not in _issued(event, workflow)}
    if case is not None and routes:
        _route(form, case, definition, routes)
    filled = {name for effect in _effects(event, workflow) if isinstance(effect, SetFields) for name in effect.values}
    typed = [form]
    if filled & form.keys():
        typed.append({name: value for name, value in form.items() if name not in filled})
    for one in typed:
        yield Again(_command(move, actor, one, case), files)


def _command(move: Move, actor: Actor, form: Mapping[str, JsonValue], case: Case | None) -> OpenCase | FireTransition:
    event, definition = move.event, move.definition
    if event.opening is not None:
        opening = event.opening
        return OpenCase(
            root=opening.root,
            actor=actor,
            key="",
            workflow=opening.workflow,
            unit=opening.unit,
            congress_session=opening.congress_session,
            form=form,
            parties=_parties(event, definition, actor),
            stated=event.stated,
            on_behalf=_on_behalf(move, definition, case),
        )
    assert move.before is not None, "a move is made of a case"
    return FireTransition(
        root=move.before.root,
        actor=actor,
        key="",
        case=event.case,
        transition=event.transition or "",
        form=form,
        stated=event.stated,
        on_behalf=_on_behalf(move, definition, case),
    )


def _effects(event: Event, workflow: Workflow) -> Iterator[Effect]:
    """Yield what a move did beside changing the state, on the ways to where it led."""
    if event.transition is None:
        yield from workflow.on_open
        return
    part = workflow.transitions[event.transition]
    yield from part.effects
    for way in part.alternatives:
        if way.to == event.to_state:
            yield from way.effects


def _issued(event: Event, workflow: Workflow) -> set[str]:
    """Return the fields whose number was issued: only a register brings one."""
    return {effect.field for effect in _effects(event, workflow) if isinstance(effect, IssueNumber)}


def _actor(move: Move, case: Case | None) -> Actor:
    """Return who acted, with the one grant that the entry tells of; in the place of a unit the one that has it now."""
    event, workflow = move.event, move.definition.workflow
    if event.actor.kind is not ActorKind.PERSON:
        return event.actor
    role = None if event.role is None else workflow.roles.get(event.role)
    grants = frozenset[Grant]()
    if role is not None and role.of and event.acting_unit is not None:
        unit = event.acting_unit if case is None else _in_place_of(event.acting_unit, move.before, case)
        grants = frozenset({Grant(role.of[0], unit)})
    return Actor(
        kind=ActorKind.PERSON,
        person=event.actor.person,
        acting_for=event.actor.acting_for,
        grants=grants,
        anonymous=role is not None and role.bound == "code",
    )


def _in_place_of(unit: UnitId, recorded: Case | None, case: Case) -> UnitId:
    """Return the unit that has on the case now what a unit had on it as it was recorded."""
    if recorded is not None and unit == recorded.lead_unit and case.lead_unit is not None:
        return case.lead_unit
    return case.unit if recorded is not None and unit == recorded.unit else unit


def _migration(move: Move, actor: Actor) -> MigrateCase:
    migration = move.event.migration
    assert migration is not None, "the entry says where to"
    assert move.before is not None, "a case is migrated on its way"
    to = move.event.to_state
    return MigrateCase(
        root=move.before.root,
        actor=actor,
        key="",
        case=move.event.case,
        version=migration.version,
        reason=migration.reason,
        states={} if to is None else {move.before.state: to},
    )


def _files(form: dict[str, JsonValue], definition: Definition, event: Event, actor: Actor) -> Mapping[str, KnownFile]:
    """Put the ids of files in the place of what describes them; return them as uploads that wait."""
    known: dict[str, KnownFile] = {}
    for name in [name for name in form if is_file_field(definition.field(name))]:
        described = {str(one["id"]): one for one in described_files(form[name])}
        form[name] = [*described]
        known |= {
            id_: KnownFile(id_, one, who=uploader_of(actor), expires_at=event.at + _MOMENT)
            for id_, one in described.items()
        }
    return known


def _without_reckoned(form: dict[str, JsonValue], definition: Definition) -> None:
    """Take the columns out that are reckoned and not filled in."""
    for table, columns in definition.tables.items():
        if table in form and any(columns.values()):
            rows = table_rows(form[table])
            form[table] = [{name: value for name, value in row.items() if columns.get(name) is None} for row in rows]


def _route(form: dict[str, JsonValue], case: Case, definition: Definition, routes: Routes) -> None:
    """Give the case to the unit that its class goes to; it is then no co-handler beside."""
    kind = case.data.get(definition.workflow.category_field or "")
    for name, units in routes.items():
        unit = units.get(str(kind))
        if name not in form or unit is None:
            continue
        for other, value in form.items():
            if isinstance(value, list):
                form[other] = [one for one in value if one != unit]
        form[name] = unit


def _parties(event: Event, definition: Definition, actor: Actor) -> Mapping[str, tuple[str, ...]]:
    """Return the parties that were named; whoever opens a case becomes its party by themselves."""
    opener = definition.workflow.opener_becomes
    if opener is not None and (event.behalf is not None or actor.kind is ActorKind.PERSON):
        return {}
    parties: dict[str, tuple[str, ...]] = {}
    for party in event.joined:
        parties[party.role] = (*parties.get(party.role, ()), party.person)
    return parties


def _on_behalf(move: Move, definition: Definition, case: Case | None) -> OnBehalf | None:
    """Return for whom it was entered. Who is the only one it can be for, or filed in secret, is not named."""
    event = move.event
    if event.behalf is None:
        return None
    person: Actor | None = None
    if event.behalf.person is not None and (case is None or not is_strict(case, definition)):
        workflow = definition.workflow
        openers = workflow.openers if event.opening is not None else ()
        unit = None if event.opening is None else event.opening.unit
        grants = {Grant(of, unit) for role in openers for of in workflow.roles[role].of if unit is not None}
        person = Actor(kind=ActorKind.PERSON, person=event.behalf.person, grants=frozenset(grants))
    return OnBehalf(kind=event.behalf.kind, person=person, scan=event.behalf.scan)
