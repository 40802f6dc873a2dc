"""The key file: data keys, wrapped under the key of their epoch, in a SQLite file of their own beside the database.

Several processes on one machine share it. Its journal is truncated at every commit, so that what was destroyed stands
in no file any more, and no log has to be checkpointed by several processes at once (see docs/adr/0018).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from struct import iter_unpack
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import quote

from engine.ledger.ciphers import KEY_BYTES, NONCE_BYTES, aes_gcm, untrue
from runtime.clock import Clock, WallClock
from runtime.keys.epochs import Epoch, read_epochs, with_new_epoch, write_epochs
from runtime.keys.places import FILE_MODE, KeyPlaces, busy_keys, damaged_keys, make_folder, missing_epochs, unwritable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

WHOLE: Final = ""
"""The path of a data key, from which the keys of all paths follow."""
BUSY_MILLISECONDS: Final = 10_000
APPLICATION: Final = 0x424A4B31
USED_EPOCHS: Final = "SELECT number, fingerprint FROM epoch WHERE NOT destroyed"
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuv"
_PAIRS: Final = [first + second for first in _DIGITS for second in _DIGITS]
_SLOT_SECONDS: Final = 4 * 3600
_PRAGMAS: Final = (
    f"busy_timeout={BUSY_MILLISECONDS}",
    "trusted_schema=0",
    "cell_size_check=1",
    "mmap_size=0",
    "temp_store=2",
    "journal_mode=TRUNCATE",
    "synchronous=FULL",
    "secure_delete=1",
)
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS held_key (
    id TEXT NOT NULL, path TEXT NOT NULL, epoch INTEGER NOT NULL, wrapped BLOB NOT NULL, PRIMARY KEY (id, path)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS epoch (
    number INTEGER PRIMARY KEY, fingerprint TEXT NOT NULL, made_at TEXT NOT NULL, destroyed INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS erasure (
    root TEXT NOT NULL, "case" TEXT NOT NULL, seq INTEGER NOT NULL, path TEXT NOT NULL, entry TEXT NOT NULL,
    key TEXT NOT NULL, PRIMARY KEY (root, "case", seq, path)
) WITHOUT ROWID;
"""


class Held(NamedTuple):
    """A key as the file holds it: a data key (path "") or, of an entry erased in part, the key of one path."""

    id: str
    path: str
    epoch: int
    wrapped: bytes


