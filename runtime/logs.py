"""What processes write to standard error: a line an event, as text or as JSON, without anything that somebody wrote.

Of an exception its class and the places in the code are told and never its words: those of a database or a parser may
hold what was being stored or read.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Final

from engine.log_parts import log_parts

DATA: Final = "data"
"""The attribute of a record in which its parts stand by their names."""
_FRAMES_MAX: Final = 20
_BREAKS: Final = str.maketrans(
    {"\n": "\\n", "\r": "\\r", "\x0b": "\\v", "\x0c": "\\f", "\x85": " ", "\u2028": " ", "\u2029": " "}
)
_NONE: Final[Mapping[str, str | int]] = MappingProxyType({})
_LOG: Final = logging.getLogger(__name__)

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class TextLines(logging.Formatter):
    """``2026-11-23 09:41:07,012 WARNING runtime.jobs.worker …``, below it where an exception came from."""

    def __init__(self, of_process: Mapping[str, str | int] = _NONE) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")
        self._of_process = of_process

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, and below it where an exception came from, whatever another formatter kept of it."""
        record.exc_text = None
        return super().format(record)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name is the library's
        """Return the line of a record, the parts of its event behind its words; what would break it is escaped."""
        record.message = record.message.translate(_BREAKS)
        parts = {**self._of_process, **log_parts(), **getattr(record, DATA, {})}
        return super().formatMessage(record) + "".join(f" {name}={value}" for name, value in parts.items())

    def formatException(self, ei: _ExcInfo) -> str:  # noqa: N802 - the name is the library's
        """Return the class of an exception and its places, one to a line."""
        return "\n".join([_kind(ei), *(f"  {place}" for place in _places(ei))])


class JsonLines(logging.Formatter):
    """One JSON object a line: at (UTC), level, logger, event, and the parts of the event by their names."""

    def __init__(self, of_process: Mapping[str, str | int] = _NONE) -> None:
        super().__init__()
        self._of_process = of_process

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
        }
        if record.exc_info:
            line |= {"error": _kind(record.exc_info), "places": _places(record.exc_info)}
        # Said twice: ours come first in the line, and no part replaces one of them.
        line = {**line, **self._of_process, **log_parts(), **getattr(record, DATA, {}), **line}
        return json.dumps(line, ensure_ascii=False, default=str)


def set_up_logs(form: str, command: str = "") -> None:
    """Let this process write its log in this form; called once, before anything is logged. Unknown words mean text:
    the settings refuse them in their own words.

    Every line, on whatever thread, says of which process it is, by its number, and which command runs there.
    """
    of_process: dict[str, str | int] = {"process": os.getpid()}
    if command:
        of_process["command"] = command
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines(of_process) if form == "json" else TextLines(of_process))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    threading.excepthook = _tell_thread


def _tell_thread(ended: threading.ExceptHookArgs) -> None:
    """Log that a thread ended by an exception; Python's own words for it would repeat the exception's."""
    name = "?" if ended.thread is None else ended.thread.name
    raised = None if ended.exc_value is None else (ended.exc_type, ended.exc_value, ended.exc_traceback)
    _LOG.error("the thread %s ended by an exception", name, exc_info=raised)


def _kind(ei: _ExcInfo) -> str:
    return "" if ei[0] is None else ei[0].__name__


def _places(ei: _ExcInfo) -> list[str]:
    frames = traceback.extract_tb(ei[2])[-_FRAMES_MAX:]
    return [f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames]
