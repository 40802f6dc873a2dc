"""The whole house comes back on an empty machine: database, files, keys and signer; wrong keys leave nothing behind."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from engine.case.actors import SYSTEM
from engine.case.commands import EraseValues, ErasureBasis
from engine.case.identity import CaseId, PersonId
from engine.service.execute import Done
from engine.service.filing.cabinet import Cabinet
from engine.storage.urls import sqlite_path
from runtime.keys.keyfile import KeyFile
from runtime.keys.shredding import finish_erasures
from tests.support.command_line import CommandLine, command_line
from tests.support.hostile_files import photograph
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.keys import erased, fields_shown, places_in, reopened
from tests.support.postgres import create_database, drop_database
from tests.support.storage import table

PHOTO = photograph()
PHONE = "13988770099"


def a_case(house: House) -> tuple[CaseId, str]:
    """Return a case that has ended, with a phone number and a photograph."""
    with client_of(house) as client:
        headers = {**house.bearer("shi"), "Idempotency-Key": os.urandom(8).hex()}
        sent = client.post("/api/uploads", headers=headers, files={"file": ("a.jpg", PHOTO)})
    file = str(sent.json()["id"])
    case = house.open("shi", {"proposer_type": "delegation", "proposer_phone": PHONE, "attachments": [file]})
    house.fire("shi", case, "submit")
    house.fire("shi", case, "withdraw")
    return case, file


def photo_of(house: House, case: CaseId, file: str) -> bytes:
    actor = house.desk.queries.actor(ROOT, PersonId("shi"), house.clock.now())
    return b"".join(Cabinet(house.desk).open(ROOT, case, actor, house.desk.world(ROOT), file).blocks)


@pytest.fixture
def machine(any_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> CommandLine:
    """A machine with a case, its file, keys and a signer."""
    monkeypatch.setenv("BANJIE_SIGNER_FOLDER", str(tmp_path / "signer"))
    with open_house(any_database) as house:
        a_case(house)
    banjie = command_line(any_database)
    banjie.must("seal")
    return banjie


def the_case(house: House) -> tuple[CaseId, str]:
    (case,) = house.desk.reads.all_case_ids(ROOT)
    actor = house.desk.queries.actor(ROOT, PersonId("shi"), house.clock.now())
    (file,) = Cabinet(house.desk).files(ROOT, case, actor, house.desk.world(ROOT))
    return case, file.id


def backed_up(banjie: CommandLine, tmp_path: Path) -> tuple[Path, Path]:
    """Return the file of a back-up and the folder of its keys."""
    folder, keys = tmp_path / "backup", tmp_path / "backed-keys"
    banjie.must("backup", str(folder), "--keys", str(keys))
    (file,) = [path for path in folder.iterdir() if path.suffix in (".db", ".dump")]
    return file, keys


def emptied(url: str, tmp_path: Path, request: pytest.FixtureRequest) -> CommandLine:
    """Return an empty machine: nothing of the old one is there but its back-ups."""
    for name in ("keys", "files", "signer"):
        shutil.rmtree(tmp_path / name)
    for path in [*tmp_path.glob("accounts.key"), *tmp_path.glob("banjie.db*")]:
        path.unlink() if path.is_file() else shutil.rmtree(path)
    if sqlite_path(url) is not None:
        return command_line(url)
    server = request.getfixturevalue("postgres_url")
    made = create_database(server)
    request.addfinalizer(lambda: drop_database(server, made))
    return command_line(made)


def everything_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_the_whole_house_comes_back_on_an_empty_machine(
    machine: CommandLine, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with reopened(machine.database) as (_opened, house):
        case, file = the_case(house)
    log_key = (tmp_path / "signer" / "log.key").read_bytes()
    backup, keys = backed_up(machine, tmp_path)
    assert (keys / "signer" / "log.key").read_bytes() == log_key
    assert list((keys / "signer" / "heads").glob("*.note"))
    assert not any(log_key in path.read_bytes() for path in backup.parent.rglob("*") if path.is_file())

    new = emptied(machine.database, tmp_path, request)
    assert "核验未发现问题" in new.must("restore", str(backup), "--keys", str(keys))
    assert (tmp_path / "signer" / "log.key").read_bytes() == log_key
    assert (tmp_path / "signer" / "log.key").stat().st_mode & 0o077 == 0
    with reopened(new.database) as (_opened, house):
        assert fields_shown(house, case)["proposer_phone"] == PHONE
        assert photo_of(house, case, file) == PHOTO
    assert "未发现问题" in new.must("verify")
    new.must("seal")


def test_wrong_keys_leave_nothing_behind(machine: CommandLine, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    backup, keys = backed_up(machine, tmp_path)
    stranger = tmp_path / "stranger"
    made = places_in(stranger)
    KeyFile.open(made).close()
    new = emptied(machine.database, tmp_path, request)
    before = everything_in(tmp_path)
    answered = new.run("restore", str(backup), "--keys", str(made.keys.parent))
    assert (answered.code, "没有本数据库的密钥" in answered.err) == (1, True)
    assert everything_in(tmp_path) == before
    if sqlite_path(new.database) is None:
        tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()"
        assert table(new.database, tables) == [(0,)]
    new.must("restore", str(backup), "--keys", str(keys))


def test_a_back_up_without_one_of_its_files_is_refused_before_anything_is_put_anywhere(
    machine: CommandLine, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    backup, keys = backed_up(machine, tmp_path)
    next(path for path in (backup.parent / "files").rglob("*") if path.is_file()).unlink()
    new = emptied(machine.database, tmp_path, request)
    before = everything_in(tmp_path)
    answered = new.run("restore", str(backup), "--keys", str(keys))
    assert (answered.code, "备份缺少 1 个附件，或大小不符；没有恢复任何内容" in answered.err) == (1, True)
    assert everything_in(tmp_path) == before


def test_back_ups_share_their_files_and_drop_what_none_of_them_needs(machine: CommandLine, tmp_path: Path) -> None:
    backup, _keys = backed_up(machine, tmp_path)
    shared = backup.parent / "files"
    held = everything_in(shared)
    assert len(held) == 2, "the photograph, and its copy without metadata"
    with reopened(machine.database) as (opened, house):
        case, _file = the_case(house)
        assert isinstance(erased(house, case, "fields/attachments"), Done)
        finish_erasures(opened)
    shutil.rmtree(tmp_path / "files")
    backup = backup.rename(backup.with_name(f"older{backup.suffix}"))
    old_list = next(backup.parent.glob("*.files"))
    old_list = old_list.rename(old_list.with_name("older.files"))
    machine.must("backup", str(backup.parent))
    assert everything_in(shared) == held, "the older back-up still needs them"
    old_list.unlink()
    for path in backup.parent.glob("banjie-*"):
        path.unlink()
    machine.must("backup", str(backup.parent))
    assert everything_in(shared) == []


def test_a_back_up_whose_newest_case_was_erased_whole_is_opened(
    machine: CommandLine, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Its keys are gone from the newest key file, lawfully: that does not make it another house's."""
    backup, keys = backed_up(machine, tmp_path)
    with reopened(machine.database) as (opened, house):
        case, _file = the_case(house)
        held = tuple(dict.fromkeys(row.path for row in house.desk.reads.privates(ROOT, case)))
        command = EraseValues(root=ROOT, actor=SYSTEM, key="", case=case, paths=held, basis=ErasureBasis.RESTORED)
        (answer,) = house.desk.office.carry_out([command])
        assert isinstance(answer, Done)
        finish_erasures(opened)
    machine.must("backup", str(tmp_path / "later"), "--keys", str(keys))
    new = emptied(machine.database, tmp_path, request)
    said = new.must("restore", str(backup), "--keys", str(keys))
    assert "再次删除" in said
    with reopened(new.database) as (_opened, house):
        assert "proposer_phone" not in fields_shown(house, case, "shen")
