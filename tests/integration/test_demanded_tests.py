"""A skipped PostgreSQL or browser test is a reason to a person and a failure in CI."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
CONFTEST = """
import pytest
from tests.support.demanded import SkipsAreFailures, ci_is_on, mark_by_fixtures

def pytest_configure(config):
    for marker in ("postgres", "browser"):
        config.addinivalue_line("markers", marker)
    if ci_is_on():
        config.pluginmanager.register(SkipsAreFailures())

@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    mark_by_fixtures(items)

@pytest.fixture
def postgres_url():
    pytest.skip("there is no server")

@pytest.fixture
def database(postgres_url):
    return postgres_url
"""


def run_pytest(folder: Path, test: str, *, ci: str) -> subprocess.CompletedProcess[str]:
    """Run one test in a project of its own."""
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_it.py").write_text(f"import pytest\n\n{test}\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), "CI": ci}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_it.py"]
    return subprocess.run(command, cwd=folder, env=environment, text=True, capture_output=True, check=False)


def test_a_skipped_postgres_test_fails_in_ci_and_says_why(tmp_path: Path) -> None:
    ran = run_pytest(tmp_path, "def test_it(database): pass", ci="true")
    assert ran.returncode == 1
    assert "Under CI=true this test may not be skipped. Skipped: there is no server" in ran.stdout


def test_a_skipped_browser_test_fails_in_ci(tmp_path: Path) -> None:
    ran = run_pytest(tmp_path, "@pytest.mark.browser\ndef test_it(): pytest.skip('there is no Chromium')", ci="true")
    assert ran.returncode == 1
    assert "1 failed" in ran.stdout


def test_a_person_may_run_the_tests_without_a_server(tmp_path: Path) -> None:
    ran = run_pytest(tmp_path, "def test_it(database): pass", ci="")
    assert ran.returncode == 0
    assert "1 skipped" in ran.stdout


@pytest.mark.parametrize("body", ["pytest.skip('the file is not here')", "pytest.xfail('known')"])
def test_other_skips_stay_skips_in_ci(tmp_path: Path, body: str) -> None:
    ran = run_pytest(tmp_path, f"def test_it(): {body}", ci="true")
    assert ran.returncode == 0, ran.stdout
