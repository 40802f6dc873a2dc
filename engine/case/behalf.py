"""Entries on behalf (代录): what somebody brought on paper, by telephone or in person, and others enter for them.

Who may enter what is declared: ``on_behalf`` of the workflow and of its moves. The move is judged as if the person made
it; who entered it stands beside. Nothing is entered for a person who is somebody's guess: under a strict level the
engine takes whoever filed the case, and tells nobody who that is.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.commands import Command, FireTransition, OnBehalf, OpenCase
from engine.case.events import Behalf
from engine.case.identity import UnitId
from engine.case.offers import not_permitted, nothing_to_object_to
from engine.case.roles import Capacity, first_capacity, granting_unit, opening_capacity
from engine.case.secrecy import as_party, is_strict
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import TransitionPart
from engine.errors import FieldProblem, FormInvalid, InputRefused, NotPermitted
from engine.text import Text

Entered = tuple[OnBehalf, Actor]
"""What is said of an entry on behalf, and who made the move by the name that the case knows."""
PERSON: Final = "on_behalf.person"
NOBODY: Final = Actor(kind=ActorKind.PERSON)
"""Stands for somebody of whom nobody knows who it was."""
BASIS_CHARACTERS_MAX: Final = 500
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)


def check_stated(command: Command, now: datetime) -> None:
    """Only imports and entries on behalf say when something happened, always with a basis, never in the future.

    Raises:
        InputRefused, FormInvalid: what is stated may not be, or not so.
    """
    stated = command.stated
    entered = command.on_behalf if isinstance(command, OpenCase | FireTransition) else None
    if entered is not None:
        _check_entry(command.actor, entered)
        if stated is None or not stated.basis.strip():
            raise _wrong("on_behalf.basis", "代录须写明依据，如登记簿编号、来信页码", "Say what the entry rests on")
        if len(stated.basis) > BASIS_CHARACTERS_MAX:
            raise _wrong(
                "on_behalf.basis", f"不超过{BASIS_CHARACTERS_MAX}字", f"At most {BASIS_CHARACTERS_MAX} characters"
            )
        if stated.occurred_at > now:
            raise _wrong("on_behalf.occurred_at", "发生时间不能晚于现在", "The stated instant lies in the future")
        return
    if stated is None:
        return
    if command.actor.kind is not ActorKind.IMPORT or not stated.basis:
        raise InputRefused(
            Text("只有导入或代录才能填写发生时间，并须注明依据", "Only an import with a basis may state an instant")
        )
    if stated.occurred_at > now:
        raise InputRefused(Text("发生时间不能晚于现在", "The stated instant lies in the future"))


def check_order(before: Case | None, happened_at: datetime) -> None:
    """What is entered for somebody did not happen before what the case already knows; raises FormInvalid."""
    if before is not None and happened_at < before.happened_at:
        raise _wrong(
            "on_behalf.occurred_at",
            "发生时间不能早于本件的上一步，请按先后顺序代录",
            "It cannot have happened before the case's newest move",
        )


def entering_to_open(definition: Definition, actor: Actor, unit: UnitId, units: UnitTree) -> Capacity:
    """Return in which role somebody opens a case for another; raises NotPermitted."""
    workflow = definition.workflow
    if workflow.on_behalf is None:
        raise _not_here(workflow)
    for role in workflow.on_behalf.by:
        held = granting_unit(workflow.roles[role], actor, unit, units)
        if held is not None:
            return Capacity(role, held)
    raise not_permitted(workflow, workflow.on_behalf.by)


def opened_for(definition: Definition, entered: OnBehalf, unit: UnitId, units: UnitTree) -> None:
    """Raise FormInvalid when the case is opened for somebody who could not have opened it."""
    person = entered.person
    if person is not None and opening_capacity(definition, person, unit, units) is None:
        roles = "、".join(definition.workflow.roles[role].title.zh for role in definition.workflow.openers)
        raise _wrong(
            PERSON,
            f"此人不能在该单位提出此类事项，须具有以下身份之一：{roles}",
            "This person could not have opened such a case in that unit",
        )


def entering_to_move(
    transition: TransitionPart, definition: Definition, case: Case, actor: Actor, units: UnitTree
) -> Capacity:
    """Return in which role somebody makes a move for another; raises NotPermitted."""
    if definition.workflow.on_behalf is None or not transition.on_behalf:
        raise _not_here(definition.workflow)
    capacity = first_capacity(transition.on_behalf, definition.workflow, case, actor, units)
    if capacity is None:
        raise not_permitted(definition.workflow, transition.on_behalf)
    return capacity


def moved_for(
    transition: TransitionPart, definition: Definition, case: Case, entered: OnBehalf, units: UnitTree
) -> Actor:
    """Return who made the move that another enters; raises FormInvalid where that is not clear, or not theirs to make.

    Who is not named is the one person whom the move is open to, and ``NOBODY`` where none is bound to the case. Under a
    strict level nobody is named: an answer to a guess would tell who filed.
    """
    workflow = definition.workflow
    roles = [role for role in transition.by if workflow.roles[role].bound == "party"]
    bound = list(dict.fromkeys(person for role in roles for person in case.persons_in(role)))
    if entered.person is None:
        if len(bound) > 1:
            raise _wrong(PERSON, "本件有几名当事人，请选定为谁代录", "Several persons may make this move: say for whom")
        return replace(NOBODY, person=bound[0]) if bound else NOBODY
    if is_strict(case, definition):
        raise _wrong(
            PERSON,
            "保密件不选人员：代录即为本件反映人办理",
            "Name nobody here: it is entered for whoever filed the case",
        )
    person = as_party(entered.person, case)
    if first_capacity(transition.by, workflow, case, person, units) is None:
        raise _wrong(PERSON, "此人不能办理此步骤，不能为其代录", "This move is not open to that person")
    return person


def behalf_of(entered: OnBehalf, mover: Actor) -> Behalf:
    """Return how the ledger tells for whom something was entered."""
    return Behalf(kind=entered.kind, person=mover.acting_for or mover.person, scan=entered.scan)


def may_enter(definition: Definition, case: Case, actor: Actor, units: UnitTree) -> tuple[str, ...]:
    """Return the moves that this actor may enter for somebody from the case's state, in the definition's order."""
    workflow = definition.workflow
    if workflow.on_behalf is None:
        return ()
    return tuple(
        name
        for name, transition in workflow.transitions.items()
        if case.state in transition.from_
        and transition.on_behalf
        and not nothing_to_object_to(workflow, case, name)
        and first_capacity(transition.on_behalf, workflow, case, actor, units) is not None
    )


def _check_entry(actor: Actor, entered: OnBehalf) -> None:
    if actor.kind is not ActorKind.PERSON or actor.anonymous:
        raise NotPermitted(Text("只有登录的人员可以代录", "Only a person who is logged in enters for another"))
    if entered.person is not None and entered.person.person in (actor.person, actor.acting_for):
        raise _wrong(PERSON, "本人的事项请直接办理，不能代录", "File your own matters yourself")
    if entered.scan is not None and _SHA256.fullmatch(entered.scan) is None:
        raise _wrong("on_behalf.scan", "扫描件校验值应为64位十六进制数", "The hash of a scan has 64 hexadecimal digits")


def _not_here(workflow: Workflow) -> NotPermitted:
    title = workflow.title
    return NotPermitted(
        Text(f"“{title.zh}”的这一步不能代录，须由本人办理", f"{title.en}: this step is not entered on behalf")
    )


def _wrong(path: str, zh: str, en: str) -> FormInvalid:
    return FormInvalid([FieldProblem(path=path, text=Text(zh, en))])
