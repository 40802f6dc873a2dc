"""The folder in which the contents of files lie, encrypted, each under a random address; no name of a file is here.

A content is written to a temporary name that its writer holds locked, flushed, and renamed: at no moment does half a
content stand under an address. Times are set back to a four-hour boundary, so that the folder tells nobody when
somebody anonymous sent something; what the file system itself notes beside them (ctime) cannot be set.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Final

from engine.case.secrecy import boundary
from engine.errors import StorageUnavailable

FOLDER_MODE: Final = 0o700
FILE_MODE: Final = 0o600
FREE_BYTES_MIN: Final = 1024 * 1024 * 1024
COPY: Final = ".s"
"""What the address of a content is followed by where its copy without metadata stands."""
_PART: Final = ".part"
_ADDRESS: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(slots=True)
class Written:
    """A content that is being written; it stands under its address only after ``place``."""

    file: IO[bytes]
    part: Path
    target: Path

    def place(self, at: datetime) -> None:
        """Flush it to the disk and give it its name."""
        stamp = boundary(at).timestamp()
        self.file.flush()
        os.utime(self.file.fileno(), (stamp, stamp))
        os.fsync(self.file.fileno())
        self.part.rename(self.target)
        os.utime(self.target.parent, (stamp, stamp))
        flush(self.target.parent)


@dataclass(frozen=True, slots=True)
class FileFolder:
    """The folder of an installation's files."""

    path: Path

    @contextmanager
    def writing(self, address: str, copy: str = "") -> Iterator[Written]:
        """Open a content to be written; without ``place`` nothing is left of it after the block.

        Raises:
            StorageUnavailable: the disk is full, or the folder cannot be written.
        """
        target = self._at(address, copy)
        part = target.with_name(f"{target.name}{_PART}")
        with refusing():
            new = [folder for folder in (target.parent, self.path) if not folder.exists()]
            target.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            for folder in new:
                flush(folder.parent)
            if shutil.disk_usage(target.parent).free < FREE_BYTES_MIN:
                raise StorageUnavailable
            descriptor = os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, FILE_MODE)
            try:
                with os.fdopen(descriptor, "w+b") as file:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    yield Written(file, part, target)
            finally:
                part.unlink(missing_ok=True)

    def open(self, address: str, copy: str = "") -> IO[bytes] | None:
        """Open a content; None where there is none."""
        try:
            return self._at(address, copy).open("rb")
        except FileNotFoundError:
            return None

    def size(self, address: str, copy: str = "") -> int | None:
        """Return how many bytes lie at an address, None where nothing does."""
        with suppress(OSError):
            return self._at(address, copy).stat().st_size
        return None

    def remove(self, address: str) -> None:
        """Take a content and its copy away; what is not there is no loss."""
        for copy in ("", COPY):
            self._at(address, copy).unlink(missing_ok=True)
        if self._at(address).parent.exists():
            flush(self._at(address).parent)

    def sweep(self) -> int:
        """Take away what writers left behind who did not live to the end; return how many there were.

        A part that somebody still writes is locked.
        """
        gone = 0
        for part in self.path.glob(f"*/*{_PART}"):
            with suppress(OSError), part.open("rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                part.unlink(missing_ok=True)
                gone += 1
        return gone

    def addresses(self, older_than: float) -> Iterator[str]:
        """Yield the addresses of contents that came here before an instant (seconds since 1970), by the file system's
        own clock."""
        for path in self.path.glob("*/*"):
            if _ADDRESS.fullmatch(path.name.removesuffix(COPY)):
                with suppress(OSError):
                    if path.stat().st_ctime < older_than:
                        yield path.name.removesuffix(COPY)

    def _at(self, address: str, copy: str = "") -> Path:
        assert _ADDRESS.fullmatch(address), "addresses are made here, and never come from outside"
        return self.path / address[:2] / f"{address}{copy}"


@contextmanager
def refusing() -> Iterator[None]:
    """Tell what the file system refuses, as a full disk does, in the word that every surface knows."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable from error


def flush(path: Path) -> None:
    """Let a file, or the names in a folder, stand on the disk before anybody is told of it."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
