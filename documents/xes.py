"""Event logs as XES (IEEE 1849): a trace for each case, an event for each entry that moved it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import BinaryIO, Final
from xml.sax.saxutils import XMLGenerator
from xml.sax.xmlreader import AttributesImpl

from engine.case.scope import SHANGHAI
from engine.service.event_logs import LoggedCase, LoggedEvent

NAMESPACE: Final = "http://www.xes-standard.org/"
_EXTENSIONS: Final = (("Concept", "concept"), ("Time", "time"), ("Lifecycle", "lifecycle"), ("Organizational", "org"))
_CLASSIFIER: Final = ("Activity", "concept:name")
Attributes = Mapping[str, str | int | bool | None]


def write_xes(cases: Iterable[LoggedCase], name: str, to: BinaryIO) -> int:
    """Write a log, case by case, and return how many cases it holds. Times carry the offset of Asia/Shanghai."""
    xml = XMLGenerator(to, encoding="utf-8", short_empty_elements=True)
    xml.startDocument()
    _start(xml, "log", {"xes.version": "1849-2016", "xes.features": "nested-attributes", "xmlns": NAMESPACE})
    for title, prefix in _EXTENSIONS:
        _one(xml, "extension", {"name": title, "prefix": prefix, "uri": f"{NAMESPACE}{prefix}.xesext"})
    _one(xml, "classifier", {"name": _CLASSIFIER[0], "keys": _CLASSIFIER[1]})
    _attribute(xml, "concept:name", name)
    count = 0
    for case in cases:
        _trace(xml, case)
        count += 1
    xml.endElement("log")
    xml.endDocument()
    return count


def _trace(xml: XMLGenerator, case: LoggedCase) -> None:
    _start(xml, "trace", {})
    told: Attributes = {
        "concept:name": case.number or case.id,
        "banjie:case": case.id,
        "banjie:unit": case.unit,
        "banjie:lead_unit": case.lead_unit,
        "banjie:category": case.category,
        "banjie:state": case.state,
        "banjie:phase": case.phase,
    }
    for key, value in told.items():
        _attribute(xml, key, value)
    for event in case.events:
        _event(xml, event)
    xml.endElement("trace")


def _event(xml: XMLGenerator, event: LoggedEvent) -> None:
    _start(xml, "event", {})
    _one(xml, "date", {"key": "time:timestamp", "value": event.at.astimezone(SHANGHAI).isoformat()})
    told: Attributes = {
        "concept:name": event.title.zh,
        "concept:instance": event.id,
        "lifecycle:transition": "complete",
        "org:role": event.role,
        "org:group": event.unit,
        "banjie:move": event.name,
        "banjie:state": event.state,
        "banjie:by_system": event.by_system,
        "banjie:stated": event.stated,
        "banjie:working_days": event.working_days,
        "banjie:working_days_since_opening": event.since_opening,
    }
    for key, value in told.items():
        _attribute(xml, key, value)
    xml.endElement("event")


def _attribute(xml: XMLGenerator, key: str, value: str | int | bool | None) -> None:
    """Write one attribute; what is not known is left out."""
    match value:
        case None:
            return
        case bool():
            _one(xml, "boolean", {"key": key, "value": "true" if value else "false"})
        case int():
            _one(xml, "int", {"key": key, "value": str(value)})
        case str():
            _one(xml, "string", {"key": key, "value": value})


def _one(xml: XMLGenerator, tag: str, attributes: Mapping[str, str]) -> None:
    _start(xml, tag, attributes)
    xml.endElement(tag)


def _start(xml: XMLGenerator, tag: str, attributes: Mapping[str, str]) -> None:
    xml.startElement(tag, AttributesImpl(dict(attributes)))
    if tag in ("log", "trace", "event"):
        xml.characters("\n")
