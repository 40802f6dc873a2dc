"""The import contracts hold, and each of them notices the import it forbids. The contracts stand in .importlinter."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PACKAGES = ("engine", "api", "web", "notifications", "documents", "runtime")


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Check the contracts on the project in a folder."""
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [program, "--no-cache"], cwd=folder, env=environment, text=True, capture_output=True, check=False
    )


@pytest.fixture
def project_copy(tmp_path: Path) -> Path:
    """A copy of the contracts and of all modules they speak of."""
    shutil.copy(PROJECT / ".importlinter", tmp_path)
    for package in PACKAGES:
        for module in (PROJECT / package).rglob("*.py"):
            copied = tmp_path / module.relative_to(PROJECT)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(module, copied)
    return tmp_path


def test_every_import_contract_holds() -> None:
    checked = lint_imports(PROJECT)
    assert checked.returncode == 0, checked.stdout


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("engine/intruder.py", "import api", "The house is one stack of layers"),
        ("notifications/intruder.py", "import api", "The house is one stack of layers"),
        ("documents/intruder.py", "import api", "The house is one stack of layers"),
        ("web/intruder.py", "import typst", "Only documents makes Word and PDF"),
        ("api/intruder.py", "import web", "The house is one stack of layers"),
        ("engine/case/intruder.py", "import engine.ledger", "The engine is one stack of layers"),
        ("engine/intruder/__init__.py", "", "The engine is one stack of layers"),
        ("api/intruder.py", "import engine.storage", "Only runtime imports engine.storage"),
        ("engine/service/intruder.py", "import starlette", "The engine knows no HTTP"),
        ("runtime/intruder.py", "from ruamel.yaml import YAML", "Only the loader imports YAML"),
        ("engine/definition/intruder.py", "import ruamel.yaml", "Only the loader imports YAML"),
        ("engine/case/intruder.py", "import transitions", "Only engine.case.machine imports transitions"),
    ],
)
def test_each_contract_notices_the_import_it_forbids(project_copy: Path, module: str, line: str, contract: str) -> None:
    intruder = project_copy / module
    intruder.parent.mkdir(exist_ok=True)
    intruder.write_text(f"{line}\n")

    checked = lint_imports(project_copy)

    assert checked.returncode == 1
    broken = [text for text in checked.stdout.splitlines() if " BROKEN" in text]
    assert any(text.startswith(contract) for text in broken), checked.stdout
