"""Looking at cases, deadlines, figures and rules over HTTP; who may not see a case does not learn that it is there."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_api
from api.edge import ApiSettings
from api.headers import SECURITY_HEADERS
from api.routes.health import calendar_warning
from engine.calendar.calendar import Calendar
from engine.errors import StorageUnavailable
from engine.service.queries import Queries
from tests.support.house import House, client_of, open_house


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('reading') / 'banjie.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def client(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/api/workflows",
        "/api/workflows/proposal",
        "/api/cases",
        "/api/cases/x",
        "/api/cases/x/timeline",
        "/api/cases/x/deadlines",
        "/api/overdue",
        "/api/figures/proposal",
        "/api/openapi.json",
        "/api/calendar/due?start=2026-09-30&within=1+day",
    ],
)
def test_nothing_is_told_to_strangers(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.json()["code"]) == (401, "login_refused")
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_case_that_one_may_not_see_is_not_there(client: TestClient, house: House) -> None:
    case = house.filed()
    for path in (f"/api/cases/{case}", f"/api/cases/{case}/timeline", f"/api/cases/{case}/deadlines"):
        assert client.get(path, headers=house.bearer("shi")).status_code == 200
        hidden = client.get(path, headers=house.bearer("luo"))
        missing = client.get(path.replace(case, "0" * 32), headers=house.bearer("luo"))
        assert hidden.status_code == missing.status_code == 404
        assert hidden.json() == missing.json()
    assert client.get("/api/cases", headers=house.bearer("luo")).json() == {"cases": [], "next": None}


def test_a_case_names_what_it_offers_to_the_one_who_asks(client: TestClient, house: House) -> None:
    case = house.filed()
    offered = client.get(f"/api/cases/{case}", headers=house.bearer("zhai")).json()["offered"]
    assert {"transition": "assign", "zh": "交办", "en": "Assign"}.items() <= next(
        each for each in offered if each["transition"] == "assign"
    ).items()
    assert "assign" not in {
        each["transition"] for each in client.get(f"/api/cases/{case}", headers=house.bearer("shi")).json()["offered"]
    }


def test_a_list_goes_on_where_it_ended(client: TestClient, house: House) -> None:
    made = {str(house.filed(form={"subject": f"翻页测试第{number}件"})) for number in range(5)}
    seen: list[str] = []
    after = ""
    while True:
        page = client.get(
            f"/api/cases?text=翻页测试&limit=2{after and '&after=' + after}", headers=house.bearer("zhai")
        ).json()
        seen += [line["id"] for line in page["cases"]]
        after = page["next"]
        if after is None:
            break
    assert len(seen) == 5
    assert set(seen) == made


def test_a_deadline_is_explained_day_by_day(client: TestClient, house: House) -> None:
    case = house.filed()
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    view = client.get(f"/api/cases/{case}", headers=house.bearer("zhai")).json()
    child = next(each for each in view["children"] if each["role"] == "lead")
    answer = client.get(f"/api/cases/{child['id']}/deadlines", headers=house.bearer("lai")).json()
    clock = next(each for each in answer["deadlines"] if each["name"] == "acknowledgement")
    # Ten days after Tuesday 20 January 2026.
    assert (clock["due_on"], clock["state"], clock["provisional"]) == ("2026-01-30", "running", False)
    assert [day["on"] for day in clock["days"] if day["count"] in (1, 10)] == ["2026-01-21", "2026-01-30"]
    assert "应于2026年1月30日（周五）24:00前完成。" in [reason["zh"] for reason in clock["reasons"]]


def test_overdue_is_what_is_due_before_now_or_soon_if_asked(client: TestClient, house: House) -> None:
    case = house.filed()
    begun = house.clock.now()

    def listed(query: str) -> dict[str, bool]:
        cases = client.get(f"/api/overdue?limit=200{query}", headers=house.bearer("zhai")).json()["cases"]
        return {line["id"]: line["overdue"] for line in cases if line["deadline"] == "assignment"}

    due_on = client.get(f"/api/cases/{case}", headers=house.bearer("zhai")).json()["deadlines"][1]["due_on"]
    assert due_on == "2026-03-06"
    assert case not in listed("")
    assert listed("&within_days=60")[case] is False
    assert listed("&before=2026-03-06")[case] is False
    assert case not in listed("&before=2026-03-05")
    try:
        house.clock.set(datetime(2026, 3, 6, 16, tzinfo=UTC) + timedelta(seconds=1))
        assert listed("")[case] is True
    finally:
        house.clock.set(begun)


def test_a_deadline_is_late_from_the_end_of_its_day_and_soon_from_the_day_so_many_days_before(
    client: TestClient, house: House
) -> None:
    """The day of the deadline belongs to it until 24:00 (D4), and within n days includes the n-th (D5)."""
    case = house.filed()
    begun = house.clock.now()

    def listed(at: datetime, within_days: int = 0) -> bool:
        house.clock.set(at)
        path = f"/api/overdue?limit=200&within_days={within_days}"
        cases = client.get(path, headers=house.bearer("zhai")).json()["cases"]
        return (case, "assignment") in {(line["id"], line["deadline"]) for line in cases}

    ended = datetime(2026, 3, 6, 16, tzinfo=UTC)  # 24:00 of Friday 6 March in Shanghai
    try:
        assert not listed(ended - timedelta(microseconds=1))
        assert listed(ended)
        assert listed(datetime(2026, 3, 3, 1, tzinfo=UTC), within_days=3)
        assert listed(datetime(2026, 3, 3, 15, 59, 59, tzinfo=UTC), within_days=3)
        assert not listed(datetime(2026, 3, 2, 15, 59, 59, tzinfo=UTC), within_days=3)
    finally:
        house.clock.set(begun)


def test_a_term_is_counted_over_the_national_holiday(client: TestClient, house: House) -> None:
    answer = client.get("/api/calendar/due?start=2026-09-30&within=15 working days", headers=house.bearer("luo")).json()
    assert (answer["due_on"], answer["due_at"], answer["provisional"]) == (
        "2026-10-27",
        "2026-10-27T16:00:00.000000Z",
        False,
    )
    holiday = next(day for day in answer["days"] if day["on"] == "2026-10-01")
    assert (holiday["kind"], holiday["count"], holiday["name"]["zh"]) == ("holiday", None, "国庆节")


def test_a_term_ends_where_the_asker_lets_it_roll(client: TestClient, house: House) -> None:
    def due_on(roll: str) -> str:
        address = f"/api/calendar/due?start=2026-09-25&within=7 days&roll={roll}"
        return str(client.get(address, headers=house.bearer("luo")).json()["due_on"])

    assert (due_on("none"), due_on("next"), due_on("previous")) == ("2026-10-02", "2026-10-08", "2026-09-30")


def test_the_rules_are_told_with_their_picture(client: TestClient, house: House) -> None:
    names = [each["name"] for each in client.get("/api/workflows", headers=house.bearer("luo")).json()["workflows"]]
    assert names == sorted(names)
    assert {"proposal", "handling"} <= set(names)
    told = client.get("/api/workflows/proposal", headers=house.bearer("luo")).json()
    assert told["definition"]["transitions"]["file"]["from"] == ["under_review"]
    assert told["mermaid"].startswith("stateDiagram-v2")
    assert told["hash"].startswith("sha256:")


def test_figures_say_what_they_are_made_of(tmp_path: Path) -> None:
    with open_house(f"sqlite:///{tmp_path / 'banjie.db'}") as house, client_of(house) as client:
        house.filed()
        told = client.get("/api/figures/proposal?by=unit", headers=house.bearer("shen")).json()
        assert (told["workflow"], told["scope"]["title"]["zh"]) == ("proposal", "江岭重工")
        filing = next(measure for measure in told["measures"] if measure["name"] == "filing_rate")
        assert (filing["numerator"], filing["denominator"], filing["value"]) == (1, 1, "100.0")
        # One of one: 1/(1 + z²) below, the whole above; so few are marked.
        assert (filing["interval"]["low"], filing["interval"]["high"]) == ("20.7", "100.0")
        assert (filing["minimum_sample"], filing["small_sample"]) == (5, True)
        assert "江岭重工" in {group["title"]["zh"] for group in filing["by"]}
        assert sum(group["numerator"] for group in filing["by"]) == filing["numerator"]
        before = client.get("/api/figures/proposal?as_of=2025-12-31", headers=house.bearer("shen")).json()
        assert before["scope"]["cases"] == 0


def test_health_needs_no_login_and_names_nobody(client: TestClient) -> None:
    answer = client.get("/api/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": "0.1.0",
        "database": "test",
        "clock": {"now": "2026-01-20T02:00:00.000000Z", "set": None},
        "calendar_warning": None,
        "sweep_warning": answer.json()["sweep_warning"],
        "sealing_warning": None,
    }
    assert answer.json()["sweep_warning"]["en"].startswith("Deadlines are not being watched (last sweep: never yet)")


def test_health_warns_of_the_next_year_from_november() -> None:
    calendar = Calendar(notices=())
    warned = calendar_warning(calendar, datetime(2031, 11, 1, tzinfo=UTC).date())
    assert warned is not None
    assert warned.zh.startswith("2031、2032 年")
    october = calendar_warning(calendar, datetime(2031, 10, 31, tzinfo=UTC).date())
    assert october is not None
    assert october.zh.startswith("2031 年")


def test_a_database_that_is_away_is_503_and_says_no_more(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away() -> None:
        raise StorageUnavailable

    monkeypatch.setattr(type(house.desk.reads), "ping", lambda _reads: away())
    answer = client.get("/api/health")
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")


def test_an_unexpected_error_is_known_by_an_id_only(
    client: TestClient, house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret text")

    monkeypatch.setattr(Queries, "page", broken)
    with caplog.at_level(logging.ERROR):
        answer = client.get("/api/cases", headers=house.bearer("shi"))
    assert answer.status_code == 500
    assert answer.json()["code"] == "command_failed"
    assert "secret" not in answer.text
    assert answer.json()["incident"] in caplog.text
    assert answer.headers["content-security-policy"] == SECURITY_HEADERS["Content-Security-Policy"]


def test_every_answer_carries_the_security_headers(client: TestClient, house: House) -> None:
    answers = [
        client.get("/api/health"),
        client.get("/api/cases"),
        client.get("/api/cases/%00"),
        client.get("/login"),
        client.get("/nothing"),
        client.get("/static/site.css"),
    ]
    for answer in answers:
        for name, value in SECURITY_HEADERS.items():
            assert answer.headers[name] == value, (answer.url, name)
    assert "default-src 'self'" in SECURITY_HEADERS["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in SECURITY_HEADERS["Content-Security-Policy"]


def test_the_description_is_complete_and_loads_nothing_from_elsewhere(client: TestClient, house: House) -> None:
    described = client.get("/api/openapi.json", headers=house.bearer("luo")).json()
    opening = described["paths"]["/api/cases"]["post"]
    assert set(opening["requestBody"]["content"]["application/json"]["schema"]["required"]) == {"workflow", "unit"}
    many = described["paths"]["/api/transitions"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert many["properties"]["transitions"]["items"]["additionalProperties"] is False
    assert all(path.startswith("/api/") for path in described["paths"])
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert client.get(path).status_code == 404


def test_the_description_may_be_shown_to_all_by_setting(house: House) -> None:
    with client_of(house, openapi_for_all=True) as client:
        assert client.get("/api/openapi.json").status_code == 200


def test_a_method_that_an_address_does_not_take_is_405(client: TestClient, house: House) -> None:
    answer = client.delete("/api/cases", headers=house.bearer("shi"))
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


def test_problems_are_told_in_english_to_those_who_ask_in_english(client: TestClient) -> None:
    assert client.get("/api/cases", headers={"Accept-Language": "en"}).json()["title"] == "Log in first"
    assert client.get("/api/cases?lang=en").json()["title"] == "Log in first"
    assert client.get("/api/cases").json()["title"] == "请先登录"


def test_the_api_alone_has_no_pages(house: House) -> None:
    with TestClient(create_api(house.desk, ApiSettings(version="0.1.0", database="test"))) as client:
        assert client.get("/api/health").status_code == 200
        nothing = client.get("/login")
        assert (nothing.status_code, nothing.json()["code"]) == (404, "address_not_found")
