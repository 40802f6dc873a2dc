"""Every list that a page marks is had as a sheet at the page's own address; no page with a list is forgotten."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any

import openpyxl
import pytest

from engine.access.directory import GrantRow, Person, Unit
from engine.case.identity import PersonId, UnitId
from engine.service.plain import AddGrant, AddPerson, AddUnit, PlainWrite
from engine.text import Text
from runtime.jobs.handlers import tell_all
from tests.support.accounts import browser
from tests.support.house import ROOT, House, facts_of, open_house
from web.page_sheets import PageTable, marked

TEMPLATES = Path("web/templates")
NAME = '=HYPERLINK("http://x.example.cn")'
OWN_SHEET = {
    "accounts", "admin_list", "archive", "audit", "board", "cases", "coverage_one", "figures", "grants", "overdue",
    "process", "sample", "sheet", "supervise", "work",
}  # fmt: skip
"""Templates whose lists have a sheet of their own making, with more columns than the page."""
NO_LIST: Mapping[str, str] = MappingProxyType(
    {
        "admin_health": "readings of the moment: /metrics has them",
        "admin_parts": "a form of the rules",
        "audit_case": "the history of one case: its bundle and its dossier are taken along",
        "accounts_tokens": "the few tokens of a house that hold: banjie token list",
        "case": "one case: its papers and its dossier are taken along",
        "charts": "the figures of a chart: the figures have sheets",
        "co_handlers": "part of the page of one case",
        "front": "the beginnings of lists that have sheets on their own pages",
        "my_absence": "the few absences of one person",
        "my_sessions": "where one person is logged in",
        "my_tokens": "the few tokens of one person",
        "diagram": "the states of a diagram, in words",
        "draft_parts": "rows of a form that is being filled in",
        "figures_try": "what one trial comes to: banjie simulate --json has all of it",
        "ledger_witnesses": "the witnesses that are configured",
        "meeting_minutes": "minutes that are printed",
        "merge": "cases to choose from while merging",
        "mine_do": "what is about to be done",
        "mine_print": "a page for printing",
        "new_choose": "kinds of case to choose from",
        "overdue_act": "what is about to be done",
        "parts": "macros",
        "registers_preview": "rows that cannot come in: they are had as CSV and .xlsx there",
        "workflow": "the rules of one workflow: banjie check and the definition hold them",
    }
)
"""Templates with a table or a list of lines that nobody takes along, each with why."""


LIST = re.compile(r'<table|<ul class="(?:lines|notices)"|<ol class="found"')


def templates_with_a_list() -> set[str]:
    return {path.stem for path in TEMPLATES.glob("*.html") if LIST.search(path.read_text(encoding="utf-8"))}


def marking() -> dict[str, list[str]]:
    found = {path.stem: list(marked(path.read_text(encoding="utf-8"))) for path in TEMPLATES.glob("*.html")}
    return {name: names for name, names in found.items() if names}


def test_every_page_with_a_list_has_a_sheet_or_says_why_not() -> None:
    left = templates_with_a_list() - OWN_SHEET - NO_LIST.keys() - marking().keys()
    assert not left, "mark their lists with data-sheet, or say why not"
    assert not (OWN_SHEET | NO_LIST.keys()) & marking().keys()
    assert NO_LIST.keys() <= templates_with_a_list(), "gone"


def test_every_list_that_is_marked_is_offered_on_its_page() -> None:
    for name, lists in marking().items():
        text = (TEMPLATES / f"{name}.html").read_text(encoding="utf-8")
        assert lists == re.findall(r"with name = '([a-z_]+)' %}{% include 'as_sheet.html'", text), name


PAGES = {
    # the page, who looks at it, and its lists
    "/accounts/logins": ("guard", {"people"}),
    "/admin/people": ("keeper", {"people"}),
    "/admin/units": ("keeper", {"units"}),
    "/admin/sessions": ("keeper", {"sessions"}),
    "/admin/lists": ("keeper", {"lists"}),
    "/admin/definitions": ("keeper", {"definitions"}),
    "/register": ("shen", set[str]()),
    "/long-work": ("shen", set[str]()),
    "/supervise/ladders": ("shen", set[str]()),
    "/supervise/promises": ("shen", set[str]()),
    "/coverage": ("shen", {"coverage"}),
    "/me/cases": ("shi", {"own"}),
    "/notices": ("wen", {"notices"}),
    "/search?q=HYPERLINK": ("shen", {"found"}),
    "/ledger": ("checker", set[str]()),
    "/mine": ("wen", {"mine"}),
    "/supervise/transfers": ("shen", {"units"}),
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path / 'house.db'}") as house:
        house.fire("zhai", house.filed(form={"subject": NAME}), "assign", {"lead": "logistics"})
        writes: list[PlainWrite] = [
            AddUnit(Unit(root=ROOT, id=UnitId("odd"), parent=UnitId(ROOT), code="odd", title=Text(NAME, NAME)))
        ]
        for login, role in (
            ("guard", "security_administrator"),
            ("keeper", "system_administrator"),
            ("checker", "auditor"),
        ):
            writes.append(AddPerson(Person(root=ROOT, id=PersonId(login), name=NAME, login=login, unit=UnitId("odd"))))
            writes.append(AddGrant(GrantRow(root=ROOT, person=PersonId(login), role=role, unit=UnitId(ROOT))))
        house.desk.office.write(writes)
        tell_all(house.desk)
        house.clock.set(house.clock.now() + timedelta(days=60))
        yield house


def sheet_of(content: bytes) -> list[tuple[Any, ...]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref is not None
    assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row)
    return list(sheet.iter_rows(values_only=True))


@pytest.mark.parametrize("address", PAGES)
def test_the_lists_of_a_page_are_had_as_a_sheet_and_as_text(house: House, address: str) -> None:
    login, lists = PAGES[address]
    with browser(house) as client:
        own = house.browser(login)
        page = client.get(address, headers=own)
        assert page.status_code == 200, page.text[:300]
        shown = set(marked(page.text))
        assert lists <= shown
        for name in shown:
            asks = "&" if "?" in address else "?"
            assert f"{address}{asks}sheet={name}.xlsx".replace("&", "&amp;") in page.text
            sheet = client.get(f"{address}{asks}sheet={name}.xlsx", headers=own)
            assert sheet.headers["x-content-type-options"] == "nosniff"
            head, *rows = sheet_of(sheet.content)
            assert all(head)
            assert "操作" not in head
            text = client.get(f"{address}{asks}sheet={name}.csv", headers=own).content.decode("utf-8-sig")
            told = list(csv.reader(io.StringIO(text)))
            assert (tuple(told[0]), len(told) - 1) == (head, len(rows))
            assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in told for cell in row)
            facts = [fact for fact in facts_of(house, "exported") if fact["what"] == f"list {name}"]
            assert {(fact["rows"], fact["scope"]) for fact in facts} == {(len(rows), address.partition("?")[0])}


def read_from(*pages: str, name: str = "units") -> PageTable:
    table = PageTable(name)
    for page in pages:
        table.read(page)
    return table


HEAD = "<thead><tr><th>单位</th><th class='figure'>件数</th><th>到期</th><th>操作</th></tr></thead>"


def test_cells_are_what_they_say_and_buttons_are_left_out() -> None:
    table = read_from(
        f"""<table><thead><tr><th>别的</th></tr></thead><tr><td>1</td></tr></table>
        <table data-sheet="units" class="list">{HEAD}<tbody>
        <tr><th scope="row"><a href="/x">后勤<small>第 1 号</small></a></th><td class="figure">1,204</td>
          <td><span class="day">2026年3月2日（周一）</span> <span class="standing late">已超期</span></td>
          <td><button>办理</button></td></tr>
        <tr><td>=1+1</td><td class="figure">—</td><td>2026-03-02 周一</td><td></td></tr>
        <tr><td>12<details><summary>更多</summary>细</details></td><td class="figure">3.5 %</td><td>2026年3月</td></tr>
        </tbody></table>"""
    )
    assert table.titles == ["单位", "单位（附注）", "件数", "到期", "到期（附注）"]
    assert table.rows == [
        ["后勤", "第 1 号", 1204, date(2026, 3, 2), "已超期"],
        ["=1+1", None, None, date(2026, 3, 2), None],
        ["12", None, "3.5 %", "2026年3月", None],
    ]


def test_several_tables_of_one_name_and_several_pages_are_one_list() -> None:
    part = '<table data-sheet="units"><thead><tr><th>单位</th></tr></thead><tr><td>{}</td></tr></table>'
    first = part.format("甲") + part.format("乙") + '<a rel="next" href="/units?after=2">下一页</a>'
    table = read_from(first)
    assert table.next_page == "/units?after=2"
    table.read(part.format("丙"))
    assert table.next_page is None
    assert [row[0] for row in table.rows] == ["甲", "乙", "丙"]


def test_a_sheet_holds_all_pages_of_its_list_by_its_filter_and_no_more_than_its_asker_sees(house: House) -> None:
    house.desk.office.write(
        [
            AddPerson(Person(root=ROOT, id=PersonId(f"p{n}"), name=f"林远{n}", login=f"lin{n}", unit=UnitId("works")))
            for n in range(120)
        ]
    )
    with browser(house) as client:
        own = house.browser("keeper")
        page = client.get("/admin/people?text=lin", headers=own).text
        assert 'rel="next"' in page, "more than one page"
        assert "/admin/people?text=lin&amp;sheet=people.csv" in page
        head, *rows = csv.reader(
            io.StringIO(client.get("/admin/people?text=lin&sheet=people.csv", headers=own).content.decode("utf-8-sig"))
        )
        assert sorted(row[head.index("账号")] for row in rows) == sorted(f"lin{n}" for n in range(120))
        refused = client.get("/admin/people?sheet=people.csv", headers=house.browser("luo"))
        assert (refused.status_code, refused.headers["content-type"]) == (403, "text/html; charset=utf-8")
        stranger = client.get("/admin/people?sheet=people.csv", follow_redirects=False)
        assert stranger.headers["location"].startswith("/login?next=")
        for wrong in ("people.pdf", "nothing.csv", "people", "../x.csv"):
            answer = client.get(f"/admin/people?sheet={wrong}", headers=own)
            assert answer.headers["content-type"].startswith("text/html"), wrong


def test_no_more_rows_are_read_than_a_file_holds(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.page_sheets.EXPORT_ROWS_MAX", 3)
    with browser(house) as client:
        text = client.get("/admin/people?sheet=people.csv", headers=house.browser("keeper")).content.decode("utf-8-sig")
    assert len(list(csv.reader(io.StringIO(text)))) == 1 + 3


def test_what_looks_like_a_day_and_is_none_stays_what_it_is(house: House) -> None:
    row = "<tr><td>2026-02-30</td></tr><tr><td>2026年13月1日</td></tr><tr><td>0000-00-00</td></tr>"
    table = read_from(f'<table data-sheet="units"><thead><tr><th>事由</th></tr></thead>{row}</table>')
    assert table.rows == [["2026-02-30"], ["2026年13月1日"], ["0000-00-00"]]
    person = Person(root=ROOT, id=PersonId("odd"), name="2026-02-30", login="odd", unit=UnitId("works"))
    house.desk.office.write([AddPerson(person)])
    with browser(house) as client:
        answer = client.get("/admin/people?sheet=people.csv&text=odd", headers=house.browser("keeper"))
    assert answer.status_code == 200
    assert "2026-02-30" in answer.text


@pytest.mark.parametrize("address", ["/static/mark.svg", "/cases/export.xlsx", "/cases/export.csv", "/nowhere"])
def test_what_is_no_page_is_answered_as_ever_whatever_sheet_is_asked_of_it(house: House, address: str) -> None:
    with browser(house) as client:
        own = house.browser("shen")
        plain, asked = client.get(address, headers=own), client.get(f"{address}?sheet=people.csv", headers=own)
    assert asked.status_code == plain.status_code
    assert asked.headers["content-type"] == plain.headers["content-type"]
    assert bool(asked.content)


def test_who_asks_for_a_list_that_there_is_not_makes_no_page_be_read_after_the_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    house.desk.office.write(
        [
            AddPerson(Person(root=ROOT, id=PersonId(f"p{n}"), name=f"林远{n}", login=f"lin{n}", unit=UnitId("works")))
            for n in range(120)
        ]
    )
    monkeypatch.setattr("web.page_sheets.PAGES_WITHOUT_MAX", 2)
    read: list[str] = []
    told = PageTable.read

    def reading(table: PageTable, page: str) -> None:
        read.append(page)
        told(table, page)

    monkeypatch.setattr(PageTable, "read", reading)
    with browser(house) as client:
        own = house.browser("keeper")
        answer = client.get("/admin/people?sheet=nothing.csv", headers=own)
        assert (len(read), answer.text) == (2, read[0])
        client.get("/admin/people?sheet=people.csv", headers=own)
    assert len(read) > 2 + 2


def test_a_list_that_is_no_table_is_read_by_its_rows_and_cells() -> None:
    table = read_from(
        """<ul><li data-row="found"><p><a href="/x" data-cell="案由"><b>供餐</b>时间 <small>急</small></a>
        <span class="state" data-cell="状态">办理中</span></p><input name="a"><br>
        <p class="hint">旁边的话 <span data-cell="登记日期">2026年3月2日（周一）</span></p></li>
        <li data-row="other"><span data-cell="案由">别的</span></li>
        <li data-row="found"><a data-cell="案由">=1+1</a> <span data-cell="届次">六届三次</span></li></ul>""",
        name="found",
    )
    assert table.titles == ["案由", "案由（附注）", "状态", "登记日期", "届次"]
    assert table.rows == [
        ["供餐时间", "急", "办理中", date(2026, 3, 2), None],
        ["=1+1", None, None, None, "六届三次"],
    ]
