"""The smallest right definition, and a way to say what is wrong with it once a few lines are exchanged."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from engine.definition.library import check_paths
from engine.definition.loader import load_workflow
from engine.definition.model import Workflow
from engine.errors import Problem

WRONG_DEFINITIONS = Path(__file__).parents[2] / "data" / "wrong_definitions"
RICH = Path(__file__).parents[2] / "data" / "definitions" / "rich"

ERRAND = """\
name: errand
version: 1
title: {zh: 办事, en: Errand}
purpose: {zh: 最小的流程, en: The smallest procedure}
in_force_from: 2026-01-01
initial: submitted
subject_field: subject
openers: [clerk]
opening: {subject: required}
fields:
  subject:
    title: {zh: 案由, en: Subject}
    privacy: public
    schema: {type: string}
roles:
  clerk:
    title: {zh: 经办人, en: Clerk}
    bound: grant
    of: [clerk]
states:
  submitted:
    title: {zh: 已提交, en: Submitted}
    phase: initial
  handled:
    title: {zh: 办理中, en: In hand}
    phase: active
    waive: {deadline: 示例}
  closed:
    title: {zh: 已办结, en: Closed}
    phase: final
transitions:
  accept:
    title: {zh: 受理, en: Accept}
    from: [submitted]
    to: handled
    by: [clerk]
  close:
    title: {zh: 办结, en: Close}
    from: [handled]
    to: closed
    by: [clerk]
"""

Edit = tuple[str, str]


def edited(*edits: Edit, text: str = ERRAND) -> str:
    """Return the errand with each text exchanged once; a text that is not there once is a slip in the test."""
    for old, new in edits:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def procedures(tmp_path: Path) -> Path:
    """A folder with the lists and the child workflow that the wrong definitions refer to."""
    for name in ("lists/outcomes.yaml", "task/v1.yaml"):
        copied = tmp_path / name
        copied.parent.mkdir()
        copied.write_bytes((WRONG_DEFINITIONS / name).read_bytes())
    (tmp_path / "errand").mkdir()
    return tmp_path


@pytest.fixture
def problems(procedures: Path) -> Callable[..., list[Problem]]:
    """Say what is wrong with the errand after these edits."""

    def found(*edits: Edit) -> list[Problem]:
        file = procedures / "errand" / "v1.yaml"
        file.write_text(edited(*edits), encoding="utf-8")
        return check_paths([file])

    return found


@pytest.fixture
def codes(problems: Callable[..., list[Problem]]) -> Callable[..., list[str]]:
    """Say the codes of what is wrong with the errand after these edits, in the order of the file."""
    return lambda *edits: [problem.code for problem in problems(*edits)]


@pytest.fixture
def errand(procedures: Path) -> Callable[..., Workflow]:
    """Return the errand as a workflow after these edits; its shape must be right."""

    def read(*edits: Edit) -> Workflow:
        file = procedures / "errand" / "v1.yaml"
        file.write_text(edited(*edits), encoding="utf-8")
        return load_workflow(file).part

    return read


@pytest.fixture
def rich_problems(tmp_path: Path) -> Callable[..., list[Problem]]:
    """Say what is wrong with the definition that uses every part, after these edits."""

    def found(*edits: Edit) -> list[Problem]:
        shutil.copytree(RICH, tmp_path, dirs_exist_ok=True)
        file = tmp_path / "request" / "v1.yaml"
        file.write_text(edited(*edits, text=file.read_text(encoding="utf-8")), encoding="utf-8")
        return check_paths([file])

    return found
