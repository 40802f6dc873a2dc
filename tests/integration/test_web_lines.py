"""Lines of rosters by what they are called: suggested, typed by name, unclear, and shown beside their keys."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import JsonValue
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.actors import IMPORT
from engine.case.commands import OpenCase, Stated
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.desk import Desk
from engine.service.execute import Done
from engine.service.plain import AddGrant, RemoveGrant
from tests.integration.test_web_registers import AT, OWN, text_of
from tests.integration.test_web_registers_rosters import cases
from tests.support.house import ROOT, House, client_of, open_house

UNITS = {"QY-1": "江岭轴承", "QY-2": "江岭轴承销售", "QY-3": "北坡铸造"}
VISIT = {
    "f.subject": "春季走访",
    "f.campaign_year": "2026",
    "f.team_level": "city",
    "f.selection": "drawn",
    "f.leaders": "赖春生",
    "f.contact": "沈若棠",
    "f.planned_on": "2026-03-20",
}


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, AT) as house:
        for code, name in UNITS.items():
            on_roster(house.desk, code, name)
        yield house


@pytest.fixture
def shen(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        yield client


def on_roster(desk: Desk, code: str, name: str, unit: str = "works") -> CaseId:
    form: dict[str, JsonValue] = {
        "name": name,
        "code": code,
        "kind": "enterprise",
        "above_scale": True,
        "staff_count": 9,
    }
    command = OpenCase(
        root=ROOT,
        actor=IMPORT,
        key=code,
        workflow="basic_unit",
        unit=UnitId(unit),
        form=form,
        stated=Stated(AT, "名册"),
    )
    (answer,) = desk.office.carry_out([command])
    assert isinstance(answer, Done), answer
    return answer.outcome.case


def opened(client: TestClient, named: str) -> tuple[int, str]:
    """Try to plan a visit to a unit that is named so; return the status and the page."""
    fields = {**VISIT, "f.unit_code": named, "key": f"visit {named}", "unit": "works", "sure": "yes"}
    answer = client.post("/cases/new/visit", data=fields, headers=OWN)
    return answer.status_code, answer.text


def test_lines_are_suggested_with_their_names(shen: TestClient) -> None:
    page = shen.get("/cases/new/visit").text
    assert 'list="new-unit_code-lines"' in page
    for code, name in UNITS.items():
        assert f'<option value="{code}">{name}</option>' in page


def test_a_name_that_was_typed_becomes_its_key_and_is_shown_beside_it(shen: TestClient, house: House) -> None:
    assert opened(shen, "江岭轴承")[0] == 303
    (visit,) = cases(house, "visit")
    assert visit.data["unit_code"] == "QY-1"
    assert "QY-1（江岭轴承）" in text_of(shen.get(f"/cases/{visit.id}").text)


@pytest.mark.parametrize("typed", ["QY-3", "北坡铸造", "北坡铸造（QY-3）"])
def test_a_line_is_named_by_key_by_name_or_by_both(shen: TestClient, house: House, typed: str) -> None:
    opened(shen, typed)
    assert [visit.data["unit_code"] for visit in cases(house, "visit")] == ["QY-3"]


def test_a_name_that_may_mean_several_lines_is_asked_about(shen: TestClient, house: House) -> None:
    status, page = opened(shen, "轴承")
    assert status == 422
    assert (
        "“轴承”不是名册中的编号，名称中含有它的有：江岭轴承（QY-1）、江岭轴承销售（QY-2）；请填编号或者完整名称"
        in text_of(page)
    )
    assert cases(house, "visit") == []


def test_nobody_is_told_of_lines_that_they_may_not_see(house: House) -> None:
    house.desk.office.write(
        [
            RemoveGrant(GrantRow(root=ROOT, person=PersonId("lai"), role="unit_head", unit=UnitId("logistics"))),
            AddGrant(GrantRow(root=ROOT, person=PersonId("lai"), role="union_office", unit=UnitId("logistics"))),
        ]
    )
    on_roster(house.desk, "QY-9", "后勤食堂", unit="logistics")
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("lai"))
        page = client.get("/cases/new/visit").text
        assert "后勤食堂" in page
        assert "江岭轴承" not in page
        answer = client.post(
            "/cases/new/visit",
            data={**VISIT, "f.unit_code": "轴承", "key": "lai", "unit": "logistics", "sure": "yes"},
            headers=OWN,
        )
        assert "江岭轴承" not in answer.text
        assert "名册中没有编号“轴承”" in text_of(answer.text)


def test_of_many_lines_none_is_suggested_and_a_name_is_looked_up(
    shen: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.forms.lines.SUGGESTED_MAX", 2)
    page = shen.get("/cases/new/visit").text
    assert "北坡铸造" not in page
    assert 'list="new-unit_code-lines"' in page
    opened(shen, "北坡铸造")
    assert [visit.data["unit_code"] for visit in cases(house, "visit")] == ["QY-3"]
