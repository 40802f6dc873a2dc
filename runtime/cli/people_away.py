"""``banjie user away`` and ``back``: who stands in for somebody until a date; and that it ends earlier."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.people import Login, person_called
from runtime.cli.run import Run, the_root, the_run

if TYPE_CHECKING:
    from engine.service.absences import AbsenceLine, Absences
    from engine.service.desk import Desk

HEAD: Final = (
    Text("自", "From"),
    Text("至", "Until"),
    Text("外出人", "Away"),
    Text("代理人", "Substitute"),
    Text("状态", "State"),
    Text("说明", "Note"),
)
STANDINGS: Final = {"now": Text("代理中", "now"), "coming": Text("未开始", "to come"), "over": Text("已结束", "over")}


def away(
    context: typer.Context,
    login: Login,
    substitute: Annotated[
        str | None, typer.Option(metavar="LOGIN", help="代理人的登录名或姓名 · login or name of the substitute")
    ] = None,
    until_on: Annotated[
        str | None, typer.Option("--until", metavar="DATE", help="至何日（含当日） · up to this day, included")
    ] = None,
    from_on: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="自何日，默认今天 · from this day; default today")
    ] = None,
    note: Annotated[str, typer.Option(help="说明 · note")] = "",
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """登记外出和代理人；不带选项则查看 · Let somebody stand in until a date; without options, show who does."""
    from engine.service.absences import Away, absence_of
    from engine.service.plain import AddDeputation

    run = the_run(context)
    changes = any((substitute, until_on, from_on, note))
    with run.desk(write=changes) as opened:
        desk = opened.desk
        person = person_called(desk, the_root(desk, root), login)
        if changes:
            said = Away(from_on=from_on or "", until_on=until_on or "", substitute=substitute or "", note=note)
            desk.office.write([AddDeputation(absence_of(desk.reads, person.root, person.id, said, _today(desk)))])
        _show(run, desk, login, root, as_json=as_json)


def back(
    context: typer.Context,
    login: Login,
    from_on: Annotated[
        str | None,
        typer.Option("--from", metavar="DATE", help="自何日开始的那一项，默认为现在的 · the one from this day"),
    ] = None,
    root: Organisation = None,
) -> None:
    """撤回外出登记，代理即刻结束 · Take an absence back: the substitute's authority ends at once."""
    from engine.errors import NotFound
    from engine.service.absences import absences, taken_back

    run = the_run(context)
    with run.desk(write=True) as opened:
        desk = opened.desk
        person = person_called(desk, the_root(desk, root), login)
        today = _today(desk)
        own = absences(desk.reads, person.root, person.id, today).own
        keys = [from_on] if from_on is not None else [line.key for line in own if line.standing == "now"]
        if not keys:
            raise NotFound(
                Text(
                    f"{login} 现在没有外出；尚未开始的请用 --from 指明",
                    f"{login} is not away now; name one that is to come with --from",
                )
            )
        for key in keys:
            desk.office.write(taken_back(desk.reads, person.root, person.id, key, today))
    run.terminal.say(Text(f"已撤回 {login} 的外出登记", f"The absence of {login} is taken back"))


def _show(run: Run, desk: Desk, login: str, root: str | None, *, as_json: bool) -> None:
    from engine.service.absences import absences

    person = person_called(desk, the_root(desk, root), login)
    found = absences(desk.reads, person.root, person.id, _today(desk))
    if as_json:
        from api.own import absences_json

        run.terminal.json(absences_json(found))
    elif found.own or found.for_others:
        run.terminal.table(HEAD, _rows(run, found))
    else:
        run.terminal.say(Text("没有外出登记", "Nothing is entered"))


def _rows(run: Run, found: Absences) -> list[tuple[str, ...]]:
    return [_row(run, line) for line in (*found.own, *found.for_others)]


def _row(run: Run, line: AbsenceLine) -> tuple[str, ...]:
    absence = line.deputation
    return (
        "" if absence.from_on is None else absence.from_on.isoformat(),
        "" if absence.until_on is None else absence.until_on.isoformat(),
        line.principal,
        line.deputy,
        run.terminal.read(STANDINGS[line.standing]),
        absence.note or "",
    )


def _today(desk: Desk) -> date:
    from engine.calendar.term import SHANGHAI

    return desk.office.now().astimezone(SHANGHAI).date()
