"""Values from before there were keys: read as they are, and sealed one batch after another until none is left."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from engine.case.identity import CaseId
from engine.ledger.commitments import PrivateValue
from engine.service.erasing import Resealed, ResealValues
from engine.service.rows import PrivateRow

if TYPE_CHECKING:
    from engine.case.identity import RootId
    from runtime.wiring import Opened

BATCH: Final = 200


def seal_old(opened: Opened, progress: Callable[[int], None] = lambda _done: None) -> int:
    """Seal every value that stands in the clear, and return how many there were.

    A value that cannot be read is left for ``verify`` to find.
    """
    done = 0
    for root in opened.desk.reads.roots():
        while sealed := _batch(opened, root):
            done += sealed
            progress(done)
    if done:
        opened.store.scrub()
    return done


def _batch(opened: Opened, root: RootId) -> int:
    reads, sealer = opened.desk.reads, opened.desk.sealer
    entries: dict[tuple[str, int], list[PrivateRow]] = {}
    for row in reads.unsealed_values(root, BATCH):
        entries.setdefault((row.case, row.seq), []).append(row)
    ids = {
        (case, entry.seq): str(json.loads(entry.body)["id"])
        for case in {case for case, _seq in entries}
        for entry in reads.entries(root, CaseId(case))
    }
    sealed: list[Resealed] = []
    for place, rows in entries.items():
        values = {
            row.path: PrivateValue(row.path, opened_.salt, opened_.value)  # type: ignore[arg-type]  # as it was sealed
            for row in rows
            if place in ids and (opened_ := sealer.open(ids[place], row.path, row.key, row.ciphertext)) is not None
        }
        if values:
            key, ciphertexts = sealer.seal(ids[place], list(values.values()))
            anew = dict(zip(values, ciphertexts, strict=True))
            sealed += [Resealed(*row[:4], key, anew[row.path].hex()) for row in rows if row.path in anew]
    if sealed:
        opened.desk.office.write([ResealValues(rows=tuple(sealed))])
    return len(sealed)
