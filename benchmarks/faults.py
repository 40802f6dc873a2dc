"""The hunt that lets system calls fail: each call by which a program changes its files meets an error, or the end.

A child works in a copy of a prepared folder while ``strace`` refuses one call (EIO, ENOSPC) or kills the child there.
Afterwards the files are opened as after any accident. What was told as done must be there; what was told as failed must
not be, for an error at the commit means that nobody knows, and has to be told as that; nothing may be damaged.
"""

from __future__ import annotations

import logging
import os
import random
import re
import resource
import select
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple
from unittest.mock import patch

from benchmarks.hunting import caught
from benchmarks.power import FAILED, KINDS, NOT_FAILED, Found, Looked, Promised, report
from benchmarks.power_disk import Told
from benchmarks.power_workload import Work, prepared, url_in
from benchmarks.report import Results
from benchmarks.stand import settings_for
from engine.case.commands import Command
from engine.errors import BanjieError, OutcomeUnknown
from engine.service.execute import Done
from engine.service.office import Answer
from runtime.signer.keeper import Keeper
from runtime.wiring import open_desk

SECONDS_MAX: Final = 400
"""So long the hunt takes at most; what it did not come to is told, and drawn anew by another seed."""
CHILD_SECONDS_MAX: Final = 20
VERIFIED_OF: Final = 25
ORDERLY_OF: Final = 4
"""One child in so many closes what it has opened; the others leave as if killed after their last answer."""
CALLS: Final = ("openat", "pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink", "rename")
FAULTS: Final[Mapping[str, tuple[str, ...]]] = {
    "error=EIO": ("openat", "pwrite64", "write", "fdatasync", "fsync", "ftruncate", "unlink", "rename"),
    "error=ENOSPC": ("openat", "pwrite64", "write", "ftruncate", "rename"),
    "signal=SIGKILL": CALLS,
}
_CALL: Final = re.compile(r"^(\d+) +(\w+)\((.*)$")

WORKING_ON: Final = "work on"
FULL_DISKS: Final = 60
FULL_DISKS_WITH_A_BUG: Final = 6
FULL_AFTER_MAX: Final = 400
STARVED: Final = 60
STARVING_SECONDS_MAX: Final = 4
"""A process without memory may wait for a thread that could not begin."""
MEMORY_MIN, MEMORY_MAX = 2 << 20, 16 << 20
"""Bytes that a program has when it begins to open its files."""
_BALLAST: Final[list[bytes]] = []
REFUSED_BEFORE_ROOM: Final = 4
REFUSED_TO_BEGIN: Final = ["raised\tStorageUnavailable"]
"""What is told where there was no room already when the files were opened."""
STUCK: Final = "stuck"
"""The kind of a program that does not go on when there is room again."""

Program = Callable[[Work], None]
PROGRAMS: Final[Mapping[str, Program]] = {
    "open": lambda work: work.open(),
    "move": lambda work: work.move(),
    "bulk": lambda work: work.bulk(),
    "seal": lambda work: _sealing(work),
    "erase": lambda work: work.erase(),
    "person": lambda work: work.person(),
    "upload": lambda work: work.upload(),
    "back_up": lambda work: work.back_up(),
}
THINGS_MAX: Final = 120
REFUSED_SECONDS: Final = 0.02
THINGS_AFTER: Final = 8
"""Who works on does so many things after the last refusal, then ends."""


def _sealing(work: Work) -> None:
    work.move()
    work.seal()


class Fault(NamedTuple):
    """Which call of which program fails, and how: the n-th of its name."""

    program: str
    call: str
    number: int
    how: str


def faults(results: Results, folder: Path, number: int) -> None:
    """Let each call of each program fail, in an order drawn anew by each seed, as many as there is time for."""
    stage = Stage(folder)
    planned = [fault for program in PROGRAMS for fault in stage.planned(program)]
    random.Random(number).shuffle(planned)
    found, began, done = Found(), time.monotonic(), 0
    for done, fault in enumerate(planned, start=1):
        stage.play(fault, found, whole=done % VERIFIED_OF == 0)
        if time.monotonic() - began > SECONDS_MAX:
            break
    report(results, f"{done:,} system calls of {len(planned):,} refused or fatal", {**KINDS, **NOT_FAILED}, found)


def full_disk(results: Results, folder: Path, number: int) -> None:
    """Let a disk be full from some write on, and have room again after some refusals, while a program works on."""
    stage, rng, found = Stage(folder), random.Random(number), Found()
    for count in range(FULL_DISKS):
        stage.fill(rng.randrange(1, FULL_AFTER_MAX), found, whole=count % 5 == 0)
    kinds = {**KINDS, **NOT_FAILED, STUCK: "not at work again without a start"}
    report(results, f"{FULL_DISKS} times a disk that is full for a while", kinds, found)


