"""Files in forms: what was sent along and refused, and what the files are called that stand in a form already."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pydantic import JsonValue

from api.multipart import Posted, Whose
from engine.case.files import described_files, file_fields
from engine.definition.compiled import Definition
from engine.errors import FieldProblem, FormInvalid
from engine.service.filing.cabinet import Cabinet
from web.forms.filled import PREFIX


def demand_files(posted: Posted) -> None:
    """Raise FormInvalid for the files of a form that were refused; the others wait as uploads."""
    if posted.refused:
        raise FormInvalid([FieldProblem(path=one.path.removeprefix(PREFIX), text=one.text) for one in posted.refused])


def names_in(
    cabinet: Cabinet, whose: Whose | None, definition: Definition, values: Iterable[Mapping[str, JsonValue]]
) -> dict[str, str]:
    """Return the names of the files that stand in values: those of the case, and uploads of who asks."""
    found: dict[str, str] = {}
    waiting: list[str] = []
    for each in values:
        for name in file_fields(definition) & each.keys():
            value = each[name]
            found.update((str(file["id"]), str(file["name"])) for file in described_files(value))
            waiting += [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
    if waiting and whose is not None:
        found.update(cabinet.names_of(*whose, waiting))
    return found
