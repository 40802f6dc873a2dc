"""Texts of the page of calls for proposals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

CALL_TEXTS: Final[Mapping[str, Text]] = {
    "calls_title": Text("提案征集", "Calls for proposals"),
    "calls_note": Text(
        "征集期内，职工代表可以提出提案、附议他人的提案；逾期提交的按流程规定处理。",
        "While a call is open, delegates propose and second; what comes later is dealt with as the procedure says.",
    ),
    "calls_none": Text("还没有登记届次。", "No congress session is on record yet."),
    "calls_window": Text("征集时间", "The call"),
    "calls_meets": Text("大会", "The congress meets"),
    "calls_replies": Text("答复期限", "Replies due"),
    "calls_board": Text("{title}（{n} 件）", "{title} ({n})"),
    "call_window": Text("{begins} 至 {ends}", "{begins} to {ends}"),
    "call_unsaid": Text("未定", "not said"),
    "call_undated": Text("未定征集时间", "No days set"),
    "call_coming": Text("{on} 开始征集", "Opens on {on}"),
    "call_open": Text("征集中", "Open"),
    "call_left": Text("征集中，{on} 截止，还有 {n} 个工作日", "Open until {on}, {n} working days left"),
    "call_over": Text("已于 {on} 截止", "Closed on {on}"),
}
