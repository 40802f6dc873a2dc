"""Deadlines, the table of a board and what waits for somebody narrowed to words: pages, files, the API, all at once."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import openpyxl
import pytest
from starlette.testclient import TestClient

import engine.service.waiting
from engine.case.case import Case
from engine.case.identity import CaseId, PersonId, RootId
from engine.service.board import Board
from engine.service.board_ports import BoardFilter, BoardOrder
from engine.service.overdue import OverdueAsk, OverdueList, Scope
from engine.service.search_filling import restart_index
from engine.storage.waiting_reads import WaitingReads
from tests.integration.test_confidential import opened
from tests.integration.test_web_pages import visitor
from tests.support.house import ROOT, House, facts_of, open_house

LATE = datetime(2026, 3, 9, 1, tzinfo=UTC)
"""Monday 9 March 2026, 09:00: a proposal filed on 20 January was to be assigned by Friday 6 March."""
OWN = {"Sec-Fetch-Site": "same-origin"}
REFUSED = "请至少输入两个连在一起的汉字，或一个完整的英文词、数字"
FILLING = "检索目录正在建立，较早的事项暂时检索不到，建好后即可找到。"
CUT = "含有这些词的事项很多，本页只查看了清单的一部分。点“继续查找”往下查，或加一个词、一个条件。"
NOT_COUNTED = "按词语查找时不统计件数；清空“编号或词语”后可见。"
TOO_MANY = "含有这些词的事项太多，不能一次全部取出，请再加一个词或一个条件"
BOARD = "/board?workflow=proposal&session=s6m3&view=table"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def late(house: House) -> list[CaseId]:
    """Five proposals to be assigned by 6 March: the first three are about lighting, one of these in its grounds."""
    forms = [
        {"subject": "关于车间照明的提案"},
        {"subject": "关于改善车间环境的提案", "grounds": "夜里照明不足，看不清图纸。"},
        {"subject": "关于道路照明的提案"},
        {"subject": "关于饮水的提案"},
        {"subject": "关于班车的提案"},
    ]
    cases = [house.filed(form=form) for form in forms]
    house.clock.set(LATE)
    return cases


@pytest.fixture
def zhai(house: House) -> Iterator[TestClient]:
    with visitor(house, "zhai") as client:
        yield client


def rows_of(page: str) -> list[str]:
    """Return the cases of a table, in its order."""
    return re.findall(r'<td class="subject"[^>]*><a href="/cases/(\w+)"', page)


def next_of(page: str) -> str | None:
    found = re.search(r'href="([^"]+)" rel="next"', page)
    return None if found is None else unescape(found[1])


def every_row(client: TestClient, address: str) -> list[str]:
    """Return the cases of all pages, each of which goes on with the same words."""
    found: list[str] = []
    after: str | None = address
    while after is not None:
        assert "q=" in after
        page = client.get(after).text
        found += rows_of(page)
        after = next_of(page)
    return found


def walked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let even two cases be too many to be put in order by the database."""
    monkeypatch.setattr("engine.service.worded_lines.CANDIDATES_MAX", 1)
    monkeypatch.setattr("engine.service.worded_lines._WINDOWS", (2, 1))


LISTS = pytest.mark.parametrize(
    "address", ["/overdue?within=0", BOARD, "/mine?whose=post"], ids=["deadlines", "board", "mine"]
)
WAYS = pytest.mark.parametrize("few", [True, False], ids=["few", "many"])


# ------------------------------------------------------------------------------------------------------------ the pages


@LISTS
def test_a_list_is_narrowed_to_words_wherever_they_stand_in_a_case(
    zhai: TestClient, late: list[CaseId], address: str
) -> None:
    assert set(rows_of(zhai.get(address).text)) == set(late)
    page = zhai.get(f"{address}&q=照明").text
    assert set(rows_of(page)) == set(late[:3])
    assert 'value="照明"' in page
    assert set(rows_of(zhai.get(f"{address}&q=车间 照明").text)) == set(late[:2])
    assert set(rows_of(zhai.get(f"{address}&q=明的").text)) == {late[0], late[2]}
    for words in ("锅炉", "照明锅炉", "%", "照%明"):
        answer = zhai.get(address, params={**dict(re.findall(r"(\w+)=(\w+)", address)), "q": words})
        assert rows_of(answer.text) == [], words


