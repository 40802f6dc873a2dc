"""What a line of the log belongs to, by name: a request, a job. Set where work begins, read where a line is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

_PARTS: Final[ContextVar[Mapping[str, str | int]]] = ContextVar("parts", default=MappingProxyType({}))


def log_parts() -> Mapping[str, str | int]:
    """Return what the work that runs here belongs to."""
    return _PARTS.get()


@contextmanager
def belonging(**given: str | int) -> Iterator[None]:
    """Let every line that is logged in the block say that it belongs to this: numbers and kinds, nobody's words."""
    token = _PARTS.set({**_PARTS.get(), **given})
    try:
        yield
    finally:
        _PARTS.reset(token)
