"""Texts of the archive, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

ARCHIVE_TEXTS: Final[Mapping[str, Text]] = {
    "nav_archive": Text("档案", "Archive"),
    "archive_title": Text("档案", "Archive"),
    "archive_lead": Text(
        "已经终结的事项，提出在后的在前。年度按提出的年份；保存期限自终结之日起算。",
        "What is over, the newest opened first. A year is that of opening; terms run from the day of the end.",
    ),
    "archive_year": Text("年度", "Year"),
    "archive_ended": Text("终结日期", "Ended"),
    "archive_class": Text("答复类别", "Class of the reply"),
    "archive_answer": Text("答复和评价", "Reply and evaluation"),
    "archive_evaluation": Text("评价", "Evaluation"),
    "archive_kept": Text("保存至", "Kept until"),
    "archive_kept_until": Text("{what}：{on}", "{what}: {on}"),
    "archive_why_title": Text("为何是这一天", "Why this date"),
    "archive_why": Text(
        "终结于{ended}，保存{years}年，至{until}期满。依据：{source}。",
        "It ended on {ended} and is kept for {years} years, until {until}. Source: {source}.",
    ),
    "archive_over": Text("已期满", "Term over"),
    "archive_held": Text("保全中", "Held"),
    "archive_permanent": Text("没有须按期删除的内容", "Nothing in it has a term"),
    "archive_bundle": Text("证据包", "Bundle"),
    "archive_none": Text(
        "没有符合条件的已终结事项。换一个届次、年度，或清除条件。",
        "Nothing that is over matches. Try another session or year, or clear the conditions.",
    ),
    "archive_waiting": Text("已结案、待归档的：", "Closed, waiting for the archive:"),
    "archive_due": Text("保存期限届满、可以删除的", "Kept for long enough: may be erased"),
    "archive_due_note": Text(
        "列出最早期满的几件。删除须两人办理：一人提出，另一人核准；已设定期删除的，由后台任务办理。",
        "The oldest few. Erasing takes two people, one asks and another approves; or the job does it, where it is set.",
    ),
    "archive_due_count": Text("期满 {n} 项", "{n} values"),
    "archive_due_act": Text("办理删除", "Erase"),
    "archive_due_stays": Text("暂不删除：{why}", "Stays for now: {why}"),
}
