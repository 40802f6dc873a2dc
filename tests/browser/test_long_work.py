"""Many cases at once in a real browser: chosen in one word, followed while a worker does them, told when it is over."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from api.edge import ApiSettings
from runtime.jobs.handlers import work_on
from tests.browser.test_pages import DESK, log_in, picture
from tests.support.browser import PageWatch
from tests.support.house import SESSION, House, open_house
from tests.support.serving import serving
from web.app import create_site

CASES = 23


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('work') / 'banjie.db'}") as house:
        for number in range(CASES):
            case = house.open("shi", {"proposer_type": "delegation", "subject": f"关于照明的提案第{number}件"})
            house.fire("shi", case, "submit")
        yield house


@pytest.fixture
def address(house: House, context: BrowserContext) -> Iterator[str]:
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now()))
    with serving(site) as address:
        yield address
        for page in context.pages:
            page.close()


def confirm_all(page: Page, address: str) -> None:
    page.goto(f"{address}/board?session={SESSION}&state=submitted&view=table")
    page.get_by_role("button", name="对全部符合条件的办理").click()
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.get_by_role("heading", name=f"符合查询条件的共 {CASES} 件")).to_be_visible()
    page.get_by_role("button", name=f"确认对 {CASES} 件办理：开始审查").click()


def test_the_progress_moves_by_itself_and_ends_with_what_was_done(page: Page, house: House, address: str) -> None:
    page.set_viewport_size(DESK)
    log_in(page, address, "zhai")
    confirm_all(page, address)
    expect(page.get_by_role("heading", name="成批办理：开始审查")).to_be_visible()
    expect(page.locator("#progress")).to_contain_text("已办 0 件")
    page.evaluate("document.body.dataset.here = 'still'")
    work_on(house.desk)
    expect(page.locator("#progress")).to_contain_text("已办 20 件，跳过 0 件，未办 3 件")
    assert page.evaluate("document.body.dataset.here") == "still", "the page was not loaded anew"
    picture(page, "work-running")
    while work_on(house.desk).more:
        pass
    expect(page.get_by_text("全部办完，没有跳过的，不需要再做什么。")).to_be_visible()
    expect(page.get_by_role("button", name="停止办理")).to_have_count(0)
    expect(page.locator("table.work-lines tbody tr")).to_have_count(CASES)
    picture(page, "work-done")


def test_without_javascript_the_page_asks_again_by_itself(browser: Browser, house: House, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844}, locale="zh-CN")
    watch = PageWatch()
    watch.attach(context)
    page = context.new_page()
    log_in(page, address, "zhai")
    confirm_all(page, address)
    expect(page.locator("#progress")).to_contain_text("等待办理")
    while work_on(house.desk).more:
        pass
    expect(page.locator("#progress")).to_contain_text("已办完")
    context.close()
    assert watch.unexpected() == []
