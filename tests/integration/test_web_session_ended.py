"""A session that ends in mid-form: the words are kept for whom the form was shown to, and for nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from unittest.mock import patch

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from engine.access.directory import Person
from engine.case.identity import PersonId, UnitId
from engine.errors import StorageUnavailable
from engine.service.drafts import DRAFT_BYTES_MAX
from engine.service.plain import AddPerson
from engine.service.ports import CaseFilter
from tests.support.accounts import OWN, hidden, log_in
from tests.support.hostile_files import photograph
from tests.support.house import PROPOSAL, ROOT, SESSION, House, client_of, open_house
from tests.support.storage import table

NEW = "/cases/new/proposal"
ENDED = "登录已过期，您填写的内容已为您保留，请核对后再次提交。"
KEPT = "登录已过期。您填写的内容已加密保留，请由本人重新登录后继续。"
LOST = (
    "登录已过期，这份表单停留过久或者内容过长，未能为您保留。请用浏览器的“后退”回到表单，先复制填写的内容，再重新登录。"
)
WORDS = "这句话写到一半，登录就过期了。"


@pytest.fixture
def url(any_database: str) -> str:
    return any_database


@pytest.fixture
def house(url: str) -> Iterator[House]:
    with open_house(url) as made:
        yield made


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as made:
        log_in(made, "shi")
        yield made


def proposal(page: str, **more: str) -> dict[str, str]:
    """Return what a browser sends of the form of a new proposal."""
    fields = {f"f.{name}": str(value) for name, value in {**PROPOSAL, "grounds": WORDS}.items()}
    own = {name: hidden(page, name) for name in ("draft_of", "key")}
    return {**own, "unit": "works", "session": SESSION, **fields, **more}


def end_session(house: House, client: TestClient, hours: int = 13) -> None:
    """Let the session run out; after so long the browser has thrown the cookie away as well."""
    house.clock.set(house.clock.now() + timedelta(hours=hours))
    client.cookies.delete("banjie")


def following(answer: Response) -> str:
    """Return where the login would lead, as its page says it."""
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def login_as(client: TestClient, login_page: str, login: str) -> str:
    """Log in by the form of the page that one was led to; return where that leads."""
    said = {"login": login, "password": "tongxin-2026", "next": hidden(login_page, "next").replace("&amp;", "&")}
    return str(client.post("/login", data=said, headers=OWN).headers["location"])


def cases_of(house: House, login: str) -> list[str]:
    actor = house.desk.queries.actor(ROOT, PersonId(login), house.clock.now())
    return [line.id for line in house.desk.queries.page(ROOT, actor, CaseFilter()).lines]


@pytest.mark.parametrize("with_file", [False, True], ids=["plain", "with a file"])
def test_after_logging_in_again_the_form_stands_filled_and_is_sent_once(
    house: House, client: TestClient, url: str, with_file: bool
) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    files = {"f.attachments": ("现场.png", photograph())} if with_file else None
    led = following(client.post(NEW, data=form, files=files, headers=OWN))
    assert WORDS not in led
    page = client.get(led).text
    assert KEPT in page
    assert WORDS not in page, "nothing of it stands where the next person would see it"
    back = login_as(client, page, "shi")
    again = client.get(back).text
    assert ENDED in again
    assert WORDS in again
    assert hidden(again, "key") == form["key"]
    assert table(url, "SELECT id FROM attachment") == [], "nobody without a session brings files"
    once = following(client.post(NEW, data=proposal(again), headers=OWN)).partition("?")[0]
    twice = following(client.post(NEW, data=proposal(again), headers=OWN)).partition("?")[0]
    assert once == twice
    assert len(cases_of(house, "shi")) == 1
    assert table(url, "SELECT id FROM draft") == []


def test_another_person_who_logs_in_next_never_sees_the_words(house: House, client: TestClient) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    page = client.get(following(client.post(NEW, data=form, headers=OWN))).text
    back = login_as(client, page, "zhai")
    for path in (back, "/", "/drafts", NEW):
        shown = client.get(path).text
        assert WORDS not in shown, path
        assert ENDED not in shown, path
    client.post("/logout", headers=OWN)
    log_in(client, "shi")
    assert WORDS in client.get(back).text, "the own words wait on"


def test_a_move_on_a_case_is_kept_and_stands_open_again(house: House) -> None:
    case = house.filed()
    with client_of(house) as client:
        log_in(client, "zhai")
        part = client.get(f"/cases/{case}").text.partition(f'action="/cases/{case}/remind#moves"')[2]
        form = {name: hidden(part, name) for name in ("draft_of", "key", "version")}
        end_session(house, client)
        led = following(client.post(f"/cases/{case}/remind", data={**form, "f.reminder_note": WORDS}, headers=OWN))
        again = client.get(login_as(client, client.get(led).text, "zhai")).text
        (opened,) = re.findall(r'<details class="move" open>(.*?)</details>', again, re.DOTALL)
        assert (ENDED in opened, WORDS in opened, hidden(opened, "key")) == (True, True, form["key"])
        sent = client.post(f"/cases/{case}/remind", data={**form, "f.reminder_note": WORDS}, headers=OWN)
        assert f"/cases/{case}?done=remind" in following(sent)


def test_an_entry_on_behalf_is_kept_with_its_basis(house: House) -> None:
    with client_of(house) as client:
        log_in(client, "shen")
        form = {**proposal(client.get(f"{NEW}/on-behalf").text), "on_behalf.basis": "来访登记第7号"}
        end_session(house, client)
        led = following(client.post(f"{NEW}/on-behalf", data=form, headers=OWN))
        again = client.get(login_as(client, client.get(led).text, "shen")).text
        assert all(text in again for text in (ENDED, WORDS, "来访登记第7号"))


def test_the_look_before_a_case_is_filed_loses_nothing_either(house: House, client: TestClient) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    led = following(client.post(f"{NEW}/look", data=form, headers=OWN))
    assert WORDS in client.get(login_as(client, client.get(led).text, "shi")).text


def test_a_draft_button_pressed_after_the_end_keeps_all_the_same(house: House, client: TestClient) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    led = following(client.post("/drafts", data=form, headers=OWN))
    assert WORDS in client.get(login_as(client, client.get(led).text, "shi")).text


def test_the_background_is_told_that_the_session_is_over(house: House, client: TestClient, url: str) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    told = client.post("/drafts?quiet=1", data=form, headers=OWN)
    assert (told.status_code, told.text) == (401, "登录已过期。请直接提交或存为草稿：重新登录后内容仍在")
    assert table(url, "SELECT id FROM draft") == []


@pytest.mark.parametrize("wrong", ["", "x", "绘", "A" * 3000, "one sign", "another form"])
def test_a_stamp_that_is_not_ours_or_of_another_form_keeps_nothing(
    house: House, client: TestClient, url: str, wrong: str
) -> None:
    form = proposal(client.get(NEW).text)
    stamp = form["draft_of"]
    spoilt = stamp[:-5] + ("A" if stamp[-5] != "A" else "B") + stamp[-4:]
    form["draft_of"] = {"one sign": spoilt, "another form": stamp}.get(wrong, wrong)
    end_session(house, client)
    path = "/cases/new/grievance" if wrong == "another form" else NEW
    assert following(client.post(path, data=form, headers=OWN)) == "/login"
    assert table(url, "SELECT id FROM draft") == []


def test_without_a_stamp_nothing_is_kept_of_anybody(house: House, client: TestClient, url: str) -> None:
    form = proposal(client.get(NEW).text)
    form.pop("draft_of")
    end_session(house, client)
    files = {"f.attachments": ("现场.png", photograph())}
    assert following(client.post(NEW, data=form, files=files, headers=OWN)) == "/login"
    assert "draft_of" not in client.get("/anonymous").text
    assert "data-draft" not in client.get("/anonymous").text
    assert (table(url, "SELECT id FROM draft"), table(url, "SELECT id FROM attachment")) == ([], [])


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}])
def test_a_page_of_another_site_keeps_nothing(
    house: House, client: TestClient, url: str, headers: dict[str, str]
) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    assert following(client.post(NEW, data=form, headers=headers)) == "/login"
    assert table(url, "SELECT id FROM draft") == []


def test_a_program_that_calls_with_a_dead_token_keeps_nothing(house: House, client: TestClient, url: str) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    answer = client.post(NEW, data=form, headers={**OWN, "Authorization": "Bearer gone"})
    assert following(answer) == "/login"
    assert table(url, "SELECT id FROM draft") == []


def lost(client: TestClient, answer: Response, url: str) -> None:
    page = client.get(following(answer)).text
    assert LOST in page
    assert 'role="alert"' in page
    assert hidden(page, "next") == NEW
    assert table(url, "SELECT id FROM draft") == []


def test_a_form_that_was_shown_too_long_ago_is_not_kept_and_that_is_said(
    house: House, client: TestClient, url: str
) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client, hours=72)
    lost(client, client.post(NEW, data=form, headers=OWN), url)


def test_up_to_three_days_after_it_was_shown_it_is(house: House, client: TestClient) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client, hours=71)
    assert "done=kept" in following(client.post(NEW, data=form, headers=OWN))


def test_more_words_than_are_kept_are_said_to_be_lost(house: House, client: TestClient, url: str) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    # Only a form in parts may bring so much text.
    many = {f"f.more{number}": "字" * 30_000 for number in range(5)}
    assert sum(len(text.encode()) for text in many.values()) > DRAFT_BYTES_MAX
    files = {"f.attachments": ("", b"")}
    lost(client, client.post(NEW, data={**form, **many}, files=files, headers=OWN), url)


def test_for_somebody_who_has_left_nothing_is_kept(house: House, client: TestClient, url: str) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    left = Person(root=ROOT, id=PersonId("shi"), name="石磊生", login="shi", unit=UnitId("works"), active=False)
    house.desk.office.write([AddPerson(left)])
    lost(client, client.post(NEW, data=form, headers=OWN), url)


def test_what_was_done_before_the_session_ended_is_not_kept_for_a_second_time(
    house: House, client: TestClient, url: str
) -> None:
    form = proposal(client.get(NEW).text)
    assert following(client.post(NEW, data=form, headers=OWN)).startswith("/cases/")
    end_session(house, client)
    page = client.get(following(client.post(NEW, data=form, headers=OWN))).text
    assert "登录已过期。这份表单此前已经提交成功，没有重复办理。" in page
    assert hidden(page, "next") == NEW
    assert table(url, "SELECT id FROM draft") == []


def test_a_session_that_the_browser_still_holds_may_have_ended_too(house: House, client: TestClient) -> None:
    form = proposal(client.get(NEW).text)
    house.clock.set(house.clock.now() + timedelta(hours=13))
    house.desk.office.write([AddPerson(Person(root=ROOT, id=PersonId("new"), name="新来的", unit=UnitId("works")))])
    led = following(client.post(NEW, data=form, headers=OWN))
    assert WORDS in client.get(login_as(client, client.get(led).text, "shi")).text


def test_other_forms_lead_to_the_login_as_ever(house: House, client: TestClient) -> None:
    end_session(house, client)
    assert following(client.post("/me/tokens", data={"title": "x"}, headers=OWN)) == "/login"
    assert client.post("/api/cases", json={}, headers=OWN).status_code == 401


def test_while_nothing_can_be_written_the_way_leads_to_the_login(house: House, client: TestClient) -> None:
    form = proposal(client.get(NEW).text)
    end_session(house, client)
    with patch("web.pages.ended.Drafts.keep", side_effect=StorageUnavailable):
        lost_page = client.get(following(client.post(NEW, data=form, headers=OWN))).text
    assert LOST in lost_page
