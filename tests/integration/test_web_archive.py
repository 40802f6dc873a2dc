"""The archive over pages: what is over, how long it is kept and why, and what may be erased by now."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from io import BytesIO

import openpyxl
import pytest
from starlette.testclient import TestClient

from engine.case.identity import CaseId
from engine.service.search_filling import restart_index
from tests.support.house import House, client_of, open_house

PERSONAL = {"proposer_name": "石磊生", "proposer_phone": "13800000000"}


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database) as house:
        yield house


@pytest.fixture
def shen(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        yield client


def withdrawn(house: House, subject: str) -> CaseId:
    """Return a proposal that came to an end on 20 January 2026."""
    case = house.open("shi", {"proposer_type": "delegation", "subject": subject, **PERSONAL})
    house.fire("shi", case, "submit")
    house.fire("shi", case, "withdraw", {"withdrawal_reason": "已另行解决"})
    return case


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_what_is_over_stands_with_its_end_and_why_it_is_kept_until_when(shen: TestClient, house: House) -> None:
    case = withdrawn(house, "关于照明的提案")
    house.filed(form={"subject": "还在办的提案"})
    page = shen.get("/archive").text
    shown = text_of(page)

    assert f'href="/cases/{case}"' in page
    assert "还在办的提案" not in shown
    assert "已撤案" in shown
    # Five years after 20 January 2026, by the default of the definition.
    assert "个人信息：2031年1月20日（周一）" in shown
    assert (
        "终结于2026年1月20日（周二），保存5年，至2031年1月20日（周一）期满。依据：默认值，可在流程定义中修改。" in shown
    )
    assert "可以删除的" not in shown


def test_the_archive_is_narrowed_and_the_address_holds_the_filter(shen: TestClient, house: House) -> None:
    withdrawn(house, "关于照明的提案")
    for query, is_there in {
        "workflow=proposal&session=s6m3": True,
        "year=2026": True,
        "year=2025": False,
        "year=nonsense": True,
        "q=照明": True,
        "q=食堂": False,
        "unit=safety": False,
        "workflow=grievance": False,
    }.items():
        page = text_of(shen.get(f"/archive?{query}").text)
        assert ("关于照明的提案" in page) is is_there, query
        assert ("没有符合条件的已终结事项" in page) is not is_there, query
    refused = shen.get("/archive?after=nonsense")
    assert "翻页标记有误，请从第一页重新查看" in refused.text


def test_the_archive_goes_by_words_wherever_they_stand_and_says_what_it_cannot_look_for(
    shen: TestClient, house: House
) -> None:
    case = withdrawn(house, "关于照明的提案")
    page = shen.get("/archive?q=只能吃方便面").text
    assert f'href="/cases/{case}"' in page, "the words stand in its grounds"
    assert "编号可只输开头；词语查案由和正文，至少两个连在一起的汉字" in page
    assert "检索目录正在建立" not in page
    for secret in PERSONAL.values():
        assert "没有符合条件的已终结事项" in shen.get(f"/archive?q={secret}").text
    answer = shen.get("/archive?q=明")
    assert answer.status_code == 422
    assert "请至少输入两个连在一起的汉字，或一个完整的英文词、数字" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert "Type at least two Chinese characters" in shen.get("/archive?q=明&lang=en").text
    assert shen.get("/archive/export.csv?q=明").status_code == 422
    assert "关于照明的提案" in shen.get("/archive/export.csv?q=方便面").text
    assert "关于照明的提案" not in shen.get("/archive/export.csv?q=食堂以外").text
    answer = shen.get("/archive?after=x")
    assert (answer.status_code, "aria-invalid" in answer.text) == (422, False), "without words it is the key"


def test_the_archive_says_that_the_index_is_behind(shen: TestClient, house: House) -> None:
    withdrawn(house, "关于照明的提案")
    restart_index(house.desk)
    said = "检索目录正在建立，较早的事项暂时检索不到，建好后即可找到。"
    assert said in shen.get("/archive?q=照明").text
    assert said not in shen.get("/archive").text


def test_pages_of_words_in_the_archive_go_on_by_key_and_keep_the_filter(
    shen: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.archive.PAGE_LINES", 1)
    for subject in ("照明甲", "食堂", "照明乙"):
        withdrawn(house, subject)
    page = shen.get("/archive?q=照明&year=2026").text
    seen = [re.findall("照明[甲乙]", text_of(page))]
    following = re.search(r'href="([^"]+)" rel="next">下一页</a>', page)
    assert following is not None
    page = shen.get(unescape(following[1])).text
    seen.append(re.findall("照明[甲乙]", text_of(page)))
    assert sorted(seen) == [["照明乙"], ["照明甲"]]
    assert 'rel="next"' not in page
    assert 'value="2026"' in page
    assert "第一页" in text_of(page)
    # Of very many hits a part of the list is looked at.
    for name, value in (("CANDIDATES_MAX", 1), ("_WINDOWS", (1,)), ("LINES_MAX", 1)):
        monkeypatch.setattr(f"engine.service.word_lists.{name}", value)
    monkeypatch.setattr("web.pages.archive.PAGE_LINES", 50)
    page = shen.get("/archive?q=照明").text
    said = "含有这些词的事项很多，本页只查看了清单的一部分。点“继续查找”往下查，或加一个词、一个条件。"
    assert said in page
    assert 'rel="next">继续查找</a>' in page


def test_who_does_not_see_a_case_finds_nothing_of_it_in_the_archive(shen: TestClient, house: House) -> None:
    withdrawn(house, "关于照明的提案")
    shen.cookies.set("banjie", house.token("luo"))
    assert "照明" not in shen.get("/archive").text
    assert "照明" not in shen.get("/archive/export.csv").text


def test_the_archive_is_taken_along_with_dates_as_dates(shen: TestClient, house: House) -> None:
    withdrawn(house, "=1+1")
    sheet = openpyxl.load_workbook(BytesIO(shen.get("/archive/export.xlsx?year=2026").content)).active
    assert sheet is not None
    head, line = [list(row) for row in sheet.iter_rows()]
    cells = {str(title.value): cell for title, cell in zip(head, line, strict=True)}

    assert cells["终结日期"].value == datetime(2026, 1, 20)  # noqa: DTZ001 - a sheet knows no zones
    assert cells["保存至"].value == datetime(2031, 1, 20)  # noqa: DTZ001 - a sheet knows no zones
    assert (cells["案由"].value, cells["案由"].data_type) == ("=1+1", "s")
    assert "'=1+1" in shen.get("/archive/export.csv").text
    refused = shen.get("/archive/export.pdf")
    assert refused.status_code == 404
    assert "没有这种导出格式" in refused.text


def test_what_was_kept_for_long_enough_is_shown_to_who_may_erase_it(
    shen: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("retention", "archive"):
        monkeypatch.setattr(f"engine.service.{module}.years_after", lambda ended_on, _years: ended_on)
    case = withdrawn(house, "关于照明的提案")
    shown = shen.get("/archive")
    text = text_of(shown.text)

    assert "保存期限届满、可以删除的" in text
    assert "期满 2 项" in text
    assert f'href="/cases/{case}/erasure"' in shown.text
    assert "已期满" in text
    shen.cookies.set("banjie", house.token("shi"))
    assert "可以删除的" not in text_of(shen.get("/archive").text)


def test_what_ended_on_the_last_day_of_february_is_kept_until_march(sqlite_database: str) -> None:
    with open_house(sqlite_database, datetime(2028, 2, 29, 2, tzinfo=UTC)) as house, client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        withdrawn(house, "闰日")
        assert "个人信息：2033年3月1日" in text_of(client.get("/archive").text)
