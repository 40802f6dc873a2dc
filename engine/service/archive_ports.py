"""What the archive asks of a database: cases that are over, of one workflow, page by page."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.case.identity import CaseId, RootId

if TYPE_CHECKING:  # ``ports`` is made of this port and others
    from engine.service.ports import Page


class ArchiveFilter(NamedTuple):
    """What the archive is narrowed to; None means any.

    ``from_at`` and ``until_at`` (microseconds, half open) bound when a case was opened; ``unit`` is the case's own or
    the one that led it. ``text`` is looked for by ``archive_page``, in the words of cases; ``ids`` are cases that a
    search has found, few thousands at most.
    """

    workflow: str
    congress_session: str | None = None
    from_at: int | None = None
    until_at: int | None = None
    unit: str | None = None
    category: str | None = None
    text: str | None = None
    ids: tuple[CaseId, ...] | None = None


class ArchiveReads(Protocol):
    """The part of ``Reads`` that is about the archive."""

    def archived_cases(
        self, root: RootId, principals: Sequence[str] | None, where: ArchiveFilter, *, after: str | None, limit: int
    ) -> Page:
        """Return a page of the visible cases in a final state, the newest opened first, by key and never by offset.

        A text is none of the database's: ``engine.service.archive`` has looked for it.
        """
