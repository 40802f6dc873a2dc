"""What the command line tells whom it refuses, word for word, and what it says to do next."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from engine.errors import InputRefused, NotFound, SealingStopped
from engine.storage.sqlite_lock import WriterLock
from runtime import backups
from runtime.clock import SetClock
from runtime.jobs.leases import LeasedJobs
from runtime.settings import Settings
from runtime.signer.keeper import Keeper
from runtime.signer.talk import RemoteSigner, SignerServer
from tests.support.command_line import CommandLine
from tests.support.keys import FIRST
from tests.support.refusals import told


def path_of(banjie: CommandLine) -> Path:
    return Path(banjie.database.removeprefix("sqlite:///"))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("figures -w proposal --as-of 2026-02-30", "“2026-02-30”不是日期，请写成 2026-09-15 或 2026-09-15T17:00"),
        ("user add wang --name 王 --unit HQ", "登录名“wang”已存在；重设密码请用 banjie user password wang"),
        ("user add li --name 李 --unit MOON", "没有（或不止一个）单位叫“MOON”；banjie unit list 列出全部"),
        ("user back nobody", "没有登录名“nobody”；banjie user list 列出全部"),
        ("user back wang", "wang 现在没有外出；尚未开始的请用 --from 指明"),
        ("user revoke wang handler --unit HQ", "wang 在该单位没有角色“handler”"),
        ("user notices wang --address x", "请用 --channel 指明渠道"),
        ("token revoke 0123456789abcdef", "没有这个令牌，或已失效"),
        ("overdue --act remind", "请用 --as 写明办理人的账号"),
        ("demo", "数据库不是空的，示例只建在空数据库中"),
        ("demo", "请用 --database sqlite:///data/demo.db 另指一个"),
        ("signer --show-key --folder nowhere", "先执行 banjie signer --init，或用 --folder 指明文件夹"),
        ("signer --show-key --folder nowhere", "nowhere 中没有密钥"),
        ("verify --anchor nowhere.note", "读不到文件 nowhere.note"),
        ("verify --receipt nowhere.txt", "读不到回执 nowhere.txt"),
        (
            f"import {__file__} --workflow proposal --session 9-9",
            "没有（或不止一个）届次叫“9-9”；banjie session list 列出全部",
        ),
    ],
)
def test_a_refusal_of_a_command_is_told(house: CommandLine, command: str, said: str) -> None:
    answered = house.run(*command.split())
    assert answered.code == 1, answered.err
    assert said in answered.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (
            "unit add X --name 新 --root --parent HQ",
            "--root 不能与 --parent、--organisation 同用 · --root stands alone",
        ),
        (
            "erase --by wang --approver wang --basis consent",
            "CASE，或仅 --person LOGIN · CASE, or --person LOGIN alone",
        ),
        ("demo --size big", "--size 为 small 或正整数 · --size is small or a whole number above 0"),
    ],
)
def test_wrong_use_of_a_command_is_told(
    house: CommandLine, monkeypatch: pytest.MonkeyPatch, command: str, said: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")  # the box around it breaks no line
    answered = house.run(*command.split())
    assert answered.code == 2, answered.err
    assert said in answered.err


def test_a_database_that_is_not_there_is_told_with_what_to_do(banjie: CommandLine) -> None:
    path = path_of(banjie)
    said = f"数据库 {path} 不存在；请用 --database 指定，或先运行 banjie serve、banjie demo"
    assert said in banjie.run("overdue").err


def test_beside_another_command_one_is_told_to_wait(house: CommandLine) -> None:
    lock = WriterLock(path_of(house))
    lock.take()
    try:
        added, built = house.run("unit", "add", "CW", "--name", "财务部"), house.run("demo")
    finally:
        lock.release()
    assert "→ 请等它结束后再执行" in added.err
    assert f"另一进程正在使用 {path_of(house)}（可能已有 banjie serve 在运行）" in built.err
    assert "→ 请先停止它，或用 --database 另指数据库" in built.err


def test_without_the_holidays_library_a_seed_says_what_to_install(
    house: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "holidays", None)
    answered = house.run("calendar", "seed", "2026")
    assert "未安装 holidays 库" in answered.err
    assert "请安装：pip install 'banjie[seed]'" in answered.err


def test_jobs_that_are_not_there_are_told(sqlite_database: str) -> None:
    jobs = LeasedJobs.open(sqlite_database, SetClock(FIRST))
    with told(NotFound, "没有待执行或执行中的任务 7"):
        jobs.cancel(7)  # type: ignore[arg-type]  # a number that was never given
    with told(NotFound, "没有可重新执行的任务 7（不存在，或正在执行）"):
        jobs.re_run(7)  # type: ignore[arg-type]  # a number that was never given


def test_a_back_up_without_its_list_is_told_to_be_none(tmp_path: Path) -> None:
    file = tmp_path / "b.db"
    file.write_bytes(b"x")
    with told(InputRefused, f"{file} 不是完整的备份（缺少 b.db.json，或内容已变）"):
        backups.read_manifest(file)


def test_without_the_programs_of_postgresql_it_is_said_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    with told(InputRefused, "没有找到 pg_dump，请安装 PostgreSQL 客户端"):
        backups.back_up(
            Settings(database_url="postgresql://x@127.0.0.1/x"), tmp_path, FIRST, lambda _done, _whole: None
        )


def test_a_signer_says_why_it_does_not_answer(tmp_path: Path) -> None:
    nowhere = str(tmp_path / "nobody.sock")
    with told(
        SealingStopped,
        f"连接不上签名程序（{nowhere}）；记录照常登记，待其恢复后封存。请检查 banjie signer 是否在运行",
    ):
        RemoteSigner(nowhere).key("works")
    for address in ("tcp://10.0.0.1:7", "tcp://nowhere"):
        with told(InputRefused, f"签名程序的地址须为文件路径或 tcp://127.0.0.1:端口，现为 {address}"):
            RemoteSigner(address)
    keeper = Keeper(tmp_path / "signer")
    try:
        with told(InputRefused, "经 tcp 监听须以 BANJIE_SIGNER_TOKEN 设置至少 20 字符的口令"):
            SignerServer(keeper, "tcp://127.0.0.1:0", token="short")
        with told(SealingStopped, f"签名程序无法监听 {tmp_path}/no/where.sock"):
            SignerServer(keeper, f"{tmp_path}/no/where.sock")
    finally:
        keeper.close()
