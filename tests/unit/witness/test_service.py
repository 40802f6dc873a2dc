"""The witness over HTTP: exact types, small bodies, two addresses."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.ledger.notes import opened, parse_note
from runtime.signer.keeper import Keeper
from runtime.witness import service
from runtime.witness.keeper import WitnessKeeper
from runtime.witness.service import witness_app
from runtime.witness.wire import BODY_BYTES_MAX, place_of
from tests.support.witnesses import a_witness, asked

ORIGIN = "banjie/works/2026"


@pytest.fixture
def note(tmp_path: Path) -> Iterator[tuple[bytes, Keeper]]:
    from engine.ledger.merkle import root_of
    from engine.ledger.notes import Checkpoint

    keeper = Keeper(tmp_path / "signer")
    point = Checkpoint(origin=ORIGIN, size=1, root=root_of([hashlib.sha256(b"x").digest()]))
    yield keeper.sign(point, ()).encode(), keeper
    keeper.close()


@pytest.fixture
def witness(tmp_path: Path, note: tuple[bytes, Keeper]) -> Iterator[WitnessKeeper]:
    keeper = a_witness(tmp_path / "witness", [note[1].key(ORIGIN)])
    yield keeper
    keeper.close()


@pytest.fixture
def client(witness: WitnessKeeper) -> Iterator[TestClient]:
    with TestClient(witness_app(witness), raise_server_exceptions=False) as client:
        yield client


def test_a_checkpoint_is_cosigned_and_shown(
    client: TestClient, witness: WitnessKeeper, note: tuple[bytes, Keeper]
) -> None:
    answer = client.post("/add-checkpoint", content=asked(0, [], note[0]))
    assert answer.status_code == 200
    opened(parse_note(note[0] + answer.content), [witness.key])
    shown = client.get(f"/{place_of(ORIGIN)}/checkpoint")
    assert (shown.status_code, shown.content) == (200, note[0] + answer.content)
    assert shown.headers["cache-control"] == "no-store"


def test_the_size_that_is_known_comes_under_exactly_the_type_of_the_protocol(
    client: TestClient, note: tuple[bytes, Keeper]
) -> None:
    client.post("/add-checkpoint", content=asked(0, [], note[0]))
    answer = client.post("/add-checkpoint", content=asked(0, [], note[0]))
    assert (answer.status_code, answer.headers["content-type"], answer.content) == (409, "text/x.tlog.size", b"1\n")


def test_a_body_larger_than_any_that_is_meant_is_refused(client: TestClient) -> None:
    assert client.post("/add-checkpoint", content=b"x" * (BODY_BYTES_MAX + 1)).status_code == 413
    assert client.post("/add-checkpoint", content=b"x" * BODY_BYTES_MAX).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/add-checkpoint", 405),
        ("PUT", "/add-checkpoint", 405),
        ("POST", "/", 404),
        ("GET", "/", 404),
        ("GET", "/witness.key", 404),
        ("GET", "/..%2fwitness.key/checkpoint", 404),
        ("GET", "/x/checkpoint", 404),
        ("GET", f"/{'0' * 64}/checkpoint", 404),
        ("POST", f"/{'0' * 64}/checkpoint", 405),
        ("POST", "/add-checkpoint", 400),
    ],
)
def test_there_are_two_addresses_and_nothing_else(client: TestClient, method: str, path: str, status: int) -> None:
    assert client.request(method, path).status_code == status


def test_a_body_that_does_not_come_is_waited_for_only_so_long(
    witness: WitnessKeeper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BODY_SECONDS", 0.01)
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: object) -> None:
        assert isinstance(message, dict)
        sent.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/add-checkpoint",
        "raw_path": b"/add-checkpoint",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [],
        "server": ("127.0.0.1", 80),
        "client": ("127.0.0.1", 1),
        "http_version": "1.1",
    }
    asyncio.run(witness_app(witness)(scope, receive, send))
    assert sent[0]["status"] == 408
