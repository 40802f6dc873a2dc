"""Rotation: a new epoch key, every data key wrapped anew under it, and old epoch keys destroyed after their time.

Whatever moment it is cut off at, nothing is lost and the next run goes on: the new epoch key is on the disk before the
first key is wrapped under it, each batch is a transaction, and an epoch key goes only when no key needs it any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import sleep
from typing import Final

from runtime.keys.epochs import write_epochs
from runtime.keys.keyfile import Held, KeyFile

BATCH: Final = 500
PAUSE_SECONDS: Final = 0.02
"""Between batches the file is left to others: SQLite's lock is not fair, and who waits asks ten times a second."""
ROTATE_AFTER: Final = timedelta(hours=23)
KEPT: Final = timedelta(days=34)
"""How old an epoch key grows. With a rotation a day, what was erased is gone from every copy of the key file after 35
days at the latest: it was wrapped under a key made before it was erased, and the next daily run after 34 days destroys
that key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotated:
    """What a rotation did: the newest epoch, how many keys were wrapped anew, which epochs were destroyed."""

    epoch: int
    rewrapped: int
    destroyed: tuple[int, ...]


def rotate(file: KeyFile, *, force: bool = False, progress: Callable[[int], None] = lambda _done: None) -> Rotated:
    """Finish a rotation that was cut off; else begin one if the newest epoch is a day old, or in any case if forced.

    Args:
        file: the key file.
        force: begin a new epoch whatever the age of the newest.
        progress: told how many keys have been wrapped anew so far.
    """
    with file.changing():
        epoch = file.current_epoch()
        behind = bool(file.rows("SELECT 1 FROM held_key WHERE epoch <> ? LIMIT 1", (epoch,)))
        old = file.clock.now() - file.epochs[epoch].made_at >= ROTATE_AFTER
        if not behind and (force or old):
            file.add_epoch()
            epoch = file.current_epoch()
    rewrapped = 0
    after = ("", "")
    while batch := _rewrapped(file, epoch, after):
        rewrapped += sum(1 for held in batch if held.epoch != epoch)
        after = (batch[-1].id, batch[-1].path)
        progress(rewrapped)
        sleep(PAUSE_SECONDS)
    return Rotated(epoch=epoch, rewrapped=rewrapped, destroyed=_destroy_old(file))


def _rewrapped(file: KeyFile, epoch: int, after: tuple[str, str]) -> list[Held]:
    """Wrap the keys of a batch anew that are not under this epoch; return the batch as it was, empty at the end."""
    with file.changing() as connection:
        rows = file.rows(
            "SELECT id, path, epoch, wrapped FROM held_key WHERE (id, path) > (?, ?) ORDER BY id, path LIMIT ?",
            (*after, BATCH),
        )
        batch = [Held._make(row) for row in rows]
        connection.executemany(
            "UPDATE held_key SET epoch = ?, wrapped = ? WHERE id = ? AND path = ?",
            [
                (epoch, file.wrap(epoch, held.id, held.path, file.unwrap(held)), held.id, held.path)
                for held in batch
                if held.epoch != epoch
            ],
        )
    return batch


def _destroy_old(file: KeyFile) -> tuple[int, ...]:
    """Destroy the epoch keys that are too old, as far as no key is wrapped under them.

    The key file says first that they are gone: cut off here, a key is left over that nothing needs, and is destroyed
    the next time.
    """
    with file.changing() as connection:
        newest = file.current_epoch()
        now = file.clock.now()
        used = {row[0] for row in file.rows("SELECT DISTINCT epoch FROM held_key")}
        old = sorted(
            number
            for number, epoch in file.epochs.items()
            if number != newest and number not in used and now - epoch.made_at >= KEPT
        )
        connection.executemany("UPDATE epoch SET destroyed = 1 WHERE number = ?", [(number,) for number in old])
    if old:
        with file.changing():
            file.current_epoch()
            kept = [epoch for number, epoch in file.epochs.items() if number not in old]
            write_epochs(file.places.epochs, kept)
            file.forget_epochs()
            file.current_epoch()
    return tuple(old)
