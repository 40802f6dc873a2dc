"""Erasing private values of a case: who may, what may go and when, and the event that says so.

The entries stay and their commitments with them; what opens them is destroyed. Values without which people complained
about would see the case again are kept, and so is everything public, which stands in the entries themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.commands import EraseValues, ErasureBasis
from engine.case.drafting import Drafting
from engine.case.erased import FIELDS, PEOPLE
from engine.case.events import ErasedValues, Erasure, Event, EventType
from engine.case.holds import HELD, NOT_ENDED, all_ended, is_held
from engine.case.identity import CaseId, PersonId
from engine.case.offers import not_permitted
from engine.case.roles import Capacity, first_capacity
from engine.case.secrecy import RECUSING_FIELDS, accused_units, as_party, is_recused
from engine.case.situation import HeldValue
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import Phase, Privacy
from engine.errors import FieldProblem, FormInvalid, GuardRefused, NotPermitted
from engine.text import Text

_OF_THE_ENGINE = (ErasureBasis.RESTORED, ErasureBasis.RETENTION)


def erase_values(drafting: Drafting, command: EraseValues, case: Case) -> CaseId:
    """Record that values of the case are erased; ``case`` is one that the actor may see.

    Raises:
        NotPermitted: the actor or the approver holds no role that erases.
        GuardRefused: the case or one of its family is held, or what is to go for its age belongs to one that runs.
        FormInvalid: a path holds nothing, or what it holds has to stay.
    """
    definition = drafting.definition_of(case)
    capacity = erasing_capacity(drafting, case, command.actor)
    if command.actor.kind is not ActorKind.PERSON and command.basis not in _OF_THE_ENGINE:
        raise NotPermitted(Text("此依据的删除须由人办理", "On this ground people erase, not the engine"))
    approver = _approver(drafting, case, command)
    _demand_free(drafting, command)
    values = _values(drafting.situation.values, command.paths)
    problems = list(_problems(case, definition, command, values))
    if problems:
        raise FormInvalid(problems)
    actor = as_party(command.actor, case)
    drafting.record(
        Event(
            case=case.id,
            type=EventType.ERASED,
            at=drafting.at,
            actor=actor,
            role=None if capacity is None else capacity.role,
            acting_unit=None if capacity is None else capacity.unit,
            key_hash=drafting.key_hash,
            erasure=Erasure(
                values=values,
                basis=command.basis,
                approver=None if approver is None else approver[0],
                approver_role=None if approver is None else approver[1].role,
            ),
        ),
        definition,
    )
    return case.id


def _demand_free(drafting: Drafting, command: EraseValues) -> None:
    """Refuse what a hold forbids, and for its age what belongs to a case that has not ended.

    What a back-up brought back was erased before, lawfully, and goes again whatever was decided since.
    """
    if command.basis is ErasureBasis.RESTORED:
        return
    family = drafting.family.values()
    if any(is_held(one, drafting.definition_of(one)) for one in family):
        raise GuardRefused(HELD, guard="hold")
    if command.basis is ErasureBasis.RETENTION and not all_ended(family):
        raise GuardRefused(NOT_ENDED, guard="retention")


def erasing_capacity(drafting: Drafting, case: Case, actor: Actor) -> Capacity | None:
    """Return in what role somebody may erase values of the case; None for the engine.

    Raises:
        NotPermitted: the actor holds no role that erases.
    """
    if actor.kind is ActorKind.SYSTEM:
        return None
    workflow, units = drafting.definition_of(case).workflow, drafting.situation.units
    parent = None if case.parent is None else drafting.family.get(case.parent)
    capacity = capacity_to_erase(workflow, case, parent, actor, units)
    if capacity is None:
        raise not_permitted(workflow, _erasing_roles(workflow))
    return capacity


def capacity_to_erase(
    workflow: Workflow, case: Case, parent: Case | None, actor: Actor, units: UnitTree
) -> Capacity | None:
    """Return in what role a person may erase values of the case, None in none.

    Grants in a unit complained about, and below it, count for nothing here; nor may who is recused erase.
    """
    accused = accused_units(case, parent)
    clear = frozenset(grant for grant in actor.grants if not accused.intersection(units.lineage(grant.unit)))
    if actor.kind is not ActorKind.PERSON or is_recused(actor, case, parent):
        return None
    return first_capacity(_erasing_roles(workflow), workflow, case, replace(actor, grants=clear), units)


def _erasing_roles(workflow: Workflow) -> list[str]:
    return [name for name, part in workflow.roles.items() if part.erases]


def _approver(drafting: Drafting, case: Case, command: EraseValues) -> tuple[PersonId, Capacity] | None:
    """Return who approves, and in what role: somebody else who may erase as well."""
    if command.actor.kind is not ActorKind.PERSON:
        return None
    approver = command.approver
    known = {command.actor.person, command.actor.acting_for}
    if approver is None or approver.person is None or approver.person in known or approver.acting_for in known - {None}:
        raise NotPermitted(Text("删除须经另一位有权人员批准", "Somebody else who may erase has to approve"))
    capacity = erasing_capacity(drafting, case, approver)
    assert capacity is not None, "the engine approves nothing: a person does"
    return approver.person, capacity


def _values(held: Iterable[HeldValue], paths: Iterable[str]) -> tuple[ErasedValues, ...]:
    """Return what is kept at these paths, entry by entry."""
    wanted = set(paths)
    entries: dict[tuple[int, str, str], list[str]] = {}
    for value in held:
        if value.path in wanted:
            entries.setdefault((value.seq, value.entry, value.key), []).append(value.path)
    return tuple(
        ErasedValues(entry=entry, seq=seq, key=key, paths=tuple(sorted(found)))
        for (seq, entry, key), found in sorted(entries.items())
    )


def _problems(
    case: Case, definition: Definition, command: EraseValues, values: tuple[ErasedValues, ...]
) -> Iterable[FieldProblem]:
    if not command.paths:
        yield FieldProblem(path="paths", text=Text("请指明要删除的内容", "Say what is to be erased"))
    kept = {path for one in values for path in one.paths}
    for path in dict.fromkeys(command.paths):
        if path in kept:
            text = why_it_stays(case, definition, command.actor, path, command.basis)
        else:
            text = _PUBLIC if _is_public(definition, path) else _NOTHING
        if text is not None:
            yield FieldProblem(path=path, text=text)


def why_it_stays(
    case: Case, definition: Definition, actor: Actor, path: str, basis: ErasureBasis = ErasureBasis.CONSENT
) -> Text | None:
    """Return why what is kept at a path may not be erased by the actor now; None where it may."""
    name = path.removeprefix(FIELDS)
    privacy = definition.workflow.fields[name].privacy if name in definition.workflow.fields else None
    if basis is ErasureBasis.RESTORED:
        return None  # it was erased before, and is so again however far the case has come
    if name in RECUSING_FIELDS or name in definition.strict_codes:
        return Text("回避和保密所依据的内容不能删除", "Recusal and secrecy rest on this value: it has to stay")
    if path in {f"{PEOPLE}{n}" for n, person in enumerate(case.people, start=1) if person == actor.person}:
        return Text("不能删除自己的身份", "Nobody erases their own identity")
    if privacy not in (Privacy.PERSONAL, Privacy.CONFIDENTIAL) and case.phase is not Phase.FINAL:
        return Text("事项办结前只能删除个人信息和保密内容", "Before the case has ended only personal data can go")
    return None


def _is_public(definition: Definition, path: str) -> bool:
    part = definition.workflow.fields.get(path.removeprefix(FIELDS)) if path.startswith(FIELDS) else None
    return part is not None and part.privacy is Privacy.PUBLIC


_NOTHING: Final = Text("没有这项内容，或已删除", "There is no such value, or it was erased")
_PUBLIC: Final = Text("公开内容写在记录中，不能删除", "A public value stands in the ledger itself and cannot go")
