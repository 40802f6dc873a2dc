"""Tampering with whole files: bits of the database file flipped, old copies of single tables and of the key file."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any, Final

from engine.errors import BanjieError
from engine.ledger.notes import VerifierKey
from engine.service.desk import Desk
from engine.service.verify import verify
from engine.service.verify_tree import verify_tree
from engine.storage.store import open_store
from engine.storage.urls import sqlite_path
from runtime.keys.places import places_of
from runtime.settings import Settings
from runtime.verifying_beside import beside_findings
from runtime.wiring import desk_of
from tests.support.drawn_lives import Life
from tests.support.house import ROOT
from tests.support.tamper_classes import CLASSES, HISTORY, every_table
from tests.support.tampering import Row, a_hand, everything_found

Tables = Mapping[str, Sequence[Row]]
Key = Callable[[str], VerifierKey | None]
OUTCOMES: Final = ("verification", "tables", "integrity check", "refused", "nothing changed", "beside the history")


@dataclass(slots=True)
class Flipped:
    """What became of flipped bits, by OUTCOMES; ``missed`` changed the history and were not found, ``crashed`` ended
    verification by another error than one of ours."""

    outcomes: Counter[str] = field(default_factory=Counter)
    missed: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)

    def __iadd__(self, other: Flipped) -> Flipped:
        self.outcomes += other.outcomes
        self.missed += other.missed
        self.crashed += other.crashed
        return self


def flip_bits(desk: Desk, key: Key, url: str, scratch: Path, number: int, draw: Random) -> Flipped:
    """Flip one bit after the other anywhere in a copy of the database file, and look what finds it."""
    path, copy = sqlite_path(url), scratch / "flipped.db"
    assert path is not None
    whole = scratch / "whole.db"
    _copied(path, whole)
    data, before, result = whole.read_bytes(), _everything(whole), Flipped()
    for _flip in range(number):
        place, bit = draw.randrange(len(data)), draw.randrange(8)
        for stale in scratch.glob("flipped.db*"):
            stale.unlink()
        copy.write_bytes(data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :])
        where = f"byte {place}, bit {bit}"
        try:
            outcome = _found_by(desk, key, copy)
        except BanjieError:
            outcome = "refused"
        except Exception as error:  # noqa: BLE001  # what a verifier must never end with is told
            result.crashed.append(f"{where}: {type(error).__name__}: {error}"[:200])
            continue
        if outcome is None:
            after = _everything(copy)
            if after == before:
                outcome = "nothing changed"
            elif after is not None and before is not None and after[0] == before[0]:
                outcome = "beside the history"
            else:
                result.missed.append(where)
                continue
        result.outcomes[outcome] += 1
    return result


def _found_by(desk: Desk, key: Key, copy: Path) -> str | None:
    """Return what finds something wrong with a database file; None where nothing does."""
    store = open_store(f"sqlite:///{copy}", write=False)
    try:
        reads = store.reads
        there = replace(desk, reads=reads)
        roots = reads.roots()
        if beside_findings(there, roots) or ROOT not in roots:
            return "verification"
        if verify(reads, desk.world(ROOT).rules, ROOT, desk.sealer).findings:
            return "verification"
        if verify_tree(reads, ROOT, key=key).findings:
            return "verification"
        if reads.schema().problems:
            return "tables"
        return "integrity check" if reads.damage() else None
    finally:
        store.close()


def _everything(path: Path) -> tuple[object, object] | None:
    """Return the history that a file holds and all that is beside it; None where it cannot be read."""
    history: dict[str, list[Row]] = {}
    beside: dict[str, list[Row]] = {}
    try:
        with closing(sqlite3.connect(path)) as file:
            file.text_factory = bytes
            for name, kept in CLASSES.items():
                if "." in name:
                    continue  # jobs stand in a file of their own
                # Rows that are no history yet, as uploads that no case has taken, are beside it whole.
                parts = [(history, kept.history, kept.rows), (beside, (*kept.history, *kept.beside), "")]
                for found, columns, rows in parts:
                    if columns:
                        listed = ", ".join(f'"{column}"' for column in columns)
                        where = f" WHERE {rows}" if rows else ""
                        found[name] = sorted(map(_sortable, file.execute(f"SELECT {listed} FROM {name}{where}")))
    except sqlite3.DatabaseError:
        return None
    return history, beside


def _sortable(row: Row) -> Row:
    return tuple((type(value).__name__, value if value is not None else 0) for value in row)


def all_history(url: str) -> Tables:
    """Return every row of every table that holds history."""
    path = sqlite_path(url)
    assert path is not None
    with closing(sqlite3.connect(path)) as file:
        return {name: [tuple(row) for row in _rows(file, name)] for name in HISTORY}


def old_tables_unfound(
    life: Life, key: Key, old: Tables, together: Sequence[Sequence[str]] = ()
) -> tuple[int, list[str]]:
    """Put the older rows of one table after the other, and of tables that belong together, in place of those there are;
    return how many differed, and those that were not found."""
    new = all_history(life.url)
    differing = [name for name in HISTORY if _history(name, old[name]) != _history(name, new[name])]
    sets = [[name] for name in differing] + [[name for name in some if name in differing] for some in together]
    unfound = []
    with a_hand(life.url) as hand:
        for names in filter(None, sets):
            for name in names:
                hand.replace(name, new[name], old[name])
            if not everything_found(life.house, key):
                unfound.append("+".join(names))
            for name in names:
                hand.replace(name, old[name], new[name])
    return len([names for names in sets if names]), unfound


def copied_keys(life: Life, folder: Path) -> None:
    """Copy the key file and the epoch keys of a house into a folder, as they are now."""
    places = places_of(Settings(database_url=life.url))
    folder.mkdir()
    _copied(places.keys, folder / places.keys.name)
    shutil.copy(places.epochs, folder / places.epochs.name)


def old_keys_are_found(life: Life, keys: Path, folder: Path) -> bool:
    """Return whether an older key file in place of its own is refused or found: what was erased since opens again."""
    path = sqlite_path(life.url)
    assert path is not None
    folder.mkdir()
    _copied(path, folder / path.name)
    shutil.copytree(keys, folder / "keys")
    settings = Settings(database_url=f"sqlite:///{folder / path.name}")
    try:
        with desk_of(settings, clock=life.clock, write=False) as opened:
            return bool(verify(opened.desk.reads, opened.desk.world(ROOT).rules, ROOT, opened.desk.sealer).findings)
    except BanjieError:
        return True


def _history(name: str, rows: Sequence[Row]) -> set[Row]:
    """Return what of these rows is history."""
    names = list(every_table()[name].columns.keys())
    return {tuple(row[names.index(column)] for column in CLASSES[name].history) for row in rows}


def _copied(path: Path, target: Path) -> None:
    with closing(sqlite3.connect(path)) as file, closing(sqlite3.connect(target)) as copy:
        file.backup(copy)


def _rows(file: sqlite3.Connection, name: str) -> list[Any]:
    kept = CLASSES[name]
    listed = ", ".join(f'"{column.name}"' for column in every_table()[name].columns)
    return file.execute(f"SELECT {listed} FROM {name}{f' WHERE {kept.rows}' if kept.rows else ''}").fetchall()
