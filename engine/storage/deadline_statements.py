"""The statements of the overdue list: its lines, how many there are on which rungs, which dates are provisional.

``rungs`` of a deadline is a JSON list of ids, each a plain word in quotes, so that whether one of them stands is found
by looking for it with its quotes; one that is raised again carries ``#`` and a number behind its id.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    CompoundSelect,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    case,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.dialects import postgresql

from engine.storage.compiled import Compiler, at_most, bind
from engine.storage.tables import cases, deadline

_NO_RUNG = "'[]'"
_OF_CASE = frozenset({"workflow", "unit", "resting"})
"""The conditions that look at the case of a deadline."""


def listed_deadlines(
    compiler: Compiler,
    visible: Sequence[ColumnElement[bool]],
    due_at: ColumnElement[int],
    asked: Collection[str],
    line: Sequence[ColumnElement[Any]],
    *,
    after: bool,
    by_case: bool = False,
) -> Select[*tuple[object, ...]]:
    """Return the page of the list, the most overdue first.

    Args:
        compiler: of the database.
        visible: what lets only visible cases stay.
        due_at: the instant to sort and page by.
        asked: the conditions of the filter, by their names.
        line: the columns of a case's line.
        after: whether the page continues another one.
        by_case: whether the deadlines are to be found by their cases, not among those that run.
    """
    columns = deadline.c
    listed = select(
        columns.name,
        columns.due_at,
        columns.due_on,
        columns.promised_on,
        columns.provisional,
        columns.rungs,
        columns.rung_at,
        *line,
    ).where(*visible)
    statement = _narrowed(listed, compiler, due_at, asked, by_case=by_case)
    if after:
        key = tuple_(due_at, columns.case, columns.name)
        statement = statement.where(key > tuple_(bind("after_at"), bind("after_case"), bind("after_name")))
    return at_most(statement.order_by(due_at, columns.case, columns.name), bind("limit", Integer()))


def counted_deadlines(
    compiler: Compiler, visible: Sequence[ColumnElement[bool]], due_at: ColumnElement[int], asked: Collection[str]
) -> Select[*tuple[object, ...]]:
    """Return the numbers of deadlines by rungs and lateness, of as many of them as the limit says; ``visible`` is
    said of the deadline's case."""
    late = case((deadline.c.due_at < bind("late", BigInteger()), literal_column("1")), else_=literal_column("0"))
    # What some units handle is found by their cases: who handles few would else be asked for along all that runs.
    by_case = not {"handled_by", "ids"}.isdisjoint(asked)
    due_at = due_at + literal_column("0") if by_case else due_at
    counted = select(deadline.c.rungs.label("rungs"), late.label("late")).where(*visible)
    # Where nothing is asked of the case itself, its row need not be found.
    alone = _OF_CASE.isdisjoint(asked)
    each = _narrowed(counted, compiler, due_at, asked, by_case=by_case, alone=alone).order_by(
        due_at, deadline.c.case, deadline.c.name
    )
    some = at_most(each, bind("limit", Integer())).subquery("some")
    return select(some.c.rungs, some.c.late, func.count()).group_by(some.c.rungs, some.c.late)


def grouped_deadlines(
    compiler: Compiler, visible: Sequence[ColumnElement[bool]], asked: Collection[str]
) -> Select[*tuple[object, ...]]:
    """Return the numbers of deadlines by where their cases rest, by rungs and lateness."""
    columns = deadline.c
    late = case((columns.due_at < bind("late", BigInteger()), literal_column("1")), else_=literal_column("0"))
    near = case((columns.due_at < bind("near", BigInteger()), literal_column("1")), else_=literal_column("0"))
    by = [cases.c.unit, cases.c.lead_unit, cases.c.workflow, cases.c.state, columns.name, columns.rungs]
    # By the open cases, of which an index holds all that is counted, to their deadlines: with either written so that
    # no other index fits, SQLite does not load each case.
    each = select(*by, late.label("late"), near.label("near")).where(
        cases.c.phase != literal_column("'final'"), *visible
    )
    due_at = columns.due_at + literal_column("0")
    some = _narrowed(each, compiler, due_at, asked, by_case=True, first=cases).subquery("each_one")
    return select(*some.c, func.count()).group_by(*some.c)


