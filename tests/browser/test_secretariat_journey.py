"""A secretariat's morning in a real browser: ten proposals reviewed by keys, one merged and taken out again, one
assigned by a suggestion, and a move on several of which one is skipped."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from api.edge import ApiSettings
from engine.case.identity import CaseId
from tests.browser.test_pages import DESK, PHONE, log_in, picture
from tests.support.house import ROOT, House, open_house
from tests.support.serving import serving
from web.app import create_site

SUBJECTS = (
    "关于增设职工通勤班车的提案",
    "关于调整夜班津贴标准的提案",
    "关于改造老旧更衣室的提案",
    "关于高温车间增加饮水点的提案",
    "关于公开岗位竞聘结果的提案",
    "关于建立职工书屋的提案",
    "关于完善劳保用品发放的提案",
    "关于规范外包用工管理的提案",
    "关于延长食堂夜间供餐的提案",
    "关于延长夜班食堂供餐时间的提案",
)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('secretariat') / 'banjie.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with serving(create_site(house.desk, ApiSettings(version="0.1.0", database="sqlite"))) as address:
        yield address


@pytest.fixture(scope="module")
def submitted(house: House) -> list[CaseId]:
    """Ten proposals that were submitted, of which the review of half has begun."""
    cases = []
    for n, subject in enumerate(SUBJECTS):
        case = house.open("shi", {"proposer_type": "delegation", "subject": subject})
        house.fire("shi", case, "submit")
        if n % 2:
            house.fire("zhai", case, "begin_review")
        cases.append(case)
    return cases


def state_of(house: House, case: CaseId) -> str:
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    return found.state


def go_to_meeting(page: Page, address: str) -> None:
    log_in(page, address, "zhai")
    page.goto(f"{address}/meeting")


def test_ten_proposals_are_reviewed_by_keys_one_merged_and_taken_out_one_assigned(
    page: Page, house: House, address: str, submitted: list[CaseId]
) -> None:
    page.set_viewport_size(DESK)
    go_to_meeting(page, address)
    progress = page.locator(".meeting-progress")
    expect(progress).to_have_text("第 1/10 件")
    expect(page.get_by_role("heading", level=2).first).to_have_text(SUBJECTS[0])
    page.keyboard.press("?")
    expect(page.get_by_text("选定结论，光标进入第一个空格")).to_be_visible()
    picture(page, "meeting")
    page.keyboard.press("?")
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=2).first).to_have_text(SUBJECTS[1])
    page.keyboard.press("k")
    expect(page.get_by_role("heading", level=2).first).to_have_text(SUBJECTS[0])

    # Filed by seven of nine: six keys in all.
    for n in range(7):
        expect(page.get_by_role("heading", level=2).first).to_have_text(SUBJECTS[n])
        page.keyboard.press("1")
        for key in ("7", "Tab", "1", "Tab", "1", "Enter"):
            page.keyboard.press(key)
        expect(progress).to_have_text(f"第 {n + 2}/10 件")
    expect(page.get_by_role("status").filter(has_text="已记录")).to_contain_text(
        "立案：流程没有规定由您撤回此结论的步骤。"
    )

    # A digit in a field is a digit; what is missing is said where it is missing, and nothing typed is lost.
    page.keyboard.press("2")
    expect(page.locator("details.outcome[open] input:not([type=hidden])").first).to_be_focused()
    page.keyboard.type("512")
    expect(page.locator("details.outcome[open]")).to_have_count(1)
    expect(page.locator("details.outcome[open] input:not([type=hidden])").first).to_have_value("512")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    page.locator("details.outcome[open]").get_by_label("赞成票").fill("8")
    page.locator("details.outcome[open]").get_by_label("转意见建议理由").fill("属一般性工作建议。")
    page.locator("details.outcome[open]").get_by_role("button", name="确认转意见建议").click()
    expect(page.get_by_role("heading", level=2).first).to_have_text(SUBJECTS[8])
    assert [state_of(house, case) for case in submitted[:8]] == ["filed"] * 7 + ["converted"]

    # The ninth is merged into one that was filed this morning, and taken out again: the meeting says how.
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=2).first).to_have_text(SUBJECTS[9])
    page.keyboard.press("m")
    page.get_by_label("主案的编号或案由").fill("8")
    page.get_by_role("button", name="查找主案").click()
    page.get_by_role("link", name=re.compile("选为主案并对照：六届三次第008号提案")).click()
    expect(page.locator("mark.differs").first).to_be_visible()
    expect(page.get_by_role("heading", name="并案的后果")).to_be_visible()
    picture(page, "merge")
    page.get_by_role("button", name="确认并案").click()
    last = page.get_by_role("status").filter(has_text="已记录")
    expect(last).to_contain_text("并案：撤回办法：撤销并案")
    assert state_of(house, submitted[9]) == "merged"
    page.goto(f"{address}/merge/{submitted[9]}")
    expect(page.get_by_text("主案尚未答复，现在可以撤销并案。")).to_be_visible()
    page.get_by_label("并案（撤销并案）理由").fill("两件诉求不同，分别办理。")
    page.get_by_role("button", name="确认撤销并案").click()
    expect(page.get_by_role("status")).to_contain_text("已办理：撤销并案")
    assert state_of(house, submitted[9]) == "under_review"

    page.goto(f"{address}/meeting/minutes?on=2026-01-20")
    expect(page.get_by_text("赞成 7、反对 1、弃权 1").first).to_be_visible()
    # Eight outcomes and the ninth's, the merge, and that it was undone.
    expect(page.locator("table.list tbody tr")).to_have_count(11)
    picture(page, "minutes")

    # The unit that handled this kind before is suggested; who assigns takes it by a click.
    house.fire("zhai", submitted[0], "assign", {"lead": "logistics"})
    page.goto(f"{address}/assign/{submitted[1]}")
    suggested = page.locator("#form-assign .suggested li").first
    expect(suggested).to_contain_text("后勤服务中心 主办 1 件")
    suggested.get_by_role("link", name="选用：后勤服务中心").click()
    expect(page.locator("#form-assign").get_by_label("主办单位")).to_have_value("logistics")
    picture(page, "assign")
    page.get_by_role("button", name="确认交办").click()
    expect(page.get_by_role("status")).to_contain_text("已办理：交办")
    assert state_of(house, submitted[1]) == "assigned"


def test_the_board_counts_live_and_a_move_on_several_names_what_it_skipped(
    page: Page, house: House, address: str, submitted: list[CaseId]
) -> None:
    assert submitted
    new = [house.open("shi", {"proposer_type": "delegation", "subject": f"关于照明的提案第{n}件"}) for n in range(3)]
    for case in new[:2]:
        house.fire("shi", case, "submit")
    page.set_viewport_size(DESK)
    page.clock.install()
    log_in(page, address, "zhai")
    page.goto(f"{address}/board")
    column = page.get_by_role("region", name="已提交")
    expect(column.locator(".board-count")).to_have_text("2")
    house.fire("shi", new[2], "submit")
    page.clock.run_for(31_000)
    expect(column.locator(".board-count")).to_have_text("3")
    expect(page.locator("#board-counts li[data-state=submitted] b")).to_have_text("3")
    picture(page, "board")

    page.get_by_role("link", name="列表", exact=True).click()
    page.locator("#board-counts li[data-state=submitted] a").click()
    picture(page, "board-table")
    page.get_by_role("link", name="全选本页").click()
    page.get_by_label("对所选事项批量办理").select_option(label="开始审查")
    house.fire("zhai", new[0], "begin_review")  # somebody was first
    page.get_by_role("button", name="下一步：填写并核对").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("批量办理：开始审查")
    page.get_by_role("button", name="核对", exact=True).click()
    expect(page.get_by_role("heading", level=2)).to_have_text("核对结果：可以办理 2 件，不能办理 1 件")
    page.get_by_role("button", name="确认开始审查").click()
    expect(page.get_by_role("status")).to_have_text("办理结果：成功 2 件，未办 1 件")
    expect(page.locator("#results")).to_contain_text("事项处于“审查中”，不能“开始审查”")
    picture(page, "board-act")
    assert [state_of(house, case) for case in new] == ["under_review"] * 3


@pytest.mark.parametrize("path", ["/board", "/board?view=table", "/meeting", "/meeting/minutes?on=2026-01-20"])
def test_on_a_phone_nothing_is_cut_off(page: Page, address: str, submitted: list[CaseId], path: str) -> None:
    assert submitted
    page.set_viewport_size(PHONE)
    log_in(page, address, "zhai")
    page.goto(f"{address}{path}")
    picture(page, f"phone-{path.strip('/').replace('/', '-').replace('?', '-').partition('=')[0]}")
