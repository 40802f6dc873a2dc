"""``banjie check`` and the notices of a definition: words there must be, and only a tellable reason may be told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.command_line import PROJECT, CommandLine

NOTICE = "template: proposal_withdrawn, reason: withdrawal_reason}"


@pytest.fixture
def proposal(tmp_path: Path) -> Path:
    """The definition of proposals in a copy of the workflows that may be spoilt."""
    return shutil.copytree(PROJECT / "workflows", tmp_path / "workflows") / "proposal/v1.yaml"


def spoil(file: Path, instead: str) -> int:
    """Write the notice of a withdrawal otherwise; return the line it stands on."""
    before = file.read_text(encoding="utf-8")
    assert before.count(NOTICE) == 1
    file.write_text(before.replace(NOTICE, instead), encoding="utf-8")
    return before[: before.index(NOTICE)].count("\n") + 1


def test_a_template_that_is_not_there_is_refused_with_its_line(banjie: CommandLine, proposal: Path) -> None:
    line = spoil(proposal, "template: proposal_withdraw}")
    checked = banjie.run("check", str(proposal.parent.parent))
    assert checked.code == 1
    [problem, _sum] = checked.err.splitlines()
    assert problem.startswith(f"{proposal}:{line}:")
    assert "没有名为“proposal_withdraw”的通知模板" in problem
    assert "请改用已有模板，或不写 template，改写 says: {happened: …, next: …}" in problem
    assert problem.endswith("（template_missing）")


def test_a_template_may_be_that_of_another_workflow_without_its_name(banjie: CommandLine, proposal: Path) -> None:
    spoil(proposal, "template: proposal_reminded}")
    assert banjie.run("check", str(proposal)).code == 0


@pytest.mark.parametrize("field", ["no_such_field", "former_proposer", "refusal_code", "case_number"])
def test_a_reason_is_an_internal_text_field(banjie: CommandLine, proposal: Path, field: str) -> None:
    line = spoil(proposal, f"template: proposal_withdrawn, reason: {field}}}")
    checked = banjie.run("check", "--json", str(proposal))
    [problem] = checked.json["problems"]
    assert (problem["code"], problem["line"]) == ("reason_not_tellable", line)
    assert problem["text"]["zh"] == f"通知要写明的理由“{field}”不是内部（internal）的文字字段"
    assert problem["remedy"]["zh"] == "请写填报理由的字段；个人、保密字段不得写入对外消息"


def test_a_reason_that_may_be_told_is_right(banjie: CommandLine, proposal: Path) -> None:
    spoil(proposal, "template: proposal_withdrawn, reason: reminder_note}")
    assert banjie.run("check", str(proposal)).code == 0
