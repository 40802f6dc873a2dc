"""What a write transaction says to SQLite, compiled at import: one statement per kind of row, run for many rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import Table, Text, and_, delete, func, literal_column, select, update
from sqlalchemy.sql.expression import ClauseElement

from engine.service.file_ports import FileErased, FileTaken
from engine.service.history_ports import StoredSpan
from engine.service.poll_ports import PollEnd, PollRow, PollTokenRow, PollTokensEnd
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
from engine.storage.compiled import SQLITE, Statement, bind
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

Row = tuple[Any, ...]


class Many:
    """A statement that is run for many rows, and the order in which it takes the columns of a row."""

    def __init__(self, statement: ClauseElement, fields: tuple[str, ...], *, columns: bool = False) -> None:
        compiled = SQLITE.compile(statement, fields if columns else None)
        self.sql = compiled.sql
        self._arrange: Callable[[Row], Row] | None = None
        if compiled.names != fields:
            self._arrange = itemgetter(*(fields.index(name) for name in compiled.names))

    def rows(self, rows: Iterable[Row]) -> Iterable[Row]:
        """Return the rows as the statement takes them."""
        return rows if self._arrange is None else map(self._arrange, rows)


def _insert(table: Table, fields: tuple[str, ...]) -> Many:
    return Many(SQLITE.insert(table), fields, columns=True)


def _upsert(table: Table, fields: tuple[str, ...]) -> Many:
    """Return an INSERT that replaces everything but the key of a row that is there."""
    insert = SQLITE.insert(table)
    replaced = {name: insert.excluded[name] for name in fields if not table.c[name].primary_key}
    return Many(
        insert.on_conflict_do_update(index_elements=list(table.primary_key.columns), set_=replaced),
        fields,
        columns=True,
    )


def _delete(table: Table, fields: tuple[str, ...]) -> Many:
    """Return a DELETE of the rows with these values."""
    return Many(delete(table).where(*(table.c[name] == bind(name) for name in fields)), fields)


INSERT_CASES: Final = _insert(cases, CaseRow._fields)
UPDATE_CASES: Final = Many(
    update(cases)
    .where(cases.c.root == bind("root"), cases.c.id == bind("id"))
    .values({name: bind(name) for name in CaseRow._fields if name not in KEPT_AT_CREATION}),
    CaseRow._fields,
)
INSERT_ENTRIES: Final = _insert(ledger_entry, EntryRow._fields)
INSERT_UNSEALED: Final = _insert(unsealed, UnsealedRow._fields)
INSERT_PRIVATES: Final = _insert(private_value, PrivateRow._fields)
DELETE_PRIVATES: Final = _delete(private_value, PrivateEnd._fields)
INSERT_SPANS: Final = _insert(span, StoredSpan._fields)
DROP_SPANS: Final = _delete(span, SpanDrop._fields)
DROP_NOTICES: Final = _delete(notice, NoticeDrop._fields)
DROP_DELIVERIES: Final = _delete(delivery, NoticeDrop._fields)
END_SPANS: Final = Many(
    update(span)
    .where(
        span.c.root == bind("root"),
        span.c.case == bind("case"),
        span.c.kind == bind("kind"),
        span.c.until_at.is_(None),
    )
    .values(until_at=bind("until_at"), until_seq=bind("until_seq")),
    SpanEnd._fields,
)
UPSERT_DEADLINES: Final = _upsert(deadline, DeadlineRow._fields)
DELETE_READERS: Final = _delete(reader, ReaderEnd._fields)
UPSERT_READERS: Final = _upsert(reader, ReaderRow._fields)
MOVE_READERS: Final = Many(
    update(reader).where(reader.c.root == bind("root"), reader.c.case == bind("case")).values(due_at=bind("due_at")),
    ReaderDue._fields,
)
DELETE_RECUSED: Final = Many(
    delete(recused).where(*(recused.c[name] == bind(name) for name in RecusedRow._fields)), RecusedRow._fields
)
KEEP_RECUSED: Final = Many(SQLITE.insert(recused).on_conflict_do_nothing(), RecusedRow._fields, columns=True)
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
INSERT_OUTCOMES: Final = _insert(idempotency, OutcomeRow._fields)
TAKE_FILES: Final = Many(
    update(attachment)
    .where(attachment.c.root == bind("root"), attachment.c.id == bind("id"), attachment.c.case.is_(None))
    .values({name: bind(name) for name in FileTaken._fields[2:]}),
    FileTaken._fields,
)
ERASE_FILES: Final = Many(
    update(attachment)
    .where(*(attachment.c[name] == bind(name) for name in FileErased._fields[:4]))
    .values(sealed=bind("sealed"), expires_at=bind("expires_at")),
    FileErased._fields,
)

IN_ORDER: Final[tuple[tuple[str, Many, str | None], ...]] = (
    # kind of rows, statement, what has happened where it meets fewer rows than it should
    ("created", INSERT_CASES, None),
    ("changed", UPDATE_CASES, "a case that was read is gone"),
    ("entries", INSERT_ENTRIES, None),
    ("unsealed", INSERT_UNSEALED, None),
    ("privates", INSERT_PRIVATES, None),
    ("deadlines", UPSERT_DEADLINES, None),
    ("reader_ends", DELETE_READERS, None),
    ("readers", UPSERT_READERS, None),
    ("reader_dues", MOVE_READERS, None),
    ("recused_ends", DELETE_RECUSED, None),
    ("recused", KEEP_RECUSED, None),
    ("private_ends", DELETE_PRIVATES, None),
    ("span_drops", DROP_SPANS, None),
    ("notice_drops", DROP_NOTICES, None),
    ("notice_drops", DROP_DELIVERIES, None),
    ("roster_ends", END_ROSTER_LINES, None),
    ("roster_ends", END_ROSTER_REACHES, None),
    ("roster_lines", INSERT_ROSTER_LINES, None),
    ("roster_reaches", INSERT_ROSTER_REACHES, None),
    ("poll_ends", END_POLLS, None),
    ("poll_ends", END_POLL_TOKENS, None),
    ("polls", INSERT_POLLS, None),
    ("poll_tokens", INSERT_POLL_TOKENS, None),
    ("outbox", INSERT_OUTBOX, None),
    ("counters", UPSERT_COUNTERS, None),
    ("outcomes", INSERT_OUTCOMES, None),
    ("files", TAKE_FILES, "an upload that was read is gone"),
    ("files_erased", ERASE_FILES, None),
)
"""What a batch writes, in order; spans before it and words of the search after it are written otherwise."""


def _outcomes() -> Statement:
    """Return the question for settled claims: a JSON list of [root, actor, key]."""
    asked = func.json_each(bind("keys", Text())).table_valued("value", name="asked")
    part = [func.json_extract(asked.c.value, literal_column(f"'$[{n}]'")) for n in range(3)]
    found = idempotency.c
    return SQLITE.compile(
        select(found.root, found.actor, found.key, found.request_hash, found.case, found.seq, found.hash).join_from(
            asked, idempotency, and_(found.root == part[0], found.actor == part[1], found.key == part[2])
        )
    )


OUTCOMES: Final = _outcomes()
READ_CASES: Final = SQLITE.compile(
    select(*(cases.c[name] for name in CaseRow._fields)).where(
        cases.c.root == bind("root"), SQLITE.among(cases.c.id, "ids")
    )
)
COUNTERS: Final = SQLITE.compile(
    select(counter.c.series, counter.c.value).where(
        counter.c.root == bind("root"), SQLITE.among(counter.c.series, "series")
    )
)
