"""The pages of docs/reference are what the code makes of them today."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.problems import STATUS
from engine.definition.rulebook import Rulebook
from engine.definition.schema import definition_schema
from tests.support.api_client import document_of
from tests.support.house import open_house
from tests.support.proved_rules import load_once
from tests.support.reference.calls import calls_page
from tests.support.reference.commands import commands_page
from tests.support.reference.definitions import definitions_page, parts
from tests.support.reference.errors import error_kinds, errors_page
from tests.support.reference.grants import grants_page
from tests.support.reference.part_words import PARTS
from tests.support.reference.wording import CALLS, ERRORS

PROJECT = Path(__file__).resolve().parents[2]
FRESH = "run: make reference"


def written(name: str) -> str:
    return (PROJECT / "docs" / "reference" / f"{name}.md").read_text("utf-8")


@pytest.fixture(scope="module")
def rules() -> Rulebook:
    return load_once(PROJECT / "workflows").rulebook()


def test_the_page_of_the_commands_is_fresh_and_names_those_that_the_readme_names() -> None:
    assert written("commands") == commands_page(), FRESH
    for command in ("serve", "figures", "overdue", "explain", "calendar due", "verify", "bundle", "user grant"):
        assert f"\n## banjie {command}\n" in written("commands")


def test_the_page_of_the_api_is_fresh_and_says_every_call_in_chinese(tmp_path: Path) -> None:
    with open_house(f"sqlite:///{tmp_path}/banjie.db") as house:
        document = document_of(house)
    assert written("api") == calls_page(document), FRESH
    there = {
        f"{method.upper()} {path.removeprefix('/api')}"
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert set(CALLS) == there
    assert "## POST /cases\n" in written("api")
    # What a token may do is told by hand here: its own person and no program changes a password.
    for call, scope in (("POST /cases", "读写 write，`cases`"), ("PUT /me/password", "仅本人 in person")):
        said = written("api").split(f"## {call}\n")[1].split("\n## ")[0]
        assert f"令牌范围 Scope：{scope}" in said


def test_the_page_of_the_errors_is_fresh_and_holds_every_status() -> None:
    page = written("errors")
    assert page == errors_page(), FRESH
    assert set(ERRORS) <= {kind.__name__ for kind in error_kinds()}
    for kind, status in STATUS.items():
        if kind.code not in ("address_not_found", "method_not_allowed"):
            assert f"| `{kind.code}` | {status} |" in page
    assert "| `stale_case` | 412 |" in page
    assert "| `method_not_allowed` | 405 |" in page
    assert "| `field_unknown` | 没有名为" in page


def test_the_page_of_definitions_is_fresh_and_says_every_part_in_chinese() -> None:
    page = written("definitions")
    assert page == definitions_page(), FRESH
    assert set(PARTS) == set(parts())
    shapes = {**definition_schema()["$defs"], "Workflow": definition_schema()}
    for name in set(parts()) & set(shapes):
        said = page.split(f"\n## {name.removesuffix('Part')} ")[1].split("\n## ")[0]
        assert all(f"| `{key}` |" in said for key in shapes[name]["properties"]), name


def test_the_page_of_roles_is_fresh_and_says_what_two_of_them_may(rules: Rulebook) -> None:
    page = written("roles-and-grants")
    assert page == grants_page(rules), FRESH
    director = page.split("## 提案工作委员会主任 `committee_director`")[1].split("\n## ")[0]
    assert "批准延期" in director
    assert "批准延期" not in page.split("## 承办人 `handler`")[1].split("\n## ")[0]
    assert all(re.search(r"[\u4e00-\u9fff]", line) for line in page.splitlines() if line.startswith("## "))
