"""The page of the ledger, and the bundle that is downloaded from a case: what an auditor starts from."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.ledger.notes import parse_checkpoint, parse_note
from engine.service.sealing import seal
from runtime.signer.keeper import Keeper
from tests.support.house import PASSWORD, ROOT, House, client_of, open_house


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


def logged_in(client: TestClient, login: str) -> None:
    headers = {"Origin": "http://testserver"}
    answer = client.post("/login", data={"login": login, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 303, answer.text


def sealed(house: House, folder: Path) -> None:
    keeper = Keeper(folder / "signer")
    try:
        seal(house.desk.office, house.desk.reads, keeper, ROOT)
    finally:
        keeper.close()


def test_the_page_says_that_nothing_is_sealed_yet(house: House) -> None:
    with client_of(house) as client:
        logged_in(client, "shen")
        page = client.get("/ledger").text
    assert "还没有检查点" in page


def test_the_newest_checkpoint_and_its_download_are_the_signed_note(house: House, tmp_path: Path) -> None:
    house.filed()
    sealed(house, tmp_path)
    newest = house.desk.reads.newest_checkpoint(ROOT)
    assert newest is not None
    with client_of(house) as client:
        logged_in(client, "shen")
        page = client.get("/ledger").text
        note = client.get(f"/ledger/checkpoints/{newest.n}")
        absent = client.get(f"/ledger/checkpoints/{newest.n + 1}")
    assert note.content.decode() == newest.note
    assert parse_checkpoint(parse_note(note.content).text).size == house.desk.reads.sealed(ROOT)
    assert f"已封存 {newest.size} 条记录" in page
    assert "没有待封存的记录" in page
    assert absent.status_code == 404


def test_a_case_gives_its_bundle_to_who_may_see_it_and_to_nobody_else(house: House, tmp_path: Path) -> None:
    case = house.filed()
    sealed(house, tmp_path)
    with client_of(house) as client:
        logged_in(client, "shen")
        bundle = client.get(f"/cases/{case}/bundle")
        assert bundle.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(bundle.content)) as packed:
            assert any(name.startswith("entries/") for name in packed.namelist())
    with client_of(house) as client:
        logged_in(client, "luo")
        assert client.get(f"/cases/{case}/bundle").status_code == 404
