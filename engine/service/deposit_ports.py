"""What anonymous submissions ask of a database: to be kept sealed until released, found again, and taken out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from engine.case.identity import RootId


class DepositRow(NamedTuple):
    """A sealed submission, in base64. ``who`` is a keyed hash of the sender; no instant, no order of arrival."""

    root: str
    id: str
    who: str
    sealed: str


class DepositReads(Protocol):
    """The part of ``Reads`` that is about deposits."""

    def deposits(self, root: RootId, limit: int) -> Sequence[DepositRow]:
        """Return what is kept, in the order of random ids."""

    def deposits_of(self, root: RootId, who: str) -> Sequence[DepositRow]:
        """Return what one sender has sent and was not yet released, or was refused."""

    def deposit_count(self, root: RootId) -> int: ...


class DepositWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about deposits."""

    def keep_deposit(self, row: DepositRow) -> None:
        """Keep a submission, or replace the one with its id."""

    def drop_deposits(self, root: RootId, ids: Collection[str]) -> None: ...
