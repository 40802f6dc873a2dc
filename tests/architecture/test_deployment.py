"""The units and the container file name commands, options, settings and files that exist, and no secret."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from runtime.cli.main import app
from runtime.settings import Settings
from tests.support.settings_table import MEANINGS, PAGE, with_table

PROJECT = Path(__file__).parents[2]
SYSTEMD = PROJECT / "deploy" / "systemd"
SERVICES: Final = sorted(SYSTEMD.glob("*.service"))
UNITS: Final = [*SERVICES, *sorted(SYSTEMD.glob("*.timer"))]
CONTAINER = PROJECT / "deploy" / "Containerfile"
PROGRAM: Final = "/opt/banjie/bin/banjie"
HARDENED: Final = {"NoNewPrivileges=yes", "ProtectSystem=strict", "ProtectHome=yes", "PrivateTmp=yes"}
SETTING: Final = re.compile(r"\bBANJIE_[A-Z_]+")


def lines(file: Path) -> list[str]:
    """Return the lines of a file that are no comments, those that go on joined."""
    text = file.read_text(encoding="utf-8").replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def is_command_line(words: list[str]) -> bool:
    """Tell whether the command line has such a command with such options."""
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    command = group.commands.get(words[0])
    known = {option for one in getattr(command, "params", ()) for option in one.opts}
    return command is not None and {word for word in words[1:] if word.startswith("--")} <= known


def test_there_is_a_unit_for_each_process() -> None:
    assert [unit.name for unit in UNITS] == [
        "banjie-backup.service",
        "banjie-signer.service",
        "banjie-work.service",
        "banjie.service",
        "banjie-backup.timer",
    ]


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_starts_a_command_with_options_that_exist(unit: Path) -> None:
    [started] = [line.partition("=")[2] for line in lines(unit) if line.startswith("ExecStart=")]
    program, *words = shlex.split(started)
    assert program == PROGRAM
    assert is_command_line(words)


@pytest.mark.parametrize("words", [["server"], ["serve", "--ports", "1"]])
def test_a_command_or_an_option_that_does_not_exist_is_noticed(words: list[str]) -> None:
    assert not is_command_line(words)


@pytest.mark.parametrize("unit", SERVICES, ids=lambda unit: unit.name)
def test_a_unit_is_hardened_and_runs_as_a_user_of_ours(unit: Path) -> None:
    told = set(lines(unit))
    assert told >= HARDENED
    user = next(line.partition("=")[2] for line in told if line.startswith("User="))
    assert user == ("banjie-signer" if unit.name == "banjie-signer.service" else "banjie")
    assert any(line.startswith(f"u {user} ") for line in lines(SYSTEMD / "sysusers.conf"))


@pytest.mark.parametrize("file", [*sorted(SYSTEMD.iterdir()), CONTAINER], ids=lambda file: file.name)
def test_every_variable_that_is_named_is_a_setting(file: Path) -> None:
    settings = {f"BANJIE_{name.upper()}" for name in Settings.model_fields}
    assert set(SETTING.findall(file.read_text(encoding="utf-8"))) <= settings


@pytest.mark.parametrize("file", sorted(SYSTEMD.glob("*.env")), ids=lambda file: file.name)
def test_an_environment_file_holds_no_secret_and_is_one_that_a_unit_reads(file: Path) -> None:
    assert [line for line in lines(file) if "TOKEN" in line and not line.endswith("=")] == []
    assert any(f"EnvironmentFile=/etc/banjie/{file.name}" in lines(unit) for unit in SERVICES)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed here")
def test_systemd_finds_nothing_wrong_with_the_units(tmp_path: Path) -> None:
    here = str(Path(sys.executable).with_name("banjie"))
    for unit in UNITS:
        (tmp_path / unit.name).write_text(unit.read_text(encoding="utf-8").replace(PROGRAM, here), encoding="utf-8")
    copies = [str(tmp_path / unit.name) for unit in UNITS]
    looked = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *copies], capture_output=True, text=True, check=False
    )
    ours = [line for line in (looked.stdout + looked.stderr).splitlines() if "banjie" in line]
    assert (ours, looked.returncode) == ([], 0)


def test_what_the_container_file_copies_exists_and_is_all_the_wheel_needs() -> None:
    copied = [
        source
        for line in lines(CONTAINER)
        if line.startswith("COPY ") and "--from=" not in line
        for source in line.split()[1:-1]
    ]
    assert [source for source in copied if not (PROJECT / source).exists()] == []
    packed = re.search(r"^packages = \[(.*)\]$", (PROJECT / "pyproject.toml").read_text("utf-8"), flags=re.MULTILINE)
    assert packed is not None
    assert set(re.findall(r'"(\w+)"', packed[1])) <= set(copied)


def test_the_extras_that_the_container_file_cuts_out_are_locked() -> None:
    cut = re.search(r"/\^\(([\w|-]+)\)==/", CONTAINER.read_text("utf-8"))
    assert cut is not None
    locked = (PROJECT / "requirements-dev.lock").read_text("utf-8")
    assert [name for name in cut[1].split("|") if f"\n{name}==" not in locked] == []


def test_the_container_runs_our_server_as_an_ordinary_user_and_looks_after_its_health() -> None:
    told = lines(CONTAINER)
    users = [line.split()[1] for line in told if line.startswith("USER ")]
    assert users == ["10001"]
    [command] = [line for line in told if line.startswith("CMD ")]
    words = re.findall(r'"([^"]+)"', command)
    assert words[0] == "banjie"
    assert is_command_line(words[1:])
    [health] = [line for line in told if line.startswith("HEALTHCHECK ")]
    assert "http://127.0.0.1:8000/api/health" in health
    assert [line for line in told if re.search(r"(?i)(token|secret|password)", line)] == []


def test_the_table_of_settings_names_all_of_them_and_is_fresh() -> None:
    assert set(MEANINGS) == set(Settings.model_fields)
    page = PAGE.read_text("utf-8")
    assert page == with_table(page), "run: python -m tests.support.settings_table"
    assert "| `BANJIE_LOGIN_HOURS` | `12` |" in page
