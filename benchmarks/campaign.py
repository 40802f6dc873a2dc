"""``make campaign``: long hunts that are too slow for every change. Bounded, local, and each process ended by its id.

Each runs in a process of its own, two at a time (``lanes``); at the end stands one table of all, with the bugs put in
on purpose that each has caught (``hunting``). A release is the same hunts by more seeds: what is over is kept, and who
asks again goes on where an hour was not enough.

Corrupt: one value of one row is changed behind the ledger's back; verification must find it. Walk: cases wander along
offered moves; none may be stranded. Dates: lives of deadlines are played through the engine and through the plain
oracle of ``tests/oracle``; due dates, rungs and their order may not differ. Deliver: two workers bring mails to many
people; each must arrive once. What is about trust stands in ``campaign_trust``, what kills in ``campaign_kills``.
"""

from __future__ import annotations

import argparse
import random
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from benchmarks.campaign_trust import CONTROLS, HUNTS
from benchmarks.hunting import Hunted, all_bugs, hunted, table_of
from benchmarks.lanes import carried_out
from benchmarks.reliability import program_now, read_slices, with_slice, write_slices
from benchmarks.report import Results
from engine.case.identity import CaseId
from engine.definition.library import load_folder
from engine.service.verify import verify
from runtime.demo.build import build_sample
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.in_memory import folders_in_memory

CORRUPTIONS = 400
WALKS = 60
PEOPLE_TOLD = 10_000
LIVES = 100_000
LIVES_AT_A_TIME = 5_000
LIVES_SECONDS_MAX = 2_400
SEED = 20260128
MINUTES_MAX = 50
SEEDS_OF_A_RELEASE: Mapping[str, int] = {
    "server": 7,
    "cluster": 7,
    "dates": 1,
    "tamper": 3,
    "fuzz": 30,
    "recount": 5,
    "power": 46,
}
"""By so many seeds a release runs a hunt; all others by one, which goes through everything there is."""
Change = tuple[str, str, str, Callable[[object], object]]


def main() -> None:
    """Run the hunts, each in a process of its own, and write what they counted."""
    parser = argparse.ArgumentParser(prog="benchmarks.campaign")
    parser.add_argument("--output", type=Path, default=Path("build/campaign.json"))
    parser.add_argument("--kept", type=Path, default=Path("build/reliability.json"))
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--size", choices=("standard", "release"), default="standard")
    parser.add_argument("--minutes", type=float, default=MINUTES_MAX, help="no hunt of a release begins later")
    parser.add_argument("--only", help="some of them by name, divided by commas")
    parser.add_argument("--here", choices=ALL, help="one of them, in this process")
    parser.add_argument("--no-control", action="store_true", help="with --here: no bugs put in")
    options = parser.parse_args()
    results = Results(command=f"make campaign (seed {options.seed})")
    folders_in_memory()
    if options.here:
        one_hunt(options.here, results, options.seed, control=not options.no_control)
        results.write(options.output)
        return
    chosen = options.only.split(",") if options.only else list(ALL)
    if unknown := set(chosen) - set(ALL):
        parser.error(f"no such hunt: {', '.join(sorted(unknown))}; there are {', '.join(ALL)}")
    if options.size == "release":
        sys.exit(release(chosen, options.seed, options.kept, options.minutes))
    over: dict[str, Hunted] = {}
    for hunt in run(chosen, options.seed, options.kept, control=True):
        over[hunt.name] = hunt
        results.rows = [row for name in chosen if name in over for row in over[name].rows]
        results.write(options.output)
    hunts = [over[name] for name in chosen]
    if HUNTS.keys() <= set(chosen):
        all_bugs(results, hunts)
        results.write(options.output)
    sys.stdout.write(f"\n{table_of(hunts)}")
    if any(row.met is False for row in results.rows):
        sys.exit(1)


