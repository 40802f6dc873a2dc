"""Proofs about guards and values: each expression compiles over the declared names, each named guard exists."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from engine.definition.catalogue import CATALOGUE, CHILD_ROLES, QUANTIFIERS, ArgumentKind, NamedGuard
from engine.definition.checks_privacy import check_moved, fields_behind
from engine.definition.checks_proof import (
    DEADLINE,
    FIELD,
    PARAMETER,
    ROLE,
    STATE,
    TRANSITION,
    WORKFLOW,
    Proof,
    effect_places,
    guard_places,
)
from engine.definition.guards import ExpressionWrong, Guard, NameType, Value, compile_guard, compile_value
from engine.definition.names import field_type, guard_names
from engine.definition.parts import GuardPart, SetFields
from engine.definition.reading import Path, alike, meant
from engine.text import Text


def check_guards(proof: Proof) -> None:
    """Add expressions that cannot be compiled, guards the catalogue does not have, and arguments that are wrong."""
    names = guard_names(proof.workflow, proof.lists)
    for name, transition in proof.workflow.transitions.items():
        for path, guard in guard_places(name, transition):
            _check_guard(proof, path, guard, names, transition.form)
    for place in effect_places(proof.workflow):
        for index, effect in enumerate(place.effects):
            if isinstance(effect, SetFields):
                for field, text in effect.values.items():
                    _check_value(proof, (*place.path, index, "values", field), field, text, names)


def _check_guard(
    proof: Proof, path: Path, guard: GuardPart, names: Mapping[str, NameType], form: Mapping[str, str]
) -> None:
    if (guard.expr is None) == (guard.use is None):
        proof.add(
            path,
            "guard_unclear",
            Text(f"条件“{guard.id}”应写 expr、use 之一", f"The guard {guard.id} must say one of expr and use"),
            Text(
                "请写 expr: 表达式，或 use: 目录中的条件，如 seconders_at_least@1",
                "Write expr: an expression, or use: a guard of the catalogue, as seconders_at_least@1",
            ),
        )
    if guard.expr is not None:
        question(proof, (*path, "expr"), guard.expr, names)
    if guard.use is not None:
        _check_use(proof, path, guard, guard.use, form)


def question(proof: Proof, path: Path, text: str, names: Mapping[str, NameType]) -> Guard | None:
    """Return the compiled question, or None after the problem was added where in the text it stands."""
    try:
        return compile_guard(text, names)
    except ExpressionWrong as error:
        _add_wrong(proof, path, text, error)
        return None


def expression(proof: Proof, path: Path, text: str, names: Mapping[str, NameType]) -> Value | None:
    """Return the compiled value, or None after the problem was added where in the text it stands."""
    try:
        return compile_value(text, names)
    except ExpressionWrong as error:
        _add_wrong(proof, path, text, error)
        return None


def _check_value(proof: Proof, path: Path, field: str, text: str, names: Mapping[str, NameType]) -> None:
    value = expression(proof, path, text, names)
    if value is None:
        return
    part = proof.workflow.fields.get(field)
    for source in sorted({source for name in value.carries for source in fields_behind(proof.workflow, name)}):
        if part is not None:
            check_moved(proof, path, source, (field, part))
    wanted = field_type(part) if part is not None else None
    if part is not None and not _fits(value, wanted):
        kind = (
            Text(f"应为 {wanted.kind}", f"which holds {wanted.kind}")
            if wanted
            else Text("不能由表达式写入", "no value of expressions")
        )
        proof.add(
            path,
            "set_type_wrong",
            Text(
                f"字段“{field}”{kind.zh}，表达式得到的是 {value.type.kind}",
                f"The expression gives {value.type.kind} for the field {field}, {kind.en}",
            ),
            Text("请改写表达式，或改写字段的 schema", "Change the expression, or the schema of the field"),
        )


def _fits(value: Value, wanted: NameType | None) -> bool:
    return wanted is not None and value.type.kind is wanted.kind


def _add_wrong(proof: Proof, path: Path, text: str, error: ExpressionWrong) -> None:
    place = proof.findings.positions.inside(path, error.position)
    shown = text if len(text) <= 60 else f"{text[:57]}…"
    proof.findings.add_at(
        place,
        error.code,
        Text(f"表达式“{shown}”有误", f"Wrong expression {shown!r}"),
        error.text,
    )


def _check_use(proof: Proof, path: Path, guard: GuardPart, use: str, form: Mapping[str, str]) -> None:
    named = CATALOGUE.get(use)
    if named is None:
        proof.add(
            (*path, "use"),
            "guard_unknown",
            Text(f"条件目录中没有“{use}”", f"The catalogue has no guard {use}"),
            meant(use, CATALOGUE, listed_max=20),
        )
        return
    for name in named.needs:
        if name not in guard.given:
            proof.add(
                (*path, "given"),
                "argument_missing",
                Text(f"条件“{use}”缺少参数“{name}”", f"The guard {use} lacks the argument {name}"),
                Text(f"请在 given 中写 {name}: …", f"Write {name}: … under 'given'"),
            )
    for name, value in guard.given.items():
        kind = named.needs.get(name) or named.takes.get(name)
        if kind is None:
            _add_surplus(proof, (*path, "given", name), use, name, named)
        else:
            _Argument(proof, (*path, "given", name), guard.given, form).check(kind, value)


def _add_surplus(proof: Proof, path: Path, use: str, name: str, named: NamedGuard) -> None:
    allowed = [*named.needs, *named.takes]
    none = Text("请删去 given，该条件没有参数", "Leave 'given' out, it takes no arguments")
    proof.findings.add_at(
        proof.findings.positions.key(path),
        "argument_unknown",
        Text(f"条件“{use}”没有参数“{name}”", f"The guard {use} has no argument {name}"),
        meant(name, allowed) if allowed else none,
    )


class _Argument:
    """One argument of a named guard: whether it names what it must name."""

    def __init__(self, proof: Proof, path: Path, given: Mapping[str, JsonValue], form: Mapping[str, str]) -> None:
        self._proof = proof
        self._path = path
        self._given = given
        self._form = form

    def check(self, kind: ArgumentKind, value: JsonValue) -> None:
        workflow = self._proof.workflow
        match kind:
            case ArgumentKind.ROLE:
                self._name(ROLE, value, workflow.roles)
            case ArgumentKind.TRANSITION:
                self._name(TRANSITION, value, workflow.transitions)
            case ArgumentKind.DEADLINE:
                self._name(DEADLINE, value, workflow.deadlines)
            case ArgumentKind.FIELD:
                self._name(FIELD, value, workflow.fields)
            case ArgumentKind.FORM_FIELD:
                self._name(Text("表单字段", "form field"), value, self._form)
            case ArgumentKind.WORKFLOW:
                self._name(WORKFLOW, value, self._proof.workflows)
            case ArgumentKind.STATES:
                self._states(value, workflow.states)
            case ArgumentKind.CHILD_STATES:
                child = self._proof.workflows.get(str(self._given.get("workflow")))
                if child is not None:
                    self._states(value, child.states)
            case ArgumentKind.CHILD_ROLE:
                self._choice(value, CHILD_ROLES)
            case ArgumentKind.QUANTIFIER:
                self._choice(value, QUANTIFIERS)
            case ArgumentKind.COUNT:
                self._count(value)

    def _name(self, kind: Text, value: JsonValue, names: Mapping[str, object]) -> None:
        self._proof.known(self._path, kind, str(value), names)

    def _states(self, value: JsonValue, states: Mapping[str, object]) -> None:
        if isinstance(value, list) and value:
            self._proof.all_known(self._path, STATE, [str(name) for name in value], states)
        else:
            self._wrong(Text("请写状态的列表，如 [filed, assigned]", "Write a list of states, as [filed, assigned]"))

    def _choice(self, value: JsonValue, choices: tuple[str, ...]) -> None:
        if value not in choices:
            near = alike(str(value), choices) or ", ".join(choices)
            self._wrong(Text(f"可写：{near}", f"Write: {near}"))

    def _count(self, value: JsonValue) -> None:
        if isinstance(value, str):
            if self._proof.known(self._path, PARAMETER, value, self._proof.workflow.parameters):
                value = self._proof.workflow.parameters[value].value
            else:
                return
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            self._wrong(
                Text("请写不小于零的整数，或整数参数的名称", "Write a whole number from 0, or a parameter holding one")
            )

    def _wrong(self, remedy: Text) -> None:
        name = str(self._path[-1])
        self._proof.add(
            self._path,
            "argument_wrong",
            Text(f"条件参数“{name}”的值不对", f"The argument {name} has a wrong value"),
            remedy,
        )
