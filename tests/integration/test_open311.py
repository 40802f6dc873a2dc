"""The feed of the public register: what its pages print and nothing else, in the form that other programs read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.case.identity import CaseId
from tests.support.house import House, client_of, open_house
from tests.support.worker import handled, published, replied

FEED = "/open311/v2"
FIRST = "关于夜班热饭的提案"
SECOND = "关于班车的提案"


def _published(house: House, form: dict[str, str]) -> CaseId:
    case = house.open("shi", {"proposer_type": "delegation", **form})
    house.fire("shi", case, "submit")
    handled(house, case)
    replied(house, case)
    published(house, case)
    return case


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('open311') / 'banjie.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def cases(house: House) -> tuple[CaseId, CaseId]:
    """Two published cases, of 20 and 22 January 2026 in Shanghai; a third case is not published."""
    first = _published(house, {"subject": FIRST, "proposer_phone": "13800000000", "suggested_unit": "后勤"})
    house.filed(form={"subject": "关于车棚的提案"})
    # 00:30 on the 22nd in Shanghai is still the 21st in UTC.
    house.clock.set(datetime(2026, 1, 21, 16, 30, tzinfo=UTC))
    return first, _published(house, {"subject": SECOND})


@pytest.fixture
def client(house: House, cases: tuple[CaseId, CaseId]) -> Iterator[TestClient]:
    with client_of(house, register_open=True) as client:
        yield client


def _asked(client: TestClient, query: str = "") -> list[str]:
    answer = client.get(f"{FEED}/requests.json{query}")
    assert answer.status_code == 200, answer.text
    return [each["description"] for each in answer.json()]


def test_the_services_are_what_may_be_published_with_its_categories(client: TestClient) -> None:
    told = {each["service_code"]: each for each in client.get(f"{FEED}/services.json").json()}
    assert told["proposal.welfare"]["group"] == told["proposal"]["service_name"] == "职代会提案"
    assert told["proposal.welfare"]["service_name"].startswith("职代会提案 · ")
    assert not any(code.startswith("grievance") for code in told), "nobody publishes grievances"


def test_a_published_case_is_told_as_the_register_prints_it_and_without_a_name(
    client: TestClient, cases: tuple[CaseId, CaseId]
) -> None:
    answer = client.get(f"{FEED}/requests/{cases[0]}.json")
    (told,) = answer.json()
    assert told["service_request_id"] == cases[0]
    assert (told["status"], told["description"]) == ("closed", FIRST)
    assert told["service_code"] == "proposal.welfare"
    assert told["requested_datetime"] == "2026-01-20T00:00:00+08:00"
    assert told["extended_attributes"]["number"] == "六届三次第001号提案"
    texts = {each["text"] for each in told["extended_attributes"]["fields"]}
    assert {"夜班职工零点以后只能吃方便面。", "夜班窗口自三月起延长到一点半，并供热汤。"} <= texts
    page = client.get(f"/register/{cases[0]}").text
    for text in (*texts, told["agency_responsible"], told["status_notes"]):
        assert text in page, text
    for kept in ("石磊生", "翟鸿岭", "13800000000", "建议承办部门"):
        assert kept not in answer.text, kept


def test_only_what_was_published_is_there_whoever_asks(
    house: House, client: TestClient, cases: tuple[CaseId, CaseId]
) -> None:
    assert _asked(client) == [SECOND, FIRST]
    other = house.filed(form={"subject": "关于车棚的提案"})
    client.cookies.set("banjie", house.token("shi"))
    assert _asked(client) == [SECOND, FIRST]
    missing, absent = (client.get(f"{FEED}/requests/{each}.json") for each in (other, "none"))
    assert missing.status_code == absent.status_code == 404
    assert missing.json() == absent.json() == [{"code": 404, "description": "没有找到该事项"}]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?service_code=proposal", [SECOND, FIRST]),
        ("?service_code=proposal.welfare", [SECOND, FIRST]),
        ("?service_code=proposal.production", []),
        ("?service_code=motion", []),
        ("?status=closed", [SECOND, FIRST]),
        ("?status=open", []),
        ("?start_date=2026-01-21", [SECOND]),
        ("?start_date=2026-01-22", [SECOND]),
        ("?start_date=2026-01-23", []),
        ("?end_date=2026-01-21", [FIRST]),
        ("?end_date=2026-01-22", [SECOND, FIRST]),
        ("?end_date=2026-01-19", []),
        # Of an instant the day counts: nobody learns the hour by asking for smaller and smaller spans.
        ("?start_date=2026-01-22T23:59:59%2B08:00", [SECOND]),
        ("?page_size=1", [SECOND]),
        ("?page_size=1&page=2", [FIRST]),
        ("?page_size=1&page=3", []),
    ],
)
def test_requests_are_narrowed_and_paged(client: TestClient, query: str, found: list[str]) -> None:
    assert _asked(client, query) == found


def test_pages_go_on_behind_a_page_of_the_database(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.open311.PAGE_LINES_MAX", 1)
    assert _asked(client, "?page_size=1&page=2") == [FIRST]
    monkeypatch.setattr("web.pages.open311.PAGE_LINES", 2)
    assert _asked(client) == [SECOND, FIRST]


@pytest.mark.parametrize(
    ("query", "zh", "en"),
    [
        (
            "service_code=grievance",
            "没有这个 service_code；可用的列在 services.json 中",
            "There is no such service_code; services.json lists them",
        ),
        ("status=late", "status 只能是 open 或 closed", "status is open or closed"),
        ("page=0", "page 应为 1 至 2000 的整数", "page is a whole number from 1 to 2000"),
        ("page_size=101", "page_size 应为 1 至 100 的整数", "page_size is a whole number from 1 to 100"),
        (
            "page=21&page_size=100",
            "一次最多查看 2000 件；请用 start_date、end_date 缩小范围",
            "One question looks at 2000 cases at most; narrow it by start_date and end_date",
        ),
    ],
)
def test_what_cannot_be_asked_is_refused_in_the_form_of_the_feed(
    client: TestClient, query: str, zh: str, en: str
) -> None:
    refused = client.get(f"{FEED}/requests.json?{query}")
    assert (refused.status_code, refused.json()) == (400, [{"code": 400, "description": zh}])
    assert refused.headers["cache-control"] == "no-store"
    english = client.get(f"{FEED}/requests.json?{query}", headers={"Accept-Language": "en"})
    assert english.json() == [{"code": 400, "description": en}]


def test_a_search_through_very_many_cases_is_refused_and_never_short(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.open311.PAGE_LINES_MAX", 1)
    monkeypatch.setattr("web.pages.open311.LINES_MAX", 1)
    refused = client.get(f"{FEED}/requests.json?page_size=1&status=open")
    assert refused.status_code == 400
    assert refused.json()[0]["description"] == "一次最多查看 1 件；请用 start_date、end_date 缩小范围"
    assert _asked(client, "?page_size=1&status=open&start_date=2026-01-23") == []


def test_a_day_that_is_none_is_refused(client: TestClient) -> None:
    refused = client.get(f"{FEED}/requests.json?start_date=2026-13-01")
    assert refused.status_code == 400
    assert "start_date" in refused.json()[0]["description"]


def test_an_organisation_that_is_not_there_is_none(client: TestClient) -> None:
    assert client.get(f"{FEED}/services.json?jurisdiction_id=works").status_code == 200
    refused = client.get(f"{FEED}/services.json?jurisdiction_id=other")
    assert refused.status_code == 404
    assert refused.json()[0]["description"] == "没有这个 jurisdiction_id，或者不属于您所在的组织"


def test_the_feed_is_as_open_as_the_register(house: House, cases: tuple[CaseId, CaseId]) -> None:
    def kept(answer: Any) -> str:
        assert answer.status_code == 200
        return str(answer.headers["cache-control"])

    with client_of(house) as client:
        for path in ("services.json", "requests.json", f"requests/{cases[0]}.json"):
            closed = client.get(f"{FEED}/{path}")
            assert (closed.status_code, closed.json()[0]["code"]) == (401, 401), path
            assert FIRST not in closed.text
        client.cookies.set("banjie", house.token("wen"))
        assert kept(client.get(f"{FEED}/requests.json")) == "private, max-age=300"
    with client_of(house, register_open=True) as client:
        assert kept(client.get(f"{FEED}/requests.json")) == "public, max-age=300"
