"""The figures of a workflow as pages show them: tables whose numbers lead to their cases, and what charts are drawn of.

A chart and its table are made of the same readings, so that neither says what the other does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from engine.definition.compiled import Definition
from engine.figures.counting import CASES
from engine.figures.measures import DENOMINATOR, NUMERATOR, Grouping, Tally
from engine.figures.report import group_title
from engine.figures.stages import milestones_of, stages_of
from engine.figures.suppression import FEW
from engine.figures.survey import Section, Survey, reached, tally_of, timed
from engine.service.world import World
from web.views.charts import Datum, bars, line
from web.views.figure_parts import Line, Link, Part, Reading, Table
from web.words import Words

BARS_MAX: Final = 15
MONTHS_MAX: Final = 12
GROUPS_MAX: Final = 8
FEW_CASES: Final = 5
"""Of fewer a rate or a median says little; charts draw them hollow."""
STAGE: Final = "stage."
MEASURE_HEAD: Final = ("measure", "value", "figures_interval", "numerator", "denominator", "excluded", "beside")
STAGE_HEAD: Final = ("figures_stage_head", "figures_median", "figures_decile", "figures_timed")
TITLES: Final = {
    Grouping.MONTH: "figures_trend",
    Grouping.UNIT: "figures_units",
    Grouping.CATEGORY: "figures_categories",
    Grouping.SESSION: "figures_sessions",
}
"""Names of texts: the heads of tables, and what the parts by each grouping are called."""


def mark_of(text: str) -> str:
    """Return a number as a page prints it; what is not printed by the sign that is used for it."""
    return "＜5" if text == FEW else text


def halves(doubled: int) -> str:
    """Return a number of days that is kept doubled.

    >>> halves(7), halves(8)
    ('3.5', '4')
    """
    return f"{doubled // 2}.5" if doubled % 2 else str(doubled // 2)


class FigureViews:
    """Makes the parts of one page."""

    def __init__(
        self, told: Survey, section: Section, definition: Definition, world: World, words: Words, link: Link
    ) -> None:
        self._told, self._section, self._definition = told, section, definition
        self._world, self._words, self._link = world, words, link

    # ------------------------------------------------------------------------------------------------- subjects
    @staticmethod
    def known_subject(definition: Definition, text: str) -> str | None:
        """Return the subject of this name; None where there is none."""
        stages = [STAGE + ".".join(stage) for stage in stages_of(definition)]
        return text if text in definition.workflow.measures or text in stages else None

    def subjects(self) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        """Return what charts can show: measures, and the times of stages, by their names."""
        measures = [
            (name, self._words.say(part.title.text)) for name, part in self._definition.workflow.measures.items()
        ]
        stages = [(STAGE + ".".join(stage), self.stage_title(stage)) for stage in stages_of(self._definition)]
        return measures, stages

    def title(self, subject: str) -> str:
        """Return what a subject is called."""
        if subject.startswith(STAGE):
            a, b = subject.removeprefix(STAGE).split(".")
            return self._words.t("figures_stage_days", stage=self.stage_title((a, b)))
        return self._words.say(self._definition.workflow.measures[subject].title.text)

    def stage_title(self, stage: tuple[str, str]) -> str:
        """Return what a stage is called."""
        a, b = (self._words.t(f"step_{each}") for each in stage)
        return self._words.t("figures_stage", a=a, b=b)

    def reading(self, section: Section, subject: str, by: str = "") -> Reading:
        """Return what a section says of a subject."""
        if subject.startswith(STAGE):
            return self._stage_reading(section, subject, by)
        tally = tally_of(self._definition, self._told, section, subject)
        value, share = value_of(tally)
        return Reading(
            text=value,
            interval=interval_text(tally),
            number=share,
            first=self._number(tally, NUMERATOR, tally.numerator, section, subject, by),
            second=Line(text=self._words.t("dash"))
            if tally.denominator is None
            else self._number(tally, DENOMINATOR, tally.denominator, section, subject, by),
            is_weak=tally.small,
            cases=tally.numerator if tally.denominator is None else tally.denominator,
        )

    def named_groups(self, by: Grouping) -> list[tuple[str, Section]]:
        """Return the groups of a breakdown with what each is called."""
        return [(self._group_title(each, by), each) for each in self._groups(by)]

    def is_share(self, subject: str) -> bool:
        """Return whether a subject is a share of a whole."""
        return not subject.startswith(STAGE) and self._definition.workflow.measures[subject].denominator is not None

    # ---------------------------------------------------------------------------------------------------- parts
    def measures(self, by: Grouping | None, most: int | None = None) -> Part:
        """Return all measures, each with its groups below it: all, or only so many of those with the most cases."""
        words = self._words
        rows: list[tuple[tuple[Line, ...], ...]] = []
        totals = set()
        groups = self._groups(by) if by is not None else []
        notes: tuple[str, ...] = (words.t("figures_interval_note"),)
        if most is not None and len(groups) > most:
            by_cases = sorted(groups, key=lambda each: -(self._told.number(each, CASES) or 0))[:most]
            groups = [each for each in groups if each in by_cases]
            notes = (*notes, words.t("figures_groups_cut", n=most))
        for name in self._definition.workflow.measures:
            totals.add(len(rows))
            rows.append(self._measure_row(self._section, name, self.title(name), ""))
            rows += [self._measure_row(each, name, self._group_title(each, by), str(by)) for each in groups]
        return Part(
            id="measures",
            title=words.t("figures_measures"),
            notes=notes,
            table=Table(
                head=tuple(words.t(name) for name in MEASURE_HEAD),
                numbers=frozenset({1, 2, 3, 4}),
                rows=tuple(rows),
                totals=frozenset(totals),
            ),
        )

    def trend(self, subject: str) -> Part | None:
        """Return a subject by month of submission; None where there are no months."""
        months = [each for each in self._groups(Grouping.MONTH) if each.key is not None]
        if not months:
            return None
        readings = [(each, self.reading(each, subject, "month")) for each in months]
        unit = "%" if self.is_share(subject) else ""
        by_month = {each.key: self._datum(each, one, Grouping.MONTH) for each, one in readings}
        last = months_until(months[-1].key or "", MONTHS_MAX)
        first = next(place for place, month in enumerate(last) if month in by_month)
        # A month without cases is a gap, not a place that is left out.
        data = [by_month.get(month) or Datum(label=month, number=None, text="—") for month in last[first:]]
        note = self._words.t("figures_trend_note")
        part = self._part("trend", TITLES[Grouping.MONTH], subject, Grouping.MONTH, readings[::-1], (note,))
        return replace(part, line=line([_short(datum) for datum in data], percent=bool(unit), unit=unit))

    def by(self, subject: str, by: Grouping) -> Part | None:
        """Return a subject by unit, category or session; None where there is one group at most."""
        groups = self._groups(by)
        if len(groups) < 2:  # one group is the whole
            return None
        readings = [(each, self.reading(each, subject, str(by))) for each in groups]
        if by is not Grouping.SESSION:
            readings.sort(key=lambda pair: (pair[0].key is None, -pair[1].cases))
        shown = readings[:BARS_MAX]
        notes = [self._words.t("figures_units_note")] if by is Grouping.UNIT else []
        if subject.startswith(STAGE):
            notes.append(self._words.t("figures_stages_note"))
        if len(readings) > BARS_MAX:
            notes.append(self._words.t("figures_only", n=BARS_MAX))
        part = self._part(str(by), TITLES[by], subject, by, readings, tuple(notes))
        most = 100.0 if self.is_share(subject) else None
        return replace(part, bars=bars([self._datum(each, one, by) for each, one in shown], most))

    def funnel(self) -> Part | None:
        """Return how many reached each milestone; None for a workflow without any."""
        milestones = milestones_of(self._definition)
        if not milestones:
            return None
        words, counts = self._words, [self._told.number(self._section, reached(each)) for each in milestones]
        data, rows = [], []
        for milestone, count in zip(milestones, counts, strict=True):
            text = "＜5" if count is None else str(count)
            first = counts[0]
            share = "—" if not first or count is None else f"{_percent(count, first)}%"
            name, address = words.t(f"step_{milestone}"), self._link(reached(milestone), "", None)
            data.append(Datum(label=name, number=count, text=text, address=address))
            rows.append(((Line(text=name),), (Line(text=text, address=address),), (Line(text=share),)))
        return Part(
            id="funnel",
            title=words.t("figures_funnel"),
            notes=(words.t("figures_funnel_note"),),
            bars=bars(data),
            table=Table(
                head=(words.t("figures_milestone"), words.t("figures_reached"), words.t("figures_share_of_first")),
                numbers=frozenset({1, 2}),
                rows=tuple(rows),
            ),
        )

    def stages(self) -> Part | None:
        """Return how long each stage took; None for a workflow without any."""
        stages = stages_of(self._definition)
        if not stages:
            return None
        words, data, rows = self._words, [], []
        for stage in stages:
            one = self.reading(self._section, STAGE + ".".join(stage))
            name = self.stage_title(stage)
            data.append(Datum(label=name, number=one.number, text=one.text, spread=one.spread, is_weak=one.is_weak))
            rows.append(((Line(text=name),), (Line(text=one.text),), (one.second,), (one.first,)))
        return Part(
            id="stages",
            title=words.t("figures_stages"),
            notes=(words.t("figures_stages_note"),),
            bars=bars(data),
            table=Table(
                head=tuple(words.t(name) for name in STAGE_HEAD),
                numbers=frozenset({1, 2, 3}),
                rows=tuple(rows),
            ),
        )

    # ---------------------------------------------------------------------------------------------------- pieces
    def _part(
        self,
        id_: str,
        title: str,
        subject: str,
        by: Grouping,
        readings: Sequence[tuple[Section, Reading]],
        notes: tuple[str, ...],
    ) -> Part:
        words = self._words
        is_stage = subject.startswith(STAGE)
        columns = STAGE_HEAD[1:] if is_stage else MEASURE_HEAD[1:5]
        rows = []
        for section, one in readings:
            sure = (Line(text=one.interval),)
            cells = ((one.second,), (one.first,)) if is_stage else (sure, (one.first,), (one.second,))
            weak = [Line(text=words.t("small_sample"))] if one.is_weak else []
            name = (Line(text=self._group_title(section, by)), *weak)
            rows.append((name, (Line(text=one.text),), *cells))
        return Part(
            id=id_,
            title=words.t(title, what=self.title(subject)),
            notes=notes,
            table=Table(
                head=(words.t(f"figures_{by}_head"), *(words.t(name) for name in columns)),
                numbers=frozenset(range(1, len(columns) + 1)),
                rows=tuple(rows),
            ),
        )

    def _stage_reading(self, section: Section, subject: str, by: str) -> Reading:
        stages = stages_of(self._definition)
        a, b = subject.removeprefix(STAGE).split(".")
        time = section.times[stages.index((a, b))]
        count = self._told.number(section, timed((a, b)))
        return Reading(
            text="—" if time is None else halves(time.median_doubled),
            number=None if time is None else time.median_doubled / 2,
            spread=None if time is None or time.ninth_decile is None else float(time.ninth_decile),
            first=Line(
                text="＜5" if count is None else str(count),
                address=self._link(timed((a, b)), by, section.key) if count != 0 else None,
            ),
            second=Line(text="—" if time is None or time.ninth_decile is None else str(time.ninth_decile)),
            is_weak=count is None or count < FEW_CASES,
            cases=count or 0,
        )

    def _measure_row(self, section: Section, name: str, title: str, by: str) -> tuple[tuple[Line, ...], ...]:
        tally = tally_of(self._definition, self._told, section, name)
        one = self.reading(section, name, by)
        weak = [Line(text=self._words.t("figures_small", n=tally.minimum))] if tally.small else []
        return (
            (Line(text=title), *weak),
            (Line(text=one.text),),
            (Line(text=one.interval),),
            (one.first,),
            (one.second,),
            tuple(self._beside("excluded", tally, section, name, by)),
            tuple(self._beside("beside", tally, section, name, by)),
        )

    def _beside(self, kind: str, tally: Tally, section: Section, name: str, by: str) -> Iterator[Line]:
        for each in tally.excluded if kind == "excluded" else tally.beside:
            number = self._number(tally, f"{kind}.{each.id}", each.count, section, name, by)
            if by and number.text == "0":
                continue  # below the whole, which names every line, only what there is
            share = tally.share(each)
            text = f"{self._words.say(each.title)} {number.text}{'' if share is None else f' ({share}%)'}"
            yield Line(text=text, address=number.address)

    def _number(self, tally: Tally, number: str, count: int, section: Section, name: str, by: str) -> Line:
        text = mark_of(tally.shown(number, count))
        return Line(text=text, address=None if text == "0" else self._link(f"{name} {number}", by, section.key))

    def _datum(self, section: Section, one: Reading, by: Grouping) -> Datum:
        return Datum(
            label=self._group_title(section, by),
            number=one.number,
            text=one.text,
            spread=one.spread,
            is_weak=one.is_weak,
            address=one.first.address,
        )

    def _groups(self, by: Grouping) -> list[Section]:
        groups = list(self._told.groups.get(str(by), ()))
        if by is Grouping.SESSION:
            sessions = self._world.surroundings.sessions
            order = {id_: (each.term, each.meeting) for id_, each in sessions.items()}
            groups.sort(key=lambda each: (each.key is None, order.get(each.key or "", (0, 0))))  # type: ignore[call-overload]  # ids are texts
        return groups

    def _group_title(self, section: Section, by: Grouping | None) -> str:
        if by is Grouping.MONTH and section.key is not None:
            return section.key
        return self._words.say(group_title(section.key, by, self._definition, self._world.surroundings))


def value_of(tally: Tally) -> tuple[str, float | None]:
    """Return a figure as it is printed, and the number that a chart draws; None where none is printed."""
    value = tally.value()
    if {NUMERATOR, DENOMINATOR} & tally.marks.keys() or value == "—":
        return mark_of(value), None
    if tally.denominator is None:
        return value, float(tally.numerator)
    return f"{value}%", 100 * tally.numerator / tally.denominator


def interval_text(tally: Tally) -> str:
    """Return how far a share can be relied on, as it is printed; "—" where that is not told."""
    interval = tally.interval()
    return "—" if interval is None else f"{interval.low}–{interval.high}%"


def months_until(last: str, count: int) -> list[str]:
    """Return so many months up to one, the oldest first.

    >>> months_until("2026-02", 3)
    ['2025-12', '2026-01', '2026-02']
    """
    end = int(last[:4]) * 12 + int(last[5:]) - 1
    return [f"{number // 12}-{number % 12 + 1:02d}" for number in range(end - count + 1, end + 1)]


def _percent(part: int, whole: int) -> str:
    return f"{(2000 * part + whole) // (2 * whole) / 10:.1f}"


def _short(datum: Datum) -> Datum:
    """Return a month with a shorter name for the axis: ``2026-03`` as ``26-03``."""
    return replace(datum, label=datum.label[2:])
