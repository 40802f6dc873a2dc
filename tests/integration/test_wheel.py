"""The built wheel holds all that runs, and runs outside the source tree."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGES = ("engine", "workflows", "api", "web", "notifications", "documents", "runtime")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel without asking anybody: what builds it is installed with the tests."""
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "--no-index"]
    made = subprocess.run([*command, "-w", str(folder), str(PROJECT)], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    [file] = folder.glob("banjie-*.whl")
    return file


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=PROJECT, text=True, capture_output=True, check=True)
    packed = set(zipfile.ZipFile(wheel).namelist())
    wanted = [path for path in tracked.stdout.splitlines() if (PROJECT / path).is_file()]
    assert {"workflows/proposal/v1.yaml", "web/app.py"} <= set(wanted)
    assert any(path.startswith("web/templates/") for path in wanted)
    assert any(path.startswith("web/static/") for path in wanted)
    assert any("/migrations/versions/" in path for path in wanted)
    assert [path for path in wanted if path not in packed] == []


@pytest.mark.slow
def test_banjie_runs_from_the_wheel_outside_the_source_tree(wheel: Path, tmp_path: Path) -> None:
    place = tmp_path / "venv"
    venv.create(place, with_pip=False, symlinks=True)
    [packages] = (place / "lib").glob("python*/site-packages")
    installing = [sys.executable, "-m", "pip", "--python", str(place / "bin" / "python"), "install", "-q"]
    subprocess.run([*installing, "--no-deps", "--no-index", str(wheel)], check=True, capture_output=True)
    # The packages it stands on are those of the tests; its own come first, and the source tree is not among them.
    (packages / "tests.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("BANJIE_", "PYTHON"))}
    looked = subprocess.run(
        [str(place / "bin" / "python"), "-c", "import engine, web, runtime; print(engine.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(looked.stdout.strip()).is_relative_to(place)
    begun = subprocess.run(
        [str(place / "bin" / "banjie"), "unit", "add", "JL", "--name", "江岭厂", "--root"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert begun.returncode == 0, begun.stderr
    assert (tmp_path / "data" / "banjie.db").is_file()
