"""The list of operating-system packages, and what a person is told who may not install them."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from deploy import packages
from deploy.packages import PACKAGES_FILE, PROBES, Package, install_command, main, read_packages

CHROMIUM = Package("chromium", "chromium", "test", "browser tests", "they are skipped")
FONT = Package("chinese-font", "fonts-wqy-microhei", "test", "browser tests", "they fail")


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine that lacks every program; collects what would be run."""
    ran: list[str] = []
    monkeypatch.setattr(packages, "PROBES", dict.fromkeys(PROBES, lambda: False))
    monkeypatch.setattr(subprocess, "run", lambda command, **_: ran.append(" ".join(command)))
    return ran


def test_a_line_of_the_list_becomes_a_package() -> None:
    text = "# what | package\n\nchromium | chromium | test | browser tests | they are skipped\n"
    assert read_packages(text) == [CHROMIUM]


def test_every_program_of_the_list_can_be_looked_for() -> None:
    listed = read_packages(PACKAGES_FILE.read_text(encoding="utf-8"))
    assert {package.needed for package in listed} == set(PROBES)


def test_one_command_installs_all_that_is_missing() -> None:
    command = install_command([CHROMIUM, FONT])
    assert command == "apt-get install -y --no-install-recommends chromium fonts-wqy-microhei"


def test_an_ordinary_user_is_told_the_command_and_the_tests_go_on(
    nothing_installed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert main("test") == 0

    assert "sudo apt-get install -y --no-install-recommends postgresql chromium" in capsys.readouterr().out
    assert nothing_installed == []


def test_without_what_everything_needs_make_stops(
    nothing_installed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert main("setup") == 1
    assert "python3-venv" in capsys.readouterr().out


def test_root_gets_what_is_missing_installed_after_an_update_of_the_lists(
    nothing_installed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")

    main("setup")

    assert nothing_installed == ["apt-get update", "apt-get install -y --no-install-recommends python3-venv"]


def test_nothing_is_run_when_nothing_is_missing(
    nothing_installed: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(packages, "PROBES", dict.fromkeys(PROBES, lambda: True))
    assert main("test") == 0
    assert (nothing_installed, capsys.readouterr().out) == ([], "")
