"""``banjie token``: tokens with which programs log in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from engine.errors import NotFound
from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.people import Login, person_called
from runtime.cli.run import the_root, the_run

TOKEN_DAYS = 90
TOKEN_DAYS_MAX = 366

tokens = typer.Typer(no_args_is_help=True, help="供程序使用的令牌 · Tokens for programs.")


@tokens.command("add")
def add_token(
    context: typer.Context,
    login: Login,
    title: Annotated[str, typer.Option(help="用途 · what it is for")],
    write: Annotated[bool, typer.Option("--write", help="可写，默认只读 · may write; default reading only")] = False,
    part: Annotated[
        list[str] | None,
        typer.Option(metavar="PART", help="只限这些部分，如 cases、figures · only these parts; may be repeated"),
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=TOKEN_DAYS_MAX, help="有效天数 · days it is valid")] = TOKEN_DAYS,
    root: Organisation = None,
) -> None:
    """发放令牌，只显示一次 · Make a token for the API; it is shown once."""
    from engine.access.token_scope import scope_of
    from engine.calendar.term import SHANGHAI
    from engine.service.own_account import Whose, make_token

    run = the_run(context)
    scope = scope_of("write" if write else "read", part or [])
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        whose = Whose(organisation, person_called(desk, organisation, login).id)
        made = make_token(desk, whose, title=title, scope=scope, days=days, by=None)
    until = f"{made.expires_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    run.terminal.say(Text(f"令牌（只显示这一次）：{made.secret}", f"Token (shown once): {made.secret}"))
    run.terminal.say(
        Text(
            f"范围 {scope}，有效至 {until}；撤销用的编号：{made.number}",
            f"Scope {scope}, valid until {until}; number to revoke it by: {made.number}",
        )
    )


@tokens.command("list")
def list_tokens(context: typer.Context, as_json: AsJson = False, root: Organisation = None) -> None:
    """列出有效的令牌 · List the tokens that hold."""
    from api.accounts import token_json
    from engine.case.codec import microseconds

    run = the_run(context)
    with run.desk() as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        rows = desk.reads.tokens(organisation, microseconds(desk.office.now()))
        people = desk.reads.persons(organisation, {row.person for row in rows})
    known = {one.id: one.login or one.name for one in people.values()}
    told = [{**token_json(row), "login": known.get(row.person)} for row in rows]
    if as_json:
        run.terminal.json({"tokens": told})
        return
    head = (
        Text("编号", "Number"),
        Text("账号", "Login"),
        Text("用途", "For"),
        Text("范围", "Scope"),
        Text("最近使用", "Last used"),
        Text("有效至", "Until"),
    )
    columns = ("number", "login", "title", "scope", "used_on", "expires_at")
    run.terminal.table(head, [[str(one[name] or "—") for name in columns] for one in told])


@tokens.command("revoke")
def revoke_token(
    context: typer.Context,
    token: Annotated[
        str, typer.Argument(metavar="TOKEN", help="令牌或其编号，- 为标准输入 · the token or its number; - reads it")
    ],
    root: Organisation = None,
) -> None:
    """撤销令牌 · Revoke a token."""
    from engine.access.passwords import secret_hash
    from engine.case.codec import microseconds
    from engine.service.own_account import end_token, number_of

    run = the_run(context)
    given = sys.stdin.readline().strip() if token == "-" else token
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        held = {number_of(row.token_hash) for row in desk.reads.tokens(organisation, microseconds(desk.office.now()))}
        number = next((one for one in (number_of(given), number_of(secret_hash(given))) if one in held), None)
        if number is None:
            raise NotFound(Text("没有这个令牌，或已失效", "There is no such token, or it is over"))
        end_token(desk, organisation, number, None)
    run.terminal.say(Text("令牌已撤销", "The token is revoked"))
