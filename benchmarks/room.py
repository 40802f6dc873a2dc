"""The hunt that leaves a running server no room on its disk, and holds what it answered against what it kept.

The server stands on a file system of its own: memory, of a size that changes while it works, in a name space that no
other process sees and that is gone with the last process in it. Whoever may make such a space may hunt; root need not
be asked. Nothing is pretended: database, log, its index, uploads, keys and back-ups meet the kernel's own refusals.

All folders are full at once, as those of one disk are; that of temporary files stays outside. What was written is kept
whether it was flushed or not: losing that is the business of ``power``.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple
from unittest.mock import patch
from uuid import uuid4

from benchmarks.hunting import caught
from benchmarks.killing import directory_with_a_token
from benchmarks.power import KINDS, NOT_FAILED, Found, Looked, Promised, report
from benchmarks.power_disk import Told
from benchmarks.power_trace import unmeasured
from benchmarks.power_workload import prepared, url_in
from benchmarks.report import Results
from benchmarks.stand import DEFINITIONS, settings_for
from deploy.packages import PROJECT

TIMES: Final = 40
TIMES_WITH_A_BUG: Final = 3
PLENTY: Final = 3 << 30
"""Bytes of a disk with room: files are taken while 1 GiB is free. Nothing of it is taken before it is used."""
PAGE: Final = 4096
SPARE_PAGES_MAX: Final = 96
ASKED_MAX: Final = 600
"""So many commands at most until one is refused: a log is written over before it grows."""
REFUSED_LEAST: Final = 4
ANSWER_SECONDS: Final = 20
START_SECONDS: Final = 60
UNAVAILABLE: Final = 503
REFUSALS: Final = ("storage_unavailable", "keys_unavailable")
"""What says that nothing was written: to the database and the files, or to the file of the keys before."""
BACKUPS: Final = "backups"
OTHERWISE, UNTOLD, STUCK = "otherwise", "untold", "stuck"
ROOM_KINDS: Final[Mapping[str, str]] = {
    **KINDS,
    **NOT_FAILED,
    OTHERWISE: "answered otherwise than done, or 503 with when to come again",
    UNTOLD: "a full disk that banjie doctor or banjie backup does not tell",
    STUCK: "not at work again without a start",
}
_MOUNT: Final = 'mount -t tmpfs -o size="$1",mode=0700 banjie "$0" && cp -a "$2/." "$0" && echo ready && exec cat'


class NoSpaceError(Exception):
    """No file system of one's own can be had here; the message says what the kernel or the program said."""


class Answer(NamedTuple):
    """What was answered; status 0 where nobody did."""

    status: int
    again: str | None
    body: Mapping[str, object]


def room(results: Results, folder: Path, number: int) -> None:
    """Let a server's disk be full and have room again, so many times."""
    found = Found()
    asked = filled(folder, TIMES, number, found)
    report(results, f"{TIMES} times no room under a server, {asked:,} requests", ROOM_KINDS, found)


def room_bugs(results: Results, folder: Path, number: int) -> None:
    """Run a server with each bug; a full disk must show it by the kind that is there for it."""
    bugs = {}
    for place, (name, (kind, _put_in)) in enumerate(sorted(BUGS.items())):
        found = Found()
        filled(folder / f"bug-{place}", TIMES_WITH_A_BUG, number, found, bug=name)
        bugs[name] = bool(found.wrong[kind])
    caught(results, "room", bugs)


def filled(folder: Path, times: int, number: int, found: Found, *, bug: str | None = None) -> int:
    """Fill the disk of a server so many times, add what is wrong, and return how many requests were made.

    Raises:
        NoSpaceError: this machine gives nobody a file system of their own.
    """
    before = folder / "before"
    before.mkdir(parents=True)
    prepared(before)
    token = directory_with_a_token(settings_for(url_in(before)))
    with a_space(folder, before, bug) as space, space.served(token) as server:
        visit = _Visit(space, server, random.Random(number), found)
        visit.times(times)
        server.kill()
        space.copied(folder / "after")
    found.states += times
    looked = Looked(folder / "after", folder / "after", found)
    looked.opened(visit.promised, whole=True, refused=visit.refused)
    return server.asked


