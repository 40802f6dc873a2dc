"""A poll from its opening to its closing, on pages and by the API: who may answer, what is told, what is left."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from starlette.testclient import TestClient

from engine.access.directory import GrantRow, Person
from engine.access.passwords import secret_hash
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import BanjieError
from engine.service.account_writes import OpenLogin
from engine.service.plain import AddGrant, AddPerson, PlainWrite, RemoveGrant
from engine.service.polls import PollDesk
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.keys import verified
from tests.support.storage import change, table

DELEGATES = tuple(f"d{n}" for n in range(1, 7))
"""Beside the two delegates of every house."""
OWN = {"Sec-Fetch-Site": "same-origin"}
SURE = {"sure": "yes"}
ASKED = 8
ALREADY = "您已经提交过了：一人一次，不能更改；系统也不知道您填了什么"
NOT_ASKED = "您不在本次网上投票（问卷）的名单中：名单在发起时确定，以后不增不减。有疑问请问工会办公室"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        house.desk.office.write([write for login in DELEGATES for write in delegate(house, login)])
        yield house


def delegate(house: House, login: str) -> list[PlainWrite]:
    person = PersonId(login)
    return [
        AddPerson(Person(root=ROOT, id=person, name=f"代表{login}", login=login, unit=UnitId("works"))),
        AddGrant(GrantRow(root=ROOT, person=person, role="delegate", unit=UnitId("works"))),
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


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


@pytest.fixture
def case(house: House) -> CaseId:
    """A questionnaire on a congress that is open: eight delegates are asked, each item may be left blank."""
    return asked(house)


def asked(house: House) -> CaseId:
    form: dict[str, JsonValue] = {"subject": "六届三次职代会", "meeting_on": "2026-01-20", "delegates": 120}
    case = house.begin("shen", "congress_quality", form)
    house.fire("shen", case, "ask_online", {"collect_by": "2026-01-23"})
    return case


def visiting(client: TestClient, house: House, login: str) -> TestClient:
    client.cookies.set("banjie", house.token(login))
    return client


def cast(client: TestClient, house: House, case: CaseId, login: str, **answers: str) -> Any:
    return client.post(
        f"/api/cases/{case}/polls/quality", json={"answers": answers}, headers={**OWN, **house.bearer(login)}
    )


def told(client: TestClient, house: House, case: CaseId, login: str) -> dict[str, Any]:
    found = client.get(f"/api/cases/{case}/polls/quality", headers=house.bearer(login))
    assert found.status_code == 200, found.text
    return dict(found.json())


def test_whoever_is_asked_answers_once_and_only_totals_are_left(
    client: TestClient, house: House, case: CaseId, any_database: str
) -> None:
    before = told(client, house, case, "shi")
    assert (before["standing"], before["electors"], before["returned"]) == ("waiting", ASKED, 0)
    assert [question["key"] for question in before["questions"]][:2] == ["agenda", "pre_review"]
    for login in ("shi", "zhai", *DELEGATES[:3]):
        assert cast(client, house, case, login, agenda="satisfied", service="dissatisfied").status_code == 200
    assert cast(client, house, case, DELEGATES[3], agenda="basically").status_code == 200

    twice = cast(client, house, case, "shi", agenda="dissatisfied")
    assert (twice.status_code, twice.json()["code"], twice.json()["title"]) == (422, "poll_cast_already", ALREADY)
    stranger = cast(client, house, case, "shen", agenda="satisfied")
    assert (stranger.status_code, stranger.json()["code"]) == (422, "poll_not_asked")
    assert stranger.json()["title"] == NOT_ASKED
    assert told(client, house, case, "shi")["standing"] == "answered"
    assert told(client, house, case, "shen") | {"questions": []} == before | {
        "standing": "not_asked",
        "returned": 6,
        "questions": [],
    }

    house.fire("shen", case, "close_online")

    (found,) = house.desk.reads.cases(ROOT, [case])
    assert found.state == "summarised"
    assert (found.data["issued"], found.data["returned"], found.data["valid"]) == (ASKED, 6, 6)
    assert found.data["results"] == [
        {"item": "agenda", "satisfied": 5, "basically": 1, "dissatisfied": 0, "answers": 6, "weak": False},
        {"item": "service", "satisfied": 0, "basically": 0, "dissatisfied": 5, "answers": 5, "weak": True},
    ]
    # The hash of all ballots, each as JSON with its keys in order, one a line, sorted.
    both, one = '{"agenda":"satisfied","service":"dissatisfied"}', '{"agenda":"basically"}'
    lines = sorted([both] * 5 + [one])
    assert found.data["answers_proof"] == hashlib.sha256("".join(f"{line}\n" for line in lines).encode()).hexdigest()
    assert table(any_database, "SELECT * FROM poll") == table(any_database, "SELECT * FROM poll_token") == []
    assert told(client, house, case, "shi")["standing"] == "closed"
    late = cast(client, house, case, DELEGATES[4], agenda="satisfied")
    assert (late.status_code, late.json()["code"]) == (422, "poll_closed")
    assert late.json()["title"] == "网上投票（问卷）没有在进行，可能已经结束"
    assert not verified(house)


def test_what_lies_in_the_database_names_nobody_and_keeps_no_order(
    client: TestClient, house: House, case: CaseId, any_database: str
) -> None:
    heads = {entry.hash for entry in house.desk.reads.entries(ROOT, case)}
    for login, choice in zip(DELEGATES, ("dissatisfied", "satisfied", "basically", "satisfied"), strict=False):
        assert cast(client, house, case, login, agenda=choice).status_code == 200
    ((root, of_case, name, electors, returned, box),) = table(any_database, "SELECT * FROM poll")
    assert (root, of_case, name, electors, returned) == (ROOT, case, "quality", ASKED, 4)
    assert list(json.loads(box).items()) == [
        ('{"agenda":"basically"}', 1),
        ('{"agenda":"dissatisfied"}', 1),
        ('{"agenda":"satisfied"}', 2),
    ]
    tokens = table(any_database, "SELECT * FROM poll_token")
    assert Counter(row[4] for row in tokens) == {0: 4, 1: 4}
    shown = json.dumps(tokens)
    assert not [login for login in ("shi", "zhai", *DELEGATES) if f'"{login}"' in shown]
    assert {entry.hash for entry in house.desk.reads.entries(ROOT, case)} == heads, "answering is no entry"
    assert not verified(house)


def test_no_transaction_number_pairs_a_ballot_with_a_token(postgres_database: str) -> None:
    """In PostgreSQL each row shows which transaction wrote it: of all that was cast the box shows the last one only."""
    with open_house(postgres_database) as house, client_of(house) as client:
        house.desk.office.write([write for login in DELEGATES for write in delegate(house, login)])
        case = asked(house)
        for login in DELEGATES:
            assert cast(client, house, case, login, agenda="satisfied").status_code == 200
        written = table(postgres_database, "SELECT xmin::text FROM poll_token WHERE spent = 1")
        boxes = table(postgres_database, "SELECT xmin::text FROM poll")
        assert len(set(written)) == len(DELEGATES)
        assert len(boxes) == 1


def test_of_many_at_once_each_token_counts_once(house: House, case: CaseId, any_database: str) -> None:
    (found,) = house.desk.reads.cases(ROOT, [case])
    definition = house.desk.world(ROOT).rules.pinned(found.pins.definition, found.pins.lists)

    def answer(login: str) -> str:
        actor = house.desk.queries.actor(ROOT, PersonId(login), house.clock.now())
        try:
            PollDesk.at(house.desk, actor).cast(found, definition, "quality", {"agenda": "satisfied"})
        except BanjieError as refused:
            return refused.code
        return "taken"

    with ThreadPoolExecutor(8) as threads:
        answers = Counter(threads.map(answer, [*DELEGATES, *DELEGATES, *DELEGATES]))
    assert answers == {"taken": 6, "poll_cast_already": 12}
    assert table(any_database, "SELECT returned FROM poll") == [(6,)]


def test_who_is_asked_is_fixed_when_it_opens(client: TestClient, house: House, case: CaseId) -> None:
    late = delegate(house, "late")
    gone = RemoveGrant(GrantRow(root=ROOT, person=PersonId("d6"), role="delegate", unit=UnitId("works")))
    house.desk.office.write([*late, gone])
    assert cast(client, house, case, "late", agenda="satisfied").json()["code"] == "poll_not_asked"
    # Who is no delegate any more does not see the case, and is told nothing of it.
    login = OpenLogin(
        token_hash=secret_hash("token-of-d6-again"),
        root=ROOT,
        person=PersonId("d6"),
        kind="token",
        title="test",
        at=house.clock.now(),
        expires_at=house.clock.now() + timedelta(days=1),
    )
    house.desk.office.write([login])
    headers = {**OWN, "Authorization": "Bearer token-of-d6-again"}
    answer = client.post(f"/api/cases/{case}/polls/quality", json={"answers": {"agenda": "satisfied"}}, headers=headers)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"nothing": "satisfied"}, "没有这个表决事项或者问题"),
        ({"agenda": "splendid"}, "请在“满意、基本满意、不满意”中选一个"),
        ({}, "一项都没有选，请至少选一项"),
    ],
)
def test_what_nobody_asked_is_refused_and_spends_nothing(
    client: TestClient, house: House, case: CaseId, answers: dict[str, str], said: str
) -> None:
    refused = cast(client, house, case, "shi", **answers)
    assert refused.status_code == 422
    assert said in refused.text
    assert told(client, house, case, "shi")["standing"] == "waiting"


def test_a_delegate_answers_on_the_page(client: TestClient, house: House, case: CaseId) -> None:
    here = f"/cases/{case}/polls/quality"
    visiting(client, house, "shi")
    assert (
        f'<a class="button primary" href="{here}">去填写：职代会质量测评问卷</a>' in client.get(f"/cases/{case}").text
    )
    assert here in client.get("/").text.partition('id="polls"')[2]
    page = client.get(here).text
    assert "名单上共 8 人，已提交 0 人。" in page
    assert page.count('<input type="radio"') == 8 * 3

    unsure = client.post(here, data={"a.agenda": "satisfied"}, headers=OWN)
    assert (unsure.status_code, "请先勾选“我已核对”" in unsure.text) == (422, True)
    assert 'name="a.agenda" value="satisfied" checked' in unsure.text
    wrong = client.post(here, data={"a.agenda": "splendid", **SURE}, headers=OWN)
    assert "请在“满意、基本满意、不满意”中选一个" in wrong.text
    assert "一项都没有选，请至少选一项" in client.post(here, data=SURE, headers=OWN).text

    sent = client.post(here, data={"a.agenda": "satisfied", **SURE}, headers=OWN)
    assert (sent.status_code, sent.headers["location"]) == (303, f"{here}?done=cast")
    assert "已提交，谢谢。系统没有记下您选了什么。" in client.get(sent.headers["location"]).text
    again = client.get(here).text
    assert "您已经提交过了，一人一次。系统也不知道您选了什么，所以不能查看、更改。" in again
    assert "<form" not in again.partition("<h1>")[2].partition("<footer")[0]
    assert 'id="polls"' not in client.get("/").text
    case_page = client.get(f"/cases/{case}").text
    assert "查看：职代会质量测评问卷（已收回 1 份，应收 8 份）" in case_page
    assert ALREADY in client.post(here, data={"a.agenda": "satisfied", **SURE}, headers=OWN).text


def test_whoever_is_not_asked_or_comes_late_is_told_so(client: TestClient, house: House, case: CaseId) -> None:
    here = f"/cases/{case}/polls/quality"
    visiting(client, house, "shen")
    shown = client.get(here).text
    assert "您不在这次的名单中：名单在发起时确定，以后不增不减。有疑问请问工会办公室。" in shown
    house.fire("shen", case, "end_without_summary", {"end_reason": "名单有误"})
    assert "没有在进行：还没有发起，或者已经结束。结果请看该件。" in client.get(here).text
    missing = client.get(f"/cases/{case}/polls/other")
    assert (missing.status_code, "这件没有这项网上投票（问卷）" in missing.text) == (404, True)


def test_nobody_learns_totals_before_it_is_closed(client: TestClient, house: House, case: CaseId) -> None:
    for login in DELEGATES:
        assert cast(client, house, case, login, agenda="dissatisfied").status_code == 200
    for login in ("shen", "shi", "d1"):
        for address in (f"/api/cases/{case}", f"/api/cases/{case}/timeline", f"/api/cases/{case}/polls/quality"):
            shown = client.get(address, headers=house.bearer(login))
            assert shown.status_code == 200
            assert '"dissatisfied"' not in shown.text.replace('{"key":"dissatisfied"', ""), address


def test_a_case_that_is_given_up_keeps_no_ballots(
    house: House, case: CaseId, client: TestClient, any_database: str
) -> None:
    for login in DELEGATES:
        assert cast(client, house, case, login, agenda="satisfied").status_code == 200
    house.fire("shen", case, "end_without_summary", {"end_reason": "名单有误"})
    assert table(any_database, "SELECT * FROM poll") == table(any_database, "SELECT * FROM poll_token") == []
    (found,) = house.desk.reads.cases(ROOT, [case])
    assert "results" not in found.data
    assert not verified(house)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("DELETE FROM poll", "P5 the box of the poll quality is missing"),
        ("UPDATE poll SET returned = 4", "P5 quality returned"),
        ("UPDATE poll SET box = '{}'", "P5 quality returned"),
        ("UPDATE poll SET box = 'x'", "P5 quality returned"),
        ("UPDATE poll_token SET spent = 0", "P5 quality returned"),
        ("UPDATE poll SET electors = 7", "P5 quality electors"),
        ("DELETE FROM poll_token WHERE spent = 0", "P5 quality electors"),
        ("UPDATE poll SET name = 'other'", "P5 the poll 'other' is not open and was kept"),
        ("UPDATE poll_token SET poll = 'other'", "P5 the poll 'other' is not open and was kept"),
    ],
)
def test_verification_tells_what_was_done_to_an_open_poll(
    client: TestClient, house: House, case: CaseId, any_database: str, statement: str, said: str
) -> None:
    for login in DELEGATES[:5]:
        assert cast(client, house, case, login, agenda="satisfied").status_code == 200
    assert not verified(house)
    change(any_database, statement)
    told = [f"{finding.rule} {finding.text.en}" for finding in verified(house)]
    assert any(one.startswith(said) for one in told), told


def test_what_verification_says_of_polls_in_chinese(house: House, case: CaseId, any_database: str) -> None:
    change(any_database, "UPDATE poll SET name = 'other'")
    told = [finding.text.zh for finding in verified(house)]
    assert told == ["网上投票 'other' 没有在进行，选票或名单仍在", "网上投票 quality 的票箱不见了"]


def test_verification_tells_of_ballots_that_outlived_their_poll(
    client: TestClient, house: House, case: CaseId, any_database: str
) -> None:
    house.fire("shen", case, "end_without_summary", {"end_reason": "名单有误"})
    change(any_database, f"INSERT INTO poll_token VALUES ('{ROOT}', '{case}', 'quality', 'x', 1)")
    change(any_database, f"INSERT INTO poll VALUES ('{ROOT}', 'nowhere', 'quality', 1, 1, '{{}}')")
    told = [f"{finding.rule} {finding.text.en}" for finding in verified(house)]
    assert told.count("P5 the poll 'quality' is not open and was kept") == 2, told
