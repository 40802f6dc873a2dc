"""A workflow is its folder and its features: no module of the product names one, and no template does.

The sample congress tells stories of two of them, which are data written in Python; they stand in ``runtime/demo``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

PROJECT: Final = Path(__file__).parents[2]
PRODUCT: Final = ("engine", "api", "web", "notifications", "documents", "runtime")
STORIES: Final = "runtime/demo/"
NAMES: Final = frozenset(path.parent.name for path in (PROJECT / "workflows").glob("*/v1.yaml"))
NAMED: Final = re.compile(rf"""["']({"|".join(sorted(NAMES))})["']""")
OTHER_MEANINGS: Final = {
    ("engine/case/commands.py", "visit"): "how somebody came whose words are entered: in person",
}
"""Words that are the name of a workflow by chance, with what they mean there."""


def words_of(file: Path) -> Iterator[str]:
    """Yield every text of a module that is no docstring; nothing of one in which no name stands between quotes."""
    text = file.read_text(encoding="utf-8")
    if not NAMED.search(text):
        return
    tree = ast.parse(text)
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    told = {id(node.body[0].value) for node in ast.walk(tree) if isinstance(node, documented) and node.body
            and isinstance(node.body[0], ast.Expr)}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def test_no_module_names_a_workflow() -> None:
    named = {
        (str(file.relative_to(PROJECT)), word)
        for package in PRODUCT
        for file in sorted((PROJECT / package).rglob("*.py"))
        for word in words_of(file)
        if word in NAMES
    }
    assert {one for one in named if not one[0].startswith(STORIES)} == set(OTHER_MEANINGS)
    assert any(file.startswith(STORIES) for file, _word in named), "the search finds what it looks for"


def test_no_template_names_a_workflow() -> None:
    files = sorted((PROJECT / "web").rglob("*.html"))
    named = {(file.name, word) for file in files for word in NAMED.findall(file.read_text(encoding="utf-8"))}
    assert files
    assert named == set()
