"""What the lines of rosters are called that a case names, for who may see them."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Protocol

from pydantic import JsonValue

from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.identity import RootId
from engine.case.scope import table_rows
from engine.definition.compiled import Definition
from engine.service.roster_ports import NamedLine
from web.forms.lines import rosters_named


class SeenReads(Protocol):
    """The part of ``Reads`` that says which lines may be seen."""

    def roster_seen(
        self, root: RootId, principals: Sequence[str] | None, roster: str, keys: Collection[str]
    ) -> Sequence[NamedLine]:
        """See ``engine.service.roster_ports``."""


def line_names(
    reads: SeenReads,
    root: RootId,
    actor: Actor,
    definition: Definition,
    values: Sequence[Mapping[str, JsonValue]],
) -> dict[str, dict[str, str]]:
    """Return the names by the field or column that holds the keys; a line that left its roster has none any more."""
    found: dict[str, dict[str, str]] = {}
    for place, roster in rosters_named(definition).items():
        keys = {key for each in values for key in _keys(place, each)}
        if keys:
            lines = reads.roster_seen(root, principals_of(actor), roster, sorted(keys))
            found[place] = {line.key: line.name for line in lines if line.name}
    return found


def _keys(place: str, values: Mapping[str, JsonValue]) -> Iterator[str]:
    field, _, column = place.partition(".")
    held = [row.get(column) for row in table_rows(values.get(field))] if column else [values.get(field)]
    yield from (key for key in held if isinstance(key, str) and key)
