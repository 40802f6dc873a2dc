"""A case on paper: Word and PDF say what the page says to the same reader, and whatever was typed comes out as text."""

from __future__ import annotations

import io
import shutil
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from docx import Document
from pypdf import PdfReader

from documents import pdf
from documents.paper import Paper, PaperRow, official_date, paragraphs_of
from documents.pdf import as_pdf, as_pictures, known_fonts
from documents.word import as_word
from engine.definition.paper_parts import own_papers
from engine.errors import PaperNotMade
from tests.integration.test_confidential import Office, opened
from tests.support.command_line import command_line
from tests.support.house import House, client_of, open_house
from tests.support.papers import HOSTILE, asked, bare, in_pdf, in_word

AT = datetime(2026, 3, 2, 2, tzinfo=UTC)
WORKFLOWS = Path(__file__).parents[2] / "workflows"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def office(any_database: str) -> Iterator[Office]:
    with opened(any_database) as office:
        yield office


# ------------------------------------------------------------------------------------------------------ what is offered


def test_a_case_offers_the_papers_whose_step_was_made(house: House) -> None:
    case = house.filed()
    status, page = asked(house, "zhai", f"/cases/{case}")
    told = page.decode()
    assert status == 200
    assert "职工代表大会提案表" in told
    assert f"/cases/{case}/papers/proposal_form.docx" in told
    assert "提案交办通知单" not in told
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    told = asked(house, "zhai", f"/cases/{case}")[1].decode()
    assert f"/cases/{case}/papers/assignment_notice.pdf" in told


def test_a_paper_before_its_step_an_unknown_one_and_another_kind_of_file_are_refused_in_words(house: House) -> None:
    case = house.filed()
    for name in ("assignment_notice.pdf", "nothing.pdf"):
        status, told = asked(house, "zhai", f"/cases/{case}/papers/{name}")
        assert status == 404
        assert "该事项现在没有这种文书：可能还没有办到出文的一步，或者名称有误" in told.decode()
    status, told = asked(house, "zhai", f"/cases/{case}/papers/proposal_form.odt")
    assert status == 404
    assert "文书只有PDF和Word两种格式" in told.decode()


def test_a_case_that_one_may_not_see_has_no_paper(house: House) -> None:
    case = house.open("shi")  # a draft is its proposer's alone
    assert asked(house, "shi", f"/cases/{case}/papers/proposal_form.pdf")[0] == 200
    assert asked(house, "lai", f"/cases/{case}/papers/proposal_form.pdf")[0] == 404


# ---------------------------------------------------------------------------------------------------- what stands there


def test_the_form_of_a_proposal_says_what_the_proposal_says(house: House) -> None:
    case = house.filed()
    word = in_word(asked(house, "zhai", f"/cases/{case}/papers/proposal_form.docx")[1])
    pdf_text = in_pdf(asked(house, "zhai", f"/cases/{case}/papers/proposal_form.pdf")[1])
    for said in (
        "职工代表大会提案表",
        "关于改善夜班食堂供餐的提案",
        "夜班职工零点以后只能吃方便面。",
        "生活福利",
        "石",
    ):
        assert said in word
        assert bare(said) in pdf_text
    assert "六届三次第001号提案" in word
    assert "本件据账册第" in word


def test_the_notice_of_assignment_is_addressed_to_the_lead_and_bears_the_day_of_the_assignment(house: House) -> None:
    case = house.filed()
    house.clock.set(datetime(2026, 2, 10, 16, 30, tzinfo=UTC))  # half past midnight of the 11th in Shanghai
    house.fire(
        "zhai",
        case,
        "assign",
        {"lead": "logistics", "assignment_instruction": "请先实地查看", "reply_due_on": "2026-04-20"},
    )
    house.clock.set(datetime(2026, 3, 5, 2, tzinfo=UTC))
    word = in_word(asked(house, "zhai", f"/cases/{case}/papers/assignment_notice.docx")[1])
    assert "2026年2月11日" in word
    assert "交办意见：请先实地查看" in word
    assert "答复截止日期：2026年4月20日。" in word
    assert "现交你单位主办。" in word
    assert "协办单位" not in word, "a sentence about what is not there is left out"
    assert "{" not in word


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_what_was_typed_comes_out_as_the_text_it_is(house: House, kind: str) -> None:
    case = house.filed(form={"subject": f"提案{HOSTILE}", "grounds": HOSTILE})
    status, made = asked(house, "zhai", f"/cases/{case}/papers/proposal_form.{kind}")
    assert status == 200
    told = bare(in_word(made) if kind == "docx" else in_pdf(made))
    assert told.count(bare(HOSTILE)) >= 2
    assert "root:" not in told
    house.fire("zhai", case, "assign", {"lead": "logistics", "assignment_instruction": HOSTILE})
    made = asked(house, "zhai", f"/cases/{case}/papers/assignment_notice.{kind}")[1]
    told = bare(in_word(made) if kind == "docx" else in_pdf(made))
    assert f"《{bare('提案' + HOSTILE)}》经职工代表大会" in told, "in a sentence it is filled in once, and as text"
    assert f"交办意见：{bare(HOSTILE)}" in told


