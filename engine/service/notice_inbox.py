"""Questions about notices: one's own inbox, and who was told what about a case, as the one who asks may see it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from engine.access.readers import principals_of, roles_on, staff_of
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.identity import CaseId, PersonId, RootId
from engine.definition.compiled import Definition
from engine.definition.model import Workflow
from engine.errors import CaseNotFound, InputRefused, NotPermitted
from engine.service.notice_ports import (
    UNREAD_MAX,
    CaseDelivery,
    InboxKey,
    InboxLine,
    NoticeReads,
    NoticeRow,
    ToldRow,
)
from engine.service.notice_recipients import announced, is_confidential
from engine.service.world import World
from engine.text import Text

PAGE_MAX: Final = 200
_KEY: Final = re.compile(r"([0-9]{1,18})~([0-9]{1,18})~([ -~]{1,300})")


class InboxPage(NamedTuple):
    """Lines of an inbox, the newest first; ``next`` is the key to continue after, None on the last page.

    ``principals`` names those in whose place the person was told something.
    """

    lines: tuple[InboxLine, ...]
    next: str | None
    principals: Mapping[str, str]


class ToldLine(NamedTuple):
    """One person told of something about a case, when, and what became of it by each way.

    ``person`` is None where the reader may not know who it is. The inbox's own state stands in ``notice``.
    """

    person: str | None
    notice: NoticeRow
    deliveries: tuple[CaseDelivery, ...]


class ToldOfCase(NamedTuple):
    """The ledger of deliveries of a case: everything told of, and to whom. ``names`` are those of the persons shown."""

    told: tuple[ToldRow, ...]
    lines: tuple[ToldLine, ...]
    definition: Definition
    names: Mapping[str, str]


class Notices:
    """The reading side of notices."""

    def __init__(self, reads: NoticeReads) -> None:
        self._reads = reads

    def inbox(
        self, root: RootId, actor: Actor, *, after: str | None = None, limit: int = 50, unread: bool = False
    ) -> InboxPage:
        """Return a page of the actor's own inbox, or of what is unread there; nobody reads another's.

        Raises:
            NotPermitted: the actor is no person.
            InputRefused: ``after`` is no key of a page.
        """
        if actor.person is None:
            raise NotPermitted(Text("收件箱只属于个人", "An inbox belongs to a person"))
        limit, key = max(1, min(limit, PAGE_MAX)), _key(after)
        lines = [
            line
            for name in _names_of(actor)
            for line in self._reads.inbox(root, name, principals_of(actor), after=key, limit=limit + 1, unread=unread)
        ]
        lines.sort(key=lambda line: (line.notice.at, line.notice.seq, line.notice.outbox), reverse=True)
        page = tuple(lines[:limit])
        last = page[-1].notice if len(lines) > limit else None
        return InboxPage(
            page,
            None if last is None else f"{last.at}~{last.seq}~{last.outbox}",
            self._names(root, {line.notice.acting_for for line in page}),
        )

    def unread(self, root: RootId, actor: Actor) -> int:
        """Return how many notices of the actor's own are unread, at most ``UNREAD_MAX``; 0 for all but persons."""
        return min(UNREAD_MAX, sum(self._reads.unread(root, name) for name in _names_of(actor)))

    def of_case(self, root: RootId, case_id: CaseId, actor: Actor, world: World) -> ToldOfCase:
        """Return who was told what about a case, when, by which way and with what outcome.

        In a confidential case persons bound to it stay nameless but to themselves. Addresses are shown to nobody.

        Raises:
            CaseNotFound: there is no such case, or the actor may not see it.
            NotPermitted: the actor sees the case as a party, not as one of those who work on it.
        """
        principals = principals_of(actor) if actor.kind is ActorKind.PERSON else None
        case = self._reads.case(root, case_id, principals)
        if case is None:
            raise CaseNotFound
        parent = self._parent(root, case)
        definition = world.rules.pinned(case.pins.definition, case.pins.lists)
        units = world.surroundings.tree
        if principals is not None and staff_of(case, definition, world.rules, units, parent).isdisjoint(
            roles_on(actor, case, parent)
        ):
            raise NotPermitted(Text("送达情况只供承办、督办人员查看", "Who was told is shown to those who work on it"))
        hidden = _hidden_roles(case, definition, parent, world)
        ways: dict[tuple[str, str], list[CaseDelivery]] = defaultdict(list)
        for delivery in self._reads.deliveries_of_case(root, case_id):
            ways[delivery.outbox, delivery.person].append(delivery)
        lines = tuple(
            _line(
                notice,
                ways[notice.outbox, notice.person],
                hide=notice.role in hidden and notice.person != actor.person,
            )
            for notice in self._reads.notices_of_case(root, case_id)
        )
        shown = {line.person for line in lines} | {line.notice.acting_for for line in lines}
        names = self._names(root, shown)
        # A veiled name is no name: whoever bears it stays nameless after the level was lowered, too.
        lines = tuple(
            line if line.person in names else _line(line.notice, line.deliveries, hide=True) for line in lines
        )
        return ToldOfCase(tuple(self._reads.told_of_case(root, case_id)), lines, definition, names)

    def _parent(self, root: RootId, case: Case) -> Case | None:
        parents = [] if case.parent is None else self._reads.cases(root, [case.parent])
        return parents[0] if parents else None

    def _names(self, root: RootId, persons: set[str | None]) -> Mapping[str, str]:
        wanted = sorted(PersonId(person) for person in persons if person is not None)
        found = self._reads.persons(root, wanted) if wanted else {}
        return {person: known.name for person, known in found.items()}


def title_of_notice(workflow: Workflow, kind: str, name: str) -> Text:
    """Return what somebody was told of, by its title; its name where the definition knows it no more."""
    announcement = announced(workflow, kind, name)
    return Text(name, name) if announcement is None else announcement.title.text


def _hidden_roles(case: Case, definition: Definition, parent: Case | None, world: World) -> frozenset[str]:
    """Return the roles whose persons are not named: those bound to a confidential case."""
    above = None if parent is None else world.rules.pinned(parent.pins.definition, parent.pins.lists)
    if not is_confidential(case, definition, parent, above):
        return frozenset()
    return frozenset(name for name, part in definition.workflow.roles.items() if part.bound == "party")


def _names_of(actor: Actor) -> Sequence[PersonId]:
    """Return under which names somebody is told of things: their own, and the veiled one."""
    return [name for name in (actor.person, actor.veil) if name is not None]


def _line(notice: NoticeRow, deliveries: Sequence[CaseDelivery], *, hide: bool) -> ToldLine:
    if not hide:
        return ToldLine(notice.person, notice, tuple(deliveries))
    nameless = notice._replace(person="", acting_for=None)
    return ToldLine(None, nameless, tuple(delivery._replace(person="") for delivery in deliveries))


def _key(after: str | None) -> InboxKey | None:
    if after is None:
        return None
    found = _KEY.fullmatch(after)
    if found is None:
        raise InputRefused(Text("页码参数无效", "This is no key of a page"))
    return int(found[1]), int(found[2]), found[3]
