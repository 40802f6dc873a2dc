"""In a real browser: lines of a roster are suggested by name, a name is sent for a key, and the page names it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from api.edge import ApiSettings
from tests.browser.test_pages import DESK, PHONE, log_in, picture
from tests.integration.test_web_lines import UNITS, on_roster
from tests.integration.test_web_registers import AT
from tests.support.browser import PageWatch
from tests.support.house import open_house
from tests.support.serving import serving
from web.app import create_site


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('lines') / 'banjie.db'}", AT) as house:
        for code, name in UNITS.items():
            on_roster(house.desk, code, name)
        settings = ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now())
        with serving(create_site(house.desk, settings)) as address:
            yield address


def plan(page: Page, address: str, named: str) -> None:
    page.goto(f"{address}/cases/new/visit")
    page.get_by_label("走访单位名称").fill("春季走访")
    page.get_by_label("走访单位代码").fill(named)
    page.get_by_label("活动年度").fill("2026")
    page.locator("[name='f.team_level']").select_option("city")
    page.locator("[name='f.selection']").select_option("drawn")
    page.get_by_label("走访领导").fill("赖春生")
    page.get_by_label("联络人").fill("沈若棠")
    page.get_by_label("计划走访日期").fill("2026-07-20")
    page.locator("main form button.primary").first.click()


def test_a_line_is_suggested_and_named(page: Page, address: str, watch: PageWatch) -> None:
    watch.allow("422")
    page.set_viewport_size(DESK)
    log_in(page, address, "shen")
    page.goto(f"{address}/cases/new/visit")
    control = page.get_by_label("走访单位代码")
    suggested = control.evaluate("one => [...one.list.options].map(o => [o.value, o.label])")
    assert suggested == [[code, name] for code, name in UNITS.items()]

    plan(page, address, "轴承")
    expect(page.locator(".error", has_text="名称中含有它的有：江岭轴承（QY-1）")).to_be_visible()
    plan(page, address, "北坡铸造")
    if "/cases/new" in page.url:  # the last look before it is sent
        page.locator("main form button.primary").first.click()
    expect(page.get_by_text("QY-3（北坡铸造）").first).to_be_visible()


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_a_form_that_names_lines_and_the_registers_fit_the_screen(
    browser: Browser, address: str, size: ViewportSize
) -> None:
    page = browser.new_page(viewport=size)
    log_in(page, address, "shen")
    for name, where in (("lines", "/cases/new/visit"), ("registers", "/registers"), ("visit", "/cases/new/training")):
        page.goto(f"{address}{where}")
        picture(page, f"{name}-{size['width']}")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), where
    page.close()
