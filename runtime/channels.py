"""The ways out of the house that an operator has configured, made from the settings; half a configuration is refused.

Everything wrong is told at once, each by the name of its variable and never by its value: most of them hold a secret.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pydantic import SecretStr

from engine.case.identity import CaseId
from engine.errors import InputRefused
from engine.text import Language, Text
from runtime.clock import WallClock
from runtime.settings import ChannelSettings

if TYPE_CHECKING:
    from notifications.channels.bots import Bot, Platform
    from notifications.channels.webhook import Hook
    from notifications.message import Channel

MAIL: Final = "mail"
WEBHOOK: Final = "webhook"
CHANNELS: Final = (MAIL, "wecom", "dingtalk", "feishu", WEBHOOK)
"""Every channel there can be, by the name that preferences and deliveries have."""

_PORTS: Final = {"starttls": 587, "tls": 465, "plain": 25}
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_HEADER_SAFE: Final = re.compile(r"[^\x00-\x1f\x7f]{1,80}")
_ADDRESS_WANTED: Final = Text(
    "须为 http 或 https 地址，不带用户名和密码", "give an http or https address without user and password"
)


ANCHOR_MAIL_MAX: Final = 100
"""So many addresses may be declared for the daily checkpoint: each gets a mail of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlets:
    """The configured channels by name, how the address of a case's page is made, and who is mailed checkpoints beside
    the auditors: address → language."""

    channels: Mapping[str, Channel]
    page_of: Callable[[CaseId], str]
    anchor_mail: Mapping[str, Language] = field(default_factory=dict, repr=False)


def configured(settings: ChannelSettings) -> tuple[str, ...]:
    """Return the names of the channels that somebody began to configure, in the order of ``CHANNELS``."""
    mail = (settings.mail_host, settings.mail_from, settings.mail_user, settings.mail_password.get_secret_value())
    begun = {
        MAIL: any(mail) or settings.mail_port is not None,
        "wecom": bool(_entries(settings.wecom_bots)),
        "dingtalk": bool(_entries(settings.dingtalk_bots)),
        "feishu": bool(_entries(settings.feishu_bots)),
        WEBHOOK: bool(_entries(settings.webhooks)),
    }
    return tuple(name for name in CHANNELS if begun[name])


def outlets(settings: ChannelSettings) -> Outlets:
    """Return the channels that are configured.

    Raises:
        InputRefused: settings are missing or wrong; all of them are named.
    """
    names, wrong = configured(settings), _Wrong()
    pages = settings.pages_url.rstrip("/")
    if names and not _is_address(pages):
        wrong.note(
            "PAGES_URL",
            Text(
                "须填写网页地址，如 https://banjie.example，消息中的链接由此而来",
                "give the address of the pages, as https://banjie.example: links in messages begin with it",
            ),
        )
    channels = dict(_mail(settings, wrong)) if MAIL in names else {}
    if set(names) - {MAIL}:
        channels.update(_posted(settings, names, wrong))
    anchor_mail = _anchor_mail(settings.anchor_mail, MAIL in names, wrong)
    wrong.refuse()
    return Outlets(channels=channels, page_of=lambda case: f"{pages}/cases/{case}", anchor_mail=anchor_mail)


@dataclass(slots=True)
class _Wrong:
    """What is wrong so far, each with the name of its variable."""

    found: list[Text] = field(default_factory=list)

    def note(self, variable: str, text: Text) -> None:
        self.found.append(Text(f"BANJIE_{variable} {text.zh}", f"BANJIE_{variable}: {text.en}"))

    def refuse(self) -> None:
        """Raise InputRefused with everything that was noted, if anything was."""
        if self.found:
            zh, en = "；".join(text.zh for text in self.found), "; ".join(text.en for text in self.found)
            raise InputRefused(Text(f"消息渠道设置有误：{zh}", f"The settings of the channels are wrong. {en}"))


def _mail(settings: ChannelSettings, wrong: _Wrong) -> Iterator[tuple[str, Channel]]:
    from notifications.channels.mail import MailChannel, MailServer, Security, is_address

    before = len(wrong.found)
    password = settings.mail_password.get_secret_value()
    if not settings.mail_host:
        wrong.note("MAIL_HOST", Text("须填写邮件服务器", "name the mail server"))
    if not is_address(settings.mail_from):
        wrong.note("MAIL_FROM", Text("须填写发件邮箱地址", "give the mail address to send from"))
    if not _HEADER_SAFE.fullmatch(settings.mail_from_name):
        wrong.note("MAIL_FROM_NAME", Text("须为一行不超过80字的文字", "give one line of at most 80 characters"))
    if bool(settings.mail_user) != bool(password):
        missing = "MAIL_USER" if password else "MAIL_PASSWORD"
        wrong.note(missing, Text("登录名和密码须同时填写", "a user and a password go together"))
    if len(wrong.found) > before:
        return
    server = MailServer(
        host=settings.mail_host,
        port=settings.mail_port or _PORTS[settings.mail_security],
        sender=settings.mail_from,
        sender_name=settings.mail_from_name,
        security=Security(settings.mail_security),
        username=settings.mail_user or None,
        password=password or None,
    )
    yield MAIL, MailChannel(server, now=WallClock().now)


