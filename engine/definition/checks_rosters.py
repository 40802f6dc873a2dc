"""Proofs about rosters: keys that can be read and compared, whom a case reaches, and what a coverage counts."""

from __future__ import annotations

from typing import Final

from engine.definition.checks_proof import COLUMN, FIELD, STATE, WORKFLOW, Proof
from engine.definition.model import Workflow
from engine.definition.parts import ColumnPart, FieldPart, Privacy
from engine.definition.reading import Path, meant
from engine.definition.roster_parts import CoveragePart, Facets, ReachPart
from engine.text import Text

FACET: Final = Text("分类", "facet")
REACH: Final = Text("触达", "reach")
_OPEN: Final = (Privacy.PUBLIC, Privacy.INTERNAL)


def check_rosters(proof: Proof) -> None:
    """Add what is wrong with the parts ``roster``, ``reaches`` and ``coverage``."""
    workflow = proof.workflow
    if workflow.identity is not None:
        for name in ("roster", "reaches"):
            if getattr(workflow, name):
                proof.add(
                    (name,),
                    "roster_of_sealed",
                    Text(
                        "来访人身份须保密的流程不能列入名册，也不能统计覆盖率",
                        "Cases that keep apart who is behind them are on no roster and reach none",
                    ),
                    Text("请删去，或另设一个流程登记", "Leave it out, or declare a workflow of its own for it"),
                )
    if workflow.roster is not None:
        part = workflow.roster
        _key(proof, ("roster", "key"), part.key)
        _key(proof, ("roster", "name"), part.name)
        proof.all_known(("roster", "states"), STATE, part.states, workflow.states)
        for index, name in enumerate(part.facets):
            _facet(proof, ("roster", "facets", index), name)
    for name, reach in workflow.reaches.items():
        _check_reach(proof, ("reaches", name), reach)
    for name, coverage in workflow.coverage.items():
        _check_coverage(proof, ("coverage", name), coverage)


def _facet(proof: Proof, path: Path, name: str) -> None:
    if not proof.known(path, FIELD, name, proof.workflow.fields):
        return
    part = proof.workflow.fields[name]
    if part.privacy not in _OPEN or (part.list is None and part.json_schema.get("type") != "boolean"):
        proof.add(
            path,
            "facet_wrong",
            Text(
                f"“{name}”不能用来分类：须是公开或内部的字段，有代码表，或为是否",
                f"{name} tells no lines apart: it must be public or internal, and have a list or say yes or no",
            ),
            Text("请给字段写上 list，或改用别的字段", "Give the field a list, or name another one"),
        )


def _check_reach(proof: Proof, path: Path, part: ReachPart) -> None:
    workflow = proof.workflow
    _roster(proof, (*path, "roster"), part.roster)
    _key(proof, (*path, "key"), part.key)
    proof.all_known((*path, "planned"), STATE, part.planned, workflow.states)
    proof.all_known((*path, "reached"), STATE, part.reached, workflow.states)
    both = sorted({*part.planned}.intersection(part.reached))
    if both:
        proof.add(
            (*path, "planned"),
            "reach_planned_and_reached",
            Text(f"状态 {'、'.join(both)} 不能既是计划又是已触达", f"{', '.join(both)}: planned or reached, not both"),
            Text("请从其中一项删去", "Leave it out of one of them"),
        )
    for name, day in (("on", part.on), ("planned_on", part.planned_on)):
        if day is not None and proof.known((*path, name), FIELD, day, workflow.fields):
            field = workflow.fields[day]
            if field.json_schema.get("format") != "date" or field.privacy not in _OPEN:
                proof.add(
                    (*path, name),
                    "reach_day_wrong",
                    Text(f"“{day}”须是公开或内部的日期字段", f"{day} must be a date, public or internal"),
                    Text("请写记载当日的日期字段", "Name the field that holds the day"),
                )
    table = part.key.partition(".")[0]
    if part.counted is not None:
        column = _column(proof, (*path, "counted"), part.key, f"{table}.{part.counted}")
        if column is not None and column.json_schema.get("type") != "boolean":
            proof.add(
                (*path, "counted"),
                "reach_counted_wrong",
                Text(f"栏目“{part.counted}”须为是否", f"The column {part.counted} must say yes or no"),
                Text("请写 schema: {type: boolean}", "Write schema: {type: boolean}"),
            )
    if part.once is not None:
        _key(proof, (*path, "once", "within"), part.once.within, whole=True)
        if "." in part.once.unless:
            _column(proof, (*path, "once", "unless"), part.key, part.once.unless)
        else:
            proof.known((*path, "once", "unless"), FIELD, part.once.unless, workflow.fields)


