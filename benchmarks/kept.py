"""Large databases are built once, under ``build/bench/<size>``, and used by every later run.

An interrupted build goes on where it stopped. A database built from other definitions, or under another schema, is
thrown away and built anew.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from benchmarks.stand import Progress, Stand, hash_of_definitions, hash_of_files
from engine.storage import migrations
from engine.storage.upgrade import NEWEST

SIZES = {"small": 5_000, "standard": 50_000, "million": 1_000_000}
KEPT_FROM_CASES = 200_000
"""From here on building takes longer than measuring."""

HOME = Path("build/bench")
TOLD_EVERY_SECONDS = 10.0
"""How often a build tells how far it is, where nobody looks at a terminal."""

Say = Callable[[str], None]


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What a kept database was built from, as ``ready.json`` beside it says; ``ready`` once all its cases are there."""

    cases: int
    definitions: str
    schema: str
    ready: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Where the database of one size is kept, and the way to a stand on it."""

    cases: int
    home: Path = HOME

    @property
    def folder(self) -> Path:
        names = {cases: name for name, cases in SIZES.items()}
        return self.home / names.get(self.cases, str(self.cases))

    @property
    def database(self) -> Path:
        return self.folder / "banjie.db"

    @property
    def url(self) -> str:
        return f"sqlite:///{self.database}"

    def stand(self, say: Say = _write, progress: Progress | None = None) -> Stand:
        """Return a stand on the database, which is built first as far as it is not there."""
        wanted = Stamp(cases=self.cases, definitions=hash_of_definitions(), schema=_schema())
        found = self._stamp()
        if found == replace(wanted, ready=True):
            return Stand.reopen(self.url, self.cases)
        if found != wanted:
            if self.folder.exists():
                say(f"{self.folder} was built from other definitions or another schema; it is built anew\n")
                shutil.rmtree(self.folder)
            self._set_stamp(wanted)
        say(f"building {self.cases:,} cases in {self.folder}, once; an interrupted build goes on where it stopped\n")
        stand = Stand.build(self.url, self.cases, progress or Telling(whole=self.cases))
        self._set_stamp(replace(wanted, ready=True))
        return stand

    def megabytes(self) -> float:
        """Return the size of the database, what is not yet moved from its log into the file included."""
        return sum(path.stat().st_size for path in self.folder.glob("banjie.db*")) / 1e6

    @property
    def _stamp_file(self) -> Path:
        return self.folder / "ready.json"

    def _stamp(self) -> Stamp | None:
        try:
            return Stamp(**json.loads(self._stamp_file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def _set_stamp(self, stamp: Stamp) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self._stamp_file.with_suffix(".part")
        partial.write_text(json.dumps(asdict(stamp)) + "\n", encoding="utf-8")
        partial.replace(self._stamp_file)


def stand_of(cases: int, folder: Path, *, home: Path = HOME, kept_from: int = KEPT_FROM_CASES) -> Stand:
    """Return a stand of that size: one that is kept, or, where building is quick, a new one in ``folder``."""
    if cases >= kept_from:
        return Kept(cases=cases, home=home).stand()
    return Stand.build(f"sqlite:///{folder}/banjie.db", cases)


def _schema() -> str:
    """Return the newest revision with a hash of the migrations: before a release one is changed under the same name."""
    (folder,) = migrations.__path__
    return f"{NEWEST}:{hash_of_files(Path(folder), '*.py')}"


@dataclass(slots=True, kw_only=True)
class Telling:
    """Tells how far a build is: one line that changes on a terminal, elsewhere a line now and then."""

    whole: int
    clock: Callable[[], float] = time.monotonic
    say: Say = _write
    on_terminal: bool = field(default_factory=lambda: sys.stdout.isatty())
    _first: tuple[float, int] | None = None
    _told_at: float | None = None

    def __call__(self, done: int) -> None:
        now = self.clock()
        if self._first is None:
            # What is there by the first time may come from an earlier build and says nothing of the rate.
            self._first = now, done
        last = done >= self.whole
        if not (self.on_terminal or last or self._told_at is None or now - self._told_at >= TOLD_EVERY_SECONDS):
            return
        self._told_at = now
        line = progress_line(done, self.whole, done - self._first[1], now - self._first[0])
        self.say(f"\r{line:<72}{chr(10) if last else ''}" if self.on_terminal else f"{line}\n")


def progress_line(done: int, whole: int, of_this_run: int, seconds: float) -> str:
    """Return how far it is, how fast, and how long it will take at that rate, as far as that is known.

    ``of_this_run`` were opened within ``seconds``; the others were there before.
    """
    line = f"{done:,} of {whole:,} cases"
    if of_this_run <= 0 or seconds <= 0:
        return line
    rate = of_this_run / seconds
    minutes, rest = divmod(round((whole - done) / rate), 60)
    return f"{line}, {rate:,.0f} per s, {minutes} min {rest} s left"
