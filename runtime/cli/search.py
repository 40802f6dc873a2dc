"""``banjie search``: how far the index of words is, filling it, and making it anew."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.text import Text
from runtime.cli.options import AsJson
from runtime.cli.run import the_run

ALL_SLICES = 2**31


def search(
    context: typer.Context,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="清空后重新建立检索目录 · empty the index and make it anew")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """查看检索目录，补齐或重建 · Show how far the index of words is; fill it, or make it anew."""
    from engine.case.search_words import VERSION
    from engine.service.search_filling import fill_index, is_of_other_tokens, restart_index

    run = the_run(context)
    with run.desk(write=rebuild) as opened:
        desk = opened.desk
        done = 0
        if rebuild:
            restart_index(desk)
            cases = desk.reads.search_standing(VERSION).cases
            with run.terminal.progress(Text("建立检索目录", "Indexing")) as progressed:
                done = fill_index(desk, slices_max=ALL_SLICES, progressed=lambda count: progressed(count, cases))
        standing = desk.reads.search_standing(VERSION)
        is_foreign = is_of_other_tokens(desk)
    if as_json:
        run.terminal.json({"cases": standing.cases, "waiting": standing.waiting, "indexed_now": done})
        return
    if rebuild:
        run.terminal.say(Text(f"已重新编入 {done} 件", f"{done} case(s) indexed anew"))
    run.terminal.say(
        Text(
            f"共 {standing.cases} 件，待编入 {standing.waiting} 件",
            f"{standing.cases} case(s), {standing.waiting} not indexed yet",
        )
    )
    if is_foreign:
        run.terminal.say(
            Text(
                "目录按另一版本的切词建立；后台任务会重建，也可加 --rebuild",
                "The index was made with other tokens; a job makes it anew, or --rebuild does",
            )
        )
