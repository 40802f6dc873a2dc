"""``banjie erase``: private values erased for good, of a case or of one person everywhere.

It takes the word of whoever runs it for who erases and who approves: that is an act of the host's administrator, who
can read both names in the ledger afterwards. On the pages two people do it, each logged in.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import BanjieError, NotFound
from engine.text import Text
from runtime.cli.erase_person import GONE, erase_everywhere
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import the_root, the_run

if TYPE_CHECKING:
    from engine.case.actors import Actor
    from engine.case.identity import RootId
    from engine.service.desk import Desk


class Basis(StrEnum):
    """The grounds of PIPL Art.47; the same words as ``ErasureBasis``, which is not imported to read ``--help``."""

    PURPOSE = "purpose"
    RETENTION = "retention"
    CONSENT = "consent"
    UNLAWFUL = "unlawful"
    LAW = "law"


def erase(
    context: typer.Context,
    case: Annotated[
        str, typer.Argument(metavar="CASE", help="编号或标识；不写则须 --person LOGIN · number or id")
    ] = "",
    field: Annotated[list[str] | None, typer.Option(metavar="FIELD", help="字段，可多次 · a field; repeatable")] = None,
    person: Annotated[
        list[str] | None,
        typer.Option(
            metavar="P1|LOGIN",
            help="写明事项时为其中的人，如 P1，可多次；不写事项时为登录名，从全部事项中删除此人 · "
            "with CASE somebody of it, as P1; without, a login, erased from all cases",
        ),
    ] = None,
    notes: Annotated[bool, typer.Option("--notes", help="连同记事 · the notes too")] = False,
    basis: Annotated[
        Basis,
        typer.Option(
            help="依据（个人信息保护法第47条）：purpose 目的已实现，retention 期限届满，consent 撤回同意，"
            "unlawful 违法处理，law 其他规定 · the ground, PIPL Art.47"
        ),
    ] = Basis.CONSENT,
    by: Annotated[str, typer.Option(metavar="LOGIN", help="办理人 · who erases")] = "",
    approver: Annotated[
        str, typer.Option(metavar="LOGIN", help="批准人，须为另一人 · who approves: somebody else")
    ] = "",
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """删除个人信息，不可恢复（主机管理员的操作）· Erase private values for good: the host administrator's act.

    命令行不核实办理人和批准人是否本人同意，由执行命令的人负责；两人各自登录办理，请用事项页面的“删除内容”。
    """
    from engine.case.commands import EraseValues, ErasureBasis
    from runtime.cli.cases import case_called
    from runtime.keys.shredding import finish_erasures

    run = the_run(context)
    if not case and (len(person or ()) != 1 or field or notes):
        raise typer.BadParameter("CASE，或仅 --person LOGIN · CASE, or --person LOGIN alone")
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        acting, consenting = _acting(desk, organisation, by), _acting(desk, organisation, approver)
        if not case:
            erase_everywhere(run, opened, organisation, (person or [""])[0], acting, consenting, basis.value, as_json)
            return
        paths = [f"fields/{name}" for name in field or ()] + [f"people/{name}" for name in person or ()]
        command = EraseValues(
            root=organisation,
            actor=acting,
            key="",
            case=case_called(desk, organisation, case),
            paths=(*paths, *(["note"] if notes else [])),
            basis=ErasureBasis(basis.value),
            approver=consenting,
        )
        answer = desk.office.carry_out([command])[0]
        if isinstance(answer, BanjieError):
            raise answer
        finish_erasures(opened)
    run.terminal.say(GONE)


def _acting(desk: Desk, root: RootId, login: str) -> Actor:
    """Return the person of a login with the rights of today."""
    account = desk.reads.account(login)
    if account is None or account.root != root:
        raise NotFound(Text(f"没有登录名“{login}”", f"There is no login {login!r}"))
    return desk.queries.actor(root, account.person, desk.office.now())
