"""Texts of the report on the cases of a congress session and of the statistical table, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

REPORT_TEXTS: Final[Mapping[str, Text]] = {
    "report_link_report": Text("办理情况报告", "Report"),
    "report_link_table": Text("统计表", "Table"),
    "report_title": Text("{title}办理情况报告", "Report: {title}"),
    "report_table_title": Text("{title}统计表", "Table of figures: {title}"),
    "report_overall": Text("总体情况", "As a whole"),
    "report_by_category": Text("分类别情况", "By category"),
    "report_by_unit": Text("分单位情况", "By unit"),
    "report_late": Text("超期和督办情况", "What is late"),
    "report_measures": Text("指标及其构成", "All figures and what they are made of"),
    "report_checkpoint": Text("账册检查点", "Checkpoint of the ledger"),
    "report_received": Text(
        "截至{at}，{unit}{scope}共登记{title}{n}件。", "Until {at}, {unit} {scope}: {n} cases ({title})."
    ),
    "report_rates": Text("其中：{said}。", "Of them: {said}."),
    "report_results": Text("处理结果：{said}。", "What became of them: {said}."),
    "report_count": Text("{title}{value}件", "{title} {value}"),
    "report_share": Text("{title}{value}（{n}/{d}）", "{title} {value} ({n}/{d})"),
    "report_few": Text("（样本较少，仅供参考）", " (few cases)"),
    "report_audience": Text("统计口径：{audience}", "Figures: {audience}"),
    "report_steps": Text("办理进度（到达各环节的件数）：", "How many reached each step:"),
    "report_shares": Text("主要指标：", "The first figures:"),
    "report_pieces": Text("{n}件", "{n}"),
    "report_all": Text("合计", "All"),
    "report_cases": Text("件数", "Cases"),
    "report_became": Text("受理和处理结果（件）：", "What became of them:"),
    "report_how": Text("办理质量（比率、分子/分母、95%置信区间）：", "Rates, what they are made of, interval of 95%:"),
    "report_bars": Text("{title}：", "{title}:"),
    "report_small": Text(
        "标“＊”的和空心条的，样本少于该指标规定的件数（最多{n}件），比率仅供参考，不宜排名。",
        "A star and a hollow bar: fewer cases than the measure asks for ({n} at most); not fit to rank by.",
    ),
    "report_cells": Text(
        "分母为零的，比率记“—”。每件只计一次；各指标的口径见“指标及其构成”。",
        "A share of nothing is “—”. Each case counts once; what a figure is made of stands below.",
    ),
    "report_late_note": Text(
        "以下为{at}仍在运行、已经超期的期限，按索取人有权查看的事项列出；选定届次、单位的，只列该届次、单位的，"
        "不受统计时期和截止时间影响。",
        "Deadlines that run and are over on {at}, of the cases that the reader may see: those of the session and unit "
        "that were chosen, whatever the period and the cut-off.",
    ),
    "report_late_confidential": Text(
        "此类事项涉及保密，报告中不逐件列出；请有权查看的人员在“期限”页面查看。",
        "Cases of this kind may be confidential and are not listed: who may see them looks at the page of deadlines.",
    ),
    "report_late_none": Text("没有超期的期限。", "Nothing is late."),
    "report_late_more": Text(
        "超期的期限较多，本表只列最久的{n}项。", "There are more; these {n} are the most overdue."
    ),
    "report_number": Text("编号", "Number"),
    "report_subject": Text("案由", "Subject"),
    "report_lead_unit": Text("承办单位", "Handled by"),
    "report_deadline": Text("期限", "Deadline"),
    "report_due": Text("截止", "Due"),
    "report_standing": Text("情况", "Standing"),
    "report_rung": Text("督办层级", "Rung"),
    "report_none": Text("没有可列的内容。", "Nothing to list."),
    "report_no_checkpoint": Text(
        "账册尚未封存，本报告没有检查点可依。", "Nothing is sealed yet: the report has no checkpoint to go by."
    ),
    "report_origin": Text("账册名称：{origin}", "Origin: {origin}"),
    "report_size": Text("检查点第{n}号，包含{size}条记录", "Checkpoint {n}, {size} entries"),
    "report_short": Text("根指纹：{short}", "Root: {short}"),
    "report_covers": Text("涵盖至：{at}", "Covers until {at}"),
    "report_scan": Text(
        "扫码得到的文字就是检查点全文（含签名）。请把全部文字存成文本文件保存；以后审计人员用"
        " banjie verify --anchor 加这个文件名，可以核对账册此后有没有被改动。",
        "The code says the whole signed note. Keep all of it as a text file: with banjie verify --anchor and its name"
        " an auditor can check later that the ledger was not changed since.",
    ),
}
