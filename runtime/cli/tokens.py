"""``banjie token``: tokens with which programs log in."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from engine.errors import NotFound
from engine.text import Text
from runtime.cli.options import Organisation
from runtime.cli.people import Login, person_called
from runtime.cli.run import the_root, the_run

TOKEN_DAYS = 90
HASH_CHARACTERS = 64

tokens = typer.Typer(no_args_is_help=True, help="供程序使用的令牌 · Tokens for programs.")


@tokens.command("add")
def add_token(
    context: typer.Context,
    login: Login,
    title: Annotated[str, typer.Option(help="用途 · what it is for")],
    days: Annotated[int, typer.Option(min=1, max=3660, help="有效天数 · days it is valid")] = TOKEN_DAYS,
    root: Organisation = None,
) -> None:
    """发放令牌，只显示一次 · Make a token for the API; it is shown once."""
    from datetime import timedelta

    from engine.access.passwords import new_secret, secret_hash
    from engine.calendar.term import SHANGHAI
    from engine.service.plain import OpenLogin

    run = the_run(context)
    secret = new_secret()
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        at = desk.office.now()
        expires_at = at + timedelta(days=days)
        desk.office.write(
            [
                OpenLogin(
                    token_hash=secret_hash(secret),
                    root=organisation,
                    person=person_called(desk, organisation, login).id,
                    kind="token",
                    title=title,
                    at=at,
                    expires_at=expires_at,
                )
            ]
        )
    until = f"{expires_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    run.terminal.say(Text(f"令牌（只显示这一次）：{secret}", f"Token (shown once): {secret}"))
    run.terminal.say(
        Text(
            f"有效至 {until}；撤销用的编号：{secret_hash(secret)}",
            f"Valid until {until}; number to revoke it by: {secret_hash(secret)}",
        )
    )


@tokens.command("revoke")
def revoke_token(
    context: typer.Context,
    token: Annotated[
        str, typer.Argument(metavar="TOKEN", help="令牌或其编号，- 为标准输入 · the token or its number; - reads it")
    ],
) -> None:
    """撤销令牌 · Revoke a token."""
    from engine.access.passwords import secret_hash
    from engine.case.codec import microseconds
    from engine.service.plain import EndLogin

    run = the_run(context)
    given = sys.stdin.readline().strip() if token == "-" else token
    is_number = len(given) == HASH_CHARACTERS and all(sign in "0123456789abcdef" for sign in given)
    number = given if is_number else secret_hash(given)
    with run.desk(write=True) as opened:
        desk = opened.desk
        if desk.reads.session_person(number, microseconds(desk.office.now())) is None:
            raise NotFound(Text("没有这个令牌，或已失效", "There is no such token, or it is over"))
        desk.office.write([EndLogin(number)])
    run.terminal.say(Text("令牌已撤销", "The token is revoked"))
