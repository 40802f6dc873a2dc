"""One shared table of moves per definition, made when first needed."""

from __future__ import annotations

from functools import lru_cache

from engine.case.machine import Table
from engine.definition.compiled import Definition


@lru_cache(maxsize=256)
def table_of(definition: Definition) -> Table:
    """Return the table of the definition's moves."""
    return Table(definition.workflow)
