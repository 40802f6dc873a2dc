"""Proofs about transitions: where each leads, that its alternatives leave a way on, and that somebody can fire it."""

from __future__ import annotations

from engine.definition.checks_proof import ROLE, STATE, Proof, effect_places, guard_places
from engine.definition.parts import Bind, Merge, TransitionPart
from engine.definition.reading import Path
from engine.text import Text


def check_moves(proof: Proof) -> None:
    """Add transitions that lead nowhere, may strand a case, or wait for a role that nobody can hold."""
    workflow = proof.workflow
    for name, part in workflow.transitions.items():
        path: Path = ("transitions", name)
        proof.all_known((*path, "from"), STATE, part.from_, workflow.states)
        if part.to is not None:
            proof.known((*path, "to"), STATE, part.to, workflow.states)
        proof.all_known((*path, "by"), ROLE, part.by, workflow.roles)
        _check_target(proof, path, part)
        _check_alternatives(proof, path, part)
        _check_guard_ids(proof, name, part)
    _check_holders(proof)


def _check_target(proof: Proof, path: Path, part: TransitionPart) -> None:
    said = [key for key, there in (("to", part.to), ("alternatives", part.alternatives), ("stay", part.stay)) if there]
    if len(said) == 1:
        return
    found = Text("、".join(said) or "一个也没有写", ", ".join(said) or "none")
    proof.add(
        path,
        "transition_target_unclear",
        Text(
            f"流转“{part.title.zh}”应写 to、alternatives、stay 之一，现为：{found.zh}",
            f"The transition {path[1]} must say one of to, alternatives and stay, not: {found.en}",
        ),
        Text("请写其中一个，如 to: filed 或 stay: true", "Write one of them, as to: filed or stay: true"),
    )


def _check_alternatives(proof: Proof, path: Path, part: TransitionPart) -> None:
    last = len(part.alternatives) - 1
    for index, way in enumerate(part.alternatives):
        here = (*path, "alternatives", index)
        proof.known((*here, "to"), STATE, way.to, proof.workflow.states)
        if index == last and way.guards:
            proof.add(
                here,
                "alternatives_may_strand",
                Text(
                    f"流转“{part.title.zh}”的各条去路都有条件，条件都不满足时无路可走",
                    f"Every alternative of {path[1]} has guards: a case may be left with no way on",
                ),
                Text("最后一条去路请不写 guards", "Let the last alternative have no guards"),
            )
        if index < last and not way.guards:
            proof.add(
                here,
                "alternative_unreachable",
                Text(
                    f"流转“{part.title.zh}”第 {index + 1} 条去路没有条件，其后的去路永远走不到",
                    f"Alternative {index + 1} of {path[1]} has no guards, so those after it are never taken",
                ),
                Text("请给它写 guards，或把它移到最后", "Give it guards, or put it last"),
            )


def _check_guard_ids(proof: Proof, name: str, part: TransitionPart) -> None:
    seen: set[str] = set()
    for path, guard in guard_places(name, part):
        if guard.id in seen:
            proof.add(
                (*path, "id"),
                "guard_repeated",
                Text(
                    f"流转“{part.title.zh}”中有两个条件都叫“{guard.id}”",
                    f"Two guards of {name} are called '{guard.id}'",
                ),
                Text("请改名，判断结果按名称记入台账", "Name one otherwise: verdicts are recorded by name"),
            )
        seen.add(guard.id)


def _check_holders(proof: Proof) -> None:
    workflow = proof.workflow
    bound = _bound_roles(proof)
    held = {
        name
        for name, part in workflow.roles.items()
        if part.bound in ("system", "code") or (part.of if part.bound == "grant" else name in bound)
    }
    needed = {role for part in workflow.transitions.values() for role in part.by}
    for name, role in workflow.roles.items():
        if name in needed and name not in held:
            remedy = (
                Text("请写 of: [授权名称]", "Write of: [the grants that count]")
                if role.bound == "grant"
                else Text(
                    "请用 opener_becomes、bind 或 merge 的 join_as 把人列入该角色",
                    "Bind somebody to it by opener_becomes, a bind effect or join_as of a merge",
                )
            )
            proof.add(
                ("roles", name),
                "role_never_held",
                Text(f"没有人能担任角色“{role.title.zh}”（{name}）", f"Nobody can ever hold the role {name}"),
                remedy,
            )
    for name, part in workflow.transitions.items():
        if not held.intersection(part.by):
            proof.add(
                ("transitions", name, "by"),
                "transition_nobody",
                Text(f"流转“{part.title.zh}”（{name}）没有人能办理", f"Nobody can ever fire the transition {name}"),
                Text("请在 by 中写一个有人担任的角色", "Name in 'by' a role that somebody can hold"),
            )


def _bound_roles(proof: Proof) -> set[str]:
    bound = {proof.workflow.opener_becomes} if proof.workflow.opener_becomes is not None else set()
    for place in effect_places(proof.workflow):
        for effect in place.effects:
            if isinstance(effect, Bind):
                bound.add(effect.role)
            elif isinstance(effect, Merge):
                bound.update(effect.join_as.values())
    return bound
