"""Code lists on their page: thousands of codes in a form a page at a time or in a file, kept when a session ends, and
nothing lost where somebody else was faster."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from html import unescape
from itertools import count
from pathlib import Path

import openpyxl
import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.staff_roles import load_staff_roles
from engine.case.identity import PersonId
from engine.definition.model import CodeList
from engine.errors import ImportRefused
from engine.service.list_changes import CODES_MAX, CodeRow
from engine.service.list_sheets import read_codes
from engine.service.logins import AccountRules
from runtime.clock import SetClock
from runtime.house import RunningHouse
from runtime.jobs.leases import LeasedJobs
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.integration.test_secretariat_pages import form_to, text_of
from tests.integration.test_web_session_ended import end_session, following, login_as
from tests.support.accounts import OWN, log_in
from tests.support.house import ROOT, House, open_house
from tests.support.storage import table
from web.app import create_site
from web.pages import admin_lists

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
NAME = "proposal-categories"
PAGE = f"/admin/lists/{NAME}"
REASON = "六届三次职代会主席团决定"
HEADINGS = ("代码", "名称", "英文名称", "可选至")
MANY = 1_500


@dataclass
class Site:
    """The site of a house whose union office is ``shen``, with a list of thousands of codes."""

    house: House
    door: RunningHouse
    client: TestClient

    def newest(self, name: str = NAME) -> CodeList:
        parts = [part for part in self.house.desk.world(ROOT).rules.every_list() if part.name == name]
        return max(parts, key=lambda part: part.version)

    def bring(self, content: bytes, name: str = "codes.xlsx", to: str = PAGE) -> tuple[int, str]:
        answer = self.client.post(f"{to}/file", files={"file": (name, content)}, headers=OWN)
        return answer.status_code, answer.text

    def publish(self, page: str, reason: str = REASON) -> tuple[int, str]:
        answer = self.client.post(f"{PAGE}/publish", data={"changes": changes(page), "reason": reason}, headers=OWN)
        return answer.status_code, answer.text


def changes(page: str) -> str:
    found = re.search(r'<textarea name="changes"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert found is not None, text_of(page)
    return unescape(found[1])


def long_list(folder: Path, codes: int) -> None:
    """Let the folder's list of categories have so many codes more than the eight it has."""
    path = folder / "lists" / f"{NAME}.v1.yaml"
    more = "".join(
        f"  - {{code: k{number:04}, title: {{zh: 类别{number}, en: Kind {number}}}}}\n" for number in range(codes)
    )
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + "\n" + more, encoding="utf-8")


@pytest.fixture
def site(any_database: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Site]:
    folder = shutil.copytree(WORKFLOWS, tmp_path / "workflows")
    long_list(folder, getattr(request, "param", 0))
    with open_house(any_database) as house:
        at = house.clock.now()
    settings, clock = Settings(database_url=any_database, workflows=folder), SetClock(at)
    with ExitStack() as closing:
        opened = closing.enter_context(desk_of(settings, clock=clock))
        jobs = LeasedJobs.open(any_database, clock)
        closing.callback(jobs.close)
        door = RunningHouse(opened=opened, settings=settings, clock=clock, jobs=jobs)
        rules = AccountRules(staff=load_staff_roles())
        app = create_site(opened.desk, ApiSettings(version="0", database="test", accounts=rules), None, door)
        client = closing.enter_context(TestClient(app, raise_server_exceptions=False, follow_redirects=False))
        log_in(client, "shen")
        yield Site(House(opened.desk, clock, count()), door, client)


def book(*rows: Sequence[object]) -> bytes:
    """Return an .xlsx file of these rows, written by a program that is not ours."""
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in rows:
        sheet.append(list(row))
    kept = io.BytesIO()
    made.save(kept)
    return kept.getvalue()


def cells(content: bytes) -> list[list[object]]:
    sheet = openpyxl.load_workbook(io.BytesIO(content)).active
    assert sheet is not None
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


# ------------------------------------------------------------------------------------------------------------- in files


