"""The jobs that have checkpoints cosigned: one kind for each witness, asked for after every sealing.

Sealing waits for none of them. One that fails is tried again later and later, as every job is; what it failed with is
listed with the jobs, and the page of the ledger reads it there.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from engine.errors import BanjieError
from engine.service.sealing_witnesses import TROUBLES, Witness, ask_witness, job_kind, lacks
from runtime.jobs.port import JobFailed, Registry, Report
from runtime.jobs.sealing import SEAL

if TYPE_CHECKING:
    from engine.service.desk import Desk
    from engine.service.jobs import Jobs
    from runtime.jobs.port import Handler


def with_witnesses(registry: Registry, desk: Desk, jobs: Jobs, witnesses: Sequence[Witness]) -> Registry:
    """Return the registry with a job for each witness, and with sealing that asks for them afterwards."""
    if not witnesses:
        return registry
    seal = registry.handlers[SEAL]

    def sealed(subject: str) -> Report:
        try:
            return seal(subject)
        finally:
            # Also when one organisation could not be sealed: the others were. It is asked again in a minute.
            with suppress(BanjieError):
                ask_for_cosignatures(desk, jobs, witnesses)

    asking: dict[str, Handler] = {job_kind(one.key.name): _asking(desk, one) for one in witnesses}
    return Registry(handlers={**registry.handlers, SEAL: sealed, **asking}, intervals=registry.intervals)


def ask_for_cosignatures(desk: Desk, jobs: Jobs, witnesses: Sequence[Witness]) -> int:
    """Ask for the job of every witness that lacks under a newest checkpoint; return how many."""
    newest = [(root, row.n) for root in desk.reads.roots() if (row := desk.reads.newest_checkpoint(root)) is not None]
    wanted = [one for one in witnesses if any(lacks(desk.reads, root, n, one.key.name) for root, n in newest)]
    for one in wanted:
        jobs.schedule(job_kind(one.key.name))
    return len(wanted)


def cosign_all(desk: Desk, witness: Witness) -> Report:
    """Ask a witness about every organisation; one in trouble makes the job a failure and keeps no other waiting."""
    asked = [ask_witness(desk.office, desk.reads, root, witness) for root in desk.reads.roots()]
    troubles = [one.trouble for one in asked if one.trouble is not None]
    if troubles:
        raise JobFailed(TROUBLES[troubles[0]].en)
    return Report(done=sum(one.cosigned for one in asked))


def _asking(desk: Desk, witness: Witness) -> Handler:
    return lambda _subject: cosign_all(desk, witness)
