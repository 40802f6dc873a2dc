"""What a channel is given to deliver, and what it says became of it. The same for mail, bots and webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from notifications.limits import RateLimit


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageFile:
    """A file that goes along with a message by a channel that carries files; what it holds stands in the text too."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to one address.

    ``id`` is the same whenever the message is tried again: mail carries it as Message-ID, webhooks as idempotency key.
    ``thread`` groups the messages about one case. ``body`` is plain text; ``data`` is what a webhook receives beside
    it. Neither holds names or content of confidential cases: whoever makes a message has seen to that.
    """

    id: str
    address: str
    subject: str
    body: str
    language: str = "zh"
    thread: str | None = None
    data: dict[str, str] = field(default_factory=dict)
    files: tuple[MessageFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Sent:
    """The other side has taken the message."""

    id: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The other side has not taken it, or has not said so. ``again`` tells whether trying later can help.

    ``reason`` is short, in the words of the protocol (``smtp 451``, ``errcode 310000``, ``timeout``) and holds nothing
    of the message.
    """

    id: str
    reason: str
    again: bool


@dataclass(frozen=True, slots=True)
class Held:
    """It was not taken, and not because of itself: it waits for an earlier one, or nobody can be spoken to just now.

    That counts as no attempt: however long an outage lasts, nothing is given up for it. ``reason`` as of ``Failed``.
    """

    id: str
    reason: str


Outcome = Sent | Failed | Held


class Channel(Protocol):
    """A way out of the house. Blocking: it is called by a worker's thread, never on an event loop."""

    name: str

    def deliver(self, messages: Sequence[Message]) -> list[Outcome]:
        """Try each message once, in order; return one outcome per message. Raises nothing for what the network does."""


@runtime_checkable
class Paced(Channel, Protocol):
    """A channel whose addresses may be spoken to so often only; it is asked before deliveries are taken for it."""

    def limit(self, address: str) -> RateLimit:
        """Return how fast an address may be spoken to."""
