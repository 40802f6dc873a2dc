"""The writer lock of a SQLite file: one process writes, and others can ask whether one does."""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from engine.errors import StorageUnavailable

ATTEMPTS: Final = 10
PAUSE_SECONDS: Final = 0.02


class WriterLock:
    """The lock on ``<file>.lock``, held from ``take`` to ``release`` or to the end of the process."""

    def __init__(self, path: Path) -> None:
        self.path = path.with_name(path.name + ".lock")
        self._descriptor: int | None = None

    def take(self) -> None:
        """Take the lock. Tries for a fifth of a second, as somebody may just be asking whether it is held.

        Raises:
            StorageUnavailable: another process holds it, or the folder cannot be written.
        """
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StorageUnavailable from error
        for _ in range(ATTEMPTS):
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(PAUSE_SECONDS)
            else:
                self._descriptor = descriptor
                return
        os.close(descriptor)
        raise StorageUnavailable

    def release(self) -> None:
        """Give the lock up; the file stays, so that two processes never lock two files of the same name."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    @property
    def is_held_elsewhere(self) -> bool:
        """Whether somebody else holds the lock at this moment."""
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        except OSError as error:
            raise StorageUnavailable from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            return False
        finally:
            os.close(descriptor)
