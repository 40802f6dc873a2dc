"""Proofs about effects: what each names is declared, and what it takes from the form is asked there."""

from __future__ import annotations

from typing import assert_never

from engine.definition.checks_names import must_be_party
from engine.definition.checks_privacy import check_moved
from engine.definition.checks_proof import (
    COLUMN,
    DEADLINE,
    FIELD,
    NOTICE,
    ROLE,
    RUNG,
    SERIES,
    STATE,
    TRANSITION,
    WORKFLOW,
    EffectsPlace,
    Proof,
    effect_places,
)
from engine.definition.parts import (
    AppendRows,
    Assign,
    Bind,
    Cascade,
    ClockEffect,
    Effect,
    Extend,
    IssueNumber,
    LeaveMerge,
    Merge,
    Notify,
    OpenLinked,
    Privacy,
    Publish,
    RaiseRung,
    RollUp,
    SetFields,
    Unbind,
    UnMerge,
    WithdrawRung,
)
from engine.definition.reading import Path, meant
from engine.text import Text


def check_effects(proof: Proof) -> None:
    """Add every effect that names something undeclared or needs a form field that is not asked."""
    for place in effect_places(proof.workflow):
        for index, effect in enumerate(place.effects):
            _check(proof, place, (*place.path, index), effect)


def _check(proof: Proof, place: EffectsPlace, path: Path, effect: Effect) -> None:
    workflow = proof.workflow
    match effect:
        case Assign():
            if effect.lead is not None:
                _check_asked(proof, place, (*path, "lead"), effect.lead, required=True)
            if effect.co_handlers is not None:
                alone = effect.lead is None
                _check_asked(proof, place, (*path, "co_handlers"), effect.co_handlers, required=alone)
            _check_carry(proof, path, effect)
        case OpenLinked():
            _check_carry(proof, path, effect)
            _check_each(proof, place, path, effect)
        case Cascade():
            _check_cascade(proof, path, effect)
        case Merge():
            _check_asked(proof, place, (*path, "into"), effect.into, required=True)
            for here, there in effect.join_as.items():
                proof.known((*path, "join_as", here), ROLE, here, workflow.roles, is_key=True)
                if proof.known((*path, "join_as", here), ROLE, there, workflow.roles):
                    must_be_party(proof, (*path, "join_as", here), there)
        case SetFields():
            for name in effect.values:
                proof.known((*path, "values", name), FIELD, name, workflow.fields, is_key=True)
        case AppendRows():
            _check_asked(proof, place, (*path, "rows"), effect.rows, required=False)
            _check_append(proof, path, effect)
        case Bind() | Unbind():
            if proof.known((*path, "role"), ROLE, effect.role, workflow.roles):
                must_be_party(proof, (*path, "role"), effect.role)
            others = effect.those_in if isinstance(effect, Bind) else None
            if others is not None and proof.known((*path, "those_in"), ROLE, others, workflow.roles):
                must_be_party(proof, (*path, "those_in"), others)
            if effect.who not in ("actor", "everybody"):
                _check_asked(proof, place, (*path, "who"), effect.who, required=False)
        case ClockEffect():
            proof.known((*path, "deadline"), DEADLINE, effect.deadline, workflow.deadlines)
            if effect.with_merged and effect.do != "stop":
                _only_stops_with_merged(proof, (*path, "with_merged"))
        case Extend():
            proof.known((*path, "deadline"), DEADLINE, effect.deadline, workflow.deadlines)
            _check_asked(proof, place, (*path, "by"), effect.by, required=True)
        case RaiseRung():
            _check_rung(proof, path, effect)
        case WithdrawRung():
            _check_asked(proof, place, (*path, "rung"), effect.rung, required=True)
            _check_rung_field(proof, (*path, "rung"), effect.rung)
        case IssueNumber():
            proof.known((*path, "series"), SERIES, effect.series, workflow.numbers)
            proof.known((*path, "field"), FIELD, effect.field, workflow.fields)
        case Notify():
            proof.known((*path, "notice"), NOTICE, effect.notice, workflow.notices)
            if effect.given is not None:
                _check_asked(proof, place, (*path, "given"), effect.given, required=False)
        case UnMerge() | LeaveMerge() | RollUp() | Publish():
            pass
        case _:
            assert_never(effect)


def _check_append(proof: Proof, path: Path, effect: AppendRows) -> None:
    """Add tables that are none, that do not ask for the same, or that the case does not hold in the open."""
    fields = proof.workflow.fields
    if not proof.known((*path, "table"), FIELD, effect.table, fields) or effect.rows not in fields:
        return
    table, rows = fields[effect.table], fields[effect.rows]
    if not table.columns or {name: part.json_schema for name, part in table.columns.items()} != {
        name: part.json_schema for name, part in rows.columns.items()
    }:
        proof.add(
            (*path, "table"),
            "append_unlike",
            Text(
                f"“{effect.table}”和“{effect.rows}”不是栏目相同的表格",
                f"{effect.table} and {effect.rows} are no tables alike",
            ),
            Text("两个表格的 columns 须名称、schema 都相同", "Give both tables the same columns"),
        )
    if table.privacy not in (Privacy.PUBLIC, Privacy.INTERNAL):
        proof.add(
            (*path, "table"),
            "append_to_private",
            Text(
                f"表格“{effect.table}”的隐私级别是 {table.privacy}，不得逐次添加",
                f"{effect.table} is {table.privacy}, so nothing is put under it",
            ),
            Text("个人、保密的表格每次整体填写", "Fill in a personal or confidential table as a whole"),
        )
    check_moved(proof, path, effect.rows, (effect.table, table))


