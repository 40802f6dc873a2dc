"""In which of the two languages a reader is answered: ``?lang=``, then the cookie, then what the browser asks for."""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

from engine.text import Language

LANGUAGE_COOKIE: Final = "lang"
_TAGS_MAX: Final = 10


def language_of(request: Request) -> Language:
    """Return the language to answer in: Chinese unless English was asked for."""
    return chosen_language(request) or _accepted(request.headers.get("accept-language", ""))


def chosen_language(request: Request) -> Language | None:
    """Return the language the reader chose here, by address or cookie; None when nothing was chosen."""
    return _known(request.query_params.get("lang")) or _known(request.cookies.get(LANGUAGE_COOKIE))


def _known(name: str | None) -> Language | None:
    match name:
        case "zh":
            return "zh"
        case "en":
            return "en"
        case _:
            return None


def _accepted(header: str) -> Language:
    weighed: list[tuple[float, Language]] = []
    for part in header.split(",")[:_TAGS_MAX]:
        tag, _, weight = part.strip().partition(";q=")
        language = _known(tag[:2].lower())
        if language is not None:
            weighed.append((_weight(weight), language))
    # max() keeps the first of equals: the order of the header decides.
    return max(weighed, key=lambda pair: pair[0], default=(0.0, "zh"))[1]


def _weight(text: str) -> float:
    try:
        return float(text) if text else 1.0
    except ValueError:
        return 0.0
