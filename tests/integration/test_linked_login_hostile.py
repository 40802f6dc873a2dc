"""What is not believed on the way to the identity provider and back: forged states, stolen answers, bad tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey
from starlette.testclient import TestClient

from tests.support.accounts import is_in, log_in
from tests.support.house import House, open_house
from tests.support.identity_provider import CLIENT, Claims, IdentityProvider, identity_provider, rsa_key, signed
from tests.support.linked import HANDSHAKE, begin, begin_link, come_back, enter, link_account, linked_browser
from tests.support.storage import table

NOW = 1_768_874_400
"""2026-01-20 02:00 UTC, where the clock of the house stands."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A house and its provider, and where the database is."""

    house: House
    provider: IdentityProvider
    database: str


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A house where the account of shi is linked to ``subject-1``; made once, as nothing here alters that."""
    database = f"sqlite:///{tmp_path_factory.mktemp('hostile') / 'banjie.db'}"
    with (
        pytest.MonkeyPatch.context() as patched,
        open_house(database) as house,
        identity_provider(house.clock.now) as provider,
    ):
        patched.setattr("api.identity.IDENTITY_SECONDS", 0)
        with linked_browser(house, provider) as client:
            link_account(client, provider, "shi", "subject-1")
        yield Stage(house, provider, database)


@pytest.fixture
def house(stage: Stage) -> House:
    """The house, at the hour that every test begins at."""
    stage.house.clock.set(datetime.fromtimestamp(NOW, UTC))
    return stage.house


@pytest.fixture
def provider(stage: Stage) -> IdentityProvider:
    """The provider as it was when it began, but for its port."""
    fresh = IdentityProvider(stage.house.clock.now)
    for one in fields(IdentityProvider):
        if one.name != "port":
            setattr(stage.provider, one.name, getattr(fresh, one.name))
    return stage.provider


@pytest.fixture
def client(house: House, provider: IdentityProvider) -> Iterator[TestClient]:
    """A browser of nobody yet."""
    with linked_browser(house, provider) as client:
        yield client


# -------------------------------------------------------------------------------------------------------- the handshake


def test_a_forged_state_is_refused_before_the_provider_is_asked(client: TestClient, provider: IdentityProvider) -> None:
    for state in ("&state=forged", "&state=%F0%9F%98%80", "&state=", ""):
        back = provider.authorise(begin(client)).partition("&state=")[0]
        answer = come_back(client, f"{back}{state}")
        assert answer.status_code == 401
        assert "统一身份认证未通过，请重试，或用账号密码登录" in answer.text
    assert come_back(client, provider.authorise(begin(client))[:-1]).status_code == 401
    assert not is_in(client)
    assert provider.forms == []


def test_the_answer_to_another_browser_is_refused(client: TestClient, house: House, provider: IdentityProvider) -> None:
    """Somebody sends a link with an answer of theirs: it works in the browser that asked and in no other."""
    with linked_browser(house, provider) as other:
        back = provider.authorise(begin(client))
        assert come_back(other, back).status_code == 401, "it has begun nothing"
        begin(other)
        assert come_back(other, back).status_code == 401, "it has begun something else"
        assert not is_in(other)
        assert provider.forms == []
    assert come_back(client, back).status_code == 303


def test_a_handshake_that_was_altered_or_signed_elsewhere_is_refused(
    client: TestClient, provider: IdentityProvider
) -> None:
    back = provider.authorise(begin(client))
    cookie = client.cookies[HANDSHAKE]
    body, _, mark = cookie.rpartition(".")
    held = base64.urlsafe_b64decode(body + "==") if not body.startswith(".") else b""
    changed = base64.urlsafe_b64encode(held.replace(b'"/"', b'"/x"')).decode().rstrip("=") if held else body + "x"
    for forged in (f"{changed}.{mark}", f"{body}.{mark[:-2]}", body, "x", "." * 5000):
        client.cookies.clear()
        client.cookies.set(HANDSHAKE, forged)
        assert come_back(client, back).status_code == 401
    assert provider.forms == []
    client.cookies.clear()
    client.cookies.set(HANDSHAKE, cookie)
    assert come_back(client, back).status_code == 303


def test_a_handshake_is_over_after_ten_minutes(client: TestClient, house: House, provider: IdentityProvider) -> None:
    back = provider.authorise(begin(client))
    house.clock.set(house.clock.now() + timedelta(minutes=10))
    assert come_back(client, back).status_code == 401
    assert provider.forms == []


def test_an_answer_is_taken_once_even_if_the_provider_takes_its_code_again(
    client: TestClient, house: House, provider: IdentityProvider
) -> None:
    provider.takes_codes_again = True
    back = provider.authorise(begin(client))
    held = client.cookies[HANDSHAKE]
    assert come_back(client, back).status_code == 303
    with linked_browser(house, provider) as thief:
        thief.cookies.set(HANDSHAKE, held)
        assert come_back(thief, back).status_code == 401
        assert not is_in(thief)
    assert len(provider.forms) == 1


def test_a_code_that_the_provider_does_not_take_again_lets_nobody_in(
    client: TestClient, provider: IdentityProvider
) -> None:
    first = provider.authorise(begin(client))
    come_back(client, first)
    client.cookies.delete("banjie")
    second = provider.authorise(begin(client))
    used = first.partition("code=")[2].partition("&")[0]
    answer = come_back(client, f"{second.partition('?')[0]}?code={used}&state={second.partition('&state=')[2]}")
    assert answer.status_code == 401
    assert not is_in(client)


def test_each_handshake_has_secrets_of_its_own_and_the_verifier_stays_here(
    client: TestClient, provider: IdentityProvider
) -> None:
    questions = [parse_qs(urlsplit(begin(client)).query) for _ in range(2)]
    for name in ("state", "nonce", "code_challenge"):
        assert questions[0][name] != questions[1][name]
        assert len(questions[0][name][0]) >= 43, "at least 256 bits in base64url"
    back = provider.authorise(begin(client))
    come_back(client, back)
    assert provider.forms[-1]["code_verifier"] not in back
    assert provider.forms[-1]["redirect_uri"] == "http://testserver/login/oidc/back"


def test_the_answer_of_another_issuer_and_an_error_are_refused(client: TestClient, provider: IdentityProvider) -> None:
    """RFC 9207: an answer says who answers. What a stranger wrote into an error is shown to nobody."""
    back = provider.authorise(begin(client))
    assert come_back(client, f"{back}&iss=https://evil.example").status_code == 401
    begun = provider.authorise(begin(client))
    refused = come_back(client, f"{begun}&error=<b>access_denied</b>&error_description=call-0800")
    assert refused.status_code == 401
    assert "access_denied" not in refused.text
    assert "call-0800" not in refused.text
    assert provider.forms == []
    back = provider.authorise(begin(client))
    assert come_back(client, f"{back}&iss={provider.issuer}").status_code == 303


@pytest.mark.parametrize(
    "following",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "x" * 2000,
    ],
)
def test_nobody_is_sent_elsewhere_after_the_login(
    client: TestClient, provider: IdentityProvider, following: str
) -> None:
    assert enter(client, provider, following).headers["location"] == "/"


# ------------------------------------------------------------------------------------------------------------ the token


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def unsigned(name: str) -> Callable[[Claims], str]:
    """Return a maker of tokens that say they need no signature."""
    return lambda claims: f"{_part({'alg': name, 'kid': 'k1'})}.{_part(claims)}."


def signed_with_the_public_key(claims: Claims) -> str:
    """Sign with HMAC under what everybody can read: who takes it has let the token choose the algorithm."""
    head = f"{_part({'alg': 'HS256', 'kid': 'k1'})}.{_part(claims)}"
    mark = hmac.digest(rsa_key("k1").as_pem(private=False), head.encode(), hashlib.sha256)
    return f"{head}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


def signed_with_the_shared_key(claims: Claims) -> str:
    """Sign with the symmetric key that stands among the published ones."""
    key = OctKey.import_key(b"x" * 32)
    return jwt.encode({"alg": "HS256", "kid": "shared"}, claims, key, algorithms=["HS256"])


def signed_by_another(claims: Claims) -> str:
    """Sign with another key under the name of the provider's."""
    return jwt.encode({"alg": "RS256", "kid": "k1"}, claims, rsa_key("evil"), algorithms=["RS256"])


