"""Who holds which right on a case, and from where: as the office, an auditor, the complainant and others read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from api.access import access_json
from engine.access.directory import Deputation, GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import CaseNotFound
from engine.service.case_access import case_access
from engine.service.plain import AddDeputation, AddGrant
from tests.integration.test_confidential import NOON, Office, opened
from tests.support.accounts import STAFF, browser, log_in
from tests.support.house import ROOT


@pytest.fixture
def office(sqlite_database: str) -> Iterator[Office]:
    with opened(sqlite_database) as made:
        yield made


def access(office: Office, login: str, case: CaseId) -> dict[str, Any]:
    """Return what the API gives somebody."""
    desk = office.house.desk
    world = desk.world(ROOT)
    return access_json(case_access(desk, ROOT, case, office.actor(login), world, STAFF), world.surroundings)


def grant(office: Office, login: str, role: str, unit: str, **period: date) -> None:
    row = GrantRow(root=ROOT, person=PersonId(login), role=role, unit=UnitId(unit), **period)
    office.house.desk.office.write([AddGrant(row)])


def holders(found: dict[str, Any], role: str) -> list[tuple[str | None, str | None]]:
    """Return name and unit of the grant of everybody in a role."""
    (one,) = [each for each in found["roles"] if each["role"] == role]
    return [(each["name"], each["grant"] and each["grant"]["unit"]["id"]) for each in one["holders"]]


def test_each_role_is_told_with_its_people_and_where_their_grants_come_from(any_database: str) -> None:
    with opened(any_database) as office:
        grant(office, "jiao", "union_office", "logistics", from_on=date(2026, 1, 1), until_on=date(2026, 12, 31))
        grant(office, "wen", "union_office", "logistics", until_on=date(2026, 3, 1))  # over yesterday
        deputation = Deputation(
            root=ROOT, principal=PersonId("shen"), deputy=PersonId("lai"), until_on=date(2026, 3, 9)
        )
        office.house.desk.office.write([AddDeputation(deputation)])
        case = office.filed(confidentiality="confidential")
        found = access(office, "shen", case)
        assert found["audience"] == "staff"
        (union,) = [role for role in found["roles"] if role["role"] == "union_office"]
        assert [(one["name"], one["grant"]["inherited"]) for one in union["holders"]] == [
            ("沈若棠", False),
            ("赖春生", False),
        ]
        assert union["holders"][1]["acting_for"] == {
            "person": "shen", "name": "沈若棠", "from_on": None, "until_on": "2026-03-09"
        }  # fmt: skip
        assert union["reads"] == "confidential"
        assert "screen" in {move["transition"] for move in union["moves"]}
        assert holders(found, "petitioner") == [(None, None)]
        assert "luo" not in str(found)
        assert "罗小山" not in str(found)


def test_grants_above_the_unit_of_a_case_are_told_as_inherited(office: Office) -> None:
    case = office.filed(confidentiality="open")
    found = access(office, "shen", case)
    assert holders(found, "supervisor") == [("du", "works")]
    assert holders(found, "auditor") == []


def test_who_is_recused_stands_there_with_the_reason_and_learns_nothing(office: Office) -> None:
    case = office.filed(confidentiality="internal", accused_units=["safety"])
    assert office.move("shen", case, "recuse", accused_people=["du"], recusal_reason="本人即被反映人") is None
    found = access(office, "shen", case)
    assert [(one["person"], one["accused"], one["why"]) for one in found["recused"] if one["person"]] == [
        ("du", True, "本人即被反映人")
    ]
    assert [one["unit"]["id"] for one in found["recused"] if one["unit"]] == ["safety"]
    assert holders(found, "supervisor") == []
    with pytest.raises(CaseNotFound):
        access(office, "du", case)
    # Not even as an auditor of the unit complained about, or of the whole house.
    grant(office, "jiao", "audit_administrator", "safety")
    grant(office, "du", "audit_administrator", "works")
    for login in ("jiao", "du"):
        with pytest.raises(CaseNotFound):
            access(office, login, case)


def test_the_complainant_reads_who_looked_and_who_asked_for_the_name_and_nothing_else(office: Office) -> None:
    case = office.filed(confidentiality="confidential")
    office.fields("du", case)
    office.house.clock.set(NOON + timedelta(minutes=3))
    office.fields("du", case)
    assert office.move("shen", case, "ask_identity", identity_reason="核对考勤") is None
    assert office.move("du", case, "grant_identity", identity_decision="同意") is None
    found = access(office, "luo", case)
    assert (found["audience"], found["roles"], found["recused"]) == ("opener", [], [])
    assert [(one["name"], one["times"], one["first_at"][:16], one["last_at"][:16]) for one in found["looks"]] == [
        ("du", 2, "2026-03-02T04:30", "2026-03-02T04:33")
    ]
    assert [one["transition"] for one in found["identity"]] == ["ask_identity", "grant_identity"]


def test_an_auditor_who_does_not_see_the_case_reads_the_rights_and_nothing_of_the_matter(office: Office) -> None:
    case = office.filed(confidentiality="confidential")
    grant(office, "wen", "audit_administrator", "works")
    grant(office, "lai", "audit_administrator", "logistics")
    found = access(office, "wen", case)
    assert found["audience"] == "auditors"
    assert holders(found, "union_office") == [("沈若棠", "works")]
    assert holders(found, "petitioner") == [(None, None)]
    assert "克扣" not in str(found)
    with pytest.raises(CaseNotFound):
        access(office, "lai", case)  # audits a unit below
    with pytest.raises(CaseNotFound):
        access(office, "zhai", case)


def test_the_units_that_handle_parts_are_told_with_the_brief_and_pages_show_it_all(office: Office) -> None:
    case = office.filed(confidentiality="internal", grievance_type="claim")
    assert office.move("shen", case, "screen", brief="请核实") is None
    assert office.move("shen", case, "accept", legal_route_checked=True) is None
    assert office.move("shen", case, "dispatch", lead="safety") is None
    found = access(office, "shen", case)
    (head,) = [role for role in found["roles"] if role["unit"] and role["holders"]]
    assert (head["reads"], [one["name"] for one in head["holders"]]) == ("brief", ["焦石安"])
    assert office.move("shen", case, "recuse", accused_people=["feng"], recusal_reason="本人即被反映人") is None
    assert [one["person"] for one in access(office, "shen", case)["recused"]] == ["feng"]
    # Who handles a part reads of recusals what the case itself lets them read, and no more.
    assert [one["person"] for one in access(office, "jiao", case)["recused"]] == office.fields("jiao", case)[
        "accused_people"
    ]
    with browser(office.house) as visitor:
        assert log_in(visitor, "shen").status_code == 303
        page = visitor.get(f"/cases/{case}/access")
        assert page.status_code == 200
        assert "焦石安" in page.text
        assert "交办摘要" in page.text
        assert f"/cases/{case}/access" in visitor.get(f"/cases/{case}").text
    with browser(office.house) as visitor:
        assert log_in(visitor, "luo").status_code == 303
        assert "谁看过本件" in visitor.get(f"/cases/{case}").text
        assert visitor.get(f"/cases/{case}/access").status_code == 200
        assert visitor.get("/cases/none/access").status_code == 404
