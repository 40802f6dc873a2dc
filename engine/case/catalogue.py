"""The engine's own guards, each with a version: questions that an expression over one case cannot ask.

What each takes is declared in ``engine.definition.catalogue``; a change of meaning is a new version.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from engine.case.case import Clock, ClockState
from engine.case.deadlines import may_extend, suspended_days
from engine.case.identity import CaseId, UnitId
from engine.case.scope import Moment
from engine.case.secrecy import accused_units

Given = Mapping[str, JsonValue]
CatalogueGuard = Callable[[Moment, Given], bool]


def seconders_at_least(moment: Moment, given: Given) -> bool:
    """At least ``count`` persons are bound to ``role``; ``count`` is a number or names a parameter."""
    return len(moment.case.persons_in(str(given["role"]))) >= _number(moment, given["count"])


def units_distinct(moment: Moment, given: Given) -> bool:
    """No unit is named twice among lead and co-handlers, and each exists (domain: exactly one lead, no unit twice)."""
    named = [str(moment.form.get(str(given["lead"]), "")), *_units(moment, str(given.get("co_handlers", "")))]
    return len(set(named)) == len(named) and all(moment.situation.units.exists(unit) for unit in named)


def within_call(moment: Moment, _given: Given) -> bool:
    """Today is within the call of the case's congress session, both ends included; true without a dated call."""
    session = moment.session
    if session is None:
        return True
    opened = session.call_opens_on is None or session.call_opens_on <= moment.today
    return opened and (session.call_closes_on is None or moment.today <= session.call_closes_on)


def same_session(moment: Moment, given: Given) -> bool:
    """The case named by form field ``into`` belongs to the same congress session."""
    target = moment.family.get(CaseId(str(moment.form.get(str(given["into"]), ""))))
    return target is not None and target.congress_session == moment.case.congress_session


def mergeable(moment: Moment, given: Given) -> bool:
    """The case named by ``into`` is another case of the same workflow, in one of ``states``, not merged itself.

    A case that others were merged into goes nowhere with them: a merge is one level deep (design: merge).
    """
    target = moment.family.get(CaseId(str(moment.form.get(str(given["into"]), ""))))
    states = given.get("states")
    return (
        target is not None
        and target.id != moment.case.id
        and target.workflow == moment.case.workflow
        and target.merged_into is None
        and not moment.case.merged_from
        and (not isinstance(states, list) or target.state in states)
    )


def children(moment: Moment, given: Given) -> bool:
    """All, any, none or at least ``n`` of the newest children of ``workflow`` (of ``role``) stand in ``states``."""
    role, states, workflow = given.get("role"), given["states"], given["workflow"]
    rows = [
        moment.family[child.case].state
        for child in moment.case.newest_children
        if child.workflow == workflow and role in (None, child.role) and child.case in moment.family
    ]
    hits = sum(1 for state in rows if isinstance(states, list) and state in states)
    match given["when"]:
        case "all":
            return hits == len(rows)
        case "any":
            return hits > 0
        case "none":
            return hits == 0
        case _:
            return hits >= _number(moment, given.get("n", 1))


def fired_at_most(moment: Moment, given: Given) -> bool:
    """The transition was fired fewer than ``count`` times, so that once more is at most ``count``."""
    return moment.case.fired.get(str(given["transition"]), 0) < _number(moment, given["count"])


def actor_not_party(moment: Moment, given: Given) -> bool:
    """Neither the actor nor whom the actor stands for is bound to ``role`` of this case."""
    bound = moment.case.persons_in(str(given["role"]))
    return moment.actor.person not in bound and moment.actor.acting_for not in bound


def named_not_party(moment: Moment, given: Given) -> bool:
    """The person named in form field ``field`` is not bound to ``role`` of this case."""
    return str(moment.form.get(str(given["field"]))) not in moment.case.persons_in(str(given["role"]))


def actor_is_party(moment: Moment, given: Given) -> bool:
    """The actor, or whom the actor stands for, is bound to ``role`` of this case; imports retell and always are."""
    who = moment.actor.acting_for or moment.actor.person
    return who is None or who in moment.case.persons_in(str(given["role"]))


