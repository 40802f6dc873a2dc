"""The pages by which the house is looked after: who gets in, what they write, and what they refuse."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.staff_roles import load_staff_roles
from engine.case.identity import CaseId, PersonId, RootId
from engine.errors import DefinitionError, NotFound, Problem
from engine.service.calendar_change import Change, Move
from engine.service.house_door import NoticeOnFile, ProposedNotice
from engine.service.logins import AccountRules
from engine.service.looks import Look
from engine.service.publications import Kind
from engine.service.rules_door import ProposedRules
from engine.text import Language, Text
from tests.support.house import PASSWORD, ROOT, House, open_house
from web.app import create_site

ORIGIN = {"Origin": "http://testserver"}
BROKEN = Problem(
    file="v1.yaml",
    line=7,
    column=3,
    code="state_unreachable",
    text=Text("状态到不了", "unreachable"),
    remedy=Text("加一条流转", "add a transition"),
)


@dataclass
class FakeHouse:
    """Implements ``HouseDoor`` with what a test wants to see."""

    taken: list[bytes] = field(default_factory=list)
    sent: list[tuple[str, str]] = field(default_factory=list)
    reason: str | None = None
    moves: tuple[Move, ...] = ()

    def looks(self) -> Sequence[Look]:
        return [
            Look(name="database", text=Text("数据库可用", "The database answers")),
            Look(name="disk", text=Text("磁盘将满", "The disk is full"), advice=Text("请清理磁盘", "Make room")),
        ]

    def channels(self) -> Sequence[str]:
        return ("mail",)

    def try_channel(self, channel: str, address: str, language: Language) -> str | None:
        assert language == "zh"
        if channel != "mail":
            raise NotFound(Text("没有设置这个渠道", "This channel is not configured"))
        self.sent.append((channel, address))
        return self.reason

    def notices(self, root: RootId) -> Sequence[NoticeOnFile]:
        assert root == ROOT
        title = Text("关于2026年部分节假日安排的通知", "Holidays of 2026")
        days = (date(2026, 1, 1), date(2026, 1, 2))
        return [
            NoticeOnFile(
                year=2026,
                title=title,
                number="国办发明电〔2025〕7号",
                issued_on=date(2025, 11, 4),
                days_off=days,
                make_up_days=(date(2026, 1, 4),),
                unit=None,
            )
        ]

    def proposed(self, root: RootId, text: bytes) -> ProposedNotice:
        if b"wrong" in text:
            raise DefinitionError([BROKEN])
        change = Change(root=root, days=(), settled=(2027,), looked=3, moves=self.moves)
        return ProposedNotice(citation=Text("2027年放假通知", "The notice of 2027"), year=2027, change=change)

    def take_in(self, root: RootId, text: bytes, by: PersonId) -> ProposedNotice:
        assert by
        self.taken.append(text)
        return self.proposed(root, text)

    def proposed_rules(self, root: RootId, kind: Kind, text: bytes) -> ProposedRules:
        raise NotImplementedError  # test_publishing has a real one

    def publish_rules(self, root: RootId, kind: Kind, text: bytes, reason: str, by: PersonId) -> ProposedRules:
        raise NotImplementedError  # as above

    def withdraw_rules(self, root: RootId, kind: Kind, name: str, version: int, reason: str, by: PersonId) -> None:
        raise NotImplementedError  # as above

    def check_definition(self, name: str, text: bytes) -> Sequence[Problem]:
        assert name == "proposal"
        return [BROKEN] if b"wrong" in text else []


@dataclass
class Site:
    """The site of a house whose union office is ``shen``."""

    house: House
    door: FakeHouse
    client: TestClient

    def log_in(self, login: str) -> None:
        answer = self.client.post("/login", data={"login": login, "password": PASSWORD}, headers=ORIGIN)
        assert answer.status_code == 303, answer.text

    def post(self, address: str, /, **form: str) -> tuple[int, str]:
        answer = self.client.post(address, data=form, headers=ORIGIN)
        return answer.status_code, answer.text


@pytest.fixture
def site(any_database: str) -> Iterator[Site]:
    with open_house(any_database) as house:
        door = FakeHouse()
        rules = AccountRules(staff=load_staff_roles())
        settings = ApiSettings(version="0.1.0", database="test", accounts=rules)
        app = create_site(house.desk, settings, None, door)
        with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
            site = Site(house, door, client)
            site.log_in("shen")
            yield site


def units_of(house: House) -> dict[str, tuple[str, str | None]]:
    there = house.desk.reads.surroundings(ROOT)
    return {unit.code: (unit.title.zh, unit.parent) for unit in there.units.values()}


def test_the_office_at_the_top_sees_what_there_is_to_look_after(site: Site) -> None:
    page = site.client.get("/admin").text
    for title, address in (("单位", "/admin/units"), ("工作日历", "/admin/calendar"), ("运行状况", "/admin/health")):
        assert f'href="{address}">{title}</a>' in page


def test_somebody_without_an_office_finds_nothing_there_and_is_refused_behind_it(site: Site) -> None:
    site.log_in("shi")
    page = site.client.get("/admin")
    assert page.status_code == 200
    assert "没有由您管理的内容。" in page.text
    for address in ("units", "people", "sessions", "calendar", "lists", "definitions", "channels", "health"):
        answer = site.client.get(f"/admin/{address}")
        assert answer.status_code == 403, address
        assert "由本级工会办公室或系统管理员管理，您没有此权限" in answer.text
    before = units_of(site.house)
    assert site.post("/admin/units", code="X1", name="新单位")[0] == 403
    assert units_of(site.house) == before


def test_a_unit_is_added_below_the_top_and_the_ledger_is_told_by_whom(site: Site) -> None:
    status, _page = site.post("/admin/units", code="GH-7", name="后勤二部", parent=ROOT)
    assert status == 303
    assert units_of(site.house)["GH-7"] == ("后勤二部", ROOT)
    page = site.client.get("/admin/units?done=kept").text
    assert "已保存，并已记入账册。" in page
    assert "后勤二部" in page


def test_everything_wrong_with_a_unit_is_said_at_its_field_and_nothing_typed_is_lost(site: Site) -> None:
    before = units_of(site.house)
    status, page = site.post(
        "/admin/units", code="A B", name="", parent="nowhere", from_on="2026-13-01", until_on="", successor=ROOT
    )
    assert status == 422
    for said in (
        "编码为 1 至 40 个文字、字母、数字或 . _ -",
        "请填写",
        "没有这个上级单位",
        "应为日期，例如 2026-09-15",
        "有承接单位的，须填停用日期",
    ):
        assert said in page, said
    assert 'value="A B"' in page
    assert units_of(site.house) == before
    taken = next(iter(before))
    assert "该编码已有单位使用，请另取编码" in site.post("/admin/units", code=taken, name="重名")[1]


def test_a_unit_is_not_moved_below_itself_and_the_top_does_not_end(site: Site) -> None:
    site.post("/admin/units", code="P", name="上", parent=ROOT)
    there = site.house.desk.reads.surroundings(ROOT)
    parent = next(unit.id for unit in there.units.values() if unit.code == "P")
    site.post("/admin/units", code="C", name="下", parent=parent)
    there = site.house.desk.reads.surroundings(ROOT)
    child = next(unit.id for unit in there.units.values() if unit.code == "C")
    status, page = site.post("/admin/units", unit=parent, code="P", name="上", parent=child)
    assert (status, "不能置于自身或下级单位之下" in page) == (422, True)
    status, page = site.post("/admin/units", unit=ROOT, name="全厂", until_on="2026-12-31")
    assert (status, "顶级单位不能停用" in page) == (422, True)
    assert site.post("/admin/units", unit="nobody", name="无")[0] == 404
    assert site.client.get(f"/admin/units/{child}").text.count('value="下"') == 1


def test_a_person_is_added_moved_and_set_inactive_but_not_by_themselves(site: Site) -> None:
    status, _page = site.post("/admin/people", login="wang-7", name="王七", unit=ROOT)
    assert status == 303
    account = site.house.desk.reads.account("wang-7")
    assert account is not None
    status, _page = site.post("/admin/people", person=account.person, name="王七七", unit=ROOT, active="no")
    assert status == 303
    kept = site.house.desk.reads.persons(ROOT, [account.person])[account.person]
    assert (kept.name, kept.login, kept.active) == ("王七七", "wang-7", False)
    own = "shen"
    status, page = site.post("/admin/people", person=own, name="沈", active="no")
    assert (status, "不能停用自己的账号" in page) == (422, True)
    assert "该登录名已有人使用" in site.post("/admin/people", login="shen", name="另一个")[1]
    assert "登录名为 1 至 60 个字母、数字" in site.post("/admin/people", login="王", name="王")[1]
    found = site.client.get("/admin/people?text=王七七").text
    assert "人员（1）" in found
    assert "已停用" in found


def test_a_session_is_added_and_changed_and_its_days_run_forward(site: Site) -> None:
    status, page = site.post(
        "/admin/sessions",
        term="7",
        meeting="x",
        unit=ROOT,
        call_opens_on="2026-03-02",
        call_closes_on="2026-03-01",
    )
    assert status == 422
    assert "应为 1 至 999 的整数" in page
    assert "截止日期不能早于开始日期" in page
    assert site.post("/admin/sessions", term="7", meeting="1", unit=ROOT, opens_on="2026-04-01")[0] == 303
    assert site.post("/admin/sessions", term="7", meeting="1", unit=ROOT, opens_on="2026-04-08")[0] == 303
    sessions = [one for one in site.house.desk.reads.surroundings(ROOT).sessions.values() if one.term == 7]
    assert [(one.meeting, one.opens_on, one.title.zh) for one in sessions] == [
        (1, date(2026, 4, 8), "第7届第1次职工代表大会")
    ]
    assert "2026-04-08" in site.client.get(f"/admin/sessions/{sessions[0].id}").text


def test_the_calendar_shows_a_year_with_its_days_off(site: Site) -> None:
    page = site.client.get("/admin/calendar?year=2026").text
    # New Year of 2026: off from 1 to 3 January, worked on Sunday the 4th (国办发明电〔2025〕7号).
    assert page.count("<caption>2026年") == 12
    assert "国办发明电〔2025〕7号" in page
    january = page[page.index("2026年1月") : page.index("2026年2月")]
    assert january.count("<small>休</small>") == 3
    assert "4<small>班</small>" in january
    assert "2031 年放假通知尚未录入" in site.client.get("/admin/calendar?year=2031").text


def test_a_notice_is_looked_at_before_it_is_taken_in(site: Site) -> None:
    case = site.house.filed()
    hidden = CaseId("0" * 32)
    site.door.moves = tuple(
        Move(
            case=one,
            number=number,
            workflow="proposal",
            deadline="review",
            title=Text("审查期限", "Review"),
            old_on=date(2027, 2, 5),
            new_on=date(2027, 2, 6),
            was_provisional=True,
            provisional=False,
            causes=(),
        )
        for one, number in ((case, "见得着的"), (hidden, "见不着的"))
    )
    status, page = site.post("/admin/calendar/preview", notice="year: 2027")
    assert status == 200
    assert "2027 年由暂定转为确定。" in page
    assert "查看未结期限 3 项：2 项日期变动" in page
    assert "见得着的" in page
    assert "见不着的" not in page
    assert "另有 1 项未在此列出" in page
    assert site.door.taken == []
    assert site.post("/admin/calendar", notice="year: 2027")[0] == 303
    assert site.door.taken == [b"year: 2027"]


def test_a_wrong_notice_is_told_by_line_and_stays_in_the_form(site: Site) -> None:
    status, page = site.post("/admin/calendar/preview", notice="wrong: 1")
    assert status == 422
    assert "第 7 行第 3 列" in page
    assert "wrong: 1" in page
    assert "请粘贴放假通知文件的内容" in site.post("/admin/calendar", notice=" ")[1]
    assert site.door.taken == []


def test_a_definition_is_checked_with_its_problems_at_the_line(site: Site) -> None:
    assert "未发现问题，可以上线。" in site.post("/admin/definitions", name="proposal", definition="name: x")[1]
    page = site.post("/admin/definitions", name="proposal", definition="wrong")[1]
    assert "发现 1 处问题" in page
    assert "第 7 行第 3 列" in page
    assert "状态到不了" in page
    assert "请粘贴流程文件的内容" in site.post("/admin/definitions", name="proposal", definition="")[1]


def test_code_lists_stand_with_their_codes_and_who_uses_them(site: Site) -> None:
    page = site.client.get("/admin/lists").text
    assert "信访工作条例（2022）第三十条" in page
    assert "<code>accusation</code>" in page


def test_health_says_what_is_wrong_and_what_to_do(site: Site) -> None:
    page = site.client.get("/admin/health").text
    assert "有 1 项需要处理。" in page
    assert "请清理磁盘" in page


def test_a_channel_is_tried_and_says_why_when_it_fails(site: Site) -> None:
    page = site.post("/admin/channels", channel="mail", address="a@example.org")[1]
    assert "测试消息已由“电子邮件”发往 a@example.org" in page
    assert site.door.sent == [("mail", "a@example.org")]
    site.door.reason = "smtp 451"
    assert "“电子邮件”未能发出：smtp 451" in site.post("/admin/channels", channel="mail", address="a@example.org")[1]
    assert "没有设置这个渠道" in site.post("/admin/channels", channel="fax", address="1")[1]
    assert "请填写收件地址" in site.post("/admin/channels", channel="mail", address="")[1]
