"""The engine's catalogue of named guards: what each is called, in which version, and what it must be given.

Declarations only; how each is answered stands in ``engine.case``. A guard whose meaning changes gets a new version.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from engine.text import Text


class ArgumentKind(StrEnum):
    """What an argument must name."""

    ROLE = "role"
    TRANSITION = "transition"
    DEADLINE = "deadline"
    FIELD = "field"
    FORM_FIELD = "form_field"
    STATES = "states"
    WORKFLOW = "workflow"
    CHILD_STATES = "child_states"
    CHILD_ROLE = "child_role"
    QUANTIFIER = "quantifier"
    COUNT = "count"
    """A whole number of zero or more, or the parameter that holds it."""


CHILD_ROLES = ("lead", "co_handler")
QUANTIFIERS = ("all", "any", "at_least", "none")


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGuard:
    """One guard of the catalogue; its title completes the sentence "the guard asks whether …"."""

    title: Text
    needs: Mapping[str, ArgumentKind]
    takes: Mapping[str, ArgumentKind]


def _guard(zh: str, en: str, takes: Mapping[str, ArgumentKind] | None = None, **needs: ArgumentKind) -> NamedGuard:
    return NamedGuard(title=Text(zh, en), needs=needs, takes=takes or {})


CATALOGUE: Mapping[str, NamedGuard] = {
    "seconders_at_least@1": _guard(
        "附议人达到规定人数", "enough persons hold the role", role=ArgumentKind.ROLE, count=ArgumentKind.COUNT
    ),
    "units_distinct@1": _guard(
        "主办与协办单位互不重复",
        "no unit is named twice",
        lead=ArgumentKind.FORM_FIELD,
        co_handlers=ArgumentKind.FORM_FIELD,
    ),
    "within_call@1": _guard("在征集期内", "today lies in the call of the congress session"),
    "same_session@1": _guard(
        "属同一届次", "the other case belongs to the same congress session", into=ArgumentKind.FORM_FIELD
    ),
    "mergeable@1": _guard(
        "目标事项可以并入：存在、另案、同一流程、处于所列状态、本身未被并案；且无他案已并入本件",
        "the target exists, is another case of this workflow in one of the states and is not merged itself; "
        "nothing was merged into this case",
        into=ArgumentKind.FORM_FIELD,
        states=ArgumentKind.STATES,
    ),
    "children@1": _guard(
        "各承办件已到所列状态",
        "the newest children stand in the states",
        workflow=ArgumentKind.WORKFLOW,
        when=ArgumentKind.QUANTIFIER,
        states=ArgumentKind.CHILD_STATES,
        takes={"role": ArgumentKind.CHILD_ROLE, "n": ArgumentKind.COUNT},
    ),
    "fired_at_most@1": _guard(
        "该流转的次数未超过上限",
        "the transition was fired no more often than this",
        transition=ArgumentKind.TRANSITION,
        count=ArgumentKind.COUNT,
    ),
    "actor_not_party@1": _guard(
        "操作人不是该角色的当事人", "the actor is not bound to the role", role=ArgumentKind.ROLE
    ),
    "named_not_party@1": _guard(
        "所填人员不是该角色的当事人",
        "the person named is not bound to the role",
        field=ArgumentKind.FORM_FIELD,
        role=ArgumentKind.ROLE,
    ),
    "actor_is_party@1": _guard("操作人是该角色的当事人", "the actor is bound to the role", role=ArgumentKind.ROLE),
    "extension_allowed@1": _guard(
        "期限尚未届满，延期次数和天数未超过上限",
        "the deadline is not over, and neither count nor days of extensions pass the limit",
        deadline=ArgumentKind.DEADLINE,
        by=ArgumentKind.FORM_FIELD,
    ),
    "suspension_allowed@1": _guard(
        "期限正在计算，中止次数未超过上限",
        "the deadline runs and may be suspended once more",
        deadline=ArgumentKind.DEADLINE,
    ),
    "deadline_running@1": _guard("期限正在计算", "the deadline runs", deadline=ArgumentKind.DEADLINE),
    "unit_exists@1": _guard("所填单位存在且在用", "the unit exists and is in use", field=ArgumentKind.FORM_FIELD),
    "units_below@1": _guard(
        "所填单位都是本单位的下级", "every unit named stands below that of the case", field=ArgumentKind.FORM_FIELD
    ),
    "not_recused@1": _guard(
        "承办单位不是被反映单位", "the unit is not among the units complained about", field=ArgumentKind.FIELD
    ),
    "rung_stands@1": _guard("本件有已启动、未撤销的督办层级", "some rung was raised and not withdrawn"),
    "merged_case_in@1": _guard(
        "未并案，或主案处于所列状态",
        "the case is not merged, or the case it was merged into stands in one of the states",
        states=ArgumentKind.STATES,
    ),
}
