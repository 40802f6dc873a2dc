"""Papers that a unit has instead: laid over those of the workflow, proved, filled in by names and by nothing else."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.definition.paper_parts import own_papers
from tests.integration.test_papers import WORKFLOWS
from tests.support.command_line import command_line
from tests.support.house import House, open_house
from tests.support.papers import HOSTILE, asked, bare, in_pdf, in_word

LETTER = "assignment_notice"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the workflows, with a folder for the papers of units beside the proposal."""
    folder = tmp_path / "workflows"
    shutil.copytree(WORKFLOWS, folder)
    (folder / "proposal" / "papers").mkdir()
    return folder


def write(folder: Path, unit: str, text: str) -> None:
    (folder / "proposal" / "papers" / f"{unit}.yaml").write_text(text, encoding="utf-8")


def titles(folder: Path, *units: str) -> dict[str, str]:
    return {key: part.title.zh for key, part in own_papers(folder, "proposal", units).items()}


def test_a_unit_replaces_parts_of_a_paper_and_what_it_does_not_say_stays(folder: Path) -> None:
    write(folder, "works", f"{LETTER}:\n  title: {{zh: 提案交办函, en: Letter}}\n  says: ['请办理《{{subject}}》。']\n")
    own, shipped = (own_papers(folder, "proposal", units)[LETTER] for units in (["works"], []))
    assert (own.title.zh, own.says) == ("提案交办函", ("请办理《{subject}》。",))
    assert (own.after, own.rows, own.signed) == (shipped.after, shipped.rows, shipped.signed)
    assert shipped.title.zh == "提案交办通知单"
    assert titles(folder, "works").keys() == titles(folder).keys()


def test_the_nearest_unit_wins_part_by_part_and_a_unit_may_add_a_paper(folder: Path) -> None:
    write(folder, "top", f"{LETTER}:\n  title: {{zh: 总部, en: Top}}\n  signed: 总部工会\n")
    write(
        folder,
        "near",
        f"{LETTER}:\n  title: {{zh: 分部, en: Near}}\nslip:\n  title: {{zh: 便笺, en: Slip}}\n  look: letter\n",
    )
    part = own_papers(folder, "proposal", ["near", "top"])[LETTER]
    assert (part.title.zh, part.signed) == ("分部", "总部工会")
    assert titles(folder, "near", "top")["slip"] == "便笺"
    assert "slip" not in titles(folder, "top")
    assert titles(folder, "other")[LETTER] == "提案交办通知单"


def test_a_case_of_the_unit_gets_its_paper_on_the_page_and_as_a_file(house: House, folder: Path) -> None:
    write(folder, "works", f"{LETTER}:\n  title: {{zh: 提案交办函, en: Letter}}\n  says: ['请办理《{{subject}}》。']\n")
    case = house.filed()
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    page = asked(house, "zhai", f"/cases/{case}", workflows=folder)[1].decode()
    assert "提案交办函" in page
    assert "提案交办通知单" not in page
    told = in_word(asked(house, "zhai", f"/cases/{case}/papers/{LETTER}.docx", workflows=folder)[1])
    assert "请办理《关于改善夜班食堂供餐的提案》。" in told
    assert "提案工作委员会审查" not in told
    assert "提案交办函" in in_word(asked(house, "zhai", f"/cases/{case}/dossier.docx", workflows=folder)[1])


def test_a_changed_file_counts_at_once(folder: Path) -> None:
    write(folder, "works", f"{LETTER}:\n  signed: 甲\n")
    assert own_papers(folder, "proposal", ["works"])[LETTER].signed == "甲"
    path = folder / "proposal" / "papers" / "works.yaml"
    before = path.stat().st_mtime_ns
    write(folder, "works", f"{LETTER}:\n  signed: 乙\n")
    if path.stat().st_mtime_ns == before:  # a clock of files that is coarser than this test
        import os

        os.utime(path, ns=(before + 1, before + 1))
    assert own_papers(folder, "proposal", ["works"])[LETTER].signed == "乙"


