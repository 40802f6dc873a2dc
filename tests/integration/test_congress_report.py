"""The report on a congress session and the statistical table: what their page says, as PDF and Word, from one count."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
import segno
from docx import Document

from engine.case.identity import SessionId, UnitId
from engine.case.situation import CongressSession
from engine.ledger.notes import parse_note
from engine.service.plain import AddSession
from engine.text import Text
from runtime.mailed_notes import note_in
from runtime.signer.keeper import Keeper
from tests.integration.test_confidential import Office, opened
from tests.support.house import PROPOSAL, ROOT, SESSION, House, client_of, open_house
from tests.support.papers import HOSTILE, asked, bare, in_pdf, in_word
from tests.support.sealing import newest, sealed

REPORT = "/figures/proposal/report"
BOTH = [("docx", in_word), ("pdf", in_pdf)]


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    """Four proposals of the sixth term's third meeting: three filed, one that waits for its review."""
    with open_house(any_database) as house:
        for category in ("welfare", "welfare", "labour_protection"):
            house.filed(form={"category": category})
        waiting = house.open("shi", {"proposer_type": "delegation"})
        house.fire("shi", waiting, "submit")
        yield house


@pytest.fixture
def office(any_database: str) -> Iterator[Office]:
    with opened(any_database) as office:
        yield office


def test_the_page_of_the_figures_offers_report_and_table_of_what_it_shows(house: House) -> None:
    page = asked(house, "zhai", f"/figures/proposal?period=s:{SESSION}&by=unit")[1].decode()
    for name in ("report", "table"):
        for kind in ("pdf", "docx"):
            assert f'href="/figures/proposal/{name}.{kind}?period=s%3A{SESSION}&amp;by=unit"' in page
    assert "办理情况报告" in page
    assert "统计表" in page


@pytest.mark.parametrize(("kind", "read"), BOTH)
def test_the_report_says_what_was_counted_in_words_and_tables(
    house: House, kind: str, read: Callable[[bytes], str]
) -> None:
    status, made = asked(house, "zhai", f"{REPORT}.{kind}?session={SESSION}")
    assert status == 200
    told = bare(read(made))
    for said in (
        "江岭重工", "职代会提案办理情况报告", "六届三次",
        "截至2026年1月20日（周二）10:00，江岭重工六届三次共登记职代会提案4件。",
        "立案率75.0%（3/4）（样本较少，仅供参考）",
        "处理结果：立案提案（件） 3，待审查 1。",
        "答复率0.0%（0/3）",
        "满意率（办理结果，含基本满意）—（0/0）",
        "一、总体情况", "二、分类别情况", "没有超期的期限。", "账册尚未封存，本报告没有检查点可依。",
        "提交", "4件",
    ):  # fmt: skip
        assert bare(said) in told, said
    # By category: two of three with welfare are filed. 3 of 4 lies between 30.1 and 95.4 (Wilson), 2 of 3 20.8 to 93.9.
    assert "75.0%＊3/430.1–95.4%" in told
    assert "66.7%＊2/320.8–93.9%" in told
    assert "标“＊”的和空心条的，样本少于该指标规定的件数" in told


def test_of_a_session_without_cases_shares_of_nothing_are_dashes(house: House) -> None:
    other = asked(house, "zhai", f"{REPORT}.docx?period=2025")
    told = bare(in_word(other[1]))
    assert "共登记职代会提案0件。" in told
    assert "立案率—（0/0）" in told


def test_a_report_as_of_the_past_counts_what_was_known_then(house: House) -> None:
    house.clock.set(datetime(2026, 1, 22, 2, tzinfo=UTC))
    house.filed()
    told = in_word(asked(house, "zhai", f"{REPORT}.docx?session={SESSION}&as_of=2026-01-21")[1])
    assert "共登记职代会提案4件" in told
    told = in_word(asked(house, "zhai", f"{REPORT}.docx?session={SESSION}")[1])
    assert "共登记职代会提案5件" in told


def test_what_is_late_is_listed_as_its_reader_may_see_it(house: House) -> None:
    case = house.filed(form={"subject": f"关于道路照明的提案{HOSTILE}"})
    house.fire("zhai", case, "assign", {"lead": "logistics", "reply_due_on": "2026-02-10"})
    house.clock.set(datetime(2026, 3, 2, 2, tzinfo=UTC))
    told = bare(in_word(asked(house, "zhai", f"{REPORT}.docx?session={SESSION}")[1]))
    assert (
        bare(f"六届三次第004号提案\n关于道路照明的提案{HOSTILE}\n后勤服务中心\n答复期限\n2026年2月10日（周二）") in told
    )
    told = in_word(asked(house, "luo", f"{REPORT}.docx?session={SESSION}")[1])
    assert "道路照明" not in told
    assert "没有超期的期限" in told
    assert "共登记职代会提案5件" in told, "official figures are the same for all"


