"""What a program asks of a disk, watched by ``strace``: the calls on files below a folder, and what it told outside."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.power_disk import Call, Cut, Flush, Link, Make, MakeFolder, Move, Remove, Told, Write

TOLD: Final = "told\t"
"""Begins each line by which a watched program tells that something is done."""
KNOWN: Final = (
    "openat,open,creat,close,write,pwrite64,writev,pwritev,pwritev2,lseek,fsync,fdatasync,ftruncate,truncate,unlink,"
    "unlinkat,rename,renameat,renameat2,link,linkat,symlink,symlinkat,fallocate,copy_file_range,sendfile,mmap,dup,dup2,mkdir,mkdirat"
)
WATCHED_BYTES_MAX: Final = 1 << 24
_REMOVING: Final = frozenset({"unlink", "unlinkat"})
_MOVING: Final = frozenset({"rename", "renameat", "renameat2"})
_MAKING: Final = frozenset({"mkdir", "mkdirat"})
_LINKING: Final = frozenset({"link", "linkat"})
_BY_NAME: Final = _REMOVING | _MOVING | _MAKING | _LINKING | {"symlink", "symlinkat", "truncate"}
_LINE: Final = re.compile(r"^(?P<pid>\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\()(?P<rest>.*)$")
_TEXT: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_FD: Final = re.compile(r"(\d+)<((?:\\x[0-9a-f]{2})*)(?:\(deleted\))?>")
_RETURNED: Final = re.compile(r"= (-?\d+|\?)(?:<((?:\\x[0-9a-f]{2})*)>)?")
_UNFINISHED: Final = " <unfinished ...>"


class NotWatchableError(Exception):
    """There is no strace here, it may not watch, or the program did what the model of a disk does not know."""


def may_watch() -> bool:
    """Return whether there is a strace here that may watch other programs; some machines forbid it."""
    strace = shutil.which("strace")
    return strace is not None and not subprocess.run([strace, "-o", "/dev/null", "true"], check=False).returncode


def unmeasured() -> dict[str, str]:
    """Return an environment in which no coverage is measured: that writes files too, and may be killed meanwhile."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}


def watched(command: Sequence[str | Path], folder: Path, log: Path) -> list[Call]:
    """Run a program to its end and return what it asked of the files below a folder.

    Raises:
        NotWatchableError: see there; with the reason.
    """
    strace = shutil.which("strace")
    if strace is None:
        raise NotWatchableError("strace is not installed: deploy/packages.txt names the package")
    before = files_below(folder)
    done = subprocess.run(
        [strace, "-f", "-y", "-xx", "-s", str(WATCHED_BYTES_MAX), "-e", f"trace={KNOWN}", "-e", "signal=none",
         "-o", log, *command],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, env=unmeasured(), timeout=900,
    )  # fmt: skip
    if done.returncode:
        raise NotWatchableError(f"the watched program ended with {done.returncode}: {done.stdout[-2000:]}")
    with log.open(encoding="ascii", errors="strict") as lines:
        return list(calls_of(lines, str(folder.resolve()), before))


def files_below(folder: Path) -> set[str]:
    """Return the paths of the files below a folder."""
    return {str(path) for path in folder.resolve().rglob("*") if path.is_file()}


def calls_of(lines: Iterable[str], folder: str, before: Collection[str]) -> Iterator[Call]:
    """Yield the calls of a log of strace that change files below a folder, and the lines told on standard output.

    ``before`` are the files that were there when the program began.
    """
    reader = _Reader(folder, before)
    for line in lines:
        yield from reader.read(line.rstrip("\n"))


