"""A handler's day in a real browser: from the list of what waits, over the reply, to its counter-signature."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect

from api.edge import ApiSettings
from engine.case.identity import CaseId
from tests.browser.test_pages import DESK, log_in, picture
from tests.support.house import House, open_house
from tests.support.serving import serving
from web.app import create_site

PHONE: ViewportSize = {"width": 390, "height": 844}
HEAT, LIGHT = "关于改善车间供暖的提案", "关于更衣室照明的提案"


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('handler') / 'banjie.db'}") as house:
        yield house


@pytest.fixture
def address(house: House, context: BrowserContext) -> Iterator[str]:
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now()))
    with serving(site) as address:
        yield address
        for page in context.pages:
            page.close()


@pytest.fixture
def cases(house: House) -> dict[str, CaseId]:
    """Two proposals that logistics leads, safety beside it."""
    made = {subject: house.filed(form={"subject": subject}) for subject in (HEAT, LIGHT)}
    for case in made.values():
        house.fire("zhai", case, "assign", {"lead": "logistics", "co_handlers": ["safety"]})
    return made


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_handler_works_the_day_from_the_list(
    page: Page, house: House, address: str, cases: dict[str, CaseId], size: ViewportSize
) -> None:
    name = "desk" if size == DESK else "phone"
    page.set_viewport_size(size)
    log_in(page, address, "wen")
    page.goto(f"{address}/mine")
    expect(page.get_by_role("heading", level=1)).to_have_text("我的办件")
    expect(page.locator("table.mine tbody tr")).to_have_count(2)
    picture(page, f"mine-{name}")

    # Both acknowledged at once, after a look at them.
    page.get_by_role("link", name="全选本页").click()
    page.get_by_role("button", name="下一步：逐件核对").click()
    expect(page.get_by_role("heading", level=2)).to_have_text("核对结果：可以办理 2 件，不能办理 0 件")
    picture(page, f"mine-check-{name}")
    page.get_by_role("button", name="确认签收").click()
    expect(page.get_by_role("status")).to_have_text("办理结果：成功 2 件，未办 0 件")

    # More time is worked out before it is asked for.
    page.get_by_role("link", name="返回我的办件").click()
    row = page.locator("table.mine tbody tr").filter(has_text=HEAT)
    row.get_by_text("其他办理").click()
    row.get_by_role("link", name="申请延期").click()
    page.get_by_label("试算延长天数").fill("10")
    page.get_by_role("button", name="试算").click()
    expect(page.get_by_role("status")).to_contain_text("延长 10 日后到期")
    picture(page, f"mine-extension-{name}")
    page.get_by_role("link", name="填写：申请延期").click()
    form = page.locator("details.move[open]").filter(has_text="申请延期")
    form.get_by_label("延期天数").fill("10")
    form.get_by_label("延期理由").fill("管网材料须采购。")
    form.get_by_role("button", name="确认申请延期").click()
    expect(page.get_by_role("status")).to_contain_text("已办理：申请延期")

    # The reply, written from the list; the other unit signs it, and the list says so.
    page.goto(f"{address}/mine")
    row = page.locator("table.mine tbody tr").filter(has_text=HEAT)
    expect(row).to_contain_text("已申请延期，待批")
    row.get_by_role("link", name="拟写答复送会签").click()
    form = page.locator("details.move[open]").filter(has_text="拟写答复送会签")
    form.get_by_label("答复类别").select_option(label="列入计划拟解决")
    form.get_by_label("答复全文").fill("列入年度计划，分两期更换管网。")
    form.get_by_label("计划落实事项").fill("更换二车间管网")
    form.get_by_label("落实时限").fill("2026-06-30")
    form.get_by_role("button", name="确认拟写答复送会签").click()
    expect(page.get_by_role("status")).to_contain_text("已办理：拟写答复送会签")
    page.get_by_role("button", name="退出").click()
    log_in(page, address, "jiao")
    page.goto(f"{address}/mine")
    row = page.locator("table.mine tbody tr").filter(has_text=HEAT)
    row.get_by_role("link", name="会签", exact=True).click()
    page.get_by_role("button", name="确认会签", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("已办理：会签")
    page.get_by_role("button", name="退出").click()
    log_in(page, address, "lai")
    page.goto(f"{address}/mine")
    row = page.locator("table.mine tbody tr").filter(has_text=HEAT)
    expect(row).to_contain_text(re.compile("安全环保部\\s*已会签"))
    picture(page, f"mine-signed-{name}")
    row.get_by_role("button", name="签发答复").click()
    expect(page.get_by_role("status")).to_contain_text("已办理“签发答复”")
    page.goto(f"{address}/mine/print")
    picture(page, f"mine-print-{name}")
