"""Killing the parts of a cluster while clients work with it, and counting what was lost: six counters, all to be 0.

Every client keeps an account of its own. What it gets no definite answer to it asks again under the same key, as the
API's description says; a kill therefore costs time and nothing else.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import secrets
import signal
import sqlite3
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from benchmarks.client_accounts import AGAIN, FAILED_FROM, Asked, Six, held_against, kept_entries, summed_up
from benchmarks.stand import DEFINITIONS, MOVES, REPLY, ROOT, directory_of_the_stand
from deploy.cluster import Cluster
from engine.access.directory import GrantRow, Person
from engine.access.passwords import new_secret, secret_hash
from engine.case.decide import key_hash
from engine.case.identity import PersonId, UnitId
from engine.service.account_writes import OpenLogin
from engine.service.plain import AddGrant, AddPerson
from engine.service.verify import verify
from runtime.settings import Settings
from runtime.wiring import desk_of

CLIENTS: Final = 8
HOT_CASES: Final = 6
ANSWER_SECONDS: Final = 20
"""A client waits so long for an answer before it asks again."""
GIVES_UP_SECONDS: Final = 120
TWICE: Final = 0.05
"""Of what was done, so much is asked once more under the same key, as by somebody who presses a button twice."""
PAUSE_SECONDS: Final = (0.2, 1.2)
TOLD_SECONDS: Final = 60
COLLEAGUE: Final = PersonId("colleague")
"""Holds the clerk's role too; both are told of every move."""
PEOPLE_TOLD: Final = 2
BACKEND, ALL = "a process of PostgreSQL", "all at once"


@dataclass(slots=True)
class Client:
    """One thread that opens cases and moves them, some of its own and some that everybody moves."""

    address: str
    token: str
    rng: random.Random
    hot: list[str]
    stop: threading.Event
    asked: list[Asked] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    _connection: http.client.HTTPConnection | None = None

    def work(self) -> None:
        """Ask for one thing after the other until told to stop; what was begun is asked until it is answered."""
        try:
            while not self.stop.is_set():
                self._once()
        finally:
            self._hang_up()

    def _once(self) -> None:
        if not self.own or self.rng.random() < 0.1:
            body = {"workflow": "real_steps", "unit": "bench", "form": {"subject": "测量用事项"}}
            done = self.ask("/api/cases", None, body)
            if done.is_done and done.case is not None:
                self.own.append(done.case)
        else:
            case = self.rng.choice(self.hot if self.rng.random() < 0.5 else self.own[-5:])
            body = {"transition": self.rng.choice(MOVES), "form": REPLY}
            self.ask(f"/api/cases/{case}/transitions", case, body)

    def ask(self, path: str, case: str | None, body: Mapping[str, object]) -> Asked:
        """Ask until the answer is definite, always under the same key; give up when nobody answers any more."""
        one = Asked(key=secrets.token_hex(16), sent_at=time.monotonic(), case=case)
        self.asked.append(one)
        while one.status is None and time.monotonic() - one.sent_at < GIVES_UP_SECONDS:
            one.tries += 1
            try:
                status, answer = self._sent(path, one.key, body)
            except (OSError, http.client.HTTPException, ValueError):
                self._hang_up()
                time.sleep(0.05)
                continue
            if status >= FAILED_FROM or status in AGAIN:
                time.sleep(0.05)
                continue
            one.answered_at, one.status = time.monotonic(), status
            if one.is_done:
                one.case, one.seq, one.hash = str(answer["case"]), int(str(answer["seq"])), str(answer["hash"])
                if self.rng.random() < TWICE:
                    with suppress(OSError, http.client.HTTPException, ValueError):
                        self._sent(path, one.key, body)
        return one

    def _hang_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None

    def _sent(self, path: str, key: str, body: Mapping[str, object]) -> tuple[int, Mapping[str, object]]:
        if self._connection is None:
            place = urlsplit(self.address)
            self._connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=ANSWER_SECONDS)
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Idempotency-Key": key,
            "Content-Type": "application/json",
        }
        self._connection.request("POST", path, json.dumps(body).encode(), headers)
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")


def prove(folder: Path, servers: int, workers: int, kills: int, seed: int = 20260128) -> int:
    """Kill so often, print what came of it, and return the exit code: 0 where nothing was lost.

    Only in a folder of its own: clients that invent cases and a hand that kills have no business in anybody's house.
    """
    if folder.exists() and any(folder.iterdir()):
        sys.stderr.write(f"{folder} is not empty: --prove begins in an empty folder\n")
        return 2
    cluster = a_cluster(folder, servers, workers)
    six, counts = killed(cluster, kills, random.Random(seed), say=sys.stdout.write)
    for name, count in counts.most_common():
        sys.stdout.write(f"  {count:>7,} {name}\n")
    for name, count in six._asdict().items():
        sys.stdout.write(f"  {name}: {count}\n")
    return 0 if not any(six) else 1


def a_cluster(folder: Path, servers: int = 2, workers: int = 2, *, on_sqlite: bool = False) -> Cluster:
    """Return a cluster with the workflows of the measurements, not started."""
    return Cluster(folder, 0, servers, workers, {"BANJIE_WORKFLOWS": str(DEFINITIONS)}, on_sqlite=on_sqlite)


