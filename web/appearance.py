"""How somebody wants pages to look: light or dark or as the device says, in normal or large print. Kept in cookies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import Request

THEME_COOKIE: Final = "theme"
PRINT_COOKIE: Final = "print"
THEMES: Final = ("system", "light", "dark")
PRINTS: Final = ("normal", "large")


@dataclass(frozen=True, slots=True, kw_only=True)
class Appearance:
    """What was chosen: one of ``THEMES``, one of ``PRINTS``."""

    theme: str = "system"
    print: str = "normal"


def appearance_of(request: Request) -> Appearance:
    """Return what the reader chose; what a cookie says that we do not know counts as nothing."""
    return Appearance(
        theme=_known(request.cookies.get(THEME_COOKIE), THEMES),
        print=_known(request.cookies.get(PRINT_COOKIE), PRINTS),
    )


def _known(chosen: str | None, among: tuple[str, ...]) -> str:
    return chosen if chosen in among else among[0]
