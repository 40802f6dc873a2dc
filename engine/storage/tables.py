"""The tables of cases and of all that a batch writes, columns in the order of the rows in ``service.rows``.

``root`` leads every primary key and index. Tables keyed by random ids are WITHOUT ROWID on SQLite, but for the two
whose rows are wide: without a rowid a row beyond a quarter of a page spills into pages of its own, which made a batch
of 16 a third slower and the file twice as large. That entries cannot be changed is said by triggers, which stand in the
migrations.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import CheckConstraint, Index, Table, text

from engine.storage.columns import flag, ident, key, key_number, metadata, number, octets, words

cases = Table(
    "cases",
    metadata,
    key("root"),
    key("id"),
    ident("workflow"),
    number("definition_version"),
    ident("unit"),
    ident("lead_unit", null=True),
    ident("congress_session", null=True),
    ident("state"),
    ident("phase"),
    ident("number", null=True),
    words("subject", null=True),
    ident("category", null=True),
    ident("parent", null=True),
    ident("merged_into", null=True),
    number("version"),
    number("seq"),
    ident("head"),
    number("opened_at"),
    number("changed_at"),
    number("next_due_at", null=True),
    words("body"),
    CheckConstraint("phase IN ('initial', 'active', 'final')", name="phase"),
)
Index("ix_cases_opened", cases.c.root, cases.c.opened_at, cases.c.id)
# Unique, so that SQLite knows that whatever is joined to it comes in the order of the cases.
Index("uq_cases_workflow", cases.c.root, cases.c.workflow, cases.c.id, unique=True)
Index(
    "ix_cases_number",
    cases.c.root,
    cases.c.workflow,
    cases.c.number,
    sqlite_where=text("number IS NOT NULL"),
    postgresql_where=text("number IS NOT NULL"),
)

# A congress session's board: how many are in each state, and the first of each by due instant. What changed since an
# instant is found in it as well, without loading the rows.
Index(
    "ix_cases_board",
    cases.c.root,
    cases.c.workflow,
    cases.c.congress_session,
    cases.c.state,
    cases.c.next_due_at,
    cases.c.id,
    cases.c.changed_at,
)
# Who handled what is of one category: the newest of them, for suggesting a unit.
Index(
    "ix_cases_led",
    cases.c.root,
    cases.c.workflow,
    cases.c.category,
    cases.c.opened_at,
    cases.c.id,
    sqlite_where=text("lead_unit IS NOT NULL"),
    postgresql_where=text("lead_unit IS NOT NULL"),
)

# What waits for somebody, state by state in the order of what is due; partial, so that no other list walks along it.
# The units are there to be looked at without loading the row, whose body is wide.
Index(
    "ix_cases_waiting",
    cases.c.root,
    cases.c.workflow,
    cases.c.state,
    cases.c.next_due_at,
    cases.c.id,
    cases.c.unit,
    cases.c.lead_unit,
    cases.c.phase,
    sqlite_where=text("phase <> 'final'"),
    postgresql_where=text("phase <> 'final'"),
)
# What a unit handles: what it leads, and what nobody leads yet and is its own; with all that is counted of it.
Index(
    "ix_cases_handled",
    cases.c.root,
    cases.c.lead_unit,
    cases.c.unit,
    cases.c.workflow,
    cases.c.state,
    cases.c.parent,
    cases.c.opened_at,
    cases.c.next_due_at,
    cases.c.id,
    cases.c.phase,
    sqlite_where=text("phase <> 'final'"),
    postgresql_where=text("phase <> 'final'"),
)
# The parts that units were given, by how they ended.
Index(
    "ix_cases_parts",
    cases.c.root,
    cases.c.workflow,
    cases.c.state,
    cases.c.unit,
    cases.c.parent,
    cases.c.id,
    sqlite_where=text("parent IS NOT NULL"),
    postgresql_where=text("parent IS NOT NULL"),
)
# The archive: what is over, the newest opened first, of a workflow and of one of its congress sessions.
Index(
    "ix_cases_over",
    cases.c.root,
    cases.c.workflow,
    cases.c.opened_at,
    cases.c.id,
    cases.c.unit,
    cases.c.lead_unit,
    cases.c.category,
    sqlite_where=text("phase = 'final'"),
    postgresql_where=text("phase = 'final'"),
)
Index(
    "ix_cases_over_session",
    cases.c.root,
    cases.c.workflow,
    cases.c.congress_session,
    cases.c.opened_at,
    cases.c.id,
    sqlite_where=text("phase = 'final'"),
    postgresql_where=text("phase = 'final'"),
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    key("root"),
    key("case"),
    key_number("seq"),
    octets("body"),
    octets("hash"),
    CheckConstraint("length(hash) = 32", name="hash"),
)

# In the order of time, in which entries are sealed: new rows stand together, whatever their cases.
unsealed = Table(
    "unsealed", metadata, key("root"), key_number("at"), key("case"), key_number("seq"), sqlite_with_rowid=False
)

private_value = Table(
    "private_value",
    metadata,
    key("root"),
    key("case"),
    key_number("seq"),
    key("path"),
    ident("key"),
    octets("ciphertext"),
    sqlite_with_rowid=False,
)
# Which cases still keep something, the oldest first: what was erased is not walked through again.
Index("ix_private_value_path", private_value.c.root, private_value.c.path, private_value.c.case)

span = Table(
    "span",
    metadata,
    key("root"),
    key("case"),
    key("kind"),
    key_number("seq"),
    words("value"),
    number("from_at"),
    number("until_at", null=True),
    number("until_seq", null=True),
    CheckConstraint("(until_at IS NULL) = (until_seq IS NULL)", name="until"),
    sqlite_with_rowid=False,
)

# Which cases a unit ever had or led: what is counted of one unit need not look at all others. An id is short; what is
# no id need not fit into an index.
IS_OF_UNIT: Final = "kind IN ('lead', 'unit') AND length(value) <= 100"
Index(
    "ix_span_of_unit",
    span.c.root,
    span.c.value,
    span.c.case,
    sqlite_where=text(IS_OF_UNIT),
    postgresql_where=text(IS_OF_UNIT),
)

deadline = Table(
    "deadline",
    metadata,
    key("root"),
    key("case"),
    key("name"),
    ident("state"),
    number("started_at"),
    number("due_at"),
    ident("promised_on"),
    ident("due_on"),
    flag("provisional"),
    words("rungs"),
    number("rung_at", null=True),
    CheckConstraint("state IN ('running', 'suspended', 'met', 'cancelled')", name="state"),
    sqlite_with_rowid=False,
)
# The rest of the key follows the instant, so that pages of the overdue list continue inside the index.
Index(
    "ix_deadline_running",
    deadline.c.root,
    deadline.c.due_at,
    deadline.c.case,
    deadline.c.name,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)

# Deadlines of one kind, as promises, in the order in which they are due.
Index(
    "ix_deadline_named",
    deadline.c.root,
    deadline.c.name,
    deadline.c.due_at,
    deadline.c.case,
    sqlite_where=text("state = 'running'"),
    postgresql_where=text("state = 'running'"),
)

# Those on which a rung stands, few of all. The state leads, although it is one and the same in all of it: without
# statistics SQLite prefers the index of which it is told more.
Index(
    "ix_deadline_raised",
    deadline.c.root,
    deadline.c.state,
    deadline.c.due_at,
    deadline.c.case,
    deadline.c.name,
    sqlite_where=text("state = 'running' AND rungs <> '[]'"),
    postgresql_where=text("state = 'running' AND rungs <> '[]'"),
)

# What the sweep looks at: the rungs that will be due, in their order.
Index(
    "ix_deadline_rung",
    deadline.c.root,
    deadline.c.rung_at,
    deadline.c.case,
    deadline.c.name,
    sqlite_where=text("rung_at IS NOT NULL"),
    postgresql_where=text("rung_at IS NOT NULL"),
)

reader = Table(
    "reader",
    metadata,
    key("root"),
    key("principal"),
    key("case"),
    number("due_at", null=True),
    sqlite_with_rowid=False,
)
# In the order of the overdue list, so that its first page is read off here and not sorted.
Index(
    "ix_reader_due",
    reader.c.root,
    reader.c.principal,
    reader.c.due_at,
    reader.c.case,
    sqlite_where=text("due_at IS NOT NULL"),
    postgresql_where=text("due_at IS NOT NULL"),
)
Index("ix_reader_case", reader.c.root, reader.c.case)

# Who is to know nothing of a case, whatever roles they hold; asked for every case that is shown.
recused = Table("recused", metadata, key("root"), key("case"), key("principal"), sqlite_with_rowid=False)
# Whether somebody is kept from any case at all.
Index("ix_recused_principal", recused.c.root, recused.c.principal)

# What somebody anonymous has sent, sealed and without an instant, until it is released together with others. ``who`` is
# a keyed hash of the sender, so that they find it again.
deposit = Table(
    "deposit",
    metadata,
    key("root"),
    key("id"),
    ident("who"),
    words("sealed"),
    sqlite_with_rowid=False,
)
Index("ix_deposit_who", deposit.c.root, deposit.c.who)

outbox = Table(
    "outbox",
    metadata,
    key("root"),
    key("id"),
    ident("case"),
    number("seq"),
    ident("kind"),
    ident("name"),
    number("at"),
    sqlite_with_rowid=False,
)

# One row an organisation: when its newest sweep was, and what it came to.
sweep = Table(
    "sweep",
    metadata,
    key("root"),
    number("at"),
    ident("calendar"),
    number("open"),
    number("looked"),
    number("raised"),
    number("failed"),
    sqlite_with_rowid=False,
)

counter = Table("counter", metadata, key("root"), key("series"), number("value"), sqlite_with_rowid=False)

# A claim without an outcome is visible to nobody: it is settled or given up before its transaction commits.
idempotency = Table(
    "idempotency",
    metadata,
    key("root"),
    key("actor"),
    key("key"),
    ident("request_hash"),
    ident("case", null=True),
    number("seq", null=True),
    ident("hash", null=True),
    number("at"),
    sqlite_with_rowid=False,
)
