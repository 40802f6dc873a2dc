"""Proofs about how long private values are kept: each privacy has one term, and a hold can be set and taken back.

A hold that nobody can set once a case has ended would come too late: it is then that the terms run out.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.definition.checks_proof import FIELD, Proof
from engine.definition.model import RetentionPart, Workflow
from engine.definition.parts import Phase, Privacy, SetFields, TransitionPart
from engine.text import Text

_CLOSED = (Privacy.PERSONAL, Privacy.CONFIDENTIAL)


def check_retention(proof: Proof) -> None:
    """Add what is wrong with the part ``retention``; a workflow without one keeps everything."""
    part = proof.workflow.retention
    if part is None:
        return
    _check_terms(proof, part)
    if proof.known(("retention", "hold"), FIELD, part.hold, proof.workflow.fields):
        _check_hold(proof, part)


def _check_terms(proof: Proof, part: RetentionPart) -> None:
    used = {field.privacy for field in proof.workflow.fields.values()}
    seen: set[str] = set()
    for index, term in enumerate(part.after):
        if term.privacy in seen or Privacy(term.privacy) not in used:
            proof.add(
                ("retention", "after", index),
                "retention_term_wrong",
                Text(
                    f"“{term.privacy}”的保存期限重复，或没有这一级别的字段",
                    f"The term of what is {term.privacy} stands twice, or no field is {term.privacy}",
                ),
                Text("请删去", "Leave it out"),
            )
        seen.add(term.privacy)
    for privacy in _CLOSED:
        if privacy in used and privacy not in seen:
            proof.add(
                ("retention", "after"),
                "retention_term_missing",
                Text(f"没有规定“{privacy}”内容的保存期限", f"Nothing says how long what is {privacy} is kept"),
                Text(f"请写 {{privacy: {privacy}, years: 年数}}", f"Write {{privacy: {privacy}, years: N}}"),
            )


def _check_hold(proof: Proof, part: RetentionPart) -> None:
    workflow, field = proof.workflow, proof.workflow.fields[part.hold]
    if field.json_schema.get("type") != "boolean" or field.privacy in _CLOSED:
        proof.add(
            ("retention", "hold"),
            "retention_hold_wrong",
            Text(
                f"字段“{part.hold}”须为 public 或 internal 的是否字段",
                f"The field {part.hold} must say yes or no, and be public or internal",
            ),
            Text("请写 privacy: public，schema: {type: boolean}", "Write privacy: public and schema: {type: boolean}"),
        )
        return
    sets, lifts = set[str](), set[str]()
    for move in workflow.transitions.values():
        said = set(_said(move, part.hold))
        sets.update(move.from_ if said - {"false"} else ())
        lifts.update(move.from_ if said - {"true"} else ())
    for state in _ends(workflow):
        if state not in sets or state not in lifts:
            proof.add(
                ("retention", "hold"),
                "retention_hold_too_late",
                Text(
                    f"状态“{workflow.states[state].title.zh}”（{state}）下不能设定或解除保全",
                    f"In the state {state} nobody can set the hold, or nobody can take it back",
                ),
                Text(
                    f"请写 from 含 {state}、stay: true 的两个流转，分别把 {part.hold} 置为 true 和 false",
                    f"Write two transitions that stay, from {state} too, setting {part.hold} to true and to false",
                ),
            )


def _said(move: TransitionPart, field: str) -> Iterator[str]:
    """Yield what a move may set the field to; what is typed into its form may be either."""
    if field in move.form:
        yield "either"
    effects = [*move.effects, *(effect for way in move.alternatives for effect in way.effects)]
    yield from (effect.values[field] for effect in effects if isinstance(effect, SetFields) and field in effect.values)


def _ends(workflow: Workflow) -> Iterator[str]:
    return (name for name, state in workflow.states.items() if state.phase is Phase.FINAL)
