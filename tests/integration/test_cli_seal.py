"""``banjie seal``, ``banjie signer`` and what ``verify`` and ``doctor`` say of what is sealed, on a small sample."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest

from engine.ledger.notes import Checkpoint
from engine.storage.urls import sqlite_path
from runtime.signer.keeper import Keeper
from tests.support.command_line import CommandLine
from tests.support.sealing import behind_its_back


@pytest.fixture
def folder(sample: CommandLine) -> Path:
    """The folder of the sample's signer."""
    path = sqlite_path(sample.database)
    assert path is not None
    return path.with_name(f"{path.name}.signer")


def note_of(sample: CommandLine, into: Path) -> Path:
    """Seal, and keep the newest checkpoint as an auditor would."""
    newest = sample.run("seal", "--json").json[0]["newest"]
    into.write_text(newest["note"], "utf-8")
    return into


def test_sealing_says_what_it_did_and_verification_counts_it(sample: CommandLine) -> None:
    first = sample.must("--lang", "en", "seal")
    assert "entries sealed; newest checkpoint 1" in first
    again = sample.run("seal", "--json").json
    assert (again[0]["entries"], again[0]["checkpoints"], again[0]["aside"]) == (0, 0, [])
    verified = sample.run("verify", "--json").json
    assert verified["ok"] is True
    assert verified["sealed"] == verified["entries"] == again[0]["newest"]["size"]
    assert (verified["waiting"], verified["checkpoints"], verified["signatures_checked"]) == (0, 1, True)
    assert "已封存于 1 个检查点之下，0 条待封存" in sample.must("verify")


def test_a_checkpoint_kept_elsewhere_is_verified_and_one_of_another_ledger_is_a_finding(
    sample: CommandLine, tmp_path: Path
) -> None:
    kept = note_of(sample, tmp_path / "mailed.note")
    assert sample.run("verify", "--anchor", str(kept), "--consistency", str(kept), str(kept)).code == 0
    keeper = Keeper(tmp_path / "other")
    origin = kept.read_text("utf-8").splitlines()[0]
    size = int(kept.read_text("utf-8").splitlines()[1])
    forged, stranger = tmp_path / "forged.note", tmp_path / "stranger.note"
    root = sha256(b"another").digest()
    forged.write_text(keeper.sign(Checkpoint(origin=origin, size=size, root=root), ()), "utf-8")
    stranger.write_text(keeper.sign(Checkpoint(origin="elsewhere", size=1, root=root), ()), "utf-8")
    keeper.close()
    found = sample.run("verify", "--anchor", str(forged), "--anchor", str(stranger), "--json").json["findings"]
    assert {one["rule"] for one in found} == {"S1", "S3"}
    assert "数据库中没有 stranger.note 所属的账册 elsewhere" in [one["text"]["zh"] for one in found]
    pair = sample.run("--lang", "en", "verify", "--consistency", str(kept), str(forged))
    assert pair.code == 1
    assert "two histories were shown" in pair.err


@pytest.mark.parametrize("content", [None, b"", b"no note", b"\xff\xff"])
def test_a_file_that_is_no_checkpoint_is_refused_by_name(
    sample: CommandLine, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "wrong.note"
    if content is not None:
        file.write_bytes(content)
    answered = sample.run("--lang", "en", "verify", "--anchor", str(file))
    assert answered.code == 1
    assert "wrong.note" in answered.err


def test_the_key_may_be_given_as_printed_and_a_wrong_one_is_a_finding(sample: CommandLine, tmp_path: Path) -> None:
    sample.must("seal")
    printed = sample.must("--lang", "en", "signer", "--show-key").splitlines()
    assert printed[1].startswith("  fingerprint: ")
    assert sample.run("verify", "--key", printed[0]).code == 0
    keeper = Keeper(tmp_path / "other")
    wrong = keeper.key("x").text
    keeper.close()
    found = sample.run("verify", "--key", wrong, "--json").json["findings"]
    assert {one["rule"] for one in found} == {"S1"}
    assert sample.run("verify", "--key", "nonsense").code == 1


def test_without_the_signers_folder_verification_says_that_signatures_were_not_looked_at(
    sample: CommandLine, folder: Path
) -> None:
    sample.must("seal")
    shutil.rmtree(folder)
    answered = sample.run("--lang", "en", "verify")
    assert answered.code == 0
    assert "signatures were not looked at" in answered.out


def test_an_older_copy_is_found_and_not_sealed_and_the_doctor_says_so(sample: CommandLine, tmp_path: Path) -> None:
    path = sqlite_path(sample.database)
    assert path is not None
    sample.must("seal")
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(tmp_path / "copy.db")) as copy:
        source.backup(copy)
    sample.must("user", "add", "newcomer", "--name", "新人", "--unit", unit_of(path))
    sealed = sample.run("seal", "--json").json[0]
    assert sealed["entries"] > 0, "adding somebody is on record"
    shutil.copy(tmp_path / "copy.db", path)
    for left in ("-wal", "-shm"):
        Path(f"{path}{left}").unlink(missing_ok=True)
    assert {one["rule"] for one in sample.run("verify", "--json").json["findings"]} == {"S2"}
    refused = sample.run("--lang", "en", "seal")
    assert refused.code == 1
    assert "restored from an older back-up" in refused.err
    doctor = sample.run("--lang", "en", "doctor")
    assert doctor.code == 1
    assert "which are not the" in doctor.out
    assert "→ 数据库可能来自旧备份或被改动：恢复更新的备份，再执行 banjie verify" in sample.run("doctor").out


