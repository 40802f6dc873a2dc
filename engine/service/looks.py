"""What a question to the house found (``banjie doctor``, the page of its health): well, to be seen to, or broken."""

from __future__ import annotations

from dataclasses import dataclass

from engine.text import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one question found. ``advice`` is None where nothing has to be done; ``fatal`` means it does not work."""

    name: str
    text: Text
    advice: Text | None = None
    fatal: bool = False

    @property
    def well(self) -> bool:
        return self.advice is None
