"""How a look of ``banjie doctor`` asks a database that may not be there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from engine.errors import BanjieError

if TYPE_CHECKING:
    from engine.service.ports import Reads
    from runtime.settings import Settings

Found = TypeVar("Found")


def asked(settings: Settings, question: Callable[[Reads], Found]) -> Found | None:
    """Return what the database answers; None where there is none or it does not answer, which its own look tells."""
    from engine.storage.store import open_store

    path = settings.sqlite_path
    if path is not None and not path.is_file():
        return None
    try:
        store = open_store(settings.database_url, write=False)
    except BanjieError:
        return None
    try:
        return question(store.reads)
    except BanjieError:
        return None
    finally:
        store.close()
