"""The hunts of ``make campaign`` about rights: the whole authorisation matrix, and the scan of every field that names
something of somebody's (``tests.authorisation``); with bugs put in on purpose for each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from benchmarks.hunting import caught
from benchmarks.report import Results

SAMPLE: Final = 2_000
"""How many questions are asked of each house with a bug in it, at most."""


def matrix(results: Results, folder: Path, number: int) -> None:
    """Ask every role in every unit at every address about a case of every level."""
    from tests.authorisation.matrix import cells, chosen, peopled, wrong

    with peopled(f"sqlite:///{folder}/matrix.db") as (world, addresses):
        asked = list(chosen(world, addresses, sample=None, seed=number))
        found = [told for each in asked if (told := wrong(world, *each)) is not None]
        whole = cells(world, addresses)
    sys.stderr.writelines(f"matrix: {finding}\n" for finding in found)
    results.add(
        f"{whole} cells in {len(asked)} questions, {len(addresses)} addresses: answered otherwise than they ought to "
        "be", len(found), "", "0", met=not found, note="; ".join(found[:3]),
    )  # fmt: skip


def matrix_bugs(results: Results, folder: Path, number: int) -> None:
    """Put each bug of rights into a house of its own and ask until the matrix finds it."""
    from tests.authorisation.matrix import chosen, peopled, wrong
    from tests.authorisation.seeded import BUGS, seeded

    found = {}
    for place, name in enumerate(sorted(BUGS)):
        with seeded(name), peopled(f"sqlite:///{folder}/matrix-bug-{place}.db") as (world, addresses):
            asked = chosen(world, addresses, sample=SAMPLE, seed=number)
            found[name] = any(wrong(world, *each) is not None for each in asked)
    caught(results, "matrix", found)


def idor(results: Results, folder: Path, _number: int) -> None:
    """Send the id of every thing that the asker may not know of, in every field that may name one."""
    from tests.authorisation.forms import scan_forms
    from tests.authorisation.idor import pairs, questions, scanning
    from tests.authorisation.things import furnished

    with furnished(f"sqlite:///{folder}/idor.db") as estate, scanning(estate) as scan:
        asked = questions(estate)
        scan.run(pairs(estate, asked))
        fields = scan_forms(scan)
    sys.stderr.writelines(f"idor: {finding}\n" for finding in scan.findings)
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(scan.asked.items()))
    results.add(
        f"{scan.requests} requests, {len(asked)} fields of requests and {fields} of forms: told apart from an id of "
        "nothing, changed, or told of what is hidden", len(scan.findings), "", "0", met=not scan.findings,
        note="; ".join([kinds, *scan.findings[:3]]),
    )  # fmt: skip


def idor_bugs(results: Results, folder: Path, number: int) -> None:
    """Put each bug of looking up by an id into an estate of its own and scan until it is found."""
    from tests.authorisation.seeded_idor import BUGS, finds
    from tests.authorisation.things import furnished

    found = {}
    for place, name in enumerate(sorted(BUGS)):
        with furnished(f"sqlite:///{folder}/idor-bug-{place}.db") as estate:
            found[name] = finds(estate, name, number)
    caught(results, "idor", found)
