"""The figures of one workflow as of one instant, for a whole organisation, and the same as JSON.

Where cases, rules and unit names come from is the caller's: here stands only what is asked of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pydantic import JsonValue

from engine.access.directory import Surroundings
from engine.case.codec import at_text, microseconds
from engine.case.identity import RootId, UnitId
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.figures.facts import Facts, Span, facts_of, is_undated
from engine.figures.measures import Counted, Grouping, MeasureResult, Tally, evaluate
from engine.text import Text

Json = dict[str, JsonValue]
NOT_STATED = Text("未填写", "Not stated")


class SpanReads(Protocol):
    """Where the spans are read from."""

    def spans_of_workflow(self, root: RootId, workflow: str, at: int) -> Iterator[Span]:
        """Stream the spans begun at or before the instant of all cases of the workflow, case by case."""


class Rules(Protocol):
    """The rules and the organisation as they stand now."""

    @property
    def rules(self) -> Rulebook: ...
    @property
    def surroundings(self) -> Surroundings: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """What the figures cover: the organisation, how many cases, how many of them count by a stated time, and of how
    many a date is not known."""

    root: RootId
    title: Text
    cases: int
    by_stated_time: int
    undated: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All measures of a workflow. ``groups`` names what they are broken down by, empty without ``by``."""

    workflow: str
    title: Text
    as_of: datetime
    extent: Extent
    by: Grouping | None
    decimals: int
    measures: tuple[MeasureResult, ...]
    groups: Mapping[str | None, Text]


def figures(
    reads: SpanReads,
    world: Rules,
    root: RootId,
    workflow: str,
    at: datetime,
    *,
    by: Grouping | None = None,
    decimals: int = 1,
) -> Report:
    """Return the figures as the ledger knew the cases at the instant.

    All versions of a workflow are counted together, by the measures and the code lists of its newest one. Raises
    NotFound for a workflow that is not there.
    """
    definition = world.rules.for_new(workflow)
    census = Counter[str]()
    spans = reads.spans_of_workflow(root, workflow, microseconds(at))
    measures = evaluate(definition, _noted(facts_of(spans, at), census), at, by=by)
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
        ),
        by=by,
        decimals=decimals,
        measures=tuple(measures),
        groups={key: _group_title(key, by, definition, world.surroundings) for key in keys},
    )


def report_json(report: Report) -> Json:
    """Return the report as plain JSON; rates are texts without the sign, "—" where there is nothing to divide by."""
    return {
        "workflow": report.workflow,
        "as_of": at_text(report.as_of),
        "scope": {
            "root": report.extent.root,
            "title": _both(report.extent.title),
            "cases": report.extent.cases,
            "by_stated_time": report.extent.by_stated_time,
            "undated": report.extent.undated,
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
        "numerator": tally.numerator,
        "denominator": tally.denominator,
        "value": tally.value(decimals),
        "excluded": _lines(tally.excluded),
        "beside": _lines(tally.beside),
        "small_sample": tally.small,
    }


def _lines(lines: tuple[Counted, ...]) -> list[JsonValue]:
    return [{"id": line.id, "title": _both(line.title), "count": line.count} for line in lines]


def _both(text: Text) -> Json:
    return {"zh": text.zh, "en": text.en}
