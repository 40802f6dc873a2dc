"""The floors: the same step written by hand, without an engine, with the same promises (FULL, hash, outbox)."""

from __future__ import annotations

import hashlib
import json
import os
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path

_ENCODE = json.JSONEncoder(sort_keys=True, separators=(",", ":")).encode
TABLE = {("waiting", "take"): "working", ("working", "give_back"): "waiting"}


class SqliteFloor:
    """One step per transaction on the driver: select, guard, update with version check, entry with hash, outbox."""

    def __init__(self, path: Path, cases: int) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(
            """
            CREATE TABLE cases (id INTEGER PRIMARY KEY, state TEXT, version INTEGER, seq INTEGER, head BLOB);
            CREATE TABLE entry (id INTEGER PRIMARY KEY, c INTEGER, seq INTEGER, body BLOB, hash BLOB, UNIQUE (c, seq));
            CREATE TABLE outbox (id INTEGER PRIMARY KEY, c INTEGER, seq INTEGER, name TEXT, at INTEGER);
            """
        )
        self._db.execute("BEGIN")
        self._db.executemany(
            "INSERT INTO cases VALUES (?, 'waiting', 1, 1, ?)", ((case, b"\0" * 32) for case in range(cases))
        )
        self._db.execute("COMMIT")

    def steps(self, cases: Sequence[int], move: str) -> float:
        """Make one step of each case, one transaction each; return the seconds it took."""
        run = self._db.execute
        began = time.perf_counter()
        for case in cases:
            run("BEGIN IMMEDIATE")
            state, version, seq, head = run(
                "SELECT state, version, seq, head FROM cases WHERE id = ?", (case,)
            ).fetchone()
            target = TABLE[state, move]
            at = time.time_ns() // 1000
            body = _ENCODE(
                {"at": at, "actor": "P1", "case": case, "role": "clerk", "seq": seq + 1, "to": target, "move": move}
            ).encode()
            digest = hashlib.sha256(head + body).digest()
            changed = run(
                "UPDATE cases SET state = ?, version = version + 1, seq = seq + 1, head = ? "
                "WHERE id = ? AND version = ?",
                (target, digest, case, version),
            ).rowcount
            assert changed == 1, "nobody else writes"
            run("INSERT INTO entry (c, seq, body, hash) VALUES (?, ?, ?, ?)", (case, seq + 1, body, digest))
            run("INSERT INTO outbox (c, seq, name, at) VALUES (?, ?, 'moved', ?)", (case, seq + 1, at))
            run("COMMIT")
        return time.perf_counter() - began

    def check(self, steps: int) -> None:
        """Assert that every step left its entry."""
        (entries,) = self._db.execute("SELECT count(*) FROM entry").fetchone()
        assert entries == steps, f"{entries} entries for {steps} steps"

    def close(self) -> None:
        self._db.close()


class PostgresFloor:
    """The set-based batch: 16 steps per transaction through arrays, on one connection."""

    def __init__(self, url: str, cases: int) -> None:
        import psycopg

        self._db = psycopg.connect(url.replace("postgresql+psycopg:", "postgresql:"), autocommit=False)
        with self._db.cursor() as cursor:
            cursor.execute("CREATE TABLE floor_case (id int PRIMARY KEY, state text, version int, seq int, head bytea)")
            cursor.execute("CREATE TABLE floor_entry (c int, seq int, body bytea, hash bytea, PRIMARY KEY (c, seq))")
            cursor.execute("CREATE TABLE floor_outbox (id bigserial PRIMARY KEY, c int, seq int, name text, at bigint)")
            cursor.execute(
                "INSERT INTO floor_case SELECT n, 'waiting', 1, 1, %s FROM generate_series(0, %s) n",
                (b"\0" * 32, cases - 1),
            )
        self._db.commit()

    def steps(self, cases: Sequence[int], move: str, batch: int = 16) -> float:
        """Make one step of each case, ``batch`` per transaction; return the seconds it took."""
        began = time.perf_counter()
        for first in range(0, len(cases), batch):
            self._batch(list(cases[first : first + batch]), move)
        return time.perf_counter() - began

    def _batch(self, ids: list[int], move: str) -> None:
        with self._db.cursor() as cursor:
            cursor.execute(
                "SELECT id, state, version, seq, head FROM floor_case WHERE id = ANY(%s) ORDER BY id FOR UPDATE", (ids,)
            )
            rows = cursor.fetchall()
            at = time.time_ns() // 1000
            targets, seqs, bodies, digests = [], [], [], []
            for case, state, _version, seq, head in rows:
                target = TABLE[state, move]
                body = _ENCODE(
                    {"at": at, "actor": "P1", "case": case, "role": "clerk", "seq": seq + 1, "to": target, "move": move}
                ).encode()
                targets.append(target)
                seqs.append(seq + 1)
                bodies.append(body)
                digests.append(hashlib.sha256(head + body).digest())
            found = [row[0] for row in rows]
            cursor.execute(
                "UPDATE floor_case c SET state = n.state, version = version + 1, seq = n.seq, head = n.head "
                "FROM unnest(%s::int[], %s::text[], %s::int[], %s::bytea[]) n(id, state, seq, head) WHERE c.id = n.id",
                (found, targets, seqs, digests),
            )
            cursor.execute(
                "INSERT INTO floor_entry SELECT * FROM unnest(%s::int[], %s::int[], %s::bytea[], %s::bytea[])",
                (found, seqs, bodies, digests),
            )
            cursor.execute(
                "INSERT INTO floor_outbox (c, seq, name, at) "
                "SELECT c, s, 'moved', %s FROM unnest(%s::int[], %s::int[]) u(c, s)",
                (at, found, seqs),
            )
        self._db.commit()

    def close(self) -> None:
        self._db.close()


def flush_probe(folder: Path, rounds: int = 50) -> float:
    """Return the median seconds that writing and flushing 8 kB takes here."""
    path = folder / "probe"
    times = []
    with path.open("wb", buffering=0) as file:
        for _round in range(rounds):
            began = time.perf_counter()
            file.write(b"\0" * 8192)
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - began)
    path.unlink()
    return sorted(times)[rounds // 2]
