"""In a real browser: the inbox and signing for a notice, how one is told, being away, and a failed job run again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from api.edge import ApiSettings
from runtime.jobs.handlers import tell_all
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import JobFailed, Registry, Report
from runtime.jobs.worker import Worker
from tests.browser.test_pages import DESK, PHONE, log_in, picture
from tests.support.browser import PageWatch
from tests.support.house import House, open_house
from tests.support.serving import serving
from web.app import create_site

SUBJECT = "关于延长夜班食堂供餐时间的提案"


@dataclass(frozen=True, slots=True)
class Served:
    """A site with a notice in some inboxes and two jobs: the first has failed, the second is done."""

    house: House
    address: str
    case: str


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = f"sqlite:///{tmp_path_factory.mktemp('inbox') / 'banjie.db'}"
    with open_house(url) as house:
        case = house.filed("shi", form={"subject": SUBJECT})
        tell_all(house.desk)
        jobs = LeasedJobs.open(url, house.clock)
        jobs.schedule("deliver:mail")
        jobs.schedule("sweep")
        Worker(
            jobs, Registry(handlers={"deliver:mail": refused, "sweep": lambda _subject: Report(done=3)}), house.clock
        ).run_due()
        settings = ApiSettings(
            version="0.1.0", database="sqlite", set_clock=house.clock.now(), channels=("mail", "wecom")
        )
        with serving(create_site(house.desk, settings, jobs)) as address:
            yield Served(house, address, case)
        jobs.close()


def refused(_subject: str) -> Report:
    raise JobFailed("smtp 535", permanent=True)


def line_of(page: Page, title: str) -> Locator:
    return page.locator("ul.notices > li", has_text=title)


def test_a_notice_is_found_from_the_front_page_read_and_signed_for(page: Page, served: Served) -> None:
    page.set_viewport_size(DESK)
    log_in(page, served.address, "shi")
    number = page.locator("nav .count")
    before = int(number.inner_text())
    assert before >= 2
    page.get_by_role("link", name="打开收件箱").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("通知")
    line = line_of(page, "审查结果通知")
    expect(line.get_by_role("link")).to_contain_text(SUBJECT)
    picture(page, "inbox")

    line.get_by_role("button", name="标为已读").click()
    expect(page.get_by_role("status")).to_have_text("已标为已读。")
    expect(number).to_have_text(str(before - 1))
    page.get_by_role("link", name="未读", exact=False).filter(has=page.locator(".number")).click()
    expect(line_of(page, "审查结果通知")).to_have_count(0)
    page.get_by_role("link", name="全部", exact=True).click()
    line.get_by_role("button", name="签收").click()
    expect(page.get_by_role("status")).to_have_text("已签收。")
    expect(line.get_by_text("已签收")).to_be_visible()
    expect(line.get_by_role("button")).to_have_count(0)

    page.get_by_role("button", name="本页全部标为已读").click()
    expect(page.locator("nav .count")).to_have_count(0)
    line.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(SUBJECT)


def test_how_one_is_told_is_corrected_and_then_kept(page: Page, watch: PageWatch, served: Served) -> None:
    watch.allow("422")
    page.set_viewport_size(DESK)
    log_in(page, served.address, "shi")
    page.get_by_role("link", name="石磊生").click()
    expect(page.locator("#feishu").get_by_text("本系统未启用")).to_be_visible()
    mail = page.locator("#mail")
    expect(mail.get_by_text("未开启")).to_be_visible()
    mail.get_by_label("邮箱地址").fill("shi@example")
    mail.get_by_label("发送方式").select_option(label="每日汇总（工作日 8:30）")
    mail.get_by_label("免打扰自").fill("22:00")
    mail.get_by_role("button", name="保存").click()
    expect(mail.get_by_text("不是有效的邮箱地址，例如 wang@example.com")).to_be_in_viewport()
    expect(mail.get_by_text("免打扰时段须同时填写起止时间")).to_be_visible()
    expect(mail.get_by_label("邮箱地址")).to_have_value("shi@example")
    picture(page, "my-notices-refused")

    mail.get_by_label("邮箱地址").fill("shi@example.com")
    mail.get_by_label("免打扰至").fill("07:00")
    mail.get_by_role("button", name="保存").click()
    expect(page.get_by_role("status")).to_have_text("已保存：电子邮件")
    expect(mail.get_by_text("已开启")).to_be_visible()
    expect(mail.get_by_label("发送方式")).to_have_value("daily")
    expect(mail.get_by_label("免打扰至")).to_have_value("07:00")
    mail.get_by_role("button", name="删除地址").click()
    expect(page.get_by_role("status")).to_have_text("已删除：电子邮件")
    expect(mail.get_by_label("邮箱地址")).to_have_value("")


def test_being_away_is_entered_and_taken_back(page: Page, served: Served) -> None:
    page.set_viewport_size(DESK)
    log_in(page, served.address, "shen")
    page.goto(f"{served.address}/me/absence")
    page.get_by_label("至（含当日）").fill("2026-01-23")
    page.get_by_label("代理人（登录名或姓名）").fill("luo")
    page.get_by_label("说明").fill("出差")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("status")).to_have_text("已登记外出。")
    own = page.locator("#own li")
    expect(own).to_contain_text("由罗小山代理 · 出差")
    expect(own).to_contain_text("代理中")
    picture(page, "my-absence")
    own.get_by_role("button", name="撤回").click()
    expect(page.locator("#own")).to_contain_text("没有外出登记。")


def test_a_failed_job_is_run_again(page: Page, served: Served) -> None:
    page.set_viewport_size(DESK)
    log_in(page, served.address, "shen")
    page.locator("nav summary:visible", has_text="系统管理").click()
    page.get_by_role("link", name="后台任务").click()
    page.get_by_role("link", name="失败").click()
    row = page.locator("table.jobs tbody tr")
    expect(row).to_have_count(1)
    expect(row).to_contain_text("smtp 535")
    picture(page, "jobs")
    row.get_by_role("button", name="重新执行").click()
    expect(page.get_by_role("status")).to_have_text("任务 1 将立即执行。")
    expect(page.get_by_text("没有这样的任务。")).to_be_visible()
    page.get_by_role("link", name="待执行").click()
    expect(page.locator("#job-1")).to_contain_text("待执行")


@pytest.mark.parametrize(("language", "scheme"), [("zh", "light"), ("en", "dark")])
def test_these_pages_fit_a_phone_and_a_desk(browser: Browser, served: Served, language: str, scheme: str) -> None:
    context = browser.new_context(locale="zh-CN", color_scheme=scheme)  # type: ignore[arg-type]  # a literal of the API
    context.add_cookies([{"name": "banjie", "value": served.house.token("shen"), "url": served.address}])
    watch = PageWatch()
    watch.attach(context)
    page = context.new_page()
    for size, viewport in (("desk", DESK), ("phone", PHONE)):
        page.set_viewport_size(viewport)
        for name, path in {
            "inbox": "/notices",
            "my-notices": "/me/notices",
            "my-absence": "/me/absence",
            "jobs": "/jobs",
            "told": f"/cases/{served.case}",
        }.items():
            page.goto(f"{served.address}{path}?lang={language}")
            page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
            picture(page, f"{size}-{name}-{language}-{scheme}")
    context.close()
    assert watch.unexpected() == []
