"""The hunts of ``make campaign`` that are about trust: who may see what, what a ledger can prove, what bad input does.

Each is a function of where results go, a folder of its own, and a number that makes it repeatable. ``CONTROLS`` are of
the same form: they put named bugs in, which the hunt of that name must report.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from benchmarks.campaign_kills import cluster, cluster_bugs, server
from benchmarks.campaign_rights import idor, idor_bugs, matrix, matrix_bugs
from benchmarks.canaries import canaries, canary_bugs
from benchmarks.clock_jumps import clock_bugs, clocks
from benchmarks.faults import fault_bugs, faults, full_disk, full_disk_bugs, memory
from benchmarks.hunting import bug, caught
from benchmarks.offline import offline, offline_bugs
from benchmarks.power import power, power_bugs
from benchmarks.receipts import receipt_bugs, receipts
from benchmarks.recounted import recount, recount_bugs
from benchmarks.report import Results
from benchmarks.room import room, room_bugs
from benchmarks.stored_scripts import stored_scripts
from benchmarks.tampering import tamper
from benchmarks.witnesses import witness_bugs, witnesses

REQUESTS = 24_000
FEW_REQUESTS = 400

Hunt = Callable[[Results, Path, int], None]


def fuzz(results: Results, folder: Path, number: int) -> None:
    """Ask every address of the API what its description allows and what it does not."""
    found = _fuzzed(folder / "fuzzed.db", 2 * REQUESTS, number)
    results.add(
        f"{found.requests} requests made from the API's description: server errors, answers otherwise than described",
        len(found.findings), "", "0", met=not found.findings and found.requests >= REQUESTS * 5 // 6,
        note="; ".join(found.findings[:3]),
    )  # fmt: skip


def fuzz_bugs(results: Results, folder: Path, number: int) -> None:
    """Put each defect into the API; generated requests must meet it."""
    found = {}
    for place, (name, (targets, instead, is_found)) in enumerate(sorted(FUZZ_BUGS.items())):
        with bug(targets, instead):
            met = _fuzzed(folder / f"fuzz-bug-{place}.db", FEW_REQUESTS, number).findings
        found[name] = any(is_found in finding for finding in met)
    caught(results, "fuzz", found)


def _fuzzed(database: Path, requests: int, number: int) -> Any:
    from tests.support.fuzzing import fuzz as send
    from tests.support.house import client_of, open_house

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with open_house(f"sqlite:///{database}") as house, client_of(house) as client:
            return send(house, client, requests=requests, number=number)


def _fails(*_arguments: object, **_named: object) -> None:
    raise ZeroDivisionError


def _unchecked_day(text: str, _name: str) -> date:
    return date.fromisoformat(text)


def _as_plain_text(_request: Any, error: Any) -> Any:
    from fastapi.responses import PlainTextResponse

    from api.problems import status_of

    return PlainTextResponse(str(error), status_code=status_of(error))


FUZZ_BUGS: Final[Mapping[str, tuple[tuple[str, ...], Callable[..., Any], str]]] = {
    # name: what is replaced, by what, and what the hunt must say then
    "the list of cases fails": (("engine.service.queries.Queries.page",), _fails, "GET /api/cases: 500"),
    "a day is read unchecked": (("api.routes.rules.start_from",), _unchecked_day, "GET /api/calendar/due: 500"),
    "refusals are no problems": (
        ("web.app.problem_response",), _as_plain_text, "Undocumented Content-Type"),
}  # fmt: skip


HUNTS: Mapping[str, Hunt] = {
    "matrix": matrix,
    "idor": idor,
    "canary": canaries,
    "tamper": tamper,
    "offline": offline,
    "fuzz": fuzz,
    "scripts": stored_scripts,
    "receipts": receipts,
    "witness": witnesses,
    "recount": recount,
    "server": server,
    "cluster": cluster,
    "power": power,
    "faults": faults,
    "full": full_disk,
    "memory": memory,
    "room": room,
    "clocks": clocks,
}
CONTROLS: Mapping[str, Hunt] = {
    "matrix": matrix_bugs,
    "idor": idor_bugs,
    "canary": canary_bugs,
    "offline": offline_bugs,
    "fuzz": fuzz_bugs,
    "receipts": receipt_bugs,
    "witness": witness_bugs,
    "recount": recount_bugs,
    "cluster": cluster_bugs,
    "power": power_bugs,
    "faults": fault_bugs,
    "full": full_disk_bugs,
    "room": room_bugs,
    "clocks": clock_bugs,
}
"""What puts bugs in that the hunt of the same name must catch; ``tamper`` puts in its own."""
