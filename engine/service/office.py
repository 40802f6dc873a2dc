"""The one door through which everything is written, as importers, pages, API and demo see it.

Behind it stands the committer of this process, or a running server that holds the database.
"""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Protocol

from engine.case.commands import Command
from engine.errors import BanjieError
from engine.service.execute import Done
from engine.service.plain import PlainWrite

Answer = Done | BanjieError
"""What a caller learns of a command: done (now or before), or why not."""


class Office(Protocol):
    """Takes commands; a command once taken is always carried out."""

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]:
        """Carry out commands in order through the bulk queue and wait; one answer per command.

        Live commands of others pass between. The commands are not one transaction: each stands for itself.
        """

    def ask(self, command: Command) -> Awaitable[Answer]:
        """Carry out one live command; to be awaited on the event loop that asks."""

    def write(self, writes: Sequence[PlainWrite]) -> None:
        """Carry out plain writes in one transaction and wait."""

    @property
    def revision(self) -> int:
        """Return a number that grows with every plain write of this process: logins and rights may be others now."""

    def now(self) -> datetime:
        """Return the instant the next batch would carry: the only clock there is."""
