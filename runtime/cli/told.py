"""``banjie told``: who was told what about a case, by which way, and what became of it. Addresses are never shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.text import Text
from runtime.cli.cases import case_called
from runtime.cli.options import AsJson, Organisation
from runtime.cli.run import the_root, the_run
from runtime.cli.terminal import Terminal

if TYPE_CHECKING:
    from engine.service.notice_inbox import ToldLine, ToldOfCase
    from engine.service.notice_ports import CaseDelivery

HEAD: Final = (
    Text("通知时间", "When"),
    Text("通知", "Notice"),
    Text("收件人", "To"),
    Text("身份", "As"),
    Text("收件箱", "Inbox"),
    Text("其他渠道", "Other channels"),
)
NAMELESS: Final = Text("（保密，不显示姓名）", "(confidential: no name)")


def told(
    context: typer.Context,
    case: Annotated[str, typer.Argument(metavar="CASE", help="编号或标识 · number or id of the case")],
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """一件事项的送达情况：通知了谁、何时、以何方式、结果如何 · Who was told of a case, how, and what became of it."""
    from api.told import told_json
    from engine.case.actors import SYSTEM
    from engine.service.notice_inbox import Notices

    run = the_run(context)
    with run.desk() as opened:
        desk = opened.desk
        organisation = the_root(desk, root)
        found = case_called(desk, organisation, case)
        seen = Notices(desk.reads).of_case(organisation, found, SYSTEM, desk.world(organisation))
    if as_json:
        run.terminal.json({"case": found, **told_json(seen)})
    elif not seen.told:
        run.terminal.say(Text("尚未发出通知", "Nobody was told of anything yet"))
    else:
        _tell(run.terminal, seen)


def _tell(terminal: Terminal, seen: ToldOfCase) -> None:
    from engine.service.notice_inbox import title_of_notice
    from engine.service.notice_words import set_aside_words

    terminal.table(HEAD, [_row(terminal, line, seen) for line in seen.lines])
    for row in seen.told:
        if row.reason is not None:
            title = title_of_notice(seen.definition.workflow, row.kind, row.name)
            why = set_aside_words(row.reason)
            terminal.say(Text(f"“{title.zh}”未通知任何人：{why.zh}", f"Nobody was told “{title.en}”: {why.en}"))


def _row(terminal: Terminal, line: ToldLine, seen: ToldOfCase) -> tuple[str, ...]:
    from engine.definition.wording import title_of
    from engine.service.notice_inbox import title_of_notice
    from engine.service.notice_words import inbox_words

    notice, workflow = line.notice, seen.definition.workflow
    who = terminal.read(NAMELESS) if line.person is None else seen.names.get(line.person, line.person)
    if notice.acting_for is not None:
        principal = seen.names.get(notice.acting_for, notice.acting_for)
        who += terminal.read(Text(f"（代{principal}）", f" (for {principal})"))
    return (
        _when(notice.told_at),
        terminal.read(title_of_notice(workflow, notice.kind, notice.name)),
        who,
        terminal.read(title_of(notice.role, workflow.roles)),
        terminal.read(inbox_words(notice)),
        "；".join(_way(terminal, delivery) for delivery in line.deliveries),
    )


def _way(terminal: Terminal, delivery: CaseDelivery) -> str:
    from engine.service.notice_words import DELIVERY_STATES, channel_title

    at = delivery.due_at if delivery.settled_at is None else delivery.settled_at
    channel, state = terminal.read(channel_title(delivery.channel)), terminal.read(DELIVERY_STATES[delivery.state])
    reason = "" if delivery.reason is None else f" {delivery.reason}"
    return f"{channel} {state} {_when(at)}{reason}"


def _when(at: int) -> str:
    from engine.calendar.term import SHANGHAI
    from engine.case.codec import instant

    return f"{instant(at).astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
