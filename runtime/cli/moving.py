"""``banjie move``: from a SQLite file to PostgreSQL, and back as long as nothing was done there."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.text import Text
from runtime.cli.run import refuse_missing, the_run


def move(
    context: typer.Context,
    to: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            envvar="BANJIE_MOVE_TO",
            help="迁往的空库，如 postgresql://banjie@主机/banjie · the empty database that takes over",
        ),
    ] = None,
    back: Annotated[
        bool,
        typer.Option("--back", help="退回：仍用原来的 SQLite 库 · take it back: work with the SQLite file again"),
    ] = False,
) -> None:
    """由 SQLite 迁往 PostgreSQL，可续迁，逐行核对 · Move from SQLite to PostgreSQL; resumable, compared by row."""
    from runtime.moving import move as moved
    from runtime.moving import move_back, told_places

    run = the_run(context)
    settings = run.settings()
    refuse_missing(settings.sqlite_path)
    if (to is None) == (not back):
        raise typer.BadParameter("请写明 --to 或 --back · say --to or --back")
    if to is None:
        move_back(settings)
        run.terminal.say(
            Text(
                "已退回：可继续使用原来的 SQLite 库；PostgreSQL 库请弃用，以免两边各记一份",
                "Taken back: the SQLite file is in use again. Drop the PostgreSQL database, lest two be kept",
            )
        )
        return
    found = moved(settings, to, run.terminal.progress)
    run.terminal.say(
        Text(
            f"已迁移 {found.rows} 行（本次 {found.rows_now} 行），逐行核对一致，共 {found.entries} 条记录",
            f"{found.rows} rows moved ({found.rows_now} of them now), equal row by row; {found.entries} entries",
        )
    )
    for finding in found.findings:
        run.terminal.complain(finding)
    if found.findings:
        count = len(found.findings)
        run.refuse(Text(f"新库核验发现 {count} 处问题", f"{count} finding(s) in the new database"))
    run.terminal.say(Text("新库核验未发现问题。今后请这样设置：", "Verified: no finding. From now on set:"))
    for name, value in told_places(settings, to):
        run.terminal.say(f"  {name}={value}")
    run.terminal.say(
        Text(
            f"原文件 {settings.sqlite_path} 已停用，请妥善保管；密钥和附件仍在原处",
            f"The file {settings.sqlite_path} is in use no more: keep it safe. Keys and files stand where they were",
        )
    )