def with_its_own_key(claims: Claims) -> str:
    """Bring the key along in the header."""
    header = {"alg": "RS256", "kid": "k1", "jwk": dict(rsa_key("evil").as_dict(private=False))}
    return jwt.encode(header, claims, rsa_key("evil"), algorithms=["RS256"])


def altered(claims: Claims) -> str:
    """Alter whom a well-signed token names."""
    head, _, mark = signed({**claims, "sub": "subject-2"}).split(".")
    return f"{head}.{_part(claims)}.{mark}"


BAD_TOKENS: dict[str, Callable[[Claims], str]] = {
    "none": unsigned("none"),
    "None": unsigned("None"),
    "no algorithm": lambda claims: f"{_part({'kid': 'k1'})}.{_part(claims)}.",
    "HS256 with the public key": signed_with_the_public_key,
    "HS256 with a published symmetric key": signed_with_the_shared_key,
    "another key": signed_by_another,
    "its own key": with_its_own_key,
    "altered": altered,
    "an unknown kid": lambda claims: signed(claims, "evil"),
    "RS512": lambda claims: jwt.encode({"alg": "RS512", "kid": "k1"}, claims, rsa_key("k1"), algorithms=["RS512"]),
    "a critical header": lambda claims: _critical(claims),
    "no token": lambda _claims: "x",
    "not ascii": lambda _claims: "令.牌.令",
    "a long token": lambda claims: signed({**claims, "more": "x" * 20_000}),
}


