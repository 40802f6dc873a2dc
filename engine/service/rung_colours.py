"""On which rung a deadline stands, told by its colour: the word that all ladders of all workflows have in common."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Final

from engine.definition.model import Rung, Workflow
from engine.definition.period import Period, PeriodUnit, parse_period
from engine.definition.rulebook import Rulebook
from engine.service.ports import OverdueLine
from engine.text import Text


class Colour(StrEnum):
    """The colours of rungs, mild to severe; NONE where no rung stands."""

    NONE = "none"
    BLUE = "blue"
    YELLOW = "yellow"
    ORANGE = "orange"
    RED = "red"
    BLACK = "black"


COLOUR_TITLES: Final[Mapping[Colour, Text]] = {
    Colour.NONE: Text("层级未启动", "no rung yet"),
    Colour.BLUE: Text("蓝色", "blue"),
    Colour.YELLOW: Text("黄色", "yellow"),
    Colour.ORANGE: Text("橙色", "orange"),
    Colour.RED: Text("红色", "red"),
    Colour.BLACK: Text("黑色", "black"),
}
_SEVERITY: Final = {colour: place for place, colour in enumerate(Colour)}


def standing_rung(line: OverdueLine, workflow: Workflow) -> Rung | None:
    """Return the most severe rung that stands, of several the one raised last; None where none does."""
    part = workflow.deadlines.get(line.deadline)
    ladder = None if part is None or part.ladder is None else workflow.ladders.get(part.ladder)
    rungs = {} if ladder is None else {rung.id: rung for rung in ladder.rungs}
    standing = [rungs[name] for name in _ids(json.loads(line.rungs)) if name in rungs]
    return max(reversed(standing), key=lambda rung: _SEVERITY[Colour(rung.colour)], default=None)


def colours_of_rungs(rules: Rulebook) -> Mapping[str, Colour]:
    """Return the colour of each rung by its id, the most severe one where ladders differ."""

    def worked_out() -> Mapping[str, Colour]:
        colours: dict[str, Colour] = {}
        for rung in _all_rungs(rules):
            colour = Colour(rung.colour)
            colours[rung.id] = max(colours.get(rung.id, colour), colour, key=_SEVERITY.__getitem__)
        return colours

    return rules.once(("colours of rungs",), worked_out)


def worst_colour(rungs: Iterable[str], colours: Mapping[str, Colour]) -> Colour:
    """Return the most severe colour of the rungs, NONE for none."""
    return max((colours.get(name, Colour.NONE) for name in _ids(rungs)), key=_SEVERITY.__getitem__, default=Colour.NONE)


def rungs_of_colour(colour: Colour, rules: Rulebook) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids of the rungs of a colour, and of those that are more severe: none of these may stand."""
    colours = colours_of_rungs(rules)
    if colour is Colour.NONE:
        return (), ()
    own = tuple(name for name, known in colours.items() if known is colour)
    # A colour that no ladder has is asked for by a rung that cannot be: an id has no space.
    return own or ("no rung",), tuple(name for name, known in colours.items() if _SEVERITY[known] > _SEVERITY[colour])


def _ids(rungs: Iterable[str]) -> Iterator[str]:
    return (name.partition("#")[0] for name in rungs)


def _all_rungs(rules: Rulebook) -> Iterator[Rung]:
    for workflow, _hash in rules.workflows.values():
        for ladder in workflow.ladders.values():
            yield from ladder.rungs


def farthest_rung_days(rules: Rulebook) -> int:
    """Return how many calendar days before its due date a deadline has its first rung at most."""

    def worked_out() -> int:
        periods = [parse_period(rung.at.before) for rung in _all_rungs(rules) if rung.at.before is not None]
        return max((_days(period) for period in periods), default=0)

    return rules.once(("farthest rung before",), worked_out)


def _days(period: Period) -> int:
    """Return calendar days that are no fewer than the period, holidays and the day off it moves back over included."""
    match period.unit:
        case PeriodUnit.WORKING_DAYS:
            return 2 * period.count + 15
        case PeriodUnit.MONTHS:
            return 31 * period.count + 15
        case _:
            return period.count + 15
