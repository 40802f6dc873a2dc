"""``banjie calendar``: due dates, the months of a year, the notices on file, drafts of new ones."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.calendar_import import import_notice
from runtime.cli.days import days_table, print_year
from runtime.cli.options import AsJson
from runtime.cli.run import the_run

if TYPE_CHECKING:
    from engine.calendar.explain import Explanation
    from engine.calendar.notices import Notice
    from engine.definition.period import Period

commands = typer.Typer(no_args_is_help=True, help="工作日历与期限计算 · Working days and due dates.")
commands.command("import")(import_notice)

Year = Annotated[int, typer.Argument(min=2000, max=2100, metavar="YEAR", help="年份 · the year")]


class RollTo(StrEnum):
    """Where an end on a day off moves."""

    NONE = "none"
    NEXT = "next"
    PREVIOUS = "previous"


class Counted(StrEnum):
    """Which way a term is counted."""

    FORWARD = "forward"
    BACKWARD = "backward"


@commands.command("due")
def due(
    context: typer.Context,
    start: Annotated[str, typer.Option(metavar="DATE", help="起算日（或时刻） · the day or instant it starts")],
    within: Annotated[
        str, typer.Option(metavar="PERIOD", help="N working days|days|months|hours，如 “15 working days” · the term")
    ],
    roll: Annotated[
        RollTo | None,
        typer.Option(help="末日遇休息日：不动、顺延、提前；日与月默认顺延 · default next for days and months"),
    ] = None,
    direction: Annotated[Counted, typer.Option(help="向后或向前推算 · counted forward or back")] = Counted.FORWARD,
    why: Annotated[bool, typer.Option("--why", help="逐日说明 · explain it day by day")] = False,
    as_json: AsJson = False,
) -> None:
    """推算截止日期 · Work out a due date."""
    from engine.calendar.explain import explain
    from engine.calendar.term import Direction, Roll
    from engine.definition.period import parse_period
    from runtime.known_calendar import known_calendar

    run = the_run(context)
    period = parse_period(within)
    explanation = explain(
        known_calendar(run.settings()),
        _start(start),
        period,
        roll=None if roll is None else Roll(roll.value),
        direction=Direction(direction.value),
    )
    if as_json:
        run.terminal.json(_due_json(explanation))
        return
    run.terminal.say(_due_line(explanation, period))
    if why:
        for sentence in explanation.sentences:
            run.terminal.say(sentence)
        run.terminal.say()
        days_table(run.terminal, explanation.days)


@commands.command("show")
def show(context: typer.Context, year: Year) -> None:
    """显示一年的工作日：休、班 · Show the months of a year: days off (-), make-up days (+)."""
    from runtime.known_calendar import known_calendar

    run = the_run(context)
    calendar = known_calendar(run.settings())
    print_year(run.terminal, calendar, year)
    if all(notice.year != year for notice in calendar.notices):
        run.terminal.complain(
            Text(f"! {year} 年放假通知尚未录入，以上为暂定", f"! No notice for {year} is on file: provisional")
        )


@commands.command("list")
def listed(context: typer.Context, as_json: AsJson = False) -> None:
    """列出已录入的放假通知 · List the notices on file."""
    from runtime.known_calendar import known_calendar

    run = the_run(context)
    calendar = known_calendar(run.settings())
    notices: list[tuple[Notice, str | None]] = [(notice, None) for notice in calendar.notices]
    notices += [(overlay.notice, overlay.unit) for overlay in calendar.overlays]
    notices.sort(key=lambda entry: (entry[0].year, entry[1] or ""))
    if as_json:
        run.terminal.json({"notices": [_notice_json(notice, unit) for notice, unit in notices]})
        return
    head = (
        Text("年份", "Year"),
        Text("文号", "Number"),
        Text("印发日期", "Issued"),
        Text("放假", "Off"),
        Text("调休上班", "Make-up"),
        Text("单位", "Unit"),
    )
    rows = [
        (
            str(notice.year),
            notice.number or run.terminal.read(Text("未核对", "not compared")),
            "" if notice.issued_on is None else notice.issued_on.isoformat(),
            str(len(notice.days_off)),
            str(len(notice.make_up_days)),
            unit or "",
        )
        for notice, unit in notices
    ]
    run.terminal.table(head, rows, right=(3, 4))


@commands.command("seed")
def seed(
    context: typer.Context,
    year: Year,
    provisional_until: Annotated[
        int | None,
        typer.Option(
            min=2000,
            max=2100,
            metavar="YEAR",
            help="改为生成至该年的法定节假日 · statutory days up to that year instead",
        ),
    ] = None,
) -> None:
    """由 holidays 库生成放假通知初稿，须与原文核对 · Draft a notice; compare it with the document."""
    from importlib.util import find_spec

    run = the_run(context)
    if find_spec("holidays") is None:
        run.refuse(
            Text("未安装 holidays 库", "The holidays library is not installed"),
            Text("请安装：pip install 'banjie[seed]'", "Install it: pip install 'banjie[seed]'"),
        )
    from runtime.cli.calendar_seed import seed_notice_text, seed_statutory_text

    text = seed_notice_text(year) if provisional_until is None else seed_statutory_text(year, provisional_until)
    typer.echo(text, nl=False)


def _notice_json(notice: Notice, unit: str | None) -> dict[str, object]:
    return {
        "year": notice.year,
        "title": {"zh": notice.source.zh, "en": notice.source.en},
        "number": notice.number,
        "issued_on": None if notice.issued_on is None else notice.issued_on.isoformat(),
        "days_off": sorted(day.isoformat() for day in notice.days_off),
        "make_up_days": sorted(day.isoformat() for day in notice.make_up_days),
        "unit": unit,
    }


def _start(text: str) -> datetime:
    """Return the instant a term starts: that of the text, or 00:00 in Asia/Shanghai of a day."""
    from engine.calendar.term import day_begins_at
    from runtime.cli.run import day_given, instant_given

    day = day_given(text) if len(text) == len("2026-09-30") else None
    return instant_given(text) if day is None else day_begins_at(day)


def _due_line(explanation: Explanation, period: Period) -> Text:
    from engine.calendar.term import SHANGHAI
    from engine.calendar.wording import weekday_text
    from engine.definition.period import PeriodUnit

    found = explanation.due
    weekday = weekday_text(found.effective_on)
    by_hours = period.unit is PeriodUnit.HOURS
    when = f"{found.due_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if by_hours else found.effective_on.isoformat()
    tentative = Text(" 暂定", " provisional") if found.provisional else Text("", "")
    return Text(f"{when}（{weekday.zh}）{tentative.zh}", f"{when} ({weekday.en}){tentative.en}")


def _due_json(explanation: Explanation) -> dict[str, object]:
    from api.rendering import days_json, text_json
    from engine.case.codec import at_text

    found = explanation.due
    return {
        "due_on": found.effective_on.isoformat(),
        "due_at": at_text(found.due_at),
        "nominal_on": found.nominal_on.isoformat(),
        "provisional": found.provisional,
        "calendar": found.calendar_version,
        "reasons": [text_json(sentence) for sentence in explanation.sentences],
        "days": days_json(explanation),
    }