def _critical(claims: Claims) -> str:
    head = f"{_part({'alg': 'RS256', 'kid': 'k1', 'crit': ['x'], 'x': 1})}.{_part(claims)}"
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    mark = rsa_key("k1").private_key.sign(head.encode(), PKCS1v15(), SHA256())  # type: ignore[union-attr]  # it is one
    return f"{head}.{base64.urlsafe_b64encode(mark).decode().rstrip('=')}"


@pytest.mark.parametrize("name", BAD_TOKENS)
def test_a_token_that_the_provider_did_not_sign_lets_nobody_in(
    client: TestClient, house: House, provider: IdentityProvider, name: str
) -> None:
    provider.sign = BAD_TOKENS[name]
    # So that keys may be asked for anew: even then it is not believed.
    house.clock.set(house.clock.now() + timedelta(minutes=5))
    assert enter(client, provider).status_code == 401
    assert not is_in(client)
    provider.sign = signed
    assert enter(client, provider).status_code == 303, "the next one is let in as ever"


BAD_CLAIMS: dict[str, dict[str, Any]] = {
    "another nonce": {"nonce": "forged"},
    "a list with a nonce": {"nonce": ["forged"]},
    "no nonce": {"nonce": None},
    "another audience": {"aud": "another house"},
    "a longer audience": {"aud": f"{CLIENT} 2"},
    "no audience": {"aud": None},
    "several audiences and no party": {"aud": [CLIENT, "another house"]},
    "another party": {"azp": "another house"},
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "expired": {"exp": NOW - 61},
    "no expiry": {"exp": None},
    "an endless expiry": {"exp": "never"},
    "from the future": {"iat": NOW + 3600},
    "not yet": {"nbf": NOW + 3600},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a number as subject": {"sub": 1},
    "a long subject": {"sub": "s" * 256},
}


@pytest.mark.parametrize("name", BAD_CLAIMS)
def test_a_token_that_was_not_made_out_to_us_now_lets_nobody_in(
    client: TestClient, house: House, provider: IdentityProvider, name: str
) -> None:
    assert int(house.clock.now().timestamp()) == NOW
    provider.change = BAD_CLAIMS[name]
    assert enter(client, provider).status_code == 401
    assert not is_in(client)
    provider.change = {"aud": [CLIENT, "another house"], "azp": CLIENT, "exp": NOW - 59}
    assert enter(client, provider).status_code == 303, (
        "made out to us among others, and over by less than clocks differ"
    )


# ----------------------------------------------------------------------------------------------- where we ask, and what


@contextmanager
def stranger(house: House, provider: IdentityProvider, **more: Any) -> Iterator[TestClient]:
    """Visit a house that has not asked its provider anything yet."""
    with linked_browser(house, provider, **more) as client:
        yield client


def test_an_address_on_this_machine_is_not_asked_unless_it_was_named(house: House, provider: IdentityProvider) -> None:
    with stranger(house, provider, inside=False) as client:
        assert client.get("/login/oidc").status_code == 401
    assert not provider.asked


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
def test_no_redirect_is_followed(house: House, provider: IdentityProvider, path: str) -> None:
    provider.redirects = {f"/realms/works{path}"}
    with stranger(house, provider) as client:
        begun = client.get("/login/oidc")
        if begun.status_code == 303:
            assert come_back(client, provider.authorise(begun.headers["location"])).status_code == 401
        assert not is_in(client)
    assert not [asked for asked in provider.asked if asked.endswith("/elsewhere")]


@pytest.mark.parametrize(
    "told",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "https://evil.example/token"},
        {"token_endpoint": "http://169.254.169.254/token"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "https://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": 7},
        {"code_challenge_methods_supported": ["plain"]},
    ],
    ids=str,
)
def test_a_configuration_that_leads_elsewhere_is_refused(
    house: House, provider: IdentityProvider, told: dict[str, Any]
) -> None:
    provider.told = told
    with stranger(house, provider) as client:
        answer = client.get("/login/oidc")
        assert answer.status_code == 401
        assert "location" not in answer.headers


def test_a_provider_that_is_away_is_not_asked_at_every_click(house: House, provider: IdentityProvider) -> None:
    provider.redirects = {"/realms/works/.well-known/openid-configuration"}
    with stranger(house, provider) as client:
        assert "统一身份认证暂时不可用，请用账号密码登录，或稍后再试" in client.get("/login/oidc").text
        provider.redirects = set()
        assert client.get("/login/oidc").status_code == 401
        assert not provider.asked
        log_in(client, "shi")
        assert is_in(client), "passwords work as ever"
        house.clock.set(house.clock.now() + timedelta(seconds=31))
        assert client.get("/login/oidc").status_code == 303


def test_a_link_that_was_refused_leaves_nothing(client: TestClient, provider: IdentityProvider, stage: Stage) -> None:
    log_in(client, "luo")
    provider.subject = "subject-2"
    provider.change = {"nonce": "forged"}
    assert come_back(client, provider.authorise(begin_link(client))).status_code == 401
    assert table(stage.database, "SELECT person FROM linked_login") == [("shi",)]
