"""The dossier of a case: all that its page shows to the same reader, as PDF and Word, and nothing more."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from docx import Document
from pypdf import PdfReader

from documents.booklet import Bar, Bars, Booklet, Chapter, Code, Grid, Rows, Said, chapter_number
from documents.booklet_word import booklet_as_word
from documents.paper import PaperRow
from documents.pdf import as_pdf, as_pictures
from runtime.signer.keeper import Keeper
from tests.integration.test_confidential import Office, opened
from tests.integration.test_web_files import case_of, new_proposal
from tests.support.hostile_files import pdf
from tests.support.house import House, client_of, facts_of, open_house
from tests.support.papers import HOSTILE, asked, bare, in_pdf, in_word
from tests.support.sealing import newest, sealed

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
BOTH = [("docx", in_word), ("pdf", in_pdf)]


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def office(any_database: str) -> Iterator[Office]:
    with opened(any_database) as office:
        yield office


def assigned(house: House) -> str:
    """Return a proposal that was assigned and whose term of reply has passed without one."""
    case = house.filed()
    house.clock.set(datetime(2026, 2, 10, 2, tzinfo=UTC))
    house.fire("zhai", case, "assign", {"lead": "logistics", "reply_due_on": "2026-04-20"})
    house.clock.set(datetime(2026, 4, 22, 2, tzinfo=UTC))
    return str(case)


def test_the_page_of_a_case_offers_its_dossier_also_where_it_has_no_paper(house: House) -> None:
    case = house.filed()
    page = asked(house, "zhai", f"/cases/{case}")[1].decode()
    assert "案卷（全部内容）" in page
    assert f'href="/cases/{case}/dossier.pdf"' in page
    assert f'href="/cases/{case}/dossier.docx"' in page


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_a_dossier_holds_cover_contents_form_history_deadlines_and_proof(house: House, kind: str) -> None:
    case = assigned(house)
    status, made = asked(house, "zhai", f"/cases/{case}/dossier.{kind}")
    assert status == 200
    told = bare(dict(BOTH)[kind](made))
    for title in (
        "一、登记内容",
        "二、办理过程",
        "三、办理时限",
        "四、关联事项",
        "五、附件目录",
        "六、可出具的文书",
        "七、核验说明",
    ):
        assert told.count(title) == 2, f"{title}: in the contents and above its chapter"
    for said in (
        "案卷", "职代会提案", "六届三次第001号提案", "关于改善夜班食堂供餐的提案", "领衔提案人石磊生", "办理状态待签收",
        "本事项账册第1条至第5条，末条摘要",
        "案据夜班职工零点以后只能吃方便面。",
        "石磊生（领衔提案人）", "翟鸿岭（提案工作委员会）", "进入“待签收”", "内容见“登记内容”。",
        "主办：后勤服务中心待签收",
        "2026年2月10日（周二）10:00",
        "没有附件。", "提案交办通知单", "账册第5条", "账册尚未封存",
    ):  # fmt: skip
        assert bare(said) in told, said
    assert "本件据账册第5条" in told, "at the foot"
    assert "按期完成" in told, "the term of review was kept"
    assert "已超期2个工作日" in told, "the term of reply was missed: 21 and 22 April are working days after the 20th"


def test_the_day_on_which_a_case_ended_stands_on_the_cover_of_one_that_is_over(house: House) -> None:
    case = house.open("shi", {"proposer_type": "delegation"})
    house.fire("shi", case, "submit")
    house.clock.set(datetime(2026, 1, 22, 16, 30, tzinfo=UTC))  # half past midnight of the 23rd in Shanghai
    assert "结束日期" not in in_word(asked(house, "shi", f"/cases/{case}/dossier.docx")[1])
    house.fire("shi", case, "withdraw", {"withdrawal_reason": "已解决"})
    told = in_word(asked(house, "shi", f"/cases/{case}/dossier.docx")[1])
    assert "结束日期\n2026年1月23日（周五）" in told


def test_files_are_listed_with_the_hash_of_what_was_sent(house: House) -> None:
    sent = pdf()
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shi"))
        case = case_of(new_proposal(client, ("现场说明.pdf", sent)))
    for kind, read in BOTH:
        told = bare(read(asked(house, "shi", f"/cases/{case}/dossier.{kind}")[1]))
        assert hashlib.sha256(sent).hexdigest() in told, kind
        assert "附件现场说明.pdf" in told, "also where the field stands"
        assert "/files/" not in told


def test_the_checkpoint_is_printed_with_whether_it_covers_the_case(house: House, tmp_path: Path) -> None:
    case = house.filed()
    keeper = Keeper(tmp_path / "signer")
    try:
        sealed(house, keeper)
    finally:
        keeper.close()
    told = in_word(asked(house, "zhai", f"/cases/{case}/dossier.docx")[1])
    assert f"{newest(house).size} 条" in told
    assert "本事项的全部记录均已封存。" in told
    house.clock.set(datetime(2026, 2, 10, 2, tzinfo=UTC))
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    told = in_word(asked(house, "zhai", f"/cases/{case}/dossier.docx")[1])
    assert "本事项最近的记录尚待封存。" in told


# ------------------------------------------------------------------------------------------------------------ redaction


def test_nothing_stands_in_a_dossier_that_its_reader_may_not_know(office: Office) -> None:
    case = office.filed(confidentiality="confidential")
    for login in ("shen", "luo"):
        for kind, read in BOTH:
            status, made = asked(office.house, login, f"/cases/{case}/dossier.{kind}")
            assert status == 200, (login, kind)
            told = read(made)
            assert ("CANARY-NAME" in told) == (login == "luo"), (login, kind)
            assert "luo" not in told, "nor is anybody called by an id"
            assert b"CANARY-NAME" not in made


def test_a_case_that_one_may_not_see_has_no_dossier(house: House) -> None:
    case = house.open("shi")
    assert asked(house, "shi", f"/cases/{case}/dossier.docx")[0] == 200
    status, told = asked(house, "lai", f"/cases/{case}/dossier.docx")
    assert status == 404
    assert "夜班" not in told.decode()


def test_that_a_dossier_was_taken_is_recorded_but_not_of_who_filed_it(house: House) -> None:
    case = house.filed()
    before = len(facts_of(house, "exported"))
    assert asked(house, "shi", f"/cases/{case}/dossier.docx")[0] == 200
    assert len(facts_of(house, "exported")) == before
    assert asked(house, "zhai", f"/cases/{case}/dossier.docx")[0] == 200
    (taken,) = facts_of(house, "exported")[before:]
    assert {name: taken[name] for name in ("what", "rows", "by")} == {"what": "dossier", "rows": 4, "by": "zhai"}


def test_another_kind_of_file_is_refused_and_nothing_recorded(house: House) -> None:
    case = house.filed()
    status, told = asked(house, "zhai", f"/cases/{case}/dossier.odt")
    assert status == 404
    assert "文书只有PDF和Word两种格式" in told.decode()
    assert facts_of(house, "exported") == []


@pytest.mark.parametrize(("kind", "read"), BOTH)
def test_what_was_typed_stands_in_a_dossier_as_the_text_it_is(
    house: House, kind: str, read: Callable[[bytes], str]
) -> None:
    case = house.filed(form={"subject": f"提案{HOSTILE}", "grounds": HOSTILE})
    status, made = asked(house, "zhai", f"/cases/{case}/dossier.{kind}")
    assert status == 200
    told = bare(read(made))
    assert told.count(bare(HOSTILE)) >= 2
    assert "root:" not in told


# ---------------------------------------------------------------------------------------------------------- booklets


def a_booklet(cover: bool = True) -> Booklet:
    parts = (
        Said(text=HOSTILE),
        Rows(title="（公开）", rows=(PaperRow(title="案由", text="甲\n乙"),)),
        Grid(head=("单位", "件数"), rows=(("后勤", "12"),), widths=(3, 1), numbers=(1,), totals=(0,)),
        Bars(bars=(Bar(label="后勤", text="75%", share=0.75), Bar(label="安全", text="—", share=None))),
    )
    return Booklet(
        title="案　卷",
        chapters=tuple(Chapter(title=f"第{n}章", parts=parts) for n in range(3)),
        cover=(PaperRow(title="案由", text=HOSTILE),) if cover else (),
        dated="2026年3月2日",
        origin="本件据账册第1条",
    )


def test_a_booklet_is_for_the_archive_and_its_contents_lead_to_its_pages() -> None:
    made = as_pdf(a_booklet(), AT)
    reader = PdfReader(io.BytesIO(made))
    told = reader.trailer["/Root"]["/Metadata"].get_data().decode()  # type: ignore[index]  # any object of a PDF
    assert "<pdfaid:part>2</pdfaid:part>" in told
    assert [bare(str(one["/Title"])) for one in reader.outline] == ["一、第0章", "二、第1章", "三、第2章"]  # type: ignore[call-overload]  # a flat outline
    contents = bare(reader.pages[1].extract_text())
    assert "目录" in contents
    assert "二、第1章" in contents
    assert as_pdf(a_booklet(), AT) == made, "the same booklet at the same instant is the same file"
    assert as_pictures(a_booklet(cover=False), AT)[0].startswith(b"\x89PNG")


def test_the_same_booklet_in_word_has_headings_tables_and_bars() -> None:
    word = Document(io.BytesIO(booklet_as_word(a_booklet(cover=False), AT)))
    headings = [one.text for one in word.paragraphs if one.style is not None and one.style.name == "Heading 1"]
    assert headings == ["一、第0章", "二、第1章", "三、第2章"]
    assert [cell.text for cell in word.tables[1].rows[1].cells] == ["后勤", "12"]
    bars = [one.text for one in word.paragraphs if "75%" in one.text]
    assert bars[0].count("█") == 22, "three quarters of thirty, to the even"
    assert word.core_properties.author == ""


def test_a_picture_in_a_booklet_is_in_both_files() -> None:
    png = as_pictures(a_booklet(), AT)[0]
    coded = Booklet(title="报告", chapters=(Chapter(title="检查点", parts=(Code(png=png, lines=("扫码核对",)),)),))
    (page,) = PdfReader(io.BytesIO(as_pdf(coded, AT))).pages
    assert len(page.images) == 1
    assert "扫码核对" in page.extract_text()
    assert len(Document(io.BytesIO(booklet_as_word(coded, AT))).inline_shapes) == 1


def test_chapters_are_counted_as_official_papers_count() -> None:
    counted = [chapter_number(n) for n in (1, 9, 10, 11, 20, 21)]
    assert counted == ["一", "九", "十", "十一", "二十", "二十一"]
