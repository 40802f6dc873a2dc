"""``banjie backup`` and ``banjie restore``: the database with its files and, apart from them, the keys."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import KeysUnavailable
from engine.text import Text
from runtime.cli.run import clock_for, refuse_missing, the_run

if TYPE_CHECKING:
    from runtime.wiring import Opened

KeysFolder = Annotated[
    Path | None, typer.Option("--keys", metavar="FOLDER", help="密钥另存的文件夹 · the folder of the keys, apart")
]


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="备份存放的文件夹 · where back-ups go")],
    keys: KeysFolder = None,
) -> None:
    """备份数据库（服务可照常运行），密钥另存一处 · Back the database up while it is in use, and its keys apart."""
    from runtime.backups import back_up, back_up_keys, read_manifest
    from runtime.clock import WallClock
    from runtime.keys.places import places_of

    run = the_run(context)
    settings = run.settings()
    refuse_missing(settings.sqlite_path)
    with run.terminal.progress(Text("备份", "Backing up")) as progressed:
        file = back_up(settings, folder, WallClock().now(), progressed)
    made = read_manifest(file)
    run.terminal.say(
        Text(
            f"已备份到 {file}（{made.entries} 条记录，{made.files} 个附件）",
            f"Backed up to {file} ({made.entries} entries, {made.files} files)",
        )
    )
    places = places_of(settings)
    if keys is not None:
        back_up_keys(settings, keys, folder)
        run.terminal.say(
            Text(
                f"密钥已备份到 {keys}，取代旧的一份；请与数据库备份分开保管",
                f"The keys are backed up to {keys}, in place of their last back-up; keep them apart",
            )
        )
    elif places.keys.exists():
        run.terminal.say(
            Text(
                f"密钥没有备份：没有 {places.keys} 和 {places.epochs} 就无法打开备份中的个人信息和保密内容；"
                "用 --keys 另存一处",
                f"The keys are not backed up: without {places.keys} and {places.epochs} nothing personal or "
                "confidential in the back-up can be opened; --keys FOLDER puts them elsewhere",
            )
        )


def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="备份文件 · the back-up")],
    keys: KeysFolder = None,
) -> None:
    """从备份恢复到 --database 所指处，核验并重做删除 · Restore to where --database points; verify; erase again."""
    from runtime.backups import entries_kept, lay_back, read_manifest
    from runtime.wiring import desk_of

    run = the_run(context)
    settings = run.settings()
    manifest = read_manifest(file)
    lay_back(settings, file, manifest, keys)
    restored = entries_kept(settings.database_url)
    with ExitStack() as stack:
        try:
            opened = stack.enter_context(desk_of(settings, clock=clock_for(settings)))
        except KeysUnavailable:
            if settings.sqlite_path is not None:
                settings.sqlite_path.unlink()  # what was just laid there: useless without its keys
            raise
        findings = _verified(opened)
        for text in findings:
            run.terminal.complain(text)
        again = sum(opened.desk.reads.count_entries(root) for root in opened.desk.reads.roots()) - restored
    at = manifest.made_at[:19].replace("T", " ")
    run.terminal.say(
        Text(
            f"已恢复 {restored} 条记录。{at}（UTC）之后的记录不在备份中，已经丢失",
            f"{restored} entries restored. What was recorded after {at} UTC is not in the back-up and is lost",
        )
    )
    if again:
        run.terminal.say(
            Text(
                f"备份之后删除过的内容已再次删除，新增 {again} 条记录",
                f"What had been erased since was erased again: {again} new entries",
            )
        )
    if findings:
        run.refuse(Text(f"核验发现 {len(findings)} 处问题", f"{len(findings)} finding(s)"))
    run.terminal.say(Text("核验未发现问题", "Verified: no finding"))


def _verified(opened: Opened) -> list[Text]:
    from engine.service.verify import verify

    desk, found = opened.desk, []
    for root in desk.reads.roots():
        result = verify(desk.reads, desk.world(root).rules, root, desk.sealer)
        found += [
            Text(f"{one.case} [{one.rule}] {one.text.zh}", f"{one.case} [{one.rule}] {one.text.en}")
            for one in result.findings
        ]
    return found
