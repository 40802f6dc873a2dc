"""Opening the keys of a database: what is looked at before anything else works, and the sealer that comes of it.

It fails closed: encrypted values without their keys are a refusal to start that says what to restore. It decrypts
nothing, so that a process that needs no value starts without the library for it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Protocol

from runtime.keys.epochs import read_epochs
from runtime.keys.keyfile import USED_EPOCHS, connect, wrong_epochs
from runtime.keys.places import KeyPlaces, damaged_keys, foreign_keys, missing_epochs, missing_keys
from runtime.keys.sealer import KeySealer

if TYPE_CHECKING:
    from engine.service.ports import Reads


def open_sealer(places: KeyPlaces, reads: Reads) -> KeySealer:
    """Return the sealer of a database whose keys are all there, as far as can be told from outside.

    Raises:
        KeysUnavailable: the key file or an epoch key is missing, or they belong to another database.
    """
    used = newest_keys(reads)
    if not check_keys(places, used) and reads.has_sealed_values():
        raise missing_keys(places.keys)
    return KeySealer(places)


def check_keys(places: KeyPlaces, used: frozenset[str]) -> bool:
    """Return whether there is a key file; whatever of these keys was not erased has to be in it.

    Raises:
        KeysUnavailable: the key file or an epoch key is missing, or they belong to another database.
    """
    if places.keys.exists() and places.keys.stat().st_size:
        _check_file(places, used)
        return True
    if used:
        raise missing_keys(places.keys)
    return False


def newest_keys(reads: Reads) -> frozenset[str]:
    """Return the data keys of the values of each organisation's newest case that has any; none without such."""
    from engine.service.ports import CaseFilter

    found: set[str] = set()
    for root in reads.roots():
        page = reads.list_cases(root, None, CaseFilter(children=True), after=None, limit=1)
        found.update(row.key for line in page.lines for row in reads.privates(root, line.id) if row.key)
    return frozenset(found)


def any_erasures(places: KeyPlaces) -> bool:
    """Return whether the key file's list names anything erased."""
    with _asking(places) as ask:
        return bool(ask("SELECT 1 FROM erasure LIMIT 1")) if _tables(ask) else False


def _check_file(places: KeyPlaces, used: frozenset[str]) -> None:
    with _asking(places) as ask:
        if not _tables(ask):
            if used:
                raise missing_keys(places.keys)
            return
        wrong = wrong_epochs(ask(USED_EPOCHS), read_epochs(places.epochs))
        if wrong:
            raise missing_epochs(places.epochs, wrong)
        for key in used:
            # A back-up may hold values whose keys were all erased since.
            known = "SELECT 1 FROM held_key WHERE id = ? UNION ALL SELECT 1 FROM erasure WHERE key = ? LIMIT 1"
            if not ask(known, key, key):
                raise foreign_keys(places.keys)


class _Ask(Protocol):
    def __call__(self, statement: str, *values: str) -> list[tuple[Any, ...]]: ...


def _tables(ask: _Ask) -> bool:
    """Return whether anything was ever written to the file: one that was only begun is as good as none."""
    return bool(ask("SELECT 1 FROM sqlite_master WHERE name = 'held_key'"))


@contextmanager
def _asking(places: KeyPlaces) -> Iterator[_Ask]:
    with closing(connect(places.keys)) as file:

        def ask(statement: str, *values: str) -> list[tuple[Any, ...]]:
            try:
                return file.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise damaged_keys(places.keys) from error

        yield ask
