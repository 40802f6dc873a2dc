"""``banjie check``, ``diagram`` and ``schema``: the procedures asked about from a terminal."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.command_line import PROJECT, CommandLine, command_line

WORKFLOWS = PROJECT / "workflows"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the workflows folder that may be spoilt."""
    return shutil.copytree(WORKFLOWS, tmp_path / "workflows")


def spoil(file: Path, text: str, instead: str) -> int:
    """Replace a text that stands once in a file and return the line it stood on."""
    before = file.read_text(encoding="utf-8")
    assert before.count(text) == 1
    file.write_text(before.replace(text, instead), encoding="utf-8")
    return before[: before.index(text)].count("\n") + 1


def test_the_procedures_of_the_house_are_right(banjie: CommandLine) -> None:
    lists = len(list((WORKFLOWS / "lists").glob("*.yaml")))
    calendars = len(list((WORKFLOWS / "calendars").glob("*.yaml")))
    procedures = len(list(WORKFLOWS.glob("*/v[0-9].yaml")))
    assert banjie.must("check") == f"✓ {procedures} 个流程、{lists} 个代码表、{calendars} 个日历，未发现问题\n"


def test_every_problem_of_every_file_is_told_with_its_place(banjie: CommandLine, folder: Path) -> None:
    line_of_list = spoil(folder / "lists/reply-classes.v1.yaml", "name: reply-classes", "nome: reply-classes")
    line_of_day = spoil(folder / "calendars/2026.yaml", "- 2026-10-10", "- 2026-10-12")
    checked = banjie.run("check", str(folder))
    assert (checked.code, checked.out) == (1, "")
    lines = checked.err.splitlines()
    day = next(line for line in lines if "calendars/2026.yaml" in line)
    assert f"2026.yaml:{line_of_day}:" in day
    assert day.endswith("调休上班日应为周六或周日（calendar_make_up_on_weekday）")
    assert any(f"reply-classes.v1.yaml:{line_of_list}:1: " in line for line in lines)
    assert lines[-1] == f"✗ 发现 {len(lines) - 1} 处问题"


def test_problems_can_be_read_by_a_machine(banjie: CommandLine, folder: Path) -> None:
    line = spoil(folder / "calendars/2026.yaml", "- 2026-10-10", "- 2026-10-12")
    checked = banjie.run("check", "--json", str(folder / "calendars"))
    assert checked.code == 1
    assert checked.json["ok"] is False
    [problem] = checked.json["problems"]
    assert (problem["line"], problem["code"]) == (line, "calendar_make_up_on_weekday")
    assert set(problem["text"]) == set(problem["remedy"]) == {"zh", "en"}


def test_problems_are_told_in_english_when_asked(banjie: CommandLine, folder: Path) -> None:
    spoil(folder / "calendars/2026.yaml", "- 2026-10-10", "- 2026-10-12")
    checked = banjie.run("check", "--lang", "en", str(folder / "calendars/2026.yaml"))
    assert "2026-10-12 is a working day anyway. A make-up day is a Saturday or a Sunday" in checked.err
    assert "1 problem(s) found" in checked.err


def test_a_map_of_imports_is_proved_against_its_workflow(banjie: CommandLine, folder: Path) -> None:
    spoil(folder / "proposal/import.yaml", "  - fire: register\n", "  - fire: no_such_move\n")
    checked = banjie.run("check", str(folder))
    assert checked.code == 1
    assert "proposal/import.yaml" in checked.err
    assert "no_such_move" in checked.err


def test_a_file_that_is_not_there_is_wrong_use(banjie: CommandLine) -> None:
    assert banjie.run("check", "no-such-folder").code == 2


def test_a_diagram_names_every_state(banjie: CommandLine) -> None:
    drawn = banjie.must("diagram", "handling")
    assert drawn.startswith("stateDiagram-v2\n")
    assert "签收" in drawn
    assert "签收" not in banjie.must("diagram", "handling", "--language", "en")


def test_all_diagrams_are_told_apart(banjie: CommandLine) -> None:
    drawn = banjie.must("diagram")
    assert drawn.count("stateDiagram-v2") == drawn.count("%% ") == len(list(WORKFLOWS.glob("*/v[0-9].yaml")))


def test_the_diagram_of_an_unknown_workflow_is_refused(banjie: CommandLine) -> None:
    drawn = banjie.run("diagram", "nonsense")
    assert drawn.code == 1
    assert "没有名为“nonsense”的流程" in drawn.err


def test_a_definition_is_drawn_as_bpmn_one_at_a_time(banjie: CommandLine) -> None:
    drawn = banjie.must("diagram", "handling", "--format", "bpmn")
    assert drawn.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    assert 'name="签收"' in drawn
    assert "签收" not in banjie.must("diagram", "handling", "--format", "bpmn", "--language", "en")
    all_of_them = banjie.run("diagram", "--format", "bpmn")
    assert all_of_them.code == 1
    assert "BPMN一次输出一个流程，请写明流程名称" in all_of_them.err


def test_the_readmes_are_written_anew(banjie: CommandLine, folder: Path) -> None:
    readme = folder / "handling/README.md"
    readme.write_text("old")
    here = command_line(banjie.database, workflows=str(folder))
    assert f"已写入 {readme}" in here.must("diagram", "--write")
    assert readme.read_text(encoding="utf-8").startswith("<!-- 自动生成")


def test_the_schema_knows_the_parts_of_a_workflow(banjie: CommandLine, tmp_path: Path) -> None:
    printed = json.loads(banjie.must("schema"))
    assert {"states", "transitions", "deadlines"} <= set(printed["properties"])
    target = tmp_path / "schema.json"
    assert str(target) in banjie.must("schema", "--output", str(target))
    assert json.loads(target.read_text(encoding="utf-8")) == printed
