"""Figures counted a second time, by somebody who trusts nobody: from an exported bundle and the text of the rules.

Reads the zip file of ``banjie bundle`` and the YAML files of ``workflows/``, and nothing else: no database, no span, no
line of the engine. The ledger is cut off at the instant and what is left is told anew; then every case is asked the
questions of the measure. Run it as ``python -m tests.oracle.recount bundle.zip --workflow proposal``. That the bundle
is genuine is for ``deploy/verify`` to say.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

from tests.oracle.questions import answer, names_in, tree_of
from tests.oracle.written import Body, Rules

RULES = Path(__file__).parents[2] / "workflows"
CHINA = timezone(timedelta(hours=8))
MILESTONES = ("submitted", "reviewed", "assigned", "handled", "evaluated", "closed")
"""In the order in which a case comes to them."""
SCOPES = ("whole", "unit", "category", "month", "session")
_DATED = ("at", "first_at", "due", "met", "on_time")
_NOT_OPENED = object()
"""Stands for a value that the bundle does not open to its reader."""


class CannotRecount(Exception):
    """The bundle was made for somebody who may not know what the figure counts by."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The cases a figure is of: all, or those of one unit, category, month of submission or congress session (``key``
    None: those that have none)."""

    kind: str = "whole"
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Recounted:
    """A figure, counted again. ``denominator`` is None for a count; lines without a case are left out; ``counted`` are
    the ids of the cases in the numerator, sorted."""

    numerator: int
    denominator: int | None
    excluded: Mapping[str, int]
    beside: Mapping[str, int]
    counted: Sequence[str]


@dataclass(slots=True)
class Told:
    """A case as the ledger tells it up to an instant; instants are texts, which sort as they follow."""

    id: str
    workflow: str
    unit: str
    session: str | None
    state: str = ""
    stood_in: set[str] = field(default_factory=set)
    values: dict[str, Any] = field(default_factory=dict)
    fired: dict[str, int] = field(default_factory=dict)
    first: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)
    clocks: dict[str, Body] = field(default_factory=dict)
    rungs: dict[str, set[str]] = field(default_factory=dict)
    parts: list[Body] = field(default_factory=list)
    assigned: int = 0
    way: list[str] = field(default_factory=list)
    came: dict[str, int] = field(default_factory=dict)
    merged_into: str = ""
    is_stated: bool = False
    is_undated: bool = False

    def went_back_after(self, milestone: str) -> bool:
        """Say whether the case, once there, came into a state again in which it had stood before."""
        place = self.came.get(milestone, len(self.way))
        return any(state in self.way[:place] for state in self.way[place + 1 :])

    @property
    def lead(self) -> str | None:
        """The unit that leads by the newest assignment."""
        newest = max((part["batch"] for part in self.parts), default=0)
        leads = (part["unit"] for part in self.parts if part["batch"] == newest and part["role"] == "lead")
        return next(leads, None)


class Recount:
    """Answers what a figure is, from one bundle."""

    def __init__(self, bundle: bytes, rules: Rules) -> None:
        self.rules = rules
        with zipfile.ZipFile(io.BytesIO(bundle)) as file:
            opened = {(entry, path): value for entry, path, _salt, value in json.loads(file.read("openings.jcs"))}
            erased = {(entry, path) for entry, path, _by in json.loads(file.read("erased.jcs"))}
            names = sorted(name for name in file.namelist() if name.startswith("entries/"))
            self.entries: list[Body] = [json.loads(file.read(name)) for name in names]
        self._said: dict[str, dict[str, Any]] = {}
        for body in self.entries:
            paths = [path for path in body.get("priv", {}) if path.startswith("fields/")]
            self._said[body["id"]] = {
                path.removeprefix("fields/"): opened.get((body["id"], path), _NOT_OPENED)
                for path in paths
                if (body["id"], path) not in erased
            }
        self._as_of: tuple[str, dict[str, Told]] = ("", {})

    def count(self, workflow: str, measure: str, at: datetime, scope: Scope = Scope()) -> Recounted:
        """Return one measure of the cases of a scope, as the ledger knew them at an aware instant."""
        cutoff = _text(at)
        known = self._cases_at(cutoff)
        cases = [case for case in known.values() if case.workflow == workflow]
        asked = _Asked(self.rules, workflow, {case.id: case for case in cases}, cutoff)
        part = self.rules.workflow(workflow)["measures"][measure]
        sums, counted = {"numerator": 0, "denominator": 0}, []
        lines: dict[str, dict[str, int]] = {"excluded": {}, "beside": {}}
        for case in cases:
            if scope.kind != "whole" and asked.key(case, scope.kind) != scope.key:
                continue
            left_out = asked.left_out(case, part)
            if left_out is not None:
                lines["excluded"][left_out] = lines["excluded"].get(left_out, 0) + 1
            else:
                shares = {name: asked.share(case, part[name]) for name in sums if name in part}
                sums = {name: sums[name] + shares.get(name, 0) for name in sums}
                counted += [case.id] if shares["numerator"] else []
                for name in asked.watched(case, part):
                    lines["beside"][name] = lines["beside"].get(name, 0) + 1
            for name in asked.beside(case, part):
                lines["beside"][name] = lines["beside"].get(name, 0) + 1
        whole = sums["denominator"] if "denominator" in part else None
        return Recounted(sums["numerator"], whole, lines["excluded"], lines["beside"], sorted(counted))

    def _cases_at(self, cutoff: str) -> dict[str, Told]:
        """Return every case as told by the entries that were recorded up to an instant; the last answer is kept."""
        if self._as_of[0] != cutoff:
            told: dict[str, Told] = {}
            for body in sorted(self.entries, key=lambda body: (body["case"], body["seq"])):
                if body["at"] <= cutoff:
                    self._tell(told, body)
            self._as_of = (cutoff, told)
        return self._as_of[1]

    def _tell(self, told: dict[str, Told], body: Body) -> None:
        opening = body.get("opening")
        if opening is not None:
            told[body["case"]] = Told(
                body["case"], opening["workflow"], opening["unit"], opening.get("congress_session")
            )
        case = told.get(body["case"])
        if case is None:
            return  # a stream of the house's own, or a chain without its beginning, which is for verify.py to tell
        case.values |= body.get("pub", {}) | self._said[body["id"]]
        for name in body.get("unset", ()):
            case.values.pop(name, None)
        if (stated := body.get("stated")) is not None:
            case.is_stated = True
            case.is_undated |= stated["basis"].endswith(";undated")
        if "to" in body:
            if body["to"] != case.state:
                case.way.append(body["to"])
            case.state = body["to"]
            case.stood_in.add(case.state)
            milestone = self.rules.workflow(case.workflow)["states"][case.state].get("milestone")
            if milestone is not None:
                case.last[milestone] = body["stated"]["occurred_at"] if "stated" in body else body["at"]
                case.first.setdefault(milestone, case.last[milestone])
                case.came.setdefault(milestone, len(case.way) - 1)
        if body["type"] == "fired":
            case.fired[body["transition"]] = case.fired.get(body["transition"], 0) + 1
        case.clocks |= {clock["name"]: clock for clock in body.get("clocks", ())}
        for deadline, rung in body.get("rungs", ()):
            case.rungs.setdefault(deadline, set()).add(rung)
        for deadline, rung in body.get("withdrawn", ()):
            case.rungs.get(deadline, set()).discard(rung)
        case.parts += body.get("children", ())
        case.assigned += "children" in body
        case.merged_into = body.get("merge", case.merged_into)


class _Asked:
    """The questions of one workflow, asked of its cases as of one instant."""

    def __init__(self, rules: Rules, workflow: str, cases: Mapping[str, Told], cutoff: str) -> None:
        self._rules, self._workflow, self._cases, self._cutoff = rules, workflow, cases, cutoff
        self._text = rules.workflow(workflow)

    def key(self, case: Told, kind: str) -> Any:
        """Return what a case is sorted under."""
        match kind:
            case "unit":
                return case.lead or case.unit
            case "session":
                return case.session
            case "category":
                return _open(case.values.get(self._text.get("category_field", "")), "category")
        begun = case.first.get(self._first_milestone)
        if begun is None or case.is_undated:
            return None
        return f"{datetime.fromisoformat(begun).astimezone(CHINA):%Y-%m}"

    @cached_property
    def _first_milestone(self) -> str:
        there = {state.get("milestone") for state in self._text["states"].values()}
        return next((one for one in MILESTONES if one in there), "")

    def left_out(self, case: Told, part: Body) -> str | None:
        """Return the line under which a case is left out of a measure, None where it takes part."""
        for line in part.get("excluded", ()):
            if self._holds(case, line["where"]):
                return str(line["id"])
        texts = [part[name]["where"] for name in ("numerator", "denominator") if name in part]
        texts += [line["where"] for line in part.get("excluded", ())]
        return "undated" if any(self._is_vain(case, text) for text in texts) else None

    def share(self, case: Told, part: Body) -> int:
        """Return how much a case adds to a numerator or denominator."""
        if not self._holds(case, part["where"]):
            return 0
        number = self._read(case, part["sum"]) if part.get("sum") else 1
        return number if isinstance(number, int) else 0

    def watched(self, case: Told, part: Body) -> Iterator[str]:
        """Yield what stands beside every on-time rate, of a case that is in its denominator."""
        asked = [name.split(".", 1) for name in names_in(tree_of(part["numerator"]["where"]))]
        deadlines = {which for root, which in asked if root == "on_time"}
        if not deadlines and any(root in ("at", "first_at", "met") for root, _which in asked):
            deadlines = {which for root, which in asked if root == "due"}
        if not deadlines or "denominator" not in part or not self._holds(case, part["denominator"]["where"]):
            return
        clocks = [clock for name, clock in case.clocks.items() if name in deadlines]
        happened = {
            "was_suspended": any(clock.get("suspensions") for clock in clocks),
            "extended": any(clock.get("extensions") for clock in clocks),
            "reassigned": case.assigned > 1,
            "re_handled": case.went_back_after("handled"),
            "reopened": case.went_back_after("closed"),
        }
        declared = {line["id"] for line in part.get("beside", ())}
        yield from (name for name, is_so in happened.items() if is_so and name not in declared)

    def beside(self, case: Told, part: Body) -> Iterator[str]:
        """Yield the lines beside a measure in which a case is counted."""
        yield from (line["id"] for line in part.get("beside", ()) if self._holds(case, line["where"]))
        own = [part[name]["where"] for name in ("numerator", "denominator") if name in part]
        own += [line["where"] for line in part.get("excluded", ())]
        if not any(_dates(text) for text in own) and any(
            self._is_vain(case, line["where"]) for line in part.get("beside", ())
        ):
            yield "undated"

    def _holds(self, case: Told, text: str) -> bool:
        return not self._is_vain(case, text) and answer(tree_of(text), lambda name: self._read(case, name)) is True

    def _is_vain(self, case: Told, text: str) -> bool:
        """Say whether a question asks for a date of the case which is there and is not known."""
        if not case.is_undated:
            return False
        for name in _dates(text):
            root, _dot, which = name.partition(".")
            if self._read(case, name) is not None:
                return True
            if root == "on_time" and case.clocks.get(which, {}).get("state") == "running":
                return True
        return False

    def _read(self, case: Told, name: str) -> Any:
        root, _dot, which = name.partition(".")
        match root:
            case "case":
                return self._of_case(case, which)
            case "head":
                return self._of_case(self._head(case), which)
            case "flag":
                return self._flag(case, which)
            case "reached":
                return which in case.first
            case "at":
                return case.last.get(which)
            case "first_at":
                return case.first.get(which)
            case "passed":
                return which in case.stood_in
            case "fired":
                return case.fired.get(which, 0)
            case "rung":
                return self._rung(case, which)
            case "cutoff":
                return self._cutoff
            case "stated":
                return case.is_stated
        return self._of_clock(case.clocks.get(which), root)

    def _of_case(self, case: Told, which: str) -> Any:
        match which:
            case "state":
                return case.state
            case "phase":
                return self._text["states"][case.state]["phase"]
            case "unit":
                return case.unit
            case "lead_unit":
                return case.lead
            case "merged":
                return bool(case.merged_into)
        return _open(case.values.get(which), which)

    def _flag(self, case: Told, name: str) -> bool | None:
        place, by_code = self._rules.flagged(self._workflow, name)
        return by_code.get(_open(case.values.get(place), place))

    def _head(self, case: Told) -> Told:
        met = {case.id}
        while case.merged_into in self._cases and case.merged_into not in met:
            case = self._cases[case.merged_into]
            met.add(case.id)
        return case

    def _rung(self, case: Told, deadline: str) -> int:
        ladder = self._text["deadlines"][deadline].get("ladder")
        rungs = self._text["ladders"][ladder]["rungs"] if ladder else ()
        levels = {rung["id"]: rung["level"] for rung in rungs}
        return max((levels.get(rung.split("#")[0], 0) for rung in case.rungs.get(deadline, ())), default=0)

    def _of_clock(self, clock: Body | None, root: str) -> Any:
        """Return what is asked of a deadline: done before the instant it is due at is on time."""
        state = None if clock is None else clock["state"]
        match root:
            case "suspended":
                return state == "suspended"
            case "extended":
                return 0 if clock is None else len(clock.get("extensions", ()))
        if clock is None:
            return None
        match root:
            case "due":
                return clock["due_at"]
            case "met":
                return clock["ended_at"] if state == "met" else None
            case "on_time":
                if state == "met":
                    return clock["ended_at"] < clock["due_at"]
                return False if state == "running" and self._cutoff >= clock["due_at"] else None
        raise ValueError(f"nothing is known under {root}")


def _dates(text: str) -> list[str]:
    return [name for name in names_in(tree_of(text)) if name.partition(".")[0] in _DATED]


def _open(value: Any, name: str) -> Any:
    if value is _NOT_OPENED:
        raise CannotRecount(f"the bundle does not open {name} of every case")
    return value


def _text(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}Z"


def main() -> None:
    """Print the measures of a workflow as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.oracle.recount", description=__doc__)
    parser.add_argument("bundle", type=Path, help="the zip file that banjie bundle wrote")
    parser.add_argument("--workflow", required=True)
    parser.add_argument("--rules", type=Path, default=RULES, help="the folder of the definitions")
    parser.add_argument("--as-of", help="an instant with its zone; default now")
    parser.add_argument("--scope", default="whole", help="whole, or unit=, category=, month=, session= with a key")
    options = parser.parse_args()
    rules = Rules(options.rules)
    at = datetime.fromisoformat(options.as_of) if options.as_of else datetime.now(UTC)
    kind, _sign, key = options.scope.partition("=")
    if options.workflow not in rules.names or kind not in SCOPES or at.tzinfo is None:
        parser.error("no such workflow or scope, or an instant without its zone")
    recount = Recount(options.bundle.read_bytes(), rules)
    for name in rules.workflow(options.workflow)["measures"]:
        found = recount.count(options.workflow, name, at, Scope(kind, key or None))
        told = {"measure": name, "numerator": found.numerator, "denominator": found.denominator}
        told |= {"excluded": dict(found.excluded), "beside": dict(found.beside)}
        sys.stdout.write(f"{json.dumps(told, ensure_ascii=False)}\n")


if __name__ == "__main__":
    main()
