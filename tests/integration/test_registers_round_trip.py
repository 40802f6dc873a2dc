"""Every register comes in, goes out, comes into another house and goes out of it as the same, cell by cell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow, Person, Unit
from engine.case.identity import PersonId, UnitId
from engine.service.plain import AddGrant, AddPerson, AddUnit, PlainWrite
from engine.text import Text
from tests.integration.test_web_registers import OWN, bring, worked
from tests.integration.test_web_registers_out import taken
from tests.integration.test_web_registers_rosters import ATTENDANCE, PEOPLE, TRAINER, UNITS, cases, dated, sheet
from tests.support.house import PEOPLE as STAFF
from tests.support.house import ROOT, SESSION, House, client_of, open_house

AT: Final = datetime(2026, 6, 30, 2, tzinfo=UTC)
Row = Mapping[str, object]
ON: Final = date(2026, 3, 2)
DECIDED: Final = datetime(2026, 3, 6)  # noqa: DTZ001 - a sheet knows no zones

PROPOSAL: Final[Row] = {
    "编号": "T1", "案由": "关于照明的提案", "类别": "生活福利", "案据": "夜间照明不足", "建议措施": "增设路灯",
    "提案人": "石磊生", "提交日期": date(2026, 1, 12), "审查结果": "立案", "审查日期": date(2026, 1, 20),
    "提案号": "第001号", "主办单位": "后勤服务中心", "交办日期": date(2026, 1, 22), "答复日期": date(2026, 2, 12),
    "答复类别": "A", "答复内容": "已增设路灯", "评价日期": date(2026, 2, 16), "办理态度评价": "满意",
    "办理结果评价": "基本满意", "结案日期": date(2026, 2, 20),
}  # fmt: skip
GRIEVANCE: Final[Row] = {
    "编号": "G1", "诉求事项": "加班费少发", "来源渠道": "来电", "诉求类型": "申诉求决", "诉求类别": "劳动报酬",
    "反映内容": "三月加班未计", "保密级别": "内部", "姓名": "罗小山", "年龄": 34, "联系电话": "13800000000",
    "登记日期": ON, "甄别去向": "受理", "受理日期": date(2026, 3, 4), "承办单位": "后勤服务中心",
    "派单日期": date(2026, 3, 5), "答复日期": date(2026, 3, 20), "处理意见结论": "支持", "处理意见": "已补发",
    "评价日期": date(2026, 3, 25), "办理态度评价": "满意", "办理结果评价": "满意", "办结日期": date(2026, 3, 27),
}  # fmt: skip
HARDSHIP: Final[Row] = {
    "登记号": "K1", "申请事项": "大病救助", "致困原因": "本人或家庭成员患病", "家庭困难情况": "医疗支出大",
    "申请人（登录名）": "luo", "申请人姓名": "罗小山", "联系电话": "13800000001", "家庭住址": "江岭路1号",
    "所在单位": "后勤服务中心", "申请日期": ON,
}  # fmt: skip
MEDIATION: Final[Row] = {
    "登记号": "M1", "争议事项": "工资争议", "争议类型": "确认劳动关系", "争议事实": "未签合同", "调解请求": "补签",
    "申请人（登录名）": "luo", "申请日期": ON, "被申请人是否同意调解": "是", "受理日期": date(2026, 3, 4),
    "调解员（登录名）": "zhai", "达成协议日期": date(2026, 3, 12), "协议内容": "补签合同", "双方是否签字": "是",
    "履行期限": date(2026, 4, 1),
}  # fmt: skip
WARNING: Final[Row] = {
    "隐患事项": "食堂外包未征求意见", "隐患来源": "职工反映", "隐患类型": "生活福利和住房", "涉及单位": "后勤服务中心",
    "隐患情况": "职工议论较多", "涉及人数": 40, "发现日期": ON, "研判日期": date(2026, 3, 3), "预警等级": "一般",
    "是否有激化可能": "否", "研判意见": "先行沟通",
}  # fmt: skip
INSPECTION: Final[Row] = {
    "视察名称": "提案办理视察", "视察内容类别": "提案办理", "受检单位": "后勤服务中心", "视察日期": date(2026, 3, 20),
    "组长": "shi", "视察方案": "看现场", "安排日期": ON, "通知日期": date(2026, 3, 6), "通知内容": "请准备台账",
}  # fmt: skip
COMMITTEE: Final[Sequence[Row]] = (
    {
        "名称": "提案工作委员会", "类别": "提案工作", "工作职责": "审查提案", "提出日期": ON,
        "决定设立日期": date(2026, 3, 6), "任期起始日期": date(2026, 3, 6), "任期届满日期": date(2031, 3, 5),
        "选举日期": date(2026, 3, 6), "全体职工代表人数": 60, "到会职工代表人数": 55, "主任（登录名）": "zhai",
        "秘书（登录名）": "shen", "成员姓名": "翟鸿岭", "成员职务": "主任", "是否职工代表": "是", "同意票": 52,
        "成员任期至": date(2031, 3, 5),
    },
    *(
        {"名称": "提案工作委员会", "成员姓名": name, "成员职务": "委员", "是否职工代表": "是", "同意票": 50,
         "成员任期至": date(2031, 3, 5)}
        for name in ("石磊生", "罗小山", "温其玉", "赖春生")
    ),
)  # fmt: skip
SEAT: Final[Sequence[Row]] = (
    {
        "代表席位": "后勤第1席", "职代会届次": "六届", "选举单位": "后勤服务中心", "任期届满日期": date(2031, 3, 1),
        "是否补选": "否", "选举启动日期": ON, "候选人编号": 1, "候选人姓名": "石磊生", "岗位": "管道工", "得票数": 30,
        "选举日期": date(2026, 3, 9), "选举单位职工人数": 41, "有效票数": 38, "无效票数": 2, "当选人编号": 1,
        "当选人": "shi", "代表类别": "一线职工", "性别": "男",
    },
    {"代表席位": "后勤第1席", "职代会届次": "六届", "候选人编号": 2, "候选人姓名": "罗小山", "岗位": "电工",
     "得票数": 8},
)  # fmt: skip
VISIT: Final[Sequence[Row]] = (
    {
        "单位代码": "QY-1", "活动年度": 2026, "计划走访日期": date(2026, 4, 8), "走访单位": "江岭轴承",
        "分工日期": ON, "工作组层级": "市总工会工作组", "确定方式": "随机抽取", "走访领导": "沈若棠",
        "联络人": "翟鸿岭", "走访日期": date(2026, 4, 9), "参与走访领导": "沈若棠", "走访单位职工人数": 318,
        "填报单位": "市总工会",
        "六个到位项目": "走访慰问", "是否到位": "是", "意见提出方": "职工", "意见类别": "劳动就业",
        "建议与意见": "多办培训", "意见处理方式": "现场解答", "解答情况": "已答复",
        "日志日期": date(2026, 4, 9), "调查方式": "召开座谈会", "日志走访人数": 12, "了解的情况": "盼多办培训",
    },
    {"单位代码": "QY-1", "活动年度": 2026, "计划走访日期": date(2026, 4, 8), "六个到位项目": "政策宣传",
     "是否到位": "否"},
)  # fmt: skip

REGISTERS: Final[Mapping[str, tuple[Sequence[Row], Row]]] = {
    # workflow: what comes in, and what must stand in one of the rows that go out
    "basic_unit": (dated(UNITS), {"单位代码": "QY-1", "职工人数": 320}),
    "committee": (COMMITTEE, {"成员姓名": "翟鸿岭", "同意票": 52, "决定设立日期": DECIDED}),
    "delegate_term": (SEAT, {"候选人姓名": "石磊生", "岗位": "管道工", "得票数": 30, "当选人": "石磊生"}),
    "grievance": ([GRIEVANCE], {"姓名": "罗小山", "年龄": 34, "处理意见结论": "支持"}),
    "hardship": ([HARDSHIP], {"申请人姓名": "罗小山", "所在单位": "后勤服务中心", "致困原因": "本人或家庭成员患病"}),
    "inspection": ([INSPECTION], {"受检单位": "后勤服务中心", "通知内容": "请准备台账"}),
    "mediation": ([MEDIATION], {"协议内容": "补签合同", "双方是否签字": "是"}),
    "proposal": ([PROPOSAL], {"案由": "关于照明的提案", "办理结果评价": "基本满意"}),
    "trainee": (PEOPLE, {"人员编号": "G1", "姓名": "罗小山"}),
    "trainer": ([TRAINER], {"师资编号": "S1", "工作单位和职务": "市总工会"}),
    "training": (ATTENDANCE, {"班名": "职工代表第1期", "学时": 6}),
    "visit": (VISIT, {"六个到位项目": "走访慰问", "走访单位职工人数": 318}),
    "warning": ([WARNING], {"涉及人数": 40, "预警等级": "一般"}),
}
BEFORE: Final[Mapping[str, Sequence[str]]] = {"training": ("trainee", "trainer"), "visit": ("basic_unit",)}
"""The rosters that must be there before what names their lines."""


NOT_KEPT: Final[Mapping[str, frozenset[str]]] = {
    "hardship": frozenset({"登记号"}),
    "mediation": frozenset({"登记号"}),
}
"""What only tells the rows of one register apart: the case has a number of its own."""


@contextmanager
def office(url: str) -> Iterator[tuple[House, TestClient]]:
    """Open a house whose union office keeps every register."""
    roles = sorted(
        {role for _name, _unit, roles in STAFF.values() for role in roles}
        | {"assistance_centre", "mediation_committee"}
    )
    with open_house(url, AT) as house:
        house.desk.office.write(
            [AddGrant(GrantRow(root=ROOT, person=PersonId("shen"), role=role, unit=UnitId("works"))) for role in roles]
        )
        with client_of(house) as client:
            client.cookies.set("banjie", house.token("shen"))
            yield house, client


def brought(house: House, client: TestClient, workflow: str, rows: Sequence[Row]) -> None:
    session = SESSION if workflow == "proposal" else "-"
    status, address, shown = bring(client, sheet(rows), workflow=workflow, session=session, key=f"in {workflow}")
    assert status == 303, shown
    assert "不能导入的行" not in shown, shown
    client.post(address, data={"sure": "yes"}, headers=OWN)
    worked(house)


def told(client: TestClient, workflow: str) -> list[dict[str, object]]:
    head, *lines = taken(client, workflow=workflow, key=f"out {workflow}")
    rows = [{str(name): cell for name, cell in zip(head, line, strict=True)} for line in lines]
    # Cases of one instant stand in no order of their own; the rows of one case do.
    return sorted(rows, key=str) if len(lines) > 1 and len({line[0] for line in lines}) > 1 else rows


def test_no_register_is_left_out() -> None:
    assert set(REGISTERS) == {path.parent.name for path in Path("workflows").glob("*/import.yaml")}


@pytest.mark.parametrize("workflow", REGISTERS)
def test_what_goes_out_of_a_register_comes_in_elsewhere_as_the_same(workflow: str, tmp_path: Path) -> None:
    rows, expected = REGISTERS[workflow]
    with office(f"sqlite:///{tmp_path / 'here.db'}") as (house, client):
        for roster in BEFORE.get(workflow, ()):
            brought(house, client, roster, REGISTERS[roster][0])
        brought(house, client, workflow, rows)
        here, standing = told(client, workflow), states(house, workflow)
    assert [row for row in here if expected.items() <= row.items()], here
    given = {name for row in rows for name in row} - NOT_KEPT.get(workflow, frozenset())
    assert not [name for name in given & here[0].keys() if all(row[name] is None for row in here)], "nothing is lost"
    with office(f"sqlite:///{tmp_path / 'there.db'}") as (other, client):
        for roster in BEFORE.get(workflow, ()):
            brought(other, client, roster, REGISTERS[roster][0])
        brought(other, client, workflow, here)
        assert told(client, workflow) == here
        assert states(other, workflow) == standing


def states(house: House, workflow: str) -> list[str]:
    return [case.state for case in cases(house, workflow)]


def test_where_several_have_one_name_it_goes_out_so_that_it_can_come_in(tmp_path: Path) -> None:
    namesakes: list[PlainWrite] = [
        AddUnit(
            Unit(
                root=ROOT,
                id=UnitId("other"),
                parent=UnitId("safety"),
                code="other-logistics",
                title=Text("后勤服务中心", "Logistics"),
            )
        ),
        AddPerson(Person(root=ROOT, id=PersonId("x1"), name="石磊生", login="shi2", unit=UnitId("safety"))),
    ]
    row = {**INSPECTION, "受检单位": "logistics", "组长": "shi2"}
    with office(f"sqlite:///{tmp_path / 'here.db'}") as (house, client):
        house.desk.office.write(namesakes)
        brought(house, client, "inspection", [row])
        here = told(client, "inspection")
        assert [(one["受检单位"], one["组长"]) for one in here] == [("logistics", "shi2")]
    with office(f"sqlite:///{tmp_path / 'there.db'}") as (other, client):
        other.desk.office.write(namesakes)
        brought(other, client, "inspection", here)
        assert told(client, "inspection") == here
