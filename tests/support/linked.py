"""Browsers at a small house that has an identity provider, and the ways they take there and back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from html import unescape
from urllib.parse import urlsplit

from httpx2 import Response
from starlette.testclient import TestClient

from api.edge import ApiSettings
from api.oidc.settings import ProviderSettings
from engine.ledger.canonical import parse_canonical
from engine.service.logins import AccountRules
from tests.support.accounts import STAFF, log_in, send
from tests.support.house import PASSWORD, House
from tests.support.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.support.storage import table
from web.app import create_site

HANDSHAKE = "banjie-handshake"


@contextmanager
def linked_browser(
    house: House,
    provider: IdentityProvider,
    *,
    second_factor: bool = False,
    trusted: frozenset[str] = frozenset(),
    inside: bool = True,
    origins: tuple[str, ...] = (),
) -> Iterator[TestClient]:
    """Visit a house whose identity provider this is; with ``inside`` its origin is one that may be on this machine."""
    settings = ApiSettings(
        version="0.1.0",
        database="test",
        accounts=AccountRules(staff=STAFF, second_factor=second_factor),
        provider=ProviderSettings(
            issuer=provider.issuer,
            client=CLIENT,
            secret=SECRET,
            pages_url="http://testserver/",
            title="江岭统一认证",
            origins=origins,
            internal_origins=(provider.origin,) if inside else (),
            second_factors=trusted,
        ),
    )
    site = create_site(house.desk, settings)
    client = TestClient(site, raise_server_exceptions=False, follow_redirects=False, client=("192.0.2.7", 50_000))
    with client:
        yield client


def begin(client: TestClient, following: str = "") -> str:
    """Press the button of the login page; return where it leads to."""
    answer = client.get("/login/oidc", params={"next": following})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def come_back(client: TestClient, address: str) -> Response:
    """Follow the provider's way back to the house."""
    parts = urlsplit(address)
    assert f"{parts.scheme}://{parts.netloc}" == "http://testserver"
    return client.get(f"{parts.path}?{parts.query}", headers={"Sec-Fetch-Site": "cross-site"})


def enter(client: TestClient, provider: IdentityProvider, following: str = "") -> Response:
    """Log in by the provider, the whole way."""
    return come_back(client, provider.authorise(begin(client, following)))


def begin_link(client: TestClient, **typed: str) -> str:
    """Confirm on one's own page that one wants to be linked; return where the page then leads to."""
    page = send(client, "/me/linked-login", **(typed or {"password": PASSWORD}))
    assert page.status_code == 200, page.text
    found = re.search(r'class="button primary" href="([^"]+)"', page.text)
    assert found is not None
    return unescape(found[1])


def link_account(client: TestClient, provider: IdentityProvider, login: str, subject: str, **typed: str) -> None:
    """Log in by password and link the account to a subject, the whole way; then log out."""
    assert log_in(client, login).status_code == 303
    provider.subject = subject
    answer = come_back(client, provider.authorise(begin_link(client, **typed)))
    assert answer.headers.get("location") == "/me/linked-login?done=linked", answer.text
    send(client, "/logout")


def facts(database: str, kind: str) -> list[dict[str, object]]:
    """Return what the streams tell of one type, in order."""
    bodies = [parse_canonical(bytes(row[0])) for row in table(database, "SELECT body FROM ledger_entry ORDER BY seq")]
    return [body[kind] for body in bodies if isinstance(body, dict) and body.get("type") == kind]
