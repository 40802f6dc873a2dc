"""The register of cases in the columns of a map: the import read backwards, so that what goes out can come in again.

Pure. A column holds what the field behind it holds; a date the day on which the move it dates was made; a column that
chooses moves the value that leads to those that were made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from pydantic import JsonValue

from engine.case.case import Case
from engine.case.identity import UnitId
from engine.case.scope import SHANGHAI
from engine.definition.compiled import Definition
from engine.service.importing.cells import heading_of
from engine.service.importing.grouped import own_columns, shared_columns
from engine.service.importing.map_checks import columns_of
from engine.service.importing.maps import ANY_GIVEN, GIVEN, MISSING, Column, FormValue, MovePart, RegisterMap, TableRows

OutCell = str | int | date | None
"""A cell of a register that goes out: dates stay dates and numbers numbers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A case as one reader may know it: its fields, its opening, when each move was made last, and its lead's part."""

    case: Case
    definition: Definition
    fields: Mapping[str, JsonValue]
    moved: Mapping[str, datetime]
    opened: datetime
    child: Told | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What units, persons and cases are called in a register; None for what has no name there."""

    unit: Callable[[UnitId], str | None]
    person: Callable[[str], str | None]
    case: Callable[[str], str | None]


def headings_out(part: RegisterMap) -> tuple[str, ...]:
    """Return the headings of a register that goes out, each once: the first that a column may bear."""
    return tuple(columns_out(part))


def columns_out(part: RegisterMap) -> Mapping[str, tuple[str, ...]]:
    """Return the columns of the map behind each heading: several may read one heading."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for name, column in part.columns.items():
        heading = column.headings[0]
        shown, names = found.get(heading_of(heading), (heading, ()))
        found[heading_of(heading)] = (shown, (*names, name))
    return dict(found.values())


def rows_out(told: Told, part: RegisterMap, named: Named) -> list[list[OutCell]]:
    """Return the rows of a case, their cells in the order of the headings: one, or so many as its tables have."""
    filled = _tables_in(part)
    own = dict(_own_cells(told, part, named, filled))
    shared = {name: _cell(name, column, told, part, named) for name, column in part.columns.items() if name not in own}
    rows = []
    for number in range(max([1, *map(len, own.values())])):
        cells = shared | {name: said[number] if number < len(said) else None for name, said in own.items()}
        rows.append(
            [
                next((cells[name] for name in names if cells[name] is not None), None)
                for names in columns_out(part).values()
            ]
        )
    return rows


def _tables_in(part: RegisterMap) -> Mapping[str, TableRows]:
    """Return the tables that the map fills, by their fields; a table filled twice counts as it was filled last."""
    forms = (part.opening.form, *(move.form for move in part.moves))
    return {name: given for form in forms for name, given in form.items() if isinstance(given, TableRows)}


def _own_cells(
    told: Told, part: RegisterMap, named: Named, tables: Mapping[str, TableRows]
) -> Iterator[tuple[str, list[OutCell]]]:
    """Yield the columns that fill tables, with what each row of the table says."""
    own = own_columns(part)
    for field, given in tables.items():
        value = told.fields.get(field)
        rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
        for cell, source in given.rows.items():
            for name in shared_columns(source):
                if name in own:
                    column = part.columns[name]
                    yield (
                        name,
                        [
                            None if row.get(cell) in (None, "") else _written(row[cell], column, told.definition, named)
                            for row in rows
                        ],
                    )


def _cell(name: str, column: Column, told: Told, part: RegisterMap, named: Named) -> OutCell:
    if name == part.unit:
        return named.unit(told.case.unit)
    if column.type in ("date", "instant") and (on := _dated(name, told, part)) is not None:
        return on
    for source, field in _fields_of(name, told, part):
        value = source.fields.get(field)
        if value not in (None, "", []):
            return _written(value, column, source.definition, named)
    for role in (role for role, of in part.opening.parties.items() if of == name):
        people = [shown for person in told.case.persons_in(role) if (shown := named.person(person)) is not None]
        if people:
            return "、".join(people)
    return _chosen(name, column, told, part)


