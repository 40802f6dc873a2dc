"""Counts the measures of a definition over the facts of its cases: numerators, denominators, and what was left out.

Nothing is rounded before it is shown, and then half up, by whole numbers only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from engine.case.case import ClockState
from engine.case.codec import at_from
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.definition.model import Apart, Measure, Share
from engine.definition.parts import Milestone
from engine.figures.facts import Facts, Named, Names, Scope, clock_state, head_of, is_undated
from engine.figures.spans import measure_guards
from engine.figures.suppression import Number, Row, marked, summed
from engine.text import Text

NO_DENOMINATOR = "—"
NUMERATOR, DENOMINATOR, _REST, _CASES = "numerator", "denominator", "rest", "cases"
UNDATED_LINE = ("undated", Text("日期不明", "Date not known"))
"""Id and title of the line that counts imported cases whose dates are not known, in each measure that asks for one:
among the exclusions, or beside the figure where only a line there asks."""
_ASKS_WHEN = frozenset({"at", "first_at", "due", "met", "on_time"})


class Grouping(StrEnum):
    """What figures may be broken down by: the unit that leads (else the case's own), the category, the month in which
    the case was first submitted (Asia/Shanghai)."""

    UNIT = "unit"
    CATEGORY = "category"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A line beside a figure: cases left out of it, or shown apart."""

    id: str
    title: Text
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The numbers behind one figure. ``denominator`` is None for a count; ``small`` marks a sample too small to judge.

    A case that meets several exclusions is counted in the first of them, so that what is left out adds up. A case
    imported without a date is left out of a measure that reads a milestone or deadline which the case has, and of lines
    that do. What is not printed stands in ``marks`` by its name and is 0 here, so that no surface can give it away.
    """

    numerator: int
    denominator: int | None
    excluded: tuple[Counted, ...]
    beside: tuple[Counted, ...]
    small: bool
    marks: Mapping[str, str] = field(default_factory=dict)

    def shown(self, name: str, count: int) -> str:
        """Return a number as it is printed: itself, or the mark that stands for it (``suppression``)."""
        return self.marks.get(name, str(count))

    def value(self, decimals: int = 1) -> str:
        """Return the figure as it is printed: a count, or a rate in per cent without the sign, "—" over nothing; the
        mark of its numerator or denominator where that is not printed."""
        held = self.marks.get(NUMERATOR) or self.marks.get(DENOMINATOR)
        if held is not None:
            return held
        return str(self.numerator) if self.denominator is None else rate(self.numerator, self.denominator, decimals)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureResult:
    """One measure over all cases and, where asked for, over each group; the key None holds cases that have none."""

    name: str
    title: Text
    total: Tally
    groups: tuple[tuple[str | None, Tally], ...]


def rate(numerator: int, denominator: int, decimals: int = 1) -> str:
    """Return a share in per cent, rounded half up; "—" for a denominator of 0.

    >>> rate(37, 40, 0), rate(3993, 4028, 2), rate(0, 0)
    ('93', '99.13', '—')
    """
    if denominator == 0:
        return NO_DENOMINATOR
    steps = 10**decimals
    # floor(x + 1/2), by whole numbers: exact at every half.
    rounded = (2 * numerator * 100 * steps + denominator) // (2 * denominator)
    sign, digits = "-" if rounded < 0 else "", abs(rounded)
    return f"{sign}{digits // steps}.{digits % steps:0{decimals}}" if decimals else f"{sign}{digits}"


def evaluate(
    definition: Definition,
    facts: Iterable[Facts],
    at: datetime,
    *,
    by: Grouping | None = None,
    suppressed: bool = False,
) -> list[MeasureResult]:
    """Return every measure of the definition, in its order.

    Args:
        definition: whose measures are counted.
        facts: of every case that counts, as of ``at``; each case once.
        at: the cut-off, aware.
        by: also break every measure down; groups are sorted, cases without a value last.
        suppressed: do not print what would count out single people (``suppression``).
    """
    counting = _Counting(definition, at)
    group_of = _group_of(definition, by)
    seen = Counter((group_of(named.case), counting.answers(named)) for named in _named(facts, counting.asks_head))
    keys = sorted({group for group, _ in seen}, key=lambda key: (key is None, key or "")) if by is not None else []
    shows_undated = any(answers.undated for _group, answers in seen)
    overall: Counter[_Answers] = Counter()
    by_group: dict[str | None, Counter[_Answers]] = {key: Counter() for key in keys}
    for (group, answers), cases in seen.items():
        overall[answers] += cases
        if by is not None:
            by_group[group][answers] += cases
    results = [
        MeasureResult(
            name=name,
            title=measure.title.text,
            total=counting.tally(name, overall, shows_undated),
            groups=tuple((key, counting.tally(name, by_group[key], shows_undated)) for key in keys),
        )
        for name, measure in definition.workflow.measures.items()
    ]
    if not suppressed:
        return results
    rows = [counting.row(each, shows_undated) for each in (overall, *(by_group[key] for key in keys))]
    whole, groups = marked(rows[0], rows[1:])
    return [
        replace(
            result,
            total=_held_back(result.name, result.total, whole),
            groups=tuple(
                (key, _held_back(result.name, tally, marks))
                for (key, tally), marks in zip(result.groups, groups, strict=True)
            ),
        )
        for result in results
    ]


class _Answers(NamedTuple):
    """What a case answers to every question of the measures; cases that answer alike are counted together.

    ``undated`` are the questions that ask for a date of the case which is not known, so that the answer means nothing.
    """

    holds: tuple[bool, ...]
    numbers: tuple[int, ...]
    undated: tuple[str, ...]


class _Counting:
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
        self.asks_head = any(name.startswith("head.") for name in wanted)

    def answers(self, named: Named) -> _Answers:
        scope = self._names.scope(named)
        numbers = [scope[root].get(attribute) for root, attribute in self._added]
        return _Answers(
            tuple([closure(scope) is True for closure in self._closures]),
            tuple([number if isinstance(number, int) else 0 for number in numbers]),
            self._undated(named.case, scope) if is_undated(named.case) else (),
        )

    def _undated(self, case: Facts, scope: Scope) -> tuple[str, ...]:
        return tuple(
            text
            for text, dates in self._dates.items()
            if any(
                scope[root][attribute] is not None or _still_open(case, root, attribute) for root, attribute in dates
            )
        )

    def tally(self, name: str, seen: Mapping[_Answers, int], shows_undated: bool) -> Tally:
        """Count one measure over cases that answered thus so many times."""
        measure, (undated, title) = self._measures[name], UNDATED_LINE
        texts, texts_beside = tuple(_texts(measure)), tuple(apart.where for apart in measure.beside)
        numerator = denominator = 0
        excluded, beside = Counter[str](), Counter[str]()
        for answers, cases in seen.items():
            for apart in measure.beside:
                beside[apart.id] += cases * self._holds(apart.where, answers)
            beside[undated] += cases * _any_of(texts_beside, answers.undated)
            left_out = next((apart.id for apart in measure.excluded if self._holds(apart.where, answers)), None)
            if left_out is None and _any_of(texts, answers.undated):
                left_out = undated
            if left_out is not None:
                excluded[left_out] += cases
                continue
            numerator += cases * self._share(measure.numerator, answers)
            if measure.denominator is not None:
                denominator += cases * self._share(measure.denominator, answers)
        lines, lines_beside = _counted(measure.excluded, excluded), _counted(measure.beside, beside)
        if shows_undated and _any_of(texts, self._dates):
            lines = (*lines, Counted(id=undated, title=title, count=excluded[undated]))
        elif shows_undated and _any_of(texts_beside, self._dates):
            lines_beside = (*lines_beside, Counted(id=undated, title=title, count=beside[undated]))
        sample = numerator if measure.denominator is None else denominator
        return Tally(
            numerator=numerator,
            denominator=None if measure.denominator is None else denominator,
            excluded=lines,
            beside=lines_beside,
            small=sample < measure.minimum_sample,
        )

    def row(self, seen: Mapping[_Answers, int], shows_undated: bool) -> Row:
        """Return every number of the measures over these cases, with what each kind of case adds to it."""
        kinds = [(answers, cases) for answers, cases in seen.items() if cases]
        found = {_CASES: Number(sum(seen.values()), dict.fromkeys(range(len(kinds)), 1), is_printed=False)}
        for name, measure in self._measures.items():
            each = [_numbers(self.tally(name, {answers: 1}, shows_undated)) for answers, _cases in kinds]
            for column in each[0] if each else ():
                parts = summed((place, numbers[column]) for place, numbers in enumerate(each))
                value = sum(parts.get(place, 0) * cases for place, (_answers, cases) in enumerate(kinds))
                found[f"{name} {column}"] = Number(value, parts, column != _REST or measure.denominator is None)
        return found

    def _holds(self, text: str, answers: _Answers) -> bool:
        return answers.holds[self._question[text]] and text not in answers.undated

    def _share(self, share: Share, answers: _Answers) -> int:
        if not self._holds(share.where, answers):
            return 0
        return 1 if share.sum is None else answers.numbers[self._number[share.sum]]


def _numbers(tally: Tally) -> dict[str, int]:
    """Return the numbers of a tally by their names, and the rest of a share, which nobody prints."""
    numbers = {NUMERATOR: tally.numerator}
    if tally.denominator is not None:
        numbers |= {DENOMINATOR: tally.denominator, _REST: tally.denominator - tally.numerator}
    numbers |= {f"excluded.{line.id}": line.count for line in tally.excluded}
    return numbers | {f"beside.{line.id}": line.count for line in tally.beside}


def _held_back(measure: str, tally: Tally, marks: Mapping[str, str]) -> Tally:
    """Return a tally without what is not printed."""
    own = {
        column.removeprefix(f"{measure} "): mark
        for column, mark in marks.items()
        if column.startswith(f"{measure} ") and not column.endswith(f" {_REST}")
    }
    if not own:
        return tally

    def lines(kind: str, all_lines: tuple[Counted, ...]) -> tuple[Counted, ...]:
        return tuple(replace(line, count=0) if f"{kind}.{line.id}" in own else line for line in all_lines)

    return replace(
        tally,
        numerator=0 if NUMERATOR in own else tally.numerator,
        denominator=0 if DENOMINATOR in own else tally.denominator,
        excluded=lines("excluded", tally.excluded),
        beside=lines("beside", tally.beside),
        marks=own,
    )


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


def _counted(parts: tuple[Apart, ...], counts: Mapping[str, int]) -> tuple[Counted, ...]:
    return tuple(Counted(id=part.id, title=part.title.text, count=counts[part.id]) for part in parts)


def _named(facts: Iterable[Facts], asks_head: bool) -> Iterator[Named]:
    """Pair every case with the one it was merged into; all cases are held in memory only where that is asked."""
    if not asks_head:
        yield from (Named(case, case) for case in facts)
        return
    known = {case.case: case for case in facts}
    yield from (Named(case, head_of(case, known)) for case in known.values())


def _group_of(definition: Definition, by: Grouping | None) -> Callable[[Facts], str | None]:
    match by:
        case None:
            return lambda _facts: None
        case Grouping.UNIT:
            return lambda facts: facts.held.get("lead", facts.held.get("unit"))
        case Grouping.CATEGORY:
            kind = f"field:{definition.workflow.category_field}"
            return lambda facts: facts.held.get(kind)
        case Grouping.MONTH:
            return _month


def _month(facts: Facts) -> str | None:
    text = facts.first.get(str(Milestone.SUBMITTED))
    return None if text is None or is_undated(facts) else f"{at_from(text).astimezone(SHANGHAI):%Y-%m}"
