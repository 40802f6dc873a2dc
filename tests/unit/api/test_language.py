"""In which language somebody is answered."""

from __future__ import annotations

import pytest

from api.language import chosen_language, language_of
from tests.support.fakes import a_request


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "zh"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-GB,en;q=0.9", "en"),
        ("de-DE, en;q=0.7, zh;q=0.3", "en"),
        ("fr", "zh"),
        ("en;q=abc", "en"),
        ("en;q=0.5,zh;q=0.5", "en"),
    ],
)
def test_the_browser_decides_where_nothing_was_chosen(accepted: str, language: str) -> None:
    assert language_of(a_request(headers={"Accept-Language": accepted})) == language


def test_the_address_goes_before_the_cookie_and_the_cookie_before_the_browser() -> None:
    asked = {"Accept-Language": "zh", "Cookie": "lang=en"}
    assert language_of(a_request(headers=asked)) == "en"
    assert language_of(a_request(headers=asked, query="lang=zh")) == "zh"


def test_a_language_we_do_not_speak_is_no_choice() -> None:
    assert chosen_language(a_request(query="lang=de", headers={"Cookie": "lang=xx"})) is None
