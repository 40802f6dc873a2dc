"""The jobs that seal the ledger every minute, and record hourly how many checkpoints there are.

A minute that holds nothing but what a sweep records may pass unsealed (``engine.service.sealing_due``).
"""

from __future__ import annotations

import logging
from datetime import timedelta
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

from engine.errors import SealingStopped
from engine.service.sealing import heartbeat, seal
from engine.service.sealing_due import may_wait
from runtime.jobs.port import JobFailed, Registry, Report

if TYPE_CHECKING:
    from engine.service.desk import Desk
    from engine.service.sealing import Signer

_LOG = logging.getLogger(__name__)
SEAL: Final = "seal"
SEAL_EVERY: Final = timedelta(minutes=1)
HEARTBEAT: Final = "heartbeat"
HEARTBEAT_EVERY: Final = timedelta(hours=1)


def with_sealing(registry: Registry, desk: Desk, signer: Signer, origin: str) -> Registry:
    """Return the registry with these jobs added; ``origin`` is how the origins of new trees begin."""
    return Registry(
        handlers={
            **registry.handlers,
            SEAL: lambda _subject: seal_all(desk, signer, origin),
            HEARTBEAT: lambda _subject: beat_all(desk),
        },
        intervals={**registry.intervals, SEAL: SEAL_EVERY, HEARTBEAT: HEARTBEAT_EVERY},
    )


def seal_all(desk: Desk, signer: Signer, origin: str) -> Report:
    """Seal every organisation; one that cannot be sealed makes the job a failure and keeps no other waiting."""
    sealed, aside, stopped = 0, 0, list[SealingStopped]()
    for root in desk.reads.roots():
        if may_wait(desk.reads, root, desk.office.now()):
            continue
        try:
            done = seal(desk.office, desk.reads, signer, root, origin=origin)
        except SealingStopped as error:
            stopped.append(error)
            continue
        sealed += done.entries
        aside += len(done.aside)
        for key in done.aside:
            _LOG.error("entry %s of %s cannot be sealed: it is gone, or its hash is wrong", key.seq, key.case)
    if stopped:
        # Its words are about the ledger and the signer alone, and say what to do.
        raise JobFailed(stopped[0].text.en)
    if aside:
        raise JobFailed(f"{aside} entries set aside: gone, or of a wrong hash; run banjie verify")
    return Report(done=sealed)


def beat_all(desk: Desk) -> Report:
    """Record of every organisation how many checkpoints there are, and how the tables look."""
    schema, build = desk.reads.schema().fingerprint, version("banjie")
    roots = desk.reads.roots()
    for root in roots:
        heartbeat(desk.office, desk.reads, root, schema=schema, build=build)
    return Report(done=len(roots))
