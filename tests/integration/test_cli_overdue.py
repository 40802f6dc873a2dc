"""``banjie overdue``: narrowed, with what comes next; and ``--act``: previewed, asked for, each case for itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, command_line
from tests.support.registers import Cell, write_rows

CLOCK = "2026-04-10T10:00:00+08:00"
URGE = ("overdue", "--act", "催办", "--as", "chen", "--reason", "请抓紧办理")


def assigned(n: int, unit: str, on: str) -> dict[str, Cell]:
    """Return the line of a register for a proposal that was assigned to a unit on a day."""
    return {
        "编号": str(n),
        "案由": f"改善饮水之{n}",
        "提案人": "王建国",
        "提交日期": "2025-12-10",
        "审查结果": "立案",
        "审查日期": "2025-12-22",
        "提案号": f"6-3-{n}",
        "主办单位": unit,
        "交办日期": on,
    }


@pytest.fixture
def late(house: CommandLine, tmp_path: Path) -> CommandLine:
    """The 10th of April 2026: three proposals assigned on 5 January, one of them to the top unit; chen supervises."""
    here = command_line(house.database, clock=CLOCK)
    rows = [assigned(n, "JL" if n == 3 else "HQ", "2026-01-05") for n in (1, 2, 3)]
    write_rows(tmp_path / "proposals.csv", rows)
    here.must("import", str(tmp_path / "proposals.csv"), "-w", "proposal")
    here.must("user", "add", "chen", "--name", "陈督", "--unit", "JL", "--password-stdin", typed="correct horse\n")
    here.must("user", "grant", "chen", "supervisor", "--unit", "JL")
    here.must("user", "grant", "wang", "handler", "--unit", "HQ")
    return here


def moved(here: CommandLine, number: str) -> int:
    """Return the version of a proposal: it grows by one with every measure."""
    cases = here.run("overdue", "-w", "proposal", "--within", "300", "--json").json["cases"]
    case = next(one for one in cases if one["number"] == number)
    return int(case["version"])


def test_lines_name_who_must_act_and_the_figures_agree(late: CommandLine) -> None:
    told = late.run("overdue", "--json").json
    lines = {(one["number"], one["deadline"]): one for one in told["cases"]}
    # Ten days from 5 January, and ninety days that end in Qingming: 15 January and 7 April, each three times.
    assert sorted(one["due_on"] for one in told["cases"]) == ["2026-01-15"] * 3 + ["2026-04-07"] * 3
    assert lines["6-3-1", "acknowledgement"]["handlers"] == ["王建国"]
    assert lines["6-3-3", "acknowledgement"]["handlers"] == []
    assert told["figures"]["late"] == len(told["cases"]) == 6
    assert "逾期 6 项，临期 0 项；按层级：层级未启动 6" in late.must("overdue")


def test_the_list_is_narrowed_by_unit_rung_and_scope(late: CommandLine) -> None:
    def numbers(*options: str) -> set[str]:
        return {one["number"] for one in late.run("overdue", "--json", *options).json["cases"]}

    assert numbers("--unit", "HQ") == numbers("--unit", "后勤中心") == {"6-3-1", "6-3-2"}
    assert numbers("--rung", "none") == {"6-3-1", "6-3-2", "6-3-3"}
    assert numbers("--rung", "red") == numbers("--scope", "near") == set()
    refused = late.run("overdue", "--unit", "XX")
    assert (refused.code, refused.out) == (1, "")
    assert "没有名为“XX”的单位" in refused.err


def test_a_date_of_a_year_without_a_notice_is_marked(house: CommandLine, tmp_path: Path) -> None:
    # Assigned on 20 November 2026: to be received by the 30th, answered within 90 days, by 18 February 2027.
    here = command_line(house.database, clock="2026-11-25T10:00:00+08:00")
    write_rows(tmp_path / "proposals.csv", [assigned(1, "HQ", "2026-11-20")])
    here.must("import", str(tmp_path / "proposals.csv"), "-w", "proposal")
    told = here.must("overdue", "--within", "200")
    assert "2027-02-18（周四）暂定" in told
    assert "2026-11-30（周一）  " in told
    assert "2027-02-18 (Thu) provisional" in here.must("overdue", "--within", "200", "--lang", "en")


def test_a_preview_does_nothing(late: CommandLine) -> None:
    before = moved(late, "6-3-1")
    told = late.must(*URGE, "-w", "proposal", "--dry-run")
    assert "改善饮水之1" in told
    assert "催办；通知" in told
    assert "可以办理 3 件，不能办理 0 件" in told
    assert moved(late, "6-3-1") == before


def test_many_are_acted_on_after_a_yes_only(late: CommandLine) -> None:
    before = moved(late, "6-3-1")
    for typed in ("n\n", ""):
        assert late.run(*URGE, "-w", "proposal", typed=typed).code == 1
        assert moved(late, "6-3-1") == before
    told = late.must(*URGE, "-w", "proposal", typed="y\n")
    assert "对以上 3 件催办？" in told
    assert "已办理 3 件，未办理 0 件" in told
    assert [moved(late, f"6-3-{n}") for n in (1, 2, 3)] == [before + 1] * 3


def test_single_cases_are_named_and_one_that_is_refused_keeps_no_other_back(late: CommandLine) -> None:
    order = ("overdue", "--act", "issue_supervision", "--as", "chen", "--reason", "请限期答复", "--yes")
    fields = ("--field", "supervision_kind=order", "--field", "supervision_trigger=overdue")
    child = late.run("overdue", "-w", "handling", "--json").json["cases"][0]["id"]
    told = late.run(*order, *fields, "--case", "6-3-1", "--case", child, "--case", "6-3-2")
    assert told.code == 1
    assert "已办理 2 件，未办理 1 件" in told.out
    assert "开出督办" in told.out
    assert "✗ “承办”没有“发出督办单”这项措施" in told.out
    orders = late.run("overdue", "-w", "supervision", "--within", "300", "--json").json["cases"]
    assert sorted({one["subject"] for one in orders}) == ["改善饮水之1", "改善饮水之2"]


def test_a_guard_that_refuses_is_told_with_its_source(late: CommandLine) -> None:
    order = ("overdue", "--act", "发出督办单", "--as", "chen", "--reason", "请限期整改", "--case", "6-3-1")
    fields = ("--field", "supervision_kind=rectification", "--field", "supervision_trigger=overdue")
    told = late.run(*order, *fields)
    assert told.code == 1
    assert "限期整改须填写截止日期；依据：" in told.out
    assert "第三十九条" in told.out
    as_json = late.run(*order, *fields, "--json")
    assert [one["refusal"]["code"] for one in as_json.json["cases"]] == ["guard_refused"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--act", "催办", "--reason", "x"), "没有指明由谁办理"),
        (("--act", "催办", "--reason", "x", "--as", "nobody"), "没有账号“nobody”"),
        (("--act", "表扬", "--as", "chen"), "没有名为“表扬”的督办措施；现有：催办（remind）"),
        (("--act", "assign", "--as", "chen"), "没有名为“assign”的督办措施"),
        (("--act", "催办", "--as", "chen"), "此项措施须写明理由\n→ 请用 --reason 填写"),
        (
            ("--act", "催办", "--as", "chen", "--reason", "x", "--field", "colour=red"),
            "此项措施不填写“colour”\n→ 可以填写：reminder_",
        ),
        (("--act", "催办", "--as", "chen", "--reason", "x", "--case", "9-9-9"), "没有找到该事项"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_done(
    late: CommandLine, arguments: tuple[str, ...], says: str
) -> None:
    before = moved(late, "6-3-1")
    asked = late.run("overdue", *arguments, "--yes")
    assert asked.code == 1
    assert says in asked.err
    assert moved(late, "6-3-1") == before


def test_where_nothing_is_late_there_is_nothing_to_act_on(late: CommandLine) -> None:
    assert "没有可办理的事项" in late.run(*URGE, "-w", "grievance", "--yes").err


def test_who_may_not_supervise_is_refused(late: CommandLine) -> None:
    told = late.run("overdue", "--act", "催办", "--as", "wang", "--reason", "x", "--case", "6-3-1")
    assert told.code == 1
    assert "您没有办理此步骤的权限，须由" in told.out
