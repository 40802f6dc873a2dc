"""Reading how much waits and how large the database is, for those who watch over the service: counts, no rows."""

from __future__ import annotations

from sqlalchemy import func, literal_column, or_, select, text

from engine.case.identity import RootId
from engine.storage.compiled import Compiler, Pool, bind
from engine.storage.notice_tables import delivery
from engine.storage.tables import unsealed


class MetricReads:
    """The part of ``Reads`` that counts for the metrics."""

    def __init__(self, compiler: Compiler, pool: Pool) -> None:
        self._metric_pool = pool
        compile_ = compiler.compile
        counted = select(func.count()).select_from(delivery).where(delivery.c.root == bind("root"))
        # Written as the partial indexes are, which then hold all that has to be counted.
        self._waiting_deliveries = [
            compile_(counted.where(text(f"state = 'queued' AND bundle {sign} ''"))) for sign in ("=", "<>")
        ]
        unlucky = or_(*(delivery.c.state == literal_column(f"'{state}'") for state in ("failed", "given_up")))
        self._failed_deliveries = compile_(
            counted.where(delivery.c.settled_at.is_not(None), delivery.c.settled_at >= bind("since"), unlucky)
        )
        self._unsealed = compile_(select(func.count()).select_from(unsealed).where(unsealed.c.root == bind("root")))
        size = (
            "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            if compiler.is_sqlite
            else "SELECT pg_database_size(current_database())"
        )
        self._size = compile_(select(literal_column(f"({size})")))

    def deliveries_waiting(self, root: RootId) -> int:
        return sum(int(self._metric_pool.fetch(one, root=root)[0][0]) for one in self._waiting_deliveries)

    def deliveries_failed(self, root: RootId, *, since: int) -> int:
        return int(self._metric_pool.fetch(self._failed_deliveries, root=root, since=since)[0][0])

    def unsealed_count(self, root: RootId) -> int:
        return int(self._metric_pool.fetch(self._unsealed, root=root)[0][0])

    def database_bytes(self) -> int:
        return int(self._metric_pool.fetch(self._size)[0][0])
