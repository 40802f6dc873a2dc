"""Rows of a register that are one case together: what they share, and the rows of tables that each of them gives.

A class and those who came to it stand in a register as a row for each person. What is wrong with one of the rows keeps
the case out, and it is said which row that is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from pydantic import JsonValue

from engine.case.forms import column_place
from engine.definition.compiled import Definition
from engine.definition.parts import Label
from engine.errors import FieldProblem
from engine.service.importing.maps import FormValue, Given, RegisterMap, TableRows
from engine.service.importing.readings import Read, Reading, RowRefused, joined
from engine.service.importing.tables import Row
from engine.text import Text

Values = Mapping[str, Read]
TableNumbers = Mapping[str, tuple[int, ...]]
"""By the field of a table: the row of the register behind each of its rows."""
ROWS_OF_ONE_MAX: Final = 1_000


def own_columns(part: RegisterMap) -> frozenset[str]:
    """Return the columns that only fill tables: in them every row of a group says something of its own."""
    forms = (part.opening.form, *(move.form for move in part.moves))
    filling = {name for form in forms for given in form.values() for name in table_columns(given)}
    shared = {name for form in forms for given in form.values() for name in shared_columns(given)}
    return frozenset(filling - shared)


def table_columns(given: FormValue) -> Iterator[str]:
    """Yield the columns that fill the rows of a table; none for what is no table."""
    if isinstance(given, TableRows):
        for cell in given.rows.values():
            yield from shared_columns(cell)


def shared_columns(given: FormValue) -> Iterator[str]:
    """Yield the column that a field takes its one value from."""
    if isinstance(given, Given):
        if given.column is not None:
            yield given.column
    elif not isinstance(given, TableRows):
        yield given


def read_together(reading: Reading, rows: Sequence[Row]) -> tuple[Values, list[tuple[int, Values]]]:
    """Return what rows of one case share, and the values of each by the number of its row.

    A column that is shared counts once: it may stand in any of the rows, but not differ between them. Of what each row
    says of its own the first is told, so that moves can ask whether there is any.

    Raises:
        RowRefused: a cell is wrong, two rows contradict each other, or there are too many; each with its row.
    """
    own = own_columns(reading.map)
    shared: dict[str, Read] = dict.fromkeys(reading.map.columns)
    said_in: dict[str, int] = {}
    each: list[tuple[int, Values]] = []
    reasons: list[Text] = []
    if len(rows) > ROWS_OF_ONE_MAX:
        raise RowRefused(
            [Text(f"同一件超过 {ROWS_OF_ONE_MAX} 行，请核对编号", f"More than {ROWS_OF_ONE_MAX} rows of one case")]
        )
    for row in rows:
        try:
            values = reading.read(row)
        except RowRefused as refusal:
            reasons.extend(_in_row(row.number, reason) for reason in refusal.reasons)
            continue
        each.append((row.number, values))
        for name, value in values.items():
            if value is None:
                continue
            if name not in said_in:
                shared[name], said_in[name] = value, row.number
            elif shared[name] != value and name not in own:
                heading = reading.headings[name]
                first = said_in[name]
                text = Text(f"“{heading}”与第 {first} 行不一致", f"{heading} differs from row {first}")
                reasons.append(_in_row(row.number, text))
    if reasons:
        raise RowRefused(reasons)
    return shared, each


def table_rows(
    part: TableRows, reading: Reading, each: Sequence[tuple[int, Values]]
) -> tuple[list[Mapping[str, Read | JsonValue]], tuple[int, ...]]:
    """Return the rows of a table, and the number of the register's row behind each.

    A row that fills none of the table's columns gives no row of it; raises RowRefused where ``once`` is not kept.
    """
    found: list[Mapping[str, Read | JsonValue]] = []
    numbers: list[int] = []
    first: dict[Read | JsonValue, int] = {}
    reasons: list[Text] = []
    columns = tuple(table_columns(part))
    for number, values in each:
        if all(values[name] is None for name in columns):
            continue
        cells = {name: value for name, given in part.rows.items() if (value := plain_given(given, values)) is not None}
        if part.once is not None and not isinstance(key := cells.get(part.once), list | dict) and key is not None:
            known = first.setdefault(key, number)
            if known != number:
                heading = reading.headings[next(shared_columns(part.rows[part.once]))]
                reasons.append(
                    _in_row(number, Text(f"“{heading}”与第 {known} 行重复", f"{heading} is the same as in row {known}"))
                )
        found.append(cells)
        numbers.append(number)
    if reasons:
        raise RowRefused(reasons)
    return found, tuple(numbers)


def plain_given(given: str | Given, values: Values) -> Read | JsonValue:
    """Return what a field takes from a row."""
    if not isinstance(given, Given):
        return values[given]
    if given.column is None:
        return given.value
    found = values[given.column]
    return given.otherwise if found is None else found


def told_problems(problems: Sequence[FieldProblem], tables: TableNumbers, definition: Definition) -> Text:
    """Return what is wrong with a form in the words of the register: the fields by their titles, tables by its rows."""
    return joined(list(dict.fromkeys(_told(problem, tables, definition) for problem in problems)))


def _told(problem: FieldProblem, tables: TableNumbers, definition: Definition) -> Text:
    name, _, rest = problem.path.partition(".")
    index, _, column = rest.partition(".")
    part = definition.workflow.fields.get(name)
    if part is None:
        return problem.text
    numbers = tables.get(name, ())
    if index.isdecimal() and int(index) < len(numbers):
        place = column_place(part, int(index), column or None)
        bare = Text(problem.text.zh.removeprefix(place.zh), problem.text.en.removeprefix(place.en))
        known = part.columns.get(column)
        return _in_row(numbers[int(index)], bare if known is None else _titled(known.title, bare))
    return _titled(part.title, problem.text)


def _titled(title: Label, text: Text) -> Text:
    """Return what is wrong with the field said before it, unless the text says that itself."""
    if title.zh in text.zh:
        return text
    return Text(f"“{title.zh}”：{text.zh}", f"{title.en}: {text.en}")


def _in_row(number: int, text: Text) -> Text:
    return Text(f"第 {number} 行：{text.zh}", f"row {number}: {text.en}")


def ranges(numbers: Sequence[int]) -> str:
    """Return the numbers of rows in short, in order.

    >>> ranges([3, 4, 5, 9])
    '3-5,9'
    """
    parts: list[list[int]] = []
    for number in sorted(numbers):
        if parts and number == parts[-1][1] + 1:
            parts[-1][1] = number
        else:
            parts.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in parts)
