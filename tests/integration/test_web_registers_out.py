"""Registers that go out: typed cells in the columns of the import, behind the readers, and back in again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import CaseNotFound
from engine.service.long_work import LongWork
from engine.service.long_work_ports import WorkState
from engine.service.plain import RemoveGrant
from tests.integration.test_web_registers import (
    AT,
    HEADS,
    OWN,
    a_row,
    bring,
    proposals,
    sheet_of,
    text_of,
    workbook,
    worked,
)
from tests.support.house import ROOT, SESSION, House, client_of, open_house

MORE = ("答复日期", "答复类别", "答复内容", "评价日期", "办理态度评价", "办理结果评价", "结案日期")
LIFE = {
    "审查结果": "立案",
    "审查日期": date(2026, 1, 20),
    "提案号": "第001号",
    "主办单位": "后勤服务中心",
    "交办日期": date(2026, 1, 22),
}
ANSWERED = (date(2026, 2, 12), "A", "已增设路灯", date(2026, 2, 16), "满意", "基本满意", date(2026, 2, 20))


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database, AT) as house:
        yield house


@pytest.fixture
def shen(house: House) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        yield client


@pytest.fixture
def early(sqlite_database: str) -> Iterator[House]:
    """The same while proposals may still be filed."""
    with open_house(sqlite_database) as house:
        yield house


@pytest.fixture
def office(early: House) -> Iterator[TestClient]:
    with client_of(early) as client:
        client.cookies.set("banjie", early.token("shen"))
        yield client


def taken(client: TestClient, key: str = "out", **fields: str) -> list[list[object]]:
    """Take the register along and return its rows."""
    asked = {"key": key, "workflow": "proposal", **fields}
    answer = client.post("/registers/out", data=asked, headers=OWN)
    assert answer.headers["content-type"].endswith("sheet"), text_of(answer.text)
    return sheet_of(answer.content)


def brought(client: TestClient, house: House, content: bytes, key: str = "k1", session: str = SESSION) -> None:
    status, address, shown = bring(client, content, key=key, session=session)
    assert status == 303, shown
    assert "不能导入的行" not in shown, shown
    client.post(address, data={"sure": "yes"}, headers=OWN)
    worked(house)


def test_what_goes_out_comes_in_again_elsewhere_as_the_same(shen: TestClient, house: House, tmp_path: Path) -> None:
    rows = [
        [*a_row("T1", **LIFE), *ANSWERED],
        [*a_row("T2", 审查结果="转意见建议", 审查日期=date(2026, 1, 21)), *[None] * len(MORE)],
        [*a_row("T3"), *[None] * len(MORE)],
    ]
    brought(shen, house, workbook(rows, (*HEADS, *MORE)))
    head, *lines = taken(shen, session=SESSION)
    first = dict(zip(head, next(line for line in lines if line[0] == "T1"), strict=True))

    assert first["案由"] == "关于照明的提案T1"
    assert first["类别"] == "生活福利"
    assert first["提交日期"] == datetime(2026, 1, 12)  # noqa: DTZ001 - a sheet knows no zones
    assert first["审查结果"] == "立案"
    assert first["主办单位"] == "后勤服务中心"
    assert first["答复日期"] == datetime(2026, 2, 12)  # noqa: DTZ001 - a sheet knows no zones
    assert first["结案日期"] == datetime(2026, 2, 20)  # noqa: DTZ001 - a sheet knows no zones
    with open_house(f"sqlite:///{tmp_path / 'other.db'}", AT) as other, client_of(other) as client:
        client.cookies.set("banjie", other.token("shen"))
        brought(client, other, workbook(lines, [str(one) for one in head]))
        assert {case.data["receipt_number"]: case.state for case in proposals(other)} == {
            case.data["receipt_number"]: case.state for case in proposals(house)
        }
        again = taken(client, session=SESSION)
        assert again[0] == head
        assert sorted(again[1:], key=str) == sorted(lines, key=str)


def test_what_was_brought_in_and_taken_along_creates_nothing_when_it_comes_again(
    shen: TestClient, house: House
) -> None:
    brought(shen, house, workbook([a_row("T1", **LIFE), a_row("T2")]))
    head, *lines = taken(shen)
    brought(shen, house, workbook(lines, [str(one) for one in head]), key="again")

    assert len(proposals(house)) == 2


def test_a_large_register_is_written_in_the_background_and_downloaded(
    office: TestClient, early: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.registers.AT_ONCE_MAX", 1)
    early.filed()
    early.filed(form={"subject": "=1+1"})
    answer = office.post(
        "/registers/out", data={"key": "o", "workflow": "proposal", "year": "2026"}, headers=OWN, follow_redirects=False
    )
    worked(early)
    (work,) = LongWork(early.desk).of(ROOT, PersonId("shen"))

    assert answer.headers["location"] == f"/long-work/{work.id}"
    assert (work.state, work.done) == (WorkState.DONE, 2)
    address = str(work.payload["result"])
    rows = sheet_of(office.get(address).content)
    assert {row[rows[0].index("案由")] for row in rows[1:]} == {"=1+1", "关于改善夜班食堂供餐的提案"}
    office.cookies.set("banjie", early.token("zhai"))
    refused = office.get(address)
    assert refused.status_code == 404
    assert "没有这项办理" in refused.text


def test_nobody_takes_along_what_they_may_not_know(office: TestClient, early: House) -> None:
    early.filed(form={"proposer_name": "石磊生", "proposer_phone": "13800000000"})
    head, line = taken(office)
    assert line[head.index("联系电话")] == "13800000000"
    office.cookies.set("banjie", early.token("luo"))
    answer = office.post("/registers/out", data={"key": "k", "workflow": "proposal"}, headers=OWN)
    assert "没有符合条件的事项可导出；请换一个届次或年度" in text_of(answer.text)


def test_of_a_confidential_grievance_each_takes_along_what_they_may_know(office: TestClient, early: House) -> None:
    content = workbook(
        [["G1", "欠薪", "保密", "反映内容不外传", "罗小山", date(2026, 1, 12)]],
        ("编号", "诉求事项", "保密级别", "反映内容", "姓名", "登记日期"),
    )
    _status, address, _shown = bring(office, content, workflow="grievance", session="-")
    office.post(address, data={"sure": "yes"}, headers=OWN)
    worked(early)
    (case,) = early.desk.reads.cases(ROOT, list(early.desk.reads.all_case_ids(ROOT)))
    for login in ("shen", "zhai"):
        office.cookies.set("banjie", early.token(login))
        actor = early.desk.queries.actor(ROOT, PersonId(login), early.clock.now())
        answer = office.post("/registers/out", data={"key": login, "workflow": "grievance"}, headers=OWN)
        try:
            known = early.desk.queries.case(ROOT, case.id, actor, early.desk.world(ROOT)).fields
        except CaseNotFound:
            assert "没有符合条件的事项可导出" in text_of(answer.text)
            continue
        head, line = sheet_of(answer.content)
        assert line[head.index("姓名")] == known.get("petitioner_name")
        assert line[head.index("反映内容")] == known.get("content")


def test_what_can_no_longer_be_seen_is_skipped_and_says_so(
    office: TestClient, early: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.pages.registers.AT_ONCE_MAX", 0)
    early.filed()
    office.post("/registers/out", data={"key": "o", "workflow": "proposal"}, headers=OWN)
    grant = GrantRow(root=ROOT, person=PersonId("shen"), role="union_office", unit=UnitId("works"))
    early.desk.office.write([RemoveGrant(grant)])
    worked(early)
    works = LongWork(early.desk)
    (work,) = works.of(ROOT, PersonId("shen"))
    (line,) = works.every_line(work)

    assert line.outcome is not None
    assert line.outcome.reason is not None
    assert line.outcome.reason.zh == "已看不到此事项，未导出"
    assert line.outcome.output is None


def test_a_register_is_of_a_session_or_a_year(office: TestClient, early: House) -> None:
    early.filed()
    assert len(taken(office, year="2026")) == 2
    for fields in ({"year": "2027"}, {"year": "2025"}, {"session": "none"}):
        answer = office.post("/registers/out", data={"key": "k", "workflow": "proposal", **fields}, headers=OWN)
        assert "没有符合条件的事项可导出" in text_of(answer.text)


def test_that_a_register_came_in_and_went_out_is_on_record(shen: TestClient, house: House) -> None:
    brought(shen, house, workbook([a_row("T1")]))
    taken(shen)
    chains = [entry.body for one in system_chains(house) for entry in house.desk.reads.entries(ROOT, one)]
    told = b"\n".join(bytes(body) for body in chains).decode()
    assert '"imported"' in told
    assert '"what":"register"' in told


def system_chains(house: House) -> list[CaseId]:
    return [case for case in house.desk.reads.kept_ids(ROOT) if case.startswith("system:")]
