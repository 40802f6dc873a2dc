"""The lock files name packages and hashes, and no host a package came from."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
HOSTED_LOCKS = re.compile(r"(^|/)(uv\.lock|poetry\.lock|pdm\.lock|Pipfile\.lock|pylock[^/]*\.toml)$")


def pinned(text: str) -> dict[str, str]:
    """Return the version of every package that a lock file pins."""
    return dict(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", text, flags=re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_file_names_no_address(lock: str) -> None:
    text = (PROJECT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^\s*--(extra-)?(index-url|find-links)", text, flags=re.MULTILINE)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_in_a_lock_file_has_a_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (PROJECT / lock).read_text(encoding="utf-8").strip())
    assert len(entries) > 30
    assert [entry.split("\n")[0] for entry in entries if "--hash=sha256:" not in entry] == []


def test_both_lock_files_pin_the_same_versions() -> None:
    shipped, everything = (pinned((PROJECT / lock).read_text(encoding="utf-8")) for lock in LOCKS)
    assert {name: everything.get(name) for name in shipped} == shipped


def test_no_lock_file_that_records_hosts_is_tracked() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=PROJECT, text=True, capture_output=True, check=True).stdout
    assert [path for path in tracked.splitlines() if HOSTED_LOCKS.search(path)] == []
