"""Lists of cases in another order than the newest first: by the next due instant, by number.

Each walks along an index that is there anyway: by due instant along the running deadlines, by number along the numbers
of one workflow. Cases that have no place in an order are not in its list.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy import ColumnElement, Integer, Select, and_, desc, exists, literal_column, select, tuple_

from engine.service.list_orders import Order
from engine.service.ports import CaseLine
from engine.storage.compiled import Values, at_most, bind
from engine.storage.tables import cases, deadline

KEYS: Final[Mapping[Order, re.Pattern[str]]] = {
    Order.OPENED: re.compile(r"(-?[0-9]{1,18})\.([^.]{1,100})"),
    Order.DUE: re.compile(r"(-?[0-9]{1,18})\.([^.]{1,100})"),
    Order.NUMBER: re.compile(r"(.{1,200})\.([^.]{1,100})", re.DOTALL),
}
_LINE: Final = [cases.c[name] for name in CaseLine._fields if name != "provisional"]


def key_values(order: Order, parts: Sequence[str]) -> dict[str, Values]:
    """Return the parameters of a statement that goes on after the parts of a key."""
    return {"after_at": parts[0] if order is Order.NUMBER else int(parts[0]), "after_case": parts[1]}


def key_of(line: CaseLine, order: Order) -> str:
    """Return the key to continue after a line."""
    return line.key_in(order)


def listed_by_opening(
    conditions: Sequence[ColumnElement[bool]], opened_at: ColumnElement[int], *, after: bool
) -> Select[*tuple[object, ...]]:
    """Return the statement of a page, the newest first."""
    statement = select(*_LINE).where(*conditions)
    if after:
        statement = statement.where(tuple_(opened_at, cases.c.id) < tuple_(bind("after_at"), bind("after_case")))
    return at_most(statement.order_by(desc(opened_at), desc(cases.c.id)), bind("limit", Integer()))


def listed_by_due(
    conditions: Sequence[ColumnElement[bool]], due_at: ColumnElement[int], *, after: bool
) -> Select[*tuple[object, ...]]:
    """Return the statement of a page, what is due first at the top; ``due_at`` is that of the deadline."""
    same = deadline.alias("same")
    # Two deadlines of a case may end at the same instant: the case stands there once.
    is_first = ~exists(
        select(same.c.name).where(
            same.c.root == deadline.c.root,
            same.c.case == deadline.c.case,
            same.c.state == literal_column("'running'"),
            same.c.due_at == deadline.c.due_at,
            same.c.name < deadline.c.name,
        )
    )
    joined = and_(cases.c.root == deadline.c.root, cases.c.id == deadline.c.case)
    statement = (
        select(*_LINE)
        .join_from(deadline, cases, joined)
        .where(
            deadline.c.root == bind("root"),
            # Spelt out and not a parameter: only so does the partial index of running deadlines apply.
            deadline.c.state == literal_column("'running'"),
            cases.c.next_due_at == deadline.c.due_at,
            is_first,
            *conditions,
        )
    )
    if after:
        key = tuple_(due_at, deadline.c.case)
        statement = statement.where(key > tuple_(bind("after_at"), bind("after_case")))
    return at_most(statement.order_by(due_at, deadline.c.case), bind("limit", Integer()))


def listed_by_number(
    conditions: Sequence[ColumnElement[bool]], *, after: bool, of_few: bool = False
) -> Select[*tuple[object, ...]]:
    """Return the statement of a page by number, the lowest first; asked for within one workflow only.

    ``of_few``: the conditions name few cases, and the index of numbers is not to be walked for them.
    """
    number = cases.c.number.op("||")(literal_column("''")) if of_few else cases.c.number
    statement = select(*_LINE).where(number.is_not(None), *conditions)
    if after:
        key = tuple_(number, cases.c.id)
        statement = statement.where(key > tuple_(bind("after_at", cases.c.number.type), bind("after_case")))
    return at_most(statement.order_by(number, cases.c.id), bind("limit", Integer()))
