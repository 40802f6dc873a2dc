"""Cases, lines, clocks and entries as JSON. Instants are ISO 8601 in UTC, dates ISO dates, texts both languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import JsonValue

from engine.calendar.explain import Explanation
from engine.case.case import Case
from engine.case.codec import at_text, clock_json, instant
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.service.execute import Done
from engine.service.house_notices import HOUSE, HOUSE_NOTICES
from engine.service.jobs import Job
from engine.service.notice_ports import InboxLine
from engine.service.notice_recipients import announced
from engine.service.ports import CaseLine, OverdueLine
from engine.service.queries import CaseView, TimelineLine
from engine.service.rights_history import RightsLine
from engine.service.world import World
from engine.text import Text

Json = dict[str, JsonValue]


def text_json(text: Text) -> Json:
    """Return a text in both languages."""
    return {"zh": text.zh, "en": text.en}


def done_json(done: Done) -> Json:
    """Return what a command led to: the case, the last entry there and its hash."""
    outcome = done.outcome
    return {"case": outcome.case, "seq": outcome.seq, "hash": outcome.hash, "repeated": done.repeated}


def line_json(line: CaseLine) -> Json:
    """Return one line of a list."""
    return {
        "id": line.id,
        "workflow": line.workflow,
        "definition_version": line.definition_version,
        "number": line.number,
        "subject": line.subject,
        "category": line.category,
        "state": line.state,
        "phase": line.phase,
        "unit": line.unit,
        "lead_unit": line.lead_unit,
        "congress_session": line.congress_session,
        "opened_at": at_text(instant(line.opened_at)),
        "changed_at": at_text(instant(line.changed_at)),
        "next_due_at": None if line.next_due_at is None else at_text(instant(line.next_due_at)),
        "next_due_provisional": line.provisional,
        "version": line.version,
        "seq": line.seq,
    }


def overdue_json(line: OverdueLine, now: datetime) -> Json:
    """Return one deadline of the overdue list with its case."""
    due_at = instant(line.due_at)
    return {
        **line_json(line.case),
        "deadline": line.deadline,
        "due_at": at_text(due_at),
        "due_on": line.due_on,
        "promised_on": line.promised_on,
        "provisional": line.provisional,
        "overdue": due_at <= now,
    }


def view_json(view: CaseView) -> Json:
    """Return a case as its reader may see it."""
    case, workflow = view.case, view.definition.workflow
    return {
        "id": case.id,
        "workflow": case.workflow,
        "definition_version": case.definition_version,
        "number": number_of(view),
        "subject": view.fields.get(workflow.subject_field),
        "state": {"id": case.state, **text_json(workflow.states[case.state].title.text)},
        "phase": str(case.phase),
        "unit": case.unit,
        "lead_unit": case.lead_unit,
        "congress_session": case.congress_session,
        "opened_at": at_text(case.opened_at),
        "changed_at": at_text(case.changed_at),
        "version": case.version,
        "seq": case.seq,
        "hash": case.head,
        "fields": dict(view.fields),
        "parties": [
            {
                "role": party.role,
                "person": None if party.person in view.nameless else party.person,
                "name": view.people.get(party.person),
            }
            for party in case.parties
        ],
        "milestones": {name: at_text(at) for name, at in case.milestones.items()},
        "parent": None if view.parent is None else view.parent.id,
        "merged_into": case.merged_into,
        "children": [_child_json(child) for child in view.children],
        "deadlines": [clock_json(clock) for clock in case.clocks],
        "offered": [_offer_json(name, view.definition) for name in view.offered],
        "enterable": [_offer_json(name, view.definition) for name in view.enterable],
    }


def number_of(view: CaseView) -> str | None:
    """Return the number a case is known by, None while it has none."""
    values = (view.fields.get(name) for name in view.definition.workflow.number_fields)
    return next((str(value) for value in values if value), None)


def timeline_json(line: TimelineLine) -> Json:
    """Return one entry; ``body`` is the entry as the ledger holds it."""
    return {
        "seq": line.seq,
        "type": line.type,
        "at": line.at,
        "occurred_at": line.occurred_at,
        "who": line.who,
        "role": line.role,
        "transition": line.transition,
        "to_state": line.to_state,
        "guards": [{"id": guard, "holds": holds} for guard, holds in line.guards],
        "fields": dict(line.fields),
        "body": dict(line.body),
        "hash": line.hash,
        "entered": None
        if line.entered is None
        else {
            "kind": line.entered.kind,
            "whom": line.entered.whom,
            "hidden": line.entered.is_hidden,
            "basis": line.entered.basis,
            "scan": line.entered.scan,
        },
    }


def days_json(explanation: Explanation | None) -> list[JsonValue]:
    """Return the days of an explanation in the order they were counted."""
    if explanation is None:
        return []
    return [
        {
            "on": row.on.isoformat(),
            "mark": str(row.mark),
            "count": row.count,
            "kind": str(row.day.kind),
            "name": None if row.day.name is None else text_json(row.day.name),
            "provisional": row.day.provisional,
        }
        for row in explanation.days
    ]


def workflow_line_json(workflow: Workflow, state_counts: Mapping[str, int]) -> Json:
    """Return one line of the list of workflows with the number of visible cases in each state."""
    return {
        "name": workflow.name,
        "version": workflow.version,
        "title": text_json(workflow.title.text),
        "purpose": text_json(workflow.purpose.text),
        "counts_as_case": workflow.counts_as_case,
        "cases": dict(state_counts),
    }


def inbox_json(line: InboxLine, world: World, principals: Mapping[str, str]) -> Json:
    """Return a line of an inbox. Number and subject are there only while the person may see the case; what is told of
    the house is about no case.

    ``principals`` names those in whose place the person was told.
    """
    notice = line.notice
    of_house = HOUSE_NOTICES.get(notice.name) if notice.kind == HOUSE else None
    title = None if of_house is None else of_house.title
    if line.workflow is not None and line.workflow in world.rules.names():
        announcement = announced(world.rules.newest(line.workflow), notice.kind, notice.name)
        title = None if announcement is None else announcement.title.text
    return {
        "id": notice.outbox,
        "case": None if notice.kind == HOUSE else notice.case,
        "number": line.number,
        "subject": line.subject,
        "title": None if title is None else text_json(title),
        "at": at_text(instant(notice.at)),
        "read": notice.read_at is not None,
        "acknowledged": notice.acknowledged_at is not None,
        "acting_for": notice.acting_for,
        "acting_for_name": None if notice.acting_for is None else principals.get(notice.acting_for),
    }


def job_json(job: Job) -> Json:
    """Return one background job."""
    return {
        "number": job.number,
        "kind": job.kind,
        "subject": job.subject,
        "state": str(job.state),
        "due_at": at_text(job.due_at),
        "attempts": job.attempts,
        "done": job.done,
        "reason": job.reason,
        "worker": job.worker,
        "started_at": None if job.started_at is None else at_text(job.started_at),
        "ended_at": None if job.ended_at is None else at_text(job.ended_at),
    }


def page_json(lines: Sequence[JsonValue], after: str | None) -> Json:
    """Return a page of cases and the key to continue after, None on the last page."""
    return {"cases": list(lines), "next": after}


def _child_json(child: Case) -> Json:
    return {
        "id": child.id,
        "workflow": child.workflow,
        "role": child.child_role,
        "unit": child.unit,
        "state": child.state,
        "phase": str(child.phase),
    }


def _offer_json(name: str, definition: Definition) -> Json:
    transition = definition.workflow.transitions[name]
    return {"transition": name, **text_json(transition.title.text), "form": dict(transition.form)}


def rights_json(line: RightsLine) -> Json:
    """Return a line of the history of rights with the place in the ledger where it stands."""
    return {
        "at": at_text(line.at),
        "what": line.kind,
        "person": line.person,
        "by": line.by,
        "role": line.role,
        "unit": line.unit,
        "acting_for": line.acting_for,
        "from_on": None if line.from_on is None else line.from_on.isoformat(),
        "until_on": None if line.until_on is None else line.until_on.isoformat(),
        "stream": line.stream,
        "seq": line.seq,
    }
