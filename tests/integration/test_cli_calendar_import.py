"""``banjie calendar import`` as a person at a terminal uses it: a preview that writes nothing, then its doing."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from engine.service.calendar_change import Carried, Change
from runtime.cli import calendar_told
from tests.integration.test_cli_serve import serving
from tests.support.command_line import CommandLine, command_line
from tests.support.registers import Cell, write_rows

NOTICE = """\
year: 2026
title:
  zh: 关于增加放假日的补充通知
  en: Supplement on a day off
number: 补〔2026〕1号
issued_on: 2026-01-10
holidays:
  - name: {zh: 专项放假, en: Special holiday}
    from: 2026-04-07
make_up_days: []
"""


@pytest.fixture
def late(house: CommandLine, tmp_path: Path) -> CommandLine:
    """The 10th of March 2026 in a house with one proposal assigned on 5 January, to be answered within 90 days.

    90 days from 5 January are Sunday 5 April; Qingming is off up to the 6th, so the reply is due on Tuesday 7 April.
    """
    here = command_line(house.database, clock="2026-03-10T10:00:00+08:00")
    proposal: dict[str, Cell] = {"编号": "1", "案由": "改善饮水", "提案人": "王建国", "提交日期": "2025-12-10"}
    proposal |= {"审查结果": "立案", "审查日期": "2025-12-22", "提案号": "6-3-1"}
    proposal |= {"主办单位": "HQ", "交办日期": "2026-01-05"}
    write_rows(tmp_path / "proposals.csv", [proposal])
    here.must("import", str(tmp_path / "proposals.csv"), "-w", "proposal")
    return here


@pytest.fixture
def notice(tmp_path: Path) -> Path:
    """A supplement that makes Tuesday 7 April a day off."""
    return written(tmp_path, NOTICE)


def written(folder: Path, text: str) -> Path:
    path = folder / "notice.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def tables(banjie: CommandLine) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table but the index of words, which has no rows to read."""
    with sqlite3.connect(banjie.database.removeprefix("sqlite:///")) as database:
        all_of_them = "SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'found_words'"
        names = [row[0] for row in database.execute(all_of_them)]
        return {name: database.execute(f'SELECT * FROM "{name}"').fetchall() for name in names}


def due(banjie: CommandLine) -> list[tuple[str, bool]]:
    told = banjie.run("explain", "6-3-1", "--json").json["deadlines"]
    return [(clock["due_on"], clock["provisional"]) for clock in told if clock["name"] == "reply"]


def test_a_preview_names_case_deadline_dates_and_cause_and_writes_nothing(late: CommandLine, notice: Path) -> None:
    before = tables(late)
    lines = [line.split() for line in late.must("calendar", "import", str(notice)).splitlines()]
    assert lines[0] == ["关于增加放假日的补充通知（补〔2026〕1号）"]
    assert ["6-3-1", "答复期限", "2026-04-07", "2026-04-08", "4月7日改为放假（专项放假）"] in lines
    assert [line[:3] for line in lines if line and line[0] == "2026-04-07（周二）"] == [
        ["2026-04-07（周二）", "工作日", "放假（专项放假）"]
    ]
    assert lines[-1] == ["以上为预览，没有写入任何内容；加", "--apply", "实施"]
    assert tables(late) == before
    assert due(late) == [("2026-04-07", False)]


def test_with_apply_the_date_moves_and_every_command_counts_by_the_notice(late: CommandLine, notice: Path) -> None:
    told = late.must("calendar", "import", str(notice), "--apply")
    assert "已变动 1 项" in told
    assert told.splitlines()[-1] == "已录入该通知"
    assert due(late) == [("2026-04-08", False)]
    assert late.must("calendar", "due", "--start", "2026-04-03", "--within", "1 working day") == "2026-04-08（周三）\n"
    assert [line.split()[1] for line in late.must("calendar", "list").splitlines()[2:]][-1] == "补〔2026〕1号"
    assert late.run("verify").code == 0
    explained = late.must("explain", "6-3-1")
    assert "2026-04-07：据关于增加放假日的补充通知（补〔2026〕1号）" in explained
    assert "最初承诺：2026年4月7日（周二）" in explained
    changed = [line.split() for line in explained.splitlines() if "放假安排变更" in line]
    assert [line[3:5] for line in changed] == [["2026-04-07", "2026-04-08"]]


def test_a_notice_on_file_changes_nothing_a_second_time(late: CommandLine, notice: Path) -> None:
    late.must("calendar", "import", str(notice), "--apply")
    before = tables(late)
    assert "该通知不改变任何一天，没有期限变动" in late.must("calendar", "import", str(notice), "--apply")
    assert tables(late) == before


