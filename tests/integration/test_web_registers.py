"""Registers over pages: a file is rehearsed, shown and confirmed; what goes out can come in again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from html import unescape
from io import BytesIO
from threading import BoundedSemaphore

import openpyxl
import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.case import Case
from engine.case.identity import PersonId, UnitId
from engine.service.long_work import Asked, LongWork
from engine.service.long_work_kinds import KINDS as WORK
from engine.service.long_work_waves import work_once
from engine.service.plain import RemoveGrant
from engine.text import Text
from tests.support.house import ROOT, SESSION, House, client_of, open_house

OWN = {"Sec-Fetch-Site": "same-origin"}
HEADS = (
    "编号",
    "案由",
    "类别",
    "案据",
    "建议措施",
    "提案人",
    "提交日期",
    "审查结果",
    "审查日期",
    "提案号",
    "主办单位",
    "交办日期",
)
AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
Line = Sequence[object]


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database, AT) as house:
        yield house


@pytest.fixture
def shen(house: House) -> Iterator[TestClient]:
    """The union office, which may enter proposals on behalf of others."""
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        yield client


def a_row(number: str, **cells: object) -> list[object]:
    known: dict[str, object] = {
        "编号": number,
        "案由": f"关于照明的提案{number}",
        "类别": "生活福利",
        "案据": "夜间照明不足",
        "建议措施": "增设路灯",
        "提案人": "石磊生",
        "提交日期": date(2026, 1, 12),
        **cells,
    }
    return [known.get(name) for name in HEADS]


def workbook(rows: Sequence[Line], heads: Sequence[str] = HEADS) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for line in (heads, *rows):
        sheet.append(list(line))
    kept = BytesIO()
    book.save(kept)
    return kept.getvalue()


def bring(client: TestClient, content: bytes, name: str = "台账.xlsx", **fields: str) -> tuple[int, str, str]:
    """Send a file; return the status, where it led to, and the page."""
    asked = {"key": "k1", "workflow": "proposal", "session": SESSION, "unit": "works", **fields}
    answer = client.post("/registers", data=asked, files={"file": (name, content)}, headers=OWN, follow_redirects=False)
    if answer.status_code != 303:
        return answer.status_code, "", text_of(answer.text)
    address = answer.headers["location"]
    return 303, address, text_of(client.get(address).text)


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def worked(house: House) -> None:
    while work_once(house.desk, WORK)[1]:
        pass


def proposals(house: House) -> list[Case]:
    ids = list(house.desk.reads.all_case_ids(ROOT))
    return [case for case in house.desk.reads.cases(ROOT, ids) if case.workflow == "proposal"]


def sheet_of(content: bytes) -> list[list[object]]:
    sheet = openpyxl.load_workbook(BytesIO(content)).active
    assert sheet is not None
    return [list(line) for line in sheet.iter_rows(values_only=True)]


def test_a_register_is_looked_at_first_and_comes_in_when_it_is_confirmed(shen: TestClient, house: House) -> None:
    rows = [a_row("T1", 审查结果="立案", 审查日期=date(2026, 2, 10)), a_row("T2"), a_row("T3", 提交日期="不知道")]
    status, address, shown = bring(shen, workbook(rows))

    assert status == 303
    assert proposals(house) == []
    assert "还没有写入任何内容" in shown
    assert "“提交日期”：“不知道”不是日期，请写成 2026-03-02" in shown
    assert "关于照明的提案T1" in shown
    answer = shen.post(address, data={"sure": "yes"}, headers=OWN, follow_redirects=False)
    assert answer.headers["location"] == address.replace("/registers/", "/long-work/")
    worked(house)
    states = {str(case.data["receipt_number"]): case.state for case in proposals(house)}
    assert states == {"T1": "filed", "T2": "submitted"}


def test_the_same_register_again_creates_nothing_twice(shen: TestClient, house: House) -> None:
    content = workbook([a_row("T1"), a_row("T2")])
    for key in ("one", "two"):
        _status, address, shown = bring(shen, content, key=key)
        shen.post(address, data={"sure": "yes"}, headers=OWN)
        worked(house)

    assert "此前已导入" in shown
    assert len(proposals(house)) == 2
    work = LongWork(house.desk).of(ROOT, PersonId("shen"))[0]
    assert (work.done, work.skipped) == (2, 0)


def test_rows_without_dates_come_in_only_where_they_are_let_stand(shen: TestClient, house: House) -> None:
    rows = [a_row("T1"), a_row("T2", 审查结果="立案")]
    _status, address, shown = bring(shen, workbook(rows))
    page = shen.get(address).text

    assert "有 1 行缺少办理环节的日期" in shown
    forms = re.findall(r'action="(/registers/[0-9a-f]{32})"', page)
    assert forms[0] == address
    shen.post(forms[1], data={"sure": "yes"}, headers=OWN)
    worked(house)
    assert {str(case.data["receipt_number"]): case.state for case in proposals(house)} == {
        "T1": "submitted",
        "T2": "filed",
    }


def test_what_is_refused_is_a_file_to_mend_and_bring_again(shen: TestClient, house: House) -> None:
    _status, address, _shown = bring(shen, workbook([a_row("T1", 类别="天外"), a_row("T2")]))
    kept = shen.get(f"{address}/refused.xlsx").content
    head, line = sheet_of(kept)

    assert head[:3] == ["行号 Row", "未导入原因 Reason", "已到状态 State reached"]
    assert str(line[1]).startswith("“类别”：“天外”不在可填范围内，可填：")
    line[head.index("类别")] = "生活福利"
    _status, _mended, shown = bring(shen, workbook([line], [str(one) for one in head]), key="k2")
    assert "不能导入的行" not in shown
    assert "没有可以导入的行" not in shown
    assert shen.get(f"{address}/refused.csv").text.startswith("\ufeff行号 Row")
    missing = shen.get(f"{address}/refused.pdf")
    assert missing.status_code == 404
    assert "没有这种格式的文件，可选 CSV 或 Excel" in missing.text


def test_a_register_of_nothing_but_wrong_rows_says_so_and_what_to_do(shen: TestClient, house: House) -> None:
    _status, _address, shown = bring(shen, workbook([a_row("T1", 类别="天外")]))

    assert "没有可以导入的行。请按下面的原因改正后，重新上传。" in shown
    assert "下载后在表中改正，再上传同一张表即可；前三列是说明，不影响导入。这里最多列出" in shown
    assert proposals(house) == []


def test_a_merged_row_comes_in_with_the_row_it_names(shen: TestClient, house: House) -> None:
    heads = (*HEADS, "并入")
    main = [*a_row("T1", 审查结果="立案", 审查日期=date(2026, 2, 10)), None]
    rest = [[*a_row(f"R{n}"), None] for n in range(60)]
    merged = [*a_row("T2", 审查结果="并案", 审查日期=date(2026, 2, 10)), "T1"]
    _status, address, _shown = bring(shen, workbook([main, *rest, merged], heads))
    shen.post(address, data={"sure": "yes"}, headers=OWN)
    worked(house)

    found = {str(case.data["receipt_number"]): case for case in proposals(house)}
    assert len(found) == 62
    assert found["T2"].merged_into == found["T1"].id


def test_who_may_not_enter_for_others_brings_nothing_in(shen: TestClient, house: House) -> None:
    content = workbook([a_row("T1")])
    _status, address, _shown = bring(shen, content)
    shen.cookies.set("banjie", house.token("lai"))
    page = text_of(shen.get("/registers").text)

    assert "导入台账须能登记或者代录此类事项" in page
    status, _address, refused = bring(shen, content)
    assert status == 403
    assert "您没有办理此步骤的权限，须由" in refused
    for path in (address, f"{address}/refused.csv"):
        answer = shen.get(path)
        assert answer.status_code == 404
        assert "没有这项办理" in answer.text
    assert shen.post(address, data={"sure": "yes"}, headers=OWN).status_code == 404


def test_what_cannot_be_read_is_refused_with_what_would_help(shen: TestClient, house: House) -> None:
    cases = {
        b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 9: "这不是可读的电子表格，请另存为 .xlsx、.xls、.ods 或 .csv",
        b"PK\x03\x04 no zip at all": "文件已损坏或内容过大",
        b"a,b\n1,2\n": "没有找到表头",
        b"": "文件是空的",
    }
    for number, (content, reason) in enumerate(cases.items()):
        _status, _address, page = bring(shen, content, key=f"bad{number}")
        assert reason in page
    _status, _address, page = bring(shen, b"x", workflow="none")
    assert "请选择流程" in page
    _status, _address, page = bring(shen, b"x", session="")
    assert "请选择届次；不属于届次的，选“不属于届次”" in page
    answer = shen.post("/registers", data={"workflow": "proposal", "session": "-"}, headers=OWN)
    assert "请选择台账文件（.xlsx .xls .ods .csv）" in text_of(answer.text)
    assert proposals(house) == []


def test_a_register_of_too_many_rows_is_to_be_split(
    shen: TestClient, monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    monkeypatch.setattr("engine.service.registers_in.ROWS_MAX", 1)
    _status, _address, page = bring(shen, workbook([a_row("T1"), a_row("T2")]))
    assert "台账超过 1 行，请拆分成几个文件，或请管理员用 banjie import 导入" in page


def test_the_template_names_every_column_and_what_may_stand_there(shen: TestClient) -> None:
    book = openpyxl.load_workbook(BytesIO(shen.get("/registers/template.xlsx?workflow=proposal").content))
    sheet, told = book.worksheets
    heads = [cell.value for cell in sheet[1]]
    lines = {line[0]: line for line in told.iter_rows(values_only=True)}

    assert sheet.max_row == 1
    assert heads[:5] == ["编号", "提案号", "案由", "类别", "案据"]
    assert lines["案由"][1] == "必填"
    assert "后勤服务中心" in str(lines["主办单位"][4])
    assert all(cell.data_type != "f" for page in book for row in page.iter_rows() for cell in row)
    missing = shen.get("/registers/template.xlsx?workflow=handling")
    assert missing.status_code == 404
    assert "请选择有台账格式的流程" in missing.text


def test_rows_that_all_name_each_other_are_to_be_split(
    shen: TestClient, monkeypatch: pytest.MonkeyPatch, house: House
) -> None:
    monkeypatch.setattr("engine.service.registers_in.TIED_MAX", 1)
    main = [*a_row("T1", 审查结果="立案", 审查日期=date(2026, 2, 10)), None]
    merged = [*a_row("T2", 审查结果="并案", 审查日期=date(2026, 2, 10)), "T1"]
    _status, _address, page = bring(shen, workbook([main, merged], (*HEADS, "并入")))
    assert "互相引用编号的行超过 1 行，请拆分后导入" in page


def test_two_files_at_once_too_large_ones_and_too_many_readers_are_refused(
    shen: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = workbook([a_row("T1")])
    asked = {"key": "k", "workflow": "proposal", "session": SESSION}
    both = [("file", ("a.xlsx", content)), ("file", ("b.xlsx", content))]
    assert "一次只导入一个台账文件" in shen.post("/registers", data=asked, files=both, headers=OWN).text
    monkeypatch.setattr("web.forms.registers.FILE_BYTES_MAX", 100)
    assert "每个附件不得超过 50 MiB" in bring(shen, content)[2]
    monkeypatch.undo()
    monkeypatch.setattr("web.pages.registers._REHEARSALS", BoundedSemaphore(1))
    monkeypatch.setattr("web.pages.registers._REHEARSALS._value", 0)
    status, _address, page = bring(shen, content)
    assert status == 503
    assert "正在核对其他台账，请稍后再试" in page


def test_a_right_that_is_withdrawn_meanwhile_lets_no_row_come_in(shen: TestClient, house: House) -> None:
    _status, address, _shown = bring(shen, workbook([a_row("T1"), a_row("T2")]))
    _status, later, _shown = bring(shen, workbook([a_row("T3")]), key="k2")
    shen.post(address, data={"sure": "yes"}, headers=OWN)
    grant = GrantRow(root=ROOT, person=PersonId("shen"), role="union_office", unit=UnitId("works"))
    house.desk.office.write([RemoveGrant(grant)])
    worked(house)
    works = LongWork(house.desk)
    work = works.one(ROOT, PersonId("shen"), address.removeprefix("/registers/"))

    assert proposals(house) == []
    assert (work.done, work.skipped) == (0, 2)
    reasons = {line.outcome.reason.zh for line in works.every_line(work) if line.outcome and line.outcome.reason}
    assert all("您没有办理此步骤的权限" in reason for reason in reasons)
    refused = shen.post(later, data={"sure": "yes"}, headers=OWN)
    assert refused.status_code == 403
    assert "您没有办理此步骤的权限" in refused.text


def test_what_was_confirmed_shows_its_progress_and_other_work_is_no_register(shen: TestClient, house: House) -> None:
    _status, address, _shown = bring(shen, workbook([a_row("T1")]))
    shen.post(address, data={"sure": "yes"}, headers=OWN)
    again = shen.get(address, follow_redirects=False)
    assert again.status_code == 303
    assert again.headers["location"].endswith(address.removeprefix("/registers/"))
    other = LongWork(house.desk).begin(
        ROOT, PersonId("shen"), Asked(kind="other", title=Text("别的", "other"), payload={}, items=["x"]), key="z"
    )
    assert "没有这项办理" in shen.get(f"/registers/{other.id}").text
