"""In a real browser: from a tile to the trend, from a number to its case; charts on a desk, on a phone and on paper;
and a page that waits for its figures and shows them by itself, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from api.edge import ApiSettings
from engine.service import figures as service
from engine.service.asked_counts import keep_asked
from engine.service.kept_answers import JOB
from runtime.jobs.leases import LeasedJobs
from tests.browser.test_pages import DESK, PHONE, log_in, picture
from tests.support.browser import PageWatch
from tests.support.house import ROOT, House, open_house
from tests.support.serving import serving
from web.app import create_site

SUBJECT = "关于改善夜班食堂供餐的提案"


@dataclass(frozen=True, slots=True)
class Served:
    """A site with two proposals filed, and its jobs, which nobody does."""

    house: House
    address: str
    jobs: LeasedJobs


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    url = f"sqlite:///{tmp_path_factory.mktemp('figures') / 'banjie.db'}"
    with open_house(url) as house:
        house.filed()
        house.filed()
        jobs = LeasedJobs.open(url, house.clock)
        settings = ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now())
        with serving(create_site(house.desk, settings, jobs)) as address:
            yield Served(house, address, jobs)
        jobs.close()


def test_a_tile_leads_to_the_trend_and_a_number_to_its_cases(
    served: Served, browser: Browser, watch: PageWatch
) -> None:
    context = browser.new_context(viewport=DESK, locale="zh-CN", timezone_id="Asia/Shanghai")
    watch.attach(context)
    page = context.new_page()
    log_in(page, served.address, "zhai")
    page.goto(f"{served.address}/figures")
    page.get_by_role("link", name="立案率").first.click()
    expect(page.get_by_role("heading", name="趋势：立案率")).to_be_visible()
    charts = page.get_by_role("img", name="趋势：立案率")
    expect(charts).to_have_count(1)
    picture(page, "figures-charts")
    panel = page.locator("#trend")
    panel.get_by_text("数据表").click()
    expect(panel.get_by_role("row", name="2026-01")).to_contain_text("100.0%")
    panel.get_by_role("link", name="2", exact=True).first.click()
    expect(page.get_by_role("heading", name="立案率 · 分子")).to_be_visible()
    expect(page.get_by_role("link", name=SUBJECT)).to_have_count(2)
    context.close()


def test_on_a_phone_charts_and_tables_fit(served: Served, browser: Browser, watch: PageWatch) -> None:
    context = browser.new_context(viewport=PHONE, locale="zh-CN", timezone_id="Asia/Shanghai", color_scheme="dark")
    watch.attach(context)
    page = context.new_page()
    log_in(page, served.address, "zhai")
    for name, path in (("overview", "/figures"), ("charts", "/figures/proposal?subject=stage.submitted.reviewed")):
        page.goto(f"{served.address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
        picture(page, f"figures-{name}-phone")
    page.emulate_media(media="print", color_scheme="light")
    picture(page, "figures-print")
    context.close()


def test_a_page_waits_for_its_figures_without_a_script(
    served: Served, browser: Browser, watch: PageWatch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "LIVE_CASES_MAX", 0)
    context = browser.new_context(viewport=DESK, locale="zh-CN", java_script_enabled=False)
    watch.attach(context)
    page = context.new_page()
    log_in(page, served.address, "zhai")
    page.goto(f"{served.address}/figures/proposal")
    expect(page.get_by_role("status")).to_contain_text("正在统计")
    (job,) = [job for job in served.jobs.listed() if job.kind == JOB]
    assert keep_asked(served.house.desk, ROOT, job.subject.rpartition(" ")[2])
    expect(page.get_by_role("heading", name="趋势：立案率")).to_be_visible(timeout=15_000)
    context.close()
