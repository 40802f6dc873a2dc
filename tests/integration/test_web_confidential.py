"""Filing confidentially with a login: what is said first, the veil, one's own cases, notices, and persons by name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow, Person
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.notice_ports import Preference
from engine.service.notice_writes import SetPreference
from engine.service.plain import AddGrant, AddPerson
from runtime.jobs.handlers import release_all, tell_all
from tests.integration.test_confidential import Office, opened
from tests.support.house import ROOT, client_of
from tests.support.storage import table

OWN = {"Sec-Fetch-Site": "same-origin"}
FILING = {
    "unit": "works",
    "key": "k-filing",
    "f.subject": "班组长克扣奖金",
    "f.content": "三月份奖金少发二百",
    "f.confidentiality": "confidential",
    "f.petitioner_name": "罗小山",
}


@pytest.fixture
def office(sqlite_database: str) -> Iterator[Office]:
    with opened(sqlite_database) as made:
        yield made


@pytest.fixture
def client(office: Office) -> Iterator[TestClient]:
    with client_of(office.house) as client:
        yield client


def log_in(client: TestClient, office: Office, login: str) -> None:
    client.cookies.set("banjie", office.house.token(login))


def filed(client: TestClient, office: Office, **more: str) -> CaseId:
    log_in(client, office, "luo")
    answer = client.post("/cases/new/grievance", data={**FILING, **more}, headers=OWN)
    assert answer.status_code == 303, re.findall(r'class="error"[^>]*>([^<]*)', answer.text)
    return CaseId(answer.headers["location"].partition("?")[0].rpartition("/")[2])


def words(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_the_form_says_first_who_will_see_what_and_offers_nobody_known_to_be_anonymous(
    client: TestClient, office: Office
) -> None:
    log_in(client, office, "luo")
    page = client.get("/cases/new/grievance").text
    before, _form, form = page.partition('action="/cases/new/grievance"')
    assert all(said in before for said in ("公开、内部", "一人申请、另一人批准", "工会办公室读得到", "/anonymous"))
    level = form.partition('name="f.confidentiality"')[2].partition("</select>")[0]
    assert re.findall(r'<option value="(\w+)"', level) == ["open", "internal", "confidential"]
    assert "f.channel" not in form
    assert "f.received_on" not in form


def test_the_office_is_asked_what_only_it_knows(client: TestClient, office: Office) -> None:
    log_in(client, office, "shen")
    form = client.get("/cases/new/grievance").text
    assert "f.channel" in form
    assert "f.received_on" in form


def test_who_filed_reads_on_their_own_page_who_looked_and_who_asked(client: TestClient, office: Office) -> None:
    case = filed(client, office)
    office.fields("shen", case)
    office.fields("du", case)
    assert office.move("shen", case, "ask_identity", identity_reason="须核对考勤") is None
    assert office.move("du", case, "refuse_identity", identity_decision="与办理无关") is None
    own = words(client.get("/me/cases").text)
    assert FILING["f.subject"] in own
    assert "沈若棠 1 次" in own
    assert "du 1 次" in own
    assert own.index("须核对考勤") < own.index("与办理无关")
    assert f"/cases/{case}/access" in client.get("/me/cases").text
    log_in(client, office, "shen")
    assert FILING["f.subject"] not in client.get("/me/cases").text


def test_pages_call_whom_nobody_may_know_by_the_role_and_never_by_a_code(client: TestClient, office: Office) -> None:
    case = filed(client, office)
    veil = office.actor("luo").veil
    assert veil is not None
    assert office.move("luo", case, "write_message", message="还有一张排班表") is None
    log_in(client, office, "shen")
    page, api = client.get(f"/cases/{case}").text, client.get(f"/api/cases/{case}").text
    assert "反映人（保密）" in page
    assert "职工（保密）" not in page
    assert not re.search(r"\bP[0-9]+\b", words(page))
    told = client.get(f"/api/cases/{case}/notices").text
    assert all(veil not in text for text in (page, api, told))
    log_in(client, office, "luo")
    own = client.get(f"/cases/{case}").text
    assert "罗小山（反映人）" in own
    assert veil not in own


def test_notices_reach_the_inbox_behind_the_veil_and_no_channel(
    client: TestClient, office: Office, sqlite_database: str
) -> None:
    reach = Preference(root=ROOT, person=PersonId("luo"), channel="mail", address="luo@works.example")
    office.house.desk.office.write([SetPreference(reach)])
    case = filed(client, office)
    assert office.move("shen", case, "answer_message", message_answer="请补充班次") is None
    tell_all(office.house.desk)
    log_in(client, office, "luo")
    assert "留言已答复" in client.get("/notices").text
    before = client.get("/api/notices").json()
    assert before["unread"] == 2
    assert table(sqlite_database, "SELECT person FROM delivery") == []
    people = {row[0] for row in table(sqlite_database, "SELECT person FROM notice")}
    assert "luo" not in people
    assert office.actor("luo").veil in people

    office.house.clock.set(datetime(2026, 3, 2, 9, 41, 7, tzinfo=UTC))
    first, second = (line["id"] for line in before["notices"])
    signed = client.post("/notices/acknowledge", data={"notice": first}, headers=OWN)
    assert signed.status_code == 303
    client.post("/api/notices/read", json={"notices": [second]}, headers={**OWN, "Idempotency-Key": "r"})
    assert client.get("/api/notices").json()["unread"] == 0
    marks = {row[0] for row in table(sqlite_database, "SELECT read_at FROM notice WHERE read_at IS NOT NULL")}
    assert marks == {microseconds(datetime(2026, 3, 2, 8, tzinfo=UTC))}
    assert client.post("/notices/acknowledge", data={"notice": "none"}, headers=OWN).status_code == 404
    log_in(client, office, "zhai")
    assert client.post("/notices/acknowledge", data={"notice": first}, headers=OWN).status_code == 404


def test_nobody_anonymous_has_an_inbox(client: TestClient, office: Office, sqlite_database: str) -> None:
    body = {"workflow": "grievance", "form": {"subject": "x"}}
    client.post("/api/anonymous", json=body, headers={"Idempotency-Key": "k"})
    office.house.clock.set(office.house.clock.now() + timedelta(hours=4))
    assert release_all(office.house.desk).done == 1
    tell_all(office.house.desk)
    assert {row[0] for row in table(sqlite_database, "SELECT role FROM notice")} == {"union_office"}


def test_after_the_level_was_lowered_nobody_is_called_by_the_veil(client: TestClient, office: Office) -> None:
    case = filed(client, office)
    moves = office.house.desk.queries.case(ROOT, case, office.actor("shen"), office.house.desk.world(ROOT)).offered
    lowering = next((move for move in moves if "level" in move or "confidentiality" in move), None)
    if lowering is None:
        pytest.skip("the definition has no move that lowers the level")
    form = {"confidentiality": "internal", "confidentiality_reason": "反映人同意"}
    assert office.move("shen", case, lowering, **form) is None
    tell_all(office.house.desk)
    log_in(client, office, "shen")
    veil = str(office.actor("luo").veil)
    for path in (f"/cases/{case}", f"/api/cases/{case}", f"/api/cases/{case}/notices"):
        assert veil not in client.get(path).text


# ------------------------------------------------------------------------------------------------- persons by name


@pytest.fixture
def namesakes(office: Office) -> None:
    for login, unit in (("zw1", "logistics"), ("zw2", "safety")):
        person = Person(root=ROOT, id=PersonId(login), name="张伟", login=login, unit=UnitId(unit))
        office.house.desk.office.write([AddPerson(person)])
        grant = GrantRow(root=ROOT, person=PersonId(login), role="supervisor", unit=UnitId("works"))
        office.house.desk.office.write([AddGrant(grant)])


@pytest.mark.usefixtures("namesakes")
def test_persons_are_named_one_to_a_line_and_namesakes_by_their_unit(client: TestClient, office: Office) -> None:
    case = filed(client, office, **{"p.accused_people": "赖春生\n张伟（后勤服务中心）\n张伟 (logistics)"})
    assert office.fields("shen", case)["accused_people"] == ["lai", "zw1"]
    assert [office.sees(login, case) for login in ("zw1", "zw2")] == [False, True]
    log_in(client, office, "shen")
    assert "赖春生、张伟" in words(client.get(f"/cases/{case}").text)


@pytest.mark.usefixtures("namesakes")
def test_what_is_not_clear_is_asked_back_and_nothing_is_filed(client: TestClient, office: Office) -> None:
    log_in(client, office, "luo")
    typed = {**FILING, "p.accused_people": "赖春生\n张伟\n石\n查无此人"}
    page = client.post("/cases/new/grievance", data=typed, headers=OWN)
    assert page.status_code == 422
    field = page.text.partition('id="new-accused_people"')[0].rpartition("<fieldset>")[2]
    offered = {"lai": " checked", "zw1": "", "zw2": "", "jiao": "", "shi": ""}
    assert dict(re.findall(r'value="(\w+)"( checked)?', field)) == offered
    assert "张伟\n石\n查无此人</textarea>" in page.text
    assert "有 2 位“张伟”，请勾选或者写明单位" in page.text
    unknown = client.post("/cases/new/grievance", data={**typed, "p.accused_people": "查无此人"}, headers=OWN)
    assert "没有叫“查无此人”的人员" in unknown.text
    assert not office.sees("shen", CaseId("none"))
    assert office.house.desk.queries.counts(ROOT, office.actor("shen"), "grievance") == {}


@pytest.mark.usefixtures("namesakes")
def test_names_are_looked_up_in_a_move_without_making_it(client: TestClient, office: Office) -> None:
    case = filed(client, office)
    log_in(client, office, "shen")
    form = {"key": "k", "p.accused_people": "石磊生", "p.recused_people": "", "find": "accused_people"}
    found = client.post(f"/cases/{case}/recuse", data=form, headers=OWN)
    assert found.status_code == 200
    assert re.search(r'value="shi" checked', found.text)
    assert "accused_people" not in office.fields("shen", case)
    form = {
        "key": "k2",
        "f.accused_people": "shi",
        "p.recused_people": "张伟（安全环保部）",
        "f.recusal_reason": "本人",
    }
    assert client.post(f"/cases/{case}/recuse", data=form, headers=OWN).status_code == 303
    shown = office.fields("shen", case)
    assert (shown["accused_people"], shown["recused_people"]) == (["shi"], ["zw2"])
