"""The figures of one workflow as of one instant, for a whole organisation, and the same as JSON.

Where cases, rules and unit names come from is the caller's: here stands only what is asked of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pydantic import JsonValue

from engine.access.directory import Surroundings
from engine.case.codec import at_text, microseconds
from engine.case.identity import RootId, UnitId
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.figures.facts import Facts, Span, facts_of, is_undated
from engine.figures.measures import DENOMINATOR, NUMERATOR, Counted, Grouping, MeasureResult, Tally, evaluate
from engine.figures.suppression import FEW, SMALL
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
    census = Counter[str]()
    seen = () if principals is None else (principals,)
    spans = reads.spans_of_workflow(root, workflow, microseconds(at), *seen)
    suppressed = principals is None and is_confidential(definition)
    measures = evaluate(definition, _noted(facts_of(spans, at), census), at, by=by, suppressed=suppressed)
    keys = [key for key, _tally in measures[0].groups] if measures else []
    top = world.surroundings.units.get(UnitId(root))
    return Report(
        workflow=workflow,
        title=definition.workflow.title.text,
        as_of=at,
        extent=Extent(
            root=root,
            title=Text(root, root) if top is None else top.title,
            cases=census["cases"],
            by_stated_time=census["stated"],
            undated=census["undated"],
        )
        if not suppressed
        else _small_extent(root, Text(root, root) if top is None else top.title, census),
        by=by,
        decimals=decimals,
        measures=tuple(measures),
        groups={key: _group_title(key, by, definition, world.surroundings) for key in keys},
        audience=Audience.OFFICIAL if principals is None else Audience.MINE,
        suppressed=suppressed,
    )


def _small_extent(root: RootId, title: Text, census: Mapping[str, int]) -> Extent:
    """Return the extent of figures that print no small numbers; small rests of the whole are none either."""
    cases = census.get("cases", 0)
    marks = {"cases": FEW} if 0 < cases < SMALL else {}
    told = {}
    for name, key in (("by_stated_time", "stated"), ("undated", "undated")):
        told[name] = census.get(key, 0)
        if 0 < told[name] < SMALL or 0 < cases - told[name] < SMALL:
            marks[name] = FEW
    numbers = {"cases": cases, **told}
    shown = {name: 0 if name in marks else number for name, number in numbers.items()}
    return Extent(root=root, title=title, marks=marks, **shown)


def report_json(report: Report) -> Json:
    """Return the report as plain JSON; rates are texts without the sign, "—" where there is nothing to divide by.

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


def _noted(facts: Iterable[Facts], census: Counter[str]) -> Iterator[Facts]:
    for case in facts:
        census["cases"] += 1
        undated = is_undated(case)
        census["undated"] += undated
        census["stated"] += "stated" in case.held and not undated
        yield case


def _group_title(key: str | None, by: Grouping | None, definition: Definition, surroundings: Surroundings) -> Text:
    if key is None:
        return NOT_STATED
    if by is Grouping.UNIT and (unit := surroundings.units.get(UnitId(key))) is not None:
        return unit.title
    field = definition.workflow.category_field
    if by is Grouping.CATEGORY and field is not None:
        code_list = definition.list_of(field)
        item = None if code_list is None else code_list.item(key)
        if item is not None:
            return item.title.text
    return Text(key, key)


def _tally(tally: Tally, decimals: int) -> Json:
    return {
        "numerator": tally.marks.get(NUMERATOR, tally.numerator),
        "denominator": tally.marks.get(DENOMINATOR, tally.denominator),
        "value": tally.value(decimals),
        "excluded": _lines("excluded", tally.excluded, tally.marks),
        "beside": _lines("beside", tally.beside, tally.marks),
        "small_sample": tally.small,
    }


def _lines(kind: str, lines: tuple[Counted, ...], marks: Mapping[str, str]) -> list[JsonValue]:
    return [
        {"id": line.id, "title": _both(line.title), "count": marks.get(f"{kind}.{line.id}", line.count)}
        for line in lines
    ]


def _both(text: Text) -> Json:
    return {"zh": text.zh, "en": text.en}