@dataclass(slots=True)
class KeyFile:
    """An open key file. Its methods may be called from any thread; each change is on the disk when it returns."""

    places: KeyPlaces
    clock: Clock
    _connection: sqlite3.Connection
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _epochs: dict[int, Epoch] = field(default_factory=dict, repr=False)
    _ciphers: dict[int, AESGCM] = field(default_factory=dict, repr=False)

    @classmethod
    def open(cls, places: KeyPlaces, clock: Clock | None = None) -> KeyFile:
        """Open the key file; where there is none it is made, with its first epoch.

        Raises:
            KeysUnavailable: it cannot be made or read, or an epoch key is missing.
        """
        _make_file(places.keys)
        connection = connect(places.keys)
        keys = cls(places, clock or WallClock(), connection)
        try:
            with keys.changing():
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                keys.current_epoch()
        except BaseException:
            connection.close()
            raise
        return keys

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def changing(self) -> Iterator[sqlite3.Connection]:
        """Hold the file's write lock for a block; it commits at the end and rolls back when it raises.

        Whoever changes the epoch keys does it inside such a block: this lock is theirs too.
        """
        with self._lock:
            try:
                self._connection.execute("BEGIN IMMEDIATE")
                try:
                    yield self._connection
                    self._connection.execute("COMMIT")
                except BaseException:
                    with suppress(sqlite3.Error):
                        self._connection.execute("ROLLBACK")
                    raise
            except sqlite3.Error as error:
                raise _meaning(self.places.keys, error) from error

    def draw(self, count: int) -> list[tuple[str, bytes]]:
        """Make data keys, and return their ids and keys once they are on the disk.

        Ids say no more of the time than the four hours in which they were made, and are used in no order.
        """
        slot = _base32(int(self.clock.now().timestamp()) // _SLOT_SECONDS, 4)
        numbers = iter_unpack(">Q", os.urandom(8 * count))
        drawn = [(slot + _base32(number, 12), os.urandom(KEY_BYTES)) for (number,) in numbers]
        with self.changing():
            self.keep([(name, WHOLE, key) for name, key in drawn])
        return drawn

    def keep(self, keys: Sequence[tuple[str, str, bytes]]) -> None:
        """Wrap keys (id, path, key) under the newest epoch and write them; inside ``changing``."""
        epoch = self.current_epoch()
        rows = [Held(name, path, epoch, self.wrap(epoch, name, path, key)) for name, path, key in keys]
        self._connection.executemany("INSERT INTO held_key (id, path, epoch, wrapped) VALUES (?, ?, ?, ?)", rows)

    def find(self, ids: Collection[str]) -> Mapping[str, dict[str, bytes]]:
        """Return id → path → key of those that are there; ids that are not are left out."""
        found: dict[str, dict[str, bytes]] = {}
        wanted = list(ids)
        for at in range(0, len(wanted), 500):
            part = wanted[at : at + 500]
            marks = ", ".join("?" * len(part))
            for row in self._rows(f"SELECT id, path, epoch, wrapped FROM held_key WHERE id IN ({marks})", part):
                held = Held._make(row)
                found.setdefault(held.id, {})[held.path] = self.unwrap(held)
        return found

    def current_epoch(self) -> int:
        """Return the number of the newest epoch, as the file of epoch keys has it now; inside ``changing``.

        The first is made here. An epoch that stands in that file only (a rotation was cut off) is taken over.
        """
        self._epochs = read_epochs(self.places.epochs)
        known = {row[0] for row in self._rows("SELECT number FROM epoch")}
        if not self._epochs and not known:
            self.add_epoch()
        for number in sorted(self._epochs.keys() - known):
            epoch = self._epochs[number]
            row = (number, epoch.fingerprint, epoch.made_at.isoformat())
            self._connection.execute("INSERT OR IGNORE INTO epoch (number, fingerprint, made_at) VALUES (?, ?, ?)", row)
        wrong = wrong_epochs(self._rows(USED_EPOCHS), self._epochs)
        if wrong:
            raise missing_epochs(self.places.epochs, wrong)
        return max(self._epochs)

    def add_epoch(self) -> int:
        """Make a new epoch key, on the disk before this returns; inside ``changing``."""
        known = [row[0] for row in self._rows("SELECT number FROM epoch")]
        number: int = max([0, *known, *self._epochs]) + 1
        write_epochs(self.places.epochs, with_new_epoch(self._epochs.values(), self.clock.now(), number))
        self._epochs = read_epochs(self.places.epochs)
        return number

    @property
    def epochs(self) -> Mapping[int, Epoch]:
        """The epochs as they were read last."""
        return self._epochs

    def wrap(self, epoch: int, name: str, path: str, key: bytes) -> bytes:
        """Return ``nonce ‖ AES-256-GCM(key)`` under an epoch key, bound to id and path."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher(epoch).encrypt(nonce, key, f"{name}/{path}".encode())

    def unwrap(self, held: Held) -> bytes:
        """Return the key; raises KeysUnavailable where its epoch's key is missing or the file is damaged."""
        try:
            return self._cipher(held.epoch).decrypt(
                held.wrapped[:NONCE_BYTES], held.wrapped[NONCE_BYTES:], f"{held.id}/{held.path}".encode()
            )
        except untrue() as error:
            raise damaged_keys(self.places.keys) from error

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """Return what a question to the file finds."""
        return self._rows(statement, values)

    def _cipher(self, epoch: int) -> AESGCM:
        with self._lock:
            if epoch not in self._ciphers:
                if epoch not in self._epochs:  # another process has begun it
                    self._epochs = read_epochs(self.places.epochs)
                if epoch not in self._epochs:
                    raise missing_epochs(self.places.epochs, [epoch])
                self._ciphers[epoch] = aes_gcm()(self._epochs[epoch].key)
            return self._ciphers[epoch]

    def forget_epochs(self) -> None:
        """Drop epoch keys from memory; they are read again when needed."""
        with self._lock:
            self._epochs.clear()
            self._ciphers.clear()

    def _rows(self, statement: str, values: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            try:
                return self._connection.execute(statement, tuple(values)).fetchall()
            except sqlite3.Error as error:
                raise _meaning(self.places.keys, error) from error


def wrong_epochs(rows: Sequence[tuple[Any, ...]], there: Mapping[int, Epoch]) -> list[int]:
    """Return the numbers of those epochs (number, fingerprint) whose key is missing or another one."""
    return sorted(number for number, known in rows if number not in there or there[number].fingerprint != known)


def connect(path: Path) -> sqlite3.Connection:
    """Return a connection to a key file that is there; a change that was cut off is rolled back at its first question.

    Raises:
        KeysUnavailable: it cannot be read as one.
    """
    address = f"file:{quote(str(path.absolute()))}?mode=rw"
    try:
        connection = sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)
        for pragma in _PRAGMAS:
            connection.execute(f"PRAGMA {pragma}").fetchall()
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
    except sqlite3.Error as error:
        raise _meaning(path, error) from error
    return connection


def _make_file(path: Path) -> None:
    """Make an empty file for the owner alone, where there is none; a database is only what is written to it later."""
    make_folder(path)
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, FILE_MODE))
    except FileExistsError:
        return
    except OSError as error:
        raise unwritable(path) from error


def _meaning(path: Path, error: sqlite3.Error) -> Exception:
    busy = getattr(error, "sqlite_errorname", "").startswith(("SQLITE_BUSY", "SQLITE_FULL", "SQLITE_LOCKED"))
    return busy_keys(path) if busy else damaged_keys(path)


def _base32(number: int, characters: int) -> str:
    """Return the lowest bits of a number in an even count of digits that sort as the numbers do."""
    return "".join([_PAIRS[number >> shift & 1023] for shift in range(5 * characters - 10, -1, -10)])
