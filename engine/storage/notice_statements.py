"""The statements of notices, compiled once for each kind of database. Many rows come as one JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    SmallInteger,
    Table,
    TableValuedAlias,
    Text,
    and_,
    any_,
    case,
    cast,
    delete,
    exists,
    func,
    literal_column,
    null,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from engine.storage.compiled import Compiler, Statement, at_most, bind
from engine.storage.notice_tables import delivery, notice, preference, told
from engine.storage.tables import outbox

_QUEUED: Final[ColumnElement[str]] = literal_column("'queued'")
_NONE: Final[ColumnElement[str]] = literal_column("''")
_ONE: Final[ColumnElement[int]] = literal_column("1")
EVERYBODY: Final = ""
"""What stands for any address where deliveries are taken; nobody's own is empty."""


def as_rows(rows: Iterable[tuple[Any, ...]]) -> str:
    """Return rows as the JSON text that an INSERT of ``NoticeStatements`` takes."""
    return json.dumps([list(row) for row in rows], ensure_ascii=False)


class NoticeStatements:
    """One attribute for each statement that writes."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        compile_ = compiler.compile
        of_root = outbox.c.root == bind("root")
        self.take = compile_(delete(outbox).where(of_root, compiler.among(outbox.c.id, "ids")).returning(outbox.c.id))
        self.told, self.notices, self.deliveries = map(self._insert, (told, notice, delivery))
        # Few are under a lease, and all of them are queued: said so, it would look through all that is due.
        self.give_up = compile_(
            update(delivery)
            .where(
                delivery.c.root == bind("root"),
                delivery.c.lease.is_not(None),
                delivery.c.channel == bind("channel"),
                delivery.c.attempts >= bind("attempts_max"),
                delivery.c.until_at <= bind("at"),
            )
            .values(
                state=literal_column("'given_up'"),
                reason=literal_column("'no outcome'"),
                settled_at=bind("at"),
                lease=null(),
                until_at=null(),
            )
        )
        self.claim, self.claim_bundles = self._claim(), self._claim_bundles()
        # Whoever has sent it may say so, even after the lease has passed on: then nobody else needs to.
        untried = case((bind("tried", Integer()) == _ONE, delivery.c.attempts), else_=delivery.c.attempts - _ONE)
        self.settle = compile_(
            update(delivery)
            .where(
                delivery.c.root == bind("root"),
                delivery.c.id == bind("id"),
                delivery.c.state == _QUEUED,
                or_(delivery.c.lease == bind("lease"), bind("state", Text()) == literal_column("'sent'")),
            )
            .values(
                state=bind("state", Text()),
                due_at=bind("due_at"),
                reason=bind("reason", Text()),
                message_id=bind("message_id"),
                attempts=untried,
                settled_at=bind("settled_at", BigInteger()),
                lease=null(),
                until_at=null(),
            )
        )
        self.end_waiting = compile_(
            update(delivery)
            .where(*self._free(), delivery.c.at <= bind("before"))
            .values(
                state=bind("state", Text()),
                reason=bind("reason", Text()),
                settled_at=bind("at"),
                lease=null(),
                until_at=null(),
            )
        )
        self.forget = compile_(
            delete(delivery).where(
                delivery.c.root == bind("root"),
                compiler.among(delivery.c.id, "ids"),
                delivery.c.state != _QUEUED,
            )
        )
        self.preference = self._upsert(preference)
        self.no_preference = compile_(
            delete(preference).where(
                preference.c.root == bind("root"),
                preference.c.person == bind("person"),
                preference.c.channel == bind("channel"),
            )
        )
        own = (notice.c.root == bind("root"), notice.c.person == bind("person"))
        first_read = func.coalesce(notice.c.read_at, bind("at", BigInteger()))
        self.read = compile_(
            update(notice).where(*own, compiler.among(notice.c.outbox, "ids")).values(read_at=first_read)
        )
        self.acknowledge = compile_(
            update(notice)
            .where(*own, notice.c.outbox == bind("outbox"))
            .values(
                read_at=first_read, acknowledged_at=func.coalesce(notice.c.acknowledged_at, bind("at", BigInteger()))
            )
        )

    @classmethod
    @cache
    def of(cls, compiler: Compiler) -> NoticeStatements:
        """Return the statements for a kind of database."""
        return cls(compiler)

    def _free(self) -> tuple[ColumnElement[bool], ...]:
        """Return the condition that a delivery is due and nobody holds it.

        It stands in the UPDATE itself too: on PostgreSQL that is what a second dispatcher, who waited for the first,
        looks at again.
        """
        return (
            delivery.c.root == bind("root"),
            delivery.c.channel == bind("channel"),
            delivery.c.state == _QUEUED,
            delivery.c.due_at <= bind("at"),
            or_(delivery.c.until_at.is_(None), delivery.c.until_at <= bind("at")),
        )

    def _free_of(self) -> tuple[ColumnElement[bool], ...]:
        """Return the same condition, for one address where one is named."""
        to = bind("address", Text())
        return (*self._free(), or_(to == _NONE, delivery.c.address == to))

    def _claim(self) -> Statement:
        """Take single deliveries: of one case and recipient only the first that is queued.

        What waits for an earlier one waits whether that one is due or not, as otherwise it would overtake it; but an
        urgent one does not wait for one that is not.
        """
        earlier = delivery.alias("earlier")
        is_earlier = exists(
            select(_ONE).where(
                earlier.c.root == delivery.c.root,
                earlier.c.case == delivery.c.case,
                earlier.c.person == delivery.c.person,
                earlier.c.channel == delivery.c.channel,
                earlier.c.state == _QUEUED,
                earlier.c.urgent >= delivery.c.urgent,
                tuple_(earlier.c.seq, earlier.c.outbox) < tuple_(delivery.c.seq, delivery.c.outbox),
            )
        )
        free = (
            select(delivery.c.id)
            .where(*self._free_of(), delivery.c.bundle == _NONE, ~is_earlier)
            .order_by(delivery.c.due_at, delivery.c.id)
        )
        taken = at_most(free, bind("limit", Integer())).with_for_update(skip_locked=True, of=delivery)
        return self._take(self._once(delivery.c.id, taken))

    def _claim_bundles(self) -> Statement:
        """Take digests, each whole."""
        due = (
            select(delivery.c.bundle)
            .where(*self._free_of(), delivery.c.bundle != _NONE)
            .group_by(delivery.c.bundle)
            .order_by(func.min(delivery.c.due_at), delivery.c.bundle)
        )
        taken = at_most(due, bind("limit", Integer()))
        return self._take(and_(delivery.c.bundle != _NONE, self._once(delivery.c.bundle, taken)))

    def _once(self, column: ColumnElement[str], chosen: Select[tuple[str]]) -> ColumnElement[bool]:
        """Return the condition that a column is among the chosen.

        PostgreSQL may run a subquery once for each row, and each time its LIMIT lets others through: an array it works
        out once.
        """
        if self._compiler.is_sqlite:
            return column.in_(chosen)
        return column == any_(func.array(chosen.scalar_subquery(), type_=ARRAY(Text())))

    def _take(self, which: ColumnElement[bool]) -> Statement:
        return self._compiler.compile(
            update(delivery)
            .where(*self._free(), which)
            .values(lease=bind("lease"), until_at=bind("until_at"), attempts=delivery.c.attempts + _ONE)
        )

    def _insert(self, table: Table) -> Statement:
        """Return an INSERT of many rows that leaves a row with the same key as it is."""
        if self._compiler.is_sqlite:
            given: TableValuedAlias = func.json_each(bind("rows", Text())).table_valued("value", name="given")
            values: list[ColumnElement[Any]] = [
                func.json_extract(given.c.value, literal_column(f"'$[{place}]'")) for place in range(len(table.c))
            ]
        else:
            given = func.json_array_elements(cast(bind("rows", Text()), JSON)).table_valued("value", name="given")
            values = [
                cast(literal_column(f"given.value ->> {place}"), _plain(column)) for place, column in enumerate(table.c)
            ]
        # The WHERE is there for SQLite, which would read ON CONFLICT as part of a join.
        rows = select(*values).select_from(given).where(_ONE == _ONE)
        insert = self._compiler.insert(table).from_select(list(table.c.keys()), rows)
        return self._compiler.compile(insert.on_conflict_do_nothing())

    def _upsert(self, table: Table) -> Statement:
        rows = self._compiler.insert(table)
        replaced = {column.name: rows.excluded[column.name] for column in table.c if not column.primary_key}
        replace = rows.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=replaced)
        return self._compiler.compile(replace, list(table.c.keys()))


def _plain(column: ColumnElement[Any]) -> type[BigInteger | SmallInteger | Text]:
    """Return the type of a column without its collation."""
    return next((kind for kind in (SmallInteger, BigInteger) if isinstance(column.type, kind)), Text)