def test_a_file_that_is_wrong_is_left_out_and_told_in_the_log(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(folder, "top", f"{LETTER}:\n  signed: 总部工会\n")
    write(folder, "near", f"{LETTER}:\n  look: poster\n")
    part = own_papers(folder, "proposal", ["near", "top"])[LETTER]
    assert (part.look, part.signed) == ("letter", "总部工会")
    assert "near.yaml" in caplog.text


def test_a_unit_may_have_papers_of_a_workflow_that_brings_none(folder: Path) -> None:
    (folder / "training" / "papers").mkdir()
    file = folder / "training" / "papers" / "works.yaml"
    file.write_text("slip:\n  title: {zh: 便笺, en: Slip}\n  look: letter\n", encoding="utf-8")
    assert list(own_papers(folder, "training", ["works"])) == ["slip"]
    assert own_papers(folder, "training", ["other"]) == {}
    assert checked(folder) == 0


def test_a_code_that_leads_out_of_the_folder_finds_nothing(folder: Path) -> None:
    (folder / "proposal" / "outside.yaml").write_text(f"{LETTER}:\n  signed: 外面\n", encoding="utf-8")
    units = ["../outside", str(folder / "proposal" / "outside"), "..", ""]
    assert own_papers(folder, "proposal", units) == own_papers(folder, "proposal")


# ---------------------------------------------------------------------------------------------------------- the sandbox


@pytest.mark.parametrize("kind", ["docx", "pdf"])
def test_a_hostile_template_is_text_and_reads_nothing(house: House, folder: Path, kind: str) -> None:
    """There is no language to break out of: names in braces are filled in once, all else is printed as it stands."""
    hostile = HOSTILE.replace("{subject}", "").replace("'", "’")
    attributes = "{subject.__class__} {subject!r} {0} {__builtins__} ${subject:x}"
    write(
        folder,
        "works",
        f"{LETTER}:\n  title: {{zh: 提案交办函, en: Letter}}\n  says:\n"
        f"    - '{hostile}'\n    - '{attributes}'\n    - '{{{{subject}}}}'\n",
    )
    case = house.filed(form={"subject": "照明{unit}"})
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    status, made = asked(house, "zhai", f"/cases/{case}/papers/{LETTER}.{kind}", workflows=folder)
    assert status == 200
    told = bare(in_word(made) if kind == "docx" else in_pdf(made))
    assert bare(hostile) in told
    assert bare(attributes) in told
    assert "{照明{unit}}" in told, "a name is filled in once; what stands in a value is no name"
    assert "root:" not in told


def test_a_file_that_would_make_an_object_or_say_itself_a_thousandfold_is_refused(folder: Path) -> None:
    for text in (
        f"{LETTER}:\n  signed: !!python/object/apply:os.system ['true']\n",
        f"a: &a ['甲','甲']\nb: &b [*a,*a]\n{LETTER}:\n  says: *b\n",
        f"{LETTER}:\n  says: ['{'甲' * 501}']\n",
    ):
        write(folder, "works", text)
        assert checked(folder) == 1, text[:40]


# ------------------------------------------------------------------------------------------------------ what is checked


def checked(folder: Path, told: list[str] | None = None) -> int:
    ran = command_line(f"sqlite:///{folder.parent / 'banjie.db'}").run("check", str(folder))
    if told is not None:
        told += ran.err.splitlines()
    return ran.code


def test_papers_of_units_are_proved_with_their_own_lines(folder: Path) -> None:
    write(folder, "works", f"{LETTER}:\n  says: ['{{subject}}', '{{subjct}}']\n  rows: [catgory]\n")
    told: list[str] = []
    assert checked(folder, told) == 1
    assert any("papers/works.yaml:2:" in one and "文书中的“subjct”不在流程中" in one for one in told), told
    assert any("papers/works.yaml:3:" in one and "文书中的“catgory”不在流程中" in one for one in told), told
    assert len(told) == 3, "each once, and the sum"


def test_a_new_paper_of_a_unit_must_be_whole_and_right_papers_pass(folder: Path) -> None:
    write(folder, "works", "slip:\n  says: ['{subject}']\n")
    told: list[str] = []
    assert checked(folder, told) == 1
    assert all("papers/works.yaml:1:" in one for one in told[:-1]), told
    write(folder, "works", "slip:\n  title: {zh: 便笺, en: Slip}\n  look: letter\n  says: ['{subject}']\n")
    assert checked(folder) == 0


def test_a_unit_may_change_a_paper_that_only_a_unit_above_it_has_added(folder: Path) -> None:
    write(folder, "works", "slip:\n  title: {zh: 便笺, en: Slip}\n  look: letter\n  says: ['{subject}']\n")
    write(folder, "logistics", "slip:\n  title: {zh: 后勤便笺, en: Slip of logistics}\n")
    assert checked(folder) == 0
    assert titles(folder, "logistics", "works")["slip"] == "后勤便笺"
    assert titles(folder, "works")["slip"] == "便笺"
    write(folder, "safety", "note:\n  title: {zh: 便条, en: Note}\n")
    told: list[str] = []
    assert checked(folder, told) == 1
    assert all("papers/safety.yaml:1:" in one for one in told[:-1]), told
