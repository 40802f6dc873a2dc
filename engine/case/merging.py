"""What a merge does to the case merged into, and what leaving it takes back (design: merge; domain X03, X04).

A case leaves by an un-merge, which resumes the state it had, or by a move of its own, as when it is withdrawn.

The child's own clock runs on as if never merged; the parent is due at the earlier of the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from engine.case.case import Case, Clock, Party
from engine.case.deadlines import capped
from engine.case.drafting import Drafting
from engine.case.events import Cause, Event, EventType
from engine.case.identity import CaseId


def merge_into(drafting: Drafting, child_id: CaseId, target_id: CaseId, join_as: Mapping[str, str], move: str) -> None:
    """Record at the target that the child joined: its parties, and the earlier due dates."""
    child, target = drafting.family[child_id], drafting.family[target_id]
    joined = [
        Party(join_as[party.role], party.person, via=child_id) for party in child.parties if party.role in join_as
    ]
    new = tuple(dict.fromkeys(party for party in joined if not _is_own(target, party)))
    merged = (*target.merged_from, child_id)
    _record(drafting, target, merged, Cause(child_id, move), joined=new)


def unmerge_from(drafting: Drafting, child_id: CaseId, target_id: CaseId, move: str) -> None:
    """Record at the target that the child left: its parties go with it, the due dates are worked out without it."""
    target = drafting.family[target_id]
    remaining = tuple(case for case in target.merged_from if case != child_id)
    left = tuple(party for party in target.parties if party.via == child_id)
    _record(drafting, target, remaining, Cause(child_id, move), left=left)


def _record(
    drafting: Drafting,
    target: Case,
    merged: tuple[CaseId, ...],
    cause: Cause,
    *,
    joined: tuple[Party, ...] = (),
    left: tuple[Party, ...] = (),
) -> None:
    definition = drafting.definition_of(target)
    children = [drafting.family[case] for case in merged if case in drafting.family]
    clocks = []
    for clock in target.clocks:
        cap_on = _earliest(clock, children)
        if clock.is_open and cap_on != clock.cap_on:
            part = definition.workflow.deadlines[clock.name]
            clocks.append(capped(clock, part, drafting.situation.calendar_of(target.unit), cap_on))
    drafting.record(
        Event(
            case=target.id,
            type=EventType.CHANGED,
            at=drafting.at,
            actor=drafting.actor,
            stated=drafting.stated,
            key_hash=drafting.key_hash,
            cause=cause,
            joined=joined,
            left=left,
            clocks=tuple(clocks),
            merged_from=merged,
        ),
        definition,
    )


def _earliest(clock: Clock, children: Iterable[Case]) -> date | None:
    """Return the earliest due day of the children's open clocks of the same name, None without any."""
    days = [other.due_on for child in children if (other := child.clock(clock.name)) is not None and other.is_open]
    return min(days, default=None)


def _is_own(case: Case, party: Party) -> bool:
    """Return whether the case has the party by itself; one that another merged case brought may leave with it."""
    return any(known == Party(party.role, party.person) for known in case.parties)
