"""What the moves of a ledger do to deadlines, told again from the definitions and the dates of the entries alone.

An entry says who made which move when, where it led and what was filled in. Which clocks that starts, stops or moves is
looked up in the definition; every date and every rung is worked out here. The clocks an entry carries are not read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.oracle.clock import OracleClock
from tests.oracle.dates import Rule, day_of
from tests.oracle.days import Days
from tests.oracle.rungs import Rung

Body = Mapping[str, Any]
"""An entry or a definition as it was written: whatever JSON or YAML may hold."""


@dataclass(slots=True)
class OracleCase:
    """What the oracle needs to remember of a case."""

    workflow: str
    session: str | None
    values: dict[str, Any] = field(default_factory=dict)
    fired: dict[str, int] = field(default_factory=dict)
    clocks: dict[str, OracleClock] = field(default_factory=dict)
    merged: Sequence[str] = ()


@dataclass(frozen=True, slots=True, order=True)
class RaisedRung:
    """A rung with the day on which it was raised."""

    case: str
    deadline: str
    rung: str
    raised_on: date


@dataclass(slots=True)
class OracleLedger:
    """Every case of the ledger, told so far; ``sessions`` gives the dates of congress sessions."""

    definitions: Mapping[str, Body]
    sessions: Mapping[str, Mapping[str, date]]
    cases: dict[str, OracleCase] = field(default_factory=dict)
    raised: list[RaisedRung] = field(default_factory=list)
    told: list[tuple[str, str]] = field(default_factory=list)
    counted: dict[str, int] = field(default_factory=dict)

    def tell(self, body: Body, days: Days) -> None:
        """Take in an entry; those of the sweep change nothing here, since the oracle sweeps by itself."""
        if "opening" in body:
            opening = body["opening"]
            self.cases[body["case"]] = OracleCase(opening["workflow"], opening.get("congress_session"))
        case = self.cases[body["case"]]
        case.values |= body.get("pub", {})
        for name in body.get("unset", ()):
            case.values.pop(name, None)
        if "merged_from" in body:
            case.merged = body["merged_from"]
            self._cap(case, days)
        definition = self.definitions[case.workflow]
        for effect in _effects(definition, body):
            self._do(effect, case, body, days)
        if "to" in body and definition["states"][body["to"]]["phase"] == "final":
            for clock in case.clocks.values():
                if clock.is_open:
                    clock.cancel(days, _at(body))
        if "transition" in body:
            self._moved(case, body, days)

    def sweep(self, now: datetime, days: Days, *, corrected: bool) -> int:
        """Look at every clock and raise what is due; return how many rungs that were."""
        before = len(self.raised)
        for name, case in self.cases.items():
            for deadline, clock in case.clocks.items():
                if not clock.is_open or not (corrected or (clock.next_at is not None and clock.next_at <= now)):
                    continue
                was = clock.end.effective_on
                for rung in clock.tend(days, now, corrected=corrected):
                    self.raised.append(RaisedRung(name, deadline, rung, day_of(now)))
                self._count("corrected", clock.end.effective_on != was)
        for case in self.cases.values():
            self._cap(case, days)
        return len(self.raised) - before

    def _do(self, effect: Body, case: OracleCase, body: Body, days: Days) -> None:
        if effect["do"] == "notify" and _was_filled_in(effect.get("given"), body):
            self.told.append((body["case"], effect["notice"]))
        if effect["do"] not in ("start", "stop", "cancel", "suspend", "resume", "extend", "raise"):
            assert "deadline" not in effect, f"the oracle does not know what {effect} does to a deadline"
            return
        name, at = effect["deadline"], _at(body)
        clock = case.clocks.get(name)
        if effect["do"] == "start":
            clock = case.clocks[name] = self._started(case, name, at)
            clock.start(days)
            if case.merged:
                self._cap(case, days)
                clock.promised_on = clock.end.effective_on
            self._count("start")
            return
        if effect.get("with_merged"):
            for other in (self.cases[child].clocks.get(name) for child in case.merged):
                if other is not None and other.is_open:
                    other.stop(days, at)
        if clock is None or not clock.is_open:
            return
        self._count(effect["do"])
        match effect["do"]:
            case "stop":
                clock.stop(days, at)
            case "cancel":
                clock.cancel(days, at)
            case "suspend" if clock.state == "running":
                clock.suspend(days, at)
            case "resume" if clock.state == "suspended":
                clock.resume(days, at)
            case "extend":
                clock.extend(days, case.values[effect["by"]])
            case "raise" if effect["rung"] not in clock.raised:
                self._raise(body, name, clock, effect["rung"], days)

    def _started(self, case: OracleCase, name: str, at: datetime) -> OracleClock:
        definition = self.definitions[case.workflow]
        part = definition["deadlines"][name]
        rule = Rule(part.get("start_day") == "included", part.get("roll"))
        ladder = () if "ladder" not in part else _rungs(definition["ladders"][part["ladder"]]["rungs"])
        limit = part.get("suspension", {}).get("max_days")
        return OracleClock(self._term(case, part["within"]), rule, ladder, at, stands_still_days=limit)

    def _term(self, case: OracleCase, within: str | Body) -> str:
        """Return the period, or the date that the case, its session or the definition gives."""
        if isinstance(within, str):
            return within
        if value := case.values.get(within.get("from_field", "")):
            return f"on {value}" if len(value) == len("2026-03-02") else f"at {value}"
        if case.session is not None and within.get("session") in self.sessions[case.session]:
            return f"on {self.sessions[case.session][within['session']]}"
        return f"on {within['fixed']}" if "fixed" in within else str(within["otherwise"])

    def _moved(self, case: OracleCase, body: Body, days: Days) -> None:
        """Raise the rungs that stand at a move: from its n-th time on, once each."""
        move = body["transition"]
        case.fired[move] = case.fired.get(move, 0) + 1
        for name, clock in case.clocks.items():
            for part in self._ladder_of(case, name) if clock.is_open else ():
                due = part["at"].get("on") == move and case.fired[move] >= part["at"].get("times", 1)
                if due and part["id"] not in clock.raised:
                    self._raise(body, name, clock, part["id"], days)

    def _raise(self, body: Body, deadline: str, clock: OracleClock, rung: str, days: Days) -> None:
        clock.note([rung], _at(body))
        clock.plan(days)
        self.raised.append(RaisedRung(body["case"], deadline, rung, day_of(_at(body))))
        self._count("rung of a move")

    def _ladder_of(self, case: OracleCase, name: str) -> Sequence[Body]:
        definition = self.definitions[case.workflow]
        ladder = definition["deadlines"][name].get("ladder")
        found: Sequence[Body] = () if ladder is None else definition["ladders"][ladder]["rungs"]
        return found

    def _cap(self, case: OracleCase, days: Days) -> None:
        """The case merged into is due at the earlier of the two, deadline by deadline (X03), and free again (X04)."""
        for name, clock in case.clocks.items():
            others = (self.cases[child].clocks.get(name) for child in case.merged)
            ends = [other.end.effective_on for other in others if other is not None and other.is_open]
            cap_on = min(ends, default=None)
            if clock.is_open and cap_on != clock.cap_on:
                clock.cap(days, cap_on)
                self._count("cap")

    def _count(self, what: str, how_often: int = 1) -> None:
        self.counted[what] = self.counted.get(what, 0) + how_often


def read_definitions(folder: Path) -> dict[str, Body]:
    """Return the definitions of a folder as they are written, by name."""
    reader = YAML(typ="safe")
    found = [reader.load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*/v1.yaml"))]
    return {definition["name"]: definition for definition in found}


def _effects(definition: Body, body: Body) -> Iterator[Body]:
    """Yield what an entry's move does: the effects of the move, then those of the way that was taken."""
    if "opening" in body:
        yield from definition.get("on_open", ())
    if "transition" not in body:
        return
    move = definition["transitions"][body["transition"]]
    yield from move.get("effects", ())
    held = {guard for guard, holds in body.get("guards", ()) if holds}
    for way in move.get("alternatives", ()):
        if all(guard["id"] in held for guard in way.get("guards", ())):
            yield from way.get("effects", ())
            return


def _was_filled_in(field: str | None, body: Body) -> bool:
    """Return whether an entry holds a field, in the open or committed to; without a field there is nothing to ask."""
    return field is None or field in body.get("pub", {}) or f"fields/{field}" in body.get("priv", {})


def _rungs(parts: Sequence[Body]) -> tuple[Rung, ...]:
    found = []
    for part in parts:
        side = next(each for each in ("on", "before", "after") if each in part["at"])
        found.append(Rung(part["id"], part["level"], side, part["at"][side], part.get("repeat")))
    return tuple(found)


def _at(body: Body) -> datetime:
    return datetime.fromisoformat(body.get("stated", {}).get("occurred_at", body["at"]))
