"""``banjie unit`` and ``banjie session``: the tree of units and the congress sessions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from engine.errors import InputRefused
from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.people import unit_called
from runtime.cli.run import day_given, the_root, the_run
from runtime.cli.workbook import Rehearsed, load_workbook

if TYPE_CHECKING:
    from engine.access.directory import Unit


units = typer.Typer(no_args_is_help=True, help="单位 · Units.")
sessions = typer.Typer(no_args_is_help=True, help="职代会届次 · Congress sessions.")


@units.command("add")
def add_unit(
    context: typer.Context,
    code: Annotated[str, typer.Argument(metavar="CODE", help="单位编码 · the unit's code")],
    name: Annotated[str, typer.Option(help="名称 · name in Chinese")],
    en: Annotated[str | None, typer.Option(help="英文名 · name in English")] = None,
    parent: Annotated[
        str | None, typer.Option(metavar="UNIT", help="上级单位，默认顶级单位 · unit above; default the top unit")
    ] = None,
    root: Annotated[
        bool, typer.Option("--root", help="作为新组织的顶级单位 · the top unit of a new organisation")
    ] = False,
    organisation: Annotated[
        str | None, typer.Option(metavar="CODE", help="有多个组织时指明其一 · which organisation, if several")
    ] = None,
) -> None:
    """新增单位 · Add a unit."""
    from engine.access.directory import Unit
    from engine.case.identity import UnitId
    from engine.service.organisation import root_id, unit_id
    from engine.service.plain import AddUnit

    if root and (parent or organisation):
        raise typer.BadParameter("--root 不能与 --parent、--organisation 同用 · --root stands alone")
    run = the_run(context)
    with run.desk(write=True) as opened:
        desk = opened.desk
        if root:
            top = root_id(code)
            codes = {desk.reads.surroundings(known).units[UnitId(known)].code for known in desk.reads.roots()}
            unit = Unit(root=top, id=UnitId(top), parent=None, code=code, title=Text(name, en or name))
        else:
            top = the_root(desk, organisation)
            there = desk.reads.surroundings(top)
            codes = {known.code for known in there.units.values()}
            above = UnitId(top) if parent is None else unit_called(there, parent)
            unit = Unit(root=top, id=unit_id(top, code), parent=above, code=code, title=Text(name, en or name))
        if code in codes:
            raise InputRefused(
                Text(f"编码“{code}”已有单位使用，请另取编码", f"There is a unit with the code {code!r}; choose another")
            )
        desk.office.write([AddUnit(unit)])
    run.terminal.say(Text(f"已新增单位 {name}（{code}）", f"Added the unit {en or name} ({code})"))


@units.command("list")
def list_units(context: typer.Context, as_json: AsJson = False) -> None:
    """以树形列出单位 · List the units as a tree."""
    run = the_run(context)
    with run.desk() as opened:
        reads = opened.desk.reads
        houses = [reads.surroundings(root) for root in reads.roots()]
    if as_json:
        run.terminal.json({"units": [_unit_json(unit) for there in houses for unit in there.units.values()]})
        return
    if not houses:
        run.terminal.say(Text("还没有单位", "There is no unit yet"))
    for there in houses:
        for depth, unit in there.as_tree():
            ended = "" if unit.until_on is None else f" –{unit.until_on}"
            run.terminal.say(f"{'  ' * depth}{unit.code}  {run.terminal.read(unit.title)}{ended}")


@units.command("import")
def import_units(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.xlsx", exists=True, dir_okay=False, help="表格 · the workbook")],
    dry_run: Rehearsed = False,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """从表格导入单位、人员、授权、届次、代表团 · Import units, persons, grants, sessions and delegations.

    按表头识别各工作表，顺序和表名不限 · Sheets are told by their headings:

    单位 units：编码 code、名称 name、英文名 name_en、上级 parent、启用日期 from、停用日期 until、
    承接单位 successor

    人员 persons：登录名 login、姓名 name、工号 number、单位 unit、在职 active

    授权 grants：登录名 login、角色 role、单位 unit、自 from、至 until

    届次 sessions：届 term、次 meeting、名称 name、英文名 name_en、单位 unit、征集开始 call opens、
    征集截止 call closes、开幕 opens、闭幕 closes、答复期限 replies due

    代表团 delegations：届 term、次 meeting、编码 code、名称 name、英文名 name_en、
    成员 members（登录名，以顿号分隔 · logins）

    任何一行有误则全部不写入；重复导入不会重复登记 · One wrong row and nothing is written; again changes nothing.
    """
    load_workbook(the_run(context), file, wanted=root, dry_run=dry_run, as_json=as_json, accounts=False, to=None)


@sessions.command("add")
def add_session(
    context: typer.Context,
    term: Annotated[int, typer.Argument(min=1, metavar="TERM", help="届 · ordinal of the term")],
    meeting: Annotated[int, typer.Argument(min=1, metavar="MEETING", help="次 · ordinal of the meeting")],
    name: Annotated[str | None, typer.Option(help="名称 · title in Chinese")] = None,
    en: Annotated[str | None, typer.Option(help="英文名 · title in English")] = None,
    unit: Annotated[
        str | None, typer.Option(metavar="UNIT", help="所属单位，默认顶级单位 · its unit; default the top unit")
    ] = None,
    call_opens: Annotated[str | None, typer.Option(metavar="DATE", help="征集开始 · the call opens")] = None,
    call_closes: Annotated[str | None, typer.Option(metavar="DATE", help="征集截止 · the call closes")] = None,
    opens: Annotated[str | None, typer.Option(metavar="DATE", help="开幕 · the meeting opens")] = None,
    closes: Annotated[str | None, typer.Option(metavar="DATE", help="闭幕 · the meeting closes")] = None,
    reply_due: Annotated[str | None, typer.Option(metavar="DATE", help="答复期限 · replies are due")] = None,
    root: Organisation = None,
) -> None:
    """新增或更改届次 · Add a congress session, or change it."""
    from engine.case.identity import UnitId
    from engine.case.situation import CongressSession
    from engine.service.organisation import session_id, session_title
    from engine.service.organisation_import import refuse_backward
    from engine.service.plain import AddSession

    run = the_run(context)
    call, meets = (day_given(call_opens), day_given(call_closes)), (day_given(opens), day_given(closes))
    refuse_backward(*call)
    refuse_backward(*meets)
    with run.desk(write=True) as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        there = desk.reads.surroundings(organisation)
        held_in = UnitId(organisation) if unit is None else unit_called(there, unit)
        wanted = (held_in, term, meeting)
        known = next((s for s in there.sessions.values() if (s.unit, s.term, s.meeting) == wanted), None)
        title = session_title(term, meeting)
        session = CongressSession(
            id=session_id(organisation, held_in, term, meeting) if known is None else known.id,
            root=organisation,
            unit=held_in,
            term=term,
            meeting=meeting,
            title=Text(name or title.zh, en or name or title.en),
            opens_on=meets[0],
            closes_on=meets[1],
            call_opens_on=call[0],
            call_closes_on=call[1],
            reply_due_on=day_given(reply_due),
            lists=None if known is None else known.lists,
        )
        desk.office.write([AddSession(session)])
    run.terminal.say(Text(f"已登记 {session.title.zh}", f"Recorded: {session.title.en}"))


@sessions.command("list")
def list_sessions(context: typer.Context, as_json: AsJson = False, root: Organisation = None) -> None:
    """列出届次 · List the congress sessions."""
    run = the_run(context)
    with run.desk() as opened:
        there = opened.desk.reads.surroundings(the_root(opened.desk, root)).sessions
    known = sorted(there.values(), key=lambda session: (session.term, session.meeting))
    days = ("call_opens_on", "call_closes_on", "opens_on", "closes_on", "reply_due_on")
    if as_json:
        run.terminal.json(
            {
                "sessions": [
                    {
                        "id": session.id,
                        "term": session.term,
                        "meeting": session.meeting,
                        "title": {"zh": session.title.zh, "en": session.title.en},
                        **{day: str(getattr(session, day)) if getattr(session, day) else None for day in days},
                    }
                    for session in known
                ]
            }
        )
        return
    head = (
        Text("届", "Term"),
        Text("次", "Meeting"),
        Text("名称", "Title"),
        Text("征集开始", "Call opens"),
        Text("征集截止", "Call closes"),
        Text("开幕", "Opens"),
        Text("闭幕", "Closes"),
        Text("答复期限", "Replies due"),
    )
    rows = [
        (
            str(session.term),
            str(session.meeting),
            run.terminal.read(session.title),
            *(str(getattr(session, day) or "") for day in days),
        )
        for session in known
    ]
    run.terminal.table(head, rows, right=(0, 1))


def _unit_json(unit: Unit) -> dict[str, object]:
    return {
        "root": unit.root,
        "id": unit.id,
        "code": unit.code,
        "title": {"zh": unit.title.zh, "en": unit.title.en},
        "parent": unit.parent,
        "from": None if unit.from_on is None else unit.from_on.isoformat(),
        "until": None if unit.until_on is None else unit.until_on.isoformat(),
        "successor": unit.successor,
    }
