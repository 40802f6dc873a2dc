"""What one may choose on the figures' pages, and how what is chosen and asked for is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.case.identity import SessionId, UnitId
from engine.definition.compiled import Definition
from engine.errors import NotFound
from engine.figures.counting import CASES
from engine.figures.measures import DENOMINATOR, NUMERATOR, UNDATED_LINE, Grouping
from engine.figures.report import Audience
from engine.figures.stages import milestones_of, stages_of
from engine.figures.survey import STATED, UNDATED, reached, timed
from engine.figures.watched import lines_of
from engine.service.figures import Asked, Told
from engine.service.world import World
from engine.text import Text
from web.forms.widgets import Choices
from web.views.figures import FigureViews
from web.words import Words

KEPT: Final = ("as_of", "unit", "category", "period", "by", "audience", "subject")
UNITS_MAX: Final = 80
"""A longer list of units is not offered to choose from: a name or a code is typed."""
SESSION: Final = "s:"

EXTENT: Final = {CASES: "figures_cases", STATED: "figures_stated_number", UNDATED: "figures_undated_number"}
"""Names of what the numbers of the extent are called."""

Options = list[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chooser:
    """What stands in the form above the figures; ``units`` is None where a unit is to be typed."""

    kept: dict[str, str]
    subject: str
    workflow: str
    workflows: list[tuple[str, str, str]]
    units: Options | None
    categories: Options
    periods: list[tuple[str, Options]]
    groupings: Options
    audiences: Options
    subjects: list[tuple[str, Options]]


def chooser(
    kept: dict[str, str],
    subject: str,
    workflow: str,
    *,
    workflows: list[tuple[str, str, str]],
    views: FigureViews,
    told: Told,
    world: World,
    words: Words,
) -> Chooser:
    """Return what may be chosen; periods are those that the shown figures know, and the chosen one."""
    units = world.surroundings.units
    measures, stages = views.subjects()
    groups = [
        (words.t("figures_subject_measures"), measures),
        *([(words.t("figures_subject_stages"), stages)] if stages else []),
    ]
    return Chooser(
        kept={**kept, "as_of": kept["as_of"][:10]},
        subject=subject,
        workflow=workflow,
        workflows=workflows,
        units=Choices(surroundings=world.surroundings).units(words) if len(units) <= UNITS_MAX else None,
        categories=classes(told.definition, words),
        periods=_periods(kept["period"], told, world, words),
        groupings=[
            ("", words.t("figures_by_none")),
            *((str(kind), words.t(f"figures_by_{kind}")) for kind in Grouping),
        ],
        audiences=[(str(each), words.t(f"figures_audience_{each}")) for each in Audience],
        subjects=groups,
    )


def classes(definition: Definition, words: Words) -> Options:
    """Return the classes of matters of a workflow, none where it has none."""
    name = definition.workflow.category_field
    codes = None if name is None else definition.list_of(name)
    return [] if codes is None else [(item.code, words.say(item.title.text)) for item in codes.items]


def _periods(chosen: str, told: Told, world: World, words: Words) -> list[tuple[str, Options]]:
    months = [] if told.survey is None else [each.key for each in told.survey.groups.get(Grouping.MONTH, ())]
    known = {month for month in months if month is not None}
    if chosen and not chosen.startswith(SESSION) and len(chosen) > len("2026"):
        known.add(chosen)
    ordered = sorted(known, reverse=True)
    years = sorted({month[:4] for month in known} | ({chosen} if len(chosen) == len("2026") else set()), reverse=True)
    sessions = sorted(world.surroundings.sessions.values(), key=lambda each: (each.term, each.meeting), reverse=True)
    found = [
        (words.t("figures_period_sessions"), [(f"{SESSION}{each.id}", words.say(each.title)) for each in sessions]),
        # Figures that print no small numbers have no years among their tables.
        (words.t("figures_period_years"), [] if told.suppressed else [(y, period_words(y, words)) for y in years]),
        (words.t("figures_period_months"), [(month, period_words(month, words)) for month in ordered]),
    ]
    return [(title, options) for title, options in found if options]


def period_words(period: str, words: Words) -> str:
    """Return what a year or a month is called."""
    year, _dash, month = period.partition("-")
    return words.t("figures_month", year=year, month=int(month)) if month else words.t("figures_year", year=year)


def chosen_words(asked: Asked, world: World, words: Words) -> list[str]:
    """Return what was chosen: a unit, a class, a period, a session."""
    found = []
    if asked.unit is not None:
        found.append(words.say(world.surroundings.units[UnitId(asked.unit)].title))
    if asked.category is not None:
        found.append(dict(classes(world.rules.for_new(asked.workflow), words))[asked.category])
    if asked.period is not None:
        found.append(period_words(asked.period, words))
    if asked.session is not None:
        found.append(words.say(world.surroundings.sessions[SessionId(asked.session)].title))
    return found


def column_of(number: str, definition: Definition) -> str:
    """Return the column of a survey that an address names; raises NotFound for another."""
    beside = {CASES, STATED, UNDATED, *map(reached, milestones_of(definition)), *map(timed, stages_of(definition))}
    if number in beside:
        return number
    name, _dot, rest = number.partition(".")
    measure = definition.workflow.measures.get(name)
    if measure is not None:
        lines = [f"excluded.{part.id}" for part in measure.excluded] + [f"beside.{part.id}" for part in measure.beside]
        lines += [f"beside.{line.id}" for line in lines_of(definition, name)]
        undated = [f"{kind}.{UNDATED_LINE[0]}" for kind in ("excluded", "beside")]
        if rest in (NUMERATOR, *((DENOMINATOR,) if measure.denominator else ()), *lines, *undated):
            return f"{name} {rest}"
    raise NotFound(Text("没有这个统计数字", "There is no such number"), number=number[:100])


def number_words(column: str, definition: Definition, words: Words) -> str:
    """Return what a number is called."""
    if column in (CASES, STATED, UNDATED):
        return words.t(EXTENT[column])
    for milestone in milestones_of(definition):
        if column == reached(milestone):
            return f"{words.t('figures_reached')} · {words.t(f'step_{milestone}')}"
    for stage in stages_of(definition):
        if column == timed(stage):
            a, b = (words.t(f"step_{each}") for each in stage)
            return f"{words.t('figures_timed')} · {words.t('figures_stage', a=a, b=b)}"
    name, _space, number = column.partition(" ")
    measure = definition.workflow.measures[name]
    kind, _dot, line = number.partition(".")
    if not line:
        what = words.t(number)
    elif line == UNDATED_LINE[0]:
        what = f"{words.t(kind)} · {words.say(UNDATED_LINE[1])}"
    else:
        parts = measure.excluded if kind == "excluded" else measure.beside
        titles = {each.id: each.title for each in lines_of(definition, name)}
        titles |= {part.id: part.title.text for part in parts}
        title = titles[line]
        what = f"{words.t(kind)} · {words.say(title)}"
    return words.t("figures_behind_number", measure=words.say(measure.title.text), number=what)
