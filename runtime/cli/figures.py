"""``banjie figures``: the declared measures of a workflow as of an instant."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.people import person_called
from runtime.cli.run import Run, instant_given, the_root, the_run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from engine.figures.measures import Counted, Tally
    from engine.figures.report import Report
    from engine.service.anchoring import Head
    from engine.service.late_changes import LateLines

HEAD = (
    Text("指标", "Measure"),
    Text("分子/分母", "Of"),
    Text("结果", "Value"),
    Text("95%置信区间", "95 % interval"),
    Text("不计入及另列", "Left out and shown beside"),
)
NUMBERS = (1, 2, 3)
LATE_HEAD = (
    Text("事项", "Case"),
    Text("改动项", "What"),
    Text("原为", "Was"),
    Text("改为", "Is"),
    Text("时间", "When"),
    Text("改动人", "By"),
)


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
    seen_by: Annotated[
        str | None,
        typer.Option(
            "--seen-by", metavar="LOGIN", help="只统计此人可见的事项（非公布口径） · only what this person may see"
        ),
    ] = None,
    decimals: Annotated[int, typer.Option(min=0, max=4, help="百分数的小数位 · decimals of a percentage")] = 1,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """统计指标：分子、分母、不计入的件数 · The figures of a workflow, with what they are made of."""
    from engine.access.readers import principals_of
    from engine.case.actors import SYSTEM
    from engine.figures.measures import Grouping
    from engine.figures.report import figures as counted
    from engine.figures.report import report_json
    from engine.service.anchoring import head_json, is_all_sealed, newest_head
    from engine.service.late_changes import changed_since, late_json

    run = the_run(context)
    with run.desk() as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        at = desk.office.now() if as_of is None else instant_given(as_of)
        grouping = None if by is None else Grouping(by.value)
        principals, reader = None, SYSTEM
        if seen_by is not None:
            person = person_called(desk, organisation, seen_by)
            reader = desk.queries.actor(organisation, person.id, desk.office.now())
            principals = principals_of(reader)
        report = counted(
            desk.reads,
            desk.world(organisation),
            organisation,
            workflow,
            at,
            by=grouping,
            decimals=decimals,
            principals=principals,
        )
        late = None
        if as_of is not None and not report.suppressed:
            world = desk.world(organisation)
            late = changed_since(desk, organisation, workflow, at, reader, world, waits=True)
        checkpoint = head_json(desk.reads, organisation, report.as_of)
        head, complete = newest_head(desk.reads, organisation), is_all_sealed(desk.reads, organisation, report.as_of)
    if as_json:
        run.terminal.json({**report_json(report), "checkpoint": checkpoint, "changed_since": late_json(late)})
    else:
        _print(run, report)
        _print_late(run, late)
        _print_head(run, head, is_complete=complete)


def mark_of(text: str) -> str:
    """Return a number as it is printed; what is not printed by the sign that is used for it."""
    return "＜5" if text == "<5" else text


def _print(run: Run, report: Report) -> None:
    from engine.calendar.term import SHANGHAI

    terminal = run.terminal
    local = report.as_of.astimezone(SHANGHAI)
    extent = report.extent
    terminal.say(Text(f"{report.title.zh}统计指标", f"Figures: {report.title.en}"))
    terminal.say(Text(f"截至：{local:%Y-%m-%d %H:%M}（北京时间）", f"As of: {local:%Y-%m-%d %H:%M} (Asia/Shanghai)"))
    cases, stated = mark_of(extent.shown("cases")), mark_of(extent.shown("by_stated_time"))
    terminal.say(
        Text(
            f"范围：{extent.title.zh}，共 {cases} 件，其中 {stated} 件按申明时间计",
            f"Scope: {extent.title.en}, {cases} case(s), {stated} of them by a stated time",
        )
    )
    terminal.say(
        Text("口径：公布口径，全单位", "Audience: official, the whole house")
        if report.audience == "official"
        else Text(
            "口径：仅本人可见的事项，不得作为公布数据", "Audience: only what one person may see; not for publication"
        )
    )
    if report.suppressed:
        terminal.say(
            Text(
                "＜5：不足 5 件，或者为防止推算，不予公布",
                "＜5: fewer than five, or held back so that nothing can be reckoned; not printed",
            )
        )
    terminal.say()
    rows: list[tuple[str, ...]] = []
    for measure in report.measures:
        rows.append((terminal.read(measure.title), *tally_cells(run, measure.total, report.decimals)))
        for key, tally in measure.groups:
            rows.append((f"  {terminal.read(report.groups[key])}", *tally_cells(run, tally, report.decimals)))
    terminal.table(HEAD, rows, right=NUMBERS)
    terminal.say(
        Text(
            "置信区间：威尔逊得分法，仅用于按件数计算的比率",
            "Intervals: the score method of Wilson, for shares of cases only",
        )
    )


def _print_late(run: Run, late: LateLines | None) -> None:
    """Print what was changed after the cut-off; nothing where nothing was."""
    from engine.calendar.term import SHANGHAI

    if late is None or not late.count:
        return
    terminal, dash = run.terminal, Text("—", "—")
    terminal.say()
    terminal.say(
        Text(
            f"截止时刻之后改动类别、日期 {late.count} 处，最近的 {len(late.lines)} 处：",
            f"Classes and dates changed after the cut-off: {late.count}, the newest {len(late.lines)}:",
        )
    )
    rows = [
        (
            line.called,
            terminal.read(line.change.what),
            terminal.read(line.change.before or dash),
            terminal.read(line.change.after or dash),
            f"{line.change.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
            " ".join(part for part in (terminal.read(line.role) if line.role else "", line.who) if part),
        )
        for line in late.lines
    ]
    terminal.table(LATE_HEAD, rows)


def _print_head(run: Run, head: Head | None, *, is_complete: bool) -> None:
    """Print the checkpoint that the figures stand on, by which they are tied to the ledger."""
    from engine.calendar.term import SHANGHAI

    run.terminal.say()
    if head is None:
        run.terminal.say(Text("账册尚未封存，没有检查点可依", "Nothing is sealed yet: there is no checkpoint to go by"))
        return
    local = head.at.astimezone(SHANGHAI)
    run.terminal.say(
        Text(
            f"账册检查点：{head.origin}，{head.size} 条，根指纹 {head.short}，涵盖至 {local:%Y-%m-%d %H:%M}",
            f"Ledger checkpoint: {head.origin}, {head.size} entries, root {head.short}, until {local:%Y-%m-%d %H:%M}",
        )
    )
    if not is_complete:
        run.terminal.say(Text("截止时刻以前有记录尚待封存", "Some entries up to the cut-off wait to be sealed"))


def tally_cells(run: Run, tally: Tally, decimals: int) -> tuple[str, str, str, str]:
    """Return a figure as it is printed: what of what, its value, how sure it is, and what was counted apart."""
    value = tally.value(decimals)
    if tally.denominator is None:
        return "", mark_of(value), "", _apart(run, tally, decimals)
    held = {"numerator", "denominator"} & tally.marks.keys()
    shown = mark_of(value) if held or value == "—" else f"{value}%"
    numerator = mark_of(tally.shown("numerator", tally.numerator))
    interval = tally.interval(decimals)
    sure = "—" if interval is None else f"{interval.low}–{interval.high}%"
    return (
        f"{numerator}/{mark_of(tally.shown('denominator', tally.denominator))}",
        shown,
        sure,
        _apart(run, tally, decimals),
    )


def _apart(run: Run, tally: Tally, decimals: int) -> str:
    def told(kind: str, lines: tuple[Counted, ...]) -> Iterator[str]:
        for line in lines:
            count = tally.shown(f"{kind}.{line.id}", line.count)
            if count != "0":
                share = tally.share(line, decimals)
                yield f"{run.terminal.read(line.title)} {mark_of(count)}{'' if share is None else f' ({share}%)'}"

    n = tally.minimum
    small = [run.terminal.read(Text(f"样本过小（不足 {n}）", f"small sample (fewer than {n})"))] if tally.small else []
    return run.terminal.read(Text("；", "; ")).join(
        [*told("excluded", tally.excluded), *told("beside", tally.beside), *small]
    )
