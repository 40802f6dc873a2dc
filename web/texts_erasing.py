"""The texts of erasing on a case, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

ERASING_TEXTS: Final[Mapping[str, Text]] = {
    "workflow_retention": Text("保存期限", "How long it is kept"),
    "workflow_kept": Text("内容", "What"),
    "workflow_keeps": Text("保存", "Kept"),
    "workflow_years": Text("终结后 {n} 年", "{n} year(s) after the case has ended"),
    "workflow_hold": Text(
        "“{field}”期间不删除；复查复核中、关联事项未终结的也不删除。",
        "Nothing goes under “{field}”, while a review or an appeal runs, or while a linked case has not ended.",
    ),
    "erasure_title": Text("删除内容", "Erase values"),
    "erasure_link": Text("申请或批准删除本件内容", "Ask for an erasure on this case, or approve one"),
    "erasure_back": Text("返回事项", "Back to the case"),
    "erasure_note": Text(
        "一人申请，另一人批准，两人各自登录办理。删除后任何人都无法恢复，备份中最迟 35 天后消失；"
        "账册保留记录本身，并记下谁申请、谁批准、依据什么。",
        "One person asks and another approves, each logged in. What is erased nobody can bring back; it is gone from "
        "back-ups after 35 days at the latest. The entries stay, and say who asked, who approved and on what ground.",
    ),
    "erasure_waiting": Text("待批准的申请", "Waiting for approval"),
    "erasure_waiting_none": Text("没有待批准的申请。", "Nothing waits for approval."),
    "erasure_by": Text("{name} 于 {at} 申请，{until} 前有效", "{name} asked on {at}; it holds until {until}"),
    "erasure_basis": Text("依据（个人信息保护法第四十七条）", "Ground (PIPL Art.47)"),
    "erasure_sure": Text("已核对，确认永久删除以上内容", "I have checked it: erase this for good"),
    "erasure_approve": Text("批准并删除", "Approve and erase"),
    "erasure_own": Text(
        "这是您的申请，须由另一位有权人员批准。", "You asked for this; somebody else has to approve it."
    ),
    "erasure_ask": Text("申请删除", "Ask for an erasure"),
    "erasure_choose": Text("要删除的内容", "What is to be erased"),
    "erasure_nothing": Text("没有可以删除的内容。", "There is nothing that can be erased."),
    "erasure_stays": Text("须保留的内容", "What has to stay"),
    "erasure_asked": Text(
        "已提交申请，请另一位有权人员登录后批准。", "Asked. Somebody else who may erase has to approve it now."
    ),
    "erasure_done": Text("已删除，密钥随即销毁。", "Erased; the keys are being destroyed."),
}
