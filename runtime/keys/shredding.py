"""Destroying keys: what an erasure leaves of an entry's data key, and the list by which a restored back-up is cleaned.

An erasure is recorded in the ledger first, with the ciphertexts taken away in the same transaction; the keys follow
here. Whatever moment this is cut off at, the outbox row is still there and it is done once more; done twice, it
changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from engine.case.identity import CaseId, RootId
from engine.ledger.ciphers import value_key
from engine.service.erasing import ForgetErasures, Shredding, pending_erasures
from runtime.keys.keyfile import WHOLE, KeyFile

if TYPE_CHECKING:
    from runtime.wiring import Opened


class Erased(NamedTuple):
    """A value that was erased for good, as the key file's own list names it."""

    root: RootId
    case: CaseId
    seq: int
    path: str
    entry: str
    key: str


def shred(file: KeyFile, shreddings: Iterable[Shredding]) -> None:
    """Destroy what opens the erased values and keep what opens the others; it is on the disk when this returns.

    A data key opens every path of its entry, so it goes in any case; keys of the surviving paths, derived from it,
    take its place. Each erased value is written to the list of erasures in the same transaction.
    """
    with file.changing() as connection:
        for one in shreddings:
            key, paths = one.erased.key, one.erased.paths
            connection.executemany(
                'INSERT OR IGNORE INTO erasure (root, "case", seq, path, entry, key) VALUES (?, ?, ?, ?, ?, ?)',
                [Erased(one.root, one.case, one.erased.seq, path, one.erased.entry, key) for path in paths],
            )
            held = file.find([key]).get(key, {})
            if WHOLE in held:
                kept = [path for path in one.surviving if path not in paths and path not in held]
                file.keep([(key, path, value_key(held[WHOLE], path)) for path in kept])
            connection.executemany(
                "DELETE FROM held_key WHERE id = ? AND path = ?", [(key, path) for path in (WHOLE, *paths)]
            )


def finish_erasures(opened: Opened) -> int:
    """Destroy the keys of every recorded erasure that still waits for it; return how many erasures were finished."""
    reads, done = opened.desk.reads, 0
    for root in reads.roots():
        for pending in pending_erasures(reads, root):
            keyed = [one for one in pending.shreddings if one.erased.key]
            shred(opened.keys.file, keyed)
            opened.keys.forget([one.erased.key for one in keyed])
            opened.desk.office.write([ForgetErasures(root=root, ids=(pending.id,))])
            done += 1
    if done:
        opened.store.scrub()
    return done


def listed_erasures(file: KeyFile) -> Iterator[tuple[RootId, CaseId, tuple[Erased, ...]]]:
    """Yield the list of erasures, case by case."""
    cases: dict[tuple[RootId, CaseId], list[Erased]] = defaultdict(list)
    for row in file.rows('SELECT root, "case", seq, path, entry, key FROM erasure ORDER BY root, "case", seq, path'):
        erased = Erased._make(row)
        cases[erased.root, erased.case].append(erased)
    for (root, case), values in cases.items():
        yield root, case, tuple(values)
