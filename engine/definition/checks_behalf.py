"""Proofs about entries on behalf (代录): who may enter what for whom, and that whoever it is for can always object.

Nobody signs for another unseen: a facility without a term and a move to object in, or one that ends a case before
anybody could, is refused.
"""

from __future__ import annotations

from engine.definition.checks_proof import DEADLINE, ROLE, TRANSITION, Proof
from engine.definition.model import OnBehalfPart
from engine.definition.parts import ClockEffect, Phase, TransitionPart
from engine.definition.reading import Path
from engine.text import Text


def check_behalf(proof: Proof) -> None:
    """Add what is wrong with the part ``on_behalf`` and with the moves that name roles under it."""
    part, workflow = proof.workflow.on_behalf, proof.workflow
    for name, transition in workflow.transitions.items():
        if transition.on_behalf:
            _check_move(proof, name, transition, part)
    if part is None:
        return
    _check_roles(proof, ("on_behalf", "by"), part.by)
    if workflow.opener_becomes is None:
        proof.add(
            ("on_behalf",),
            "on_behalf_of_nobody",
            Text("没有 opener_becomes，不知道为谁代录", "Without opener_becomes nobody knows for whom it is entered"),
            Text("请写 opener_becomes: 当事角色", "Write opener_becomes: a party role"),
        )
    proof.known(("on_behalf", "deadline"), DEADLINE, part.deadline, workflow.deadlines)
    if not any(
        isinstance(one, ClockEffect) and (one.do, one.deadline) == ("start", part.deadline) for one in part.effects
    ):
        proof.add(
            ("on_behalf",),
            "objection_never_begins",
            Text(f"代录以后没有起算异议期限“{part.deadline}”", f"The term {part.deadline} to object is never started"),
            Text(
                f"请在 on_behalf 的 effects 中写 {{do: start, deadline: {part.deadline}}}",
                f"Write {{do: start, deadline: {part.deadline}}} among its effects",
            ),
        )
    if proof.known(("on_behalf", "objection"), TRANSITION, part.objection, workflow.transitions):
        _check_objection(proof, part, workflow.transitions[part.objection])


def _check_roles(proof: Proof, path: Path, names: tuple[str, ...]) -> None:
    """Who enters for others does so by an office held, never as a party of the case."""
    proof.all_known(path, ROLE, names, proof.workflow.roles)
    for index, name in enumerate(names):
        role = proof.workflow.roles.get(name)
        if role is not None and role.bound != "grant":
            proof.add(
                (*path, index),
                "on_behalf_by_party",
                Text(
                    f"“{name}”不是按授权担任的角色，不能代录",
                    f"{name} is not held by a grant and cannot enter for others",
                ),
                Text("请写 bound: grant 的角色，如工会办公室", "Name a role with bound: grant, as the union office"),
            )


def _check_move(proof: Proof, name: str, transition: TransitionPart, part: OnBehalfPart | None) -> None:
    workflow, path = proof.workflow, ("transitions", name, "on_behalf")
    _check_roles(proof, path, transition.on_behalf)
    if part is None:
        proof.add(
            path,
            "on_behalf_undeclared",
            Text("流程没有写 on_behalf，不能代录", "The workflow declares no on_behalf"),
            Text("请写 on_behalf: {by, objection, deadline, effects}", "Write on_behalf with by, objection, deadline"),
        )
    if not any(workflow.roles[role].bound == "party" for role in transition.by if role in workflow.roles):
        proof.add(
            path,
            "on_behalf_of_no_party",
            Text(
                f"流转“{transition.title.zh}”不由当事人办理，没有谁可以代录",
                f"No party makes the move {name}: there is nobody to enter it for",
            ),
            Text("请删去 on_behalf，或在 by 中写当事角色", "Leave on_behalf out, or name a party role in 'by'"),
        )
    targets = [transition.to, *(way.to for way in transition.alternatives)]
    ends = [state for state in targets if state in workflow.states and workflow.states[state].phase is Phase.FINAL]
    if ends:
        proof.add(
            path,
            "on_behalf_ends_case",
            Text(
                f"流转“{transition.title.zh}”使事项终结，代录后本人无从异议",
                f"{name} ends the case: whoever it is entered for could not object any more",
            ),
            Text("请删去 on_behalf，由本人办理", "Leave on_behalf out and let the person do it"),
        )


def _check_objection(proof: Proof, part: OnBehalfPart, transition: TransitionPart) -> None:
    workflow, path = proof.workflow, ("transitions", part.objection)
    if workflow.opener_becomes is not None and workflow.opener_becomes not in transition.by:
        proof.add(
            (*path, "by"),
            "objection_not_by_person",
            Text("被代录的本人不能提出异议", "Whoever it was entered for cannot object"),
            Text(f"请在 by 中写 {workflow.opener_becomes}", f"Name {workflow.opener_becomes} in 'by'"),
        )
    if not transition.stay:
        proof.add(
            path,
            "objection_moves_case",
            Text("异议不中止办理，不改变事项状态", "An objection is shown and told; it does not move the case"),
            Text("请写 stay: true", "Write stay: true"),
        )
    term = f"not expired.{part.deadline}"
    if not any(guard.expr is not None and term in guard.expr for guard in transition.guards):
        proof.add(
            path,
            "objection_without_term",
            Text(
                f"提出异议没有以期限“{part.deadline}”为条件", f"The objection does not ask for the term {part.deadline}"
            ),
            Text(
                f"请写 guards 条件 expr: running.{part.deadline} and {term}",
                f"Write a guard with expr: running.{part.deadline} and {term}",
            ),
        )