def _check_asked(proof: Proof, place: EffectsPlace, path: Path, field: str, *, required: bool) -> None:
    """What an effect takes from the form must be asked there, and must be answered if the effect cannot do without."""
    if not proof.known(path, FIELD, field, proof.workflow.fields):
        return
    form = (
        Text("立项表单（opening）", "opening form")
        if place.move is None
        else Text(f"流转“{place.move}”的表单", f"form of {place.move}")
    )
    if field not in place.form:
        proof.add(
            path,
            "form_field_not_asked",
            Text(f"字段“{field}”未列入{form.zh}", f"The field {field} is not asked by the {form.en}"),
            Text(f"请在表单中写 {field}: required", f"Write {field}: required in the form"),
        )
    elif required and place.form[field] != "required":
        proof.add(
            path,
            "form_field_optional",
            Text(
                f"字段“{field}”在{form.zh}中可以不填，但此动作必须用它",
                f"The {form.en} leaves {field} open, which is needed",
            ),
            Text(f"请在表单中写 {field}: required", f"Write {field}: required in the form"),
        )


def _check_carry(proof: Proof, path: Path, effect: Assign | OpenLinked) -> None:
    """``carry`` says which field there takes the value of which field here."""
    for there, here in effect.carry.items():
        proof.known((*path, "carry", there), FIELD, here, proof.workflow.fields)
    if not proof.known((*path, "workflow"), WORKFLOW, effect.workflow, proof.workflows):
        return
    fields = proof.workflows[effect.workflow].fields
    for there, here in effect.carry.items():
        place = (*path, "carry", there)
        if proof.known(place, FIELD, there, fields, is_key=True) and here in proof.workflow.fields:
            check_moved(proof, place, here, (there, fields[there]))


def _check_each(proof: Proof, place: EffectsPlace, path: Path, effect: OpenLinked) -> None:
    """``row`` says which field there takes the value of which column of the table ``each``."""
    if effect.each is None:
        if effect.row or effect.unit is not None:
            proof.add(
                path,
                "row_of_no_table",
                Text("写了 row 或 unit，却没有写 each", "row and unit say something of rows, and each names no table"),
                Text("请写 each: 表格字段，或删去 row、unit", "Write each: a table, or leave out row and unit"),
            )
        return
    _check_asked(proof, place, (*path, "each"), effect.each, required=False)
    source = proof.workflow.fields.get(effect.each)
    if source is None:
        return
    if not source.columns:
        proof.add(
            (*path, "each"),
            "each_of_no_table",
            Text(f"“{effect.each}”不是表格", f"{effect.each} is no table"),
            meant(effect.each, [name for name, part in proof.workflow.fields.items() if part.columns]),
        )
        return
    there = proof.workflows.get(effect.workflow)
    for name, column in effect.row.items():
        at = (*path, "row", name)
        proof.known(at, COLUMN, column, source.columns)
        if there is not None and proof.known(at, FIELD, name, there.fields, is_key=True):
            check_moved(proof, at, effect.each, (name, there.fields[name]))
    unit = effect.unit
    if unit is None or not proof.known((*path, "unit"), COLUMN, unit, source.columns):
        return
    if source.columns[unit].json_schema.get("format") != "unit":
        proof.add(
            (*path, "unit"),
            "row_unit_wrong",
            Text(f"栏目“{unit}”不是单位", f"The column {unit} holds no unit"),
            Text("请用 schema: {type: string, format: unit} 的栏目", "Use a column of {type: string, format: unit}"),
        )


def _check_cascade(proof: Proof, path: Path, effect: Cascade) -> None:
    if effect.units is not None:
        proof.known((*path, "units"), FIELD, effect.units, proof.workflow.fields)
    if not proof.known((*path, "workflow"), WORKFLOW, effect.workflow, proof.workflows):
        return
    child = proof.workflows[effect.workflow]
    proof.all_known((*path, "states"), STATE, effect.states, child.states)
    if not proof.known((*path, "fire"), TRANSITION, effect.fire, child.transitions):
        return
    fired = child.transitions[effect.fire]
    for index, state in enumerate(effect.states):
        if state in child.states and state not in fired.from_:
            proof.add(
                (*path, "states", index),
                "fired_not_offered",
                Text(f"流转“{effect.fire}”不能从“{state}”发出", f"{effect.fire} does not leave the state {state}"),
                Text(f"可写：{'、'.join(fired.from_)}", f"Write one of: {', '.join(fired.from_)}"),
            )


def _only_stops_with_merged(proof: Proof, path: Path) -> None:
    proof.add(
        path,
        "with_merged_misplaced",
        Text(
            "with_merged 只能与 do: stop 同用：并入的事项各自起算、中止、恢复",
            "with_merged goes with do: stop only: what was merged begins, stands still and runs by itself",
        ),
        Text("请删去 with_merged", "Leave with_merged out"),
    )


def _check_rung_field(proof: Proof, path: Path, field: str) -> None:
    """The field that names the rung to take back must say so, or no form could offer what there is."""
    part = proof.workflow.fields.get(field)
    if part is not None and part.json_schema.get("format") != "rung":
        proof.add(
            path,
            "rung_field_wrong",
            Text(f"字段“{field}”不是督办层级", f"The field {field} does not name a rung"),
            Text("请用 schema: {type: string, format: rung} 的字段", "Use a field of {type: string, format: rung}"),
        )


def _check_rung(proof: Proof, path: Path, effect: RaiseRung) -> None:
    workflow = proof.workflow
    if not proof.known((*path, "deadline"), DEADLINE, effect.deadline, workflow.deadlines):
        return
    ladder = workflow.ladders.get(workflow.deadlines[effect.deadline].ladder or "")
    rungs = [rung.id for rung in ladder.rungs] if ladder is not None else []
    proof.known((*path, "rung"), RUNG, effect.rung, rungs)
