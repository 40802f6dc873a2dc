"""Proofs about measures: each expression compiles, and asks only for what some case can come to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from engine.definition.checks_clock import running_deadlines
from engine.definition.checks_graph import reachable_states
from engine.definition.checks_guards import question
from engine.definition.checks_proof import Proof
from engine.definition.guards import Kind, NameType
from engine.definition.model import Measure, Share
from engine.definition.names import measure_names
from engine.definition.reading import Path, meant
from engine.text import Text

_MILESTONE_ROOTS = ("reached", "at", "first_at")
_DEADLINE_ROOTS = ("due", "met", "on_time", "suspended", "extended")


def check_measures(proof: Proof) -> None:
    """Add measures whose expressions are wrong or ask for what no path can reach."""
    names = measure_names(proof.workflow, proof.lists)
    unreachable = _unreachable_names(proof)
    for name, measure in proof.workflow.measures.items():
        path: Path = ("measures", name)
        for place, text in _questions(measure, path):
            guard = question(proof, place, text, names)
            for read in sorted(guard.names & unreachable.keys()) if guard is not None else ():
                _add_unreachable(proof, place, measure, read, unreachable[read])
        _check_sums(proof, path, measure, names)
        _check_apart(proof, path, measure)


def _questions(measure: Measure, path: Path) -> Iterator[tuple[Path, str]]:
    yield (*path, "numerator", "where"), measure.numerator.where
    if measure.denominator is not None:
        yield (*path, "denominator", "where"), measure.denominator.where
    for key, parts in (("excluded", measure.excluded), ("beside", measure.beside)):
        for index, part in enumerate(parts):
            yield (*path, key, index, "where"), part.where


def _unreachable_names(proof: Proof) -> Mapping[str, Text]:
    """Return the names whose value can never come about, each with the reason."""
    workflow = proof.workflow
    reachable = reachable_states(workflow)
    milestones = {part.milestone for name, part in workflow.states.items() if name in reachable}
    started = frozenset[str]().union(*running_deadlines(proof).values())
    found: dict[str, Text] = {}
    for name in measure_names(workflow, proof.lists):
        root, _, what = name.partition(".")
        if root in _MILESTONE_ROOTS and what not in milestones:
            found[name] = Text(f"没有状态达到里程碑 {what}", f"no state reaches the milestone {what}")
        elif root == "passed" and what not in reachable:
            found[name] = Text(f"状态 {what} 无法到达", f"no way leads to the state {what}")
        elif root == "fired" and not reachable.intersection(workflow.transitions[what].from_):
            found[name] = Text(f"流转 {what} 无从发出", f"the transition {what} can never be fired")
        elif root in _DEADLINE_ROOTS and what not in started:
            found[name] = Text(f"期限 {what} 从未开始计算", f"the deadline {what} is never started")
    return found


def _add_unreachable(proof: Proof, path: Path, measure: Measure, name: str, reason: Text) -> None:
    proof.add(
        path,
        "measure_unreachable",
        Text(f"指标“{measure.title.zh}”用到 {name}，但{reason.zh}", f"A measure reads {name}, but {reason.en}"),
        Text("请改写条件，或补上相应的状态与流转", "Change the expression, or add the state and the way to it"),
    )


def _check_sums(proof: Proof, path: Path, measure: Measure, names: Mapping[str, NameType]) -> None:
    shares: tuple[tuple[str, Share | None], ...] = (
        ("numerator", measure.numerator),
        ("denominator", measure.denominator),
    )
    for key, share in shares:
        if share is None or share.sum is None:
            continue
        kind = names.get(share.sum)
        if kind is None or kind.kind is not Kind.INTEGER:
            numbers = [name for name, kind in names.items() if kind.kind is Kind.INTEGER]
            proof.add(
                (*path, key, "sum"),
                "measure_sum_wrong",
                Text(f"“{share.sum}”不是可以相加的数", f"{share.sum} is no number that can be added up"),
                meant(share.sum, numbers),
            )


def _check_apart(proof: Proof, path: Path, measure: Measure) -> None:
    seen: set[str] = set()
    for key, parts in (("excluded", measure.excluded), ("beside", measure.beside)):
        for index, part in enumerate(parts):
            if part.id in seen:
                proof.add(
                    (*path, key, index, "id"),
                    "apart_repeated",
                    Text(
                        f"指标“{measure.title.zh}”中有两行都叫“{part.id}”",
                        f"Two lines of the measure are called {part.id}",
                    ),
                    Text("请改名，各行分别计数", "Name one otherwise: each is counted and printed"),
                )
            seen.add(part.id)