def test_of_a_session_only_its_own_cases_are_listed_as_late(house: House) -> None:
    """Both are late on 2 March; the other meeting's numbers and its late case stand in its own report alone."""
    other = SessionId("s6m4")
    title = Text("六届四次", "Sixth congress, fourth meeting")
    meeting = CongressSession(
        id=other, root=ROOT, unit=UnitId(ROOT), term=6, meeting=4, title=title,
        call_opens_on=date(2026, 1, 1), call_closes_on=date(2026, 1, 31),
    )  # fmt: skip
    house.desk.office.write([AddSession(meeting)])
    for session, subject in ((SESSION, "关于道路照明的提案"), (other, "关于班车调整的提案")):
        case = house.begin(
            "shi", "proposal", {**PROPOSAL, "proposer_type": "delegation", "subject": subject}, session=session
        )
        for login, move in (("shi", "submit"), ("zhai", "begin_review"), ("zhai", "file")):
            house.fire(login, case, move)
        house.fire("zhai", case, "assign", {"lead": "logistics", "reply_due_on": "2026-02-10"})
    house.clock.set(datetime(2026, 3, 2, 2, tzinfo=UTC))
    told = in_word(asked(house, "zhai", f"{REPORT}.docx?session=s6m4")[1])
    assert "共登记职代会提案1件" in told
    assert "关于班车调整的提案" in told
    assert "关于道路照明的提案" not in told


def test_the_checkpoint_is_printed_with_its_signed_note_as_a_code(house: House, tmp_path: Path) -> None:
    keeper = Keeper(tmp_path / "signer")
    try:
        sealed(house, keeper)
    finally:
        keeper.close()
    made = asked(house, "zhai", f"{REPORT}.docx?session={SESSION}")[1]
    expected = io.BytesIO()
    said = f"-----BEGIN CHECKPOINT-----\n{newest(house).note}-----END CHECKPOINT-----"
    segno.make(said, micro=False).save(expected, kind="png", scale=6)
    for saved in (said, said.replace("\n", "\r\n"), said.replace("\n", " ")):  # as telephones and editors save it
        assert parse_note(note_in(saved.encode())).text == parse_note(newest(house).note.encode()).text
    word = Document(io.BytesIO(made))
    pictures = [one.image.blob for one in word.part.package.image_parts]
    assert pictures == [expected.getvalue()]
    told = in_word(made)
    assert f"检查点第{newest(house).n}号，包含{newest(house).size}条记录" in told
    assert "banjie verify --anchor" in told


@pytest.mark.parametrize(("kind", "read"), BOTH)
def test_the_table_holds_the_numbers_of_the_page(house: House, kind: str, read: Callable[[bytes], str]) -> None:
    status, made = asked(house, "zhai", f"/figures/proposal/table.{kind}?period=s:{SESSION}")
    assert status == 200
    told = bare(read(made))
    page = bare(asked(house, "zhai", f"/figures/proposal?period=s:{SESSION}")[1].decode())
    assert "职代会提案统计表" in told
    for number in ("75.0%", "30.1–95.4%"):
        assert number in page
        assert number in told
    assert "一、指标及其构成" in told


def test_small_numbers_of_confidential_kinds_are_not_printed_on_paper_either(office: Office) -> None:
    office.filed(confidentiality="confidential", category="pay")
    office.filed(category="hours")
    office.house.clock.set(datetime(2026, 9, 2, 2, tzinfo=UTC))
    told = in_word(asked(office.house, "shen", "/figures/grievance/report.docx")[1])
    assert "＜5件。" in told
    assert "CANARY" not in told
    assert "此类事项涉及保密，报告中不逐件列出" in told
    assert "分类别情况" in told
    unit = asked(office.house, "shen", "/figures/grievance/report.docx?unit=works")
    assert "分类别情况" not in in_word(unit[1]), "one row of them is not broken down, as on the page"
    assert "班组长克扣奖金" not in told, "nor is a case that is late named in what goes from hand to hand"


def test_a_session_that_there_is_not_and_another_kind_of_file_are_refused_in_words(house: House) -> None:
    status, told = asked(house, "zhai", f"{REPORT}.pdf?session=nothing")
    assert status == 422
    assert "没有这个届次" in told.decode()
    status, told = asked(house, "zhai", f"{REPORT}.odt")
    assert status == 404
    assert "文书只有PDF和Word两种格式" in told.decode()


def test_the_tables_as_sheets_are_where_they_were(house: House) -> None:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        assert client.get("/figures/proposal/measures.csv").headers["content-type"].startswith("text/csv")
