"""Registers of an office's own cases: rosters, and rows that are one case together; in, refused, and out again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.case.case import Case
from tests.integration.test_web_registers import OWN, bring, sheet_of, text_of, workbook, worked
from tests.integration.test_web_registers_out import taken
from tests.support.house import ROOT, House, client_of, open_house

AT = datetime(2026, 6, 30, 2, tzinfo=UTC)
UNITS = [
    {"单位名称": "江岭轴承", "单位代码": "QY-1", "单位类别": "企业", "是否规模以上": "是", "职工人数": 320},
    {"单位名称": "江岭小学", "单位代码": "SY-1", "单位类别": "事业单位", "是否规模以上": "否", "职工人数": 41},
]
PEOPLE = [
    {"人员编号": f"G{n}", "姓名": name, "人员类别": kind, "登记日期": date(2026, 1, 5)}
    for n, (name, kind) in enumerate((("罗小山", "职工代表"), ("石磊生", "职工代表"), ("温其玉", "专职工作者")), 1)
]
TRAINER = {
    "师资编号": "S1",
    "师资姓名": "沈若棠",
    "师资层级": "市级",
    "主讲内容": "法律法规",
    "工作单位": "市总工会",
    "登记日期": date(2026, 1, 5),
}
CLASS: Mapping[str, object] = {"班名": "职工代表第1期", "开班日期": date(2026, 5, 11)}
WHOLE_CLASS: Mapping[str, object] = {
    **CLASS,
    "结业日期": date(2026, 5, 13),
    "培训班类别": "职工代表",
    "培训层级": "企事业单位",
    "培训形式": "集中授课",
    "登记日期": date(2026, 3, 2),
    "方案报送日期": date(2026, 3, 15),
    "总结报送日期": date(2026, 11, 20),
    "方案日期": date(2026, 3, 10),
    "培训方案": "三天脱产培训",
}
LESSON = {"专题": "民主管理条例", "培训内容": "法律法规", "教学方法": "讲授式", "授课师资编号": "S1", "学时": 6}
ATTENDANCE: Sequence[Mapping[str, object]] = [
    {**WHOLE_CLASS, **LESSON, "人员编号": "G1", "是否到课": "是"},
    {**CLASS, "人员编号": "G2", "是否到课": "否", "备注": "因公出差"},
    {**CLASS, "人员编号": "G3", "是否到课": "是"},
]


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database, AT) as house:
        yield house


@pytest.fixture
def shen(house: House) -> Iterator[TestClient]:
    """The union office, which keeps the rosters."""
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        yield client


def sheet(rows: Sequence[Mapping[str, object]]) -> bytes:
    heads = list(dict.fromkeys(name for row in rows for name in row))
    return workbook([[row.get(name) for name in heads] for row in rows], heads)


def looked(client: TestClient, workflow: str, rows: Sequence[Mapping[str, object]], key: str) -> tuple[str, str]:
    """Have a register looked at; return its page's address and text."""
    status, address, shown = bring(client, sheet(rows), workflow=workflow, session="-", key=key)
    assert status == 303, shown
    return address, shown


def brought(house: House, client: TestClient, workflow: str, rows: Sequence[Mapping[str, object]]) -> None:
    address, shown = looked(client, workflow, rows, key=f"in {workflow}")
    assert "不能导入的行" not in shown, shown
    client.post(address, data={"sure": "yes"}, headers=OWN)
    worked(house)


def cases(house: House, workflow: str) -> list[Case]:
    found = house.desk.reads.cases(ROOT, list(house.desk.reads.all_case_ids(ROOT)))
    return sorted((case for case in found if case.workflow == workflow), key=lambda case: case.opened_at)


def on_rosters(house: House, client: TestClient) -> None:
    brought(house, client, "trainee", PEOPLE)
    brought(house, client, "trainer", [TRAINER])


def dated(rows: Sequence[Mapping[str, object]]) -> list[Mapping[str, object]]:
    return [{**row, "登记日期": date(2026, 1, 5)} for row in rows]


def test_a_roster_comes_in_and_its_lines_are_known(shen: TestClient, house: House) -> None:
    brought(house, shen, "basic_unit", dated(UNITS))
    lines = {case.data["code"]: (case.state, case.data["focus"]) for case in cases(house, "basic_unit")}
    assert lines == {"QY-1": ("listed", True), "SY-1": ("listed", False)}
    assert set(house.desk.reads.roster_lines(ROOT, {("basic_unit", "QY-1"), ("basic_unit", "SY-1")})) == {
        ("basic_unit", "QY-1"),
        ("basic_unit", "SY-1"),
    }


