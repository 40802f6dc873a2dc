"""Acting on the list of deadlines in a real browser: tick two, urge them with a reason; one of them is refused."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from api.edge import ApiSettings
from engine.case.identity import CaseId
from tests.browser.test_pages import DESK, log_in, logged_in, picture
from tests.support.browser import PageWatch
from tests.support.house import ROOT, House, open_house
from tests.support.serving import serving
from web.app import create_site

PHONE: ViewportSize = {"width": 390, "height": 844}
LATE = datetime(2026, 3, 9, 1, tzinfo=UTC)
"""A Monday after the assignment of proposals filed on 20 January fell due, on Friday 6 March."""
CANTEEN, LIGHTS = "关于夜班食堂供餐的提案", "关于更衣室照明的提案"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('overdue') / 'banjie.db'}") as house:
        yield house


@pytest.fixture
def address(house: House, context: BrowserContext) -> Iterator[str]:
    """A server that outlives the pages: what a page still fetches at the end of a test must be answered."""
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now()))
    with serving(site) as address:
        yield address
        for page in context.pages:
            page.close()


@pytest.fixture
def cases(house: House) -> dict[str, CaseId]:
    """Two proposals whose assignment is late."""
    made = {subject: house.filed(form={"subject": subject}) for subject in (CANTEEN, LIGHTS)}
    house.clock.set(LATE)
    return made


def reminders(house: House, case: CaseId) -> int:
    """Return how often a case was urged, as its ledger has it."""
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    return found.fired.get("remind", 0)


def choose(page: Page, address: str, *subjects: str) -> None:
    page.goto(f"{address}/overdue?workflow=proposal")
    for subject in subjects:
        page.get_by_role("checkbox", name=subject).check()
    page.get_by_label("对所选事项采取督办措施").select_option(label="催办")
    page.get_by_role("button", name="下一步：填写并核对").click()


def test_two_are_urged_and_the_one_that_somebody_moved_meanwhile_is_refused(
    page: Page, house: House, address: str, cases: dict[str, CaseId]
) -> None:
    page.set_viewport_size(DESK)
    log_in(page, address, "zhai")
    page.goto(f"{address}/overdue?workflow=proposal")
    expect(page.locator(".overdue-tiles .late strong")).to_have_text("2")
    expect(page.locator("table.overdue tbody tr")).to_have_count(2)
    picture(page, "overdue-list")
    choose(page, address, CANTEEN, LIGHTS)
    expect(page.get_by_role("heading", name="所选事项（2 件可以采取此项措施）")).to_be_visible()
    page.get_by_label("催办内容").fill("请于三日内交办。")
    picture(page, "overdue-reason")
    page.get_by_role("button", name="核对").click()
    expect(page.get_by_role("heading", name="核对结果：可以办理 2 件，不能办理 0 件")).to_be_visible()
    picture(page, "overdue-preview")
    assert [reminders(house, case) for case in cases.values()] == [0, 0]
    house.fire("zhai", cases[LIGHTS], "remind", {"reminder_note": "已电话催办。"})
    page.get_by_role("button", name="确认催办").click()
    expect(page.get_by_role("status")).to_have_text("办理结果：成功 1 件，未办 1 件")
    results = page.locator("#results tbody tr")
    expect(results.filter(has_text=CANTEEN)).to_contain_text("已办理")
    expect(results.filter(has_text=LIGHTS)).to_contain_text("未办理")
    picture(page, "overdue-results")
    # What was typed is still there for the one that is left.
    expect(page.get_by_label("催办内容")).to_have_value("请于三日内交办。")
    page.get_by_role("button", name="核对").click()
    page.get_by_role("button", name="确认催办").click()
    expect(page.get_by_role("status")).to_have_text("办理结果：成功 1 件，未办 0 件")
    assert {subject: reminders(house, case) for subject, case in cases.items()} == {CANTEEN: 1, LIGHTS: 2}


def test_a_page_that_is_loaded_again_urges_nobody_twice(
    page: Page, house: House, address: str, cases: dict[str, CaseId]
) -> None:
    log_in(page, address, "zhai")
    choose(page, address, CANTEEN, LIGHTS)
    page.get_by_label("催办内容").fill("请于三日内交办。")
    page.get_by_role("button", name="核对").click()
    page.get_by_role("button", name="确认催办").click()
    expect(page.get_by_role("status")).to_have_text("办理结果：成功 2 件，未办 0 件")
    page.reload()
    expect(page.locator("#results")).to_contain_text("此前已办理，未重复")
    assert [reminders(house, case) for case in cases.values()] == [1, 1]


def test_it_works_without_javascript_and_fits_a_phone(
    browser: Browser, house: House, address: str, cases: dict[str, CaseId]
) -> None:
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    watch = PageWatch()
    watch.attach(context)
    with logged_in(context, house, address) as page:
        page.set_viewport_size(PHONE)
        page.goto(f"{address}/overdue?workflow=proposal")
        page.get_by_role("link", name="全选本页").click()
        expect(page.locator("table.overdue input:checked")).to_have_count(2)
        picture(page, "overdue-phone-list")
        page.get_by_label("对所选事项采取督办措施").select_option(label="催办")
        page.get_by_role("button", name="下一步：填写并核对").click()
        page.get_by_label("催办内容").fill("请于三日内交办。")
        page.get_by_role("button", name="核对").click()
        # Looked at again with another reason; only the confirmation does anything.
        page.get_by_label("催办内容").fill("请于两日内交办。")
        page.get_by_role("button", name="重新核对").click()
        expect(page.get_by_label("催办内容")).to_have_value("请于两日内交办。")
        picture(page, "overdue-phone-preview")
        page.get_by_role("button", name="确认催办").click()
        expect(page.get_by_role("status")).to_have_text("办理结果：成功 2 件，未办 0 件")
        picture(page, "overdue-phone-results")
    assert watch.unexpected() == []
    assert [reminders(house, case) for case in cases.values()] == [1, 1]
