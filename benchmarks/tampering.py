"""``make campaign``, the hunt ``tamper``: everything that somebody with the database, or with all keys, could do to it.

Blind changes of every value and row of the history; TS1 to TS14 of the handbook at drawn places; old copies of tables,
of key files and of whole databases; flipped bits of the file; bugs put into verification; and a thousand drawn houses
that nobody touched. The work is divided among processes, each of which draws from the number of its part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeVar

from benchmarks.hunting import caught
from benchmarks.report import Results
from benchmarks.tampering_parts import Clean, Old, Part, Scenes, blind, clean, flips, old_copies, quiet, scenes, seeded

T = TypeVar("T")
PROCESSES: Final = 2
HISTORIES: Final = 2
"""Each of them with every change of every value and row."""
INSTANCES: Final = 40
FLIPS: Final = 2_000
OLD_COPIES: Final = 10
CLEAN: Final = 1_000
CLEAN_PARTS: Final = 10
BUGS_PARTS: Final = 4


def tamper(results: Results, folder: Path, number: int) -> None:
    """Do all of it, and count what was not found, what was found although it is a named gap, and false alarms."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn"), initializer=quiet) as pool:

        def begun(work: Callable[[Part], T], name: str, parts: int, size: int = 0) -> list[Future[T]]:
            given = (Part(folder / "tamper" / f"{name}-{n}", number * 1_000 + n, n, parts, size) for n in range(parts))
            return [pool.submit(work, part) for part in given]

        all_blind = begun(blind, "blind", HISTORIES)
        all_scenes = begun(scenes, "scenes", PROCESSES, INSTANCES // PROCESSES)
        all_old = begun(old_copies, "old", PROCESSES, OLD_COPIES // PROCESSES)
        all_flips = begun(flips, "flips", PROCESSES, FLIPS // PROCESSES)
        all_bugs = begun(seeded, "bugs", BUGS_PARTS)
        all_clean = begun(clean, "clean", CLEAN_PARTS, CLEAN // CLEAN_PARTS)

        for part in all_blind:
            _tell_blind(results, part)
        _tell_scenes(results, [one.result() for one in all_scenes])
        _tell_old(results, [one.result() for one in all_old])
        _tell_flips(results, all_flips)
        _tell_clean(results, [one.result() for one in all_clean])
        caught(results, "tamper", {name: seen for one in all_bugs for name, seen in one.result().items()})


def _tell_blind(results: Results, part: Future[tuple[int, int, list[str]]]) -> None:
    tried, refused, missed = part.result()
    results.add(
        f"{tried} blind changes of every value and row of a history ({refused} refused by the database): not found",
        len(missed), "", "0", met=not missed and tried > refused, note="; ".join(missed[:5]),
    )  # fmt: skip


def _tell_scenes(results: Results, parts: list[Scenes]) -> None:
    """Hold what was found against the table of the handbook, line by line."""
    from tests.support.tamper_scenarios import EXPECTED

    for name, expected in EXPECTED.items():
        played = sum(part[name].played for part in parts)
        alone = sum(part[name].alone for part in parts)
        with_evidence = sum(part[name].by_evidence for part in parts)
        said = []
        met = played > 0
        if expected.alone is not None:
            said.append(f"alone {alone}/{played}")
            met = met and alone == (played if expected.alone else 0)
        if expected.by_evidence is not None:
            said.append(f"{expected.evidence} {with_evidence}/{played}")
            met = met and with_evidence == (played if expected.by_evidence else 0)
        wrong = sum(part[name].wrong for part in parts)
        results.add(
            f"{played} of {name}: otherwise than the handbook's table says",
            wrong, "", "0", met=met and not wrong, note=", ".join(said),
        )  # fmt: skip


def _tell_old(results: Results, parts: list[Old]) -> None:
    unfound = [one for part in parts for one in part.unfound]
    tables, keys = sum(part.tables for part in parts), sum(part.keys for part in parts)
    results.add(
        f"{tables} old copies of tables and {keys} of key files put in place: not found",
        len(unfound), "", "0", met=not unfound and tables > 0 and keys > 0, note="; ".join(unfound[:5]),
    )  # fmt: skip


def _tell_flips(results: Results, parts: list[Future[tuple[Counter[str], list[str]]]]) -> None:
    outcomes, missed = Counter[str](), list[str]()
    for part in parts:
        outcomes += part.result()[0]
        missed += part.result()[1]
    total = outcomes.total() + len(missed)
    results.add(
        f"{total} flipped bits of the database file: changed the history and were not found",
        len(missed), "", "0", met=not missed and total > 0,
        note=", ".join(f"{name} {count}" for name, count in outcomes.most_common()) + "; ".join(missed[:3]),
    )  # fmt: skip


def _tell_clean(results: Results, parts: list[Clean]) -> None:
    alarms = [one for part in parts for one in part.alarms]
    houses, restored = sum(part.houses for part in parts), sum(part.restored for part in parts)
    entries = sum(part.entries for part in parts)
    events = Counter[str]()
    for part in parts:
        events += part.events
    results.add(
        f"{houses} drawn houses that nobody touched, {entries} entries, {restored} of them backed up and restored: "
        "false alarms",
        len(alarms), "", "0", met=not alarms and houses > 0 and restored > 0,
        note="; ".join(alarms[:3]) or ", ".join(f"{name} {count}" for name, count in events.most_common()),
    )  # fmt: skip
