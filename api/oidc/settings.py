"""What is configured about the identity provider. Imports nothing of the extra, so that it may always be imported."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from engine.text import Text

BACK: Final = "/login/oidc/back"
"""Where the provider sends people back to; it is registered there with the address of the pages in front."""
TITLE: Final = Text("统一身份认证", "Single sign-on")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderSettings:
    """The identity provider of this installation.

    ``pages_url`` is where our pages are reached. ``origins`` are further origins of the provider beside that of
    ``issuer``; ``internal_origins`` may lie in private networks. ``second_factors`` are values of ``acr`` or ``amr``
    that are trusted to mean that a second factor was checked; without any, it is always asked for here.
    """

    issuer: str
    client: str
    secret: str = field(repr=False)
    pages_url: str
    title: str = ""
    origins: tuple[str, ...] = ()
    internal_origins: tuple[str, ...] = ()
    second_factors: frozenset[str] = frozenset()

    @property
    def back_url(self) -> str:
        """The address that people come back to."""
        return f"{self.pages_url.rstrip('/')}{BACK}"

    def shown_title(self) -> Text:
        """Return what the provider is called on the pages."""
        return Text(self.title, self.title) if self.title else TITLE
