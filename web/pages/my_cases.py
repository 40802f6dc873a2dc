"""One's own cases, those filed under a veil too: how far they have come, what waits for one, who looked at them, and
who asked to know who one is."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.codec import at_from
from engine.case.identity import CaseId, PersonId, RootId
from engine.case.offers import offered
from engine.case.secrecy import as_party, is_strict
from engine.definition.compiled import Definition
from engine.definition.parts import Bind, Unbind
from engine.definition.wording import title_of
from engine.ledger.streams import ACCESS
from engine.service.ports import CaseFilter
from engine.service.queries import TimelineLine
from engine.service.watch import READ
from engine.service.world import World
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.fields import FieldWriter
from web.views.lines import CaseRow, case_row
from web.views.offers import pressing_moves
from web.views.progress import Step, steps
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
    """A case of one's own. ``looks`` and ``identity`` are None where neither is recorded: it is not confidential.

    ``waiting`` are the moves that wait for the reader, ``acts`` who has it now where nothing does.
    """

    row: CaseRow
    access: str
    steps: tuple[Step, ...]
    waiting: tuple[str, ...]
    acts: str
    looks: tuple[Look, ...] | None = None
    identity: tuple[EntryView, ...] = ()


def my_cases_pages(shell: Shell) -> Pages:
    """Return the address of one's own cases."""
    router = Pages()

    @router.get("/me/cases")
    def own(request: Request) -> Response:
        visit = shell.visit(request)
        asker, desk = visit.known, shell.edge.desk
        world, after = shell.world(visit), request.query_params.get("after") or None
        page = desk.queries.page(asker.root, party_of(asker.actor), CaseFilter(children=True), after=after, limit=LINES)
        cases = {case.id: case for case in desk.reads.cases(asker.root, [line.id for line in page.lines])}
        found = []
        for line in page.lines:
            case = cases[line.id]
            definition = world.rules.pinned(case.pins.definition, case.pins.lists)
            one = _own_case(case_row(line, world, visit), case, definition, world, visit)
            own_role = definition.workflow.opener_becomes
            is_own = own_role is not None and as_party(asker.actor, case).person in case.persons_in(own_role)
            if not is_own or not is_strict(case, definition):
                found.append(one)
                continue
            found.append(
                replace(
                    one,
                    looks=tuple(looks_at(shell, visit, asker.root, line.id)),
                    identity=tuple(_identity(shell, visit, line.id, definition, world)),
                )
            )
        waiting = [one for one in found if one.waiting]
        return shell.page(visit, "my_cases.html", cases=found, waiting=waiting, next_page=page.next)

    return router


def _own_case(row: CaseRow, case: Case, definition: Definition, world: World, visit: Visit) -> OwnCase:
    """Return a case as its party sees it from afar: how far it has come, and whether it waits for them."""
    workflow, words, units = definition.workflow, visit.words, world.surroundings.tree
    actor = party_of(visit.known.actor)
    # By an office somebody may do more here; on this page stands only what waits for them as a party.
    names = offered(workflow, case, as_party(actor, case), units)
    pressing = pressing_moves(workflow, case, names, actor, units)
    return OwnCase(
        row=row,
        access=f"/cases/{case.id}/access",
        steps=steps(case, workflow, words),
        waiting=tuple(words.say(workflow.transitions[name].title.text) for name in pressing),
        acts=words.listed(words.say(title_of(role, workflow.roles)) for role in workflow.states[case.state].acts),
    )


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
