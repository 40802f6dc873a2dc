"""An auditor, from the login to the proof of a case, on a desk and a phone: search, way, changes, sample, process."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from api.edge import ApiSettings
from engine.access.directory import GrantRow
from engine.case.identity import PersonId, UnitId
from engine.service.logins import AccountRules
from engine.service.plain import AddGrant
from engine.service.sealing import seal
from runtime.signer.keeper import Keeper
from tests.browser.test_pages import LONG_ORIGIN, log_in, picture
from tests.support.accounts import STAFF
from tests.support.house import ROOT, House, open_house
from tests.support.serving import serving
from web.app import create_site

SIZES: dict[str, ViewportSize] = {"desk": {"width": 1366, "height": 768}, "phone": {"width": 390, "height": 844}}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("auditor")
    with open_house(f"sqlite:///{folder / 'banjie.db'}") as house:
        grant = GrantRow(root=ROOT, person=PersonId("luo"), role="auditor", unit=UnitId(ROOT))
        house.desk.office.write([AddGrant(grant)])
        case = house.filed()
        house.fire("zhai", case, "assign", {"lead": "logistics", "co_handlers": ["safety"]})
        house.filed(form={"subject": "关于增加班车的提案"})
        with closing(Keeper(folder / "signer")) as keeper:
            seal(house.desk.office, house.desk.reads, keeper, ROOT, origin=LONG_ORIGIN)
        yield house


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    rules = AccountRules(staff=STAFF, second_factor=False)
    settings = ApiSettings(version="0.1.0", database="sqlite", set_clock=house.clock.now(), accounts=rules)
    site = create_site(house.desk, settings)
    with serving(site) as address:
        yield address


@pytest.mark.parametrize("size", list(SIZES))
def test_an_auditor_follows_a_case_from_the_search_to_its_proof(page: Page, address: str, size: str) -> None:
    page.set_viewport_size(SIZES[size])
    log_in(page, address, "luo")
    page.goto(f"{address}/audit")
    page.get_by_label("办理事项").select_option(label="交办")
    page.get_by_role("button", name="查询", exact=True).click()
    found = page.locator("#found tbody tr")
    expect(found).to_have_count(1)
    picture(page, f"audit-{size}")
    found.get_by_role("link").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text("审计：")
    expect(page.locator("#path tbody tr").last).to_contain_text("待签收")
    # On a phone the drawing is wider than the screen and is moved inside its own frame, by keyboard too.
    frame = page.locator(".diagram-frame")
    expect(frame).to_have_attribute("tabindex", "0")
    frame.focus()
    expect(page.locator("svg.flow-diagram .box.now")).to_have_count(1)
    expect(page.locator("#entries > ol > li")).to_have_count(5)
    expect(page.locator("#proof")).to_contain_text("由检查点 1（")
    picture(page, f"audit-case-{size}")
    with page.expect_download() as download:
        page.get_by_role("link", name="下载证据包").click()
    assert Path(download.value.path()).stat().st_size > 0
    page.reload()
    expect(page.locator("#taken")).to_contain_text("导出（bundle）")

    page.goto(f"{address}/audit/sample")
    page.get_by_label("抽取件数").fill("1")
    page.get_by_label("种子").fill("2026-09-15")
    page.get_by_role("button", name="抽取", exact=True).click()
    expect(page.get_by_role("status").first).to_contain_text("从 2 件中抽取 1 件；种子 2026-09-15")
    picture(page, f"audit-sample-{size}")

    page.goto(f"{address}/audit/process")
    expect(page.locator("#variants tbody tr")).to_have_count(2)
    picture(page, f"audit-process-{size}")
    page.goto(f"{address}/workflows/proposal")
    page.locator("svg.flow-diagram a", has_text="已立案").click()
    expect(page.locator("table.list tbody tr")).to_have_count(1)
