"""The calendar as it runs: the shipped notices, those kept in the database since, and each organisation's own days.

What a new notice does to open deadlines stands in ``calendar_change``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol, runtime_checkable

from engine.access.directory import Surroundings
from engine.calendar.calendar import Calendar
from engine.calendar.local import Overlay, calendar_file_from_mapping
from engine.calendar.notices import Notice
from engine.case.identity import RootId, UnitId
from engine.service.ports import Reads

Kept = tuple[str, ...]


@runtime_checkable
class NoticeReads(Protocol):
    """The part of ``Reads`` that the calendar needs."""

    def notices(self) -> Sequence[tuple[int, str]]:
        """Return (year, text) of every notice kept, a corrected one after the one it corrects."""


class RunningCalendar:
    """Gives each organisation its calendar; the same object as long as nothing that it says has changed."""

    def __init__(self, shipped: Calendar, kept: Callable[[], Kept]) -> None:
        self._shipped = shipped
        self._kept = kept
        self._official: tuple[Kept, Calendar] = ((), shipped)
        self._of_root: dict[RootId, Calendar] = {}

    def of(self, surroundings: Surroundings) -> Calendar:
        """Return the calendar of an organisation as it stands now."""
        kept = self._kept()
        if kept != self._official[0]:
            self._official = (kept, with_kept(self._shipped, kept))
        calendar = _placed(self._official[1], surroundings)
        known = self._of_root.get(surroundings.root)
        # What is counted is remembered by the calendar it was counted by: an equal one must not take its place.
        if known is None or known.version != calendar.version:
            known = self._of_root[surroundings.root] = calendar
        return known

    def proposed(self, text: str, surroundings: Surroundings) -> Calendar:
        """Return the calendar of an organisation as it would be with one notice more."""
        return _placed(with_kept(self._shipped, (*self._kept(), text)), surroundings)


def kept_notices(reads: Reads) -> Kept:
    """Return the texts of the notices that the database keeps, in the order in which they were kept in their years."""
    assert isinstance(reads, NoticeReads), "every storage reads them"
    return tuple(text for _year, text in reads.notices())


def notice_text(data: object) -> str:
    """Return the text under which a notice is kept: its mapping as JSON, the same however the file was laid out."""
    return json.dumps(data, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def unit_meant(overlay: Overlay, surroundings: Surroundings) -> UnitId | None:
    """Return the unit of this organisation that an overlay is for, None when it is for none here."""
    units = surroundings.units.values()
    top = next((unit.code for unit in units if unit.parent is None), None)
    if overlay.organisation not in (None, top):
        return None
    return next((unit.id for unit in units if unit.code == overlay.unit), None)


def with_kept(shipped: Calendar, kept: Kept) -> Calendar:
    """Return the shipped calendar with what was kept; units' own days are not placed in any organisation yet."""
    if not kept:
        return shipped
    parts = [calendar_file_from_mapping(json.loads(text), "calendar_notice") for text in dict.fromkeys(kept)]
    known = set(shipped.notices)
    # A notice that was kept, and came with a later version of the files too, counts once.
    notices = [part for part in parts if isinstance(part, Notice) and part not in known]
    overlays = [part for part in parts if isinstance(part, Overlay)]
    official = Calendar(notices=(*shipped.notices, *notices), statutory=shipped.statutory, missing=shipped.missing)
    return official.with_overlays((*shipped.overlays, *overlays))


def _placed(calendar: Calendar, surroundings: Surroundings) -> Calendar:
    """Return the calendar with the days of this organisation's units only, each under the id of its unit."""
    if not calendar.overlays:
        return calendar
    meant = ((overlay, unit_meant(overlay, surroundings)) for overlay in calendar.overlays)
    return calendar.with_overlays(replace(overlay, unit=unit) for overlay, unit in meant if unit is not None)