def _column(proof: Proof, path: Path, key: str, place: str) -> ColumnPart | None:
    """Return a column of the table in which the keys stand; None where there is none, which is a problem."""
    table, _, name = place.partition(".")
    field = proof.workflow.fields.get(table)
    if "." not in key or table != key.partition(".")[0] or field is None:
        proof.add(
            path,
            "reach_not_of_rows",
            Text(f"“{place}”不是编号所在表格的栏目", f"{place} is no column of the table in which the keys stand"),
            Text("请写同一张表格的栏目", "Name a column of the same table"),
        )
        return None
    return field.columns[name] if proof.known(path, COLUMN, name, field.columns) else None


def _key(proof: Proof, path: Path, place: str, *, whole: bool = False) -> None:
    """A place whose text rows of the database hold: a field, or a column, that is public or internal.

    With ``whole`` it may be a whole number too.
    """
    name, _, column = place.partition(".")
    if not proof.known(path, FIELD, name, proof.workflow.fields):
        return
    field: FieldPart = proof.workflow.fields[name]
    if column and not proof.known(path, COLUMN, column, field.columns):
        return
    schema = field.columns[column].json_schema if column else field.json_schema
    if field.privacy not in _OPEN or schema.get("type") not in (("string", "integer") if whole else ("string",)):
        proof.add(
            path,
            "roster_key_wrong",
            Text(
                f"“{place}”须是公开或内部的文字{'或整数' if whole else ''}，才能据以对照名册",
                f"{place} must be text{' or a whole number' if whole else ''}, public or internal, to be looked up",
            ),
            Text("请改用别的字段，或修改它的 privacy、schema", "Name another field, or change its privacy or schema"),
        )


def _roster(proof: Proof, path: Path, name: str) -> Workflow | None:
    """Return the workflow whose cases are the roster, or None, which is a problem."""
    rosters = [known for known, workflow in proof.workflows.items() if workflow.roster is not None]
    if not proof.known(path, WORKFLOW, name, proof.workflows):
        return None
    if name in rosters:
        return proof.workflows[name]
    proof.add(
        path,
        "roster_missing",
        Text(f"流程“{name}”没有 roster，不是名册", f"The workflow {name} declares no roster"),
        meant(name, rosters),
    )
    return None


def _check_coverage(proof: Proof, path: Path, part: CoveragePart) -> None:
    if (part.reach is None) == (not part.has):
        proof.add(
            path,
            "coverage_unclear",
            Text("reach 与 has 须写且只写一个", "Exactly one of reach and has says what counts"),
            Text(
                "数触达写 reach，数名册自身的情况写 has",
                "Write reach to count who was reached, has for the line itself",
            ),
        )
    if part.reach is not None and proof.known((*path, "reach"), REACH, part.reach, proof.workflow.reaches):
        named = proof.workflow.reaches[part.reach].roster
        if named != part.roster:
            proof.add(
                (*path, "roster"),
                "coverage_roster_other",
                Text(f"触达“{part.reach}”对照的名册是 {named}", f"The reach {part.reach} is of the roster {named}"),
                Text(f"请写 roster: {named}", f"Write roster: {named}"),
            )
    roster = _roster(proof, (*path, "roster"), part.roster)
    if roster is None or roster.roster is None:
        return
    for name, asked in (("among", part.among), ("has", part.has)):
        _check_facets(proof, (*path, name), asked, roster)
    if part.by is not None:
        proof.known((*path, "by"), FACET, part.by, roster.roster.facets)


def _check_facets(proof: Proof, path: Path, asked: Facets, roster: Workflow) -> None:
    known = () if roster.roster is None else roster.roster.facets
    for name, value in asked.items():
        if not proof.known((*path, name), FACET, name, known, is_key=True) or name not in roster.fields:
            continue
        alias = roster.fields[name].list
        code_list = proof.lists.get(roster.lists.get(alias or "", ""))
        codes = [] if code_list is None else [item.code for item in code_list.items]
        if isinstance(value, bool) == (alias is not None):
            proof.add(
                (*path, name),
                "facet_value_wrong",
                Text(f"“{name}”的取值写法不对", f"This is not how {name} is asked about"),
                Text("是否字段写 true 或 false，有代码表的写代码的列表", "Write true or false, or a list of codes"),
            )
        elif isinstance(value, tuple):
            proof.all_known((*path, name), Text("代码", "code"), value, codes)
