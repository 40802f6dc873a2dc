"""What really happened as JSON and back: it is kept, so that it need not be counted for every page."""

from __future__ import annotations

from typing import Final

from pydantic import TypeAdapter
from pydantic_core import to_json

from engine.figures.process import Process

FORM: Final = "process/1"
"""Part of the key under which it is kept: what was counted or written otherwise is not found any more."""

_PROCESS: Final[TypeAdapter[Process]] = TypeAdapter(Process)


def process_text(process: Process) -> str:
    """Return the process as JSON."""
    return to_json(process).decode()


def process_from(text: str) -> Process:
    """Return the process of such a text; raises ValueError for any other text."""
    return _PROCESS.validate_json(text)
