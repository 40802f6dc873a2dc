"""The texts of drawings, of a workflow's page and of what stands beside them; part of ``web.texts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

DIAGRAM_TEXTS: Final[Mapping[str, Text]] = {
    "diagram_title": Text("{title}流程图", "Diagram: {title}"),
    "diagram_said": Text(
        "{title}共有 {states} 个状态、{lines} 条连线，自上而下办理；图中编号与下表一致。",
        "{title}: {states} states and {lines} lines, from top to bottom; the numbers are those of the table below.",
    ),
    "diagram_line": Text("{n}：{source} → {target}，{moves}", "{n}: {source} → {target}, {moves}"),
    "diagram_and_more": Text("{move}等{n}项", "{move} ({n} moves)"),
    "diagram_scroll": Text("流程图，可左右滚动", "Diagram; scroll sideways"),
    "diagram_table": Text("图中连线逐条说明", "The lines of the diagram, one by one"),
    "diagram_number": Text("编号", "No."),
    "diagram_from": Text("自", "From"),
    "diagram_to": Text("至", "To"),
    "diagram_moves": Text("办理事项", "Moves"),
    "diagram_keys": Text("图例", "Key"),
    "diagram_key_forward": Text("向前办理", "forward"),
    "diagram_key_back": Text("退回、重新办理（虚线）", "back (dashed)"),
    "diagram_key_stays": Text("状态不变的办理（方框右侧小圈）", "the state stays (loop)"),
    "diagram_key_many": Text("可由多个状态直接到达（短箭头）", "from many states (short arrow)"),
    "diagram_key_taken": Text("本件走过的路（粗线，圈号为先后）", "the way of this case (thick)"),
    "diagram_source": Text("流程图代码（Mermaid）", "Source of the diagram (Mermaid)"),
    "diagram_cases": Text("{n}件", "{n} cases"),
    "diagram_late": Text("逾期{n}", "{n} late"),
    "workflow_now": Text("流程图与当前件数", "Diagram, and where cases stand"),
    "workflow_now_note": Text(
        "方框里是您看得到的事项件数，底色发红的有已超期的；点方框看清单。",
        "In each box: how many cases you see there; reddish ones have late cases. Follow a box to its list.",
    ),
    "workflow_cases": Text("件数", "Cases"),
    "workflow_late": Text("其中逾期", "Late"),
    "workflow_effects": Text("办理结果", "What follows"),
    "workflow_asks": Text("填写", "Asks for"),
    "workflow_field_required": Text("{title}（必填）", "{title} (required)"),
    "workflow_on_behalf": Text("；可由{roles}代录", "; entered on behalf by {roles}"),
    "workflow_starts": Text("何时起算", "Starts with"),
    "workflow_opening": Text("立项登记", "opening"),
    "workflow_start_day_excluded": Text("起算当日不计", "the first day is not counted"),
    "workflow_start_day_included": Text("起算当日计入", "the first day counts"),
    "workflow_roll_none": Text("末日遇休息日不顺延", "an end on a day off stays"),
    "workflow_roll_next": Text("末日遇休息日顺延到下一工作日", "an end on a day off moves to the next working day"),
    "workflow_roll_previous": Text(
        "末日遇休息日提前到上一工作日", "an end on a day off moves to the working day before"
    ),
    "workflow_suspension": Text(
        "可中止至多{count}次、共{days}日，由{approver}批准",
        "suspended {count} times and {days} days at most, by {approver}",
    ),
    "workflow_extension": Text(
        "可延长至多{count}次、共{days}日，由{approver}批准",
        "extended {count} times and {days} days at most, by {approver}",
    ),
    "workflow_ladder": Text("督办层级", "Ladder"),
    "workflow_rung": Text("{level} 级 {title}：{when}", "{level} {title}: {when}"),
    "workflow_notices": Text("通知", "Notices"),
    "workflow_told": Text("通知谁", "Who is told"),
    "workflow_versions": Text("版本与差异", "Versions and their differences"),
    "workflow_first_version": Text("最早的版本。", "The first version."),
    "workflow_no_changes": Text("与上一版本没有差别。", "Nothing differs from the version before."),
}
