"""``banjie cases open`` and ``banjie cases move``: what somebody brought on paper or said, entered for them."""

from __future__ import annotations

import secrets
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.text import Text
from runtime.cli.cases import case_called
from runtime.cli.options import Organisation
from runtime.cli.run import Run, the_root, the_run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic import JsonValue

    from engine.case.actors import Actor
    from engine.case.commands import Command, OnBehalf, Stated
    from engine.case.forms import Asked
    from engine.case.identity import RootId
    from engine.definition.compiled import Definition
    from engine.service.desk import Desk
    from engine.service.execute import Done

NOBODY: Final = "-"
"""Stands for somebody of whom nobody knows who it was, and for the one party of the case."""

commands = typer.Typer(
    help="代录：为交来纸质材料、来电、来访的人录入 · enter what somebody brought", no_args_is_help=True
)

As = Annotated[str, typer.Option("--as", metavar="LOGIN", help="录入人的账号 · login of the one who enters it")]
For = Annotated[
    str,
    typer.Option(
        "--on-behalf-of",
        metavar="WHO",
        help="为谁代录：登录名或姓名，- 表示不知名或本件当事人 · login or name, - for nobody known or the party",
    ),
]
Kind = Annotated[str, typer.Option("--kind", help="paper 纸质材料 · telephone 来电 · visit 来访")]
Basis = Annotated[str, typer.Option("--basis", help="依据：登记簿编号、页码 · number or page")]
Happened = Annotated[
    str, typer.Option("--happened", metavar="DAY", help="发生日期，如 2026-03-02 · the day it happened")
]
Scan = Annotated[str, typer.Option("--scan", metavar="SHA256", help="扫描件校验值 · hash of the scanned page")]
Fields = Annotated[list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="填写的字段，可多次 · a field")]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON · machine-readable")]


@commands.command("open")
def open_case(
    context: typer.Context,
    workflow: Annotated[str, typer.Argument(help="流程，如 proposal · the workflow")],
    login: As,
    for_whom: For,
    kind: Kind,
    basis: Basis,
    happened: Happened,
    unit: Annotated[str, typer.Option("--unit", metavar="CODE", help="单位代码 · code of the unit")],
    session: Annotated[str | None, typer.Option("--session", help="届次 · the congress session")] = None,
    scan: Scan = "",
    fields: Fields = None,
    as_json: AsJson = False,
    organisation: Organisation = None,
) -> None:
    """代录一件新事项 · enter a new case for somebody."""
    from engine.case.commands import OpenCase
    from runtime.cli.imports import session_called
    from runtime.cli.people import unit_called

    run = the_run(context)
    with run.desk(write=True) as opened:
        desk = opened.desk
        root = the_root(desk, organisation)
        world = desk.world(root)
        meeting = None if session is None else session_called(world.surroundings, session)
        known = None if meeting is None else world.surroundings.sessions[meeting]
        definition = world.rules.for_new(workflow, None if known is None else known.lists)
        actor = _actor(run, desk, root, login)
        on_behalf, stated = _entry(desk, root, for_whom, kind, basis, happened, scan)
        done = _do(
            desk,
            OpenCase(
                root=root,
                actor=actor,
                key=secrets.token_urlsafe(16),
                workflow=workflow,
                unit=unit_called(world.surroundings, unit),
                congress_session=meeting,
                form=_form(definition, definition.workflow.opening, fields or []),
                stated=stated,
                on_behalf=on_behalf,
            ),
        )
    _tell(run, done, as_json)


@commands.command("move")
def make_move(
    context: typer.Context,
    case: Annotated[str, typer.Argument(help="编号或标识 · number or id of the case")],
    move: Annotated[str, typer.Argument(help="步骤，如 evaluate · the transition")],
    login: As,
    for_whom: For,
    kind: Kind,
    basis: Basis,
    happened: Happened,
    scan: Scan = "",
    fields: Fields = None,
    as_json: AsJson = False,
    organisation: Organisation = None,
) -> None:
    """代录一个步骤 · enter a move for somebody."""
    from engine.case.commands import FireTransition

    run = the_run(context)
    with run.desk(write=True) as opened:
        desk = opened.desk
        root = the_root(desk, organisation)
        actor = _actor(run, desk, root, login)
        found = case_called(desk, root, case)
        definition = desk.queries.case(root, found, actor, desk.world(root)).definition
        part = definition.workflow.transitions.get(move)
        on_behalf, stated = _entry(desk, root, for_whom, kind, basis, happened, scan)
        done = _do(
            desk,
            FireTransition(
                root=root,
                actor=actor,
                key=secrets.token_urlsafe(16),
                case=found,
                transition=move,
                form=_form(definition, {} if part is None else part.form, fields or []),
                stated=stated,
                on_behalf=on_behalf,
            ),
        )
    _tell(run, done, as_json)


def _entry(
    desk: Desk, root: RootId, for_whom: str, kind: str, basis: str, happened: str, scan: str
) -> tuple[OnBehalf, Stated]:
    from engine.service.behalf import Entry, day_stated, entered

    now = desk.office.now()
    try:
        at = day_stated(date.fromisoformat(happened), now)
    except (ValueError, OverflowError):
        raise typer.BadParameter(f"--happened {happened} → 2026-03-02") from None
    person = "" if for_whom == NOBODY else for_whom
    entry = Entry(kind=kind, basis=basis, happened_at=at, person=person, scan=scan)
    return entered(desk.reads, desk.queries, root, entry, now)


def _actor(run: Run, desk: Desk, root: RootId, login: str) -> Actor:
    account = desk.reads.account(login)
    if account is None or account.root != root:
        run.refuse(
            Text(f"没有账号“{login}”", f"There is no account {login!r}"),
            Text("请用 --as 写明录入人的账号", "Name the account of the one who enters it with --as"),
        )
    return desk.queries.actor(root, account.person, desk.office.now())


def _form(definition: Definition, asked: Asked, fields: Sequence[str]) -> dict[str, JsonValue]:
    from web.forms.filled import PREFIX, filled

    posted: dict[str, list[str]] = {}
    for text in fields:
        name, equals, value = text.partition("=")
        if not equals:
            raise typer.BadParameter(f"--set {text} → FIELD=VALUE")
        posted.setdefault(f"{PREFIX}{name.strip()}", []).append(value)
    return filled(definition, asked, posted)


def _do(desk: Desk, command: Command) -> Done:
    from engine.errors import BanjieError
    from engine.service.execute import Done

    answer = desk.office.carry_out([command])[0]
    if isinstance(answer, BanjieError):
        raise answer
    assert isinstance(answer, Done), "nothing is left for later outside a server"
    return answer


def _tell(run: Run, done: Done, as_json: bool) -> None:
    outcome = done.outcome
    if as_json:
        from api.rendering import done_json

        run.terminal.json(done_json(done))
        return
    zh, en = f"✓ 已代录：{outcome.case}，第 {outcome.seq} 条", f"✓ entered: {outcome.case}, entry {outcome.seq}"
    run.terminal.say(Text(zh, en))
