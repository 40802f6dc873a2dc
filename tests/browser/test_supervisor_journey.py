"""A supervisor's look in a real browser: from the overview down to a unit, to its list, to the case, and a reminder."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from api.edge import ApiSettings
from engine.access.directory import GrantRow
from engine.case.identity import PersonId, UnitId
from engine.service.plain import AddGrant
from engine.service.sweep import sweep
from runtime.jobs.handlers import tell_all
from tests.browser.test_pages import DESK, log_in, picture
from tests.support.house import ROOT, House, open_house
from tests.support.serving import serving
from web.app import create_site

PHONE: ViewportSize = {"width": 390, "height": 844}
LATE = datetime(2026, 3, 9, 1, tzinfo=UTC)
HEAT, LIGHT = "关于改善车间供暖的提案", "关于更衣室照明的提案"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('supervisor') / 'banjie.db'}") as house:
        grant = GrantRow(root=ROOT, person=PersonId("shen"), role="supervisor", unit=UnitId(ROOT))
        house.desk.office.write([AddGrant(grant)])
        yield house


@pytest.fixture
def address(house: House, context: BrowserContext) -> Iterator[str]:
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now()))
    with serving(site) as address:
        yield address
        for page in context.pages:
            page.close()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_supervisor_finds_what_is_late_and_reminds(
    page: Page, house: House, address: str, size: ViewportSize
) -> None:
    name = "desk" if size == DESK else "phone"
    house.filed(form={"subject": HEAT})
    case = house.filed(form={"subject": LIGHT})
    house.fire("zhai", case, "assign", {"lead": "logistics", "reply_due_on": "2026-03-06"})
    house.clock.set(LATE)
    sweep(house.desk, ROOT)
    tell_all(house.desk)
    page.set_viewport_size(size)
    log_in(page, address, "shen")
    page.goto(f"{address}/supervise")
    expect(page.get_by_role("heading", level=1)).to_have_text("督办总览")
    picture(page, f"supervise-{name}")
    page.get_by_role("link", name="督办层级").click()
    ladder = page.locator("table.supervised tbody tr").filter(has_text="签收（退办）期限")
    expect(ladder).to_contain_text("2026-03-09")
    expect(ladder).to_contain_text("告知：")
    picture(page, f"supervise-ladders-{name}")
    page.get_by_role("link", name="承诺落实").click()
    expect(page.get_by_text("没有待落实的承诺事项")).to_be_visible()
    page.get_by_role("link", name="退办转办").click()
    expect(page.get_by_role("heading", name="退办两次以上的事项")).to_be_visible()
    picture(page, f"supervise-transfers-{name}")
    page.get_by_role("link", name="总览", exact=True).click()
    unit = page.locator("table.supervised tbody tr").filter(has_text="后勤服务中心").first
    unit.get_by_role("link", name="后勤服务中心").click()
    expect(page.locator("ol.way")).to_contain_text("后勤服务中心")
    person = page.locator("table.supervised tbody tr").filter(has_text="温其玉")
    person.locator("td.late a").click()
    expect(page.get_by_text("应办人：温其玉").first).to_be_visible()
    picture(page, f"supervise-list-{name}")
    page.locator("table.overdue").get_by_role("link", name=LIGHT).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(LIGHT)
