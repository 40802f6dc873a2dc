"""What-if over the cases of a house: which are asked, and what the answer calls them. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from engine.access.readers import principals_of
from engine.calendar.calendar import Calendar
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.identity import CaseId, RootId
from engine.figures.what_if import Outcome, Trial, tried
from engine.service.case_rows import row_of
from engine.service.desk import Desk
from engine.service.figures import LIVE_CASES_MAX
from engine.service.ports import CaseFilter

AT_ONCE: Final = 500
PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """The outcome, and by case the number of those that are listed in it."""

    outcome: Outcome
    numbers: dict[CaseId, str]


def simulate(
    desk: Desk,
    root: RootId,
    workflow: str,
    trial: Trial,
    *,
    calendar: Calendar | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Simulated:
    """Try something out on every case of a workflow, past and running.

    Args:
        desk: where they are read.
        root: the organisation.
        workflow: whose cases.
        trial: what is tried.
        calendar: another one than that of the house, None for its own on both sides.
        progress: told how many cases were looked at.
    """

    def cases() -> Iterator[Case]:
        ids, done = desk.reads.all_case_ids(root), 0
        while some := list(islice(ids, AT_ONCE)):
            found = [case for case in desk.reads.cases(root, some) if case.workflow == workflow]
            yield from found
            done += len(found)
            progress(done)

    return _simulated(desk, root, cases(), trial, calendar)


def simulate_seen(desk: Desk, root: RootId, workflow: str, trial: Trial, actor: Actor) -> Simulated | None:
    """Try something out on every case of a workflow that somebody may see, while they wait.

    Return None where those are more than ``LIVE_CASES_MAX``.
    """
    principals = principals_of(actor)
    if sum(desk.reads.count_cases(root, principals, workflow).values()) > LIVE_CASES_MAX:
        return None

    def cases() -> Iterator[Case]:
        after: str | None = None
        while True:
            page = desk.reads.list_cases(root, principals, CaseFilter(workflow=workflow), after=after, limit=PAGE)
            yield from desk.reads.cases(root, [line.id for line in page.lines])
            after = page.next
            if after is None:
                return

    return _simulated(desk, root, cases(), trial, None)


def _simulated(desk: Desk, root: RootId, cases: Iterable[Case], trial: Trial, calendar: Calendar | None) -> Simulated:
    world, now = desk.world(root), desk.office.now()
    ruled = ((case, world.rules.pinned(case.pins.definition, case.pins.lists).workflow) for case in cases)
    other = world.calendar_of if calendar is None else lambda _unit: calendar
    outcome = tried(ruled, trial, (world.calendar_of, other), now)
    return Simulated(outcome=outcome, numbers=dict(_numbers(desk, root, outcome)))


def _numbers(desk: Desk, root: RootId, outcome: Outcome) -> Iterator[tuple[CaseId, str]]:
    rules = desk.world(root).rules
    wanted = iter(dict.fromkeys(change.case for change in outcome.changed))
    while some := list(islice(wanted, AT_ONCE)):
        for case in desk.reads.cases(root, some):
            number = row_of(case, rules.pinned(case.pins.definition, case.pins.lists)).number
            yield case.id, number or case.id
