"""Filling the index of words: cases from before there was one, or all of them after the tokens were changed.

It may be cut off anywhere and goes on with what still waits; what is written meanwhile is indexed by its own step.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Final

from engine.case.identity import RootId
from engine.case.search_words import VERSION, document
from engine.service.desk import Desk
from engine.service.search import NEWEST
from engine.service.search_ports import Hit, IndexedWords, IndexWords, RestartIndex

SLICE: Final = 100
"""Cases indexed in one transaction: a live step behind it waits some tens of milliseconds."""


SLICES_AT_ONCE: Final = 20


def fill_index(desk: Desk, *, slices_max: int, progressed: Callable[[int], None] = lambda _done: None) -> int:
    """Index cases that wait for it, the newest first, so many slices at most; return how many were looked at."""
    done, before = 0, NEWEST
    for _slice in range(slices_max):
        waiting = desk.reads.search_waiting(VERSION, before=before, limit=SLICE)
        if not waiting:
            break
        by_root: dict[RootId, list[Hit]] = defaultdict(list)
        for root, hit in waiting:
            by_root[root].append(hit)
        for root, hits in by_root.items():
            desk.office.write([IndexWords(rows=tuple(_indexed(desk, root, hits)))])
        done += len(waiting)
        before = waiting[-1][1].n
        progressed(done)
    return done


def restart_index(desk: Desk) -> int:
    """Empty the index, to be filled anew; return how many cases wait then."""
    desk.office.write([RestartIndex()])
    return desk.reads.search_standing(VERSION).waiting


def is_of_other_tokens(desk: Desk) -> bool:
    """Return whether the index holds tokens of another version: then it has to be emptied, as they cannot be told."""
    return bool(desk.reads.search_foreign(VERSION))


def _indexed(desk: Desk, root: RootId, hits: Sequence[Hit]) -> list[IndexedWords]:
    rules = desk.world(root).rules
    cases = {case.id: case for case in desk.reads.cases(root, [hit.case for hit in hits])}
    rows = []
    for hit in hits:
        case = cases.get(hit.case)
        words = "" if case is None else document(case, rules.pinned(case.pins.definition, case.pins.lists))
        rows.append(IndexedWords(root, hit.case, words))
    return rows