@contextmanager
def a_space(folder: Path, content: Path, bug: str | None = None) -> Iterator[Space]:
    """Lend a file system with some content, in a name space that is gone after the block."""
    place = folder.resolve() / "space"
    place.mkdir()
    outside = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", _MOUNT]
    with subprocess.Popen(
        [*outside, place, str(PLENTY), content], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stderr is not None
        try:
            if holder.stdout.readline() != b"ready\n":
                holder.stdin.close()
                raise NoSpaceError(holder.stderr.read().decode(errors="replace").strip())
            yield Space(holder.pid, place, bug)
        finally:
            holder.kill()


@dataclass(frozen=True, slots=True)
class Space:
    """A file system that only processes started here see: who holds it, where it stands for them, the bug they have."""

    holder: int
    place: Path
    bug: str | None

    def command(self, *command: str | Path) -> list[str | Path]:
        """Return what runs a command inside."""
        inside = ["nsenter", "--target", str(self.holder), "--user", "--preserve-credentials", "--mount"]
        return [*inside, f"--wd={PROJECT}", *command]

    def sized(self, size: int) -> None:
        """Give the file system another size, not less than what is used."""
        subprocess.run(self.command("mount", "-o", f"remount,size={size}", self.place), check=True)

    def spare(self, pages: int) -> None:
        """Leave so many pages beyond what is used."""
        for more in range(pages, pages + 64, 4):  # somebody may write between the question and the answer
            with suppress(subprocess.CalledProcessError):
                now = os.statvfs(self._seen)
                self.sized((now.f_blocks - now.f_bfree + more) * now.f_bsize)
                return
        raise NoSpaceError("the file system does not get smaller")

    def copied(self, to: Path) -> None:
        """Copy all that stands there to a folder outside; nobody may be writing."""
        shutil.copytree(self._seen, to, ignore=shutil.ignore_patterns("*-shm", "*.sock", "*.lock", "cache"))

    def program(self, *command: str | Path) -> tuple[int, str]:
        """Run the command line inside; return its exit code and all it wrote."""
        done = subprocess.run(
            self._banjie(*command),
            capture_output=True, text=True, check=False, timeout=START_SECONDS, env=_environment(),
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    @contextmanager
    def served(self, token: str) -> Iterator[Server]:
        """Run a server inside, ended by its id after the block."""
        with subprocess.Popen(
            self._banjie("serve", "--port", "0"),
            env=_environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        ) as process:  # fmt: skip
            try:
                assert process.stdout is not None
                said = ""
                while (address := re.search(r"http://127\.0\.0\.1:(\d+)", said)) is None or "Ctrl-C" not in said:
                    line = process.stdout.readline()
                    if not line:
                        raise RuntimeError(f"the server does not come up: {said}")
                    said += line
                yield Server(process, int(address[1]), token)
            finally:
                process.kill()

    @property
    def _seen(self) -> Path:
        """Where the file system is seen from outside."""
        return Path(f"/proc/{self.holder}/root{self.place}")

    def _banjie(self, *command: str | Path) -> list[str | Path]:
        ours = ["benchmarks.room", self.bug] if self.bug else ["runtime.cli.main"]
        return self.command(sys.executable, "-m", *ours, "--database", url_in(self.place), *command)


@dataclass(slots=True)
class Server:
    """A running server, as a client sees it."""

    process: subprocess.Popen[str]
    port: int
    token: str
    asked: int = 0

    def open(self, key: str) -> Answer:
        """Open a case."""
        form = {"subject": "磁盘写满时提交的事项，须有明确答复。" * 8}
        body = json.dumps({"workflow": "real_steps", "unit": "bench", "form": form}).encode()
        return self._sent("POST", "/api/cases", key, body, "application/json")

    def upload(self, key: str) -> Answer:
        """Give a file."""
        head = 'Content-Disposition: form-data; name="file"; filename="a.txt"'
        body = f"--part\r\n{head}\r\n\r\n{'调查。' * 3000}{key}\r\n--part--\r\n".encode()
        return self._sent("POST", "/api/uploads", key, body, "multipart/form-data; boundary=part")

    def read(self) -> Answer:
        """Ask for the list of cases."""
        return self._sent("GET", "/api/cases", "", None, "application/json")

    def kill(self) -> None:
        """End it without a chance to put anything in order."""
        self.process.kill()
        self.process.wait(ANSWER_SECONDS)

    def _sent(self, method: str, path: str, key: str, body: bytes | None, kind: str) -> Answer:
        self.asked += 1
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)) as connection:
            try:
                connection.request(method, path, body, headers | ({"Idempotency-Key": key} if key else {}))
                answer = connection.getresponse()
                return Answer(answer.status, answer.getheader("Retry-After"), json.loads(answer.read() or b"{}"))
            except (OSError, http.client.HTTPException, ValueError) as error:
                return Answer(0, None, {"error": repr(error)})


