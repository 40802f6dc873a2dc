"""Seals and opens private values with the keys of the key file: a pool of fresh keys, and a memory of used ones."""

from __future__ import annotations

import logging
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from engine.errors import KeysUnavailable
from engine.ledger.ciphers import NONCE_BYTES, open_value, seal_value, value_key
from engine.ledger.commitments import NullSealer, Opened, PrivateValue, Sealed
from engine.text import Text
from runtime.keys.keyfile import WHOLE, KeyFile
from runtime.keys.places import KeyPlaces

_LOG = logging.getLogger(__name__)
POOL_FIRST: Final = 16
POOL_MAX: Final = 1024
"""A command that writes a little draws a few keys; a server soon draws so many at once, for one flush of the disk."""
POOL_LOW: Final = 0.25
"""The part of a pool that is left when the next is drawn, on a thread of its own: nobody waits for it."""
REMEMBERED_MAX: Final = 8192
_BEFORE_KEYS: Final = NullSealer()


class KeySealer:
    """Implements ``Sealer``. The key file is opened at the first value, so that who has none pays nothing.

    A key is used only after it was committed to the key file: what is in the database can be opened whatever happens
    to this process. What is refused at run time names no file: the answer may go to anybody.
    """

    def __init__(self, places: KeyPlaces, open_file: Callable[[KeyPlaces], KeyFile] = KeyFile.open) -> None:
        self.places = places
        self._open_file = open_file
        self._file: KeyFile | None = None
        self._lock = threading.Lock()
        self._pool: list[tuple[str, bytes]] = []
        self._draws = POOL_FIRST
        self._last_drawn = 0
        self._drawing: threading.Thread | None = None
        self._known: OrderedDict[str, Mapping[str, bytes]] = OrderedDict()

    @property
    def file(self) -> KeyFile:
        """The key file, opened now if it was not; raises KeysUnavailable."""
        with self._lock:
            if self._file is None:
                self._file = self._open_file(self.places)
            return self._file

    @property
    def has_file(self) -> bool:
        """Whether there is a key file: there is none before the first value is sealed."""
        return self.places.keys.exists()

    def close(self) -> None:
        """Let go of the file and of every key."""
        if (drawing := self._drawing) is not None:
            drawing.join()
        with self._lock:
            if self._file is not None:
                self._file.close()
            self._file = None
            self._pool.clear()
            self._known.clear()

    def seal(self, entry: str, values: Sequence[PrivateValue]) -> Sealed:
        """Seal the openings of an entry under the next key of the pool."""
        name, data_key = self._next()
        nonces = os.urandom(NONCE_BYTES * len(values))
        return Sealed(
            name,
            tuple(
                seal_value(
                    value_key(data_key, private.path),
                    entry,
                    private.path,
                    private.salt,
                    private.value,
                    nonces[place * NONCE_BYTES : (place + 1) * NONCE_BYTES],
                )
                for place, private in enumerate(values)
            ),
        )

    def open(self, entry: str, path: str, key: str, ciphertext: bytes) -> Opened | None:
        """Open a value; None where its key is gone, as an erasure leaves it, or where it is not what was sealed."""
        if key == "":
            return _BEFORE_KEYS.open(entry, path, key, ciphertext)
        derived = self._key_of(key, path)
        return None if derived is None else open_value(derived, entry, path, ciphertext)

    def fetch(self, keys: Collection[str]) -> None:
        """Get the keys that are not remembered, in one question for some hundred."""
        with self._lock:
            missing = {key for key in keys if key and key not in self._known}
        if missing:
            with _nameless():
                found = self.file.find(missing)
            for key in missing:
                self._remember(key, found.get(key, {}))

    def holds(self, key: str, path: str) -> bool:
        """Return whether the key file, as it is now, still has what opens this path."""
        with _nameless():
            held = self.file.find([key]).get(key, {})
        return WHOLE in held or path in held

    def forget(self, keys: Collection[str]) -> None:
        """Drop keys from memory: they were destroyed."""
        with self._lock:
            for key in keys:
                self._known.pop(key, None)

    def _key_of(self, key: str, path: str) -> bytes | None:
        with self._lock:
            held = self._known.get(key)
            if held is not None:
                self._known.move_to_end(key)
        if held is None:
            with _nameless():
                held = self.file.find([key]).get(key, {})
            self._remember(key, held)
        whole = held.get(WHOLE)
        return held.get(path) if whole is None else value_key(whole, path)

    def _next(self) -> tuple[str, bytes]:
        """Return the next key of the pool; every key once, whichever thread asks."""
        with self._lock:
            drawn = self._pool.pop() if self._pool else None
            if drawn is not None and len(self._pool) < POOL_LOW * self._last_drawn and self._drawing is None:
                self._drawing = threading.Thread(target=self._draw_ahead, name="keys", daemon=True)
                self._drawing.start()
        if drawn is None:
            with _nameless():
                fresh = self._drawn()
            drawn = fresh.pop()
            with self._lock:
                self._pool.extend(fresh)
        self._remember(drawn[0], {WHOLE: drawn[1]})
        return drawn

    def _drawn(self) -> list[tuple[str, bytes]]:
        fresh = self.file.draw(self._draws)
        self._last_drawn, self._draws = self._draws, min(POOL_MAX, self._draws * 4)
        return fresh

    def _draw_ahead(self) -> None:
        """Draw the next pool; where that fails, whoever needs a key draws one and is told why."""
        try:
            fresh = self._drawn()
            with self._lock:
                self._pool.extend(fresh)
        except KeysUnavailable as error:
            _LOG.warning("the next keys could not be drawn: %s", error.code)
        finally:
            self._drawing = None

    def _remember(self, key: str, held: Mapping[str, bytes]) -> None:
        """Keep what a key opens, also that it opens nothing: a destroyed key never comes back."""
        with self._lock:
            self._known[key] = held
            self._known.move_to_end(key)
            while len(self._known) > REMEMBERED_MAX:
                self._known.popitem(last=False)


@contextmanager
def _nameless() -> Iterator[None]:
    """Log what is wrong with the key files, and tell the caller only that the keys cannot be had."""
    try:
        yield
    except KeysUnavailable as error:
        _LOG.error("%s", error.text.en)
        raise KeysUnavailable(
            Text(
                "暂时无法取得加密密钥，请告知管理员；没有写入任何内容",
                "The keys cannot be had now; tell the administrator. Nothing was written",
            )
        ) from error
