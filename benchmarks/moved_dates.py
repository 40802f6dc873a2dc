"""``banjie calendar import`` over 100,000 open cases, every one of which a notice moves: the preview, and its doing."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.copies import copy_case
from benchmarks.report import Results
from benchmarks.stand import CLERK, DEFINITIONS, ROOT, directory_of_the_stand
from engine.case.commands import OpenCase
from engine.case.identity import UnitId
from engine.service.execute import Done
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.wiring import desk_of

CASES = 100_000
OPENED_AT = datetime(2026, 3, 2, 1, tzinfo=UTC)
LOOKED_AT = "2026-03-09T09:00:00+08:00"
DAYS_OFF = 3
MOVED = re.compile("变动 ([0-9]+) 项")
CALENDARS = Path(__file__).resolve().parent.parent / "workflows" / "calendars"


def moved_dates(results: Results, *, cases: int = CASES) -> None:
    """Measure the command as it is typed, each time in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        notice = _build(Path(folder), cases)
        for doing, options in (("preview", []), ("carried out", ["--apply"])):
            told = _run(Path(folder), notice, options)
            results.add(
                f"calendar import over {cases:,} open cases, {doing}", told["seconds"], "s", "", met=None,
                note=f"{told['cpu']:.1f} s of processor time, {told['megabytes']:.0f} MB; {told['moved']:.0f} moved",
            )  # fmt: skip


def _build(folder: Path, cases: int) -> Path:
    """Make the database and the notice in a folder, and return the notice's file."""
    workflows = folder / "workflows"
    shutil.copytree(DEFINITIONS, workflows)
    shutil.copytree(CALENDARS, workflows / "calendars")
    settings = Settings(database_url=f"sqlite:///{folder}/dates.db", workflows=workflows)
    with desk_of(settings, clock=SetClock(OPENED_AT)) as opened:
        opened.desk.office.write(directory_of_the_stand())
        opening = OpenCase(
            root=ROOT,
            actor=CLERK,
            key="first",
            workflow="watched_steps",
            unit=UnitId("bench"),
            form={"subject": "测量用事项"},
        )
        (answer,) = opened.desk.office.carry_out([opening])
        assert isinstance(answer, Done), answer
        (case,) = opened.desk.reads.cases(ROOT, [answer.outcome.case])
    copy_case(folder / "dates.db", case.id, cases - 1)
    due_on = case.clocks[0].due_on
    notice = folder / "notice.yaml"
    notice.write_text(
        f"year: {due_on.year}\n"
        "title: {zh: 测量用放假安排, en: A notice for measuring}\n"
        "number: 测量1号\n"
        "issued_on: 2026-03-06\n"
        "holidays:\n"
        "  - name: {zh: 临时放假, en: Days off}\n"
        f"    from: {due_on}\n"
        f"    until: {due_on + timedelta(days=DAYS_OFF - 1)}\n"
        "make_up_days: []\n",
        encoding="utf-8",
    )
    return notice


def _run(folder: Path, notice: Path, options: list[str]) -> dict[str, float]:
    environment = {**os.environ, "BANJIE_WORKFLOWS": str(folder / "workflows"), "BANJIE_CLOCK": LOOKED_AT}
    command = ["--database", str(folder / "dates.db"), "calendar", "import", str(notice), *options]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.moved_dates", *command],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    told["moved"] = int(MOVED.findall(done.stdout)[0])
    return told


def main() -> None:
    """Run the command line, then tell seconds, processor time and megabytes of this process."""
    from runtime.cli.main import main as banjie

    began = time.perf_counter()
    try:
        banjie()
    except SystemExit as end:
        if end.code:
            raise
    seconds, used = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_SELF)
    told = {"seconds": seconds, "cpu": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1024}
    sys.stdout.write("\n" + json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
