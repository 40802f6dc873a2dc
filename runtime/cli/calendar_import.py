"""``banjie calendar import``: what a notice would do to every open deadline, and with ``--apply`` its doing."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.options import AsJson
from runtime.cli.run import Run, the_run

if TYPE_CHECKING:
    from engine.service.calendar_change import Carried, Change
    from runtime.rules import NoticeFile
    from runtime.wiring import Opened


def import_notice(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", exists=True, dir_okay=False, help="放假通知文件 · a notice as a calendar file"),
    ],
    apply: Annotated[
        bool, typer.Option("--apply", help="实施：录入通知并逐件记录变动 · carry it out and record every move")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """录入放假通知：先列出将变动的期限，加 --apply 实施 · Take in a notice: a preview, with --apply its doing."""
    from runtime.cli.calendar_told import tell, told_json
    from runtime.rules import load_notice

    run = the_run(context)
    notice = load_notice(file)
    with run.desk(write=apply) as opened:
        changes = _changes(run, opened, notice)
        nothing = bool(changes) and all(change.is_empty and not change.moves for change in changes)
        carried = _carried(run, opened, notice, changes) if apply and not nothing else None
    if as_json:
        run.terminal.json(told_json(notice, changes, carried))
    else:
        tell(run.terminal, notice, changes, carried)
    if carried is not None and any(one.left for one in carried):
        raise typer.Exit(1)


def _changes(run: Run, opened: Opened, notice: NoticeFile) -> list[Change]:
    """Return what the notice would change in each organisation; refuse one that has no place here."""
    from engine.service.calendar_change import looked_at
    from engine.service.calendar_place import check_place
    from engine.service.running_calendar import RunningCalendar, kept_notices

    desk = opened.desk
    roots = desk.reads.roots()
    worlds = [desk.world(root) for root in roots]
    running = RunningCalendar(opened.rules.calendar, lambda: kept_notices(desk.reads))
    new = [running.proposed(notice.text, world.surroundings) for world in worlds]
    check_place(notice.part, worlds, new, notice.file, notice.positions.at)
    with run.terminal.progress(Text("查看未结期限", "Looking at open deadlines")) as progressed:
        return [
            looked_at(desk, root, calendar, progress=lambda done: progressed(done, None))
            for root, calendar in zip(roots, new, strict=True)
        ]


def _carried(run: Run, opened: Opened, notice: NoticeFile, changes: list[Change]) -> list[Carried]:
    """Keep the notice, then let it act on every open case."""
    from engine.service.calendar_change import carry_out
    from engine.service.plain import KeepNotice

    opened.desk.office.write([KeepNotice(notice.year, notice.text)])
    with run.terminal.progress(Text("逐件重新计算", "Working out every case anew")) as progressed:
        return [carry_out(opened.desk, change, progress=lambda done: progressed(done, None)) for change in changes]
