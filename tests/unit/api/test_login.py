"""The cookies of logging in, where a visitor comes from, and the words for a browser."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from starlette.requests import Request
from starlette.responses import Response

from api.device import device_words
from api.login import Logins
from engine.service.desk import Desk
from engine.service.logins import LetIn
from runtime.accounts_key import AccountBox
from tests.support.fakes import FakeDesk, a_request


def logins(*, https: bool = False) -> Logins:
    fake = FakeDesk()
    box = AccountBox(lambda: bytes(32))
    return Logins(cast(Desk, SimpleNamespace(office=fake.office, reads=fake.reads, box=box)), https=https)


def from_address(host: str, **headers: str) -> Request:
    request = a_request(headers=headers)
    request.scope["client"] = (host, 40_000)
    return request


@pytest.mark.parametrize(("https", "name", "secure"), [(False, "banjie", False), (True, "__Host-banjie", True)])
def test_the_cookies_are_for_the_server_only(https: bool, name: str, secure: bool) -> None:
    response = Response()
    logins(https=https).set_cookies(response, LetIn(secret="secret", known="nonce.mark"))
    session, known = response.headers.getlist("set-cookie")
    assert session.startswith(f"{name}=secret;")
    assert known.startswith(f"{name}-known=nonce.mark;")
    for cookie in (session, known):
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert ("Secure" in cookie) is secure


def test_a_source_is_a_mark_and_never_the_address() -> None:
    one, same, other = (logins().visitor(from_address(host)).source for host in ("10.1.2.3", "10.1.2.3", "10.1.2.4"))
    assert one is not None
    assert one == same != other
    assert "10.1" not in one


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Remote-User", "Remote-User"])
def test_no_header_says_where_a_request_comes_from(header: str) -> None:
    plain = logins().visitor(from_address("10.1.2.3"))
    assert logins().visitor(from_address("10.1.2.3", **{header: "192.0.2.1"})) == plain


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_behind_a_proxy_on_this_machine_sources_are_not_told_apart(host: str) -> None:
    assert logins().visitor(from_address(host)).source is None


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36", "Chrome, Windows"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0", "Edge, Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox, Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Mobile Safari/604.1", "Safari, iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) Chrome/120.0 Mobile MicroMessenger/8.0.50", "WeChat, Android"),
        ("curl/8.5.0", ""),
    ],
)
def test_a_device_is_browser_and_system_and_no_more(said: str, words: str) -> None:
    assert device_words(a_request(headers={"User-Agent": said})) == words
