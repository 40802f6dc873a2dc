"""How a case is named, and a clock or a late deadline told, at a terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING

from engine.errors import CaseNotFound
from engine.text import Text
from runtime.cli.run import Run

if TYPE_CHECKING:
    from engine.case.case import Clock
    from engine.case.identity import CaseId, RootId
    from engine.definition.model import Workflow
    from engine.service.desk import Desk
    from engine.service.ports import OverdueLine
    from engine.service.world import World

HEAD = (
    Text("编号", "Number"),
    Text("案由", "Subject"),
    Text("单位", "Unit"),
    Text("期限", "Deadline"),
    Text("截止日期", "Due"),
    Text("逾期或剩余", "Late or left"),
    Text("督办", "Rungs"),
)
STATES = {
    "running": Text("计时中", "running"),
    "suspended": Text("中止", "suspended"),
    "met": Text("已办结", "met"),
    "cancelled": Text("已取消", "cancelled"),
}


def case_called(desk: Desk, root: RootId, name: str) -> CaseId:
    """Return the case with this id or number; raises CaseNotFound.

    An assignment bears the number of its parent: by number the parent is meant.
    """
    from engine.case.identity import CaseId

    if desk.reads.case(root, CaseId(name), None) is not None:
        return CaseId(name)
    rules = desk.world(root).rules
    for workflow in sorted(rules.names(), key=lambda known: not rules.newest(known).counts_as_case):
        found = desk.reads.case_by_field(root, workflow, name)
        if found is not None:
            return found
    raise CaseNotFound


def overdue_table(run: Run, lines: Sequence[OverdueLine], world: World, now: datetime) -> None:
    """Print deadlines with how late they are."""
    run.terminal.table(HEAD, [_overdue_row(run, line, world, now) for line in lines])


def _overdue_row(run: Run, line: OverdueLine, world: World, now: datetime) -> tuple[str, ...]:
    from engine.calendar.wording import weekday_text

    terminal = run.terminal
    due_on = date.fromisoformat(line.due_on)
    weekday = weekday_text(due_on)
    provisional = Text("暂定", " provisional") if line.provisional else Text("", "")
    return (
        line.case.number or line.case.id,
        line.case.subject or "",
        terminal.read(_unit_title(line, world)),
        terminal.read(_deadline_title(line, world)),
        terminal.read(Text(f"{due_on}（{weekday.zh}）{provisional.zh}", f"{due_on} ({weekday.en}){provisional.en}")),
        terminal.read(_late_or_left(line, world, now)),
        "、".join(terminal.read(title) for title in _rung_titles(line, world)),
    )


def _late_or_left(line: OverdueLine, world: World, now: datetime) -> Text:
    from engine.calendar.term import SHANGHAI
    from engine.case.codec import instant
    from engine.service.overdue import calendar_of_line, working_days_late

    calendar = calendar_of_line(line, _workflow(line, world), world)
    days = working_days_late(calendar, date.fromisoformat(line.due_on), now.astimezone(SHANGHAI).date())
    if instant(line.due_at) <= now:
        return Text("逾期", "late") if days is None else Text(f"逾期 {days} 个工作日", f"{days} working day(s) late")
    if days is None:
        return Text("未到期", "not due yet")
    return Text(f"剩 {-days} 个工作日", f"{-days} working day(s) left") if days else Text("今日到期", "due today")


def _unit_title(line: OverdueLine, world: World) -> Text:
    from engine.case.identity import UnitId

    name = line.case.lead_unit or line.case.unit
    unit = world.surroundings.units.get(UnitId(name))
    return Text(name, name) if unit is None else unit.title


def _workflow(line: OverdueLine, world: World) -> Workflow:
    known = world.rules.workflows.get((line.case.workflow, line.case.definition_version))
    return world.rules.newest(line.case.workflow) if known is None else known[0]


def _deadline_title(line: OverdueLine, world: World) -> Text:
    part = _workflow(line, world).deadlines.get(line.deadline)
    return Text(line.deadline, line.deadline) if part is None else part.title.text


def _rung_titles(line: OverdueLine, world: World) -> Iterator[Text]:
    workflow = _workflow(line, world)
    part = workflow.deadlines.get(line.deadline)
    ladder = None if part is None or part.ladder is None else workflow.ladders[part.ladder]
    titles = {} if ladder is None else {rung.id: rung.title.text for rung in ladder.rungs}
    return (titles.get(rung, Text(rung, rung)) for rung in json.loads(line.rungs))


def clock_dates(clock: Clock) -> Iterator[Text]:
    """Yield when a clock was due at first and is due now, and what moved it."""
    from engine.calendar.wording import date_text

    promised, due = date_text(clock.promised_on), date_text(clock.due_on)
    tentative = Text("（暂定）", " (provisional)") if clock.provisional else Text("", "")
    yield Text(f"  最初承诺：{promised.zh}", f"  promised at first: {promised.en}")
    yield Text(f"  现截止日期：{due.zh}{tentative.zh}", f"  due now: {due.en}{tentative.en}")
    for from_on, until_on in clock.suspensions:
        begin = date_text(from_on)
        end = Text("至今", "still standing") if until_on is None else date_text(until_on)
        yield Text(f"  中止：{begin.zh} — {end.zh}", f"  suspended: {begin.en} — {end.en}")
    for days in clock.extensions:
        yield Text(f"  延长：{days} 日", f"  extended: {days} day(s)")
