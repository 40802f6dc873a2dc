"""Whether a request that carries a cookie comes from a page of ours."""

from __future__ import annotations

import pytest

from api.origin import demand_same_origin
from api.problems import CrossSite
from tests.support.fakes import a_request


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Host": "banjie.lan:8000", "Origin": "http://banjie.lan:8000"},
        {"Host": "banjie.lan", "Origin": "https://banjie.lan"},
    ],
)
def test_a_form_of_our_own_is_taken(headers: dict[str, str]) -> None:
    demand_same_origin(a_request(method="POST", headers=headers))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Host": "banjie.lan"},
        {"Sec-Fetch-Site": "cross-site", "Host": "banjie.lan", "Origin": "http://banjie.lan"},
        {"Sec-Fetch-Site": "same-site"},
        {"Host": "banjie.lan:8000", "Origin": "http://banjie.lan:8001"},
        {"Host": "banjie.lan", "Origin": "http://banjie.lan.evil.example"},
        {"Host": "banjie.lan", "Origin": "null"},
        {"Host": "", "Origin": "http://"},
        {"Host": "banjie.lan", "Origin": "http://[banjie.lan"},
        {"Host": "banjie.lan", "Origin": "ftp://banjie.lan"},
    ],
)
def test_anything_else_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(CrossSite):
        demand_same_origin(a_request(method="POST", headers=headers))


def test_looking_needs_no_origin() -> None:
    demand_same_origin(a_request(method="GET"))
