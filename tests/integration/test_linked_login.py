"""Logging in by the house's identity provider: who is let in, what a link needs, what a second factor is worth."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.access.directory import Person
from engine.case.codec import microseconds
from engine.case.identity import PersonId
from engine.service.first_logins import make_slips
from engine.service.plain import AddPerson
from tests.support.accounts import authenticator, browser, enrol, hidden, house_in, is_in, log_in, send
from tests.support.house import PASSWORD, ROOT, House, open_house
from tests.support.identity_provider import SECRET, IdentityProvider, identity_provider, signed
from tests.support.linked import (
    HANDSHAKE,
    begin,
    begin_link,
    come_back,
    enter,
    facts,
    link_account,
    linked_browser,
)
from tests.support.storage import table


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr("api.identity.IDENTITY_SECONDS", 0)
    with house_in(tmp_path) as house:
        yield house


@pytest.fixture
def provider(house: House) -> Iterator[IdentityProvider]:
    with identity_provider(house.clock.now) as provider:
        yield provider


@pytest.fixture
def client(house: House, provider: IdentityProvider) -> Iterator[TestClient]:
    with linked_browser(house, provider) as client:
        yield client


def links(database: str) -> list[str]:
    """Return who is linked."""
    return [str(row[0]) for row in table(database, "SELECT person FROM linked_login ORDER BY person")]


def url(folder: Path) -> str:
    """Return the address of the house's database."""
    return f"sqlite:///{folder / 'banjie.db'}"


def person(house: House, login: str) -> Person:
    """Return somebody of the house."""
    return house.desk.reads.persons(ROOT, [PersonId(login)])[PersonId(login)]


# ------------------------------------------------------------------------------------------------------- the good way


def test_whoever_has_linked_their_account_is_let_in_by_the_provider(any_database: str) -> None:
    with (
        open_house(any_database) as house,
        identity_provider(house.clock.now) as provider,
        linked_browser(house, provider) as client,
    ):
        link_account(client, provider, "shen", "subject-of-shen")
        assert not is_in(client)

        answer = enter(client, provider, "/cases?state=filed")

        assert (answer.status_code, answer.headers["location"]) == (303, "/cases?state=filed")
        assert is_in(client)
        assert "沈若棠" in client.get("/").text
        held = house.desk.reads.logins(ROOT, PersonId("shen"), microseconds(house.clock.now()))
        [session] = [one for one in held if one.kind == "login"]
        assert session.expires_at - session.opened_at == 12 * 3600 * 1_000_000, "as long as any other"
        house.clock.set(house.clock.now() + timedelta(minutes=31))
        assert house.desk.reads.session(session.token_hash, microseconds(house.clock.now())) is None, "idle too long"
    assert links(any_database) == ["shen"]
    assert facts(any_database, "login_linked") == [{"person": "shen", "issuer": provider.issuer}]
    assert facts(any_database, "linked_login_used") == [{"person": "shen", "vouched": 0}]
    assert facts(any_database, "login_opened")[-1] == {"person": "shen", "second_factor": 0}


def test_the_login_page_names_the_provider_and_keeps_the_page_that_was_asked_for(client: TestClient) -> None:
    page = client.get("/login", params={"next": "/cases?a=1&b=2"}).text
    assert "用江岭统一认证登录" in page
    assert 'href="/login/oidc?next=/cases%3Fa%3D1%26b%3D2"' in page
    assert "Log in with 江岭统一认证" in client.get("/login", params={"lang": "en"}).text


def test_the_cookie_of_the_handshake_is_short_lived_and_gone_afterwards(
    client: TestClient, provider: IdentityProvider
) -> None:
    given = client.get("/login/oidc").headers["set-cookie"]
    assert given.startswith(f"{HANDSHAKE}=")
    for part in ("HttpOnly", "Max-Age=600", "SameSite=lax", "Path=/"):
        assert part in given
    answer = enter(client, provider)
    assert any(f'{HANDSHAKE}=""' in one and "Max-Age=0" in one for one in answer.headers.get_list("set-cookie"))
    assert HANDSHAKE not in client.cookies


def test_logging_in_ends_the_session_that_the_browser_held(
    client: TestClient, provider: IdentityProvider, house: House
) -> None:
    link_account(client, provider, "shi", "subject-1")
    log_in(client, "luo")
    planted = client.cookies["banjie"]
    enter(client, provider)
    assert client.cookies["banjie"] != planted
    held = house.desk.reads.logins(ROOT, PersonId("luo"), microseconds(house.clock.now()))
    assert [one.kind for one in held] == ["token"]


