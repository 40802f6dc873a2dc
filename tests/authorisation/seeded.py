"""Bugs put into the house on purpose, one at a time: the matrix must find each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final
from unittest.mock import patch

from engine.errors import CaseNotFound, NotPermitted
from engine.service.queries import Queries
from engine.text import Text


def _nobody_accused(*_cases: object) -> frozenset[str]:
    return frozenset()


def _open_door(*_asked: object) -> None:
    return None


def _everybodys(self: Queries, root: Any, case_id: Any, _actor: object) -> Any:
    """Look a case up without asking who may see it."""
    case = self.reads.case(root, case_id, None)
    if case is None:
        raise CaseNotFound
    return case


def _forbidden(self: Queries, root: Any, case_id: Any, actor: Any) -> Any:
    """Say of a hidden case that it may not be seen, and so that it is there."""
    seen = _SEEN(self, root, case_id, actor) if _sees(self, root, case_id, actor) else None
    if seen is None and self.reads.case(root, case_id, None) is not None:
        raise NotPermitted(Text("无权查看", "You may not see this"))
    if seen is None:
        raise CaseNotFound
    return seen


def _sees(self: Queries, root: Any, case_id: Any, actor: Any) -> bool:
    try:
        _SEEN(self, root, case_id, actor)
    except CaseNotFound:
        return False
    return True


_SEEN: Final[Callable[..., Any]] = Queries._visible  # what the bug is put in place of
BUGS: Final[Mapping[str, tuple[str, object]]] = {
    "units complained about keep their sight": ("engine.access.readers.accused_units", _nobody_accused),
    "jobs are open to everybody": ("api.routes.jobs.demand_operator", _open_door),
    "grants are read by everybody": ("engine.service.granting.demand_reading", _open_door),
    "a case is looked up without its readers": ("engine.service.queries.Queries._visible", _everybodys),
    "a hidden case is refused as forbidden": ("engine.service.queries.Queries._visible", _forbidden),
}


@contextmanager
def seeded(name: str) -> Iterator[None]:
    """Put a bug in for the length of a block."""
    target, bug = BUGS[name]
    with patch(target, bug):
        yield
