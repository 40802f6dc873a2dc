"""The archive (档案): cases that are over, with when they ended and how long what they hold is kept.

The years are those of ``retention``: of the newest version of a workflow, from the day of the end; a case whose own
version knows no terms is kept without a date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Final

from pydantic import JsonValue

from engine.access.disclosure import disclosed
from engine.access.readers import principals_of
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.erasing import capacity_to_erase
from engine.case.holds import is_held
from engine.case.identity import CaseId, RootId
from engine.case.secrecy import as_party
from engine.definition.compiled import Definition
from engine.definition.model import RetentionTerm
from engine.service.archive_ports import ArchiveFilter
from engine.service.desk import Desk
from engine.service.retention import Over, day_of, ended_on_by, moved_since, over, years_after
from engine.service.world import World

DUE_LOOKED_MAX: Final = 200
"""So many of the oldest cases are looked at for a page; the command goes through all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUntil:
    """How long values of one privacy are kept: so many years from the end, until the day on which they may go."""

    term: RetentionTerm
    until: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedCase:
    """One case that is over; ``fields`` are those of its open values that the reader may know.

    ``kept`` is empty where nothing of it has a term: it holds nothing of that kind, or its rules say nothing.
    """

    case: Case
    definition: Definition
    fields: Mapping[str, JsonValue]
    ended_on: date
    kept: tuple[KeptUntil, ...]
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePage:
    """A page of the archive; ``next`` is the key of the page after it, None on the last."""

    cases: tuple[ArchivedCase, ...]
    next: str | None


def archive_page(
    desk: Desk, root: RootId, actor: Actor, world: World, where: ArchiveFilter, *, after: str | None, limit: int
) -> ArchivePage:
    """Return a page of the cases that are over and that the actor may see, the newest opened first.

    Raises:
        InputRefused: ``after`` is no key of a page.
    """
    principals = principals_of(actor) if actor.kind is ActorKind.PERSON else None
    page = desk.reads.archived_cases(root, principals, where, after=after, limit=limit)
    found = {case.id: case for case in desk.reads.cases(root, [line.id for line in page.lines])} if page.lines else {}
    cases = [found[line.id] for line in page.lines if line.id in found]
    ended = _ended(desk, root, cases, world)
    return ArchivePage(cases=tuple(_archived(case, ended[case.id], actor, world) for case in cases), next=page.next)


def due_for_erasure(
    desk: Desk, root: RootId, actor: Actor, world: World, *, limit: int, looked_max: int = DUE_LOOKED_MAX
) -> Sequence[Over]:
    """Return what has been kept for long enough, the oldest first, of the cases that this actor may see and erase."""
    found: list[Over] = []
    looked = over(desk, root, looked_max=looked_max)
    while len(found) < limit and (some := list(islice(looked, limit))):
        seen = desk.reads.visible_cases(root, [one.case for one in some], principals_of(actor))
        parents = {case.id: case for case in desk.reads.cases(root, [case.parent for case in seen if case.parent])}
        may = {case.id for case in seen if _may_erase(case, parents, actor, world)}
        found += [one for one in some if one.case in may]
    return found[:limit]


def _may_erase(case: Case, parents: Mapping[CaseId, Case], actor: Actor, world: World) -> bool:
    workflow = world.rules.pinned(case.pins.definition, case.pins.lists).workflow
    parent = None if case.parent is None else parents.get(case.parent)
    units = world.surroundings.tree
    return capacity_to_erase(workflow, case, parent, as_party(actor, case), units) is not None


def _ended(desk: Desk, root: RootId, cases: Iterable[Case], world: World) -> dict[CaseId, date]:
    """Return when cases ended; the entries of those that were moved after their end are read together."""
    ended: dict[CaseId, date] = {}
    unclear: dict[CaseId, tuple[Case, Definition]] = {}
    for case in cases:
        definition = world.rules.pinned(case.pins.definition, case.pins.lists)
        if moved_since(case, definition):
            unclear[case.id] = (case, definition)
        else:
            ended[case.id] = day_of(case.happened_at)
    for file in desk.reads.case_files(root, list(unclear)) if unclear else ():
        ended[file.case] = ended_on_by(file.entries, *unclear[file.case])
    return ended


def _archived(case: Case, ended_on: date, actor: Actor, world: World) -> ArchivedCase:
    definition = world.rules.pinned(case.pins.definition, case.pins.lists)
    known = disclosed(case, definition, actor, world.surroundings.tree).fields
    return ArchivedCase(
        case=case,
        definition=definition,
        fields={name: value for name, value in case.data.items() if name in known},
        ended_on=ended_on,
        kept=tuple(_kept(case, definition, ended_on, world)),
        is_held=is_held(case, definition),
    )


def _kept(case: Case, definition: Definition, ended_on: date, world: World) -> Iterator[KeptUntil]:
    terms = world.rules.newest(case.workflow).retention
    if terms is None or definition.workflow.retention is None:
        return
    fields = definition.workflow.fields
    there = {str(fields[name].privacy) for name in (*case.data, *case.sealed) if name in fields}
    for term in terms.after:
        if term.privacy in there:
            yield KeptUntil(term=term, until=years_after(ended_on, term.years))