def test_keys_are_asked_for_once_and_again_when_an_unknown_one_signs(
    client: TestClient, provider: IdentityProvider, house: House
) -> None:
    link_account(client, provider, "shi", "subject-1")
    enter(client, provider)
    assert (provider.asked["/keys"], provider.asked["/.well-known/openid-configuration"]) == (1, 1)
    provider.sign = lambda claims: signed(claims, "k2")
    provider.keys = ["k1", "k2"]
    assert enter(client, provider).status_code == 401, "not at every token: strangers could make us ask without end"
    assert provider.asked["/keys"] == 1

    house.clock.set(house.clock.now() + timedelta(seconds=31))

    assert enter(client, provider).status_code == 303
    assert provider.asked["/keys"] == 2


def test_nothing_secret_is_logged_or_told_by_the_ledger(
    client: TestClient, provider: IdentityProvider, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    link_account(client, provider, "shen", "subject-of-shen")
    begun = begin(client)
    back = provider.authorise(begun)
    code = back.partition("code=")[2].partition("&")[0]
    come_back(client, back)
    come_back(client, back)
    form = provider.forms[-1]
    ours = [record for record in caplog.records if not record.name.startswith(("httpx2", "httpcore2"))]
    told = "\n".join(record.getMessage() for record in ours)
    kept = b"".join(bytes(row[0]) for row in table(url(tmp_path), "SELECT body FROM ledger_entry")).decode()
    assert "refused: no handshake was begun in this browser" in told
    for secret in (code, form["code_verifier"], SECRET, "subject-of-shen", "eyJ"):
        assert secret not in told
        assert secret not in kept
    assert "subject-of-shen" not in str(table(url(tmp_path), "SELECT * FROM linked_login"))


# ---------------------------------------------------------------------------------------------------- nobody is matched


def test_a_subject_that_nobody_linked_is_let_in_nowhere_whatever_name_and_mail_it_has(
    client: TestClient, provider: IdentityProvider, tmp_path: Path
) -> None:
    """The provider says ``shi`` as name and a verified address of theirs; there is an account of that name."""
    answer = enter(client, provider)
    assert answer.status_code == 401
    assert "尚未绑定" in answer.text
    assert not is_in(client)
    assert links(url(tmp_path)) == []


def test_a_header_of_a_trusted_proxy_is_never_believed(client: TestClient, house: House) -> None:
    """T-SSO (the peer's CVE-2026-34720): no header names anybody."""
    names = ("X-Forwarded-User", "Remote-User", "X-Remote-User", "X-Auth-Request-User", "X-Forwarded-Email")
    with browser(house) as without:
        for visitor in (client, without):
            for name in names:
                for login in ("shen", "shen@works.example"):
                    assert visitor.get("/cases", headers={name: login}).status_code == 303, name
                    assert visitor.get("/api/cases", headers={name: login}).status_code == 401, name


def test_without_a_provider_there_are_no_pages_and_nothing_of_the_extra_is_imported(house: House) -> None:
    with browser(house) as client:
        log_in(client, "shi")
        for path in ("/login/oidc", "/login/oidc/back", "/me/linked-login"):
            assert client.get(path).status_code == 404
        assert "/login/oidc" not in client.get("/login").text
        assert "linked-login" not in client.get("/me/sessions").text
    look = (
        "import sys, runtime.asgi, web.app; "
        "print([name for name in ('joserfc', 'authlib', 'itsdangerous', 'api.oidc.flow') if name in sys.modules])"
    )
    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"


# -------------------------------------------------------------------------------------------------------------- linking


def test_linking_needs_a_login_and_the_password_or_a_code(
    client: TestClient, provider: IdentityProvider, house: House, tmp_path: Path
) -> None:
    assert send(client, "/me/linked-login", password=PASSWORD).headers["location"].startswith("/login")
    log_in(client, "shi")
    assert "请填写密码或动态验证码" in send(client, "/me/linked-login", password="", code="").text
    assert send(client, "/me/linked-login", password="not the password").status_code == 422
    assert send(client, "/me/linked-login", code="000000").status_code == 401
    assert HANDSHAKE not in client.cookies, "nothing was begun"
    # An ordinary way to the provider, begun while logged in, links nothing either.
    assert enter(client, provider).status_code == 401
    assert links(url(tmp_path)) == []

    token, _ = enrol(client, house)
    house.clock.set(house.clock.now() + timedelta(seconds=30))
    come_back(client, provider.authorise(begin_link(client, code=authenticator(token, house.clock.now()))))

    assert links(url(tmp_path)) == ["shi"]


def test_what_one_has_begun_links_no_account_of_another(
    client: TestClient, provider: IdentityProvider, house: House, tmp_path: Path
) -> None:
    log_in(client, "luo")
    back = provider.authorise(begin_link(client))
    log_in(client, "shen")
    answer = come_back(client, back)
    assert answer.status_code == 401
    assert "不是本人发起" in answer.text
    send(client, "/logout")
    log_in(client, "luo")
    back = provider.authorise(begin_link(client))
    send(client, "/logout")
    assert come_back(client, back).status_code == 401, "nobody is logged in here any more"
    assert links(url(tmp_path)) == []


def test_a_confirmation_is_over_after_ten_minutes(
    client: TestClient, provider: IdentityProvider, house: House, tmp_path: Path
) -> None:
    log_in(client, "shi")
    back = provider.authorise(begin_link(client))
    house.clock.set(house.clock.now() + timedelta(minutes=10))
    assert come_back(client, back).status_code == 401
    assert links(url(tmp_path)) == []


def test_a_subject_is_linked_to_one_account_only(
    client: TestClient, provider: IdentityProvider, tmp_path: Path
) -> None:
    link_account(client, provider, "shi", "subject-1")
    log_in(client, "luo")
    answer = come_back(client, provider.authorise(begin_link(client)))
    assert (answer.status_code, "您的账号或该统一身份已有绑定，请先解除" in answer.text) == (422, True)
    assert links(url(tmp_path)) == ["shi"]


def test_unlinking_needs_the_password_and_ends_other_sessions(
    client: TestClient, provider: IdentityProvider, house: House, tmp_path: Path
) -> None:
    link_account(client, provider, "shi", "subject-1")
    enter(client, provider)
    with linked_browser(house, provider) as elsewhere:
        enter(elsewhere, provider)
        assert send(client, "/me/linked-login/remove", password="not the password").status_code == 422
        assert is_in(elsewhere)

        gone = send(client, "/me/linked-login/remove", password=PASSWORD)

        assert gone.headers["location"] == "/me/linked-login?done=gone"
        assert is_in(client)
        assert not is_in(elsewhere)
        assert enter(elsewhere, provider).status_code == 401
    assert facts(url(tmp_path), "login_unlinked") == [{"person": "shi"}]


def test_a_reset_by_the_office_ends_the_link_too(
    client: TestClient, provider: IdentityProvider, house: House, tmp_path: Path
) -> None:
    """Whoever took an account over and linked it to themselves is not to come back after the reset."""
    link_account(client, provider, "shi", "subject-1")
    list(make_slips(house.desk, ROOT, [person(house, "shi")], by=None, reset=True))
    assert enter(client, provider).status_code == 401
    assert links(url(tmp_path)) == []


def test_somebody_who_is_not_active_any_more_is_not_let_in(
    client: TestClient, provider: IdentityProvider, house: House
) -> None:
    link_account(client, provider, "luo", "subject-1")
    house.desk.office.write([AddPerson(replace(person(house, "luo"), active=False))])
    assert enter(client, provider).status_code == 401


# -------------------------------------------------------------------------------------------------------- second factor


def test_a_second_factor_is_asked_for_after_the_provider_let_somebody_in(
    client: TestClient, provider: IdentityProvider, house: House
) -> None:
    log_in(client, "shi")
    token, _ = enrol(client, house)
    house.clock.set(house.clock.now() + timedelta(seconds=30))
    provider.change = {"amr": ["pwd", "otp"], "acr": "gold"}
    come_back(client, provider.authorise(begin_link(client)))
    send(client, "/logout")

    page = enter(client, provider, "/cases")

    assert page.status_code == 200
    assert "code=" not in page.text.replace("/login/code", ""), "no link repeats the provider's answer"
    assert not is_in(client)
    typed = {"ticket": hidden(page.text, "ticket"), "next": hidden(page.text, "next")}
    let_in = send(client, "/login/code", **typed, code=authenticator(token, house.clock.now()))
    assert let_in.headers["location"] == "/cases"
    assert is_in(client)


@pytest.mark.parametrize(
    ("claims", "trusted", "is_let_in"),
    [
        ({"amr": ["pwd", "otp"]}, {"otp"}, True),
        ({"acr": "gold"}, {"gold", "mfa"}, True),
        ({"amr": ["pwd", "otp"]}, set(), False),
        ({"amr": ["pwd"], "acr": "bronze"}, {"otp", "gold"}, False),
        ({"amr": "otp"}, {"otp"}, False),
        ({"amr": [{"otp": 1}], "acr": ["gold"]}, {"otp", "gold"}, False),
        ({}, {"otp"}, False),
    ],
)
def test_a_role_that_needs_a_second_factor_needs_it_unless_the_provider_vouches_and_is_trusted(
    house: House,
    provider: IdentityProvider,
    tmp_path: Path,
    claims: dict[str, object],
    trusted: set[str],
    is_let_in: bool,
) -> None:
    with linked_browser(house, provider) as client:
        link_account(client, provider, "shen", "subject-1")
    provider.change = dict(claims)
    with linked_browser(house, provider, second_factor=True, trusted=frozenset(trusted)) as client:
        assert enter(client, provider).status_code == 303
        answer = client.get("/cases")
        assert answer.status_code == (200 if is_let_in else 303)
        if not is_let_in:
            assert answer.headers["location"] == "/me/second-factor"
        # A session opened by password beside it is not vouched for.
        with browser(house, second_factor=True) as beside:
            log_in(beside, "shen")
            assert not is_in(beside)
    assert facts(url(tmp_path), "linked_login_used") == [{"person": "shen", "vouched": int(is_let_in)}]
