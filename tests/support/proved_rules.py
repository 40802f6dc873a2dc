"""Rules that were read and proved once in this process, for the thousands of tests that open a house of their own."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from runtime.rules import Rules, load_rules


def proved_once(load: Callable[..., Rules]) -> Callable[..., Rules]:
    """Return what loads rules as ``load`` does, and gives again what it gave for files that say the same, wherever they
    stand.

    What is remembered beside a database is left to the tests of ``load`` itself.
    """
    known: dict[object, Rules] = {}

    def loaded(folder: Path, *, calendar_missing: str = "provisional", cache: Path | None = None) -> Rules:
        files = ((str(path.relative_to(folder)), path.read_bytes()) for path in sorted(folder.rglob("*.yaml")))
        stamp = (calendar_missing, *((name, sha256(content).digest()) for name, content in files))
        if stamp not in known:
            known[stamp] = load(folder, calendar_missing=calendar_missing, cache=cache)
        return known[stamp]

    return loaded


load_once = proved_once(load_rules)
"""What every house of a test loads its rules by, and a test that needs the rules alone."""