def test_papers_are_chinese_whoever_reads_the_page(house: House) -> None:
    case = house.filed()
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        page = client.get(f"/cases/{case}?lang=en")
        assert "Proposal form" in page.text
        made = client.get(f"/cases/{case}/papers/proposal_form.docx?lang=en")
    assert "案由" in in_word(made.content)
    assert "Subject" not in in_word(made.content)


def test_the_registration_form_of_a_visit_has_every_cell_of_its_annex(house: House) -> None:
    """Annex 2: leaders, unit, its staff, opinions, notes, who filled it in and when; first empty, then filled in."""
    house.begin(
        "shen",
        "basic_unit",
        {"name": "第一机械厂", "code": "QY001", "kind": "enterprise", "above_scale": True, "staff_count": 500},
    )
    visit = house.begin("shen", "visit", {
        "subject": "第一机械厂", "unit_code": "QY001", "campaign_year": 2026, "team_level": "city",
        "selection": "arranged", "leaders": "沈副主席", "contact": "联络人甲", "planned_on": "2026-07-20",
    })  # fmt: skip
    empty = in_word(asked(house, "shen", f"/cases/{visit}/papers/register_form.docx")[1])
    for cell in ("参与走访领导", "走访单位名称", "走访单位职工人数", "建议与意见", "说明"):
        assert cell in empty
    assert "填报单位：　　" in empty, "room for a hand"
    assert "年　　月　　日" in empty
    house.clock.set(datetime(2026, 7, 21, 2, tzinfo=UTC))
    house.fire("shen", visit, "register", {
        "visited_on": "2026-07-20", "leaders_present": "沈副主席、翟部长", "staff_count": 1204,
        "reporting_unit": "江岭县总工会",
        "diary_rows": [{"noted_on": "2026-07-20", "way": "talk", "people": 20, "findings": "召开职工座谈会"}],
        "services": [{"service": "policy", "done": True}],
        "opinions": [{"raised_by": "staff", "kind": "pay", "content": "高温津贴怎样计发", "way": "answered",
                      "answer": "当场讲明"}],
    })  # fmt: skip
    for read, kind in ((in_word, "docx"), (in_pdf, "pdf")):
        told = bare(read(asked(house, "shen", f"/cases/{visit}/papers/register_form.{kind}")[1]))
        for said in (
            "沈副主席、翟部长",
            "第一机械厂",
            "1204",
            "高温津贴怎样计发",
            "2026年7月20日",
            "填报单位：江岭县总工会",
            "1、此表在走访活动结束后，按活动方案规定的时间同总结一起上报。",
            "2、走访活动的情况应认真记载，存档备查。",
        ):
            assert said in told, (kind, said)


# ------------------------------------------------------------------------------------------------------------ redaction


def test_a_name_kept_confidential_stands_on_no_paper_of_who_may_not_know_it(office: Office) -> None:
    case = office.filed(confidentiality="confidential")
    for login in ("shen", "luo"):
        for kind, read in (("docx", in_word), ("pdf", in_pdf)):
            status, made = asked(office.house, login, f"/cases/{case}/papers/register_form.{kind}")
            assert status == 200, (login, kind)
            told = read(made)
            assert ("CANARY-NAME" in told) == (login == "luo"), (login, kind)
            assert "luo" not in told
            assert b"CANARY-NAME" not in made


# ------------------------------------------------------------------------------------------------------------ the files


def a_paper(signed: str = "", dated: str = "") -> Paper:
    rows = (PaperRow(title="类别", text="A"),)
    said = ("现答复如下：",)
    return Paper(title="提案答复函", to="石代表", paragraphs=said, rows=rows, signed=signed, dated=dated)


def test_a_pdf_is_for_the_archive_with_its_fonts_in_it() -> None:
    made = as_pdf(a_paper(), AT)
    reader = PdfReader(io.BytesIO(made))
    root: Any = reader.trailer["/Root"]
    told = root["/Metadata"].get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in told
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in told
    resources: Any = reader.pages[0]["/Resources"]
    fonts = [font.get_object() for font in resources["/Font"].values()]
    below = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"].get_object() for font in fonts]
    assert below
    assert all("/FontFile2" in one or "/FontFile3" in one for one in below)
    assert float(reader.pages[0].mediabox.width) == pytest.approx(595.28, abs=0.1)


