"""Texts of the pages about sheets: who has reported, and what the figures come to, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

SHEET_TEXTS: Final[Mapping[str, Text]] = {
    "rows_given": Text("每一项都要填，没有的填 0。", "Every row is filled in; write 0 for none."),
    "sheet_link": Text("打开{title}", "Open the {title}"),
    "sheet_back": Text("返回该件", "Back to the case"),
    "sheet_totals": Text("合计", "Totals"),
    "sheet_item": Text("指标", "Item"),
    "sheet_own": Text("本级", "Own"),
    "sheet_below": Text("下级", "Below"),
    "sheet_total": Text("合计", "Total"),
    "sheet_now": Text("现在合计", "Total now"),
    "sheet_outdated": Text(
        "汇总以后下级有变动：“合计”是汇总时的数，“现在合计”是现在的数。请重新汇总；已经上报的先更正。",
        "Units below have changed since: the total is that of then, beside it stands what it comes to now. Add it up"
        " again; correct it first if it was reported.",
    ),
    "sheet_not_yet": Text(
        "还没有汇总过。下面是已报送单位现在的合计。",
        "It was not added up yet. This is what those that reported come to.",
    ),
    "sheet_hidden": Text(
        "另有 {n} 个单位您无权查看；合计以汇总时的数为准。",
        "There are {n} units more that you may not see; the totals are those that were kept.",
    ),
    "sheet_units": Text("各单位报送情况", "Who has reported"),
    "sheet_counts": Text(
        "应报 {due} 个，已报 {counted} 个，未报 {awaited} 个，免报 {spared} 个",
        "{due} due, {counted} reported, {awaited} missing, {spared} spared",
    ),
    "sheet_state": Text("报送情况", "Standing"),
    "sheet_no_units": Text("没有下发给下级单位。", "It was sent to no unit below."),
    "sheet_not_added": Text("不汇总", "not added up"),
    "sheet_units_shown": Text(
        "各单位的数是该单位连同其下级的合计；点单位名称看它的下级。",
        "Each unit's figures include those below it; open a unit to see them.",
    ),
    "sheet_export_note": Text(
        "导出的表包括各级下级单位，一个单位一行，最多 {n} 行；导出会记入账册。",
        "The file has the units of all levels below, one a row, {n} at most; that it was taken is recorded.",
    ),
    "sheet_level": Text("级次", "Level"),
    "sheet_unit_own": Text("{item}（本级）", "{item} (own)"),
    "sheet_unit_total": Text("{item}（合计）", "{item} (total)"),
    "sheet_is_sum": Text("等于 {parts}", "makes {parts}"),
    "sheet_at_most": Text("不超过 {item}", "at most {item}"),
    "sheet_between": Text("{least} 至 {most}", "{least} to {most}"),
    "sheet_least": Text("不小于 {least}", "{least} at least"),
    "sheet_most": Text("不大于 {most}", "{most} at most"),
}
