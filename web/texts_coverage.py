"""Texts of the pages about rosters and how much of them was reached, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

COVERAGE_TEXTS: Final[Mapping[str, Text]] = {
    "nav_coverage": Text("覆盖率", "Coverage"),
    "coverage_title": Text("名册与覆盖率", "Rosters and coverage"),
    "coverage_lead": Text(
        "名册上的每一条只计一次，走访、培训多少次都一样。名册以现在的为准，只计您可以查看的条目。",
        "Each line of a roster counts once, however often it was reached. Rosters count as they are now, and only what"
        " you may see of them.",
    ),
    "coverage_year": Text("年度", "Year"),
    "coverage_what": Text("项目", "What"),
    "coverage_rate": Text("覆盖率", "Coverage"),
    "coverage_covered": Text("已覆盖", "Covered"),
    "coverage_lines": Text("应覆盖", "On the roster"),
    "coverage_goal": Text("目标", "Goal"),
    "coverage_short": Text("还差 {n}", "{n} more needed"),
    "coverage_met": Text("已达到目标", "Goal reached"),
    "coverage_no_goal": Text("没有定目标", "No goal"),
    "coverage_planned": Text("已列入计划", "Planned"),
    "coverage_planned_n": Text("已列入计划、尚未办的 {n}，不计入", "{n} are planned and do not count yet"),
    "coverage_twice": Text("说明理由后重复的 {n} 次，不重复计", "{n} times once more, for a reason; counted once"),
    "coverage_as_of": Text("统计时间：", "Counted at:"),
    "coverage_none": Text("没有声明覆盖率的流程。", "No procedure declares a coverage."),
    "line_called": Text("{key}（{name}）", "{key} ({name})"),
    "coverage_empty": Text(
        "名册上还没有条目。请打开名册，点“新建”逐条登记；已有台账的，在“台账”页导入。",
        "Nothing stands on this roster yet. Open it and enter its lines, or bring in a register of them.",
    ),
    "coverage_by_value": Text("按{title}", "By {title}"),
    "coverage_by_unit": Text("按单位", "By unit"),
    "coverage_own": Text("本单位自身", "The unit itself"),
    "coverage_no_value": Text("未注明", "Not said"),
    "coverage_missing": Text("未覆盖的", "Not covered"),
    "coverage_reached": Text("已覆盖的", "Covered"),
    "coverage_which": Text("名单", "List"),
    "coverage_key": Text("编号", "Key"),
    "coverage_name": Text("名称", "Name"),
    "coverage_nobody_missing": Text("没有未覆盖的。", "Nobody is missing."),
    "coverage_nobody_reached": Text("还没有已覆盖的。", "Nobody is covered yet."),
    "coverage_two_years": Text(
        "{first}年和{last}年两年合计，每人计一次", "{first} and {last} together, each counted once"
    ),
    "coverage_one_year": Text("{last}年", "{last}"),
    "coverage_now": Text("名册现在的情况", "The roster as it is now"),
    "coverage_source": Text("依据：{source}", "Source: {source}"),
    "coverage_of_roster": Text("名册：{title}", "Roster: {title}"),
    "coverage_see_roster": Text("打开名册", "Open the roster"),
    "workflow_rosters": Text("名册、覆盖率与统计表", "Rosters, coverage and sheets"),
    "workflow_roster": Text("名册", "Roster"),
    "workflow_roster_rule": Text("规则", "Rule"),
}
