"""Proofs about the review meeting: that each case of its agenda can be decided there, and that votes are numbers."""

from __future__ import annotations

from engine.definition.checks_proof import FIELD, STATE, TRANSITION, Proof
from engine.definition.model import MeetingPart
from engine.definition.parts import TransitionPart
from engine.text import Text


def check_meeting(proof: Proof) -> None:
    """Add what is wrong with the part ``meeting``."""
    part, workflow = proof.workflow.meeting, proof.workflow
    if part is None:
        return
    proof.all_known(("meeting", "agenda"), STATE, part.agenda, workflow.states)
    proof.all_known(("meeting", "outcomes"), TRANSITION, part.outcomes, workflow.transitions)
    proof.all_known(("meeting", "shown"), FIELD, part.shown, workflow.fields)
    if part.narrowed_by is not None:
        proof.known(("meeting", "narrowed_by"), FIELD, part.narrowed_by, workflow.fields)
    if part.begin is not None:
        proof.known(("meeting", "begin"), TRANSITION, part.begin, workflow.transitions)
    _check_ways(proof, part)
    _check_votes(proof, part)


def _check_ways(proof: Proof, part: MeetingPart) -> None:
    """Every state of the agenda must lead to an outcome, by itself or by the move that begins."""
    moves = proof.workflow.transitions
    decided = {state for name in part.outcomes if name in moves for state in moves[name].from_}
    begin = moves.get(part.begin or "")
    if begin is not None and decided.intersection(_targets(begin)):
        decided.update(begin.from_)
    for index, state in enumerate(part.agenda):
        if state in proof.workflow.states and state not in decided:
            title = proof.workflow.states[state].title
            proof.add(
                ("meeting", "agenda", index),
                "agenda_without_outcome",
                Text(
                    f"会议议程中的状态“{title.zh}”（{state}）没有可作的结论",
                    f"No outcome of the meeting is open from the state {state} of its agenda",
                ),
                Text("请删去该状态，或在 outcomes、begin 中写上可办的流转", "Leave it out, or name a move from there"),
            )
    for index, name in enumerate(part.outcomes):
        if name in moves and not set(moves[name].from_).intersection(part.agenda):
            proof.add(
                ("meeting", "outcomes", index),
                "outcome_never_open",
                Text(
                    f"议程中没有一个状态可以“{moves[name].title.zh}”（{name}）",
                    f"The outcome {name} is open from no state of the agenda",
                ),
                Text("请删去它，或把相应状态写入 agenda", "Leave it out, or put a state it starts from on the agenda"),
            )


def _check_votes(proof: Proof, part: MeetingPart) -> None:
    if part.votes is None:
        return
    workflow = proof.workflow
    for place, name in part.votes:
        path = ("meeting", "votes", place)
        is_known = proof.known(path, FIELD, name, workflow.fields)
        if is_known and workflow.fields[name].json_schema.get("type") != "integer":
            proof.add(
                path,
                "vote_not_a_number",
                Text(f"字段“{name}”不是整数，不能记票数", f"{name} is no whole number and cannot count votes"),
                Text("请写 schema: {type: integer, minimum: 0}", "Write schema: {type: integer, minimum: 0}"),
            )


def _targets(part: TransitionPart) -> set[str]:
    return {way for way in (part.to, *(way.to for way in part.alternatives)) if way is not None}
