"""The page of what campaigns have found, and a release that goes on where it was left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from benchmarks import campaign
from benchmarks.hunting import CAUGHT, MINUTES, Hunted
from benchmarks.reliability import KEPT, PAGE, page, read_slices, summed, with_slice, write_slices
from benchmarks.report import Met, Result


def row(name: str, value: float, unit: str = "", goal: str = "0", met: Met = True) -> Result:
    return Result(name=name, value=value, unit=unit, goal=goal, met=met, command="make campaign", note="")


def a_hunt(name: str, size: str, found: float, *, met: bool = True, bugs: str | None = "2") -> Hunted:
    rows = [row(f"{size}: lost", found, met=met), row(f"{name}: time taken", 1.5, MINUTES, "", None)]
    if bugs is not None:
        rows.append(row(f"{name}: bugs put in on purpose", 2, CAUGHT, bugs))
    return Hunted(name=name, rows=tuple(rows), minutes=1.5)


def test_runs_of_a_hunt_are_added_up_sizes_and_findings(tmp_path: Path) -> None:
    slices = read_slices(tmp_path / "none.json")
    with_slice(slices, a_hunt("kill", "SQLite, 150 kills, 8,120 commands", 0), 5, "abc", "2026-11-23")
    with_slice(
        slices, a_hunt("kill", "SQLite, 150 kills, 1,900 commands", 1, met=False, bugs=None), 6, "abc", "2026-11-24"
    )
    (only,) = summed(slices["kill"])
    assert (only.name, only.value, only.met) == ("SQLite, 300 kills, 10,020 commands: lost", 1, False)
    line = page(slices).splitlines()[-1]
    assert (
        line
        == "| kill | SQLite, 300 kills, 10,020 commands | lost | **1** | 2/2 | 2 from 5 | `abc` | 2026-11-24 | 3.0 |"
    )
    assert "1 hunts, 2 of 2 bugs caught, findings in: kill." in page(slices)


def test_a_bound_is_the_worst_of_all_runs_and_is_named() -> None:
    slices = read_slices(Path("/nowhere"))
    for seed, tries in ((1, 3.0), (2, 4.0)):
        rows = (row("900 commands: 99 of 100 asked so often at most", tries, goal="<= 5"),)
        with_slice(slices, Hunted(name="history", rows=rows, minutes=0), seed, "abc", "2026-11-23")
    assert "| 1,800 commands | 99 of 100 asked so often at most | 4 (bound <= 5) | – |" in page(slices)


def test_what_another_program_found_does_not_count_and_a_seed_counts_once(tmp_path: Path) -> None:
    slices = read_slices(tmp_path / "none.json")
    for seed, program, found in ((5, "old", 7), (5, "new", 1), (6, "new", 0), (5, "new", 0)):
        with_slice(slices, a_hunt("kill", "9 kills", found), seed, program, "2026-11-23")
    assert [(one.seed, one.program, one.rows[0].value) for one in slices["kill"]] == [(5, "new", 0), (6, "new", 0)]
    write_slices(tmp_path / "kept.json", slices)
    assert read_slices(tmp_path / "kept.json") == slices


def test_the_page_of_the_repository_is_made_from_its_file() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(read_slices(KEPT)), "python -m benchmarks.reliability"


def test_the_file_speaks_of_no_hunt_that_is_gone() -> None:
    kept = read_slices(KEPT)
    assert set(kept) <= set(campaign.ALL), "a hunt that is no more is taken out of docs/reliability.json"


class Runs:
    """Stands in for the processes of hunts: each is over at once, and kept as the real ones are."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, found: float = 0) -> None:
        self.asked: list[tuple[int, tuple[str, ...], bool]] = []
        self.found = found
        monkeypatch.setattr(campaign, "run", self)
        monkeypatch.setattr(campaign, "program_now", lambda: "abc")
        monkeypatch.setattr(campaign, "SEEDS_OF_A_RELEASE", {"kill": 3})

    def __call__(self, chosen: Sequence[str], seed: int, kept: Path, *, control: bool) -> Iterator[Hunted]:
        self.asked.append((seed, tuple(chosen), control))
        for name in chosen:
            hunt = a_hunt(name, "9 kills", self.found, met=not self.found)
            slices = read_slices(kept)
            with_slice(slices, hunt, seed, "abc", "2026-11-23")
            write_slices(kept, slices)
            yield hunt


def test_a_release_runs_a_hunt_by_as_many_seeds_as_it_needs_and_puts_bugs_in_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = Runs(monkeypatch)
    assert campaign.release(["walk", "kill"], 10, tmp_path / "kept.json", 60) == 0
    assert runs.asked == [(10, ("walk", "kill"), True), (11, ("kill",), False), (12, ("kill",), False)]


def test_a_release_that_had_no_time_left_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / "kept.json"
    assert campaign.release(["kill"], 10, kept, minutes=-1) == 1
    assert "not yet done: kill from seed 10 on; ask again to go on" in capsys.readouterr().out
    runs = Runs(monkeypatch)
    slices = read_slices(kept)
    with_slice(slices, a_hunt("kill", "9 kills", 0), 11, "abc", "2026-11-23")
    write_slices(kept, slices)
    assert campaign.release(["kill"], 10, kept, 60) == 0
    assert [seed for seed, _names, _control in runs.asked] == [10, 12]


def test_a_release_with_findings_fails_though_they_are_of_an_earlier_hour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Runs(monkeypatch, found=1)
    assert campaign.release(["kill"], 10, tmp_path / "kept.json", 60) == 1
    Runs(monkeypatch)
    assert campaign.release(["kill"], 10, tmp_path / "kept.json", 60) == 1
