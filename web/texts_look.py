"""Texts of the navigation, of how pages look, and of lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

LOOK_TEXTS: Final[Mapping[str, Text]] = {
    "nav_menu": Text("菜单", "Menu"),
    "nav_mine": Text("我的办件", "My work"),
    "nav_search": Text("检索", "Search"),
    "nav_board": Text("会务看板", "Board"),
    "nav_meeting": Text("审查会议", "Review meeting"),
    "nav_calls": Text("提案征集", "Calls for proposals"),
    "nav_register": Text("公开登记册", "Public register"),
    "nav_supervise": Text("督办总览", "Supervision"),
    "nav_audit": Text("审计", "Audit"),
    "nav_process": Text("流程实况", "Process map"),
    "nav_own": Text("我的事项", "My cases"),
    "nav_admin": Text("管理", "Administration"),
    "nav_group_desk": Text("办理", "Desk"),
    "nav_group_congress": Text("会务", "Congress"),
    "nav_group_oversight": Text("督办与统计", "Oversight"),
    "nav_group_rules": Text("规则", "Rules"),
    "nav_group_proof": Text("审计与账册", "Proof"),
    "nav_group_house": Text("系统管理", "House"),
    "category": Text("类别", "Category"),
    "order": Text("排序", "Order"),
    "order_opened": Text("最新登记在前", "Newest first"),
    "order_due": Text("期限近的在前", "Due first"),
    "order_number": Text("按编号", "By number"),
    "order_due_note": Text("只列出有期限在走的事项。", "Only cases with a running deadline are listed."),
    "order_number_note": Text("只列出已有编号的事项。", "Only cases that have a number are listed."),
    "export_csv": Text("导出 CSV", "Save as CSV"),
    "export_xlsx": Text("导出 Excel 表", "Save as Excel sheet"),
    "moved_on": Text("最近办理日期", "Last move"),
    "export_note": Text(
        "导出内容与上面的筛选、排序一致，最多 {n} 行；导出会记入账册。",
        "The file holds what the conditions above select, {n} rows at most; that it was saved is recorded.",
    ),
    "column_actions": Text("操作", "Actions"),
    "look_form": Text("显示设置", "How pages look"),
    "look_theme": Text("明暗", "Brightness"),
    "look_theme_system": Text("跟随系统", "As the device"),
    "look_theme_light": Text("浅色", "Light"),
    "look_theme_dark": Text("深色", "Dark"),
    "look_print": Text("字号", "Print"),
    "look_print_normal": Text("标准", "Normal"),
    "look_print_large": Text("大字", "Large"),
}
