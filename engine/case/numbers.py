"""Series of numbers: which series a command may need, and how a number is written. Counting stands in the database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from engine.case.identity import SessionId
from engine.case.scope import SHANGHAI
from engine.case.situation import CongressSession
from engine.definition.model import NumberSeries, Workflow
from engine.definition.parts import Effect, IssueNumber


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
    year = at.astimezone(SHANGHAI).year
    return part.template.format(session=str(year) if session is None else session.title.zh, year=year, n=number)


def series_of(workflow: Workflow, effects: Iterable[Effect], session: SessionId | None, at: datetime) -> Iterator[str]:
    """Yield the counters these effects draw from."""
    for effect in effects:
        if isinstance(effect, IssueNumber):
            part = workflow.numbers[effect.series]
            yield series_key(workflow.name, effect.series, part, session, at)
