"""``banjie explain``: why each deadline of a case ends when it does, day by day, and all that has moved it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.text import Text
from runtime.cli.cases import STATES, case_called, clock_dates
from runtime.cli.days import days_table
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import the_root, the_run
from runtime.cli.terminal import Terminal

if TYPE_CHECKING:
    from api.clock_history import ClockChange, RungDay
    from engine.calendar.calendar import Calendar
    from engine.calendar.walk import ExplainedDay
    from engine.case.case import Clock
    from engine.definition.model import Workflow
    from engine.service.queries import CaseView, TimelineLine

NAMELESS: Final = Text("（保密，不显示姓名）", "(confidential: no name)")
PSEUDONYM: Final = re.compile(r"P[0-9]+")
"""What the ledger calls somebody whose name is not known: no name to show."""
HAPPENED: Final = {
    "started": Text("起算", "started"),
    "suspended": Text("中止计时", "suspended"),
    "resumed": Text("恢复计时", "resumed"),
    "extended": Text("延长", "extended"),
    "withdrawn": Text("撤销督办层级", "rung withdrawn"),
    "capped": Text("并案，从早", "merged: the earlier date"),
    "uncapped": Text("解除并案", "un-merged"),
    "calendar": Text("放假安排变更", "the calendar changed"),
    "met": Text("办结", "met"),
    "cancelled": Text("取消", "cancelled"),
}
CHANGES_HEAD: Final = (
    Text("时间", "When"),
    Text("变动", "What"),
    Text("原截止日期", "Was due"),
    Text("截止日期", "Due"),
    Text("由", "By"),
)
RUNGS_HEAD: Final = (Text("督办层级", "Rung"), Text("日期", "On"), Text("状态", "How it stands"))
RUNG_STATES: Final = {
    "raised": Text("已发出", "raised"),
    "withdrawn": Text("已撤销", "withdrawn"),
    "to_come": Text("待发出", "to come"),
    "open": Text("视办理情况", "if it comes to that"),
    "passed_over": Text("不发", "passed over"),
}


def explain(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE", help="编号或标识 · number or id of the case")],
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """逐日说明一件事项的每个期限 · Explain every deadline of a case, day by day."""
    from api.explained import deadline_json
    from api.rendering import number_of
    from engine.case.actors import SYSTEM

    run = the_run(context)
    with run.desk() as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        world = desk.world(organisation)
        view = desk.queries.case(organisation, case_called(desk, organisation, case), SYSTEM, world)
        lines = desk.queries.timeline(organisation, view.case.id, SYSTEM, world)
    calendar = world.calendar_of(view.case.unit)
    if as_json:
        deadlines = [deadline_json(clock, view.definition, calendar, lines) for clock in view.clocks]
        run.terminal.json({"case": view.case.id, "number": number_of(view), "deadlines": deadlines})
    else:
        _tell(run.terminal, view, calendar, lines)


def _tell(terminal: Terminal, view: CaseView, calendar: Calendar, lines: Sequence[TimelineLine]) -> None:
    from api.rendering import number_of

    workflow = view.definition.workflow
    terminal.say(f"{number_of(view) or view.case.id} {view.fields.get(workflow.subject_field, '')}")
    terminal.say(workflow.states[view.case.state].title.text)
    if not view.clocks:
        terminal.say(Text("没有期限", "There is no deadline"))
    for clock in view.clocks:
        terminal.say()
        _tell_clock(terminal, clock, workflow, calendar, lines)


def _tell_clock(
    terminal: Terminal, clock: Clock, workflow: Workflow, calendar: Calendar, lines: Sequence[TimelineLine]
) -> None:
    from api.clock_history import clock_changes, rung_days
    from api.reckoning import reasons, why

    part = workflow.deadlines[clock.name]
    explanation = why(clock, part, calendar)
    title, state = part.title.text, STATES[str(clock.state)]
    terminal.say(Text(f"【{title.zh}】{state.zh}", f"[{title.en}] {state.en}"))
    for line in clock_dates(clock):
        terminal.say(line)
    for sentence in reasons(clock, explanation):
        terminal.say(Text(f"  {sentence.zh}", f"  {sentence.en}"))
    if explanation is not None:
        days_table(terminal, explanation.days)
        for sentence in sources_of_days(explanation.days):
            terminal.say(Text(f"  {sentence.zh}", f"  {sentence.en}"))
    changes = clock_changes(clock.name, lines)
    if len(changes) > 1:
        terminal.table(CHANGES_HEAD, [_change_row(terminal, change, workflow) for change in changes])
    rungs = rung_days(clock, workflow, calendar, changes)
    if rungs:
        terminal.table(RUNGS_HEAD, [_rung_row(terminal, rung, clock, workflow) for rung in rungs])


def sources_of_days(days: Sequence[ExplainedDay]) -> Iterator[Text]:
    """Yield for each document the days that it made off or worked."""
    made: dict[Text, list[str]] = {}
    for row in days:
        if row.day.source is not None:
            made.setdefault(row.day.source, []).append(row.on.isoformat())
    for source, on in made.items():
        yield Text(f"{'、'.join(on)}：据{source.zh}", f"{', '.join(on)}: by {source.en}")


def _change_row(terminal: Terminal, change: ClockChange, workflow: Workflow) -> tuple[str, ...]:
    from engine.calendar.term import SHANGHAI

    what = [HAPPENED[str(one)] for one in change.happened]
    if change.days is not None:
        what.append(Text(f"{change.days} 日", f"{change.days} day(s)"))
    if change.rungs:
        what.append(Text("发出督办", "rungs raised"))
    transition = workflow.transitions.get(change.transition or "")
    who = terminal.read(NAMELESS) if PSEUDONYM.fullmatch(change.who) else change.who
    by = who if transition is None else f"{who} · {terminal.read(transition.title.text)}"
    tentative = terminal.read(Text("（暂定）", " (provisional)")) if change.provisional else ""
    return (
        f"{change.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        terminal.read(Text("、".join(one.zh for one in what), ", ".join(one.en for one in what))),
        "" if change.from_on is None else change.from_on.isoformat(),
        f"{change.to_on.isoformat()}{tentative}",
        by,
    )


def _rung_row(terminal: Terminal, rung: RungDay, clock: Clock, workflow: Workflow) -> tuple[str, ...]:
    return terminal.read(rung.title), _rung_on(terminal, rung, clock, workflow), _rung_state(terminal, rung)


def _rung_on(terminal: Terminal, rung: RungDay, clock: Clock, workflow: Workflow) -> str:
    if rung.on is not None:
        tentative = clock.provisional and rung.raised_at is None
        return rung.on.isoformat() + (terminal.read(Text("（暂定）", " (provisional)")) if tentative else "")
    if rung.at_move is None:
        return ""
    move = workflow.transitions.get(rung.at_move)
    title = Text(rung.at_move, rung.at_move) if move is None else move.title.text
    return terminal.read(Text(f"第 {rung.times} 次“{title.zh}”时", f"at the {rung.times}. {title.en}"))


def _rung_state(terminal: Terminal, rung: RungDay) -> str:
    return terminal.read(RUNG_STATES[str(rung.state)])
