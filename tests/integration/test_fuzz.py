"""No request that can be written makes the API fail, or answer otherwise than it says; more in ``make campaign``."""

from __future__ import annotations

import pytest

from engine.service.queries import Queries
from tests.support.fuzzing import fuzz
from tests.support.house import client_of, open_house

REQUESTS = 900


@pytest.mark.slow
def test_no_request_makes_the_api_fail_or_answer_otherwise_than_described(any_database: str) -> None:
    with open_house(any_database) as house, client_of(house) as client:
        found = fuzz(house, client, requests=REQUESTS, number=20260302)
    assert found.findings == []
    assert found.requests > REQUESTS / 2
    assert {200, 400, 404, 422} <= found.statuses.keys()


def test_a_route_that_fails_is_found(sqlite_database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control of the harness: a defect in the list of cases must show."""

    def fail(*_arguments: object, **_named: object) -> None:
        raise ZeroDivisionError

    with open_house(sqlite_database) as house, client_of(house) as client:
        monkeypatch.setattr(Queries, "page", fail)
        found = fuzz(house, client, requests=200, number=1)
    assert any("GET /api/cases" in finding and ": 500" in finding for finding in found.findings)
