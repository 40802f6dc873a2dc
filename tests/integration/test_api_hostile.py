"""Hostile bodies and addresses get the same 4xx on both databases, never a 5xx (reliability handbook, table 5.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pytest
from starlette.testclient import TestClient

from tests.support.house import House, client_of, open_house

# What a field of a form is given, as bytes of JSON, and the status every database answers with.
VALUES: Final[dict[bytes, int]] = {
    b'"a\\u0000b"': 422,
    b'"\\ud800"': 422,
    b"9223372036854775808": 422,
    b"1" + b"0" * 400: 422,
    b"1" + b"0" * 5000: 422,
    b"[" * 900 + b"]" * 900: 422,
    b"[" * 100_000 + b"]" * 100_000: 422,
    b"NaN": 422,
    b"1e999": 422,
    b'{"free": [NaN]}': 422,
    b'{"free": "\\u0000"}': 422,
    b'"\xff\xfe"': 400,
    b'{"a": 1, "a": 2}': 400,
    b"1.5": 422,
    b'"\\u001b"': 422,
    b"-1": 422,
    b"true": 422,
    b"[[{}]]": 422,
    b'{"a": {"b": []}}': 422,
    b'"' + b"x" * 100_001 + b'"': 422,
}
BODIES: Final[dict[bytes, int]] = {
    b"": 400,
    b"\xff": 400,
    b"[]": 422,
    b'"text"': 422,
    b"null": 422,
    b"{}": 422,
    b'{"transition": 5}': 422,
    b'{"transition": "assign", "form": []}': 422,
    b'{"transition": "assign", "expected_version": true}': 422,
    b'{"transition": "assign", "expected_version": -1}': 422,
    b'{"transition": "' + b"x" * 101 + b'"}': 422,
    b'{"transition": "assign", "form": {"lead": "logistics"}, "x": "' + b"y" * 1_048_576 + b'"}': 413,
}
# In every field of this form a date or a unit is hostile in its own way.
DATES: Final = (
    "0001-01-01",
    "1999-12-31",
    "2026-02-30",
    "2101-01-01",
    "9999-12-31",
    "２０２６-03-02",
    "2026-03-02T00:00",
    "x",
)
ADDRESSES: Final[dict[str, int]] = {
    "/api/cases?text=%00": 422,
    "/api/cases?text=%FF": 400,
    "/api/cases?text=%ED%A0%80": 400,
    "/api/cases/%00": 422,
    "/api/cases/%FF%FE": 400,
    "/api/cases?limit=9223372036854775808": 422,
    "/api/cases?limit=0": 422,
    "/api/cases?limit=201": 422,
    "/api/cases?limit=1.5": 422,
    "/api/cases?after=garbage": 422,
    "/api/cases?after=999999999999999999999.x": 422,
    "/api/cases?text=%25%27%22%5C_": 422,
    "/api/cases?unit=%27%20OR%201=1--": 200,
    "/api/overdue?before=9999-12-31": 422,
    "/api/overdue?before=0001-01-01T00:00:00Z": 422,
    "/api/overdue?within_days=99999999999999999999": 422,
    "/api/overdue?after=x.y.z": 422,
    "/api/figures/nothing": 404,
    "/api/figures/proposal?as_of=soon": 422,
    "/api/figures/proposal?by=password": 422,
    "/api/workflows/..%2F..%2Fetc": 404,
    "/api/calendar/due?start=2026-09-30&within=soon": 422,
    "/api/calendar/due?start=2026-09-30&within=99999+days": 422,
    "/api/calendar/due?start=2100-12-31&within=3660+days": 422,
    "/api/calendar/due?start=2000-01-01&within=3660+months": 422,
    "/api/calendar/due?start=2026-09-30&within=15+working+days&roll=up": 422,
    "/api/calendar/due": 422,
    "/api/cases?text=" + "x" * 9_000: 400,
    "/api/cases/" + "x" * 2_000: 400,
    "/api/nothing": 404,
}


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


def test_every_hostile_value_body_and_address_is_refused_alike(client: TestClient, house: House) -> None:
    case = house.filed()
    headers = {**house.bearer("zhai"), "Content-Type": "application/json"}
    wrong: list[tuple[str, int, int]] = []

    def post(place: int, body: bytes, expected: int) -> None:
        answer = client.post(
            f"/api/cases/{case}/transitions", content=body, headers={**headers, "Idempotency-Key": f"hostile-{place}"}
        )
        if answer.status_code != expected or answer.headers["content-type"] != "application/problem+json":
            wrong.append((body[:80].decode("latin-1"), answer.status_code, expected))

    bodies = [*BODIES.items()]
    for name in (b"lead", b"co_handlers", b"assignment_instruction", b"reply_due_on", b"key_proposal"):
        for value, status in VALUES.items():
            bodies.append((b'{"transition": "assign", "form": {"%s": %s}}' % (name, value), status))
    for place, (body, status) in enumerate(bodies):
        post(place, body, status)
    for address, status in ADDRESSES.items():
        answer = client.get(address, headers=headers)
        if answer.status_code != status:
            wrong.append((address[:80], answer.status_code, status))
    assert wrong == []
    assert client.get(f"/api/cases/{case}", headers=headers).json()["state"]["id"] == "filed", "nothing was written"


def test_a_date_far_away_is_the_fault_of_who_typed_it(client: TestClient, house: House) -> None:
    case = house.filed()
    for place, on in enumerate(DATES):
        answer = client.post(
            f"/api/cases/{case}/transitions",
            json={"transition": "assign", "form": {"lead": "logistics", "reply_due_on": on, "opinion_due_on": on}},
            headers={**house.bearer("zhai"), "Idempotency-Key": f"date-{place}"},
        )
        assert 400 <= answer.status_code < 500, (on, answer.text)


def test_a_name_of_a_field_is_as_suspect_as_its_value(client: TestClient, house: House) -> None:
    case = house.filed()
    for place, name in enumerate((b"\\u0000", b"\\ud800", b"x" * 101, b"", b"__class__", b"lead.0")):
        answer = client.post(
            f"/api/cases/{case}/transitions",
            content=b'{"transition": "assign", "form": {"lead": "logistics", "%s": 1}}' % name,
            headers={**house.bearer("zhai"), "Idempotency-Key": f"name-{place}", "Content-Type": "application/json"},
        )
        assert answer.status_code == 422, (name, answer.text)


def test_a_body_that_does_not_say_its_size_is_still_cut_off(client: TestClient, house: House) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b" " * 65_536

    answer = client.post(
        "/api/cases",
        content=endless(),
        headers={**house.bearer("shi"), "Idempotency-Key": "endless", "Content-Type": "application/json"},
    )
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_body_of_another_kind_is_not_read(client: TestClient, house: House) -> None:
    headers = {**house.bearer("shi"), "Idempotency-Key": "kind"}
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        answer = client.post("/api/cases", content=b"{}", headers={**headers, "Content-Type": kind})
        assert (answer.status_code, answer.json()["code"]) == (415, "media_type_refused")
