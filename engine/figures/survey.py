"""Everything that is shown of a workflow's figures at one instant, counted in one pass over its cases.

The whole and what it is broken down by (units, categories, months, congress sessions) hold the same numbers: measures,
how many cases reached each milestone, and how long each stage took. What is not printed is kept back from all of them
together (``suppression``), so that none gives away what another one holds.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from engine.calendar.calendar import Calendar
from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.figures.chosen import Chosen, Key, chosen_of, groupings_of
from engine.figures.counting import CASES, REST, Answers, Counting
from engine.figures.facts import Facts, is_undated
from engine.figures.measures import DENOMINATOR, NUMERATOR, UNDATED_LINE, Counted, Grouping, MeasureResult, Tally
from engine.figures.stages import StageDays, StageTime, milestones_of, stage_time, stages_of
from engine.figures.suppression import FEW, Number, Row, marked_together
from engine.figures.watched import lines_of

STATED: Final = "stated"
UNDATED: Final = "undated"
DECILE_FROM: Final = 10
"""Of fewer cases the ninth decile is the longest time there was, which is somebody's."""
Group = tuple[str, Key] | None
"""A grouping and the key of one of its groups; None for the whole."""
_Kind = tuple[Answers, tuple[bool, ...], tuple[bool, ...], bool, bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """The numbers of one set of cases: the whole (key None) or a group; the key None among groups holds what has none.

    ``numbers`` are those of ``Survey.columns``, None where a number is not printed; ``times`` those of the stages.
    """

    key: Key
    numbers: tuple[int | None, ...]
    times: tuple[StageTime | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """The figures of a workflow at one instant.

    Columns are ``<measure> <number>`` (numerator, denominator, ``excluded.<line>``, ``beside.<line>``), ``cases``,
    ``stated`` (those that count by a stated time), ``undated``, ``reached.<milestone>`` and ``timed.<stage>``.
    """

    columns: tuple[str, ...]
    whole: Section
    groups: Mapping[str, tuple[Section, ...]]
    _places: Mapping[str, int] = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_places", {column: place for place, column in enumerate(self.columns)})

    def has(self, column: str) -> bool:
        """Return whether something is counted in a column."""
        return column in self._places

    def number(self, section: Section, column: str) -> int | None:
        """Return a number; None where it is not printed, 0 for a column that nothing is counted in."""
        place = self._places.get(column)
        return 0 if place is None else section.numbers[place]

    def group(self, by: str, key: Key) -> Section | None:
        """Return a group; None where no case is of it."""
        return next((each for each in self.groups.get(by, ()) if each.key == key), None)


@dataclass(slots=True)
class _Seen:
    """What is counted of one set of cases while the pass goes on."""

    kinds: Counter[_Kind] = field(default_factory=Counter)
    days: list[Counter[int]] = field(default_factory=list)


def reached(milestone: str) -> str:
    """Return the column that counts who reached a milestone."""
    return f"reached.{milestone}"


def timed(stage: tuple[str, str]) -> str:
    """Return the column that counts whose time of a stage is known."""
    return f"timed.{stage[0]}.{stage[1]}"


def survey(
    definition: Definition,
    facts: Iterable[Facts],
    at: datetime,
    *,
    calendar: Calendar | None = None,
    suppressed: bool = False,
    chosen: Chosen | None = None,
) -> Survey:
    """Return all figures of the cases.

    Args:
        definition: whose measures are counted.
        facts: of every case of the workflow, as of ``at``; each case once.
        at: the cut-off, aware.
        calendar: whose working days count; without one no times are told.
        suppressed: do not print what would count out single people; then nothing is chosen, as what one may choose are
            rows of the tables.
        chosen: count these only.
    """
    assert chosen is None or not suppressed, "what is chosen crosses tables that are protected each"
    counting, stages = Counting(definition, at), stages_of(definition)
    times = None if calendar is None else StageDays(stages, calendar)
    milestones, groupings = milestones_of(definition), groupings_of(definition)
    seen: dict[tuple[str, Key], _Seen] = defaultdict(lambda: _Seen(days=[Counter() for _stage in stages]))
    whole = seen["", None]
    for named in chosen_of(facts, counting, definition, chosen):
        case = named.case
        days = (None,) * len(stages) if times is None else times.of(case)
        undated = is_undated(case)
        kind = (
            counting.answers(named),
            tuple([each in case.first for each in milestones]),
            tuple([each is not None for each in days]),
            "stated" in case.held and not undated,
            undated,
        )
        for one in (whole, *(seen[grouping, key_of(case)] for grouping, key_of in groupings)):
            one.kinds[kind] += 1
            for place, each in enumerate(days):
                if each is not None:
                    one.days[place][each] += 1
    return _Tables(definition, counting, whole).told(seen, suppressed=suppressed)


def members(
    definition: Definition, facts: Iterable[Facts], at: datetime, column: str, chosen: Chosen | None, group: Group
) -> Iterator[CaseId]:
    """Yield the cases behind one number of a survey, those with ``group`` only, in the order of the facts."""
    counting = Counting(definition, at)
    name, _space, number = column.partition(" ")
    key_of = dict(groupings_of(definition)).get(group[0]) if group else None
    stages = {timed(stage): stage for stage in stages_of(definition)}
    answered: dict[Answers, bool] = {}
    for named in chosen_of(facts, counting, definition, chosen):
        case = named.case
        if key_of is not None and group and key_of(case) != group[1]:
            continue
        if column == CASES:
            holds = True
        elif column == STATED:
            holds = "stated" in case.held and not is_undated(case)
        elif column == UNDATED:
            holds = is_undated(case)
        elif column in stages:
            begun, ended = (case.first.get(each) for each in stages[column])
            holds = begun is not None and ended is not None and begun <= ended and not is_undated(case)
        elif not number:
            holds = column.removeprefix("reached.") in case.first
        else:
            answers = counting.answers(named)
            if answers not in answered:
                answered[answers] = counting.numbers(name, answers, shows_undated=True).get(number, 0) != 0
            holds = answered[answers]
        if holds:
            yield case.case


def tally_of(definition: Definition, survey: Survey, section: Section, name: str) -> Tally:
    """Return one measure of a section as it is printed."""
    measure = definition.workflow.measures[name]
    marks: dict[str, str] = {}

    def told(number: str) -> int:
        value = survey.number(section, f"{name} {number}")
        if value is None:
            marks[number] = FEW
        return value or 0

    def lines(kind: str) -> tuple[Counted, ...]:
        return tuple(replace(line, count=told(f"{kind}.{line.id}")) for line in titles[kind])

    watched = lines_of(definition, name)
    undated = Counted(id=UNDATED_LINE[0], title=UNDATED_LINE[1], count=0)
    titles = {
        kind: [
            *(Counted(id=part.id, title=part.title.text, count=0) for part in parts),
            *(Counted(id=line.id, title=line.title, count=0, is_share=True) for line in watched if kind == "beside"),
            *([undated] if survey.has(f"{name} {kind}.{undated.id}") else []),
        ]
        for kind, parts in (("excluded", measure.excluded), ("beside", measure.beside))
    }
    numerator = told(NUMERATOR)
    denominator = None if measure.denominator is None else told(DENOMINATOR)
    sample, of_sample = (numerator, NUMERATOR) if denominator is None else (denominator, DENOMINATOR)
    minimum = minimum_of(definition, name)
    is_blank = denominator == 0 and of_sample not in marks  # printed as "—": nothing is there to be relied on
    return Tally(
        numerator=numerator,
        denominator=denominator,
        excluded=lines("excluded"),
        beside=lines("beside"),
        # Of a number that is not printed it is not told how small it is, only that it may be.
        small=not is_blank and (sample < minimum or (of_sample in marks and minimum > 0)),
        minimum=minimum,
        is_of_cases=all(share.sum is None for share in (measure.numerator, measure.denominator) if share),
        marks=marks,
    )


def minimum_of(definition: Definition, name: str) -> int:
    """Return of how many a measure is no small sample any more: its own number, else for a share the workflow's."""
    measure = definition.workflow.measures[name]
    if measure.minimum_sample is not None:
        return measure.minimum_sample
    return 0 if measure.denominator is None else definition.workflow.minimum_sample


def evaluate(
    definition: Definition,
    facts: Iterable[Facts],
    at: datetime,
    *,
    by: Grouping | None = None,
    suppressed: bool = False,
) -> list[MeasureResult]:
    """Return every measure of the definition, in its order; groups are sorted, cases without a value last."""
    return results_of(definition, survey(definition, facts, at, suppressed=suppressed), by)


def results_of(
    definition: Definition, told: Survey, by: Grouping | None, section: Section | None = None
) -> list[MeasureResult]:
    """Return the measures of a survey or of one of its sections, broken down by one thing or by nothing."""
    groups = told.groups.get(by, ()) if by is not None else ()
    return [
        MeasureResult(
            name=name,
            title=measure.title.text,
            total=tally_of(definition, told, section or told.whole, name),
            groups=tuple((each.key, tally_of(definition, told, each, name)) for each in groups),
        )
        for name, measure in definition.workflow.measures.items()
    ]


class _Tables:
    """Makes the numbers of all sections out of what was seen."""

    def __init__(self, definition: Definition, counting: Counting, whole: _Seen) -> None:
        self._counting = counting
        self._milestones, self._stages = milestones_of(definition), stages_of(definition)
        shows_undated = any(kind[0].undated for kind in whole.kinds)
        blank = counting.each(counting.blank, shows_undated)
        self._unprinted = {column for column in blank if column.endswith(f" {REST}")}
        self._unprinted |= {f"{REST}.{place}" for place in range(2 * len(self._stages))}
        self._unprinted |= {f"{REST}.{CASES}.{name}" for name in (STATED, UNDATED, *self._milestones)}
        by_answers: dict[Answers, dict[str, int]] = {}
        self._vectors: dict[_Kind, dict[str, int]] = {}
        for kind in whole.kinds:
            if kind[0] not in by_answers:
                by_answers[kind[0]] = counting.each(kind[0], shows_undated)
            self._vectors[kind] = {**by_answers[kind[0]], **self._beside_measures(kind)}
        names = [*blank, CASES, STATED, UNDATED, *map(reached, self._milestones), *map(timed, self._stages)]
        self._columns = tuple(name for name in names if name not in self._unprinted)

    def told(self, seen: Mapping[tuple[str, Key], _Seen], *, suppressed: bool) -> Survey:
        tables: dict[str, list[tuple[Key, _Seen]]] = {str(grouping): [] for grouping in Grouping}
        for (grouping, key), each in sorted(seen.items(), key=lambda item: (item[0][1] is None, item[0][1] or "")):
            if grouping:
                tables[grouping].append((key, each))
        whole = seen["", None]
        marks: Mapping[str, str] = {}
        of_tables: Sequence[Sequence[Mapping[str, str]]] = [[{}] * len(groups) for groups in tables.values()]
        if suppressed:
            rows = [[self._row(each) for _key, each in groups] for groups in tables.values()]
            marks, of_tables = marked_together(self._row(whole), rows)
        return Survey(
            columns=self._columns,
            whole=self._section(None, whole, marks, suppressed=suppressed),
            groups={
                name: tuple(
                    self._section(key, each, held, suppressed=suppressed)
                    for (key, each), held in zip(groups, of_groups, strict=True)
                )
                for (name, groups), of_groups in zip(tables.items(), of_tables, strict=True)
            },
        )

    def _section(self, key: Key, seen: _Seen, marks: Mapping[str, str], *, suppressed: bool) -> Section:
        sums: Counter[str] = Counter()
        for kind, cases in seen.kinds.items():
            for column, number in self._vectors[kind].items():
                if number:
                    sums[column] += number * cases
        times = []
        for stage, days in zip(self._stages, seen.days, strict=True):
            time = None if suppressed and timed(stage) in marks else stage_time(days)
            if time is not None and suppressed and sum(days.values()) < DECILE_FROM:
                time = replace(time, ninth_decile=None)
            times.append(time)
        numbers = tuple(None if column in marks else sums[column] for column in self._columns)
        return Section(key=key, numbers=numbers, times=tuple(times))

    def _row(self, seen: _Seen) -> Row:
        """Return every number of the set, with what each kind of case adds to it."""
        kinds = list(seen.kinds.items())
        found: dict[str, Number] = {}
        for column in (*self._columns, *sorted(self._unprinted)):
            parts = {
                place: number
                for place, (kind, _cases) in enumerate(kinds)
                if (number := self._vectors[kind].get(column))
            }
            value = sum(number * kinds[place][1] for place, number in parts.items())
            found[column] = Number(value, parts, column not in self._unprinted)
        return found

    def _beside_measures(self, kind: _Kind) -> dict[str, int]:
        """Return what a case adds to the numbers beside measures. How many less reached the next milestone, or have a
        time, is a number that nobody prints and everybody reckons."""
        _answers, there, known, stated, undated = kind
        found = {CASES: 1, STATED: int(stated), UNDATED: int(undated)}
        found |= {f"{REST}.{CASES}.{name}": 1 - found[name] for name in (STATED, UNDATED)}
        for milestone, is_there in zip(self._milestones, there, strict=True):
            found |= {reached(milestone): int(is_there), f"{REST}.{CASES}.{milestone}": 1 - is_there}
        for place, (stage, has_time) in enumerate(zip(self._stages, known, strict=True)):
            found |= {
                timed(stage): int(has_time),
                f"{REST}.{2 * place}": int(there[place]) - int(there[place + 1]),
                f"{REST}.{2 * place + 1}": int(there[place + 1]) - int(has_time),
            }
        return found
