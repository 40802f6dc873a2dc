"""Group bots against a real HTTP server that answers as the platforms do: HTTP 200 alone is no success."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest

from notifications.channels.bots import Bot, BotChannel, DingTalk, Feishu, Platform, WeCom
from notifications.limits import RateLimit
from notifications.message import Failed, Held, Message, Sent
from notifications.origins import AllowedOrigins
from notifications.posting import RESPONSE_BYTES_MAX, Poster
from tests.support.hook_server import HookServer, Reply, hook_server, json_reply, unused_port

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
OK = json_reply({"errcode": 0, "errmsg": "ok", "code": 0})


def a_message(number: int = 1, *, to: str = "office", thread: str | None = None, body: str = "请按期签收。") -> Message:
    return Message(id=f"d{number}", address=to, subject="【职代会提案】交办书", body=body, thread=thread)


def a_channel(platform: Platform, origin: str, *, secret: str | None = None, timeout: float = 10.0) -> BotChannel:
    poster = Poster(AllowedOrigins(internal=[origin]), timeout_seconds=timeout)
    bots = {"office": Bot(token="k /1", secret=secret), "other": Bot(token="k2")}
    return BotChannel(platform, bots, poster, now=lambda: NOW)


def wecom(hooks: HookServer, *, timeout: float = 10.0) -> BotChannel:
    return a_channel(WeCom(base_url=hooks.origin), hooks.origin, timeout=timeout)


def test_wecom_gets_a_text_under_the_key_of_its_bot() -> None:
    with hook_server(OK) as hooks:
        assert wecom(hooks).deliver([a_message()]) == [Sent("d1")]
    request = hooks.requests[0]
    assert request.path == "/cgi-bin/webhook/send?key=k+%2F1"
    assert request.json == {"msgtype": "text", "text": {"content": "【职代会提案】交办书\n\n请按期签收。"}}


def test_dingtalk_gets_a_signature_over_milliseconds_and_secret() -> None:
    """The value was worked out with another tool: HMAC-SHA256 of ``1772415000000\\nthis is secret``."""
    with hook_server(OK) as hooks:
        channel = a_channel(DingTalk(base_url=hooks.origin), hooks.origin, secret="this is secret")
        assert channel.deliver([a_message()]) == [Sent("d1")]
    address = urlsplit(hooks.requests[0].path)
    assert address.path == "/robot/send"
    assert parse_qs(address.query, strict_parsing=True) == {
        "access_token": ["k /1"],
        "timestamp": ["1772415000000"],
        "sign": ["ODQnnNgpbvi6oqhu2p0likx+biyLeyhkYy9df3gMM74="],
    }
    assert hooks.requests[0].json["msgtype"] == "text"


def test_feishu_gets_its_signature_in_the_body() -> None:
    """The value was worked out with another tool: HMAC-SHA256 of nothing under ``1772415000\\nthis is secret``."""
    with hook_server(json_reply({"code": 0, "msg": "success", "data": {}, "StatusCode": 0})) as hooks:
        channel = a_channel(Feishu(base_url=hooks.origin), hooks.origin, secret="this is secret")
        assert channel.deliver([a_message()]) == [Sent("d1")]
    assert hooks.requests[0].path == "/open-apis/bot/v2/hook/k%20%2F1"
    assert hooks.requests[0].json == {
        "timestamp": "1772415000",
        "sign": "V0NPku1QIJwnWTyDM8X75YNuUmhY4H42ta0XM0DHKxg=",
        "msg_type": "text",
        "content": {"text": "【职代会提案】交办书\n\n请按期签收。"},
    }


def test_the_words_of_a_case_call_nobody_in_feishu() -> None:
    with hook_server(OK) as hooks:
        channel = a_channel(Feishu(base_url=hooks.origin), hooks.origin)
        channel.deliver([a_message(body='<at user_id="all">所有人</at>')])
    assert "<" not in hooks.requests[0].body.decode()


# What the platforms answer within HTTP 200 (and Feishu also within 400), and whether it is worth another try.
CODES = [
    (WeCom, 200, {"errcode": -1, "errmsg": "system busy"}, "errcode -1", True),
    (WeCom, 200, {"errcode": 40008, "errmsg": "invalid message type"}, "errcode 40008", False),
    (DingTalk, 200, {"errcode": 310000, "errmsg": "sign not match"}, "errcode 310000", False),
    (DingTalk, 200, {"errcode": 300001, "errmsg": "token is not exist"}, "errcode 300001", False),
    (DingTalk, 200, {"errcode": 999999, "errmsg": "never heard of"}, "errcode 999999", True),
    (Feishu, 400, {"code": 9499, "msg": "too many request", "data": {}}, "code 9499", True),
    (Feishu, 200, {"code": 19021, "msg": "sign match fail"}, "code 19021", False),
    (Feishu, 200, {"code": 19024, "msg": "Key Words Not Found"}, "code 19024", False),
    (Feishu, 200, {"StatusCode": 19022, "StatusMessage": "Ip Not Allowed"}, "code 19022", False),
    (Feishu, 200, {"code": 0, "StatusCode": 1}, "code 1", True),
]
TOO_MANY = [
    (WeCom, 200, {"errcode": 45009, "errmsg": "api freq out of limit"}, "errcode 45009"),
    (WeCom, 200, {"errcode": 45033, "errmsg": "api concurrent out of limit"}, "errcode 45033"),
    (DingTalk, 200, {"errcode": 130101, "errmsg": "send too fast"}, "errcode 130101"),
    (Feishu, 200, {"code": 11232, "msg": "frequency limited"}, "code 11232"),
    (Feishu, 400, {"code": 99991400, "msg": "request trigger frequency limit"}, "code 99991400"),
    (WeCom, 429, {}, "http 429"),
]


@pytest.mark.parametrize(("platform", "status", "told", "reason", "again"), CODES)
def test_a_code_in_the_body_is_a_failure(
    platform: type[WeCom | DingTalk | Feishu], status: int, told: dict[str, object], reason: str, again: bool
) -> None:
    with hook_server(json_reply(told, status)) as hooks:
        channel = a_channel(platform(base_url=hooks.origin), hooks.origin)
        assert channel.deliver([a_message()]) == [Failed("d1", reason, again)]


@pytest.mark.parametrize(("platform", "status", "told", "reason"), TOO_MANY)
def test_a_platform_that_wants_no_more_for_now_costs_no_attempt(
    platform: type[WeCom | DingTalk | Feishu], status: int, told: dict[str, object], reason: str
) -> None:
    with hook_server(json_reply(told, status)) as hooks:
        channel = a_channel(platform(base_url=hooks.origin), hooks.origin)
        assert channel.deliver([a_message()]) == [Held("d1", reason)]


NOT_UNDERSTOOD = [b"", b"<html>please log in</html>", b"null", b"[]", b"{}", b'"ok"', b'{"errcode": "0"}',
                  b'{"errcode": false}', b'{"errcode": null}', b'{"errcode": 0.0}', b"\xff", b"[" * 30_000]  # fmt: skip


@pytest.mark.parametrize("body", NOT_UNDERSTOOD)
def test_an_answer_without_the_platform_s_code_is_no_success(body: bytes) -> None:
    with hook_server(Reply(body=body)) as hooks:
        assert wecom(hooks).deliver([a_message()]) == [Failed("d1", "answer not understood", True)]


def test_an_answer_is_read_up_to_its_limit_and_not_beyond() -> None:
    told = json.dumps({"errcode": 0}).encode()
    fits = Reply(body=told.ljust(RESPONSE_BYTES_MAX))
    too_long = Reply(body=told.ljust(RESPONSE_BYTES_MAX + 1))
    with hook_server(fits, too_long) as hooks:
        outcomes = wecom(hooks).deliver([a_message(1), a_message(2)])
    assert outcomes == [Sent("d1"), Failed("d2", "answer not understood", True)]


@pytest.mark.parametrize(
    ("reply", "reason", "again"),
    [
        (Reply(status=500), "http 500", True),
        (Reply(status=502, body=b'{"errcode": 0}'), "http 502", True),
        (Reply(status=404), "http 404", False),
        (Reply(status=302, headers={"Location": "/elsewhere"}, body=b'{"errcode": 0}'), "http 302", False),
        (Reply(instead="lost"), "connection lost: outcome unknown", True),
        (Reply(instead="refused"), "connection lost: outcome unknown", True),
        (Reply(instead="hang"), "timeout: outcome unknown", True),
        (Reply(instead="dribble"), "timeout: outcome unknown", True),
        (Reply(instead="broken", body=b'{"errcode": 0}'), "answer not understood", True),
    ],
)
def test_what_goes_wrong_on_the_way_is_no_success(reply: Reply, reason: str, again: bool) -> None:
    with hook_server(reply) as hooks:
        patience = 0.5 if reply.instead in ("hang", "dribble") else 10.0
        outcomes = wecom(hooks, timeout=patience).deliver([a_message()])
    assert outcomes == [Failed("d1", reason, again)]
    assert len(hooks.requests) <= 1  # a redirect is not followed


def test_nobody_listening_costs_no_attempt() -> None:
    origin = f"http://127.0.0.1:{unused_port()}"
    channel = a_channel(WeCom(base_url=origin), origin)
    assert channel.deliver([a_message(1), a_message(2)]) == [
        Held("d1", "connection failed"),
        Held("d2", "connection failed"),
    ]


def test_a_throttled_bot_is_left_alone_for_the_rest_of_the_batch() -> None:
    messages = [a_message(1), a_message(2), a_message(3), a_message(4, to="other")]
    with hook_server(OK, json_reply({"errcode": 45009}), OK) as hooks:
        outcomes = wecom(hooks).deliver(messages)
    assert outcomes == [
        Sent("d1"),
        Held("d2", "errcode 45009"),
        Held("d3", "errcode 45009"),
        Sent("d4"),
    ]
    assert len(hooks.requests) == 3


def test_later_messages_of_a_case_wait_for_the_one_that_failed() -> None:
    messages = [a_message(1, thread="a"), a_message(2, thread="a"), a_message(3, thread="b")]
    with hook_server(Reply(status=500), OK) as hooks:
        outcomes = wecom(hooks).deliver(messages)
    assert outcomes == [Failed("d1", "http 500", True), Held("d2", "held back"), Sent("d3")]


def test_an_unknown_bot_is_a_wrong_setting() -> None:
    with hook_server(OK) as hooks:
        assert wecom(hooks).deliver([a_message(to="nobody")]) == [Failed("d1", "bot not configured", False)]
    assert hooks.requests == []


def test_a_text_too_long_for_wecom_is_cut_between_characters() -> None:
    """Of 2,048 bytes subject and blank line take 32, the dots 3; in 2,013 there is room for 671 characters of 3."""
    with hook_server(OK) as hooks:
        assert wecom(hooks).deliver([a_message(body="长" * 3000)]) == [Sent("d1")]
    text = hooks.requests[0].json["text"]
    assert isinstance(text, dict)
    assert len(text["content"].encode()) <= 2048
    assert text["content"] == "【职代会提案】交办书\n\n" + "长" * 671 + "…"


def test_the_same_address_is_refused_unless_it_is_configured_as_internal() -> None:
    with hook_server(OK) as hooks:
        platform = WeCom(base_url=hooks.origin)
        for allowed, reason in (
            (AllowedOrigins(public=[hooks.origin]), "address not public"),
            (AllowedOrigins(internal=["http://127.0.0.1:1"]), "origin not allowed"),
        ):
            channel = BotChannel(platform, {"office": Bot(token="k")}, Poster(allowed), now=lambda: NOW)
            assert channel.deliver([a_message()]) == [Failed("d1", reason, False)]
    assert hooks.requests == []


def test_each_bot_has_its_own_limit() -> None:
    bots = {"office": Bot(token="k"), "slow": Bot(token="s", limit=RateLimit(count=5))}
    channel = BotChannel(WeCom(), bots, Poster(AllowedOrigins()), now=lambda: NOW)
    assert channel.limit("office") == RateLimit(count=20)
    assert channel.limit("slow") == RateLimit(count=5)


def test_no_key_of_a_bot_gets_into_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with hook_server(OK) as hooks:
        channel = a_channel(DingTalk(base_url=hooks.origin), hooks.origin, secret="CANARY")
        assert channel.deliver([a_message()]) == [Sent("d1")]
    assert "k+%2F1" in hooks.requests[0].path
    assert [record.getMessage() for record in caplog.records if record.name.startswith("http")] == []


def test_no_reason_holds_anything_of_an_answer() -> None:
    told = {"errcode": 310000, "errmsg": "CANARY"}
    with hook_server(json_reply(told), Reply(status=400, body=b"CANARY"), Reply(body=b"CANARY")) as hooks:
        outcomes = wecom(hooks).deliver([a_message(number) for number in (1, 2, 3)])
    assert [outcome.reason for outcome in outcomes if isinstance(outcome, Failed)] == [
        "errcode 310000",
        "http 400",
        "answer not understood",
    ]
