"""The signed webhook: a message as JSON to an address of the operator's, signed so that the receiver can trust it.

The receiver computes HMAC-SHA256 with the shared secret over ``<timestamp>.<body>`` and compares it with the header
``Banjie-Signature`` (``v1=`` and hexadecimal digits); it refuses old timestamps and skips an ``Idempotency-Key`` it has
already seen. Any status 2xx means that it has taken the message.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from notifications.batches import Batch, deliver_each
from notifications.message import Message, Outcome
from notifications.posting import Answer, NoAnswer, Poster

# Statuses below 500 that say "later": a timeout on the other side, a repeat still being worked, too many requests.
_LATER = {408, 409, 429}


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """Where a webhook goes, and the secret it is signed with."""

    url: str
    secret: str


class WebhookChannel:
    """Delivers to configured hooks; a message's ``address`` is the name of one.

    ``now`` is the real time (UTC): receivers refuse a timestamp that is far from theirs.
    """

    name = "webhook"

    def __init__(self, hooks: Mapping[str, Hook], poster: Poster, *, now: Callable[[], datetime]) -> None:
        self._hooks = dict(hooks)
        self._poster = poster
        self._now = now

    def deliver(self, messages: Sequence[Message]) -> list[Outcome]:
        """Post each message once, in order; a receiver that cannot be reached is left alone for this batch."""
        away: dict[str, str] = {}

        def deliver_one(message: Message, batch: Batch) -> None:
            hook = self._hooks.get(message.address)
            if hook is None:
                batch.failed(message, "hook not configured", again=False)
                return
            answer = None if message.address in away else self._post(hook, message)
            if isinstance(answer, NoAnswer) and answer.unreached:
                away[message.address] = answer.reason
            if message.address in away:
                batch.held(message, away[message.address])
            elif answer is not None:
                _note(batch, message, answer)

        return deliver_each(messages, deliver_one)

    def _post(self, hook: Hook, message: Message) -> Answer | NoAnswer:
        body = body_of(message)
        timestamp = str(int(self._now().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "Idempotency-Key": message.id,
            "Banjie-Timestamp": timestamp,
            "Banjie-Signature": f"v1={signature(hook.secret, timestamp, body)}",
        }
        return self._poster.post(hook.url, body, headers)


def body_of(message: Message) -> bytes:
    """Return the JSON that a receiver gets."""
    told = {
        "id": message.id,
        "subject": message.subject,
        "body": message.body,
        "language": message.language,
        "thread": message.thread,
        "data": dict(message.data),
    }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the hexadecimal HMAC-SHA256 over timestamp (seconds since 1970), a full stop, and the body."""
    return hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _note(batch: Batch, message: Message, answer: Answer | NoAnswer) -> None:
    if isinstance(answer, NoAnswer):
        batch.failed(message, answer.reason, again=answer.again)
    elif 200 <= answer.status < 300:
        batch.sent(message)
    else:
        batch.failed(message, f"http {answer.status}", again=answer.status >= 500 or answer.status in _LATER)
