"""The texts of the overview of supervision, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

SUPERVISE_TEXTS: Final[Mapping[str, Text]] = {
    "supervise_title": Text("督办总览", "Supervision"),
    "supervise_lead": Text(
        "{unit}及其下级单位。数字均按您可以查看的事项统计，点数字看清单。",
        "{unit} and the units below it, as far as you may see their cases. Each number opens its list.",
    ),
    "supervise_as_of": Text("截至 {at}", "As of {at}"),
    "supervise_kept": Text(
        "事项很多，统计每 10 分钟更新一次；清单是即时的，可能与统计略有出入。",
        "There are very many cases: counted every 10 minutes. Lists are of this moment and may differ a little.",
    ),
    "supervise_recounting": Text("正在后台重新统计，稍后刷新即可。", "Being counted anew; load the page again soon."),
    "supervise_anew": Text("重新统计", "Count again"),
    "supervise_way": Text("单位层级", "Where you are"),
    "supervise_tabs": Text("督办的各个方面", "Parts of the overview"),
    "supervise_tab_overview": Text("总览", "Overview"),
    "supervise_tab_ladders": Text("督办层级", "Ladders in action"),
    "supervise_tab_promises": Text("承诺落实", "Promises"),
    "supervise_tab_transfers": Text("退办转办", "Handed back, passed on"),
    "supervise_late": Text("已超期", "Overdue"),
    "supervise_near": Text("临期", "Nearly late"),
    "supervise_promises_late": Text("承诺逾期未落实", "Promises not kept in time"),
    "supervise_by_unit": Text("按单位", "By unit"),
    "supervise_by_unit_note": Text(
        "超期、临期按期限计，一件可有几个期限；在办按件计，结案后待归档的不计。有下级的单位点名称继续向下看。",
        "Late and near count deadlines, of which a case may have several; in hand counts cases not closed. The name "
        "of a unit opens the units below it.",
    ),
    "supervise_own": Text("{unit}（本级）", "{unit} itself"),
    "supervise_total": Text("合计", "In all"),
    "supervise_rungs": Text("督办层级", "On rungs"),
    "supervise_cases": Text("在办", "In hand"),
    "supervise_parts": Text("承办件", "Parts in hand"),
    "supervise_due_soon": Text("本周到期", "Due this week"),
    "supervise_days": Text("平均在办天数", "Days open, average"),
    "supervise_days_n": Text("{n} 天", "{n}"),
    "supervise_given": Text("交办", "Given"),
    "supervise_handed_back": Text("退办", "Handed back"),
    "supervise_handed_back_rate": Text("退办率", "Share handed back"),
    "supervise_nothing": Text(
        "{unit}及其下级没有您可以查看的在办事项。", "No open case of {unit} or below that you may see."
    ),
    "supervise_by_person": Text("按应办人", "By who must act"),
    "supervise_by_person_note": Text(
        "按岗位计：同一岗位几人共同负责的，每人各计一次。",
        "By post: where several hold a post together, each of them is counted.",
    ),
    "supervise_person": Text("应办人", "Must act"),
    "supervise_units_more": Text("{names}等 {n} 个单位", "{names} and others, {n} units"),
    "supervise_nobody": Text("没有须由岗位办理的事项。", "Nothing waits for a post."),
    "supervise_persons_cut": Text("只列前 {n} 人。", "The first {n} only."),
    "supervise_rung_reached": Text("{at} 启动", "raised {at}"),
    "supervise_rung_told": Text("告知：{names}", "told: {names}"),
    "supervise_rung_roles": Text("告知对象：{names}", "tells: {names}"),
    "supervise_ladders_note": Text(
        "已启动督办层级、仍未办结的期限，最久的在前。", "Deadlines on which a rung stands, the most overdue first."
    ),
    "supervise_ladders_none": Text("没有已启动的督办层级。", "No rung stands."),
    "supervise_ladder": Text("已启动的层级", "Rungs raised"),
    "supervise_next_rung": Text("下一层级", "Next rung"),
    "supervise_last_rung": Text("已到最高层级", "the last one"),
    "supervise_promises_note": Text(
        "答复中承诺限期落实的事项（如B类答复），先到期的在前。",
        "What replies have promised by a day, the next due first.",
    ),
    "supervise_promises_none": Text("没有待落实的承诺事项。", "No promise is open."),
    "supervise_promise": Text("承诺事项", "Promise"),
    "supervise_promise_by": Text("落实时限", "By"),
    "supervise_follow_up": Text("跟踪情况", "Follow-up"),
    "supervise_reported": Text("已报告落实，待核查", "reported as carried out, to be checked"),
    "supervise_not_reported": Text("尚未报告落实", "not reported yet"),
    "supervise_promise_hidden": Text("内容不在您的查看范围内", "not among what you may read"),
    "supervise_all_promises": Text("全部待落实", "All open promises"),
    "supervise_ahead": Text("3 个工作日内到期", "Due within 3 working days"),
    "supervise_bounced": Text("退办两次以上的事项", "Handed back twice or more"),
    "supervise_bounced_none": Text("没有退办两次以上的事项。", "None was handed back twice."),
    "supervise_bounced_times": Text("退办 {n} 次", "handed back {n} times"),
    "supervise_reassigned": Text("重新交办 {n} 次", "assigned anew {n} times"),
    "supervise_transfers_note": Text(
        "交办：交给该单位承办的件数（含协办、含已办结）；退办：其中获准退回的。",
        "Given: parts given to the unit, co-handling and ended ones included. Handed back: those of them taken back.",
    ),
    "overdue_below": Text("含下级单位", "Units below included"),
    "overdue_handler_is": Text("应办人：{name}", "Must act: {name}"),
    "overdue_handler_clear": Text("不限应办人", "Whoever must act"),
}
