"""The list of deadlines and acting on it, as pages without JavaScript and as the API: figures, filters, measures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import Any
from urllib.parse import parse_qsl

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.plain import AddGrant
from engine.service.ports import CaseFilter
from engine.service.sweep import sweep
from tests.support.house import ROOT, House, client_of, open_house

LATE = datetime(2026, 3, 9, 1, tzinfo=UTC)
"""Monday 9 March 2026, 09:00: a proposal filed on 20 January was to be assigned by Friday 6 March."""
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        grant = GrantRow(root=ROOT, person=PersonId("shen"), role="supervisor", unit=UnitId(ROOT))
        house.desk.office.write([AddGrant(grant)])
        yield house


@pytest.fixture
def late(house: House) -> list[CaseId]:
    """Three proposals to be assigned by 6 March, and one that logistics must acknowledge by 30 January; swept."""
    cases = [house.filed(form={"subject": f"关于照明的提案第{n}件"}) for n in range(3)]
    assigned = house.filed(form={"subject": "关于饮水的提案"})
    house.fire("zhai", assigned, "assign", {"lead": "logistics"})
    house.clock.set(LATE)
    sweep(house.desk, ROOT)
    return [*cases, assigned]


@pytest.fixture
def zhai(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        yield client


def overdue(client: TestClient, **query: str) -> dict[str, Any]:
    answer = client.get("/api/overdue", params=query)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def urged(house: House, case: CaseId) -> int:
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    return found.fired.get("remind", 0)


def posted(page: str) -> dict[str, list[str]]:
    """Return what the form of a preview would send."""
    form = page[page.index('method="post" action="/overdue/act') :].partition("</form>")[0]
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]+>", form):
        values = {name: unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', tag)}
        if values["type"] == "hidden" or "checked" in tag:
            fields.setdefault(values["name"], []).append(values["value"])
    return fields


# ------------------------------------------------------------------------------------------------------------- the list


def test_a_line_says_who_is_late_with_what_by_how_much_and_on_which_rung(zhai: TestClient, late: list[CaseId]) -> None:
    line = next(one for one in overdue(zhai)["cases"] if one["id"] == late[0])
    assert (line["deadline"], line["due_on"], line["provisional"], line["overdue"]) == (
        "assignment",
        "2026-03-06",
        False,
        True,
    )
    # Friday to Monday is one working day. Blue stands from three days before, yellow from the day after.
    assert line["working_days_late"] == 1
    assert line["rungs"] == ["blue", "yellow"]
    assert (line["rung"]["id"], line["rung"]["colour"], line["rung"]["level"]) == ("yellow", "yellow", 2)
    # Fifteen days after 6 March.
    assert (line["next_rung"]["on"], line["next_rung"]["id"]) == ("2026-03-23", "red")
    assert line["handlers"] == ["翟鸿岭"]
    assert line["unit_title"]["zh"] == "江岭重工"
    assert "remind" in line["measures"]


def test_the_figures_agree_with_the_lists_that_they_name(zhai: TestClient, late: list[CaseId]) -> None:
    first = overdue(zhai, limit="200")
    figures = first["figures"]
    assert figures["late"] == len(first["cases"])
    assert figures["near"] == len(overdue(zhai, limit="200", scope="near")["cases"])
    assert sum(figures["by_rung"].values()) == figures["late"] + figures["near"]
    for colour, count in figures["by_rung"].items():
        listed = overdue(zhai, limit="200", scope="both", rung=colour)["cases"]
        assert len(listed) == count, colour
        assert {one["rung"]["colour"] if one["rung"] else "none" for one in listed} <= {colour}
    # Three to be assigned are yellow since 7 March; the receipt of 30 January is red since 15 days after it.
    assert {colour: count for colour, count in figures["by_rung"].items() if count} == {"yellow": 3, "red": 1}


def test_what_is_nearly_late_is_on_its_first_rung_or_due_within_working_days(house: House, zhai: TestClient) -> None:
    case = house.filed()

    def near(at: datetime, **query: str) -> bool:
        house.clock.set(at)
        sweep(house.desk, ROOT)
        cases = overdue(zhai, scope="near", limit="200", **query)["cases"]
        return case in [one["id"] for one in cases if one["deadline"] == "assignment"]

    # The first rung stands three days before Friday 6 March: from Tuesday on. 2 March has four working days ahead.
    assert not near(datetime(2026, 3, 2, 1, tzinfo=UTC))
    assert near(datetime(2026, 3, 2, 1, tzinfo=UTC), near_working_days="4")
    assert near(datetime(2026, 3, 3, 1, tzinfo=UTC))
    assert not near(datetime(2026, 3, 3, 1, tzinfo=UTC), near_working_days="2")
    assert near(datetime(2026, 3, 6, 15, 59, tzinfo=UTC))
    assert not near(datetime(2026, 3, 6, 16, tzinfo=UTC))


def test_the_list_is_narrowed_by_unit_and_by_workflow(zhai: TestClient, late: list[CaseId]) -> None:
    def found(**query: str) -> set[str]:
        cases = overdue(zhai, limit="200", **query)["cases"]
        return {f"{one['workflow']}/{one['deadline']}" for one in cases}

    assert found(unit="logistics") == {"handling/acknowledgement"}
    assert found(workflow="proposal") == {"proposal/assignment"}
    assert found(unit="logistics", workflow="proposal") == set()


@pytest.mark.parametrize("query", ["scope=soon", "rung=pink", "near_working_days=251", "near_working_days=-1"])
def test_a_filter_that_means_nothing_is_refused(zhai: TestClient, house: House, query: str) -> None:
    assert zhai.get(f"/api/overdue?{query}").status_code == 422
    assert zhai.get(f"/overdue?{query.replace('near_working_', '')}&within=x&unit=x&workflow=x").status_code == 200


def test_who_may_see_nothing_counts_nothing(house: House, late: list[CaseId]) -> None:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("luo"))
        told = overdue(client, scope="both")
    assert told["cases"] == []
    assert told["figures"] == {
        "late": 0,
        "near": 0,
        "by_rung": dict.fromkeys(("none", "blue", "yellow", "orange", "red", "black"), 0),
        "more": False,
    }


def test_the_page_holds_the_filter_in_its_addresses(
    zhai: TestClient, late: list[CaseId], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.overdue.PAGE_LINES", 2)
    page = zhai.get("/overdue?workflow=proposal&rung=yellow&within=both").text
    following = re.search(r'href="/overdue\?([^"]+)" rel="next"', page)
    assert following is not None
    kept = dict(parse_qsl(unescape(following[1])))
    assert {**kept, "after": ""} == {"within": "both", "workflow": "proposal", "rung": "yellow", "after": ""}
    second = zhai.get(f"/overdue?{unescape(following[1])}").text
    shown = [re.findall(r'<td class="subject"[^>]*><a href="/cases/(\w+)"', each) for each in (page, second)]
    assert sorted(shown[0] + shown[1]) == sorted(late[:3])
    assert "黄色" in page
    assert "2026年3月6日（周五）" in page
    assert "应办人：翟鸿岭" in page


# --------------------------------------------------------------------------------------------------------------- acting


def test_a_measure_is_previewed_then_taken_on_each_and_sending_it_again_does_nothing(
    house: House, zhai: TestClient, late: list[CaseId]
) -> None:
    chosen = "&".join(f"case={case}" for case in late[:2])
    page = zhai.get(f"/overdue/act?measure=remind&{chosen}&workflow=proposal").text
    assert "2 件可以采取此项措施" in page
    note = {"f.reminder_note": ["请于三日内交办。"]}
    previewed = zhai.post("/overdue/act", data={**posted(page), **note}, headers=OWN).text
    assert "核对结果：可以办理 2 件，不能办理 0 件" in previewed
    assert "请于三日内交办。" in previewed
    assert [urged(house, case) for case in late[:2]] == [0, 0]
    form = {**posted(previewed), **note}
    assert form["confirmed"] == ["1"]
    for result in ("已办理", "此前已办理，未重复"):
        answer = zhai.post("/overdue/act", data=form, headers=OWN)
        assert answer.status_code == 200
        assert answer.text.count(result) == 2
        assert [urged(house, case) for case in late] == [1, 1, 0, 0]


def test_one_that_is_refused_keeps_no_other_back_and_says_why(
    house: House, zhai: TestClient, late: list[CaseId]
) -> None:
    strange = CaseId("0" * 32)
    chosen = "&".join(f"case={case}" for case in (*late[:2], strange))
    page = zhai.get(f"/overdue/act?measure=remind&{chosen}").text
    assert "不能办理，不计入本次" in page
    form = {**posted(page), "f.reminder_note": ["请于三日内交办。"], "confirmed": ["1"]}
    assert form["case"] == list(late[:2])
    assert form["other"] == [strange]
    # Sent all the same, and one of them was moved on meanwhile.
    house.fire("zhai", late[1], "assign", {"lead": "safety"})
    answer = zhai.post("/overdue/act", data={**form, "case": [*form["case"], strange]}, headers=OWN)
    assert answer.status_code == 200
    assert "办理结果：成功 1 件，未办 2 件" in answer.text
    assert "该事项已被他人更新" in answer.text
    assert "没有找到该事项" in answer.text
    assert "请于三日内交办。" in answer.text
    assert [urged(house, case) for case in late[:2]] == [1, 0]


def test_without_a_reason_nothing_is_done_and_the_field_says_so(
    house: House, zhai: TestClient, late: list[CaseId]
) -> None:
    page = zhai.get(f"/overdue/act?measure=remind&case={late[0]}").text
    answer = zhai.post("/overdue/act", data=posted(page), headers=OWN)
    assert answer.status_code == 422
    assert "“催办内容”为必填项" in answer.text
    assert urged(house, late[0]) == 0


def test_orders_are_opened_for_a_selection_and_a_refusal_names_its_source(
    house: House, zhai: TestClient, late: list[CaseId]
) -> None:
    other = late[1]
    house.fire("zhai", other, "assign", {"lead": "safety"})
    page = zhai.get(f"/overdue/act?measure=issue_supervision&case={late[3]}&case={other}&case={late[0]}").text
    assert page.count("开出督办") == 2
    assert "2 件可以采取此项措施" in page
    text = {"f.supervision_trigger": ["overdue"], "f.supervision_note": ["请限期答复。"]}
    # A rectification needs a date (XF Art.39).
    form = {**posted(page), **text, "f.supervision_kind": ["rectification"]}
    refused = zhai.post("/overdue/act", data=form, headers=OWN).text
    assert "核对结果：可以办理 0 件，不能办理 3 件" in refused
    assert refused.count("限期整改须填写截止日期") == 2
    assert "第三十九条" in refused
    assert "confirmed" not in posted(refused)
    anyway = zhai.post("/overdue/act", data={**form, "confirmed": ["1"]}, headers=OWN)
    assert anyway.status_code == 409
    assert anyway.text.count("限期整改须填写截止日期") == 2
    # Another answer to the same cases: the guard holds, and what is not open for it is told as left out.
    again = {**posted(refused), **text, "f.supervision_kind": ["order"]}
    previewed = zhai.post("/overdue/act", data=again, headers=OWN).text
    assert "核对结果：可以办理 2 件，不能办理 1 件" in previewed
    done = {**posted(previewed), **text, "f.supervision_kind": ["order"]}
    assert "办理结果：成功 2 件，未办 1 件" in zhai.post("/overdue/act", data=done, headers=OWN).text
    orders = house.desk.reads.list_cases(ROOT, None, CaseFilter(workflow="supervision"), after=None, limit=9)
    assert sorted((line.subject, line.lead_unit) for line in orders.lines) == [
        ("关于照明的提案第1件", "safety"),
        ("关于饮水的提案", "logistics"),
    ]


def test_orders_are_opened_for_a_selection_over_the_api(house: House, zhai: TestClient, late: list[CaseId]) -> None:
    form = {"supervision_kind": "order", "supervision_trigger": "overdue", "supervision_note": "请限期答复。"}
    moves = [{"case": case, "transition": "issue_supervision", "form": form} for case in (late[3], late[0])]
    headers = {**OWN, "Idempotency-Key": "orders"}
    results = [
        zhai.post("/api/transitions", json={"transitions": moves}, headers=headers).json()["results"] for _ in range(2)
    ]
    assert [[one["status"] for one in each] for each in results] == [[200, 409], [200, 409]]
    assert results[0][1]["problem"]["code"] == "transition_not_offered"
    assert results[1][0]["repeated"] is True
    orders = house.desk.reads.list_cases(ROOT, None, CaseFilter(workflow="supervision"), after=None, limit=9)
    assert len(orders.lines) == 1


def test_who_may_take_no_measure_is_shown_none(house: House, late: list[CaseId]) -> None:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("wen"))
        page = client.get("/overdue?within=both").text
        assert "关于饮水的提案" in page
        assert 'name="case"' not in page
        preview = client.get(f"/overdue/act?measure=remind&case={late[3]}").text
        assert "所选事项都不能采取此项措施" in preview
        posted_anyway = {
            "measure": "remind",
            "key": "k",
            "case": late[3],
            "f.reminder_note": "催",
            "confirmed": "1",
        }
        answer = client.post("/overdue/act", data=posted_anyway, headers=OWN)
    assert answer.status_code in (403, 404)
    assert urged(house, late[3]) == 0


def test_a_measure_may_be_named_by_its_title(house: House, zhai: TestClient, late: list[CaseId]) -> None:
    form = posted(zhai.get(f"/overdue/act?measure=催办&case={late[0]}").text)
    typed = {**form, "measure": ["催办"], "f.reminder_note": ["请于三日内交办。"], "confirmed": ["1"]}
    assert "成功 1 件" in zhai.post("/overdue/act", data=typed, headers=OWN).text
    assert urged(house, late[0]) == 1


def test_other_moves_are_no_measures(zhai: TestClient, late: list[CaseId]) -> None:
    for measure in ("assign", "nothing", ""):
        answer = zhai.get(f"/overdue/act?measure={measure}&case={late[0]}")
        assert answer.status_code == 404
        assert "没有名为" in answer.text
