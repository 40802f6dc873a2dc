"""``make campaign``: hundreds of cases whose secret fields hold a word of their own, read by everybody in every way."""

from __future__ import annotations

import logging
from pathlib import Path

from benchmarks.report import Results

CASES = 500
SEARCHED = 40


def canaries(results: Results, folder: Path, _number: int) -> None:
    """Ask every address of API and pages as every role; render every message; look into tables and log lines."""
    from tests.support.canaries import (
        NOON,
        code_holders,
        crawl,
        kept_in_the_open,
        listening,
        messages,
        said_of_secrets,
        seed,
        told_outside,
    )
    from tests.support.house import client_of, open_house

    url = f"sqlite:///{folder}/canaries.db"
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    with listening() as lines, open_house(url, NOON) as house, client_of(house) as client:
        seeded = seed(house, CASES)
        found, coming_back = crawl(house, client, seeded, searched=SEARCHED), code_holders(client, seeded)
        sent = messages(house)
        leaks = found.leaks | coming_back.leaks | told_outside(sent, seeded) | kept_in_the_open(url, seeded)
        leaks |= said_of_secrets(lines, seeded, allowed=frozenset())
    missing = found.missing | coming_back.missing | found.failures
    answers = found.answers + coming_back.answers
    results.add(
        f"{CASES} cases of all levels, {answers} answers to 11 roles, {len(sent)} messages: secrets told to whom not",
        len(leaks), "", "0", met=not leaks, note="; ".join(sorted(leaks)[:3]),
    )  # fmt: skip
    results.add(
        "of these, secrets not shown to whom they may be, and server errors",
        len(missing), "", "0", met=not missing, note="; ".join(sorted(missing)[:3]),
    )  # fmt: skip
