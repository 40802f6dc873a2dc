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

    from engine.figures.trial import Trial
    from engine.figures.what_if import Changed, Outcome
    from engine.service.what_if import Simulated
    from engine.service.world import World
    from runtime.cli.terminal import Terminal

CHANGES_SHOWN = 20
UNIT_KEYS = ("unit", "cases_now", "cases_tried", "open_now", "open_tried", "late_now", "late_tried")


def simulate(
    context: typer.Context,
    workflow: Annotated[str, typer.Option("--workflow", "-w", metavar="NAME", help="流程名称 · the workflow")],
    set_: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help='试算什么，可多次，如 reply.within="45 working days"、reply.red=+10、parameter.seconders_min=3、'
            "guard.enough_seconders=off、lead.welfare=人力资源部；不写即列出可试算的 · "
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
    from engine.figures.trial import listed, trial_of
    from engine.service.what_if import simulate as simulated
    from runtime.rules import load_calendar

    run = the_run(context)
    settings = dict(_pair(text) for text in set_ or ())
    with run.desk() as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        world = desk.world(organisation)
        newest = world.rules.for_new(workflow)
        if not settings and calendar is None:
            _list(run.terminal, list(listed(newest)), as_json=as_json)
            return
        other = None if calendar is None else load_calendar(calendar, run.settings().calendar_missing)
        called = None if calendar is None else Text(f"“{calendar.name}”中的通知", f"the notices in {calendar.name!r}")
        trial = trial_of(newest, settings, units=world.surroundings.units.values(), other_calendar=called)
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
    _say_units(terminal, outcome, world)
    if trial.is_decided_anew:
        _say_turned(terminal, found, changes)
    _say_changed(terminal, found, changes)
    terminal.say(Text("没有写入任何内容", "Nothing was written"))


def _say_units(terminal: Terminal, outcome: Outcome, world: World) -> None:
    head = (
        Text("单位", "Unit"),
        Text("件数：现行", "Cases now"),
        Text("件数：试算", "Cases tried"),
        Text("在办期限：现行", "Open now"),
        Text("在办期限：试算", "Open tried"),
        Text("逾期：现行", "Late now"),
        Text("逾期：试算", "Late tried"),
    )
    units = list(_units(terminal, outcome, world))
    moved = [numbers for numbers in units if numbers[1::2] != numbers[2::2]]
    if moved:
        terminal.say()
        rows = [(name, *map(str, numbers)) for name, *numbers in moved]
        terminal.table(head, rows, right=range(1, len(head)))
    if same := len(units) - len(moved):
        terminal.say(Text(f"其余 {same} 个单位不变", f"{same} other unit(s) as now"))


def _say_turned(terminal: Terminal, found: Simulated, changes: int) -> None:
    from engine.case.scope import SHANGHAI

    outcome = found.outcome
    terminal.say()
    terminal.say(
        Text(
            f"重新逐步办理：{outcome.turned_count} 件走向不同，此后有 {outcome.dropped} 步办不成",
            f"Decided anew: {outcome.turned_count} case(s) differ, {outcome.dropped} later move(s) drop out",
        )
    )
    if outcome.turns:
        head = (Text("首个不同的环节", "First move that differs"), Text("结果", "What of it"), Text("件数", "Cases"))
        rows = [(terminal.read(move), terminal.read(what), str(n)) for (move, what), n in outcome.turns.most_common()]
        terminal.table(head, rows, right=(2,))
        shown = outcome.turned[:changes]
        head = (Text("编号", "Number"), Text("环节", "Move"), Text("办理日期", "Made on"))
        made = [(one, one.at.astimezone(SHANGHAI).date()) for one in shown]
        terminal.table(head, [(found.numbers[one.case], terminal.read(one.move), str(on)) for one, on in made])
    for why, count in outcome.unknown.most_common():
        terminal.say(
            Text(f"{count} 件未能重新办理，按现状计入：{why.zh}", f"{count} case(s) left as they are: {why.en}")
        )


def _say_changed(terminal: Terminal, found: Simulated, changes: int) -> None:
    outcome = found.outcome
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


def _lines(outcome: Outcome) -> Iterator[tuple[Text, int, int]]:
    from engine.figures.what_if import state_lines

    before, after = outcome.before, outcome.after
    yield (
        Text(f"逾期件数（共 {outcome.cases} 件）", f"Late cases, of {outcome.cases}"),
        before.late_cases,
        after.late_cases,
    )
    yield Text(f"逾期期限（共 {outcome.clocks} 个）", f"Late deadlines, of {outcome.clocks}"), before.late, after.late
    for title, one, other in state_lines(outcome):
        yield Text(f"现处环节：{title.zh}", f"Standing in: {title.en}"), one, other
    for deadline, rung in sorted({*before.rungs, *after.rungs}):
        of, title = outcome.titles[deadline], outcome.titles[f"{deadline}/{rung}"]
        key = (deadline, rung)
        yield Text(f"{of.zh}：{title.zh}", f"{of.en}: {title.en}"), before.rungs[key], after.rungs[key]


def _units(terminal: Terminal, outcome: Outcome, world: World) -> Iterator[tuple[str, int, int, int, int, int, int]]:
    """Yield of each unit its name, and in pairs, as it is and as tried: its cases, its open deadlines, those late."""
    from engine.figures.what_if import units_of

    before, after = outcome.before, outcome.after
    for unit in units_of(outcome):
        known = world.surroundings.units.get(unit)
        name = unit if known is None else terminal.read(known.title)
        yield (
            name,
            before.cases[unit],
            after.cases[unit],
            before.open[unit],
            after.open[unit],
            before.units[unit],
            after.units[unit],
        )


def _change(terminal: Terminal, one: Changed, found: Simulated) -> tuple[str, str, str, str]:
    late = terminal.read(Text("（逾期）", " (late)"))
    return (
        found.numbers[one.case],
        terminal.read(one.deadline),
        f"{one.due_before or '—'}{late if one.late_before else ''}",
        f"{one.due_after or '—'}{late if one.late_after else ''}",
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
        "units": [dict(zip(UNIT_KEYS, line, strict=True)) for line in _units(terminal, outcome, world)],
        "turned": outcome.turned_count,
        "dropped": outcome.dropped,
        "left": outcome.unknown.total(),
        "turns": [
            {
                "case": one.case,
                "number": found.numbers[one.case],
                "move": terminal.read(one.move),
                "at": one.at.isoformat(),
                "what": terminal.read(one.what),
            }
            for one in outcome.turned[:changes]
        ],
        "changed": outcome.changed_count,
        "changes": [
            {
                "case": one.case,
                "number": found.numbers[one.case],
                "deadline": terminal.read(one.deadline),
                "due_now": None if one.due_before is None else one.due_before.isoformat(),
                "due_tried": None if one.due_after is None else one.due_after.isoformat(),
                "late_now": one.late_before,
                "late_tried": one.late_after,
            }
            for one in outcome.changed[:changes]
        ],
    }
