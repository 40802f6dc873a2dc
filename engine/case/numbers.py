"""Series of numbers: which series a command may need, how a number is written, and how a written one is read.

Counting stands in the database.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from engine.case.identity import SessionId
from engine.case.scope import SHANGHAI
from engine.case.situation import CongressSession
from engine.definition.model import NumberSeries, Workflow
from engine.definition.parts import Effect, IssueNumber

DIGITS_MAX: Final = 9
"""A given number of more digits is a slip or no number of a series; it must not lift a counter out of reach."""


def series_key(workflow: str, series: str, part: NumberSeries, session: SessionId | None, at: datetime) -> str:
    """Return the name of the counter: per congress session (per year for a case without one), per year, or for ever."""
    year = at.astimezone(SHANGHAI).year
    match part.per:
        case "congress_session":
            scope = session or str(year)
        case "year":
            scope = str(year)
        case "root":
            scope = "all"
    return f"{workflow}/{series}/{scope}"


def written(part: NumberSeries, number: int, session: CongressSession | None, at: datetime) -> str:
    """Return the number as people write it, as ``第八届第三次提案第014号``."""
    return part.template.format(n=number, **_known(session, at))


def number_in(part: NumberSeries, text: str, session: CongressSession | None, at: datetime) -> int | None:
    """Return the number of a text that the series could have written, None of any other.

    Width does not matter: of ``第{n:03}号`` both ``第014号`` and ``第14号`` are number 14.
    """
    known, shape = _known(session, at), ""
    for literal, name, _width, _conversion in string.Formatter().parse(part.template):
        shape += re.escape(literal)
        if name is not None:
            shape += rf"(\d{{1,{DIGITS_MAX}}})" if name == "n" else re.escape(str(known[name]))
    found = re.fullmatch(shape, text)
    numbers = set() if found is None else {int(digits) for digits in found.groups()}
    return numbers.pop() if len(numbers) == 1 else None


def _known(session: CongressSession | None, at: datetime) -> dict[str, str | int]:
    """Return what a template may use beside the number."""
    year = at.astimezone(SHANGHAI).year
    return {"session": str(year) if session is None else session.title.zh, "year": year}


def series_of(workflow: Workflow, effects: Iterable[Effect], session: SessionId | None, at: datetime) -> Iterator[str]:
    """Yield the counters these effects draw from."""
    for effect in effects:
        if isinstance(effect, IssueNumber):
            part = workflow.numbers[effect.series]
            yield series_key(workflow.name, effect.series, part, session, at)
