"""What a map may say: how the columns of a register, or of an event log, become the moves of a workflow.

Shapes only; what must hold between a map and its workflow is proved in ``map_checks``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, Literal, TypeVar

from pydantic import Field, JsonValue, ValidationError

from engine.definition.loader import load_yaml
from engine.definition.parts import Label, Part, Slug
from engine.definition.reading import Positions
from engine.definition.roster_parts import PlaceName
from engine.definition.shapes import shape_problems
from engine.errors import DefinitionError
from engine.service.importing.cells import heading_of

ANY_GIVEN = "any_given"
GIVEN, MISSING = "given", "missing"

CellType = Literal["text", "date", "instant", "unit", "person", "code", "number", "boolean", "case", "list"]
ItemType = Literal["text", "unit", "person", "code"]


class Column(Part):
    """One column, by the headings it may bear; several columns may share a heading and read it differently.

    ``case`` holds the number of another row or case. A ``code`` is looked up in the list behind ``field``, or behind a
    column as ``table.column``, by its code or either title, and in ``codes`` (what the register writes → code).
    ``required`` columns must be there and filled.
    ``unknown: leave`` treats a person, unit or code that is not known as not given.
    """

    headings: tuple[str, ...] = Field(min_length=1)
    type: CellType = "text"
    of: ItemType | None = None
    field: PlaceName | None = None
    codes: dict[str, str] = Field(default_factory=dict)
    required: bool = False
    unknown: Literal["refuse", "leave"] = "refuse"


class Given(Part):
    """Where a field takes its value from: a column, what stands in its place when that is empty, or a fixed value."""

    column: Slug | None = None
    otherwise: JsonValue = None
    value: JsonValue = None


class TableRows(Part):
    """The rows of a table: every row of the register that fills one of these columns gives one of them.

    ``rows`` says by column of the table where its value comes from; in ``once`` no two of them may say the same.
    """

    rows: dict[Slug, Slug | Given] = Field(min_length=1)
    once: Slug | None = None


FormValue = Slug | Given | TableRows
At = Slug | tuple[Slug, ...]


class OpeningPart(Part):
    """How a row opens its case. ``at`` names the columns that may date it, the first filled one counting; ``parties``
    binds the persons of a column to a role."""

    at: At
    form: dict[Slug, FormValue]
    parties: dict[Slug, Slug] = Field(default_factory=dict)


class MovePart(Part):
    """A move of the row's case, or of its children, made when all of ``when`` holds.

    ``when`` asks of a column: ``given``, ``missing``, one value or several. ``any_given`` lists columns of which at
    least one is filled.
    """

    fire: Slug
    at: At
    when: dict[Slug, str | tuple[str, ...]] = Field(default_factory=dict)
    form: dict[Slug, FormValue] = Field(default_factory=dict)
    child: Literal["lead", "co_handlers"] | None = None


class RegisterMap(Part):
    """How a register becomes cases of a workflow. ``moves`` stand in the order in which a case makes them.

    ``key`` names the columns by which a row is known again (the first of them is also how rows name each other);
    without it a row is known by all its cells. ``unit`` is the column that names the case's unit. ``grouped`` makes
    rows of the same ``key`` one case: what fills no table must then be the same in all of them, or left empty.
    """

    workflow: Slug
    title: Label
    columns: dict[Slug, Column]
    key: tuple[Slug, ...] = ()
    grouped: bool = False
    unit: Slug | None = None
    opening: OpeningPart
    moves: tuple[MovePart, ...] = ()

    def known_headings(self) -> frozenset[str]:
        """Return every heading the map knows, as ``heading_of`` writes them."""
        return frozenset(heading_of(name) for column in self.columns.values() for name in column.headings)


class Derived(Part):
    """An event made from a column of the case: it happened at the instant that stands there."""

    event: str = Field(min_length=1)
    at: str = Field(min_length=1)


class FromField(Part):
    """The field of the workflow that a deadline takes its instant from, and the column that holds it."""

    from_field: Slug
    column: str = Field(min_length=1)


class LogMap(Part):
    """How an event log becomes cases of a workflow. Columns are named by their headings.

    ``events`` says what each event does: ``open``, ``note``, or a transition; ``otherwise`` what those not named do.
    What happened before the opening or after the final move is kept as a note.
    """

    workflow: Slug
    title: Label
    case: str = Field(min_length=1)
    activity: str = Field(min_length=1)
    time: str = Field(min_length=1)
    form: dict[Slug, str] = Field(default_factory=dict)
    deadline: FromField | None = None
    derive: tuple[Derived, ...] = ()
    events: dict[str, Slug]
    otherwise: Literal["note", "refuse"] = "note"
    after_final: Literal["note"] = "note"
    note: tuple[str, ...] = ()

    def known_headings(self) -> frozenset[str]:
        """Return every heading the map names, as ``heading_of`` writes them."""
        return frozenset(heading_of(name) for name in self.headings())

    def headings(self) -> tuple[str, ...]:
        """Return every heading the map names, as it writes them; each must be in the log."""
        names = [self.case, self.activity, self.time, *self.form.values(), *self.note]
        names += [derived.at for derived in self.derive]
        if self.deadline is not None:
            names.append(self.deadline.column)
        return tuple(dict.fromkeys(names))


M = TypeVar("M", RegisterMap, LogMap)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedMap(Generic[M]):
    """A map as read from a file: its shape is right, nothing is proved yet."""

    part: M
    file: str
    positions: Positions


def load_register_map(path: Path) -> LoadedMap[RegisterMap]:
    """Read the map of a register; raises DefinitionError naming every key and value whose shape is wrong."""
    return _load(RegisterMap, path)


def load_log_map(path: Path) -> LoadedMap[LogMap]:
    """Read the map of an event log; raises DefinitionError naming every key and value whose shape is wrong."""
    return _load(LogMap, path)


def _load(model: type[M], path: Path) -> LoadedMap[M]:
    data, positions = load_yaml(path)
    try:
        part = model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        raise DefinitionError(shape_problems(errors, data, _schema(model), positions, str(path))) from error
    return LoadedMap(part=part, file=str(path), positions=positions)


@cache
def _schema(model: type[Part]) -> dict[str, Any]:  # JSON Schema is one of the doors where Any may stand
    return model.model_json_schema()