def _handled_by(compiler: Compiler) -> CompoundSelect[str]:
    """Return the open cases that units handle: those they lead, and their own that nobody leads."""
    one, led = cases.alias("one_led"), cases.alias("one_own")
    return union_all(
        select(one.c.id).where(
            one.c.root == bind("root"),
            one.c.phase != literal_column("'final'"),
            compiler.among(one.c.lead_unit, "handled_by"),
        ),
        select(led.c.id).where(
            led.c.root == bind("root"),
            led.c.phase != literal_column("'final'"),
            led.c.lead_unit.is_(None),
            compiler.among(led.c.unit, "handled_by"),
        ),
    )


def provisional_deadlines(compiler: Compiler) -> Select[*tuple[object, ...]]:
    """Return case and due instant of the running deadlines of some cases whose dates are provisional."""
    columns = deadline.c
    return select(columns.case, columns.due_at).where(
        columns.root == bind("root"),
        compiler.among(columns.case, "ids"),
        # An expression that the partial index does not know: PostgreSQL is to ask by the cases.
        columns.state.concat(literal_column("''")) == literal_column("'running'"),
        columns.provisional == literal_column("1"),
    )


def _narrowed(
    statement: Select[*tuple[Any, ...]],
    compiler: Compiler,
    due_at: ColumnElement[int],
    asked: Collection[str],
    *,
    by_case: bool = False,
    alone: bool = False,
    first: FromClause | None = None,
) -> Select[*tuple[object, ...]]:
    columns = deadline.c
    # An expression that the partial index does not know keeps PostgreSQL from walking along that.
    state = columns.state.concat(literal_column("''")) if by_case else columns.state
    conditions: dict[str, ColumnElement[bool]] = {
        "workflow": cases.c.workflow == bind("workflow"),
        "unit": or_(cases.c.unit == bind("unit"), cases.c.lead_unit == bind("unit")),
        "since": due_at >= bind("since"),
        "soon": or_(columns.due_at < bind("soon"), columns.rungs != literal_column(_NO_RUNG)),
        "no_rungs": columns.rungs == literal_column(_NO_RUNG),
        # Asked first, as it is cheap: on most deadlines no rung stands.
        "on_rungs": and_(columns.rungs != literal_column(_NO_RUNG), _holds_one(compiler, "on_rungs")),
        "off_rungs": not_(_holds_one(compiler, "off_rungs")),
        "raised": columns.rungs != literal_column(_NO_RUNG),
        "names": compiler.among(columns.name, "names"),
        "named": columns.name == bind("named"),
        "handled_by": columns.case.in_(_handled_by(compiler)),
        "resting": compiler.among(_resting(), "resting"),
        "ids": compiler.among(columns.case, "ids"),
    }
    if alone:
        joined = statement.select_from(deadline)
    elif first is None:
        joined = statement.join_from(deadline, cases, and_(cases.c.root == columns.root, cases.c.id == columns.case))
    else:
        of_case = columns.case == cases.c.id.concat(literal_column("''"))
        joined = statement.join_from(first, deadline, and_(columns.root == cases.c.root, of_case)).where(
            cases.c.root == bind("root")
        )
    return joined.where(
        columns.root == bind("root"),
        # Spelt out and not a parameter: only so does the partial index of running deadlines apply.
        state == literal_column("'running'"),
        due_at < bind("before"),
        *(condition for name, condition in conditions.items() if name in asked),
    )


def _resting() -> ColumnElement[str]:
    """Return where a case rests, as ``place_of`` writes it."""
    space: ColumnElement[str] = literal_column("' '")
    parts = (cases.c.state, cases.c.unit, func.coalesce(cases.c.lead_unit, literal_column("''")))
    place: ColumnElement[str] = cases.c.workflow
    for part in parts:
        place = place.concat(space).concat(part)
    return place


def _holds_one(compiler: Compiler, name: str) -> ColumnElement[bool]:
    """Return the condition that the rungs hold one of the marks of a parameter."""
    marks: FromClause
    if compiler.is_sqlite:
        marks = func.json_each(bind(name, Text())).table_valued("value", name=name)
        return exists(select(marks.c.value).where(func.instr(deadline.c.rungs, marks.c.value) > literal_column("0")))
    marks = func.unnest(bind(name, postgresql.ARRAY(Text()))).table_valued("value", name=name).render_derived()
    return exists(select(marks.c.value).where(func.strpos(deadline.c.rungs, marks.c.value) > literal_column("0")))
