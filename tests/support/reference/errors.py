"""The page of the errors: every code that an answer may bear, and every problem that a definition may have."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import api
import engine
import web
from api.problems import STATUS, AddressRefused
from engine.definition.library import check_paths
from engine.errors import BanjieError, Problem, Refusal, StorageError
from engine.service.importing.readings import RowRefused
from engine.text import Text
from tests.support.reference.marks import both, code, page, said, table
from tests.support.reference.wording import ERRORS

_WRONG: Final = Path(__file__).resolve().parents[2] / "data" / "wrong_definitions"
_NEVER_ANSWERED: Final = frozenset({Refusal, StorageError, RowRefused})
"""Branches of the tree of which only leaves are raised, and what never leaves an import but as a line of its "
"report."""
_TITLE: Final = Text("错误代码", "Error codes")
_BEGINS: Final = Text(
    "接口拒绝时答 `application/problem+json`：程序看 `code`，人看 `title`（中文或英文，由 `Accept-Language` 定）。"
    "代码不变，文字可以改。网页和命令行用同样的话拒绝。",
    "The API refuses with `application/problem+json`: programs look at `code`, people at `title`, in the language "
    "that "
    "`Accept-Language` asks for. Codes are stable, words are not. Pages and commands refuse in the same words.",
)


def errors_page() -> str:
    """Return the page: what answers bear, then what `banjie check` finds."""
    rows = sorted({row for kind in _answered() for row in _rows(kind)})
    lines = [
        "## 接口的错误 · Errors of the API",
        "",
        *table(("代码 Code", "HTTP", "意思", "Meaning"), rows),
        "## 定义的问题 · Problems of definitions",
        "",
        "`banjie check` 指出的问题，各举一例。 What `banjie check` finds, each with an example.",
        "",
        *table(
            ("代码 Code", "例子 Example", "怎么改 Remedy"),
            [(code(each.code), both(each.text), both(each.remedy)) for each in _problems()],
        ),
    ]
    return page(_TITLE, _BEGINS, lines[:-1])


def error_kinds() -> Iterator[type[BanjieError]]:
    """Yield every class of error that the engine and the surfaces know, each once."""
    for package in (engine, api, web):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "migrations" not in module.name:
                importlib.import_module(module.name)
    yield from dict.fromkeys(_below(BanjieError))


def _below(kind: type[BanjieError]) -> Iterator[type[BanjieError]]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


def _answered() -> list[type[BanjieError]]:
    packages = {package.__name__ for package in (engine, api, web)}
    return [
        kind for kind in error_kinds() if kind not in _NEVER_ANSWERED and kind.__module__.partition(".")[0] in packages
    ]


def _rows(kind: type[BanjieError]) -> Iterator[tuple[str, str, str, str]]:
    if kind is AddressRefused:
        for status in (404, 405):
            refused = AddressRefused(status)
            yield code(refused.code), str(status), f"{refused.text.zh}。", f"{refused.text.en}."
        return
    status = next(STATUS[above] for above in kind.__mro__ if above in STATUS)
    yield code(kind.code), str(status), ERRORS[kind.__name__], said((kind.__doc__ or "").split("\n\n")[0])


def _problems() -> list[Problem]:
    """Return one problem of each code, by code: the first that the wrong definitions of the tests have."""
    found: dict[str, Problem] = {}
    for file in sorted(_WRONG.glob("*.yaml")):
        for problem in check_paths([file]):
            found.setdefault(problem.code, problem)
    return [found[name] for name in sorted(found)]
