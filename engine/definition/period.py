"""A length of time as the rules write it: ``15 working days``, ``3 months``. Counting is the calendar's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from engine.errors import InputRefused
from engine.text import Text

COUNT_MAX = 3660
_GRAMMAR = re.compile(r"([0-9]{1,6}) +(working +days?|days?|months?|hours?)")


class PeriodUnit(StrEnum):
    """What a period counts. The value is the word of the grammar, in the plural."""

    WORKING_DAYS = "working days"
    DAYS = "days"
    MONTHS = "months"
    HOURS = "hours"


_ZH = {
    PeriodUnit.WORKING_DAYS: "个工作日",
    PeriodUnit.DAYS: "日",
    PeriodUnit.MONTHS: "个月",
    PeriodUnit.HOURS: "小时",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """``count`` units, 0 to ``COUNT_MAX``; ``InputRefused`` beyond."""

    count: int
    unit: PeriodUnit

    def __post_init__(self) -> None:
        if not 0 <= self.count <= COUNT_MAX:
            raise InputRefused(
                Text(
                    f"期限只能在 0 至 {COUNT_MAX} 之间，现为 {self.count}",
                    f"A period counts from 0 to {COUNT_MAX}, not {self.count}",
                ),
                count=self.count,
            )

    def text(self) -> Text:
        """Return the period as a reader sees it: ``15个工作日`` and ``15 working days``."""
        return Text(f"{self.count}{_ZH[self.unit]}", str(self))

    def __str__(self) -> str:
        word = self.unit.value
        return f"{self.count} {word.removesuffix('s') if self.count == 1 else word}"


@lru_cache(maxsize=256)
def parse_period(text: str) -> Period:
    """Read ``N working days|days|months|hours``, singular allowed; ``InputRefused`` for anything else.

    >>> str(parse_period("1 months"))
    '1 month'
    """
    match = _GRAMMAR.fullmatch(text.strip())
    if match is None:
        shown = text[:40]
        raise InputRefused(
            Text(
                f"无法识别的期限“{shown}”，请写成“15 working days”“30 days”“3 months”或“24 hours”",
                f"Not a period: {shown!r}; write '15 working days', '30 days', '3 months' or '24 hours'",
            ),
            period=shown,
        )
    words = " ".join(match[2].split())
    return Period(count=int(match[1]), unit=PeriodUnit(words if words.endswith("s") else f"{words}s"))
