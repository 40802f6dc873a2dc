"""What bots and hooks make of an answer, without a network: the same table as against real servers, told in one place.

The poster is a fake here. That it brings such answers is shown by the tests against real servers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from notifications.channels.bots import Bot, BotChannel, Feishu, WeCom
from notifications.channels.webhook import Hook, WebhookChannel
from notifications.message import Failed, Held, Message, Outcome, Sent
from notifications.origins import AllowedOrigins
from notifications.posting import Answer, NoAnswer, Poster

NOW = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
AWAY = NoAnswer("connection failed", again=True, unreached=True)
LOST = NoAnswer("connection lost: outcome unknown", again=True)
REFUSED = NoAnswer("origin not allowed", again=False)


class Answering(Poster):
    """Gives the same answer to everything, and counts how often it was asked."""

    def __init__(self, answer: Answer | NoAnswer) -> None:
        super().__init__(AllowedOrigins())
        self.answer = answer
        self.asked = 0

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer | NoAnswer:
        """Answer at once."""
        self.asked += 1
        return self.answer


def told(status: int, **body: object) -> Answer:
    return Answer(status, json.dumps(body).encode())


def two_messages() -> list[Message]:
    return [Message(id=name, address="one", subject="交办书", body="请签收。") for name in ("d1", "d2")]


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (told(200, errcode=0), Sent("d1")),
        (told(200, errcode=40008), Failed("d1", "errcode 40008", again=False)),
        (told(200, errcode=-1), Failed("d1", "errcode -1", again=True)),
        (told(500, errcode=0), Failed("d1", "http 500", again=True)),
        (told(404), Failed("d1", "http 404", again=False)),
        (told(408), Failed("d1", "http 408", again=True)),
        (told(200), Failed("d1", "answer not understood", again=True)),
        (Answer(200, b"["), Failed("d1", "answer not understood", again=True)),
        (Answer(200, None), Failed("d1", "answer not understood", again=True)),
        (LOST, Failed("d1", LOST.reason, again=True)),
        (REFUSED, Failed("d1", REFUSED.reason, again=False)),
    ],
)
def test_a_bot_has_taken_what_status_and_code_both_say_it_has(answer: Answer | NoAnswer, outcome: Outcome) -> None:
    poster = Answering(answer)
    channel = BotChannel(WeCom(), {"one": Bot(token="k")}, poster, now=lambda: NOW)
    assert channel.deliver(two_messages())[0] == outcome
    assert poster.asked == 2


@pytest.mark.parametrize(
    ("answer", "reason"), [(told(200, errcode=45009), "errcode 45009"), (told(429), "http 429"), (AWAY, AWAY.reason)]
)
def test_a_bot_that_wants_no_more_is_not_spoken_to_again(answer: Answer | NoAnswer, reason: str) -> None:
    poster = Answering(answer)
    channel = BotChannel(WeCom(), {"one": Bot(token="k")}, poster, now=lambda: NOW)
    assert channel.deliver(two_messages()) == [Held("d1", reason), Held("d2", reason)]
    assert poster.asked == 1


def test_of_two_codes_the_one_that_is_not_zero_counts() -> None:
    channel = BotChannel(Feishu(), {"one": Bot(token="k")}, Answering(told(200, code=0, StatusCode=1)), now=lambda: NOW)
    assert channel.deliver(two_messages())[0] == Failed("d1", "code 1", again=True)


def test_a_bot_that_is_not_configured_is_a_failure_for_good() -> None:
    channel = BotChannel(WeCom(), {}, Answering(told(200, errcode=0)), now=lambda: NOW)
    assert channel.deliver(two_messages())[0] == Failed("d1", "bot not configured", again=False)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (Answer(204, b""), Sent("d1")),
        (Answer(302, b""), Failed("d1", "http 302", again=False)),
        (Answer(404, b""), Failed("d1", "http 404", again=False)),
        (Answer(429, b""), Failed("d1", "http 429", again=True)),
        (Answer(503, b""), Failed("d1", "http 503", again=True)),
        (LOST, Failed("d1", LOST.reason, again=True)),
    ],
)
def test_a_hook_has_taken_what_it_answers_with_success(answer: Answer | NoAnswer, outcome: Outcome) -> None:
    channel = WebhookChannel({"one": Hook(url="http://x", secret="s")}, Answering(answer), now=lambda: NOW)
    assert channel.deliver(two_messages())[0] == outcome


def test_a_hook_that_cannot_be_reached_is_asked_once() -> None:
    poster = Answering(AWAY)
    channel = WebhookChannel({"one": Hook(url="http://x", secret="s")}, poster, now=lambda: NOW)
    assert channel.deliver(two_messages()) == [Held("d1", AWAY.reason), Held("d2", AWAY.reason)]
    assert poster.asked == 1
