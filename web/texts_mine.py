"""The texts of the list of what waits for somebody, of its forms and of parts of several units, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

MINE_TEXTS: Final[Mapping[str, Text]] = {
    "mine_title": Text("我的办件", "Waiting for me"),
    "mine_lead": Text(
        "现在须由您办理的事项，先到期的在前。主办件与本单位的承办件合为一行。",
        "What you must act on now, the next due first. A case and your unit's part in it are one line.",
    ),
    "mine_overdue": Text("已超期", "Overdue"),
    "mine_today": Text("今天到期", "Due today"),
    "mine_week": Text("本周到期", "Due this week"),
    "mine_later": Text("本周以后", "Later"),
    "mine_undated": Text("没有期限", "Without a term"),
    "mine_at_least": Text("{n} 件以上", "{n} or more"),
    "mine_figures": Text("按到期时间", "By when it is due"),
    "mine_none": Text("没有须由您办理的事项。", "Nothing waits for you."),
    "mine_none_here": Text(
        "按这些条件没有须由您办理的事项。可以重置条件后再看。", "Nothing waits for you under this filter. Reset it."
    ),
    "mine_whose": Text("由谁办理", "Waits for"),
    "mine_person": Text("本人（提案人、附议人等）", "Me by name (as a proposer, seconder …)"),
    "mine_post": Text("本单位、本岗位", "My unit or post"),
    "mine_next": Text("下一步", "What is asked next"),
    "mine_more": Text("其他办理", "More"),
    "mine_nothing_offered": Text("等待其他环节", "Waits for others"),
    "mine_parts": Text("协办情况", "Other units"),
    "mine_parts_left": Text("另有 {n} 个单位", "and {n} more units"),
    "mine_extension_asked": Text("已申请延期，待批", "Extension asked for"),
    "mine_extension_granted": Text("已延期", "Extended"),
    "mine_unread": Text("未读通知 {n} 条", "{n} unread notices"),
    "mine_print": Text("打印今日清单", "Print the day's list"),
    "mine_print_title": Text("待办清单", "The day's list"),
    "mine_print_for": Text("{name} · {on}", "{name} · {on}"),
    "mine_print_done": Text("办理情况", "What was done"),
    "mine_print_cut": Text(
        "只列先到期的 {n} 件；其余请在“我的办件”中查看。", "The {n} next due; see the page for the rest."
    ),
    "mine_print_now": Text("打印时按浏览器的“打印”。", "Use the browser's own “print”."),
    "mine_back": Text("返回我的办件", "Back to what waits for me"),
    "mine_select": Text("选择", "Select"),
    "mine_select_one": Text("选择：{title}", "Select: {title}"),
    "mine_select_all": Text("全选本页", "Select the whole page"),
    "mine_select_none": Text("取消全选", "Select none"),
    "mine_batch": Text("对所选事项办理", "For the selected"),
    "mine_batch_go": Text("下一步：逐件核对", "Next: look at each"),
    "mine_do_title": Text("批量办理：{title}", "Several at once: {title}"),
    "mine_do_check": Text(
        "核对结果：可以办理 {n} 件，不能办理 {refused} 件", "Looked at: {n} can be done, {refused} cannot"
    ),
    "mine_do_hint": Text(
        "尚未办理任何事项。确认后只办理勾选的；其间被他人更新的，不予办理并说明。",
        "Nothing is done yet. What is ticked is done once you confirm; what others change meanwhile is left out.",
    ),
    "mine_do_none": Text("没有选择可以办理的事项，请返回勾选。", "Nothing selected can be done; go back and tick."),
    "mine_do_ready": Text("可以办理", "Can be done"),
    "mine_do_confirm": Text("确认{title}", "Confirm: {title}"),
    "mine_done": Text("已办理“{title}”：{number} {subject}", "Done: {title}, {number} {subject}"),
    "mine_extend_preview": Text("延期后的日期", "The new date"),
    "mine_extend_days": Text("试算延长天数", "Days to try"),
    "mine_extend_try": Text("试算", "Work out"),
    "mine_extend_now": Text("现在到期：{on}", "Due now: {on}"),
    "mine_extend_new": Text("延长 {days} 日后到期：{on}", "{days} days more: due {on}"),
    "mine_extend_over": Text(
        "按规定不能延长 {days} 日：以 {count} 次、共 {max} 日为限，且须在到期前提出。",
        "{days} days more are not allowed: {count} time(s), {max} days in all, and before the term is over.",
    ),
    "mine_extend_write": Text("填写：{title}", "Fill in: {title}"),
    "mine_extend_hint": Text(
        "按日历日计算，末日遇休息日、节假日的顺延；批准后以批准的天数为准。",
        "Counted in calendar days; a last day off moves on. What counts is what is granted.",
    ),
    "parts_unit": Text("单位", "Unit"),
    "parts_role": Text("承办角色", "Part"),
    "parts_state": Text("办理、会签情况", "Standing"),
    "parts_since": Text("自", "Since"),
    "parts_due": Text("期限", "Due"),
    "parts_number": Text("文号", "Number"),
}
