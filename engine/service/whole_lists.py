"""Whole lists of cases, to take along as a file: in the order of the list, and no more lines than one file holds.

With words a list goes by the hits of the index, page by page, and no other case is looked at. Where there are more hits
than a file has lines, the list itself is walked as well, by turns, and what is done first is the answer: a common word
soon fills a file from the top of the list, and a narrow list ends long before all hits of a common word do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from engine.case.identity import CaseId
from engine.service.list_orders import Order
from engine.service.ports import CaseFilter, CaseLine
from engine.service.search import every_hit
from engine.service.word_lists import CANDIDATES_MAX, LINES_MAX, Listed, Wanted, numbering, spellings

_AT_ONCE: Final = 500
"""Lines that are fetched, and cases that are read for their words, at once."""


def whole_list(listed: Listed, where: CaseFilter, *, limit: int) -> list[CaseLine]:
    """Return the lines of a list without words, at most so many."""
    lines: list[CaseLine] = []
    after: str | None = None
    while len(lines) < limit:
        page = listed(where, after, min(_AT_ONCE, limit - len(lines)))
        lines += page.lines
        after = page.next
        if after is None:
            break
    return lines


def whole_list_with_words(wanted: Wanted, *, limit: int) -> list[CaseLine]:
    """Return the lines of a list that are wanted, at most so many; never are more than some times as many at hand."""
    found: list[CaseLine] = []
    walked: list[CaseLine] = []
    walk, looked = _by_list(wanted), 0
    for some, lines in _by_index(wanted):
        found += lines
        if len(found) > 2 * limit:
            found = _in_order(found, wanted.where.order)[:limit]
        looked += some
        if looked > limit:
            more = next(walk, None)
            walked += more or ()
            if more is None or len(walked) >= limit:
                return walked[:limit]
    first = wanted.first
    head = wanted.of(first) if first else ()
    return [*head, *(line for line in _in_order(found, wanted.where.order) if line.id not in first)][:limit]


def _by_index(wanted: Wanted) -> Iterator[tuple[int, Sequence[CaseLine]]]:
    """Yield how many cases were looked at and the lines of those that are wanted: each once, the called ones first."""
    for cases in _called(wanted):
        yield len(cases), wanted.of(cases)
    if wanted.asked is None:
        return
    for hits in every_hit(wanted.reads, wanted.root, wanted.principals, wanted.asked, wanted.world):
        for cases in _pieces([hit.case for hit in hits]):
            others = [line for line in wanted.of(cases) if not wanted.is_called(line)]
            holding = wanted.holds([line.id for line in others])
            yield len(cases), [line for line in others if line.id in holding]


def _by_list(wanted: Wanted) -> Iterator[Sequence[CaseLine]]:
    """Yield what is wanted of the list, page by page."""
    after: str | None = None
    while True:
        page = wanted.page(after, LINES_MAX)
        yield page.lines
        after = page.next
        if after is None:
            return


def _called(wanted: Wanted) -> Iterator[list[CaseId]]:
    """Yield the cases whose number begins with what was typed, however many they are."""
    if len(wanted.numbered) <= CANDIDATES_MAX:
        yield from _pieces(list(wanted.numbered))
        return
    for workflow in numbering(wanted.world, wanted.where):
        for spelling in spellings(wanted.typed):
            since, before = "", frozenset[CaseId]()
            while True:
                found = wanted.reads.search_called(wanted.root, [workflow], spelling, since=since, limit=_AT_ONCE)
                # A page begins with the number that the last one ended with: others may have the same.
                yield [case for case in found if case not in before]
                last = max(found.values(), default="")
                if len(found) < _AT_ONCE or last == since:
                    break
                since, before = last, frozenset(found)


def _pieces(cases: Sequence[CaseId]) -> Iterator[list[CaseId]]:
    for start in range(0, len(cases), _AT_ONCE):
        yield list(cases[start : start + _AT_ONCE])


def _in_order(lines: Iterable[CaseLine], order: Order) -> list[CaseLine]:
    match order:
        case Order.OPENED:
            return sorted(lines, key=lambda line: (line.opened_at, line.id), reverse=True)
        case Order.DUE:
            return sorted(lines, key=lambda line: (line.next_due_at or 0, line.id))
        case Order.NUMBER:
            return sorted(lines, key=lambda line: (line.number or "", line.id))
