"""In a real browser: the office enters a paper proposal for a delegate, who is told, checks it and objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from api.edge import ApiSettings
from engine.access.directory import GrantRow
from engine.case.identity import PersonId, UnitId
from engine.service.plain import AddGrant
from tests.browser.test_pages import DESK, PHONE, log_in, picture
from tests.support.browser import PageWatch
from tests.support.house import PROPOSAL, ROOT, House, open_house
from tests.support.serving import serving
from web.app import create_site

BASIS = "提案表第012号第2页"


@dataclass(frozen=True, slots=True)
class Served:
    """A site in which nothing has been entered yet."""

    house: House
    address: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = f"sqlite:///{tmp_path_factory.mktemp('behalf') / 'banjie.db'}"
    with open_house(url, datetime(2026, 1, 20, 4, tzinfo=UTC)) as house:
        row = GrantRow(root=ROOT, person=PersonId("luo"), role="staff", unit=UnitId("works"))
        house.desk.office.write([AddGrant(row)])
        settings = ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now())
        with serving(create_site(house.desk, settings)) as address:
            yield Served(house, address)


def fill_basis(page: Page) -> None:
    page.get_by_label("为谁代录").fill("石磊生")
    page.get_by_label("来件形式").select_option(label="纸质材料")
    page.get_by_label("发生日期").fill("2026-01-16")
    page.get_by_label("依据").fill(BASIS)


def test_the_office_enters_a_paper_proposal_and_the_delegate_objects(
    page: Page, browser: Browser, served: Served, watch: PageWatch
) -> None:
    watch.allow("422")  # the basis is left out once
    page.set_viewport_size(DESK)
    log_in(page, served.address, "shen")
    picture(page, "behalf-front")
    page.get_by_role("link", name="代录职代会提案").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("代录职代会提案")
    fill_basis(page)
    page.get_by_label("依据").fill("")
    page.get_by_label("案由").fill(str(PROPOSAL["subject"]))
    page.get_by_label("类别").select_option(str(PROPOSAL["category"]))
    page.get_by_label("案据").fill(str(PROPOSAL["grounds"]))
    page.get_by_label("建议措施").fill(str(PROPOSAL["proposed_measures"]))
    page.get_by_role("button", name="确认代录").click()
    expect(page.get_by_role("alert")).to_contain_text("代录须写明依据")
    picture(page, "behalf-wrong")
    page.get_by_label("依据").fill(BASIS)
    page.get_by_role("button", name="确认代录").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("代录回执")
    expect(page.get_by_role("article")).to_contain_text(BASIS)
    picture(page, "behalf-slip")
    page.get_by_role("link", name="回到事项").click()
    expect(page.locator("#on-behalf")).to_contain_text("征求附议")
    expect(page.locator(".entry-for")).to_contain_text("代录：为石磊生；纸质材料")
    picture(page, "behalf-case")
    case = page.url.partition("?")[0]
    page.locator("#on-behalf").get_by_role("link", name="征求附议").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("代录：征求附议")
    picture(page, "behalf-move")

    delegate = browser.new_page(viewport=PHONE, locale="zh-CN", timezone_id="Asia/Shanghai")
    log_in(delegate, served.address, "shi")
    delegate.goto(case)
    delegate.locator("summary", has_text="对代录提出异议").click()
    delegate.get_by_label("对代录的异议").fill("案由写错了。")
    delegate.get_by_role("button", name="对代录提出异议").click()
    expect(delegate.get_by_role("status")).to_contain_text("对代录提出异议")
    picture(delegate, "behalf-objected-phone")
    delegate.close()


def test_the_form_of_a_grievance_says_plainly_who_knows_what(page: Page, served: Served) -> None:
    page.set_viewport_size(PHONE)
    log_in(page, served.address, "shen")
    page.goto(f"{served.address}/cases/new/grievance/on-behalf")
    expect(page.locator("main")).to_contain_text("您录入时当然知道是谁")
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    picture(page, "behalf-grievance-phone")