def test_what_is_wrong_with_a_line_of_a_roster_is_said_with_its_row(shen: TestClient, house: House) -> None:
    brought(house, shen, "basic_unit", dated(UNITS))
    rows = [
        {**UNITS[0], "单位代码": "QY-2"},
        {**UNITS[0], "单位代码": "QY-2", "单位名称": "同一代码"},
        {**UNITS[0], "单位代码": "QY-3", "单位类别": "作坊"},
        {**UNITS[0], "单位代码": "QY-4", "登记日期": "去年"},
        {**UNITS[0], "单位代码": "QY-1", "登记日期": date(2025, 12, 1)},
    ]
    _address, shown = looked(shen, "basic_unit", [{"登记日期": date(2026, 2, 2), **row} for row in rows], key="wrong")
    assert "与第 2 行重复" in shown
    assert "“单位类别”：“作坊”不在可填范围内" in shown
    assert "“登记日期”：“去年”不是日期，请写成 2026-03-02 或 2026年3月2日" in shown
    assert "“单位代码”：名册中已有编号“QY-1”的“江岭轴承”，请核对编号；情况有变的，请在原条目上更新" in shown


def test_the_rows_of_a_class_are_one_case_with_a_row_of_its_table_for_each(shen: TestClient, house: House) -> None:
    on_rosters(house, shen)
    brought(house, shen, "training", ATTENDANCE)
    (held,) = cases(house, "training")
    assert (held.state, held.data["enrolled"], held.data["came_total"]) == ("completed", 3, 2)
    assert held.data["attendees"] == [
        {"code": "G1", "came": True},
        {"code": "G2", "came": False, "remark": "因公出差"},
        {"code": "G3", "came": True},
    ]
    assert held.data["person_hours"] == 12


def test_one_wrong_row_keeps_its_class_out_and_no_other(shen: TestClient, house: House) -> None:
    on_rosters(house, shen)
    other = {**WHOLE_CLASS, **LESSON, "班名": "职工代表第2期", "人员编号": "G1", "是否到课": "是"}
    rows = [*ATTENDANCE, {**CLASS, "人员编号": "G9", "是否到课": "是"}, other]
    address, shown = looked(shen, "training", rows, key="one wrong")
    reason = "第 5 行：“人员编号”：名册中没有编号“G9”，请核对；确属应列而未列的，请先登入名册"
    assert (
        shown.count(reason) == 4
    )  # each of the rows of that class, so that all of them can be mended and brought again
    shen.post(address, data={"sure": "yes"}, headers=OWN)
    worked(house)
    assert [case.data["subject"] for case in cases(house, "training")] == ["职工代表第2期"]


def test_a_person_twice_and_a_class_that_contradicts_itself_are_refused(shen: TestClient, house: House) -> None:
    on_rosters(house, shen)
    twice = [*ATTENDANCE, {**CLASS, "人员编号": "G2", "是否到课": "是"}]
    assert "第 5 行：“人员编号”与第 3 行重复" in looked(shen, "training", twice, key="twice")[1]
    differs = [*ATTENDANCE, {**CLASS, "人员编号": "G2", "培训层级": "市级"}]
    assert "第 5 行：“培训层级”与第 2 行不一致" in looked(shen, "training", differs, key="differs")[1]
    bad = [*ATTENDANCE, {**CLASS, "人员编号": "G2", "是否到课": "迟到"}]
    assert "第 5 行：“是否到课”：“迟到”请填“是”或“否”" in looked(shen, "training", bad, key="bad")[1]


def test_a_class_goes_out_row_by_row_and_comes_in_again_elsewhere(
    shen: TestClient, house: House, tmp_path: Path
) -> None:
    on_rosters(house, shen)
    brought(house, shen, "training", ATTENDANCE)
    head, *lines = taken(shen, workflow="training")
    names = [str(name) for name in head]
    told = [dict(zip(names, line, strict=True)) for line in lines]
    assert [(row["班名"], row["人员编号"], row["是否到课"], row["专题"]) for row in told] == [
        ("职工代表第1期", "G1", "是", "民主管理条例"),
        ("职工代表第1期", "G2", "否", None),
        ("职工代表第1期", "G3", "是", None),
    ]
    with open_house(f"sqlite:///{tmp_path / 'other.db'}", AT) as other, client_of(other) as client:
        client.cookies.set("banjie", other.token("shen"))
        on_rosters(other, client)
        brought(other, client, "training", told)
        (here,), (there,) = cases(house, "training"), cases(other, "training")
        assert (there.state, there.data) == (here.state, here.data)


