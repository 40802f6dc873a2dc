"""What a merge does to the case merged into, and what leaving it takes back (design: merge; domain X03, X04).

A case leaves by an un-merge, which resumes the state it had, or by a move of its own, as when it is withdrawn.

The child's own clock runs on as if never merged; the parent is due at the earlier of the two. What the parent does for
both, as the definition says, meets the child's clock of the same name as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from engine.case.case import Case, Clock, ClockState, Party
from engine.case.commands import FireTransition
from engine.case.deadlines import begins_after, capped, ended, resumed
from engine.case.drafting import Drafting
from engine.case.events import Cause, Event, EventType
from engine.case.identity import CaseId
from engine.case.roles import may_see
from engine.definition.parts import Merge


def forget_unseen(drafting: Drafting, case: Case, command: FireTransition) -> None:
    """Take the case out of the family that a merge names and that the asker may not see: to them it does not exist."""
    part = drafting.definition_of(case).workflow.transitions.get(command.transition)
    effects = () if part is None else (*part.effects, *(one for way in part.alternatives for one in way.effects))
    for into in (effect.into for effect in effects if isinstance(effect, Merge)):
        target = drafting.family.get(CaseId(str(command.form.get(into, ""))))
        if target is None or target.id == case.id:
            continue
        parent = None if target.parent is None else drafting.family.get(target.parent)
        if not may_see(drafting.definition_of(target), target, command.actor, drafting.situation.units, parent):
            del drafting.family[target.id]


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


def earliest_due(name: str, merged: Iterable[Case]) -> date | None:
    """Return the earliest due day of the open clocks of this name of merged cases, None without any."""
    days = [clock.due_on for case in merged if (clock := case.clock(name)) is not None and clock.is_open]
    return min(days, default=None)


def meet_merged(drafting: Drafting, case_id: CaseId, deadline: str, move: str) -> None:
    """Record at the cases merged into this one that a deadline is met for them too.

    One that began only later, as imported registers may tell, is left alone.
    """
    at = drafting.happened_at
    for child in drafting.merged_into(case_id):
        clock = child.clock(deadline)
        if clock is None or not clock.is_open or begins_after(clock, at):
            continue
        definition = drafting.definition_of(child)
        if clock.state is ClockState.SUSPENDED:
            part = definition.workflow.deadlines[deadline]
            clock = resumed(clock, part, drafting.situation.calendar_of(child.unit), at)
        changed = Event(
            case=child.id,
            type=EventType.CHANGED,
            at=drafting.at,
            actor=drafting.actor,
            stated=drafting.stated,
            key_hash=drafting.key_hash,
            cause=Cause(case_id, move),
            clocks=(ended(clock, ClockState.MET, at),),
        )
        drafting.record(changed, definition)


def follow_calendar(drafting: Drafting, child: Case) -> None:
    """Work out anew how early the case merged into is due, after dates of the merged one have moved by themselves."""
    target = None if child.merged_into is None else drafting.family.get(child.merged_into)
    if target is not None and _capped(drafting, target, target.merged_from):
        _record(drafting, target, None, None)


def _record(
    drafting: Drafting,
    target: Case,
    merged: tuple[CaseId, ...] | None,
    cause: Cause | None,
    *,
    joined: tuple[Party, ...] = (),
    left: tuple[Party, ...] = (),
) -> None:
    clocks = _capped(drafting, target, target.merged_from if merged is None else merged)
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
        drafting.definition_of(target),
    )


def _capped(drafting: Drafting, target: Case, merged: Iterable[CaseId]) -> list[Clock]:
    """Return the clocks of a case that these merged ones make due earlier, or no longer do."""
    children = [drafting.family[case] for case in merged if case in drafting.family]
    workflow, calendar = drafting.definition_of(target).workflow, drafting.situation.calendar_of(target.unit)
    return [
        capped(clock, workflow.deadlines[clock.name], calendar, cap_on)
        for clock in target.clocks
        if clock.is_open and (cap_on := earliest_due(clock.name, children)) != clock.cap_on
    ]


def _is_own(case: Case, party: Party) -> bool:
    """Return whether the case has the party by itself; one that another merged case brought may leave with it."""
    return any(known == Party(party.role, party.person) for known in case.parties)
