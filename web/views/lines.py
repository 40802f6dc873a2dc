"""Lines of lists: cases and deadlines as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from engine.case.codec import instant
from engine.case.identity import UnitId
from engine.definition.model import Workflow
from engine.definition.rulebook import Rulebook
from engine.definition.wording import title_of
from engine.service.overdue import calendar_of_line
from engine.service.ports import CaseLine, OverdueLine
from engine.service.world import World
from web.shell import Visit
from web.views.clocks import Standing, due_words, last_day, running_standing


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """One case of a list."""

    address: str
    number: str
    subject: str
    workflow: str
    state: str
    phase: str
    unit: str
    opened: str
    due: str | None
    provisional: bool
    standing: Standing | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadlineRow:
    """One deadline of a list, with its case."""

    case: CaseRow
    title: str
    due: str
    promised: str | None
    provisional: bool
    standing: Standing


def case_row(line: CaseLine, world: World, visit: Visit) -> CaseRow:
    """Return the row of a case."""
    words = visit.words
    workflow = workflow_of(world.rules, line.workflow, line.definition_version)
    units = world.surroundings.units
    handled_by = units.get(UnitId(line.lead_unit or line.unit))
    due_at = None if line.next_due_at is None else instant(line.next_due_at)
    due_on = None if due_at is None else last_day(due_at)
    return CaseRow(
        address=f"/cases/{line.id}",
        number=line.number or words.t("no_number"),
        subject=line.subject or words.t("no_subject"),
        workflow=words.say(workflow.title.text),
        state=words.say(title_of(line.state, workflow.states)),
        phase=line.phase,
        unit=words.t("dash") if handled_by is None else words.say(handled_by.title),
        opened=words.day(instant(line.opened_at)),
        due=None if due_at is None or due_on is None else due_words(due_on, due_at, words),
        provisional=line.provisional,
        standing=None
        if due_at is None or due_on is None
        else running_standing(due_on, due_at, world.calendar, visit.now, words),
    )


def deadline_row(line: OverdueLine, world: World, visit: Visit) -> DeadlineRow:
    """Return the row of a deadline."""
    words = visit.words
    workflow = workflow_of(world.rules, line.case.workflow, line.case.definition_version)
    due_on, due_at = date.fromisoformat(line.due_on), instant(line.due_at)
    return DeadlineRow(
        case=case_row(line.case, world, visit),
        title=words.say(title_of(line.deadline, workflow.deadlines)),
        due=due_words(due_on, due_at, words),
        promised=None if line.promised_on == line.due_on else words.date(date.fromisoformat(line.promised_on)),
        provisional=line.provisional,
        standing=running_standing(due_on, due_at, calendar_of_line(line, workflow, world), visit.now, words),
    )


def workflow_of(rules: Rulebook, name: str, version: int) -> Workflow:
    """Return the version of a workflow, the newest one where that is not known here."""
    known = rules.workflows.get((name, version))
    if known is not None:
        return known[0]
    return rules.newest(name)


def shown_workflows(rules: Rulebook) -> list[Workflow]:
    """Return the workflows whose cases stand in lists, those that count as cases first."""
    return sorted((rules.newest(name) for name in rules.names()), key=lambda part: not part.counts_as_case)
