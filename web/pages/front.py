"""The desk of whoever is logged in: what waits for them, what is late, how many cases stand where."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import Response

from api.instants import just_after
from engine.case.actors import Actor
from engine.case.identity import UnitId
from engine.case.roles import granting_unit
from engine.case.units import UnitTree
from engine.definition.model import Workflow
from engine.service.behalf import entering_units
from engine.service.notice_inbox import Notices
from engine.service.sweep import late_sweep
from engine.service.waiting import Waiting, WaitingAsk, WaitingEntry
from engine.service.world import World
from web.pages.drafts import draft_views
from web.pages.work import own_work
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.lines import CaseRow, deadline_row, shown_workflows
from web.views.mine import mine_row
from web.views.notices import notice_lines
from web.views.polls import polls_waiting

WAITING_LINES = 10
LATE_LINES = 8
COUNTED_MAX = 1_000
"""Of each workflow so many of the newest cases are counted: counting a million takes seconds."""
NEW_CASES_MAX = 6
"""Where somebody may open more kinds of case than this, they are offered on a page of their own."""
NOTICE_LINES = 5
WORK_LINES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCount:
    """How many visible cases stand in a state."""

    title: str
    count: int
    phase: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowCounts:
    """The visible cases of a workflow by state, in the definition's order; states without cases are left out."""

    title: str
    total: int
    address: str
    states: tuple[StateCount, ...]


def front_pages(shell: Shell) -> Pages:
    """Return the address of the front page."""
    router = Pages()
    inbox = Notices(shell.edge.desk.reads)

    @router.get("/")
    def front(request: Request) -> Response:
        visit = shell.visit(request)
        world = shell.world(visit)
        waiting = Waiting(shell.edge.desk, visit.known.root, visit.known.actor).page(WaitingAsk(), limit=WAITING_LINES)
        late, _more = shell.edge.desk.queries.overdue(
            visit.known.root, visit.known.actor, before=just_after(visit.now), limit=LATE_LINES
        )
        told = inbox.inbox(visit.known.root, visit.known.actor, limit=NOTICE_LINES)
        unwatched = late_sweep(shell.edge.desk.reads.last_sweep(visit.known.root), visit.now)
        return shell.page(
            visit,
            "front.html",
            section="front",
            polls=polls_waiting(shell.edge.desk, world, visit),
            drafts=draft_views(shell, visit),
            works=own_work(shell, visit)[:WORK_LINES],
            notices=list(notice_lines(told, world, visit)),
            unwatched=None if unwatched is None else visit.words.say(unwatched),
            waiting=[_waiting_row(entry, world, visit) for entry in waiting.entries],
            waiting_count=_counted(sum(waiting.counts.values()), visit, is_cut=waiting.is_cut),
            waiting_more=waiting.next is not None,
            late=[deadline_row(line, world, visit) for line in late],
            counted_max=COUNTED_MAX,
            counts=[
                counts for workflow in shown_workflows(world.rules) if (counts := _counts(shell, visit, workflow)).total
            ],
            new_cases_max=NEW_CASES_MAX,
            new_cases=[
                (f"/cases/new/{workflow.name}", visit.words.say(workflow.title.text))
                for workflow in openable(world, visit.known.actor)
            ],
            entries=[
                (f"/cases/new/{workflow.name}/on-behalf", visit.words.say(workflow.title.text))
                for workflow in shown_workflows(world.rules)
                if any(entering_units(workflow, world, visit.known.actor))
            ],
        )

    return router


def openable(world: World, actor: Actor) -> Iterator[Workflow]:
    """Yield the workflows of which the actor may open a case somewhere."""
    for workflow in shown_workflows(world.rules):
        if any(opening_units(workflow, world, actor)):
            yield workflow


def opening_units(workflow: Workflow, world: World, actor: Actor) -> Iterator[str]:
    """Yield the units in which the actor may open a case of the workflow."""
    tree = world.surroundings.tree
    above = set(_own_lineage(workflow, actor, tree))
    for unit in world.surroundings.units:
        if unit in above or any(
            granting_unit(workflow.roles[role], actor, unit, tree) is not None for role in workflow.openers
        ):
            yield unit


def files_for_self(workflow: Workflow, actor: Actor, unit: UnitId, tree: UnitTree) -> bool:
    """Return whether the actor would open a case there as somebody who files for themselves, and not for an office."""
    if workflow.identity is None:
        return False
    offices = [role for role in workflow.openers if role not in workflow.identity.own]
    return all(granting_unit(workflow.roles[role], actor, unit, tree) is None for role in offices)


def _own_lineage(workflow: Workflow, actor: Actor, tree: UnitTree) -> Iterator[UnitId]:
    """Yield the units that somebody may turn to who files for themselves: their own, and those above it."""
    own = () if workflow.identity is None else workflow.identity.own
    grants = {grant for role in own for grant in workflow.roles[role].of}
    for grant in actor.grants:
        if grant.role in grants:
            yield from tree.lineage(grant.unit)


def _waiting_row(entry: WaitingEntry, world: World, visit: Visit) -> CaseRow:
    """Return the line of a case that waits for the visitor, as lists of cases have it."""
    row = mine_row(entry, world, visit)
    return CaseRow(
        address=row.address,
        number=row.number,
        subject=row.subject,
        workflow=row.workflow,
        state=row.state,
        phase=row.phase,
        unit=row.unit,
        opened=visit.words.day(entry.case.opened_at),
        due=row.due,
        provisional=row.provisional,
        standing=row.standing,
    )


def _counted(count: int, visit: Visit, *, is_cut: bool) -> str:
    return visit.words.t("mine_at_least", n=count) if is_cut else str(count)


def _counts(shell: Shell, visit: Visit, workflow: Workflow) -> WorkflowCounts:
    asker = visit.known
    counts = shell.edge.desk.queries.counts(asker.root, asker.actor, workflow.name, newest=COUNTED_MAX)
    address = f"/cases?workflow={workflow.name}"
    return WorkflowCounts(
        title=visit.words.say(workflow.title.text),
        total=sum(counts.values()),
        address=address,
        states=tuple(
            StateCount(
                title=visit.words.say(state.title.text),
                count=counts[name],
                phase=str(state.phase),
                address=f"{address}&state={name}",
            )
            for name, state in workflow.states.items()
            if counts.get(name)
        ),
    )