@pytest.mark.parametrize("site", [MANY], indirect=True)
def test_thousands_of_codes_go_out_in_a_file_and_come_back_changed(site: Site) -> None:
    took = cells(site.client.get(f"{PAGE}/codes.xlsx").content)
    assert took[0] == list(HEADINGS)
    assert took[1] == ["production", "生产经营", "Production and business", None]
    assert len(took) == 1 + 8 + MANY

    took[1][1] = "生产与经营"
    took[2][2] = "Staff and pay"
    took[3][3] = date(2026, 1, 10)
    took.append(["canteen", "食堂", "Canteen", "2026年12月31日"])
    status, page = site.bring(book(*took))
    said = text_of(page)
    assert status == 200, said
    for one in (
        "新增 1 项 新增“食堂”（canteen）",
        "改名 2 处",
        "production 由“生产经营”改称“生产与经营”",
        "personnel_pay 的英文名称由“Personnel and pay”改为“Staff and pay”",
        "“企业改革”（reform）可选至 2026年1月10日",
        "“食堂”（canteen）可选至 2026年12月31日",
        f"其余 {8 + MANY - 3} 个代码不变。",
    ):
        assert one in said, one
    assert site.newest().version == 1, "a preview changes nothing"
    status, refused = site.publish(page, reason=" ")
    assert (status, "请填写理由，不超过 200 字" in refused) == (422, True)
    assert site.publish(refused)[0] == 303, "what was brought is still there"
    newest = site.newest()
    assert (newest.version, len(newest.items)) == (2, 9 + MANY)
    known = {item.code: item for item in newest.items}
    assert (known["reform"].until_on, known["canteen"].until_on) == (date(2026, 1, 10), date(2026, 12, 31))
    assert [known[code].title.zh for code in ("production", "k0007")] == ["生产与经营", "类别7"]


def test_two_thousand_codes_come_in_at_once(site: Site) -> None:
    new = [
        (f"c{number:05}", f"后勤保障类别{number}", f"Logistics and services {number}")
        for number in range(CODES_MAX - 8)
    ]
    status, page = site.bring(book(HEADINGS[:3], *new))
    assert (status, "新增 1992 项" in page) == (200, True), text_of(page)
    assert site.publish(page)[0] == 303
    assert len(site.newest().items) == CODES_MAX
    status, page = site.bring(book(HEADINGS[:3], ("one_more", "再加", "One more")))
    assert status == 422
    assert "一个代码表最多 2,000 个代码，现有 2,000 个，此次新增 1 个" in page


def test_a_file_may_say_of_some_codes_only_what_is_to_change(site: Site) -> None:
    _status, page = site.bring(book(("Code", "Until"), ("welfare", "2026-03-31")))
    assert site.publish(page)[0] == 303
    known = {item.code: item for item in site.newest().items}
    assert len(known) == 8
    assert (known["welfare"].title.zh, known["welfare"].until_on) == ("生活福利", date(2026, 3, 31))
    # An empty cell, where there is such a column, says that there is no last day.
    _status, page = site.bring("代码,可选至\r\nwelfare,\r\n".encode("gb18030"), "codes.csv")
    assert "“生活福利”（welfare）不再限定停用日期" in page
    assert site.publish(page)[0] == 303
    assert {item.until_on for item in site.newest().items} == {None}


def test_what_cannot_be_read_is_told_with_its_row(site: Site) -> None:
    status, page = site.bring(
        book(
            HEADINGS,
            ("welfare", "", "Welfare", None),
            (),
            ("no code", "名称", "Name", None),
            ("welfare", "福利", "Welfare", "月底"),
            ("plain", "no Chinese", "Name", None),
            ("other", "其\n他", "Other", None),
        )
    )
    assert status == 422
    assert "有 4 处需要改正，改好后再次预览。" in page
    rows = [text_of(row) for row in re.findall(r"<tr><td class=\"number\".*?</tr>", page, re.DOTALL)]
    assert [row.strip() for row in rows] == [
        "2 welfare 请填写名称",
        "4 no code 代码只能用字母、数字和下划线，1 至 40 个字符",
        "5 welfare 代码 welfare 在第 2 行已有",
        "5 welfare “月底”不是日期，请写成 2026-03-02 或 2026年3月2日",
    ]
    # What only the proof of the whole list finds stands at its row, too.
    status, page = site.bring(book(HEADINGS, ("plain", "no Chinese", "Name", None)))
    row = text_of(re.findall(r"<tr><td class=\"number\".*?</tr>", page, re.DOTALL)[0]).strip()
    assert (status, row) == (422, "2 plain 中文文字“no Chinese”不是中文。请写中文")


def test_files_that_are_no_list_of_codes_are_refused_as_what_they_are(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    same = site.client.get(f"{PAGE}/codes.xlsx").content
    for content, said, wanted in (
        (same, "与现行版相同，没有需要发布的修改", 422),
        (
            book(("名称", "英文名称"), ("食堂", "Canteen")),
            "表中没有“代码”一列，请下载现行代码表，在其中修改后上传",
            None,
        ),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(32)) * 9, "这不是可读的电子表格，请另存为 .xlsx、.xls、.ods 或 .csv", None),
        (b"", "文件是空的", None),
    ):
        status, page = site.bring(content)
        assert said in page, said
        assert 400 <= status < 500
        assert wanted in (None, status)
    answer = site.client.post(f"{PAGE}/file", data={"other": "1"}, headers=OWN)
    assert (answer.status_code, "请选择代码表文件（.xlsx .xls .ods .csv）" in answer.text) == (422, True)
    monkeypatch.setattr("engine.service.list_sheets.CODES_MAX", 3)
    assert "表中代码超过 3 个，请分几次上传" in site.bring(same)[1]
    with admin_lists._READING:
        status, page = site.bring(same)
    assert (status, "正在读取另一个代码表文件，请稍后再试" in page) == (503, True)
    answer = site.client.get(f"{PAGE}/codes.ods")
    assert (answer.status_code, "没有这种格式的文件，可选 CSV 或 Excel" in answer.text) == (404, True)
    assert site.newest().version == 1


