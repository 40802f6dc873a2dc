"""What stands beside every on-time rate, whether its definition thinks of it or not: how many of its cases had their
clock stopped or their term extended, were passed on to another unit, or were handled again after they counted as done.

A rate that is good because terms are extended or cases closed early shows it there. A definition that has a line of one
of these names says it in its own way, and that line stands.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from engine.definition.compiled import Definition
from engine.figures.facts import Facts
from engine.figures.spans import measure_guards
from engine.text import Text

STOPPED: Final = "was_suspended"
EXTENDED: Final = "extended"
REASSIGNED: Final = "reassigned"
RE_HANDLED: Final = "re_handled"
REOPENED: Final = "reopened"
_AFTER: Final = {RE_HANDLED: "handled", REOPENED: "closed"}
_DONE: Final = frozenset({"at", "first_at", "met"})


class Watched(NamedTuple):
    """A line beside an on-time rate."""

    id: str
    title: Text


LINES: Final = (
    Watched(STOPPED, Text("曾中止计时", "Clock stopped")),
    Watched(EXTENDED, Text("曾延期", "Extended")),
    Watched(REASSIGNED, Text("曾改派", "Passed on to another unit")),
    Watched(RE_HANDLED, Text("办结后重办", "Handled again after the answer")),
    Watched(REOPENED, Text("结案后重办", "Taken up again after closing")),
)


def lines_of(definition: Definition, name: str) -> tuple[Watched, ...]:
    """Return the lines that stand beside a measure without being declared; none beside what is no on-time rate."""
    if not deadlines_of(definition, name):
        return ()
    declared = {part.id for part in definition.workflow.measures[name].beside}
    return tuple(line for line in LINES if line.id not in declared)


@lru_cache(maxsize=4096)
def deadlines_of(definition: Definition, name: str) -> frozenset[str]:
    """Return the deadlines that an on-time rate is about; none of any other measure.

    A share is an on-time rate when its numerator asks whether a deadline was kept, or holds an instant at which
    something was done against one at which it was due.
    """
    measure = definition.workflow.measures[name]
    if measure.denominator is None:
        return frozenset()
    pairs = [one.partition(".")[::2] for one in measure_guards(definition)[measure.numerator.where].names]
    kept = frozenset(which for root, which in pairs if root == "on_time")
    due = frozenset(which for root, which in pairs if root == "due")
    return kept or (due if any(root in _DONE for root, _which in pairs) else frozenset())


def marks_of(facts: Facts, deadlines: Collection[str]) -> Iterator[str]:
    """Yield what happened to a case that on-time rates are told with, to a clock as ``extended reply``."""
    for deadline in deadlines:
        text = facts.held.get(f"clock:{deadline}")
        clock = {} if text is None else json.loads(text)
        if clock.get("suspensions"):
            yield f"{STOPPED} {deadline}"
        if clock.get("extensions"):
            yield f"{EXTENDED} {deadline}"
    if facts.assignments > 1:
        yield REASSIGNED
    for line, milestone in _AFTER.items():
        if milestone in facts.went_back:
            yield line


def is_marked(marks: Collection[str], line: str, deadlines: Collection[str]) -> bool:
    """Say whether a case with these marks stands in a line of a rate about these deadlines."""
    return line in marks or any(f"{line} {deadline}" in marks for deadline in deadlines)
