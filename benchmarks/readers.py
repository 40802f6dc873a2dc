"""What changes the sight of 100,000 cases: a unit moved in the tree, one moved below whom its cases complain about, and
a grant. Live work goes on meanwhile."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import JsonValue

from benchmarks.copies import copy_case
from benchmarks.report import Results
from engine.access.directory import GrantRow, Person, Unit
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.commands import OpenCase
from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.service.execute import Done
from engine.service.moved_units import rewrite_readers, sights
from engine.service.plain import AddGrant, AddPerson, AddUnit, PlainWrite
from engine.service.ports import CaseFilter
from engine.text import Text
from runtime.clock import SetClock
from runtime.settings import Settings
from runtime.wiring import Opened, open_desk

CASES = 100_000
SECONDS_MAX = 30.0
LIVE_P99_MS_MAX = 250.0
LIVE_PAUSE_SECONDS = 0.01
CHECKED = 1_000
ROOT = RootId("house")
NOW = datetime(2026, 3, 2, 1, tzinfo=UTC)
UNITS = {"house": None, "east": "house", "west": "house", "shop": "east"}
OFFICES = {"chair": "house", "east": "east", "west": "west", "shop": "shop"}
"""Who holds the union office of which unit."""
KINDS = {"a unit moved": (), "moved below who is complained about": ("west",)}


def readers(results: Results, *, cases: int = CASES) -> None:
    """Measure each change in a process of its own."""
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.readers", f"{folder}/moved.db", str(cases), kind],
                check=True,
                stdout=subprocess.PIPE,
                text=True,
            )
        told: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
        named = f"readers of {cases:,} cases, {kind}"
        note = f"{told['cpu']:.1f} s of processor time, {told['rows']:.0f} rows of each; live work beside it"
        results.at_most(named, told["seconds"], "s", SECONDS_MAX, note)
        results.at_most(f"{named}: what it takes away", told["gone_ms"], "ms", SECONDS_MAX * 1e3, "gone with the move")
        results.at_most(f"{named}: live p99 beside it", told["live_p99_ms"], "ms", LIVE_P99_MS_MAX,
                        f"{told['live']:,.0f} cases opened")  # fmt: skip
        results.at_most(f"a grant over {cases:,} cases, {kind}", told["grant_ms"], "ms", SECONDS_MAX * 1e3,
                        "until its holder's list shows them")  # fmt: skip


def main() -> None:
    """Make the cases, move their unit, and tell what that took."""
    database, cases, accused = Path(sys.argv[1]), int(sys.argv[2]), KINDS[sys.argv[3]]
    settings = Settings(database_url=f"sqlite:///{database}")
    opened = open_desk(settings, clock=SetClock(NOW))
    opened.desk.office.write(_directory())
    first = _filed(opened, accused)
    opened.close()
    copy_case(database, first, cases - 1)
    opened = open_desk(settings, clock=SetClock(NOW + timedelta(days=1)))
    told = _measured(opened, bool(accused))
    opened.close()
    sys.stdout.write(json.dumps(told) + "\n")


def _measured(opened: Opened, is_complaint: bool) -> dict[str, float]:
    desk = opened.desk
    loses = "shop" if is_complaint else "east"
    assert _sees(opened, loses), "before the move the cases are seen"
    granted = time.perf_counter()
    late = Person(root=ROOT, id=PersonId("late"), name="后来者")
    grant = GrantRow(root=ROOT, person=late.id, role="supervisor", unit=UnitId(ROOT))
    desk.office.write([AddPerson(late), AddGrant(grant)])
    actor = desk.queries.actor(ROOT, late.id, NOW)
    assert desk.queries.page(ROOT, actor, CaseFilter(), limit=50).next is not None
    grant_ms = 1e3 * (time.perf_counter() - granted)

    times: list[float] = []
    stop = threading.Event()
    live = threading.Thread(target=lambda: asyncio.run(_live(opened, times, stop)))
    live.start()
    (one,) = desk.reads.cases_in(ROOT, [UnitId("shop")], 0)[:1]
    was, moved = desk.reads.readers(ROOT, [one])[one], time.perf_counter()
    desk.office.write([AddUnit(_unit("shop", "west"))])
    assert not _sees(opened, loses), "what a move takes away is gone with it"
    gone_ms = 1e3 * (time.perf_counter() - moved)
    began, processor = time.perf_counter(), time.process_time()
    rewrite_readers(desk, ROOT)
    seconds, cpu = time.perf_counter() - began, time.process_time() - processor
    stop.set()
    live.join()
    _check(opened)
    assert _sees(opened, "west") is not is_complaint
    assert not _sees(opened, loses)
    times.sort()
    return {
        "seconds": seconds,
        "cpu": cpu,
        "gone_ms": gone_ms,
        "grant_ms": grant_ms,
        "rows": len(was ^ desk.reads.readers(ROOT, [one])[one]),
        "live": len(times),
        "live_p99_ms": times[int(len(times) * 0.99)] * 1e3,
    }


async def _live(opened: Opened, times: list[float], stop: threading.Event) -> None:
    """Open one case after the other, as people do meanwhile."""
    while not stop.is_set():
        began = time.perf_counter()
        answer = await opened.desk.office.ask(_opening(f"live {len(times)}", "house", ()))
        times.append(time.perf_counter() - began)
        assert isinstance(answer, Done), answer
        await asyncio.sleep(LIVE_PAUSE_SECONDS)


def _sees(opened: Opened, office: str) -> bool:
    """Return whether the union office of a unit sees any case of the shop."""
    actor = opened.desk.queries.actor(ROOT, PersonId(office), NOW)
    return bool(opened.desk.queries.page(ROOT, actor, CaseFilter(unit="shop"), limit=1).lines)


def _check(opened: Opened) -> None:
    """Compare the readers of some of the cases with those worked out afresh."""
    reads, world = opened.desk.reads, opened.desk.world(ROOT)
    ids = list(reads.all_case_ids(ROOT))
    some = ids[:: max(1, len(ids) // CHECKED)]
    stored = reads.readers(ROOT, some)
    for case, fresh in sights(world, reads.cases(ROOT, some), {}):
        assert stored[case.id] == fresh, case.id
    assert not reads.unit_moves(ROOT)


def _directory() -> list[PlainWrite]:
    writes: list[PlainWrite] = [AddUnit(_unit(name, above)) for name, above in UNITS.items()]
    for person, unit in OFFICES.items():
        writes.append(AddPerson(Person(root=ROOT, id=PersonId(person), name=person, unit=UnitId(unit))))
        writes.append(AddGrant(GrantRow(root=ROOT, person=PersonId(person), role="union_office", unit=UnitId(unit))))
    return writes


def _unit(name: str, above: str | None) -> Unit:
    parent = None if above is None else UnitId(above)
    return Unit(root=ROOT, id=UnitId(name), parent=parent, code=name, title=Text(name, name))


def _opening(key: str, unit: str, accused: Sequence[str]) -> OpenCase:
    form: dict[str, JsonValue] = {
        "subject": "班组长克扣奖金",
        "channel": "letter",
        "petitioner_name": "王",
        "content": "略",
    }
    office = Actor(
        kind=ActorKind.PERSON, person=PersonId("chair"), grants=frozenset({Grant("union_office", UnitId(ROOT))})
    )
    return OpenCase(
        root=ROOT,
        actor=office,
        key=key,
        workflow="grievance",
        unit=UnitId(unit),
        form={**form, "confidentiality": "internal", **({"accused_units": list(accused)} if accused else {})},
    )


def _filed(opened: Opened, accused: Sequence[str]) -> CaseId:
    (answer,) = opened.desk.office.carry_out([_opening("first", "shop", accused)])
    assert isinstance(answer, Done), answer
    return answer.outcome.case


if __name__ == "__main__":
    main()
