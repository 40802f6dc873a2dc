"""Event logs as OCEL 2.0 in JSON: cases and units are objects, and an event tells of every object that it is about."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping
from typing import BinaryIO, Final

from engine.case.scope import SHANGHAI
from engine.service.event_logs import LoggedCase, LoggedEvent

UNIT: Final = "unit"
_CASE_ATTRIBUTES: Final = ("number", "category", "state", "phase")
_EVENT_ATTRIBUTES: Final = {
    "title": "string",
    "state": "string",
    "role": "string",
    "by_system": "boolean",
    "stated": "boolean",
    "working_days": "integer",
    "working_days_since_opening": "integer",
}
Json = Mapping[str, object]


def write_ocel(cases: Iterable[LoggedCase], units: Mapping[str, str], to: BinaryIO) -> int:
    """Write a log and return how many cases it holds; ``units`` has the titles of units by id.

    Objects and events are written as the cases are read; only their types are kept until the end.
    """
    count, event_types, object_types, seen_units = 0, set[str](), set[str](), dict[str, None]()
    with tempfile.TemporaryFile() as events:
        _say(to, b'{"objects":[')
        for case in cases:
            _say(to, b"," if count else b"", _dumped(_object(case)))
            object_types.add(case.workflow)
            seen_units |= dict.fromkeys(unit for unit in (case.unit, case.lead_unit) if unit is not None)
            for event in case.events:
                _say(events, b"," if events.tell() else b"", _dumped(_event(case, event)))
                event_types.add(_type(case, event))
                seen_units |= {} if event.unit is None else {event.unit: None}
            count += 1
        for unit in seen_units:
            _say(to, b"," if count or unit != next(iter(seen_units)) else b"", _dumped(_unit(unit, units)))
        _say(to, b'],"events":[')
        events.seek(0)
        while some := events.read(1 << 20):
            to.write(some)
        of_case = _typed(dict.fromkeys(_CASE_ATTRIBUTES, "string"))
        types: Json = {
            "objectTypes": [
                *({"name": name, "attributes": of_case} for name in sorted(object_types)),
                {"name": UNIT, "attributes": _typed({"title": "string"})},
            ],
            "eventTypes": [{"name": name, "attributes": _typed(_EVENT_ATTRIBUTES)} for name in sorted(event_types)],
        }
        _say(to, b"],", _dumped(types)[1:])
    return count


def _object(case: LoggedCase) -> Json:
    opened = _time(case.events[0]) if case.events else "1970-01-01T00:00:00+08:00"
    values = {"number": case.number or None, "category": case.category, "state": case.state, "phase": case.phase}
    related = [
        {"objectId": case.unit, "qualifier": "of"},
        *([] if case.lead_unit is None else [{"objectId": case.lead_unit, "qualifier": "led by"}]),
        *([] if case.parent is None else [{"objectId": case.parent, "qualifier": "part of"}]),
    ]
    return {
        "id": case.id,
        "type": case.workflow,
        "attributes": [
            {"name": name, "time": opened, "value": value} for name, value in values.items() if value is not None
        ],
        "relationships": related,
    }


def _unit(unit: str, titles: Mapping[str, str]) -> Json:
    title = {"name": "title", "time": "1970-01-01T00:00:00+08:00", "value": titles.get(unit, unit)}
    return {"id": unit, "type": UNIT, "attributes": [title], "relationships": []}


def _event(case: LoggedCase, event: LoggedEvent) -> Json:
    values: Json = {
        "title": event.title.zh,
        "state": event.state,
        "role": event.role,
        "by_system": event.by_system,
        "stated": event.stated,
        "working_days": event.working_days,
        "working_days_since_opening": event.since_opening,
    }
    related = [{"objectId": case.id, "qualifier": "moves"}]
    related += [] if case.parent is None else [{"objectId": case.parent, "qualifier": "belongs to"}]
    related += [] if event.unit is None else [{"objectId": event.unit, "qualifier": "done in"}]
    return {
        "id": event.id,
        "type": _type(case, event),
        "time": _time(event),
        "attributes": [{"name": name, "value": value} for name, value in values.items() if value is not None],
        "relationships": related,
    }


def _type(case: LoggedCase, event: LoggedEvent) -> str:
    return f"{case.workflow}.{event.name}"


def _time(event: LoggedEvent) -> str:
    return event.at.astimezone(SHANGHAI).isoformat()


def _typed(attributes: Mapping[str, str]) -> list[Json]:
    return [{"name": name, "type": type_} for name, type_ in attributes.items()]


def _dumped(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def _say(to: BinaryIO, *parts: bytes) -> None:
    for part in parts:
        to.write(part)
