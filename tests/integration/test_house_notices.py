"""Who stands in for somebody is told so, and that it is over: in the inbox, over the API, by mail; on two databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.access.directory import Deputation, Person
from engine.case.identity import PersonId, UnitId
from engine.ledger.streams import FACTS
from engine.service.house_notices import HOUSE_NOTICES
from engine.service.notice_ports import Preference
from engine.service.notice_writes import SetPreference
from engine.service.plain import AddDeputation, AddPerson
from notifications.rendering import is_shipped
from runtime.jobs.handlers import tell_all
from tests.support.house import ROOT, House, client_of, open_house

AWAY = {"from_on": "2026-01-21", "until_on": "2026-01-23", "substitute": "luo", "note": "出差"}
"""The house's clock stands on 20 January 2026, a Tuesday."""


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


def titles(client: TestClient, house: House, login: str) -> list[str]:
    """Return the titles in somebody's inbox, the newest first, after everybody was told."""
    tell_all(house.desk)
    told: list[dict[str, Any]] = client.get("/api/notices", headers=house.bearer(login)).json()["notices"]
    assert {(one["case"], one["number"], one["subject"]) for one in told} <= {(None, None, None)}
    return [one["title"]["zh"] for one in told]


def away(client: TestClient, house: House, login: str, **body: object) -> None:
    headers = {**house.bearer(login), "Idempotency-Key": "away"}
    answer = client.post("/api/me/absences", json={**AWAY, **body}, headers=headers)
    assert answer.status_code == 201, answer.text


def test_a_substitute_is_told_when_named_and_when_it_is_taken_back(client: TestClient, house: House) -> None:
    away(client, house, "shi")
    assert titles(client, house, "luo") == ["代理登记通知"]
    assert titles(client, house, "shi") == [], "who says so himself is not told"
    assert titles(client, house, "wen") == []
    # Said twice is told once: nothing has changed.
    away(client, house, "shi")
    assert titles(client, house, "luo") == ["代理登记通知"]
    assert client.delete("/api/me/absences/2026-01-21", headers=house.bearer("shi")).status_code == 200
    assert titles(client, house, "luo") == ["代理结束通知", "代理登记通知"]


def test_one_that_runs_already_is_told_to_be_over_when_it_is_cut_short(client: TestClient, house: House) -> None:
    away(client, house, "shi", from_on="2026-01-20")
    house.clock.set(datetime(2026, 1, 22, 2, tzinfo=UTC))
    assert client.delete("/api/me/absences/2026-01-20", headers=house.bearer("shi")).status_code == 200
    assert titles(client, house, "luo") == ["代理结束通知", "代理登记通知"]


def test_who_is_said_to_be_away_by_another_is_told_as_well(client: TestClient, house: House) -> None:
    absence = Deputation(
        root=ROOT,
        principal=PersonId("shi"),
        deputy=PersonId("luo"),
        from_on=date(2026, 1, 20),
        until_on=date(2026, 1, 23),
    )
    house.desk.office.write([AddDeputation(absence, by=PersonId("shen"))])
    assert titles(client, house, "luo") == titles(client, house, "shi") == ["代理登记通知"]
    assert titles(client, house, "shen") == []


def test_who_has_left_is_told_nothing(client: TestClient, house: House) -> None:
    away(client, house, "shi")
    left = Person(root=ROOT, id=PersonId("luo"), name="罗小山", login="luo", unit=UnitId(ROOT), active=False)
    house.desk.office.write([AddPerson(left)])
    tell_all(house.desk)
    assert house.desk.reads.unread(ROOT, PersonId("luo")) == 0


def test_the_page_leads_to_the_absences_and_names_nobody_in_the_line(client: TestClient, house: House) -> None:
    away(client, house, "shi")
    tell_all(house.desk)
    client.cookies.set("banjie", house.token("luo"))
    for page in (client.get("/notices").text, client.get("/").text):
        line = page[page.index("代理登记通知") :].partition("</li>")[0]
        assert 'href="/me/absence"' in line
        assert "外出与代理" in line
        assert "石磊生" not in line
        assert "无权查看" not in line
    assert "石磊生" in client.get("/me/absence").text


def test_a_mail_waits_for_the_end_of_quiet_hours(client: TestClient, house: House) -> None:
    wanted = Preference(
        root=ROOT,
        person=PersonId("luo"),
        channel="mail",
        address="luo@example.com",
        quiet_from=9 * 60,
        quiet_until=18 * 60,
    )
    house.desk.office.write([SetPreference(wanted)])
    away(client, house, "shi")
    tell_all(house.desk)
    due = house.desk.reads.next_delivery_at(ROOT, "mail")
    # 18:00 in Shanghai is 10:00 UTC.
    assert due == int(datetime(2026, 1, 20, 10, tzinfo=UTC).timestamp() * 1_000_000)


def test_every_notice_of_the_house_has_its_words_and_its_facts() -> None:
    for name, notice in HOUSE_NOTICES.items():
        parts = FACTS[name]
        assert {parts[part] for part in notice.to} == {"text"}, name
        assert notice.until is None or parts[notice.until].startswith("day"), name
        assert notice.then is None or notice.then in HOUSE_NOTICES, name
        assert is_shipped(notice.template), notice.template
        assert notice.title.zh
        assert notice.title.en
