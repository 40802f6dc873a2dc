"""The pages as a browser without JavaScript gets them: logging in, lists, a case, its forms, and both languages."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from engine.service.ports import CaseFilter
from tests.support.house import PASSWORD, ROOT, House, client_of, open_house

OWN = {"Sec-Fetch-Site": "same-origin"}
ARTICLE = re.compile(r"第[一二三四五六七八九十]+[章条款项]")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('pages') / 'banjie.db'}") as house:
        yield house


@contextmanager
def visitor(house: House, login: str) -> Iterator[TestClient]:
    """Visit as somebody who has logged in."""
    with client_of(house) as client:
        client.cookies.set("banjie", house.token(login))
        yield client


@pytest.fixture
def zhai(house: House) -> Iterator[TestClient]:
    with visitor(house, "zhai") as client:
        yield client


@pytest.fixture
def shi(house: House) -> Iterator[TestClient]:
    with visitor(house, "shi") as client:
        yield client


class Forms(HTMLParser):
    """Collects the values that each form of a page would send if nobody typed anything."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self._action = ""
        self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        match tag:
            case "form":
                self._action = values.get("action", "").partition("#")[0]
                self.forms[self._action] = {}
            case "input" if values.get("type") != "checkbox" and "name" in values:
                self.forms[self._action][values["name"]] = values.get("value", "")
            case "select":
                self._select = values["name"]
            case "option" if "selected" in values or self._select not in self.forms[self._action]:
                self.forms[self._action][self._select] = values["value"]
            case "textarea":
                self.forms[self._action][values["name"]] = ""


def send(client: TestClient, page: str, action: str, **typed: str | list[str]) -> Response:
    """Send a form of a page with what somebody typed into its fields."""
    form: dict[str, str | list[str]] = {**Forms(page).forms[action]}
    form.update({f"f.{name}" if f"f.{name}" in form else name: value for name, value in typed.items()})
    return client.post(action, data=form, headers=OWN)


# ---------------------------------------------------------------------------------------------------------- logging in


def test_a_stranger_is_led_to_the_login_and_then_to_the_page_asked_for(house: House) -> None:
    with client_of(house) as client:
        led = client.get("/cases?workflow=proposal")
        assert (led.status_code, led.headers["location"]) == (303, "/login?next=/cases%3Fworkflow%3Dproposal")
        page = client.get(led.headers["location"]).text
        answer = send(client, page, "/login", login="zhai", password=PASSWORD)
        assert (answer.status_code, answer.headers["location"]) == (303, "/cases?workflow=proposal")
        assert client.get("/cases").status_code == 200
        left = client.post("/logout", headers=OWN)
        assert left.headers["location"] == "/login"
        client.cookies.set("banjie", answer.cookies["banjie"])
        assert client.get("/cases").status_code == 303, "the session itself has ended, not only the cookie"


