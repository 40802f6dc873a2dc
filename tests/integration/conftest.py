"""The command line on databases that share one folder, so that the rules are proved once and remembered there."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.command_line import CommandLine, command_line

SAMPLE_CASES = 24


@pytest.fixture(scope="session")
def command_line_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all databases of the command line."""
    return tmp_path_factory.mktemp("command-line")


@pytest.fixture(scope="session")
def made_house(command_line_folder: Path) -> Path:
    """A database with one organisation of two units and one person, to be copied."""
    path = command_line_folder / "made-house.db"
    banjie = command_line(f"sqlite:///{path}")
    banjie.must("unit", "add", "JL", "--name", "江岭公司", "--en", "Jiangling", "--root")
    banjie.must("unit", "add", "HQ", "--name", "后勤中心", "--parent", "JL")
    banjie.must("user", "add", "wang", "--name", "王建国", "--unit", "HQ", "--password-stdin", typed="correct horse\n")
    return path


@pytest.fixture(scope="session")
def made_sample(command_line_folder: Path) -> Path:
    """A database with a small sample congress, to be copied."""
    path = command_line_folder / "made-sample.db"
    command_line(f"sqlite:///{path}").must("demo", "--size", str(SAMPLE_CASES))
    return path


@pytest.fixture
def banjie(command_line_folder: Path, tmp_path: Path) -> CommandLine:
    """The command line on a database that does not exist yet."""
    return command_line(f"sqlite:///{command_line_folder}/{tmp_path.name}.db")


@pytest.fixture
def house(command_line_folder: Path, made_house: Path, tmp_path: Path) -> CommandLine:
    """The command line on a database with one organisation (JL, below it HQ) and one person (wang)."""
    return command_line(f"sqlite:///{shutil.copy(made_house, command_line_folder / f'{tmp_path.name}.house.db')}")


@pytest.fixture
def sample(command_line_folder: Path, made_sample: Path, tmp_path: Path) -> CommandLine:
    """The command line on a small sample congress."""
    copied = shutil.copy(made_sample, command_line_folder / f"{tmp_path.name}.sample.db")
    shutil.copy(f"{made_sample}.sample.json", f"{copied}.sample.json")
    return command_line(f"sqlite:///{copied}")
