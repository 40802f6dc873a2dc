"""A form of figures goes down a tree and comes back: filled in on pages, added up, read by who may see it."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from starlette.testclient import TestClient

from engine.access.directory import GrantRow, Person, Unit
from engine.access.passwords import secret_hash
from engine.case.identity import CaseId, PersonId, UnitId
from engine.ledger.canonical import canonical
from engine.ledger.replay import replay
from engine.service.account_writes import OpenLogin
from engine.service.plain import AddGrant, AddPerson, AddUnit
from engine.text import Text
from tests.support.house import ROOT, House, client_of, facts_of, open_house
from tests.support.keys import verified

ITEMS: list[JsonValue] = [
    {"code": "A", "title": "职工人数", "least": 0, "adds_up": True},
    {"code": "B", "title": "会员人数", "at_most": "A", "adds_up": True},
    {"code": "C", "title": "平均年龄", "adds_up": False},
]
FORM: dict[str, JsonValue] = {"subject": "半年报", "period": "2026年上半年", "due_on": "2026-07-20", "items": ITEMS}
OWN = {"Sec-Fetch-Site": "same-origin"}
CANTEEN = "canteen"
"""A unit below logistics, with a head and a handler of its own."""
COOKS = {"gui": "unit_head", "ban": "handler"}


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, at=datetime(2026, 7, 6, 2, tzinfo=UTC)) as house:
        unit = Unit(
            root=ROOT, id=UnitId(CANTEEN), parent=UnitId("logistics"), code="C1", title=Text("职工食堂", "Canteen")
        )
        house.desk.office.write([AddUnit(unit)])
        for login, role in COOKS.items():
            person = PersonId(login)
            house.desk.office.write(
                [
                    AddPerson(Person(root=ROOT, id=person, name=login, login=login, unit=UnitId(CANTEEN))),
                    AddGrant(GrantRow(root=ROOT, person=person, role=role, unit=UnitId(CANTEEN))),
                    OpenLogin(
                        token_hash=secret_hash(house.token(login)),
                        root=ROOT,
                        person=person,
                        kind="token",
                        title="test",
                        at=house.clock.now(),
                        expires_at=house.clock.now() + timedelta(days=30),
                    ),
                ]
            )
        yield house


def sent(house: House) -> tuple[CaseId, CaseId, CaseId]:
    """Return the form, the return of logistics, and that of the canteen below it."""
    form = house.begin("shen", "report_form", FORM)
    house.fire("shen", form, "send", {"units": ["logistics", "safety"]})
    logistics = child(house, form, "logistics")
    house.fire("wen", logistics, "forward", {"units": [CANTEEN]})
    return form, logistics, child(house, logistics, CANTEEN)


def child(house: House, case: CaseId, unit: str) -> CaseId:
    (found,) = house.desk.reads.cases(ROOT, [case])
    return next(one.case for one in found.children if one.unit == unit)


def reported(house: House, case: CaseId, people: tuple[str, str], figures: dict[str, int]) -> None:
    """Let one person fill in and another one report."""
    rows: JsonValue = [{"code": code, "amount": amount} for code, amount in figures.items()]
    house.fire(people[0], case, "fill_in", {"figures": rows})
    house.fire(people[1], case, "report")


def visiting(client: TestClient, house: House, login: str) -> TestClient:
    client.cookies.set("banjie", house.token(login))
    return client


def cells(text: str, title: str) -> list[str]:
    """Return what stands in the row of this title."""
    found = next(
        part for part in text.split("<tr") if re.search(rf'<th scope="row"[^>]*>(<a[^>]*>|<span>){title}<', part)
    )
    said = re.findall(r"<td[^>]*>(.*?)</td>", found, re.DOTALL)
    return [re.sub(r"<[^>]+>", "", cell).strip() for cell in said]


def test_the_page_adds_up_both_levels_and_tells_who_is_missing(house: House) -> None:
    form, logistics, canteen = sent(house)
    reported(house, canteen, ("ban", "gui"), {"A": 12, "B": 12, "C": 45})
    reported(house, logistics, ("wen", "lai"), {"A": 30, "B": 28, "C": 38})
    with client_of(house) as client:
        text = visiting(client, house, "shen").get(f"/cases/{form}/sheets/figures").text
        assert "应报 2 个，已报 1 个，未报 1 个，免报 0 个" in text
        assert "还没有汇总过" in text
        assert cells(text, "A 职工人数") == ["0", "42", "42"]
        assert cells(text, "C 平均年龄") == ["—", "不汇总", ""]
        assert cells(text, "后勤服务中心") == ["已报送", "42", "40"]
        assert cells(text, "安全环保部") == ["填报中", "—", "—"]
        below = client.get(f"/cases/{logistics}/sheets/figures").text
        assert cells(below, "A 职工人数") == ["30", "12", "42"]
        assert cells(below, "C 平均年龄") == ["38", "不汇总", ""]
        assert cells(below, "职工食堂") == ["已锁定", "12", "12"]


def test_a_late_return_shows_beside_the_totals_that_were_kept(house: House) -> None:
    form, logistics, canteen = sent(house)
    rows: JsonValue = [{"code": code, "amount": 5} for code in "ABC"]
    house.fire("wen", logistics, "fill_in", {"figures": rows})
    house.fire("lai", logistics, "report_incomplete", {"missing_reason": "食堂停业"})
    house.fire("shen", form, "summarise_incomplete", {"missing_reason": "安全环保部未报"})
    reported(house, canteen, ("ban", "gui"), {"A": 7, "B": 1, "C": 45})
    with client_of(house) as client:
        text = visiting(client, house, "wen").get(f"/cases/{logistics}/sheets/figures").text
        assert "汇总以后下级有变动" in text
        assert cells(text, "A 职工人数") == ["5", "0", "5", "12"]
        told = client.get(f"/api/cases/{logistics}/sheets/figures", headers=house.bearer("wen")).json()
        assert told["outdated"] is True
        assert told["kept"][0] == {"code": "A", "own": 5, "below": 0, "total": 5}
        assert told["now"][0] == {"code": "A", "own": 5, "below": 7, "total": 12}
    (kept,) = house.desk.reads.cases(ROOT, [logistics])
    assert kept.data["outdated"] is True


def test_a_unit_sees_the_form_but_not_what_its_neighbours_filled_in(house: House) -> None:
    form, logistics, canteen = sent(house)
    reported(house, canteen, ("ban", "gui"), {"A": 12, "B": 12, "C": 45})
    reported(house, logistics, ("wen", "lai"), {"A": 30, "B": 28, "C": 38})
    with client_of(house) as client:
        text = visiting(client, house, "jiao").get(f"/cases/{form}/sheets/figures").text
        assert "另有 1 个单位您无权查看" in text
        assert "后勤服务中心" not in text
        assert cells(text, "A 职工人数") == ["—", "—", "—"]
        assert client.get(f"/cases/{logistics}/sheets/figures").status_code == 404
        told = client.get(f"/api/cases/{form}/sheets/figures?whole=true", headers=house.bearer("jiao")).json()
        assert told["now"] is None
        assert [line["unit"] for line in told["lines"]] == ["safety"]


def test_the_file_has_every_level_one_unit_a_row_and_that_it_was_taken_is_recorded(house: House) -> None:
    form, logistics, canteen = sent(house)
    reported(house, canteen, ("ban", "gui"), {"A": 12, "B": 12, "C": 45})
    reported(house, logistics, ("wen", "lai"), {"A": 30, "B": 28, "C": 38})
    with client_of(house) as client:
        answer = visiting(client, house, "shen").get(f"/cases/{form}/sheets/figures/export.csv")
        rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
        assert rows == [
            [
                "级次", "单位", "报送情况",
                "A 职工人数（本级）", "A 职工人数（合计）", "B 会员人数（本级）", "B 会员人数（合计）",
                "C 平均年龄（本级）",
            ],
            ["1", "后勤服务中心", "已报送", "30", "42", "28", "40", "38"],
            ["2", "职工食堂", "已锁定", "12", "12", "12", "12", "45"],
            ["1", "安全环保部", "填报中", "", "", "", "", ""],
        ]  # fmt: skip
        assert facts_of(house, "exported")[-1] == {"what": "sheet", "rows": 3, "scope": form, "by": "shen"}
        assert "没有这种导出格式" in client.get(f"/cases/{form}/sheets/figures/export.pdf").text


def test_the_form_of_a_return_shows_each_item_and_keeps_what_was_typed(house: House) -> None:
    _form, logistics, _canteen = sent(house)
    with client_of(house) as client:
        visiting(client, house, "wen")
        text = client.get(f"/cases/{logistics}").text
        start = text.index('name="f.figures.0.code"')
        row = text[start : start + 400]
        assert 'value="A"' in row
        assert "A 职工人数" in row
        assert "不小于 0" in row
        assert text.count('name="f.figures.') == 9  # three items, each with code, figure and remark
        assert "每一项都要填，没有的填 0。" in text
        (form,) = re.findall(rf'<form[^>]*action="/cases/{logistics}/fill_in[^>]*>.*?</form>', text, re.DOTALL)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        typed = {"f.figures.0.amount": "5", "f.figures.1.amount": "6", "f.figures.2.amount": "40"}
        answer = client.post(f"/cases/{logistics}/fill_in", data={**hidden, **typed}, headers=OWN)
        assert answer.status_code == 422
        assert "第 2 行：“会员人数”不得大于“职工人数”（5）" in answer.text
        assert re.search(r'name="f\.figures\.2\.amount"[^>]*value="40"', answer.text)
        answer = client.post(
            f"/cases/{logistics}/fill_in",
            data={**hidden, **typed, "f.figures.1.amount": "4"},
            headers=OWN,
        )
        assert answer.status_code == 303
    (found,) = house.desk.reads.cases(ROOT, [logistics])
    assert found.state == "checking"


def test_a_case_without_such_a_sheet_says_so(house: House) -> None:
    form = house.begin("shen", "report_form", FORM)
    with client_of(house) as client:
        assert "这件没有这张统计表" in visiting(client, house, "shen").get(f"/cases/{form}/sheets/nothing").text
        assert "没有下发给下级单位。" in client.get(f"/cases/{form}/sheets/figures").text


def test_who_sends_to_a_unit_that_has_it_or_is_not_there_is_told(house: House) -> None:
    form, _logistics, _canteen = sent(house)
    with client_of(house) as client:
        headers = {**house.bearer("shen"), "Idempotency-Key": "again"}
        body = {"transition": "send_more", "form": {"units": ["safety"]}}
        again = client.post(f"/api/cases/{form}/transitions", json=body, headers=headers)
        assert "已经下发单位“safety”" in again.text


def test_a_whole_round_is_found_right_by_verification(house: House) -> None:
    form, logistics, canteen = sent(house)
    reported(house, canteen, ("ban", "gui"), {"A": 12, "B": 12, "C": 45})
    reported(house, logistics, ("wen", "lai"), {"A": 30, "B": 28, "C": 38})
    house.fire("shen", logistics, "return_it", {"return_reason": "请核实"})
    house.fire("shen", form, "summarise_incomplete", {"missing_reason": "后勤退回重报"})
    house.fire("shen", form, "lock")
    assert list(verified(house)) == []


def test_an_entry_by_the_unit_itself_for_those_above_it_is_found(house: House) -> None:
    _form, logistics, canteen = sent(house)
    reported(house, canteen, ("ban", "gui"), {"A": 12, "B": 12, "C": 45})
    reported(house, logistics, ("wen", "lai"), {"A": 30, "B": 28, "C": 38})
    house.fire("shen", logistics, "return_it", {"return_reason": "请核实"})
    bodies = [json.loads(entry.body) for entry in house.desk.reads.entries(ROOT, logistics)]
    assert moves_not_permitted(house, bodies) == []
    returned = next(body for body in bodies if body.get("transition") == "return_it")
    assert returned["unit"] == "works"
    returned["unit"] = "logistics"
    assert moves_not_permitted(house, bodies) == [bodies.index(returned) + 1]
    del returned["unit"]
    assert moves_not_permitted(house, bodies) == [bodies.index(returned) + 1]


def moves_not_permitted(house: House, bodies: list[dict[str, Any]]) -> list[int]:
    """Return the entries of a case that its definition did not let be made."""
    rules = house.desk.world(ROOT).rules
    entries = [(seq, canonical(body)) for seq, body in enumerate(bodies, start=1)]
    found = replay(entries, {}, lambda pins: rules.pinned(pins.definition, pins.lists), root=ROOT)
    return sorted({finding.seq for finding in found.findings if finding.rule == "C3" and "不能办理" in finding.text.zh})


def test_a_return_says_in_which_role_it_was_sent_and_no_unit_helps_another(house: House) -> None:
    form, logistics, _canteen = sent(house)
    with client_of(house) as client:
        below = visiting(client, house, "shen").get(f"/cases/{logistics}").text
        assert "沈若棠（制表工会）" in below
        assert "organiser" not in below
        assert "承办方式" not in below
        above = client.get(f"/cases/{form}").text
        assert "协办" not in above
        assert re.findall(r'data-label="承办角色">([^<]+)<', above) == ["承办", "承办"]
