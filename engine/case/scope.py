"""The values behind the names an expression may read; each family of names is put together when first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.case import Case, ClockState
from engine.case.identity import CaseId
from engine.case.roles import holds_role
from engine.case.situation import CongressSession, Situation
from engine.definition.compiled import Definition

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Moment(NamedTuple):
    """One command on one case at one instant: what guards, values and the catalogue look at.

    ``family`` is the working copy, so that later firings of a step see the earlier ones.
    """

    situation: Situation
    family: Mapping[CaseId, Case]
    definition: Definition
    case: Case
    actor: Actor
    form: Mapping[str, JsonValue]
    at: datetime

    @property
    def today(self) -> date:
        return self.at.astimezone(SHANGHAI).date()

    @property
    def session(self) -> CongressSession | None:
        wanted = self.case.congress_session
        return None if wanted is None else self.situation.sessions.get(wanted)


class Scope(Mapping[str, Mapping[str, object]]):
    """Root name → attribute → value, each root filled when first asked for."""

    __slots__ = ("_moment", "_values")

    def __init__(self, moment: Moment) -> None:
        self._moment = moment
        self._values: dict[str, Mapping[str, object]] = {}

    def __getitem__(self, root: str) -> Mapping[str, object]:
        values = self._values.get(root)
        if values is None:
            values = self._values[root] = _ROOTS[root](self._moment)
        return values

    def __iter__(self) -> Iterator[str]:
        return iter(_ROOTS)

    def __len__(self) -> int:
        return len(_ROOTS)


class RowScope(Scope):
    """The same values, and those of one row of a table under ``row``."""

    __slots__ = ()

    def __init__(self, moment: Moment, table: str, row: Mapping[str, JsonValue]) -> None:
        super().__init__(moment)
        columns = moment.definition.workflow.fields[table].columns
        self._values["row"] = {
            name: _as_date(columns[name].json_schema, value) for name, value in row.items() if name in columns
        }


def table_rows(value: JsonValue) -> list[Mapping[str, JsonValue]]:
    """Return the rows of a table's value; none where there is none."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def _case(moment: Moment) -> Mapping[str, object]:
    case = moment.case
    values: dict[str, object] = _dated(moment.definition, case.data)
    numbers = (case.data.get(name) for name in moment.definition.workflow.number_fields)
    values.update(
        state=case.state,
        phase=str(case.phase),
        number=next((number for number in numbers if number), None),
        unit=case.unit,
        lead_unit=case.lead_unit,
        id=case.id,
        parent=case.parent,
        merged=case.merged_into is not None,
        child_role=case.child_role,
    )
    return values


def _form(moment: Moment) -> Mapping[str, object]:
    return _dated(moment.definition, moment.form)


def _dated(definition: Definition, values: Mapping[str, JsonValue]) -> dict[str, object]:
    """Return the values with ISO dates turned into dates where the field's schema says so."""
    dated: dict[str, object] = dict(values)
    fields = definition.workflow.fields
    for name in _date_fields(definition) & values.keys():
        dated[name] = _as_date(fields[name].json_schema, values[name])
    return dated


@lru_cache(maxsize=256)
def _date_fields(definition: Definition) -> frozenset[str]:
    """Return the fields that hold a date."""
    fields = definition.workflow.fields
    return frozenset(name for name, part in fields.items() if part.json_schema.get("format") == "date")


def _as_date(schema: Mapping[str, JsonValue], value: JsonValue) -> object:
    return date.fromisoformat(value) if schema.get("format") == "date" and isinstance(value, str) else value


def _tally(moment: Moment) -> Mapping[str, object]:
    """Return every number over the rows of a table, those of the form before those the case holds."""
    found: dict[str, object] = {}
    for name, tally in moment.definition.tallies.items():
        rows = table_rows(moment.form.get(tally.of, moment.case.data.get(tally.of)))
        scopes = [RowScope(moment, tally.of, row) for row in rows]
        kept = [scope for scope in scopes if tally.where is None or tally.where.holds(scope)]
        if tally.value is None:
            found[name] = len(kept)
            continue
        values = [value for scope in kept if (value := tally.value.of(scope)) is not None]
        found[name] = sum(value for value in values if isinstance(value, int)) if tally.is_sum else len(set(values))
    return found


def _parameter(moment: Moment) -> Mapping[str, object]:
    return {name: part.value for name, part in moment.definition.workflow.parameters.items()}


def _actor(moment: Moment) -> Mapping[str, object]:
    workflow, case, actor = moment.definition.workflow, moment.case, moment.actor
    values: dict[str, object] = {
        f"is_{role}": holds_role(role, workflow, case, actor, moment.situation.units) for role in workflow.roles
    }
    values["kind"] = str(actor.kind)
    return values


def _parties(moment: Moment) -> Mapping[str, object]:
    return {role: len(moment.case.persons_in(role)) for role in moment.definition.workflow.roles}


def _children(moment: Moment) -> Mapping[str, object]:
    children = moment.case.newest_children
    states = [moment.family[child.case] for child in children if child.case in moment.family]
    return {
        "open": sum(1 for child in states if child.phase != "final"),
        "lead": sum(1 for child in children if child.role == "lead"),
        "co_handlers": sum(1 for child in children if child.role == "co_handler"),
        "signed": sum(1 for child in states if child.fired.get("sign", 0)),
    }


def _fired(moment: Moment) -> Mapping[str, object]:
    return {name: moment.case.fired.get(name, 0) for name in moment.definition.workflow.transitions}


def _session(moment: Moment) -> Mapping[str, object]:
    session = moment.session
    if session is None:
        return {"exists": False}
    return {
        "exists": True,
        "call_opens_on": session.call_opens_on,
        "call_closes_on": session.call_closes_on,
        "opens_on": session.opens_on,
        "closes_on": session.closes_on,
        "reply_due_on": session.reply_due_on,
    }


def _now(moment: Moment) -> Mapping[str, object]:
    return {"at": moment.at, "date": moment.today}


def _flag(moment: Moment) -> Mapping[str, object]:
    values: dict[str, object] = {}
    for name, by_code in moment.definition.flags.items():
        code = moment.form.get(name, moment.case.data.get(name))
        for flag, holds in by_code.get(code, {}).items() if isinstance(code, str) else ():
            values[f"{name}_{flag}"] = holds
    return values


def _running(moment: Moment) -> Mapping[str, object]:
    return {clock.name: clock.state is ClockState.RUNNING for clock in moment.case.clocks}


def _suspended(moment: Moment) -> Mapping[str, object]:
    return {clock.name: clock.state is ClockState.SUSPENDED for clock in moment.case.clocks}


def _expired(moment: Moment) -> Mapping[str, object]:
    return {clock.name: clock.state is ClockState.RUNNING and moment.at >= clock.due_at for clock in moment.case.clocks}


def _extended(moment: Moment) -> Mapping[str, object]:
    counts: dict[str, object] = dict.fromkeys(moment.definition.workflow.deadlines, 0)
    counts.update({clock.name: len(clock.extensions) for clock in moment.case.clocks})
    return counts


_ROOTS: Mapping[str, Callable[[Moment], Mapping[str, object]]] = {
    "case": _case,
    "form": _form,
    "tally": _tally,
    "parameter": _parameter,
    "actor": _actor,
    "parties": _parties,
    "children": _children,
    "fired": _fired,
    "session": _session,
    "now": _now,
    "flag": _flag,
    "running": _running,
    "suspended": _suspended,
    "expired": _expired,
    "extended": _extended,
}
