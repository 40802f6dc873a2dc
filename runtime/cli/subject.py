"""``banjie subject``: what is kept about one person, for that person to take away."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.errors import NotFound
from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import the_root, the_run

if TYPE_CHECKING:
    from collections.abc import Iterator

subjects = typer.Typer(no_args_is_help=True, help="个人信息：查阅与复制 · What is kept about a person.")


@subjects.callback()
def _together() -> None:
    """A group of its own, so that a single command keeps its name."""


@subjects.command("export")
def export(
    context: typer.Context,
    person: Annotated[str, typer.Option("--person", metavar="LOGIN", help="登录名 · login name")],
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """列出保存的此人信息，限其本人可见的部分 · Everything kept about a person that the person may see."""
    from engine.ledger.streams import Fact
    from engine.service.plain import RecordFact
    from engine.service.subject import about_person

    run = the_run(context)
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        account = desk.reads.account(person)
        if account is None or account.root != organisation:
            raise NotFound(Text(f"没有登录名“{person}”", f"There is no login {person!r}"))
        found: dict[str, Any] = about_person(desk, organisation, account.person)
        told = Fact(type="exported", details={"what": "subject", "rows": len(found["cases"]), "scope": account.person})
        desk.office.write([RecordFact(root=organisation, at=desk.office.now(), fact=told)])
    if as_json:
        run.terminal.json(found)
    else:
        for line in _lines(found):
            run.terminal.say(line)


def _lines(found: dict[str, Any]) -> Iterator[Text]:
    who = found["person"]
    name, login, unit = who["name"], who["login"] or "—", who["unit"] or "—"
    yield Text(f"姓名：{name}　登录名：{login}　单位：{unit}", f"Name: {name}, login: {login}, unit: {unit}")
    for one in found["roles"]:
        yield Text(f"任职：{one['role']} @ {one['unit']}", f"Role: {one['role']} @ {one['unit']}")
    for one in found["deputations"]:
        said = f"{one['principal']} → {one['deputy']}（{one['from']}—{one['until'] or ''}）"
        yield Text(f"代行：{said}", f"Deputation: {said}")
    for one in found["notices"]:
        yield Text(f"通知渠道：{one['channel']} {one['address']}", f"Told by: {one['channel']} {one['address']}")
    for one in found["logins"]:
        yield Text(f"登录与令牌：{one['title'] or one['kind']}", f"Logins and tokens: {one['title'] or one['kind']}")
    yield Text(f"有关事项 {len(found['cases'])} 件", f"{len(found['cases'])} case(s)")
    for case in found["cases"]:
        yield Text(
            f"■ {case['title']} {case['case']}：{case['state']}", f"■ {case['title']} {case['case']}: {case['state']}"
        )
        for field in case["fields"].values():
            value = (
                field["value"] if isinstance(field["value"], str) else json.dumps(field["value"], ensure_ascii=False)
            )
            yield Text(f"  {field['title']}：{value}", f"  {field['title']}: {value}")
        for entry in case["entries"]:
            did = entry["did"] or entry["type"]
            yield Text(f"  {entry['at'][:16]} 本人：{did}", f"  {entry['at'][:16]} you: {did}")
