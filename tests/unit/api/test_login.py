"""Logging in: what is kept, what is counted, and when one has to wait."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from starlette.responses import Response

from api.limits import LOGIN_FAILURES_MAX
from api.login import Logins
from engine.access.passwords import hash_password, secret_hash
from engine.case.identity import PersonId, RootId
from engine.errors import LoginRefused
from engine.service.ports import Account
from tests.support.fakes import FakeDesk

HASH = hash_password("tongxin-2026")


@pytest.fixture
def fake() -> FakeDesk:
    fake = FakeDesk()
    fake.reads.accounts["shen"] = Account(RootId("works"), PersonId("shen"), "shen", "沈若棠", HASH)
    return fake


def log_in(fake: FakeDesk, login: str, password: str) -> str:
    async def open_one() -> str:
        return await Logins(fake.desk, https=False).open(login, password)

    return asyncio.run(open_one())


def fail(fake: FakeDesk, login: str, password: str = "wrong") -> LoginRefused:
    with pytest.raises(LoginRefused) as refused:
        log_in(fake, login, password)
    return refused.value


def test_a_right_password_opens_a_session_of_twelve_hours_known_by_its_hash_only(fake: FakeDesk) -> None:
    secret = log_in(fake, " shen ", "tongxin-2026")
    session = fake.office.sessions[secret_hash(secret)]
    assert session.person == "shen"
    assert session.kind == "login"
    assert session.expires_at - fake.office.at == timedelta(hours=12)
    assert secret not in fake.office.sessions


def test_each_login_has_a_secret_of_its_own(fake: FakeDesk) -> None:
    assert log_in(fake, "shen", "tongxin-2026") != log_in(fake, "shen", "tongxin-2026")


def test_a_wrong_password_and_an_unknown_name_are_refused_alike_and_counted(fake: FakeDesk) -> None:
    assert fail(fake, "shen").text == fail(fake, "nobody").text
    assert [note.login for note in fake.office.failures] == ["shen", "nobody"]
    assert fake.office.sessions == {}


def test_after_ten_failures_even_the_right_password_waits_a_quarter_of_an_hour(
    fake: FakeDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.login.password_fits", lambda password, _hash: password == "tongxin-2026")
    for _ in range(LOGIN_FAILURES_MAX):
        fail(fake, "shen")
    assert "15" in fail(fake, "shen", "tongxin-2026").text.zh
    assert len(fake.office.failures) == LOGIN_FAILURES_MAX, "waiting is not counted, or it would never end"
    fake.office.at += timedelta(minutes=16)
    log_in(fake, "shen", "tongxin-2026")


def test_others_log_in_while_one_name_waits(fake: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.login.password_fits", lambda password, _hash: password == "tongxin-2026")
    for _ in range(LOGIN_FAILURES_MAX):
        fail(fake, "nobody")
    log_in(fake, "shen", "tongxin-2026")


def test_an_endless_password_is_not_hashed(fake: FakeDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.login.password_fits", lambda *_: pytest.fail("hashed"))
    fail(fake, "shen", "x" * 1001)
    fail(fake, "x" * 101, "y")


@pytest.mark.parametrize(("https", "name", "secure"), [(False, "banjie", False), (True, "__Host-banjie", True)])
def test_the_cookie_is_for_the_server_only(fake: FakeDesk, https: bool, name: str, secure: bool) -> None:
    response = Response()
    Logins(fake.desk, https=https).set_cookie(response, "secret")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{name}=secret;")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    assert ("Secure" in cookie) is secure
