"""What the ledger of deliveries says in words: states of a delivery, channels, why nobody was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.service.notice_ports import NoticeRow
from engine.service.notices import CASE_MISSING, NOBODY, UNKNOWN
from engine.text import Text

DELIVERY_STATES: Final[Mapping[str, Text]] = {
    "queued": Text("待发送", "waiting to be sent"),
    "sent": Text("已发出", "sent"),
    "failed": Text("未送达", "not delivered"),
    "given_up": Text("多次未成，已停止", "given up after several attempts"),
}
_INBOX_STATES: Final[Mapping[str, Text]] = {
    "acknowledged": Text("已签收", "signed for"),
    "read": Text("已读", "read"),
    "unread": Text("未读", "unread"),
}
_SET_ASIDE: Final[Mapping[str, Text]] = {
    NOBODY: Text("没有可告知的人员", "There was nobody to tell"),
    UNKNOWN: Text("流程定义中没有这项通知", "The definition has no such notice"),
    CASE_MISSING: Text("事项已不存在", "The case is gone"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelWords:
    """What a channel is called, and what stands as the address of somebody there."""

    title: Text
    address: Text


_BOT: Final = Text("机器人名称（由管理员提供）", "Name of the bot, as the administrator gives it")
CHANNELS: Final[Mapping[str, ChannelWords]] = {
    "mail": ChannelWords(title=Text("电子邮件", "E-mail"), address=Text("邮箱地址", "E-mail address")),
    "wecom": ChannelWords(title=Text("企业微信", "WeCom"), address=_BOT),
    "dingtalk": ChannelWords(title=Text("钉钉", "DingTalk"), address=_BOT),
    "feishu": ChannelWords(title=Text("飞书", "Feishu"), address=_BOT),
    "webhook": ChannelWords(
        title=Text("业务系统接口", "Webhook"),
        address=Text("接口名称（由管理员提供）", "Name of the hook, as the administrator gives it"),
    ),
}
"""The channels there are, by the names that ``notifications`` gives them; an installation configures some."""


def channel_title(channel: str) -> Text:
    """Return what a channel is called; its name where it is none that we know."""
    known = CHANNELS.get(channel)
    return Text(channel, channel) if known is None else known.title


def inbox_state(notice: NoticeRow) -> str:
    """Return how a notice stands in its inbox: unread, read or acknowledged."""
    if notice.acknowledged_at is not None:
        return "acknowledged"
    return "unread" if notice.read_at is None else "read"


def inbox_words(notice: NoticeRow) -> Text:
    """Return the same in words."""
    return _INBOX_STATES[inbox_state(notice)]


def set_aside_words(reason: str) -> Text:
    """Return why nobody was told of something; a code where it is none of ours."""
    return _SET_ASIDE.get(reason, Text(reason, reason))
