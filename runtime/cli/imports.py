"""``banjie import`` and ``banjie import-log``: registers and foreign event logs into cases."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import NotFound
from engine.service.importing.own_maps import MAP_FILE
from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.people import unit_called
from runtime.cli.run import Run, the_root, the_run

if TYPE_CHECKING:
    from engine.access.directory import Surroundings
    from engine.case.identity import SessionId
    from engine.service.importing.reports import HasRefused, ImportReport, LogReport, RefusedRow

Register = Annotated[Path, typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="台账文件 · the file")]
OfSession = Annotated[
    str | None, typer.Option("--session", metavar="S", help="届次，如 6-3 或标识 · congress session, as 6-3 or by id")
]
OfUnit = Annotated[
    str | None, typer.Option("--unit", metavar="U", help="所属单位，默认顶级单位 · unit; default the top unit")
]
RefusedTo = Annotated[
    Path | None,
    typer.Option("--refused", metavar="FILE", help="把未导入的行写入 .xlsx 或 .csv · write the refused rows to a file"),
]


def import_file(
    context: typer.Context,
    file: Register,
    workflow: Annotated[str, typer.Option("--workflow", "-w", metavar="NAME", help="流程名称 · the workflow")],
    map_path: Annotated[
        Path | None,
        typer.Option(
            "--map", exists=True, dir_okay=False, help="列的映射，默认流程自带 · map; default the workflow's own"
        ),
    ] = None,
    session: OfSession = None,
    unit: OfUnit = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只检查，不写入 · check everything, write nothing")
    ] = False,
    allow_undated: Annotated[
        bool,
        typer.Option(
            "--allow-undated", help="缺日期的办理环节记为日期不详 · let moves without a date stand as unknown"
        ),
    ] = False,
    refused: RefusedTo = None,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """导入台账（.xlsx .xls .ods .csv） · Import a register; importing it again creates nothing twice."""
    from engine.case.identity import UnitId
    from engine.service.importing.registers import import_register

    run = the_run(context)
    with run.desk(write=not dry_run) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        there = desk.reads.surroundings(organisation)
        # Known before the map is looked for: a wrong name is a wrong name, not a missing file.
        desk.world(organisation).rules.newest(workflow)
        with run.terminal.progress(Text("导入", "Importing")) as progressed:
            report = import_register(
                desk,
                organisation,
                file,
                workflow,
                map_path=map_path or _own_map(run, workflow),
                unit=UnitId(organisation) if unit is None else unit_called(there, unit),
                session=None if session is None else session_called(there, session),
                dry_run=dry_run,
                allow_undated=allow_undated,
                progress=progressed,
            )
    if as_json:
        run.terminal.json(_register_json(report))
    else:
        _tell_register(run, report)
    _end(run, report, refused, quiet=as_json)


def import_log_file(
    context: typer.Context,
    file: Register,
    map_path: Annotated[
        Path, typer.Option("--map", exists=True, dir_okay=False, metavar="MAP.yaml", help="映射文件 · the map")
    ],
    session: OfSession = None,
    unit: OfUnit = None,
    refused: RefusedTo = None,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """按映射导入外部系统的事件日志 · Import a foreign event log by a map."""
    from engine.case.identity import UnitId
    from engine.service.importing.logs import import_log

    run = the_run(context)
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        there = desk.reads.surroundings(organisation)
        with run.terminal.progress(Text("导入", "Importing")) as progressed:
            report = import_log(
                desk,
                organisation,
                file,
                map_path=map_path,
                unit=UnitId(organisation) if unit is None else unit_called(there, unit),
                session=None if session is None else session_called(there, session),
                progress=progressed,
            )
    if as_json:
        run.terminal.json(_log_json(report))
    else:
        run.terminal.say(
            Text(
                f"读取 {report.events} 个事件、{report.cases} 件：新建 {report.created} 件，"
                f"此前已导入 {report.repeated} 件，流转 {report.moves} 次，"
                f"附记 {report.notes} 条，改按先后顺序 {report.moved_later} 次",
                f"{report.events} events of {report.cases} cases: {report.created} new, {report.repeated} known, "
                f"{report.moves} moves, {report.notes} notes, {report.moved_later} put into order",
            )
        )
    _end(run, report, refused, quiet=as_json)


def session_called(there: Surroundings, name: str) -> SessionId:
    """Return the congress session of this id, title or ordinals (``6-3``); raises NotFound."""
    found = [
        session.id
        for session in there.sessions.values()
        if name in (session.id, session.title.zh, session.title.en, f"{session.term}-{session.meeting}")
    ]
    if len(found) != 1:
        raise NotFound(
            Text(
                f"没有（或不止一个）届次叫“{name}”；banjie session list 列出全部",
                f"No session, or several, are called {name!r}; see banjie session list",
            )
        )
    return found[0]


def _own_map(run: Run, workflow: str) -> Path:
    path = run.settings().workflows / workflow / MAP_FILE
    if not path.is_file():
        raise NotFound(
            Text(
                f"流程“{workflow}”没有自带映射，请用 --map 指定",
                f"{workflow!r} brings no map along; name one with --map",
            )
        )
    return path


def _tell_register(run: Run, report: ImportReport) -> None:
    did = Text("将新建", "would be new") if report.dry_run else Text("新建", "new")
    run.terminal.say(
        Text(
            f"读取 {report.rows} 行：{did.zh} {report.created} 件，此前已导入 {report.repeated} 件，"
            f"流转 {report.moves} 次，日期不详 {report.undated} 件，未导入 {len(report.refused)} 行",
            f"{report.rows} rows: {report.created} {did.en}, {report.repeated} known, {report.moves} moves, "
            f"{report.undated} undated, {len(report.refused)} refused",
        )
    )
    if report.unused:
        columns = "、".join(report.unused)
        run.terminal.complain(Text(f"! 以下列未使用：{columns}", f"! Columns not used: {columns}"))
    if report.dry_run:
        run.terminal.say(Text("只作检查，没有写入任何内容", "Checked only; nothing was written"))


def _end(run: Run, report: HasRefused, path: Path | None, *, quiet: bool) -> None:
    """Tell the refused rows, on standard error and as a file; with any, leave with 1."""
    from engine.service.importing.reports import write_refused

    if not report.refused:
        return
    for row in () if quiet else report.refused:
        run.terminal.complain(_refused_line(row))
    if path is not None:
        write_refused(report, path)
    elif not quiet:
        run.terminal.complain(
            Text(
                "→ 加 --refused 文件.xlsx 可得到这些行，改正后再导入",
                "→ --refused FILE.xlsx writes these rows for mending",
            )
        )
    raise typer.Exit(1)


def _refused_line(row: RefusedRow) -> Text:
    reached = Text("", "") if row.state is None else Text(f"（已到“{row.state.zh}”）", f" (reached: {row.state.en})")
    return Text(
        f"✗ 第 {row.number} 行：{row.reason.zh}{reached.zh}", f"✗ row {row.number}: {row.reason.en}{reached.en}"
    )


def _register_json(report: ImportReport) -> dict[str, object]:
    return {
        "file_hash": report.file_hash,
        "rows": report.rows,
        "created": report.created,
        "repeated": report.repeated,
        "moves": report.moves,
        "undated": report.undated,
        "unused": list(report.unused),
        "dry_run": report.dry_run,
        "refused": [_refused_json(row) for row in report.refused],
    }


def _log_json(report: LogReport) -> dict[str, object]:
    return {
        "file_hash": report.file_hash,
        "events": report.events,
        "cases": report.cases,
        "created": report.created,
        "repeated": report.repeated,
        "moves": report.moves,
        "notes": report.notes,
        "moved_later": report.moved_later,
        "refused": [_refused_json(row) for row in report.refused],
    }


def _refused_json(row: RefusedRow) -> dict[str, object]:
    return {
        "row": row.number,
        "reason": {"zh": row.reason.zh, "en": row.reason.en},
        "case": row.case,
        "state": None if row.state is None else {"zh": row.state.zh, "en": row.state.en},
    }
