"""How texts, dates and instants are written on a page, in the reader's language and in Shanghai time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from engine.calendar.wording import date_text, weekday_text
from engine.case.scope import SHANGHAI
from engine.text import Language, Text
from web.texts import TEXTS


@dataclass(frozen=True, slots=True)
class Words:
    """Writes for readers of one language."""

    language: Language

    def t(self, name: str, /, **values: object) -> str:
        """Return a text of the pages; an unknown name is a defect of ours."""
        text = TEXTS[name]
        return (text.filled(values) if values else text).read(self.language)

    def say(self, text: Text) -> str:
        """Return a text that a definition, a list or a refusal brings along."""
        return text.read(self.language)

    def date(self, on: date) -> str:
        """Return a date with its weekday."""
        return date_text(on).read(self.language)

    def day(self, at: datetime) -> str:
        """Return the day of an instant."""
        return self.date(at.astimezone(SHANGHAI).date())

    def short_day(self, at: datetime) -> str:
        """Return the day of an instant as ``2026-09-15 周二``, where there is little room."""
        on = at.astimezone(SHANGHAI).date()
        return f"{on.isoformat()} {self.say(weekday_text(on))}"

    def short_instant(self, at: datetime) -> str:
        """Return day and minute of an instant as ``2026-09-15 周二 10:00``, where there is little room."""
        return f"{self.short_day(at)} {at.astimezone(SHANGHAI):%H:%M}"

    def clock(self, at: datetime) -> str:
        """Return the time of day of an instant as ``14:05``."""
        return f"{at.astimezone(SHANGHAI):%H:%M}"

    def instant(self, at: datetime) -> str:
        """Return day and minute of an instant."""
        local = at.astimezone(SHANGHAI)
        return f"{self.date(local.date())} {local:%H:%M}"

    def listed(self, items: Iterable[str]) -> str:
        """Return items one after the other, a dash for none."""
        return ("、" if self.language == "zh" else ", ").join(items) or self.t("dash")
