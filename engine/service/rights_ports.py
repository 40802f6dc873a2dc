"""What is asked of a database about rights: grants in units, who acts for whom, what the ledger was told of both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from engine.access.directory import Deputation, GrantRow
from engine.case.actors import Deputed, Grant
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.rows import EntryRow


class Rights(NamedTuple):
    """The grants of somebody on a day. ``deputed`` are those among them that are held only in another's place; ``home``
    is then the person's unit and those above it."""

    grants: frozenset[Grant]
    deputed: frozenset[Deputed] = frozenset()
    home: tuple[UnitId, ...] = ()


class RightsReads(Protocol):
    """The part of ``Reads`` that is about rights."""

    def grants_of(self, root: RootId, persons: Collection[PersonId]) -> Sequence[GrantRow]:
        """Return every grant of these persons, whenever it holds, by person, role, unit and first day."""

    def grants_in(self, root: RootId, units: Collection[UnitId], roles: Collection[str]) -> Sequence[GrantRow]:
        """Return every grant of these roles in exactly these units, in the same order."""

    def deputations_of(self, root: RootId, principals: Collection[PersonId]) -> Sequence[Deputation]:
        """Return who acts for these persons, whenever, by principal, deputy and first day."""

    def facts(
        self,
        root: RootId,
        kinds: Collection[str],
        *,
        since: date,
        until: date,
        mentioning: str | None = None,
        limit: int,
    ) -> Sequence[EntryRow]:
        """Return facts of these types of the streams of the house, the newest first.

        ``since`` and ``until`` are days of Asia/Shanghai, both included; ``mentioning`` is an id that must stand in it.
        """
