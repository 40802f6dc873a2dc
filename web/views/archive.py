"""Cases of the archive as lines of a table and cells of a file: when they ended, how, and how long they are kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from engine.case.identity import UnitId
from engine.case.scope import SHANGHAI
from engine.definition.model import Workflow
from engine.definition.wording import retention_source, retention_words, title_of
from engine.service.archive import ArchivedCase, KeptUntil
from engine.service.retention import Over
from engine.service.world import World
from web.exports import Cell
from web.views.fields import FieldWriter
from web.words import Words

COLUMNS: Final = (
    "number",
    "subject",
    "category",
    "case_session",
    "unit",
    "lead_unit",
    "state",
    "archive_class",
    "archive_evaluation",
    "opened_on",
    "archive_ended",
    "archive_kept",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptView:
    """How long something is kept, and why until then. ``is_over``: it may go."""

    text: str
    why: str
    is_over: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRow:
    """One case that is over."""

    address: str
    number: str
    subject: str
    session: str
    unit: str
    state: str
    reply_class: str
    evaluation: tuple[str, ...]
    ended: str
    kept: tuple[KeptView, ...]
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DueRow:
    """A case of which something has been kept for long enough; ``withheld`` says why it stays all the same."""

    address: str
    number: str
    workflow: str
    ended: str
    count: int
    withheld: str


def class_field(workflow: Workflow) -> str | None:
    """Return the field that says of what class the answer to a case was: the kind of promise it came with, or none."""
    promises = (part.promise for part in workflow.deadlines.values())
    return next((part.kind for part in promises if part is not None), None)


def archive_row(found: ArchivedCase, world: World, words: Words, today: date) -> ArchiveRow:
    """Return the line of a case."""
    case, workflow, fields = found.case, found.definition.workflow, found.fields
    writer, kind = _writer(found, world, words), class_field(workflow)
    session = None if case.congress_session is None else world.surroundings.sessions.get(case.congress_session)
    return ArchiveRow(
        address=f"/cases/{case.id}",
        number=_number(found) or words.t("no_number"),
        subject=str(fields.get(workflow.subject_field) or words.t("no_subject")),
        session="" if session is None else words.say(session.title),
        unit=writer.unit(case.lead_unit or case.unit),
        state=words.say(title_of(case.state, workflow.states)),
        reply_class=words.t("dash") if not fields.get(kind or "") else writer.write(str(kind), fields[str(kind)]),
        evaluation=tuple(f"{writer.title(name)} {writer.write(name, fields[name])}" for name in _judged(found)),
        ended=words.date(found.ended_on),
        kept=tuple(_kept(one, found, words, today) for one in found.kept),
        is_held=found.is_held,
    )


def archive_cells(found: ArchivedCase, world: World, words: Words) -> list[Cell]:
    """Return the cells of a case in a file, in the order of the columns."""
    case, workflow, fields = found.case, found.definition.workflow, found.fields
    writer, row = _writer(found, world, words), archive_row(found, world, words, found.ended_on)
    category, kind = workflow.category_field, class_field(workflow)
    unit = world.surroundings.units.get(UnitId(case.unit))
    return [
        _number(found) or "",
        str(fields.get(workflow.subject_field) or ""),
        "" if category not in fields else writer.write(str(category), fields[str(category)]),
        row.session,
        "" if unit is None else words.say(unit.title),
        "" if case.lead_unit is None else writer.unit(case.lead_unit),
        row.state,
        row.reply_class if kind in fields else "",
        "；".join(row.evaluation) if words.language == "zh" else "; ".join(row.evaluation),
        case.opened_at.astimezone(SHANGHAI).date(),
        found.ended_on,
        min((one.until for one in found.kept), default=None),
    ]


def due_row(one: Over, world: World, words: Words) -> DueRow:
    """Return the line of a case of which something may go."""
    workflow = world.rules.newest(one.workflow)
    return DueRow(
        address=f"/cases/{one.case}",
        number=one.number or words.t("no_number"),
        workflow=words.say(workflow.title.text),
        ended=words.date(one.ended_on),
        count=len(one.paths),
        withheld="" if one.withheld is None else words.say(one.withheld),
    )


def _kept(one: KeptUntil, found: ArchivedCase, words: Words, today: date) -> KeptView:
    newest = found.definition.workflow
    what = words.say(retention_words(one.term))
    return KeptView(
        text=words.t("archive_kept_until", what=what, on=words.date(one.until)),
        why=words.t(
            "archive_why",
            ended=words.date(found.ended_on),
            years=one.term.years,
            until=words.date(one.until),
            source=words.say(retention_source(one.term, newest)),
        ),
        is_over=one.until <= today,
    )


def _judged(found: ArchivedCase) -> Iterator[str]:
    judged = found.definition.workflow.evaluation
    for name in () if judged is None else judged.dimensions.values():
        if found.fields.get(name):
            yield str(name)


def _number(found: ArchivedCase) -> str | None:
    values = (found.fields.get(name) for name in found.definition.workflow.number_fields)
    return next((str(value) for value in values if value), None)


def _writer(found: ArchivedCase, world: World, words: Words) -> FieldWriter:
    return FieldWriter(words=words, definition=found.definition, surroundings=world.surroundings, persons={})
