"""The hunt that sets the clock: while cases are opened, moved, swept and sealed it jumps to and fro, at any call.

By a second, an hour, a day or weeks, to 29 February, over the changes of summer time elsewhere, beyond 2038. Afterwards
every entry stands where it was put and no case's history goes back in time; each rung was raised once and none is left
out; everything is sealed and verification finds nothing.
"""

from __future__ import annotations

import json
import random
import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final
from unittest.mock import patch

from benchmarks.hunting import caught
from benchmarks.power import Found, report
from benchmarks.report import Results
from benchmarks.stand import CLERK, ROOT, directory_of_the_stand, settings_for
from engine.case.codec import at_from, microseconds
from engine.case.commands import FireTransition, OpenCase
from engine.case.identity import CaseId, RootId, UnitId
from engine.errors import BanjieError
from engine.service.execute import Done
from engine.service.sealing import seal
from engine.service.sweep import _Tending, sweep
from engine.service.sweep_ports import DueRung
from engine.service.verify import verify
from runtime.signer.keeper import Keeper
from runtime.wiring import Opened, open_desk

JUMPS: Final = 600
JUMPS_WITH_A_BUG: Final = 60
CALLS_BETWEEN: Final = 12
"""The clock jumps about once in so many questions for the time."""
BEGIN: Final = datetime(2026, 1, 5, 1, tzinfo=UTC)
SET_TO: Final = tuple(
    datetime.fromisoformat(text)
    for text in (
        "2028-02-29T00:00:00+00:00",  # a leap day
        "2028-02-28T15:59:59+00:00",  # the last second before it, in Shanghai
        "2026-03-08T10:00:00+00:00",  # summer time begins in New York
        "2026-10-25T01:00:00+00:00",  # and ends in Berlin
        "2026-12-31T15:59:59+00:00",  # the year ends in Shanghai
        "2038-01-19T03:14:08+00:00",  # more seconds than 31 bits hold
    )
)
RUNGS: Final = ("blue", "yellow", "red", "black")
"""Of the ladder of ``definitions/watched``: 7 days before the 90 days are over, 1, 15 and 30 days after."""
ALL_OVER: Final = timedelta(days=200)
A_DAY: Final = 24 * 3600 * 1_000_000
KINDS: Final[Mapping[str, str]] = {
    "backwards": "entries that stand before an earlier one, or go back in time",
    "twice": "rungs raised twice",
    "missed": "rungs that nobody raised",
    "broken": "findings of verification, and what could not be sealed",
}


class JumpingClock:
    """A clock that goes on by a second with every question, and now and then to somewhere else."""

    def __init__(self, rng: random.Random) -> None:
        self._rng, self._at = rng, BEGIN
        self.jumps = 0
        self.newest = BEGIN

    def now(self) -> datetime:
        self._at += timedelta(seconds=1)
        if self._rng.random() < 1 / CALLS_BETWEEN:
            self.jump()
        self.newest = max(self.newest, self._at)
        return self._at

    def jump(self) -> None:
        """Go somewhere else; now and then back to where time would be."""
        self.jumps += 1
        if self._rng.random() < 0.15:
            self._at = self._rng.choice(SET_TO)
        elif self._rng.random() < 0.3:
            self._at = BEGIN + timedelta(hours=self.jumps)
        else:
            by = self._rng.choice((timedelta(seconds=1), timedelta(hours=1), timedelta(days=1), timedelta(days=20)))
            self._at += self._rng.choice((1, -1)) * by


