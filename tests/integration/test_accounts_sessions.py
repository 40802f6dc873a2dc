"""Sessions on both databases: a new secret at each login, an end that holds, and whose rights change starts anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.access.directory import Deputation, GrantRow, Person
from engine.access.passwords import hash_password
from engine.case.codec import microseconds
from engine.case.identity import PersonId, UnitId
from engine.service.account_writes import SetPassword
from engine.service.plain import AddDeputation, AddGrant, AddPerson, PlainWrite, RemoveGrant
from tests.support.accounts import OTHER, OWN, browser, hold, house_in, is_in, log_in, send
from tests.support.house import PASSWORD, ROOT, House, open_house
from tests.support.storage import table

WORKS = UnitId("works")
SHI = PersonId("shi")
GRANT = GrantRow(root=ROOT, person=SHI, role="delegate", unit=WORKS)
CHANGES: dict[str, PlainWrite] = {
    "a role more": AddGrant(replace(GRANT, role="presidium")),
    "a role less": RemoveGrant(GRANT),
    "to act for another": AddDeputation(Deputation(root=ROOT, principal=PersonId("zhai"), deputy=SHI)),
    "a password set anew": SetPassword(ROOT, SHI, hash_password(PASSWORD)),
    "no longer here": AddPerson(Person(root=ROOT, id=SHI, name="石磊生", login="shi", unit=WORKS, active=False)),
}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with house_in(tmp_path) as house:
        yield house


@pytest.fixture
def shi(house: House) -> Iterator[TestClient]:
    with browser(house) as client:
        assert log_in(client, "shi").status_code == 303
        assert is_in(client)
        yield client


def test_whose_rights_or_password_change_has_to_log_in_again_at_once(any_database: str) -> None:
    with open_house(any_database) as house, browser(house) as shi:
        for why, change in CHANGES.items():
            assert log_in(shi, "shi").status_code == 303, why
            assert is_in(shi), why
            house.desk.office.write([change])
            assert shi.get("/cases").headers["location"].startswith("/login"), why


def test_what_changes_nothing_ends_nothing(house: House, shi: TestClient) -> None:
    house.desk.office.write([AddGrant(GRANT), AddGrant(replace(GRANT, person=PersonId("zhai"), role="presidium"))])
    assert is_in(shi)


def test_a_secret_that_was_planted_is_never_taken_over(house: House) -> None:
    with browser(house) as client:
        hold(client, "planted")
        given = log_in(client, "shi").cookies["banjie"]
        assert given != "planted"
        hold(client, "planted")
        assert not is_in(client)


def test_a_login_ends_the_session_that_the_browser_held(house: House, shi: TestClient) -> None:
    held = shi.cookies["banjie"]
    log_in(shi, "zhai")
    assert shi.cookies["banjie"] != held
    hold(shi, held)
    assert not is_in(shi)


def test_logging_out_ends_the_session_on_the_server(house: House, shi: TestClient) -> None:
    held = shi.cookies["banjie"]
    send(shi, "/logout")
    hold(shi, held)
    assert not is_in(shi)


def test_staff_are_logged_out_after_half_an_hour_of_nothing_and_others_are_not(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Here time passes faster than that for which somebody is remembered.
    monkeypatch.setattr("api.identity.IDENTITY_SECONDS", 0)
    with browser(house) as clerk, browser(house) as worker:
        log_in(clerk, "shen")
        log_in(worker, "luo")
        for _ in range(3):
            house.clock.set(house.clock.now() + timedelta(minutes=29))
            assert is_in(clerk), "whoever does something stays"
        house.clock.set(house.clock.now() + timedelta(minutes=31))
        assert not is_in(clerk)
        assert is_in(worker)


def test_nobody_stays_longer_than_half_a_day_whatever_they_do(
    house: House, shi: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.identity.IDENTITY_SECONDS", 0)
    for _ in range(11):
        house.clock.set(house.clock.now() + timedelta(hours=1))
        assert is_in(shi)
    house.clock.set(house.clock.now() + timedelta(hours=1))
    assert not is_in(shi)


def test_another_password_of_one_s_own_keeps_this_session_under_a_new_secret_and_ends_the_others(
    house: House, shi: TestClient
) -> None:
    with browser(house) as elsewhere:
        log_in(elsewhere, "shi")
        held = shi.cookies["banjie"]
        answer = send(shi, "/me/password", old=PASSWORD, password=OTHER, again=OTHER)
        assert answer.headers["location"] == "/me/password?done=password"
        assert is_in(shi)
        assert not is_in(elsewhere)
        assert shi.cookies["banjie"] != held
        hold(shi, held)
        assert not is_in(shi)
        assert log_in(elsewhere, "shi").status_code == 401
        assert log_in(elsewhere, "shi", OTHER).status_code == 303


@pytest.mark.parametrize(
    ("old", "password", "again", "said"),
    [
        ("wrong", OTHER, OTHER, "原密码不正确"),
        (PASSWORD, "short", "short", "至少 10 个字符"),
        (PASSWORD, "my shi is here", "my shi is here", "不得包含登录名"),
        (PASSWORD, PASSWORD, PASSWORD, "与原密码相同"),
        (PASSWORD, OTHER, "something else", "不一致"),
    ],
)
def test_a_password_that_is_not_taken_is_explained_and_changes_nothing(
    house: House, shi: TestClient, old: str, password: str, again: str, said: str
) -> None:
    answer = send(shi, "/me/password", old=old, password=password, again=again)
    assert answer.status_code == 422
    assert said in answer.text
    assert password not in answer.text, "a password is never written back"
    assert is_in(shi)
    with browser(house) as client:
        assert log_in(client, "shi").status_code == 303


def test_one_sees_one_s_own_sessions_without_an_address_and_ends_them(
    house: House, shi: TestClient, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path / 'banjie.db'}"
    with browser(house, address="198.51.100.23") as elsewhere:
        elsewhere.headers["user-agent"] = "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"
        log_in(elsewhere, "shi")
        page = shi.get("/me/sessions").text
        assert "Chrome, Windows" in page
        assert "198.51.100" not in page
        assert "198.51.100" not in str(table(database, "SELECT * FROM login"))
        assert "198.51.100" not in str(table(database, "SELECT * FROM attempt"))
        ends = re.findall(r'action="(/me/sessions/[0-9a-f]{16}/end)"', page)
        assert len(ends) == 1, "this session has no button to end it"
        send(shi, ends[0])
        assert not is_in(elsewhere)
        assert is_in(shi)
        log_in(elsewhere, "shi")
        send(shi, "/me/sessions/end-others")
        assert (is_in(elsewhere), is_in(shi)) == (False, True)


def test_a_session_of_somebody_else_cannot_be_ended(house: House, shi: TestClient) -> None:
    with browser(house) as zhai:
        log_in(zhai, "zhai")
        row = house.desk.reads.logins(ROOT, PersonId("zhai"), microseconds(house.clock.now()))[0]
        assert send(shi, f"/me/sessions/{row.token_hash[:16]}/end").status_code == 404
        assert send(shi, f"/me/sessions/{row.token_hash}/end").status_code == 404
        assert shi.delete(f"/api/me/sessions/{row.token_hash[:16]}", headers=OWN).status_code == 404
        assert is_in(zhai)


def test_the_api_tells_and_ends_sessions_alike(house: House, shi: TestClient) -> None:
    with browser(house) as elsewhere:
        log_in(elsewhere, "shi")
        listed = shi.get("/api/me/sessions").json()["sessions"]
        assert [one["current"] for one in listed].count(True) == 1
        other = next(one for one in listed if not one["current"])
        assert shi.delete(f"/api/me/sessions/{other['number']}", headers=OWN).status_code == 200
        assert not is_in(elsewhere)
        changed = shi.put("/api/me/password", json={"old": PASSWORD, "password": OTHER}, headers=OWN)
        assert changed.json() == {"changed": True}
        assert is_in(shi)


ACTS: dict[str, Callable[[TestClient], int]] = {
    "the password": lambda client: (
        client.put(
            "/api/me/password", json={"old": PASSWORD, "password": OTHER, "must": False}, headers=OWN
        ).status_code
    ),
    "a token": lambda client: (
        client.post(
            "/api/me/tokens", json={"title": "x", "person": "zhai"}, headers={**OWN, "Idempotency-Key": "k"}
        ).status_code
    ),
    "a slip": lambda client: (
        client.post(
            "/api/accounts/luo/slip", json={"reset": True, "root": "other"}, headers={**OWN, "Idempotency-Key": "k"}
        ).status_code
    ),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_a_key_that_no_form_has_is_refused(house: House, act: Callable[[TestClient], int]) -> None:
    with browser(house) as client:
        log_in(client, "shen")
        assert act(client) == 422
        log_in(client, "shen")
        assert is_in(client), "nothing was changed"


def test_the_hash_of_a_password_is_what_is_kept(house: House, tmp_path: Path) -> None:
    kept = str(table(f"sqlite:///{tmp_path / 'banjie.db'}", "SELECT * FROM account"))
    assert "$argon2id$" in kept
    assert PASSWORD not in kept
    assert hash_password(PASSWORD) != hash_password(PASSWORD), "every hash has a salt of its own"
