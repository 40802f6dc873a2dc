"""One person erased from all cases, veiled ones too; what stays is told with why; and everything kept can be had."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from engine.access.directory import GrantRow
from engine.case.actors import Actor
from engine.case.commands import ErasureBasis, FireTransition, OpenCase
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import BanjieError
from engine.service.execute import Done
from engine.service.person_erasure import CaseErased, cases_of, erase_person
from engine.service.plain import AddGrant
from engine.service.subject import about_person
from tests.support.command_line import command_line
from tests.support.house import ROOT, House, open_house
from tests.support.keys import verified

NOON = datetime(2026, 3, 2, 4, 30, tzinfo=UTC)
PHONE = "13988770066"
NAME = "CANARY-罗小山"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, NOON) as made:
        for login, role in (("luo", "staff"), ("lai", "supervisor")):
            grant = GrantRow(root=ROOT, person=PersonId(login), role=role, unit=UnitId("works"))
            made.desk.office.write([AddGrant(grant)])
        yield made


def actor(house: House, login: str) -> Actor:
    return house.desk.queries.actor(ROOT, PersonId(login), house.clock.now())


def filed(house: House, login: str, level: str) -> CaseId:
    form = {
        "subject": "班组长克扣奖金",
        "content": "三月份奖金少发二百。",
        "petitioner_name": NAME,
        "petitioner_phone": PHONE,
        "confidentiality": level,
    }
    command = OpenCase(
        root=ROOT,
        actor=actor(house, login),
        key=f"file {login} {level}",
        workflow="grievance",
        unit=UnitId("works"),
        form={**form, "channel": "website"},
    )
    (answer,) = house.desk.office.carry_out([command])
    assert isinstance(answer, Done), answer
    return answer.outcome.case


def withdrawn(house: House, login: str, case: CaseId) -> None:
    command = FireTransition(root=ROOT, actor=actor(house, login), key=f"end {case}", case=case, transition="withdraw")
    (answer,) = house.desk.office.carry_out([command])
    assert not isinstance(answer, BanjieError), answer


def erased(house: House, login: str) -> dict[CaseId, CaseErased]:
    told = erase_person(
        house.desk,
        ROOT,
        PersonId(login),
        actor(house, "shen"),
        actor(house, "lai"),
        ErasureBasis.CONSENT,
        finish=lambda: None,
    )
    return {one.case: one for one in told}


def test_who_somebody_is_goes_from_every_case_and_what_must_stay_is_told(house: House) -> None:
    ended, running = filed(house, "luo", "internal"), filed(house, "luo", "confidential")
    other = filed(house, "shi", "internal")
    withdrawn(house, "luo", ended)
    assert {one.case for one in cases_of(house.desk, ROOT, PersonId("luo"))} == {ended, running}

    told = erased(house, "luo")
    assert set(told) == {ended, running}
    assert {"people/P1", "fields/petitioner_name", "fields/petitioner_phone"} <= set(told[ended].erased)
    assert told[ended].kept == ()
    assert set(told[running].erased) == {
        "fields/petitioner_name",
        "fields/petitioner_phone",
        "fields/petitioner_person",
    }, "the veiled case is found, and the account that it was filed by goes"
    ((path, why),) = told[running].kept
    assert (path, "办结前" in why.zh) == ("people/P1", True)
    for one in told.values():
        assert one.seq == house.desk.reads.entries(ROOT, one.case)[-1].seq
        assert one.hash == house.desk.reads.entries(ROOT, one.case)[-1].hash.hex()
    assert any(row.path == "fields/content" for row in house.desk.reads.privates(ROOT, ended)), "what was said stays"
    assert any(row.path == "fields/petitioner_name" for row in house.desk.reads.privates(ROOT, other))
    assert {str(finding.rule) for finding in verified(house)} <= {"V3"}, "the keys go next"

    withdrawn(house, "luo", running)
    again = erased(house, "luo")
    assert set(again) == {running}, "run again it goes on where something was left"
    assert again[running].erased == ("people/P1",)
    assert erased(house, "luo") == {}
    assert list(cases_of(house.desk, ROOT, PersonId("luo"))) == []


def test_a_hold_and_missing_rights_are_told_as_reasons(house: House) -> None:
    case = filed(house, "luo", "internal")
    withdrawn(house, "luo", case)
    command = FireTransition(
        root=ROOT,
        actor=actor(house, "lai"),
        key="hold",
        case=case,
        transition="place_hold",
        form={"hold_reason": "仲裁。"},
    )
    (answer,) = house.desk.office.carry_out([command])
    assert isinstance(answer, Done), answer
    told = erased(house, "luo")[case]
    assert (told.erased, told.seq) == ((), None)
    assert {"保全" in why.zh for _path, why in told.kept} == {True}


def test_the_export_holds_every_case_and_where_one_is_told(house: House) -> None:
    cases = {filed(house, "luo", "internal"), filed(house, "luo", "confidential")}
    about: Any = about_person(house.desk, ROOT, PersonId("luo"))
    assert {one["case"] for one in about["cases"]} == cases
    assert [one["fields"]["petitioner_name"]["value"] for one in about["cases"]] == [NAME, NAME]
    assert [one["kind"] for one in about["logins"]] == ["token"]
    assert about["notices"] == []


def test_the_command_tells_a_summary(any_database: str) -> None:
    with open_house(any_database, NOON) as made:
        grants = (("luo", "staff"), ("lai", "supervisor"))
        made.desk.office.write(
            [
                AddGrant(GrantRow(root=ROOT, person=PersonId(one), role=role, unit=UnitId("works")))
                for one, role in grants
            ]
        )
        case = filed(made, "luo", "internal")
        withdrawn(made, "luo", case)
    banjie = command_line(any_database)
    wrong = banjie.run("erase", "--by", "shen", "--approver", "lai")
    assert wrong.code == 2
    (told,) = banjie.run("erase", "--person", "luo", "--by", "shen", "--approver", "lai", "--json").json
    assert (told["case"], "people/P1" in told["erased"], told["kept"]) == (case, True, [])
    assert "涉及 0 件" in banjie.must("erase", "--person", "luo", "--by", "shen", "--approver", "lai")
    assert "未发现问题" in banjie.must("verify")
