"""What clients were told, held against what a ledger holds: six counters that are all 0 where nothing was lost.

Reads no database and asks no server: an account is what its client noted down when it sent and when it was answered.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

DONE_FROM, REFUSED_FROM, FAILED_FROM = 200, 400, 500
AGAIN: Final = frozenset({408, 425, 429})
"""Answers that say: ask again. All others from 400 to 499 are definite refusals."""


@dataclass(slots=True)
class Asked:
    """One command: its key, when it was first sent and when the client knew what became of it (seconds of one clock).

    ``status`` is the definite answer, None where the client never got one.
    """

    key: str
    sent_at: float
    case: str | None = None
    answered_at: float | None = None
    status: int | None = None
    seq: int = 0
    hash: str = ""
    tries: int = 0

    @property
    def is_done(self) -> bool:
        return self.status is not None and DONE_FROM <= self.status < REFUSED_FROM

    @property
    def is_refused(self) -> bool:
        return self.status is not None and REFUSED_FROM <= self.status < FAILED_FROM


class Kept(NamedTuple):
    """An entry as the ledger holds it; ``command`` is the hash of the key behind it, None where nobody asked for it."""

    case: str
    seq: int
    hash: str
    command: str | None
    notices: int


class Six(NamedTuple):
    """The six counters. All 0: nothing was lost."""

    lost: int
    doubled: int
    phantoms: int
    disordered: int
    broken: int
    untold: int

    def __add__(self, other: object) -> Six:
        assert isinstance(other, Six)
        return Six(*(one + more for one, more in zip(self, other, strict=True)))


def kept_entries(rows: Iterable[tuple[str, int, bytes, bytes]]) -> list[Kept]:
    """Return the entries of rows of case, seq, body and hash."""
    kept = []
    for case, seq, body, digest in rows:
        told = json.loads(body)
        kept.append(Kept(case, seq, digest.hex(), told.get("command"), len(told.get("notices", ()))))
    return kept


def held_against(
    asked: Sequence[Asked],
    kept: Sequence[Kept],
    hash_of: Mapping[str, str],
    *,
    findings: int,
    told: Mapping[tuple[str, int], int],
    people: int,
) -> Six:
    """Return the counters.

    Args:
        asked: everything that any client sent.
        kept: every entry of the ledger's cases.
        hash_of: by key, the hash by which entries name it.
        findings: what verification has found.
        told: by case and seq, how many notices came of an entry in all inboxes.
        people: how many every notice goes to.
    """
    by_command: dict[str, list[Kept]] = defaultdict(list)
    for entry in kept:
        if entry.command is not None:
            by_command[entry.command].append(entry)
    places = {(entry.case, entry.seq): entry for entry in kept}
    lost = 0
    for one in asked:
        if one.is_done:
            there = places.get((one.case or "", one.seq))
            lost += there is None or there.hash != one.hash or there.command != hash_of[one.key]
    possible = {hash_of[one.key] for one in asked if not one.is_refused}
    return Six(
        lost=lost,
        doubled=sum(len(entries) > 1 for entries in by_command.values()),
        phantoms=sum(len(entries) for command, entries in by_command.items() if command not in possible),
        disordered=_disordered(asked),
        broken=findings,
        untold=sum(told.get((entry.case, entry.seq), 0) != people * entry.notices for entry in kept),
    )


def _disordered(asked: Sequence[Asked]) -> int:
    """Count the commands that came after one of the same case had been answered, and stand before it all the same."""
    by_case: dict[str, list[Asked]] = defaultdict(list)
    for one in asked:
        if one.is_done and one.case is not None and one.answered_at is not None:
            by_case[one.case].append(one)
    wrong = 0
    for some in by_case.values():
        answered = sorted(some, key=lambda one: one.answered_at or 0.0)
        place, highest = 0, 0
        for one in sorted(some, key=lambda one: one.sent_at):
            while place < len(answered) and (answered[place].answered_at or 0.0) < one.sent_at:
                highest = max(highest, answered[place].seq)
                place += 1
            wrong += one.seq <= highest
    return wrong


def summed_up(asked: Sequence[Asked]) -> Counter[str]:
    """Return how many were done, refused and never answered, and how often something was asked again."""
    counts = Counter("done" if one.is_done else "refused" if one.is_refused else "unanswered" for one in asked)
    counts["asked again"] = sum(max(0, one.tries - 1) for one in asked)
    return counts
