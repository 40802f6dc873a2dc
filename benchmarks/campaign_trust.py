"""The hunts of ``make campaign`` that are about trust: who may see what, what a ledger can prove, what bad input does.

Each is a function of where results go, a folder of its own, and a number that makes it repeatable. Each harness has
controls in its tests: defects that it must catch.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

from benchmarks.canaries import canaries
from benchmarks.report import Results
from benchmarks.stored_scripts import stored_scripts

REQUESTS = 24_000
CLEAN = 200

Hunt = Callable[[Results, Path, int], None]


def fuzz(results: Results, folder: Path, number: int) -> None:
    """Ask every address of the API what its description allows and what it does not."""
    from tests.support.fuzzing import fuzz as send
    from tests.support.house import client_of, open_house

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_house(f"sqlite:///{folder}/fuzzed.db") as house, client_of(house) as client:
            found = send(house, client, requests=2 * REQUESTS, number=number)
    results.add(
        f"{found.requests} requests made from the API's description: server errors, answers otherwise than described",
        len(found.findings), "", "0", met=not found.findings and found.requests >= REQUESTS * 5 // 6,
        note="; ".join(found.findings[:3]),
    )  # fmt: skip


def tamper(results: Results, folder: Path, _number: int) -> None:
    """Change every column of every row of a sealed database, delete every row; and verify many that nobody touched."""
    from runtime.signer.keeper import Keeper
    from tests.support.house import open_house
    from tests.support.sealing import rules_of
    from tests.support.tampering import a_sealed_house, attempts
    from tests.support.tampering import tamper as change_all

    alarms = 0
    for place in range(CLEAN):
        url, keeper = f"sqlite:///{folder}/clean-{place}.db", Keeper(folder / f"signer-{place}")
        try:
            with open_house(url) as house:
                a_sealed_house(house, keeper)
                alarms += bool(rules_of(house, keeper.key))
                if place == 0:
                    every = attempts(url)
                    found = change_all(url, house, keeper.key, every)
        finally:
            keeper.close()
    results.add(
        f"{len(every)} blind changes of every column and row ({found.refused} refused by the database): not found",
        len(found.missed), "", "0", met=not found.missed, note="; ".join(map(str, found.missed[:3])),
    )  # fmt: skip
    results.add(f"{CLEAN} clean databases: false alarms", alarms, "", "0", met=alarms == 0)


HUNTS: Mapping[str, Hunt] = {"fuzz": fuzz, "tamper": tamper, "canary": canaries, "scripts": stored_scripts}
