"""How the command line says no: exit codes, languages, missing databases, defects, and what ``doctor`` finds."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from engine.storage.sqlite_lock import WriterLock
from tests.support.command_line import PROJECT, CommandLine, command_line


def path_of(banjie: CommandLine) -> Path:
    return Path(banjie.database.removeprefix("sqlite:///"))


def test_a_missing_database_is_named_with_what_to_do(banjie: CommandLine) -> None:
    for command in (("overdue",), ("verify",), ("user", "list"), ("figures", "-w", "proposal")):
        asked = banjie.run(*command)
        assert asked.code == 1
        assert f"数据库 {path_of(banjie)} 不存在" in asked.err
        assert "banjie demo" in asked.err
    assert not path_of(banjie).exists()


def test_a_refusal_is_told_in_english_when_asked(banjie: CommandLine) -> None:
    assert "There is no database" in banjie.run("overdue", "--lang", "en").err
    assert "There is no database" in command_line(banjie.database, lang="en").run("overdue").err


def test_a_file_that_is_no_database_is_refused(banjie: CommandLine) -> None:
    path_of(banjie).write_text("not a database, but long enough to look like one " * 10)
    asked = banjie.run("overdue")
    assert asked.code == 1
    assert "Traceback" not in asked.err


def test_a_url_of_no_known_database_is_refused_without_being_repeated(banjie: CommandLine) -> None:
    asked = command_line("mysql://root:secret@localhost/x").run("overdue")
    assert asked.code == 1
    assert "sqlite:///文件路径" in asked.err
    assert "secret" not in asked.err


def test_a_path_alone_names_a_database_file(house: CommandLine) -> None:
    assert command_line(str(path_of(house))).must("unit", "list").startswith("JL")


def test_options_for_all_may_stand_after_the_command(house: CommandLine) -> None:
    elsewhere = command_line("sqlite:///nowhere.db")
    assert "JL  Jiangling" in elsewhere.must("unit", "list", "--lang=en", "--database", house.database)


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("unit", "add"), ("serve", "--port", "http"), ("--lang", "fr", "check")]
)
def test_wrong_use_ends_with_two(banjie: CommandLine, arguments: tuple[str, ...]) -> None:
    assert banjie.run(*arguments).code == 2


def test_a_wrong_setting_is_wrong_use_and_named(sqlite_database: str) -> None:
    asked = command_line(sqlite_database, clock="yesterday").run("overdue")
    assert asked.code == 2
    assert "BANJIE_CLOCK" in asked.err


def test_the_version_is_told(banjie: CommandLine) -> None:
    assert banjie.must("--version").startswith("banjie ")


@pytest.mark.parametrize(
    "command", ["serve", "demo", "check", "import", "figures", "overdue", "calendar", "user", "unit"]
)
def test_every_command_explains_itself_in_chinese_and_english(banjie: CommandLine, command: str) -> None:
    assert " · " in banjie.must(command, "--help")


def test_a_defect_of_ours_is_told_by_a_number_and_not_by_a_traceback(banjie: CommandLine) -> None:
    script = (
        "import sys; from runtime.cli import main, run;"
        "run.Run.settings = lambda self: {}['private words'];"
        "sys.argv = ['banjie', 'overdue']; main.main()"
    )
    quiet = subprocess.run([sys.executable, "-c", script], cwd=PROJECT, capture_output=True, text=True, check=False)
    assert quiet.returncode == 1
    assert "系统内部错误，编号 " in quiet.stderr
    assert "KeyError" in quiet.stderr
    assert "private words" not in quiet.stderr
    assert "Traceback" not in quiet.stderr
    loud = subprocess.run(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
        env={"BANJIE_DEBUG": "1"},
    )
    assert "Traceback" in loud.stderr


def test_a_command_beside_one_that_is_writing_is_told_to_wait(house: CommandLine) -> None:
    lock = WriterLock(path_of(house))
    lock.take()
    try:
        added = house.run("unit", "add", "CW", "--name", "财务部")
    finally:
        lock.release()
    assert added.code == 1
    assert "另一条命令正在写入" in added.err


def test_the_doctor_finds_a_sound_house(house: CommandLine) -> None:
    told = house.run("doctor")
    assert told.code == 0
    assert f"✓ 数据库可用：SQLite {path_of(house)}" in told.out
    assert f"SQLite {sqlite3.sqlite_version}" in told.out
    assert "✓ 没有进程在写入" in told.out
    assert "✓ 流程已通过核验" in told.out
    assert "! 本服务只提供 http" in told.out
    assert "→ 只监听 127.0.0.1 时无须处理；供他人访问时请在前面加一层 https 反向代理" in told.out


def test_the_doctor_says_that_the_clock_is_set(sample: CommandLine) -> None:
    looks = {look["name"]: look for look in sample.run("doctor", "--json").json["looks"]}
    assert looks["clock"]["well"] is False
    assert "2026-09-15" in looks["clock"]["text"]["zh"]


def test_the_doctor_finds_a_writer_without_a_socket(house: CommandLine) -> None:
    lock = WriterLock(path_of(house))
    lock.take()
    try:
        told = house.must("doctor")
    finally:
        lock.release()
    assert "! 有进程在写入，但没有本地套接字" in told
    assert "→ 等该命令结束；若是异常退出的服务，请重新启动" in told


def test_the_doctor_names_a_missing_database_and_wrong_rules(banjie: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars/2026.yaml").write_text("year: soon\n")
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists/x.v1.yaml").write_text("name: 5\n")
    told = command_line(banjie.database, workflows=str(tmp_path)).run("doctor")
    assert told.code == 1
    assert "! 数据库" in told.out
    assert told.out.count("✗ ") == 2
    assert told.out.count("→ 请改正后运行 banjie check\n") == 2
    assert "有问题须先处理" in told.err


def test_the_doctor_tells_that_a_database_does_not_answer(banjie: CommandLine) -> None:
    path_of(banjie).write_text("not a database, but long enough to look like one " * 10)
    told = banjie.run("doctor", "--lang", "en")
    assert told.code == 1
    assert "✗ The database is not available" in told.out
    assert told.out.count("✗ ") == 1, "the database is at fault, and nothing is said of its keys"
