"""The texts of entries on behalf: the forms, what the history says of them, and the slip for the person; part of
``web.texts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

BEHALF_TEXTS: Final[Mapping[str, Text]] = {
    "behalf_new": Text("代录{title}", "Enter for somebody: {title}"),
    "behalf_move": Text("代录：{title}", "Enter for somebody: {title}"),
    "behalf_entry": Text("代录{title}", "Enter for somebody: {title}"),
    "behalf_moves": Text("代当事人录入", "Enter for the person"),
    "behalf_moves_note": Text(
        "当事人以书面、电话、当面办理的，由您代录；须有依据，本人会收到告知，可以提出异议。",
        "What the person did on paper, by telephone or in person. It needs a basis; the person is told and may object.",
    ),
    "behalf_note": Text(
        "系统会记下：由您录入、为谁录入、依据什么、何时发生、何时录入。本人会收到告知，可在异议期限内提出异议。",
        "What is recorded: that you entered it, for whom, on what basis, when it happened and when it was entered. The "
        "person is told, and may object within the term.",
    ),
    "behalf_veil": Text(
        "选“保密”的，您录入时当然知道是谁；录入以后本件只记代号，您再要查看身份，同样须一人申请、另一人批准。依据中不要写姓名。",
        "At the level “confidential” you know, of course, who it is while you enter it. Afterwards the case bears a "
        "veiled name only: to see who it is you too must ask, and another must agree. Write no name into the basis.",
    ),
    "behalf_basis_group": Text("为谁录入，依据什么", "For whom, and on what basis"),
    "behalf_person": Text("为谁代录", "For whom"),
    "behalf_person_help": Text(
        "填登录名，或名册中不重名的姓名；不知道是谁的不填",
        "A login, or a name that only one person has; empty if nobody knows who it was",
    ),
    "behalf_person_move_help": Text(
        "本件只有一名当事人的不必填；保密件不填",
        "Empty where the case has one such party; always empty for confidential cases",
    ),
    "behalf_kind": Text("来件形式", "In what form it came"),
    "behalf_kind_paper": Text("纸质材料", "On paper"),
    "behalf_kind_telephone": Text("来电", "By telephone"),
    "behalf_kind_visit": Text("来访", "In person"),
    "behalf_basis": Text("依据", "Basis"),
    "behalf_basis_help": Text(
        "如提案表编号和页码、通话记录编号、接访登记编号",
        "As number and page of the form, or the number of the call or visit",
    ),
    "behalf_on": Text("发生日期", "When it happened"),
    "behalf_on_help": Text(
        "本人交来、来电、来访的日期；期限和统计按此日期计算",
        "The day the person came or wrote; terms and figures count from it",
    ),
    "behalf_scan": Text("扫描件校验值（SHA-256）", "Hash of the scan (SHA-256)"),
    "behalf_scan_help": Text("有扫描件的填写，64位十六进制数", "Where there is a scan: 64 hexadecimal digits"),
    "behalf_submit": Text("确认代录", "Enter it"),
    "behalf_none_here": Text("您没有为他人录入此类事项的权限。", "You may not enter such matters for others."),
    # ------------------------------------------------------------------------------------------------- in the history
    "entered_for": Text("代录：为{whom}；{kind}", "Entered for {whom}; {kind}"),
    "entered_nobody": Text("不知名的人", "somebody unknown"),
    "entered_hidden": Text("本件当事人（保密）", "the party of the case (confidential)"),
    "entered_basis": Text("依据：{basis}", "basis: {basis}"),
    "entered_scan": Text("扫描件 {scan}", "scan {scan}"),
    # --------------------------------------------------------------------------------------------------- the slip
    "behalf_slip": Text("代录回执", "Receipt of an entry on behalf"),
    "behalf_slip_show": Text("打印回执", "Slip to print"),
    "behalf_slip_what": Text("录入内容", "What was entered"),
    "behalf_slip_number": Text("编号", "Number"),
    "behalf_slip_case": Text("事项", "Matter"),
    "behalf_slip_whom": Text("为谁录入", "Entered for"),
    "behalf_slip_who": Text("录入人", "Entered by"),
    "behalf_slip_happened": Text("发生时间", "When it happened"),
    "behalf_slip_at": Text("录入时间", "When it was entered"),
    "behalf_slip_until": Text("异议期限", "Object until"),
    "behalf_slip_hash": Text("记录校验值", "Hash of the record"),
    "behalf_slip_how": Text(
        "请核对。与您的意思不符的，请在异议期限内登录系统“对代录提出异议”，或向工会办公室书面提出。提出异议不影响办理，督办人会知道。",
        "Please check this. If it is not so, object within the term: log in and use “Object to an entry on behalf”, or "
        "write to the union office. The handling goes on, and the supervisor is told.",
    ),
    "behalf_slip_print": Text(
        "请打印后交给本人；没有账号的，凭此单核对。", "Print it and hand it to the person, who may have no account."
    ),
    "behalf_slip_back": Text("回到事项", "Back to the case"),
}
