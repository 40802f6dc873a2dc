"""What people settle for themselves over HTTP, on both databases: channels, and absences with a substitute."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from httpx2 import Response
from starlette.testclient import TestClient

from runtime.jobs.handlers import tell_all
from tests.support.house import House, client_of, open_house

# The house's clock stands on 20 January 2026, a Tuesday.
MAIL = {"address": "shi@example.com", "digest": "daily", "quiet_from": "22:00", "quiet_until": "07:00"}


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    with client_of(house, channels=("mail",)) as client:
        yield client


def channels(client: TestClient, house: House, login: str) -> dict[str, Any]:
    listed = client.get("/api/me/notices", headers=house.bearer(login)).json()["channels"]
    return {line["channel"]: line for line in listed}


def away(client: TestClient, house: House, login: str, **body: object) -> Response:
    headers = {**house.bearer(login), "Idempotency-Key": "away"}
    return client.post("/api/me/absences", json=body, headers=headers)


# ----------------------------------------------------------------------------------------------------------- channels


def test_a_channel_is_set_for_oneself_alone_and_forgotten(client: TestClient, house: House) -> None:
    before = channels(client, house, "shi")
    assert [*before] == ["mail", "wecom", "dingtalk", "feishu", "webhook"]
    assert {name: line["configured"] for name, line in before.items() if line["configured"]} == {"mail": True}
    assert before["mail"]["preference"] is None

    answer = client.put("/api/me/notices/mail", json=MAIL, headers=house.bearer("shi"))
    assert answer.status_code == 200
    expected = {**MAIL, "active": True, "language": "zh"}
    assert answer.json()["channels"][0]["preference"] == expected
    assert channels(client, house, "shi")["mail"]["preference"] == expected
    assert channels(client, house, "luo")["mail"]["preference"] is None

    # Somebody else forgets their own, which is none.
    assert client.delete("/api/me/notices/mail", headers=house.bearer("luo")).status_code == 200
    assert channels(client, house, "shi")["mail"]["preference"] == expected
    assert client.delete("/api/me/notices/mail", headers=house.bearer("shi")).status_code == 200
    assert channels(client, house, "shi")["mail"]["preference"] is None


@pytest.mark.parametrize(
    ("channel", "body", "status", "code"),
    [
        ("mail", {"address": "shi"}, 422, "form_invalid"),
        ("mail", {**MAIL, "quiet_until": None}, 422, "form_invalid"),
        ("mail", {**MAIL, "quiet_until": "25:00"}, 422, "form_invalid"),
        ("mail", {**MAIL, "digest": "hourly"}, 422, "form_invalid"),
        ("mail", {**MAIL, "language": "fr"}, 422, "form_invalid"),
        ("mail", {}, 422, "body_invalid"),
        ("mail", {**MAIL, "person": "luo"}, 422, "body_invalid"),
        ("mail", {**MAIL, "active": "yes"}, 422, "body_invalid"),
        ("mail", {**MAIL, "address": 5}, 422, "body_invalid"),
        ("mail", {**MAIL, "address": "x" * 501}, 422, "body_invalid"),
        ("mail", {**MAIL, "address": "a\u0000@example.com"}, 422, "input_refused"),
        ("mail", [], 422, "body_invalid"),
        ("wecom", {"address": "群"}, 422, "input_refused"),
        ("pigeon", MAIL, 404, "not_found"),
        ("%00", MAIL, 422, "input_refused"),
        ("x" * 300, MAIL, 404, "not_found"),
    ],
)
def test_what_cannot_be_kept_is_refused_and_nothing_is(
    client: TestClient, house: House, channel: str, body: object, status: int, code: str
) -> None:
    answer = client.put(f"/api/me/notices/{channel}", json=body, headers=house.bearer("shi"))
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
    assert all(line["preference"] is None for line in channels(client, house, "shi").values())


def test_every_field_is_named_in_the_readers_language(client: TestClient, house: House) -> None:
    body = {**MAIL, "address": "shi@", "quiet_from": "late"}
    for language, expected in {"zh": "不是有效的邮箱地址", "en": "no e-mail address"}.items():
        answer = client.put(f"/api/me/notices/mail?lang={language}", json=body, headers=house.bearer("shi")).json()
        assert [field["path"] for field in answer["fields"]] == ["address", "quiet_from"]
        assert expected in answer["fields"][0]["message"]


def test_strangers_and_other_sites_settle_nothing(client: TestClient, house: House) -> None:
    for method, path in [
        ("GET", "/api/me/notices"),
        ("PUT", "/api/me/notices/mail"),
        ("DELETE", "/api/me/notices/mail"),
        ("GET", "/api/me/absences"),
        ("POST", "/api/me/absences"),
        ("DELETE", "/api/me/absences/2026-01-20"),
    ]:
        assert client.request(method, path).status_code == 401, path
    client.cookies.set("banjie", house.token("shi"))
    forged = {"Sec-Fetch-Site": "cross-site"}
    assert client.put("/api/me/notices/mail", json=MAIL, headers=forged).status_code == 403
    assert client.delete("/api/me/absences/2026-01-20", headers=forged).status_code == 403


# ----------------------------------------------------------------------------------------------------------- absences


def test_a_substitute_is_told_marked_so_and_acts_by_the_posts_until_the_last_day(
    client: TestClient, house: House
) -> None:
    """The union office is away for two days; somebody without any post stands in."""
    assert away(client, house, "shen", until_on="2026-01-21", substitute="罗小山", note="出差").status_code == 201
    case = house.filed("shi")
    tell_all(house.desk)
    told = client.get("/api/notices", headers=house.bearer("luo")).json()["notices"]
    named, mine = [one for one in told if one["case"] is None], [one for one in told if one["case"] is not None]
    assert [(line["title"]["zh"], line["acting_for"]) for line in named] == [("代理登记通知", None)]
    assert mine
    assert {(line["acting_for"], line["acting_for_name"]) for line in mine} == {("shen", "沈若棠")}
    assert {line["case"] for line in mine} == {case}
    assert client.get(f"/api/cases/{case}", headers=house.bearer("luo")).json()["offered"], "the posts are there"

    told = client.get("/api/me/absences", headers=house.bearer("luo")).json()
    assert told["absences"] == []
    assert [(line["person"]["name"], line["until_on"], line["state"]) for line in told["acting_for"]] == [
        ("沈若棠", "2026-01-21", "now")
    ]
    house.clock.set(datetime(2026, 1, 21, 16, tzinfo=UTC))  # midnight in Shanghai
    with client_of(house) as later:
        assert later.get(f"/api/cases/{case}", headers=house.bearer("luo")).status_code == 404
        own = later.get("/api/me/absences", headers=house.bearer("shen")).json()["absences"]
        assert [line["state"] for line in own] == ["over"]


def test_an_absence_is_taken_back_by_oneself_alone(client: TestClient, house: House) -> None:
    away(client, house, "shen", from_on="2026-01-26", until_on="2026-01-30", substitute="luo")
    (line,) = client.get("/api/me/absences", headers=house.bearer("shen")).json()["absences"]
    assert line == {
        "key": "2026-01-26",
        "state": "coming",
        "from_on": "2026-01-26",
        "until_on": "2026-01-30",
        "person": {"id": "shen", "name": "沈若棠"},
        "substitute": {"id": "luo", "name": "罗小山"},
        "note": None,
    }
    for other in ("luo", "zhai"):
        refused = client.delete("/api/me/absences/2026-01-26", headers=house.bearer(other))
        assert (refused.status_code, refused.json()["code"]) == (404, "not_found")
    house.clock.set(datetime(2026, 1, 28, 2, tzinfo=UTC))
    ended = client.delete("/api/me/absences/2026-01-26", headers=house.bearer("shen")).json()["absences"]
    assert [(line["until_on"], line["state"]) for line in ended] == [("2026-01-27", "over")]
    again = client.delete("/api/me/absences/2026-01-26", headers=house.bearer("shen"))
    assert (again.status_code, again.json()["code"]) == (422, "input_refused")


def test_the_same_said_twice_is_entered_once_and_another_one_meanwhile_is_refused(
    client: TestClient, house: House
) -> None:
    same = {"from_on": "2026-01-26", "until_on": "2026-01-30", "substitute": "luo"}
    assert [away(client, house, "shen", **same).status_code for _ in range(2)] == [201, 201]
    assert len(client.get("/api/me/absences", headers=house.bearer("shen")).json()["absences"]) == 1
    other = away(client, house, "shen", from_on="2026-01-30", until_on="2026-02-03", substitute="shi").json()
    assert [field["path"] for field in other["fields"]] == ["from_on"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"until_on": "2026-01-30", "substitute": "nobody"}, "form_invalid"),
        ({"until_on": "2026-01-30", "substitute": "shen"}, "form_invalid"),
        ({"until_on": "2026-01-19", "substitute": "luo"}, "form_invalid"),
        ({"until_on": "2026-02-30", "substitute": "luo"}, "form_invalid"),
        ({"until_on": "", "substitute": "luo"}, "form_invalid"),
        ({"until_on": "2027-01-21", "substitute": "luo"}, "form_invalid"),
        ({"until_on": "2026-01-30", "substitute": "luo", "note": "字" * 201}, "form_invalid"),
        ({"until_on": "2026-01-30"}, "body_invalid"),
        ({"substitute": "luo"}, "body_invalid"),
        ({"until_on": "2026-01-30", "substitute": "luo", "person": "zhai"}, "body_invalid"),
        ({"until_on": "2026-01-30", "substitute": ["luo"]}, "body_invalid"),
        ({"until_on": "2026-01-30T00:00", "substitute": "luo"}, "body_invalid"),
        ({"until_on": "2026-01-30", "substitute": "luo\u0007"}, "input_refused"),
    ],
)
def test_an_absence_that_cannot_be_is_refused(
    client: TestClient, house: House, body: dict[str, object], code: str
) -> None:
    answer = away(client, house, "shen", **body)
    assert (answer.status_code, answer.json()["code"]) == (422, code), answer.text
    assert client.get("/api/me/absences", headers=house.bearer("shen")).json() == {"absences": [], "acting_for": []}


def test_the_description_says_what_each_takes(client: TestClient, house: House) -> None:
    paths = client.get("/api/openapi.json", headers=house.bearer("luo")).json()["paths"]
    putting = paths["/api/me/notices/{channel}"]["put"]
    schema = putting["requestBody"]["content"]["application/json"]["schema"]
    assert schema["required"] == ["address"]
    assert "Idempotency-Key" not in {parameter["name"] for parameter in putting["parameters"]}
    posting = paths["/api/me/absences"]["post"]
    assert "Idempotency-Key" in {parameter["name"] for parameter in posting["parameters"]}
    assert {"/api/jobs", "/api/jobs/{number}/run", "/api/cases/{case_id}/notices"} <= paths.keys()
