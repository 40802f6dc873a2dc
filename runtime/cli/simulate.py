"""``banjie simulate``: what past cases would have come to under another term, ladder or calendar. Writes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import the_root, the_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.figures.what_if import Changed, Outcome, Trial
    from engine.service.what_if import Simulated
    from engine.service.world import World
    from runtime.cli.terminal import Terminal

CHANGES_SHOWN = 20


def simulate(
    context: typer.Context,
    workflow: Annotated[str, typer.Option("--workflow", "-w", metavar="NAME", help="流程名称 · the workflow")],
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help='试算什么，可多次，如 reply.within="45 working days"、reply.red=+10；不写即列出可试算的 · '
            "what is tried, repeatable; without any, what may be tried is listed",
        ),
    ] = None,
    calendar: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="改用另一套放假通知 · the notices of another calendar")
    ] = None,
    changes: Annotated[
        int, typer.Option("--changes", metavar="N", min=0, max=1_000, help="列出有变化的期限 · changes listed")
    ] = CHANGES_SHOWN,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """试算：时限、督办层级或日历改了，以往事项会怎样；不写入任何内容 · Try other rules out on past cases."""
    from engine.figures.what_if import listed, trial_of
    from engine.service.what_if import simulate as simulated
    from runtime.rules import load_calendar

    run = the_run(context)
    settings = dict(_pair(text) for text in set_ or ())
    with run.desk() as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        world = desk.world(organisation)
        newest = world.rules.newest(workflow)
        if not settings and calendar is None:
            _list(run.terminal, list(listed(newest)), as_json=as_json)
            return
        other = None if calendar is None else load_calendar(calendar, run.settings().calendar_missing)
        called = None if calendar is None else Text(f"“{calendar.name}”中的通知", f"the notices in {calendar.name!r}")
        trial = trial_of(newest, settings, other_calendar=called)
        whole = desk.reads.cases_up_to(organisation, workflow, 10_000_000)
        with run.terminal.progress(Text("试算", "Trying")) as progressed:
            found = simulated(
                desk, organisation, workflow, trial, calendar=other, progress=lambda done: progressed(done, whole)
            )
    if as_json:
        run.terminal.json(_json(run.terminal, trial, found, world, changes))
    else:
        _say(run.terminal, trial, found, world, changes)


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key or not value:
        raise typer.BadParameter(f"--set {text}：应为 项=值 · --set takes KEY=VALUE")
    return key.strip(), value.strip()


def _list(terminal: Terminal, found: list[tuple[str, Text]], *, as_json: bool) -> None:
    if as_json:
        terminal.json([{"key": key, "now": terminal.read(said)} for key, said in found])
        return
    if not found:
        terminal.say(Text("这一流程没有列出可试算的项", "This workflow lists nothing that may be tried"))
        return
    terminal.table(
        (Text("--set 的项", "Key of --set"), Text("现行规定", "Now")),
        [(key, terminal.read(said)) for key, said in found],
    )


def _say(terminal: Terminal, trial: Trial, found: Simulated, world: World, changes: int) -> None:
    outcome = found.outcome
    for setting in trial.settings:
        before, after = setting.before, setting.after
        terminal.say(
            Text(
                f"试算：{setting.title.zh}由{before.zh}改为{after.zh}",
                f"Tried: {setting.title.en}, {after.en} for {before.en}",
            )
        )
    head = (Text("", ""), Text("现行", "Now"), Text("试算", "Tried"), Text("相差", "More"))
    lines = list(_lines(outcome))
    shown_lines = [*lines[:2], *(line for line in lines[2:] if line[1] != line[2])]
    rows = [(terminal.read(title), str(one), str(other), f"{other - one:+d}") for title, one, other in shown_lines]
    terminal.table(head, rows, right=(1, 2, 3))
    if same := len(lines) - len(shown_lines):
        terminal.say(Text(f"其余 {same} 种督办层级的次数不变", f"{same} other rung(s) as often as now"))
    head = (
        Text("单位", "Unit"),
        Text("在办期限", "Open"),
        Text("逾期：现行", "Late now"),
        Text("逾期：试算", "Late tried"),
    )
    units = list(_units(terminal, outcome, world))
    moved = [unit for unit in units if unit[2] != unit[3]]
    if moved:
        terminal.say()
        terminal.table(head, [(name, *map(str, numbers)) for name, *numbers in moved], right=(1, 2, 3))
    if same := len(units) - len(moved):
        terminal.say(Text(f"其余 {same} 个单位的逾期数不变", f"{same} other unit(s) with as many late as now"))
    shown = outcome.changed[:changes]
    terminal.say()
    terminal.say(
        Text(
            f"到期日或是否逾期有变化的期限 {outcome.changed_count} 个，列出 {len(shown)} 个",
            f"{outcome.changed_count} deadline(s) would be due or late otherwise, {len(shown)} listed",
        )
    )
    if shown:
        head = (
            Text("编号", "Number"),
            Text("期限", "Deadline"),
            Text("到期：现行", "Due now"),
            Text("到期：试算", "Due tried"),
        )
        terminal.table(head, [_change(terminal, one, found) for one in shown])
    terminal.say(Text("没有写入任何内容", "Nothing was written"))


def _lines(outcome: Outcome) -> Iterator[tuple[Text, int, int]]:
    before, after = outcome.before, outcome.after
    yield (
        Text(f"逾期件数（共 {outcome.cases} 件）", f"Late cases, of {outcome.cases}"),
        before.late_cases,
        after.late_cases,
    )
    yield Text(f"逾期期限（共 {outcome.clocks} 个）", f"Late deadlines, of {outcome.clocks}"), before.late, after.late
    for deadline, rung in sorted({*before.rungs, *after.rungs}):
        of, title = outcome.titles[deadline], outcome.titles[f"{deadline}/{rung}"]
        key = (deadline, rung)
        yield Text(f"{of.zh}：{title.zh}", f"{of.en}: {title.en}"), before.rungs[key], after.rungs[key]


def _units(terminal: Terminal, outcome: Outcome, world: World) -> Iterator[tuple[str, int, int, int]]:
    from engine.figures.what_if import units_of

    for unit in units_of(outcome):
        known = world.surroundings.units.get(unit)
        name = unit if known is None else terminal.read(known.title)
        yield name, outcome.open[unit], outcome.before.units[unit], outcome.after.units[unit]


def _change(terminal: Terminal, one: Changed, found: Simulated) -> tuple[str, str, str, str]:
    late = terminal.read(Text("（逾期）", " (late)"))
    return (
        found.numbers[one.case],
        terminal.read(one.deadline),
        f"{one.due_before}{late if one.late_before else ''}",
        f"{one.due_after}{late if one.late_after else ''}",
    )


def _json(terminal: Terminal, trial: Trial, found: Simulated, world: World, changes: int) -> dict[str, object]:
    outcome = found.outcome
    return {
        "tried": [
            {"title": terminal.read(t), "now": terminal.read(b), "instead": terminal.read(a)}
            for t, b, a in trial.settings
        ],
        "cases": outcome.cases,
        "deadlines": outcome.clocks,
        "lines": [{"title": terminal.read(t), "now": one, "tried": other} for t, one, other in _lines(outcome)],
        "units": [
            {"unit": name, "open": still, "late_now": one, "late_tried": other}
            for name, still, one, other in _units(terminal, outcome, world)
        ],
        "changed": outcome.changed_count,
        "changes": [
            {
                "case": one.case,
                "number": found.numbers[one.case],
                "deadline": terminal.read(one.deadline),
                "due_now": one.due_before.isoformat(),
                "due_tried": one.due_after.isoformat(),
                "late_now": one.late_before,
                "late_tried": one.late_after,
            }
            for one in outcome.changed[:changes]
        ],
    }