@dataclass(slots=True)
class _Visit:
    """Asks a server for things while its disk is full and when it is not, and keeps an account."""

    space: Space
    server: Server
    rng: random.Random
    found: Found
    promised: Promised = field(default_factory=Promised)
    refused: list[str] = field(default_factory=list)

    def times(self, times: int) -> None:
        """Fill the disk so many times; at the first, ask the command line too."""
        self._expect("while there is room", self._opened(), OTHERWISE)
        self._upload(full=False)
        for number in range(times):
            self._soon(told=number == 0)
            self.space.spare(self.rng.randrange(SPARE_PAGES_MAX))
            waiting = self._until_refused()
            if number == 0:
                self._full_is_told()
            self._expect("the list of cases while the disk is full", self.server.read(), OTHERWISE)
            self.space.sized(PLENTY)
            for key in waiting:  # what was refused is asked again under its key, by the same server; some never is
                if self.rng.random() < 0.7:
                    self._expect("asked again with room", self._opened(key), STUCK)
                else:
                    self.refused.append(key)
            self._upload(full=False)
            if self.server.process.poll() is not None:
                self.found.add(STUCK, f"the server ended with {self.server.process.returncode}")
                return

    def _opened(self, key: str = "") -> Answer:
        key = key or uuid4().hex
        answer = self.server.open(key)
        if answer.status in (200, 201):
            body = answer.body
            self.promised.take(Told(f"entry\t{body['case']}\t{body['seq']}\t{body['hash']}"))
        return answer

    def _until_refused(self) -> list[str]:
        """Ask until there is no room; return the keys of what was refused."""
        waiting: list[str] = []
        for _number in range(ASKED_MAX):
            key = uuid4().hex
            answer = self._opened(key)
            if answer.status not in (200, 201):
                self._refusal(answer, "a case")
                waiting.append(key)
            if len(waiting) >= REFUSED_LEAST:
                self._upload(full=True)
                return waiting
        self.found.add(OTHERWISE, "nothing was ever refused")
        return waiting

    def _refusal(self, answer: Answer, what: str) -> None:
        seconds = int(answer.again) if answer.again and answer.again.isdigit() else 0
        if answer.status != UNAVAILABLE or not seconds or answer.body.get("code") not in REFUSALS:
            self.found.add(OTHERWISE, f"{what}: {answer}")

    def _upload(self, *, full: bool) -> None:
        answer = self.server.upload(uuid4().hex)
        if full:
            self._refusal(answer, "an upload")
        else:
            self._expect("an upload with room", answer, STUCK)
            self.promised.take(Told(f"file\t{answer.body.get('id')}"))

    def _expect(self, what: str, answer: Answer, kind: str) -> None:
        if answer.status not in (200, 201):
            self.found.add(kind, f"{what}: {answer}")

    def _soon(self, *, told: bool) -> None:
        """Leave half a GiB: files are refused, all else goes on, and the doctor tells."""
        self.space.spare((1 << 29) // PAGE)
        self._expect("a case with half a GiB left", self._opened(), OTHERWISE)
        self._upload(full=True)
        if told:
            _code, text = self.space.program("doctor")
            if "磁盘剩余 0.5 GiB" not in text or "不收附件" not in text:
                self.found.add(UNTOLD, text)

    def _full_is_told(self) -> None:
        code, text = self.space.program("doctor")
        if code == 0 or "磁盘已满" not in text or "腾出空间后自行恢复" not in text:
            self.found.add(UNTOLD, text)
        code, text = self.space.program("backup", self.space.place / BACKUPS)
        if code == 0 or "磁盘" not in text or "Traceback" in text:
            self.found.add(UNTOLD, text)


def _environment() -> dict[str, str]:
    return {**unmeasured(), "BANJIE_WORKFLOWS": str(DEFINITIONS), "PYTHONPATH": str(PROJECT)}


def _told_as_done() -> None:
    from benchmarks.faults import FULL_BUGS

    FULL_BUGS["a full disk is told as done"]()


def _stopped_for_good() -> None:
    from benchmarks.faults import FULL_BUGS

    FULL_BUGS["a full disk stops the writer for good"]()


def _no_word_of_when() -> None:
    from api import problems

    patch.object(problems, "headers_of", lambda _error: {}).start()


def _full_disks_are_overlooked() -> None:
    patch("runtime.cli.health._disks", lambda _settings: iter(())).start()


BUGS: Final[Mapping[str, tuple[str, Callable[[], None]]]] = {
    # name: the kind that must see it, and what puts it in
    "a full disk is told as done": ("lost", _told_as_done),
    "a full disk stops the server": (STUCK, _stopped_for_good),
    "doctor overlooks a full disk": (UNTOLD, _full_disks_are_overlooked),
    "nothing says when to come again": (OTHERWISE, _no_word_of_when),
}


def main() -> None:
    """Put a bug in and go on as the command line does."""
    BUGS[sys.argv.pop(1)][1]()
    from runtime.cli.main import main as command_line

    command_line()


if __name__ == "__main__":
    main()
