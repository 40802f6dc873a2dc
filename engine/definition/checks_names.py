"""Proofs about references: whatever a part of a definition names is declared. Effects have a module of their own."""

from __future__ import annotations

from engine.definition.checks_proof import DOCUMENT, FIELD, LIST, ROLE, STATE, TRANSITION, Proof, walk
from engine.definition.names import list_of
from engine.definition.parts import Privacy, Source
from engine.definition.reading import Path
from engine.text import Text


def check_names(proof: Proof) -> None:
    """Add every name of a field, role, list, state, transition or document that is not declared."""
    _check_head(proof)
    _check_lists(proof)
    _check_roles(proof)
    _check_sources(proof)
    _check_evaluation(proof)


def _check_head(proof: Proof) -> None:
    workflow = proof.workflow
    if proof.known(("subject_field",), FIELD, workflow.subject_field, workflow.fields):
        privacy = workflow.fields[workflow.subject_field].privacy
        if privacy not in (Privacy.PUBLIC, Privacy.INTERNAL):
            proof.add(
                ("subject_field",),
                "subject_not_open",
                Text(
                    f"案由字段“{workflow.subject_field}”的隐私级别是 {privacy}，不能进入列表",
                    f"The subject field {workflow.subject_field} is {privacy} and cannot stand in lists",
                ),
                Text("请另选字段，或写 privacy: internal", "Choose another field, or write privacy: internal"),
            )
    category = workflow.category_field
    if category is not None and proof.known(("category_field",), FIELD, category, workflow.fields):
        part = workflow.fields[category]
        if part.list is None or not part.tracked:
            proof.add(
                ("category_field",),
                "category_not_counted",
                Text(
                    f"类别字段“{category}”没有代码表或未跟踪，统计无法按类别分列",
                    f"Figures cannot go by category: the field {category} has no list or is not tracked",
                ),
                Text("请给该字段写 list 和 tracked: true", "Give the field a list and tracked: true"),
            )
    for name in workflow.opening:
        proof.known(("opening", name), FIELD, name, workflow.fields, is_key=True)
    for name, transition in workflow.transitions.items():
        for field in transition.form:
            proof.known(("transitions", name, "form", field), FIELD, field, workflow.fields, is_key=True)


def _check_lists(proof: Proof) -> None:
    for alias, name in proof.workflow.lists.items():
        proof.known(("lists", alias), LIST, name, proof.lists)
    for name, field in proof.workflow.fields.items():
        if field.list is not None:
            proof.known(("fields", name, "list"), LIST, field.list, proof.workflow.lists)


def _check_roles(proof: Proof) -> None:
    workflow = proof.workflow
    proof.all_known(("openers",), ROLE, workflow.openers, workflow.roles)
    for name, part in workflow.roles.items():
        if part.stands_in_for is not None:
            proof.known(("roles", name, "stands_in_for"), ROLE, part.stands_in_for, workflow.roles)
    for index, name in enumerate(workflow.openers):
        if name in workflow.roles and workflow.roles[name].bound not in ("grant", "code"):
            proof.add(
                ("openers", index),
                "opener_not_grant",
                Text(f"立项角色“{name}”须由授权担任", f"The role {name} opens cases, so it must be held by grant"),
                Text(
                    "请写一个 bound: grant 的角色；当事人用 opener_becomes 列入",
                    "Name a role with bound: grant; opener_becomes makes the opener a party",
                ),
            )
    becomes = workflow.opener_becomes
    if becomes is not None and proof.known(("opener_becomes",), ROLE, becomes, workflow.roles):
        must_be_party(proof, ("opener_becomes",), becomes)
    for name, role in workflow.roles.items():
        if isinstance(role.sees, tuple):
            proof.all_known(("roles", name, "sees"), STATE, role.sees, workflow.states)
    for name, state in workflow.states.items():
        proof.all_known(("states", name, "acts"), ROLE, state.acts, workflow.roles)
    for name, notice in workflow.notices.items():
        proof.all_known(("notices", name, "to"), ROLE, notice.to, workflow.roles)
        if (notice.says is None) == (notice.template is None):
            proof.add(
                ("notices", name),
                "notice_unclear",
                Text(f"通知“{name}”应写 says、template 之一", f"The notice {name} must say one of says and template"),
                Text(
                    "请写 says: {happened: 发生了什么, next: 下一步做什么}，或 template: 已有模板的名称",
                    "Write says: {happened: what has happened, next: what to do}, or template: a name",
                ),
            )
    for name, ladder in workflow.ladders.items():
        for index, rung in enumerate(ladder.rungs):
            proof.all_known(("ladders", name, "rungs", index, "to"), ROLE, rung.to, workflow.roles)
    for name, deadline in workflow.deadlines.items():
        for key, limit in (("suspension", deadline.suspension), ("extension", deadline.extension)):
            if limit is not None:
                proof.all_known(("deadlines", name, key, "approver"), ROLE, limit.approver, workflow.roles)


def must_be_party(proof: Proof, path: Path, role: str) -> None:
    """Add a problem if persons are to be bound to a role that is not held by being bound."""
    part = proof.workflow.roles[role]
    if part.bound != "party":
        proof.add(
            path,
            "role_not_party",
            Text(
                f"角色“{part.title.zh}”（{role}）不是当事人，不能列入人员", f"No person can be bound to the role {role}"
            ),
            Text("请写一个 bound: party 的角色", "Name a role with bound: party"),
        )


def _check_sources(proof: Proof) -> None:
    for path, part in walk(proof.workflow):
        if isinstance(part, Source):
            proof.known((*path, "document"), DOCUMENT, part.document, proof.workflow.documents)


def _check_evaluation(proof: Proof) -> None:
    workflow, evaluation = proof.workflow, proof.workflow.evaluation
    if evaluation is None:
        return
    proof.known(("evaluation", "evaluator"), ROLE, evaluation.evaluator, workflow.roles)
    if evaluation.on_bad is not None:
        proof.known(("evaluation", "on_bad"), TRANSITION, evaluation.on_bad, workflow.transitions)
    for dimension, name in evaluation.dimensions.items():
        path: Path = ("evaluation", "dimensions", dimension)
        if not proof.known(path, FIELD, name, workflow.fields):
            continue
        field = workflow.fields[name]
        if field.list is None or not field.tracked:
            proof.add(
                path,
                "dimension_not_counted",
                Text(
                    f"评价维度“{dimension}”的字段“{name}”没有代码表或未跟踪",
                    f"The field {name} of the dimension {dimension} has no list or is not tracked",
                ),
                Text("请给该字段写 list 和 tracked: true", "Give the field a list and tracked: true"),
            )
        scale = list_of(workflow, proof.lists, name)
        for index, code in enumerate(evaluation.bad if scale is not None else ()):
            if scale is not None and scale.item(code) is None:
                codes = [item.code for item in scale.items]
                proof.known(("evaluation", "bad", index), Text("评价等次", "code"), code, codes)
