"""What stands between braces in the answers of a life: days, units, persons, and what varies from case to case."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

from pydantic import JsonValue

from engine.calendar.calendar import Calendar

_PLACE: Final = re.compile(r"\{([^{}]+)\}")
_DAYS: Final = re.compile(r"[+-]\d+")
_WORKING_DAYS: Final = re.compile(r"w\+(\d+)")


def said(value: JsonValue, words: Mapping[str, JsonValue], today: date, calendar: Calendar) -> JsonValue:
    """Return the value with what stands between braces filled in.

    ``{+10}`` is the day ten days after today, ``{w+5}`` the fifth working day after it; any other word stands in
    ``words``. A text that is nothing but one pair of braces becomes what the word stands for, be it a number or a list.
    ``{repeat: 3, row: ...}`` becomes three rows, in each of which ``{i}`` counts from one.

    Raises:
        KeyError: a word that nobody knows.
    """
    match value:
        case str():
            whole = _PLACE.fullmatch(value)
            if whole is not None:
                return _word(whole[1], words, today, calendar)
            return _PLACE.sub(lambda found: str(_word(found[1], words, today, calendar)), value)
        case {"repeat": count, "row": row}:
            times = said(count, words, today, calendar)
            assert isinstance(times, int), "rows are counted"
            return [said(row, {**words, "i": i}, today, calendar) for i in range(1, times + 1)]
        case dict():
            return {name: said(one, words, today, calendar) for name, one in value.items()}
        case list():
            return [said(one, words, today, calendar) for one in value]
        case _:
            return value


def _word(word: str, words: Mapping[str, JsonValue], today: date, calendar: Calendar) -> JsonValue:
    if _DAYS.fullmatch(word):
        return (today + timedelta(days=int(word))).isoformat()
    working = _WORKING_DAYS.fullmatch(word)
    if working is not None:
        return calendar.working_day_from(today + timedelta(days=1), int(working[1])).isoformat()
    return words[word]