@LISTS
def test_the_beginning_of_a_number_is_enough(zhai: TestClient, late: list[CaseId], address: str) -> None:
    # The second proposal that was filed, as the committee numbers them.
    assert rows_of(zhai.get(f"{address}&q=六届三次第002号").text) == [late[1]]
    # Neither is a word: a sign that stands alone, and a number that is cut off.
    for beginning in ("六", "六届三次第00"):
        assert set(rows_of(zhai.get(f"{address}&q={beginning}").text)) == set(late)


@LISTS
def test_words_and_the_other_conditions_hold_together(zhai: TestClient, late: list[CaseId], address: str) -> None:
    assert rows_of(zhai.get(f"{address}&q=照明&unit=logistics").text) == []
    assert set(rows_of(zhai.get(f"{address}&q=照明&unit=works").text)) == set(late[:3])
    assert set(rows_of(zhai.get("/overdue?workflow=proposal&rung=none&q=照明").text)) == set(late[:3])
    assert rows_of(zhai.get("/overdue?workflow=grievance&q=照明").text) == []
    assert rows_of(zhai.get(f"{BOARD}&state=draft&q=照明").text) == []


@LISTS
@WAYS
def test_pages_go_on_by_key_and_keep_the_words(
    zhai: TestClient, late: list[CaseId], monkeypatch: pytest.MonkeyPatch, address: str, few: bool
) -> None:
    for page in ("overdue", "board", "mine"):
        monkeypatch.setattr(f"web.pages.{page}.PAGE_LINES", 2)
    if not few:
        walked(monkeypatch)
    found = every_row(zhai, f"{address}&q=照明")
    assert sorted(found) == sorted(late[:3])
    answer = zhai.get(f"{address}&q=照明&after=nonsense")
    assert answer.status_code == 422
    assert "翻页标记有误，请从第一页重新查看" in answer.text


@WAYS
@pytest.mark.parametrize("order", list(BoardOrder))
def test_a_board_with_words_stands_in_each_order(
    house: House, zhai: TestClient, late: list[CaseId], monkeypatch: pytest.MonkeyPatch, few: bool, order: BoardOrder
) -> None:
    # Logistics leads the first one and is told apart by its code; what is filed comes before what is assigned.
    house.fire("zhai", late[0], "assign", {"lead": "logistics"})
    monkeypatch.setattr("web.pages.board.PAGE_LINES", 1)
    if not few:
        walked(monkeypatch)
    found = every_row(zhai, f"{BOARD}&order={order}&q=照明")
    by_id = sorted(late[1:3])
    expected = {
        BoardOrder.NUMBER: [late[0], late[1], late[2]],
        BoardOrder.STATE: [*by_id, late[0]],
        BoardOrder.UNIT: [late[0], *by_id],
    }
    assert sorted(found) == sorted(late[:3])
    if order in expected:
        assert found == expected[order]


@LISTS
def test_what_cannot_be_looked_for_is_refused_beside_its_field(
    zhai: TestClient, late: list[CaseId], address: str
) -> None:
    answer = zhai.get(f"{address}&q=明")
    assert answer.status_code == 422
    assert f'<p class="error" id="q-error" role="alert">{REFUSED}</p>' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="明"' in answer.text
    assert rows_of(answer.text) == []
    many = zhai.get(f"{address}&q=一二 三四 五六 七八 九十 甲乙 丙丁 戊己 庚辛")
    assert (many.status_code, "一次最多检索8个词，请去掉几个" in many.text) == (422, True)
    assert "Type at least two Chinese characters" in zhai.get(f"{address}&q=明&lang=en").text


@LISTS
def test_a_list_says_that_the_index_is_behind(house: House, zhai: TestClient, late: list[CaseId], address: str) -> None:
    assert FILLING not in zhai.get(f"{address}&q=照明").text
    restart_index(house.desk)
    page = zhai.get(f"{address}&q=照明").text
    assert FILLING in page
    assert rows_of(page) == []
    assert FILLING not in zhai.get(address).text
    assert set(rows_of(zhai.get(address).text)) == set(late)


