"""What the pages answer to whom they refuse, word for word, and what stands beside a form filled in wrongly."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final, NoReturn, cast

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import GrantRow
from engine.access.passwords import hash_password
from engine.case.identity import PersonId, RootId, UnitId
from engine.service.account_writes import SetPassword
from engine.service.house_door import HouseDoor, NoticeOnFile
from engine.service.logins import AccountRules
from engine.service.looks import Look
from engine.service.plain import AddGrant
from engine.text import Text
from tests.support.accounts import OWN, STAFF, browser, log_in
from tests.support.house import PASSWORD, ROOT, House, open_house
from web.app import create_site

Visit = Callable[[str], TestClient]


class WellHouse:
    """The parts of ``HouseDoor`` that tell how the installation is: well, and without a notice of holidays."""

    def looks(self) -> Sequence[Look]:
        return [Look(name="database", text=Text("数据库可用", "The database answers"))]

    def notices(self, _root: RootId) -> Sequence[NoticeOnFile]:
        return []

    def proposed(self, _root: RootId, _text: bytes) -> NoReturn:
        raise AssertionError("a notice that is too large is not looked at")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('refused') / 'banjie.db'}") as house:
        for login, role in (("luo", "security_administrator"), ("luo", "auditor")):
            house.desk.office.write(
                [AddGrant(GrantRow(root=ROOT, person=PersonId(login), role=role, unit=UnitId(ROOT)))]
            )
        yield house


@pytest.fixture(scope="module")
def visit(house: House) -> Iterator[Visit]:
    """Ask as somebody: each has one browser and one login; "" is nobody."""
    opened: dict[str, TestClient] = {}
    with ExitStack() as stack:

        def asks(login: str) -> TestClient:
            if login not in opened:
                client = opened[login] = stack.enter_context(browser(house))
                assert not login or log_in(client, login).status_code == 303
            return opened[login]

        yield asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Somebody's request that is refused, and what is said; ``form`` None for looking at a page."""

    login: str
    path: str
    status: int
    said: str
    form: Mapping[str, str] | None = None


REFUSED: Final = (
    Asked(login="shen", path="/admin/health", status=404, said="本服务没有接入系统管理"),
    Asked(login="shi", path="/me/second-factor/picture.svg", status=404, said="没有待绑定的动态验证码"),
    Asked(
        login="shi",
        path="/me/password",
        form={"old": "x", "new": "luling chaifan 7", "again": "luling chaifan 8"},
        status=422,
        said="两次输入的新密码不一致",
    ),
    Asked(login="shen", path="/accounts/slips", form={"unit": "none"}, status=404, said="没有这个单位"),
    Asked(
        login="shen",
        path="/admin/definitions",
        form={"name": "proposal", "definition": "汉" * 90_000},
        status=422,
        said="流程文件不得超过 256 KB",
    ),
    Asked(login="shi", path="/cases/export.pdf", status=404, said="没有这种导出格式"),
    Asked(login="luo", path="/grants/nobody", status=404, said="没有这个人员，或没有其授权"),
    Asked(login="luo", path="/ledger/checkpoints/9", status=404, said="没有这个检查点"),
    Asked(login="zhai", path="/meeting/none/nothing", form={"key": "k"}, status=404, said="没有这样的审查结论"),
    Asked(login="", path="/receipts", status=404, said="本服务不出具回执"),
    Asked(login="shi", path="/similar?workflow=nothing", status=404, said="没有这个流程"),
    Asked(login="", path="/link/over", status=401, said="链接已失效"),
    Asked(
        login="",
        path="/link/over",
        status=401,
        said="链接只能使用一次，并在 24 小时后失效。请向管理员另要一个。",
    ),
    # ------------------------------------------------------------------------ forms that stand again with what is wrong
    Asked(
        login="shen",
        path="/admin/units",
        form={"code": ""},
        status=422,
        said="有内容填写有误，请改正后再保存。",
    ),
    Asked(login="shi", path="/me/tokens", form={"title": ""}, status=422, said="填写有误，请改正标出的内容。"),
    # ------------------------------------------------------------------------------------------ warnings beside a page
    Asked(
        login="",
        path="/login",
        status=200,
        said="本站未启用 https，密码在网络上以明文传送，只应在单位内网使用。",
    ),
    Asked(
        login="",
        path="/login",
        form={"login": "shi", "password": "falsch"},
        status=401,
        said="请核对账号、大小写和输入法后再试。忘记密码的，请工会办公室重新打印激活单；多次输错后须等一会儿。",
    ),
    Asked(login="zhai", path="/overdue/act?measure=remind", status=200, said="没有选择事项，请返回列表勾选。"),
    Asked(
        login="shi",
        path="/similar?workflow=proposal&subject=实验室酸碱混放",
        status=200,
        said="案由写得具体一些更容易找到；也可以到“检索”中按词查找。",
    ),
    Asked(login="shi", path="/me/notices", status=200, said="管理员启用后方可使用。"),
    Asked(
        login="shi",
        path="/anonymous",
        status=200,
        said="这个浏览器里登录着账号。本页不使用它，但为稳妥起见，请先退出登录，或换一个浏览器（无痕窗口）。",
    ),
)


