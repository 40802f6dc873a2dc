"""Importing registers: an intake of 10,000 rows, 2,000 full lives, and what live callers feel meanwhile."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import xlsxwriter

from benchmarks.report import Results
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.commands import OpenCase
from engine.case.identity import PersonId, UnitId
from engine.service.execute import Done
from runtime.demo.corpus import Corpus
from runtime.demo.organisation import cast_of, directory_writes
from runtime.settings import Settings
from runtime.wiring import Opened, open_desk

INTAKE_ROWS, INTAKE_SECONDS_MAX = 10_000, 15.0
LIVES, LIVES_SECONDS_MAX = 2_000, 30.0
MEMORY_MB_MAX = 400.0
LIVE_P99_MS_MAX = 250.0
MAP = Path(__file__).resolve().parent.parent / "workflows" / "proposal" / "import.yaml"


def imports(results: Results) -> None:
    """Measure both imports as the command line runs them, each in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        intake, lives = Path(folder) / "intake.xlsx", Path(folder) / "lives.xlsx"
        write_intake(intake, INTAKE_ROWS)
        write_lives(lives, LIVES)
        for name, path, most in (
            (f"import of {INTAKE_ROWS:,} intake rows (.xlsx)", intake, INTAKE_SECONDS_MAX),
            (f"import of {LIVES:,} full lives (.xlsx)", lives, LIVES_SECONDS_MAX),
        ):
            told = _in_a_process(Path(folder) / f"{path.stem}.db", path)
            results.at_most(name, told["seconds"], "s", most, note=f"{told['created']} created")
            results.at_most(f"{name}, memory", told["megabytes"], "MB", MEMORY_MB_MAX)


def live_beside_import(results: Results) -> None:
    """Measure live commands while 10,000 rows are imported by the same committer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "intake.xlsx"
        write_intake(path, INTAKE_ROWS)
        opened, corpus = _organisation(Path(folder) / "live.db")
        cast = cast_of(corpus)
        from engine.service.importing.registers import import_register

        importing = threading.Thread(
            target=lambda: import_register(
                opened.desk, cast.root, path, "proposal", map_path=MAP, unit=UnitId(cast.root), session=cast.session
            )
        )
        actor = Actor(
            kind=ActorKind.PERSON, person=PersonId("bench"), grants=frozenset({Grant("delegate", UnitId(cast.root))})
        )
        times: list[float] = []

        async def live() -> None:
            importing.start()
            number = 0
            while importing.is_alive():
                number += 1
                began = time.perf_counter()
                answer = await opened.desk.office.ask(
                    OpenCase(
                        root=cast.root,
                        actor=actor,
                        key=f"live-{number}",
                        workflow="proposal",
                        unit=UnitId(cast.root),
                        form={"subject": "改善食堂", "category": "welfare", "grounds": "略", "proposed_measures": "略"},
                    )
                )
                times.append(time.perf_counter() - began)
                assert isinstance(answer, Done), answer
                await asyncio.sleep(0.01)

        asyncio.run(live())
        importing.join()
        opened.close()
    times.sort()
    p99 = times[int(len(times) * 0.99)] * 1000
    results.at_most(
        "live p99 while 10,000 rows are imported", p99, "ms", LIVE_P99_MS_MAX, f"{len(times)} live commands"
    )


def write_intake(path: Path, rows: int) -> None:
    """Write a register of proposals just handed in."""
    corpus = Corpus()
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("提案登记")
    sheet.write_row(0, 0, ["编号", "案由", "类别", "案据", "建议措施", "提案人", "提交日期"])
    for n in range(rows):
        text = corpus.proposals[n % len(corpus.proposals)]
        sheet.write_row(
            n + 1,
            0,
            [
                f"T{n + 1:05d}",
                f"{text.subject}（{n + 1}）",
                text.category,
                text.grounds,
                text.measures,
                corpus.persons[n % len(corpus.persons)].zh,
                f"2026-01-{n % 12 + 1:02d}",
            ],
        )
    book.close()


def write_lives(path: Path, rows: int) -> None:
    """Write a register of finished proposals: filed, assigned, answered, evaluated, closed."""
    corpus = Corpus()
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True})
    sheet = book.add_worksheet("提案办理登记")
    sheet.write_row(
        0,
        0,
        [
            "编号",
            "案由",
            "类别",
            "案据",
            "建议措施",
            "提案人",
            "提交日期",
            "审查结果",
            "审查日期",
            "主办单位",
            "交办日期",
            "答复类别",
            "答复日期",
            "落实时限",
            "办理态度",
            "办理结果",
            "评价日期",
            "结案日期",
        ],
    )
    for n in range(rows):
        text = corpus.proposals[n % len(corpus.proposals)]
        sheet.write_row(
            n + 1,
            0,
            [
                f"T{n + 1:05d}",
                f"{text.subject}（{n + 1}）",
                text.category,
                text.grounds,
                text.measures,
                corpus.persons[n % len(corpus.persons)].zh,
                "2026-01-12",
                "立案",
                "2026-01-26",
                corpus.units[n % len(corpus.units)].zh,
                "2026-02-02",
                "A",
                "2026-04-20",
                "",
                "满意",
                "满意",
                "2026-04-28",
                "2026-05-08",
            ],
        )
    book.close()


def _organisation(database: Path) -> tuple[Opened, Corpus]:
    opened = open_desk(Settings(database_url=f"sqlite:///{database}"))
    corpus = Corpus()
    opened.desk.office.write(directory_writes(corpus, cast_of(corpus)))
    return opened, corpus


def _in_a_process(database: Path, register: Path) -> dict[str, float]:
    """Import in a fresh process, so that its memory is its own; return what it told."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.imports", str(database), str(register)],
        check=True,
        capture_output=True,
        text=True,
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return told


def main() -> None:
    """Import one register into a fresh database and tell seconds, megabytes and cases created."""
    from engine.service.importing.registers import import_register

    opened, corpus = _organisation(Path(sys.argv[1]))
    cast = cast_of(corpus)
    began = time.perf_counter()
    register, unit = Path(sys.argv[2]), UnitId(cast.root)
    report = import_register(
        opened.desk, cast.root, register, "proposal", map_path=MAP, unit=unit, session=cast.session
    )
    seconds = time.perf_counter() - began
    opened.close()
    assert not report.refused, report.refused[:3]
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sys.stdout.write(json.dumps({"seconds": seconds, "megabytes": megabytes, "created": report.created}) + "\n")


if __name__ == "__main__":
    main()
