"""A text in the two languages of the product. Everything a reader sees is one of these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True, slots=True)
class Text:
    """One text in Chinese and in English; both are always there."""

    zh: str
    en: str

    def read(self, language: Language) -> str:
        """Return the text in the reader's language."""
        return self.zh if language == "zh" else self.en

    def filled(self, values: Mapping[str, object]) -> Text:
        """Return the text with ``{name}`` placeholders filled; an unknown placeholder is a defect of ours."""
        return Text(self.zh.format_map(values), self.en.format_map(values))

    def __str__(self) -> str:
        return self.zh
