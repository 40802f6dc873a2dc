"""A SQLite house moves to PostgreSQL with every row; cut off anywhere it goes on; nobody works with half of it."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
import zipfile
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import literal_column

from engine.case.identity import CaseId
from engine.storage import moving as carrying
from engine.storage.moving import Moving
from engine.storage.sqlite_lock import WriterLock
from runtime.demo.build import SAMPLE_ENDS_AT, build_sample
from runtime.settings import Settings
from tests.integration.test_search import found
from tests.support.command_line import CommandLine, command_line
from tests.support.house import open_house
from tests.support.keys import fields_shown, reopened, verified
from tests.support.postgres import create_database, drop_database
from tests.support.storage import all_rows, change, table

CASES = 3
AT = datetime(2026, 1, 20, 2, tzinfo=UTC)
SUBJECT = "夜班食堂第{}窗口"
pytestmark = pytest.mark.postgres


class CutOffError(Exception):
    """What happens in the middle of a move."""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "banjie.db"


@pytest.fixture
def cases(file: Path) -> list[CaseId]:
    """Proposals of a house, two of them on their way, one with a private phone number."""
    with open_house(f"sqlite:///{file}") as house:
        filed = [
            house.filed(form={"subject": SUBJECT.format(n), "proposer_phone": "13988770010"}) for n in range(CASES)
        ]
        house.fire("zhai", filed[0], "assign", {"lead": "logistics"})
        return filed


@pytest.fixture
def banjie(file: Path) -> CommandLine:
    return command_line(str(file))


@pytest.fixture
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rows are carried over seven at a time."""
    with monkeypatch.context() as patch:
        patch.setattr(carrying, "_SOME", literal_column("7"))
        yield


def sorted_rows(url: str) -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted(rows, key=repr) for name, rows in all_rows(url).items()}


def bundles(banjie: CommandLine, cases: list[CaseId], folder: Path) -> list[dict[str, bytes]]:
    """Return what a reader takes away of each case, file by file; when it was made is left out."""
    folder.mkdir()
    found = []
    for case in cases:
        banjie.must("bundle", case, "--output", str(folder / case), "--as", "shen")
        with zipfile.ZipFile(folder / case) as bundle:
            files = {name: bundle.read(name) for name in bundle.namelist()}
        manifest, made = re.subn(rb'"made_at":"[^"]*"', b"", files["manifest.jcs"])
        assert made == 1
        found.append({**files, "manifest.jcs": manifest})
    return found


def there(said: str, url: str) -> CommandLine:
    """Return the command line on the database that took over, under the settings that the move has told."""
    told = dict(line.strip().removeprefix("BANJIE_").split("=", 1) for line in said.splitlines() if "=" in line)
    return command_line(url, **{name.lower(): value for name, value in told.items() if name != "DATABASE_URL"})


def revision(url: str) -> str:
    ((found,),) = table(url, "SELECT version_num FROM alembic_version")
    return str(found)


def test_every_row_is_there_and_work_goes_on_where_it_stood(
    file: Path, cases: list[CaseId], banjie: CommandLine, postgres_database: str
) -> None:
    before = sorted_rows(f"sqlite:///{file}")
    said = banjie.must("move", "--to", postgres_database)
    assert sorted_rows(postgres_database) == before
    rows = sum(map(len, before.values()))
    assert f"已迁移 {rows} 行（本次 {rows} 行），逐行核对一致，共 " in said
    assert "新库核验未发现问题。今后请这样设置：" in said
    assert "BANJIE_DATABASE_URL=postgresql" in said
    assert f"BANJIE_SIGNER_FOLDER={file}.signer" in said
    assert f"BANJIE_ACCOUNTS_KEY={file.parent / 'accounts.key'}" in said
    with reopened(postgres_database, AT) as (_opened, house):
        assert fields_shown(house, cases[0])["proposer_phone"] == "13988770010"
        assert found(house, "shen", "食堂第1窗口") == [cases[1]]
        last = house.filed(form={"subject": SUBJECT.format("九")})
        assert found(house, "shen", "第九窗口") == [last], "what comes later is found as well"
        assert not verified(house)
        house.fire("zhai", cases[1], "assign", {"lead": "logistics"})
    numbers = [row[0] for row in table(postgres_database, "SELECT n FROM found ORDER BY n")]
    assert len(numbers) == len(set(numbers)) == CASES + 1 + 2, "with the part of each that was assigned"


