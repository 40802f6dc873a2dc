"""The hunt that pulls the plug: a program is watched at work, and what could stand on its disk is opened, call by call.

After every call the disk may hold everything, some of what was written since it was flushed, or only what was flushed
(``power_disk``). Each of these is opened as after a power failure. Whatever the program had told by then must be there;
files must be whole, chains unbroken, every sealed value's key at hand and every erased one's gone. Some are verified
whole, as ``banjie verify`` does, and worked with.
"""

from __future__ import annotations

import json
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.hunting import caught
from benchmarks.power_disk import Call, Disk, Flush, Image, Told
from benchmarks.power_trace import watched
from benchmarks.power_workload import BACKUPS, BUGS, CONTACT, prepared, url_in
from benchmarks.report import Results
from benchmarks.stand import CLERK, ROOT, settings_for
from engine.case.commands import OpenCase
from engine.case.decide import key_hash
from engine.case.identity import UnitId
from engine.errors import InputRefused
from engine.ledger.chain import entry_hash
from engine.service.execute import Done
from engine.service.verify import verify
from runtime.backups import read_manifest
from runtime.wiring import desk_of

THINGS: Final = 150
"""What the watched program does, some of it several entries at once: about ten thousand calls."""
THINGS_WITH_A_BUG: Final = 30
STATES_LEAST: Final = 20_000
VERIFIED_OF: Final = 400
"""One state in so many is verified whole."""
FAILED: Final = "failed"
"""The kind of what was told as failed and is there all the same."""
NOT_FAILED: Final = {FAILED: "told as failed, and there all the same"}
SEALED, DATABASE, KEYS = "signer/heads", "banjie.db", "keys/keys.db"


@dataclass(slots=True)
class Promised:
    """What a program has told so far: entries by place, by case when its values were erased, entries sealed, people."""

    entries: dict[tuple[str, int], str] = field(default_factory=dict)
    erased: list[str] = field(default_factory=list)
    sealed: int = 0
    people: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    backups: list[str] = field(default_factory=list)

    def take(self, told: Told) -> None:
        kind, *words = told.line.split("\t")
        match kind:
            case "entry":
                self.entries[words[0], int(words[1])] = words[2]
            case "erased":
                self.erased.append(words[0])
            case "sealed":
                self.sealed += int(words[0])
            case "person":
                self.people.append(words[0])
            case "file":
                self.files.append(words[0])
            case "backup":
                self.backups.append(words[0])


@dataclass(slots=True)
class Found:
    """What came of the states: how many, how many verified whole, and what was wrong, by kind."""

    states: int = 0
    verified: int = 0
    wrong: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)

    def add(self, kind: str, what: str) -> None:
        self.wrong[kind] += 1
        self.first.setdefault(kind, what)


def power(results: Results, folder: Path, number: int) -> None:
    """Look at what every call of a program at work could have left."""
    found = looked_at(folder, number, THINGS, verified_of=VERIFIED_OF)
    size = f"{found.states:,} states of a disk that lost power, {found.verified} verified whole"
    report(results, size, KINDS, found, enough=found.states >= STATES_LEAST)


def report(results: Results, size: str, kinds: Mapping[str, str], found: Found, *, enough: bool = True) -> None:
    """Add a row for each kind of what could be wrong; ``enough``: whether as much was looked at as there should be."""
    for kind, words in kinds.items():
        count = found.wrong[kind]
        results.add(f"{size}: {words}", count, "", "0", met=enough and not count, note=found.first.get(kind, ""))


KINDS: Final = {
    "lost": "told and not there, or erased and still there",
    "corrupt": "files that are damaged, broken chains, values without keys, findings of verification",
}


def power_bugs(results: Results, folder: Path, number: int) -> None:
    """Put each bug into the watched program; some state must show it."""
    bugs = {}
    for place, name in enumerate(sorted(BUGS)):
        found = looked_at(folder / f"bug-{place}", number, THINGS_WITH_A_BUG, bug=name)
        bugs[name] = bool(found.wrong)
    caught(results, "power", bugs)


def looked_at(
    folder: Path, number: int, things: int, *, verified_of: int = sys.maxsize, bug: str | None = None
) -> Found:
    """Watch a program do so many things, and look at every state that its calls could have left."""
    work = folder / "work"
    work.mkdir(parents=True)
    prepared(work)
    before = read_image(work)
    command = [sys.executable, "-m", "benchmarks.power_workload", str(work), str(number), str(things)]
    calls = watched([*command, *([bug] if bug else [])], work, folder / "calls.log")
    found, rng = Found(), random.Random(number)
    with tempfile.TemporaryDirectory(dir=folder) as room:
        for count, (image, promised) in enumerate(states(before, calls, rng)):
            found.states += 1
            look = Looked(Path(room) / "state", work.resolve(), found)
            look.at(image, promised, whole=count % verified_of == verified_of - 1)
    return found


def states(before: Image, calls: Sequence[Call], rng: random.Random) -> Iterator[tuple[Image, Promised]]:
    """Yield what could stand on the disk after each call, each with what was told by then."""
    disk, promised = Disk(before), Promised()
    for call in calls:
        disk.take(call)
        if isinstance(call, Told):
            promised.take(call)
            yield disk.all_lost(), promised
            continue
        if isinstance(call, Flush):
            yield disk.all_lost(), promised
        else:
            yield disk.all_kept(), promised
        yield disk.some_kept(rng), promised


def read_image(folder: Path) -> Image:
    """Return the files of a folder that nobody writes, without what is made anew."""
    root = folder.resolve()
    return {
        str(path): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.name.endswith("-shm") and "cache" not in path.relative_to(root).parts
    }