def test_a_large_register_of_classes_is_written_as_work_with_all_its_rows(
    shen: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_rosters(house, shen)
    brought(house, shen, "training", ATTENDANCE)
    at_once = taken(shen, workflow="training")
    monkeypatch.setattr("web.pages.registers.AT_ONCE_MAX", 0)
    answer = shen.post(
        "/registers/out", data={"key": "big", "workflow": "training"}, headers=OWN, follow_redirects=False
    )
    worked(house)
    page = shen.get(answer.headers["location"]).text
    address = page.split('href="/registers/out/')[1].split('"')[0]
    assert sheet_of(shen.get(f"/registers/out/{address}").content) == at_once


def test_a_register_of_many_rows_together_is_split_before(
    shen: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_rosters(house, shen)
    monkeypatch.setattr("engine.service.registers_in.GROUPED_MAX", 2)
    status, _address, shown = bring(shen, sheet(ATTENDANCE), workflow="training", session="-", key="many")
    assert status == 422
    assert "一件占几行的台账一次最多导入 2 行，请按件拆分，同一件的行放在同一个文件" in shown


def test_so_many_rows_cannot_be_one_case(shen: TestClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    on_rosters(house, shen)
    monkeypatch.setattr("engine.service.importing.grouped.ROWS_OF_ONE_MAX", 2)
    assert "同一件超过 2 行，请核对编号" in looked(shen, "training", ATTENDANCE, key="too many")[1]


def test_a_visit_comes_in_with_its_services_opinions_and_diary(shen: TestClient, house: House) -> None:
    brought(house, shen, "basic_unit", dated(UNITS))
    visit = {"走访单位代码": "QY-1", "活动年度": 2026, "计划走访日期": date(2026, 4, 1)}
    whole = {
        **visit,
        "走访单位名称": "江岭轴承",
        "分工日期": date(2026, 3, 2),
        "工作组层级": "市总工会工作组",
        "走访单位确定方式": "随机抽取",
        "走访领导": "赖春生",
        "联络人": "沈若棠",
        "走访日期": date(2026, 4, 2),
        "参与走访领导": "赖春生",
        "走访单位职工人数": 320,
        "填报单位": "江岭重工工会",
    }
    diary = {"日志日期": date(2026, 4, 2), "调查方式": "走访调查", "日志走访人数": 12, "日志内容": "了解工资协商情况"}
    rows = [
        {**whole, "六个到位项目": "政策宣传", "是否到位": "是", **diary},
        {**visit, "六个到位项目": "指导服务", "是否到位": "否"},
    ]
    brought(house, shen, "visit", rows)
    (held,) = cases(house, "visit")
    assert (held.state, held.data["services_done"], held.data["people_met"]) == ("registered", 1, 12)


@pytest.mark.parametrize("login", ["shi", "lai"])
def test_who_may_not_open_such_cases_is_not_offered_their_registers(house: House, login: str) -> None:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token(login))
        status, _address, shown = bring(client, sheet(dated(UNITS)), workflow="basic_unit", session="-")
        assert status == 403
        assert "您没有办理此步骤的权限，须由工会办公室办理" in shown
        assert "导入台账须能登记或者代录此类事项" in text_of(client.get("/registers").text)


def test_every_register_that_is_offered_has_a_template(shen: TestClient) -> None:
    page = shen.get("/registers").text
    offered = {part.split('"')[0] for part in page.split("template.xlsx?workflow=")[1:]}
    assert offered >= {
        "basic_unit",
        "trainee",
        "trainer",
        "training",
        "visit",
        "delegate_term",
        "committee",
        "inspection",
    }
    for workflow in offered:
        assert shen.get(f"/registers/template.xlsx?workflow={workflow}").content.startswith(b"PK")


def test_a_list_of_serving_delegates_comes_in_without_their_election(shen: TestClient, house: House) -> None:
    ends = date(2028, 12, 29)
    seat = {"职代会届次": "第六届", "登记日期": date(2026, 1, 5), "任期届满日期": ends, "类别": "一线职工"}
    rows = [
        {**seat, "代表席位": "一车间第1席", "选举单位": "后勤服务中心", "当选人": "石磊生", "性别": "男"},
        {**seat, "代表席位": "一车间第2席", "选举单位": "安全环保部", "当选人": "赖春生", "性别": "男"},
        {**seat, "代表席位": "一车间第3席", "选举单位": "安全环保部"},
    ]
    brought(house, shen, "delegate_term", rows)
    held = {str(case.data["subject"]): case for case in cases(house, "delegate_term")}
    states = {seat: case.state for seat, case in held.items()}
    assert states == {"一车间第1席": "serving", "一车间第2席": "serving", "一车间第3席": "standing"}
    assert held["一车间第1席"].persons_in("delegate") == ("shi",)
    assert held["一车间第1席"].data["in_office"] is True
