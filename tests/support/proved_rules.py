"""Rules that were read, proved and compiled once in this process, for the thousands of tests that open a house of
their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import pytest

from engine.definition import rulebook
from engine.definition.compiled import Definition
from engine.definition.model import CodeList, Workflow
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
