"""Proofs about time: no case waits without a term, every term begins and ends, every term has a ladder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from engine.definition.checks_graph import moves, reachable_states
from engine.definition.checks_proof import FIELD, LADDER, TRANSITION, EffectsPlace, Proof, effect_places
from engine.definition.model import DeadlinePart, Limit, Rung, Within
from engine.definition.names import field_type
from engine.definition.parts import ClockEffect, Effect, Extend, Phase, Privacy, RaiseRung
from engine.definition.period import parse_period
from engine.definition.reading import Path
from engine.errors import InputRefused
from engine.text import Text


def check_clock(proof: Proof) -> None:
    """Add states that wait without a term, and deadlines, ladders and rungs that say too little or too much."""
    for name, part in proof.workflow.deadlines.items():
        _check_deadline(proof, name, part)
    for name, ladder in proof.workflow.ladders.items():
        seen: set[str] = set()
        for index, rung in enumerate(ladder.rungs):
            _check_rung(proof, ("ladders", name, "rungs", index), rung, seen)
    running = running_deadlines(proof)
    _check_waiting(proof, running)
    _check_effects(proof, running)


def running_deadlines(proof: Proof) -> Mapping[str, frozenset[str]]:
    """Return for each reachable state the deadlines that may run there: those some way has started and not ended."""
    workflow = proof.workflow
    if workflow.initial not in workflow.states:
        return {}
    known = {workflow.initial: _after(workflow.on_open, frozenset())}
    waiting = [workflow.initial]
    ways = moves(workflow)
    while waiting:
        state = waiting.pop()
        for move in (move for move in ways if move.from_state == state):
            before = known.get(move.to_state)
            after = (before or frozenset()) | _after(move.effects, known[state])
            if before is None or after != before:
                known[move.to_state] = after
                waiting.append(move.to_state)
    return known


def _after(effects: Iterable[Effect], running: frozenset[str]) -> frozenset[str]:
    for effect in effects:
        if isinstance(effect, ClockEffect) and effect.do == "start":
            running |= {effect.deadline}
        elif isinstance(effect, ClockEffect) and effect.do in ("stop", "cancel"):
            running -= {effect.deadline}
    return running


def _check_waiting(proof: Proof, running: Mapping[str, frozenset[str]]) -> None:
    for name, part in proof.workflow.states.items():
        waits = part.phase is Phase.ACTIVE and name in running and not running[name]
        if waits and not part.waive.get("deadline", "").strip():
            proof.add(
                ("states", name),
                "waiting_without_deadline",
                Text(
                    f"状态“{part.title.zh}”（{name}）等待办理而没有期限", f"A case waits in {name} without any deadline"
                ),
                Text(
                    "请在进入该状态的流转中写 {do: start, deadline: …}，或写 waive: {deadline: 理由}",
                    "Start a deadline on the way to it, or write waive: {deadline: why}",
                ),
            )


def _check_deadline(proof: Proof, name: str, part: DeadlinePart) -> None:
    path: Path = ("deadlines", name)
    if part.ladder is not None:
        proof.known((*path, "ladder"), LADDER, part.ladder, proof.workflow.ladders)
    elif not part.waive.get("ladder", "").strip():
        proof.add(
            path,
            "deadline_without_ladder",
            Text(
                f"期限“{part.title.zh}”（{name}）逾期后没有督办层级",
                f"Nothing follows when the deadline {name} is missed",
            ),
            Text("请写 ladder: 名称，或写 waive: {ladder: 理由}", "Write ladder: its name, or waive: {ladder: why}"),
        )
    for place, field in () if part.promise is None else part.promise.model_dump().items():
        proof.known((*path, "promise", place), FIELD, field, proof.workflow.fields)
    if part.calendar == "unit" and part.source is not None:
        proof.add(
            (*path, "calendar"),
            "sourced_term_by_unit",
            Text(
                f"期限“{part.title.zh}”（{name}）有依据，不得按单位自定的休息日计算",
                f"The deadline {name} has a source, so a unit's own rest days cannot move it",
            ),
            Text("请删去 calendar: unit", "Delete calendar: unit"),
        )
    if isinstance(part.within, Within):
        _check_within(proof, (*path, "within"), part.within)
    else:
        _check_period(proof, (*path, "within"), part.within)
    if part.counts_from is not None:
        _check_counted_from(proof, (*path, "counts_from"), part, part.counts_from)
    done = {effect.do for place in effect_places(proof.workflow) for effect in place.effects if _is_of(effect, name)}
    if "start" not in done:
        proof.add(
            path,
            "deadline_never_started",
            Text(f"期限“{part.title.zh}”（{name}）从未开始计算", f"The deadline {name} is never started"),
            Text(
                f"请在某个流转的 effects 中写 {{do: start, deadline: {name}}}", f"Write {{do: start, deadline: {name}}}"
            ),
        )
    if not done & {"stop", "cancel"}:
        proof.add(
            path,
            "deadline_never_stopped",
            Text(f"期限“{part.title.zh}”（{name}）从未停止计算", f"The deadline {name} is never stopped"),
            Text(
                f"请在某个流转的 effects 中写 {{do: stop, deadline: {name}}}", f"Write {{do: stop, deadline: {name}}}"
            ),
        )


def _is_of(effect: Effect, deadline: str) -> bool:
    return isinstance(effect, ClockEffect) and effect.deadline == deadline


def _check_within(proof: Proof, path: Path, within: Within) -> None:
    said = [key for key in ("from_field", "session", "fixed") if getattr(within, key) is not None]
    if len(said) != 1:
        proof.add(
            path,
            "within_unclear",
            Text("期限应写 from_field、session、fixed 之一", "A term must say one of from_field, session and fixed"),
            Text(
                "请只留一个；没有日期时的期限写 otherwise", "Leave one; 'otherwise' is the term when there is no date"
            ),
        )
    if within.otherwise is not None:
        _check_period(proof, (*path, "otherwise"), within.otherwise)
    if within.from_field is not None:
        _check_date(proof, (*path, "from_field"), within.from_field, ("date", "date-time"))


def _check_counted_from(proof: Proof, path: Path, part: DeadlinePart, field: str) -> None:
    if isinstance(part.within, Within):
        proof.add(
            path,
            "counts_from_no_period",
            Text("已给出日期的期限不再另行起算", "A term that is a date counts from nowhere"),
            Text("请把 within 写成“3 days”这样的期间，或删去 counts_from", "Write a period, or leave counts_from out"),
        )
    _check_date(proof, path, field, ("date",))


def _check_date(proof: Proof, path: Path, field: str, formats: tuple[str, ...]) -> None:
    """Add a field that is not there, or that holds no date which a clock may show."""
    if not proof.known(path, FIELD, field, proof.workflow.fields):
        return
    part = proof.workflow.fields[field]
    is_date = part.json_schema.get("format") in formats and field_type(part) is not None
    if not is_date or part.privacy not in (Privacy.PUBLIC, Privacy.INTERNAL):
        proof.add(
            path,
            "within_no_date",
            Text(f"字段“{field}”不是公开或内部的日期", f"The field {field} is no public or internal date"),
            Text("请用 schema: {type: string, format: date} 的字段", "Use a field of {type: string, format: date}"),
        )


def _check_period(proof: Proof, path: Path, period: str) -> None:
    try:
        parse_period(period)
    except InputRefused as error:
        proof.add(path, "format_wrong", error.text, Text("请改写期限", "Write another term"))


def _check_rung(proof: Proof, path: Path, rung: Rung, seen: set[str]) -> None:
    if rung.id in seen:
        proof.add(
            (*path, "id"),
            "rung_repeated",
            Text(f"同一督办层级中有两级都叫“{rung.id}”", f"Two rungs of the ladder are called '{rung.id}'"),
            Text("请改名", "Name one otherwise"),
        )
    seen.add(rung.id)
    at = rung.at
    if at.on is not None:
        proof.known((*path, "at", "on"), TRANSITION, at.on, proof.workflow.transitions)
    clear = sum(1 for said in (at.on, at.before, at.after) if said is not None) == 1
    if not clear:
        proof.add(
            (*path, "at"),
            "rung_time_unclear",
            Text(f"督办“{rung.title.zh}”的时间不明确", f"It is not clear when the rung {rung.id} is due"),
            Text(
                "请写 before、after 之一，或写 on: 流转（可加 times）",
                "Write one of before and after, or on: a transition (with times if need be)",
            ),
        )
    for key, period in (("before", at.before), ("after", at.after)):
        if period is not None:
            _check_period(proof, (*path, "at", key), period)
            if period.endswith(("hour", "hours")):
                proof.add(
                    (*path, "at", key),
                    "rung_in_hours",
                    Text(
                        f"督办“{rung.title.zh}”不能按小时设定",
                        f"The rung {rung.id} cannot be set by hours",
                    ),
                    Text("请按日、工作日或月设定，如 1 day", "Set it by days, working days or months, as 1 day"),
                )


def _check_effects(proof: Proof, running: Mapping[str, frozenset[str]]) -> None:
    """A clock is stopped or moved only where it may run, and only as its deadline allows."""
    workflow, reachable = proof.workflow, reachable_states(proof.workflow)
    for place in effect_places(workflow):
        started: set[str] = set()
        for index, effect in enumerate(place.effects):
            if not isinstance(effect, ClockEffect | Extend | RaiseRung):
                continue
            part = workflow.deadlines.get(effect.deadline)
            if part is None:
                continue
            path = (*place.path, index)
            _check_limit(proof, place, path, effect, part)
            if effect.do == "start":
                started.add(effect.deadline)
                continue
            origins = (
                [state for state in workflow.transitions[place.move].from_ if state in reachable] if place.move else []
            )
            may_run = any(effect.deadline in running.get(state, ()) for state in origins)
            # The term to object to an entry on behalf may run wherever something was entered so.
            may_run = may_run or (workflow.on_behalf is not None and effect.deadline == workflow.on_behalf.deadline)
            if origins and not may_run and effect.deadline not in started:
                proof.add(
                    (*path, "deadline"),
                    "deadline_not_running",
                    Text(
                        f"流转“{place.move}”发出时，期限“{effect.deadline}”不可能在计算",
                        f"The deadline {effect.deadline} cannot be running when {place.move} is fired",
                    ),
                    Text(
                        "请先在此前的流转中开始计算，或删去此动作", "Start it on the way here, or leave the effect out"
                    ),
                )


def _check_limit(
    proof: Proof, place: EffectsPlace, path: Path, effect: ClockEffect | Extend | RaiseRung, part: DeadlinePart
) -> None:
    wanted = {"suspend": ("suspension", part.suspension), "extend": ("extension", part.extension)}.get(effect.do)
    if wanted is None:
        return
    name, limit = wanted
    if limit is not None:
        _check_approver(proof, place, effect, name, limit)
    else:
        proof.add(
            (*path, "deadline"),
            f"{name}_not_declared",
            Text(
                f"期限“{effect.deadline}”没有写明可否{'中止' if effect.do == 'suspend' else '延长'}",
                f"The deadline {effect.deadline} declares no {name}",
            ),
            Text(
                f"请在该期限中写 {name}: {{max_count: 1, max_days: 30, approver: [角色]}}",
                f"Write {name}: {{max_count: 1, max_days: 30, approver: [role]}} in the deadline",
            ),
        )


def _check_approver(
    proof: Proof, place: EffectsPlace, effect: ClockEffect | Extend | RaiseRung, name: str, limit: Limit
) -> None:
    """Who makes the move that stops or moves the clock approves it: nobody else may be able to make it."""
    path: Path = ("openers",)
    roles = proof.workflow.openers
    if place.move is not None:
        path, roles = ("transitions", place.move, "by"), proof.workflow.transitions[place.move].by
    act = "中止" if name == "suspension" else "延长"
    for index, role in enumerate(roles):
        if role not in limit.approver:
            proof.add(
                (*path, index),
                "not_by_approver",
                Text(
                    f"“{role}”可使期限“{effect.deadline}”{act}，但不是其批准角色",
                    f"The {name} of {effect.deadline} can be made by {role}, who is no approver of it",
                ),
                Text(
                    f"批准角色为：{'、'.join(limit.approver)}；请从此处删去 {role}，或写入该期限 {name} 的 approver",
                    f"Approvers: {', '.join(limit.approver)}. Leave {role} out here, or add it to 'approver' there",
                ),
            )
