"""Lists of cases that hold words: with the filter, the order and the pages of any other list, behind the readers.

Words are looked up in the index of the search. Few hits are put in order by the database; where there are many, the
list itself is walked in its order and its cases are asked for the words, so many at a time. Cases whose number begins
with what was typed are in the list as well, and where these are few they come first. What is found is held against the
texts that the reader may know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from engine.case.case import Case
from engine.case.identity import CaseId, RootId
from engine.case.search_words import Question, question
from engine.definition.compiled import Definition
from engine.errors import InputRefused
from engine.service.ports import CaseFilter, CaseLine, Page, Reads
from engine.service.search import NEWEST
from engine.service.world import World

Known = Callable[[Case, Definition], Mapping[str, str]]
"""Returns the texts of a case, by field, that its reader may know and find it by."""
Listed = Callable[[CaseFilter, str | None, int], Page]
"""Returns a page of the list that is narrowed to words: the visible cases of a filter, after a key, so many."""

CANDIDATES_MAX: Final = 2_000
"""So many cases are put in order by the database; of more the list is walked."""
FIRST_MAX: Final = 20
LINES_MAX: Final = 4_000
"""Lines of a list that one page looks at; then the reader may go on from there."""
READ_MAX: Final = 600
"""Cases that one page reads."""
_WINDOWS: Final = (100, 200, 400, 800)
_SPREAD_MAX: Final = 20
"""How far apart the numbers of neighbours in a list may stand, in the middle, for the index to be asked of them all."""
_FROM_THE_TOP: Final = "top"
"""The key of a page after one that held nothing but numbers."""


def page_with_words(
    reads: Reads,
    root: RootId,
    principals: Sequence[str] | None,
    where: CaseFilter,
    world: World,
    known: Known,
    *,
    after: str | None,
    limit: int,
    listed: Listed | None = None,
) -> Page:
    """Return a page of the visible cases that hold every word of the filter's text, or whose number begins with it.

    ``listed`` fetches the list that is narrowed where it is another than that of all cases.

    Raises:
        InputRefused: the text holds nothing to look for or is too long, or the key is none of ours.
    """
    wanted = looked_for(reads, root, principals, where, world, known, listed)
    asked = wanted.asked
    hits = (
        ()
        if asked is None
        else [hit.case for hit in reads.search_hits(root, asked.asked, before=NEWEST, limit=CANDIDATES_MAX + 1)]
    )
    if len(hits) <= CANDIDATES_MAX and len(wanted.numbered) <= CANDIDATES_MAX:
        wanted = replace(wanted, where=wanted.where._replace(ids=tuple({*hits, *wanted.numbered})))
    return wanted.page(after, limit)


def looked_for(
    reads: Reads,
    root: RootId,
    principals: Sequence[str] | None,
    where: CaseFilter,
    world: World,
    known: Known,
    listed: Listed | None = None,
) -> Wanted:
    """Return what is looked for in a list by the text of its filter; raises InputRefused as a page of it does."""

    def of_cases(narrowed: CaseFilter, after: str | None, limit: int) -> Page:
        return reads.list_cases(root, principals, narrowed, after=after, limit=limit)

    typed = (where.text or "").strip()
    numbered = _numbered(reads, root, world, where, typed)
    return Wanted(
        reads=reads,
        root=root,
        principals=principals,
        world=world,
        known=known,
        asked=_asked(typed, may_be_number=bool(numbered)),
        typed=typed,
        numbered=numbered,
        where=where._replace(text=None),
        listed=of_cases if listed is None else listed,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for in a list, and by whom.

    ``numbered``: cases whose number begins with what was typed, whoever may see them, of each workflow the first
    ``CANDIDATES_MAX`` and one more. ``where.ids``: nothing else is wanted; None where all have to be looked at.
    """

    reads: Reads
    root: RootId
    principals: Sequence[str] | None
    world: World
    known: Known
    asked: Question | None
    typed: str
    numbered: Mapping[CaseId, str]
    where: CaseFilter
    listed: Listed

    @property
    def first(self) -> Sequence[CaseId]:
        """The cases that come first: those whose number begins with what was typed, or, of many, is that."""
        if len(self.numbered) <= FIRST_MAX:
            return list(self.numbered)
        exact = spellings(self.typed)
        return [case for case, number in self.numbered.items() if number in exact][:FIRST_MAX]

    def page(self, after: str | None, limit: int) -> Page:
        """Return a page of what is wanted."""
        first, found = self.first[:limit], list[CaseLine]()
        if after is None and first:
            found += self.of(first)
        last = None if after == _FROM_THE_TOP else after
        if len(found) >= limit:
            return Page(tuple(found), _FROM_THE_TOP)
        walk = _Walk()
        for window in self._windows(last, walk):
            holding = self._holding(window.lines, walk)
            for place, line in enumerate(window.lines):
                if line.id in holding and line.id not in first:
                    found.append(line)
                    if len(found) == limit:
                        is_last = window.next is None and place + 1 == len(window.lines)
                        return Page(tuple(found), None if is_last else line.key_in(self.where.order))
            last = window.next
        return Page(tuple(found), last, is_cut=last is not None)

    def of(self, cases: Sequence[CaseId]) -> Sequence[CaseLine]:
        """Return those of the cases that stand in the list, in its order."""
        return self.listed(self.where._replace(ids=tuple(cases)), None, len(cases)).lines

    def is_called(self, line: CaseLine) -> bool:
        """Return whether the number of a case begins with what was typed."""
        return line.number is not None and line.number.startswith(spellings(self.typed))

    def holds(self, cases: Sequence[CaseId]) -> frozenset[CaseId]:
        """Return those of the cases that hold the words, as far as their reader may know it; every one is read."""
        asked, found = self.asked, set[CaseId]()
        if asked is None or not cases:
            return frozenset()
        for case in self.reads.visible_cases(self.root, cases, self.principals):
            definition = self.world.rules.pinned(case.pins.definition, case.pins.lists)
            if asked.holds_in(list(self.known(case, definition).values())):
                found.add(case.id)
        return frozenset(found)

    def _windows(self, after: str | None, walk: _Walk) -> Iterator[Page]:
        """Yield pages of the list, more at once as it goes on, until it ends or enough was looked at."""
        for place in range(LINES_MAX):
            window = self.listed(self.where, after, _WINDOWS[min(place, len(_WINDOWS) - 1)])
            walk.lines += len(window.lines)
            yield window
            after = window.next
            if after is None or walk.lines >= LINES_MAX or walk.read >= READ_MAX:
                return

    def _holding(self, lines: Sequence[CaseLine], walk: _Walk) -> frozenset[CaseId]:
        """Return those of the lines that hold what is looked for, as far as their reader may know it."""
        called = frozenset(line.id for line in lines if self.is_called(line))
        others = [line.id for line in lines if line.id not in called]
        if self.asked is None or not others:
            return called
        if self.where.ids is None:
            others = self._indexed(others, self.asked)
            walk.read += len(others)
        return called | self.holds(others)

    def _indexed(self, ids: Sequence[CaseId], asked: Question) -> list[CaseId]:
        """Return the cases that need to be read: where they stand close together in the index, those it has.

        Cases that are opened one after the other do; those that are due one after the other do not.
        """
        numbers = {hit.case: hit.n for hit in self.reads.search_places(self.root, ids)}
        if not numbers:
            return list(ids)
        highest, lowest = max(numbers.values()), min(numbers.values())
        if highest - lowest > _SPREAD_MAX * len(ids):
            return list(ids)
        between = highest - lowest + 1
        held = frozenset(self.reads.search_numbers(asked.asked, before=highest + 1, limit=between))
        return [one for one in ids if numbers.get(one) in held]


