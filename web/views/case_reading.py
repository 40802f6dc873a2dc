"""Who reads a case, on a page or in a job: where it is read, with whose rights, in which language and when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue

from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.identity import CaseId, PersonId, RootId
from engine.service.desk import Desk
from engine.service.queries import CaseView
from engine.service.world import World
from web.forms.line_names import line_names
from web.shell import Shell, Visit
from web.views.fields import FieldWriter, named
from web.views.files import FileLink
from web.views.lines import workflow_of
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReader:
    """A reader of cases. ``now`` is what deadlines are told by."""

    desk: Desk
    world: World
    root: RootId
    actor: Actor
    words: Words
    now: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A case by its number and subject."""

    address: str
    title: str


def reader_of(shell: Shell, visit: Visit, world: World) -> CaseReader:
    """Return the visitor of a page as a reader of cases."""
    known = visit.known
    return CaseReader(
        desk=shell.edge.desk, world=world, root=known.root, actor=known.actor, words=visit.words, now=visit.now
    )


def visible_links(cases: list[CaseId], reader: CaseReader) -> dict[str, Link]:
    """Return the links to those of the cases that the reader may see; each is asked for, so only few."""
    principals = principals_of(reader.actor)
    found = (reader.desk.reads.case(reader.root, case, principals) for case in dict.fromkeys(cases))
    return {
        case.id: Link(address=f"/cases/{case.id}", title=_name(case, reader.world))
        for case in found
        if case is not None
    }


def case_writer(
    reader: CaseReader,
    view: CaseView,
    values: Sequence[Mapping[str, JsonValue]],
    files: Mapping[str, FileLink],
) -> FieldWriter:
    """Return what writes the case's fields, with the names of the persons and cases they hold."""
    reads, root = reader.desk.reads, reader.root
    persons = {PersonId(person) for each in values for person in named(view.definition, each, "person")}
    cases = {CaseId(case) for each in values for case in named(view.definition, each, "case")}
    return FieldWriter(
        words=reader.words,
        definition=view.definition,
        surroundings=reader.world.surroundings,
        persons=reads.persons(root, persons) if persons else {},
        cases={case: link.title for case, link in visible_links(sorted(cases), reader).items()},
        files=files,
        lines=line_names(reads, root, reader.actor, view.definition, values),
    )


def _name(case: Case, world: World) -> str:
    workflow = workflow_of(world.rules, case.workflow, case.definition_version)
    numbers = (case.data.get(name) for name in workflow.number_fields)
    parts = (next((number for number in numbers if number), None), case.data.get(workflow.subject_field))
    return " ".join(str(part) for part in parts if part) or case.id