def _fields_of(name: str, told: Told, part: RegisterMap) -> Iterator[tuple[Told, str]]:
    """Yield the fields that take their value from a column, and whose they are: the case's, or its part's."""
    for field, given in part.opening.form.items():
        if _column_in(given) == name:
            yield told, field
    for move in part.moves:
        of = told if move.child is None else told.child
        if of is not None:
            for field, given in move.form.items():
                if _column_in(given) == name:
                    yield of, field


def _column_in(given: FormValue) -> str | None:
    return next(shared_columns(given), None)


def _dated(name: str, told: Told, part: RegisterMap) -> date | None:
    """Return the day of the last of the moves that the column dates first; of the opening where it dates that."""
    found = [at for move in part.moves if columns_of(move.at)[0] == name and (at := _made(move, told)) is not None]
    if found:
        return found[-1].astimezone(SHANGHAI).date()
    return told.opened.astimezone(SHANGHAI).date() if columns_of(part.opening.at)[0] == name else None


def _made(move: MovePart, told: Told) -> datetime | None:
    """Return when a move was made, or another that led to the same milestone: units answer in their own part."""
    of = told if move.child is None else told.child
    if of is None:
        return None
    made = of.moved.get(move.fire)
    if made is not None:
        return made
    transition = of.definition.workflow.transitions.get(move.fire)
    state = None if transition is None or transition.to is None else of.definition.workflow.states[transition.to]
    return None if state is None or state.milestone is None else of.case.milestones.get(state.milestone)


def _chosen(name: str, column: Column, told: Told, part: RegisterMap) -> OutCell:
    """Return what the column says where moves ask for it: what all those agree on that were made, the last the most."""
    agreed: tuple[str, ...] = ()
    for move in part.moves:
        wanted = move.when.get(name)
        if name == ANY_GIVEN or wanted in (None, GIVEN, MISSING) or move.fire not in told.moved:
            continue
        asked = (wanted,) if isinstance(wanted, str) else tuple(wanted or ())
        agreed = tuple(value for value in agreed if value in asked) or asked
    return _code(agreed[0], column, told.definition) if len(agreed) == 1 else None


def _written(value: JsonValue, column: Column, definition: Definition, named: Named) -> OutCell:
    kind = column.of or column.type
    if isinstance(value, list):
        parts = [_one(item, kind, column, definition, named) for item in value]
        return "、".join(str(part) for part in parts if part is not None) or None
    return _one(value, kind, column, definition, named)


def _one(value: JsonValue, kind: str, column: Column, definition: Definition, named: Named) -> OutCell:
    match kind:
        case "unit":
            return named.unit(UnitId(str(value)))
        case "person":
            return named.person(str(value))
        case "case":
            return named.case(str(value))
        case "code":
            return _code(str(value), column, definition)
        case "boolean":
            return "是" if value else "否"
        case "number":
            return value if isinstance(value, int) else str(value)
        case "date" | "instant":
            return _day(str(value))
        case _:
            return str(value)


def _day(text: str) -> OutCell:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return datetime.fromisoformat(text).astimezone(SHANGHAI).date()


def _code(code: str, column: Column, definition: Definition) -> str:
    """Return what a register writes for a code: the title in its list, or the map's first word for it."""
    codes = None if column.field is None else definition.list_of(column.field)
    item = None if codes is None else codes.item(code)
    if item is not None:
        return item.title.zh
    return next((word for word, meant in column.codes.items() if meant == code), code)


def moved_at(transitions: Sequence[tuple[str, datetime]]) -> dict[str, datetime]:
    """Return when each transition was made last.

    >>> from datetime import UTC
    >>> moved_at([("file", datetime(2026, 1, 1, tzinfo=UTC)), ("file", datetime(2026, 2, 1, tzinfo=UTC))])["file"].month
    2
    """
    return dict(transitions)
