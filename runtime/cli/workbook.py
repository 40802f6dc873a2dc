"""Loading an organisation's workbook: written in one transaction or not at all, new accounts with their passwords."""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.text import Text
from runtime.cli.run import Run

if TYPE_CHECKING:
    from engine.service.desk import Desk
    from engine.service.organisation_import import OrganisationRead
    from engine.service.plain import PlainWrite

Rehearsed = Annotated[bool, typer.Option("--dry-run", help="只检查，不写入 · look at everything, write nothing")]
Made = tuple[str, str, str]
"""Login, name and the password made."""


def load_workbook(
    run: Run, file: Path, *, wanted: str | None, dry_run: bool, as_json: bool, accounts: bool, to: Path | None
) -> None:
    """Load a workbook and say what came of it.

    Args:
        run: the run of the command.
        file: the workbook.
        wanted: the organisation, if there are several.
        dry_run: look at everything and write nothing.
        as_json: tell it as JSON.
        accounts: make passwords for logins that have none.
        to: the file the passwords are written to; without one they are shown.
    """
    from engine.service.organisation_import import read_organisation
    from runtime.running_rules import published_book

    with run.desk(write=not dry_run) as opened:
        desk = opened.desk
        rules = published_book(opened.rules, desk.reads, desk.reads.publications())
        read = read_organisation(desk.reads, file, wanted=wanted, rules=rules)
        passwords: list[PlainWrite] = []
        made: list[Made] = []
        if accounts and not dry_run:
            passwords, made = _passwords(run, desk, read)
        if not dry_run and (read.writes or passwords):
            desk.office.write([*read.writes, *passwords])
    if made and to is not None:
        _keep(to, made)
    if as_json:
        run.terminal.json(_json(read, dry_run, made if to is None else []))
    else:
        _tell(run, read, dry_run, made, to)


def _passwords(run: Run, desk: Desk, read: OrganisationRead) -> tuple[list[PlainWrite], list[Made]]:
    """Return the writes that give new accounts a password, and what was made; a hash takes a tenth of a second."""
    from engine.access.passwords import hash_password, new_password
    from engine.service.account_writes import SetPassword
    from engine.service.plain import AddPerson

    persons = [write.person for write in read.writes if isinstance(write, AddPerson) and write.person.login]
    known = {person.login: desk.reads.account(person.login) for person in persons if person.login}
    new = [p for p in persons if p.login and ((account := known[p.login]) is None or account.password_hash is None)]
    writes: list[PlainWrite] = []
    made: list[Made] = []
    with run.terminal.progress(Text("生成密码", "Making passwords")) as progressed:
        for done, person in enumerate(new, start=1):
            password = new_password()
            writes.append(SetPassword(person.root, person.id, hash_password(password), due_at=desk.office.now()))
            made.append((person.login or "", person.name, password))
            progressed(done, len(new))
    return writes, made


def _keep(path: Path, made: Sequence[Made]) -> None:
    """Write the passwords where only their owner can read them."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    path.chmod(0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8-sig", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(("登录名 login", "姓名 name", "密码 password"))
        rows.writerows(made)


def _tell(run: Run, read: OrganisationRead, dry_run: bool, made: Sequence[Made], to: Path | None) -> None:
    from engine.service.organisation_sheets import TITLES

    counted = [(TITLES[kind], count) for kind, count in read.rows.items() if count]
    run.terminal.say(
        Text(
            "已读取：" + "、".join(f"{title.zh} {count} 行" for title, count in counted),
            "Read: " + ", ".join(f"{title.en} {count}" for title, count in counted),
        )
    )
    for place in read.unknown:
        run.terminal.complain(
            Text(
                f"! 第 {place} 张工作表没有可识别的表头，未读取",
                f"! Sheet {place} has no known headings and was not read",
            )
        )
    changes = _changes(read)
    if dry_run:
        run.terminal.say(
            Text(f"将新增或更改 {changes} 项，未写入", f"{changes} addition(s) or change(s); nothing written")
        )
        return
    run.terminal.say(Text(f"新增或更改 {changes} 项", f"{changes} addition(s) or change(s) written"))
    if made and to is not None:
        run.terminal.say(Text(f"{len(made)} 个新密码已写入 {to}", f"{len(made)} new password(s) written to {to}"))
    elif made:
        run.terminal.say(Text("新密码（只显示这一次）：", "New passwords (shown once):"))
        head = (Text("登录名", "Login"), Text("姓名", "Name"), Text("密码", "Password"))
        run.terminal.table(head, made)


def _changes(read: OrganisationRead) -> int:
    """Return how much is new or changed; delegations cannot be compared and are not counted."""
    from engine.service.plain import AddDelegation

    return sum(not isinstance(write, AddDelegation) for write in read.writes)


def _json(read: OrganisationRead, dry_run: bool, made: Sequence[Made]) -> dict[str, object]:
    return {
        "root": read.root,
        "rows": {str(kind): count for kind, count in read.rows.items()},
        "unknown_sheets": list(read.unknown),
        "changes": _changes(read),
        "dry_run": dry_run,
        "passwords": [{"login": login, "name": name, "password": password} for login, name, password in made],
    }
