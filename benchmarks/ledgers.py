"""The ledger: sealing it, verifying it whole, hashing alone, and verifying a bundle of it offline.

Cases live for five entries, opened and moved four times, half of them *plain* and half *real*. Those of an
organisation live longer, which is easier: what is verified once a case, as its row, weighs less on each entry there.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.kept import HOME, Kept
from benchmarks.report import Results
from benchmarks.stand import BATCH, CLERK, DEFINITIONS, MOVES, ROOT, Stand, shares
from engine.case.case import NOTHING
from engine.case.identity import CaseId
from engine.ledger.bundle import bundle_bytes
from engine.ledger.chain import entry_hash
from engine.ledger.merkle import Peaks
from engine.service.proving import bundle_of
from engine.service.sealing import seal
from runtime.signer.keeper import Keeper

LIFE_ENTRIES: Final = 5
"""Opened and moved an even number of times, so that a stand that is opened again finds every case waiting."""
ENTRIES: Final = 100_000
MILLION: Final = 1_000_000
BUNDLE_ENTRIES: Final = 10_000
VERIFY_SECONDS_MAX: Final = 60.0
"""For a million entries."""
SEAL_SECONDS_MAX: Final = 10.0
"""For 100,000 entries."""
BUNDLE_SECONDS_MAX, HASHING_TIMES_MAX = 3.0, 3.0
ROUNDS: Final = 5
VERIFIER: Final = Path(__file__).resolve().parent.parent / "deploy" / "verify" / "verify.py"


def ledgers(results: Results, *, entries: int = ENTRIES, bundled: int = BUNDLE_ENTRIES, home: Path = HOME) -> None:
    """Measure on a new ledger with so many entries of cases."""
    with tempfile.TemporaryDirectory(dir=home) as name:
        folder, url = Path(name), f"sqlite:///{name}/banjie.db"
        stand = Stand.build(url, entries // LIFE_ENTRIES)
        keeper = Keeper(folder / "signer")
        try:
            live(stand, entries // LIFE_ENTRIES)
            _sealing(results, stand, keeper)
            _hashing(results, _bodies(stand, entries))
            _bundle(results, stand, keeper, bundled, folder / "bundle.zip")
        finally:
            keeper.close()
            stand.close()
        _verifying(results, url, folder, entries)


def million(results: Results, *, entries: int = MILLION, home: Path = HOME) -> None:
    """Measure the verification of a million entries; their database is kept, as making it takes longer."""
    kept = Kept(cases=entries // LIFE_ENTRIES, home=home / "ledgers")
    stand = kept.stand()
    keeper = Keeper(kept.folder / "signer")
    try:
        live(stand, kept.cases)
        seal(stand.opened.desk.office, stand.opened.desk.reads, keeper, ROOT)
    finally:
        keeper.close()
        stand.close()
    _verifying(results, kept.url, kept.folder, entries)


def live(stand: Stand, cases: int) -> None:
    """Move every case until it has all its entries; what an interrupted run has moved is moved no more."""
    for workflow, count in shares(cases).items():
        for first in range(0, count, BATCH):
            ids = stand.found(workflow, range(first, min(first + BATCH, count)))
            while waiting := _shortest(stand, ids):
                seq, least = waiting
                stand.bulk(stand.moves(workflow, least, MOVES[(seq - 1) % len(MOVES)]))


def _shortest(stand: Stand, ids: Sequence[CaseId]) -> tuple[int, list[CaseId]] | None:
    """Return the cases with the fewest entries, and how many these are; None when all have lived."""
    seqs = {case.id: case.seq for case in stand.opened.desk.reads.cases(ROOT, ids)}
    least = min(seqs.values())
    return None if least >= LIFE_ENTRIES else (least, [case for case, seq in seqs.items() if seq == least])


def _sealing(results: Results, stand: Stand, keeper: Keeper) -> None:
    desk = stand.opened.desk
    began, before = time.perf_counter(), time.process_time()
    done = seal(desk.office, desk.reads, keeper, ROOT)
    seconds, used = time.perf_counter() - began, time.process_time() - before
    note = f"{used:.1f} s of a processor; {done.checkpoints} checkpoints"
    results.at_most(f"seal {done.entries:,} entries", seconds, "s", SEAL_SECONDS_MAX * done.entries / 100_000, note)


def _hashing(results: Results, bodies: Sequence[bytes]) -> None:
    """Measure all that verification hashes, leaves and tree, against hashing each entry once and nothing else."""

    def bare() -> None:
        for body in bodies:
            sha256(body).digest()

    def ledger() -> None:
        Peaks().extended(map(entry_hash, bodies)).root()

    times = [_seconds(ledger) / _seconds(bare) for _round in range(ROUNDS)]
    results.at_most(
        f"hashing {len(bodies):,} entries and their tree / a bare loop of SHA-256",
        statistics.median(times), "times as long", HASHING_TIMES_MAX,
        f"rounds {min(times):.2f} to {max(times):.2f}; {sum(map(len, bodies)) / len(bodies):.0f} bytes an entry",
    )  # fmt: skip


def _bundle(results: Results, stand: Stand, keeper: Keeper, entries: int, path: Path) -> None:
    desk = stand.opened.desk
    each = entries // LIFE_ENTRIES // len(stand.cases)
    cases = [case for known in stand.cases.values() for case in known[:each]]
    made = bundle_of(
        desk, ROOT, cases, CLERK, desk.world(ROOT), now=desk.office.now(), tool="bench",
        keys=lambda origin: [("log", keeper.key(origin))],
    )  # fmt: skip
    path.write_bytes(bundle_bytes(made))
    command = [sys.executable, str(VERIFIER), str(path)]
    runs = [_run(command) for _round in range(3)]
    results.at_most(
        f"verify.py, offline, a bundle of {len(made.entries):,} entries",
        statistics.median(run.seconds for run in runs), "s", BUNDLE_SECONDS_MAX,
        f"{statistics.median(run.used_seconds for run in runs):.1f} s of a processor; "
        f"{path.stat().st_size / 1e6:.0f} MB, {len(made.openings):,} values opened",
    )  # fmt: skip


def _verifying(results: Results, url: str, folder: Path, entries: int) -> None:
    """Measure ``banjie verify``, start included: chains, replay, rows, private values, leaves, checkpoints."""
    command = [sys.executable, "-m", "runtime.cli.main", "--database", url, "verify"]
    run = _run(command, {"BANJIE_WORKFLOWS": str(DEFINITIONS), "BANJIE_SIGNER_FOLDER": str(folder / "signer")})
    note = f"{run.used_seconds / entries * 1e6:.0f} µs of processors an entry, over {os.cpu_count()}"
    named = f"banjie verify, {entries:,} entries of {entries // LIFE_ENTRIES:,} cases"
    if entries == MILLION:
        results.at_most(named, run.seconds, "s", VERIFY_SECONDS_MAX, note)
    else:
        # No goal in proportion: of few entries, most of the time goes into starting a process for each processor.
        results.add(named, run.seconds, "s", "", met=None, note=f"{note}; a million with make bench SIZE=million")
    results.add(f"{named}, memory of a process", run.megabytes, "MB", "", met=None)


def _bodies(stand: Stand, at_most: int) -> list[bytes]:
    def all_bodies() -> Iterator[bytes]:
        reads = stand.opened.desk.reads
        for case in reads.kept_ids(ROOT):
            yield from (entry.body for entry in reads.entries(ROOT, case))

    return [body for body, _place in zip(all_bodies(), range(at_most), strict=False)]


class _Ran(NamedTuple):
    """What a command took: seconds, those of all processors, and the megabytes of its largest process."""

    seconds: float
    used_seconds: float
    megabytes: float


def _run(command: Sequence[str], settings: Mapping[str, str] = NOTHING) -> _Ran:
    """Run a command that must succeed."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, **settings}, stdout=subprocess.DEVNULL)
    _pid, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command[1:]} ended with {process.returncode}"
    return _Ran(time.perf_counter() - began, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
