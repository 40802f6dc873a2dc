"""A photograph in a real browser: chosen in the form, sent along, saved again from the case, on a desk and a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect

from api.edge import ApiSettings
from tests.browser.test_pages import DESK, PHONE, log_in, picture
from tests.support.browser import PageWatch
from tests.support.hostile_files import CANARY, old_office, pdf, photograph
from tests.support.house import House, open_house
from tests.support.serving import serving
from web.app import create_site

PHOTO = photograph()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('files') / 'banjie.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with serving(create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite"))) as address:
        yield address


def a_file(name: str, data: bytes) -> FilePayload:
    return FilePayload(name=name, mimeType="application/octet-stream", buffer=data)


def saved(page: Page, name: str) -> bytes:
    """Return what is saved when somebody clicks on a file of the case."""
    with page.expect_download() as download:
        page.get_by_role("link", name=name).first.click()
    assert download.value.suggested_filename == name
    return Path(download.value.path()).read_bytes()


def test_a_photograph_is_uploaded_and_downloaded_and_the_handler_gets_it_without_its_place(
    page: Page, watch: PageWatch, house: House, address: str
) -> None:
    watch.allow("422")
    page.set_viewport_size(DESK)
    log_in(page, address, "shi")
    page.goto(f"{address}/cases/new/proposal")
    page.get_by_label("案由").fill("关于改善夜班食堂的提案")
    page.get_by_label("类别").select_option(label="生活福利")
    page.get_by_label("案据").fill("夜班没有热汤，见照片。")
    page.get_by_label("建议措施").fill("延长供餐。")
    page.get_by_label("提案形式").select_option(label="代表团（组）提案")
    chosen = [
        a_file("食堂现场.png", PHOTO),
        a_file("会议记录.doc", old_office("WordDocument")),
        a_file("x.html", b"<html>"),
    ]
    page.locator("#new-attachments").set_input_files(chosen)
    page.get_by_role("button", name="下一步：核对").click()
    expect(page.locator("p.error", has_text="“x”：文件含有宏、脚本或可执行内容")).to_be_visible()
    expect(page.get_by_label("食堂现场.jpg")).to_be_checked()
    page.locator("#new-attachments").scroll_into_view_if_needed()
    picture(page, "files-form")
    page.locator("#new-attachments").set_input_files([a_file("说明.pdf", pdf())])
    page.get_by_role("button", name="下一步：核对").click()
    page.get_by_role("button", name="提交", exact=True).click()
    expect(page.get_by_role("status")).to_have_text("已登记。")
    picture(page, "files-case")
    assert saved(page, "食堂现场.jpg") == PHOTO

    case = page.url.rpartition("/")[2].partition("?")[0]
    for login, move in (("shi", "submit"), ("zhai", "begin_review"), ("zhai", "file")):
        house.fire(login, case, move)  # type: ignore[arg-type]  # the id of a case
    house.fire("shen", case, "assign", {"lead": "logistics"})  # type: ignore[arg-type]  # as above
    (whole,) = house.desk.reads.cases("works", [case])  # type: ignore[arg-type, list-item]  # as above
    page.get_by_role("button", name="退出").click()
    page.set_viewport_size(PHONE)
    log_in(page, address, "wen")
    page.goto(f"{address}/cases/{whole.children[0].case}")
    expect(page.get_by_text("副本：已去除作者、拍摄位置等信息").first).to_be_visible()
    expect(page.get_by_text("请工会办公室上传脱敏副本").first).to_be_visible()
    picture(page, "files-handler-phone")
    copy = saved(page, "食堂现场.jpg")
    assert CANARY.encode() in PHOTO
    assert CANARY.encode() not in copy
    assert copy.startswith(b"\xff\xd8\xff")


def test_a_file_opened_in_a_tab_of_its_own_is_saved_and_shows_nothing(page: Page, house: House, address: str) -> None:
    log_in(page, address, "shi")
    page.goto(f"{address}/cases")
    page.get_by_role("link", name="关于改善夜班食堂的提案").first.click()
    link = page.get_by_role("link", name="说明.pdf").first.get_attribute("href")
    with page.expect_download() as download:
        page.evaluate("address => { window.location = address }", link)
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF-")
    assert page.get_by_role("heading", level=1).is_visible(), "the page stays where it was"