@dataclass(slots=True)
class _Walk:
    """How many lines were looked at, and how many cases read for it."""

    lines: int = field(default=0)
    read: int = field(default=0)


def _asked(typed: str, *, may_be_number: bool) -> Question | None:
    """Return what is looked for in words; None where that is refused, and numbers begin with it."""
    try:
        return question(typed)
    except InputRefused:
        if may_be_number:
            return None
        raise


def _numbered(reads: Reads, root: RootId, world: World, where: CaseFilter, typed: str) -> dict[CaseId, str]:
    """Return the cases whose number begins with a text, in the order of the numbers, whoever may see them.

    No number holds signs that cannot be printed, and PostgreSQL takes no NUL.
    """
    found: dict[CaseId, str] = {}
    if not typed.isprintable():
        return found
    for spelling in spellings(typed):
        found |= reads.search_called(root, numbering(world, where), spelling, limit=CANDIDATES_MAX + 1)
    return found


def numbering(world: World, where: CaseFilter) -> Sequence[str]:
    """Return the workflows in which a number is looked for."""
    return world.rules.names() if where.workflow is None else (where.workflow,)


def spellings(typed: str) -> tuple[str, ...]:
    """Return how a number may be written that somebody typed: capitals need not be typed as such."""
    return (typed,) if typed == typed.upper() else (typed, typed.upper())
