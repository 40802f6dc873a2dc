"""A disk that may lose power: what a program asked of it, call by call, and what could stand on it after each call.

The model is as unkind as POSIX allows. Until a file is flushed any of its writes may be missing, and of a write any of
its sectors of 512 bytes; until its folder is flushed a new name may be missing, and an old one still there. What was
flushed stays. Files do not wait for one another. A disk that lies about flushing is beyond it.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Final, NamedTuple

SECTOR: Final = 512
Image = Mapping[str, bytes]
"""What a disk holds: the bytes of each file, by its path."""


class Write(NamedTuple):
    """Bytes go to a place of a file."""

    path: str
    at: int
    data: bytes


class Cut(NamedTuple):
    """A file takes another length."""

    path: str
    size: int


class Make(NamedTuple):
    """A name that was not there begins an empty file."""

    path: str


class MakeFolder(NamedTuple):
    """A folder that was not there."""

    path: str


class Remove(NamedTuple):
    """A name goes."""

    path: str


class Move(NamedTuple):
    """A file takes another name, in the place of what had it."""

    path: str
    to: str


class Link(NamedTuple):
    """A file takes a second name."""

    path: str
    to: str


class Flush(NamedTuple):
    """All of a file stands on the disk, or all names of a folder."""

    path: str


class Told(NamedTuple):
    """The program told somebody outside that something is done."""

    line: str


Call = Write | Cut | Make | MakeFolder | Remove | Move | Link | Flush | Told


@dataclass(slots=True)
class _File:
    """A file: what surely stands on the disk, what was written since, and what the program itself reads."""

    kept: bytearray = field(default_factory=bytearray)
    since: list[Write | Cut] = field(default_factory=list)
    now: bytearray = field(default_factory=bytearray)

    def take(self, call: Write | Cut) -> None:
        _apply(self.now, call)
        self.since.append(call)

    def flush(self) -> None:
        self.kept = bytearray(self.now)
        self.since.clear()

    def some(self, rng: random.Random) -> bytes:
        """Return the file with some of what was written since it was flushed, in whole sectors."""
        found = bytearray(self.kept)
        for call in self.since:
            if rng.random() < 0.5:
                for part in _sectors(call, rng):
                    _apply(found, part)
        return bytes(found)


class Disk:
    """The files below a folder. Names surely on the disk and names as the program sees them lead to the same files."""

    def __init__(self, image: Image) -> None:
        self._now: dict[str, _File] = {
            path: _File(kept=bytearray(data), now=bytearray(data)) for path, data in image.items()
        }
        self._kept = dict(self._now)
        self._new_folders: set[str] = set()

    def take(self, call: Call) -> None:
        """Do what the program asked for."""
        match call:
            case Write() | Cut():
                self._now[call.path].take(call)
            case Make():
                self._now[call.path] = _File()
            case MakeFolder():
                self._new_folders.add(call.path)
            case Remove():
                del self._now[call.path]
            case Move():
                self._now[call.to] = self._now.pop(call.path)
            case Link():
                self._now[call.to] = self._now[call.path]
            case Flush():
                if call.path in self._now:
                    self._now[call.path].flush()
                else:
                    self._flush_names(call.path)
            case Told():
                pass

    def _flush_names(self, folder: str) -> None:
        self._kept = {path: file for path, file in self._kept.items() if _folder(path) != folder}
        self._kept |= {path: file for path, file in self._now.items() if _folder(path) == folder}
        self._new_folders = {path for path in self._new_folders if _folder(path) != folder}

    def all_lost(self) -> Image:
        """Return what is left when nothing is there that was not flushed."""
        kept = {path: bytes(file.kept) for path, file in self._kept.items()}
        return _without(self._new_folders, kept)

    def all_kept(self) -> Image:
        """Return what is left when everything was written in time, as after the end of the program alone."""
        return {path: bytes(file.now) for path, file in self._now.items()}

    def some_kept(self, rng: random.Random) -> Image:
        """Return what is left when some of it was written: of each name either, of each file some sectors."""
        found = {}
        for path in sorted(self._kept.keys() | self._now.keys()):
            before, after = self._kept.get(path), self._now.get(path)
            file = after if before is after or rng.random() < 0.5 else before
            if file is not None:
                found[path] = file.some(rng)
        return _without({path for path in sorted(self._new_folders) if rng.random() < 0.5}, found)


def _without(folders: Collection[str], files: Image) -> Image:
    """Return the files that stand below none of these folders."""
    return {path: data for path, data in files.items() if not any(path.startswith(f"{one}/") for one in folders)}


def _apply(content: bytearray, call: Write | Cut) -> None:
    if isinstance(call, Cut):
        del content[call.size :]
        content.extend(bytes(call.size - len(content)))
        return
    content.extend(bytes(max(0, call.at - len(content))))
    content[call.at : call.at + len(call.data)] = call.data


def _sectors(call: Write | Cut, rng: random.Random) -> list[Write | Cut]:
    """Return a call as it may have come to the disk: whole, or some of the sectors of a write."""
    if isinstance(call, Cut) or rng.random() < 0.5:
        return [call]
    first, last = call.at // SECTOR, (call.at + len(call.data) - 1) // SECTOR
    parts: list[Write | Cut] = []
    for sector in range(first, last + 1):
        if rng.random() < 0.5:
            begin = max(call.at, sector * SECTOR)
            end = min(call.at + len(call.data), (sector + 1) * SECTOR)
            parts.append(Write(call.path, begin, call.data[begin - call.at : end - call.at]))
    return parts


def _folder(path: str) -> str:
    return str(PurePosixPath(path).parent)