def _posted(settings: ChannelSettings, names: tuple[str, ...], wrong: _Wrong) -> Iterator[tuple[str, Channel]]:
    """Yield what speaks HTTP: it goes to the origins its own settings name, and to no other."""
    from notifications.channels.bots import BotChannel
    from notifications.channels.webhook import WebhookChannel
    from notifications.origins import AllowedOrigins, is_origin
    from notifications.posting import Poster

    before = len(wrong.found)
    found = {name: (platform, _bots(name, of, wrong)) for name, platform, of in _platforms(settings) if name in names}
    bases = {name: str(getattr(settings, f"{name}_url")) for name in found}
    hooks = _hooks(settings.webhooks, wrong)
    internal = settings.internal_origins.split()
    for name, base in bases.items():
        if not is_origin(base):
            wrong.note(f"{name.upper()}_URL", _ADDRESS_WANTED)
    if not all(map(is_origin, internal)):
        wrong.note("INTERNAL_ORIGINS", _ADDRESS_WANTED)
    if len(wrong.found) > before:
        return
    targets = [*bases.values(), *(hook.url for hook in hooks.values())]
    poster, now = Poster(AllowedOrigins(public=targets, internal=internal)), WallClock().now
    for name, (platform, bots) in found.items():
        yield name, BotChannel(platform, bots, poster, now=now)
    if hooks:
        yield WEBHOOK, WebhookChannel(hooks, poster, now=now)


def _platforms(settings: ChannelSettings) -> tuple[tuple[str, Platform, SecretStr], ...]:
    from notifications.channels.bots import DingTalk, Feishu, WeCom

    return (
        ("wecom", WeCom(base_url=settings.wecom_url.rstrip("/")), settings.wecom_bots),
        ("dingtalk", DingTalk(base_url=settings.dingtalk_url.rstrip("/")), settings.dingtalk_bots),
        ("feishu", Feishu(base_url=settings.feishu_url.rstrip("/")), settings.feishu_bots),
    )


def _bots(platform: str, written: SecretStr, wrong: _Wrong) -> dict[str, Bot]:
    """Return the bots of a platform by name; those of WeCom have no secret beside their key."""
    from notifications.channels.bots import Bot

    has_secret = platform != "wecom"
    lengths = {2, 3} if has_secret else {2}
    form = "名称 令牌 [密钥]", "name token [secret]"
    found: dict[str, Bot] = {}
    for place, parts in enumerate(_entries(written), 1):
        if len(parts) not in lengths or not _NAME.fullmatch(parts[0]) or parts[0] in found:
            wrong.note(f"{platform.upper()}_BOTS", _entry_wanted(place, *(form if has_secret else _WITHOUT_SECRET)))
        else:
            found[parts[0]] = Bot(token=parts[1], secret=parts[2] if len(parts) > 2 else None)
    return found


def _hooks(written: SecretStr, wrong: _Wrong) -> dict[str, Hook]:
    from notifications.channels.webhook import Hook
    from notifications.origins import is_origin

    found: dict[str, Hook] = {}
    for place, parts in enumerate(_entries(written), 1):
        if len(parts) != 3 or not _NAME.fullmatch(parts[0]) or parts[0] in found or not is_origin(parts[1]):
            wrong.note("WEBHOOKS", _entry_wanted(place, "名称 地址 密钥", "name address secret"))
        else:
            found[parts[0]] = Hook(url=parts[1], secret=parts[2])
    return found


def _anchor_mail(written: SecretStr, has_mail: bool, wrong: _Wrong) -> dict[str, Language]:
    """Return who is mailed checkpoints, each with the language of the mail, Chinese unless English is asked for."""
    entries = _entries(written)
    if not entries:
        return {}
    from notifications.channels.mail import is_address

    if not has_mail:
        wrong.note("ANCHOR_MAIL", Text("须先设置邮件服务器", "needs the mail server to be configured"))
    if len(entries) > ANCHOR_MAIL_MAX:
        wrong.note("ANCHOR_MAIL", Text(f"最多 {ANCHOR_MAIL_MAX} 个地址", f"at most {ANCHOR_MAIL_MAX} addresses"))
    found: dict[str, Language] = {}
    for place, parts in enumerate(entries, 1):
        language = _LANGUAGES.get(parts[1] if len(parts) == 2 else "zh")
        if len(parts) > 2 or language is None or not is_address(parts[0]) or parts[0] in found:
            wrong.note("ANCHOR_MAIL", _entry_wanted(place, "邮箱 [zh|en]", "address [zh|en]"))
        else:
            found[parts[0]] = language
    return found


_LANGUAGES: Final[Mapping[str, Language]] = {"zh": "zh", "en": "en"}
_WITHOUT_SECRET: Final = ("名称 令牌", "name token")


def _entry_wanted(place: int, zh: str, en: str) -> Text:
    """Say how an entry is written; what stands there is not repeated, as it may be a secret in the wrong place."""
    return Text(f"第{place}项须写作“{zh}”，名称不得重复", f"entry {place} is written {en!r}, each name once")


def _entries(written: SecretStr) -> list[list[str]]:
    """Return what is divided by semicolons, each divided at blanks."""
    return [parts for entry in written.get_secret_value().split(";") if (parts := entry.split())]


def _is_address(url: str) -> bool:
    """Tell whether this is an http or https address of a host, with nobody's name and password in it."""
    try:
        parts = urlsplit(url)
        return (
            parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc and parts.port != 0
        )
    except ValueError:
        return False
