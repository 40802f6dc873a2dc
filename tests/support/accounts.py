"""People who log in at the site of a small house: forms as a browser sends them, codes as authenticators show them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from httpx2 import Response
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.staff_roles import load_staff_roles
from engine.service.logins import AccountRules
from tests.support.house import PASSWORD, House, open_house
from web.app import create_site

OWN: Final = {"Sec-Fetch-Site": "same-origin"}
STAFF: Final = load_staff_roles()
OTHER: Final = "luling chaifan 7"
"""Another password than everybody's."""


@contextmanager
def house_in(folder: Path) -> Iterator[House]:
    """Open a house on SQLite in a folder of its own."""
    with open_house(f"sqlite:///{folder / 'banjie.db'}") as house:
        yield house


@contextmanager
def browser(
    house: House, *, second_factor: bool = False, address: str = "192.0.2.7", pages_url: str = ""
) -> Iterator[TestClient]:
    """Visit as a browser at an address; it keeps its cookies until the end of the block."""
    rules = AccountRules(staff=STAFF, second_factor=second_factor)
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="test", accounts=rules, pages_url=pages_url))
    client = TestClient(site, raise_server_exceptions=False, follow_redirects=False, client=(address, 50_000))
    with client:
        yield client


def log_in(client: TestClient, login: str, password: str = PASSWORD) -> Response:
    """Send the form of the login page."""
    return client.post("/login", data={"login": login, "password": password}, headers=OWN)


def hold(client: TestClient, secret: str) -> None:
    """Let the browser hold this session and nothing else."""
    client.cookies.clear()
    client.cookies.set("banjie", secret)


def send(client: TestClient, path: str, **fields: str) -> Response:
    """Send a form from a page of the site."""
    return client.post(path, data=fields, headers=OWN)


def is_in(client: TestClient) -> bool:
    """Return whether the browser is logged in and may look at lists."""
    return client.get("/cases").status_code == 200


def hidden(page: str, name: str) -> str:
    """Return the value of a hidden field of a page."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, f"no field {name}"
    return found[1]


def shown_secret(page: str) -> str:
    """Return the secret that the page of enrolment shows, as it is typed into an authenticator."""
    found = re.search(r'<code class="code">([A-Z2-7 ]+)</code>', page)
    assert found is not None
    return found[1].replace(" ", "")


def authenticator(secret: str, at: datetime) -> str:
    """Return what an authenticator shows: RFC 4226, written out once more."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.new(key, struct.pack(">Q", int(at.timestamp()) // 30), hashlib.sha1).digest()
    start = digest[19] % 16
    return str(struct.unpack(">I", digest[start : start + 4])[0] % 2**31)[-6:].zfill(6)


def enrol(client: TestClient, house: House) -> tuple[str, list[str]]:
    """Set a second factor up; return its secret and the recovery codes."""
    secret = shown_secret(client.get("/me/second-factor").text)
    answer = send(client, "/me/second-factor", code=authenticator(secret, house.clock.now()))
    assert answer.status_code == 200, answer.text
    codes = re.findall(r'<li><code class="code">([0-9A-Z-]+)</code></li>', answer.text)
    return secret, codes
