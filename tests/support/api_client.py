"""The client of the API as its OpenAPI document makes it; run as a program it writes it anew (``make client``)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from api.client.making import answers_text, bodies_text, calls_text
from tests.support.house import House, client_of, open_house

CLIENT: Final = Path(__file__).resolve().parents[2] / "api" / "client"


def document_of(house: House) -> Mapping[str, Any]:
    """Return the OpenAPI document of a house."""
    with client_of(house, openapi_for_all=True) as client:
        document: Mapping[str, Any] = client.get("/api/openapi.json").json()
    return document


def modules(document: Mapping[str, Any]) -> dict[Path, str]:
    """Return what is generated, by file."""
    return {
        CLIENT / "answers.py": answers_text(document),
        CLIENT / "bodies.py": bodies_text(document),
        CLIENT / "calls.py": calls_text(document),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, open_house(f"sqlite:///{folder}/banjie.db") as house:
        for path, text in modules(document_of(house)).items():
            path.write_text(text, encoding="utf-8")
