"""How a date is written for a reader, in Chinese and in English, whatever the locale of the machine."""

from __future__ import annotations

from datetime import date

from engine.text import Text

_WEEKDAYS = (
    Text("周一", "Mon"),
    Text("周二", "Tue"),
    Text("周三", "Wed"),
    Text("周四", "Thu"),
    Text("周五", "Fri"),
    Text("周六", "Sat"),
    Text("周日", "Sun"),
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def weekday_text(on: date) -> Text:
    """Return the day of the week: ``周五`` and ``Fri``."""
    return _WEEKDAYS[on.weekday()]


def date_text(on: date) -> Text:
    """Return the date with its weekday: ``2026年9月18日（周五）`` and ``Fri 18 Sep 2026``."""
    weekday = weekday_text(on)
    return Text(
        f"{on.year}年{on.month}月{on.day}日（{weekday.zh}）", f"{weekday.en} {on.day} {_MONTHS[on.month - 1]} {on.year}"
    )


def span_text(first_on: date, last_on: date) -> Text:
    """Return a span with both ends included; a single day as ``date_text`` writes it."""
    if first_on == last_on:
        return date_text(first_on)
    first, last = date_text(first_on), date_text(last_on)
    return Text(f"{first.zh}至{last.zh}", f"{first.en} to {last.en}")
