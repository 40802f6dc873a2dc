"""The figures' pages: numbers lead to the cases behind them as far as one may see those, tables say what charts say,
files run nothing, and what is chosen stands in the address. The numbers are worked out by hand."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from engine.access.directory import Unit
from engine.case.identity import UnitId
from engine.service.plain import AddUnit
from engine.text import Text
from tests.integration.test_confidential import opened
from tests.integration.test_figures_audience import NEXT_MONTH, filed
from tests.support.accounts import browser, log_in
from tests.support.house import ROOT, House, client_of, open_house

MONDAY = datetime(2026, 1, 19, 2, tzinfo=UTC)


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database, MONDAY) as made:
        yield made


@pytest.fixture
def zhai(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        yield client


def refused(house: House, days: int) -> None:
    """Submit a proposal and refuse it so many calendar days later."""
    begun = house.clock.now()
    case = house.open("shi", {"proposer_type": "delegation"})
    house.fire("shi", case, "submit")
    house.clock.set(begun + timedelta(days=days))
    house.fire("zhai", case, "begin_review")
    house.fire("zhai", case, "refuse", {"refusal_code": "R01", "refusal_reason": "不属于提案范围"})


def rows_of(client: TestClient, address: str) -> list[list[str]]:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    return list(csv.reader(StringIO(answer.text.removeprefix("\ufeff"))))


def test_a_number_leads_to_the_cases_behind_it(house: House, zhai: TestClient) -> None:
    case = house.filed()
    house.open("shi", {"subject": "关于更衣室的提案"})
    page = zhai.get("/figures/proposal?by=unit").text
    (address,) = re.findall(
        r'<td class="figure" data-label="分子"><span><a href="([^"]+filing_rate.numerator)">1</a>', page
    )
    behind = zhai.get(address.replace("&amp;", "&")).text
    assert "立案率 · 分子" in behind
    assert "您可见 1 件" in behind
    assert f'href="/cases/{case}"' in behind
    assert "更衣室" not in behind
    of_unit = zhai.get("/figures/proposal/cases?number=filing_rate.numerator&group=unit&of=logistics").text
    assert "其中没有您可以查看的事项" in of_unit
    assert "仅统计：后勤服务中心" in of_unit


def test_official_numbers_lead_only_to_what_one_may_see(house: House) -> None:
    house.filed()
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("luo"))
        assert "共 1 件" in client.get("/figures/proposal").text
        behind = client.get("/figures/proposal/cases?number=cases").text
        assert "其中没有您可以查看的事项" in behind
        assert "公布口径为全单位的件数；这里只列您有权查看的事项" in behind
        assert "食堂" not in behind


@pytest.mark.parametrize(
    ("number", "title"),
    [
        ("cases", "全部事项"),
        ("reached.submitted", "到达件数 · 提交"),
        ("timed.submitted.reviewed", "计入件数 · 提交→审查"),
        ("filing_rate.beside.pending", "立案率 · 另列 · 待审查"),
        ("reply_rate.excluded.withdrawn", "答复率 · 不计入 · 已撤案"),
        ("on_time_reply_rate.excluded.undated", "按时答复率 · 不计入 · 日期不明"),
        ("merge_reduction.numerator", "并案减少件数 · 分子"),
    ],
)
def test_every_number_has_a_name(zhai: TestClient, number: str, title: str) -> None:
    assert title in zhai.get(f"/figures/proposal/cases?number={number}").text


@pytest.mark.parametrize("number", ["", "nothing", "filing_rate.rest", "merge_reduction.denominator", "filing_rate."])
def test_what_is_no_number_is_not_found(zhai: TestClient, number: str) -> None:
    answer = zhai.get(f"/figures/proposal/cases?number={number}")
    assert answer.status_code == 404
    assert "没有这个统计数字" in answer.text


def test_stages_and_milestones_stand_in_tables_and_files(house: House, zhai: TestClient) -> None:
    # Monday to Wednesday, then Wednesday to Monday: 2 and 3 working days.
    refused(house, 2)
    refused(house, 5)
    rows = rows_of(zhai, "/figures/proposal/stages.csv")
    assert rows[2:4] == [["阶段", "中位数（天）", "九成在内（天）", "计入件数"], ["提交→审查", "2.5", "3", "2"]]
    assert rows[4] == ["审查→交办", "—", "—", "0"]
    assert rows[0] == ["职代会提案统计 · 各阶段用时（工作日）"]
    assert rows[1][0] == "公布口径：全单位"
    funnel = rows_of(zhai, "/figures/proposal/funnel.csv")
    assert funnel[3:6] == [["提交", "2", "100.0%"], ["审查", "2", "100.0%"], ["交办", "0", "0.0%"]]
    page = zhai.get("/figures/proposal?subject=stage.submitted.reviewed").text
    assert "趋势：提交→审查用时（工作日中位数）" in page
    assert '<title id="stages-t">各阶段用时（工作日）</title>' in page


def test_measures_by_unit_and_their_trend_are_files_too(house: House, zhai: TestClient) -> None:
    house.filed()
    refused(house, 1)
    measures = rows_of(zhai, "/figures/proposal/measures.csv?by=unit")
    assert measures[2][2] == "95%置信区间"
    assert measures[3][:5] == ["立案率；样本过小（不足5）", "50.0%", "9.5–90.5%", "1", "2"]
    assert measures[4][:5] == ["江岭重工；样本过小（不足5）", "50.0%", "9.5–90.5%", "1", "2"]
    assert "不予立案 1" in measures[3][6]
    trend = rows_of(zhai, "/figures/proposal/trend.csv")
    assert trend[2:] == [
        ["提交月份", "数值", "95%置信区间", "分子", "分母"],
        ["2026-01；样本过小", "50.0%", "9.5–90.5%", "1", "2"],
    ]
    on_time = next(row for row in measures if row[0].startswith("按时答复率"))
    assert on_time[6] == "未到期已答复 0；曾中止计时 0；曾延期 0；曾改派 0；办结后重办 0；结案后重办 0"
    assert zhai.get("/figures/proposal/cases?number=on_time_reply_rate.beside.reopened").status_code == 200
    page = zhai.get("/figures/proposal").text
    assert "<small>95%置信区间 9.5–90.5%</small>" in page
    assert '<td class="figure" data-label="95%置信区间"><span>9.5–90.5%</span></td>' in page
    assert "置信区间按威尔逊（Wilson）得分法计算" in page


def test_a_sheet_of_the_measures_has_every_number_in_a_cell_of_its_own(house: House, zhai: TestClient) -> None:
    house.filed()
    refused(house, 1)
    titles, *rows = sheet_of(zhai, "/figures/proposal/measures.xlsx?by=unit")
    assert titles[:7] == ["指标", "分列", "分子", "分母", "数值", "95%置信区间下限（%）", "95%置信区间上限（%）"]
    filing = [row for row in rows if row[0] == "立案率"]
    assert [row[1:8] for row in filing] == [
        [None, 1, 2, 50, 9.5, 90.5, "是"],
        ["江岭重工", 1, 2, 50, 9.5, 90.5, "是"],
    ]
    assert "不予立案 1" in filing[0][9]
    assert filing[0][10].startswith("职代会提案统计；公布口径：全单位；截至 2026年1月20日")
    heads, first, *_rest = sheet_of(zhai, "/figures/proposal/funnel.xlsx")
    assert heads[-1] == "口径"
    assert 2 in first
    assert "没有这种导出格式" in zhai.get("/figures/proposal/measures.pdf").text


def sheet_of(client: TestClient, path: str) -> list[list[Any]]:
    sheet = load_workbook(BytesIO(client.get(path).content)).active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def test_a_unit_whose_name_is_a_formula_runs_nowhere(house: House, zhai: TestClient) -> None:
    house.filed()
    house.desk.office.write(
        [AddUnit(Unit(root=ROOT, id=UnitId("works"), parent=None, code="works", title=Text("=1+1", "=1+1")))]
    )
    rows = rows_of(zhai, "/figures/proposal/measures.csv?by=unit")
    assert rows[4][0].startswith("'=1+1")


def test_what_is_chosen_is_counted_and_said(house: House, zhai: TestClient) -> None:
    house.filed()
    house.clock.set(MONDAY + timedelta(days=20))
    house.fire("shi", house.open("shi", {"proposer_type": "delegation"}), "submit")
    for choice, cases, said in (
        ("period=2026-01", 1, "仅统计：2026年1月"),
        ("period=2026", 2, "仅统计：2026年"),
        ("period=s:s6m3", 2, "仅统计：六届三次"),
        ("unit=logistics", 0, "仅统计：后勤服务中心"),
        ("category=welfare", 2, "仅统计：生活福利"),
        ("category=production&unit=works", 0, "仅统计：生产经营"),
        ("unit=江岭重工&period=2026-02", 1, "仅统计：江岭重工"),
        ("period=2025", 0, "仅统计：2025年"),
    ):
        page = zhai.get(f"/figures/proposal?{choice}").text
        assert f"共 {cases} 件" in page, choice
        assert said in page, choice
    # Units are compared within one class: the choice goes along, and the table says that a rate alone makes no ranking.
    page = zhai.get("/figures/proposal?category=welfare&by=unit").text
    assert '<option value="welfare" selected>生活福利</option>' in page
    assert "/figures/proposal/measures.csv?category=welfare&amp;by=unit" in page
    page = zhai.get("/figures/proposal?period=2026-01").text
    assert '<option value="2026-01" selected>2026年1月</option>' in page
    # What is chosen goes along to the numbers and to the files.
    assert "/figures/proposal/trend.csv?period=2026-01" in page
    assert "/figures/proposal/cases?period=2026-01&amp;number=cases" in page


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("period=soon", "period 应为 2026、2026-03 或 s:届次"),
        ("period=2026-13", "period 应为"),
        ("period=s:none", "没有这个届次"),
        ("unit=nowhere", "没有名为“nowhere”的单位"),
        ("category=nothing", "这一流程没有类别“nothing”"),
        ("by=colour", "by 只能是 unit、category、month 或 session"),
        ("audience=all", "audience 只能是 official 或 mine"),
    ],
)
def test_a_choice_that_means_nothing_is_refused_with_the_reason(zhai: TestClient, query: str, reason: str) -> None:
    answer = zhai.get(f"/figures/proposal?{query}")
    assert answer.status_code == 422
    assert reason in answer.text


def test_an_unknown_table_or_workflow_is_not_found(zhai: TestClient) -> None:
    assert "没有这张统计表" in zhai.get("/figures/proposal/colours.csv").text
    for address in ("/figures/nothing", "/figures/nothing/trend.csv", "/figures/nothing/cases?number=cases"):
        assert zhai.get(address).status_code == 404


def test_an_unknown_subject_shows_the_first_figure(house: House, zhai: TestClient) -> None:
    house.filed()
    assert "趋势：立案率" in zhai.get("/figures/proposal?subject=nothing").text
    assert "趋势：答复率" in zhai.get("/figures/proposal?subject=reply_rate").text


def test_many_units_are_typed_and_not_chosen_from_a_list(house: House, zhai: TestClient) -> None:
    house.desk.office.write(
        [
            AddUnit(
                Unit(root=ROOT, id=UnitId(f"u{n}"), parent=UnitId(ROOT), code=f"U{n}", title=Text(f"车间{n}", f"{n}"))
            )
            for n in range(80)
        ]
    )
    page = zhai.get("/figures/proposal?unit=U7").text
    assert '<input id="unit" name="unit" value="U7"' in page
    assert "仅统计：车间7" in page


def test_the_overview_compares_months_by_what_is_printed(house: House, zhai: TestClient) -> None:
    house.clock.set(MONDAY - timedelta(days=20))
    for _ in range(5):
        refused(house, 0)
    house.clock.set(MONDAY)
    for _ in range(5):
        house.filed()
    page = zhai.get("/figures").text
    assert "50.0%" in page
    assert "2026-01：100.0%（5/5）" in page
    assert "2025-12：0.0%（0/5）" in page
    assert "▲ 上升 100.0 个百分点" in page


def test_official_figures_of_a_confidential_kind_show_one_row_and_never_cross_tables(sqlite_database: str) -> None:
    with opened(sqlite_database) as office, browser(office.house) as visitor:
        for number in range(7):
            filed(office, number, category="pay" if number < 5 else "safety", accused_units=["safety"])
        office.house.clock.set(NEXT_MONTH)
        assert log_in(visitor, "shen").status_code == 303
        whole = visitor.get("/figures/grievance").text
        assert "共 7 件" in whole
        # 5 and 2 make 7: neither is printed beside it, nor in the funnel, nor in the file.
        rows = rows_of(visitor, "/figures/grievance/category.csv")
        assert {cell for row in rows[3:] for cell in row[1:]} <= {"—", "＜5", "0", "0.0%"}
        one = visitor.get("/figures/grievance?period=2026-03").text
        assert "共 7 件" in one
        assert "仅统计：2026年3月" in one
        assert 'id="trend"' not in one
        for crossed in ("unit=works&period=2026-03", "period=2026"):
            answer = visitor.get(f"/figures/grievance?{crossed}")
            assert answer.status_code == 422
            assert "不能交叉：否则可推算出个别人" in answer.text
        # A reader's own may be crossed: they are of what the reader sees anyway.
        assert "共 7 件" in visitor.get("/figures/grievance?audience=mine&unit=works&period=2026").text
        empty = visitor.get("/figures/grievance?period=2025-01").text
        assert "共 0 件" in empty
        # Behind an official number stand those cases that one may see, as of the same end of a month.
        filed(office, 20, category="pay")
        assert "您可见 7 件" in visitor.get("/figures/grievance/cases?number=cases").text
        assert "您可见 8 件" in visitor.get("/figures/grievance/cases?number=cases&audience=mine").text