@pytest.mark.parametrize(
    "wanted", ["//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_led_to_another_site(house: House, wanted: str) -> None:
    with client_of(house) as client:
        form = {"login": "zhai", "password": PASSWORD, "next": wanted}
        assert client.post("/login", data=form, headers=OWN).headers["location"] == "/"


def test_a_wrong_password_keeps_the_name_and_never_the_password(house: House) -> None:
    with client_of(house) as client:
        answer = client.post("/login", data={"login": "zhai", "password": "geheim-1"}, headers=OWN)
        assert answer.status_code == 401
        assert "账号或密码不正确" in answer.text
        assert 'value="zhai"' in answer.text
        assert "geheim-1" not in answer.text
        assert "banjie" not in answer.cookies


def test_wrong_passwords_make_the_next_try_wait_longer_and_longer(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.service.logins.password_fits", lambda *_: False)
    with client_of(house) as client:
        texts = [client.post("/login", data={"login": "jiao", "password": "x"}, headers=OWN).text for _ in range(4)]
    assert all("账号或密码不正确" in text for text in texts[:3])
    assert "请 15 秒后再试" in texts[3]


@pytest.mark.parametrize(
    "headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}, {"Origin": "null"}]
)
def test_a_form_of_another_site_is_refused(house: House, headers: dict[str, str]) -> None:
    case = house.filed()
    with visitor(house, "zhai") as client:
        for path in ("/login", "/logout", f"/cases/{case}/remind", "/cases/new/proposal"):
            assert client.post(path, data={"login": "zhai", "password": PASSWORD}, headers=headers).status_code == 403
        headers = {**headers, "Idempotency-Key": "forged", "Content-Type": "application/json"}
        assert client.post(f"/api/cases/{case}/transitions", content=b"{}", headers=headers).status_code == 403
        assert client.get(f"/api/cases/{case}").json()["seq"] == 4


def test_a_form_of_our_own_is_taken_where_only_the_origin_says_so(house: House) -> None:
    with client_of(house) as client:
        form = {"login": "zhai", "password": PASSWORD}
        assert client.post("/login", data=form, headers={"Origin": "http://testserver"}).status_code == 303


def test_under_https_the_cookie_is_bound_to_the_host(house: House) -> None:
    with client_of(house, https=True) as client:
        answer = client.post("/login", data={"login": "zhai", "password": PASSWORD}, headers=OWN)
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-banjie=")
        assert "Secure" in cookie
        assert "明文" not in client.get("/login").text


# --------------------------------------------------------------------------------------------------------- front, lists


def test_the_desk_shows_what_waits_for_whom(house: House, zhai: TestClient) -> None:
    subject = "关于澡堂开放时间的提案"
    case = house.filed(form={"subject": subject})
    assert subject in zhai.get("/").text.partition("已超期")[0]
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    assert subject not in zhai.get("/").text.partition("已超期")[0], "it waits for the lead unit now"
    with visitor(house, "wen") as handler:
        assert subject in handler.get("/").text.partition("已超期")[0]


def test_what_is_late_stands_on_the_desk_and_in_the_list_of_deadlines(house: House, zhai: TestClient) -> None:
    case = house.filed(form={"subject": "关于超期提醒的提案"})
    begun = house.clock.now()
    try:
        house.clock.set(datetime(2026, 3, 9, 1, tzinfo=UTC))
        assert "已超期 1 个工作日" in zhai.get("/").text
        for page in (zhai.get("/mine").text, zhai.get("/overdue?workflow=proposal").text):
            assert f"/cases/{case}" in page
            assert "已超期 1 个工作日" in page
    finally:
        house.clock.set(begun)
    assert "关于超期提醒的提案" not in zhai.get("/overdue").text


def test_the_list_is_narrowed_by_state_unit_and_words(house: House, shi: TestClient) -> None:
    case = house.open("shi", {"subject": "关于车棚充电的提案"})
    assert "关于车棚充电的提案" in shi.get("/cases?workflow=proposal&state=draft&q=车棚").text
    assert "没有符合条件的事项" in shi.get("/cases?workflow=proposal&state=filed&q=车棚").text
    assert "没有符合条件的事项" in shi.get("/cases?unit=safety&q=车棚").text
    assert f"/cases/{case}" in shi.get("/cases?phase=initial&q=车棚").text
    assert "关于车棚充电的提案" in shi.get("/cases?workflow=nothing&phase=nothing&q=车棚").text


def test_a_long_list_goes_on_over_pages(house: House, zhai: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        house.filed(form={"subject": f"翻页第{number}件"})
    monkeypatch.setattr("web.pages.cases.PAGE_LINES", 2)
    first = zhai.get("/cases?q=翻页第").text
    address = re.search(r'href="(/cases\?[^"]+)" rel="next"', first)
    assert address is not None
    second = zhai.get(address[1].replace("&amp;", "&")).text
    assert sorted(re.findall(r"翻页第\d件", first + second)) == ["翻页第0件", "翻页第1件", "翻页第2件"]
    assert 'rel="next"' not in second


# --------------------------------------------------------------------------------------------------------------- a case


def test_a_case_shows_its_five_words_fields_deadlines_and_history(house: House, zhai: TestClient) -> None:
    case = house.filed(form={"proposer_phone": "13800001111"})
    page = zhai.get(f"/cases/{case}").text
    assert [word in page for word in ("提交", "审查", "交办", "办结", "评价")] == [True] * 5
    assert "夜班职工零点以后只能吃方便面。" in page
    assert "13800001111" in page.partition("个人信息")[2], "personal data stands under its own heading"
    assert "交办期限" in page
    assert "为什么是这一天" in page
    assert "石磊生（职工代表）" in page
    assert "翟鸿岭（提案工作委员会）" in page
    assert house.desk.reads.entries(ROOT, case)[-1].hash.hex()[:12] in page


def test_a_move_is_made_once_and_the_case_says_so(house: House, zhai: TestClient) -> None:
    case = house.filed()
    page = zhai.get(f"/cases/{case}").text
    for _click in range(2):
        answer = send(zhai, page, f"/cases/{case}/assign", lead="logistics", co_handlers="safety")
        assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{case}?done=assign&seq=5")
    after = zhai.get(answer.headers["location"]).text
    assert "已办理：交办" in after
    assert "后勤服务中心" in after
    assert zhai.get(f"/api/cases/{case}").json()["seq"] == 5


def test_a_rung_is_chosen_by_its_title_and_shown_as_taken_back(house: House, zhai: TestClient) -> None:
    case = house.filed()
    house.fire("shen", case, "assign", {"lead": "logistics"})
    assert "答复期限 · 黄色：逾期催办" not in zhai.get(f"/cases/{case}").text
    house.fire("zhai", case, "supervise", {"supervision_trigger": "unsolved", "supervision_note": "一周内拿出方案。"})
    page = zhai.get(f"/cases/{case}").text
    assert '<option value="reply/yellow">答复期限 · 黄色：逾期催办</option>' in page
    send(zhai, page, f"/cases/{case}/withdraw_rung", withdrawn_rung="reply/yellow", rung_reason="登记有误。")
    after = zhai.get(f"/cases/{case}").text
    assert "黄色：逾期催办（已撤销）" in after
    assert "答复期限 · 黄色：逾期催办" in after.partition("撤销的督办层级")[2], "the field shows it in words"


def test_a_wrong_form_keeps_what_was_typed_and_says_what_is_wrong(house: House, zhai: TestClient) -> None:
    case = house.filed()
    page = zhai.get(f"/cases/{case}").text
    answer = send(zhai, page, f"/cases/{case}/assign", assignment_instruction="请按期答复", reply_due_on="2026-02-30")
    assert answer.status_code == 422
    assert "“主办单位”为必填项" in answer.text
    assert 'id="assign-lead-error"' in answer.text
    assert "填写有误：主办单位、答复截止日期" in answer.text
    assert "请按期答复</textarea>" in answer.text
    assert 'value="2026-02-30"' in answer.text
    assert Forms(answer.text).forms[f"/cases/{case}/assign"]["key"] == Forms(page).forms[f"/cases/{case}/assign"]["key"]


def test_a_refusal_by_a_rule_stands_at_its_form(house: House, shi: TestClient) -> None:
    case = house.open("shi")
    answer = send(shi, shi.get(f"/cases/{case}").text, f"/cases/{case}/submit")
    assert answer.status_code == 409
    assert "附议人不足2人" in answer.text
    assert re.search(r"<details class=\"move\" open>\s*<summary>提交", answer.text)


def test_a_refusal_names_the_article_it_stands_on(house: House, zhai: TestClient) -> None:
    case = house.filed()
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    child = zhai.get(f"/api/cases/{case}").json()["children"][0]["id"]
    begun = house.clock.now()
    try:
        house.clock.set(datetime(2026, 2, 9, 1, tzinfo=UTC))
        with visitor(house, "lai") as head:
            page = head.get(f"/cases/{child}").text
            reason = {"hand_back_note": "不属本单位", "proposed_unit": "safety"}
            answer = send(head, page, f"/cases/{child}/hand_back", hand_back_reason=_first_code(page), **reason)
    finally:
        house.clock.set(begun)
    assert answer.status_code == 409, answer.text
    assert "已超过退办期限" in answer.text
    assert "依据：信访工作条例（2022） 第二十三条第三款" in answer.text


def _first_code(page: str) -> str:
    found = re.search(r'name="f\.hand_back_reason".*?<option value="(\w+)"', page, re.DOTALL)
    assert found is not None
    return found[1]


def test_who_comes_second_is_told_so_and_sees_the_case_as_it_is_now(house: House, zhai: TestClient) -> None:
    case = house.filed()
    page = zhai.get(f"/cases/{case}").text
    house.fire("shen", case, "assign", {"lead": "safety"})
    answer = send(zhai, page, f"/cases/{case}/remind", reminder_note="请抓紧")
    assert answer.status_code == 412
    assert "已被他人更新" in answer.text
    assert "待签收" in answer.text


def test_a_move_that_is_not_open_any_more_is_refused_on_top(house: House, zhai: TestClient) -> None:
    case = house.filed()
    answer = zhai.post(f"/cases/{case}/submit", data={"key": "k1"}, headers=OWN)
    assert answer.status_code == 409
    assert "不能“提交”" in answer.text


@pytest.mark.parametrize("version", ["", "x", "9" * 30, "-1", "５"])
def test_a_version_that_is_no_number_is_not_looked_at(house: House, zhai: TestClient, version: str) -> None:
    case = house.filed()
    form = {"key": f"version-{version}", "version": version, "f.reminder_note": "请抓紧"}
    assert zhai.post(f"/cases/{case}/remind", data=form, headers=OWN).status_code == 303


def test_a_case_of_others_is_not_there(house: House) -> None:
    case = house.filed()
    with visitor(house, "luo") as stranger:
        page = stranger.get(f"/cases/{case}")
        assert (page.status_code, "没有找到该事项" in page.text) == (404, True)
        assert stranger.post(f"/cases/{case}/assign", data={"key": "k"}, headers=OWN).status_code == 404


def test_what_people_wrote_is_text_and_never_markup(house: House, zhai: TestClient) -> None:
    hostile = "<script>alert(1)</script>\"'&{{ 7*7 }}"
    case = house.filed(form={"subject": hostile, "grounds": hostile})
    for path in (f"/cases/{case}", "/cases", "/mine"):
        page = zhai.get(path).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;{{ 7*7 }}" in page


# ------------------------------------------------------------------------------------------------- new cases, the rest


def test_a_new_proposal_is_opened_from_its_form(house: House, shi: TestClient) -> None:
    page = shi.get("/cases/new/proposal").text
    typed = {
        "subject": "关于夏季防暑的提案",
        "category": "welfare",
        "grounds": "车间高温",
        "proposed_measures": "发放饮料",
    }
    wrong = send(shi, page, "/cases/new/proposal", **{**typed, "category": ""})
    assert wrong.status_code == 422
    assert "“类别”为必填项" in wrong.text
    assert "车间高温</textarea>" in wrong.text
    answer = send(shi, wrong.text, "/cases/new/proposal", **typed)
    assert answer.status_code == 303
    opened = shi.get(answer.headers["location"]).text
    assert "已登记。" in opened
    assert "关于夏季防暑的提案" in opened
    assert "六届三次" in opened


def test_who_may_open_nothing_is_told_so(house: House) -> None:
    with visitor(house, "luo") as client:
        assert "您没有新建此类事项的权限" in client.get("/cases/new/proposal").text
        assert "/cases/new/" not in client.get("/").text
        answer = client.post("/cases/new/proposal", data={"unit": "works", "key": "k"}, headers=OWN)
        assert answer.status_code == 403


def test_figures_show_numerator_denominator_and_what_is_left_out(house: House, zhai: TestClient) -> None:
    house.filed()
    page = zhai.get("/figures/proposal?by=unit").text
    assert "立案率" in page
    assert "100.0%" in page
    assert "统计范围：江岭重工" in page
    assert "共 0 件" in zhai.get("/figures/proposal?as_of=2025-12-31").text
    overview = zhai.get("/figures").text
    assert "职代会提案：全部指标" in overview
    assert "立案率" in overview


def test_a_procedure_is_shown_with_its_rules_and_sources(zhai: TestClient) -> None:
    page = zhai.get("/workflows/proposal").text
    assert "附议人不足2人" in page
    assert "stateDiagram-v2" in page
    assert "信访工作条例" in zhai.get("/workflows/handling").text
    assert zhai.get("/workflows").text.count("<section") >= 2


PATHS = ["/login", "/", "/cases", "/cases?workflow=proposal", "/overdue?within=30", "/workflows", "/workflows/proposal"]


@pytest.mark.parametrize("path", [*PATHS, "/figures/proposal?by=month", "/cases/new/proposal", "/nothing"])
def test_a_page_in_english_holds_no_chinese_but_names_and_what_people_wrote(
    house: House, zhai: TestClient, path: str
) -> None:
    joint = "&" if "?" in path else "?"
    page = zhai.get(f"{path}{joint}lang=en").text
    assert '<html lang="en">' in page
    for written in ("翟鸿岭", "中文", *_names(house), *_written(house)):
        page = page.replace(written, "")
    # Articles are cited as the law numbers them.
    assert HAN.findall(ARTICLE.sub("", page)) == []


def _names(house: House) -> list[str]:
    return [person.name for person in house.desk.reads.all_persons(ROOT)]


def _written(house: House) -> list[str]:
    lines = house.desk.reads.list_cases(ROOT, None, CaseFilter(children=True), after=None, limit=200).lines
    return sorted({text for line in lines for text in (line.subject, line.number) if text}, key=len, reverse=True)


def test_the_language_that_was_chosen_is_remembered(zhai: TestClient) -> None:
    assert '<html lang="zh-CN">' in zhai.get("/cases").text
    zhai.get("/cases?lang=en")
    assert '<html lang="en">' in zhai.get("/cases").text
    zhai.get("/cases?lang=zh")
    assert '<html lang="zh-CN">' in zhai.get("/cases").text


def test_a_set_clock_is_said_on_every_page(house: House) -> None:
    with client_of(house, set_clock=datetime(2026, 9, 15, 1, tzinfo=UTC)) as client:
        client.cookies.set("banjie", house.token("zhai"))
        for path in ("/", "/login", "/cases", "/nothing"):
            assert "演示：系统时钟设定为 2026年9月15日（周二）" in client.get(path).text
    with client_of(house) as client:
        assert "演示" not in client.get("/login").text


def test_pages_hold_nothing_that_the_policy_forbids(house: House, zhai: TestClient) -> None:
    case = house.filed()
    for path in ("/", "/cases", f"/cases/{case}", "/figures/proposal", "/workflows/proposal", "/cases/new/proposal"):
        page = zhai.get(path)
        assert page.headers["cache-control"] == "no-store"
        assert re.search(r"<style|<script(?! type=\"module\" src=\"/static/)|\sstyle=|\son\w+=", page.text) is None
        assert re.search(r"(src|href)=\"(https?:)?//", page.text) is None


def test_an_error_page_tells_an_id_and_no_more(house: House, zhai: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret text")

    monkeypatch.setattr("web.pages.cases.case_row", broken)
    page = zhai.get("/cases")
    assert page.status_code == 500
    assert "系统内部错误" in page.text
    assert "secret" not in page.text
    assert page.headers["x-content-type-options"] == "nosniff"
