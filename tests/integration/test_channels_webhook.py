"""The signed webhook against a real HTTP server: what a receiver can check, and what counts as taken."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from notifications.channels.webhook import Hook, WebhookChannel, signature
from notifications.message import Failed, Held, Message, Sent
from notifications.origins import AllowedOrigins
from notifications.posting import Poster
from tests.support.hook_server import HookServer, Reply, hook_server
from tests.support.mail_server import client_tls, server_tls

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)


def a_message(number: int = 1, *, to: str = "oa", thread: str | None = "c7") -> Message:
    return Message(
        id=f"d{number}", address=to, subject="交办书", body="请按期签收。", thread=thread, data={"case": "第14号"}
    )


def a_channel(hooks: HookServer, *, timeout_seconds: float = 10.0) -> WebhookChannel:
    poster = Poster(AllowedOrigins(internal=[hooks.origin]), timeout_seconds=timeout_seconds)
    hook = Hook(url=f"{hooks.origin}/in?from=banjie", secret="geheim")
    return WebhookChannel({"oa": hook}, poster, now=lambda: NOW)


def test_a_receiver_can_check_who_sent_it_and_whether_it_came_before() -> None:
    with hook_server() as hooks:
        assert a_channel(hooks).deliver([a_message()]) == [Sent("d1")]
    request = hooks.requests[0]
    assert request.path == "/in?from=banjie"
    assert request.json == {
        "id": "d1",
        "subject": "交办书",
        "body": "请按期签收。",
        "language": "zh",
        "thread": "c7",
        "data": {"case": "第14号"},
    }
    assert request.headers["Idempotency-Key"] == "d1"
    assert request.headers["Banjie-Timestamp"] == "1772415000"
    expected = hmac.new(b"geheim", b"1772415000." + request.body, hashlib.sha256).hexdigest()
    assert request.headers["Banjie-Signature"] == f"v1={expected}"


def test_the_signature_is_that_of_another_tool() -> None:
    """HMAC-SHA256 of ``1772415000.{"a":1}`` under ``geheim``, worked out on the command line."""
    expected = "81a41117f3074dc22f616055b30bc71320dd16b264178394fcb6f66c5c202f5a"
    assert signature("geheim", "1772415000", b'{"a":1}') == expected


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_taken(status: int) -> None:
    with hook_server(Reply(status=status)) as hooks:
        assert a_channel(hooks).deliver([a_message()]) == [Sent("d1")]


@pytest.mark.parametrize(
    ("status", "again"),
    [
        *((status, False) for status in (301, 302, 308, 400, 401, 404, 410, 422)),
        *((status, True) for status in (408, 409, 429, 500, 502, 503)),
    ],
)
def test_any_other_status_is_not(status: int, again: bool) -> None:
    with hook_server(Reply(status=status, headers={"Location": "/elsewhere"})) as hooks:
        assert a_channel(hooks).deliver([a_message()]) == [Failed("d1", f"http {status}", again)]
    assert [request.path for request in hooks.requests] == ["/in?from=banjie"]


def test_a_redirect_to_another_server_reaches_nobody() -> None:
    with hook_server() as inside, hook_server(Reply(status=307, headers={"Location": f"{inside.origin}/"})) as hooks:
        assert a_channel(hooks).deliver([a_message()]) == [Failed("d1", "http 307", False)]
    assert inside.requests == []


def test_a_lost_answer_is_unknown_and_the_repeat_carries_the_same_key() -> None:
    with hook_server(Reply(instead="lost"), Reply(status=204)) as hooks:
        channel = a_channel(hooks)
        first = channel.deliver([a_message()])
        second = channel.deliver([a_message()])
    assert first == [Failed("d1", "connection lost: outcome unknown", True)]
    assert second == [Sent("d1")]
    assert [request.headers["Idempotency-Key"] for request in hooks.requests] == ["d1", "d1"]
    assert hooks.requests[0].body == hooks.requests[1].body


@pytest.mark.parametrize("instead", ["hang", "dribble"])
def test_a_receiver_that_never_finishes_costs_one_time_out(instead: str) -> None:
    reply = Reply(instead="hang") if instead == "hang" else Reply(instead="dribble")
    with hook_server(reply) as hooks:
        outcomes = a_channel(hooks, timeout_seconds=0.5).deliver([a_message()])
    assert outcomes == [Failed("d1", "timeout: outcome unknown", True)]


def test_a_status_says_enough_even_when_the_rest_of_the_answer_is_lost() -> None:
    with hook_server(Reply(status=202, instead="broken", body=b"half"), Reply(body=b"x" * 200_000)) as hooks:
        outcomes = a_channel(hooks).deliver([a_message(1, thread=None), a_message(2, thread=None)])
    assert outcomes == [Sent("d1"), Sent("d2")]


def test_each_message_has_its_own_outcome_and_a_case_keeps_its_order() -> None:
    messages = [a_message(1), a_message(2), a_message(3, thread="c8"), a_message(4, to="nobody")]
    with hook_server(Reply(status=503), Reply(status=200)) as hooks:
        outcomes = a_channel(hooks).deliver(messages)
    assert outcomes == [
        Failed("d1", "http 503", True),
        Held("d2", "held back"),
        Sent("d3"),
        Failed("d4", "hook not configured", False),
    ]
    assert [request.json["id"] for request in hooks.requests] == ["d1", "d3"]


def test_the_connection_goes_to_the_address_looked_at_and_asks_no_name_service_again() -> None:
    """``.invalid`` is a name that no name service knows: only the address found beforehand leads anywhere."""
    with hook_server() as hooks:
        origin = f"http://hooks.invalid:{hooks.port}"
        allowed = AllowedOrigins(internal=[origin], resolve=lambda _host, _port: ["127.0.0.1"])
        poster = Poster(allowed, timeout_seconds=2.0)
        channel = WebhookChannel({"oa": Hook(url=origin, secret="geheim")}, poster, now=lambda: NOW)
        assert channel.deliver([a_message()]) == [Sent("d1")]
    assert hooks.requests[0].headers["Host"] == f"hooks.invalid:{hooks.port}"


def named_hook(hooks: HookServer, *, trusted: bool) -> WebhookChannel:
    """Return a channel to ``https://localhost``, whose name leads to this machine."""
    origin = f"https://localhost:{hooks.port}"

    def resolve(host: str, port: int) -> Sequence[str]:
        assert (host, port) == ("localhost", hooks.port)
        return ["127.0.0.1"]

    poster = Poster(
        AllowedOrigins(internal=[origin], resolve=resolve),
        timeout_seconds=2.0,
        tls=client_tls() if trusted else None,
    )
    return WebhookChannel({"oa": Hook(url=f"{origin}/in", secret="geheim")}, poster, now=lambda: NOW)


def test_the_certificate_is_the_name_s_although_the_connection_goes_to_the_address_looked_at() -> None:
    with hook_server(tls=server_tls()) as hooks:
        assert named_hook(hooks, trusted=True).deliver([a_message()]) == [Sent("d1")]
    assert hooks.requests[0].headers["Host"] == f"localhost:{hooks.port}"


def test_a_certificate_nobody_vouches_for_gets_no_message() -> None:
    with hook_server(tls=server_tls()) as hooks:
        outcomes = named_hook(hooks, trusted=False).deliver([a_message()])
    assert outcomes == [Held("d1", "connection failed")]
    assert hooks.requests == []


def test_a_certificate_of_another_name_gets_no_message() -> None:
    with hook_server(tls=server_tls()) as hooks:
        origin = f"https://127.0.0.1:{hooks.port}"  # the certificate is made out for localhost
        poster = Poster(AllowedOrigins(internal=[origin]), timeout_seconds=2.0, tls=client_tls())
        channel = WebhookChannel({"oa": Hook(url=origin, secret="geheim")}, poster, now=lambda: NOW)
        assert channel.deliver([a_message()]) == [Held("d1", "connection failed")]
    assert hooks.requests == []
