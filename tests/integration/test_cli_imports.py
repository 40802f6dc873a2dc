"""``banjie import`` and ``banjie import-log``: what a clerk is told of a file."""

from __future__ import annotations

import csv
import shutil
from pathlib import Path

import pytest

from tests.support.command_line import PROJECT, CommandLine, command_line
from tests.support.registers import Cell, write_rows

PERMIT = PROJECT / "tests/data/permit"
LOG_HEADINGS = (
    "case:concept:name",
    "concept:name",
    "time:timestamp",
    "case:startdate",
    "case:enddate",
    "case:deadline",
    "case:channel",
    "case:department",
    "org:resource",
    "org:group",
)


@pytest.fixture
def register(tmp_path: Path) -> Path:
    """A register of three rows, the last of which has no subject."""
    rows: list[dict[str, Cell]] = [
        {"编号": "1", "案由": "改善饮水", "提案人": "王建国", "提交日期": "2026-01-05", "备注": "x"},
        {"编号": "2", "案由": "更换照明", "提案人": "王建国", "提交日期": "2026-01-06"},
        {"编号": "3", "案由": None, "提案人": "王建国", "提交日期": "2026-01-07"},
    ]
    path = tmp_path / "register.xlsx"
    write_rows(path, rows)
    return path


def test_refused_rows_are_told_with_number_and_reason(house: CommandLine, register: Path) -> None:
    told = house.run("import", str(register), "--workflow", "proposal")
    assert told.code == 1
    assert told.out.startswith("读取 3 行：新建 2 件，此前已导入 0 件，")
    assert "! 以下列未使用：备注" in told.err
    assert "✗ 第 4 行：" in told.err
    assert "→ 加 --refused 文件.xlsx 可得到这些行，改正后再导入" in told.err


def test_refused_rows_are_written_to_a_file(house: CommandLine, register: Path, tmp_path: Path) -> None:
    refused = tmp_path / "refused.csv"
    told = house.run("import", str(register), "-w", "proposal", "--refused", str(refused), "--json")
    assert told.code == 1
    assert [row["row"] for row in told.json["refused"]] == [4]
    with refused.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert [row[0] for row in rows[1:]] == ["4"]


def test_a_dry_run_of_an_import_writes_nothing(house: CommandLine, register: Path) -> None:
    told = house.run("import", str(register), "-w", "proposal", "--dry-run", "--lang", "en")
    assert "3 rows: 2 would be new" in told.out
    assert "nothing was written" in told.out
    assert house.must("verify").startswith("已核验 0 件")


def test_an_import_goes_into_the_session_and_the_unit_named(house: CommandLine, register: Path) -> None:
    house.must("session", "add", "6", "3", "--call-opens", "2025-12-08", "--call-closes", "2026-01-13")
    told = house.run("import", str(register), "-w", "proposal", "--session", "6-3", "--unit", "HQ", "--json")
    assert told.json["created"] == 2


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--workflow", "nonsense"), 1, "没有名为“nonsense”的流程"),
        (("--workflow", "handling"), 1, "没有自带映射，请用 --map 指定"),
        (("--workflow", "proposal", "--session", "9-9"), 1, "届次叫“9-9”"),
        (("--workflow", "proposal", "--unit", "XX"), 1, "单位叫“XX”"),
        (("--workflow", "proposal", "--map", "no-such-map.yaml"), 2, "no-such-map.yaml"),
    ],
)
def test_an_import_says_what_is_not_there(
    house: CommandLine, register: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    told = house.run("import", str(register), *arguments)
    assert told.code == code
    assert says in told.err


def test_a_wrong_map_is_told_line_by_line(house: CommandLine, register: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "map.yaml"
    wrong.write_text("workflow: proposal\ncolumns: 5\n")
    told = house.run("import", str(register), "-w", "proposal", "--map", str(wrong))
    assert told.code == 1
    assert f"  {wrong}:2:10 " in told.err
    assert "→ 请改正后运行 banjie check" in told.err


@pytest.fixture
def permits(banjie: CommandLine, tmp_path: Path) -> CommandLine:
    """The command line under the rules of the permit log, with one organisation."""
    folder = tmp_path / "workflows"
    (folder / "permit").mkdir(parents=True)
    (folder / "lists").mkdir()
    shutil.copy(PERMIT / "definition.yaml", folder / "permit/v1.yaml")
    shutil.copytree(PROJECT / "workflows/calendars", folder / "calendars")
    here = command_line(f"sqlite:///{tmp_path}/permits.db", workflows=str(folder))
    here.must("unit", "add", "T", "--name", "市政府", "--root")
    return here


def test_a_foreign_log_becomes_cases(permits: CommandLine, tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    begin, end, due = "2011-10-11 13:42:22+02:00", "2011-10-20 10:00:00+02:00", "2011-12-06 13:41:31+01:00"
    events = [("Confirmation of receipt", "2011-10-12 09:00:00+02:00"), ("Something else", "2011-10-13 09:00:00+02:00")]
    with log.open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(LOG_HEADINGS)
        rows.writerows(["c-1", name, at, begin, end, due, "Internet", "General", "R1", "G1"] for name, at in events)
    told = permits.run("import-log", str(log), "--map", str(PERMIT / "map.yaml"), "--json")
    assert told.code == 0, told.err
    assert (told.json["events"], told.json["cases"], told.json["created"], told.json["notes"]) == (2, 1, 1, 1)
    again = permits.must("import-log", str(log), "--map", str(PERMIT / "map.yaml"), "--lang", "en")
    assert again.startswith("2 events of 1 cases: 0 new, 1 known")
    assert "c-1 c-1" in permits.must("explain", "c-1")