def killed(
    cluster: Cluster,
    kills: int,
    rng: random.Random,
    *,
    say: Callable[[str], object] = lambda _line: None,
    only: str | None = None,
) -> tuple[Six, Counter[str]]:
    """Start the cluster, let clients work, kill parts of it meanwhile, and hold their accounts against the ledger.

    Args:
        cluster: not started yet; ended at the end.
        kills: how many.
        rng: draws what is killed, and when.
        say: told of each kill.
        only: one part, or None for any.
    """
    counts: Counter[str] = Counter()
    with started(cluster) as token, working(cluster, token, rng) as clients:
        for number in range(1, kills + 1):
            time.sleep(rng.uniform(*PAUSE_SECONDS))
            name = only or rng.choice([*cluster.parts, ALL, *([] if cluster.on_sqlite else [BACKEND])])
            _kill(cluster, name, rng)
            counts[f"kills of {name}"] += 1
            say(f"{number} of {kills}: killed {name}\n")
        time.sleep(1)
    asked = [one for client in clients for one in client.asked]
    counts.update(summed_up(asked))
    return looked_through(cluster, asked), counts


@contextmanager
def started(cluster: Cluster) -> Iterator[str]:
    """Start a cluster with the directory of the stand; lend the token of its clerk. Everything is ended afterwards by
    ``looked_through``, or here where something fails."""
    cluster.start()
    try:
        yield directory_with_a_token(settings_of(cluster))
    except BaseException:
        cluster.stop()
        raise


def settings_of(cluster: Cluster) -> Settings:
    """Return the settings of a process beside the cluster's."""
    given = {name.removeprefix("BANJIE_").lower(): value for name, value in cluster.settings.items()}
    return Settings.model_validate(given)


@contextmanager
def working(cluster: Cluster, token: str, rng: random.Random) -> Iterator[list[Client]]:
    """Let clients work for the length of the block; at its end each has a definite answer to all that it asked."""
    stop, hot = threading.Event(), list[str]()
    first = Client(cluster.address, token, random.Random(rng.random()), hot, stop)
    while len(hot) < HOT_CASES:
        body = {"workflow": "real_steps", "unit": "bench", "form": {"subject": "众人同办的事项"}}
        done = first.ask("/api/cases", None, body)
        hot += [done.case] if done.case is not None else []
    clients = [first] + [
        Client(cluster.address, token, random.Random(rng.random()), hot, stop) for _number in range(CLIENTS - 1)
    ]
    threads = [threading.Thread(target=client.work, daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    try:
        yield clients
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def looked_through(cluster: Cluster, asked: list[Asked]) -> Six:
    """Wait until everybody was told, end the cluster but for its database, and hold the accounts against the ledger."""
    settings = settings_of(cluster)
    try:
        with desk_of(settings, write=False) as opened:
            deadline = time.monotonic() + TOLD_SECONDS
            while opened.desk.reads.pending_outbox(ROOT, 1) and time.monotonic() < deadline:
                time.sleep(0.2)
        with desk_of(settings, write=False) as opened:
            reads = opened.desk.reads
            found = verify(reads, opened.desk.world(ROOT).rules, ROOT, opened.desk.sealer)
        rows, told = _stored(cluster.database_url)
    finally:
        cluster.stop()
    hash_of = {one.key: key_hash(one.key) for one in asked}
    return held_against(asked, kept_entries(rows), hash_of, findings=len(found.findings), told=told, people=PEOPLE_TOLD)


def _stored(url: str) -> tuple[list[tuple[str, int, bytes, bytes]], dict[tuple[str, int], int]]:
    """Return the entries of all cases, and how many notices each has led to, as another program reads them."""
    entries = (
        'SELECT e."case", e.seq, e.body, e.hash FROM ledger_entry e JOIN cases c ON c.root = e.root AND c.id = e."case"'
    )
    notices = 'SELECT "case", seq, count(*) FROM notice GROUP BY 1, 2'
    if url.startswith("sqlite:///"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            rows, told = (connection.execute(one).fetchall() for one in (entries, notices))
    else:
        import psycopg

        with psycopg.connect(url) as server:
            rows, told = server.execute(entries).fetchall(), server.execute(notices).fetchall()
    return rows, {(case, seq): count for case, seq, count in told}


def _kill(cluster: Cluster, name: str, rng: random.Random) -> None:
    """Kill by process id what the cluster has started, and nothing else."""
    if name == ALL:
        for part in cluster.parts.values():
            part.end(signal.SIGKILL)
    elif name == BACKEND:
        postmaster = cluster.parts["postgres"].process
        with suppress(OSError, IndexError):  # it may have ended just now
            pid = 0 if postmaster is None else postmaster.pid
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
            os.kill(int(rng.choice(children)), signal.SIGKILL)
    else:
        cluster.parts[name].end(signal.SIGKILL)


def directory_with_a_token(settings: Settings) -> str:
    """Write the one unit with its two clerks; return the token of the one who works."""
    token = new_secret()
    with desk_of(settings) as opened:
        office = opened.desk.office
        now = office.now()
        office.write(
            [
                *directory_of_the_stand(),
                AddPerson(Person(root=ROOT, id=COLLEAGUE, name="同事", login="colleague")),
                AddGrant(GrantRow(root=ROOT, person=COLLEAGUE, role="clerk", unit=UnitId("bench"))),
                OpenLogin(
                    token_hash=secret_hash(token),
                    root=ROOT,
                    person=PersonId("clerk"),
                    kind="token",
                    title="bench",
                    at=now,
                    expires_at=now + timedelta(days=1),
                ),
            ]
        )
    return token
