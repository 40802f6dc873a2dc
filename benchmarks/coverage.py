"""What a page of a coverage asks of 100,000 lines and 300,000 attendances, by who sees all of them and by who sees 1 %.

The rows are written straight into the tables: what the page costs depends on them alone.
"""

from __future__ import annotations

import json
import random
import tempfile
from contextlib import closing
from typing import Final

from benchmarks.kept import HOME
from benchmarks.overdue_list import HUNDREDTH, NOW, PAGE, ROOT, VIEWERS, median_seconds, units_of_the_house
from benchmarks.report import Results
from engine.access.readers import principals_of
from engine.service.asked_counts import keep_asked
from engine.service.coverage import CoverageDesk, Declared, declared_in
from engine.service.coverage_kept import KeptCoverage
from engine.service.roster_rows import RosterLineRow, RosterReachRow
from engine.service.rows import BatchRows, ReaderRow
from engine.storage.store import open_store
from runtime.clock import SetClock
from runtime.jobs.leases import LeasedJobs
from runtime.settings import Settings
from runtime.wiring import desk_of

PAGE_MS_MAX: Final = 300.0
LINES: Final = 100_000
ATTENDANCES: Final = 300_000
CLASS: Final = 30
AT_ONCE: Final = 5_000
YEAR: Final = NOW.year
SEED: Final = 20260815


def coverage(results: Results) -> None:
    """Measure on a SQLite file."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        measured(results, f"sqlite:///{folder}/coverage.db", "SQLite")


def coverage_postgres(results: Results, url: str) -> None:
    """Measure the same on PostgreSQL."""
    measured(results, url, "PostgreSQL")


def measured(results: Results, url: str, database: str, lines: int = LINES, attendances: int = ATTENDANCES) -> None:
    """Fill a database and tell how long the questions of a page take, for each viewer and each kind of coverage."""
    with desk_of(Settings(database_url=url), clock=SetClock(NOW)) as opened:
        units_of_the_house(opened)
        rules = opened.desk.world(ROOT).rules
        # By reach within two years and by facet: it asks the most of the database.
        declared = next(one for one in declared_in(rules) if one.part.per == "two_years" and one.part.by is not None)
    _fill(url, declared, lines, attendances)
    with (
        desk_of(Settings(database_url=url), clock=SetClock(NOW)) as opened,
        tempfile.TemporaryDirectory(dir=HOME) as folder,
        closing(LeasedJobs.open(f"sqlite:///{folder}/jobs.db", SetClock(NOW))) as jobs,
    ):
        world = opened.desk.world(ROOT)
        for viewer in ("all", "1 %"):
            actor = VIEWERS[viewer]
            kept = KeptCoverage(opened.desk, jobs, ROOT, actor, world)
            desk = CoverageDesk(reads=opened.desk.reads, root=ROOT, world=world, principals=principals_of(actor))
            is_live = kept.counted(YEAR, [declared]) is not None
            for job in jobs.listed():
                keep_asked(opened.desk, ROOT, job.subject.rpartition(" ")[2])

            def page(desk: CoverageDesk = desk, kept: KeptCoverage = kept) -> object:
                told = kept.counted(YEAR, [declared])
                assert told is not None, "it was counted before"
                found = desk.told(declared, YEAR, told.numbers[declared.id])
                return found, desk.lines(declared, YEAR, covered=False, unit=None, after="", limit=PAGE + 1)

            whole = desk.count(declared, YEAR).whole
            results.at_most(
                f"{database}, {lines:,} lines, {attendances:,} attendances: coverage, sees {viewer}",
                1e3 * median_seconds(page),
                "ms",
                PAGE_MS_MAX,
                f"{'at once' if is_live else 'kept by a job'}; {whole.covered:,} of {whole.lines:,}",
            )
            results.add(
                f"{database}: the count itself, sees {viewer}",
                1e3 * median_seconds(lambda desk=desk: desk.numbers(declared, YEAR)),  # type: ignore[misc]  # a lambda with a default
                "ms", "", met=None,
            )  # fmt: skip


def _fill(url: str, declared: Declared, lines: int, attendances: int) -> None:
    """Write the lines with who sees them, and the attendances of classes, some thousands at a time."""
    chance, part = random.Random(SEED), declared.part
    facets = {name: codes if isinstance(codes, tuple) else ("true",) for name, codes in part.among.items()}
    store = open_store(url, write=True)
    try:
        assert store.writes is not None
        for first in range(0, max(lines, attendances), AT_ONCE):
            rows = BatchRows()
            for n in range(first, min(first + AT_ONCE, lines)):
                unit, case = f"unit{n % HUNDREDTH}", f"line{n:07}"
                said = json.dumps({name: chance.choice(codes) for name, codes in facets.items()})
                rows.roster_lines.append(RosterLineRow(ROOT, part.roster, f"P{n:07}", case, f"姓名{n}", unit, said))
                seen_by = (f"role:union_office@{ROOT}", f"role:auditor@{ROOT}", f"role:unit_head@{unit}")
                rows.readers.extend(ReaderRow(ROOT, principal, case, None) for principal in seen_by)
            for n in range(first, min(first + AT_ONCE, attendances)):
                key, day = f"P{chance.randrange(lines):07}", f"{YEAR - chance.randrange(3)}-05-06"
                reach, case = f"{declared.workflow}.{part.reach}", f"class{n // CLASS:07}"
                rows.roster_reaches.append(RosterReachRow(ROOT, reach, key, case, n % CLASS, ROOT, day, None, 0, 0))
            with store.writes.begin() as transaction:
                transaction.write(rows)
    finally:
        store.close()
