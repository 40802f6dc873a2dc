"""Figures of the past say what was changed since, and by whom: on the page, by the API, and by the command."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from engine.case.identity import CaseId
from engine.service import late_changes
from tests.support.command_line import command_line
from tests.support.house import House, client_of, open_house

MONDAY = datetime(2026, 1, 12, 2, tzinfo=UTC)
PAST = "2026-01-12"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, MONDAY) as made:
        yield made


def changed(house: House) -> CaseId:
    """Return a proposal of Monday whose category its proposer changed on Wednesday, and one that nobody changed."""
    case = house.open("shi", {"proposer_type": "delegation"})
    house.filed()
    house.clock.set(MONDAY + timedelta(days=2))
    house.fire("shi", case, "amend", {"category": "production"})
    return case


def test_the_page_of_a_past_day_lists_what_was_changed_since_and_by_whom(house: House) -> None:
    case = changed(house)
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shi"))
        page = client.get(f"/figures/proposal?as_of={PAST}&audience=mine").text
        part = page.partition('<section class="panel" id="late"')[2].partition("</section>")[0]
        assert "类别、期限的改动和补记的日期共 1 处，下列最近的 1 处" in part
        for shown in (
            f'href="/cases/{case}"',
            "类别",
            "生活福利",
            "生产经营",
            "2026年1月14日（周三） 10:00",
            "领衔提案人 石磊生",
        ):
            assert shown in part, (shown, part)
        assert 'id="late"' not in client.get("/figures/proposal?audience=mine").text
        assert 'id="late"' not in client.get("/figures/proposal?as_of=2026-01-14&audience=mine").text


def test_the_api_tells_it_of_the_cases_that_the_asker_may_see(house: House) -> None:
    case = changed(house)
    with client_of(house) as client:

        def asked(login: str, query: str) -> Any:
            return client.get(f"/api/figures/proposal{query}", headers=house.bearer(login)).json()["changed_since"]

        found = asked("shi", f"?as_of={PAST}")
        assert found["count"] == 1
        (line,) = found["changes"]
        assert (line["case"], line["what"]["zh"], line["at"]) == (case, "类别", "2026-01-14T02:00:00.000000Z")
        assert (line["before"]["zh"], line["after"]["zh"]) == ("生活福利", "生产经营")
        assert (line["who"], line["role"]["zh"]) == ("石磊生", "领衔提案人")
        assert asked("shi", "") is None
        # Official figures of confidential kinds point at no single case.
        answer = client.get(f"/api/figures/grievance?as_of={PAST}", headers=house.bearer("shen")).json()
        assert (answer["suppressed"], answer["changed_since"]) == (True, None)
        assert asked("wen", f"?as_of={PAST}") == {"count": 0, "changes": []}


def test_of_too_many_cases_the_page_names_the_command_that_looks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    changed(house)
    monkeypatch.setattr(late_changes, "LIVE_CASES_MAX", 0)
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shi"))
        page = client.get(f"/figures/proposal?as_of={PAST}").text
        assert "可用命令 banjie figures --as-of 查看" in page
        assert 'id="late"' not in page


def test_the_command_prints_it(sqlite_database: str) -> None:
    with open_house(sqlite_database, MONDAY) as house:
        changed(house)
    banjie = command_line(sqlite_database, clock="2026-01-20T12:00:00+08:00")
    out = banjie.must("figures", "-w", "proposal", "--as-of", PAST, "--seen-by", "shi")
    assert "截止时刻之后改动类别、日期 1 处，最近的 1 处：" in out
    line = next(line for line in out.splitlines() if "生产经营" in line)
    assert line.split()[-6:] == ["生活福利", "生产经营", "2026-01-14", "10:00", "领衔提案人", "石磊生"]
    told = banjie.run("figures", "-w", "proposal", "--as-of", PAST, "--json").json["changed_since"]
    assert (told["count"], told["changes"][0]["who"]) == (1, "石磊生")
    assert banjie.run("figures", "-w", "proposal", "--json").json["changed_since"] is None
