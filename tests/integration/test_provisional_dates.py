"""A date that rests on a year without a notice is marked 暂定 wherever it is shown, until the notice comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.case.identity import CaseId
from engine.service.plain import KeepNotice
from engine.service.running_calendar import notice_text
from engine.service.sweep import sweep
from tests.support.house import ROOT, House, client_of, open_house

# Assigned on Friday 20 November 2026: the unit acknowledges within 10 days, by Monday 30 November; the reply is due
# within 90 days, on Thursday 18 February 2027, a year whose notice is not out.
BEGIN = datetime(2026, 11, 20, 2, tzinfo=UTC)
REPLY, RECEIPT = "2027年2月18日（周四）", "2026年11月30日（周一）"
SUBJECT = "关于跨年期限的提案"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def zhai(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        yield client


@pytest.fixture
def case(house: House) -> CaseId:
    """A proposal that is assigned to logistics, months after it was filed."""
    case = house.filed(form={"subject": SUBJECT})
    house.clock.set(BEGIN)
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    return case


def marked(page: str, day: str) -> set[bool]:
    """Return whether the mark stands by a day, for each line of a list and each box of a clock that shows it."""
    blocks = re.split(r'<tr>|<div class="clock ', page.partition("<main")[2])
    return {">暂定</span>" in block for block in blocks[1:] if day in block}


def pages(case: CaseId, child: CaseId) -> dict[str, str]:
    return {
        "/cases?workflow=proposal": REPLY,
        "/cases?workflow=handling": RECEIPT,
        "/overdue?within=both&days=200": REPLY,
        "/overdue?within=30": RECEIPT,
        f"/cases/{case}": REPLY,
        f"/cases/{child}": RECEIPT,
    }


def the_child(client: TestClient, case: CaseId) -> CaseId:
    return CaseId(client.get(f"/api/cases/{case}").json()["children"][0]["id"])


def lines(client: TestClient, path: str) -> dict[str, Any]:
    return {one["id"]: one for one in client.get(path).json()["cases"]}


def test_every_page_marks_the_date_of_the_coming_year_and_no_other(zhai: TestClient, case: CaseId) -> None:
    for path, day in pages(case, the_child(zhai, case)).items():
        assert marked(zhai.get(path).text, day) == {day == REPLY}, path


def test_the_desk_marks_what_waits(house: House, case: CaseId) -> None:
    house.fire("wen", the_child_of(house, case), "acknowledge")
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("wen"))
        assert marked(client.get("/").text, REPLY) == {True}


def the_child_of(house: House, case: CaseId) -> CaseId:
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    return found.newest_children[0].case


def test_lists_of_the_api_say_so_too(zhai: TestClient, case: CaseId) -> None:
    child = the_child(zhai, case)
    listed = lines(zhai, "/api/cases?children=true")
    assert (listed[case]["next_due_provisional"], listed[child]["next_due_provisional"]) == (True, False)
    overdue = lines(zhai, "/api/overdue?within_days=200")
    assert (overdue[case]["provisional"], overdue[child]["provisional"]) == (True, False)


def test_the_mark_goes_when_the_notice_comes(house: House, zhai: TestClient, case: CaseId) -> None:
    notice = {
        "year": 2027,
        "title": {"zh": "2027年放假安排", "en": "Holidays of 2027"},
        "number": "测1号",
        "issued_on": "2026-11-20",
        "holidays": [{"name": {"zh": "元旦", "en": "New Year"}, "from": "2027-01-01"}],
        "make_up_days": [],
    }
    sweep(house.desk, ROOT)
    house.desk.office.write([KeepNotice(2027, notice_text(notice))])
    sweep(house.desk, ROOT)
    for path, day in pages(case, the_child(zhai, case)).items():
        assert marked(zhai.get(path).text, day) == {False}, path
    assert lines(zhai, "/api/cases")[case]["next_due_provisional"] is False
