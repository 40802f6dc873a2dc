"""Proofs about tables in forms: their columns, what is reckoned in them, and the numbers over their rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.definition.checks_guards import expression, question
from engine.definition.checks_privacy import check_moved, fields_behind
from engine.definition.checks_proof import LIST, Proof
from engine.definition.guards import Kind, NameType
from engine.definition.names import row_names, type_of
from engine.definition.parts import ColumnPart, FieldPart
from engine.definition.reading import Path, meant
from engine.text import Text

_FORMATS: Final = (None, "date", "unit")
_KINDS: Final = (Kind.STRING, Kind.INTEGER, Kind.BOOLEAN, Kind.DATE)


def check_tables(proof: Proof) -> None:
    """Add columns of no use, expressions that do not fit, and tallies that count nothing."""
    for name, part in proof.workflow.fields.items():
        if part.columns:
            _check_table(proof, name, part)
    for name in proof.workflow.tallies:
        _check_tally(proof, name)


def _check_table(proof: Proof, name: str, part: FieldPart) -> None:
    path: Path = ("fields", name)
    if part.json_schema.get("type") != "array" or "items" in part.json_schema:
        proof.add(
            (*path, "schema"),
            "table_schema_wrong",
            Text(f"字段“{name}”有 columns，是表格", f"The field {name} has columns, so it is a table"),
            Text("schema 只写 {type: array, maxItems: 行数}", "Write the schema as {type: array, maxItems: rows}"),
        )
    for what in ("tracked", "initial", "list"):
        if getattr(part, what):
            proof.add(
                (*path, what),
                "table_key_wrong",
                Text(f"表格“{name}”不能写 {what}", f"The table {name} cannot say {what}"),
                Text(
                    "请删去；要统计表格，请用 tallies 得出数字，再用 set 填入一个被跟踪的字段",
                    "Leave it out; to count a table, reckon a tally and set it into a tracked field",
                ),
            )
    names, seen = row_names(proof.workflow, proof.lists, name), dict[str, ColumnPart]()
    for column_name, column in part.columns.items():
        place: Path = (*path, "columns", column_name)
        kind = type_of(column.json_schema)
        if kind is None or kind.kind not in _KINDS or column.json_schema.get("format") not in _FORMATS:
            proof.add(
                (*place, "schema"),
                "column_type_wrong",
                Text(
                    f"栏目“{column_name}”只能是文字、整数、是否、日期或单位",
                    f"The column {column_name} may hold text, a whole number, true or false, a date, or a unit",
                ),
                Text(
                    "请写 {type: string}、{type: integer}、{type: boolean}；人员写姓名",
                    "Write {type: string}, {type: integer} or {type: boolean}; persons stand there by name",
                ),
            )
        if column.list is not None:
            proof.known((*place, "list"), LIST, column.list, proof.workflow.lists)
        if column.value is not None:
            known = {
                name: kind
                for name, kind in names.items()
                if not name.startswith("row.") or name.removeprefix("row.") in seen
            }
            _check_reckoned(proof, (*place, "value"), (name, part), column, known)
        seen[column_name] = column
    if all(column.value is not None for column in part.columns.values()):
        proof.add(
            (*path, "columns"),
            "table_not_filled_in",
            Text(f"表格“{name}”没有可填写的栏目", f"Nothing can be filled in into the table {name}"),
            Text("请至少留一个没有 value 的栏目", "Leave one column at least without a value"),
        )


def _check_reckoned(
    proof: Proof, path: Path, table: tuple[str, FieldPart], column: ColumnPart, names: Mapping[str, NameType]
) -> None:
    value = expression(proof, path, column.value or "", names)
    wanted = type_of(column.json_schema)
    if value is None:
        return
    if wanted is not None and value.type.kind is not wanted.kind:
        proof.add(
            path,
            "column_value_wrong",
            Text(
                f"本栏应为 {wanted.kind}，表达式得到的是 {value.type.kind}",
                f"The column holds {wanted.kind}, the expression gives {value.type.kind}",
            ),
            Text("请改写表达式，或改写栏目的 schema", "Change the expression, or the schema of the column"),
        )
    _check_carried(proof, path, value.carries, table)


def _check_carried(proof: Proof, path: Path, carries: frozenset[str], table: tuple[str, FieldPart]) -> None:
    for source in sorted({source for name in carries for source in fields_behind(proof.workflow, name)}):
        check_moved(proof, path, source, table)


def _check_tally(proof: Proof, name: str) -> None:
    tally, path = proof.workflow.tallies[name], ("tallies", name)
    part = proof.workflow.fields.get(tally.of)
    if part is None or not part.columns:
        tables = [field for field, known in proof.workflow.fields.items() if known.columns]
        proof.add(
            (*path, "of"),
            "tally_of_no_table",
            Text(f"“{tally.of}”不是表格", f"{tally.of} is no table"),
            meant(tally.of, tables),
        )
        return
    names = row_names(proof.workflow, proof.lists, tally.of)
    if tally.where is not None:
        question(proof, (*path, "where"), tally.where, names)
    if tally.sum is not None and tally.distinct is not None:
        proof.add(
            path,
            "tally_unclear",
            Text(f"“{name}”只能写 sum、distinct 之一", f"{name} may say one of sum and distinct"),
            Text("求和写 sum，数不同的值写 distinct，数行数都不写", "Write sum to add up, distinct to count values"),
        )
    if tally.distinct is not None:
        expression(proof, (*path, "distinct"), tally.distinct, names)
    value = None if tally.sum is None else expression(proof, (*path, "sum"), tally.sum, names)
    if value is not None:
        if value.type.kind is not Kind.INTEGER:
            proof.add(
                (*path, "sum"),
                "tally_sum_wrong",
                Text(
                    f"只能对整数求和，得到的是 {value.type.kind}", f"Only whole numbers add up, not {value.type.kind}"
                ),
                Text("请写整数栏目，如 row.in_favour", "Write a column of whole numbers, as row.in_favour"),
            )
        _check_carried(proof, (*path, "sum"), value.carries, (tally.of, part))
