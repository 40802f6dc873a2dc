"""Proofs about sheets: tables with the columns that make one, totals that nobody fills in, and whom they add up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.definition.checks_proof import FIELD, STATE, WORKFLOW, Proof, effect_places
from engine.definition.parts import Assign, FieldPart, Privacy, RollUp
from engine.definition.reading import Path, meant
from engine.definition.sheet_parts import BelowPart, SheetPart
from engine.text import Text

SHEET: Final = Text("统计表", "sheet")
_ASKED: Final = {"code": "string", "title": "string"}
_MAY_ASK: Final = {
    "least": "integer",
    "most": "integer",
    "sum_of": "string",
    "at_most": "string",
    "adds_up": "boolean",
}
_FILLED: Final = {"code": "string", "amount": "integer"}
_TOTALS: Final = {"code": "string", "own": "integer", "below": "integer", "total": "integer"}


def check_sheets(proof: Proof) -> None:
    """Add what is wrong with ``sheets`` and with the effects that work their totals out."""
    for name, part in proof.workflow.sheets.items():
        path: Path = ("sheets", name)
        _check_table(proof, (*path, "asked"), part.asked, _ASKED, _MAY_ASK)
        _check_table(proof, (*path, "totals"), part.totals, _TOTALS, {})
        if part.filled is not None:
            _check_table(proof, (*path, "filled"), part.filled, _FILLED, {})
        _check_totals(proof, path, part)
        if part.below is not None:
            _check_below(proof, (*path, "below"), name, part.below)
    for place in effect_places(proof.workflow):
        for index, effect in enumerate(place.effects):
            if isinstance(effect, RollUp):
                proof.known((*place.path, index, "sheet"), SHEET, effect.sheet, proof.workflow.sheets)
            elif isinstance(effect, Assign):
                _check_assigned(proof, (*place.path, index), effect)


def _check_table(proof: Proof, path: Path, name: str, must: Mapping[str, str], may: Mapping[str, str]) -> None:
    if not proof.known(path, FIELD, name, proof.workflow.fields):
        return
    part = proof.workflow.fields[name]
    lacking = [column for column in must if not _is_filled_in(part, column, must[column])]
    wrong = [column for column in may if column in part.columns and not _is_filled_in(part, column, may[column])]
    for column in (*lacking, *wrong):
        kind = {**must, **may}[column]
        proof.add(
            path,
            "sheet_column_wrong",
            Text(
                f"表格“{name}”须有可填写的栏目 {column}，schema 为 {{type: {kind}}}",
                f"The table {name} needs a column {column} of {{type: {kind}}} that is filled in",
            ),
            Text("请在该字段的 columns 中补上或改正", "Add it to the columns of the field, or put it right"),
        )
    if part.privacy not in (Privacy.PUBLIC, Privacy.INTERNAL):
        proof.add(
            path,
            "sheet_private",
            Text(
                f"表格“{name}”的隐私级别是 {part.privacy}，不能汇总",
                f"The table {name} is {part.privacy} and adds up to nothing",
            ),
            Text("请改为 privacy: internal 或 public", "Write privacy: internal or public"),
        )


def _is_filled_in(part: FieldPart, column: str, kind: str) -> bool:
    found = part.columns.get(column)
    return found is not None and found.value is None and found.json_schema.get("type") == kind


def _check_totals(proof: Proof, path: Path, part: SheetPart) -> None:
    workflow = proof.workflow
    forms = {"opening": workflow.opening, **{name: move.form for name, move in workflow.transitions.items()}}
    asking = [name for name, form in forms.items() if part.totals in form]
    if asking:
        proof.add(
            (*path, "totals"),
            "sheet_totals_asked",
            Text(
                f"合计表“{part.totals}”由系统算出，不得由人填写（{'、'.join(asking)}）",
                f"The totals {part.totals} are worked out, nobody fills them in ({', '.join(asking)})",
            ),
            Text("请从这些表单中删去", "Leave them out of these forms"),
        )
    runs = [effect for place in effect_places(workflow) for effect in place.effects if isinstance(effect, RollUp)]
    if not any(effect.sheet == path[-1] for effect in runs):
        proof.add(
            path,
            "sheet_never_rolled_up",
            Text("没有流转汇总这张统计表", "No move works out the totals of this sheet"),
            Text(f"请在上报的流转中写 {{do: roll_up, sheet: {path[-1]}}}", f"Write {{do: roll_up, sheet: {path[-1]}}}"),
        )


def _check_below(proof: Proof, path: Path, name: str, part: BelowPart) -> None:
    if not proof.known((*path, "workflow"), WORKFLOW, part.workflow, proof.workflows):
        return
    child = proof.workflows[part.workflow]
    proof.known((*path, "workflow"), SHEET, name, child.sheets)
    proof.all_known((*path, "states"), STATE, part.states, child.states)
    proof.all_known((*path, "spared"), STATE, part.spared, child.states)
    both = sorted({*part.states}.intersection(part.spared))
    if both:
        proof.add(
            (*path, "spared"),
            "sheet_counted_and_spared",
            Text(f"状态 {'、'.join(both)} 不能既汇总又免报", f"{', '.join(both)}: added up or spared, not both"),
            Text("请从其中一项删去", "Leave it out of one of them"),
        )


def _check_assigned(proof: Proof, path: Path, effect: Assign) -> None:
    """Without a lead the units are in ``co_handlers``; to those of a case that is led by one nobody is added."""
    if effect.lead is None and effect.co_handlers is None:
        proof.add(
            path,
            "assign_to_nobody",
            Text("没有写明下发给哪些单位", "It does not say to which units"),
            meant("co_handlers", ["lead", "co_handlers"]),
        )
    elif effect.lead is not None and effect.adds:
        proof.add(
            (*path, "adds"),
            "assign_adds_lead",
            Text("adds 只能与不设主办的下发同用", "adds goes with units alike only, where none leads"),
            Text("请删去 adds 或 lead", "Leave out adds, or lead"),
        )
