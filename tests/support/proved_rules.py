"""Rules that were read, proved and compiled once in this process, for the thousands of tests that open a house of
their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from time import time_ns
from typing import Final

import pytest

from engine.definition import rulebook
from engine.definition.compiled import Definition
from engine.definition.model import CodeList, Workflow
from runtime.rules import Rules, load_rules
from tests.support.measured import unmeasured

SETTLED_NANOSECONDS: Final = 2_000_000_000
"""A file that was written so long ago has the time of its last change to itself."""
_DIGESTS: Final[dict[tuple[str, int, int, int], bytes]] = {}


def proved_once(load: Callable[..., Rules]) -> Callable[..., Rules]:
    """Return what loads rules as ``load`` does, and gives again what it gave for files that say the same, wherever they
    stand.

    What is remembered beside a database, and the coverage of reading and proving, are left to the tests of ``load``
    itself: measured, it takes each process half a minute.
    """
    known: dict[object, Rules] = {}

    def loaded(folder: Path, *, calendar_missing: str = "provisional", cache: Path | None = None) -> Rules:
        stamp = (calendar_missing, *((str(path.relative_to(folder)), _digest(path)) for path in _files(folder)))
        if stamp not in known:
            with unmeasured():
                known[stamp] = load(folder, calendar_missing=calendar_missing, cache=cache)
        return known[stamp]

    return loaded


def _files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.yaml"))


def _digest(path: Path) -> bytes:
    """Return the hash of what a file says; one that has not changed for a while is not read again."""
    found = path.stat()
    if time_ns() - found.st_mtime_ns < SETTLED_NANOSECONDS:
        return sha256(path.read_bytes()).digest()
    stamp = (str(path), found.st_ino, found.st_mtime_ns, found.st_size)
    if stamp not in _DIGESTS:
        _DIGESTS[stamp] = sha256(path.read_bytes()).digest()
    return _DIGESTS[stamp]


load_once = proved_once(load_rules)
"""What every house of a test loads its rules by, and a test that needs the rules alone."""


def compiled_once(patch: pytest.MonkeyPatch) -> None:
    """Let all rulebooks of this process share what they derive from the same texts: guards, measures, validators.

    Texts are the same when they are the same objects, as those of ``load_once`` are.
    """
    known: dict[object, Definition] = {}

    def made(
        workflow: Workflow, known_as: str, lists: Mapping[str, CodeList], list_hashes: Mapping[str, str]
    ) -> Definition:
        stamp = (known_as, *sorted(list_hashes.items()))
        found = known.get(stamp)
        if (
            found is None
            or found.workflow is not workflow
            or any(found.lists[name] is not lists[name] for name in lists)
        ):
            found = known[stamp] = Definition(workflow, known_as, lists, list_hashes)
        return found

    patch.setattr(rulebook, "Definition", made)
