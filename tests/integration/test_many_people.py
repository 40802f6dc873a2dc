"""A house of more people than a list holds: names are typed on every form, and no page reads everybody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow, Person
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service import strangers
from engine.service.plain import AddGrant, AddPerson
from engine.storage.compiled import Record, Statement, Values
from tests.integration.test_confidential import Office, opened
from tests.support.house import ROOT, client_of
from web.forms import people
from web.pages import own

OWN = {"Sec-Fetch-Site": "same-origin"}
CROWD = 40
LIMIT = 5
FILING = {
    "unit": "works",
    "f.subject": "班组长克扣奖金",
    "f.content": "三月份奖金少发二百",
    "f.confidentiality": "internal",
    "f.channel": "letter",
}
ENTRY = {"on_behalf.kind": "visit", "on_behalf.basis": "接访登记第7号", "on_behalf.occurred_at": "2026-03-02"}


@dataclass(slots=True)
class Rows:
    """How many rows of people each question was answered with."""

    of_people: list[int] = field(default_factory=list)


@pytest.fixture
def office(any_database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setattr(people, "LISTED_MAX", LIMIT)
    monkeypatch.setattr(own, "COLLEAGUES_MAX", LIMIT)
    with opened(any_database) as made:
        there = [
            Person(root=ROOT, id=PersonId(f"m{n}"), name=f"职工{n:02}", unit=UnitId("works")) for n in range(CROWD)
        ]
        there += [
            Person(root=ROOT, id=PersonId("zw1"), name="张伟", login="zw1", unit=UnitId("logistics")),
            Person(root=ROOT, id=PersonId("zw2"), name="张伟", unit=UnitId("safety")),
        ]
        rows = [GrantRow(root=ROOT, person=PersonId("shen"), role="staff", unit=UnitId("works"))]
        made.house.desk.office.write([*map(AddPerson, there), *map(AddGrant, rows)])
        yield made


@pytest.fixture
def client(office: Office) -> Iterator[TestClient]:
    with client_of(office.house) as client:
        client.cookies.set("banjie", office.house.token("shen"))
        yield client


@pytest.fixture
def rows(office: Office, monkeypatch: pytest.MonkeyPatch) -> Rows:
    """Count from now on the rows that a question of the table of people brings."""
    counted, pool = Rows(), type(office.house.desk.reads._pool)  # type: ignore[attr-defined]  # of the database
    fetch = pool.fetch

    def counting(self: object, statement: Statement, **values: Values) -> list[Record]:
        found: list[Record] = fetch(self, statement, **values)
        if re.search(r"\bperson\.name\b", statement.sql):
            counted.of_people.append(len(found))
        return found

    monkeypatch.setattr(pool, "fetch", counting)
    return counted


def field_of(page: str, id_: str) -> str:
    """Return the whole field around a control."""
    found = re.search(rf'<div class="field[^>]*>(?:(?!<div class="field).)*?id="{id_}".*?</div>', page, re.DOTALL)
    assert found is not None, page
    return found[0]


def radios(page: str, id_: str) -> dict[str, str]:
    return dict(re.findall(r'type="radio" name="f\.\w+" value="(\w*)"( checked)?', field_of(page, id_)))


def bounded(rows: Rows) -> bool:
    """Say whether people were asked for, and each time no more than namesakes that can be told apart."""
    return bool(rows.of_people) and max(rows.of_people) <= people.FOUND_MAX + 1


def test_a_move_of_a_case_asks_for_one_person_by_name(client: TestClient, office: Office, rows: Rows) -> None:
    case = office.filed("shen")
    rows.of_people.clear()
    page = client.get(f"/cases/{case}")
    typing = field_of(page.text, "name_petitioner-petitioner_person")
    assert '<input id="name_petitioner-petitioner_person" name="p.petitioner_person" type="text" value=""' in typing
    assert "写姓名、登录名或编号；同名的请写明单位" in typing
    assert ("职工07" in page.text, "<select" in typing) == (False, False)
    assert bounded(rows)

    form = {"key": "k1", "p.petitioner_person": "张伟", "f.petitioner_name": "张伟本人"}
    asked = client.post(f"/cases/{case}/name_petitioner", data=form, headers=OWN)
    assert asked.status_code == 422
    assert radios(asked.text, "name_petitioner-petitioner_person") == {"zw1": "", "zw2": "", "": ""}
    again = field_of(asked.text, "name_petitioner-petitioner_person")
    for words in ('value="张伟"', "有 2 位“张伟”，请勾选或者写明单位", "张伟（后勤服务中心）", "张伟（安全环保部）"):
        assert words in again, words
    assert "张伟本人" in asked.text, "what else was typed is kept"

    unknown = client.post(
        f"/cases/{case}/name_petitioner", data={**form, "p.petitioner_person": "查无此人"}, headers=OWN
    )
    assert unknown.status_code == 422
    assert "没有叫“查无此人”的人员" in field_of(unknown.text, "name_petitioner-petitioner_person")
    assert 'href="#name_petitioner-petitioner_person"' in unknown.text

    looked = {**form, "p.petitioner_person": "职工07", "find": "petitioner_person"}
    found = client.post(f"/cases/{case}/name_petitioner", data=looked, headers=OWN)
    assert found.status_code == 200
    assert radios(found.text, "name_petitioner-petitioner_person") == {"m7": " checked", "": ""}
    assert "petitioner_person" not in office.fields("shen", case)

    chosen = client.post(f"/cases/{case}/name_petitioner", data={**form, "f.petitioner_person": "zw2"}, headers=OWN)
    assert chosen.status_code == 303
    assert office.fields("shen", case)["petitioner_person"] == "zw2"
    assert bounded(rows)


def test_a_name_that_is_clear_makes_the_move(client: TestClient, office: Office, rows: Rows) -> None:
    case = office.filed("shen")
    for key, text, who in (("k1", "职工07", "m7"), ("k2", "zw1", "zw1"), ("k3", "张伟（安全环保部）", "zw2")):
        form = {"key": key, "p.petitioner_person": text}
        assert client.post(f"/cases/{case}/name_petitioner", data=form, headers=OWN).status_code == 303
        assert office.fields("shen", case)["petitioner_person"] == who
    assert bounded(rows)


def test_nobody_who_is_recused_is_named_to_stand_in(client: TestClient, office: Office) -> None:
    case = office.filed("shen", accused_people=["zw1"])
    form = {"key": "k", "p.substitute_person": "zw1", "f.recusal_reason": "本人"}
    refused = client.post(f"/cases/{case}/recuse", data=form, headers=OWN)
    assert refused.status_code == 422
    assert "“zw1”应当回避本件，请另写他人" in field_of(refused.text, "recuse-substitute_person")


@pytest.mark.parametrize("entry", ["", "/on-behalf"])
def test_a_new_case_asks_for_people_by_name(client: TestClient, office: Office, rows: Rows, entry: str) -> None:
    address, form = f"/cases/new/grievance{entry}", {**FILING, **(ENTRY if entry else {})}
    id_ = "behalf-accused_people" if entry else "new-accused_people"
    assert "职工07" not in client.get(address).text

    typed = {**form, "key": "k1", "p.accused_people": "职工07\n张伟\n查无此人"}
    asked = client.post(address, data=typed, headers=OWN)
    assert asked.status_code == 422
    around = field_of(asked.text, id_)
    assert dict(re.findall(r'value="(\w+)"( checked)?>', around)) == {"m7": " checked", "zw1": "", "zw2": ""}
    for words in ("张伟\n查无此人</textarea>", "有 2 位“张伟”，请勾选或者写明单位", "没有叫“查无此人”的人员"):
        assert words in around, words
    assert "班组长克扣奖金" in asked.text

    ticked = {**form, "key": "k2", "p.accused_people": "张伟", "f.accused_people": ["m7", "zw2"]}
    done = client.post(address, data=ticked, headers=OWN)
    assert done.status_code == 303, re.findall(r'class="error"[^>]*>([^<]*)', done.text)
    case = CaseId(done.headers["location"].split("/")[2].partition("?")[0])
    assert office.house.desk.reads.cases(ROOT, [case])[0].data["accused_people"] == ["m7", "zw2"]
    assert bounded(rows)


def test_a_last_look_names_people_without_reading_everybody(client: TestClient, rows: Rows) -> None:
    look = client.post(
        "/cases/new/grievance/look", data={**FILING, "key": "k", "p.accused_people": "职工07"}, headers=OWN
    )
    assert (look.status_code, "职工07" in look.text, "职工08" in look.text) == (200, True, False)
    assert bounded(rows)


def test_a_draft_of_a_name_that_is_not_clear_is_taken_up_with_the_choice(client: TestClient, office: Office) -> None:
    case = office.filed("shen")
    page = client.get(f"/cases/{case}").text
    before = page.partition('id="name_petitioner-petitioner_person"')[0]
    stamp = re.findall(r'name="draft_of" value="([^"]+)"', before)[-1]
    kept = client.post("/drafts", data={"draft_of": stamp, "key": "k", "p.petitioner_person": "张伟"}, headers=OWN)
    assert kept.status_code in (200, 303), kept.text
    resumed = client.get(f"/cases/{case}?draft=open&move=name_petitioner").text
    assert radios(resumed, "name_petitioner-petitioner_person") == {"zw1": "", "zw2": "", "": ""}
    assert 'value="张伟"' in field_of(resumed, "name_petitioner-petitioner_person")


def test_the_page_of_absences_reads_some_of_ones_own_unit(client: TestClient, rows: Rows) -> None:
    page = client.get("/me/absence").text
    offered = re.findall(r'<option value="([^"]*)">', page.partition('id="colleagues"')[2].partition("</datalist>")[0])
    assert (len(offered), "张伟" in page) == (LIMIT, False)
    assert bounded(rows)
    away = {"until_on": "2026-03-09", "substitute": "张伟"}
    assert "有2人叫“张伟”，请填写登录名" in client.post("/me/absence", data=away, headers=OWN).text
    assert bounded(rows)


def test_a_move_on_several_cases_asks_for_one_person_by_name(client: TestClient, office: Office, rows: Rows) -> None:
    case = office.filed("shen")
    rows.of_people.clear()
    address = f"/board/act?measure=name_petitioner&case={case}"
    page = client.get(address).text
    assert ("职工07" in page, 'name="p.petitioner_person"' in page) == (False, True)
    form = {"key": "k", "measure": "name_petitioner", "case": case, f"version.{case}": "1"}

    unclear = client.post("/board/act", data={**form, "p.petitioner_person": "张伟"}, headers=OWN)
    assert unclear.status_code == 422
    id_ = "name_petitioner-petitioner_person"
    assert radios(unclear.text, id_) == {"zw1": "", "zw2": "", "": ""}
    assert "有 2 位“张伟”，请勾选或者写明单位" in field_of(unclear.text, id_)
    assert 'name="confirmed"' not in unclear.text

    ticked = {**form, "p.petitioner_person": "张伟", "f.petitioner_person": "zw2"}
    preview = client.post("/board/act", data=ticked, headers=OWN)
    assert (preview.status_code, radios(preview.text, id_)) == (200, {"zw2": " checked", "": ""})
    assert 'name="confirmed"' in preview.text
    version = re.search(rf'name="version.{case}" value="(\d+)"', preview.text)
    assert version is not None
    sure = {**form, f"version.{case}": version[1], "f.petitioner_person": "zw2", "confirmed": "1"}
    done = client.post("/board/act", data=sure, headers=OWN)
    assert done.status_code == 200
    assert office.fields("shen", case)["petitioner_person"] == "zw2"
    assert bounded(rows)


def test_whom_a_stranger_names_is_looked_up_by_name_and_those_of_the_unit_first(office: Office, rows: Rows) -> None:
    def called(words: str, *units: str) -> list[PersonId]:
        return strangers._called(office.house.desk, ROOT, words, list(units))

    assert called("张伟、职工07", "logistics") == ["zw1", "m7"]
    assert called("张伟") == ["zw1", "zw2"]
    assert called("zw1 m7", "works") == [], "a login name or an id is no name"
    assert called("张伟", "works") == ["zw1", "zw2"]
    assert bounded(rows)
