"""The calendar as an installation knows it: the shipped notices, and those imported where there is a database."""

from __future__ import annotations

from engine.calendar.calendar import Calendar
from engine.service.running_calendar import kept_notices, with_kept
from engine.storage.store import open_store
from runtime.rules import load_calendar
from runtime.settings import Settings


def known_calendar(settings: Settings) -> Calendar:
    """Return the calendar.

    Raises:
        DefinitionError: a calendar file is wrong.
        StorageUnavailable: the database does not answer.
    """
    shipped = load_calendar(settings.workflows / "calendars", settings.calendar_missing)
    if settings.sqlite_path is not None and not settings.sqlite_path.is_file():
        return shipped
    store = open_store(settings.database_url, write=False)
    try:
        return with_kept(shipped, kept_notices(store.reads))
    finally:
        store.close()
