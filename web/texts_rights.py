"""The texts of grants, and of who holds which right on a case, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

RIGHTS_TEXTS: Final[Mapping[str, Text]] = {
    # ----------------------------------------------------------------------------------------------------------- grants
    "nav_grants": Text("授权", "Grants"),
    "grants_note": Text(
        "授权按单位和期限授予。授权变动后，本人须重新登录；每次变动都记入账册。",
        "Grants hold in a unit for a period. Whose grants change must log in again; every change is in the ledger.",
    ),
    "grants_person": Text("登录名", "Login name"),
    "grants_name": Text("姓名", "Name"),
    "grants_role": Text("角色", "Role"),
    "grants_unit": Text("单位", "Unit"),
    "grants_from": Text("自", "From"),
    "grants_until": Text("至", "Until"),
    "grants_period": Text("期限", "Period"),
    "grants_for_ever": Text("长期", "Without end"),
    "grants_reach": Text("适用范围", "Reach"),
    "grants_reach_below": Text("本单位及下属 {n} 个单位", "This unit and {n} below"),
    "grants_reach_own": Text("仅本单位", "This unit only"),
    "grants_reach_both": Text(
        "{inherited}：本单位及下属 {n} 个单位；{own}：仅本单位",
        "{inherited}: this unit and {n} below; {own}: this unit only",
    ),
    "grants_reach_house": Text("管理职责，本单位及下属 {n} 个单位", "Looks after this unit and {n} below"),
    "grants_standing_now": Text("有效", "Holds"),
    "grants_standing_coming": Text("未开始", "To come"),
    "grants_standing_over": Text("已到期", "Over"),
    "grants_add": Text("新增授权", "Give a grant"),
    "grants_give": Text("授权", "Give"),
    "grants_end": Text("收回", "Take back"),
    "grants_sure": Text("确认收回", "I am sure"),
    "grants_given": Text("已授权，本人须重新登录。", "Given; the person has to log in again."),
    "grants_ended": Text("已收回，本人须重新登录。", "Taken back; the person has to log in again."),
    "grants_all": Text("授权（{n} 项）", "Grants ({n})"),
    "grants_cut": Text("仅显示前 {n} 项，请缩小范围。", "Only the first {n} are shown; narrow the list."),
    "grants_text": Text("姓名或登录名", "Name or login name"),
    "grants_history": Text("变动记录（近一年）", "What has changed in the last year"),
    "grants_history_none": Text("近一年没有变动。", "Nothing has changed in the last year."),
    "grants_history_at": Text("时间", "When"),
    "grants_history_what": Text("变动", "What"),
    "grants_history_by": Text("经办", "By"),
    "grants_history_ledger": Text("账册位置", "In the ledger"),
    "grants_machine": Text("命令行或系统", "Command line or the system"),
    "grants_granted": Text("授权", "Given"),
    "grants_grant_ended": Text("收回", "Taken back"),
    "grants_deputed": Text("代理 {name}", "Stands in for {name}"),
    "grants_deputation_ended": Text("撤回代理 {name}", "No longer stands in for {name}"),
    "grants_of": Text("{name}的授权", "Grants of {name}"),
    "grants_together": Text(
        "{name}同时担任{which}管理员。系统、安全、审计三类管理员应由不同的人担任。",
        "{name} belongs to the {which} administration at once. They should be different people.",
    ),
    "grants_system": Text("系统", "system's"),
    "grants_security": Text("安全", "security's"),
    "grants_audit": Text("审计", "audit's"),
    # --------------------------------------------------------------------------------------- who holds which right here
    "figures_audience": Text("统计口径", "Audience"),
    "figures_audience_official": Text("公布口径", "Official"),
    "figures_audience_mine": Text("本人可见", "What I may see"),
    "figures_note_official": Text("公布口径：全单位", "Official: the whole house"),
    "figures_note_mine": Text(
        "本人可见：只含您有权查看的事项，不得作为公布数据", "Mine: only what you may see; not for publication"
    ),
    "figures_suppressed": Text(
        "＜5：不足 5 件，或者为防止推算，不予公布。",
        "＜5: fewer than five, or held back so that nothing can be reckoned; not printed.",
    ),
    "access_title": Text("谁有权查看和办理", "Who holds which right here"),
    "access_link": Text("谁有权查看和办理本件", "Who holds which right on this case"),
    "access_looked_link": Text("谁看过本件", "Who looked at this case"),
    "access_back": Text("返回本件", "Back to the case"),
    "access_roles": Text("角色与人员", "Roles and people"),
    "access_role": Text("角色", "Role"),
    "access_who": Text("人员", "Who"),
    "access_reads": Text("可查看", "Reads"),
    "access_does": Text("可办理", "May do"),
    "access_party": Text("本件当事人", "Bound to this case"),
    "access_nobody": Text("无人担任", "Nobody"),
    "access_own": Text("{role}，{unit}", "{role}, {unit}"),
    "access_inherited": Text("{role}，上级单位{unit}", "{role}, of {unit} above"),
    "access_deputy": Text("代理{name}", "stands in for {name}"),
    "access_blind": Text("本阶段不可见", "Does not see it in this state"),
    "access_reads_public": Text("公开内容", "what is public"),
    "access_reads_internal": Text("内部内容", "what is internal"),
    "access_reads_personal": Text("个人信息", "personal data"),
    "access_reads_confidential": Text("保密内容", "what is confidential"),
    "access_reads_brief": Text("交办摘要", "the brief"),
    "access_cut": Text("共 {n} 人，仅列前 {shown} 人", "{n} people, the first {shown} shown"),
    "access_recused": Text("回避", "Recused"),
    "access_recused_none": Text("无人回避。", "Nobody is recused."),
    "access_recused_person": Text("被反映人", "complained about"),
    "access_recused_close": Text("与本件有利害关系", "too close to the matter"),
    "access_recused_unit": Text(
        "被反映单位，其及下属单位的授权不计", "complained about: grants there and below do not count"
    ),
    "access_why": Text("原因", "Why"),
    "access_looks": Text("查看记录", "Who looked at it"),
    "access_looks_none": Text("没有查看记录。", "Nobody has looked at it on record."),
    "access_looks_open": Text(
        "只登记对保密、匿名事项的查看。", "Only looks at confidential and anonymous cases are recorded."
    ),
    "access_times": Text("{n} 次", "{n} times"),
    "access_first": Text("首次", "First"),
    "access_last": Text("最近", "Last"),
    "access_openings": Text("身份查看申请与批准", "Openings of the identity"),
    "access_openings_none": Text("没有人申请查看身份。", "Nobody has asked for the identity."),
}
