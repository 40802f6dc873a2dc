"""In a real browser: rows of a table are typed, pasted from a spreadsheet, refused with their place, and read."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from api.edge import ApiSettings
from tests.browser.test_pages import DESK, PHONE, log_in, picture
from tests.support.browser import PageWatch
from tests.support.house import open_house
from tests.support.serving import serving
from web.app import create_site

COPIED = (
    "1\t总经理\t单位领导人员\t全面工作\n2\t财务部部长\t中层管理人员\t\n"
    "3\t经营班子\t领导班子\t生产经营\n4\t后勤主任\t中层管理人员\t食堂\n"
)


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('tables') / 'banjie.db'}") as house:
        settings = ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now())
        with serving(create_site(house.desk, settings)) as address:
            yield address


def paste(page: Page, name: str, text: str) -> None:
    """Paste into a control as from a spreadsheet; a browser that is not looked at has no clipboard of its own."""
    page.locator(f"[name='{name}']").evaluate(
        """(control, text) => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const how = { clipboardData: data, bubbles: true, cancelable: true };
            control.dispatchEvent(new ClipboardEvent("paste", how));
        }""",
        text,
    )


def values(page: Page) -> list[list[str]]:
    rows = page.locator("fieldset.rows tbody tr").all()
    return [[cell.input_value() for cell in row.locator("[name]").all()] for row in rows]


def fill_the_rest(page: Page) -> None:
    page.get_by_label("评议事项").fill("2026年度中层干部民主评议")
    page.get_by_label("评议方案").fill("按方案述职、测评")
    page.get_by_label("述职测评日期").fill("2026-11-20")
    page.get_by_label("本年度评议截止日期").fill("2026-12-31")


def test_rows_are_pasted_checked_and_read_as_a_table(page: Page, address: str, watch: PageWatch) -> None:
    watch.allow("422")
    page.set_viewport_size(DESK)
    log_in(page, address, "shen")
    page.goto(f"{address}/cases/new/appraisal")
    fill_the_rest(page)
    assert values(page) == [["", "", "", ""]] * 3
    paste(page, "f.objects.0.no", COPIED)
    assert values(page)[1] == ["2", "财务部部长", "middle", ""]
    assert [row[2] for row in values(page)] == ["senior", "middle", "team", "middle"], "a row was added, codes by title"
    page.get_by_role("button", name="再添几行").click()
    assert len(values(page)) == 7
    page.locator("[name='f.objects.6.post']").fill("没有类别的一行")
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.get_by_role("alert").first).to_contain_text("第 5 行“类别”：为必填项")
    expect(page.locator("fieldset.rows [aria-invalid]")).to_have_count(2)
    picture(page, "table-wrong")
    assert len(values(page)) == 8, "what was typed stands there without the empty rows, and three more"
    page.locator("[name='f.objects.4.post']").fill("")
    page.set_viewport_size(PHONE)
    picture(page, "table-form-phone")
    page.set_viewport_size(DESK)
    page.get_by_role("button", name="下一步：核对").click()
    page.get_by_role("button", name="提交").click()
    shown = page.locator("table.rows-shown").first
    expect(shown.locator("tbody tr")).to_have_count(4)
    expect(shown.locator("tbody tr").nth(1)).to_contain_text("财务部部长")
    picture(page, "table-case")
    page.set_viewport_size(PHONE)
    picture(page, "table-case-phone")


def test_without_scripts_the_form_comes_again_with_more_rows(browser: Browser, address: str, watch: PageWatch) -> None:
    with browser.new_context(java_script_enabled=False, locale="zh-CN") as context:
        watch.attach(context)
        page = context.new_page()
        log_in(page, address, "shen")
        page.goto(f"{address}/cases/new/appraisal")
        for row in range(3):
            page.locator(f"[name='f.objects.{row}.post']").fill(f"第{row}个职务")
        page.get_by_role("button", name="再添几行").click()
        assert [row[1] for row in values(page)] == ["第0个职务", "第1个职务", "第2个职务", "", "", ""]
