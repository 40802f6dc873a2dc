"""``make bench``: every figure of the README, with its goal, in one run; writes ``build/bench.json``."""

from __future__ import annotations

import argparse
import os
import platform
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.coverage import coverage, coverage_postgres
from benchmarks.delivering import delivering
from benchmarks.dossiers import dossiers
from benchmarks.engine_steps import postgres_steps, sqlite_steps
from benchmarks.exporting import exporting
from benchmarks.figures_of_a_unit import figures_of_a_unit, figures_of_a_unit_postgres
from benchmarks.figures_pages import figures_pages
from benchmarks.floors import flush_probe
from benchmarks.growth import growth
from benchmarks.http_steps import http_steps
from benchmarks.imports import imports, live_beside_import
from benchmarks.kept import HOME, KEPT_FROM_CASES, SIZES, Kept
from benchmarks.ledgers import ledgers, million
from benchmarks.moved_dates import moved_dates
from benchmarks.overdue_list import overdue_list, overdue_list_postgres
from benchmarks.pages import pages
from benchmarks.readers import readers
from benchmarks.reading import STANDARD_CASES, reading
from benchmarks.report import Results
from benchmarks.searching import searching, searching_postgres
from benchmarks.sheets import sheets, sheets_postgres
from benchmarks.similar import similar
from benchmarks.simulating import simulating
from benchmarks.startup import startup
from benchmarks.sweeping import sweeping


def main() -> None:
    """Run the measurements that were asked for and write them."""
    parser = argparse.ArgumentParser(prog="benchmarks", description="Measure Banjie against hand-written floors")
    parser.add_argument(
        "--size", default="standard", type=size, metavar="|".join([*SIZES, "N"]), help="cases in the database"
    )
    parser.add_argument(
        "--only",
        default="",
        help="comma-separated: "
        "sqlite,postgres,http,imports,exporting,simulating,live,sweep,overdue,coverage,sheets,pages,figures,unit,reading,readers,dates,ledger,deliver,search,similar,dossiers,startup",
    )
    parser.add_argument("--output", type=Path, default=Path("build/bench.json"))
    options = parser.parse_args()
    wanted = set(options.only.split(",")) - {""}
    name, cases = options.size
    results = Results(command="make bench" if name == "standard" else f"make bench SIZE={name}")
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        probe = flush_probe(Path(folder))
    load = os.getloadavg()[0]
    sys.stdout.write(
        f"{os.cpu_count()} cores shared by floors, engine and clients; load {load:.1f}; "
        f"flush of 8 kB {probe * 1e6:.0f} µs; Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}\n"
    )
    results.add("flush probe, 8 kB", probe * 1e6, "µs", "", met=None, note=f"load {load:.1f}")

    def asked(name: str) -> bool:
        return not wanted or name in wanted

    if asked("sqlite"):
        # On the disk of the database that is kept: a floor on another one would decide nothing.
        with tempfile.TemporaryDirectory(dir=HOME) as folder:
            sqlite_steps(results, cases, Path(folder))
            if cases >= KEPT_FROM_CASES:
                growth(results, Kept(cases=cases), Path(folder))
    if asked("postgres"):
        _on_postgres(lambda url, other: postgres_steps(results, url, other, cases))
    if asked("http"):
        http_steps(results)
    if asked("imports"):
        imports(results)
    if asked("exporting"):
        exporting(results)
    if asked("simulating"):
        simulating(results)
    if asked("live"):
        live_beside_import(results)
    if asked("sweep"):
        # The list of what is late is asked of a million cases; opening them takes minutes, and only a large run does.
        sweeping(results, listed=cases if cases >= KEPT_FROM_CASES else 0)
    if asked("overdue"):
        overdue_list(results, cases)
        _on_postgres(lambda url, _other: overdue_list_postgres(results, url, cases))
    if asked("coverage"):
        coverage(results)
        _on_postgres(lambda url, _other: coverage_postgres(results, url))
    if asked("sheets"):
        sheets(results)
        _on_postgres(lambda url, _other: sheets_postgres(results, url))
    if asked("pages"):
        pages(results, cases)
    if asked("figures"):
        figures_pages(results, cases)
    if asked("unit"):
        figures_of_a_unit(results, cases)
        _on_postgres(lambda url, _other: figures_of_a_unit_postgres(results, url, cases))
    if asked("reading"):
        # While somebody else writes, what a page costs of lists hardly hangs on their length: a large run proves it.
        reading(results, cases if cases >= KEPT_FROM_CASES else STANDARD_CASES)
    if asked("readers"):
        readers(results)
    if asked("dates"):
        moved_dates(results)
    if asked("ledger"):
        ledgers(results)
        if cases >= KEPT_FROM_CASES:
            million(results)
    if asked("deliver"):
        delivering(results)
    if asked("search"):
        searching(results, cases)
        _on_postgres(lambda url, _other: searching_postgres(results, url, cases))
    if asked("similar"):
        similar(results)
    if asked("dossiers"):
        dossiers(results)
    if asked("startup"):
        startup(results)
    results.write(options.output)


def size(text: str) -> tuple[str, int]:
    """Read a size: one of the names, or a number of cases."""
    if text in SIZES:
        return text, SIZES[text]
    if text.isdecimal() and int(text) > 0:
        return text, int(text)
    raise argparse.ArgumentTypeError(f"{', '.join(SIZES)} or a number of cases, not {text!r}")


def _on_postgres(measure: Callable[[str, str], None]) -> None:
    """Measure on two databases of a PostgreSQL of our own, with its flushes on."""
    from deploy.packages import find_postgres
    from tests.support.postgres import create_database, start, stop

    programs = find_postgres()
    if programs is None:
        sys.stdout.write("PostgreSQL: not measured, no server programs found\n")
        return
    server = start(programs, durable=True)
    try:
        measure(create_database(server.url), create_database(server.url))
    finally:
        stop(server)


if __name__ == "__main__":
    main()
