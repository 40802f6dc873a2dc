"""Rules that were read and proved once in this process, for the thousands of tests that open a house of their own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runtime.rules import Rules


def proved_once(load: Callable[..., Rules]) -> Callable[..., Rules]:
    """Return what loads rules as ``load`` does, and gives again what it gave for files that nobody has touched since.

    What is remembered beside a database is left to the tests of ``load`` itself.
    """
    known: dict[object, Rules] = {}

    def loaded(folder: Path, *, calendar_missing: str = "provisional", cache: Path | None = None) -> Rules:
        files = ((path, path.stat()) for path in sorted(folder.rglob("*.yaml")))
        stamp = (calendar_missing, *((path, status.st_mtime_ns, status.st_size) for path, status in files))
        if stamp not in known:
            known[stamp] = load(folder, calendar_missing=calendar_missing, cache=cache)
        return known[stamp]

    return loaded
