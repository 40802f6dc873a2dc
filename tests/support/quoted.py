"""What the tests quote: every string constant of a test file that is no docstring, every line of a feature, and what
the wrong definitions under tests/data say that is told of them.

A wording that stands in a comment, in a docstring or in the list of exemptions is not quoted."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
UNCOUNTED = frozenset({"tests/architecture/test_every_error_is_told.py"})
"""Files of tests that name wordings without reaching them."""
EXPECTED = "# expect: "
"""How a wrong definition begins the line that says what is told of it, whole."""


def source_files(*folders: str) -> Iterator[Path]:
    """Return every Python file below the folders of the repository, in order."""
    for folder in folders:
        yield from sorted((REPOSITORY / folder).rglob("*.py"))


@cache
def tree_of(file: Path) -> ast.Module:
    """Return a file of source, parsed."""
    return ast.parse(file.read_text(encoding="utf-8"))


@cache
def quoted() -> str:
    """Return all that the tests quote, one string a line."""
    found: list[str] = []
    for file in source_files("tests"):
        if file.relative_to(REPOSITORY).as_posix() not in UNCOUNTED:
            found += _strings(tree_of(file))
    for feature in sorted((REPOSITORY / "features").rglob("*.feature")):
        found += [line for line in feature.read_text(encoding="utf-8").splitlines() if not line.strip().startswith("#")]
    for wrong in sorted((REPOSITORY / "tests/data/wrong_definitions").glob("*.yaml")):
        found += [line for line in wrong.read_text(encoding="utf-8").splitlines() if line.startswith(EXPECTED)]
    return "\n".join(found)


def _strings(tree: ast.Module) -> Iterator[str]:
    docstrings = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings:
            yield node.value
