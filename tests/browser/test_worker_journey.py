"""The worker's and the delegate's journey in a real browser, from the login to the checked receipt, on a desk and on a
phone, with JavaScript and without; and the same without a name, by a query code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from api.edge import ApiSettings
from engine.case.identity import CaseId
from engine.case.secrecy import ANONYMOUS_HOURS
from runtime.jobs.handlers import release_all
from runtime.receipt_key import ReceiptKey
from runtime.settings import Settings
from tests.browser.test_files import PHOTO, a_file
from tests.browser.test_pages import DESK, PHONE, log_in, picture
from tests.support.browser import PageWatch, keep_picture
from tests.support.house import House, open_house
from tests.support.serving import serving
from tests.support.worker import employ, handled, replied
from web.app import create_site

SUBJECT = "关于夜班食堂热饭的提案"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('journey') / 'banjie.db'}") as house:
        employ(house.desk)
        yield house


@pytest.fixture(scope="module")
def address(house: House, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    pen = ReceiptKey(Settings(database_url=f"sqlite:///{tmp_path_factory.mktemp('pen') / 'banjie.db'}"))
    settings = ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now(), receipts=pen)
    with serving(create_site(house.desk, settings)) as address:
        yield address


def a_page(browser: Browser, watch: PageWatch, size: ViewportSize, *, script: bool) -> Page:
    """Open a browser of somebody else, with a window of this size."""
    context = browser.new_context(
        viewport=size,
        locale="zh-CN",
        timezone_id="Asia/Shanghai",
        java_script_enabled=script,
    )
    watch.attach(context)
    return context.new_page()


def make(page: Page, title: str) -> None:
    """Open a move and confirm it."""
    page.locator("details.move > summary", has_text=re.compile(f"^{title}$")).click()
    page.get_by_role("button", name=f"确认{title}", exact=True).click()
    expect(page.locator("p.message.right")).to_contain_text(f"已办理：{title}")


@pytest.mark.parametrize(
    ("name", "size", "script"),
    [("desk", DESK, True), ("phone", PHONE, True), ("plain-phone", PHONE, False), ("plain-desk", DESK, False)],
)
def test_a_proposal_from_the_form_to_the_checked_receipt(
    browser: Browser, watch: PageWatch, house: House, address: str, name: str, size: ViewportSize, script: bool
) -> None:
    watch.allow("422")
    watch.allow("409")
    page = a_page(browser, watch, size, script=script)
    log_in(page, address, "shi")
    page.goto(f"{address}/cases/new")
    picture_of(page, f"worker-{name}-choose", script)
    page.get_by_role("link", name="填写职代会提案").click()
    page.get_by_label("案由").fill(SUBJECT)
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.locator(".field .error")).to_have_count(3)
    expect(page.get_by_label("案由")).to_have_value(SUBJECT)
    page.get_by_label("类别").select_option(label="生活福利")
    page.get_by_label("案据").fill("夜班零点以后没有热饭，见照片。")
    page.get_by_label("建议措施").fill("窗口延长到一点半。")
    page.get_by_label("拍照或从相册选").set_input_files([a_file("食堂一.png", PHOTO)])
    picture_of(page, f"worker-{name}-form", script)
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.get_by_text("食堂一.jpg")).to_be_visible()
    page.get_by_role("button", name="返回修改").click()
    page.get_by_label("建议措施").fill("窗口延长到两点。")
    page.get_by_role("button", name="下一步：核对").click()
    picture_of(page, f"worker-{name}-look", script)
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("heading", name="已经记下")).to_be_visible()
    expect(page.locator(".filed .code-image")).to_be_visible()
    picture_of(page, f"worker-{name}-filed", script)
    case = CaseId(page.url.rpartition("/")[2].partition("?")[0])

    make(page, "征求附议")
    page.locator("details.move > summary", has_text="邀请附议").click()
    page.get_by_label("邀请附议的代表").select_option(label="翟鸿岭（江岭重工）")
    page.get_by_role("button", name="确认邀请附议").click()
    house.fire("shi", case, "invite_seconder", {"invitee": "luo"})
    house.fire("luo", case, "second")

    other = a_page(browser, watch, size, script=script)
    log_in(other, address, "zhai")
    other.goto(f"{address}/me/cases")
    other.locator("#waiting a", has_text=SUBJECT).first.click()
    other.locator("details.move > summary", has_text=re.compile("^附议$")).click()
    picture_of(other, f"worker-{name}-second", script)
    house.fire("shi", case, "amend", {"proposed_measures": "窗口延长到一点半。"})
    other.get_by_role("button", name="确认附议").click()
    expect(other.get_by_role("alert")).to_contain_text("“建议措施”原为“窗口延长到两点。”，现为“窗口延长到一点半。”")
    other.get_by_role("button", name="确认附议").click()
    expect(other.locator("p.message.right")).to_contain_text("已办理：附议")
    house.fire("luo", case, "second")
    other.context.close()

    page.goto(f"{address}/cases/{case}")
    make(page, "提交")
    handled(house, case)
    page.goto(f"{address}/cases/{case}")
    page.locator("#talk summary").click()
    page.get_by_label("提案人留言").fill("周末几点关窗？")
    page.get_by_role("button", name="确认给承办方留言").click()
    expect(page.locator(".talk")).to_contain_text("周末几点关窗？")
    replied(house, case)
    page.goto(f"{address}/me/cases")
    picture_of(page, f"worker-{name}-mine", script)
    page.locator("#waiting a", has_text=SUBJECT).first.click()
    page.locator("details.move > summary", has_text=re.compile("^评价$")).click()
    for group in ("对办理态度的评价", "对办理结果的评价"):
        page.get_by_role("group", name=group).get_by_label("满意", exact=True).check()
    picture_of(page, f"worker-{name}-evaluate", script)
    page.get_by_role("button", name="确认评价").click()
    expect(page.locator("p.message.right")).to_contain_text("已办理：评价")
    page.get_by_role("link", name="请保存本次办理的回执").click()
    receipt = page.locator(".receipt-text").inner_text()
    page.goto(f"{address}/receipts")
    page.locator("#receipt").fill(receipt)
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("回执真实")
    picture_of(page, f"worker-{name}-receipt", script)

    house.fire("zhai", case, "close")
    house.fire("shen", case, "publish")
    page.goto(f"{address}/register?q={SUBJECT}")
    page.get_by_role("link", name=SUBJECT).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)
    assert "石磊生" not in page.locator("main").inner_text()
    picture_of(page, f"worker-{name}-register", script)
    page.context.close()


@pytest.mark.parametrize(("name", "size", "script"), [("phone", PHONE, True), ("plain", PHONE, False)])
def test_somebody_without_a_name_files_and_comes_back_with_the_code(
    browser: Browser, watch: PageWatch, house: House, address: str, name: str, size: ViewportSize, script: bool
) -> None:
    watch.allow("422")
    page = a_page(browser, watch, size, script=script)
    page.goto(f"{address}/anonymous")
    assert page.locator("#write input:visible, #write textarea:visible, #write select:visible").count() <= 8
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.locator(".field .error").first).to_be_visible()
    page.get_by_label("诉求事项").fill("班组扣奖金")
    page.get_by_label("反映内容").fill("连着三个月没有说明。")
    picture_of(page, f"worker-anonymous-{name}", script)
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.locator("dl.values")).to_contain_text("连着三个月没有说明。")
    picture_of(page, f"worker-anonymous-{name}-check", script)
    page.get_by_role("button", name="匿名提交").click()
    code = "-".join(page.locator(".query-code span").all_inner_texts())
    assert len(code.replace("-", "")) == 25
    begun = house.clock.now()
    house.clock.set(begun + timedelta(hours=ANONYMOUS_HOURS))
    release_all(house.desk)
    page.goto(f"{address}/anonymous/look")
    page.get_by_label("查询码").fill(code)
    page.get_by_role("button", name="查看").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("班组扣奖金")
    page.locator("details.move > summary", has_text="给工会留言").click()
    page.get_by_label("反映人留言").fill("还有一张排班表。")
    page.get_by_role("button", name="确认给工会留言").click()
    expect(page.locator("p.message.right")).to_contain_text("已收到")
    picture_of(page, f"worker-anonymous-{name}-look", script)
    house.clock.set(begun)
    page.context.close()


def picture_of(page: Page, name: str, script: bool) -> None:
    """Keep a picture; whether anything is cut off at the side is measured by JavaScript, where there is some."""
    if script:
        picture(page, name)
        return
    keep_picture(page, name)
