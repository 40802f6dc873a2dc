"""Who asks, and for how long that is known without asking again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from api.identity import Identities
from api.limits import IDENTITY_SECONDS
from api.problems import CrossSite
from engine.access.passwords import secret_hash
from engine.case.identity import PersonId, RootId
from engine.errors import LoginRefused
from engine.service.plain import EndLogin, OpenLogin
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


def test_the_database_is_asked_again_after_two_seconds_and_then_hears_of_the_end(fake: FakeDesk) -> None:
    ticks = Ticks()
    identities = Identities(fake.desk, cookie="banjie", ticks=ticks)
    identities.in_thread(a_request(headers=BEARER))
    fake.office.write([EndLogin(secret_hash("secret"))])
    ticks.now = IDENTITY_SECONDS - 0.1
    assert identities.in_thread(a_request(headers=BEARER)).person == "shen"
    assert fake.reads.asked == 1
    ticks.now = IDENTITY_SECONDS
    with pytest.raises(LoginRefused):
        identities.in_thread(a_request(headers=BEARER))


def test_who_logged_out_here_is_forgotten_at_once(fake: FakeDesk) -> None:
    identities = Identities(fake.desk, cookie="banjie", ticks=Ticks())
    asker = identities.in_thread(a_request(headers=BEARER))
    fake.office.write([EndLogin(asker.token_hash)])
    identities.forget(asker.token_hash)
    with pytest.raises(LoginRefused):
        identities.in_thread(a_request(headers=BEARER))