def test_a_deadline_that_was_changed_meanwhile_is_left_and_told(
    late: CommandLine, notice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def left(_desk: object, change: Change, **_progress: object) -> Carried:
        return Carried(moved=(), left=tuple((move, None) for move in change.moves))

    monkeypatch.setattr("engine.service.calendar_change.carry_out", left)
    told = late.run("calendar", "import", str(notice), "--apply")
    assert "✗ 6-3-1 答复期限：未变动，期间已另有变动" in told.err


def test_a_machine_reads_the_same(late: CommandLine, notice: Path) -> None:
    told = late.run("calendar", "import", str(notice), "--json").json
    assert (told["applied"], told["notice"]["year"], told["notice"]["unit"]) == (False, 2026, None)
    (organisation,) = told["organisations"]
    (move,) = organisation["moves"]
    assert (move["number"], move["old_on"], move["new_on"]) == ("6-3-1", "2026-04-07", "2026-04-08")
    assert [(day["on"], day["was"], day["now"]) for day in move["causes"]] == [("2026-04-07", "worked", "holiday")]
    assert move["causes"][0]["source"]["zh"] == "关于增加放假日的补充通知（补〔2026〕1号）"
    done = late.run("calendar", "import", str(notice), "--apply", "--json").json
    assert done["applied"]
    assert done["organisations"][0]["moves"] == organisation["moves"]


@pytest.mark.parametrize(
    ("wrong", "where", "says"),
    [
        (("2026-04-07", "7.4.2026"), "notice.yaml:9:11", "不是日期"),
        (("year: 2026", "year: 26"), "notice.yaml:1:7", "年份“26”无效"),
        (("make_up_days: []", "make_up_days: [2026-04-08]"), "notice.yaml:10:16", "本是工作日"),
        (("number:", "replaces: 无此文\nnumber:"), "notice.yaml:5:11", "没有文号为“无此文”的通知可代替"),
        (("year: 2026", "unit: XX\nyear: 2026"), "notice.yaml:1:7", "没有代码为“XX”的单位"),
    ],
)
def test_a_wrong_file_is_refused_with_line_and_column(
    late: CommandLine, tmp_path: Path, wrong: tuple[str, str], where: str, says: str
) -> None:
    before = tables(late)
    refused = late.run("calendar", "import", str(written(tmp_path, NOTICE.replace(*wrong))), "--apply")
    assert (refused.code, refused.out) == (1, "")
    assert where in refused.err
    assert says in refused.err
    assert tables(late) == before


def test_a_file_that_is_not_there_is_wrong_use(late: CommandLine, tmp_path: Path) -> None:
    assert late.run("calendar", "import", str(tmp_path / "none.yaml")).code == 2


def test_a_preview_needs_a_database(banjie: CommandLine, notice: Path) -> None:
    refused = banjie.run("calendar", "import", str(notice))
    assert refused.code == 1
    assert "不存在" in refused.err


def test_a_notice_can_be_kept_before_there_is_any_organisation(banjie: CommandLine, notice: Path) -> None:
    assert "已录入该通知" in banjie.must("calendar", "import", str(notice), "--apply")
    assert (
        banjie.must("calendar", "due", "--start", "2026-04-03", "--within", "1 working day") == "2026-04-08（周三）\n"
    )


def test_days_of_a_unit_move_no_term_that_counts_by_the_official_notices(late: CommandLine, tmp_path: Path) -> None:
    path = written(tmp_path, NOTICE.replace("year: 2026", "unit: HQ\nyear: 2026"))
    told = late.run("calendar", "import", str(path), "--apply", "--json").json
    assert [day["on"] for day in told["organisations"][0]["days"]] == ["2026-04-07"]
    assert told["organisations"][0]["moves"] == []
    assert due(late) == [("2026-04-07", False)]
    assert "HQ" in late.must("calendar", "list").splitlines()[-1]


def test_a_running_server_counts_by_a_notice_imported_beside_it(late: CommandLine, notice: Path) -> None:
    token = late.must("token", "add", "wang", "--title", "测试").splitlines()[0].split("：")[1]
    question = "/api/calendar/due?start=2026-04-03&within=1%20working%20day"
    with serving(late) as server:
        assert json.loads(server.get(question, token))["due_on"] == "2026-04-07"
        assert "已变动 1 项" in late.must("calendar", "import", str(notice), "--apply")
        assert json.loads(server.get(question, token))["due_on"] == "2026-04-08"
    assert due(late) == [("2026-04-08", False)]


def test_a_long_list_of_moves_is_cut_and_says_how_many_more_there_are(
    late: CommandLine, notice: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calendar_told, "MOVES_SHOWN_MAX", 0)
    told = late.must("calendar", "import", str(notice))
    assert "以上为前 0 项，其余 1 项用 --json 列出" in told
    assert "6-3-1" not in told
    assert "6-3-1" in late.must("calendar", "import", str(notice), "--json")
