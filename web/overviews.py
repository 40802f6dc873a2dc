"""The counts of supervision that a site keeps, one store for all of its pages."""

from __future__ import annotations

from threading import Lock
from weakref import WeakKeyDictionary

from engine.service.overview import Overviews
from web.shell import Shell

_KEPT: WeakKeyDictionary[Shell, Overviews] = WeakKeyDictionary()
_LOCK = Lock()


def overviews_of(shell: Shell) -> Overviews:
    """Return the counts of a site, which live as long as it does."""
    with _LOCK:
        found = _KEPT.get(shell)
        if found is None:
            found = _KEPT[shell] = Overviews(shell.edge.desk)
        return found
