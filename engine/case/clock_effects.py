"""What a move does to the clocks of its case and to the rungs of their ladders."""

from __future__ import annotations

from functools import partial

from engine.case import deadlines
from engine.case.case import ClockState
from engine.case.drafting import Building, Drafting
from engine.case.merging import earliest_due, meet_merged
from engine.definition.parts import ClockEffect, Extend, RaiseRung, WithdrawRung
from engine.errors import FieldProblem, FormInvalid, GuardRefused
from engine.text import Text


def move_clock(effect: ClockEffect, building: Building, drafting: Drafting, move: str) -> None:
    """Start, stop, cancel, suspend or resume a clock; one that is over, or stands so already, stays as it is."""
    name, at = effect.deadline, drafting.happened_at
    part = building.definition.workflow.deadlines[name]
    calendar = drafting.situation.calendar_of(building.case.unit)
    clock = building.clock(name)
    if effect.do == "start":
        fields = {**building.case.data, **building.fields}
        dates = deadlines.Dates(fields=fields, session=drafting.session_of(building.case.congress_session))
        clock = deadlines.started(part, name, calendar, at, dates)
        cap_on = earliest_due(name, drafting.merged_into(building.case.id)) if building.case.merged_from else None
        if cap_on is not None:
            clock = deadlines.capped(clock, part, calendar, cap_on)
            clock = clock._replace(promised_on=clock.due_on)
        building.clocks[name] = clock
        return
    if effect.with_merged:
        building.after.append(partial(meet_merged, drafting, building.case.id, name, move))
    if clock is None or not clock.is_open:
        return
    if effect.do == "stop":
        if clock.state is ClockState.SUSPENDED:  # the days it stood still count for nobody's lateness
            clock = deadlines.resumed(clock, part, calendar, at)
        building.clocks[name] = deadlines.ended(clock, ClockState.MET, at)
    elif effect.do == "cancel":
        building.clocks[name] = deadlines.ended(clock, ClockState.CANCELLED, at)
    elif effect.do == "suspend" and clock.state is ClockState.RUNNING:
        building.clocks[name] = deadlines.suspended(clock, at)
    elif effect.do == "resume" and clock.state is ClockState.SUSPENDED:
        building.clocks[name] = deadlines.resumed(clock, part, calendar, at)


def extend_clock(effect: Extend, building: Building, drafting: Drafting) -> None:
    """Move the end of a clock by the days in the form; raises GuardRefused beyond what the deadline allows."""
    clock, days = building.clock(effect.deadline), building.form.get(effect.by)
    if clock is not None and clock.is_open and isinstance(days, int):
        part = building.definition.workflow.deadlines[effect.deadline]
        if not deadlines.may_extend(clock, part, drafting.happened_at, days):
            raise GuardRefused(
                Text(f"“{part.title.zh}”已届满或超出延期限度", f"{part.title.en} is over, or the extension too long")
            )
        building.clocks[effect.deadline] = deadlines.extended(
            clock, part, drafting.situation.calendar_of(building.case.unit), days
        )


def raise_rung(effect: RaiseRung, building: Building) -> None:
    """Raise a rung of an open clock, once."""
    clock = building.clock(effect.deadline)
    if clock is not None and clock.is_open and effect.rung not in clock.rungs:
        building.clocks[effect.deadline] = deadlines.with_rung(clock, effect.rung)
        building.rungs.append((effect.deadline, effect.rung))


def withdraw_rung(effect: WithdrawRung, building: Building) -> None:
    """Take back the rung that the form names, of a clock that runs or of one that is over.

    It stays on the clock as withdrawn, so that time does not raise it again. Raises FormInvalid where none stands.
    """
    deadline, _, name = str(building.form[effect.rung]).partition("/")
    standing = (*building.case.rungs.get(deadline, ()), *(name for of, name in building.rungs if of == deadline))
    if name not in standing:
        raise FormInvalid(
            [FieldProblem(path=effect.rung, text=Text("本件没有这一级督办，或已经撤销", "No such rung stands"))]
        )
    clock = building.clock(deadline)
    if clock is not None and name in clock.standing:
        building.clocks[deadline] = clock._replace(withdrawn=(*clock.withdrawn, name))
    building.withdrawn.append((deadline, name))
