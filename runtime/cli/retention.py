"""``banjie retention``: which cases have been kept for long enough, and erasing what the terms say."""

from __future__ import annotations

from typing import Annotated

import typer

from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import the_root, the_run


def retention(
    context: typer.Context,
    apply: Annotated[
        bool, typer.Option("--apply/--dry-run", help="删除，或只列出（默认） · erase it, or list it (the default)")
    ] = False,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """列出或删除保存期限届满的内容 · List or erase what has been kept for long enough."""
    from engine.service.retention import apply as applied
    from engine.service.retention import over
    from runtime.keys.shredding import finish_erasures

    run = the_run(context)
    with run.desk(write=apply) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        found = list(over(desk, organisation))
        due = [one for one in found if one.withheld is None]
        if as_json:
            run.terminal.json(
                [
                    {
                        "case": one.case,
                        "number": one.number,
                        "workflow": one.workflow,
                        "ended_on": one.ended_on.isoformat(),
                        "paths": list(one.paths),
                        "withheld": None if one.withheld is None else run.terminal.read(one.withheld),
                    }
                    for one in found
                ]
            )
        else:
            head = (
                Text("编号", "Number"),
                Text("终结于", "Ended"),
                Text("期满项数", "Values"),
                Text("保留原因", "Why it stays"),
            )
            rows = [
                (
                    one.number or one.case,
                    one.ended_on.isoformat(),
                    str(len(one.paths)),
                    "—" if one.withheld is None else run.terminal.read(one.withheld),
                )
                for one in found
            ]
            run.terminal.table(head, rows, right=(2,))
        if not apply:
            if not as_json:
                run.terminal.say(
                    Text(
                        f"期满 {len(due)} 件，保留 {len(found) - len(due)} 件；没有删除任何内容，加 --apply 删除",
                        f"{len(due)} case(s) are over, {len(found) - len(due)} stay; nothing was erased: add --apply",
                    )
                )
            return
        with run.terminal.progress(Text("删除", "Erasing")) as progressed:
            done = applied(
                desk, organisation, lambda: finish_erasures(opened), lambda count: progressed(count, len(due))
            )
    for case, text in done.refused:
        run.terminal.complain(Text(f"{case}：{text.zh}", f"{case}: {text.en}"))
    if not as_json:
        run.terminal.say(
            Text(
                f"已删除 {done.cases} 件中的 {done.values} 项，密钥已销毁；备份中最迟 35 天后消失",
                f"{done.values} value(s) of {done.cases} case(s) erased and their keys destroyed; gone from back-ups "
                "after 35 days at the latest",
            )
        )
    if done.refused:
        raise typer.Exit(1)
