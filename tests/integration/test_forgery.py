"""No other site can act in somebody's name, put our pages into a frame, or be led to from here (T-CSRF)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from starlette.testclient import TestClient

from api.strangers import is_for_strangers
from tests.support.canaries import addresses_of
from tests.support.house import House, client_of, open_house
from tests.support.storage import all_rows
from web.routing import pages_of

EVIL: Final = "evil.example"
UNSAFE: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
BESIDE: Final = frozenset({"ledger_entry", "unsealed", "login"})
"""Where it stands that something was refused, and when a session was used last."""
FORGED: Final[tuple[dict[str, str], ...]] = (
    {},
    {"Origin": f"http://{EVIL}"},
    {"Origin": "null"},
    {"Origin": f"http://{EVIL}", "Host": EVIL + ".testserver"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site", "Origin": "http://testserver"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://testserver"},
)
ASKS_ONLY: Final = frozenset({"/receipts"})
"""Forms that look something up for anybody, without a cookie, and change nothing."""
CSP: Final = "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('forged') / 'banjie.db'}") as house:
        house.filed()
        yield house


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, house: House) -> str:
    return f"sqlite:///{next(tmp_path_factory.getbasetemp().glob('forged*')) / 'banjie.db'}"


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


def unsafe_routes(client: TestClient) -> list[tuple[str, str]]:
    """Return every route that changes something, of API and pages, as method and path."""
    app: Any = client.app
    found = {
        (method.upper(), path)
        for path, methods in app.openapi()["paths"].items()
        for method in methods
        if method.upper() in UNSAFE
    }
    for page in pages_of(app.routes):
        found |= {(method, page.path_format) for method in UNSAFE.intersection(page.methods or ())}
    return sorted((method, re.sub(r"\{\w+\}", "1", path)) for method, path in found)


def test_every_route_that_changes_something_refuses_what_another_site_sends(
    client: TestClient, house: House, url: str
) -> None:
    routes = unsafe_routes(client)
    assert len(routes) > 40
    before = {table: rows for table, rows in all_rows(url).items() if table not in BESIDE}
    taken = []
    for method, path in routes:
        for headers in FORGED:
            for kind, body in (
                ("application/x-www-form-urlencoded", b"key=k&login=zhai&password=x"),
                ("text/plain", b'{"form": {}}'),
                ("application/json", b'{"form": {}}'),
            ):
                sent = {**headers, "Cookie": f"banjie={house.token('shen')}", "Content-Type": kind}
                sent["Idempotency-Key"] = "forged"
                status = client.request(method, path, content=body, headers=sent).status_code
                if status != 403 and not _harmless(path, headers, kind, status):
                    taken.append((method, path, headers, kind, status))
    assert taken == []
    assert {table: rows for table, rows in all_rows(url).items() if table not in BESIDE} == before


def _harmless(path: str, headers: dict[str, str], kind: str, status: int) -> bool:
    """Say whether nothing could be forged: nobody is let in there by a cookie, and pages of other sites are refused.

    Under ``no-referrer`` a browser names no origin with our own forms; a JSON body it sends nowhere without asking.
    """
    if path in ASKS_ONLY:
        return status in (200, 404, 415, 422)
    named = EVIL in headers.get("Origin", "") or headers.get("Sec-Fetch-Site") in ("cross-site", "same-site")
    wrong_kind = 415 if kind == "text/plain" else status
    return is_for_strangers(path) and not named and status in (200, 303, 404, 405, 415, 422) and status == wrong_kind


def test_nothing_is_changed_by_asking_for_it(client: TestClient, house: House, url: str) -> None:
    before = {table: rows for table, rows in all_rows(url).items() if table not in BESIDE}
    client.cookies.set("banjie", house.token("shen"))
    for _method, path in unsafe_routes(client):
        for asked in (path, f"{path}?key=k&f.reason=x&_method=POST"):
            assert client.get(asked, headers={"X-HTTP-Method-Override": "POST"}).status_code < 500
    assert {table: rows for table, rows in all_rows(url).items() if table not in BESIDE} == before


@pytest.mark.parametrize("login", ["shen", None])
def test_every_answer_forbids_frames_scripts_from_elsewhere_and_guessing_of_types(
    client: TestClient, house: House, login: str | None
) -> None:
    cases = [house.filed()]
    paths = [*addresses_of(client, house, cases), "/static/site.css", "/static/none", "/nothing", "/cases/%FF"]
    headers = {} if login is None else {"Cookie": f"banjie={house.token(login)}"}
    for path in paths:
        answer = client.get(path, headers=headers)
        assert answer.headers.get_list("content-security-policy") == [CSP], path
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "unsafe-inline" not in str(answer.headers)
        if answer.headers.get("content-type", "").startswith("text/html"):
            assert not re.search(r"<script(?![^>]* src=\"/)|\son\w+=|style=\"|javascript:", answer.text), path


@pytest.mark.parametrize("to", [f"//{EVIL}/", f"https://{EVIL}/", f"/\\{EVIL}", f"\t//{EVIL}", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(client: TestClient, house: House, to: str) -> None:
    names = ("next", "back", "after", "show", "lang", "done", "to", "return", "url", "measure", "case")
    case = house.filed()
    for login in ("shen", None):
        headers = {} if login is None else {"Cookie": f"banjie={house.token(login)}"}
        for path in addresses_of(client, house, [case]):
            if path.startswith("/api/"):
                continue
            answer = client.get(path, params=dict.fromkeys(names, to), headers=headers)
            leads = [answer.headers.get("location", "/"), *re.findall(r'(?:href|action)="([^"]*)"', answer.text)]
            assert [lead for lead in leads if _is_elsewhere(lead)] == [], path
        own = {**headers, "Sec-Fetch-Site": "same-origin"}
        for method, path in unsafe_routes(client):
            if method == "POST" and not path.startswith("/api/") and path != "/logout":
                lead = client.post(path, data=dict.fromkeys(names, to), headers=own).headers.get("location", "/")
                assert not _is_elsewhere(lead), path


def _is_elsewhere(address: str) -> bool:
    return not address.startswith(("/", "#", "?", "mailto:")) or address.startswith(("//", "/\\"))
