"""``banjie serve`` as a real process: other commands beside it, a second server, a port in use, and how it ends."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.errors import StorageUnavailable
from runtime.asgi import create_app
from runtime.asgi import serving as serving_site
from runtime.clock import WallClock
from runtime.settings import Settings
from tests.support.command_line import CommandLine
from tests.support.registers import write_rows

WAIT_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A server that has said where it is."""

    process: subprocess.Popen[str]
    address: str
    told: list[str]

    def get(self, path: str, token: str | None = None) -> str:
        request = urllib.request.Request(f"{self.address}{path}")
        if token is not None:
            request.add_header("Authorization", f"Bearer {token}")
        with urllib.request.urlopen(request, timeout=30) as response:
            return str(response.read().decode())

    def end(self, by: signal.Signals) -> tuple[int, str]:
        """End the server by a signal; return its exit code and what it left on standard error."""
        self.process.send_signal(by)
        _out, err = self.process.communicate(timeout=WAIT_SECONDS)
        return self.process.returncode, err


@contextmanager
def serving(banjie: CommandLine, *arguments: str) -> Iterator[Running]:
    """Start a server on a free port and wait until it has said everything."""
    with banjie.start("serve", "--port", "0", *arguments) as process:
        try:
            told: list[str] = []
            assert process.stdout is not None
            for line in process.stdout:
                told.append(line.rstrip("\n"))
                if "Ctrl-C" in line:
                    break
            address = re.search(r"http://\S+", "\n".join(told))
            assert address is not None, process.communicate(timeout=WAIT_SECONDS)
            yield Running(process=process, address=address[0], told=told)
        finally:
            process.kill()


def socket_of(banjie: CommandLine) -> Path:
    return Path(f"{banjie.database.removeprefix('sqlite:///')}.sock")


def test_commands_write_through_a_running_server_and_are_seen_at_once(house: CommandLine, tmp_path: Path) -> None:
    register = tmp_path / "register.csv"
    write_rows(
        register,
        [
            {"编号": "1", "案由": "改善饮水", "提案人": "王建国", "提交日期": "2026-01-05"},
            {"编号": "2", "案由": "更换照明", "提案人": "王建国", "提交日期": "2026-01-06"},
        ],
    )
    with serving(house) as server:
        assert socket_of(house).stat().st_mode & 0o777 == 0o600
        house.must("user", "grant", "wang", "union_office", "--unit", "JL")
        token = house.must("token", "add", "wang", "--title", "测试").splitlines()[0].split("：")[1]
        imported = house.run("import", str(register), "--workflow", "proposal", "--json")
        assert (imported.code, imported.json["created"]) == (0, 2), imported.err
        assert "✓ banjie serve 正在运行" in house.must("doctor")
        subjects = {case["subject"] for case in json.loads(server.get("/api/cases", token))["cases"]}
        assert subjects == {"改善饮水", "更换照明"}
        again = house.run("import", str(register), "--workflow", "proposal", "--json").json
        assert (again["created"], again["repeated"]) == (0, 2)
        code, err = server.end(signal.SIGTERM)
    assert code == 0, err
    assert not socket_of(house).exists()
    assert house.must("verify").startswith("已核验 2 件、")


def test_a_server_tells_of_a_refusal_to_the_command_beside_it(house: CommandLine) -> None:
    with serving(house):
        added = house.run("user", "add", "wang", "--name", "另一人")
        assert added.code == 1
        assert "登录名“wang”已存在" in added.err


def test_ctrl_c_ends_a_server_quietly_with_130(house: CommandLine) -> None:
    with serving(house) as server:
        code, err = server.end(signal.SIGINT)
    assert code == 130
    assert "Traceback" not in err
    assert not socket_of(house).exists()


def test_a_second_server_on_the_same_database_is_refused(house: CommandLine) -> None:
    with serving(house) as server:
        refused = house.apart("serve", "--port", "0")
        assert refused.code == 1
        assert "另一进程正在使用" in refused.err
        assert "办结" in server.get("/login")


def test_a_port_in_use_is_refused_before_anything_is_made(banjie: CommandLine) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        refused = banjie.run("serve", "--port", str(taken.getsockname()[1]), "--sample")
    assert refused.code == 1
    assert "无法监听 127.0.0.1:" in refused.err
    assert "→ 端口可能已被占用，请用 --port 另选" in refused.err
    assert not Path(banjie.database.removeprefix("sqlite:///")).exists()


def test_an_empty_database_says_how_to_begin(banjie: CommandLine) -> None:
    with serving(banjie) as server:
        assert any(line.strip().startswith("banjie unit add") for line in server.told)
        assert any(line.strip().startswith("banjie user add") for line in server.told)


def test_a_sample_is_served_with_its_accounts_and_its_clock(sample: CommandLine) -> None:
    with serving(sample, "--sample") as server:
        assert "时钟设在 2026-09-15 09:0" in "\n".join(server.told)
        assert any(" office " in line for line in server.told)
        assert "2026" in server.get("/login")


def test_a_process_server_opens_the_site_by_the_environment(
    house: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANJIE_DATABASE_URL", house.database)
    site = create_app()
    with TestClient(site) as client:
        assert client.get("/login").status_code == 200
        assert socket_of(house).exists()
        assert house.run("unit", "add", "CW", "--name", "财务部").code == 0
    assert not socket_of(house).exists()
    assert "CW" in house.must("unit", "list")


def test_the_site_is_not_opened_where_another_process_writes(house: CommandLine) -> None:
    settings = Settings(database_url=house.database)
    with serving_site(settings, WallClock()), pytest.raises(StorageUnavailable), serving_site(settings, WallClock()):
        pass


@pytest.mark.slow
def test_a_sample_is_built_when_the_database_is_empty(banjie: CommandLine) -> None:
    with serving(banjie, "--sample") as server:
        assert any(" delegate " in line for line in server.told)
    assert len(banjie.run("unit", "list", "--json").json["units"]) == 8
