"""``banjie overdue``: what is late or nearly late, by whom, on which rung. Acting on it stands in ``overdue_act``."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.text import Text
from runtime.cli.options import AsJson, OfWorkflow, Organisation
from runtime.cli.run import the_root, the_run
from runtime.cli.terminal import Terminal

if TYPE_CHECKING:
    from datetime import datetime

    from engine.service.overdue import OverdueEntry, OverdueFigures

NEAR_DAYS_LAST: Final = 250
HEAD: Final = (
    Text("编号", "Number"),
    Text("案由", "Subject"),
    Text("单位", "Unit"),
    Text("应办人", "Must act"),
    Text("期限", "Deadline"),
    Text("截止日期", "Due"),
    Text("逾期或剩余", "Late or left"),
    Text("督办层级", "Rung"),
    Text("下一层级", "Next rung"),
)


class Shown(StrEnum):
    """The words of ``engine.service.overdue.Scope``, which is not imported to read ``--help``."""

    LATE = "late"
    NEAR = "near"
    BOTH = "both"


class OnRung(StrEnum):
    """The words of ``engine.service.rung_colours.Colour``."""

    NONE = "none"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    BLACK = "black"


def overdue(
    context: typer.Context,
    workflow: OfWorkflow = None,
    within: Annotated[
        int | None,
        typer.Option(
            min=0, max=3660, metavar="DAYS", help="并列出若干日内到期的 · also what is due within so many days"
        ),
    ] = None,
    scope: Annotated[Shown, typer.Option(help="逾期、临期或两者 · what is late, nearly late, or both")] = Shown.LATE,
    near_days: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=NEAR_DAYS_LAST,
            metavar="N",
            help="临期指若干工作日内到期；不填按督办层级，或 3 个工作日 · working days that count as near",
        ),
    ] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="只看这一单位（标识、编码或名称）· only this unit")
    ] = None,
    rung: Annotated[OnRung | None, typer.Option(help="只看处于这一层级的 · only those on such a rung")] = None,
    act: Annotated[
        str | None,
        typer.Option(metavar="MEASURE", help="采取督办措施，如 催办、发出督办单 · take a measure, as remind"),
    ] = None,
    reason: Annotated[str | None, typer.Option(metavar="TEXT", help="理由（催办内容、督办要求）· why")] = None,
    field: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="措施要求填写的其他内容，可重复 · other fields of the measure"),
    ] = None,
    case: Annotated[
        list[str] | None,
        typer.Option(metavar="CASE", help="只对这些事项办理，可重复；不填则对列出的全部 · only these, not all listed"),
    ] = None,
    login: Annotated[
        str | None, typer.Option("--as", metavar="LOGIN", help="以谁的名义办理 · who takes the measure")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只核对，不办理 · preview only")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="对多件办理时不再询问 · do not ask before many")] = False,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """逾期和临期的事项，最久的在前；并可对其督办 · What is late or nearly late, the latest first; and act on it."""
    from api.instants import listed_before
    from engine.case.actors import SYSTEM
    from engine.errors import NotFound
    from engine.service.overdue import OverdueAsk, OverdueList, Scope
    from engine.service.rung_colours import Colour
    from runtime.cli.overdue_act import Wanted, act_on

    run = the_run(context)
    with run.desk(write=act is not None and not dry_run) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        world = desk.world(organisation)
        if workflow is not None:
            world.rules.newest(workflow)
        of_unit = None if unit is None else world.surroundings.unit_called(unit)
        if unit is not None and of_unit is None:
            raise NotFound(Text(f"没有名为“{unit}”的单位", f"No unit is called {unit!r}"), unit=unit)
        now = desk.office.now()
        ask = OverdueAsk(
            scope=Scope(scope),
            near_working_days=near_days,
            before=None if within is None else listed_before(now, within),
            workflow=workflow,
            unit=None if of_unit is None else of_unit.id,
            colour=None if rung is None else Colour(rung),
        )
        if act is not None:
            wanted = Wanted(measure=act, reason=reason, fields=tuple(field or ()), cases=tuple(case or ()), login=login)
            act_on(run, desk, organisation, ask, wanted, dry_run=dry_run, yes=yes, as_json=as_json)
            return
        listed = OverdueList(desk, organisation, SYSTEM)
        entries, figures = listed.all(ask), listed.figures(ask)
    _tell(run.terminal, entries, figures, now, as_json=as_json)


def _tell(
    terminal: Terminal,
    entries: Sequence[OverdueEntry],
    figures: OverdueFigures,
    now: datetime,
    *,
    as_json: bool,
) -> None:
    if as_json:
        from api.overdue import entry_json, figures_json
        from engine.case.codec import at_text

        cases = [entry_json(entry, now) for entry in entries]
        terminal.json({"as_of": at_text(now), "figures": figures_json(figures), "cases": cases})
        return
    if not entries:
        terminal.say(Text("没有逾期事项", "Nothing is overdue"))
        return
    terminal.table(HEAD, [_row(terminal, entry) for entry in entries])
    terminal.say(Text(f"共 {len(entries)} 项", f"{len(entries)} deadline(s)"))
    terminal.say(_figures_line(figures))


def _row(terminal: Terminal, entry: OverdueEntry) -> tuple[str, ...]:
    case = entry.line.case
    return (
        case.number or case.id,
        case.subject or "",
        terminal.read(entry.unit_title),
        "、".join(entry.handlers),
        terminal.read(entry.deadline_title),
        terminal.read(_due(entry)),
        terminal.read(_late_or_left(entry)),
        "" if entry.rung is None else terminal.read(entry.rung.title.text),
        terminal.read(_following(entry)),
    )


def _due(entry: OverdueEntry) -> Text:
    from datetime import date

    from engine.calendar.wording import weekday_text

    due_on = date.fromisoformat(entry.line.due_on)
    weekday = weekday_text(due_on)
    provisional = Text("暂定", " provisional") if entry.line.provisional else Text("", "")
    return Text(f"{due_on}（{weekday.zh}）{provisional.zh}", f"{due_on} ({weekday.en}){provisional.en}")


def _late_or_left(entry: OverdueEntry) -> Text:
    days = entry.working_days
    if days is None:
        return Text("逾期", "late") if entry.is_late else Text("未到期", "not due yet")
    if entry.is_late:
        return Text(f"逾期 {days} 个工作日", f"{days} working day(s) late")
    return Text(f"剩 {-days} 个工作日", f"{-days} working day(s) left") if days else Text("今日到期", "due today")


def _following(entry: OverdueEntry) -> Text:
    if entry.next_on is None:
        return Text("", "")
    title = Text("", "") if entry.next_rung is None else entry.next_rung.title.text
    tentative = Text("暂定", " provisional") if entry.line.provisional else Text("", "")
    return Text(
        f"{entry.next_on}{tentative.zh} {title.zh}".strip(), f"{entry.next_on}{tentative.en} {title.en}".strip()
    )


def _figures_line(figures: OverdueFigures) -> Text:
    from engine.service.rung_colours import COLOUR_TITLES

    rungs = [(COLOUR_TITLES[colour], count) for colour, count in figures.by_colour.items() if count]
    zh = "、".join(f"{title.zh} {count}" for title, count in rungs) or "无"
    en = ", ".join(f"{title.en} {count}" for title, count in rungs) or "none"
    more = Text("（只统计最久的部分）", " (the most overdue only)") if figures.is_cut else Text("", "")
    return Text(
        f"逾期 {figures.late} 项，临期 {figures.near} 项；按层级：{zh}{more.zh}",
        f"{figures.late} late, {figures.near} nearly late; by rung: {en}{more.en}",
    )
