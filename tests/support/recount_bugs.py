"""Bugs put into the engine's figures on purpose, one at a time: the independent count must differ from each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from unittest.mock import patch

from engine.case import codec
from engine.figures import facts
from engine.figures.counting import Answers, Counting
from engine.figures.facts import Facts

_right_clock, _right_numbers = facts._clock, Counting.numbers


def _later(at: datetime) -> int:
    return codec.microseconds(at + timedelta(days=9))


def _clock_by_the_promise(text: str | None, at: datetime) -> Any:
    """Call everything that was done on time."""
    clock = _right_clock(text, at)
    return clock._replace(on_time=clock.met is not None or clock.on_time)


def _never_suspended(text: str | None, at: datetime) -> Any:
    return _right_clock(text, at)._replace(suspended=False)


def _leaves_nothing_out(self: Counting, name: str, answers: Answers, shows_undated: bool) -> dict[str, int]:
    measure = self._measures[name]
    unlimited = measure.model_copy(update={"excluded": ()})
    with patch.object(self, "_measures", {**self._measures, name: unlimited}):
        found = _right_numbers(self, name, answers, shows_undated)
    return {**{f"excluded.{line.id}": 0 for line in measure.excluded}, **found}


def _counts_each_once(self: Counting, share: Any, answers: Answers) -> int:
    return int(self._holds(share.where, answers))


def _itself(case: Facts, _known: Mapping[Any, Facts]) -> Facts:
    return case


def _own_unit(case: Facts) -> str | None:
    return case.held.get("unit")


def _no(*_given: object) -> bool:
    return False


BUGS: Final[Mapping[str, Mapping[str, object]]] = {
    "what was recorded after the cut-off counts": {"engine.figures.facts.microseconds": _later},
    "done too late counts as on time": {"engine.figures.facts._clock": _clock_by_the_promise},
    "what stands still is not left out": {"engine.figures.facts._clock": _never_suspended},
    "nothing is left out": {"engine.figures.counting.Counting.numbers": _leaves_nothing_out},
    "a sum counts every case once": {"engine.figures.counting.Counting._share": _counts_each_once},
    "a merged form does not follow its main case": {"engine.figures.counting.head_of": _itself},
    "a case stays with the unit that opened it": {"engine.figures.chosen._unit_of": _own_unit},
    "a month ends at midnight in Greenwich": {"engine.figures.chosen.SHANGHAI": UTC},
    "who was handled again is not noticed": {"engine.figures.facts._came_again": _no},
    "dates that nobody knows are relied on": {
        "engine.figures.counting.is_undated": _no,
        "engine.figures.survey.is_undated": _no,
        "engine.figures.chosen.is_undated": _no,
    },
}
"""What each is called → what is replaced, and by what."""


@contextmanager
def seeded(name: str) -> Iterator[None]:
    """Put a bug in for the length of a block."""
    patches = [patch(target, instead) for target, instead in BUGS[name].items()]
    for one in patches:
        one.start()
    try:
        yield
    finally:
        for one in patches:
            one.stop()
