"""Clocks, parties and children as plain JSON and back, the same way for ledger entries and for rows."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal, Required, TypedDict, cast

from pydantic import JsonValue

from engine.case.case import Child, ChildRole, Clock, ClockState
from engine.case.identity import CaseId, UnitId

Json = dict[str, JsonValue]
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Return an aware instant as whole microseconds since 1970 (UTC), the form in which columns hold instants."""
    return (at - _EPOCH) // _MICROSECOND


def instant(value: int) -> datetime:
    """Return the aware UTC instant of a column."""
    return _EPOCH + timedelta(microseconds=value)


@lru_cache(maxsize=4096)
def at_text(at: datetime) -> str:
    """Return an instant as ``YYYY-MM-DDTHH:MM:SS.ffffffZ`` in UTC, the form in which JSON holds instants."""
    return at.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


@lru_cache(maxsize=4096)
def at_from(text: str) -> datetime:
    """Return the aware UTC instant of such a text."""
    return datetime.fromisoformat(text)


def clock_json(clock: Clock) -> Json:
    """Return a clock as JSON; absent parts are left out, as the ledger holds no null."""
    value: Json = {
        "name": clock.name,
        "state": str(clock.state),
        "started_at": at_text(clock.started_at),
        "term": clock.term,
        "promised_on": clock.promised_on.isoformat(),
        "nominal_on": clock.nominal_on.isoformat(),
        "due_on": clock.due_on.isoformat(),
        "due_at": at_text(clock.due_at),
        "calendar": clock.calendar,
    }
    if clock.provisional:
        value["provisional"] = True
    if clock.suspensions:
        value["suspensions"] = [
            [begin.isoformat(), *([] if end is None else [end.isoformat()])] for begin, end in clock.suspensions
        ]
    if clock.extensions:
        value["extensions"] = list(clock.extensions)
    if clock.cap_on is not None:
        value["cap_on"] = clock.cap_on.isoformat()
    if clock.ended_at is not None:
        value["ended_at"] = at_text(clock.ended_at)
    if clock.rungs:
        value["rungs"] = list(clock.rungs)
    if clock.withdrawn:
        value["withdrawn"] = list(clock.withdrawn)
    if clock.rung_at is not None:
        value["rung_at"] = at_text(clock.rung_at)
    if not clock.watched:
        value["unwatched"] = True
    return value


class _ClockJson(TypedDict, total=False):
    """What ``clock_json`` returns."""

    name: Required[str]
    state: Required[str]
    started_at: Required[str]
    term: Required[str]
    promised_on: Required[str]
    nominal_on: Required[str]
    due_on: Required[str]
    due_at: Required[str]
    calendar: Required[str]
    provisional: bool
    suspensions: list[list[str]]
    extensions: list[int]
    cap_on: str
    ended_at: str
    rungs: list[str]
    withdrawn: list[str]
    rung_at: str
    unwatched: bool


def clock_from(value: Mapping[str, JsonValue]) -> Clock:
    """Return the clock of such JSON."""
    clock, day = cast(_ClockJson, value), date.fromisoformat
    return Clock(
        name=clock["name"],
        state=ClockState(clock["state"]),
        started_at=at_from(clock["started_at"]),
        term=clock["term"],
        promised_on=day(clock["promised_on"]),
        nominal_on=day(clock["nominal_on"]),
        due_on=day(clock["due_on"]),
        due_at=at_from(clock["due_at"]),
        provisional=clock.get("provisional", False),
        calendar=clock["calendar"],
        suspensions=tuple((day(days[0]), day(days[1]) if len(days) > 1 else None) for days in clock["suspensions"])
        if "suspensions" in clock
        else (),
        extensions=tuple(clock.get("extensions", ())),
        cap_on=day(clock["cap_on"]) if "cap_on" in clock else None,
        ended_at=at_from(clock["ended_at"]) if "ended_at" in clock else None,
        rungs=tuple(clock.get("rungs", ())),
        withdrawn=tuple(clock.get("withdrawn", ())),
        rung_at=at_from(clock["rung_at"]) if "rung_at" in clock else None,
        watched=not clock.get("unwatched", False),
    )


def child_json(child: Child) -> Json:
    """Return a child as JSON."""
    return {
        "case": child.case,
        "workflow": child.workflow,
        "role": child.role,
        "unit": child.unit,
        "batch": child.batch,
    }


def child_from(value: Mapping[str, JsonValue]) -> Child:
    """Return the child of such JSON."""
    role: Literal["lead", "co_handler"] = "lead" if value["role"] == "lead" else "co_handler"
    return Child(
        case=CaseId(str(value["case"])),
        workflow=str(value["workflow"]),
        role=role,
        unit=UnitId(str(value["unit"])),
        batch=cast(int, value["batch"]),
    )


def child_role(value: JsonValue) -> ChildRole | None:
    """Return the role of a child case, None for a case that is nobody's child."""
    if value is None:
        return None
    return "lead" if value == "lead" else "co_handler"
