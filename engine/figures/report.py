"""The figures of one workflow as of one instant, for a whole organisation, and the same as JSON.

Where cases, rules and unit names come from is the caller's: here stands only what is asked of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from engine.access.directory import Surroundings
from engine.case.codec import at_text, microseconds
from engine.case.identity import RootId, SessionId, UnitId
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.figures.counting import CASES
from engine.figures.facts import Span, facts_of
from engine.figures.intervals import LEVEL_PERCENT, METHOD
from engine.figures.measures import DENOMINATOR, NUMERATOR, Counted, Grouping, MeasureResult, Tally
from engine.figures.suppression import FEW
from engine.figures.survey import STATED, UNDATED, Section, Survey, results_of, survey
from engine.text import Text

Json = dict[str, JsonValue]
NOT_STATED = Text("未填写", "Not stated")


class Audience(StrEnum):
    """OFFICIAL figures are of the whole house and the same for all; MINE are of the cases that one reader may see."""

    OFFICIAL = "official"
    MINE = "mine"


class SpanReads(Protocol):
    """Where the spans are read from."""

    def spans_of_workflow(
        self, root: RootId, workflow: str, at: int, principals: Sequence[str] | None = None
    ) -> Iterator[Span]:
        """Stream the spans begun at or before the instant of all cases of the workflow, or of those that one of the
        principals may see now, case by case."""


class Rules(Protocol):
    """The rules and the organisation as they stand now."""

    @property
    def rules(self) -> Rulebook: ...
    @property
    def surroundings(self) -> Surroundings: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What the figures cover: the organisation, how many cases, how many of them count by a stated time, and of how
    many a date is not known. ``marks`` are those of numbers that are not printed, which are then 0."""

    root: RootId
    title: Text
    cases: int
    by_stated_time: int
    undated: int
    marks: Mapping[str, str] = field(default_factory=dict)

    def shown(self, name: str) -> str:
        """Return a number as it is printed."""
        return self.marks.get(name, str(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All measures of a workflow. ``groups`` names what they are broken down by, empty without ``by``.

    ``suppressed``: numbers that would count out single people are not printed (``suppression``).
    """

    workflow: str
    title: Text
    as_of: datetime
    extent: Extent
    by: Grouping | None
    decimals: int
    measures: tuple[MeasureResult, ...]
    groups: Mapping[str | None, Text]
    audience: Audience = Audience.OFFICIAL
    suppressed: bool = False


def is_confidential(definition: Definition) -> bool:
    """Return whether cases of the workflow may be confidential, so that small numbers of official figures could tell
    who complained."""
    return definition.workflow.identity is not None or any(definition.strict_codes.values())


def figures(
    reads: SpanReads,
    world: Rules,
    root: RootId,
    workflow: str,
    at: datetime,
    *,
    by: Grouping | None = None,
    decimals: int = 1,
    principals: Sequence[str] | None = None,
) -> Report:
    """Return the figures as the ledger knew the cases at the instant: official ones, or those of one reader, who may
    see what ``principals`` may.

    All versions of a workflow are counted together, by the measures and the code lists of its newest one. Raises
    NotFound for a workflow that is not there.
    """
    definition = world.rules.for_new(workflow)
    seen = () if principals is None else (principals,)
    spans = reads.spans_of_workflow(root, workflow, microseconds(at), *seen)
    suppressed = principals is None and is_confidential(definition)
    told = survey(definition, facts_of(spans, at), at, suppressed=suppressed)
    audience = Audience.OFFICIAL if principals is None else Audience.MINE
    return report_of(told, definition, world.surroundings, at, audience, by=by, decimals=decimals)


def report_of(
    told: Survey,
    definition: Definition,
    surroundings: Surroundings,
    at: datetime,
    audience: Audience,
    *,
    by: Grouping | None = None,
    decimals: int = 1,
    section: Section | None = None,
) -> Report:
    """Return the measures of a survey as a report, with the names that units, categories and sessions have now.

    ``section`` is the row of the survey that stands for the whole, None for the whole itself.
    """
    section = section or told.whole
    measures = results_of(definition, told, by, section)
    keys = [] if by is None else [each.key for each in told.groups[by]]
    root = surroundings.root
    top = surroundings.units.get(UnitId(root))
    numbers = {
        name: told.number(section, column)
        for name, column in (("cases", CASES), ("by_stated_time", STATED), ("undated", UNDATED))
    }
    return Report(
        workflow=definition.workflow.name,
        title=definition.workflow.title.text,
        as_of=at,
        extent=Extent(
            root=root,
            title=Text(root, root) if top is None else top.title,
            marks={name: FEW for name, number in numbers.items() if number is None},
            **{name: number or 0 for name, number in numbers.items()},
        ),
        by=by,
        decimals=decimals,
        measures=tuple(measures),
        groups={key: group_title(key, by, definition, surroundings) for key in keys},
        audience=audience,
        suppressed=audience is Audience.OFFICIAL and is_confidential(definition),
    )


def report_json(report: Report) -> Json:
    """Return the report as plain JSON; rates are texts without the sign, "—" where there is nothing to divide by.
    ``interval`` is that of a share of cases in per cent, null for other figures.

    A number that is not printed is the text "<5".
    """
    return {
        "workflow": report.workflow,
        "as_of": at_text(report.as_of),
        "audience": str(report.audience),
        "suppressed": report.suppressed,
        "scope": {
            "root": report.extent.root,
            "title": _both(report.extent.title),
            **{
                name: report.extent.marks.get(name, getattr(report.extent, name))
                for name in ("cases", "by_stated_time", "undated")
            },
        },
        "measures": [
            {
                "name": measure.name,
                "title": _both(measure.title),
                **_tally(measure.total, report.decimals),
                "by": [
                    {"group": key, "title": _both(report.groups[key]), **_tally(tally, report.decimals)}
                    for key, tally in measure.groups
                ],
            }
            for measure in report.measures
        ],
    }


def group_title(key: str | None, by: Grouping | None, definition: Definition, surroundings: Surroundings) -> Text:
    """Return what a group is called; the key where nothing has that name any more."""
    if key is None:
        return NOT_STATED
    if by is Grouping.SESSION and (session := surroundings.sessions.get(SessionId(key))) is not None:
        return session.title
    if by is Grouping.UNIT and (unit := surroundings.units.get(UnitId(key))) is not None:
        return unit.title
    field = definition.workflow.category_field
    if by is Grouping.CATEGORY and field is not None:
        code_list = definition.list_of(field)
        item = None if code_list is None else code_list.item(key)
        if item is not None:
            return item.title.text
    return Text(key, key)


_HOW_SURE: Json = {"level": LEVEL_PERCENT, "method": METHOD}


def _tally(tally: Tally, decimals: int) -> Json:
    interval = tally.interval(decimals)
    return {
        "numerator": tally.marks.get(NUMERATOR, tally.numerator),
        "denominator": tally.marks.get(DENOMINATOR, tally.denominator),
        "value": tally.value(decimals),
        "excluded": _lines("excluded", tally.excluded, tally, decimals),
        "beside": _lines("beside", tally.beside, tally, decimals),
        "interval": None if interval is None else {"low": interval.low, "high": interval.high, **_HOW_SURE},
        "minimum_sample": tally.minimum,
        "small_sample": tally.small,
    }


def _lines(kind: str, lines: tuple[Counted, ...], tally: Tally, decimals: int) -> list[JsonValue]:
    return [
        {
            "id": line.id,
            "title": _both(line.title),
            "count": tally.marks.get(f"{kind}.{line.id}", line.count),
            **({"share": tally.share(line, decimals)} if line.is_share else {}),
        }
        for line in lines
    ]


def _both(text: Text) -> Json:
    return {"zh": text.zh, "en": text.en}