def memory(results: Results, folder: Path, number: int) -> None:
    """Let a program have a little more memory than it has taken, and see it end or refuse."""
    stage, rng, found = Stage(folder), random.Random(number), Found()
    met = sum(
        stage.starve(rng.randrange(MEMORY_MIN, MEMORY_MAX), found, whole=count % 10 == 0) for count in range(STARVED)
    )
    size = f"{STARVED} programs without memory, {met} of which met it"
    report(results, size, {**KINDS, **NOT_FAILED}, found, enough=met > STARVED // 2)


def full_disk_bugs(results: Results, folder: Path, number: int) -> None:
    """Put each bug in; a full disk must show it."""
    bugs = {}
    for place, (name, put_in) in enumerate(sorted(FULL_BUGS.items())):
        stage, rng, found = Stage(folder / f"bug-{place}", put_in), random.Random(number), Found()
        for _number in range(FULL_DISKS_WITH_A_BUG):
            stage.fill(rng.randrange(1, FULL_AFTER_MAX), found)
        bugs[name] = bool(found.wrong)
    caught(results, "full", bugs)


def fault_bugs(results: Results, folder: Path, _number: int) -> None:
    """Put each bug in; a fault at some flush of a move must show it."""
    bugs = {}
    for place, (name, (put_in, how, call)) in enumerate(sorted(BUGS.items())):
        stage = Stage(folder / f"bug-{place}", put_in)
        found = Found()
        for fault in stage.planned("move"):
            if (fault.how, fault.call) == (how, call):
                stage.play(fault, found)
        bugs[name] = bool(found.wrong)
    caught(results, "faults", bugs)


class Stage:
    """A prepared folder, and the place where copies of it are worked with and broken."""

    def __init__(self, folder: Path, put_in: Callable[[], None] = lambda: None) -> None:
        self._before, self._here, self._log = folder / "before", folder / "here", folder / "strace.log"
        self._put_in = put_in
        self._patience = CHILD_SECONDS_MAX
        self._before.mkdir(parents=True)
        prepared(self._before)

    def planned(self, program: str) -> Iterator[Fault]:
        """Let a program run through unharmed, and yield what could happen to it."""
        told = self._played(program, "-y", "-xx", "-e", f"trace={','.join(CALLS)}", "-o", str(self._log))
        assert told, "the program tells what it did"
        assert not any(line.startswith((FAILED, "unknown", "raised")) for line in told), told
        counts: Counter[tuple[str, str]] = Counter()
        here = "".join(f"\\x{byte:02x}" for byte in str(self._here.resolve()).encode())
        for line in self._log.read_text(encoding="ascii").splitlines():
            call = _CALL.match(line)
            if call is not None:
                counts[call[1], call[2]] += 1
                if here in call[3] and "2d\\x73\\x68\\x6d" not in call[3]:
                    for how, calls in FAULTS.items():
                        if call[2] in calls:
                            yield Fault(program, call[2], counts[call[1], call[2]], how)

    def play(self, fault: Fault, found: Found, *, whole: bool = False) -> None:
        """Let one thing happen, and look at what is left."""
        found.states += 1
        inject = f"inject={fault.call}:{fault.how}:when={fault.number}"
        watching = ("-e", f"trace={fault.call}", "-e", inject, "-o", "/dev/null")
        told = self._played(fault.program, *watching, orderly=fault.number % ORDERLY_OF == 0)
        self._look(told, found, whole=whole)

    def fill(self, number: int, found: Found, *, whole: bool = False) -> None:
        """Let there be no room from a write on, until some things were refused; then look at what is left."""
        found.states += 1
        calls = "pwrite64,write,ftruncate"
        inject = f"inject={calls}:error=ENOSPC:when={number}+"
        watching = ("-e", f"trace={calls}", "-e", inject, "-o", "/dev/null")
        told = self._played(WORKING_ON, *watching, enough=REFUSED_BEFORE_ROOM)
        refusals = [place for place, line in enumerate(told) if line.startswith(FAILED)]
        after = told[refusals[-1] :] if refusals else []
        goes_on = any(line.startswith("entry") for line in after) and not any(
            line.startswith("unknown") for line in told
        )
        if not goes_on and told != REFUSED_TO_BEGIN:
            found.add(STUCK, "; ".join(told[-3:]))
        self._look(told, found, whole=whole)

    def starve(self, more: int, found: Found, *, whole: bool = False) -> bool:
        """Let there be so many bytes of memory more, and no room beyond; return whether it was too little."""
        found.states += 1
        self._put_in, self._patience = partial(_limited, more), STARVING_SECONDS_MAX
        told = self._played(WORKING_ON, "-e", "trace=none", "-o", "/dev/null")
        self._look(told, found, whole=whole)
        return any(line.startswith((FAILED, "raised")) for line in told)

    def _look(self, told: Sequence[str], found: Found, *, whole: bool) -> None:
        promised = Promised()
        for line in told:
            if not line.startswith((FAILED, "unknown", "raised")):
                promised.take(Told(line))
        refused = [line.split("\t")[1] for line in told if line.startswith(FAILED)]
        Looked(self._here, self._here, found).opened(promised, whole=whole, refused=refused)

    def _played(self, program: str, *watching: str, orderly: bool = True, enough: int | None = None) -> list[str]:
        """Copy the folder and work in it, watched; return what was told.

        After ``enough`` refusals nothing fails any more: the watching ends, the work goes on.
        """
        shutil.rmtree(self._here, ignore_errors=True)
        shutil.copytree(self._before, self._here, ignore=shutil.ignore_patterns("*-shm"))
        go, told = os.pipe(), os.pipe()
        child = os.fork()
        if child == 0:
            os.close(go[1])
            _work(PROGRAMS.get(program, _work_on), self._here, go[0], told[1], self._put_in, orderly=orderly)
        for end in (go[0], told[1]):
            os.close(end)
        strace = subprocess.Popen(
            ["strace", "-f", *watching, "-p", str(child)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _until_watched(child)
            os.close(go[1])
            return _lines(told[0], lambda: strace.send_signal(signal.SIGINT), enough, self._patience)
        finally:
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            strace.wait(CHILD_SECONDS_MAX)


def _work(program: Program, folder: Path, go: int, told: int, put_in: Callable[[], None], *, orderly: bool) -> None:
    """Work in a child of our own, and leave without going back: in order, or as if killed after the last answer."""
    try:
        put_in()
        while os.read(go, 1):
            pass  # closed by who watches: now it watches

        def tell(line: str) -> None:
            os.writev(told, [f"{line}\n".encode()])  # no write, which may be what is to fail

        logging.disable()
        opened = open_desk(settings_for(url_in(folder)))
        tell("opened")
        program(_Asking(opened, Keeper(folder / "signer"), random.Random(1), tell, folder))
        if orderly:
            opened.close()
    except BaseException as error:  # noqa: BLE001 - what ends the child is what is looked for; nothing is known then
        with suppress(BaseException):
            os.writev(told, [f"raised\t{type(error).__name__}\n".encode()])
    finally:
        os._exit(0)


def _work_on(work: Work) -> None:
    """Do one thing after the other, whatever is refused, until some were done after the last refusal."""
    assert isinstance(work, _Asking)
    done = 0
    for _number in range(THINGS_MAX):
        before = work.refused
        with suppress(BanjieError):
            work.some(1)
        done = done + 1 if work.refused == before else 0
        if done >= THINGS_AFTER and work.refused:
            return
        if work.refused > before:
            time.sleep(REFUSED_SECONDS)


class _Asking(Work):
    """Works on, whatever is answered, and tells the keys of what was refused for good."""

    refused = 0

    def answered(self, command: Command, answer: Answer) -> None:
        key = command.key
        if isinstance(answer, Done):
            super().answered(command, answer)
        elif isinstance(answer, OutcomeUnknown):
            self.tell(f"unknown\t{key}")
        elif isinstance(answer, BanjieError):
            self.refused += 1
            self.tell(f"{FAILED}\t{key}\t{answer.code}")


def _until_watched(child: int) -> None:
    status = Path(f"/proc/{child}/status")
    deadline = time.monotonic() + CHILD_SECONDS_MAX
    while "TracerPid:\t0" in status.read_text(encoding="ascii"):
        if time.monotonic() > deadline:
            raise RuntimeError("strace does not watch")
        time.sleep(0.002)


def _lines(told: int, let_go: Callable[[], None], enough: int | None, patience: int) -> list[str]:
    """Return what a child told until it ended, or hung; ``let_go`` is called once, after ``enough`` refusals."""
    text, deadline = b"", time.monotonic() + patience
    with os.fdopen(told, "rb", buffering=0) as pipe:
        while select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            more = pipe.read(65_536)
            if not more:
                return text.decode().splitlines()
            text += more
            if enough is not None and text.count(f"{FAILED}\t".encode()) >= enough:
                let_go()
                enough = None
    return [*text.decode().splitlines(), "raised\thung"]


def _limited(more: int) -> None:
    """Let this process have about so many bytes: all that it could have is taken, and so much given back."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    limit = pages * resource.getpagesize() + 2 * MEMORY_MAX
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    for size in (1 << 20, 1 << 16, 1 << 12, 256):
        with suppress(MemoryError):
            while True:
                _BALLAST.append(bytes(size))
    while more > 0 and _BALLAST:
        more -= len(_BALLAST.pop(0))


def _an_error_is_certain() -> None:
    patch("engine.storage.sqlite_writes.is_certain", lambda _error: True).start()


def _errors_are_swallowed() -> None:
    from engine.storage.sqlite_writes import SqliteWrites

    commit = SqliteWrites._commit

    def swallowing(self: SqliteWrites) -> None:
        with suppress(Exception):
            commit(self)

    patch.object(SqliteWrites, "_commit", swallowing).start()


BUGS: Final[Mapping[str, tuple[Callable[[], None], str, str]]] = {
    # name: what puts it in, and the faults that must show it
    "an error at the commit is told as failed": (_an_error_is_certain, "error=EIO", "fdatasync"),
    "an error at the commit is told as done": (_errors_are_swallowed, "error=EIO", "pwrite64"),
}


def _a_full_disk_means_unknown() -> None:
    patch("engine.storage.sqlite_writes.is_certain", lambda _error: False).start()


FULL_BUGS: Final[Mapping[str, Callable[[], None]]] = {
    "a full disk is told as done": _errors_are_swallowed,
    "a full disk stops the writer for good": _a_full_disk_means_unknown,
}