class Looked:
    """Opens one state in a folder of its own, and adds what is wrong with it."""

    def __init__(self, folder: Path, from_: Path, found: Found) -> None:
        self._folder, self._from, self._found = folder, from_, found

    def at(self, image: Image, promised: Promised, *, whole: bool) -> None:
        """Lay an image into the folder and look at it."""
        shutil.rmtree(self._folder, ignore_errors=True)
        for path, data in image.items():
            place = self._folder / Path(path).relative_to(self._from)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
            place.chmod(0o600)
        self.opened(promised, whole=whole)

    def opened(self, promised: Promised, *, whole: bool, refused: Collection[str] = ()) -> None:
        """Look at the files as they lie in the folder; ``refused`` are the keys of what was told as failed."""
        try:
            self._database(promised, {key_hash(key) for key in refused if key})
            self._heads(promised)
            for name in promised.backups[-1:]:  # an older one was told of, and looked at, before
                try:
                    read_manifest(self._folder / BACKUPS / name)
                except InputRefused:
                    self._found.add("lost", f"back-up {name}")
        except Exception as error:  # noqa: BLE001 - whatever keeps anybody from reading the files is a finding
            self._found.add("corrupt", f"cannot be read: {type(error).__name__}: {error}")
            return
        if whole:
            self._found.verified += 1
            self._whole()

    def _database(self, promised: Promised, refused: Collection[str]) -> None:
        with closing(_opened(self._folder / DATABASE)) as database, closing(_opened(self._folder / KEYS)) as keys:
            for connection in (database, keys):
                (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
                if said != "ok":
                    self._found.add("corrupt", said)
            self._entries(database, promised, refused)
            self._values(database, keys, promised)
            self._files(database, promised)
            people = {login for (login,) in database.execute("SELECT login FROM person")}
            for name in promised.people:
                if name not in people:
                    self._found.add("lost", f"person {name}")

    def _entries(self, database: sqlite3.Connection, promised: Promised, refused: Collection[str]) -> None:
        there: dict[tuple[str, int], str] = {}
        before: dict[str, tuple[int, str]] = {}
        rows = database.execute('SELECT "case", seq, body, hash FROM ledger_entry ORDER BY "case", seq')
        for case, seq, body, digest in rows:
            there[case, seq] = digest.hex()
            told, (last, head) = json.loads(body), before.get(case, (0, "0" * 64))
            if (told["seq"], told["prev"], entry_hash(body)) != (last + 1, head, digest):
                self._found.add("corrupt", f"chain of {case} at {seq}")
            before[case] = (seq, digest.hex())
            if told.get("command") in refused:
                self._found.add(FAILED, f"entry {seq} of {case}")
        for place, digest in promised.entries.items():
            if there.get(place) != digest:
                self._found.add("lost", f"entry {place}")
        covered = database.execute("SELECT coalesce(sum(size), 0) FROM (SELECT max(size) AS size FROM checkpoint)")
        if covered.fetchone()[0] < promised.sealed:
            self._found.add("lost", "a checkpoint")

    def _values(self, database: sqlite3.Connection, keys: sqlite3.Connection, promised: Promised) -> None:
        held = set(keys.execute("SELECT id, path FROM held_key"))
        pending = {case for (case,) in database.execute("SELECT \"case\" FROM outbox WHERE kind = 'erased'")}
        erased = set(promised.erased)
        for case, path, key in database.execute('SELECT "case", path, "key" FROM private_value'):
            if (key, "") not in held and (key, path) not in held and case not in pending:
                self._found.add("corrupt", f"no key of {case} {path}")
            if case in erased and path == CONTACT:
                self._found.add("lost", f"the erasure of {case}")
        listed = set()
        for case, path, key in keys.execute('SELECT "case", path, "key" FROM erasure'):
            listed.add(case)
            if (key, "") in held or (key, path) in held:
                self._found.add("corrupt", f"the key of what was erased of {case}")
        for case in erased - listed:
            self._found.add("lost", f"the erasure of {case} is not on the list")

    def _files(self, database: sqlite3.Connection, promised: Promised) -> None:
        kept = dict(database.execute("SELECT id, address FROM attachment").fetchall())
        for id_, address in kept.items():
            if not (self._folder / "files" / address[:2] / address).exists():
                self._found.add("corrupt", f"the content of file {id_} is gone")
        for id_ in promised.files:
            if id_ not in kept:
                self._found.add("lost", f"file {id_}")

    def _heads(self, promised: Promised) -> None:
        notes = [path.read_text(encoding="utf-8") for path in (self._folder / SEALED).glob("*.note")]
        if max((int(note.splitlines()[1]) for note in notes), default=0) < promised.sealed:
            self._found.add("lost", "a signed head")

    def _whole(self) -> None:
        settings = settings_for(url_in(self._folder))
        try:
            with desk_of(settings) as opened:
                desk = opened.desk
                checked = verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer)
                for finding in checked.findings[:3]:
                    self._found.add("corrupt", str(finding))
                command = OpenCase(
                    root=ROOT, actor=CLERK, key="after", workflow="plain_steps", unit=UnitId("bench"),
                    form={"subject": "恢复供电后的第一件"},
                )  # fmt: skip
                (answer,) = desk.office.carry_out([command])
                if not isinstance(answer, Done):
                    self._found.add("corrupt", f"cannot be worked with: {answer}")
        except Exception as error:  # noqa: BLE001 - whatever stops a house from being opened again is a finding
            self._found.add("corrupt", f"cannot be opened: {type(error).__name__}: {error}")


def _opened(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise OSError(f"{path.name} is gone")
    return sqlite3.connect(path, isolation_level=None)
