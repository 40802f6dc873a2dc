"""Rosters and coverage as pages, files and in the API: each line once, by facet and unit, and only what may be seen."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pydantic import JsonValue
from starlette.testclient import TestClient

from engine.errors import FormInvalid
from engine.service import coverage_kept
from engine.service.asked_counts import keep_asked
from engine.service.kept_answers import JOB
from runtime.jobs.leases import LeasedJobs
from tests.support.command_line import command_line
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.sealing import behind_its_back
from tests.support.tampering import VISIT

FIRMS = {
    "QY001": ("第一机械厂", "works", True, 500, "2010-05-01"),
    "QY002": ("第二纺织厂", "works", False, 200, None),
    "QY003": ("城东商店", "logistics", False, 199, "2011-03-08"),
    "QY004": ("河湾水泥厂", "logistics", True, 80, None),
}
"""Code → name, unit, above scale, staff, day on which a union was founded: three of the four are in focus."""


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, at=datetime(2026, 7, 6, 2, tzinfo=UTC)) as house:
        for code, (name, unit, is_large, staff, union_since) in FIRMS.items():
            form: dict[str, JsonValue] = {
                "name": name,
                "code": code,
                "kind": "enterprise",
                "above_scale": is_large,
                "staff_count": staff,
            }
            house.begin(
                "shen", "basic_unit", form if union_since is None else {**form, "union_since": union_since}, unit
            )
        yield house


def visit(code: str, **more: JsonValue) -> dict[str, JsonValue]:
    return {**VISIT, "subject": f"走访{code}", "unit_code": code, **more}


def visited(house: House, code: str) -> None:
    case = house.begin("shen", "visit", visit(code))
    diary: JsonValue = [{"noted_on": "2026-07-06", "way": "talk", "people": 20, "findings": "召开职工座谈会"}]
    services: JsonValue = [{"service": "policy", "done": True}]
    opinions: JsonValue = [
        {"raised_by": "staff", "kind": "pay", "content": "津贴", "way": "answered", "answer": "已说明"}
    ]
    registered: dict[str, JsonValue] = {
        "visited_on": "2026-07-06",
        "leaders_present": "市总工会副主席",
        "staff_count": 500,
        "reporting_unit": "市总工会",
    }
    house.fire(
        "shen", case, "register", {**registered, "diary_rows": diary, "services": services, "opinions": opinions}
    )


def large_firms(client: TestClient) -> str:
    """Return the address behind 规模以上企业走访覆盖率."""
    (found,) = re.findall(r'href="(/coverage/visit\.[a-z_]+)"[^>]*>规模以上', client.get("/coverage").text)
    return str(found)


def cells(text: str, title: str) -> dict[str, str]:
    found = next(part for part in text.split("<tr") if re.search(rf'<th scope="row"[^>]*>(<a[^>]*>)?{title}<', part))
    said = re.findall(r'data-label="([^"]+)">(.*?)</td>', found.partition("</th>")[2], re.DOTALL)
    return {label: re.sub(r"<[^>]+>", "", cell).strip() for label, cell in said}


def test_the_overview_tells_every_coverage_and_what_it_lacks(house: House) -> None:
    visited(house, "QY001")
    house.begin("shen", "visit", visit("QY002"))
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        text = client.get("/coverage").text
        large = cells(text, "规模以上企业走访覆盖率")
        assert large == {"覆盖率": "33.3%", "已覆盖 / 应覆盖": "1 / 3", "已列入计划": "1", "目标": "100% 还差 2"}
        assert cells(text, "建会率") == {"覆盖率": "50.0%", "已覆盖 / 应覆盖": "2 / 4", "已列入计划": "—", "目标": "—"}
        english = client.get("/coverage?lang=en").text
        assert "Rosters and coverage" in english


def test_one_is_told_by_unit_with_who_is_missing_and_as_a_file(house: House) -> None:
    visited(house, "QY001")
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        address = large_firms(client)
        text = client.get(address).text
        assert cells(text, "后勤服务中心") == {
            "覆盖率": "0.0%",
            "已覆盖 / 应覆盖": "0 / 1",
            "已列入计划": "—",
            "目标": "100% 还差 1",
        }
        assert cells(text, "本单位自身") == {
            "覆盖率": "50.0%",
            "已覆盖 / 应覆盖": "1 / 2",
            "已列入计划": "—",
            "目标": "100% 还差 1",
        }
        assert "目标 100%" in text
        assert "第二部分" in text
        missing = re.findall(r'<td class="number"[^>]*>([^<]+)</td>', text)
        assert missing == ["QY002", "QY004"]
        reached = client.get(f"{address}?which=reached").text
        assert re.findall(r'<td class="number"[^>]*>([^<]+)</td>', reached) == ["QY001"]
        below = client.get(f"{address}?unit=logistics").text
        assert re.findall(r'<td class="number"[^>]*>([^<]+)</td>', below) == ["QY004"]
        nobody = client.get(f"{address}?unit=logistics&which=reached").text
        assert "还没有已覆盖的。" in nobody
        file = client.get(f"{address}/export.csv")
        rows = list(csv.reader(io.StringIO(file.text.lstrip("\ufeff"))))
        assert [row[0] for row in rows[1:]] == ["QY002", "QY004"]
        assert client.get(f"{address}/export.pdf").status_code == 404
        assert client.get("/coverage/visit.none").status_code == 404
        assert "没有这项覆盖率" in client.get("/coverage/visit.none").text
        last_year = client.get(f"{address}?year=2025").text
        assert cells(last_year, "本单位自身")["已覆盖 / 应覆盖"] == "0 / 2"


def test_nobody_is_missing_where_all_were_visited(house: House) -> None:
    for code in ("QY001", "QY002", "QY004"):
        visited(house, code)
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        address = large_firms(client)
        text = client.get(address).text
        assert "没有未覆盖的。" in text
        assert "已达到目标" in text


def test_a_count_of_very_many_is_made_by_a_job_and_kept_with_its_time(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coverage_kept, "FEW", -1)
    jobs = LeasedJobs.open(f"sqlite:///{tmp_path}/jobs.db", house.clock)

    def count() -> None:
        asked = [job.subject.rpartition(" ")[2] for job in jobs.listed() if job.kind == JOB]
        assert len(asked) == 1, "one count holds every coverage of the year"
        assert keep_asked(house.desk, ROOT, asked[0])

    visited(house, "QY001")
    with client_of(house, jobs) as client:
        client.cookies.set("banjie", house.token("shen"))
        for address in ("/coverage", "/coverage/visit.focus_enterprises"):
            waiting = client.get(address)
            assert "正在统计" in waiting.text
            assert waiting.headers["refresh"] == "4"
        again = client.get("/api/coverage", headers=house.bearer("shen"))
        assert (again.status_code, again.json(), again.headers["retry-after"]) == (202, {"counting": True}, "5")
        assert client.get("/api/coverage/visit.focus_enterprises", headers=house.bearer("shen")).status_code == 202
        count()
        first = client.get("/coverage").text
        assert "统计时间： <b>2026年7月6日（周一） 10:00</b>" in first
        assert cells(first, "规模以上企业走访覆盖率")["已覆盖 / 应覆盖"] == "1 / 3"
        visited(house, "QY002")
        house.clock.set(house.clock.now() + timedelta(minutes=11))
        old = client.get("/coverage/visit.focus_enterprises?anew=1")
        assert "正在后台重新统计" in old.text
        assert old.headers["refresh"] == "4"
        assert cells(old.text, "本单位自身")["已覆盖 / 应覆盖"] == "1 / 2"
        count()
        new = client.get("/coverage/visit.focus_enterprises").text
        assert "正在后台重新统计" not in new
        assert cells(new, "本单位自身")["已覆盖 / 应覆盖"] == "2 / 2"
    jobs.close()


def test_the_page_of_a_procedure_says_its_rules_about_rosters_in_words(house: House) -> None:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        text = client.get("/workflows/visit").text
        assert (
            "名册“基层单位名册”中“单位类别”为乡镇（街道）、开发区（工业园区）的，一年内有“走访”的占比，各计一次" in text
        )
        assert "同一“活动年度”内不得重复，填写“重复走访理由”的除外。" in text
        own = client.get("/workflows/basic_unit").text
        assert "处于“在册”的是名册上的一条，以“单位代码”为编号，不得重复" in own
        assert "“是否已建工会”为是的占比" in own


def test_the_api_tells_the_same(house: House) -> None:
    visited(house, "QY001")
    with client_of(house) as client:
        headers = house.bearer("shen")
        all_of_them = client.get("/api/coverage?year=2026", headers=headers).json()["coverage"]
        large = next(one for one in all_of_them if one["title"]["zh"] == "规模以上企业走访覆盖率")
        assert (large["lines"], large["covered"], large["value"], large["goal"], large["short_of_goal"]) == (
            3, 1, "33.3", 100, 2,
        )  # fmt: skip
        told = client.get(f"/api/coverage/{large['coverage']}?year=2026&covered=true", headers=headers).json()
        assert [(line["key"], line["name"]) for line in told["lines"]] == [("QY001", "第一机械厂")]
        assert told["next"] is None
        assert [(one["unit"], one["lines"]) for one in told["by_unit"]] == [("logistics", 1)]
        unknown = client.get("/api/coverage?unit=nowhere", headers=headers)
        assert (unknown.status_code, "没有这个单位" in unknown.text) == (422, True)
        assert client.get("/api/coverage/none", headers=headers).status_code == 404


def test_who_may_see_no_line_is_told_of_none(house: House) -> None:
    with client_of(house) as client:
        headers = house.bearer("shi")
        for one in client.get("/api/coverage", headers=headers).json()["coverage"]:
            assert (one["lines"], one["value"]) == (0, "—")
        client.cookies.set("banjie", house.token("shi"))
        assert "—" in client.get("/coverage").text


def test_a_second_visit_is_refused_with_who_has_it_and_taken_with_a_reason(house: House) -> None:
    visited(house, "QY001")
    refusal = house.asked_to_begin("shen", "visit", visit("QY001"), "logistics")
    assert isinstance(refusal, FormInvalid)
    (problem,) = refusal.fields
    assert problem.path == "unit_code"
    assert re.fullmatch(r"编号“QY001”已由.+列入（2026-07-06），不再重复；确需再去的，请写明理由", problem.text.zh)
    house.begin("shen", "visit", visit("QY001", revisit_reason="欠薪隐患须复查"))


def test_what_somebody_changed_behind_its_back_is_found(any_database: str, house: House) -> None:
    visited(house, "QY001")
    with behind_its_back(any_database) as change:
        change("UPDATE roster_line SET facets = '{}' WHERE key = 'QY002'")
        change("DELETE FROM roster_reach")
    told = command_line(any_database).run("verify", "--json").json["findings"]
    said = [one["text"]["zh"] for one in told if one["rule"] == "P4"]
    assert sorted(text[:8] for text in said) == ["名册中多出一行：", "名册中缺少 ba", "名册中缺少 vi"]
