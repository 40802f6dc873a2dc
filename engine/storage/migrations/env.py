"""What Alembic runs: our migrations on the connection that ``upgrade`` hands over, in one transaction."""

from __future__ import annotations

from alembic import context

from engine.storage import directory_tables, notice_tables, tables
from engine.storage.columns import metadata

assert directory_tables.unit.metadata is tables.cases.metadata is notice_tables.notice.metadata is metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
