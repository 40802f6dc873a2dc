"""Who is told of something: from what the definition announces, over roles, to persons. Pure.

Bound roles are the case's parties. Granted roles are looked for where ``case.roles`` lets them be held, nearest unit
first; where nobody holds the post, the same role in the unit above is told, up the tree, and at last the union office.
Grants in a unit complained about count for nothing (XF Art.28), as everywhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from engine.access.directory import Person
from engine.case.actors import Grant
from engine.case.case import Case
from engine.case.identity import PersonId, UnitId
from engine.case.secrecy import accused_units, is_strict, recused_people
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.model import Rung, Saying, Workflow
from engine.definition.parts import Label
from engine.service.notice_times import URGENT_LEVEL

LAST_RESORT: Final = "union_office"
"""The grant whose holders are told where no post up the tree is filled."""

Holders = Mapping[Grant, Sequence[PersonId]]


class Announcement(NamedTuple):
    """What the definition says is to be told: to which roles, under what title, in which words or by which rung.

    ``words`` are the definition's own, or the name of words that are shared.
    """

    to: tuple[str, ...]
    title: Label
    words: Saying | str | None = None
    rung: Rung | None = None
    deadline: str | None = None

    @property
    def urgent(self) -> bool:
        """Whether it waits neither for quiet hours nor for a digest."""
        return self.rung is not None and self.rung.level >= URGENT_LEVEL


class Recipient(NamedTuple):
    """A person to be told, in what role of the case, and in whose place if not in their own."""

    person: PersonId
    role: str
    acting_for: PersonId | None = None


def announced(workflow: Workflow, kind: str, name: str) -> Announcement | None:
    """Return what a row of the outbox announces; None when the definition knows nothing of the kind.

    ``kind`` is "notice" with the notice's name, or "rung" with ``deadline/rung``, as ``deadline/rung#2`` when
    raised again.
    """
    if kind == "notice":
        notice = workflow.notices.get(name)
        return None if notice is None else Announcement(notice.to, notice.title, notice.says or notice.template)
    deadline, _, raised = name.partition("/")
    part = workflow.deadlines.get(deadline)
    ladder = None if kind != "rung" or part is None or part.ladder is None else workflow.ladders.get(part.ladder)
    rungs = () if ladder is None else ladder.rungs
    rung = next((rung for rung in rungs if rung.id == raised.partition("#")[0]), None)
    return None if rung is None else Announcement(rung.to, rung.title, rung=rung, deadline=deadline)


def roles_asked(workflow: Workflow, announcement: Announcement) -> Iterator[str]:
    """Yield the grants whose holders may have to be told."""
    yield LAST_RESORT
    for role in announcement.to:
        yield from workflow.roles[role].of


def recipients(
    announcement: Announcement,
    workflow: Workflow,
    case: Case,
    holders: Holders,
    units: UnitTree,
    parent: Case | None = None,
) -> list[Recipient]:
    """Return the persons to be told, each once, in the order of the announcement's roles."""
    accused, recused = accused_of(case, parent), recused_people(case, parent)
    if recused:
        holders = {grant: [one for one in held if one not in recused] for grant, held in holders.items()}
    found: dict[PersonId, Recipient] = {}
    for role in announcement.to:
        for person in _persons(role, workflow, case, holders, units, accused):
            found.setdefault(person, Recipient(person, role))
    return list(found.values())


def with_deputies(
    told: Iterable[Recipient],
    deputies: Mapping[PersonId, Sequence[PersonId]],
    people: Mapping[PersonId, Person],
    units: UnitTree,
    accused: frozenset[str],
    veiled: frozenset[PersonId] = frozenset(),
    recused: frozenset[str] = frozenset(),
) -> list[Recipient]:
    """Return the recipients who are there, and those who act for them, marked so; who is told anyway is told once.

    Who goes by a ``veiled`` name is told under it: no person has that id, and no channel leads there. A deputy who
    belongs to a unit complained about, or is ``recused``, is left out: the grants they act under are not their own.
    """
    own = {
        recipient.person: recipient
        for recipient in told
        if _is_active(recipient.person, people) or (recipient.person in veiled and recipient.person not in people)
    }
    found = dict(own)
    for recipient in own.values():
        for deputy in deputies.get(recipient.person, ()):
            person = people.get(deputy)
            if person is None or not person.active or deputy in recused:
                continue
            if person.unit and _within(person.unit, accused, units):
                continue
            found.setdefault(deputy, Recipient(deputy, recipient.role, acting_for=recipient.person))
    return list(found.values())


def veiled_in(case: Case, definition: Definition) -> frozenset[PersonId]:
    """Return the names under which people who filed this case read their inbox; nobody anonymous has one."""
    identity, own = definition.workflow.identity, definition.workflow.opener_becomes
    if identity is None or own is None:
        return frozenset()
    anonymous = definition.anonymous_codes.get(identity.level, frozenset())
    return frozenset() if case.data.get(identity.level) in anonymous else frozenset(case.persons_in(own))


def accused_of(case: Case, parent: Case | None) -> frozenset[str]:
    """Return the units complained about in the case or in the one it is an assignment of."""
    return accused_units(case, parent)


def is_confidential(
    case: Case, definition: Definition, parent: Case | None = None, above: Definition | None = None
) -> bool:
    """Return whether a message that leaves the house may say nothing of the case but that there is news.

    So it is where the case, or the one it is an assignment of, carries a code flagged as strict (保密、匿名), and where
    units are complained about, whoever may have become one since the message was queued.
    """
    if accused_of(case, parent) or recused_people(case, parent) or is_strict(case, definition):
        return True
    return parent is not None and above is not None and is_strict(parent, above)


def _persons(
    role: str, workflow: Workflow, case: Case, holders: Holders, units: UnitTree, accused: frozenset[str]
) -> Iterable[PersonId]:
    part = workflow.roles[role]
    match part.bound:
        case "party":
            return [party.person for party in case.parties if party.role == role]
        case "system" | "code":
            return []
        case "grant":
            unit = case.unit if part.in_ == "case_unit" else case.lead_unit
            if unit is None:  # no unit leads yet: there is no such post, rather than an empty one
                return []
            lineage = units.lineage(unit)
            asked = lineage[1:] if part.inherited == "only" else lineage
            nearest = _nearest(part.of, asked, holders, units, accused)
            return nearest or _nearest((LAST_RESORT,), units.lineage(case.unit), holders, units, accused)


def _nearest(
    roles: Sequence[str], lineage: Sequence[UnitId], holders: Holders, units: UnitTree, accused: frozenset[str]
) -> list[PersonId]:
    """Return who holds one of the roles in the first of these units where somebody does."""
    for above in lineage:
        if not _within(above, accused, units):
            found = [person for role in roles for person in holders.get(Grant(role, above), ())]
            if found:
                return found
    return []


def _within(unit: UnitId, accused: frozenset[str], units: UnitTree) -> bool:
    return bool(accused) and not accused.isdisjoint(units.lineage(unit))


def _is_active(person: PersonId, people: Mapping[PersonId, Person]) -> bool:
    known = people.get(person)
    return known is not None and known.active
