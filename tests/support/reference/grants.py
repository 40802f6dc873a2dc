"""The page of the roles that people are granted, from the list of staff roles and the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from engine.access.staff_roles import StaffRole, load_staff_roles
from engine.definition.model import Workflow
from engine.definition.parts import Label, Privacy, RolePart
from engine.definition.rulebook import Rulebook
from engine.service.organisation import role_titles
from engine.text import Text
from tests.support.reference.marks import both, code, page, table

_TITLE: Final = Text("角色和授权", "Roles and grants")
_BEGINS: Final = Text(
    "角色在一个单位授予（网页 `/grants`，或者 `banjie user grant`），能在这个单位做什么，由各流程的定义写明；"
    "写“含下级”的，对下级单位同样有效。提案人、附议人等一件事项的当事人不是授予的，见各流程的说明。"
    "每个步骤还有自己的条件，见[各流程](../README.md#流程--procedures)。",
    "A role is granted in a unit (page `/grants`, or `banjie user grant`); what it may do there is for each "
    "definition to say; “units below” means that it counts there, too. Parties of a case, as proposers and "
    "seconders, "
    "are not granted. Every move has guards of its own: see the [procedures](../README.md#流程--procedures).",
)
_PRIVACY: Final = {
    Privacy.PUBLIC: Text("公开", "public"),
    Privacy.INTERNAL: Text("内部", "internal"),
    Privacy.PERSONAL: Text("个人", "personal"),
    Privacy.CONFIDENTIAL: Text("保密", "confidential"),
}
_ACCOUNTS: Final = {
    "none": Text("–", "–"),
    "own units": Text("本单位和下级的账号", "accounts of the unit and below"),
    "tokens": Text("全部令牌", "everybody's tokens"),
}
_GRANTS: Final = {"none": Text("–", "–"), "gives": Text("授予、收回", "gives and ends"), "reads": Text("查看", "reads")}
_ADMINISTERS: Final = {
    "": Text("–", "–"),
    "system": Text("系统管理", "system"),
    "security": Text("安全管理", "security"),
    "audit": Text("审计管理", "audit"),
}


def grants_page(rules: Rulebook) -> str:
    """Return the page: the offices of staff, then each role with what it may do in every workflow."""
    staff = load_staff_roles().roles
    lines = [
        "## 工作人员的角色 · Roles of staff",
        "",
        "管理类别不同的角色，一人只能有一类（三权分立）；“查权限”是可以查看谁对一件事项有什么权限。 Nobody holds "
        "roles of two administrations; who audits may read who holds which right on a case.",
        "",
        *table(
            (
                "角色 Role",
                "名称 Title",
                "须动态验证码 Second factor",
                "管账号 Accounts",
                "管授权 Grants",
                "查权限 Audits",
                "管理类别 Office",
            ),
            [_office(role) for role in staff.values()],
        ),
    ]
    for role, title in role_titles(rules).items():
        rows = [row for name in rules.names() for row in _may(rules.newest(name), role)]
        # Roles that no definition names look after the house alone: the table above says all of them.
        if rows:
            lines += [f"## {title.zh} {code(role)}", "", f"{title.en}.", ""] if title.en != role else []
            lines += [f"## {code(role)}", ""] if title.en == role else []
            lines += table(
                ("流程 Procedure", "身份 As", "可看 Sees", "读到 Reads", "可立项 Opens", "可办的步骤 Moves"), rows
            )
    return page(_TITLE, _BEGINS, lines[:-1])


def _office(role: StaffRole) -> tuple[str, ...]:
    return (
        code(role.id),
        f"{role.title.zh}<br>{role.title.en}",
        "✓" if role.second_factor else "",
        both(_ACCOUNTS[role.accounts]),
        both(_GRANTS[role.grants]),
        "✓" if role.audits else "",
        both(_ADMINISTERS[role.administers]),
    )


def _may(workflow: Workflow, grant: str) -> Iterator[tuple[str, ...]]:
    """Yield what holders of a grant may do in a workflow: a row for each role that it gives there."""
    for name, part in workflow.roles.items():
        if grant in part.of:
            moves = [move.title for move in workflow.transitions.values() if name in move.by]
            entered = [move.title for move in workflow.transitions.values() if name in move.on_behalf]
            yield (
                f"[{workflow.title.zh}](../../workflows/{workflow.name}/README.md)<br>{workflow.title.en}",
                _as(part),
                _sees(workflow, part),
                both(_PRIVACY[part.reads]),
                "✓" if name in workflow.openers else "",
                _moves(moves, entered),
            )


def _as(part: RolePart) -> str:
    place = (
        Text("本件所在单位", "the case's unit") if part.in_ == "case_unit" else Text("承办单位", "the handling unit")
    )
    reach = (
        Text("，只限上级单位", ", from above only")
        if part.inherited == "only"
        else Text("，不含下级", ", no units below")
    )
    reach = Text("，含下级", ", units below") if part.inherited is True else reach
    return f"{part.title.zh}（{place.zh}{reach.zh}）<br>{part.title.en} ({place.en}{reach.en})"


def _sees(workflow: Workflow, part: RolePart) -> str:
    if isinstance(part.sees, tuple):
        titles = [workflow.states[state].title for state in part.sees]
        return f"{'、'.join(each.zh for each in titles)}<br>{', '.join(each.en for each in titles)}"
    return both(Text("全部", "always") if part.sees else Text("不看", "never"))


def _moves(moves: list[Label], entered: list[Label]) -> str:
    told = [f"{'、'.join(each.zh for each in moves)}<br>{', '.join(each.en for each in moves)}"] if moves else []
    if entered:
        told.append(
            f"代录 on behalf：{'、'.join(each.zh for each in entered)}<br>{', '.join(each.en for each in entered)}"
        )
    return "<br>".join(told) or "–"
