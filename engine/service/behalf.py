"""What somebody types of an entry on behalf, as the engine takes it: for whom, from what, when; and who may enter what.

Whom a name means is looked up here; whether it may be entered for them is the engine's to say (``case.behalf``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from engine.calendar.term import SHANGHAI, day_ends_at
from engine.case.actors import Actor
from engine.case.behalf import PERSON
from engine.case.commands import BasisKind, OnBehalf, Stated
from engine.case.identity import RootId
from engine.case.roles import granting_unit
from engine.definition.model import Workflow
from engine.errors import FieldProblem, FormInvalid
from engine.service.calling import CallingReads, person_called
from engine.service.queries import Queries
from engine.service.world import World
from engine.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What is said of an entry on behalf. ``person`` is an id, a login or a name that only one person has; "" nobody.

    ``happened_at`` is None where nothing that is an instant was given.
    """

    kind: str
    basis: str
    happened_at: datetime | None
    person: str = ""
    scan: str = ""


def entered(
    reads: CallingReads, queries: Queries, root: RootId, entry: Entry, now: datetime
) -> tuple[OnBehalf, Stated]:
    """Return the entry as commands carry it; raises FormInvalid with everything that is wrong with it."""
    problems: list[FieldProblem] = []
    kind = next((known for known in BasisKind if known == entry.kind), None)
    if kind is None:
        problems.append(_problem("on_behalf.kind", "请选择来件形式", "Say in what form it came"))
    if entry.happened_at is None:
        problems.append(_problem("on_behalf.occurred_at", "请填写发生日期", "Say when it happened"))
    person: Actor | None = None
    if entry.person.strip():
        found = person_called(reads, root, entry.person.strip(), PERSON)
        if isinstance(found, FieldProblem):
            problems.append(found)
        else:
            person = queries.actor(root, found.id, now)
    if problems or kind is None or entry.happened_at is None:
        raise FormInvalid(problems)
    scan = entry.scan.strip().lower() or None
    return OnBehalf(kind=kind, person=person, scan=scan), Stated(entry.happened_at, entry.basis.strip())


def day_stated(on: date, now: datetime) -> datetime:
    """Return the instant for a day of which no hour is known: its last, or now where the day is today.

    >>> day_stated(date(2026, 3, 2), datetime(2026, 3, 5, 1, tzinfo=UTC)).isoformat()
    '2026-03-02T15:59:59.999999+00:00'
    """
    return now if on == now.astimezone(SHANGHAI).date() else _last_of(on)


def is_whole_day(at: datetime) -> bool:
    """Return whether an instant stands for a day of which no hour is known."""
    return at == _last_of(at.astimezone(SHANGHAI).date())


def _last_of(on: date) -> datetime:
    return day_ends_at(on).astimezone(UTC) - timedelta(microseconds=1)


def entering_units(workflow: Workflow, world: World, actor: Actor) -> Iterator[str]:
    """Yield the units in which the actor may open a case of the workflow for somebody."""
    part, tree = workflow.on_behalf, world.surroundings.tree
    for unit in world.surroundings.units if part is not None else ():
        if part is not None and any(
            granting_unit(workflow.roles[role], actor, unit, tree) is not None for role in part.by
        ):
            yield unit


def _problem(path: str, zh: str, en: str) -> FieldProblem:
    return FieldProblem(path=path, text=Text(zh, en))