def run(chosen: Sequence[str], seed: int, kept: Path, *, control: bool) -> Iterator[Hunted]:
    """Carry out hunts by one seed; each is kept in the file of runs as soon as it is over."""
    command = [sys.executable, "-m", "benchmarks.campaign", "--seed", str(seed)]
    command += ["--here"] if control else ["--no-control", "--here"]
    with tempfile.TemporaryDirectory() as folder:
        for hunt in carried_out(chosen, command, Path(folder)):
            slices = read_slices(kept)
            with_slice(slices, hunt, seed, program_now(), datetime.now(UTC).date().isoformat())
            write_slices(kept, slices)
            yield hunt


def release(chosen: Sequence[str], seed: int, kept: Path, minutes: float) -> int:
    """Carry out what a release still needs, by one seed after the other; return 0 when all of it is there and met.

    What the same program has already done is not done again. Bugs are put in by the first seed only.
    """
    program, began, failed = program_now(), time.monotonic(), False
    for number in range(max(SEEDS_OF_A_RELEASE.values())):
        done = {
            name for name, runs in read_slices(kept).items() for one in runs
            if one.program == program and one.seed == seed + number
        }  # fmt: skip
        waiting = [name for name in chosen if number < SEEDS_OF_A_RELEASE.get(name, 1) and name not in done]
        if not waiting:
            continue
        if time.monotonic() - began > minutes * 60:
            sys.stdout.write(f"not yet done: {', '.join(waiting)} from seed {seed + number} on; ask again to go on\n")
            return 1
        for hunt in run(waiting, seed + number, kept, control=number == 0):
            failed |= any(row.met is False for row in hunt.rows)
    slices = read_slices(kept)
    failed |= any(row.met is False for name in chosen for one in slices.get(name, ()) for row in one.rows)
    sys.stdout.write(f"every seed of a release is done, {'with' if failed else 'without'} findings: {kept}\n")
    return int(failed)


