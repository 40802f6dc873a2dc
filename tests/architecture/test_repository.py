"""What no file of the repository may hold, and what every module begins with."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
SOURCES = ("engine", "api", "web", "notifications", "documents", "runtime", "deploy", "benchmarks", "tests")
MODULE_LINES_MAX = 400
TEST_LINES_MAX = 600
# An auditor copies the offline verifier as one file, with nothing beside it.
ONE_FILE = {PROJECT / "deploy/verify/verify.py"}
# Nobody reads this one: it is made, and tests/integration/test_api_client.py holds it against what makes it.
GENERATED = {PROJECT / "api/client/calls.py"}
FILE_BYTES_MAX = 1024 * 1024
# Written in parts, so that this file does not hold what it looks for.
INDEX_HOSTS = ("pypi" + ".org", "pythonhosted" + ".org", "--index" + "-url", "--find" + "-links")
NAMES_THAT_SAY_NOTHING = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}


def repository_files() -> list[Path]:
    """Return the files git tracks or would track, in order."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, text=True, capture_output=True, check=True).stdout
    return sorted(path for name in listed.split("\0") if name and (path := PROJECT / name).is_file())


def modules() -> list[Path]:
    """Return the Python modules of the repository, in order."""
    return [
        path for path in repository_files() if path.suffix == ".py" and path.relative_to(PROJECT).parts[0] in SOURCES
    ]


def named(paths: list[Path]) -> list[str]:
    """Return the paths as a reader of the repository would write them."""
    return [str(path.relative_to(PROJECT)) for path in paths]


def files_holding(texts: list[str]) -> list[str]:
    """Return the files that hold one of the texts."""
    wanted = [text.encode() for text in texts]
    return named([path for path in repository_files() if any(text in path.read_bytes() for text in wanted)])


def test_no_file_names_a_folder_of_this_machine() -> None:
    folders = {folder for folder in (PROJECT, PROJECT.parent, Path.home()) if len(folder.parts) > 1}
    assert files_holding([f"{folder}/" for folder in folders]) == []


def test_no_file_names_a_host_of_the_package_index() -> None:
    assert files_holding(list(INDEX_HOSTS)) == []


def test_no_file_is_large_and_no_font_is_shipped() -> None:
    files = repository_files()
    assert named([path for path in files if path.stat().st_size > FILE_BYTES_MAX]) == []
    assert named([path for path in files if path.suffix in {".ttf", ".ttc", ".otf", ".woff", ".woff2"}]) == []


def test_no_module_is_too_long_to_read() -> None:
    """Tables of examples make tests longer than what they test."""
    limits = {
        path: TEST_LINES_MAX if PROJECT / "tests" in path.parents else MODULE_LINES_MAX
        for path in set(modules()) - ONE_FILE - GENERATED
    }
    assert named([path for path, most in limits.items() if len(path.read_text().splitlines()) > most]) == []


def test_every_module_says_first_what_it_holds() -> None:
    filled = {path: path.read_text() for path in modules() if path.stat().st_size > 0}
    assert named([path for path, text in filled.items() if ast.get_docstring(ast.parse(text)) is None]) == []


def test_no_package_imports_in_its_own_init() -> None:
    inits = [path for path in modules() if path.name == "__init__.py"]
    imports = (ast.Import, ast.ImportFrom)
    assert (
        named([path for path in inits if any(isinstance(n, imports) for n in ast.walk(ast.parse(path.read_text())))])
        == []
    )


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert (
        named(
            [
                path
                for path in modules()
                if NAMES_THAT_SAY_NOTHING & set(path.relative_to(PROJECT).with_suffix("").parts)
            ]
        )
        == []
    )


@pytest.mark.parametrize("exemption", ["type: " + "ignore", "no" + "qa"])
def test_every_exemption_from_a_check_says_why(exemption: str) -> None:
    bare = re.compile(rf"#\s*{exemption}(\[[\w, -]+\]|:\s*[A-Z0-9, ]+)?\s*$")
    unexplained = [
        f"{path.relative_to(PROJECT)}:{number}"
        for path in modules()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if bare.search(line)
    ]
    assert unexplained == []


def test_the_lines_left_for_later_are_none() -> None:
    later = re.compile("|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X"]))
    assert named([path for path in modules() if later.search(path.read_text())]) == []


def test_no_file_of_the_house_is_kept_out_of_the_repository_by_mistake() -> None:
    command = ["git", "ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--"]
    houses = [*SOURCES, "workflows", "features", "docs"]
    listed = subprocess.run([*command, *houses], cwd=PROJECT, text=True, capture_output=True, check=True).stdout
    assert [name for name in listed.split("\0") if name and "__pycache__" not in name] == []