@pytest.mark.parametrize("asked", REFUSED, ids=lambda asked: f"{asked.path} {asked.said[:12]}")
def test_a_page_says_why_it_refuses(visit: Visit, asked: Asked) -> None:
    client = visit(asked.login)

    answer = client.get(asked.path) if asked.form is None else client.post(asked.path, data=asked.form, headers=OWN)

    assert (answer.status_code, asked.said in answer.text) == (asked.status, True), alerts(answer.text)


def alerts(page: str) -> list[str]:
    """Return what a page says is wrong."""
    return re.findall(r'role="alert"[^>]*>(.*?)</|class="error"[^>]*>(.*?)<', page, re.DOTALL)


def test_a_meeting_and_a_merge_take_only_what_the_procedure_of_the_case_knows(house: House, visit: Visit) -> None:
    case = house.filed()

    merge = visit("zhai").post(f"/merge/{case}/file", data={"key": "k"}, headers=OWN)

    assert (merge.status_code, "没有这样的并案步骤" in merge.text) == (404, True)


def test_an_installation_that_is_well_says_so_and_a_notice_that_is_missing_or_too_large_too(house: House) -> None:
    settings = ApiSettings(version="0.1.0", database="test", accounts=AccountRules(staff=STAFF))
    site = create_site(house.desk, settings, None, cast("HouseDoor", WellHouse()))
    with TestClient(site, raise_server_exceptions=False, follow_redirects=False) as client:
        log_in(client, "shen")
        large = client.post("/admin/calendar/preview", data={"notice": "x" * (64 * 1024 + 1)}, headers=OWN)

        assert "各项正常。" in client.get("/admin/health").text
        calendar = client.get("/admin/calendar?year=2030").text
        assert "2030 年放假通知尚未录入，本年日期均为暂定。" in calendar
        assert "缺 2026 年放假通知，请在国务院办公厅通知公布后及时录入。" in calendar
    assert large.status_code == 422
    assert "通知文件不得超过 64 KB，请只粘贴一年的放假安排" in large.text


def test_a_population_too_large_to_draw_from_and_a_board_too_large_to_sort_say_what_to_narrow(
    house: House, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.filed()
    house.filed()
    monkeypatch.setattr("web.pages.process.POPULATION_MAX", 1)
    monkeypatch.setattr("engine.service.sampling.POPULATION_MAX", 1)
    monkeypatch.setattr("web.pages.board.can_be_sorted", lambda *_asked: False)

    sample = visit("luo").get("/audit/sample?workflow=proposal&size=1&seed=1").text
    board = visit("zhai").get("/board?view=table&order=number").text

    assert "符合条件的超过 1 件，请用流程、届次、单位或日期缩小范围。" in sample
    assert "件数较多，不能按编号、单位排序；请先按状态、单位或类别筛选。" in board


def test_where_no_procedure_takes_it_the_entrance_the_meeting_and_the_choice_say_so(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.anonymous_entrances.entrances", lambda *_asked: [])
    monkeypatch.setattr("web.pages.meeting.meetings", lambda *_asked: [])
    monkeypatch.setattr("web.pages.new_case.openable", lambda *_asked: [])

    entrance, meeting, choice = (
        visit("").get("/anonymous"),
        visit("zhai").get("/meeting"),
        visit("shi").get("/cases/new"),
    )
    filed = visit("").post("/anonymous", data={"key": "k"}, files={"f.picture": ("a.jpg", b"x")}, headers=OWN)

    assert "本站没有开设匿名入口。" in entrance.text
    assert (filed.status_code, "没有匿名受理入口" in filed.text) == (404, True)
    assert "现行流程都没有规定审查会议。" in meeting.text
    assert "您没有提出事项的权限。请找工会办公室核对您的账号，或由他们代录。" in choice.text


def test_an_outcome_that_the_procedure_of_a_case_does_not_know_is_refused(house: House, visit: Visit) -> None:
    form = {"subject": "仓库通道堵塞", "content": "堆放货物", "confidentiality": "open", "petitioner_name": "翟鸿岭"}
    form |= {"channel": "mailbox", "grievance_type": "claim"}
    typed = {"workflow": "grievance", "unit": "works", "form": form}
    headers = {**house.bearer("zhai"), "Idempotency-Key": "grievance"}
    opened = visit("").post("/api/cases", json=typed, headers=headers)
    assert opened.status_code == 201, opened.text

    answer = visit("zhai").post(f"/meeting/{opened.json()['case']}/file", data={"key": "k"}, headers=OWN)

    assert (answer.status_code, "此件没有这样的审查结论" in answer.text) == (409, True)


def test_whose_account_is_unfinished_is_led_to_where_it_is_finished_and_told_why(sqlite_database: str) -> None:
    with open_house(sqlite_database) as house:
        with browser(house, second_factor=True) as client:
            log_in(client, "shen")
            assert client.get("/cases").headers["location"] == "/me/second-factor"
            assert "您的角色须使用动态验证码，请先绑定，再办理其他事项。" in client.get("/me/second-factor").text
        with browser(house) as client:
            now = house.clock.now()
            house.desk.office.write([SetPassword(ROOT, PersonId("shi"), hash_password(PASSWORD), due_at=now)])
            log_in(client, "shi")
            assert client.get("/cases").headers["location"] == "/me/password"
            assert "当前密码由他人设置，请先修改，再办理其他事项。" in client.get("/me/password").text
