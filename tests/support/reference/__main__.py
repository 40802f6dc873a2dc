"""Writes every page of docs/reference anew."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from engine.definition.library import load_folder
from tests.support.api_client import document_of
from tests.support.house import open_house
from tests.support.reference.calls import calls_page
from tests.support.reference.commands import commands_page
from tests.support.reference.definitions import definitions_page
from tests.support.reference.errors import errors_page
from tests.support.reference.grants import grants_page

PROJECT: Final = Path(__file__).resolve().parents[3]


def main() -> None:
    """Write the pages."""
    with TemporaryDirectory() as folder, open_house(f"sqlite:///{folder}/banjie.db") as house:
        api = calls_page(document_of(house))
    pages = {
        "api": api,
        "commands": commands_page(),
        "definitions": definitions_page(),
        "errors": errors_page(),
        "roles-and-grants": grants_page(load_folder(PROJECT / "workflows").rulebook()),
    }
    for name, text in pages.items():
        (PROJECT / "docs" / "reference" / f"{name}.md").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