def test_what_a_reader_takes_away_is_the_same_to_the_byte(
    file: Path, cases: list[CaseId], banjie: CommandLine, postgres_database: str, tmp_path: Path
) -> None:
    banjie.must("seal")
    before = bundles(banjie, cases, tmp_path / "before")
    new = there(banjie.must("move", "--to", postgres_database), postgres_database)
    after = bundles(new, cases, tmp_path / "after")
    assert after == before
    for _time in range(2):
        assert new.run("verify", "--json").json["findings"] == []
        new.must("seal")  # the same ledger is sealed on


def test_cut_off_it_goes_on_behind_the_last_row_and_nobody_works_with_half(
    file: Path,
    cases: list[CaseId],
    banjie: CommandLine,
    postgres_database: str,
    small_pieces: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, put, pieces = sorted_rows(f"sqlite:///{file}"), Moving._put, 0

    def cut_off(self: Moving, one: Any, rows: Any) -> None:
        nonlocal pieces
        pieces += 1
        if pieces == 9:
            raise CutOffError
        put(self, one, rows)

    with monkeypatch.context() as patch:
        patch.setattr(Moving, "_put", cut_off)
        with pytest.raises(CutOffError):
            banjie.run("move", "--to", postgres_database)
    half = sum(map(len, sorted_rows(postgres_database).values()))
    for write in (("seal",), ("search", "--rebuild")):
        here, other = banjie.run(*write), command_line(postgres_database).run(*write)
        assert here.code == other.code == 1
        assert (
            f"数据库 {file} 已迁往 PostgreSQL，请让 BANJIE_DATABASE_URL 指向新库；"
            "尚未在新库办理而要退回的，用 banjie move --back" in here.err
        )
        assert "这个 PostgreSQL 库正在由 SQLite 迁入，尚不完整；请先用 banjie move 迁完" in other.err
    reading = command_line(postgres_database).run("verify")
    assert "尚不完整" in reading.err, "half a history is not verified either"
    said = banjie.must("move", "--to", postgres_database)
    rows = sum(map(len, before.values()))
    assert 0 < half < rows
    assert f"已迁移 {rows} 行（本次 {rows - half} 行）" in said
    assert sorted_rows(postgres_database) == before


def test_killed_at_any_moment_it_is_finished_by_asking_again(tmp_path: Path, postgres_database: str) -> None:
    file = tmp_path / "sample.db"
    build_sample(Settings(database_url=f"sqlite:///{file}"), cases=12)
    before = sorted_rows(f"sqlite:///{file}")
    banjie = command_line(str(file), clock=SAMPLE_ENDS_AT.isoformat())
    for wait in (0.9, 1.3, 1.7):
        with banjie.start("move", "--to", postgres_database) as process:
            time.sleep(wait)
            os.kill(process.pid, signal.SIGKILL)
    banjie.must("move", "--to", postgres_database)
    assert sorted_rows(postgres_database) == before
    assert revision(postgres_database) == "0023"


def test_a_row_that_differs_is_told_by_its_key_and_the_file_can_be_taken_back(
    file: Path, cases: list[CaseId], banjie: CommandLine, postgres_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unequal, told = Moving.unequal, list[str]()

    def spoilt(self: Moving, progress: Any) -> Any:
        change(postgres_database, f"UPDATE cases SET subject = '另一件事' WHERE id = '{cases[1]}'")
        change(postgres_database, "INSERT INTO directory_epoch (root, epoch, position) VALUES ('zz', 1, 1)")
        change(postgres_database, "DELETE FROM person WHERE id = 'zhai'")
        found = unequal(self, progress)
        told.extend(text.zh for text in found)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Moving, "unequal", spoilt)
        refused = banjie.run("move", "--to", postgres_database)
    assert refused.code == 1
    first = f"cases works {cases[1]}：两边不一致"
    assert told == [first, "directory_epoch zz：目标库多出的行", "person works zhai：目标库缺少的行"]
    assert f"两库有 3 张表不一致，例如 {first}；源库未改动。请另建空库重迁" in refused.err
    assert banjie.run("seal").code == 1
    assert "已退回：可继续使用原来的 SQLite 库" in banjie.must("move", "--back")
    assert banjie.run("seal").code == 0
    assert "没有迁出，无须退回" in banjie.run("move", "--back").err
    again = banjie.run("move", "--to", postgres_database)
    assert "目标库里有另一次没有迁完的内容，请另建空库" in again.err


def test_what_verification_finds_in_the_new_database_is_told(
    file: Path, cases: list[CaseId], banjie: CommandLine, postgres_database: str
) -> None:
    change(f"sqlite:///{file}", f"UPDATE cases SET subject = '另一件事' WHERE id = '{cases[1]}'")
    refused = banjie.run("move", "--to", postgres_database)
    assert refused.code == 1
    assert "新库核验发现 1 处问题" in refused.err
    assert cases[1] in refused.err


def test_what_cannot_be_moved_is_refused_and_nothing_is_marked(
    file: Path, cases: list[CaseId], banjie: CommandLine, postgres_database: str, tmp_path: Path
) -> None:
    assert "目标应是 PostgreSQL 库：postgresql://用户@主机/库名" in banjie.run("move", "--to", "sqlite:///b.db").err
    unsaid = banjie.run("move")
    assert unsaid.code == 2
    assert "请写明 --to 或 --back · say --to or --back" in unsaid.err.replace("\n", " ")
    assert banjie.run("move", "--to", postgres_database, "--back").code == 2
    lock = WriterLock(file)
    lock.take()
    assert (
        f"有进程正在使用 {file}，请先停止 banjie serve 和 banjie work"
        in banjie.run("move", "--to", postgres_database).err
    )
    lock.release()
    change(f"sqlite:///{file}", "CREATE TABLE notes (text TEXT)")
    assert "库中有不属于本系统的表：notes，请先移走" in banjie.run("move", "--to", postgres_database).err
    change(f"sqlite:///{file}", "DROP TABLE notes")
    change(postgres_database, "INSERT INTO directory_epoch (root, epoch, position) VALUES ('zz', 1, 1)")
    refused = banjie.run("move", "--to", postgres_database)
    assert "目标库不是空的（如 directory_epoch 有 1 行），请另建空库" in refused.err
    assert (
        "迁出的应是 SQLite 数据库，请用 --database 指明文件"
        in command_line(postgres_database).run("move", "--back").err
    )
    assert revision(f"sqlite:///{file}") == revision(postgres_database) == "0023"


def test_a_value_that_postgresql_cannot_hold_is_told_and_left_where_it_is(
    file: Path, cases: list[CaseId], banjie: CommandLine, postgres_database: str
) -> None:
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("UPDATE person SET name = 'a' || char(0) || 'b' WHERE id = 'luo'")
    refused = banjie.run("move", "--to", postgres_database)
    assert refused.code == 1
    assert "有一项内容 PostgreSQL 不能保存（例如空字符），请联系开发者" in refused.err


def test_a_move_that_is_over_is_not_made_twice(
    file: Path, cases: list[CaseId], banjie: CommandLine, postgres_database: str, postgres_url: str
) -> None:
    banjie.must("move", "--to", postgres_database)
    assert "（本次 0 行）" in banjie.must("move", "--to", postgres_database)
    other = create_database(postgres_url)
    elsewhere = "源库已迁往另一个库；要重迁，请先用 banjie move --back 退回"
    try:
        assert elsewhere in banjie.run("move", "--to", other).err
        with open_house(other):
            pass
        assert elsewhere in banjie.run("move", "--to", other).err, "a house of its own"
    finally:
        drop_database(postgres_url, other)
