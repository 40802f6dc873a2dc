"""Group bots of WeCom (企业微信), DingTalk (钉钉) and Feishu (飞书): one platform is a few rules, the rest is shared.

The platforms answer HTTP 200 to what they refuse and say so in a code within the body, which is what counts here. A
code they say comes of too many requests stops the batch for that bot, and so does a platform that cannot be reached:
what was to be said waits, and that counts as no attempt. A code that says the message or the settings are wrong is
final; any other is tried again, because losing a notice is worse than asking in vain a few times.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from urllib.parse import quote, urlencode

from notifications.batches import Batch, deliver_each
from notifications.limits import RateLimit
from notifications.message import Message, Outcome
from notifications.posting import Answer, NoAnswer, Poster

_JSON = {"Content-Type": "application/json; charset=utf-8"}
Json = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """One bot of a group: the key or token of its address, the secret it signs with, how fast it may be spoken to."""

    token: str
    secret: str | None = None
    limit: RateLimit = field(default_factory=RateLimit)


class Platform(Protocol):
    """What differs between the platforms, as their own documents say."""

    @property
    def name(self) -> str:
        """The channel's name."""

    @property
    def codes(self) -> tuple[str, ...]:
        """Where in the body of an answer the code stands; the first is how a reason calls it."""

    @property
    def throttled(self) -> frozenset[int]:
        """The codes that mean: too many, later."""

    @property
    def refused(self) -> frozenset[int]:
        """The codes that mean that the message or the settings are wrong."""

    def request(self, bot: Bot, text: str, now: datetime, /) -> tuple[str, Json]:
        """Return address and JSON body of the POST that says this text in the bot's group."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeCom:
    """企业微信开发者中心《消息推送配置说明》(path/91770: text, 2048 bytes, 20 a minute), 《全局错误码》(path/90455)."""

    base_url: str = "https://qyapi.weixin.qq.com"
    name: str = "wecom"
    codes: tuple[str, ...] = ("errcode",)
    throttled: frozenset[int] = frozenset({45009, 45033})  # 接口调用超过限制, 接口并发调用超过限制
    refused: frozenset[int] = frozenset({40008, 40033, 40035})  # 不合法的 msgtype, 请求字符, 参数
    text_bytes_max: int = 2048

    def request(self, bot: Bot, text: str, _now: datetime) -> tuple[str, Json]:
        """Group bots of WeCom have no signature: the key in the address is the secret."""
        url = f"{self.base_url}/cgi-bin/webhook/send?{urlencode({'key': bot.token})}"
        return url, {"msgtype": "text", "text": {"content": cut(text, self.text_bytes_max)}}


@dataclass(frozen=True, slots=True, kw_only=True)
class DingTalk:
    """钉钉开放平台《自定义机器人接入》 and 《自定义机器人安全设置》(加签; 20 a minute, else barred for ten minutes).

    The limit is answered with 130101 "send too fast, exceed 20 times per minute"; 310000 means that keyword, signature
    or address do not match the bot's settings, 300001 that the token does not exist.
    """

    base_url: str = "https://oapi.dingtalk.com"
    name: str = "dingtalk"
    codes: tuple[str, ...] = ("errcode",)
    throttled: frozenset[int] = frozenset({130101})
    refused: frozenset[int] = frozenset({300001, 310000})
    text_bytes_max: int = 16_000  # the whole body may have 20,000 (answered with 460101)

    def request(self, bot: Bot, text: str, now: datetime) -> tuple[str, Json]:
        """With a secret: HMAC-SHA256, keyed with it, over milliseconds, line feed and secret, in base 64."""
        query = {"access_token": bot.token}
        if bot.secret is not None:
            timestamp = str(int(now.timestamp() * 1000))
            query |= {"timestamp": timestamp, "sign": hmac_base64(bot.secret, f"{timestamp}\n{bot.secret}")}
        body: Json = {"msgtype": "text", "text": {"content": cut(text, self.text_bytes_max)}}
        return f"{self.base_url}/robot/send?{urlencode(query)}", body


@dataclass(frozen=True, slots=True, kw_only=True)
class Feishu:
    """飞书开放平台《自定义机器人使用指南》(签名校验; body of 20 KB; 100 a minute and 5 a second), 《频控策略》.

    11232 and 99991400 are limits; 19021, 19022 and 19024 say that signature, address or keyword do not match. 9499 is
    "Bad Request" in the guide but has also been answered as "too many request", so it counts as neither.
    """

    base_url: str = "https://open.feishu.cn"
    name: str = "feishu"
    codes: tuple[str, ...] = ("code", "StatusCode")  # the second is what older bots answered, alone or beside the first
    throttled: frozenset[int] = frozenset({11232, 99991400})
    refused: frozenset[int] = frozenset({19021, 19022, 19024})
    text_bytes_max: int = 16_000

    def request(self, bot: Bot, text: str, now: datetime) -> tuple[str, Json]:
        """With a secret: HMAC-SHA256 over nothing, keyed with seconds, line feed and secret, in base 64."""
        # In a text of Feishu <at …> calls people; a case's own words must not.
        body: Json = {"msg_type": "text", "content": {"text": cut(text.replace("<", "＜"), self.text_bytes_max)}}
        if bot.secret is not None:
            timestamp = str(int(now.timestamp()))
            body |= {"timestamp": timestamp, "sign": hmac_base64(f"{timestamp}\n{bot.secret}", "")}
        return f"{self.base_url}/open-apis/bot/v2/hook/{quote(bot.token, safe='')}", body


class BotChannel:
    """Delivers to the configured bots of one platform; a message's ``address`` is the name of a bot.

    ``now`` is the real time (UTC): DingTalk and Feishu refuse a signature more than an hour old.
    """

    def __init__(
        self, platform: Platform, bots: Mapping[str, Bot], poster: Poster, *, now: Callable[[], datetime]
    ) -> None:
        self.name = platform.name
        self._platform = platform
        self._bots = dict(bots)
        self._poster = poster
        self._now = now

    def limit(self, address: str) -> RateLimit:
        """Return how fast a bot may be spoken to; asked before a batch for it is put together."""
        bot = self._bots.get(address)
        return RateLimit() if bot is None else bot.limit

    def deliver(self, messages: Sequence[Message]) -> list[Outcome]:
        """Say each message once, in order; a bot that wants no more for now is not spoken to again in this batch."""
        silent: dict[str, str] = {}

        def deliver_one(message: Message, batch: Batch) -> None:
            bot = self._bots.get(message.address)
            if bot is None:
                batch.failed(message, "bot not configured", again=False)
            elif (why := silent.get(message.address) or self._say(bot, message, batch)) is not None:
                silent[message.address] = why
                batch.held(message, why)

        return deliver_each(messages, deliver_one)

    def _say(self, bot: Bot, message: Message, batch: Batch) -> str | None:
        """Post one message and note its outcome; or return why the bot cannot be spoken to for now."""
        url, body = self._platform.request(bot, f"{message.subject}\n\n{message.body}", self._now())
        answer = self._poster.post(url, json.dumps(body, ensure_ascii=False).encode(), _JSON)
        if isinstance(answer, NoAnswer):
            if answer.unreached:
                return answer.reason
            batch.failed(message, answer.reason, again=answer.again)
            return None
        code = self._code_in(answer)
        if code == 0 and answer.status == 200:
            batch.sent(message)
            return None
        reason = f"{self._platform.codes[0]} {code}" if code else f"http {answer.status}"
        if code in self._platform.throttled or answer.status == 429:
            return reason
        if code:
            batch.failed(message, reason, again=code not in self._platform.refused)
            return None
        refused = 300 <= answer.status < 500 and answer.status != 408
        batch.failed(message, "answer not understood" if answer.status == 200 else reason, again=not refused)
        return None

    def _code_in(self, answer: Answer) -> int | None:
        """Return the code within the body: 0 only if every code in it is 0, None where there is none to be read."""
        try:
            told = json.loads(answer.body or b"")
        except (ValueError, RecursionError):
            return None
        if not isinstance(told, dict):
            return None
        codes = [told[name] for name in self._platform.codes if name in told]
        if not codes or any(type(code) is not int for code in codes):
            return None
        return next((code for code in codes if code != 0), 0)


def hmac_base64(key: str, text: str) -> str:
    """Return HMAC-SHA256 of a text in base 64."""
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode("ascii")


def cut(text: str, bytes_max: int) -> str:
    """Return the text, or as much of its beginning as fits with a sign that more follows; no character is split."""
    encoded = text.encode()
    if len(encoded) <= bytes_max:
        return text
    return encoded[: bytes_max - len("…".encode())].decode(errors="ignore") + "…"
