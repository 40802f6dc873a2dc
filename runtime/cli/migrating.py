"""``banjie migrate-cases``: running cases that go on under another version of their workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import the_root, the_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.definition.model import Workflow
    from engine.service.migrating import Judged
    from runtime.cli.terminal import Terminal


def migrate_cases(
    context: typer.Context,
    workflow: Annotated[str, typer.Option("--workflow", "-w", metavar="NAME", help="流程名称 · the workflow")],
    before: Annotated[int, typer.Option("--from", metavar="N", help="现在所按的版本 · the version they go by")],
    after: Annotated[int, typer.Option("--to", metavar="N", help="改按的版本 · the version to go by")],
    by: Annotated[str, typer.Option("--by", metavar="LOGIN", help="作出决定的人 · who decides on it")],
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="理由，写入每件的办理记录 · why; stands in every history")
    ],
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="OLD=NEW", help="状态改名时的对应，可多次 · a state that is called otherwise"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="只逐件说明，不写入 · only say what would become of each")
    ] = False,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """在办事项改按流程的另一版本办理 · Let running cases go on under another version of their workflow.

    命令行不核实 --by 所写之人是否本人作出决定，由执行命令的人负责。已填内容、已起算的期限和办理记录都不改变；
    不能迁移的，逐件说明原因，原样保留。中途停止的，再次执行即可继续。
    """
    from engine.access.staff_roles import STAFF_ROLES, load_staff_roles
    from engine.definition.compare import differences
    from engine.service.migrating import Plan, count, demand_plan, migrated, rehearsed

    run = the_run(context)
    states = dict(_pair(text) for text in map_ or ())
    staff = load_staff_roles(run.settings().staff_roles or STAFF_ROLES)
    with run.desk(write=not dry_run) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        account = desk.reads.account(by)
        if account is None or account.root != organisation:
            run.refuse(Text(f"没有登录名“{by}”", f"There is no login {by!r}"))
        plan = Plan(
            root=organisation,
            workflow=workflow,
            before=before,
            after=after,
            reason=reason,
            by=desk.queries.actor(organisation, account.person, desk.office.now()),
            states=states,
        )
        old, new = demand_plan(desk, plan, staff)
        if not as_json:
            _say_differences(run.terminal, old, new, differences(old, new))
        whole, found = count(desk, plan), list["Judged"]()
        with run.terminal.progress(Text("迁移", "Migrating")) as progressed:
            for judged in (rehearsed if dry_run else migrated)(desk, plan):
                found.append(judged)
                progressed(len(found), whole)
    if as_json:
        run.terminal.json([_json(run.terminal, one) for one in found])
    else:
        _say(run.terminal, found, dry_run=dry_run)
    if not all(one.goes for one in found):
        raise typer.Exit(1)


def _pair(text: str) -> tuple[str, str]:
    old, equals, new = text.partition("=")
    if not equals or not old or not new:
        raise typer.BadParameter(f"--map {text}：应为 旧状态=新状态 · --map takes OLD=NEW")
    return old, new


def _say_differences(terminal: Terminal, old: Workflow, new: Workflow, told: Sequence[Text]) -> None:
    terminal.say(
        Text(
            f"《{new.title.zh}》第 {old.version} 版 → 第 {new.version} 版，有 {len(told)} 处不同：",
            f"{new.title.en}, version {old.version} → {new.version}, {len(told)} difference(s):",
        )
    )
    for one in told:
        terminal.say(Text(f"  · {one.zh}", f"  · {one.en}"))


def _say(terminal: Terminal, found: Sequence[Judged], *, dry_run: bool) -> None:
    goes, stays = Text("可以迁移", "goes"), Text("不能迁移", "stays")
    if not dry_run:
        goes, stays = Text("已迁移", "gone"), Text("未迁移", "stays")
    head = (Text("编号", "Number"), Text("状态", "State"), Text("结论", "Verdict"), Text("说明", "Why"))
    rows = [
        (
            one.number or one.case,
            terminal.read(one.state),
            terminal.read(goes if one.goes else stays),
            _why(terminal, one),
        )
        for one in found
        if dry_run or not one.goes
    ]
    if rows:
        terminal.table(head, rows)
    gone = sum(one.goes for one in found)
    kept = len(found) - gone
    if dry_run:
        terminal.say(
            Text(
                f"在办 {len(found)} 件：可以迁移 {gone} 件，不能迁移 {kept} 件。没有写入；去掉 --dry-run 即办理",
                f"{len(found)} running case(s): {gone} can go, {kept} stay; nothing was written: leave out --dry-run",
            )
        )
    else:
        terminal.say(
            Text(
                f"已迁移 {gone} 件，{kept} 件原样保留",
                f"{gone} case(s) have gone, {kept} stay as they were",
            )
        )


def _why(terminal: Terminal, one: Judged) -> str:
    if one.rungs:
        rungs = "、".join(map(terminal.read, one.rungs))
        return terminal.read(Text(f"迁移后即触发督办：{rungs}", f"raised at once then: {rungs}"))
    return "；".join(map(terminal.read, one.refused)) or "—"


def _json(terminal: Terminal, one: Judged) -> dict[str, object]:
    return {
        "case": one.case,
        "number": one.number,
        "state": terminal.read(one.state),
        "goes": one.goes,
        "refused": [terminal.read(text) for text in one.refused],
        "rungs": [terminal.read(text) for text in one.rungs],
    }