@LISTS
def test_a_list_that_looked_at_enough_lets_one_go_on(
    zhai: TestClient, late: list[CaseId], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    walked(monkeypatch)
    monkeypatch.setattr("engine.service.worded_lines.LINES_MAX", 2)
    page = zhai.get(f"{address}&q=照明").text
    assert CUT in page
    assert 'rel="next">继续查找</a>' in page
    assert len(rows_of(page)) <= 2
    assert sorted(every_row(zhai, f"{address}&q=照明")) == sorted(late[:3])
    assert CUT not in zhai.get(address).text


@LISTS
def test_with_words_nothing_is_counted_as_the_index_knows_more_than_a_reader_may(
    zhai: TestClient, late: list[CaseId], address: str
) -> None:
    counted = 'id="board-counts"' if address == BOARD else '<ul class="tiles '
    plain, worded = zhai.get(address).text, zhai.get(f"{address}&q=照明").text
    assert (counted in plain, NOT_COUNTED in plain) == (True, False)
    assert (counted in worded, NOT_COUNTED in worded) == (False, True)


def test_words_are_looked_for_in_the_table_of_a_board(zhai: TestClient, late: list[CaseId]) -> None:
    page = zhai.get("/board?workflow=proposal&session=s6m3&q=照明").text
    assert set(rows_of(page)) == set(late[:3])
    columns = re.search(r'href="([^"]*view=columns[^"]*)"', page)
    assert columns is not None
    assert "q=" not in columns[1]


def test_the_words_go_along_with_a_sort_and_with_all_that_is_ticked(zhai: TestClient, late: list[CaseId]) -> None:
    page = zhai.get(f"{BOARD}&q=照明").text
    assert re.search(r'<th scope="col"><a href="/board\?[^"]*order=number[^"]*q=%E7%85%A7%E6%98%8E"', page)
    for address in (BOARD, "/overdue?within=0"):
        page = zhai.get(f"{address}&q=照明").text
        ticking = re.search(r'<a class="button" href="([^"]*all=1[^"]*)"', page)
        assert ticking is not None
        assert "q=%E7%85%A7%E6%98%8E" in ticking[1]
        assert zhai.get(unescape(ticking[1])).text.count("checked>") == 3


@pytest.mark.parametrize("reads_few", [True, False])
@WAYS
def test_what_waits_for_somebody_is_narrowed_to_words_however_much_they_read(
    zhai: TestClient, late: list[CaseId], monkeypatch: pytest.MonkeyPatch, few: bool, reads_few: bool
) -> None:
    if not few:
        walked(monkeypatch)
    if not reads_few:
        monkeypatch.setattr(WaitingReads, "readable", lambda *_asked, **_limit: engine.service.waiting.FEW + 1)
    monkeypatch.setattr("web.pages.mine.PAGE_LINES", 2)
    assert sorted(every_row(zhai, "/mine?q=照明")) == sorted(late[:3])
    assert sorted(every_row(zhai, "/mine?when=overdue&workflow=proposal&unit=works&q=照明")) == sorted(late[:3])
    for nothing in ("when=later", "unit=logistics", "whose=person", "workflow=grievance"):
        assert rows_of(zhai.get(f"/mine?{nothing}&q=照明").text) == [], nothing
    printed = zhai.get("/mine/print?q=照明").text
    assert [subject in printed for subject in ("车间照明", "改善车间环境", "道路照明", "饮水")] == [True] * 3 + [False]
    assert zhai.get("/mine/print?q=明").status_code == 422


# ------------------------------------------------------------------------------------------------------- who may see it


def test_words_find_nothing_that_one_may_not_see(house: House, late: list[CaseId]) -> None:
    with visitor(house, "luo") as luo:
        for address in ("/overdue?within=0", BOARD, "/mine?whose=post"):
            for words in ("照明", "六届三次第002号"):
                answer = luo.get(f"{address}&q={words}")
                assert (answer.status_code, rows_of(answer.text)) == (200, [])
        for name in ("overdue", "board"):
            text = luo.get(f"/{name}/export.csv?q=照明").content.decode("utf-8-sig")
            assert len(text.splitlines()) == 1


@WAYS
def test_words_of_private_fields_find_nothing(any_database: str, monkeypatch: pytest.MonkeyPatch, few: bool) -> None:
    if not few:
        walked(monkeypatch)
    with opened(any_database) as office:
        desk, clock = office.house.desk, office.house.clock
        open_one = office.filed("luo", petitioner_phone="13988770001")
        strict = office.filed("luo", subject="班组长扣奖金", confidentiality="confidential")
        clock.set(clock.now() + timedelta(days=90))
        grievances = BoardFilter("grievance", None, tuple(desk.world(ROOT).rules.newest("grievance").states))

        def found(login: str, text: str) -> list[set[str]]:
            actor = office.actor(login)
            listed = OverdueList(desk, ROOT, actor)
            lines = listed.lines(OverdueAsk(scope=Scope.BOTH, text=text), limit=9)
            table = Board(desk, ROOT, actor).with_words(grievances, BoardOrder.DUE, text)
            return [{line.case.id for line in lines}, {line.id for line in table.all(limit=9)}]

        assert found("shen", "奖金") == [{open_one, strict}] * 2
        for secret in ("13988770001", "三月份奖金", "CANARY"):
            assert found("shen", secret) == [set()] * 2, secret
        assert office.move("shen", open_one, "recuse", accused_people=["du"], recusal_reason="本人即被反映人") is None
        assert found("du", "克扣奖金") == [set()] * 2


# ------------------------------------------------------------------------------------------------------------ the files


def test_the_list_of_deadlines_is_taken_along_with_its_words(
    house: House, zhai: TestClient, late: list[CaseId]
) -> None:
    page = zhai.get("/overdue?within=0&workflow=proposal&q=车间").text
    taken = re.search(r'href="(/overdue/export\.csv\?[^"]*)"', page)
    assert taken is not None
    answer = zhai.get(unescape(taken[1]))
    assert answer.headers["content-disposition"] == 'attachment; filename="deadlines-2026-03-09.csv"'
    titles, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert titles == [
        "编号", "案由", "流程", "状态", "单位", "主办单位", "应办人",
        "期限名称", "截止", "原定", "暂定", "情况", "督办层级", "下一层级",
    ]  # fmt: skip
    assert sorted(row[1] for row in rows) == ["关于改善车间环境的提案", "关于车间照明的提案"]
    # Friday to Monday is one working day.
    assert [(row[4], row[6], row[8], row[9]) for row in rows] == [("江岭重工", "翟鸿岭", "2026-03-06", "")] * 2
    assert {row[11] for row in rows} == {"已超期 1 个工作日"}
    assert facts_of(house, "exported")[-1] == {"what": "overdue", "rows": 2, "by": "zhai"}
    everything = zhai.get("/overdue/export.csv?within=0").content.decode("utf-8-sig")
    assert len(everything.splitlines()) == 6


def test_the_board_is_taken_along_with_its_words_in_its_order(
    house: House, zhai: TestClient, late: list[CaseId]
) -> None:
    page = zhai.get(f"{BOARD}&order=number&q=照明").text
    taken = re.search(r'href="(/board/export\.xlsx\?[^"]*)"', page)
    assert taken is not None
    sheet = openpyxl.load_workbook(io.BytesIO(zhai.get(unescape(taken[1])).content)).active
    assert sheet is not None
    cells = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert cells[0][:3] == ["编号", "案由", "流程"]
    assert [row[1] for row in cells[1:]] == ["关于车间照明的提案", "关于改善车间环境的提案", "关于道路照明的提案"]
    assert facts_of(house, "exported")[-1] == {"what": "board", "rows": 3, "by": "zhai"}
    whole = zhai.get("/board/export.csv?workflow=proposal&session=s6m3&order=number").content.decode("utf-8-sig")
    assert [row[1] for row in csv.reader(io.StringIO(whole))][1:] == [
        "关于车间照明的提案", "关于改善车间环境的提案", "关于道路照明的提案", "关于饮水的提案", "关于班车的提案",
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["overdue", "board"])
def test_a_file_ends_at_its_limit_and_is_refused_where_its_page_is(
    zhai: TestClient, late: list[CaseId], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    refused = zhai.get(f"/{name}/export.csv?q=明")
    assert (refused.status_code, REFUSED in refused.text) == (422, True)
    unknown = zhai.get(f"/{name}/export.pdf")
    assert (unknown.status_code, "没有这种导出格式" in unknown.text) == (404, True)
    monkeypatch.setattr(f"web.pages.{name}.EXPORT_ROWS_MAX", 2)
    for query in ("", "?q=照明"):
        assert len(zhai.get(f"/{name}/export.csv{query}").content.decode("utf-8-sig").splitlines()) == 3


@pytest.mark.parametrize("name", ["overdue", "board"])
def test_what_would_be_looked_at_for_too_long_is_refused_in_words(
    zhai: TestClient, late: list[CaseId], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    walked(monkeypatch)
    monkeypatch.setattr("engine.service.worded_lines.LINES_MAX", 1)
    monkeypatch.setattr("engine.service.worded_lines.PAGES_MAX", 1)
    refused = zhai.get(f"/{name}/export.csv?workflow=proposal&q=照明")
    assert (refused.status_code, TOO_MANY in refused.text) == (422, True)
    monkeypatch.setattr("engine.service.worded_lines.PAGES_MAX", 9)
    assert zhai.get(f"/{name}/export.csv?workflow=proposal&q=照明").status_code == 200


# --------------------------------------------------------------------------------------------- all at once, and the API


@pytest.mark.parametrize(("name", "measure"), [("overdue", "remind"), ("board", "assign")])
@WAYS
def test_what_is_done_to_all_that_match_is_done_to_what_holds_the_words(
    zhai: TestClient, late: list[CaseId], monkeypatch: pytest.MonkeyPatch, name: str, measure: str, few: bool
) -> None:
    if not few:
        walked(monkeypatch)
    asked = f"/{name}/act?workflow=proposal&session=s6m3&within=0&measure={measure}&everything=1"
    assert "符合查询条件的共 5 件" in zhai.get(asked).text
    page = zhai.get(f"{asked}&q=照明").text
    assert "符合查询条件的共 3 件" in page
    assert "饮水" not in page
    back = re.search(rf'href="(/{name}\?[^"]*q=%E7%85%A7%E6%98%8E[^"]*)"', page)
    assert back is not None, "and one is led back to the same list"
    refused = zhai.get(f"{asked}&q=明")
    assert (refused.status_code, REFUSED in refused.text) == (422, True)


def overdue(client: TestClient, **query: str) -> dict[str, Any]:
    answer = client.get("/api/overdue", params=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_the_api_lists_deadlines_by_words_and_tells_how_far_it_got(
    house: House, zhai: TestClient, late: list[CaseId]
) -> None:
    plain = overdue(zhai)
    assert (len(plain["cases"]), plain["figures"]["late"], "cut" in plain) == (5, 5, False)
    told = overdue(zhai, text="照明", limit="2")
    assert (told["figures"], told["cut"], told["filling"]) == (None, False, False)
    more = overdue(zhai, text="照明", limit="2", after=told["next"])
    assert {line["id"] for line in (*told["cases"], *more["cases"])} == set(late[:3])
    assert more["next"] is None
    refused = zhai.get("/api/overdue", params={"text": "明"})
    assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
    assert REFUSED in refused.text
    with visitor(house, "luo") as luo:
        assert overdue(luo, text="照明", scope="both")["cases"] == []
    restart_index(house.desk)
    assert overdue(zhai, text="照明")["filling"] is True


def test_a_measure_on_what_is_listed_goes_by_its_words(zhai: TestClient, late: list[CaseId]) -> None:
    body = {"measure": "remind", "form": {"reminder_note": "请于三日内交办。"}, "listed": {"text": "照明"}}
    headers = {**OWN, "Idempotency-Key": "by-words"}
    told = zhai.post("/api/overdue/measures", json=body, headers=headers).json()
    assert {one["id"] for one in told["cases"]} == set(late[:3])
    body["listed"] = {"text": "明"}
    refused = zhai.post("/api/overdue/measures", json=body, headers={**headers, "Idempotency-Key": "no-words"})
    assert (refused.status_code, REFUSED in refused.text) == (422, True)


@pytest.mark.parametrize("kept", [True, False])
def test_a_page_reads_no_more_cases_than_its_bound(
    house: House, late: list[CaseId], monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    for name, value in (("CANDIDATES_MAX", 1), ("_WINDOWS", (1,)), ("READ_MAX", 1 if kept else 99)):
        monkeypatch.setattr(f"engine.service.worded_lines.{name}", value)
    reads, read = house.desk.reads, list[CaseId]()
    visible = reads.visible_cases

    def counting(root: RootId, cases: Collection[CaseId], principals: Sequence[str] | None) -> Sequence[Case]:
        read.extend(cases)
        return visible(root, cases, principals)

    monkeypatch.setattr(reads, "visible_cases", counting)
    actor = house.desk.queries.actor(ROOT, PersonId("zhai"), LATE)
    page = OverdueList(house.desk, ROOT, actor).look(OverdueAsk(text="照明"), limit=9)
    assert page.is_cut is kept
    assert (len(read) == 1) is kept
