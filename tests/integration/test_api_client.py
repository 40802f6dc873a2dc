"""The typed client of the API: as fresh as the description it is made from, and the worked example as it is printed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.client.calling import ApiRefusal
from api.client.calls import BanjieClient
from api.edge import ApiSettings
from tests.support.api_client import document_of, modules
from tests.support.documents import blocks
from tests.support.house import House, open_house
from tests.support.serving import serving
from web.app import create_site

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "api-client.md"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('client') / 'banjie.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def address(house: House) -> Iterator[str]:
    with serving(create_site(house.desk, ApiSettings(version="0.1.0", database="test"))) as address:
        yield address


def test_the_client_is_what_the_description_makes(house: House) -> None:
    for path, text in modules(document_of(house)).items():
        assert path.read_text("utf-8") == text, "run: make client"
        assert "Generated" in text


def test_the_example_files_grievances_as_it_is_printed(
    house: House, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (example,) = [block.text for block in blocks(PAGE.read_text("utf-8")) if block.language == "python"]
    monkeypatch.setenv("BANJIE_ADDRESS", address)
    monkeypatch.setenv("BANJIE_TOKEN", house.token("shen"))
    monkeypatch.setenv("BANJIE_UNIT", "works")
    for _ in range(2):
        # The second time is the repeat after a lost answer: nothing is filed again.
        names: dict[str, object] = {}
        exec(compile(example, "example", "exec"), names)
        assert names["filed"] == {"12351-0008": "已登记"}
        assert names["refused"] == {"12351-0009": "form_invalid"}
    client = BanjieClient(address, house.token("shen"))
    listed = client.get_cases(workflow="grievance")
    client.close()
    assert isinstance(listed, dict)
    assert [each["subject"] for each in listed["cases"]] == ["三号车间通风不良"]


def test_a_refusal_is_raised_in_the_language_asked_for(address: str) -> None:
    client = BanjieClient(address, "no-such-token", language="en")
    with pytest.raises(ApiRefusal) as refused:
        client.get_cases_by_case_id("none")
    client.close()
    assert (refused.value.status, refused.value.code) == (401, "login_refused")
    assert refused.value.title.isascii(), "English, and not the Chinese that is said otherwise"
