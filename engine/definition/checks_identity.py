"""Proofs about who is behind a case and who may not know of it: ``identity``, query codes, recusing fields.

What the engine keeps apart by these parts must be where they say: a level without a strict code, an account in the open
or a recused person in a text would keep nothing from anybody.
"""

from __future__ import annotations

from typing import Final

from engine.definition.checks_proof import FIELD, ROLE, Proof
from engine.definition.compiled import STRICT
from engine.definition.names import list_of
from engine.definition.parts import FieldPart, Privacy
from engine.definition.reading import Path
from engine.text import Text

RECUSING: Final = {"accused_units": "unit", "accused_people": "person", "recused_people": "person"}
"""The fields whose values the engine keeps a case from, and what each of their items is (``case.secrecy``)."""
_KEPT = (Privacy.PERSONAL, Privacy.CONFIDENTIAL)


def check_identity(proof: Proof) -> None:
    """Add what is wrong with the part ``identity``, with roles held by query code, and with recusing fields."""
    _check_recusing(proof)
    _check_codes(proof)
    identity, workflow = proof.workflow.identity, proof.workflow
    if identity is None:
        return
    path: Path = ("identity",)
    if workflow.opener_becomes is None:
        proof.add(
            path,
            "identity_of_nobody",
            Text("没有 opener_becomes，不知道是谁的身份", "Without opener_becomes nobody knows whose identity it is"),
            Text("请写 opener_becomes: 当事角色", "Write opener_becomes: a party role"),
        )
    if proof.known((*path, "level"), FIELD, identity.level, workflow.fields):
        code_list = list_of(workflow, proof.lists, identity.level)
        if code_list is None or not any(item.flags.get(STRICT) for item in code_list.items):
            proof.add(
                (*path, "level"),
                "identity_level_wrong",
                Text(f"字段“{identity.level}”的代码表中没有 strict 级别", f"No code of {identity.level} is strict"),
                Text("请选用带 strict 标志的代码表字段", "Name a field whose list has a code flagged strict"),
            )
    for index, name in enumerate(identity.fields):
        if proof.known((*path, "fields", index), FIELD, name, workflow.fields):
            _check_kept(proof, (*path, "fields", index), name)
    if proof.known((*path, "account"), FIELD, identity.account, workflow.fields):
        if workflow.fields[identity.account].json_schema.get("format") != "person":
            proof.add(
                (*path, "account"),
                "identity_account_wrong",
                Text(f"字段“{identity.account}”存放的不是人员", f"The field {identity.account} does not hold a person"),
                Text("请写 schema: {type: string, format: person}", "Write schema: {type: string, format: person}"),
            )
        if identity.account not in identity.fields:
            _check_kept(proof, (*path, "account"), identity.account)
    proof.all_known((*path, "own"), ROLE, identity.own, workflow.openers)
    for name, value in identity.self_filed.items():
        if proof.known((*path, "self_filed", name), FIELD, name, workflow.opening) and name in workflow.fields:
            _check_self_filed(proof, (*path, "self_filed", name), name, value)
    opened = proof.known((*path, "opened_to"), ROLE, identity.opened_to, workflow.roles)
    if opened and workflow.roles[identity.opened_to].bound != "party":
        proof.add(
            (*path, "opened_to"),
            "identity_open_to_all",
            Text(
                f"“{identity.opened_to}”须是当事角色，由两人先后办理后列入",
                f"{identity.opened_to} must be a party role, to which the moves of two bind somebody",
            ),
            Text("请写 bound: party，用 bind 列入", "Write bound: party and bind somebody to it"),
        )


def _check_self_filed(proof: Proof, path: Path, name: str, value: str | None) -> None:
    """What no form would take, or nothing where something is demanded, would refuse all who file for themselves."""
    workflow = proof.workflow
    code_list = list_of(workflow, proof.lists, name)
    codes = [] if code_list is None else [item.code for item in code_list.items]
    is_text = workflow.fields[name].json_schema.get("type") == "string"
    if value and is_text and (not codes or value in codes):
        return
    if value or workflow.opening[name] == "required":
        proof.add(
            path,
            "self_filed_wrong",
            Text(
                f"本人提交时字段“{name}”填“{value or ''}”，立项会被拒绝",
                f"Whoever files for themselves is refused: {name} does not take '{value or ''}'",
            ),
            Text(
                f"请改为{'其中之一：' + '、'.join(codes) if codes else '该字段可用的文字'}",
                f"Write {'one of ' + ', '.join(codes) if codes else 'a text that the field takes'}",
            ),
        )


def _check_kept(proof: Proof, path: Path, name: str) -> None:
    part = proof.workflow.fields[name]
    if part.privacy not in _KEPT:
        proof.add(
            path,
            "identity_in_the_open",
            Text(f"身份字段“{name}”的隐私级别是 {part.privacy}", f"{name} says who somebody is and is {part.privacy}"),
            Text("请写 privacy: confidential", "Write privacy: confidential"),
        )


def _check_codes(proof: Proof) -> None:
    workflow = proof.workflow
    for name, part in workflow.roles.items():
        used = [move for move, transition in workflow.transitions.items() if name in transition.by]
        if part.bound == "code" and (part.sees is not False or used):
            proof.add(
                ("roles", name),
                "code_role_wrong",
                Text(
                    f"凭查询码的角色“{name}”只能立项，不能查看或办理",
                    f"The role {name}, held by query code, may open cases and nothing else",
                ),
                Text(
                    "请写 sees: false，后续步骤由 opener_becomes 的角色办理",
                    "Write sees: false; later moves are made in the role of opener_becomes",
                ),
            )


def _check_recusing(proof: Proof) -> None:
    for name, kind in RECUSING.items():
        part = proof.workflow.fields.get(name)
        if part is not None and (part.privacy is not Privacy.INTERNAL or not _lists(part, kind)):
            proof.add(
                ("fields", name),
                "recusing_field_wrong",
                Text(
                    f"回避字段“{name}”须为 internal，逐项填写{'单位' if kind == 'unit' else '人员'}",
                    f"The field {name} keeps the case from those it names: internal, a list of ids of each {kind}",
                ),
                Text(
                    f"请写 privacy: internal，schema: {{type: array, items: {{type: string, format: {kind}}}}}",
                    f"Write privacy: internal and schema: {{type: array, items: {{type: string, format: {kind}}}}}",
                ),
            )


def _lists(part: FieldPart, kind: str) -> bool:
    items = part.json_schema.get("items")
    return part.json_schema.get("type") == "array" and isinstance(items, dict) and items.get("format") == kind
