"""What was changed after a cut-off of what figures as of it counted: classes, due dates, and steps entered for an
earlier day. Figures as of an instant stay what they were; this shows who made them come out otherwise today.

Only spans are read here; who made a change stands in the entry that ``seq`` names.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, timedelta
from functools import partial
from itertools import groupby
from typing import NamedTuple

from engine.case.codec import at_from, instant, microseconds
from engine.case.identity import CaseId
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.figures.facts import Span
from engine.text import Text

_FIELD, _CLOCK, _MILESTONE = "field:", "clock:", "milestone:"


class LateChange(NamedTuple):
    """One change: of what, from what to what (None: nothing), when, and by which entry of the case."""

    case: CaseId
    seq: int
    what: Text
    before: Text | None
    after: Text | None
    at: datetime


def late_changes(definition: Definition, spans: Iterable[Span], cutoff: datetime) -> Iterator[LateChange]:
    """Yield what was changed after the cut-off, case by case, each in the order of its entries.

    A class is a tracked field with a code list; one that is given for the first time is no change. A date is when a
    deadline is due. A step is entered for an earlier day when it was recorded after the cut-off and counts from before.

    Args:
        definition: names fields, codes, deadlines and milestones.
        spans: up to now, those of one case together.
        cutoff: aware.
    """
    limit = microseconds(cutoff)
    for _case, lines in groupby(spans, key=lambda span: span.case):
        found: list[LateChange] = []
        ordered = sorted(lines, key=lambda span: (span.kind, span.seq))
        if min(span.from_at for span in ordered) > limit:
            continue  # it was opened later
        for kind, each in groupby(ordered, key=lambda span: span.kind):
            found += _of_kind(definition, kind, list(each), limit)
        yield from sorted(found, key=lambda change: change.seq)


def _of_kind(definition: Definition, kind: str, spans: list[Span], limit: int) -> Iterator[LateChange]:
    if kind.startswith(_MILESTONE):
        yield from _entered_late(definition, kind.removeprefix(_MILESTONE), spans, limit)
        return
    name = kind.removeprefix(_FIELD).removeprefix(_CLOCK)
    told: Callable[[str], Text]
    if kind.startswith(_CLOCK) and name in definition.workflow.deadlines:
        title, told = definition.workflow.deadlines[name].title.text, _due_on
    elif kind.startswith(_FIELD) and name in definition.workflow.fields and definition.list_of(name) is not None:
        title, told = definition.workflow.fields[name].title.text, partial(_code, definition, name)
    else:
        return
    for before, after in zip(spans, [*spans[1:], None], strict=True):
        old = told(before.value)
        if after is not None and after.from_at > limit and told(after.value) != old:
            yield LateChange(after.case, after.seq, title, old, told(after.value), instant(after.from_at))
        elif after is None and before.until_at is not None and before.until_at > limit:
            yield LateChange(before.case, before.seq, title, old, None, instant(before.until_at))


def _entered_late(definition: Definition, milestone: str, spans: list[Span], limit: int) -> Iterator[LateChange]:
    states = definition.workflow.states.values()
    title = next((state.title.text for state in states if state.milestone == milestone), Text(milestone, milestone))
    for span in spans:
        happened_at = at_from(span.value)
        if span.from_at > limit >= microseconds(happened_at):
            yield LateChange(span.case, span.seq, title, None, _day(happened_at), instant(span.from_at))


def _due_on(value: str) -> Text:
    # Due at an instant is done before it: at midnight the day before counts.
    return _day(at_from(json.loads(value)["due_at"]) - timedelta(microseconds=1))


def _day(at: datetime) -> Text:
    on: date = at.astimezone(SHANGHAI).date()
    return Text(on.isoformat(), on.isoformat())


def _code(definition: Definition, name: str, value: str) -> Text:
    code_list = definition.list_of(name)
    item = None if code_list is None else code_list.item(value)
    return Text(value, value) if item is None else item.title.text
