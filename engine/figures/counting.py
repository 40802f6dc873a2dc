"""What every case answers to the questions of a definition's measures, and the numbers that come of it.

Cases that answer alike are counted together, so that a measure looks at kinds of cases and not at each.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from typing import Final, NamedTuple

from engine.case.case import ClockState
from engine.definition.compiled import Definition
from engine.definition.model import Measure, Share
from engine.figures.facts import Facts, Named, Names, Scope, clock_state, head_of, is_undated
from engine.figures.measures import DENOMINATOR, NUMERATOR, UNDATED_LINE
from engine.figures.spans import measure_guards
from engine.figures.watched import deadlines_of, is_marked, lines_of, marks_of

REST: Final = "rest"
CASES: Final = "cases"
_ASKS_WHEN = frozenset({"at", "first_at", "due", "met", "on_time"})


class Answers(NamedTuple):
    """What a case answers to every question of the measures; cases that answer alike are counted together.

    ``undated`` are the questions that ask for a date of the case which is not known, so that the answer means nothing;
    ``marks`` what happened to it that on-time rates are told with (``watched``).
    """

    holds: tuple[bool, ...]
    numbers: tuple[int, ...]
    undated: tuple[str, ...]
    marks: tuple[str, ...] = ()


class Counting:
    """The questions of all measures, each asked once per case however many measures ask it."""

    def __init__(self, definition: Definition, at: datetime) -> None:
        guards = measure_guards(definition)
        self._measures = definition.workflow.measures
        sums = {
            share.sum
            for measure in self._measures.values()
            for share in (measure.numerator, measure.denominator)
            if share
        }
        self._question = {text: index for index, text in enumerate(guards)}
        self._closures = tuple(guard.closure for guard in guards.values())
        self._sums = tuple(sorted(name for name in sums if name is not None))
        self._number = {name: index for index, name in enumerate(self._sums)}
        wanted = {name for guard in guards.values() for name in guard.names} | set(self._sums)
        self._names = Names(definition, wanted, at)
        self._added = [name.partition(".")[::2] for name in self._sums]
        self._dates = {text: dates for text, guard in guards.items() if (dates := _dates_asked(guard.names))}
        self._deadlines = {name: deadlines_of(definition, name) for name in self._measures}
        self._watched = {name: [line.id for line in lines_of(definition, name)] for name in self._measures}
        self._all_deadlines = tuple(sorted(frozenset().union(*self._deadlines.values())))
        self.asks_head = any(name.startswith("head.") for name in wanted)

    def answers(self, named: Named) -> Answers:
        scope = self._names.scope(named)
        numbers = [scope[root].get(attribute) for root, attribute in self._added]
        return Answers(
            tuple([closure(scope) is True for closure in self._closures]),
            tuple([number if isinstance(number, int) else 0 for number in numbers]),
            self._undated(named.case, scope) if is_undated(named.case) else (),
            tuple(marks_of(named.case, self._all_deadlines)) if self._all_deadlines else (),
        )

    def _undated(self, case: Facts, scope: Scope) -> tuple[str, ...]:
        return tuple(
            text
            for text, dates in self._dates.items()
            if any(
                scope[root][attribute] is not None or _still_open(case, root, attribute) for root, attribute in dates
            )
        )

    @property
    def blank(self) -> Answers:
        """Return what a case would answer that answers no to everything."""
        return Answers((False,) * len(self._question), (0,) * len(self._sums), ())

    def numbers(self, name: str, answers: Answers, shows_undated: bool) -> dict[str, int]:
        """Return what a case that answers thus adds to the numbers of a measure, by their names, "rest" among them.

        A case that meets several exclusions is counted in the first of them, so that what is left out adds up.
        """
        measure, undated = self._measures[name], UNDATED_LINE[0]
        asks, beside_asks = tuple(_texts(measure)), tuple(apart.where for apart in measure.beside)
        left_out = next((apart.id for apart in measure.excluded if self._holds(apart.where, answers)), None)
        if left_out is None and _any_of(asks, answers.undated):
            left_out = undated
        numerator = 0 if left_out is not None else self._share(measure.numerator, answers)
        is_in = left_out is None and measure.denominator is not None and self._holds(measure.denominator.where, answers)
        found = {NUMERATOR: numerator}
        if measure.denominator is not None:
            denominator = 0 if left_out is not None else self._share(measure.denominator, answers)
            found |= {DENOMINATOR: denominator, REST: denominator - numerator}
        found |= {f"excluded.{apart.id}": int(apart.id == left_out) for apart in measure.excluded}
        if shows_undated and _any_of(asks, self._dates):
            found[f"excluded.{undated}"] = int(left_out == undated)
        found |= {f"beside.{apart.id}": int(self._holds(apart.where, answers)) for apart in measure.beside}
        found |= {
            f"beside.{line}": int(is_in and is_marked(answers.marks, line, self._deadlines[name]))
            for line in self._watched[name]
        }
        if shows_undated and not _any_of(asks, self._dates) and _any_of(beside_asks, self._dates):
            found[f"beside.{undated}"] = int(_any_of(beside_asks, answers.undated))
        return found

    def each(self, answers: Answers, shows_undated: bool) -> dict[str, int]:
        """Return what a case that answers thus adds to every number of all measures, by ``<measure> <number>``."""
        return {
            f"{name} {column}": number
            for name in self._measures
            for column, number in self.numbers(name, answers, shows_undated).items()
        }

    def _holds(self, text: str, answers: Answers) -> bool:
        return answers.holds[self._question[text]] and text not in answers.undated

    def _share(self, share: Share, answers: Answers) -> int:
        if not self._holds(share.where, answers):
            return 0
        return 1 if share.sum is None else answers.numbers[self._number[share.sum]]


def _texts(measure: Measure) -> Iterator[str]:
    yield from (share.where for share in (measure.numerator, measure.denominator) if share is not None)
    yield from (apart.where for apart in measure.excluded)


def _any_of(texts: Iterable[str], among: Container[str]) -> bool:
    return any(text in among for text in texts)


def _still_open(case: Facts, root: str, deadline: str) -> bool:
    """Say whether somebody asks if a deadline was kept that still runs: not yet late is an answer by its date, too."""
    return root == "on_time" and clock_state(case, deadline) is ClockState.RUNNING


def _dates_asked(names: Iterable[str]) -> list[tuple[str, str]]:
    pairs = (name.partition(".")[::2] for name in sorted(names))
    return [(root, attribute) for root, attribute in pairs if root in _ASKS_WHEN]


def named_of(facts: Iterable[Facts], asks_head: bool) -> Iterator[Named]:
    """Pair every case with the one it was merged into; all cases are held in memory only where that is asked."""
    if not asks_head:
        yield from (Named(case, case) for case in facts)
        return
    known = {case.case: case for case in facts}
    yield from (Named(case, head_of(case, known)) for case in known.values())
