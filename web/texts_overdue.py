"""The texts of the list of deadlines and of acting on it, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

OVERDUE_TEXTS: Final[Mapping[str, Text]] = {
    "overdue_near": Text("临期", "Nearly late"),
    "overdue_both": Text("已超期和临期", "Overdue and nearly late"),
    "overdue_near_days": Text("临期工作日数", "Working days that are near"),
    "overdue_near_hint": Text(
        "不填：已启动督办层级的，或 3 个工作日内到期的", "Empty: a rung stands, or due within 3 working days"
    ),
    "overdue_rung": Text("督办层级", "Rung"),
    "overdue_figures": Text("期限概况", "Deadlines at a glance"),
    "overdue_cut": Text("事项较多，只统计最久的 {n} 项。", "Only the {n} most overdue are counted."),
    "overdue_handler": Text("应办人：{names}", "Must act: {names}"),
    "overdue_others": Text("{names}等 {n} 人", "{names} and others, {n} in all"),
    "overdue_following": Text("下一层级", "Next rung"),
    "overdue_next": Text("下一层级：{title}，{on}", "Next: {title}, {on}"),
    "overdue_next_on": Text("下一层级：{on}", "Next on {on}"),
    "overdue_select": Text("选择", "Select"),
    "overdue_select_one": Text("选择：{title}", "Select: {title}"),
    "overdue_select_all": Text("全选本页", "Select the whole page"),
    "overdue_select_none": Text("取消全选", "Select none"),
    "overdue_measure": Text("对所选事项采取督办措施", "Take a measure on the selected"),
    "overdue_go": Text("下一步：填写并核对", "Next: fill in and preview"),
    "act_title": Text("督办：{title}", "Supervision: {title}"),
    "act_none_chosen": Text("没有选择事项，请返回列表勾选。", "Nothing is selected; go back and tick some."),
    "act_none_offered": Text("所选事项都不能采取此项措施。", "This measure is open for none of the selected."),
    "act_preview": Text("所选事项（{n} 件可以采取此项措施）", "What is selected (open for {n})"),
    "act_previewed": Text(
        "核对结果：可以办理 {n} 件，不能办理 {refused} 件", "Preview: {n} can be done, {refused} cannot"
    ),
    "act_check_hint": Text(
        "填写后先核对：逐件列明将要办理的内容和不能办理的理由；核对不办理任何事项。",
        "Fill in and look first: what would be done to each, and why not. Looking does nothing.",
    ),
    "act_preview_hint": Text(
        "尚未办理任何事项。确认后只办理勾选的事项；其间被他人更新的，不予办理并说明。",
        "Nothing is done yet. What is ticked is done once you confirm; what others change meanwhile is left out.",
    ),
    "act_check": Text("核对", "Preview"),
    "act_again": Text("重新核对", "Preview again"),
    "act_will_raise": Text("升为“{title}”", "raises “{title}”"),
    "act_will_tell": Text("通知{roles}", "tells {roles}"),
    "act_will_open": Text("开出{title}", "opens: {title}"),
    "act_will_do": Text("可以办理", "can be done"),
    "act_will_not": Text("不能办理，不计入本次", "cannot be done and is left out"),
    "act_results": Text("办理结果：成功 {done} 件，未办 {refused} 件", "Results: {done} done, {refused} refused"),
    "act_done": Text("已办理", "done"),
    "act_repeated": Text("此前已办理，未重复", "done before, not repeated"),
    "act_refused": Text("未办理", "refused"),
    "act_retry": Text("对未办理的 {n} 件重新填写", "Try again for the {n} refused"),
    "act_back": Text("返回期限列表", "Back to the list"),
    "act_what": Text("办理内容", "What is done"),
    "act_result": Text("结果", "Result"),
}
