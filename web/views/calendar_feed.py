"""Deadlines as an iCalendar (RFC 5545), for calendars that read an address: one event a deadline, on the day it is due.

A feed leaves the house. It holds the name of the deadline and the number of the case, nothing of what it is about; of
cases under a strict level not even which deadline it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from engine.case.case import Case, Clock, ClockState
from engine.case.secrecy import is_strict
from engine.definition.compiled import Definition
from engine.definition.wording import title_of
from engine.service.waiting import WaitingEntry
from engine.service.world import World
from web.words import Words

LINE_BYTES: Final = 75
"""No line is longer; a longer one is folded, and goes on after a space (RFC 5545, 3.1)."""
NINE_THE_DAY_BEFORE: Final = "-PT15H"
READ_EVERY: Final = "PT6H"


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One deadline: ``id`` stays the same as long as it runs, ``changes`` grows whenever its day may have moved."""

    id: str
    on: date
    title: str
    address: str
    changes: int
    is_provisional: bool


def due_of(entries: Iterable[WaitingEntry], world: World, words: Words, site: str) -> Iterator[Due]:
    """Yield the running deadlines of what waits for somebody, each once; ``site`` is the address of the house."""
    seen: set[str] = set()
    for entry in entries:
        is_secret = is_strict(entry.case, entry.definition)
        number = _number(entry.case, entry.definition)
        for case in filter(None, (entry.part, entry.case)):
            definition = world.rules.pinned(case.pins.definition, case.pins.lists)
            for clock in _running(case):
                id_ = f"{case.id}.{clock.name}"
                if id_ in seen:
                    continue
                seen.add(id_)
                named = words.say(title_of(clock.name, definition.workflow.deadlines))
                title = words.t("feed_strict") if is_secret or is_strict(case, definition) else named
                yield Due(
                    id=f"{id_}@banjie",
                    on=clock.due_on,
                    title=words.t("feed_event", deadline=title, number=number) if number else title,
                    address=f"{site}/cases/{case.id}",
                    changes=len(clock.extensions) + len(clock.suspensions),
                    is_provisional=clock.provisional,
                )


def _number(case: Case, definition: Definition) -> str:
    numbers = (case.data.get(name) for name in definition.workflow.number_fields)
    return next((str(number) for number in numbers if number), "")


def _running(case: Case) -> Iterator[Clock]:
    return (clock for clock in case.clocks if clock.watched and clock.state is ClockState.RUNNING)


def feed_bytes(dues: Iterable[Due], title: str, now: datetime) -> bytes:
    """Return the calendar; ``now`` is when it was made, aware."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//banjie//deadlines//ZH",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(title)}",
        "X-WR-TIMEZONE:Asia/Shanghai",
        f"REFRESH-INTERVAL;VALUE=DURATION:{READ_EVERY}",
        f"X-PUBLISHED-TTL:{READ_EVERY}",
        *(line for due in dues for line in _event(due, now)),
        "END:VCALENDAR",
    ]
    return b"".join(b"\r\n ".join(_folded(line)) + b"\r\n" for line in lines)


def _event(due: Due, now: datetime) -> Sequence[str]:
    return (
        "BEGIN:VEVENT",
        f"UID:{_text(due.id)}",
        f"DTSTAMP:{now.astimezone(UTC):%Y%m%dT%H%M%SZ}",
        f"SEQUENCE:{due.changes}",
        f"DTSTART;VALUE=DATE:{due.on:%Y%m%d}",
        f"DTEND;VALUE=DATE:{due.on + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(due.title)}",
        f"URL:{due.address}",
        "STATUS:TENTATIVE" if due.is_provisional else "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(due.title)}",
        f"TRIGGER:{NINE_THE_DAY_BEFORE}",
        "END:VALARM",
        "END:VEVENT",
    )


def _text(value: str) -> str:
    """Return a text with what means something in a calendar escaped (RFC 5545, 3.3.11)."""
    plain = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "".join(character for character in plain.replace("\r", "").replace("\n", "\\n") if character.isprintable())


def _folded(line: str) -> Iterator[bytes]:
    """Yield a line in pieces of so many bytes at most, never splitting a character; the space that goes before all but
    the first is counted."""
    piece, most = b"", LINE_BYTES
    for character in line:
        encoded = character.encode()
        if len(piece) + len(encoded) > most:
            yield piece
            piece, most = b"", LINE_BYTES - 1
        piece += encoded
    yield piece