def test_the_same_paper_made_at_the_same_instant_is_the_same_file() -> None:
    assert as_pdf(a_paper(), AT) == as_pdf(a_paper(), AT)


def test_a_paper_can_be_looked_at() -> None:
    (picture,) = as_pictures(a_paper(), AT)
    assert picture.startswith(b"\x89PNG")


def test_word_is_a4_and_names_nobody_as_its_author() -> None:
    word = Document(io.BytesIO(as_word(a_paper(signed="工会", dated="2026年3月2日"), AT)))
    page = word.sections[0]
    assert page.page_width is not None
    assert page.page_height is not None
    assert (page.page_width.mm, page.page_height.mm) == pytest.approx((210, 297), abs=0.1)
    assert word.core_properties.author == ""
    assert [one.text for one in word.paragraphs if one.text] == [
        "提案答复函",
        "石代表：",
        "现答复如下：",
        "工会",
        "2026年3月2日",
    ]


def test_without_a_chinese_font_the_way_out_is_told(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "families", lambda: frozenset({"DejaVu Sans"}))
    case = house.filed()
    status, told = asked(house, "zhai", f"/cases/{case}/papers/proposal_form.pdf")
    assert status == 503
    assert (
        "服务器上没有中文字体，不能生成PDF。请管理员安装 fonts-noto-cjk 或 fonts-wqy-microhei 后重试，也可以先下载Word"
        in told.decode()
    )
    assert asked(house, "zhai", f"/cases/{case}/papers/proposal_form.docx")[0] == 200


def test_the_best_font_that_is_there_is_taken() -> None:
    found = known_fonts(frozenset({"SimSun", "FangSong", "STZhongsong"}))
    assert found == {"body": ["FangSong", "SimSun"], "head": ["STZhongsong", "FangSong", "SimSun"]}


def test_without_the_library_for_pdf_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    pdf.families.cache_clear()
    try:
        with pytest.raises(PaperNotMade) as refused:
            as_pdf(a_paper(), AT)
    finally:
        pdf.families.cache_clear()
    assert refused.value.text.zh == ("服务器没有安装生成PDF的组件，请管理员安装 banjie[pdf]，也可以先下载Word")


def test_dates_and_paragraphs_are_as_official_papers_have_them() -> None:
    assert official_date(datetime(2026, 11, 5, tzinfo=UTC).date()) == "2026年11月5日"
    assert paragraphs_of("一\r\n\n 二 ") == ("一", "二")


# ---------------------------------------------------------------------------------------------------- what is declared


@pytest.mark.parametrize("workflow", sorted(path.parent.name for path in WORKFLOWS.glob("*/papers.yaml")))
def test_papers_that_workflows_bring_along_are_read(workflow: str) -> None:
    assert own_papers(WORKFLOWS, workflow)


def test_names_that_a_workflow_does_not_have_are_told_with_their_line(tmp_path: Path) -> None:
    folder = tmp_path / "workflows"
    _copied(folder)
    papers = folder / "proposal" / "papers.yaml"
    papers.write_text(
        "reply:\n"
        "  title: {zh: 答复函, en: Reply}\n"
        "  look: letter\n"
        "  after: [release_replie]\n"
        "  number: reply_numbr\n"
        '  to: "{propose}代表"\n'
        "  says:\n"
        "    - 现答复：{reply_txt}\n"
        "  rows: [catgory]\n"
        '  signed: "{lead_units}"\n',
        encoding="utf-8",
    )
    checked = command_line(f"sqlite:///{tmp_path / 'banjie.db'}").run("check", str(folder))
    assert checked.code == 1
    for line, name in (
        (4, "release_replie"),
        (5, "reply_numbr"),
        (6, "propose"),
        (8, "reply_txt"),
        (9, "catgory"),
        (10, "lead_units"),
    ):
        assert any(
            f"papers.yaml:{line}:" in one and f"文书中的“{name}”不在流程中" in one for one in checked.err.splitlines()
        ), (line, name)


def test_a_paper_of_another_shape_is_told_with_its_line(tmp_path: Path) -> None:
    folder = tmp_path / "workflows"
    _copied(folder)
    (folder / "proposal" / "papers.yaml").write_text(
        "reply:\n  title: {zh: 答复函, en: Reply}\n  look: poster\n", encoding="utf-8"
    )
    checked = command_line(f"sqlite:///{tmp_path / 'banjie.db'}").run("check", str(folder))
    assert checked.code == 1
    assert "papers.yaml:3:" in checked.err


def _copied(folder: Path) -> None:
    shutil.copytree(WORKFLOWS, folder)
