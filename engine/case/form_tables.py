"""Tables in a form: the columns that are reckoned when a move is made, rows put under others, sheets, and polls.

How a table is declared stands in ``engine.definition.parts`` (``columns``); the numbers over all rows are tallies.
"""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from engine.case.drafting import Building, Drafting
from engine.case.forms import column_place
from engine.case.polls import take_polls
from engine.case.scope import Moment, RowScope, table_rows
from engine.case.sheets import (
    amounts,
    answers,
    as_rows,
    asked_items,
    asked_problems,
    filled_problems,
    rolled_up,
    too_great,
)
from engine.definition.guard_words import INTEGER_MAX
from engine.definition.parts import AppendRows, RollUp
from engine.errors import FieldProblem, FormInvalid
from engine.text import Text


def take_tables(building: Building, moment: Moment, move: str | None = None) -> None:
    """Fill in what a poll comes to and what is reckoned in the tables of the form, and ask whether sheets are filled in
    as they must be.

    Raises FormInvalid, naming every row that is wrong.
    """
    if move is not None:
        take_polls(building, moment, move)
    _reckon(building, moment)
    problems: list[FieldProblem] = []
    for part in building.definition.workflow.sheets.values():
        if part.asked in building.form:
            problems += asked_problems(part.asked, building.form[part.asked])
        if part.filled is not None and part.filled in building.form:
            items = asked_items(building.value(part.asked))
            problems += filled_problems(part.filled, building.form[part.filled], items)
    if problems:
        raise FormInvalid(problems)


def _reckon(building: Building, moment: Moment) -> None:
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


def roll_up(effect: RollUp, building: Building, drafting: Drafting) -> None:
    """Work out the totals of a sheet as its case and those below stand now; raises FormInvalid for one too great."""
    part = building.definition.workflow.sheets[effect.sheet]
    items = asked_items(building.value(part.asked))
    if effect.zero and part.filled is not None:
        rows: list[JsonValue] = [{"code": item.code, "amount": 0} for item in items]
        building.form[part.filled] = building.fields[part.filled] = rows
    own = {} if part.filled is None else amounts(building.value(part.filled))
    below = answers(building.case, effect.sheet, part, drafting.family, drafting.definition_of)
    sums = rolled_up(items, own, below)
    problem = too_great(sums, items)
    if problem is not None:
        raise FormInvalid([problem])
    building.form[part.totals] = building.fields[part.totals] = as_rows(sums)


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
