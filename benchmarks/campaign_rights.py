"""The authorisation matrix as a whole, and whether it finds bugs put in on purpose (``tests.authorisation``)."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.report import Results

SAMPLE: Final = 2_000
"""How many questions are asked of each house with a bug in it, at most."""


def authorisation(results: Results, folder: Path, seed: int) -> None:
    """Ask every role in every unit at every address about a case of every level."""
    from tests.authorisation.matrix import chosen, peopled, wrong
    from tests.authorisation.seeded import BUGS, seeded

    with peopled(f"sqlite:///{folder}/matrix.db") as (world, addresses):
        asked = list(chosen(world, addresses, sample=None, seed=seed))
        found = [told for each in asked if (told := wrong(world, *each)) is not None]
    results.add(
        f"{len(asked)} questions of the authorisation matrix: answered otherwise than they ought to be", len(found), "",
        "0", met=not found, note="; ".join(found[:3]),
    )  # fmt: skip
    missed = []
    for number, bug in enumerate(sorted(BUGS)):
        with seeded(bug), peopled(f"sqlite:///{folder}/seeded-{number}.db") as (world, addresses):
            asked = list(chosen(world, addresses, sample=SAMPLE, seed=seed))
            if all(wrong(world, *each) is None for each in asked):
                missed.append(bug)
    results.add(
        f"{len(BUGS)} bugs of authorisation put in: not found", len(missed), "", "0", met=not missed,
        note="; ".join(missed),
    )  # fmt: skip
