"""The heart: from a situation and a command to a step or a refusal. Pure: no clock, no database, no randomness."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import assert_never

from pydantic import JsonValue

from engine.case.actors import SYSTEM, Actor, ActorKind
from engine.case.behalf import NOBODY, check_stated, entering_to_move, entering_to_open, moved_for, opened_for
from engine.case.case import Case, Party
from engine.case.catalogue import CATALOGUE
from engine.case.commands import (
    Command,
    EraseValues,
    FireTransition,
    KeepNote,
    MigrateCase,
    OnBehalf,
    OpenCase,
    TendCase,
)
from engine.case.drafting import FIRINGS_MAX, Building, Drafting
from engine.case.effects import FireOther, apply_effects, apply_entered, open_case, pins_of
from engine.case.erasing import erase_values
from engine.case.events import Cause, Event, EventType, Opening, Step, Verdict
from engine.case.files import with_files
from engine.case.form_tables import take_tables
from engine.case.forms import checked_form
from engine.case.identity import CaseId, PersonId, UnitId
from engine.case.merging import forget_unseen
from engine.case.migrating import migrate_case
from engine.case.offers import not_offered, not_permitted
from engine.case.roles import Capacity, first_capacity, may_see, opening_capacity
from engine.case.scope import SHANGHAI, Moment, Scope
from engine.case.secrecy import as_entered_for, as_opener, as_party, boundary
from engine.case.situation import Situation
from engine.case.tables import table_of
from engine.case.tending import tend
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.parts import GuardPart, Phase, TransitionPart, UnMerge
from engine.errors import (
    BanjieError,
    CaseNotFound,
    FieldProblem,
    FormInvalid,
    GuardRefused,
    InputRefused,
    StaleCase,
)
from engine.text import Text


def decide(situation: Situation, command: Command, now: datetime) -> Step | BanjieError:
    """Return what the command does, or why it is refused.

    Args:
        situation: everything that may be known; never changed.
        command: what is asked, and by whom.
        now: the instant of the batch, aware, UTC.

    Returns:
        A Step with the events of every case it touches, in order; or the refusal, as a value.
    """
    try:
        return _decided(situation, command, now)
    except BanjieError as refusal:
        return refusal


def key_hash(key: str) -> str:
    """Return the hash of an idempotency key as entries carry it."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def _decided(situation: Situation, command: Command, now: datetime) -> Step:
    check_stated(command, now)
    hashed = key_hash(command.key) if command.key else None
    at = _released_at(situation, now) if command.actor.anonymous else now
    drafting = Drafting(situation, command.actor, at, command.stated, hashed)
    match command:
        case OpenCase():
            case_id = _open(drafting, command)
        case FireTransition():
            case_id = _fire_asked(drafting, command)
        case KeepNote():
            case_id = _note(drafting, command)
        case TendCase():
            case_id = tend(drafting, command, _seen(drafting, command))
        case EraseValues():
            case_id = erase_values(drafting, command, _seen(drafting, command))
        case MigrateCase():
            case_id = migrate_case(drafting, command, _kept(drafting, command))
        case _:
            assert_never(command)
    return Step(case=case_id, events=tuple(drafting.events), after=tuple(drafting.after), numbers=drafting.numbers)


def _released_at(situation: Situation, now: datetime) -> datetime:
    """Return the instant that stands for what somebody anonymous did: the last boundary, or the case's last move if
    that was later (design: ledger)."""
    return max([boundary(now), *(case.changed_at for case in situation.family.values())])


def _open(drafting: Drafting, command: OpenCase) -> CaseId:
    situation, actor = drafting.situation, command.actor
    session = None if command.congress_session is None else situation.sessions.get(command.congress_session)
    if command.congress_session is not None and session is None:
        raise FormInvalid(
            [FieldProblem(path="congress_session", text=Text("没有这个届次", "No such congress session"))]
        )
    if not situation.units.exists(command.unit):
        raise FormInvalid([FieldProblem(path="unit", text=Text("没有这个单位", "No such unit"))])
    definition = situation.rules.for_new(command.workflow, None if session is None else session.lists)
    workflow = definition.workflow
    entry, units = command.on_behalf, situation.units
    if entry is None:
        capacity = _opening_capacity(definition, actor, command.unit, units)
    else:
        capacity = entering_to_open(definition, actor, command.unit, units)
        opened_for(definition, entry, command.unit, units)
    form = checked_form(definition, workflow.opening, command.form, on=_day(drafting))
    given, taken = with_files(definition, form, situation.files, actor, None, drafting.at)
    opener: Actor = actor
    if entry is None:
        actor, fields = as_opener(definition, None if capacity is None else capacity.role, actor, given)
        opener = actor
    else:
        opener, fields = as_entered_for(definition, entry.person or NOBODY, given)
    drafting.actor = actor
    parties = [
        Party(party_role, PersonId(person)) for party_role, persons in command.parties.items() for person in persons
    ]
    for party in parties:
        if party.role not in workflow.roles or workflow.roles[party.role].bound != "party":
            raise FormInvalid(
                [FieldProblem(path="parties", text=Text("没有这个角色", f"No party role {party.role!r}"))]
            )
    if workflow.opener_becomes is not None and opener.person is not None and not parties:
        parties.append(Party(workflow.opener_becomes, opener.acting_for or opener.person))
    opening = Opening(
        root=command.root,
        workflow=workflow.name,
        definition_version=workflow.version,
        pins=pins_of(definition, drafting),
        unit=command.unit,
        congress_session=command.congress_session,
    )
    case_id = drafting.new_id(drafting.key_hash or "", "case")
    open_case(
        drafting,
        definition,
        opening,
        case_id,
        fields=fields,
        parties=parties,
        actor=actor,
        capacity=capacity,
        fire=_firing(drafting, 0),
        taken=taken,
        entered=None if entry is None else (entry, opener),
    )
    return case_id


