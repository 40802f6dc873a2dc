"""Entries on behalf over HTTP, on the pages and at a terminal: the same entry, the same refusals."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.identity import PersonId, UnitId
from engine.service.plain import AddGrant
from tests.support.command_line import CommandLine, command_line
from tests.support.house import PROPOSAL, ROOT, SESSION, House, client_of, open_house

OWN = {"Sec-Fetch-Site": "same-origin"}
NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
BASIS = "提案表第012号第2页"
ENTRY = {"kind": "paper", "basis": BASIS, "occurred_at": "2026-03-02", "person": "石磊生", "scan": "AB" * 32}
TYPED: Mapping[str, str] = {f"on_behalf.{name}": value for name, value in ENTRY.items()}
FORM: Mapping[str, str] = {f"f.{name}": str(value) for name, value in PROPOSAL.items()}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('behalf') / 'banjie.db'}", NOON) as made:
        row = GrantRow(root=ROOT, person=PersonId("luo"), role="staff", unit=UnitId("works"))
        made.desk.office.write([AddGrant(row)])
        yield made


@contextmanager
def visitor(house: House, login: str) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token(login))
        yield client


def asked(house: House, entry: object, *, login: str = "shen", key: str = "a") -> tuple[int, Mapping[str, object]]:
    """Ask the API to open a proposal and return status and body."""
    body = {"workflow": "proposal", "unit": "works", "congress_session": SESSION, "form": dict(PROPOSAL)}
    with client_of(house) as client:
        headers = {**house.bearer(login), "Idempotency-Key": f"api {login} {key}".replace(" ", "-")}
        answer = client.post("/api/cases", json={**body, "on_behalf": entry}, headers=headers)
    return answer.status_code, answer.json()


def test_the_api_enters_and_tells_for_whom(house: House) -> None:
    status, body = asked(house, ENTRY)
    assert status == 201, body
    with client_of(house) as client:
        told = client.get(f"/api/cases/{body['case']}/timeline", headers=house.bearer("shen")).json()
        seen = client.get(f"/api/cases/{body['case']}", headers=house.bearer("shi")).json()
    first = told["entries"][0]
    assert first["entered"] == {
        "kind": "paper",
        "whom": "石磊生",
        "hidden": False,
        "basis": BASIS,
        "scan": "ab" * 32,
    }
    # A day without an hour is its last instant, 24:00 in Shanghai.
    assert first["occurred_at"] == "2026-03-02T15:59:59.999999Z"
    assert [party["name"] for party in seen["parties"]] == ["石磊生"]


@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"person": "查无此人"}, 422),
        ({"kind": "hearsay"}, 422),
        ({"basis": " "}, 422),
        ({"scan": "no hash"}, 422),
        ({"occurred_at": "2027-01-01"}, 422),
        ({"occurred_at": "yesterday"}, 422),
        ({"occurred_at": "2026-03-02T10:00:00"}, 422),
        ({"witness": "x"}, 422),
        ({"person": "温其玉"}, 422),
    ],
)
def test_the_api_refuses_what_is_no_entry(house: House, wrong: Mapping[str, str], status: int) -> None:
    got, body = asked(house, {**ENTRY, **wrong}, key=repr(sorted(wrong.items())).encode().hex()[:60])
    assert got == status, body


def test_somebody_without_the_office_may_not(house: House) -> None:
    status, body = asked(house, ENTRY, login="zhai")
    assert (status, body["code"]) == (403, "not_permitted")


def test_the_page_enters_and_shows_the_slip(house: House) -> None:
    with visitor(house, "shen") as client:
        assert "/cases/new/proposal/on-behalf" in client.get("/").text
        page = client.get("/cases/new/proposal/on-behalf")
        assert page.status_code == 200
        posted = {**FORM, **TYPED, "unit": "works", "session": SESSION, "key": "page-1"}
        done = client.post("/cases/new/proposal/on-behalf", data=posted, headers=OWN)
        assert done.status_code == 303, done.text
        slip = client.get(done.headers["location"])
        assert "/slip/" in done.headers["location"]
        for words in ("代录回执", "石磊生", BASIS, "沈若棠", "2026年4月1日"):  # 30 days from the 2nd of March
            assert words in slip.text, words
        case = done.headers["location"].split("/")[2]
        shown = client.get(f"/cases/{case}").text
        assert f"代录：为石磊生；纸质材料；依据：{BASIS}" in shown
        assert f"/cases/{case}/on-behalf/start_seconding" in shown
    with visitor(house, "shi") as client:
        own = client.get(f"/cases/{case}").text
        assert "对代录提出异议" in own
        assert "/on-behalf/" not in own


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(house: House) -> None:
    with visitor(house, "shen") as client:
        posted = {**FORM, **TYPED, "on_behalf.basis": "", "unit": "works", "session": SESSION, "key": "page-2"}
        page = client.post("/cases/new/proposal/on-behalf", data=posted, headers=OWN)
        assert page.status_code == 422
        assert "代录须写明依据" in page.text
        assert str(PROPOSAL["subject"]) in page.text
        assert "石磊生" in page.text


def test_a_move_is_entered_on_a_page_of_its_own(house: House) -> None:
    _status, body = asked(house, {**ENTRY, "basis": "第013号"}, key="move")
    with visitor(house, "shen") as client:
        address = f"/cases/{body['case']}/on-behalf/start_seconding"
        assert client.get(address).status_code == 200
        done = client.post(address, data={**TYPED, "on_behalf.person": "", "key": "page-3"}, headers=OWN)
        assert "征求附议" in client.get(done.headers["location"]).text
        later = client.get(address)
        assert "您没有为他人录入此类事项的权限" in later.text  # it is seeking seconders already
        assert client.get(f"/cases/{body['case']}/on-behalf/no_such_move").status_code == 404
        assert client.get(f"/cases/{body['case']}/slip/99").status_code == 404


def test_who_may_not_enter_gets_no_form(house: House) -> None:
    with visitor(house, "shi") as client:
        page = client.get("/cases/new/proposal/on-behalf")
        assert "您没有为他人录入此类事项的权限" in page.text
        assert "on_behalf.basis" not in page.text
        assert "/on-behalf" not in client.get("/").text


def test_the_pages_speak_english(house: House) -> None:
    with visitor(house, "shen") as client:
        page = client.get("/cases/new/grievance/on-behalf?lang=en").text
        assert "For whom, and on what basis" in page
        assert "veiled name" in page


@pytest.fixture
def office(made_house: Path, tmp_path: Path) -> CommandLine:
    """The command line of an organisation in which chen is the office and wang a delegate, on the 5th of March."""
    copied = shutil.copy(made_house, made_house.parent / f"{tmp_path.name}.behalf.db")
    here = command_line(f"sqlite:///{copied}", clock="2026-03-05T12:00:00+08:00")
    here.must("user", "add", "chen", "--name", "陈工会", "--unit", "JL", "--password-stdin", typed="correct horse\n")
    here.must("user", "grant", "chen", "union_office", "--unit", "JL")
    here.must("user", "grant", "wang", "delegate", "--unit", "JL")
    return here


FIELDS = [argument for name, value in PROPOSAL.items() for argument in ("--set", f"{name}={value}")]
BEHALF = ("--as", "chen", "--kind", "paper", "--basis", BASIS, "--happened", "2026-03-02")


def test_a_terminal_enters_a_case_and_a_move(office: CommandLine) -> None:
    told = office.run("cases", "open", "proposal", *BEHALF, "--on-behalf-of", "wang", "--unit", "JL", *FIELDS, "--json")
    assert told.code == 0, told.err
    case = told.json["case"]
    moved = office.must("cases", "move", case, "start_seconding", *BEHALF, "--on-behalf-of", "-")
    assert "已代录" in moved
    refused = office.run("cases", "move", case, "start_seconding", *BEHALF, "--on-behalf-of", "-")
    assert refused.code == 1
    assert "征集附议" in refused.err


def test_a_terminal_says_what_is_wrong(office: CommandLine) -> None:
    nobody = office.run("cases", "open", "proposal", *BEHALF, "--on-behalf-of", "查无此人", "--unit", "JL", *FIELDS)
    assert nobody.code == 1
    assert "名册中没有" in nobody.err
    somebody = ("--as", "x", *BEHALF[2:], "--on-behalf-of", "wang", "--unit", "JL")
    stranger = office.run("cases", "open", "proposal", *somebody, *FIELDS)
    assert stranger.code == 1, stranger.err
    assert "没有账号“x”" in stranger.err
    assert "→ 请用 --as 写明录入人的账号" in stranger.err
    no_day = office.run("cases", "move", "x", "y", *BEHALF[:-1], "someday", "--on-behalf-of", "-")
    assert no_day.code in (1, 2)
    assert "Traceback" not in no_day.err