class _Reader:
    """Reads line by line; a call that another thread interrupts in the log counts where it returns."""

    def __init__(self, folder: str, before: Collection[str]) -> None:
        self._folder = folder
        self._below = f"{folder}/"
        self._begun: dict[str, tuple[str, str]] = {}
        self._names = set(before)
        self._at: dict[tuple[str, str], int] = {}

    def read(self, line: str) -> Iterator[Call]:
        found = _LINE.match(line)
        if found is None:
            return
        pid, name, rest = found["pid"], found["name"], found["rest"]
        if name is None:
            name, before = self._begun.pop(pid, (found["resumed"], ""))
            rest = before + rest
        elif rest.endswith(_UNFINISHED):
            self._begun[pid] = (name, rest.removesuffix(_UNFINISHED))
            return
        returned = _RETURNED.search(rest, rest.rfind(") ") if ") " in rest else 0)
        if returned is None or returned[1].startswith(("-", "?")):
            return
        yield from self._call(name, rest, returned)

    def _call(self, name: str, rest: str, returned: re.Match[str]) -> Iterator[Call]:
        if name in ("open", "openat", "creat"):
            yield from self._opened(rest, returned)
            return
        if name in _BY_NAME:
            yield from self._named(name, rest)
            return
        place = _FD.search(rest)
        if place is None:
            return
        number, path = place[1], _plain(place[2])
        if name in ("write", "writev") and number == "1" and not path.startswith(self._below):
            for text in _TEXT.findall(rest):
                for told in _plain(text).splitlines():
                    if told.startswith(TOLD):
                        yield Told(told.removeprefix(TOLD))
            return
        if path == self._folder or path.startswith(self._below):
            yield from self._on_file(name, number, path, rest, returned)

    def _opened(self, rest: str, returned: re.Match[str]) -> Iterator[Call]:
        path = _plain(returned[2] or "")
        if not path.startswith(self._below) or path.endswith("-shm"):
            return
        self._at[returned[1], path] = 0
        if "O_CREAT" in rest and path not in self._names:
            self._names.add(path)
            yield Make(path)
        elif "O_TRUNC" in rest:
            yield Cut(path, 0)

    def _named(self, name: str, rest: str) -> Iterator[Call]:
        paths = [path for path in map(_plain, _TEXT.findall(rest)) if path.startswith(self._below)]
        if not paths or paths[0].endswith("-shm"):
            return
        if name in _REMOVING:
            if paths[0] in self._names:
                self._names.discard(paths[0])
                yield Remove(paths[0])
        elif name in _LINKING and len(paths) == 2:
            self._names.add(paths[1])
            yield Link(*paths)
        elif name in _MAKING:
            yield MakeFolder(paths[0])
        elif name in _MOVING and len(paths) == 2:
            self._names.discard(paths[0])
            self._names.add(paths[1])
            yield Move(*paths)
        else:
            raise NotWatchableError(f"{name} of {paths[0]}: the model of a disk does not know it")

    def _on_file(self, name: str, number: str, path: str, rest: str, returned: re.Match[str]) -> Iterator[Call]:
        here = (number, path)
        if name in ("fsync", "fdatasync"):
            yield Flush(path)
        elif path.endswith("-shm") or path not in self._names:
            return  # the index of a log is made anew when a database is opened; sockets and folders hold nothing
        elif name == "pwrite64":
            data = _bytes(_TEXT.findall(rest)[0])
            place = int(rest.rpartition(")")[0].rpartition(", ")[2])
            yield Write(path, place, data[: int(returned[1])])
        elif name == "write":
            data = _bytes(_TEXT.findall(rest)[0])[: int(returned[1])]
            yield Write(path, self._at.get(here, 0), data)
            self._at[here] = self._at.get(here, 0) + len(data)
        elif name == "lseek":
            self._at[here] = int(returned[1])
        elif name == "ftruncate":
            yield Cut(path, int(rest.rpartition(")")[0].rpartition(", ")[2]))
        elif name == "mmap" and ("MAP_SHARED" not in rest or "PROT_WRITE" not in rest):
            return
        elif name not in ("close", "dup", "dup2"):
            raise NotWatchableError(f"{name} of {path}: the model of a disk does not know it")


def _bytes(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", ""))


def _plain(escaped: str) -> str:
    return _bytes(escaped).decode("utf-8", "replace")
