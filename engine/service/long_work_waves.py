"""Working on long work: one wave at a time, of whichever piece has waited longest, so that a small one is not kept
waiting by a large one. A worker that is killed in mid-wave leaves the wave to be done again, under the same keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.codec import microseconds
from engine.case.identity import RootId
from engine.errors import KeysUnavailable
from engine.service.desk import Desk
from engine.service.long_work import LIVE, LongWork, Outcome, Work
from engine.service.long_work_ports import (
    ForgetLongWorks,
    MoveLongWork,
    SettlePart,
    TurnLongWork,
    Which,
    WorkRow,
    WorkState,
)
from engine.text import Text

ATTEMPTS_MAX: Final = 6
"""So often a wave is begun that never ends, before the work has failed."""
ACCOUNT_CLOSED: Final = Text(
    "提出办理的账号已停用，其余事项没有办理", "The account of who asked is closed: the rest was not done"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wave:
    """Some items of a piece of work, by their numbers, and the person as somebody who may act now."""

    work: Work
    actor: Actor
    items: Mapping[int, JsonValue]

    def key(self, number: int) -> str:
        """Return the idempotency key for what is done about an item: the same however often the wave is begun."""
        return f"{self.work.id}:{number}"


class Kind(Protocol):
    """Does a wave of one kind of work through the office; one outcome for each item, in their order."""

    def __call__(self, desk: Desk, wave: Wave) -> Sequence[Outcome]: ...


def work_once(desk: Desk, kinds: Mapping[str, Kind]) -> tuple[int, bool]:
    """Do one wave for each organisation that has work; return how many items, and whether there was any work."""
    items, is_any = 0, False
    for root in desk.reads.roots():
        row = desk.reads.long_work_due(root, microseconds(desk.office.now()))
        if row is not None:
            items, is_any = items + _wave(desk, row, kinds), True
    return items, is_any


def forget_over(desk: Desk) -> None:
    """Take away what was kept for long enough."""
    for root in desk.reads.roots():
        desk.office.write([ForgetLongWorks(root, desk.office.now())])


def _wave(desk: Desk, row: WorkRow, kinds: Mapping[str, Kind]) -> int:
    """Do one wave of a piece of work, or end it; return how many items that was."""
    long_work = LongWork(desk)
    work = long_work.opened(row)
    kind = None if work is None else kinds.get(work.kind)
    if work is None or kind is None or row.attempts >= ATTEMPTS_MAX:
        desk.office.write([_ended(row, WorkState.FAILED)])
        return 0
    parts = desk.reads.long_work_parts(work.root, work.id, Which.OPEN, after=-1, limit=2)
    if not parts:
        desk.office.write([_ended(row, WorkState.DONE)])
        return 0
    desk.office.write([TurnLongWork(work.root, work.id, desk.office.now())])
    part = parts[0]
    try:
        first, items, _none = long_work.items_of(part)
    except KeysUnavailable:
        desk.office.write([_ended(row, WorkState.FAILED)])
        return 0
    outcomes = _outcomes(desk, work, kind, first, items)
    settled = SettlePart(work.root, work.id, long_work.settled(part, first, items, outcomes), desk.office.now())
    desk.office.write([settled] if len(parts) > 1 else [settled, _ended(row, WorkState.DONE)])
    return len(items)


def _outcomes(desk: Desk, work: Work, kind: Kind, first: int, items: Sequence[JsonValue]) -> Sequence[Outcome]:
    person = desk.reads.persons(work.root, [work.person]).get(work.person)
    if person is None or not person.active:
        return [Outcome(is_done=False, reason=ACCOUNT_CLOSED) for _item in items]
    actor = desk.queries.actor(work.root, work.person, desk.office.now())
    outcomes = kind(desk, Wave(work=work, actor=actor, items=dict(enumerate(items, start=first))))
    assert len(outcomes) == len(items), "each item has an outcome"
    return outcomes


def _ended(row: WorkRow, state: WorkState) -> MoveLongWork:
    return MoveLongWork(RootId(row.root), row.id, state, LIVE)
