"""Forms beside those of a case: a session that ends in mid-form loses nothing of them either."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import GrantRow
from engine.access.staff_roles import load_staff_roles
from engine.case.identity import PersonId, UnitId
from engine.service.logins import AccountRules
from engine.service.plain import AddGrant
from tests.integration.test_secretariat_pages import form_to, submitted
from tests.integration.test_web_session_ended import end_session, following, login_as
from tests.support.accounts import OWN, log_in
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.storage import table
from web.app import create_site

ENDED = "登录已过期，您填写的内容已为您保留，请核对后再次提交。"
WORDS = "写到一半登录就过期了"


@pytest.fixture
def url(any_database: str) -> str:
    return any_database


@pytest.fixture
def house(url: str) -> Iterator[House]:
    with open_house(url) as made:
        yield made


@pytest.fixture
def zhai(house: House) -> Iterator[TestClient]:
    with client_of(house) as made:
        log_in(made, "zhai")
        yield made


def gone_on(house: House, client: TestClient, shown: str, part: str, login: str, /, **typed: str) -> str:
    """Fill in a form, let the session end, send it, log in again; return the page to which that leads."""
    page = client.get(shown)
    assert page.status_code == 200, page.text
    action, form = form_to(page.text, part)
    end_session(house, client)
    led = following(client.post(action, data={**form, **typed}, headers=OWN))
    assert WORDS not in led
    again = client.get(login_as(client, client.get(led).text, login)).text
    assert ENDED in again, again
    return again


def test_an_outcome_of_the_meeting_stands_filled_at_the_same_case_again(
    house: House, zhai: TestClient, url: str
) -> None:
    first, second = submitted(house, "关于照明的提案"), submitted(house, "关于饮水的提案")
    part = f"/meeting/{second}/refuse"
    again = gone_on(house, zhai, f"/meeting?at={second}", part, "zhai", **{"f.refusal_reason": WORDS})
    assert f"{WORDS}</textarea>" in again
    assert "关于饮水的提案</h2>" in again, "the case that was before the committee, not the first one"
    action, form = form_to(again, part)
    code = re.findall(r'name="f.refusal_code".*?<option value="(\w+)"', again, re.DOTALL)[0]
    sent = {**form, "f.refusal_code": code, "f.refusal_reason": WORDS}
    assert f"last={second}&did=refuse" in following(zhai.post(action, data=sent, headers=OWN))
    assert table(url, "SELECT id FROM draft") == []
    assert f"/cases/{first}" in zhai.get("/meeting").text


def test_an_outcome_is_kept_as_a_draft_by_the_button(house: House, zhai: TestClient) -> None:
    case = submitted(house)
    shown = zhai.get(f"/meeting?at={case}").text
    _action, form = form_to(shown, f"/meeting/{case}/refuse")
    led = following(zhai.post("/drafts", data={**form, "f.refusal_reason": WORDS}, headers=OWN))
    assert led == f"/meeting?at={case}&draft=kept&move=refuse"
    assert f"{WORDS}</textarea>" in zhai.get(led).text
    fresh = zhai.get(f"/meeting?at={case}").text
    assert WORDS not in fresh
    assert "您有一份未提交的草稿" in fresh
    assert "不予立案" in zhai.get("/drafts").text, "called by the move, not by an address"
    assert WORDS in zhai.get("/drafts").text
    assert WORDS not in zhai.get(f"/meeting?at={case}&draft=open&move=nonsense").text


def test_a_merge_keeps_its_reason_and_the_main_case(house: House, zhai: TestClient, url: str) -> None:
    case, main = (submitted(house, subject, begun=True) for subject in ("关于照明的提案", "关于路灯的提案"))
    page = gone_on(house, zhai, f"/merge/{case}?into={main}", f"/merge/{case}/", "zhai", **{"f.merge_reason": WORDS})
    action, form = form_to(page, f"/merge/{case}/")
    assert main in form.values(), "the main case that was chosen"
    assert f"{WORDS}</textarea>" in page
    assert zhai.post(action, data={**form, "f.merge_reason": WORDS}, headers=OWN).status_code == 303
    assert table(url, "SELECT id FROM draft") == []
    assert zhai.get(f"/merge/{case}?draft=open&move=none").status_code == 200


def test_what_was_ticked_to_be_done_is_asked_for_again(house: House, url: str) -> None:
    case = house.filed()
    house.fire("zhai", case, "assign", {"lead": "logistics", "co_handlers": []})
    with client_of(house) as client:
        log_in(client, "lai")
        lines = client.get("/mine").text
        line = lines.partition('name="case" value="')[2].partition('"')[0]
        again = gone_on(house, client, "/mine", "/mine/do", "lai", case=line, move="acknowledge")
        assert f'value="{line}" checked' in again
        action, form = form_to(again, "/mine/do")
        done = client.post(action, data={**form, "case": line}, headers=OWN)
        assert "已办理" in done.text
        assert table(url, "SELECT id FROM draft") == []
        assert following(client.get("/mine/do")) == "/mine"
        assert following(client.get("/mine/do?draft=open")) == "/mine"


def test_a_single_button_of_the_list_is_no_draft(house: House, url: str) -> None:
    case = house.filed()
    house.fire("zhai", case, "assign", {"lead": "logistics", "co_handlers": []})
    with client_of(house) as client:
        log_in(client, "lai")
        action, form = form_to(client.get("/mine").text, "/mine/do")
        end_session(house, client)
        answer = client.post(f"{action}?one=x.acknowledge", data=form, headers=OWN)
        assert answer.headers["location"] == "/login"
        assert table(url, "SELECT id FROM draft") == []


def test_an_erasure_that_is_asked_for_keeps_what_was_chosen(house: House, url: str) -> None:
    case = house.filed(form={"proposer_phone": "13800000000"})
    with client_of(house) as client:
        log_in(client, "shen")
        asked = {"path": "fields/proposer_phone", "basis": "law"}
        again = gone_on(house, client, f"/cases/{case}/erasure", "/erasure/ask", "shen", **asked)
        assert 'value="fields/proposer_phone" checked' in again
        assert '<option value="law" selected>' in again
        assert "申请删除" in client.get("/drafts").text
        action, form = form_to(again, "/erasure/ask")
        assert following(client.post(action, data={**form, **asked}, headers=OWN)).startswith(f"/cases/{case}/erasure?")
        assert table(url, "SELECT id FROM draft") == []


def test_an_assignment_beside_its_suggestions_is_gone_on_with_at_the_case(house: House, zhai: TestClient) -> None:
    case = house.filed()
    again = gone_on(
        house, zhai, f"/assign/{case}", f"/cases/{case}/assign#moves", "zhai", **{"f.assignment_instruction": WORDS}
    )
    assert f"{WORDS}</textarea>" in again or f'value="{WORDS}"' in again


@pytest.mark.parametrize(
    ("path", "login", "typed"),
    [
        ("/admin/units", "shen", {"code": "night", "name": WORDS}),
        ("/admin/people", "shen", {"login": "ye", "name": WORDS}),
        ("/admin/sessions", "shen", {"term": "7", "meeting": "1", "name": WORDS}),
        ("/grants", "jiao", {"person": WORDS}),
        ("/admin/delegations", "jiao", {"note": WORDS, "until_on": "2026-03-02"}),
        ("/me/absence", "lai", {"note": WORDS, "until_on": "2026-03-02"}),
    ],
)
def test_a_form_of_the_administration_stands_filled_again(
    house: House, path: str, login: str, typed: dict[str, str]
) -> None:
    guard = GrantRow(root=ROOT, person=PersonId("jiao"), role="security_administrator", unit=UnitId(ROOT))
    house.desk.office.write([AddGrant(guard)])
    rules = AccountRules(staff=load_staff_roles())
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="test", accounts=rules))
    with TestClient(site, raise_server_exceptions=False, follow_redirects=False) as client:
        log_in(client, login)
        again = gone_on(house, client, path, path, login, **typed)
        for words in typed.values():
            assert f'value="{words}"' in again
        assert WORDS not in client.get(path).text, "only who asks for the draft finds it in the form"
        assert "<h2>表单</h2>" not in client.get("/drafts").text, "called by its page"
