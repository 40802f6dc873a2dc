"""Back-ups of any age open with the newest keys and never bring back what was erased; nothing is written over."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from engine.case.identity import CaseId
from engine.service.execute import Done
from engine.storage.sqlite_lock import WriterLock
from engine.storage.urls import sqlite_path
from runtime.cli.key_looks import modes
from runtime.keys.keyfile import KeyFile
from runtime.keys.rotation import rotate
from runtime.keys.shredding import finish_erasures
from tests.support.command_line import CommandLine, command_line
from tests.support.house import ROOT, House, open_house
from tests.support.keys import erased, fields_shown, files_holding, places_in, reopened
from tests.support.postgres import create_database, drop_database
from tests.support.sealing import behind_its_back
from tests.support.storage import table

PHONES = ["13988770010", "13988770011", "13988770012", "13988770013"]
GROUNDS = "第{}件：夜班食堂。"


def a_case(house: House, number: int) -> CaseId:
    form = {"proposer_type": "delegation", "proposer_phone": PHONES[number], "grounds": GROUNDS.format(number)}
    case = house.open("shi", form)
    house.fire("shi", case, "submit")
    house.fire("shi", case, "withdraw")
    return case


def backed_up(banjie: CommandLine, folder: Path, *arguments: str) -> Path:
    before = set(folder.glob("banjie-*"))
    banjie.must("backup", str(folder), *arguments)
    (file,) = {path for path in folder.glob("banjie-*") if path.suffix in (".db", ".dump")} - before
    return file


def renamed(file: Path, name: str) -> Path:
    """Give a back-up another name, as two within one second would have the same."""
    new = file.with_name(name + file.suffix)
    manifest = json.loads(file.with_name(file.name + ".json").read_text())
    file.with_name(file.name + ".json").unlink()
    new.with_name(new.name + ".json").write_text(json.dumps({**manifest, "file": new.name}))
    return file.rename(new)


def phones_shown(url: str, cases: Sequence[CaseId]) -> list[object]:
    """Return the phone number of those of the cases that are there, None where it cannot be read any more."""
    with reopened(url) as (_opened, house):
        there = {case.id for case in house.desk.reads.cases(ROOT, cases)}
        return [fields_shown(house, case).get("proposer_phone") for case in cases if case in there]


def test_a_back_up_of_any_age_opens_with_the_newest_key_file(
    any_database: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """Four ages with rotations and erasures in between; each is restored beside the newest keys."""
    folder = tmp_path / "backups"
    banjie = command_line(any_database)
    files = []
    with open_house(any_database):
        pass
    cases: list[CaseId] = []
    for number in range(4):
        with reopened(any_database) as (opened, house):
            cases.append(a_case(house, number))
        files.append(renamed(backed_up(banjie, folder), f"age-{number}"))
        with reopened(any_database) as (opened, house):
            if number in (1, 2):  # the first case after the second back-up, the second after the third
                assert isinstance(erased(house, cases[number - 1], "fields/proposer_phone", "fields/grounds"), Done)
                finish_erasures(opened)
            rotate(opened.keys.file, force=True)

    assert phones_shown(any_database, cases) == [None, None, *PHONES[2:]]
    for number, file in enumerate(files):
        url = _another(any_database, request, tmp_path, number)
        restored = command_line(url)
        said = restored.must("restore", str(file))
        gone = min(2, number + 1)
        assert "核验未发现问题" in said
        assert ("再次删除" in said) == (number < 3)
        assert phones_shown(url, cases) == [None] * gone + PHONES[gone : number + 1]
        kept = table(url, "SELECT body FROM cases")
        for lost in range(gone):
            assert GROUNDS.format(lost) not in str(kept)


def _another(url: str, request: pytest.FixtureRequest, tmp_path: Path, number: int) -> str:
    """Return a database that does not exist yet, beside the same keys."""
    path = sqlite_path(url)
    if path is not None:
        return f"sqlite:///{path.with_name(f'restored-{number}.db')}"
    server = request.getfixturevalue("postgres_url")
    made = create_database(server)
    request.addfinalizer(lambda: drop_database(server, made))
    return made


@pytest.fixture
def house_line(sqlite_database: str) -> CommandLine:
    with open_house(sqlite_database) as house:
        a_case(house, 0)
    return command_line(sqlite_database)


def test_a_database_is_never_written_over(house_line: CommandLine, tmp_path: Path) -> None:
    file = backed_up(house_line, tmp_path / "b")
    with reopened(house_line.database) as (_opened, house):
        house.open("shi")
    answered = house_line.run("restore", str(file))
    assert answered.code == 1
    assert "条记录），恢复不会覆盖它；改用此备份将少 1 条记录。请先把它移走或另指数据库" in answered.err


def test_a_database_that_somebody_writes_is_not_restored_to(house_line: CommandLine, tmp_path: Path) -> None:
    file = backed_up(house_line, tmp_path / "b")
    path = sqlite_path(house_line.database)
    assert path is not None
    lock = WriterLock(path)
    lock.take()
    try:
        answered = house_line.run("restore", str(file))
    finally:
        lock.release()
    assert (answered.code, f"有进程正在使用 {path}" in answered.err) == (1, True)


def test_a_back_up_of_another_kind_of_database_is_refused(house_line: CommandLine, tmp_path: Path) -> None:
    file = backed_up(house_line, tmp_path / "b")
    answered = command_line("postgresql://nobody@127.0.0.1:1/none").run("restore", str(file))
    assert answered.code == 1
    assert "这是 sqlite 的备份，与 --database 所指不符" in answered.err


def test_what_was_changed_before_the_back_up_is_found_when_it_is_restored(
    house_line: CommandLine, tmp_path: Path
) -> None:
    with behind_its_back(house_line.database) as change:
        change("DELETE FROM deadline")
        change("UPDATE ledger_entry SET hash = zeroblob(32) WHERE seq = 1")
    wrong = [one for one in house_line.run("verify", "--json").json["findings"] if one.get("case")]
    file = backed_up(house_line, tmp_path / "b")
    answered = command_line(f"sqlite:///{tmp_path / 'new.db'}").run("restore", str(file))
    assert answered.code == 1
    assert wrong
    assert f"核验发现 {len(wrong)} 处问题" in answered.err


def test_keys_come_back_with_their_own_back_up(house_line: CommandLine, tmp_path: Path) -> None:
    file = backed_up(house_line, tmp_path / "b", "--keys", str(tmp_path / "k"))
    assert files_holding(tmp_path / "b", b"held_key") == []
    assert sorted(path.name for path in (tmp_path / "k").iterdir()) == [
        "accounts.key",
        "epoch.keys",
        "keys.db",
    ]
    (tmp_path / "accounts.key").unlink()
    shutil.rmtree(tmp_path / "keys")
    for path in tmp_path.glob("banjie.db*"):
        path.unlink()

    without = house_line.run("restore", str(file))
    assert (without.code, str(tmp_path / "keys" / "keys.db") in without.err) == (1, True)
    assert not (tmp_path / "banjie.db").exists()
    house_line.must("restore", str(file), "--keys", str(tmp_path / "k"))
    assert (tmp_path / "accounts.key").read_bytes() == (tmp_path / "k" / "accounts.key").read_bytes()
    with reopened(house_line.database) as (_opened, house):
        (case,) = house.desk.reads.all_case_ids(ROOT)
        assert fields_shown(house, case)["proposer_phone"] == PHONES[0]


def test_keys_are_not_backed_up_to_the_folder_of_the_database(house_line: CommandLine, tmp_path: Path) -> None:
    for folder in (tmp_path / "b", tmp_path / "b" / "keys"):
        answered = house_line.run("backup", str(tmp_path / "b"), "--keys", str(folder))
        assert (answered.code, "密钥须与数据库分开备份，请另选文件夹" in answered.err) == (1, True)
        for path in (tmp_path / "b").iterdir():
            path.unlink()


def test_the_newest_back_up_of_the_keys_takes_the_place_of_the_last(house_line: CommandLine, tmp_path: Path) -> None:
    kept = tmp_path / "k"
    renamed(backed_up(house_line, tmp_path / "b", "--keys", str(kept)), "first")
    with reopened(house_line.database) as (opened, house):
        (case,) = house.desk.reads.all_case_ids(ROOT)
        assert isinstance(erased(house, case, "fields/proposer_phone"), Done)
        ((key,),) = set(table(house_line.database, "SELECT DISTINCT key FROM private_value WHERE seq = 1"))
        finish_erasures(opened)
    backed_up(house_line, tmp_path / "b", "--keys", str(kept))
    copied = KeyFile.open(type(places_in(tmp_path))(keys=kept / "keys.db", epochs=kept / "epoch.keys"))
    assert "fields/proposer_phone" not in copied.find([key])[key]
    assert "" not in copied.find([key])[key]


@pytest.mark.parametrize("damage", ["bytes", "manifest", "no manifest", "no file"])
def test_a_back_up_that_is_not_whole_is_refused(house_line: CommandLine, tmp_path: Path, damage: str) -> None:
    file = backed_up(house_line, tmp_path / "b")
    manifest = file.with_name(file.name + ".json")
    if damage == "bytes":
        whole = file.read_bytes()
        file.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    elif damage == "manifest":
        manifest.write_text("{}")
    elif damage == "no manifest":
        manifest.unlink()
    else:
        file.unlink()
    target = command_line(f"sqlite:///{tmp_path / 'new.db'}")
    answered = target.run("restore", str(file))
    assert (answered.code, "不是完整的备份" in answered.err) == (1, True)
    assert not (tmp_path / "new.db").exists()


def test_erasing_from_the_command_line(house_line: CommandLine, tmp_path: Path) -> None:
    with reopened(house_line.database) as (_opened, house):
        (case,) = house.desk.reads.all_case_ids(ROOT)
    alone = house_line.run("erase", case, "--field", "proposer_phone", "--by", "shen", "--approver", "shen")
    assert (alone.code, "另一位" in alone.err) == (1, True)
    unknown = house_line.run("erase", case, "--field", "proposer_phone", "--by", "nobody", "--approver", "zhai")
    assert (unknown.code, "nobody" in unknown.err) == (1, True)
    said = house_line.must(
        "erase", case, "--field", "proposer_phone", "--field", "grounds", "--by", "shen", "--approver", "zhai"
    )
    assert said.endswith("已删除，密钥已销毁。在用系统中即刻消失，备份中最迟 35 天后消失\n")
    assert files_holding(tmp_path, GROUNDS.format(0).encode()) == []
    assert "未发现问题" in house_line.must("verify")


def test_keys_are_shown_and_rotated(house_line: CommandLine, tmp_path: Path) -> None:
    assert "第 2 期密钥已启用" in house_line.must("keys", "rotate")
    shown = house_line.run("keys", "status", "--json").json
    assert [(one["epoch"], one["destroyed"]) for one in shown["epochs"]] == [(1, False), (2, False)]
    assert shown["epochs"][0]["keys"] == 0
    assert "已加密 0 项" in house_line.must("keys", "seal-old")
    assert str(tmp_path / "keys" / "keys.db") in house_line.must("keys", "status")


def test_the_doctor_looks_at_modes_and_at_what_is_missing(house_line: CommandLine, tmp_path: Path) -> None:
    places = places_in(tmp_path)
    assert list(modes(places)) == []
    places.keys.chmod(0o644)
    places.keys.parent.chmod(0o755)
    looks = house_line.run("doctor", "--json").json["looks"]
    advice = [look["advice"]["zh"] for look in looks if look["name"] == "keys" and look["advice"]]
    assert advice == [f"chmod 700 {places.keys.parent}", f"chmod 600 {places.keys}"]
    places.epochs.unlink()
    answered = house_line.run("doctor")
    assert answered.code == 1
    assert str(places.epochs) in answered.out
    assert "→ 从密钥备份恢复后再试" in answered.out


def test_the_doctor_says_when_a_key_belongs_to_somebody_else(
    house_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = places_in(tmp_path)
    monkeypatch.setattr("os.geteuid", lambda: places.keys.stat().st_uid + 1)
    looks = {look.text.zh: look.advice for look in modes(places)}
    advice = looks[f"{places.keys} 属于另一个系统用户"]
    assert advice is not None
    assert advice.zh == f"chown 为运行服务的用户：{places.keys}"


def test_the_doctor_says_when_the_epoch_is_old_and_when_values_stand_in_the_clear(
    house_line: CommandLine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.cli.key_looks.EPOCH_AGE_MAX", timedelta(days=-10_000))
    with behind_its_back(house_line.database) as change:
        change("UPDATE private_value SET key = '' WHERE path = 'fields/proposer_phone'")
    looks = house_line.run("doctor", "--json").json["looks"]
    advice = [look["advice"]["zh"] for look in looks if look["name"] == "keys" and look["advice"]]
    assert advice == [
        "密钥已超过两天没有换期：启动 banjie serve（或 banjie work），或运行 banjie keys rotate",
        "运行 banjie keys seal-old；服务每天也会自动加密",
    ]


def test_somebody_is_told_all_that_is_kept_about_them_and_nothing_of_others(house_line: CommandLine) -> None:
    with reopened(house_line.database) as (_opened, house):
        (own,) = house.desk.reads.all_case_ids(ROOT)
        house.open("zhai", {"subject": "翟的提案", "proposer_type": "delegation"})
    told = house_line.run("subject", "export", "--person", "shi", "--json").json
    assert told["person"]["name"] == "石磊生"
    assert [one["role"] for one in told["roles"]] == ["delegate"]
    assert [case["case"] for case in told["cases"]] == [own]
    assert told["cases"][0]["fields"]["proposer_phone"]["value"] == PHONES[0]
    assert [entry["did"] for entry in told["cases"][0]["entries"]] == [None, "submit", "withdraw"]
    text = house_line.must("subject", "export", "--person", "shi")
    assert PHONES[0] in text
    assert "翟的提案" not in text
    assert house_line.run("subject", "export", "--person", "nobody").code == 1
