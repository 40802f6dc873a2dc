"""The hunts that kill: a server on SQLite, and every part of a cluster on PostgreSQL, while clients keep accounts."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Final

from benchmarks.buggy_program import BUGS
from benchmarks.client_accounts import Six
from benchmarks.hunting import caught
from benchmarks.killing import a_cluster, killed
from benchmarks.report import Results

KILLS_OF_A_SERVER: Final = 150
KILLS_OF_A_CLUSTER: Final = 150
KILLS_WITH_A_BUG: Final = 6
COUNTED: Final = {
    "lost": "acknowledged and not there",
    "doubled": "done twice under one key",
    "phantoms": "there though nobody asked for it, or refused",
    "disordered": "before what was answered before it was asked",
    "broken": "findings of verification",
    "untold": "notices that nobody got, or got twice",
}


def server(results: Results, folder: Path, number: int) -> None:
    """Kill the server of a SQLite file, or its signer, or both."""
    cluster = a_cluster(folder / "server", on_sqlite=True)
    six, counts = killed(cluster, KILLS_OF_A_SERVER, random.Random(number))
    told(results, "SQLite", KILLS_OF_A_SERVER, six, counts)


def cluster(results: Results, folder: Path, number: int) -> None:
    """Kill PostgreSQL or one of its processes, a server, a worker, the signer, or all at once."""
    folder.chmod(0o711)  # PostgreSQL runs as a user of its own
    six, counts = killed(a_cluster(folder / "cluster"), KILLS_OF_A_CLUSTER, random.Random(number))
    told(results, "PostgreSQL", KILLS_OF_A_CLUSTER, six, counts)


def cluster_bugs(results: Results, folder: Path, number: int) -> None:
    """Run a cluster with each bug in its programs; the counter that is there for it must not stay 0."""
    folder.chmod(0o711)
    found = {}
    for place, (name, (counter, _put_in)) in enumerate(sorted(BUGS.items())):
        buggy = a_cluster(folder / f"bug-{place}", servers=1, workers=1)
        buggy.program = ("-m", "benchmarks.buggy_program", name)
        six, _counts = killed(buggy, KILLS_WITH_A_BUG, random.Random(number), only="postgres")
        found[name] = bool(six._asdict()[counter])
    caught(results, "cluster", found)


def told(results: Results, database: str, kills: int, six: Six, counts: Counter[str]) -> None:
    """Add a row for each counter."""
    for name, words in COUNTED.items():
        value = six._asdict()[name]
        results.add(
            f"{database}, {kills} kills, {counts['done']:,} commands done: {words}", value, "", "0", met=value == 0,
            note=f"{counts['asked again']:,} asked again",
        )  # fmt: skip
