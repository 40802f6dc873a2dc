"""What a move does beside changing the state: each effect of a definition, applied to the event being built.

Effects on other cases (children, merge targets) are put off until the event itself is recorded, so that causes stand
before consequences in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Final, assert_never

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.behalf import Entered
from engine.case.case import NOTHING, Case, Child, ChildRole, Party, Pins
from engine.case.clock_effects import extend_clock, move_clock, raise_rung, withdraw_rung
from engine.case.drafting import Building, Drafting
from engine.case.events import Cause, EventType, Opening
from engine.case.evolve import unborn
from engine.case.files import TakenFile
from engine.case.form_tables import append_rows, roll_up, take_tables
from engine.case.identity import CaseId, PersonId, UnitId
from engine.case.merging import merge_into, unmerge_from
from engine.case.numbers import number_in, series_key, written
from engine.case.roles import Capacity
from engine.case.scope import Moment, Scope, table_rows
from engine.definition.compiled import Definition
from engine.definition.parts import (
    AppendRows,
    Assign,
    Bind,
    Cascade,
    ClockEffect,
    Effect,
    Extend,
    IssueNumber,
    LeaveMerge,
    Merge,
    Notify,
    OpenLinked,
    Publish,
    RaiseRung,
    RollUp,
    SetFields,
    Unbind,
    UnMerge,
    WithdrawRung,
)
from engine.errors import FieldProblem, FormInvalid
from engine.text import Text

FireOther = Callable[[CaseId, str, Cause], None]
OPENING: Final = "open"
"""How a cause names the opening of a case, which is no move."""


def apply_effects(
    effects: Iterable[Effect], building: Building, drafting: Drafting, fire: FireOther, move: str
) -> None:
    """Apply the effects in order. ``fire`` makes a move of another case in the same step; ``move`` names this one."""
    for effect in effects:
        match effect:
            case Assign():
                _assign(effect, building, drafting, fire, move)
            case Cascade():
                building.after.append(partial(_cascade, effect, building.case.id, drafting, fire, move))
            case Merge():
                _merge(effect, building, drafting, move)
            case UnMerge() | LeaveMerge():
                _unmerge(building, drafting, move)
            case SetFields():
                _set(effect, building, drafting)
            case AppendRows():
                append_rows(effect, building)
            case Bind():
                _bind(effect, building)
            case Unbind():
                _unbind(effect, building)
            case ClockEffect():
                move_clock(effect, building, drafting, move)
            case Extend():
                extend_clock(effect, building, drafting)
            case RaiseRung():
                raise_rung(effect, building)
            case WithdrawRung():
                withdraw_rung(effect, building)
            case IssueNumber():
                _number(effect, building, drafting)
            case Notify():
                if effect.given is None or building.form.get(effect.given):
                    building.notices.append(effect.notice)
            case OpenLinked():
                _open_linked(effect, building, drafting, fire, move)
            case RollUp():
                roll_up(effect, building, drafting)
            case Publish():
                building.published = True
            case _:
                assert_never(effect)


def apply_entered(building: Building, drafting: Drafting, fire: FireOther, move: str) -> None:
    """Apply what follows every entry on behalf: the person is told and may object. To object is no such entry."""
    part = building.definition.workflow.on_behalf
    if building.entered is not None and part is not None and move != part.objection:
        apply_effects(part.effects, building, drafting, fire, move)


def open_case(
    drafting: Drafting,
    definition: Definition,
    opening: Opening,
    case_id: CaseId,
    *,
    fields: Mapping[str, JsonValue],
    parties: Iterable[Party],
    actor: Actor,
    capacity: Capacity | None,
    fire: FireOther,
    cause: Cause | None = None,
    taken: tuple[TakenFile, ...] = (),
    entered: Entered | None = None,
) -> Case:
    """Record the opening of a case: its fields, its parties, and the effects of opening it."""
    workflow = definition.workflow
    initial = {name: part.initial for name, part in workflow.fields.items() if part.initial is not None}
    blank = unborn(case_id, opening, drafting.at, definition)
    building = Building(
        case=blank,
        definition=definition,
        actor=actor,
        capacity=capacity,
        form=dict(fields),
        fields={**initial, **fields},
        cause=cause,
        joined=list(parties),
        taken=taken,
        entered=entered,
    )
    take_tables(building, _moment(building, drafting))
    apply_effects(workflow.on_open, building, drafting, fire, OPENING)
    apply_entered(building, drafting, fire, OPENING)
    case = drafting.record(
        building.event(drafting, EventType.OPENED, to_state=workflow.initial, opening=opening), definition
    )
    for follow in building.after:
        follow()
    return case


def pins_of(definition: Definition, drafting: Drafting) -> Pins:
    """Return what the first entry of a case pins."""
    return Pins(
        definition=definition.hash, lists=dict(definition.list_hashes), calendar=drafting.situation.calendar.version
    )


def _assign(effect: Assign, building: Building, drafting: Drafting, fire: FireOther, move: str) -> None:
    others = building.form.get(effect.co_handlers, []) if effect.co_handlers is not None else []
    units: list[tuple[ChildRole, str]] = [] if effect.lead is None else [("lead", str(building.form[effect.lead]))]
    units += [("co_handler", str(unit)) for unit in (others if isinstance(others, list) else [])]
    problems = list(_wrong_units(effect, building.case, [unit for _role, unit in units], drafting))
    if problems:
        raise FormInvalid(problems)
    newest = max((child.batch for child in building.case.children), default=0)
    batch = max(newest, 1) if effect.adds else newest + 1
    for role, unit in units:
        child = drafting.new_id(building.case.id, "child", batch, effect.workflow, unit)
        building.children.append(Child(case=child, workflow=effect.workflow, role=role, unit=UnitId(unit), batch=batch))
        building.after.append(partial(_open_child, effect, building, drafting, building.children[-1], fire, move))


def _wrong_units(effect: Assign, case: Case, units: list[str], drafting: Drafting) -> Iterator[FieldProblem]:
    """Yield units that do not exist or are named twice (domain: exactly one lead, no unit twice)."""
    there = {child.unit for child in case.newest_children if child.workflow == effect.workflow} if effect.adds else ()
    for place, unit in enumerate(units):
        path = (effect.lead if place == 0 else None) or effect.co_handlers or ""
        if not drafting.situation.units.exists(unit):
            yield FieldProblem(path=path, text=Text(f"没有单位“{unit}”", f"No unit {unit!r}"))
        elif unit in units[:place]:
            yield FieldProblem(path=path, text=Text(f"单位“{unit}”重复", f"Unit {unit!r} is named twice"))
        elif unit in there:
            yield FieldProblem(path=path, text=Text(f"已经下发单位“{unit}”", f"It was sent to unit {unit!r} before"))


def _open_child(
    effect: Assign, building: Building, drafting: Drafting, child: Child, fire: FireOther, move: str
) -> None:
    parent = drafting.family[building.case.id]
    definition = drafting.situation.rules.for_new(effect.workflow, _pinned_lists(drafting, parent))
    opening = Opening(
        root=parent.root,
        workflow=effect.workflow,
        definition_version=definition.workflow.version,
        pins=pins_of(definition, drafting),
        unit=child.unit,
        congress_session=parent.congress_session,
        parent=parent.id,
        child_role=child.role,
        batch=child.batch,
    )
    fields = _carried(effect.carry, building, parent)
    if "handling_role" in definition.workflow.fields:
        fields["handling_role"] = child.role
    open_case(
        drafting,
        definition,
        opening,
        child.case,
        fields=fields,
        parties=(),
        actor=building.actor,
        capacity=building.capacity,
        fire=fire,
        cause=Cause(parent.id, move),
    )


def _pinned_lists(drafting: Drafting, case: Case) -> Mapping[str, int] | None:
    session = drafting.session_of(case.congress_session)
    return None if session is None else session.lists


def _carried(carry: Mapping[str, str], building: Building, source: Case) -> dict[str, JsonValue]:
    """Return the carried fields: from the form of this move first, else from the case as it is now."""
    found = {
        target: building.form.get(name, building.fields.get(name, source.data.get(name)))
        for target, name in carry.items()
    }
    return {target: value for target, value in found.items() if value is not None}


def _cascade(effect: Cascade, parent_id: CaseId, drafting: Drafting, fire: FireOther, move: str) -> None:
    named = drafting.family[parent_id].data.get(effect.units) if effect.units is not None else None
    listed = frozenset(str(unit) for unit in named) if isinstance(named, list) else frozenset()
    for child in drafting.family[parent_id].children:
        row = drafting.family.get(child.case)
        wanted = effect.role is None or child.role == effect.role
        if effect.units is not None and not listed.intersection(drafting.situation.units.lineage(child.unit)):
            continue
        if row is not None and wanted and child.workflow == effect.workflow and row.state in effect.states:
            fire(child.case, effect.fire, Cause(parent_id, move))


def _merge(effect: Merge, building: Building, drafting: Drafting, move: str) -> None:
    target = CaseId(str(building.form[effect.into]))
    found = drafting.family.get(target)
    if found is None or found.root != building.case.root or target == building.case.id:
        raise FormInvalid(
            [FieldProblem(path=effect.into, text=Text("没有找到要并入的事项", "No such case to merge into"))]
        )
    building.merge = target
    building.resume_state = building.case.state
    building.after.append(partial(merge_into, drafting, building.case.id, target, effect.join_as, move))


def _unmerge(building: Building, drafting: Drafting, move: str) -> None:
    target = building.case.merged_into
    if target is not None:
        building.merge = CaseId("")
        building.after.append(partial(unmerge_from, drafting, building.case.id, target, move))


def _set(effect: SetFields, building: Building, drafting: Drafting) -> None:
    scope = Scope(_moment(building, drafting))
    for name, text in effect.values.items():
        building.fields[name] = _plain(building.definition.values[text].of(scope))


def _moment(building: Building, drafting: Drafting) -> Moment:
    return Moment(
        situation=drafting.situation,
        family=drafting.family,
        definition=building.definition,
        case=building.case,
        actor=building.mover,
        form=building.form,
        at=drafting.happened_at,
    )


def _plain(value: object) -> JsonValue:
    """Return a value of an expression as JSON; dates become ISO text."""
    if value is None or isinstance(value, str | int | bool):
        return value
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return str(value)


def _who(who: str, building: Building) -> list[PersonId]:
    if who == "actor":
        person = building.mover.acting_for or building.mover.person
        return [] if person is None else [person]
    value = building.form.get(who)
    if isinstance(value, list):
        return [PersonId(str(person)) for person in value]
    return [PersonId(str(value))] if value else []


def _bind(effect: Bind, building: Building) -> None:
    who = _who(effect.who, building) if effect.those_in is None else building.case.persons_in(effect.those_in)
    building.joined.extend(Party(effect.role, person) for person in who)


def _unbind(effect: Unbind, building: Building) -> None:
    """Take persons out of a role, however they came by it: bound here, or brought by a merged case."""
    everybody = {party.person for party in (*building.case.parties, *building.joined)}
    who = everybody if effect.who == "everybody" else set(_who(effect.who, building))
    building.joined[:] = [party for party in building.joined if party.role != effect.role or party.person not in who]
    building.left.extend(party for party in building.case.parties if party.role == effect.role and party.person in who)


def _number(effect: IssueNumber, building: Building, drafting: Drafting) -> None:
    """Issue the next number where none stands. One that a register brought is not issued a second time later."""
    given = building.form.get(effect.field)
    if not given and building.value(effect.field):
        return
    workflow, at = building.definition.workflow, drafting.happened_at
    session = drafting.session_of(building.case.congress_session)
    part = workflow.numbers[effect.series]
    key = series_key(workflow.name, effect.series, part, building.case.congress_session, at)
    if not given:
        building.fields[effect.field] = written(part, drafting.next_number(key), session, at)
        return
    number = number_in(part, str(given), session, at)
    if number is not None and number > drafting.numbers.get(key, drafting.situation.numbers[key]):
        drafting.numbers[key] = number


def _open_linked(effect: OpenLinked, building: Building, drafting: Drafting, fire: FireOther, move: str) -> None:
    for row in [NOTHING] if effect.each is None else table_rows(building.form.get(effect.each)):
        unit = None if effect.unit is None else row.get(effect.unit)
        if unit is not None and not drafting.situation.units.exists(str(unit)):
            raise FormInvalid(
                [FieldProblem(path=effect.each or "", text=Text(f"没有单位“{unit}”", f"No unit {unit!r}"))]
            )
        where = building.case.unit if unit is None else UnitId(str(unit))
        _open_one(effect, row, where, building, drafting, fire, move)


def _open_one(
    effect: OpenLinked,
    row: Mapping[str, JsonValue],
    unit: UnitId,
    building: Building,
    drafting: Drafting,
    fire: FireOther,
    move: str,
) -> None:
    place = len(building.linked)
    case_id = drafting.new_id(building.case.id, "linked", effect.workflow, building.case.seq, place)
    building.linked.append(case_id)

    def follow() -> None:
        source = drafting.family[building.case.id]
        definition = drafting.situation.rules.for_new(effect.workflow, _pinned_lists(drafting, source))
        opening = Opening(
            root=source.root,
            workflow=effect.workflow,
            definition_version=definition.workflow.version,
            pins=pins_of(definition, drafting),
            unit=unit,
            congress_session=source.congress_session,
        )
        told = {there: row[column] for there, column in effect.row.items() if row.get(column) is not None}
        open_case(
            drafting,
            definition,
            opening,
            case_id,
            fields=_carried(effect.carry, building, source) | told,
            parties=(),
            actor=building.actor,
            capacity=building.capacity,
            fire=fire,
            cause=Cause(source.id, move),
        )

    building.after.append(follow)
