"""A case as the row that a database keeps, and back. What no query filters by goes to ``body`` as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from pydantic import JsonValue
from pydantic_core import to_json

from engine.case.case import Case, Clock, Party, Pins
from engine.case.codec import child_from, child_json, child_role, clock_from, clock_json, instant, microseconds
from engine.case.identity import CaseId, PersonId, RootId, SessionId, UnitId
from engine.definition.compiled import Definition
from engine.definition.parts import Phase
from engine.service.rows import CaseRow, DeadlineRow

Json = dict[str, JsonValue]


def case_row(case: Case, *, number: str | None, subject: str | None, category: str | None) -> CaseRow:
    """Return the row of a case; number, subject and category are the values of the fields its definition names."""
    due_at = case.next_due_at
    return CaseRow(
        root=case.root,
        id=case.id,
        workflow=case.workflow,
        definition_version=case.definition_version,
        unit=case.unit,
        lead_unit=case.lead_unit,
        congress_session=case.congress_session,
        state=case.state,
        phase=case.phase.value,
        number=number,
        subject=subject,
        category=category,
        parent=case.parent,
        merged_into=case.merged_into,
        version=case.version,
        seq=case.seq,
        head=case.head,
        opened_at=microseconds(case.opened_at),
        changed_at=microseconds(case.changed_at),
        next_due_at=None if due_at is None else microseconds(due_at),
        body=to_json(_body(case)).decode(),
    )


def row_of(case: Case, definition: Definition) -> CaseRow:
    """Return the row of a case: number, subject and category are the values of the fields its definition names."""
    part = definition.workflow
    number = next((str(case.data[name]) for name in part.number_fields if case.data.get(name)), None)
    return case_row(
        case,
        number=number,
        subject=cast(str | None, case.data.get(part.subject_field)),
        category=None if part.category_field is None else cast(str | None, case.data.get(part.category_field)),
    )


def case_from(row: CaseRow) -> Case:
    """Return the case of a row."""
    body: Mapping[str, JsonValue] = json.loads(row.body)
    pins = cast(Mapping[str, JsonValue], body["pins"])
    resume_state = body.get("resume_state")
    return Case(
        root=RootId(row.root),
        id=CaseId(row.id),
        workflow=row.workflow,
        definition_version=row.definition_version,
        pins=Pins(
            definition=str(pins["definition"]),
            lists=cast(Mapping[str, str], pins["lists"]),
            calendar=str(pins["calendar"]),
        ),
        unit=UnitId(row.unit),
        congress_session=None if row.congress_session is None else SessionId(row.congress_session),
        state=row.state,
        phase=Phase(row.phase),
        opened_at=instant(row.opened_at),
        changed_at=instant(row.changed_at),
        version=row.version,
        seq=row.seq,
        head=row.head,
        data=cast(Mapping[str, JsonValue], body.get("data", {})),
        sealed=frozenset(_texts(body, "sealed")),
        parties=tuple(
            Party(party[0], PersonId(party[1]), CaseId(party[2]) if len(party) > 2 else None)
            for party in cast(Sequence[Sequence[str]], body.get("parties", ()))
        ),
        people=tuple(PersonId(person) for person in _texts(body, "people")),
        clocks=tuple(clock_from(clock) for clock in _objects(body, "clocks")),
        children=tuple(child_from(child) for child in _objects(body, "children")),
        fired=cast(Mapping[str, int], body.get("fired", {})),
        milestones={name: instant(at) for name, at in cast(Mapping[str, int], body.get("milestones", {})).items()},
        parent=None if row.parent is None else CaseId(row.parent),
        child_role=child_role(body.get("child_role")),
        batch=cast(int, body.get("batch", 0)),
        merged_into=None if row.merged_into is None else CaseId(row.merged_into),
        merged_from=tuple(CaseId(case) for case in _texts(body, "merged_from")),
        resume_state=None if resume_state is None else str(resume_state),
        linked=tuple(CaseId(case) for case in _texts(body, "linked")),
        rungs={
            deadline: tuple(names)
            for deadline, names in cast(Mapping[str, Sequence[str]], body.get("rungs", {})).items()
        },
        published=bool(body.get("published", False)),
        stated=bool(body.get("stated", False)),
        happened=None if (happened := body.get("happened")) is None else instant(cast(int, happened)),
    )


def _body(case: Case) -> Json:
    """Return what no column holds; parts that are empty are left out."""
    pins = case.pins
    body: Json = {"pins": {"definition": pins.definition, "lists": dict(pins.lists), "calendar": pins.calendar}}
    if case.data:
        body["data"] = dict(case.data)
    if case.sealed:
        body["sealed"] = list[JsonValue](sorted(case.sealed))
    if case.parties:
        body["parties"] = [
            [party.role, party.person] if party.via is None else [party.role, party.person, party.via]
            for party in case.parties
        ]
    if case.people:
        body["people"] = list[JsonValue](case.people)
    if case.clocks:
        body["clocks"] = [clock_json(clock) for clock in case.clocks]
    if case.children:
        body["children"] = [child_json(child) for child in case.children]
    if case.fired:
        body["fired"] = dict[str, JsonValue](case.fired)
    if case.milestones:
        body["milestones"] = {name: microseconds(at) for name, at in case.milestones.items()}
    if case.child_role is not None:
        body["child_role"] = case.child_role
    if case.batch:
        body["batch"] = case.batch
    if case.merged_from:
        body["merged_from"] = list[JsonValue](case.merged_from)
    if case.resume_state is not None:
        body["resume_state"] = case.resume_state
    if case.linked:
        body["linked"] = list[JsonValue](case.linked)
    if case.rungs:
        body["rungs"] = {deadline: list[JsonValue](names) for deadline, names in case.rungs.items()}
    if case.published:
        body["published"] = True
    if case.stated:
        body["stated"] = True
    if case.happened is not None:
        body["happened"] = microseconds(case.happened)
    return body


def _texts(body: Mapping[str, JsonValue], name: str) -> Sequence[str]:
    return cast(Sequence[str], body.get(name, ()))


def _objects(body: Mapping[str, JsonValue], name: str) -> Sequence[Json]:
    return cast(Sequence[Json], body.get(name, ()))


def deadline_rows(case: Case, clocks: Iterable[Clock]) -> list[DeadlineRow]:
    """Return the rows of those clocks that are watched: what the sweep and the overdue list look at."""
    return [
        DeadlineRow(
            case.root,
            case.id,
            clock.name,
            clock.state.value,
            microseconds(clock.started_at),
            microseconds(clock.due_at),
            clock.promised_on.isoformat(),
            clock.due_on.isoformat(),
            int(clock.provisional),
            to_json(clock.standing).decode(),
            None if clock.rung_at is None else microseconds(clock.rung_at),
        )
        for clock in clocks
        if clock.watched
    ]
