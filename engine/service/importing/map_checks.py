"""Proves a map against its workflow before anything is read: every column, field, transition and list it names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.definition.parts import Assign
from engine.definition.reading import Path, meant
from engine.definition.rulebook import Rulebook
from engine.errors import DefinitionError, Problem
from engine.service.importing.grouped import shared_columns, table_columns
from engine.service.importing.maps import ANY_GIVEN, At, FormValue, LoadedMap, LogMap, RegisterMap, TableRows
from engine.text import Text

_COLUMN, _FIELD = Text("列", "column"), Text("本步骤的字段", "field of this step")
_TABLE_COLUMN = Text("表格的栏目", "column of the table")
_MOVE, _ROLE = Text("流转", "transition"), Text("当事人角色", "party role")
OPEN, NOTE = "open", "note"


def check_register_map(loaded: LoadedMap[RegisterMap], definition: Definition, rules: Rulebook) -> None:
    """Raise DefinitionError naming everything in the map that its workflow does not have."""
    proof = _Proof(loaded.file, loaded)
    part, workflow = loaded.part, definition.workflow
    for name, column in part.columns.items():
        if column.field is not None:
            with_list = [
                *(field for field, known in workflow.fields.items() if known.list is not None),
                *(
                    f"{field}.{cell}"
                    for field, known in workflow.fields.items()
                    for cell, of in known.columns.items()
                    if of.list is not None
                ),
            ]
            proof.known(
                ("columns", name, "field"), Text("取自代码表的字段", "field with a list"), column.field, with_list
            )
        if (column.type == "list") != (column.of is not None):
            proof.add(
                ("columns", name, "type"),
                Text("“list”类型须写明“of:”，其他类型不写", "'of' goes with type 'list', and only with it"),
                Text("如 {type: list, of: unit}", "Write it as {type: list, of: unit}"),
            )
    for index, name in enumerate(part.key):
        proof.known(("key", index), _COLUMN, name, part.columns)
    if part.grouped:
        _check_grouped(proof, part)
    if part.unit is not None:
        proof.known(("unit",), _COLUMN, part.unit, part.columns)
    _check_at(proof, ("opening", "at"), part.opening.at, part)
    _check_form(proof, ("opening", "form"), part.opening.form, part, workflow.opening)
    _check_tables(proof, ("opening", "form"), part.opening.form, [workflow])
    parties = [role for role, known in workflow.roles.items() if known.bound == "party"]
    for role, name in part.opening.parties.items():
        proof.known(("opening", "parties", role), _ROLE, role, parties)
        proof.known(("opening", "parties", role), _COLUMN, name, part.columns)
    _check_moves(proof, part, definition, rules)
    proof.finish()


def check_log_map(loaded: LoadedMap[LogMap], definition: Definition) -> None:
    """Raise DefinitionError naming everything in the map that its workflow does not have."""
    proof = _Proof(loaded.file, loaded)
    part, workflow = loaded.part, definition.workflow
    for name in part.form:
        proof.known(("form", name), _FIELD, name, workflow.opening)
    if part.deadline is not None:
        proof.known(("deadline", "from_field"), _FIELD, part.deadline.from_field, workflow.opening)
    for event, move in part.events.items():
        proof.known(("events", event), _MOVE, move, [*workflow.transitions, OPEN, NOTE])
    if OPEN not in part.events.values():
        proof.add(
            ("events",),
            Text("没有任何事件打开案件", "No event opens a case"),
            Text(f"请把其中一个事件写成 {OPEN}", f"Let one of the events be {OPEN}"),
        )
    proof.finish()


def child_workflows(definition: Definition) -> tuple[str, ...]:
    """Return the workflows whose cases an assignment of this one opens."""
    found = (
        effect.workflow
        for transition in definition.workflow.transitions.values()
        for effects in (transition.effects, *(way.effects for way in transition.alternatives))
        for effect in effects
        if isinstance(effect, Assign)
    )
    return tuple(dict.fromkeys(found))


def columns_of(at: At) -> tuple[str, ...]:
    """Return the columns that may date a move, in order."""
    return (at,) if isinstance(at, str) else at


def _check_moves(proof: _Proof, part: RegisterMap, definition: Definition, rules: Rulebook) -> None:
    children = [rules.newest(name) for name in child_workflows(definition)]
    for index, move in enumerate(part.moves):
        path: Path = ("moves", index)
        workflows = [definition.workflow] if move.child is None else children
        known = {name: transition for workflow in workflows for name, transition in workflow.transitions.items()}
        _check_at(proof, (*path, "at"), move.at, part)
        for name, wanted in move.when.items():
            if name == ANY_GIVEN:
                for place, column in enumerate((wanted,) if isinstance(wanted, str) else wanted):
                    proof.known((*path, "when", name, place), _COLUMN, column, part.columns)
            else:
                proof.known((*path, "when", name), _COLUMN, name, part.columns)
        if proof.known((*path, "fire"), _MOVE, move.fire, known):
            _check_form(proof, (*path, "form"), move.form, part, known[move.fire].form)
            _check_tables(proof, (*path, "form"), move.form, workflows)


def _check_at(proof: _Proof, path: Path, at: At, part: RegisterMap) -> None:
    for name in columns_of(at):
        if proof.known(path, _COLUMN, name, part.columns) and part.columns[name].type not in ("date", "instant"):
            proof.add(
                path,
                Text(f"列“{name}”不是日期", f"The column {name} holds no dates"),
                Text("请写 type: date 或 type: instant", "Give it the type date or instant"),
            )


def _check_form(
    proof: _Proof, path: Path, form: Mapping[str, FormValue], part: RegisterMap, asked: Mapping[str, str]
) -> None:
    for field, given in form.items():
        proof.known((*path, field), _FIELD, field, asked)
        for column in (*shared_columns(given), *table_columns(given)):
            proof.known((*path, field), _COLUMN, column, part.columns)


def _check_tables(proof: _Proof, path: Path, form: Mapping[str, FormValue], workflows: Sequence[Workflow]) -> None:
    for field, given in form.items():
        known = next((workflow.fields[field] for workflow in workflows if field in workflow.fields), None)
        if not isinstance(given, TableRows) or known is None:
            continue
        if not known.columns:
            proof.add(
                (*path, field, "rows"),
                Text(f"“{field}”不是表格", f"{field} is no table"),
                Text("请直接写列名", "Name the column itself"),
            )
            continue
        for name in given.rows:
            proof.known((*path, field, "rows", name), _TABLE_COLUMN, name, known.columns)
        if given.once is not None:
            proof.known((*path, field, "once"), _TABLE_COLUMN, given.once, given.rows)


def _check_grouped(proof: _Proof, part: RegisterMap) -> None:
    """Rows can be put together only by what each of them says, and not where rows name each other."""
    for index, name in enumerate(part.key):
        if name in part.columns and not part.columns[name].required:
            proof.add(
                ("key", index),
                Text(f"合并成一件的行靠“{name}”识别，这一列须必填", f"Rows are put together by {name}: all need it"),
                Text("请给这一列写上 required: true", "Write required: true"),
            )
    if not part.key:
        proof.add(
            ("grouped",),
            Text("合并成一件的行须有识别的列", "Rows that are one case need a key"),
            Text("请写 key", "Write a key"),
        )
    for name, column in part.columns.items():
        if column.type == "case":
            proof.add(
                ("columns", name, "type"),
                Text("合并成一件的行不能互相引用编号", "Rows that are one case cannot name each other"),
                Text("请删去这一列，或不写 grouped", "Leave the column out, or do without grouped"),
            )


class _Proof:
    """Collects the problems of one map."""

    def __init__(self, file: str, loaded: LoadedMap[RegisterMap] | LoadedMap[LogMap]) -> None:
        self._file = file
        self._positions = loaded.positions
        self._problems: list[Problem] = []

    def known(self, path: Path, kind: Text, name: str, names: Mapping[str, object] | list[str]) -> bool:
        if name in names:
            return True
        self.add(
            path,
            Text(f"没有名为“{name}”的{kind.zh}", f"No {kind.en} is called {name!r}"),
            meant(name, names, listed_max=30),
        )
        return False

    def add(self, path: Path, text: Text, remedy: Text) -> None:
        line, column = self._positions.at(path)
        self._problems.append(
            Problem(file=self._file, line=line, column=column, code="map_wrong", text=text, remedy=remedy)
        )

    def finish(self) -> None:
        if self._problems:
            raise DefinitionError(self._problems)
