"""What the page of a refusal says: what kind it is, why, by which rule, and what would help. It decides no status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.problems import CrossSite
from engine.errors import BanjieError, CalendarEnds, TooBusy
from web.words import Words


class Kind(StrEnum):
    """Refusals that one does the same about."""

    GENERAL = "general"
    RIGHTS = "rights"
    ORIGIN = "origin"
    NOTHING = "nothing"
    FORM = "form"
    SIZE = "size"
    CHANGED = "changed"
    MANY = "many"
    DEFECT = "defect"
    AWAY = "away"


KINDS: Final[Mapping[int, Kind]] = {
    403: Kind.RIGHTS,
    404: Kind.NOTHING,
    405: Kind.FORM,
    409: Kind.CHANGED,
    410: Kind.NOTHING,
    412: Kind.CHANGED,
    413: Kind.SIZE,
    415: Kind.FORM,
    429: Kind.MANY,
    500: Kind.DEFECT,
    503: Kind.AWAY,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedView:
    """A refusal in the words of the reader; ``source`` is None where no rule stands behind it."""

    title: str
    message: str
    source: str | None
    help: str


def refused_view(error: BanjieError, status: int, words: Words) -> RefusedView:
    """Return what is said of an error that is answered with ``status``."""
    kind = _kind(error, status)
    source = error.details.get("source")
    return RefusedView(
        title=words.t(f"refused_{kind}"),
        message=words.say(error.text),
        source=str(source.get(words.language)) if isinstance(source, Mapping) else None,
        help=_help(error, kind, words),
    )


def _kind(error: BanjieError, status: int) -> Kind:
    match error:
        case CrossSite():
            return Kind.ORIGIN
        case TooBusy():
            return Kind.MANY
        case _:
            return KINDS.get(status, Kind.GENERAL)


def _help(error: BanjieError, kind: Kind, words: Words) -> str:
    if isinstance(error, CalendarEnds):
        return words.t("refused_calendar_help")
    if kind is Kind.MANY:
        return words.t("refused_many_help", seconds=error.details.get("retry_after_seconds", 1))
    return words.t(f"refused_{kind}_help")
