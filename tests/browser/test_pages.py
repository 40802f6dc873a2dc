"""The pages in a real browser: a delegate's proposal from the form to the archive of its steps, on a desk and a phone.

``KEEP_PICTURES=1 make test ARGS=tests/browser`` keeps pictures in ``build/pages`` for people to look at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect

from api.edge import ApiSettings
from engine.service.sealing import seal
from runtime.signer.keeper import Keeper
from tests.support.browser import PageWatch, keep_picture
from tests.support.house import PASSWORD, ROOT, House, open_house
from tests.support.serving import serving
from web.app import create_site

DESK: ViewportSize = {"width": 1366, "height": 768}
PHONE: ViewportSize = {"width": 375, "height": 812}
LONG_ORIGIN = "ledger.jiangling-heavy-machinery.union.example"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('browser') / 'banjie.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now()))
    with serving(site) as address:
        yield address


def log_in(page: Page, address: str, login: str) -> None:
    page.goto(f"{address}/login")
    page.get_by_label("账号").fill(login)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("您好")


def picture(page: Page, name: str) -> None:
    """Keep a picture where they are asked for; nothing on the page may be cut off at the side."""
    # A button pressed just now may have led to a page of which nothing has arrived yet.
    page.wait_for_load_state()
    keep_picture(page, name)
    wide, room = page.locator("html").evaluate("html => [html.scrollWidth, html.clientWidth]")
    assert wide <= room, f"{name} is wider than the screen"


def test_a_proposal_goes_from_the_form_to_the_unit_that_handles_it(page: Page, address: str) -> None:
    page.set_viewport_size(DESK)
    page.goto(f"{address}/login")
    picture(page, "login")
    log_in(page, address, "shi")
    page.get_by_role("link", name="新建职代会提案").click()
    page.get_by_label("案由").fill("关于延长夜班食堂供餐时间的提案")
    page.get_by_label("类别").select_option(label="生活福利")
    page.get_by_label("案据").fill("夜班职工零点以后没有热饭。\n周末更早关窗。")
    page.get_by_label("建议措施").fill("夜班窗口延长到一点半。")
    page.get_by_label("提案形式").select_option(label="代表团（组）提案")
    picture(page, "new-case")
    page.get_by_role("button", name="下一步：核对").click()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("已登记。")
    make_move(page, "提交")
    case = page.url.partition("?")[0]

    page.get_by_role("button", name="退出").click()
    log_in(page, address, "zhai")
    expect(page.get_by_role("link", name="关于延长夜班食堂供餐时间的提案")).to_be_visible()
    picture(page, "front")
    page.goto(case)
    make_move(page, "开始审查")
    make_move(page, "立案")
    page.locator("summary", has_text=re.compile("^交办$")).click()
    form = page.locator("details.move[open]")
    form.get_by_label("主办单位").select_option(label="\u3000后勤服务中心")
    form.get_by_label("安全环保部").check()
    form.get_by_label("交办意见").fill("请按期答复。")
    picture(page, "case-form")
    form.get_by_role("button", name="确认交办").click()
    expect(page.get_by_role("status")).to_have_text("已办理：交办")
    titles = page.locator(".timeline .entry-head b").all_inner_texts()
    assert titles == ["交办", "立案", "开始审查", "提交", "登记"]
    expect(page.locator(".timeline .entry-who").first).to_contain_text("翟鸿岭（提案工作委员会）")
    expect(page.locator(".progress .reached b")).to_have_text(["提交", "审查", "交办"])
    page.locator("aside .clock", has_text="答复期限").locator("summary", has_text="为什么是这一天").click()
    expect(page.locator("aside .clock", has_text="答复期限").locator("table.days")).to_contain_text("春节")
    picture(page, "case")


def make_move(page: Page, title: str) -> None:
    page.locator("summary", has_text=re.compile(f"^{title}$")).click()
    page.get_by_role("button", name=f"确认{title}", exact=True).click()
    expect(page.get_by_role("status")).to_have_text(f"已办理：{title}")


def test_a_refused_form_shows_its_error_and_keeps_what_was_typed(
    page: Page, watch: PageWatch, house: House, address: str
) -> None:
    watch.allow("422")
    case = house.filed(form={"subject": "关于班车时刻的提案"})
    page.set_viewport_size(DESK)
    log_in(page, address, "zhai")
    page.goto(f"{address}/cases/{case}")
    page.locator("summary", has_text=re.compile("^交办$")).click()
    form = page.locator("details.move[open]")
    form.get_by_label("交办意见").fill("请按期答复。")
    form.get_by_role("button", name="确认交办").click()
    expect(form.get_by_role("link", name="“主办单位”为必填项")).to_be_in_viewport()
    expect(form.locator("p.error", has_text="“主办单位”为必填项")).to_be_visible()
    expect(form.get_by_label("交办意见")).to_have_value("请按期答复。")
    expect(form.get_by_role("button", name="确认交办")).to_be_enabled()
    picture(page, "refused")


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "light"), ("zh", "dark")])
def test_every_page_fits_a_phone_and_a_desk(
    browser: Browser, house: House, address: str, language: str, scheme: str, tmp_path: Path
) -> None:
    case = house.filed(form={"subject": "关于改善宿舍热水供应、检修管网并公布检修安排的提案"})
    house.fire("zhai", case, "assign", {"lead": "logistics", "co_handlers": ["safety"]})
    if house.desk.reads.newest_checkpoint(ROOT) is None:
        with closing(Keeper(tmp_path / "signer")) as keeper:
            seal(house.desk.office, house.desk.reads, keeper, ROOT, origin=LONG_ORIGIN)
    context = browser.new_context(locale="zh-CN", color_scheme=scheme)  # type: ignore[arg-type]  # a literal of the API
    watch = PageWatch()
    watch.attach(context)
    with logged_in(context, house, address) as page:
        for size, viewport in (("desk", DESK), ("phone", PHONE)):
            page.set_viewport_size(viewport)
            for name, path in {
                "front": "/",
                "cases": "/cases?workflow=proposal",
                "case": f"/cases/{case}",
                "new-case": "/cases/new/proposal",
                "overdue": "/overdue?within=30",
                "figures": "/figures/proposal?by=unit",
                "workflow": "/workflows/proposal",
                "ledger": "/ledger",
            }.items():
                page.goto(f"{address}{path}{'&' if '?' in path else '?'}lang={language}")
                page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
                picture(page, f"{size}-{name}-{language}-{scheme}")
    assert watch.unexpected() == []


@contextmanager
def logged_in(context: BrowserContext, house: House, address: str) -> Iterator[Page]:
    """Give a page of somebody who has logged in."""
    context.add_cookies([{"name": "banjie", "value": house.token("zhai"), "url": address}])
    yield context.new_page()
    context.close()


def test_everything_works_without_javascript(browser: Browser, house: House, address: str) -> None:
    case = house.filed(form={"subject": "关于更衣室照明的提案"})
    context = browser.new_context(locale="zh-CN", java_script_enabled=False)
    with logged_in(context, house, address) as page:
        page.goto(f"{address}/cases/{case}")
        page.locator("summary", has_text=re.compile("^催办$")).click()
        page.get_by_label("催办内容").fill("请抓紧交办。")
        page.get_by_role("button", name="确认催办").click()
        expect(page.get_by_role("status")).to_have_text("已办理：催办")
