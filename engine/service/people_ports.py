"""What the pages of administration ask of a database about many people: pages by key, and never the whole house."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import NamedTuple, Protocol

from engine.access.directory import Deputation, Person
from engine.case.identity import RootId, UnitId
from engine.service.account_ports import AccountState


class PersonKey(NamedTuple):
    """Where a list of people goes on: behind this name and id."""

    name: str
    id: str


class DeputationKey(NamedTuple):
    """Where a list of deputations goes on: behind the one of these two that begins on this day ("" for none)."""

    deputy: str
    principal: str
    from_on: str


class PeopleReads(Protocol):
    """The part of ``Reads`` that the pages of administration need."""

    def people_page(
        self,
        root: RootId,
        *,
        text: str = "",
        units: Collection[UnitId] | None = None,
        after: PersonKey | None = None,
        limit: int,
    ) -> Sequence[Person]:
        """Return people by name and id, those whose name or login name holds a text, in some units or in all."""

    def accounts_page(
        self,
        root: RootId,
        *,
        units: Collection[UnitId],
        text: str = "",
        waiting: bool = False,
        after: PersonKey | None = None,
        limit: int,
    ) -> Sequence[AccountState]:
        """Return the accounts of active people of some units by name and id, those whose name or login holds a text.

        ``waiting`` are those without a password only.
        """

    def people_in(self, root: RootId, units: Collection[UnitId]) -> Mapping[UnitId, int]:
        """Return how many active people belong to each of these units itself, those without any left out."""

    def deputations_page(
        self, root: RootId, on: date, *, after: DeputationKey | None = None, limit: int
    ) -> Sequence[Deputation]:
        """Return who stands in for whom on a day or later, by deputy, principal and first day."""
