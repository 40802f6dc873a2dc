"""A folder of procedures is read together, and a single file is proved against what stands beside it."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine.definition.library import check_paths, load_folder
from engine.errors import DefinitionError
from tests.unit.definition.conftest import WRONG_DEFINITIONS, edited


def write_errand(folder: Path, text: str, name: str = "v1.yaml") -> Path:
    file = folder / "errand" / name
    file.write_text(text, encoding="utf-8")
    return file


def test_a_folder_gives_workflows_lists_and_calendar_files(procedures: Path) -> None:
    write_errand(procedures, edited())
    (procedures / "calendars").mkdir()
    (procedures / "calendars" / "2026.yaml").write_text("year: 2026\n", encoding="utf-8")
    library = load_folder(procedures)
    assert set(library.workflows) == {("errand", 1), ("task", 1)}
    assert set(library.lists) == {("outcomes", 1)}
    assert [notice.data for notice in library.notices] == [{"year": 2026}]
    assert library.notices[0].positions.key(("year",)) == (1, 1)


def test_the_rulebook_knows_every_definition_by_its_hash(procedures: Path) -> None:
    write_errand(procedures, edited())
    library = load_folder(procedures)
    rulebook = library.rulebook()
    assert rulebook.names() == ("errand", "task")
    assert rulebook.newest("errand").version == 1
    assert rulebook.workflows[("errand", 1)][1] == library.workflows[("errand", 1)].hash


def test_a_folder_with_wrong_files_is_refused_with_the_problems_of_all_of_them(procedures: Path) -> None:
    write_errand(procedures, edited(("to: closed", "to: closd")))
    (procedures / "lists" / "outcomes.yaml").write_text("name: outcomes\n", encoding="utf-8")
    (procedures / "calendars").mkdir()
    (procedures / "calendars" / "2026.yaml").write_text("a: b: c\n", encoding="utf-8")
    with pytest.raises(DefinitionError) as caught:
        load_folder(procedures)
    found = {(Path(problem.file).parent.name, problem.code) for problem in caught.value.problems}
    assert {("errand", "state_unknown"), ("lists", "key_missing"), ("calendars", "yaml_wrong")} <= found


def test_one_name_and_version_cannot_be_defined_twice(procedures: Path) -> None:
    write_errand(procedures, edited())
    write_errand(procedures, edited(), "v2.yaml")
    shutil.copy(procedures / "lists" / "outcomes.yaml", procedures / "lists" / "again.yaml")
    found = check_paths([procedures])
    assert [problem.code for problem in found] == ["defined_twice", "defined_twice"]
    assert found[0].line == 1
    assert str(procedures / "errand" / "v1.yaml") in found[0].text.zh


def test_two_versions_stand_side_by_side_and_others_are_proved_against_the_newest(procedures: Path) -> None:
    write_errand(procedures, edited())
    newer = edited(("version: 1", "version: 2"), ("  close:\n", "  finish:\n"))
    write_errand(procedures, newer, "v2.yaml")
    assert set(load_folder(procedures).workflows) == {("errand", 1), ("errand", 2), ("task", 1)}


def test_problems_of_files_that_were_not_asked_for_are_not_told(procedures: Path) -> None:
    asked = write_errand(procedures, edited())
    (procedures / "task" / "v1.yaml").write_text("name: task\n", encoding="utf-8")
    assert check_paths([asked]) == []
    assert {Path(problem.file).parent.name for problem in check_paths([procedures])} == {"task"}


def test_problems_come_in_the_order_of_files_and_lines(procedures: Path) -> None:
    write_errand(
        procedures, edited(("to: closed", "to: closd"), ("{zh: 办事, en: Errand}", "{zh: Errand, en: Errand}"))
    )
    found = check_paths([procedures, procedures / "errand" / "v1.yaml"])
    assert [(problem.code, problem.line) for problem in found] == sorted(
        ((problem.code, problem.line) for problem in found), key=lambda pair: pair[1]
    )
    assert found[0].code == "translation_missing"
    assert len(found) == len(set(found))


def test_a_code_list_with_a_code_twice_or_a_text_in_the_wrong_language_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    file = tmp_path / "lists" / "outcomes.yaml"
    text = (WRONG_DEFINITIONS / "lists" / "outcomes.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("code: D", "code: A").replace("en: Solved", "en: 已解决"), encoding="utf-8")
    assert [(problem.code, problem.line) for problem in check_paths([file])] == [
        ("translation_missing", 6),
        ("code_repeated", 7),
    ]


def test_a_path_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert [problem.code for problem in check_paths([tmp_path / "none.yaml"])] == ["file_unreadable"]


def test_the_plain_workflow_of_the_benchmarks_is_right() -> None:
    assert check_paths([WRONG_DEFINITIONS.parent / "definitions" / "five_states.yaml"]) == []


def test_a_list_whose_name_begins_like_a_version_is_read_once(procedures: Path) -> None:
    write_errand(procedures, edited())
    vetoes = (procedures / "lists" / "outcomes.yaml").read_text(encoding="utf-8").replace("outcomes", "vetoes")
    (procedures / "lists" / "vetoes.v1.yaml").write_text(vetoes, encoding="utf-8")
    assert set(load_folder(procedures).lists) == {("outcomes", 1), ("vetoes", 1)}
