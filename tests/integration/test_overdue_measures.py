"""Acting on a selection over the API, on both databases: a preview that writes nothing, then what was confirmed of it;
领导批示 and 摘牌 among the measures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.plain import AddGrant
from engine.service.sweep import sweep
from tests.support.house import ROOT, House, client_of, open_house

LATE = datetime(2026, 3, 9, 1, tzinfo=UTC)
"""Monday 9 March 2026, 09:00: a proposal filed on 20 January was to be assigned by Friday 6 March."""
OWN = {"Sec-Fetch-Site": "same-origin"}
UNKNOWN = CaseId("0" * 32)
LIST = {
    "supervision_trigger": "unsolved",
    "supervision_note": "一周内拿出方案。",
}
INSTRUCTION = {
    "leader_instruction": "请后勤服务中心抓紧落实。",
    "instruction_leader": "分管副总经理",
    "instruction_on": "2026-03-09",
}
DELISTING = {"delisting_reason": "方案已经落实。", "delisting_basis": "江工办〔2026〕9号核查记录"}


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        roles = ("supervisor", "leader_in_charge")
        grants = [GrantRow(root=ROOT, person=PersonId("shen"), role=role, unit=UnitId(ROOT)) for role in roles]
        house.desk.office.write([AddGrant(grant) for grant in grants])
        yield house


@pytest.fixture
def late(house: House) -> list[CaseId]:
    """A proposal to be assigned by 6 March, and two that logistics and safety must acknowledge by 30 January; swept."""
    cases = [house.filed(form={"subject": f"关于照明的提案第{n}件"}) for n in range(3)]
    for case, unit in zip(cases[1:], ("logistics", "safety"), strict=True):
        house.fire("zhai", case, "assign", {"lead": unit})
    house.clock.set(LATE)
    sweep(house.desk, ROOT)
    return cases


@pytest.fixture
def shen(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        yield client


def ask(client: TestClient, key: str = "k", **body: Any) -> dict[str, Any]:
    answer = client.post("/api/overdue/measures", json=body, headers={**OWN, "Idempotency-Key": key})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def standing(house: House, cases: Sequence[CaseId]) -> list[tuple[int, int]]:
    """Return how each case stands: its version, and how many entries its ledger has."""
    found = {case.id: case for case in house.desk.reads.cases(ROOT, list(cases))}
    return [(found[case].version, len(house.desk.reads.entries(ROOT, case))) for case in cases]


def test_a_preview_tells_each_case_and_writes_nothing(house: House, shen: TestClient, late: list[CaseId]) -> None:
    house.fire("shen", late[2], "supervise", LIST)
    chains = set(house.desk.reads.all_case_ids(ROOT))
    before = standing(house, late)
    told = ask(shen, measure="supervise", form=LIST, cases=[*late, UNKNOWN])
    assert (told["preview"], told["measure"], told["title"]["zh"]) == (True, "supervise", "挂牌督办")
    assert (told["ready"], told["refused"], told["more"]) == (1, 3, False)
    problems = {one["id"]: one["problem"] and one["problem"]["code"] for one in told["cases"]}
    # Not assigned yet; listed already, which only its guard knows; and one that is not there.
    assert problems == {
        late[0]: "transition_not_offered",
        late[1]: None,
        late[2]: "guard_refused",
        UNKNOWN: "case_not_found",
    }
    ready = told["cases"][1]
    assert [title["zh"] for title in ready["opens"]] == ["督办"]
    assert [title["zh"] for title in ready["raises"]] == ["黄色：逾期催办"]
    assert {"主办单位负责人", "分管领导"} <= {title["zh"] for title in ready["tells"]}
    refused = told["cases"][2]
    assert (refused["problem"]["title"], refused["tells"], refused["opens"]) == ("本件已经挂牌督办", [], [])
    assert "subject" in told["cases"][3]
    assert told["cases"][3]["subject"] is None
    assert standing(house, late) == before
    assert set(house.desk.reads.all_case_ids(ROOT)) == chains


def test_what_is_confirmed_is_done_once_and_the_rest_is_told(
    house: House, shen: TestClient, late: list[CaseId]
) -> None:
    body: dict[str, Any] = {"measure": "催办", "form": {"reminder_note": "请于三日内办理。"}, "cases": late}
    told = ask(shen, **body)
    assert told["measure"] == "remind"
    assert [one["case"] for one in told["confirm"]] == late
    # One is taken out of what is confirmed; somebody moves another one on meanwhile.
    confirmed = told["confirm"][:2]
    house.fire("zhai", late[1], "remind", {"reminder_note": "已电话催办。"})
    taken = ask(shen, **body, confirmed=confirmed)
    assert (taken["preview"], taken["done"], taken["refused"]) == (False, 1, 2)
    by_case = {one["case"]: one for one in taken["results"]}
    assert by_case[late[0]]["status"] == 200
    assert (by_case[late[1]]["status"], by_case[late[1]]["problem"]["code"]) == (412, "stale_case")
    assert by_case[late[2]]["problem"]["title"] == "未经确认，没有办理"
    assert by_case[late[2]]["subject"] == "关于照明的提案第2件"
    # The same once more: nothing happens twice.
    again = ask(shen, **body, confirmed=confirmed)
    assert {one["case"]: one.get("repeated") for one in again["results"]} == {
        late[0]: True,
        late[1]: None,
        late[2]: None,
    }
    assert [
        case.fired.get("remind", 0) for case in (house.desk.reads.case(ROOT, one, None) for one in late) if case
    ] == [
        1,
        1,
        0,
    ]


def test_a_selection_may_be_what_the_list_holds(house: House, shen: TestClient, late: list[CaseId]) -> None:
    note = {"reminder_note": "请抓紧。"}
    listed = ask(shen, measure="remind", form=note, listed={"workflow": "proposal"})
    assert [one["id"] for one in listed["cases"]] == [late[0]]
    parts = ask(shen, measure="remind", form=note, listed={"workflow": "handling", "rung": "red"})
    red = shen.get("/api/overdue?workflow=handling&rung=red").json()["cases"]
    assert sorted(one["id"] for one in parts["cases"]) == sorted({one["id"] for one in red})
    assert len(red) == 2
    nothing = ask(shen, measure="remind", form=note, listed={"workflow": "grievance"})
    assert (nothing["cases"], nothing["confirm"]) == ([], [])


def test_the_preview_says_what_carrying_out_then_says(house: House, shen: TestClient, late: list[CaseId]) -> None:
    house.fire("shen", late[2], "supervise", LIST)
    forms: list[tuple[str, dict[str, Any]]] = [
        ("remind", {"reminder_note": ""}),
        ("remind", {"reminder_note": "请抓紧。", "colour": "red"}),
        ("instruct", {**INSTRUCTION, "instruction_on": "2026-03-10"}),
        ("instruct", {**INSTRUCTION, "instruction_on": "9 March"}),
        ("issue_supervision", {**LIST, "supervision_kind": "rectification"}),
        ("issue_supervision", {**LIST, "supervision_kind": "listed"}),
        ("supervise", {**LIST, "supervision_due_on": "2026-03-09"}),
        ("supervise", LIST),
        ("delist", DELISTING),
        ("delist", {"delisting_reason": "方案已经落实。"}),
        ("instruct", INSTRUCTION),
    ]
    for number, (measure, form) in enumerate(forms):
        told = ask(shen, measure=measure, form=form, cases=late)
        versions = dict(zip(late, (version for version, _ in standing(house, late)), strict=True))
        confirmed = [{"case": case, "expected_version": versions[case]} for case in late]
        taken = ask(shen, f"k{number}", measure=measure, form=form, cases=late, confirmed=confirmed)
        before = [one["problem"] and (one["problem"]["code"], one["problem"]["title"]) for one in told["cases"]]
        after = [one["problem"] and (one["problem"]["code"], one["problem"]["title"]) for one in taken["results"]]
        assert before == after, (measure, form)


def test_a_leader_instructs_on_a_selection_with_text_post_and_day(
    house: House, shen: TestClient, late: list[CaseId]
) -> None:
    lines = shen.get("/api/overdue?limit=200").json()["cases"]
    assert all("instruct" in one["measures"] for one in lines if one["workflow"] == "proposal")
    told = ask(shen, measure="领导批示", form=INSTRUCTION, cases=late)
    taken = ask(shen, measure="领导批示", form=INSTRUCTION, cases=late, confirmed=told["confirm"])
    assert taken["done"] == 3
    shown = shen.get(f"/api/cases/{late[1]}").json()["fields"]
    assert {name: shown[name] for name in INSTRUCTION} == INSTRUCTION
    page = shen.get(f"/cases/{late[1]}").text
    for words in ("批示领导", "分管副总经理", "批示日期", "请后勤服务中心抓紧落实。"):
        assert words in page


def test_what_was_listed_is_delisted_together_with_reason_and_basis(
    house: House, shen: TestClient, late: list[CaseId]
) -> None:
    for case in late[1:]:
        house.fire("shen", case, "supervise", LIST)
    told = ask(shen, measure="delist", form=DELISTING, cases=late)
    assert [one["problem"] and one["problem"]["code"] for one in told["cases"]] == [
        "transition_not_offered",
        None,
        None,
    ]
    taken = ask(shen, measure="delist", form=DELISTING, cases=late, confirmed=told["confirm"])
    assert (taken["done"], taken["refused"]) == (2, 1)
    found = house.desk.reads.cases(ROOT, late[1:])
    assert [case.data["supervised"] for case in found] == [False, False]
    assert "江工办〔2026〕9号核查记录" in shen.get(f"/cases/{late[1]}").text
    figures = shen.get("/api/figures/proposal").json()["measures"]
    beside = next(one for one in figures if one["name"] == "supervised_cases")["beside"]
    counts = {one["id"]: one["count"] for one in beside}
    assert (counts["listed"], counts["listed_now"], counts["delisted"]) == (2, 0, 2)


def test_who_may_not_is_refused_and_who_may_not_see_learns_nothing(house: House, late: list[CaseId]) -> None:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("wen"))
        told = ask(client, measure="remind", form={"reminder_note": "催"}, cases=[late[1], late[2], UNKNOWN])
        codes = [one["problem"]["code"] for one in told["cases"]]
        # The handler of logistics sees the proposal that logistics leads, and not that of safety.
        assert codes == ["not_permitted", "case_not_found", "case_not_found"]
        assert told["cases"][1]["subject"] is told["cases"][1]["number"] is told["cases"][1]["version"] is None
        confirmed = [{"case": late[1], "expected_version": standing(house, late)[1][0]}]
        taken = ask(client, measure="remind", form={"reminder_note": "催"}, cases=late[1:2], confirmed=confirmed)
        assert (taken["done"], taken["results"][0]["status"]) == (0, 403)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"measure": "remind"}, 422),
        ({"measure": "remind", "cases": []}, 422),
        ({"measure": "remind", "cases": ["a"], "listed": {}}, 422),
        ({"measure": "remind", "listed": {"rung": "pink"}}, 422),
        ({"measure": "remind", "listed": {"near_working_days": 251}}, 422),
        ({"measure": "remind", "cases": ["a"] * 257}, 422),
        ({"measure": "remind", "cases": ["a"], "confirmed": [{"case": "a"}]}, 422),
        ({"measure": "assign", "cases": ["a"]}, 404),
        ({"measure": "表扬", "listed": {}}, 404),
    ],
)
def test_what_means_nothing_is_refused(shen: TestClient, body: dict[str, Any], status: int) -> None:
    answer = shen.post("/api/overdue/measures", json=body, headers={**OWN, "Idempotency-Key": "k"})
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


def test_without_a_key_nothing_is_looked_at(shen: TestClient, late: list[CaseId]) -> None:
    answer = shen.post("/api/overdue/measures", json={"measure": "remind", "cases": late}, headers=OWN)
    assert (answer.status_code, answer.json()["code"]) == (400, "key_required")