def _opening_capacity(definition: Definition, actor: Actor, unit: UnitId, units: UnitTree) -> Capacity | None:
    """Return the role in which the actor opens, None for imports; raises NotPermitted."""
    if actor.kind is not ActorKind.PERSON:
        return None
    capacity = opening_capacity(definition, actor, unit, units)
    if capacity is None:
        raise not_permitted(definition.workflow, definition.workflow.openers)
    return capacity


def _fire_asked(drafting: Drafting, command: FireTransition) -> CaseId:
    case = _seen(drafting, command)
    if command.expected_version is not None and command.expected_version != case.version:
        raise StaleCase(expected=command.expected_version, actual=case.version)
    drafting.actor = as_party(command.actor, case)
    forget_unseen(drafting, case, command)
    actor, entry = drafting.actor, command.on_behalf
    _fire(drafting, case, command.transition, actor, command.form, depth=0, asker=command.actor, entry=entry)
    return case.id


def _kept(drafting: Drafting, command: FireTransition | KeepNote | TendCase | EraseValues | MigrateCase) -> Case:
    """Return the case asked about, whoever may see it."""
    case = drafting.family.get(command.case)
    if case is None or case.root != command.root:
        raise CaseNotFound
    return case


def _seen(drafting: Drafting, command: FireTransition | KeepNote | TendCase | EraseValues) -> Case:
    """Return the case asked about; to who may not see it, it does not exist, whatever its version."""
    case = _kept(drafting, command)
    parent = None if case.parent is None else drafting.family.get(case.parent)
    if not may_see(drafting.definition_of(case), case, command.actor, drafting.situation.units, parent):
        raise CaseNotFound
    return case


def _note(drafting: Drafting, command: KeepNote) -> CaseId:
    case = _seen(drafting, command)
    drafting.record(
        Event(
            case=case.id,
            type=EventType.NOTED,
            at=drafting.at,
            actor=as_party(command.actor, case),
            stated=command.stated,
            key_hash=drafting.key_hash,
            note={"title": command.title, **command.note},
        ),
        drafting.definition_of(case),
    )
    return case.id


def _fire(
    drafting: Drafting,
    case: Case,
    name: str,
    actor: Actor,
    form: Mapping[str, JsonValue],
    *,
    depth: int,
    cause: Cause | None = None,
    asker: Actor = SYSTEM,
    entry: OnBehalf | None = None,
) -> None:
    """Make one move of one case and everything that follows from it in the same step.

    ``asker`` is who uploaded the files that the form names: under a strict level the actor has another name.
    """
    if depth > FIRINGS_MAX:
        raise InputRefused(Text("联动环节过多", "Too many moves follow from one another"))
    definition = drafting.definition_of(case)
    workflow = definition.workflow
    transition = workflow.transitions.get(name)
    table = table_of(definition)
    units = drafting.situation.units
    if transition is None or not table.has(case.state, name):
        raise not_offered(workflow, case, actor, units, name)
    if entry is None:
        capacity = first_capacity(transition.by, workflow, case, actor, units)
        if capacity is None:
            raise not_permitted(workflow, transition.by)
    else:
        capacity = entering_to_move(transition, definition, case, actor, units)
    checked = checked_form(definition, transition.form, form, on=_day(drafting), held=case.data)
    clean, files = with_files(definition, checked, drafting.situation.files, asker, case.id, drafting.at)
    building = Building(
        case=case,
        definition=definition,
        actor=actor,
        capacity=capacity,
        form=clean,
        fields=dict(clean),
        cause=cause,
        taken=files,
        entered=None if entry is None else (entry, moved_for(transition, definition, case, entry, units)),
    )
    moment = Moment(
        situation=drafting.situation,
        family=drafting.family,
        definition=definition,
        case=case,
        actor=building.mover,
        form=clean,
        at=drafting.happened_at,
    )
    take_tables(building, moment, name)
    judge = _Judge(definition, moment, building)
    judge.demand(transition.guards)
    taken = table.fire(case.state, name, lambda way: judge.way_open(transition, way))
    if taken is None:
        raise judge.refusal()
    to_state = _target(transition, taken.to, case)
    fire = _firing(drafting, depth)
    apply_effects(transition.effects, building, drafting, fire, name)
    if transition.alternatives:
        apply_effects(transition.alternatives[taken.way].effects, building, drafting, fire, name)
    apply_entered(building, drafting, fire, name)
    if to_state is not None and workflow.states[to_state].phase is Phase.FINAL:
        building.cancel_open_clocks(drafting.happened_at)
    building.raise_rungs_of(name)
    drafting.record(building.event(drafting, EventType.FIRED, transition=name, to_state=to_state), definition)
    for follow in building.after:
        follow()
    if to_state not in (None, case.state):
        _join_parent(drafting, case.id, name, depth)


