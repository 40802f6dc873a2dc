"""Proofs about joins and cascades: what they fire exists, the system may fire it, and no firing goes in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from engine.definition.checks_graph import moves, reached
from engine.definition.checks_proof import STATE, TRANSITION, WORKFLOW, Proof, effect_places
from engine.definition.join_parts import Join
from engine.definition.model import Workflow
from engine.definition.parts import Cascade, TransitionPart
from engine.definition.reading import Path
from engine.text import Text

FIRINGS_MAX = 8

Firing = tuple[str, str]
"""A workflow's name and one of its transitions."""


def check_joins(proof: Proof) -> None:
    """Add joins that name something undeclared, moves the system cannot make, and firings without an end."""
    for name, join in proof.workflow.joins.items():
        _check_join(proof, ("joins", name), join)
    for path, _, cascade in _cascades(proof.workflow):
        child = proof.workflows.get(cascade.workflow)
        if child is not None and cascade.fire in child.transitions:
            _check_fired(proof, (*path, "fire"), child, cascade.fire)
    _check_circles(proof)


def _check_join(proof: Proof, path: Path, join: Join) -> None:
    workflow = proof.workflow
    proof.all_known((*path, "in"), STATE, join.in_, workflow.states)
    if proof.known((*path, "workflow"), WORKFLOW, join.workflow, proof.workflows):
        proof.all_known((*path, "states"), STATE, join.states, proof.workflows[join.workflow].states)
    if not proof.known((*path, "fire"), TRANSITION, join.fire, workflow.transitions):
        return
    _check_fired(proof, (*path, "fire"), workflow, join.fire)
    for index, state in enumerate(join.in_):
        if state in workflow.states and state not in workflow.transitions[join.fire].from_:
            proof.add(
                (*path, "in", index),
                "fired_not_offered",
                Text(f"流转“{join.fire}”不能从“{state}”发出", f"{join.fire} does not leave the state {state}"),
                Text(
                    f"请在该流转的 from 中加上 {state}，或从 in 中删去",
                    f"Add {state} to its 'from', or leave it out here",
                ),
            )


def _check_fired(proof: Proof, path: Path, workflow: Workflow, name: str) -> None:
    """The system fires it: one of its roles must be the system's, and its form must ask for nothing."""
    part: TransitionPart = workflow.transitions[name]
    if not any(role in workflow.roles and workflow.roles[role].bound == "system" for role in part.by):
        proof.add(
            path,
            "fired_not_by_system",
            Text(
                f"流转“{name}”由系统发出，但 by 中没有系统角色",
                f"The system fires {name}, but 'by' names no role of the system",
            ),
            Text("请在该流转的 by 中加一个 bound: system 的角色", "Add a role with bound: system to its 'by'"),
        )
    asked = [field for field, need in part.form.items() if need == "required"]
    if asked:
        proof.add(
            path,
            "fired_needs_form",
            Text(
                f"流转“{name}”由系统发出，不能要求填写 {'、'.join(asked)}",
                f"The system fires {name} and fills in no form",
            ),
            Text("请改为 optional，或另写一个流转", "Make the fields optional, or write another transition"),
        )


def _check_circles(proof: Proof) -> None:
    steps = firings({**proof.workflows, proof.workflow.name: proof.workflow})
    for path, firing in _first_firings(proof.workflow):
        after = reached(steps.get(firing, ()), steps)
        name = " → ".join(".".join(one) for one in _chain(firing, steps))
        if firing in after:
            proof.add(
                path,
                "firing_cycle",
                Text(f"联动流转成环：{name}", f"Firings go in a circle: {name}"),
                Text("请去掉其中一个联动（join 或 cascade）", "Leave out one of the joins or cascades"),
            )
        elif not any(other in reached(steps.get(other, ()), steps) for other in after):
            depth = _depth(firing, steps)
            if depth > FIRINGS_MAX:
                proof.add(
                    path,
                    "firing_too_deep",
                    Text(
                        f"联动流转达 {depth} 层，上限为 {FIRINGS_MAX}：{name}",
                        f"{depth} firings follow, {FIRINGS_MAX} may",
                    ),
                    Text("请减少联动的层次", "Let fewer moves follow from one another"),
                )


def firings(workflows: Mapping[str, Workflow]) -> dict[Firing, list[Firing]]:
    """Return which transitions each transition may fire: of its children by cascade, of its parent by a join."""
    steps: dict[Firing, list[Firing]] = {}
    for name, workflow in workflows.items():
        for _, move, cascade in _cascades(workflow):
            if move is not None:
                steps.setdefault((name, move), []).append((cascade.workflow, cascade.fire))
        for join in workflow.joins.values():
            child = workflows.get(join.workflow)
            for move in dict.fromkeys(_bringing(child, join.states)) if child is not None else ():
                steps.setdefault((join.workflow, move), []).append((name, join.fire))
    return steps


def _bringing(child: Workflow, states: Iterable[str]) -> Iterator[str]:
    """Yield the moves that bring a child to one of the states; one that leaves it there brings it nowhere."""
    wanted = set(states)
    return (move.transition for move in moves(child) if move.to_state in wanted and move.to_state != move.from_state)


def _cascades(workflow: Workflow) -> Iterator[tuple[Path, str | None, Cascade]]:
    for place in effect_places(workflow):
        for index, effect in enumerate(place.effects):
            if isinstance(effect, Cascade):
                yield (*place.path, index), place.move, effect


def _first_firings(workflow: Workflow) -> Iterator[tuple[Path, Firing]]:
    """Yield where in this file a firing is caused, and the firing."""
    for name, join in workflow.joins.items():
        yield ("joins", name, "fire"), (workflow.name, join.fire)
    for path, _, cascade in _cascades(workflow):
        yield (*path, "fire"), (cascade.workflow, cascade.fire)


def _chain(first: Firing, steps: Mapping[Firing, list[Firing]]) -> list[Firing]:
    """Return one way from a firing back to itself; the firing alone if there is none."""
    ways = [[first]]
    seen: set[Firing] = set()
    while ways:
        way = ways.pop(0)
        for following in steps.get(way[-1], ()):
            if following == first:
                return [*way, first]
            if following not in seen:
                seen.add(following)
                ways.append([*way, following])
    return [first]


def _depth(firing: Firing, steps: Mapping[Firing, list[Firing]]) -> int:
    return 1 + max((_depth(following, steps) for following in steps.get(firing, ())), default=0)
