"""Proofs about the ways of a case: every state can be reached, and from every state there is a way to an end."""

from __future__ import annotations

from engine.definition.checks_graph import ending_states, moves, reachable_states, reached
from engine.definition.checks_proof import STATE, Proof
from engine.definition.parts import Phase
from engine.definition.reading import Path
from engine.text import Text


def check_reach(proof: Proof) -> None:
    """Add states that cannot be reached, states without a way to an end, and circles without an exit."""
    workflow = proof.workflow
    if not _check_ends(proof):
        return
    reachable = reachable_states(workflow)
    for name, part in workflow.states.items():
        if name not in reachable:
            proof.add(
                ("states", name),
                "state_unreachable",
                Text(f"状态“{part.title.zh}”（{name}）无法到达", f"No way leads to the state {name}"),
                Text(
                    f"请写一个 to: {name} 的流转，或删去该状态", f"Write a transition to {name}, or leave the state out"
                ),
            )
    _check_stranded(proof, set(workflow.states) - ending_states(workflow))


def _check_ends(proof: Proof) -> bool:
    workflow = proof.workflow
    if not proof.known(("initial",), STATE, workflow.initial, workflow.states):
        return False
    if workflow.states[workflow.initial].phase is Phase.FINAL:
        proof.add(
            ("states", workflow.initial, "phase"),
            "initial_is_final",
            Text(f"初始状态“{workflow.initial}”不能是终结状态", f"The initial state {workflow.initial} is final"),
            Text("请写 phase: initial", "Write phase: initial"),
        )
    if all(part.phase is not Phase.FINAL for part in workflow.states.values()):
        proof.add(
            ("states",),
            "no_final_state",
            Text("没有终结状态", "There is no final state"),
            Text("请至少写一个 phase: final 的状态", "Write at least one state with phase: final"),
        )
        return False
    return True


def _check_stranded(proof: Proof, stranded: set[str]) -> None:
    """Name each dead end and each circle once; states that only lead to one of them follow from it."""
    steps: dict[str, set[str]] = {name: set() for name in stranded}
    for move in moves(proof.workflow):
        if move.from_state in stranded:
            steps[move.from_state].add(move.to_state)
    told: set[str] = set()
    for name in (state for state in proof.workflow.states if state in stranded and state not in told):
        circle = [
            other for other in proof.workflow.states if other in _after(name, steps) and name in _after(other, steps)
        ]
        path: Path = ("states", name)
        title = proof.workflow.states[name].title
        if circle and not _leaves(circle, steps):
            told.update(circle)
            names = "、".join(circle)
            proof.add(
                path,
                "cycle_without_exit",
                Text(f"状态 {names} 之间循环，没有出口", f"There is no way out of {', '.join(circle)}"),
                Text(
                    "请从其中一个状态写一个通向终结状态的流转",
                    "Write a transition from one of them towards a final state",
                ),
            )
        elif not steps[name]:
            proof.add(
                path,
                "state_no_way_to_final",
                Text(f"状态“{title.zh}”（{name}）没有通向终结状态的出路", f"No way leads from {name} to a final state"),
                Text(
                    f"请写一个 from: [{name}] 的流转，或写 phase: final",
                    f"Write a transition from {name}, or phase: final",
                ),
            )


def _after(state: str, steps: dict[str, set[str]]) -> frozenset[str]:
    return reached(steps.get(state, set()), steps)


def _leaves(circle: list[str], steps: dict[str, set[str]]) -> bool:
    return any(target not in circle for state in circle for target in steps[state])