def _target(transition: TransitionPart, taken: str, case: Case) -> str | None:
    """Return the state the move leads to, None when the case stays where it is."""
    if any(isinstance(effect, UnMerge) for effect in transition.effects):
        return case.resume_state
    return None if transition.stay else taken


def _firing(drafting: Drafting, depth: int) -> FireOther:
    """Return how this step fires moves of other cases: as the system, one firing deeper, with their cause."""

    def fire(case_id: CaseId, name: str, cause: Cause) -> None:
        _fire(drafting, drafting.family[case_id], name, SYSTEM, {}, depth=depth + 1, cause=cause)

    return fire


def _join_parent(drafting: Drafting, child_id: CaseId, name: str, depth: int) -> None:
    """Fire the moves of the parent that its children's states call for, one of them having just come to its state.

    Nobody clicks twice, and nothing fires twice because a child did something where it stands.
    """
    child = drafting.family[child_id]
    parent = drafting.family.get(child.parent) if child.parent is not None else None
    if parent is None:
        return
    for join in drafting.definition_of(parent).workflow.joins.values():
        parent = drafting.family[parent.id]
        if join.workflow != child.workflow or parent.state not in join.in_ or child.state not in join.states:
            continue
        rows = [
            drafting.family[row.case].state
            for row in parent.newest_children
            if row.workflow == join.workflow and join.role in (None, row.role) and row.case in drafting.family
        ]
        hits = sum(1 for state in rows if state in join.states)
        met = {"all": hits == len(rows), "any": hits > 0, "at_least": hits >= join.n}[join.when]
        if rows and met and child.batch == max(row.batch for row in parent.children):
            _fire(drafting, parent, join.fire, SYSTEM, {}, depth=depth + 1, cause=Cause(child_id, name))


class _Judge:
    """Asks the guards of one move and keeps every verdict."""

    def __init__(self, definition: Definition, moment: Moment, building: Building) -> None:
        self._definition = definition
        self._moment = moment
        self._scope = Scope(moment)
        self._building = building
        self._failed: GuardPart | None = None

    def demand(self, guards: tuple[GuardPart, ...]) -> None:
        """Ask the guards that every way of the move has; raises GuardRefused at the first that does not hold."""
        for guard in guards:
            if not self._ask(guard):
                raise self.refusal()

    def way_open(self, transition: TransitionPart, way: int) -> bool:
        """Return whether all guards of one alternative hold."""
        if not transition.alternatives:
            return True
        return all(self._ask(guard) for guard in transition.alternatives[way].guards)

    def refusal(self) -> GuardRefused:
        """Return the refusal for the guard that failed last."""
        guard = self._failed
        assert guard is not None, "the last way has no guards: what refuses is a guard"
        workflow = self._definition.workflow
        values = {name: part.value for name, part in workflow.parameters.items()}
        source = None
        if guard.source is not None:
            document = workflow.documents[guard.source.document]
            source = {"zh": f"{document.zh} {guard.source.article}", "en": f"{document.en} {guard.source.article}"}
        return GuardRefused(guard.refuse.text.filled(values), guard=guard.id, source=source)

    def _ask(self, guard: GuardPart) -> bool:
        if guard.expr is not None:
            holds = self._definition.guards[guard.expr].holds(self._scope)
        else:
            holds = CATALOGUE[guard.use or ""](self._moment, guard.given)
        self._building.verdicts.append(Verdict(guard.id, holds))
        if not holds:
            self._failed = guard
        return holds


def _day(drafting: Drafting) -> date:
    """Return the day it is in Shanghai."""
    return drafting.at.astimezone(SHANGHAI).date()
