"""``banjie export``: the cases of a workflow as a table, or what happened to them for tools that mine processes."""

from __future__ import annotations

import os
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from engine.text import Text
from runtime.cli.options import Organisation
from runtime.cli.run import the_root, the_run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from pydantic import JsonValue

    from engine.service.event_logs import LoggedCase
    from engine.service.world import World
    from runtime.cli.terminal import Progressed
    from web.exports import Cell


T = TypeVar("T")


class ExportFormat(StrEnum):
    """The formats: two of event logs, two of tables."""

    XES = "xes"
    OCEL = "ocel"
    XLSX = "xlsx"
    CSV = "csv"


def export(
    context: typer.Context,
    workflow: Annotated[str, typer.Option("--workflow", "-w", metavar="NAME", help="流程名称 · the workflow")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE", help="写入的文件 · the file to write")],
    kind: Annotated[
        ExportFormat,
        typer.Option(
            "--format",
            help="xes、ocel（OCEL 2.0，JSON）为办理过程，xlsx、csv为一件一行的表 · event logs, or a table of the cases",
        ),
    ] = ExportFormat.XES,
    root: Organisation = None,
) -> None:
    """导出办理过程供流程分析，或一件一行的表，不含姓名和非公开内容 · Export what happened, or a table of the cases,
    without names and without what is not public."""
    from engine.ledger.streams import Fact
    from engine.service.event_logs import EventLog
    from engine.service.plain import RecordFact
    from web.views.case_table import CaseTable
    from web.words import Words

    run = the_run(context)
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        world = desk.world(organisation)
        if workflow not in world.rules.names():
            known = "、".join(world.rules.names())
            run.refuse(
                Text(f"没有流程“{workflow}”，有：{known}", f"There is no workflow {workflow!r}; there are: {known}")
            )
        whole = desk.reads.cases_up_to(organisation, workflow, 10_000_000)
        log: EventLog | CaseTable
        with run.terminal.progress(Text("导出", "Exporting")) as progressed:
            if kind in (ExportFormat.XES, ExportFormat.OCEL):
                log = EventLog(desk.reads, world, organisation, workflow, with_parts=kind is ExportFormat.OCEL)
                cases = _counted(log.cases(), whole, progressed)
                written = _write(output, lambda file: _as_log(kind, cases, workflow, world, file))
            else:
                log = CaseTable(desk.reads, world, organisation, workflow, Words(run.terminal.language))
                rows = _counted(log.rows(), whole, progressed)
                written = _write(output, lambda file: _as_table(kind, log.titles(), rows, file))
        what = "events" if isinstance(log, EventLog) else "cases"
        details: dict[str, JsonValue] = {"what": f"{what} {kind}", "rows": written, "scope": workflow}
        fact = Fact(type="exported", details=details)
        desk.office.write([RecordFact(root=organisation, at=desk.office.now(), fact=fact)])
    run.terminal.say(
        Text(
            f"已写入 {output}：{written} 件" + (f"；另有 {log.left_out} 件保密事项不导出" if log.left_out else ""),
            f"{output} written: {written} case(s)"
            + (f"; {log.left_out} under a strict level were left out" if log.left_out else ""),
        )
    )


def _counted(cases: Iterable[T], whole: int, progressed: Progressed) -> Iterator[T]:
    for done, case in enumerate(cases, start=1):
        yield case
        if done % 100 == 0:
            progressed(done, max(whole, done))


def _write(output: Path, write: Callable[[BinaryIO], int]) -> int:
    """Write the file beside its place first, so that one that is there is replaced by a whole one or not at all."""
    handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            written = write(file)
        Path(name).replace(output)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return written


def _as_table(kind: ExportFormat, titles: Sequence[str], rows: Iterator[Sequence[Cell]], file: BinaryIO) -> int:
    from web.exports import csv_pieces, xlsx_pieces

    written = 0

    def counted() -> Iterator[Sequence[Cell]]:
        nonlocal written
        for row in rows:
            written += 1
            yield row

    for piece in (csv_pieces if kind is ExportFormat.CSV else xlsx_pieces)(titles, counted()):
        file.write(piece)
    return written


def _as_log(kind: ExportFormat, cases: Iterable[LoggedCase], workflow: str, world: World, file: BinaryIO) -> int:
    from documents.ocel import write_ocel
    from documents.xes import write_xes

    if kind is ExportFormat.XES:
        return write_xes(cases, world.rules.for_new(workflow).workflow.title.zh, file)
    return write_ocel(cases, {str(id_): unit.title.zh for id_, unit in world.surroundings.units.items()}, file)
