"""``banjie figures``: the declared measures of a workflow as of an instant."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import Run, instant_given, the_root, the_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.figures.measures import Counted, Tally
    from engine.figures.report import Report

HEAD = (
    Text("指标", "Measure"),
    Text("分子/分母", "Of"),
    Text("结果", "Value"),
    Text("不计入及另列", "Left out and shown beside"),
)
NUMBERS = (1, 2)


class BrokenDownBy(StrEnum):
    """What figures may be broken down by."""

    UNIT = "unit"
    CATEGORY = "category"
    MONTH = "month"


def figures(
    context: typer.Context,
    workflow: Annotated[str, typer.Option("--workflow", "-w", metavar="NAME", help="流程名称 · the workflow")],
    as_of: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="截止日期或时刻，默认现在 · as of a day's end or an instant; default now"),
    ] = None,
    by: Annotated[
        BrokenDownBy | None, typer.Option(help="按单位、类别或月份分列 · break down by unit, category or month")
    ] = None,
    decimals: Annotated[int, typer.Option(min=0, max=4, help="百分数的小数位 · decimals of a percentage")] = 1,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """统计指标：分子、分母、不计入的件数 · The figures of a workflow, with what they are made of."""
    from engine.figures.measures import Grouping
    from engine.figures.report import figures as counted
    from engine.figures.report import report_json

    run = the_run(context)
    with run.desk() as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        at = desk.office.now() if as_of is None else instant_given(as_of)
        grouping = None if by is None else Grouping(by.value)
        report = counted(
            desk.reads, desk.world(organisation), organisation, workflow, at, by=grouping, decimals=decimals
        )
    if as_json:
        run.terminal.json(report_json(report))
    else:
        _print(run, report)


def _print(run: Run, report: Report) -> None:
    from engine.calendar.term import SHANGHAI

    terminal = run.terminal
    local = report.as_of.astimezone(SHANGHAI)
    extent = report.extent
    terminal.say(Text(f"{report.title.zh}统计指标", f"Figures: {report.title.en}"))
    terminal.say(Text(f"截至：{local:%Y-%m-%d %H:%M}（北京时间）", f"As of: {local:%Y-%m-%d %H:%M} (Asia/Shanghai)"))
    terminal.say(
        Text(
            f"范围：{extent.title.zh}，共 {extent.cases} 件，其中 {extent.by_stated_time} 件按申明时间计",
            f"Scope: {extent.title.en}, {extent.cases} case(s), {extent.by_stated_time} of them by a stated time",
        )
    )
    terminal.say()
    rows: list[tuple[str, ...]] = []
    for measure in report.measures:
        rows.append((terminal.read(measure.title), *_cells(run, measure.total, report.decimals)))
        for key, tally in measure.groups:
            rows.append((f"  {terminal.read(report.groups[key])}", *_cells(run, tally, report.decimals)))
    terminal.table(HEAD, rows, right=NUMBERS)


def _cells(run: Run, tally: Tally, decimals: int) -> tuple[str, str, str]:
    value = tally.value(decimals)
    if tally.denominator is None:
        return "", value, _apart(run, tally)
    shown = value if value == "—" else f"{value}%"
    return f"{tally.numerator}/{tally.denominator}", shown, _apart(run, tally)


def _apart(run: Run, tally: Tally) -> str:
    def told(lines: tuple[Counted, ...]) -> Iterator[str]:
        return (f"{run.terminal.read(line.title)} {line.count}" for line in lines if line.count)

    small = [run.terminal.read(Text("样本过小", "small sample"))] if tally.small else []
    return run.terminal.read(Text("；", "; ")).join([*told(tally.excluded), *told(tally.beside), *small])
