"""Lists with an order and lines of their own, as those of deadlines and of a board, narrowed to words.

What is looked for is found as in ``word_lists``, by the index of the search and behind the readers. The list keeps its
order throughout: a case whose number begins with what was typed stands where it would without.

A page asks the index for ``CANDIDATES_MAX`` hits and one more. As many are handed to the list, which puts them in order
by itself; of more the list is walked. Either way a page looks at ``LINES_MAX`` lines at most, and where it walks it
reads ``READ_MAX`` cases at most, each with what its last window adds; then the reader may go on from there. What is
taken along at once are ``PAGES_MAX`` such pages, or it is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from typing import Final, Generic, NamedTuple, TypeVar

from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.identity import CaseId, RootId
from engine.case.search_words import Question
from engine.errors import InputRefused
from engine.service.ports import CaseFilter, Reads
from engine.service.search import NEWEST, known_to
from engine.service.word_lists import CANDIDATES_MAX, LINES_MAX, READ_MAX, Wanted, looked_for, spellings
from engine.service.world import World
from engine.text import Text

L = TypeVar("L")

PAGES_MAX: Final = 10
_WINDOWS: Final = (100, 200, 400)


class Lines(NamedTuple, Generic[L]):
    """A page of lines; ``next`` and ``is_cut`` are as in ``Page``."""

    lines: Sequence[L]
    next: str | None
    is_cut: bool = False


class Called(NamedTuple):
    """The case of a line; ``number`` is None where it has none, or where no line of the list says it."""

    id: CaseId
    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnList(Generic[L]):
    """A list that may be narrowed to words.

    ``read`` returns a page of its visible lines: of the cases that are named, or of all where that is None, after a
    key, so many. ``case`` is the case of a line, and ``key`` what the list goes on after behind it.
    """

    read: Callable[[tuple[CaseId, ...] | None, str | None, int], Lines[L]]
    case: Callable[[L], Called]
    key: Callable[[L], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class WordedList(Generic[L]):
    """A list narrowed to words; ``ids`` are the only cases that may hold them, None where there are too many."""

    own: OwnList[L]
    wanted: Wanted
    ids: tuple[CaseId, ...] | None

    def page(self, *, after: str | None, limit: int) -> Lines[L]:
        """Return a page of the lines whose cases hold every word, or whose number begins with what was typed.

        Raises:
            InputRefused: the key is none of the list's.
        """
        found: list[L] = []
        last = after
        for window, holding in self._windows(after):
            for place, line in enumerate(window.lines):
                if self.own.case(line).id in holding:
                    found.append(line)
                    if len(found) == limit:
                        is_last = window.next is None and place + 1 == len(window.lines)
                        return Lines(found, None if is_last else self.own.key(line))
            last = window.next
        return Lines(found, last, is_cut=last is not None)

    def all(self, *, limit: int) -> Sequence[L]:
        """Return the lines of all pages, at most so many.

        Raises:
            InputRefused: very many cases hold the words, and more had to be looked at for it than is at once.
        """
        found: list[L] = []
        after: str | None = None
        for _page in range(PAGES_MAX):
            page = self.page(after=after, limit=limit - len(found))
            found += page.lines
            after = page.next
            if after is None or len(found) == limit:
                return found
        raise InputRefused(_TOO_MANY_AT_ONCE)

    def _windows(self, after: str | None) -> Iterator[tuple[Lines[L], frozenset[CaseId]]]:
        """Yield pages of the list, more at once as it goes on, until it ends or enough was looked at; with each the
        cases on it that are wanted."""
        looked = read = 0
        for size in chain(_WINDOWS, repeat(_WINDOWS[-1])):
            window = self.own.read(self.ids, after, size)
            # A case may stand on several lines.
            cases = {case.id: case for case in map(self.own.case, window.lines)}
            called = frozenset(case.id for case in cases.values() if self._is_called(case))
            others = self._indexed([case for case in cases if case not in called])
            yield window, called | self.wanted.holds(others)
            looked, read = looked + size, read + len(others)
            after = window.next
            if after is None or looked >= LINES_MAX or (self.ids is None and read >= READ_MAX):
                return

    def _is_called(self, case: Called) -> bool:
        """Return whether the number of a case begins with what was typed."""
        is_so = case.number is not None and case.number.startswith(spellings(self.wanted.typed))
        return is_so or case.id in self.wanted.numbered

    def _indexed(self, cases: Sequence[CaseId]) -> Sequence[CaseId]:
        """Return the cases that need to be read: those that the index has, where it can tell by the case."""
        asked = self.wanted.asked
        if asked is None:
            return ()
        if self.ids is not None or not cases:
            return cases
        places = self.wanted.reads.search_places(self.wanted.root, cases)
        held = self.wanted.reads.search_holding(asked.asked, [hit.n for hit in places])
        return cases if held is None else [hit.case for hit in places if hit.n in held]


def with_words(
    own: OwnList[L], reads: Reads, root: RootId, actor: Actor, text: str, world: World, *, workflow: str | None = None
) -> WordedList[L]:
    """Return a list narrowed to the cases of a workflow that hold every word of a text, as the actor may see them.

    Raises:
        InputRefused: the text holds nothing to look for or is too long.
    """
    principals = principals_of(actor) if actor.kind is ActorKind.PERSON else None
    where = CaseFilter(workflow=workflow, text=text)
    wanted = looked_for(reads, root, principals, where, world, known_to(actor, world))
    hits = _hits(reads, root, wanted.asked)
    few = len(hits) <= CANDIDATES_MAX and len(wanted.numbered) <= CANDIDATES_MAX
    return WordedList(own=own, wanted=wanted, ids=tuple({*hits, *wanted.numbered}) if few else None)


def _hits(reads: Reads, root: RootId, asked: Question | None) -> list[CaseId]:
    if asked is None:
        return []
    return [hit.case for hit in reads.search_hits(root, asked.asked, before=NEWEST, limit=CANDIDATES_MAX + 1)]


_TOO_MANY_AT_ONCE: Final = Text(
    "含有这些词的事项太多，不能一次全部取出，请再加一个词或一个条件",
    "Too many cases hold these words to be taken all at once; add a word or a filter",
)
