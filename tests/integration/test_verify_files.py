"""Files of cases are held against what the ledger tells of them: their rows, and every byte in the folder (F1)."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.case.identity import CaseId
from engine.service.execute import Done
from engine.service.filing.chunks import ORIGINAL, ChunkWriter, content_key, in_chunks
from engine.service.known_files import open_file
from engine.service.verify_files import verify_files
from runtime.jobs.clearing import clear_over
from tests.support.hostile_files import photograph
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.keys import erased, reopened
from tests.support.storage import change, table

NOTES = "夜班名单：张三、李四。".encode() * 8000


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as made:
        yield made


def uploaded(client: TestClient, house: House, data: bytes, name: str) -> str:
    headers = {**house.bearer("shi"), "Idempotency-Key": os.urandom(8).hex()}
    answer = client.post("/api/uploads", headers=headers, files={"file": (name, data)})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
def case(house: House) -> CaseId:
    """A proposal with a photograph, of which handlers get a copy, and notes; it is assigned, and its brief has both."""
    with client_of(house) as client:
        files = [uploaded(client, house, photograph(), "a.jpg"), uploaded(client, house, NOTES, "b.txt")]
    case = house.filed("shi", {"attachments": [*files]})
    house.fire("shen", case, "assign", {"lead": "logistics"})
    return case


def said(house: House) -> list[str]:
    desk = house.desk
    found = verify_files(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer, desk.files)
    return [f"{one.rule} {one.text.en.partition(': ')[2]}" for one in found]


def contents(house: House) -> list[Path]:
    return sorted(path for path in house.desk.files.path.rglob("*") if path.is_file())


@pytest.mark.usefixtures("case")
def test_files_that_lie_as_they_came_are_well_and_uploads_that_wait_are_nobodys_history(house: House) -> None:
    with client_of(house) as client:
        uploaded(client, house, b"draft", "c.txt")
    assert said(house) == []


@pytest.mark.usefixtures("case")
@pytest.mark.parametrize(
    ("statement", "finding"),
    [
        ('DELETE FROM attachment WHERE "case" IS NOT NULL', "it is gone"),
        (f"UPDATE attachment SET id = '{32 * '0'}' WHERE id = (SELECT min(id) FROM attachment)", "no entry tells"),
        ("UPDATE attachment SET seq = 2", "no entry tells of it"),
        ("UPDATE attachment SET path = 'fields/grounds'", "no entry tells of it"),
        ("UPDATE attachment SET \"case\" = 'another'", "no entry tells of it"),
        ("UPDATE attachment SET expires_at = 1", "it is marked to be cleared away"),
        ("UPDATE attachment SET who = 'lai'", "it is marked to be cleared away"),
        ("UPDATE attachment SET key = 'another'", "what its row says is not what the ledger tells"),
        ("UPDATE attachment SET address = 'elsewhere'", "its content is not as described"),
        ("UPDATE attachment SET address = '" + "0" * 32 + "'", "its content cannot be read"),
    ],
)  # fmt: skip
def test_a_row_that_was_changed_is_named(house: House, any_database: str, statement: str, finding: str) -> None:
    change(any_database, statement)
    found = said(house)
    assert found, statement
    assert any(one.startswith(f"F1 {finding}") for one in found), found


def test_an_erasure_that_no_entry_tells_of_is_named(house: House, case: CaseId, any_database: str) -> None:
    emptied = "x''" if any_database.startswith("sqlite") else "''"
    change(any_database, f"UPDATE attachment SET sealed = {emptied}, expires_at = 0")
    assert said(house) == ["F1 it was erased and no entry says so"] * 2
    desk = house.desk
    for one in verify_files(desk.reads, desk.world(ROOT).rules, ROOT, desk.sealer, desk.files):
        assert "条的附件 " in one.text.zh
        assert one.text.zh.endswith(" 已被删除而无记录")
    with client_of(house) as client:
        address, headers = f"/api/cases/{case}/files", house.bearer("shi")
        ids = [one["id"] for one in client.get(address, headers=headers).json()["files"]]
        answers = [client.get(f"{address}/{id_}", headers=headers) for id_ in ids]
    assert [(one.status_code, one.json()["title"]) for one in answers] == [(404, "该附件已删除")] * 2


@pytest.mark.usefixtures("case")
def test_a_content_of_which_one_bit_was_changed_is_named(house: House) -> None:
    for path in contents(house):
        before = path.read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        (finding,) = said(house)
        assert finding.startswith("F1 its content cannot be read")
        path.write_bytes(before)
    assert said(house) == []


@pytest.mark.usefixtures("case")
def test_two_contents_exchanged_are_named(house: House) -> None:
    first, *_between, last = [path for path in contents(house) if not path.name.endswith(".s")]
    one, other = first.read_bytes(), last.read_bytes()
    first.write_bytes(other)
    last.write_bytes(one)
    assert len(said(house)) == 2


@pytest.mark.usefixtures("case")
def test_another_content_under_the_files_own_key_is_named(house: House) -> None:
    """Who has every key of the house can write whatever they like, but not under the hash that the entry commits to."""
    desk = house.desk
    opened = [(row, open_file(desk.sealer, row)) for row in desk.reads.files_of_cases(ROOT)]
    ((row, secret),) = [(row, it) for row, it in opened if it is not None and it.described["name"] == "b.txt"]
    (path,) = [path for path in contents(house) if path.name == row.address]
    with path.open("wb") as file:
        in_chunks([b"x" * len(NOTES)], ChunkWriter(file, content_key(secret.content_key, ORIGINAL), row.address))
    assert said(house) == ["F1 its content is not as described"]


def test_a_lawful_erasure_is_well_also_where_a_brief_repeats_the_file(any_database: str) -> None:
    with open_house(any_database):
        pass
    with reopened(any_database, datetime(2026, 1, 20, 2, tzinfo=UTC)) as (opened, house):
        with client_of(house) as client:
            file = uploaded(client, house, NOTES, "b.txt")
        case = house.filed("shi", {"attachments": [file]})
        house.fire("shen", case, "assign", {"lead": "logistics"})
        (whole,) = house.desk.reads.cases(ROOT, [case])
        (part,) = house.desk.reads.cases(ROOT, [whole.children[0].case])
        assert part.data["brief_files"], "without the file in the brief this would show nothing"
        house.fire("shi", case, "withdraw", {"withdrawal_reason": "已另行解决"})
        assert isinstance(erased(house, case, "fields/attachments"), Done)
        assert said(house) == []
        assert clear_over(opened) == 1
        assert said(house) == []
        assert table(any_database, "SELECT count(*) FROM attachment") == [(0,)]
