"""``banjie user notices``: by which channels somebody is told beside the inbox; shown, set, switched off, forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from engine.errors import InputRefused
from engine.text import Text
from runtime.cli.options import AsJson, Organisation
from runtime.cli.people import Login, person_called
from runtime.cli.run import Run, the_root, the_run
from runtime.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from engine.access.directory import Person
    from engine.service.desk import Desk
    from engine.service.preferences import OwnChannel, Wish

HEAD: Final = (
    Text("渠道", "Channel"),
    Text("本系统", "Here"),
    Text("地址", "Address"),
    Text("状态", "State"),
    Text("发送方式", "How often"),
    Text("免打扰", "Quiet"),
    Text("语言", "Language"),
)
DIGESTS: Final = {"none": Text("逐条", "one by one"), "daily": Text("每日汇总", "once a day")}


def notices(
    context: typer.Context,
    login: Login,
    channel: Annotated[
        str | None, typer.Option(metavar="NAME", help="设置这一渠道，如 mail · the channel to set, as mail")
    ] = None,
    address: Annotated[str | None, typer.Option(help="地址 · address there")] = None,
    active: Annotated[bool | None, typer.Option("--on/--off", help="开启或关闭 · switch it on or off")] = None,
    digest: Annotated[
        str | None, typer.Option(metavar="none|daily", help="逐条发送或每日汇总 · one by one, or once a day")
    ] = None,
    quiet: Annotated[
        str | None, typer.Option(metavar="22:00-07:00", help="免打扰时段，none 为无 · quiet hours; none for none")
    ] = None,
    language: Annotated[str | None, typer.Option(metavar="zh|en", help="消息语言 · language of messages")] = None,
    forget: Annotated[bool, typer.Option("--forget", help="删除该渠道的地址 · forget the address there")] = False,
    as_json: AsJson = False,
    root: Organisation = None,
) -> None:
    """某人除收件箱外的通知方式：查看、设置 · By which channels somebody is told; shown, or set with --channel."""
    from engine.service.preferences import own_channels
    from runtime.channels import configured

    run = the_run(context)
    given = (address, active, digest, quiet, language)
    changes = forget or any(value is not None for value in given)
    if changes and channel is None:
        raise InputRefused(Text("请用 --channel 指明渠道", "Name the channel with --channel"))
    names = configured(run.settings())
    with run.desk(write=changes) as opened:
        desk = opened.desk
        person = person_called(desk, the_root(desk, root), login)
        if changes and channel is not None:
            if forget:
                _forget(desk, person, channel, names)
            else:
                before = _before(desk, person, channel, names)
                _set(desk, person, channel, _wish(before, address, active, digest, quiet, language), names)
        own = own_channels(desk.reads, person.root, person.id, names)
    _show(run, [one for one in own if channel in (None, one.name)], as_json=as_json)


def _before(desk: Desk, person: Person, channel: str, names: Sequence[str]) -> Wish:
    """Return how the person is told by the channel now, as it would be typed."""
    from engine.service.preferences import Wish, known_channel, own_channels, time_text

    known_channel(channel, names)
    own = own_channels(desk.reads, person.root, person.id, names)
    kept = next((one.preference for one in own if one.name == channel), None)
    if kept is None:
        return Wish(address="")
    return Wish(
        address=kept.address,
        active=kept.active,
        digest=kept.digest,
        quiet_from=time_text(kept.quiet_from),
        quiet_until=time_text(kept.quiet_until),
        language=kept.language,
    )


def _wish(
    before: Wish, address: str | None, active: bool | None, digest: str | None, quiet: str | None, language: str | None
) -> Wish:
    from engine.service.preferences import Wish

    begin, end = (before.quiet_from, before.quiet_until) if quiet is None else _hours(quiet)
    return Wish(
        address=before.address if address is None else address,
        active=before.active if active is None else active,
        digest=before.digest if digest is None else digest,
        quiet_from=begin,
        quiet_until=end,
        language=before.language if language is None else language,
    )


def _hours(text: str) -> tuple[str, str]:
    begin, _, end = ("", "", "") if text.strip() == "none" else text.partition("-")
    return begin, end


def _set(desk: Desk, person: Person, channel: str, wish: Wish, names: Sequence[str]) -> None:
    from engine.service.notice_writes import SetPreference
    from engine.service.preferences import preference_of

    desk.office.write([SetPreference(preference_of(person.root, person.id, channel, wish, names))])


def _forget(desk: Desk, person: Person, channel: str, names: Sequence[str]) -> None:
    from engine.service.notice_writes import RemovePreference
    from engine.service.preferences import known_channel

    known_channel(channel, names)
    desk.office.write([RemovePreference(person.root, person.id, channel)])


def _show(run: Run, own: Sequence[OwnChannel], *, as_json: bool) -> None:
    if as_json:
        from api.own import channel_json

        run.terminal.json({"channels": [channel_json(one) for one in own]})
    else:
        run.terminal.table(HEAD, [_row(run.terminal, one) for one in own])


def _row(terminal: Terminal, one: OwnChannel) -> tuple[str, ...]:
    from engine.service.notice_words import channel_title
    from engine.service.preferences import time_text

    kept = one.preference
    title = f"{terminal.read(channel_title(one.name))}（{one.name}）"
    here = terminal.read(Text("已启用", "set up") if one.configured else Text("未启用", "not set up"))
    if kept is None:
        return (title, here, "", "", "", "", "")
    quiet = "" if kept.quiet_from is None else f"{time_text(kept.quiet_from)}-{time_text(kept.quiet_until)}"
    state = terminal.read(Text("开启", "on") if kept.active else Text("关闭", "off"))
    return (title, here, kept.address, state, terminal.read(DIGESTS[kept.digest]), quiet, kept.language)
