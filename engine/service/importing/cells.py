"""What stands in one cell of a register: text, day, instant, number, yes or no. Raises InputRefused in words a clerk
reads; which cell it was is added by who asks."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime
from datetime import time as time_of_day

from engine.case.scope import SHANGHAI
from engine.errors import InputRefused
from engine.text import Text

Value = str | int | float | bool | date | datetime | time_of_day | None
Instant = date | datetime
"""A day, or an aware instant where the register knows the time."""

TEXT_CHARACTERS_MAX = 100_000
SHOWN_CHARACTERS_MAX = 40
_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_DAY = re.compile(
    r"(?P<year>\d{4})\s*(?:[-/.]|年)\s*(?P<month>\d{1,2})\s*(?:[-/.]|月)\s*(?P<day>\d{1,2})\s*日?"
    r"(?:[T\s]*(?P<hour>\d{1,2})\s*[:时点]\s*(?P<minute>\d{1,2})?\s*(?:[:分]\s*(?P<second>\d{1,2})?)?\s*秒?)?"
)
_EIGHT_DIGITS = re.compile(r"(?:19|20)\d{6}")
_YES = frozenset({"是", "有", "同意", "√", "✓", "y", "yes", "true", "1"})
_NO = frozenset({"否", "无", "不", "不同意", "×", "n", "no", "false", "0"})
_BETWEEN = re.compile(r"[、，,；;\n]+")


def text_of(value: Value) -> str:
    """Return a cell as trimmed text in NFC; "" for an empty one. Whole numbers lose the decimal point of the sheet."""
    if value is None:
        return ""
    if isinstance(value, str):
        return _clean(value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def heading_of(value: Value) -> str:
    """Return a heading as it is compared: without spaces and marks around it, in one width and case.

    >>> heading_of(" 案 由（＊）\\n") == heading_of("案由")
    True
    """
    if not isinstance(value, str):
        return ""
    plain = "".join(unicodedata.normalize("NFKC", value).split()).casefold()
    return plain.replace("(*)", "").strip("*:")


def is_empty(value: Value) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def when_of(value: Value) -> Instant | None:
    """Return the day of a cell, or the instant where it has a time; None for an empty one.

    Sheet dates, ISO texts, ``2026年3月2日``, ``2026/3/2``, ``2026.3.2`` and ``20260302`` are understood. A time
    without a zone is taken in Asia/Shanghai.
    """
    if isinstance(value, datetime):
        return _instant_or_day(value)
    if isinstance(value, date) or value is None:
        return value
    text = unicodedata.normalize("NFKC", text_of(value))
    if not text:
        return None
    if _EIGHT_DIGITS.fullmatch(text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    found = _DAY.fullmatch(text)
    try:
        return _from_parts(found) if found is not None else _zoned(datetime.fromisoformat(text))
    except ValueError as error:
        raise _refused("不是日期，请写成 2026-03-02 或 2026年3月2日", "is no date; write 2026-03-02", text) from error


def day_of(value: Value) -> date | None:
    """Return the day of a cell in Asia/Shanghai, None for an empty one."""
    when = when_of(value)
    return when.astimezone(SHANGHAI).date() if isinstance(when, datetime) else when


def number_of(value: Value) -> int | None:
    """Return the whole number of a cell, None for an empty one."""
    if isinstance(value, int):
        return int(value)
    text = unicodedata.normalize("NFKC", text_of(value)).replace(",", "")
    if not text:
        return None
    if not re.fullmatch(r"[-+]?\d{1,15}", text):
        raise _refused("不是整数", "is no whole number", text)
    return int(text)


def yes_or_no(value: Value) -> bool | None:
    """Return the answer of a cell, None for an empty one."""
    if isinstance(value, bool):
        return value
    text = text_of(value).casefold()
    if not text:
        return None
    if text in _YES or text in _NO:
        return text in _YES
    raise _refused("请填“是”或“否”", "is neither yes nor no", text)


def parts_of(value: Value) -> tuple[str, ...]:
    """Return the entries of a cell that lists several, as ``后勤部、财务部``; each once, in order."""
    return tuple(dict.fromkeys(part.strip() for part in _BETWEEN.split(text_of(value)) if part.strip()))


def shown(value: Value) -> str:
    """Return a cell as a report may show it: what no text may hold is replaced."""
    text = "" if value is None else str(value) if not isinstance(value, float) else text_of(value)
    return _NO_TEXT.sub("\ufffd", text)


def _clean(text: str) -> str:
    if (found := _NO_TEXT.search(text)) is not None:
        raise InputRefused(Text(f"含有不可用的字符 {found[0]!a}", f"holds {found[0]!a}, which no text may hold"))
    if len(text) > TEXT_CHARACTERS_MAX:
        raise InputRefused(Text(f"超过 {TEXT_CHARACTERS_MAX} 字", f"is longer than {TEXT_CHARACTERS_MAX} characters"))
    return unicodedata.normalize("NFC", text.replace("\r\n", "\n").strip())


def _from_parts(found: re.Match[str]) -> Instant:
    day = date(int(found["year"]), int(found["month"]), int(found["day"]))
    if found["hour"] is None:
        return day
    at = time_of_day(int(found["hour"]), int(found["minute"] or 0), int(found["second"] or 0))
    return datetime.combine(day, at, SHANGHAI).astimezone(UTC)


def _instant_or_day(value: datetime) -> Instant:
    """A sheet has no days, only instants; midnight without a zone is how it writes a day."""
    if value.tzinfo is None and value.time() == time_of_day():
        return value.date()
    return _zoned(value)


def _zoned(value: datetime) -> datetime:
    return (value if value.tzinfo is not None else value.replace(tzinfo=SHANGHAI)).astimezone(UTC)


def _refused(zh: str, en: str, text: str) -> InputRefused:
    found = text if len(text) <= SHOWN_CHARACTERS_MAX else text[:SHOWN_CHARACTERS_MAX] + "…"
    return InputRefused(Text(f"“{found}”{zh}", f"{found!r} {en}"))
