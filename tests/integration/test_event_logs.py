"""Exported event logs, read back by readers that know the formats alone: every move once, and nobody is named."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from pydantic import JsonValue

from engine.case.identity import CaseId
from tests.support.command_line import command_line
from tests.support.house import PEOPLE, open_house
from tests.support.storage import table
from tests.support.worker import employ

XES = "{http://www.xes-standard.org/}"
GRIEVANCE: dict[str, JsonValue] = {
    "subject": "仓库通道堵塞",
    "content": "堆放货物",
    "petitioner_name": "翟鸿岭",
    "channel": "mailbox",
    "grievance_type": "claim",
}


NOON = datetime(2026, 1, 19, 2, tzinfo=UTC)


@pytest.fixture
def proposal(any_database: str) -> CaseId:
    """A proposal that is filed on a Monday and assigned on the Wednesday of the week after; the house is closed."""
    with open_house(any_database, at=NOON) as house:
        case = house.filed()
        house.clock.set(house.clock.now() + timedelta(days=9))
        house.fire("zhai", case, "assign", {"lead": "logistics", "co_handlers": ["safety"]})
    return case


def exported(url: str, folder: Path, kind: str, workflow: str = "proposal") -> Path:
    file = folder / f"log.{kind}"
    command_line(url).must("export", "--format", kind, "--workflow", workflow, "-o", str(file))
    return file


def attributes(element: ET.Element) -> dict[str, str]:
    return {one.attrib["key"]: one.attrib["value"] for one in element if "key" in one.attrib}


def test_an_xes_log_has_a_trace_for_each_case_with_its_working_days(
    proposal: CaseId, any_database: str, tmp_path: Path
) -> None:
    file = exported(any_database, tmp_path, "xes")
    log = ET.parse(file).getroot()
    assert log.tag == f"{XES}log"
    assert {one.attrib["prefix"] for one in log.findall(f"{XES}extension")} == {"concept", "time", "lifecycle", "org"}
    (trace,) = log.findall(f"{XES}trace")
    told = attributes(trace)
    assert (told["banjie:case"], told["banjie:unit"], told["banjie:category"]) == (proposal, "works", "welfare")
    events = [attributes(event) for event in trace.findall(f"{XES}event")]
    assert [event["banjie:move"] for event in events] == ["opened", "submit", "begin_review", "file", "assign"]
    assert [event["concept:name"] for event in events][1:] == ["提交", "开始审查", "立案", "交办"]
    assert events[0]["time:timestamp"] == "2026-01-19T10:00:00+08:00"
    # From Monday the 19th to Wednesday the 28th: 20 to 23, and 26 to 28.
    assert (events[4]["banjie:working_days"], events[4]["banjie:working_days_since_opening"]) == ("7", "7")
    assert events[4]["org:role"] == "committee"
    assert events[3]["banjie:state"] == "filed"


def test_an_ocel_log_relates_events_to_cases_parts_and_units(
    proposal: CaseId, any_database: str, tmp_path: Path
) -> None:
    log: dict[str, Any] = json.loads(exported(any_database, tmp_path, "ocel").read_text("utf-8"))
    assert set(log) == {"objects", "events", "objectTypes", "eventTypes"}
    objects = {one["id"]: one for one in log["objects"]}
    parts = [one for one in log["objects"] if one["type"] == "handling"]
    assert len(parts) == 2
    assert {"objectId": proposal, "qualifier": "part of"} in parts[0]["relationships"]
    related = {one["objectId"] for each in (*log["objects"], *log["events"]) for one in each["relationships"]}
    assert related <= objects.keys(), "nothing is named that is not there"
    types = {one["name"]: {part["name"] for part in one["attributes"]} for one in log["eventTypes"]}
    for event in log["events"]:
        assert {one["name"] for one in event["attributes"]} <= types[event["type"]]
    assert {one["type"] for one in log["objects"]} == {one["name"] for one in log["objectTypes"]}
    moves = [event["type"] for event in log["events"] if event["relationships"][0]["objectId"] == proposal]
    assert moves == ["proposal.opened", "proposal.submit", "proposal.begin_review", "proposal.file", "proposal.assign"]
    assert {one["name"]: one["value"] for one in objects["safety"]["attributes"]} == {"title": "安全环保部"}


@pytest.mark.parametrize("kind", ["xes", "ocel"])
def test_nobody_is_named_and_nothing_secret_is_told(any_database: str, tmp_path: Path, kind: str) -> None:
    with open_house(any_database, at=NOON) as house:
        employ(house.desk)
        open_one = house.begin("luo", "grievance", {**GRIEVANCE, "confidentiality": "open"})
        secret = house.begin("luo", "grievance", {**GRIEVANCE, "confidentiality": "confidential"})
    text = exported(any_database, tmp_path, kind, "grievance").read_text("utf-8")
    assert open_one in text
    assert secret not in text
    for name, _unit, _roles in PEOPLE.values():
        assert name not in text
    for hidden in ("堆放货物", "翟鸿岭"):
        assert hidden not in text
    bodies = [json.loads(bytes(row[0])) for row in table(any_database, "SELECT body FROM ledger_entry")]
    (told,) = [body["exported"] for body in bodies if body["type"] == "exported"]
    assert told == {"what": f"events {kind}", "rows": 1, "scope": "grievance"}


def test_a_workflow_that_nobody_knows_writes_no_file(proposal: CaseId, any_database: str, tmp_path: Path) -> None:
    file = tmp_path / "log.xes"
    done = command_line(any_database).run("export", "--workflow", "nothing", "-o", str(file))
    assert done.code == 1
    assert "没有流程“nothing”" in done.err
    assert not list(tmp_path.glob("*log*"))


def test_a_table_has_a_row_for_each_case_with_typed_cells_and_nothing_that_is_not_public(
    proposal: CaseId, any_database: str, tmp_path: Path
) -> None:
    sheet = load_workbook(exported(any_database, tmp_path, "xlsx")).active
    assert sheet is not None
    titles, *rows = ([cell.value for cell in row] for row in sheet.iter_rows())
    assert titles[:8] == ["编号", "案由", "状态", "单位", "主办单位", "登记日期", "最近期限", "最近办理日期"]
    (row,) = rows
    said = dict(zip(titles, row, strict=True))
    assert said["案由"] == "关于改善夜班食堂供餐的提案"
    assert (said["状态"], said["单位"], said["主办单位"]) == ("待签收", "江岭重工", "后勤服务中心")
    assert [said[name].date() for name in ("登记日期", "最近办理日期")] == [date(2026, 1, 19), date(2026, 1, 28)]
    assert said["类别"] == "生活福利"
    assert isinstance(said["最近期限"], datetime)
    assert not {"案据", "建议措施", "提案人姓名"} & set(titles)
    plain = exported(any_database, tmp_path, "csv").read_text("utf-8-sig").splitlines()
    assert plain[0].split(",")[:3] == ["编号", "案由", "状态"]
    assert len(plain) == 2


def test_a_case_under_a_strict_level_is_in_no_table(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'house.db'}"
    with open_house(url, at=NOON) as house:
        employ(house.desk)
        house.begin("luo", "grievance", {**GRIEVANCE, "confidentiality": "confidential"})
        house.begin("luo", "grievance", {**GRIEVANCE, "confidentiality": "open", "subject": "公开反映的事"})
    file = tmp_path / "table.csv"
    told = command_line(url).must("export", "--format", "csv", "--workflow", "grievance", "-o", str(file))
    text = file.read_text("utf-8-sig")
    # What a grievance is about is not public, whatever its level; that there is one is.
    assert [("已登记" in line, "公开反映的事" in line) for line in text.splitlines()[1:]] == [(True, False)]
    assert "另有 1 件保密事项不导出" in told
