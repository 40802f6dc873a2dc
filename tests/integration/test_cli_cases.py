"""``banjie figures``, ``overdue``, ``explain``, ``verify`` and ``demo`` on a small sample congress."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from runtime.clock import SetClock
from tests.support.command_line import CommandLine, command_line
from tests.support.registers import Cell, write_rows


def test_figures_name_what_they_are_made_of(sample: CommandLine) -> None:
    printed = sample.must("figures", "--workflow", "proposal")
    assert "截至：2026-09-15 09:00（北京时间）" in printed
    assert "范围：江岭重工机械有限公司，共" in printed
    figures = sample.run("figures", "--workflow", "proposal", "--json").json
    filing = next(measure for measure in figures["measures"] if measure["name"] == "filing_rate")
    line = next(line for line in printed.splitlines() if line.startswith("立案率 "))
    assert line.split()[1:3] == [f"{filing['numerator']}/{filing['denominator']}", f"{filing['value']}%"]
    assert line.split()[3] == f"{filing['interval']['low']}–{filing['interval']['high']}%"
    assert (filing["interval"]["level"], filing["interval"]["method"], filing["minimum_sample"]) == (95, "wilson", 5)
    assert "置信区间：威尔逊得分法，仅用于按件数计算的比率" in printed
    assert "样本过小（不足 5）" in printed
    assert next(one for one in figures["measures"] if one["name"] == "merge_reduction")["interval"] is None


def test_figures_as_of_a_day_count_what_was_known_by_its_end(sample: CommandLine) -> None:
    before = sample.run("figures", "-w", "proposal", "--as-of", "2025-12-01", "--json").json
    after = sample.run("figures", "-w", "proposal", "--as-of", "2026-09-01", "--json").json
    assert before["scope"]["cases"] == 0
    assert after["scope"]["cases"] > 0
    assert after["as_of"] == "2026-09-01T15:59:59.999999Z"


def test_figures_are_broken_down(sample: CommandLine) -> None:
    printed = sample.must("figures", "-w", "grievance", "--by", "unit")
    assert "\n  后勤服务中心 " in printed
    measures = sample.run("figures", "-w", "proposal", "--by", "month", "--json").json["measures"]
    reply = next(measure for measure in measures if measure["name"] == "reply_rate")
    assert sum(group["denominator"] for group in reply["by"]) == reply["denominator"]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--workflow", "nonsense"), 1, "没有名为“nonsense”的流程"),
        (("--workflow", "proposal", "--as-of", "soon"), 1, "不是日期"),
        (("--workflow", "proposal", "--by", "colour"), 2, "colour"),
        ((), 2, "--workflow"),
    ],
)
def test_figures_say_what_is_wrong(sample: CommandLine, arguments: tuple[str, ...], code: int, says: str) -> None:
    asked = sample.run("figures", *arguments)
    assert (asked.code, asked.out) == (code, "")
    assert says in asked.err


@pytest.fixture
def late(house: CommandLine, tmp_path: Path) -> CommandLine:
    """The 10th of April 2026 in a house with one proposal assigned on 5 January, and one grievance of two days ago."""
    here = command_line(house.database, clock="2026-04-10T10:00:00+08:00")
    proposal: dict[str, Cell] = {"编号": "1", "案由": "改善饮水", "提案人": "王建国", "提交日期": "2025-12-10"}
    proposal |= {"审查结果": "立案", "审查日期": "2025-12-22", "提案号": "6-3-1"}
    proposal |= {"主办单位": "HQ", "交办日期": "2026-01-05"}
    write_rows(tmp_path / "proposals.csv", [proposal])
    here.must("import", str(tmp_path / "proposals.csv"), "-w", "proposal")
    grievance: dict[str, Cell] = {"编号": "1", "标题": "食堂饭菜", "内容": "饭菜偏凉", "日期": "2026-04-08"}
    write_rows(tmp_path / "grievances.csv", [grievance])
    here.must("import", str(tmp_path / "grievances.csv"), "-w", "grievance")
    return here


def test_the_overdue_are_listed_from_the_most_overdue(late: CommandLine) -> None:
    # Ten days from 5 January; 90 days from 5 January are Sunday 5 April, and Qingming is off up to the 6th.
    lines = [line.split() for line in late.must("overdue").splitlines()]
    assert lines[2] == [
        "6-3-1",
        "改善饮水",
        "后勤中心",
        "签收（退办）期限",
        "2026-01-15（周四）",
        "逾期",
        "56",
        "个工作日",
        "2026-01-16",
        "逾期未签收催办",
    ]
    reply = ["6-3-1", "改善饮水", "后勤中心", "答复期限", "2026-04-07（周二）", "逾期", "3", "个工作日"]
    # Nobody has swept: the first rung, seven days before, is still the next.
    assert lines[3] == [*reply, "2026-03-31", "蓝色：临期提醒"]
    assert lines[4] == ["共", "2", "项"]
    # The grievance of 8 April is to be answered by the 23rd: nine working days ahead, and no rung stands.
    assert lines[5] == ["逾期", "2", "项，临期", "0", "项；按层级：层级未启动", "2"]


def test_what_is_due_soon_is_listed_when_asked(late: CommandLine) -> None:
    listed = late.run("overdue", "--within", "13", "--json").json
    assert listed["as_of"].startswith("2026-04-10T02:00:0")
    assert [(case["due_on"], case["overdue"], case["working_days_late"]) for case in listed["cases"]] == [
        ("2026-01-15", True, 56),
        ("2026-04-07", True, 3),
        ("2026-04-23", False, -9),
    ]
    assert listed["cases"][2]["unit_title"]["zh"] == "江岭公司"
    assert len(late.run("overdue", "--within", "12", "--json").json["cases"]) == 2
    assert "剩 9 个工作日" in late.must("overdue", "--within", "13")


@pytest.mark.parametrize(
    ("clock", "within", "listed"),
    [
        ("2026-01-15T23:59:59.999999+08:00", 0, False),
        ("2026-01-16T00:00:00+08:00", 0, True),
        ("2026-01-12T09:00:00+08:00", 3, True),
        ("2026-01-12T23:59:59+08:00", 3, True),
        ("2026-01-11T23:59:59+08:00", 3, False),
    ],
)
def test_a_deadline_is_late_from_the_end_of_its_day_and_soon_from_the_day_so_many_days_before(
    late: CommandLine, monkeypatch: pytest.MonkeyPatch, clock: str, within: int, listed: bool
) -> None:
    """The day of the deadline belongs to it until 24:00 (D4), and within n days includes the n-th (D5)."""
    monkeypatch.setattr("runtime.wiring.ShiftedClock", SetClock)
    shown = command_line(late.database, clock=clock).run("overdue", "--within", str(within), "--json").json["cases"]
    assert ("2026-01-15" in [line["due_on"] for line in shown]) is listed


def test_what_is_due_today_is_said_to_be(late: CommandLine) -> None:
    on_the_day = command_line(late.database, clock="2026-04-23T10:00:00+08:00")
    assert "今日到期" in on_the_day.must("overdue", "--within", "1")


def test_the_overdue_can_be_narrowed_to_a_workflow(late: CommandLine) -> None:
    cases = late.run("overdue", "-w", "proposal", "--within", "300", "--json").json["cases"]
    assert [case["deadline"] for case in cases] == ["reply"]
    assert late.run("overdue", "-w", "nonsense").code == 1


def test_nothing_overdue_is_said_in_words(house: CommandLine) -> None:
    assert house.must("overdue") == "没有逾期事项\n"


def test_the_deadlines_of_a_case_are_explained_day_by_day(late: CommandLine) -> None:
    told = late.must("explain", "6-3-1")
    assert told.startswith("6-3-1 改善饮水\n")
    assert "【答复期限】计时中" in told
    assert "  最初承诺：2026年4月7日（周二）\n  现截止日期：2026年4月7日（周二）\n" in told
    days = [line.split() for line in told[told.index("【答复期限】") :].splitlines() if line.startswith("2026-")]
    assert days[0] == ["2026-01-05", "周一", "起算日"]
    assert days[90] == ["2026-04-05", "周日", "90", "计入", "清明节"]
    assert days[92] == ["2026-04-07", "周二", "顺延至此"]


def test_an_explanation_can_be_read_by_a_machine(late: CommandLine) -> None:
    case = late.run("overdue", "-w", "handling", "--json").json["cases"][0]
    told = late.run("explain", case["id"], "--json").json
    assert (told["case"], told["number"]) == (case["id"], "6-3-1")
    clock = next(clock for clock in told["deadlines"] if clock["name"] == case["deadline"])
    assert clock["promised_on"] == clock["due_on"] == clock["days"][-1]["on"] == "2026-01-15"


def test_a_case_that_is_not_there_cannot_be_explained(sample: CommandLine) -> None:
    told = sample.run("explain", "第九届第九次提字第999号")
    assert told.code == 1
    assert "没有找到该事项" in told.err
    assert "→ 请核对编号" in told.err


def test_a_whole_database_is_verified(sample: CommandLine) -> None:
    verified = sample.run("verify", "--json").json
    assert verified["ok"] is True
    assert verified["findings"] == []
    said = f"已核验 {verified['cases']} 件、{verified['entries']} 条记录，未发现问题\n"
    assert sample.must("verify").startswith(said)


def test_one_case_is_verified_by_its_number(sample: CommandLine) -> None:
    case = sample.run("overdue", "--within", "3660", "--json").json["cases"][0]
    assert sample.must("verify", "--case", case["number"]).startswith("已核验 1 件、")
    assert sample.must("verify", "--case", case["id"]).startswith("已核验 1 件、")


def test_a_forged_row_is_found_with_its_case_and_rule(sample: CommandLine) -> None:
    case = sample.run("overdue", "--within", "3660", "--json").json["cases"][0]
    with sqlite3.connect(sample.database.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE cases SET subject = ? WHERE id = ?", ("改过的案由", case["id"]))
    connection.close()
    verified = sample.run("verify")
    assert (verified.code, verified.out) == (1, "")
    assert f"事项 {case['id']} " in verified.err
    assert "[P1]" in verified.err
    [finding] = sample.run("verify", "--json").json["findings"]
    assert (finding["case"], finding["rule"]) == (case["id"], "P1")


def test_the_sample_is_built_in_an_empty_database_only(sample: CommandLine) -> None:
    refused = sample.run("demo")
    assert refused.code == 1
    assert "数据库不是空的" in refused.err


def test_the_sample_shows_figures_accounts_and_where_to_go_on(banjie: CommandLine) -> None:
    shown = banjie.must("demo", "--size", "4")
    assert "职代会提案 " in shown
    assert re.search(r"立案率：[0-9/]+ = [0-9.]+%（95%置信区间 [0-9.]+–[0-9.]+%）", shown)
    assert " office " in shown
    assert f"  banjie --database {banjie.database} serve\n" in shown


@pytest.mark.parametrize("size", ["large", "0", "-3"])
def test_the_size_of_the_sample_is_a_number(banjie: CommandLine, size: str) -> None:
    assert banjie.run("demo", "--size", size).code == 2
