"""What verification asks of the tables beside the cases: the house as it stands, what the ledger was told of it, and
the files of cases. Nothing is interpreted: what stands in the columns may be damaged or forged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Final, Protocol

from engine.case.identity import RootId
from engine.service.file_ports import FileRow
from engine.service.rows import PrivateRow

HOUSE_TABLES: Final = ("unit", "person", "granting", "deputation", "congress_session", "delegation")
RULE_TABLES: Final = ("definition", "list_version", "calendar_notice", "publication")
"""These are common to all organisations."""

HouseRow = Mapping[str, object]
"""A row by its columns."""


class HouseView(Protocol):
    """The house of one organisation, seen at one moment."""

    def rows(self, table: str) -> Sequence[HouseRow]:
        """Return the rows of one of HOUSE_TABLES or RULE_TABLES, in the order of their keys."""

    def told(self) -> Iterator[object]:
        """Stream the bytes of the entries in which changes of the house are told, in the order of their chains."""


class HouseReads(Protocol):
    """The part of ``Reads`` that verification of the house and of files needs."""

    def house_view(self, root: RootId) -> AbstractContextManager[HouseView]:
        """Look at the house as it stands at one moment."""

    def roots_kept(self) -> Collection[str]:
        """Return every organisation that any table of cases, entries, files or checkpoints names."""

    def files_of_cases(self, root: RootId) -> Sequence[FileRow]:
        """Return the row of every file that a case has taken over."""

    def values_at(self, root: RootId, paths: Collection[str]) -> Iterator[PrivateRow]:
        """Stream the private values that stand at one of these paths, by case and entry."""
