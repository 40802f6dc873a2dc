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
from engine.service.ports import CaseFilter, Page
from engine.service.retention import Over, day_of, ended_on_by, moved_since, over, years_after
from engine.service.search import known_to
from engine.service.whole_lists import whole_list, whole_list_with_words
from engine.service.word_lists import Listed, looked_for, page_with_words
from engine.service.world import World

DUE_LOOKED_MAX: Final = 200
"""So many of the oldest cases are looked at for a page; the command goes through all of them."""
_READ_AT_ONCE: Final = 200


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
    """A page of the archive; ``next`` is the key of the page after it, None on the last.

    ``is_cut``: it may be short of what there is, and going on finds it (``Page``).
    """

    cases: tuple[ArchivedCase, ...]
    next: str | None
    is_cut: bool = False


def archive_page(
    desk: Desk, root: RootId, actor: Actor, world: World, where: ArchiveFilter, *, after: str | None, limit: int
) -> ArchivePage:
    """Return a page of the cases that are over and that the actor may see, the newest opened first.

    Raises:
        InputRefused: ``after`` is no key of a page, or the text holds nothing to look for.
    """
    principals, listed, narrowed = _asked(desk, root, actor, where)
    if where.text is None:
        page = listed(narrowed, after, limit)
    else:
        known = known_to(actor, world)
        page = page_with_words(
            desk.reads, root, principals, narrowed, world, known, after=after, limit=limit, listed=listed
        )
    cases = tuple(_of_lines(desk, root, actor, world, [line.id for line in page.lines]))
    return ArchivePage(cases=cases, next=page.next, is_cut=page.is_cut)


def archive_whole(
    desk: Desk, root: RootId, actor: Actor, world: World, where: ArchiveFilter, *, limit: int
) -> Iterator[ArchivedCase]:
    """Return the cases of all pages, so many at most, to be gone through once: they are read as it goes on.

    Raises:
        InputRefused: at once, where the text holds nothing to look for.
    """
    principals, listed, narrowed = _asked(desk, root, actor, where)
    if where.text is None:
        lines = whole_list(listed, narrowed, limit=limit)
    else:
        known = known_to(actor, world)
        wanted = looked_for(desk.reads, root, principals, narrowed, world, known, listed)
        lines = whole_list_with_words(wanted, limit=limit)
    ids = [line.id for line in lines]
    pieces = (ids[start : start + _READ_AT_ONCE] for start in range(0, len(ids), _READ_AT_ONCE))
    return (one for piece in pieces for one in _of_lines(desk, root, actor, world, piece))


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


def _asked(
    desk: Desk, root: RootId, actor: Actor, where: ArchiveFilter
) -> tuple[Sequence[str] | None, Listed, CaseFilter]:
    """Return who asks, the list of the archive that words narrow, and what they narrow it by."""
    principals = principals_of(actor) if actor.kind is ActorKind.PERSON else None
    plain = where._replace(text=None)

    def listed(narrowed: CaseFilter, after: str | None, limit: int) -> Page:
        of = plain._replace(ids=narrowed.ids)
        return desk.reads.archived_cases(root, principals, of, after=after, limit=limit)

    return principals, listed, CaseFilter(workflow=where.workflow, text=where.text, children=True)


def _of_lines(desk: Desk, root: RootId, actor: Actor, world: World, ids: Sequence[CaseId]) -> Iterator[ArchivedCase]:
    """Yield what is to be said of these cases, in their order."""
    found = {case.id: case for case in desk.reads.cases(root, ids)} if ids else {}
    cases = [found[one] for one in ids if one in found]
    ended = _ended(desk, root, cases, world)
    return (_archived(case, ended[case.id], actor, world) for case in cases)


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
