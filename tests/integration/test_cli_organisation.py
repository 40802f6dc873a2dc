"""``banjie unit``, ``session``, ``user`` and ``token``: an organisation set up from a terminal and from a workbook."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
import xlsxwriter

from tests.support.command_line import CommandLine, command_line

Sheets = Mapping[str, Sequence[Sequence[object]]]

ORGANISATION: Sheets = {
    "说明": [["本表由工会办公室填写"], ["有疑问请致电"]],
    "单位": [
        ["编码", "名称", "英文名", "上级", "启用日期"],
        ["JL", "江岭公司", "Jiangling", "", ""],
        ["HQ", "后勤中心", "Logistics", "JL", date(2020, 1, 1)],
        ["CW", "财务部", "", "江岭公司", "2021年3月1日"],
    ],
    "人员": [
        ["登录名", "姓名", "工号", "单位", "在职"],
        ["wang", "王建国", "1001", "HQ", "是"],
        ["li", "李红", "1002", "财务部", ""],
        ["", "赵敏", "1003", "CW", "否"],
    ],
    "授权": [
        ["登录名", "角色", "单位", "自", "至"],
        ["wang", "handler", "HQ", "2026-01-01", "2026-12-31"],
        ["1002", "工会办公室", "JL", "", ""],
    ],
    "届次": [
        ["届", "次", "名称", "征集开始", "征集截止", "开幕"],
        [6, 3, "六届三次", "2025-12-08", "2026-01-13", "2026-01-28"],
    ],
    "代表团": [["届", "次", "编码", "名称", "成员"], [6, 3, "D1", "第一代表团", "wang、1003"]],
}


def workbook(path: Path, sheets: Sheets) -> str:
    with xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name)
            for place, row in enumerate(rows):
                sheet.write_row(place, 0, row)
    return str(path)


def changed(kind: str, *rows: Sequence[object]) -> Sheets:
    """Return the organisation with rows added to one sheet."""
    return {**ORGANISATION, kind: [*ORGANISATION[kind], *rows]}


def test_units_are_listed_as_a_tree(house: CommandLine) -> None:
    house.must("unit", "add", "HQ1", "--name", "食堂", "--parent", "后勤中心")
    house.must("unit", "add", "CW", "--name", "财务部")
    assert house.must("unit", "list").splitlines() == [
        "JL  江岭公司",
        "  CW  财务部",
        "  HQ  后勤中心",
        "    HQ1  食堂",
    ]


def test_units_can_be_read_by_a_machine(house: CommandLine) -> None:
    units = house.run("unit", "list", "--json").json["units"]
    by_code = {unit["code"]: unit for unit in units}
    assert by_code["HQ"]["parent"] == by_code["JL"]["id"] == by_code["JL"]["root"]
    assert by_code["JL"]["title"] == {"zh": "江岭公司", "en": "Jiangling"}


@pytest.mark.postgres
def test_an_organisation_is_kept_on_postgresql_alike(postgres_database: str, tmp_path: Path) -> None:
    banjie = command_line(postgres_database)
    banjie.must("unit", "import", workbook(tmp_path / "o.xlsx", ORGANISATION))
    assert banjie.must("unit", "list").splitlines() == ["JL  江岭公司", "  CW  财务部", "  HQ  后勤中心"]
    assert "handler@HQ 2026-01-01–2026-12-31" in banjie.must("user", "list")
    assert "✓ 数据库可用：PostgreSQL" in banjie.must("doctor")


def test_a_code_is_used_once(house: CommandLine) -> None:
    for arguments in (("HQ", "--name", "另一个"), ("JL", "--name", "另一个", "--root")):
        added = house.run("unit", "add", *arguments)
        assert added.code == 1
        assert "已有单位使用" in added.err
    assert house.must("unit", "list").count("\n") == 2


def test_a_unit_needs_an_organisation_first(banjie: CommandLine) -> None:
    added = banjie.run("unit", "add", "HQ", "--name", "后勤中心")
    assert added.code == 1
    assert "banjie unit add 编码 --name 名称 --root" in added.err


def test_a_top_unit_has_nothing_above_it(banjie: CommandLine) -> None:
    assert banjie.run("unit", "add", "A", "--name", "甲", "--root", "--parent", "B").code == 2


def test_with_several_organisations_one_must_be_named(house: CommandLine) -> None:
    house.must("unit", "add", "SH", "--name", "上河公司", "--root")
    unnamed = house.run("user", "list")
    assert unnamed.code == 1
    assert "有多个组织：JL、SH；请加 --root 编码" in unnamed.err
    assert "wang" in house.must("user", "list", "--root", "JL")
    assert "wang" not in house.must("user", "list", "--root", "上河公司")
    wrong = house.run("user", "list", "--root", "XX")
    assert (wrong.code, "现有：JL、SH" in wrong.err) == (1, True)


def test_a_made_password_is_shown_once_and_logs_in(house: CommandLine) -> None:
    shown = house.must("user", "add", "li", "--name", "李红")
    assert "密码（只显示这一次）：" in shown
    password = shown.splitlines()[-1].split("：")[1]
    assert len(password) == 12
    assert password not in house.must("user", "list")


def test_a_password_from_standard_input_is_not_shown(house: CommandLine) -> None:
    shown = house.must("user", "password", "wang", "--password-stdin", typed="another one\n")
    assert shown == "已重设 wang 的密码\n"


def test_a_short_password_is_refused_before_anything_is_written(house: CommandLine) -> None:
    added = house.run("user", "add", "li", "--name", "李红", "--password-stdin", typed="short\n")
    assert added.code == 1
    assert "密码至少 10 个字符" in added.err
    assert "li" not in house.must("user", "list")


def test_a_login_is_used_once(house: CommandLine) -> None:
    added = house.run("user", "add", "wang", "--name", "另一人")
    assert added.code == 1
    assert "banjie user password wang" in added.err
    assert "另一人" not in house.must("user", "list")


def test_a_new_password_replaces_the_old_one_of_a_known_person_only(house: CommandLine) -> None:
    assert "密码（只显示这一次）：" in house.must("user", "password", "wang")
    assert house.run("user", "password", "nobody").code == 1


def test_roles_are_granted_for_a_period_and_taken_back(house: CommandLine) -> None:
    house.must("user", "grant", "wang", "工会办公室", "--unit", "JL", "--from", "2026-01-01", "--until", "2026-12-31")
    assert "union_office@JL 2026-01-01–2026-12-31" in house.must("user", "list")
    grants = house.run("user", "list", "--json").json["persons"][0]["grants"]
    assert grants == [{"role": "union_office", "unit": "JL", "from": "2026-01-01", "until": "2026-12-31"}]
    house.must("user", "revoke", "wang", "union_office", "--unit", "江岭公司")
    assert "union_office" not in house.must("user", "list")


def test_a_role_that_is_not_held_cannot_be_taken_back(house: CommandLine) -> None:
    assert "没有角色" in house.run("user", "revoke", "wang", "handler", "--unit", "HQ").err


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("wang", "emperor", "--unit", "JL"), "没有角色“emperor”，可用："),
        (("nobody", "handler", "--unit", "JL"), "没有登录名“nobody”"),
        (("wang", "handler", "--unit", "XX"), "单位叫“XX”"),
        (("wang", "handler", "--unit", "JL", "--from", "2026-05-01", "--until", "2026-04-01"), "早于"),
    ],
)
def test_a_grant_names_what_is_not_there(house: CommandLine, arguments: Sequence[str], says: str) -> None:
    granted = house.run("user", "grant", *arguments)
    assert granted.code == 1
    assert says in granted.err


def test_a_token_works_until_it_is_revoked_by_its_number(house: CommandLine) -> None:
    shown = house.must("token", "add", "wang", "--title", "接口", "--days", "30").splitlines()
    token, number = shown[0].split("：")[1], shown[1].rsplit("：", 1)[1]
    assert "有效至" in shown[1]
    assert house.must("token", "revoke", number) == "令牌已撤销\n"
    assert house.run("token", "revoke", token).code == 1


def test_a_token_can_be_revoked_by_itself_without_standing_on_the_command_line(house: CommandLine) -> None:
    token = house.must("token", "add", "wang", "--title", "接口").splitlines()[0].split("：")[1]
    assert house.run("token", "revoke", "-", typed=f"{token}\n").code == 0
    assert house.run("token", "revoke", "-", typed=f"{token}\n").code == 1


def test_sessions_are_recorded_and_changed(house: CommandLine) -> None:
    house.must("session", "add", "6", "3", "--call-opens", "2025-12-08", "--call-closes", "2026-01-13")
    house.must("session", "add", "6", "3", "--name", "六届三次", "--opens", "2026-01-28", "--reply-due", "2026-05-31")
    [session] = house.run("session", "list", "--json").json["sessions"]
    assert session["title"] == {"zh": "六届三次", "en": "六届三次"}
    assert (session["opens_on"], session["reply_due_on"]) == ("2026-01-28", "2026-05-31")
    assert "六届三次" in house.must("session", "list")


def test_a_session_does_not_end_before_it_begins(house: CommandLine) -> None:
    assert house.run("session", "add", "6", "3", "--opens", "2026-01-28", "--closes", "2026-01-20").code == 1


def test_a_workbook_founds_an_organisation(banjie: CommandLine, tmp_path: Path) -> None:
    told = banjie.run("unit", "import", workbook(tmp_path / "o.xlsx", ORGANISATION))
    assert told.code == 0, told.err
    assert told.out == "已读取：单位 3 行、人员 3 行、授权 2 行、届次 1 行、代表团 1 行\n新增或更改 9 项\n"
    assert told.err == "! 第 1 张工作表没有可识别的表头，未读取\n"
    assert banjie.must("unit", "list").splitlines() == ["JL  江岭公司", "  CW  财务部", "  HQ  后勤中心"]
    persons = {person["name"]: person for person in banjie.run("user", "list", "--json").json["persons"]}
    assert persons["王建国"]["grants"] == [
        {"role": "handler", "unit": "HQ", "from": "2026-01-01", "until": "2026-12-31"}
    ]
    assert [grant["role"] for grant in persons["李红"]["grants"]] == ["union_office"]
    assert (persons["赵敏"]["login"], persons["赵敏"]["active"]) == (None, False)
    [session] = banjie.run("session", "list", "--json").json["sessions"]
    assert (session["term"], session["call_closes_on"]) == (6, "2026-01-13")


def test_importing_again_changes_nothing(banjie: CommandLine, tmp_path: Path) -> None:
    file = workbook(tmp_path / "o.xlsx", ORGANISATION)
    banjie.must("unit", "import", file)
    before = banjie.must("user", "list", "--json"), banjie.must("unit", "list", "--json")
    assert "新增或更改 0 项" in banjie.must("unit", "import", file)
    assert before == (banjie.must("user", "list", "--json"), banjie.must("unit", "list", "--json"))


def test_a_later_import_changes_what_differs(banjie: CommandLine, tmp_path: Path) -> None:
    banjie.must("unit", "import", workbook(tmp_path / "o.xlsx", ORGANISATION))
    later = workbook(
        tmp_path / "later.xlsx",
        {"单位": [["编码", "名称", "上级", "停用日期", "承接单位"], ["CW", "财务部", "JL", "2026-06-30", "HQ"]]},
    )
    told = banjie.run("unit", "import", later, "--json").json
    assert (told["changes"], told["rows"]["units"]) == (1, 1)
    units = {unit["code"]: unit for unit in banjie.run("unit", "list", "--json").json["units"]}
    assert (units["CW"]["until"], units["CW"]["successor"]) == ("2026-06-30", units["HQ"]["id"])


def test_an_import_fits_units_and_persons_that_were_added_by_hand(house: CommandLine, tmp_path: Path) -> None:
    house.must("unit", "import", workbook(tmp_path / "o.xlsx", ORGANISATION))
    assert [line.split()[0] for line in house.must("unit", "list").splitlines()] == ["JL", "CW", "HQ"]
    names = [person["login"] for person in house.run("user", "list", "--json").json["persons"]]
    assert names == ["li", "wang", None]


def test_a_dry_run_writes_nothing(house: CommandLine, tmp_path: Path) -> None:
    told = house.must("unit", "import", workbook(tmp_path / "o.xlsx", ORGANISATION), "--dry-run")
    assert "未写入" in told
    assert "CW" not in house.must("unit", "list")


def test_an_english_workbook_is_understood(banjie: CommandLine, tmp_path: Path) -> None:
    sheets: Sheets = {
        "units": [["Code", "Name", "English name", "Parent"], ["JL", "江岭公司", "Jiangling", ""]],
        "grants": [["Login", "Role", "Unit", "From"], ["wang", "handler", "JL", date(2026, 1, 1)]],
        "persons": [["Login", "Name", "Unit"], ["wang", "王建国", "Jiangling"]],
    }
    banjie.must("unit", "import", workbook(tmp_path / "o.xlsx", sheets))
    assert "handler@JL 2026-01-01–" in banjie.must("user", "list")


def test_columns_are_known_by_the_longer_of_their_headings_too(banjie: CommandLine, tmp_path: Path) -> None:
    sheets: Sheets = {
        "单位": [["单位编码", "单位名称", "英文名称", "上级单位"], ["JL", "江岭公司", "Jiangling", ""]],
        "人员": [["账号", "姓名", "人员编号", "部门"], ["wang", "王建国", "1001", "JL"]],
        "授权": [
            ["工号", "角色", "单位", "起始日期", "截止日期"],
            ["1001", "handler", "JL", "2026-01-01", "2026-12-31"],
        ],
        "届次": [["届", "次", "名称", "开幕日期", "闭幕日期"], [6, 3, "六届三次", "2026-01-28", "2026-01-30"]],
        "代表团": [["届", "次", "代表团编码", "代表团", "成员"], [6, 3, "D1", "第一代表团", "wang"]],
    }
    banjie.must("unit", "import", workbook(tmp_path / "o.xlsx", sheets))
    assert "handler@JL 2026-01-01–2026-12-31" in banjie.must("user", "list")
    assert banjie.run("unit", "list", "--json").json["units"][0]["title"] == {"zh": "江岭公司", "en": "Jiangling"}
    assert "2026-01-28" in banjie.must("session", "list")


@pytest.mark.parametrize(
    ("sheets", "says"),
    [
        (changed("单位", ["", "无编码", "", "JL"]), "单位表第 5 行：请填写编码"),
        (changed("单位", ["X", "", "", "JL"]), "单位表第 5 行：请填写名称"),
        (changed("单位", ["CW", "又一个", "", "JL"]), "单位表第 5 行：编码“CW”与第 4 行重复"),
        (changed("单位", ["X", "某部", "", "没有的部门"]), "单位表第 5 行：没有单位“没有的部门”"),
        (changed("单位", ["X", "某部", "", ""]), "单位表第 5 行：只能有一个没有上级的单位，请填写“上级”"),
        (changed("单位", ["X", "某部", "", "Y"], ["Y", "另部", "", "X"]), "单位表第 5 行：上级单位成环"),
        (changed("单位", ["X", "某部", "", "JL", "明年"]), "单位表第 5 行：“明年”不是日期"),
        (changed("人员", ["", "无名", "", "HQ", ""]), "人员表第 5 行：请填写登录名或工号"),
        (changed("人员", ["wang", "另一人", "", "HQ", ""]), "人员表第 5 行：“wang”与第 2 行重复"),
        (changed("人员", ["sun", "孙亮", "", "HQ", "也许"]), "人员表第 5 行：“也许”请填“是”或“否”"),
        (changed("授权", ["wang", "皇帝", "HQ", "", ""]), "授权表第 4 行：没有角色“皇帝”"),
        (changed("授权", ["sun", "handler", "HQ", "", ""]), "授权表第 4 行：没有人员“sun”"),
        (changed("授权", ["wang", "handler", "", "", ""]), "授权表第 4 行：请填写单位"),
        (changed("授权", ["wang", "handler", "HQ", "2026-05-01", "2026-04-01"]), "第 4 行：2026-04-01 早于 2026-05-01"),
        (changed("届次", ["六", 3, "", "", "", ""]), "届次表第 3 行：“六”不是整数"),
        (changed("届次", [0, 3, "", "", "", ""]), "届次表第 3 行：请填写届和次（从 1 起的整数）"),
        (changed("代表团", [7, 1, "D1", "", ""]), "代表团表第 3 行：没有第7届第1次职代会，请先列入届次表"),
        (changed("代表团", [6, 3, "D2", "", "nobody"]), "代表团表第 3 行：没有人员“nobody”"),
    ],
)
def test_a_wrong_row_is_named_and_nothing_is_written(
    banjie: CommandLine, tmp_path: Path, sheets: Sheets, says: str
) -> None:
    told = banjie.run("unit", "import", workbook(tmp_path / "o.xlsx", sheets))
    assert told.code == 1
    assert says in told.err
    assert "没有写入任何内容" in told.err
    assert banjie.must("unit", "list") == "还没有单位\n"


def test_every_wrong_row_is_named_at_once(banjie: CommandLine, tmp_path: Path) -> None:
    wrong_units = changed("单位", ["", "甲", "", "JL"], ["", "乙", "", "JL"])
    sheets = {**wrong_units, "授权": [["登录名", "角色"], ["wang", "皇帝"]]}
    told = banjie.run("unit", "import", workbook(tmp_path / "o.xlsx", sheets), "--lang", "en")
    assert told.code == 1
    assert [line.strip().split(":")[0] for line in told.err.splitlines() if "row " in line] == [
        "units, row 5",
        "units, row 6",
        "grants, row 2",
    ]


def test_somebody_meant_by_a_name_that_two_bear_must_be_named_better(banjie: CommandLine, tmp_path: Path) -> None:
    sheets = {
        **changed("人员", ["wang2", "王建国", "", "HQ", ""]),
        "授权": [["人员", "角色", "单位"], ["王建国", "handler", "HQ"]],
    }
    told = banjie.run("unit", "import", workbook(tmp_path / "o.xlsx", sheets))
    assert "授权表第 2 行：有多个人员叫“王建国”，请改用编码或登录名" in told.err


def test_a_second_organisation_is_founded_only_when_asked(house: CommandLine, tmp_path: Path) -> None:
    file = workbook(tmp_path / "o.xlsx", {"单位": [["编码", "名称"], ["SH", "上河公司"]]})
    told = house.run("unit", "import", file)
    assert told.code == 1
    assert "已有组织 JL，请填写“上级”；要另建组织请加 --root SH" in told.err
    house.must("unit", "import", file, "--root", "SH")
    assert "SH  上河公司" in house.must("unit", "list")


def test_a_login_of_another_organisation_is_taken(house: CommandLine, tmp_path: Path) -> None:
    sheets: Sheets = {
        "单位": [["编码", "名称"], ["SH", "上河公司"]],
        "人员": [["登录名", "姓名"], ["wang", "王小二"]],
    }
    told = house.run("unit", "import", workbook(tmp_path / "o.xlsx", sheets), "--root", "SH")
    assert "人员表第 2 行：登录名“wang”已被他人使用" in told.err


def test_persons_alone_need_an_organisation(banjie: CommandLine, tmp_path: Path) -> None:
    file = workbook(tmp_path / "o.xlsx", {"人员": [["登录名", "姓名"], ["wang", "王建国"]]})
    said = "数据库中还没有单位；请先运行 banjie unit add 编码 --name 名称 --root，或 banjie unit import 文件.xlsx"
    assert said in banjie.run("unit", "import", file).err


def test_a_file_that_is_no_workbook_is_refused(banjie: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "o.xlsx").write_text("编码,名称\n")
    assert "请用 .xlsx、.xls 或 .ods 文件" in banjie.run("unit", "import", str(tmp_path / "o.xlsx")).err


def test_a_workbook_without_known_headings_is_refused_with_the_known_ones(banjie: CommandLine, tmp_path: Path) -> None:
    file = workbook(tmp_path / "o.xlsx", {"随便": [["甲", "乙"], [1, 2]]})
    told = banjie.run("unit", "import", file)
    assert told.code == 1
    assert "没有找到可识别的工作表。各表列名为 单位：编码、名称" in told.err


def test_imported_accounts_are_given_passwords_once(house: CommandLine, tmp_path: Path) -> None:
    file = workbook(tmp_path / "o.xlsx", ORGANISATION)
    made = tmp_path / "passwords.csv"
    house.must("user", "import", file, "--passwords", str(made))
    with made.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    assert [(row[0], row[1], len(row[2])) for row in rows[1:]] == [("li", "李红", 12)]
    assert made.stat().st_mode & 0o777 == 0o600
    assert house.run("user", "import", file, "--json").json["passwords"] == []


def test_passwords_made_are_shown_where_no_file_is_named(house: CommandLine, tmp_path: Path) -> None:
    shown = house.must("user", "import", workbook(tmp_path / "o.xlsx", ORGANISATION))
    assert "新密码（只显示这一次）：" in shown
    assert "李红" in shown
