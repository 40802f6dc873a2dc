"""The auditor's pages: who gets in, what is found, what stays hidden, and what of it all is recorded."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from pathlib import Path
from urllib.parse import urlencode

import pytest
from openpyxl import load_workbook
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.ledger.streams import ACCESS
from engine.service.auditing import Auditor, Wanted, search
from engine.service.plain import AddGrant
from engine.service.sampling import draw_sample
from engine.service.sealing import seal
from runtime.signer.keeper import Keeper
from tests.support.accounts import OWN, STAFF, browser, log_in
from tests.support.house import ROOT, House, open_house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path / 'banjie.db'}") as house:
        for login, role, unit in (("luo", "auditor", "works"), ("jiao", "auditor", "safety")):
            grant = GrantRow(root=ROOT, person=PersonId(login), role=role, unit=UnitId(unit))
            house.desk.office.write([AddGrant(grant)])
        yield house


@pytest.fixture
def site(house: House) -> Iterator[TestClient]:
    with browser(house) as client:
        yield client


def by(client: TestClient, login: str) -> TestClient:
    """Ask as somebody from now on."""
    client.cookies.clear()
    log_in(client, login)
    return client


def found(page: str) -> list[str]:
    """Return the rows of the found entries as plain text."""
    body = page.partition('id="found"')[2].partition("<tbody>")[2]
    rows = re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", row)).strip() for row in rows]


def facts(house: House, case: CaseId) -> list[dict[str, object]]:
    entries = house.desk.reads.entries(ROOT, CaseId(f"{ACCESS}{case}"))
    return [json.loads(entry.body) for entry in entries]


def seal_everything(house: House, folder: Path) -> None:
    with closing(Keeper(folder / "signer")) as keeper:
        seal(house.desk.office, house.desk.reads, keeper, ROOT, origin="works.union.example")


def test_who_audits_nothing_is_refused_with_the_reason(site: TestClient) -> None:
    for path in ("/audit", "/audit.csv", "/audit/process", "/audit/process.csv", "/audit/sample", "/audit/sample.csv"):
        answer = by(site, "shi").get(path)
        assert answer.status_code == 403
        assert "审计查询只供审计人员和工会办公室使用" in answer.text
    assert by(site, "luo").get("/audit").status_code == 200


def test_entries_are_found_newest_first_by_move_and_each_is_readable(house: House, site: TestClient) -> None:
    case = house.filed()
    rows = found(by(site, "luo").get("/audit?kind=cases").text)
    assert [row.partition(" 职代会提案")[0].split()[-1] for row in rows] == ["立案", "开始审查", "提交", "登记"]
    (only,) = found(site.get("/audit?move=file").text)
    assert "翟鸿岭（提案工作委员会）" in only
    assert "进入“已立案”" in only
    assert "待封存" in only
    assert f'href="/cases/{case}/audit"' in site.get("/audit?move=file").text
    assert found(site.get("/audit?role=proposer&kind=cases").text)[0].startswith("2026")
    assert len(found(site.get("/audit?person=zhai&kind=cases").text)) == 2
    assert found(site.get("/audit?behalf=1").text) == []
    assert found(site.get("/audit?until=2026-01-19&kind=cases").text) == []
    assert len(found(site.get("/audit?since=2026-01-20&until=2026-01-20&kind=cases").text)) == 4


def test_facts_of_the_house_are_for_those_who_audit_all_of_it(house: House, site: TestClient) -> None:
    assert any(
        "授权 人员：罗小山；角色：审计；单位：江岭重工" in row
        for row in found(by(site, "luo").get("/audit?kind=grants").text)
    )
    assert found(by(site, "jiao").get("/audit?kind=grants").text) == []
    assert found(by(site, "shen").get("/audit?kind=grants").text) == []


def test_an_auditor_of_another_unit_finds_nothing_of_a_case(house: House, site: TestClient) -> None:
    case = house.filed()
    assert found(by(site, "jiao").get("/audit?kind=cases").text) == []
    page = site.get(f"/audit?number={case}")
    assert page.status_code == 422
    assert "您可查阅的事项" in page.text
    assert site.get(f"/cases/{case}/audit").status_code == 404


def test_what_is_asked_wrongly_is_said(site: TestClient) -> None:
    by(site, "luo")
    assert "名册中没有“无此人”" in site.get("/audit?person=无此人").text
    assert "日期请写成 2026-09-15 的样子" in site.get("/audit?since=gestern").text
    assert "翻页位置无效" in site.get("/audit?after=x.1").text
    assert "翻页位置无效" in site.get("/audit?after=q.1.x.y").text


def test_pages_go_on_where_the_last_one_ended(house: House) -> None:
    for _ in range(14):
        house.filed()
    desk = house.desk
    auditor = Auditor(root=ROOT, actor=desk.queries.actor(ROOT, PersonId("luo"), house.clock.now()), staff=STAFF)
    wanted = Wanted(kind="cases")
    first = search(desk, auditor, wanted, desk.world(ROOT))
    second = search(desk, auditor, wanted, desk.world(ROOT), after=first.next)
    assert (len(first.hits), len(second.hits)) == (50, 6)
    assert len({(one.chain, one.seq) for one in (*first.hits, *second.hits)}) == 56
    assert second.next is None


def test_an_export_of_what_was_found_is_recorded(house: House, site: TestClient) -> None:
    house.filed()
    answer = by(site, "luo").get("/audit.csv?kind=cases&move=file")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "立案" in answer.text
    (row,) = found(site.get("/audit?kind=exports").text)
    assert "条数：1；内容：audit" in row
    assert "罗小山" in row


def test_a_case_under_audit_shows_its_way_its_changes_and_its_hashes(house: House, site: TestClient) -> None:
    case = house.filed()
    page = by(site, "luo").get(f"/cases/{case}/audit").text
    assert "审计：" in page
    states = re.findall(r'data-label="状态"><b>(.*?)</b>', page.partition('id="path"')[2].partition("</table>")[0])
    assert states == ["草稿", "已提交", "审查中", "已立案"]
    assert "④ 2026-01-20" in page
    assert '<g class="box active visited now">' in page
    for entry in house.desk.reads.entries(ROOT, case):
        assert entry.hash.hex() in page
    assert "关于改善夜班食堂供餐的提案" in page
    assert "python verify.py bundle.zip" in page
    assert "尚未封存" in page
    assert "没有导出或查阅的记录" in page


def test_who_filed_a_case_is_led_to_its_own_page(house: House, site: TestClient) -> None:
    case = house.open("shi")
    answer = by(site, "shi").get(f"/cases/{case}/audit")
    assert answer.status_code == 403
    assert "审计页供承办、督办、审计人员使用；您可以在事项页看到全部办理记录、下载证据包" in answer.text
    assert facts(house, case) == []


def test_a_sample_can_be_drawn_again_by_anybody_and_is_recorded(house: House, site: TestClient) -> None:
    cases = [house.filed() for _ in range(6)]
    by(site, "luo")
    form = {"workflow": "proposal", "size": "3", "seed": "2026"}
    answer = site.post("/audit/sample", data=form, headers=OWN)
    assert answer.status_code == 303
    page = site.get(answer.headers["location"]).text
    expected = draw_sample(cases, "2026", 3)
    assert re.findall(r'<small class="broken">(.*?)</small>', page) == list(expected.drawn)
    assert expected.digest in page
    assert "从 6 件中抽取 3 件；种子 2026" in page
    (row,) = found(site.get("/audit?kind=exports").text)
    assert f"digest={expected.digest}" in row
    table = site.get(f"/audit/sample.csv?{urlencode(form)}").text
    assert all(case in table for case in expected.drawn)
    house.filed()
    changed = "总体与抽取时不同（新立、办结或权限变化），重算结果可能不一样。"
    assert changed in site.get(answer.headers["location"]).text


def test_a_seed_is_drawn_where_none_is_given_and_what_is_wrong_stands_at_its_field(
    house: House, site: TestClient
) -> None:
    house.filed()
    by(site, "luo")
    answer = site.post("/audit/sample", data={"workflow": "proposal", "size": "1"}, headers=OWN)
    assert re.search(r"seed=[0-9a-f]{16}", answer.headers["location"])
    wrong = site.get("/audit/sample?size=0&seed=a%20b")
    assert wrong.status_code == 422
    assert "种子请用 1 到 64 个字母、数字或“-”" in wrong.text
    assert "抽样件数请填 1 到 500" in wrong.text
    wrong_form = site.post("/audit/sample", data={"size": "x", "seed": "a"}, headers=OWN)
    assert "抽样件数请填" in site.get(wrong_form.headers["location"]).text
    assert "没有符合条件的事项" in site.get("/audit/sample?workflow=proposal&size=1&seed=1&state=archived").text


def test_what_happened_is_drawn_counted_and_exported(house: House, site: TestClient) -> None:
    house.filed()
    house.open("shi")
    page = by(site, "luo").get("/audit/process").text
    assert "2件，截至" in page
    assert "草稿 → 已提交 → 审查中 → 已立案" in page
    assert "审查中 → 已立案：1次，中位 0 个工作日" in page
    assert "没有符合条件的事项" in site.get("/audit/process?since=2027-01-01&unit=works").text
    assert "没有符合条件的事项" in site.get("/audit/process?session=none&until=2026-12-31").text
    table = site.get("/audit/process.csv").text
    assert "审查中,已立案,1,1,0" in table
    assert '<a class="button" href="/audit/process.xlsx?' in page
    sheet = load_workbook(BytesIO(site.get("/audit/process.xlsx").content)).active
    assert sheet is not None
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    assert rows[0][:4] == ["次序", "自", "至", "次数"]
    assert {tuple(row[1:5]) for row in rows[1:]} >= {("审查中", "已立案", 1, 1)}
    assert sheet.auto_filter.ref == f"A1:F{len(rows)}"
    assert "没有这种导出格式" in site.get("/audit/process.pdf").text
    assert "0件，截至" in by(site, "jiao").get("/audit/process").text


def test_a_workflow_shows_how_many_cases_stand_where_and_which_are_late(house: House, site: TestClient) -> None:
    house.filed()
    page = by(site, "zhai").get("/workflows/proposal").text
    assert '<a href="/cases?workflow=proposal&amp;state=filed">' in page
    assert "已立案 1件" in page
    assert "最早的版本。" in page
    house.clock.set(house.clock.now().replace(year=2027))
    assert "逾期1" in by(site, "zhai").get("/workflows/proposal").text
    assert "1件" not in by(site, "jiao").get("/workflows/grievance").text


def test_a_bundle_that_staff_take_is_recorded_beside_the_case_and_that_of_its_author_is_not(
    house: House, site: TestClient, tmp_path: Path
) -> None:
    case = house.filed()
    seal_everything(house, tmp_path)
    assert by(site, "shi").get(f"/cases/{case}/bundle").status_code == 200
    assert facts(house, case) == []
    assert by(site, "luo").get(f"/cases/{case}/bundle").status_code == 200
    assert [(fact["type"], fact["by"]) for fact in facts(house, case)] == [("exported", "luo")]
    page = site.get(f"/cases/{case}/audit").text
    assert "导出（bundle）" in page
    assert "由检查点 1（" in page
    assert "罗小山" in page.partition('id="taken"')[2]
    assert "封存位置" in found(site.get("/audit?move=file").text)[0]
