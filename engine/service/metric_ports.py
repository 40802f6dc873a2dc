"""What the metrics ask of the reading side: how much waits, how much failed, how large the database is."""

from __future__ import annotations

from typing import Protocol

from engine.case.identity import RootId


class MetricReads(Protocol):
    """The part of ``Reads`` that counts for the metrics."""

    def deliveries_waiting(self, root: RootId) -> int:
        """Return how many deliveries are queued, those bundled into digests included."""

    def deliveries_failed(self, root: RootId, *, since: int) -> int:
        """Return how many deliveries failed or were given up since an instant, in microseconds since 1970."""

    def unsealed_count(self, root: RootId) -> int:
        """Return how many entries wait to be sealed."""

    def database_bytes(self) -> int:
        """Return the size of the database in bytes; on SQLite of its main file, without the write-ahead log."""
