"""What a write transaction says to PostgreSQL, compiled at import: one set-based statement per kind of row.

Rows arrive as one array per column; ``unnest`` makes them a table again.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    LargeBinary,
    SmallInteger,
    Table,
    TableValuedAlias,
    Text,
    and_,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.types import TypeEngine

from engine.service.file_ports import FileErased, FileTaken
from engine.service.history_ports import StoredSpan
from engine.service.poll_ports import PollEnd, PollRow, PollTokenRow, PollTokensEnd
from engine.service.ports import Claim
from engine.service.roster_rows import RosterEnd, RosterLineRow, RosterReachRow
from engine.service.rows import (
    CaseRow,
    CounterRow,
    DeadlineRow,
    EntryRow,
    NoticeDrop,
    OutboxRow,
    OutcomeRow,
    PrivateEnd,
    PrivateRow,
    ReaderDue,
    ReaderEnd,
    ReaderRow,
    RecusedRow,
    SpanDrop,
    SpanEnd,
    UnsealedRow,
)
from engine.storage.batches import KEPT_AT_CREATION
from engine.storage.compiled import POSTGRES, bind
from engine.storage.file_tables import attachment
from engine.storage.notice_tables import delivery, notice
from engine.storage.poll_tables import poll, poll_token
from engine.storage.roster_tables import roster_line, roster_reach
from engine.storage.tables import (
    cases,
    counter,
    deadline,
    idempotency,
    ledger_entry,
    outbox,
    private_value,
    reader,
    recused,
    span,
    unsealed,
)

Condition = tuple[ColumnElement[bool], ...]
CLAIM_KEY: Final = ("root", "actor", "key")


def _rows(table: Table, fields: tuple[str, ...]) -> TableValuedAlias:
    """Return the rows of a parameter for each field as a table."""
    arrays = (bind(name, ARRAY(_plain(table.c[name].type))) for name in fields)
    return func.unnest(*arrays).table_valued(*fields).render_derived(name="rows")


def _plain(type_: TypeEngine[Any]) -> TypeEngine[Any]:
    """Return the type without a collation, which no array may have."""
    known = next((kind for kind in (SmallInteger, BigInteger, LargeBinary) if isinstance(type_, kind)), Text)
    return known()


class Many:
    """A statement for many rows, and how they become its parameters."""

    def __init__(self, statement: ClauseElement, fields: tuple[str, ...]) -> None:
        compiled = POSTGRES.compile(statement)
        assert compiled.names == fields, compiled.names
        # Binary: as text, every element of an array would be searched for signs to escape.
        self.sql = compiled.sql.replace("%s", "%b")

    def columns(self, rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
        """Return the columns of the rows, of which there is at least one."""
        return [list(column) for column in zip(*rows, strict=True)]


def _insert(table: Table, fields: tuple[str, ...]) -> Many:
    rows = _rows(table, fields)
    return Many(POSTGRES.insert(table).from_select(list(fields), select(*rows.c)), fields)


def _keep(table: Table, fields: tuple[str, ...]) -> Many:
    """Return an INSERT that leaves rows that are there as they are, waiting for whoever is writing one just now."""
    rows = _rows(table, fields)
    return Many(POSTGRES.insert(table).from_select(list(fields), select(*rows.c)).on_conflict_do_nothing(), fields)


def _upsert(table: Table, fields: tuple[str, ...]) -> Many:
    """Return an INSERT that replaces everything but the key of a row that is there."""
    insert, rows = POSTGRES.insert(table), _rows(table, fields)
    replaced = {name: insert.excluded[name] for name in fields if not table.c[name].primary_key}
    return Many(
        insert.from_select(list(fields), select(*rows.c)).on_conflict_do_update(
            index_elements=list(table.primary_key.columns), set_=replaced
        ),
        fields,
    )


def _update(table: Table, fields: tuple[str, ...], *key: str, kept: tuple[str, ...] = (), only: Condition = ()) -> Many:
    """Return an UPDATE of the rows with these keys, of all other columns but those kept."""
    rows = _rows(table, fields)
    changed = {name: rows.c[name] for name in fields if name not in key and name not in kept}
    return Many(update(table).values(changed).where(*(table.c[name] == rows.c[name] for name in key), *only), fields)


def _delete(table: Table, fields: tuple[str, ...]) -> Many:
    rows = _rows(table, fields)
    return Many(delete(table).where(*(table.c[name] == rows.c[name] for name in fields)), fields)


INSERT_CASES: Final = _insert(cases, CaseRow._fields)
UPDATE_CASES: Final = _update(cases, CaseRow._fields, "root", "id", kept=KEPT_AT_CREATION)
INSERT_ENTRIES: Final = _insert(ledger_entry, EntryRow._fields)
INSERT_UNSEALED: Final = _insert(unsealed, UnsealedRow._fields)
INSERT_PRIVATES: Final = _insert(private_value, PrivateRow._fields)
DELETE_PRIVATES: Final = _delete(private_value, PrivateEnd._fields)
END_SPANS: Final = _update(span, SpanEnd._fields, "root", "case", "kind", only=(span.c.until_at.is_(None),))
INSERT_SPANS: Final = _insert(span, StoredSpan._fields)
DROP_SPANS: Final = _delete(span, SpanDrop._fields)
DROP_NOTICES: Final = _delete(notice, NoticeDrop._fields)
DROP_DELIVERIES: Final = _delete(delivery, NoticeDrop._fields)
UPSERT_DEADLINES: Final = _upsert(deadline, DeadlineRow._fields)
DELETE_READERS: Final = _delete(reader, ReaderEnd._fields)
UPSERT_READERS: Final = _upsert(reader, ReaderRow._fields)
MOVE_READERS: Final = _update(reader, ReaderDue._fields, "root", "case")
DELETE_RECUSED: Final = _delete(recused, RecusedRow._fields)
KEEP_RECUSED: Final = _keep(recused, RecusedRow._fields)
END_ROSTER_LINES: Final = _delete(roster_line, RosterEnd._fields)
END_ROSTER_REACHES: Final = _delete(roster_reach, RosterEnd._fields)
INSERT_ROSTER_LINES: Final = _insert(roster_line, RosterLineRow._fields)
INSERT_ROSTER_REACHES: Final = _insert(roster_reach, RosterReachRow._fields)
END_POLLS: Final = _delete(poll, PollEnd._fields)
END_POLL_TOKENS: Final = _delete(poll_token, PollTokensEnd._fields)
INSERT_POLLS: Final = _insert(poll, PollRow._fields)
INSERT_POLL_TOKENS: Final = _insert(poll_token, PollTokenRow._fields)
INSERT_OUTBOX: Final = _insert(outbox, OutboxRow._fields)
UPSERT_COUNTERS: Final = _upsert(counter, CounterRow._fields)
CLAIM: Final = _keep(idempotency, (*Claim._fields, "at"))
GIVE_UP: Final = _delete(idempotency, CLAIM_KEY)
UPSERT_OUTCOMES: Final = _upsert(idempotency, OutcomeRow._fields)
TAKE_FILES: Final = _update(attachment, FileTaken._fields, "root", "id", only=(attachment.c.case.is_(None),))
ERASE_FILES: Final = _update(attachment, FileErased._fields, *FileErased._fields[:4])


def _outcomes() -> Many:
    asked, found = _rows(idempotency, CLAIM_KEY), idempotency.c
    return Many(
        select(found.root, found.actor, found.key, found.request_hash, found.case, found.seq, found.hash)
        .join_from(asked, idempotency, and_(*(found[name] == asked.c[name] for name in CLAIM_KEY)))
        .where(found.hash.is_not(None)),
        CLAIM_KEY,
    )


OUTCOMES: Final = _outcomes()

_CASES: Final = (
    select(*(cases.c[name] for name in CaseRow._fields))
    .where(cases.c.root == bind("root"), POSTGRES.among(cases.c.id, "ids"))
    .order_by(cases.c.id)
)
READ_CASES: Final = POSTGRES.compile(_CASES)
LOCK_CASES: Final = POSTGRES.compile(_CASES.with_for_update())
LOCK_FREE_CASES: Final = POSTGRES.compile(_CASES.with_for_update(skip_locked=True))

FIRST_NUMBERS: Final = _keep(counter, CounterRow._fields)
LOCK_COUNTERS: Final = POSTGRES.compile(
    select(counter.c.series, counter.c.value)
    .where(counter.c.root == bind("root"), POSTGRES.among(counter.c.series, "series"))
    .order_by(counter.c.series)
    .with_for_update()
)
