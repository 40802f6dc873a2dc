"""Proofs about what may be tried out on past cases: it is there, and there is something in it to be varied."""

from __future__ import annotations

from engine.definition.checks_proof import DEADLINE, FIELD, GUARD, LADDER, PARAMETER, Proof, effect_places
from engine.definition.compiled import all_guards
from engine.definition.model import Within
from engine.definition.parts import Assign
from engine.definition.reading import Path
from engine.text import Text


def check_vary(proof: Proof) -> None:
    """Add what is wrong with ``vary``."""
    vary, workflow = proof.workflow.vary, proof.workflow
    if vary is None:
        return
    proof.all_known(("vary", "terms"), DEADLINE, vary.terms, workflow.deadlines)
    proof.all_known(("vary", "ladders"), LADDER, vary.ladders, workflow.ladders)
    for index, name in enumerate(vary.terms):
        part, path = workflow.deadlines.get(name), ("vary", "terms", index)
        if part is not None and isinstance(part.within, Within) and part.within.otherwise is None:
            _add(
                proof,
                path,
                f"期限“{name}”没有时限可改：它只取给定的日期",
                f"The deadline {name} has no term, only a date",
            )
        elif part is not None and part.ladder is None:
            _add(
                proof, path, f"期限“{name}”没有督办层级，不计逾期", f"The deadline {name} has no ladder: nobody is late"
            )
    for index, name in enumerate(vary.ladders):
        ladder, path = workflow.ladders.get(name), ("vary", "ladders", index)
        if ladder is not None and all(rung.at.on is not None for rung in ladder.rungs):
            _add(proof, path, f"层级“{name}”没有按时间触发的", f"No rung of {name} is due at a time")
    _check_moves(proof)


def _check_moves(proof: Proof) -> None:
    """Add what is wrong with what may be tried of moves: parameters, guards, and the units that cases are given to."""
    vary, workflow = proof.workflow.vary, proof.workflow
    assert vary is not None, "asked for a workflow that has one"
    guards = [guard.id for part in workflow.transitions.values() for guard in all_guards(part)]
    leads = {effect.lead for place in effect_places(workflow) for effect in place.effects if isinstance(effect, Assign)}
    proof.all_known(("vary", "parameters"), PARAMETER, vary.parameters, workflow.parameters)
    proof.all_known(("vary", "guards"), GUARD, vary.guards, guards)
    proof.all_known(("vary", "units"), FIELD, vary.units, workflow.fields)
    for index, name in enumerate(vary.units):
        if name not in workflow.fields:
            continue
        if name not in leads or workflow.category_field is None:
            _add(
                proof,
                ("vary", "units", index),
                f"字段“{name}”不能按类别改派：须是交办时的主办单位，且流程有类别字段",
                f"{name} must name the lead unit of an assignment, and there must be a category field",
            )


def _add(proof: Proof, path: Path, zh: str, en: str) -> None:
    advice = Text("请从 vary 中删去", "Leave it out of vary")
    proof.add(path, "vary_nothing", Text(zh, en), advice)