def one_hunt(name: str, results: Results, seed: int, *, control: bool = True) -> None:
    """Carry out one hunt and, if asked, what puts bugs in for it, in a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        if name in PARTS:
            hunted(name, results, partial(PARTS[name], results, place, random.Random(seed), seed), None)
            return
        bugs = partial(CONTROLS[name], results, place, seed) if control and name in CONTROLS else None
        hunted(name, results, partial(HUNTS[name], results, place, seed), bugs)


def corrupt(results: Results, folder: Path, rng: random.Random) -> None:
    """Change one value of one row at a time, as somebody with the database file could; verify must find each."""
    database = folder / "corrupted.db"
    settings = Settings(database_url=f"sqlite:///{database}")
    build_sample(settings, cases=48)
    missed: list[str] = []
    with desk_of(settings, write=False) as opened, sqlite3.connect(database, isolation_level=None) as plain:
        for (name,) in plain.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            plain.execute(f'DROP TRIGGER "{name}"')
        reads, sealer = opened.desk.reads, opened.desk.sealer
        root = reads.roots()[0]
        rules = opened.desk.world(root).rules
        clean = verify(reads, rules, root, sealer)
        for _number in range(CORRUPTIONS):
            table, key, column, change = rng.choice(_CHANGES)
            keys = plain.execute(f'SELECT {key}, "{column}" FROM "{table}" ORDER BY random() LIMIT 1').fetchone()
            *where, old = keys
            new = change(old)
            condition = " AND ".join(f'"{name}" = ?' for name in key.replace('"', "").split(", "))
            plain.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {condition}', (new, *where))
            case = CaseId(where[1])
            if not verify(reads, rules, root, sealer, only=case).findings:
                missed.append(f"{table}.{column}: {old!r:.40} to {new!r:.40}")
            plain.execute(f'UPDATE "{table}" SET "{column}" = ? WHERE {condition}', (old, *where))
    results.add("findings of verify on the clean sample", len(clean.findings), "", "0", met=not clean.findings)
    results.add(
        f"{CORRUPTIONS} single changes of stored values: not found", len(missed), "", "0", met=not missed,
        note="; ".join(missed[:3]),
    )  # fmt: skip


def walk(results: Results, rng: random.Random) -> None:
    """Let cases wander along offered moves; after each, somebody must be able to move every unfinished case."""
    from tests.support.builders import SESSION
    from tests.support.rehearsal import Rehearsal
    from tests.support.walks import MEETING, SHORT, Walk

    rules = load_folder(Path("workflows")).rulebook()
    stranded = moves = 0
    for workflow in ("proposal", "grievance"):
        for _number in range(WALKS):
            wandering = Walk(Rehearsal(rules=rules, sessions=[MEETING]), random.Random(rng.random()), SHORT)
            for session in (SESSION, None):
                wandering.open(workflow, session)
            for _step in range(40):
                moves += wandering.step()
                stranded += len(wandering.stranded())
    results.add(f"{2 * WALKS} walks, {moves} moves: cases stranded", stranded, "", "0", met=stranded == 0)


def dates(results: Results, folder: Path, seed: int) -> None:
    """Hold every date and rung of generated deadlines against the oracle; stop after a time, and say how far it came.

    A case is made from the seed and its number alone, so that one that differs can be played again.
    """
    from tests.support.agreement import both_calendars, disagreements

    calendars = both_calendars(folder)
    found: list[str] = []
    played, began = 0, time.monotonic()
    while played < LIVES and time.monotonic() - began < LIVES_SECONDS_MAX:
        found += disagreements(seed, range(played, played + LIVES_AT_A_TIME), calendars)
        played += LIVES_AT_A_TIME
        seconds = time.monotonic() - began
        print(f"dates: {played} of {LIVES} lives, {len(found)} differ, {seconds:.0f} s", file=sys.stderr, flush=True)
    results.add(
        f"{played} lives of deadlines, by engine and oracle: different", len(found), "", "0",
        met=not found and played >= LIVES, note="; ".join(found[:3]),
    )  # fmt: skip


def deliver(results: Results, folder: Path) -> None:
    """Let two workers, one of which leaves half-way, deliver to many people on SQLite."""
    from tests.support.post_workers import delivered_by_two

    delivered = delivered_by_two(f"sqlite:///{folder}/delivered.db", PEOPLE_TOLD)
    lost = PEOPLE_TOLD - len(delivered.arrived)
    twice = sum(times - 1 for times in delivered.arrived.values())
    results.add(f"{PEOPLE_TOLD} mails by two workers: never delivered", lost, "", "0", met=lost == 0)
    results.add(f"{PEOPLE_TOLD} mails by two workers: delivered twice", twice, "", "0", met=twice == 0)


PARTS: Mapping[str, Callable[[Results, Path, random.Random, int], None]] = {
    "corrupt": lambda results, folder, rng, _seed: corrupt(results, folder, rng),
    "dates": lambda results, folder, _rng, seed: dates(results, folder, seed),
    "deliver": lambda results, folder, _rng, _seed: deliver(results, folder),
    "walk": lambda results, _folder, rng, _seed: walk(results, rng),
}
ALL = (*PARTS, *HUNTS)


def _flip(old: object) -> object:
    """Return a value of the same kind that differs in one place."""
    if isinstance(old, bytes):
        place = len(old) // 2
        return old[:place] + bytes([old[place] ^ 1]) + old[place + 1 :]
    if isinstance(old, int):
        return old + 1
    return f"{old}x"


_CHANGES: tuple[Change, ...] = (
    ("ledger_entry", 'root, "case", seq', "body", _flip),
    ("ledger_entry", 'root, "case", seq', "hash", _flip),
    ("private_value", 'root, "case", seq, path', "ciphertext", _flip),
    ("span", 'root, "case", kind, seq', "value", _flip),
    ("span", 'root, "case", kind, seq', "from_at", _flip),
    ("deadline", 'root, "case", name', "due_at", _flip),
    ("deadline", 'root, "case", name', "due_on", _flip),
    ("cases", "root, id", "state", _flip),
    ("cases", "root, id", "version", _flip),
    ("cases", "root, id", "seq", _flip),
    ("cases", "root, id", "head", _flip),
    ("cases", "root, id", "unit", _flip),
    ("cases", "root, id", "opened_at", _flip),
    ("cases", "root, id", "changed_at", _flip),
)


if __name__ == "__main__":
    main()
