"""How somebody wants to be told beside the inbox: what is typed becomes a preference, or all that is wrong is named."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from engine.case.identity import PersonId, RootId
from engine.errors import FieldProblem, FormInvalid, InputRefused, NotFound
from engine.service.notice_ports import NoticeReads, Preference
from engine.service.notice_words import CHANNELS, channel_title
from engine.text import Text

MAIL_CHARACTERS_MAX: Final = 254
NAME_CHARACTERS_MAX: Final = 100
# RFC 5321 without what no mail server of today gives out: quoted names and addresses of numbers.
_MAIL: Final = re.compile(
    r"(?=.{1,64}@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*"
    r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])"
)
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """How somebody says they want to be told by a channel, as typed. Times are ``22:00``, Asia/Shanghai; "" is none."""

    address: str
    active: bool = True
    digest: str = "none"
    quiet_from: str = ""
    quiet_until: str = ""
    language: str = "zh"


class OwnChannel(NamedTuple):
    """A channel as one person has it; ``configured`` says whether this installation can deliver by it."""

    name: str
    configured: bool
    preference: Preference | None


def own_channels(
    reads: NoticeReads, root: RootId, person: PersonId, configured: Collection[str]
) -> tuple[OwnChannel, ...]:
    """Return every channel there is, and those somebody still has a preference for, the known ones first."""
    own = {preference.channel: preference for preference in reads.preferences(root, [person])}
    names = [*CHANNELS, *sorted((set(configured) | own.keys()) - CHANNELS.keys())]
    return tuple(OwnChannel(name, name in configured, own.get(name)) for name in names)


def known_channel(channel: str, configured: Collection[str]) -> str:
    """Return the name of a channel; raises NotFound for what is none."""
    if channel in CHANNELS or channel in configured:
        return channel
    names = "、".join(dict.fromkeys([*CHANNELS, *sorted(configured)]))
    shown = channel[:40]
    raise NotFound(Text(f"没有通知渠道“{shown}”，可用：{names}", f"There is no channel {shown!r}; use {names}"))


def preference_of(root: RootId, person: PersonId, channel: str, wish: Wish, configured: Collection[str]) -> Preference:
    """Return the preference that somebody asks for.

    Raises:
        NotFound: there is no such channel.
        InputRefused: this installation cannot deliver by it; switching off is always possible.
        FormInvalid: names every field that is wrong.
    """
    known_channel(channel, configured)
    if wish.active and channel not in configured:
        title = channel_title(channel)
        raise InputRefused(
            Text(
                f"本系统没有启用“{title.zh}”，请联系管理员",
                f"{title.en} is not set up here; ask the administrator",
            ),
            parameter="channel",
        )
    address = wish.address.strip()
    problems = [*_wrong_address(channel, address), *_wrong_choices(wish), *_wrong_hours(wish)]
    if problems:
        raise FormInvalid(problems)
    return Preference(
        root=root,
        person=person,
        channel=channel,
        address=address,
        active=wish.active,
        digest="daily" if wish.digest == "daily" else "none",
        quiet_from=_minute(wish.quiet_from),
        quiet_until=_minute(wish.quiet_until),
        language="en" if wish.language == "en" else "zh",
    )


def time_text(minute: int | None) -> str:
    """Return a minute since midnight as it is typed; "" for none.

    >>> time_text(1320), time_text(425), time_text(None)
    ('22:00', '07:05', '')
    """
    return "" if minute is None else f"{minute // 60:02}:{minute % 60:02}"


def _minute(text: str) -> int | None:
    found = _TIME.fullmatch(text.strip())
    return None if found is None else int(found[1]) * 60 + int(found[2])


def _wrong_address(channel: str, address: str) -> Iterator[FieldProblem]:
    if not address:
        yield _problem("address", "请填写地址", "Give an address")
    elif channel == "mail":
        if len(address) > MAIL_CHARACTERS_MAX or _MAIL.fullmatch(address) is None:
            yield _problem(
                "address",
                "不是有效的邮箱地址，例如 wang@example.com",
                "This is no e-mail address; one looks like wang@example.com",
            )
    elif len(address) > NAME_CHARACTERS_MAX or any(unicodedata.category(one)[0] == "C" for one in address):
        yield _problem(
            "address",
            f"须为一行文字，且不超过{NAME_CHARACTERS_MAX}字",
            f"This is one line of at most {NAME_CHARACTERS_MAX} characters",
        )


def _wrong_choices(wish: Wish) -> Iterator[FieldProblem]:
    if wish.digest not in ("none", "daily"):
        yield _problem("digest", "只能选择逐条发送（none）或每日汇总（daily）", "Choose none or daily")
    if wish.language not in ("zh", "en"):
        yield _problem("language", "只能选择中文（zh）或英文（en）", "Choose zh or en")


def _wrong_hours(wish: Wish) -> Iterator[FieldProblem]:
    typed = {"quiet_from": wish.quiet_from.strip(), "quiet_until": wish.quiet_until.strip()}
    wrong = [name for name, text in typed.items() if text and _minute(text) is None]
    for name in wrong:
        yield _problem(name, "时间应在 00:00 至 23:59 之间，例如 22:00", "A time is from 00:00 to 23:59, as 22:00")
    missing = [name for name, text in typed.items() if not text]
    if len(missing) == 1:
        yield _problem(missing[0], "免打扰时段须同时填写起止时间", "Quiet hours need both a beginning and an end")
    elif not missing and not wrong and _minute(wish.quiet_from) == _minute(wish.quiet_until):
        yield _problem("quiet_until", "免打扰的起止时间不能相同", "Quiet hours do not end when they begin")


def _problem(path: str, zh: str, en: str) -> FieldProblem:
    return FieldProblem(path=path, text=Text(zh, en))
