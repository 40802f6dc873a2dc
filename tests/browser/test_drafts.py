"""Nothing typed is lost, in a real browser: kept while it is typed, over the end of a session, and beside somebody who
was faster; with JavaScript and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from api.edge import ApiSettings
from tests.browser.test_pages import DESK, PHONE, log_in, logged_in, picture
from tests.support.browser import PageWatch, assert_accessible
from tests.support.house import PASSWORD, House, open_house
from tests.support.serving import serving
from web.app import create_site

WORDS = "夜班职工零点以后只能吃方便面，周末更早关窗。"
LOOKS_MAX = 50
SECRET = "这段话只给本人看。"
MINE = "请在月底前交办。"
THEIRS = "请抓紧，职工代表已来问过。"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('drafts') / 'banjie.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with serving(create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite"))) as address:
        yield address


@pytest.fixture(autouse=True)
def same_day(house: House) -> Iterator[None]:
    """Put the clock back that a test has moved."""
    begun = house.clock.now()
    yield
    house.clock.set(begun)


def end_session(house: House, context: BrowserContext) -> None:
    """Let the session run out; after so long the browser has thrown the cookie away as well."""
    house.clock.set(house.clock.now() + timedelta(hours=13))
    context.clear_cookies(name="banjie")


def open_move(page: Page, title: str) -> Locator:
    page.locator("summary", has_text=re.compile(f"^{title}$")).click()
    return page.locator("details.move[open]")


def test_what_is_typed_is_kept_by_itself_and_gone_on_with(page: Page, address: str) -> None:
    page.set_viewport_size(DESK)
    log_in(page, address, "shi")
    page.goto(f"{address}/cases/new/proposal")
    page.get_by_label("案据").fill(WORDS)
    expect(page.get_by_text(f"{len(WORDS)}/", exact=False)).to_be_visible()
    expect(page.locator("[data-draft-state]")).to_have_text(re.compile(r"已保存 \d\d:\d\d"))
    picture(page, "draft-kept")
    page.goto(f"{address}/")
    page.locator("#drafts").get_by_role("link", name="继续填写").click()
    expect(page.get_by_label("案据")).to_have_value(WORDS)
    picture(page, "draft-open")
    page.goto(f"{address}/drafts")
    assert_accessible(page)
    page.get_by_text("查看填写的内容").click()
    picture(page, "drafts")
    page.get_by_role("button", name="丢弃").click()
    expect(page.get_by_text("没有草稿。")).to_be_visible()


def test_what_is_typed_is_kept_when_the_page_is_left(page: Page, address: str) -> None:
    log_in(page, address, "zhai")
    page.goto(f"{address}/cases/new/proposal")
    page.get_by_label("案据").fill(f"{WORDS}离开以前。")
    page.goto(f"{address}/cases")
    # The browser tells nobody of what is sent when a page is gone: it is looked for where it arrives.
    for _look in range(LOOKS_MAX):
        page.goto(f"{address}/drafts")
        if page.locator("dd", has_text="离开以前。").count():
            return
    pytest.fail("what was typed did not arrive")


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_a_session_that_ends_in_mid_form_loses_nothing(
    browser: Browser, house: House, address: str, javascript: bool
) -> None:
    case = house.filed()
    context = browser.new_context(locale="zh-CN", java_script_enabled=javascript, viewport=PHONE)
    watch = PageWatch()
    watch.attach(context)
    page = context.new_page()
    log_in(page, address, "zhai")
    page.goto(f"{address}/cases/{case}")
    form = open_move(page, "催办")
    form.get_by_label("催办内容").fill(MINE)
    end_session(house, context)
    form.get_by_role("button", name="确认催办").click()
    expect(page.get_by_role("status")).to_contain_text("您填写的内容已加密保留")
    assert MINE not in page.content()
    if javascript:
        picture(page, "session-ended")
        assert_accessible(page)
    page.get_by_label("账号").fill("zhai")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    form = page.locator("details.move[open]")
    expect(form.get_by_text("登录已过期，您填写的内容已为您保留，请核对后再次提交")).to_be_visible()
    expect(form.get_by_label("催办内容")).to_have_value(MINE)
    if javascript:
        picture(page, "session-resumed")
    form.get_by_role("button", name="确认催办").click()
    expect(page.get_by_role("status")).to_have_text("已办理：催办")
    context.close()
    assert watch.unexpected() == []


def test_the_next_person_at_the_machine_sees_nothing_of_it(page: Page, house: House, address: str) -> None:
    page.set_viewport_size(DESK)
    log_in(page, address, "shen")
    page.goto(f"{address}/cases/new/grievance")
    page.locator("textarea:visible").first.fill(SECRET)
    end_session(house, page.context)
    page.get_by_role("button", name="存为草稿").click()
    expect(page.get_by_role("status")).to_contain_text("由本人重新登录")
    page.get_by_label("账号").fill("zhai")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert SECRET not in page.content()
    page.goto(f"{address}/drafts")
    assert SECRET not in page.content()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without"])
def test_two_people_at_the_same_case_and_the_second_loses_nothing(
    browser: Browser, house: House, address: str, javascript: bool
) -> None:
    case = house.filed()
    contexts = [browser.new_context(locale="zh-CN", java_script_enabled=javascript, viewport=DESK) for _ in range(2)]
    watch = PageWatch()
    watch.allow("412")
    for context, login in zip(contexts, ("zhai", "shen"), strict=True):
        watch.attach(context)
        context.add_cookies([{"name": "banjie", "value": house.token(login), "url": address}])
    mine, theirs = (context.new_page() for context in contexts)
    for page, text in ((mine, MINE), (theirs, THEIRS)):
        page.goto(f"{address}/cases/{case}")
        open_move(page, "催办").get_by_label("催办内容").fill(text)
    theirs.get_by_role("button", name="确认催办").click()
    expect(theirs.get_by_role("status")).to_have_text("已办理：催办")
    mine.get_by_role("button", name="确认催办").click()
    form = mine.locator("details.move[open]")
    expect(form.locator(".changes li")).to_contain_text("沈若棠（工会办公室）")
    expect(form.locator(".compared tbody tr td")).to_have_text(["—", THEIRS, MINE])
    expect(form.get_by_label("催办内容")).to_have_value(MINE)
    if javascript:
        picture(mine, "stale-form")
        assert_accessible(mine)
        mine.set_viewport_size(PHONE)
        picture(mine, "stale-form-phone")
    form.get_by_role("button", name="确认催办").click()
    expect(mine.get_by_role("status")).to_have_text("已办理：催办")
    for context in contexts:
        context.close()
    assert watch.unexpected() == []


def test_the_focus_goes_to_what_is_wrong_and_from_there_to_the_field(
    browser: Browser, house: House, address: str
) -> None:
    case = house.filed()
    context = browser.new_context(locale="zh-CN", viewport=DESK)
    with logged_in(context, house, address) as page:
        page.goto(f"{address}/cases/{case}")
        form = open_move(page, "交办")
        form.get_by_role("button", name="确认交办").click()
        summary = page.locator("details.move[open] [role=alert]")
        expect(summary).to_be_focused()
        expect(summary).to_be_in_viewport()
        picture(page, "errors-on-top")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_label("主办单位")).to_be_focused()


def test_a_draft_is_kept_and_gone_on_with_without_javascript(browser: Browser, house: House, address: str) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False, viewport=PHONE)
    with logged_in(context, house, address) as page:
        page.goto(f"{address}/cases/new/proposal")
        page.get_by_label("案据").fill(WORDS)
        page.get_by_role("button", name="存为草稿").click()
        expect(page.get_by_role("status").first).to_contain_text("尚未提交")
        expect(page.get_by_label("案据")).to_have_value(WORDS)
        picture(page, "draft-kept-phone")