def unit_of(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("SELECT code FROM unit WHERE parent IS NULL").fetchone()[0])


def test_a_trigger_done_away_with_is_found(sample: CommandLine) -> None:
    path = sqlite_path(sample.database)
    assert path is not None
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("DROP TRIGGER leaf_refuses_update")
        connection.execute("CREATE TABLE aside (x)")
    found = sample.run("--lang", "en", "verify")
    assert "[D1] schema: trigger leaf_refuses_update is missing" in found.err
    assert "[D1] schema: table aside is not one of ours" in found.err
    said = sample.run("verify").err
    assert said.startswith("账册 [D1] ")
    assert " 条记录，发现 2 处问题" in said


def test_a_case_without_any_entry_is_told_to_be_wrong_as_a_whole(sample: CommandLine) -> None:
    with behind_its_back(sample.database) as change:
        ((case,),) = change("SELECT id FROM cases LIMIT 1")
        change('DELETE FROM ledger_entry WHERE "case" = ?', case)
    said = sample.run("verify").err
    assert f"事项 {case} 整件 [" in said
    assert " 条记录，发现 " in said


def test_a_file_that_the_database_itself_finds_damaged_is_told(
    sample: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage = "row 3 missing from index case_by_number"
    monkeypatch.setattr("engine.storage.schema_look.SchemaReads.damage", lambda _self: [damage])
    assert f"账册 [D1] 数据库文件：{damage}" in sample.run("verify").err


def test_what_cannot_be_sealed_is_named(sample: CommandLine) -> None:
    with behind_its_back(sample.database) as change:
        ((case, seq),) = change('SELECT "case", seq FROM unsealed LIMIT 1')
        change('UPDATE ledger_entry SET body = hash WHERE "case" = ? AND seq = ?', case, seq)
    answered = sample.run("--lang", "en", "seal")
    assert answered.code == 1
    assert f"case {case}, entry {seq} cannot be sealed" in answered.err
    said = f"✗ 事项 {case} 第 {seq} 条不能封存：内容缺失或与哈希不符，请执行 banjie verify"
    assert said in sample.run("seal").err


def test_the_signers_folder_is_made_shown_and_its_head_adopted(
    sample: CommandLine, folder: Path, tmp_path: Path
) -> None:
    assert sample.run("--lang", "en", "signer", "--show-key").code == 1
    sample.must("signer", "--init")
    before = sample.must("signer", "--show-key")
    kept = note_of(sample, tmp_path / "newest.note")
    assert before.splitlines()[0].startswith("banjie+")
    shutil.rmtree(folder / "heads")
    refused = sample.run("--lang", "en", "seal")
    assert refused.code == 1
    assert "does not know the ledger" in refused.err
    assert "→ 恢复原来的签名文件夹（见 BANJIE_SIGNER_FOLDER、BANJIE_SIGNER）" in sample.run("doctor").out
    assert "entries" in sample.must("--lang", "en", "signer", "--adopt", str(kept))
    assert sample.run("seal").code == 0
    assert sample.run("signer", "--adopt", str(tmp_path / "nothing")).code == 1


def test_the_doctor_says_how_much_is_sealed_and_when_it_is_behind(sample: CommandLine) -> None:
    assert "The ledger has not been sealed for" in sample.run("--lang", "en", "doctor").out
    assert "→ 启动 banjie serve（或 banjie work），或执行 banjie seal 查看原因" in sample.run("doctor").out
    sample.must("seal")
    assert "entries of the ledger are sealed" in sample.run("--lang", "en", "doctor").out
