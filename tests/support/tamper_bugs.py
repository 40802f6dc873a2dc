"""Bugs put into verification on purpose, one at a time: the tamper campaign must notice each (a negative control)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from unittest.mock import patch


def _nothing(*_given: object, **_named: object) -> tuple[()]:
    return ()


def _no_word(*_given: object, **_named: object) -> None:
    return None


def _none(*_given: object, **_named: object) -> list[object]:
    return []


def _yes(*_given: object, **_named: object) -> bool:
    return True


BUGS: Final[Mapping[str, tuple[str, object]]] = {
    "deadlines are not held against the case's clocks": ("engine.service.verify.deadline_differences", _nothing),
    "values are not held against their commitments": ("engine.ledger.replay.opens", _yes),
    "instants of leaves and of the queue are not looked at": (
        "engine.service.verify_tree._Places._same_instant",
        _no_word,
    ),
    "leaves that no checkpoint covers are not told": ("engine.service.tree_walk.TreeWalk._all_covered", _no_word),
    "signatures are not looked at": ("engine.service.tree_walk.TreeWalk._signature", _no_word),
    "checkpoints kept elsewhere are not held against the tree": ("engine.service.tree_walk.TreeWalk._anchor", _no_word),
    "the house is not held against the ledger": ("engine.service.verify_house._House._compare", _no_word),
    "an organisation that is gone is not missed": ("runtime.verifying_beside.roots_missing", _none),
    "files are not looked at": ("engine.service.verify_files._wrong", _no_word),
}


@contextmanager
def seeded(name: str) -> Iterator[None]:
    """Put a bug in for the length of a block."""
    target, bug = BUGS[name]
    with patch(target, bug):
        yield