class StoppedClock:
    """A clock that shows one instant."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def clocks(results: Results, folder: Path, number: int) -> None:
    """Let the clock of a house jump, and look at what it has written."""
    jumps, found = jumped(folder, number, JUMPS)
    report(results, f"{jumps} jumps of the clock", KINDS, found)


def clock_bugs(results: Results, folder: Path, number: int) -> None:
    """Put each bug in; a jumping clock must show it by the kind that is there for it."""
    found = {}
    for place, (name, (kind, put_in)) in enumerate(sorted(BUGS.items())):
        with put_in():
            _jumps, seen = jumped(folder / f"bug-{place}", number, JUMPS_WITH_A_BUG)
        found[name] = bool(seen.wrong[kind])
    caught(results, "clocks", found)


def jumped(folder: Path, number: int, jumps: int) -> tuple[int, Found]:
    """Work until the clock has jumped so often, let all terms run out; return how often it did, and what is wrong."""
    folder.mkdir(parents=True, exist_ok=True)
    path, rng = folder / "clocks.db", random.Random(number)
    clock = JumpingClock(rng)
    found = Found()
    settings = settings_for(f"sqlite:///{path}")
    with closing(Keeper(folder / "signer")) as keeper:
        with closing(open_desk(settings, clock=clock)) as opened:
            opened.desk.office.write(directory_of_the_stand())
            work = _Work(opened, keeper, rng)
            while clock.jumps < jumps:
                work.once()
        with closing(open_desk(settings, clock=StoppedClock(clock.newest + ALL_OVER))) as opened:
            sweep(opened.desk, ROOT)
            look(found, opened, path, finished=work.finished)
            sealed = seal(opened.desk.office, opened.desk.reads, keeper, ROOT)
            if sealed.aside or opened.desk.reads.unsealed_count(ROOT):
                found.add("broken", "entries that are not sealed")
            desk = opened.desk
            for finding in verify(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer).findings:
                found.add("broken", str(finding))
    return clock.jumps, found


class _Work:
    """Does one thing after the other with an open house."""

    def __init__(self, opened: Opened, keeper: Keeper, rng: random.Random) -> None:
        self._opened, self._keeper, self._rng = opened, keeper, rng
        self._open: list[CaseId] = []
        self.finished: set[CaseId] = set()

    def once(self) -> None:
        """Open a case, finish one, sweep or seal."""
        desk = self._opened.desk
        way = self._rng.choice(("open", "open", "finish", "sweep", "sweep", "seal"))
        if way == "sweep":
            sweep(desk, ROOT)
        elif way == "seal":
            with suppress(BanjieError):  # a signer may refuse a head of an earlier instant; the next one has them all
                seal(desk.office, desk.reads, self._keeper, ROOT)
        elif way == "finish" and self._open:
            case = self._open.pop(self._rng.randrange(len(self._open)))
            command = FireTransition(root=ROOT, actor=CLERK, key="", case=case, transition="finish")
            (answer,) = desk.office.carry_out([command])
            assert isinstance(answer, Done), answer
            self.finished.add(case)
        else:
            form = {"subject": "时钟跳动时提交的事项"}
            opening = OpenCase(
                root=ROOT, actor=CLERK, key="", workflow="watched_steps", unit=UnitId("bench"), form=form
            )
            (answer,) = desk.office.carry_out([opening])
            assert isinstance(answer, Done), answer
            self._open.append(answer.outcome.case)


def look(found: Found, opened: Opened, path: Path, *, finished: set[CaseId]) -> None:
    """Read the history as another program would."""
    raised: dict[str, Counter[str]] = {}
    before: dict[str, tuple[int, datetime]] = {}
    with closing(sqlite3.connect(path)) as database:
        for case, seq, body in database.execute(
            'SELECT "case", seq, body FROM ledger_entry WHERE "case" IN (SELECT id FROM cases) ORDER BY "case", seq'
        ):
            entry = json.loads(body)
            last, since = before.get(case, (0, BEGIN - ALL_OVER))
            at = at_from(entry["at"])
            if seq != last + 1 or at < since:
                found.add("backwards", f"{case} at {seq}: {since} to {at}")
            before[case] = (seq, at)
            raised.setdefault(case, Counter()).update(rung for _deadline, rung in entry.get("rungs", ()))
        now = microseconds(opened.clock.now())
        (left,) = database.execute("SELECT count(*) FROM deadline WHERE rung_at <= ?", (now,)).fetchone()
    if left:
        found.add("missed", f"{left} deadlines wait for a rung that is due")
    for case, rungs in raised.items():
        for rung in RUNGS:
            if rungs[rung] > 1:
                found.add("twice", f"{rung} of {case}: {rungs[rung]} times")
            if not rungs[rung] and CaseId(case) not in finished:
                found.add("missed", f"{rung} of {case}")


def _times_as_the_clock_says() -> AbstractContextManager[object]:
    return patch("engine.service.execute._not_before", lambda now, _family: now)


def _sweeps_look_at_one_day() -> AbstractContextManager[object]:
    due = _Tending.due

    def of_a_day(self: _Tending, now: datetime) -> None:
        asked = self.reads.due_rungs

        def recent(root: RootId, *, by: int, after: DueRung | None, limit: int) -> list[DueRung]:
            return [row for row in asked(root, by=by, after=after, limit=limit) if row.rung_at > by - A_DAY]

        with patch.object(self.reads, "due_rungs", recent):
            due(self, now)

    return patch.object(_Tending, "due", of_a_day)


BUGS: Final[Mapping[str, tuple[str, Callable[[], AbstractContextManager[object]]]]] = {
    # name: the kind that must see it, and what puts it in
    "entries take the time of the clock": ("backwards", _times_as_the_clock_says),
    "a sweep looks at what fell due within a day": ("missed", _sweeps_look_at_one_day),
}