def test_a_csv_file_comes_back_as_it_went_out_whatever_its_names_begin_with(site: Site, tmp_path: Path) -> None:
    _status, page = site.bring(
        book(HEADINGS, ("other", "-其他", "+Other", None), ("001", "编号一", "Number one", None))
    )
    assert site.publish(page)[0] == 303
    took = site.client.get(f"{PAGE}/codes.csv").content
    written = list(csv.reader(io.StringIO(took.decode("utf-8-sig"))))
    assert written[-2:] == [["other", "'-其他", "'+Other", ""], ["001", "编号一", "Number one", ""]]
    path = tmp_path / "codes.csv"
    path.write_bytes(took)
    assert read_codes(path)[-2] == CodeRow(code="other", zh="-其他", en="+Other", until="", row=9)
    assert "与现行版相同，没有需要发布的修改" in site.bring(took, "codes.csv")[1]
    # As a spreadsheet program saves it.
    status, page = site.bring(took.replace(b"001,", b"1,"), "codes.csv")
    assert (status, "与已有代码 001 只差开头的 0，可能被表格软件去掉了，请改回 001" in page) == (422, True)


def test_only_who_looks_after_the_house_takes_and_brings_codes(site: Site) -> None:
    log_in(site.client, "shi")
    assert site.client.get(f"{PAGE}/codes.xlsx").status_code == 403
    assert site.bring(book(HEADINGS))[0] == 403


