"""What every channel does with a batch: each message once, in order, each with an outcome of its own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from notifications.message import Failed, Held, Message, Outcome, Sent

HELD_BACK = "held back"


@dataclass(slots=True)
class Batch:
    """The outcomes of one batch so far, in the order of its messages.

    After a message that is to be tried again or waits, later ones of the same thread to the same address are held back:
    they would overtake it.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    _waiting: set[tuple[str, str]] = field(default_factory=set)

    def holds_back(self, message: Message) -> bool:
        """Tell whether the message has to wait for an earlier one; if so its outcome is noted."""
        if (message.address, message.thread) not in self._waiting:
            return False
        self.held(message, HELD_BACK)
        return True

    def sent(self, message: Message) -> None:
        """Note that the other side has taken the message."""
        self.outcomes.append(Sent(message.id))

    def failed(self, message: Message, reason: str, *, again: bool) -> None:
        """Note that it has not, or has not said so."""
        self.outcomes.append(Failed(message.id, reason, again))
        if again:
            self._let_others_wait(message)

    def held(self, message: Message, reason: str) -> None:
        """Note that it was not tried, or that the other side wants nothing at all for now."""
        self.outcomes.append(Held(message.id, reason))
        self._let_others_wait(message)

    def _let_others_wait(self, message: Message) -> None:
        if message.thread is not None:
            self._waiting.add((message.address, message.thread))


def deliver_each(messages: Sequence[Message], deliver_one: Callable[[Message, Batch], None]) -> list[Outcome]:
    """Return the outcomes of a batch, in its order.

    ``deliver_one`` tries a message and, as its last act, notes what became of it. A defect met with one message is that
    message's outcome: the others must not go without.
    """
    batch = Batch()
    for message in messages:
        if batch.holds_back(message):
            continue
        try:
            deliver_one(message, batch)
        except Exception as error:  # noqa: BLE001 - the one such place of the channels
            batch.failed(message, f"defect {type(error).__name__}", again=True)
    return batch.outcomes
