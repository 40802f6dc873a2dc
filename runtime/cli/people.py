"""``banjie user``: persons, their accounts and their roles."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import InputRefused, NotFound
from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import day_given, the_root, the_run
from runtime.cli.workbook import Rehearsed, load_workbook

if TYPE_CHECKING:
    from collections.abc import Mapping

    from engine.access.directory import GrantRow, Person, Surroundings
    from engine.case.identity import PersonId, RootId, UnitId
    from engine.service.desk import Desk
    from engine.service.rights_history import RightsLine
    from runtime.cli.terminal import Terminal

users = typer.Typer(no_args_is_help=True, help="人员、账号与授权 · Persons, accounts and roles.")

Login = Annotated[str, typer.Argument(metavar="LOGIN", help="登录名 · login name")]
Role = Annotated[str, typer.Argument(metavar="ROLE", help="角色标识或名称 · role, by id or title")]
InUnit = Annotated[str, typer.Option("--unit", metavar="UNIT", help="单位编码或名称 · unit, by code or name")]
FromStdin = Annotated[
    bool, typer.Option("--password-stdin", help="从标准输入读取密码 · read the password from standard input")
]


@users.command("add")
def add(
    context: typer.Context,
    login: Login,
    name: Annotated[str, typer.Option(help="姓名 · name")],
    unit: Annotated[str | None, typer.Option(metavar="UNIT", help="所在单位 · the person's unit")] = None,
    password_stdin: FromStdin = False,
    root: Organisation = None,
) -> None:
    """新增人员和账号，密码只显示一次，首次登录须修改 · Add a person; the password shown is changed at first login."""
    from engine.access.directory import Person
    from engine.access.passwords import hash_password, new_password
    from engine.service.account_writes import SetPassword
    from engine.service.organisation import person_id
    from engine.service.own_account import told
    from engine.service.plain import AddPerson

    run = the_run(context)
    password = _password_given(login) if password_stdin else new_password()
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        if desk.reads.account(login) is not None:
            raise InputRefused(
                Text(
                    f"登录名“{login}”已存在；重设密码请用 banjie user password {login}",
                    f"There is a login {login!r} already; banjie user password {login} sets a new password",
                )
            )
        there = desk.reads.surroundings(organisation)
        person = Person(
            root=organisation,
            id=person_id(organisation, login),
            name=name,
            login=login,
            unit=None if unit is None else unit_called(there, unit),
        )
        now = desk.office.now()
        set_it = SetPassword(organisation, person.id, hash_password(password), due_at=now)
        fact = told(organisation, now, "password_set", person.id, by=None, way="command")
        desk.office.write([AddPerson(person), set_it, fact])
    run.terminal.say(Text(f"已新增 {name}（{login}）", f"Added {name} ({login})"))
    if not password_stdin:
        run.terminal.say(Text(f"密码（只显示这一次）：{password}", f"Password (shown once): {password}"))


@users.command("list")
def listed(context: typer.Context, as_json: AsJson = False, root: Organisation = None) -> None:
    """列出人员及其角色 · List persons and their roles."""
    run = the_run(context)
    with run.desk() as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        there = desk.reads.surroundings(organisation)
        persons = sorted(desk.reads.all_persons(organisation), key=lambda person: (person.login or "~", person.name))
        grants: dict[str, list[GrantRow]] = {}
        for grant in desk.reads.all_grants(organisation):
            grants.setdefault(grant.person, []).append(grant)
    if as_json:
        run.terminal.json({"persons": [_person_json(person, grants.get(person.id, []), there) for person in persons]})
        return
    head = (Text("登录名", "Login"), Text("姓名", "Name"), Text("单位", "Unit"), Text("角色", "Roles"))
    rows = [
        (
            person.login or "",
            person.name if person.active else f"{person.name}{run.terminal.read(Text('（停用）', ' (inactive)'))}",
            run.terminal.read(_unit_title(there, person.unit)),
            "、".join(_grant_words(grant, there) for grant in grants.get(person.id, [])),
        )
        for person in persons
    ]
    run.terminal.table(head, rows)


@users.command("grant")
def grant(
    context: typer.Context,
    login: Login,
    role: Role,
    unit: InUnit,
    from_on: Annotated[str | None, typer.Option("--from", metavar="DATE", help="自何日 · from this day on")] = None,
    until_on: Annotated[str | None, typer.Option("--until", metavar="DATE", help="至何日 · up to this day")] = None,
    root: Organisation = None,
) -> None:
    """授予角色 · Grant a role in a unit."""
    from engine.access.directory import GrantRow
    from engine.access.staff_roles import STAFF_ROLES, load_staff_roles
    from engine.service.granting import refuse_two_administrations
    from engine.service.organisation import grantable_roles
    from engine.service.organisation_import import refuse_backward
    from engine.service.plain import AddGrant

    run = the_run(context)
    begin, end = day_given(from_on), day_given(until_on)
    refuse_backward(begin, end)
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        roles = grantable_roles(desk.world(organisation).rules)
        if role not in roles:
            known = "、".join(sorted(set(roles.values())))
            raise NotFound(Text(f"没有角色“{role}”，可用：{known}", f"There is no role {role!r}; use {known}"))
        row = GrantRow(
            root=organisation,
            person=person_called(desk, organisation, login).id,
            role=roles[role],
            unit=unit_called(desk.reads.surroundings(organisation), unit),
            from_on=begin,
            until_on=end,
        )
        settings = run.settings()
        staff = load_staff_roles(settings.staff_roles or STAFF_ROLES)
        held = desk.reads.grants_of(organisation, [row.person])
        refuse_two_administrations(staff, held, row, small=settings.small_installation)
        desk.office.write([AddGrant(row)])
    run.terminal.say(Text(f"已授予 {login} 角色 {row.role}", f"Granted {row.role} to {login}"))


@users.command("revoke")
def revoke(context: typer.Context, login: Login, role: Role, unit: InUnit, root: Organisation = None) -> None:
    """收回角色 · Take a role back, whatever its period."""
    from engine.service.organisation import grantable_roles
    from engine.service.plain import RemoveGrant

    run = the_run(context)
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        named = grantable_roles(desk.world(organisation).rules).get(role, role)
        person = person_called(desk, organisation, login).id
        place = unit_called(desk.reads.surroundings(organisation), unit)
        held = [
            row
            for row in desk.reads.all_grants(organisation)
            if (row.person, row.role, row.unit) == (person, named, place)
        ]
        if not held:
            raise NotFound(Text(f"{login} 在该单位没有角色“{role}”", f"{login} does not hold {role!r} in this unit"))
        desk.office.write([RemoveGrant(row) for row in held])
    run.terminal.say(Text(f"已收回 {login} 的角色 {named}", f"Took {named} back from {login}"))


@users.command("history")
def history(
    context: typer.Context,
    login: Annotated[str | None, typer.Argument(metavar="LOGIN", help="登录名，默认所有人 · login name")] = None,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """近一年的授权和代理变动，取自账册 · What the ledger was told of grants and deputations in the last year."""
    from api.rendering import rights_json
    from engine.service.granting import today
    from engine.service.rights_history import people_named, rights_history

    run = the_run(context)
    with run.desk() as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        person = None if login is None else person_called(desk, organisation, login).id
        there = desk.reads.surroundings(organisation)
        lines = rights_history(desk.reads, organisation, today(desk), units=there.units, person=person)
        people = desk.reads.persons(organisation, people_named(lines))
    if as_json:
        run.terminal.json({"history": [rights_json(line) for line in lines]})
        return
    names = {known: one.name for known, one in people.items()}
    rows = [_history_row(line, names, there, run.terminal) for line in lines]
    run.terminal.table(
        (Text("时间", "When"), Text("变动", "What"), Text("人员", "Person"), Text("授权", "Grant"), Text("经办", "By")),
        rows,
    )


@users.command("password")
def password(
    context: typer.Context, login: Login, password_stdin: FromStdin = False, root: Organisation = None
) -> None:
    """重设密码，只显示一次，下次登录须修改 · Set a password; it is shown once and changed at the next login."""
    from engine.access.passwords import hash_password, new_password
    from engine.service.account_writes import SetPassword
    from engine.service.own_account import told

    run = the_run(context)
    secret = _password_given(login) if password_stdin else new_password()
    with run.desk(write=True) as opened:
        organisation = the_root(opened.desk, root)
        person = person_called(opened.desk, organisation, login)
        now = opened.desk.office.now()
        set_it = SetPassword(organisation, person.id, hash_password(secret), due_at=now)
        opened.desk.office.write([set_it, told(organisation, now, "password_set", person.id, by=None, way="command")])
    run.terminal.say(Text(f"已重设 {login} 的密码", f"The password of {login} is set"))
    if not password_stdin:
        run.terminal.say(Text(f"密码（只显示这一次）：{secret}", f"Password (shown once): {secret}"))


@users.command("import")
def import_users(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", exists=True, dir_okay=False, help="表格 · the workbook")],
    passwords: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="把新密码写入此文件（仅本人可读） · write the new passwords to this file"),
    ] = None,
    dry_run: Rehearsed = False,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """从表格导入人员和授权，并为新账号生成密码 · Import persons and grants; new accounts are given passwords.

    列名见 banjie unit import --help · the columns are those of banjie unit import.
    """
    load_workbook(the_run(context), file, wanted=root, dry_run=dry_run, as_json=as_json, accounts=True, to=passwords)


def unit_called(there: Surroundings, name: str) -> UnitId:
    """Return the unit of this code, name or id; raises NotFound."""
    unit = there.unit_called(name)
    if unit is None:
        raise NotFound(
            Text(
                f"没有（或不止一个）单位叫“{name}”；banjie unit list 列出全部",
                f"No unit, or several, are called {name!r}; see banjie unit list",
            )
        )
    return unit.id


def person_called(desk: Desk, root: RootId, login: str) -> Person:
    """Return the person with this login in the organisation; raises NotFound."""
    account = desk.reads.account(login)
    found = None if account is None or account.root != root else desk.reads.persons(root, [account.person])
    if not found:
        raise NotFound(
            Text(
                f"没有登录名“{login}”；banjie user list 列出全部", f"There is no login {login!r}; see banjie user list"
            )
        )
    return next(iter(found.values()))


def _password_given(login: str) -> str:
    from engine.access.password_rules import demand_good_password

    password = sys.stdin.readline().rstrip("\r\n")
    demand_good_password(password, login)
    return password


def _unit_title(there: Surroundings, unit: UnitId | None) -> Text:
    known = None if unit is None else there.units.get(unit)
    return Text("", "") if known is None else known.title


def _grant_words(row: GrantRow, there: Surroundings) -> str:
    unit = there.units.get(row.unit)
    period = "" if row.from_on is None and row.until_on is None else f" {row.from_on or ''}–{row.until_on or ''}"
    return f"{row.role}@{unit.code if unit is not None else row.unit}{period}"


def _history_row(
    line: RightsLine, names: Mapping[PersonId, str], there: Surroundings, terminal: Terminal
) -> tuple[str, ...]:
    from engine.calendar.term import SHANGHAI
    from engine.case.identity import UnitId

    what = {
        "granted": Text("授权", "given"),
        "grant_ended": Text("收回", "taken back"),
        "deputed": Text("代理", "stands in"),
        "deputation_ended": Text("撤回代理", "stands in no longer"),
    }
    unit = None if line.unit is None else there.units.get(UnitId(line.unit))
    about = (
        names.get(line.acting_for, line.acting_for)
        if line.acting_for
        else f"{line.role}@{unit.code if unit else line.unit}"
    )
    return (
        f"{line.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
        terminal.read(what[line.kind]),
        names.get(line.person, line.person),
        f"{about} {line.from_on or ''}–{line.until_on or ''}".removesuffix(" –"),
        terminal.read(Text("命令行或系统", "the machine")) if line.by is None else names.get(line.by, line.by),
    )


def _person_json(person: Person, grants: list[GrantRow], there: Surroundings) -> dict[str, object]:
    unit = None if person.unit is None else there.units.get(person.unit)
    return {
        "id": person.id,
        "login": person.login,
        "name": person.name,
        "unit": None if unit is None else unit.code,
        "active": person.active,
        "grants": [
            {
                "role": row.role,
                "unit": there.units[row.unit].code if row.unit in there.units else row.unit,
                "from": None if row.from_on is None else row.from_on.isoformat(),
                "until": None if row.until_on is None else row.until_on.isoformat(),
            }
            for row in grants
        ],
    }