def extension_allowed(moment: Moment, given: Given) -> bool:
    """The clock is open and not expired, and one more extension keeps within count and days (domain: D10, X14)."""
    clock = _open_clock(moment, given)
    days = moment.form.get(str(given["by"]))
    part = moment.definition.workflow.deadlines[str(given["deadline"])]
    return clock is not None and isinstance(days, int) and may_extend(clock, part, moment.at, days)


def suspension_allowed(moment: Moment, given: Given) -> bool:
    """The clock runs, and one more suspension keeps within count and days."""
    clock = _open_clock(moment, given)
    limit = moment.definition.workflow.deadlines[str(given["deadline"])].suspension
    if clock is None or limit is None or clock.state is not ClockState.RUNNING:
        return False
    return len(clock.suspensions) < limit.max_count and suspended_days(clock, moment.today) < limit.max_days


def deadline_running(moment: Moment, given: Given) -> bool:
    """The clock runs, late or not."""
    clock = _open_clock(moment, given)
    return clock is not None and clock.state is ClockState.RUNNING


def unit_exists(moment: Moment, given: Given) -> bool:
    """Every unit named in form field ``field`` is in the organisation tree."""
    return all(moment.situation.units.exists(unit) for unit in _units(moment, str(given["field"])))


def units_below(moment: Moment, given: Given) -> bool:
    """Every unit named in form field ``field`` stands below the unit of the case."""
    own, units = moment.case.unit, moment.situation.units
    return all(own in units.lineage(UnitId(unit))[1:] for unit in _units(moment, str(given["field"])))


def not_recused(moment: Moment, given: Given) -> bool:
    """None of the units named in ``field`` is complained about or stands below such a unit (XF Art.28).

    The field is read from the form, else from the case.
    """
    accused, field = accused_units(moment.case), str(given["field"])
    named = _listed(moment.form.get(field, moment.case.data.get(field)))
    return not any(accused.intersection(moment.situation.units.lineage(UnitId(unit))) for unit in named)


def rung_stands(moment: Moment, _given: Given) -> bool:
    """Some rung was raised on a deadline of the case and not withdrawn."""
    return bool(moment.case.rungs)


def merged_case_in(moment: Moment, given: Given) -> bool:
    """The case is not merged, or the case that it was merged into stands in one of ``states``."""
    into, states = moment.case.merged_into, given["states"]
    target = None if into is None else moment.family.get(into)
    return into is None or (target is not None and isinstance(states, list) and target.state in states)


def _units(moment: Moment, field: str) -> list[str]:
    return _listed(moment.form.get(field))


def _listed(value: JsonValue) -> list[str]:
    if isinstance(value, list):
        return [str(unit) for unit in value]
    return [str(value)] if value else []


def _open_clock(moment: Moment, given: Given) -> Clock | None:
    clock = moment.case.clock(str(given["deadline"]))
    return clock if clock is not None and clock.is_open else None


def _number(moment: Moment, value: JsonValue) -> int:
    if isinstance(value, str):
        value = moment.definition.workflow.parameters[value].value
    return value if isinstance(value, int) else 0


CATALOGUE: Mapping[str, CatalogueGuard] = {
    "seconders_at_least@1": seconders_at_least,
    "units_distinct@1": units_distinct,
    "within_call@1": within_call,
    "same_session@1": same_session,
    "mergeable@1": mergeable,
    "children@1": children,
    "fired_at_most@1": fired_at_most,
    "actor_not_party@1": actor_not_party,
    "actor_is_party@1": actor_is_party,
    "named_not_party@1": named_not_party,
    "extension_allowed@1": extension_allowed,
    "suspension_allowed@1": suspension_allowed,
    "deadline_running@1": deadline_running,
    "unit_exists@1": unit_exists,
    "units_below@1": units_below,
    "not_recused@1": not_recused,
    "rung_stands@1": rung_stands,
    "merged_case_in@1": merged_case_in,
}
