"""What the search asks of a database: cases by their words, how far the index is, and pairs that are not alike."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from engine.case.identity import CaseId, RootId

if TYPE_CHECKING:  # ``ports`` is made of this port and others
    from engine.service.ports import CaseFilter

Phrases = Sequence[Sequence[str]]
"""Tokens (``engine.case.search_words``); a case has to hold every phrase, its tokens one after the other."""


class Hit(NamedTuple):
    """A case by its number in the search: the larger, the later it came."""

    n: int
    case: CaseId


class Standing(NamedTuple):
    """How far the index is: cases in all, and those that wait to be indexed."""

    cases: int
    waiting: int


class NotAlike(NamedTuple):
    """A pair of which somebody has said that they are not alike, with the marks of their texts at that time.

    ``one`` comes before ``other``; ``at`` is microseconds since 1970, UTC.
    """

    root: str
    one: str
    other: str
    one_mark: str
    other_mark: str
    person: str
    at: int


class SearchReads(Protocol):
    """The part of ``Reads`` that is about the search."""

    def search_hits(self, root: RootId, phrases: Phrases, *, before: int, limit: int) -> Sequence[Hit]:
        """Return cases with these phrases whose number is below one, the newest first, whoever may see them."""

    def search_few(self, root: RootId, principals: Sequence[str] | None, *, before: int) -> Sequence[Hit] | None:
        """Return all cases below a number that one of the principals may see, the newest first; None where these are
        so many that it is better to ask of each hit whether it may be seen."""

    def search_numbers(self, phrases: Phrases, *, before: int, limit: int) -> Sequence[int]:
        """Return the numbers of cases with these phrases below a number, the newest first, of whatever organisation."""

    def search_holding(self, phrases: Phrases, numbers: Sequence[int]) -> frozenset[int] | None:
        """Return those of the numbers whose cases hold these phrases; None where the words of a case are not at hand
        by its number."""

    def search_places(self, root: RootId, cases: Collection[CaseId]) -> Sequence[Hit]:
        """Return the cases with their numbers in the search, in no order."""

    def search_called(
        self, root: RootId, workflows: Sequence[str], beginning: str, *, since: str = "", limit: int
    ) -> Mapping[CaseId, str]:
        """Return cases of these workflows whose own number begins with a text, with it, the lowest first in each
        workflow and so many of it, none lower than ``since``, whoever may see them."""

    def search_visible(
        self, root: RootId, principals: Sequence[str] | None, cases: Collection[CaseId], where: CaseFilter
    ) -> frozenset[CaseId]:
        """Return those of the cases that one of the principals may see and that stand in the filter but for its text;
        without ``children`` only those that are no part of another."""

    def search_waiting(self, version: int, *, before: int, limit: int) -> Sequence[tuple[RootId, Hit]]:
        """Return cases that are not indexed with tokens of this version, the newest first, from below a number."""

    def search_is_filling(self, version: int) -> bool:
        """Return whether the index still has to be filled: it is filled from the newest case to the oldest."""

    def search_foreign(self, version: int) -> bool:
        """Return whether any case is indexed with tokens of another version; it goes through all numbers."""

    def search_standing(self, version: int) -> Standing:
        """Return how far the index is; it goes through all numbers."""

    def not_alike(self, root: RootId, case: CaseId) -> Sequence[NotAlike]:
        """Return the pairs with this case of which somebody has said that they are not alike."""


class SearchWrites(Protocol):
    """The part of ``DirectoryWrites`` that is about the search."""

    def index_words(self, rows: Sequence[IndexedWords]) -> None:
        """Index those of the cases that still are not; a step that came between knows newer words."""

    def restart_index(self) -> None:
        """Empty the index; every case waits to be indexed."""

    def keep_not_alike(self, pair: NotAlike) -> None:
        """Keep that a pair is not alike, in the place of what was said of it before."""


class IndexedWords(NamedTuple):
    """The tokens of a case."""

    root: str
    case: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexWords:
    """Put cases into the index that are not in it yet."""

    rows: tuple[IndexedWords, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestartIndex:
    """Empty the index, to be made anew."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepNotAlike:
    """Keep that somebody has found a pair not to be alike."""

    pair: NotAlike


SearchWrite = IndexWords | RestartIndex | KeepNotAlike


def apply_search_write(write: SearchWrite, writes: SearchWrites) -> None:
    """Carry out one write in the transaction behind ``writes``."""
    match write:
        case IndexWords(rows=rows):
            writes.index_words(rows)
        case RestartIndex():
            writes.restart_index()
        case KeepNotAlike(pair=pair):
            writes.keep_not_alike(pair)


def dismissed(pairs: Sequence[NotAlike], case: CaseId, marks: Mapping[CaseId, str]) -> frozenset[CaseId]:
    """Return the cases that were said not to be alike to this one, while neither text has changed since."""
    found = set[CaseId]()
    for pair in pairs:
        other = CaseId(pair.other if pair.one == case else pair.one)
        kept = {pair.one: pair.one_mark, pair.other: pair.other_mark}
        if marks.get(other) == kept[other] and marks.get(case) == kept[case]:
            found.add(other)
    return frozenset(found)
