"""``banjie user slips`` and ``banjie user link``: how people set their first password without e-mail."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from engine.text import Text
from runtime.cli.options import Organisation
from runtime.cli.people import Login, person_called, unit_called
from runtime.cli.run import the_root, the_run


def link(context: typer.Context, login: Login, root: Organisation = None) -> None:
    """打印一次性链接，供本人设置密码，24 小时内有效 · Print a one-time link to set a password, good for 24 hours."""
    from engine.service.first_logins import LINK_HOURS, make_link

    run = the_run(context)
    with run.desk(write=True) as opened:
        organisation = the_root(opened.desk, root)
        secret = make_link(opened.desk, organisation, person_called(opened.desk, organisation, login).id)
    run.terminal.say(
        Text(
            f"链接只显示这一次，{LINK_HOURS} 小时内使用一次：",
            f"The link is shown once and works once in {LINK_HOURS} hours:",
        )
    )
    run.terminal.say(f"  {run.settings().pages_url.rstrip('/')}/link/{secret}")


def slips(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", "-o", metavar="FILE.html", help="写入此文件（仅本人可读） · write to this file")
    ],
    unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="单位及其下属，默认全部 · a unit and those below it; default all")
    ] = None,
    login: Annotated[str | None, typer.Option(metavar="LOGIN", help="只为一人 · for one person only")] = None,
    reset: Annotated[
        bool,
        typer.Option(
            "--reset",
            help="已有密码的也发放：原密码、会话、令牌失效 · also those with a password: it, sessions and tokens end",
        ),
    ] = False,
    root: Organisation = None,
) -> None:
    """生成激活单，供打印 · Make activation slips to print, for everybody who has no password yet."""
    from engine.case.identity import UnitId
    from engine.service.first_logins import make_slips, people_of, refuse_nobody
    from web.slips import slips_document

    run = the_run(context)
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        there = desk.reads.surroundings(organisation)
        top = UnitId(organisation) if unit is None else unit_called(there, unit)
        persons = people_of(desk, organisation, top)
        if login is not None:
            persons = [person_called(desk, organisation, login)]
        if not reset:
            active = {one.person for one in desk.reads.account_states(organisation) if one.has_password}
            persons = [person for person in persons if person.id not in active]
        refuse_nobody(persons)
        # The file is opened first: codes that nobody could read would lock people out.
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            output.chmod(0o600)
            with run.terminal.progress(Text("生成激活单", "Making slips")) as progressed:
                made = list(make_slips(desk, organisation, persons, by=None, reset=reset, progressed=progressed))
            pages = run.settings().pages_url.rstrip("/")
            address = f"{pages}/activate" if pages else ""
            stream.write(slips_document(made, address=address, language=run.terminal.language))
    run.terminal.say(Text(f"{len(made)} 张激活单已写入 {output}", f"{len(made)} slip(s) written to {output}"))
    run.terminal.say(Text("打印后请删除该文件", "Delete the file when it is printed"))
