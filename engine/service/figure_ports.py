"""What keeping figures asks of a database: what was asked, and what came of it, so that a page need not count anew.

A kept row is worked out from the spans and can be worked out again at any time; nothing is lost with it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from engine.case.identity import CaseId, RootId


class KeptFigures(NamedTuple):
    """What was asked (``asked``, JSON) by its id, which is a hash of it, and the answer.

    ``as_of`` is the instant that was counted, ``kept_at`` when; both and ``body`` are None until then. After
    ``until_at`` the row is dropped. Instants are microseconds.
    """

    root: str
    id: str
    asked: str
    until_at: int
    as_of: int | None = None
    kept_at: int | None = None
    body: str | None = None


class FigureReads(Protocol):
    """The part of ``Reads`` that is about figures."""

    def figures_kept(self, root: RootId, id_: str) -> KeptFigures | None:
        """Return what is kept under an id; None when nothing was ever asked for under it."""

    def cases_up_to(self, root: RootId, workflow: str, limit: int) -> int:
        """Return how many cases a workflow has, at most the limit."""

    def cases_of_units(self, root: RootId, workflow: str, units: Sequence[str], limit: int) -> Sequence[CaseId] | None:
        """Return the cases of a workflow that one of these units ever had or led, each once; None where they are more
        than so many, or the units have so many others that looking would take long."""

    def sees_few(self, root: RootId, principals: Sequence[str]) -> bool:
        """Return whether these principals see so few cases, of whatever workflow, that counting them takes no time."""

    def is_kept_from_some(self, root: RootId, principal: str) -> bool:
        """Return whether there is a case from which somebody is kept, as they are recused."""


class FigureWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about figures."""

    def ask_figures(self, row: KeptFigures) -> None:
        """Note what is asked for; a row that is there stays as it is."""

    def keep_figures(self, row: KeptFigures) -> None:
        """Keep an answer in the place of an older one."""

    def drop_figures(self, root: RootId, before: int) -> None:
        """Drop what need not be kept any more."""


@dataclass(frozen=True, slots=True)
class AskFigures:
    """Note what figures are asked for, so that a job counts them."""

    row: KeptFigures


@dataclass(frozen=True, slots=True)
class KeepFigures:
    """Keep counted figures."""

    row: KeptFigures


@dataclass(frozen=True, slots=True)
class DropFigures:
    """Drop figures that were to be kept until an instant."""

    root: RootId
    before: int


FigureWrite = AskFigures | KeepFigures | DropFigures


def apply_figure_write(write: FigureWrite, writes: FigureWrites) -> None:
    """Carry out one write in the transaction behind ``writes``."""
    match write:
        case AskFigures(row):
            writes.ask_figures(KeptFigures(*row))
        case KeepFigures(row):
            writes.keep_figures(KeptFigures(*row))
        case DropFigures(root, before):
            writes.drop_figures(root, before)
