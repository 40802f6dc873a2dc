"""A deadline as the oracle keeps it: what happened to it, and everything that follows, worked out anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from tests.oracle.dates import End, Rule, begin_of, day_of, end_of_term
from tests.oracle.days import ONE_DAY, Days
from tests.oracle.rungs import Rung, Term, look, next_rungs


@dataclass(slots=True)
class OracleClock:
    """A clock that was started; ``end`` is where it ends now, ``promised_on`` where it ended at first."""

    term: str
    rule: Rule
    ladder: Sequence[Rung]
    started_at: datetime
    state: str = "running"
    suspensions: list[tuple[date, date | None]] = field(default_factory=list)
    extensions: list[int] = field(default_factory=list)
    cap_on: date | None = None
    stands_still_days: int | None = None
    raised: list[str] = field(default_factory=list)
    raised_on: dict[str, date] = field(default_factory=dict)
    end: End = field(init=False)
    promised_on: date = field(init=False)
    next_at: datetime | None = None

    def start(self, days: Days) -> None:
        self.work_out(days)
        self.promised_on = self.end.effective_on

    def work_out(self, days: Days) -> None:
        """Work the end out from the beginning: the term, what moved it, and the earlier end of a merged case (X03)."""
        end = end_of_term(days, self.term, self.started_at, self.rule, self.suspensions, self.extensions)
        if self.cap_on is not None and self.cap_on < end.effective_on:
            days.guessed = False
            days.works(self.cap_on)
            end = End(end.nominal_on, self.cap_on, begin_of(self.cap_on + ONE_DAY), days.guessed)
        self.end = end
        self.plan(days)

    def plan(self, days: Days) -> None:
        coming = next_rungs(days, self.ladder, self._term(), self.raised)
        self.next_at = coming[0][0] if coming else None
        if (last := self.runs_again_on()) is not None:
            self.next_at = begin_of(last)

    def suspend(self, days: Days, at: datetime) -> None:
        self.state = "suspended"
        self.suspensions.append((day_of(at), None))
        self.plan(days)

    def resume(self, days: Days, at: datetime) -> None:
        """The day on which it runs again counts; it ran again before, where it had stood still as long as it may."""
        last = self.runs_again_on()
        self.state = "running"
        self.suspensions = self._closed(at if last is None else min(at, begin_of(last)))
        self.work_out(days)

    def extend(self, days: Days, more: int) -> None:
        self.extensions.append(more)
        self.work_out(days)

    def cap(self, days: Days, day: date | None) -> None:
        self.cap_on = day
        self.work_out(days)

    def stop(self, days: Days, at: datetime) -> None:
        """Done: days on which the clock stood still are nobody's lateness."""
        if self.state == "suspended":
            self.resume(days, at)
        self.state = "met"
        self.plan(days)

    def cancel(self, days: Days, at: datetime) -> None:
        self.suspensions = self._closed(at)
        self.state = "cancelled"
        self.plan(days)

    def tend(self, days: Days, now: datetime, *, corrected: bool = False) -> list[str]:
        """Look at the clock: take in a corrected calendar (X17) and raise what is due; closed ones stay as they are."""
        if not self.is_open:
            return []
        if corrected:
            self.work_out(days)
        last = self.runs_again_on()
        if last is not None and begin_of(last) <= now:
            self.resume(days, begin_of(last))
        names = look(days, self.ladder, self._term(), self.raised, now)
        self.note(names, now)
        self.plan(days)
        return names

    def runs_again_on(self) -> date | None:
        """Return the day after the last one on which a clock that stands still may do so, days in two spans once."""
        if self.state != "suspended" or self.stands_still_days is None:
            return None
        still = {day for begin, until in self.suspensions if until is not None for day in _days(begin, until)}
        day, left = self.suspensions[-1][0], self.stands_still_days - len(still)
        while left > 0:
            day, left = day + ONE_DAY, left - 1
        return day

    def note(self, names: Sequence[str], now: datetime) -> None:
        """Remember rungs and the day on which they were raised."""
        for name in names:
            self.raised.append(name)
            self.raised_on[name] = day_of(now)

    def expired(self, at: datetime) -> bool:
        """Whether the term is over; one that stands still can no more be over than when it was stopped (X14, X15)."""
        if self.state == "suspended":
            return self.end.effective_on < self.suspensions[-1][0]
        return at >= self.end.due_at

    @property
    def is_open(self) -> bool:
        return self.state in ("running", "suspended")

    def _term(self) -> Term:
        return Term(self.end.effective_on, self.end.provisional, self.started_at, self.state == "running")

    def _closed(self, at: datetime) -> list[tuple[date, date | None]]:
        return [(begin, day_of(at) if until is None else until) for begin, until in self.suspensions]


def _days(begin: date, until: date) -> list[date]:
    found = []
    while begin < until:
        found.append(begin)
        begin += ONE_DAY
    return found