def test_a_row_with_a_character_that_no_text_holds_says_so(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("代码,名称\nwelfare,福\u0007利\n" + "other,其他类别\n" * 9, encoding="utf-8")
    row = read_codes(path)[0]
    assert row.wrong is not None
    assert row.wrong.zh == r"含有不可用的字符 '\x07'"
    path.write_text("代码,名称\n" + "a,b\n" * (CODES_MAX + 1), encoding="utf-8")
    with pytest.raises(ImportRefused) as refused:
        read_codes(path)
    assert refused.value.text.zh == "表中代码超过 2,000 个，请分几次上传"


# ---------------------------------------------------------------------------------------------------------- in the form


@pytest.mark.parametrize("site", [MANY], indirect=True)
def test_a_long_list_stands_in_the_form_a_page_at_a_time_and_is_searched(site: Site) -> None:
    page = site.client.get(PAGE).text
    shown = re.findall(r'name="zh\.(\w+)"', page)
    assert (len(shown), shown[0], shown[-1]) == (50, "production", "k0041")
    assert "共 1508 个代码" in text_of(page)
    following_page = unescape(re.search(r'href="([^"]*after=k0041)"', page)[1])  # type: ignore[index]  # there are more
    assert re.findall(r'name="zh\.(\w+)"', site.client.get(following_page).text)[0] == "k0042"
    found = site.client.get(f"{PAGE}?text=KIND 1499").text
    assert re.findall(r'name="zh\.(\w+)"', found) == ["k1499"]
    assert "找到 1 个" in found
    assert "没有找到含有这些字的代码。" in site.client.get(f"{PAGE}?text=没有的").text
    # All that the browser sends of it: fewer fields than a form may bring, and nothing changed but what was typed.
    action, form = form_to(found, "/preview")
    typed = {"zh.k1499": "末类", "en.k1499": "Kind 1499", "until.k1499": ""}
    answer = site.client.post(action, data={**form, **typed}, headers=OWN)
    assert "k1499 由“类别1499”改称“末类”" in answer.text
    assert "其余 1507 个代码不变。" in answer.text
    assert site.publish(answer.text)[0] == 303
    assert site.newest().items[-1].title.zh == "末类"
    listed = site.client.get("/admin/lists").text
    assert "只列出前 100 个代码，其余在该代码表的修改页上。" in listed


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Return the form of a list as a browser would send it when nothing more is typed."""
    action, form = form_to(page, "/preview")
    shown = re.findall(r'<input(?: type="date")? name="([\w.]+)" value="([^"]*)"', page)
    return action, {**form, **{name: unescape(value) for name, value in shown}}


def test_what_is_typed_stands_again_after_the_session_has_ended(site: Site, any_database: str) -> None:
    assert site.publish(site.bring(book(HEADINGS, ("reform", "企业改革", "Reform", "2026-05-01")))[1])[0] == 303
    action, form = form_of(site.client.get(PAGE).text)
    assert form["until.reform"] == "2026-05-01"
    typed = {**form, "zh.welfare": "职工福利", "until.reform": "", "new.2": "canteen", "new_zh.2": "食堂"}
    end_session(site.house, site.client)
    led = following(site.client.post(action, data=typed, headers=OWN))
    again = site.client.get(login_as(site.client, site.client.get(led).text, "shen")).text
    assert "登录已过期，您填写的内容已为您保留，请核对后再次提交。" in again
    assert 'name="zh.welfare" value="职工福利"' in again
    assert 'name="until.reform" value=""' in again, "what was emptied stays empty"
    assert 'name="new.1" value="canteen"' in again
    assert "<h2>代码表</h2>" in site.client.get("/drafts").text
    action, form = form_of(again)
    page = site.client.post(action, data={**form, "new_en.1": "Canteen"}, headers=OWN).text
    assert "welfare 由“生活福利”改称“职工福利”" in page
    assert "“企业改革”（reform）不再限定停用日期" in page
    assert site.publish(page)[0] == 303
    assert table(any_database, "SELECT id FROM draft") == [], "published, it is no draft any more"


def test_a_preview_whose_session_ends_stands_again_with_its_reason(site: Site) -> None:
    page = site.bring(book(HEADINGS, ("canteen", "食堂", "Canteen", None)))[1]
    action, form = form_to(page, "/publish")
    end_session(site.house, site.client)
    sent = {**form, "changes": changes(page), "reason": REASON}
    led = following(site.client.post(action, data=sent, headers=OWN))
    again = site.client.get(login_as(site.client, site.client.get(led).text, "shen")).text
    assert "新增“食堂”（canteen）" in again
    assert f'value="{REASON}"' in again
    assert site.publish(again)[0] == 303
    assert site.newest().items[-1].code == "canteen"


def test_where_somebody_else_was_faster_it_is_said_and_nothing_of_theirs_is_undone(site: Site) -> None:
    action, form = form_of(site.client.get(PAGE).text)
    mine = site.client.post(action, data={**form, "zh.welfare": "职工福利"}, headers=OWN).text
    # Somebody else renames another code, and the same one in English.
    theirs = json.loads(site.newest().model_dump_json(by_alias=True, exclude_unset=True))
    theirs["version"] = 2
    for item in theirs["items"]:
        item["title"] |= {"other": {"zh": "其他类"}, "welfare": {"en": "Welfare"}}.get(item["code"], {})
    site.door.publish_rules(ROOT, "list", json.dumps(theirs).encode(), REASON, PersonId("shen"))

    said = "您修改期间，他人已发布第 2 版。您的修改仍在，其余内容以第 2 版为准，请核对后再发布。"
    status, again = site.publish(mine)
    assert (status, said in again) == (409, True), "what was looked at is not what would be published"
    late = site.client.post(action, data={**form, "zh.welfare": "职工福利"}, headers=OWN).text
    for page in (again, late):
        assert said in page
        assert "welfare 由“生活福利”改称“职工福利”" in page
        assert "其他类" not in page, "theirs is no change of mine"
    assert site.publish(again)[0] == 303
    titles = {item.code: item.title for item in site.newest().items}
    assert (titles["welfare"].zh, titles["welfare"].en, titles["other"].zh) == ("职工福利", "Welfare", "其他类")
    # A code that somebody else has added meanwhile is not written over by one of the same name.
    new = {"new.1": "canteen", "new_zh.1": "食堂", "new_en.1": "Canteen"}
    mine = site.client.post(f"{PAGE}/preview", data={**new, "version": "3"}, headers=OWN).text
    assert site.publish(site.bring(book(HEADINGS, ("canteen", "职工食堂", "Staff canteen", None)))[1])[0] == 303
    status, page = site.publish(mine)
    assert (status, "代码 canteen 已有，请直接修改该代码的名称或日期" in page) == (422, True)


def test_what_was_never_previewed_is_not_published(site: Site) -> None:
    data = {"changes": '{"version": 1}', "reason": REASON}
    answer = site.client.post(f"{PAGE}/publish", data=data, headers=OWN)
    assert (answer.status_code, "修改内容无法识别，请返回代码表重新填写或上传" in answer.text) == (422, True)
    data["changes"] = json.dumps({"version": 1, "rows": [["no code!", "名", "Name", ""]]})
    assert site.client.post(f"{PAGE}/publish", data=data, headers=OWN).status_code == 422
    assert site.newest().version == 1
