"""Tables in a form: the columns that are reckoned when a move is made.

How a table is declared stands in ``engine.definition.parts`` (``columns``); the numbers over all rows are tallies.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from engine.case.drafting import Building
from engine.case.forms import column_place
from engine.case.scope import Moment, RowScope, table_rows
from engine.definition.guard_words import INTEGER_MAX
from engine.errors import FieldProblem, FormInvalid
from engine.text import Text


def reckon(building: Building, moment: Moment) -> None:
    """Fill in the reckoned columns of the tables in the form.

    A column may read those before it. Raises FormInvalid for a number too great to be kept.
    """
    for table, columns in moment.definition.tables.items():
        if table in building.form and any(columns.values()):
            rows = table_rows(building.form[table])
            building.form[table] = [_row(moment, table, index, row) for index, row in enumerate(rows)]
            building.fields[table] = building.form[table]


def _row(moment: Moment, table: str, index: int, row: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    filled = dict(row)
    for name, expression in moment.definition.tables[table].items():
        if expression is not None:
            value = expression.of(RowScope(moment, table, filled))
            if isinstance(value, int) and abs(value) > INTEGER_MAX:
                place = column_place(moment.definition.field(table), index, name)
                raise FormInvalid(
                    [
                        FieldProblem(
                            path=f"{table}.{index}.{name}",
                            text=Text(
                                f"{place.zh}计算结果过大，请核对填写的数字", f"{place.en}the result is too great; check"
                            ),
                        )
                    ]
                )
            if value is not None:  # what cannot be reckoned is left out of the row, like a cell nobody filled in
                filled[name] = value if isinstance(value, str | int) else str(value)
    return {name: filled[name] for name in moment.definition.tables[table] if name in filled}
