"""Who asks, and for how long that is known without asking again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from api.identity import Identities
from api.limits import IDENTITY_SECONDS
from api.problems import AccountUnfinished, CrossSite, ScopeExceeded
from engine.access.passwords import secret_hash
from engine.case.identity import PersonId, RootId
from engine.errors import LoginRefused
from engine.service.account_writes import EndLogin, OpenLogin
from tests.support.fakes import FakeDesk, a_request


class Ticks:
    """Seconds that pass when a test says so."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def fake() -> FakeDesk:
    fake = FakeDesk()
    fake.office.write(
        [
            OpenLogin(
                token_hash=secret_hash("secret"),
                root=RootId("works"),
                person=PersonId("shen"),
                kind="login",
                title="",
                at=fake.office.at,
                expires_at=fake.office.at + timedelta(hours=12),
            )
        ]
    )
    return fake


BEARER = {"Authorization": "Bearer secret"}


def test_a_bearer_token_and_the_cookie_name_the_same_person(fake: FakeDesk) -> None:
    identities = Identities(fake.desk, cookie="banjie")
    by_token = asyncio.run(identities.of(a_request(headers=BEARER)))
    by_cookie = identities.in_thread(a_request(headers={"Cookie": "banjie=secret"}))
    assert by_token.person == by_cookie.person == "shen"
    assert by_token.root == "works"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer wrong"},
        {"Authorization": "Basic secret"},
        {"Authorization": "Bearer " + "x" * 201},
        {"Cookie": "other=secret"},
    ],
)
def test_anybody_else_is_asked_to_log_in(fake: FakeDesk, headers: dict[str, str]) -> None:
    with pytest.raises(LoginRefused):
        Identities(fake.desk, cookie="banjie").in_thread(a_request(headers=headers))


def test_a_cookie_alone_does_not_write_for_a_foreign_page(fake: FakeDesk) -> None:
    identities = Identities(fake.desk, cookie="banjie")
    with pytest.raises(CrossSite):
        identities.in_thread(a_request(method="POST", headers={"Cookie": "banjie=secret"}))
    own = {"Cookie": "banjie=secret", "Sec-Fetch-Site": "same-origin"}
    assert identities.in_thread(a_request(method="POST", headers=own)).person == "shen"


def test_a_token_is_no_cookie_and_needs_no_origin(fake: FakeDesk) -> None:
    assert Identities(fake.desk, cookie="banjie").in_thread(a_request(method="POST", headers=BEARER)).person == "shen"


def test_what_another_process_ends_is_over_after_two_seconds(fake: FakeDesk) -> None:
    ticks = Ticks()
    identities = Identities(fake.desk, cookie="banjie", ticks=ticks)
    identities.in_thread(a_request(headers=BEARER))
    # Another process: this one's office has written nothing.
    fake.office.sessions.clear()
    ticks.now = IDENTITY_SECONDS - 0.1
    assert identities.in_thread(a_request(headers=BEARER)).person == "shen"
    assert fake.reads.asked == 1
    ticks.now = IDENTITY_SECONDS
    assert IDENTITY_SECONDS <= 2
    with pytest.raises(LoginRefused):
        identities.in_thread(a_request(headers=BEARER))


def test_what_this_process_ends_is_over_at_once(fake: FakeDesk) -> None:
    identities = Identities(fake.desk, cookie="banjie", ticks=Ticks())
    identities.in_thread(a_request(headers=BEARER))
    fake.office.write([EndLogin(secret_hash("secret"))])
    with pytest.raises(LoginRefused):
        identities.in_thread(a_request(headers=BEARER))


def test_noting_the_use_of_a_session_makes_nobody_ask_again(fake: FakeDesk) -> None:
    identities = Identities(fake.desk, cookie="banjie", ticks=Ticks())
    for _ in range(3):
        identities.in_thread(a_request(headers=BEARER))
    assert fake.reads.asked == 1


def test_whose_password_is_another_s_gets_no_further_than_to_change_it(fake: FakeDesk) -> None:
    fake.reads.unfinished["shen"] = 1
    identities = Identities(fake.desk, cookie="banjie")
    for path in ("/", "/cases", "/api/cases", "/me/sessions", "/me/passwords/x", "/me/second-factor"):
        with pytest.raises(AccountUnfinished) as refused:
            identities.in_thread(a_request(path=path, headers=BEARER))
        assert refused.value.due == "password"
    for path in ("/me/password", "/logout", "/api/me/password"):
        assert identities.in_thread(a_request(path=path, headers=BEARER)).person == "shen"


@pytest.mark.parametrize(
    ("scope", "method", "path", "permitted"),
    [
        ("read", "GET", "/api/cases", True),
        ("read", "POST", "/api/cases", False),
        ("write", "POST", "/api/cases", True),
        ("write", "GET", "/cases", False),
        ("write", "GET", "/api/me/sessions", False),
        ("write", "POST", "/api/accounts/wang/slip", False),
        ("read figures", "GET", "/api/figures/proposal", True),
        ("read figures", "GET", "/api/cases", False),
        ("read figures", "GET", "/api/openapi.json", True),
        ("write cases", "POST", "/api/transitions", True),
        ("write cases", "POST", "/api/notices/read", False),
        ("read figures", "GET", "/api/new-endpoint", False),
    ],
)
def test_a_token_does_what_it_was_made_for(fake: FakeDesk, scope: str, method: str, path: str, permitted: bool) -> None:
    fake.office.write(
        [
            OpenLogin(
                token_hash=secret_hash("narrow"),
                root=RootId("works"),
                person=PersonId("shen"),
                kind="token",
                title="reports",
                at=fake.office.at,
                expires_at=fake.office.at + timedelta(days=1),
                scope=scope,
            )
        ]
    )
    request = a_request(method=method, path=path, headers={"Authorization": "Bearer narrow"})
    identities = Identities(fake.desk, cookie="banjie")
    if permitted:
        assert identities.in_thread(request).person == "shen"
    else:
        with pytest.raises(ScopeExceeded):
            identities.in_thread(request)


def test_who_logged_out_here_is_forgotten_at_once(fake: FakeDesk) -> None:
    identities = Identities(fake.desk, cookie="banjie", ticks=Ticks())
    asker = identities.in_thread(a_request(headers=BEARER))
    fake.office.write([EndLogin(asker.token_hash)])
    identities.forget(asker.token_hash)
    with pytest.raises(LoginRefused):
        identities.in_thread(a_request(headers=BEARER))
