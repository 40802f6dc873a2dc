"""``banjie figures``, ``overdue``, ``explain``, ``verify`` and ``demo`` on a small sample congress."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from tests.support.command_line import CommandLine


def test_figures_name_what_they_are_made_of(sample: CommandLine) -> None:
    printed = sample.must("figures", "--workflow", "proposal")
    assert "截至：2026-09-15 09:00（北京时间）" in printed
    assert "范围：江岭重工机械有限公司，共" in printed
    figures = sample.run("figures", "--workflow", "proposal", "--json").json
    filing = next(measure for measure in figures["measures"] if measure["name"] == "filing_rate")
    line = next(line for line in printed.splitlines() if line.startswith("立案率 "))
    assert line.split()[1:3] == [f"{filing['numerator']}/{filing['denominator']}", f"{filing['value']}%"]


def test_figures_as_of_a_day_count_what_was_known_by_its_end(sample: CommandLine) -> None:
    before = sample.run("figures", "-w", "proposal", "--as-of", "2025-12-01", "--json").json
    after = sample.run("figures", "-w", "proposal", "--as-of", "2026-09-01", "--json").json
    assert before["scope"]["cases"] == 0
    assert after["scope"]["cases"] > 0
    assert after["as_of"] == "2026-09-01T15:59:59.999999Z"


def test_figures_are_broken_down(sample: CommandLine) -> None:
    printed = sample.must("figures", "-w", "grievance", "--by", "unit")
    assert "\n  后勤服务中心 " in printed
    measures = sample.run("figures", "-w", "grievance", "--by", "month", "--json").json["measures"]
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


def overdue(sample: CommandLine, *arguments: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = sample.run("overdue", "--json", *arguments).json["cases"]
    return cases


def test_the_overdue_are_listed_from_the_most_overdue(sample: CommandLine) -> None:
    cases = overdue(sample)
    assert cases
    dates = [case["due_on"] for case in cases]
    assert dates == sorted(dates)
    assert all(case["overdue"] and case["due_on"] < "2026-09-15" for case in cases)
    assert all(case["working_days_late"] >= 0 for case in cases)
    printed = sample.must("overdue").splitlines()
    assert printed[2].startswith(cases[0]["number"])
    assert f"逾期 {cases[0]['working_days_late']} 个工作日" in printed[2]
    assert printed[-1] == f"共 {len(cases)} 项"


def test_what_is_due_soon_is_listed_when_asked(sample: CommandLine) -> None:
    soon = [case for case in overdue(sample, "--within", "90") if not case["overdue"]]
    assert soon
    assert all("2026-09-15" <= case["due_on"] <= "2026-12-14" for case in soon)
    assert all(case["working_days_late"] <= 0 for case in soon)


def test_the_overdue_can_be_narrowed_to_a_workflow(sample: CommandLine) -> None:
    assert {case["workflow"] for case in overdue(sample, "-w", "grievance", "--within", "300")} == {"grievance"}
    assert sample.run("overdue", "-w", "nonsense").code == 1


def test_nothing_overdue_is_said_in_words(house: CommandLine) -> None:
    assert house.must("overdue") == "没有逾期事项\n"


def test_a_deadline_is_explained_by_the_number_of_its_case(sample: CommandLine) -> None:
    case = overdue(sample)[0]
    told = sample.must("explain", case["number"])
    assert told.startswith(f"{case['number']} {case['subject']}\n")
    assert f"【{case['deadline_title']['zh']}】计时中" in told
    assert "最初承诺：" in told
    assert f"\n{case['due_on']} " in told


def test_an_explanation_can_be_read_by_a_machine(sample: CommandLine) -> None:
    case = overdue(sample)[0]
    told = sample.run("explain", case["id"], "--json").json
    assert (told["case"], told["number"]) == (case["id"], case["number"])
    clock = next(clock for clock in told["deadlines"] if clock["name"] == case["deadline"])
    assert clock["due_on"] == case["due_on"]
    assert clock["days"][-1]["on"] == case["due_on"]


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
    assert sample.must("verify") == said


def test_one_case_is_verified_by_its_number(sample: CommandLine) -> None:
    case = overdue(sample)[0]
    assert sample.must("verify", "--case", case["number"]).startswith("已核验 1 件、")
    assert sample.must("verify", "--case", case["id"]).startswith("已核验 1 件、")


def test_a_forged_row_is_found_with_its_case_and_rule(sample: CommandLine) -> None:
    case = overdue(sample)[0]
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
    assert "立案率：" in shown
    assert " office " in shown
    assert f"  banjie --database {banjie.database} serve\n" in shown


@pytest.mark.parametrize("size", ["large", "0", "-3"])
def test_the_size_of_the_sample_is_a_number(banjie: CommandLine, size: str) -> None:
    assert banjie.run("demo", "--size", size).code == 2
