"""The typed client of the API: as fresh as the description it is made from, and the worked example as it is printed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.answers import CaseAnswer, CasesPage, DoneAnswer, TimelineAnswer
from api.client.calling import ApiRefusal
from api.client.calls import BanjieClient
from api.edge import ApiSettings
from tests.support.api_client import document_of, modules
from tests.support.documents import blocks
from tests.support.house import House, client_of, open_house
from tests.support.serving import serving
from tests.support.worker import employ, handled, replied
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
    assert [each["subject"] for each in listed["cases"]] == ["三号车间通风不良"]


def test_a_refusal_is_raised_in_the_language_asked_for(address: str) -> None:
    client = BanjieClient(address, "no-such-token", language="en")
    with pytest.raises(ApiRefusal) as refused:
        client.get_cases_by_case_id("none")
    client.close()
    assert (refused.value.status, refused.value.code) == (401, "login_refused")
    assert refused.value.title.isascii(), "English, and not the Chinese that is said otherwise"


def test_what_is_answered_is_what_the_types_say(tmp_path: Path) -> None:
    """Cases of a whole life, a merged and a confidential one, as three readers are given them."""
    with open_house(f"sqlite:///{tmp_path / 'house.db'}") as house, client_of(house) as client:
        employ(house.desk)
        lived = house.open("shi", {"proposer_type": "delegation"})
        house.fire("shi", lived, "submit")
        handled(house, lived)
        replied(house, lived)
        house.filed(form={"proposer_phone": "13988770010"})
        form = {"subject": "欠薪", "content": "三月", "confidentiality": "confidential", "channel": "letter"}
        kept = client.post(
            "/api/cases",
            json={"workflow": "grievance", "unit": "works", "form": form},
            headers={**house.bearer("shen"), "Idempotency-Key": "1"},
        )
        assert kept.status_code == 201
        DoneAnswer.model_validate_json(kept.text)
        seen = 0
        for login in ("shen", "shi", "zhai"):
            own = house.bearer(login)
            for query in ("", "?text=提案", "?children=true"):
                page = CasesPage.model_validate_json(client.get(f"/api/cases{query}", headers=own).text)
            for line in page.cases:
                case = CaseAnswer.model_validate_json(client.get(f"/api/cases/{line.id}", headers=own).text)
                told = TimelineAnswer.model_validate_json(
                    client.get(f"/api/cases/{line.id}/timeline", headers=own).text
                )
                assert (case.seq, case.hash) == (told.entries[-1].seq, told.entries[-1].hash)
                seen += 1
        assert seen > 6


def test_a_name_that_is_not_there_is_refused_by_the_type_checker(tmp_path: Path) -> None:
    program = tmp_path / "asks.py"
    program.write_text(
        "from api.client.calls import BanjieClient\n"
        "def ask(client: BanjieClient) -> None:\n"
        "    case = client.get_cases_by_case_id('1')\n"
        "    print(case['state']['zh'], case['stage'])\n"
        "    client.post_cases({'workflow': 'grievance', 'unit': 'works', 'forms': {}}, key='1')\n",
        encoding="utf-8",
    )
    checked = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--config-file", "pyproject.toml", str(program)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 1
    assert [line.split(":")[1] for line in checked.stdout.splitlines() if " error: " in line] == ["4", "5"]
    assert '"stage"' in checked.stdout
    assert '"forms"' in checked.stdout
