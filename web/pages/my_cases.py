"""One's own cases, those filed under a veil too: who looked at them, and who asked to know who one is."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import Response

from engine.case.actors import Actor
from engine.case.codec import at_from
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.secrecy import as_party, is_strict
from engine.definition.compiled import Definition
from engine.definition.parts import Bind, Unbind
from engine.ledger.streams import ACCESS
from engine.service.ports import CaseFilter
from engine.service.queries import TimelineLine
from engine.service.watch import READ
from engine.service.world import World
from web.shell import Shell, Visit
from web.views.fields import FieldWriter
from web.views.lines import CaseRow, case_row
from web.views.timeline import EntryView, entry_view

LINES: Final = 20
"""Each confidential one is looked up whole, with its readers: no long page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Somebody who looked at a case, and how often."""

    name: str
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCase:
    """A case of one's own. ``looks`` and ``identity`` are None where neither is recorded: it is not confidential."""

    row: CaseRow
    access: str
    looks: tuple[Look, ...] | None = None
    identity: tuple[EntryView, ...] = ()


def my_cases_pages(shell: Shell) -> APIRouter:
    """Return the address of one's own cases."""
    router = APIRouter(include_in_schema=False)

    @router.get("/me/cases")
    def own(request: Request) -> Response:
        visit = shell.visit(request)
        asker, desk = visit.known, shell.edge.desk
        world, after = shell.world(visit), request.query_params.get("after") or None
        page = desk.queries.page(asker.root, party_of(asker.actor), CaseFilter(children=True), after=after, limit=LINES)
        cases = {case.id: case for case in desk.reads.cases(asker.root, [line.id for line in page.lines])}
        found = []
        for line in page.lines:
            row, access = case_row(line, world, visit), f"/cases/{line.id}/access"
            case = cases[line.id]
            definition = world.rules.pinned(case.pins.definition, case.pins.lists)
            own_role = definition.workflow.opener_becomes
            is_own = own_role is not None and as_party(asker.actor, case).person in case.persons_in(own_role)
            if not is_own or not is_strict(case, definition):
                found.append(OwnCase(row=row, access=access))
                continue
            found.append(
                OwnCase(
                    row=row,
                    access=access,
                    looks=tuple(looks_at(shell, visit, asker.root, line.id)),
                    identity=tuple(_identity(shell, visit, line.id, definition, world)),
                )
            )
        return shell.page(visit, "my_cases.html", cases=found, next_page=page.next)

    return router


def party_of(actor: Actor) -> Actor:
    """Return the actor without any office: what they then see is theirs as a party."""
    return replace(actor, grants=frozenset(), acting_for=None)


def looks_at(shell: Shell, visit: Visit, root: RootId, case: CaseId) -> Iterator[Look]:
    """Yield who looked at a case, by what stands in the stream beside it, the last one first."""
    times: dict[PersonId, list[str]] = defaultdict(list)
    for entry in shell.edge.desk.reads.entries(root, CaseId(f"{ACCESS}{case}")):
        body = json.loads(entry.body)
        if body["type"] == READ:
            times[PersonId(body["by"])].append(body["at"])
    people = shell.edge.desk.reads.persons(root, sorted(times)) if times else {}
    words = visit.words
    for person, at in sorted(times.items(), key=lambda pair: max(pair[1]), reverse=True):
        name = people[person].name if person in people else words.t("party_nameless")
        yield Look(name=name, told=words.t("me_cases_look", n=len(at), at=words.instant(at_from(max(at)))))


def _identity(shell: Shell, visit: Visit, case: CaseId, definition: Definition, world: World) -> Iterator[EntryView]:
    """Yield the requests to know who one is, and what was decided, as the timeline has them."""
    asker, desk = visit.known, shell.edge.desk
    moves = _identity_moves(definition)
    lines: Sequence[TimelineLine] = desk.queries.timeline(asker.root, case, asker.actor, world)
    writer = FieldWriter(
        words=visit.words, definition=definition, surroundings=world.surroundings, persons={}, cases={}
    )
    yield from (entry_view(line, writer, world.rules) for line in lines if line.transition in moves)


def _identity_moves(definition: Definition) -> frozenset[str]:
    """Return the moves by which somebody is let in, asks to be, or is turned away or out."""
    workflow = definition.workflow
    if workflow.identity is None:
        return frozenset()
    binds = {
        name: {
            role
            for effect in part.effects
            if isinstance(effect, Bind | Unbind)
            for role in (effect.role, effect.those_in if isinstance(effect, Bind) else None)
            if role is not None
        }
        for name, part in workflow.transitions.items()
    }
    opened_to = workflow.identity.opened_to
    applicants = {role for roles in binds.values() if opened_to in roles for role in roles}
    return frozenset(name for name, roles in binds.items() if roles & applicants)
