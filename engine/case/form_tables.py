"""Tables in a form: the columns that are reckoned when a move is made, and rows put under others.

How a table is declared stands in ``engine.definition.parts`` (``columns``); the numbers over all rows are tallies.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from engine.case.drafting import Building
from engine.case.forms import column_place
from engine.case.scope import Moment, RowScope, table_rows
from engine.definition.guard_words import INTEGER_MAX
from engine.definition.parts import AppendRows
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


def append_rows(effect: AppendRows, building: Building) -> None:
    """Put the rows of the form under those of a table; raises FormInvalid where it would hold too many.

    Tallies of effects that follow count the table as it is then.
    """
    new, held = table_rows(building.form.get(effect.rows)), table_rows(building.value(effect.table))
    part = building.definition.field(effect.table)
    most = part.json_schema.get("maxItems")
    if isinstance(most, int) and len(held) + len(new) > most:
        text = Text(
            f"“{part.title.zh}”最多 {most} 行，已有 {len(held)} 行，不能再添 {len(new)} 行",
            f"{part.title.en} takes {most} rows at most and holds {len(held)}; {len(new)} more do not fit",
        )
        raise FormInvalid([FieldProblem(path=effect.rows, text=text)])
    if new:
        rows: list[JsonValue] = [dict(row) for row in (*held, *new)]
        building.form[effect.table] = building.fields[effect.table] = rows
