"""Two versions of a definition, and the sentences that say what changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.definition.compare import differences
from engine.definition.loader import load_workflow
from engine.definition.model import Workflow
from tests.unit.definition.conftest import RICH, Edit, edited

OLD = RICH / "request" / "v1.yaml"


def changed(folder: Path, *edits: Edit) -> Workflow:
    file = folder / "v2.yaml"
    file.write_text(edited(*edits, text=OLD.read_text(encoding="utf-8")), encoding="utf-8")
    return load_workflow(file).part


def test_a_version_does_not_differ_from_itself(tmp_path: Path) -> None:
    assert differences(load_workflow(OLD).part, changed(tmp_path, ("version: 1\n", "version: 2\n"))) == []


@pytest.mark.parametrize(
    ("old", "new", "zh", "en"),
    [
        (
            "within: 90 days",
            "within: 60 days",
            "期限“答复期限”（reply）的时限由 90日 改为 60日",
            "Deadline “Reply” (reply): term changed from 90 days to 60 days",
        ),
        (
            "within: {session: opens_on, otherwise: 15 working days}",
            "within: {fixed: 2026-05-01}",
            "期限“审查期限”（review）的时限由 会议开幕日，没有日期时为 15个工作日 改为 2026-05-01",
            "Deadline “Review” (review): term changed from the opening of the congress, "
            "otherwise 15 working days to 2026-05-01",
        ),
        (
            "    by: [proposer, joint_proposer]",
            "    by: [proposer]",
            "流转“评价”（evaluate）的办理角色由 申请人、共同申请人 改为 申请人",
            "Transition “Evaluate” (evaluate): roles changed from Proposer, Joint proposer to Proposer",
        ),
        (
            "title: {zh: 起草, en: Draft}",
            "title: {zh: 草稿, en: Draft}",
            "状态“起草”（draft）的名称由 起草 改为 草稿",
            "State “Draft” (draft): title changed from Draft to Draft",
        ),
        (
            "value: 2, source",
            "value: 3, source",
            "参数“附议人数”（seconders_min）的数值由 2 改为 3",
            "Parameter “Seconders” (seconders_min): value changed from 2 to 3",
        ),
        (
            "value: false}",
            "value: true}",
            "参数“是否公开征集”（open_to_all）的数值由 否 改为 是",
            "Parameter “Open to all” (open_to_all): value changed from no to yes",
        ),
        (
            "    form: {urgent: optional}",
            "    form: {urgent: required}",
            "流转“提交”（submit）的表单项“是否紧急”由 选填 改为 必填",
            "Transition “Submit” (submit): form field Urgent: changed from optional to required",
        ),
        (
            "    form: {urgent: optional}",
            "    form: {urgent: optional, days: optional}",
            "流转“提交”（submit）新增表单项“延长天数”：选填",
            "Transition “Submit” (submit): form field Days is new: optional",
        ),
        (
            "    form: {urgent: optional}\n",
            "",
            "流转“提交”（submit）删去表单项“是否紧急”",
            "Transition “Submit” (submit): form field Urgent is gone",
        ),
        (
            "count: seconders_min}",
            "count: 3}",
            "流转“提交”（submit）的条件“seconded”由 附议人达到规定人数（role=seconder, count=seconders_min） "
            "改为 附议人达到规定人数（role=seconder, count=3）",
            "Transition “Submit” (submit): guard seconded: changed from enough persons hold the role "
            "(role=seconder, count=seconders_min) to enough persons hold the role (role=seconder, count=3)",
        ),
        (
            "refuse: {zh: 不紧急, en: Not urgent}",
            "refuse: {zh: 并不紧急, en: Not urgent}",
            "流转“答复”（reply）的条件“urgent”的拒绝理由由 不紧急 改为 并不紧急",
            "Transition “Reply” (reply): guard urgent: refusal changed from Not urgent to Not urgent",
        ),
        (
            "effects: [{do: publish}]",
            "effects: []",
            "流转“答复”（reply）删去办理动作“公开”",
            "Transition “Reply” (reply): effect publish is gone",
        ),
        (
            "effects: [{do: unmerge}]",
            "effects: [{do: unmerge}, {do: publish}]",
            "流转“取消并案”（unmerge）新增办理动作“公开”",
            "Transition “Un-merge” (unmerge): effect publish is new",
        ),
        (
            "      - to: replied\n",
            "      - to: assigned\n",
            "流转“答复”（reply）的去路由 已办结、已答复 改为 已办结、已交办",
            "Transition “Reply” (reply): alternatives changed from Closed, Replied to Closed, Assigned",
        ),
        (
            "at: {before: 7 days}",
            "at: {before: 5 days}",
            "督办层级“usual”的督办“remind”由 到期前 7日 → 主办单位负责人 改为 到期前 5日 → 主办单位负责人",
            "Ladder usual: rung remind: changed from 7 days before → Head of the lead "
            "to 5 days before → Head of the lead",
        ),
        (
            "outcomes: outcomes",
            "outcomes: scale",
            "代码表“outcomes”由 outcomes 改为 scale",
            "List outcomes: changed from outcomes to scale",
        ),
        (
            "opener_becomes: proposer\n",
            "",
            "流程的立项人的角色由 申请人 改为 —",
            "The workflow: role of the opener changed from Proposer to —",
        ),
        (
            "in_force_from: 2026-01-01",
            "in_force_from: 2027-01-01",
            "流程的施行日期由 2026-01-01 改为 2027-01-01",
            "The workflow: in force from changed from 2026-01-01 to 2027-01-01",
        ),
        (
            "schema: {type: boolean}",
            "schema: {type: integer}",
            "字段“是否紧急”（urgent）的填写要求有变化",
            "Field “Urgent” (urgent): schema changed",
        ),
        (
            "extension: {max_count: 1,",
            "extension: {max_count: 2,",
            "期限“答复期限”（reply）的延长有变化",
            "Deadline “Reply” (reply): extension changed",
        ),
        (
            "passed.assigned",
            "passed.replied",
            "指标“答复率”（reply_rate）的分母有变化",
            "Measure “Reply rate” (reply_rate): denominator changed",
        ),
        (
            "rules: {zh: 申请办理办法, en: Rules on requests}",
            "rules: {zh: 申请办法, en: Rules}",
            "依据文件“rules”由 申请办理办法 改为 申请办法",
            "Document rules: changed from Rules on requests to Rules",
        ),
    ],
)
def test_a_change_is_told_in_words(tmp_path: Path, old: str, new: str, zh: str, en: str) -> None:
    (text,) = differences(load_workflow(OLD).part, changed(tmp_path, (old, new)))
    assert (text.zh, text.en) == (zh, en)


def test_parts_that_came_and_went_are_told(tmp_path: Path) -> None:
    notice = "  assigned: {title: {zh: 交办通知, en: Assigned}, to: [lead_head], template: assigned}\n"
    other = "  replied: {title: {zh: 答复通知, en: Replied}, to: [lead_head], template: assigned}\n"
    new = changed(tmp_path, (notice, other))
    assert [text.zh for text in differences(load_workflow(OLD).part, new)] == [
        "通知“交办通知”（assigned）已删去",
        "通知“答复通知”（replied）为新增",
    ]


def test_a_part_with_the_same_title_under_another_name_is_renamed(tmp_path: Path) -> None:
    notice = "  assigned: {title: {zh: 交办通知, en: Assigned}, to: [lead_head], template: assigned}\n"
    other = notice.replace("  assigned:", "  handed_over:").replace("[lead_head]", "[clerk]")
    new = changed(tmp_path, (notice, other))
    assert [text.zh for text in differences(load_workflow(OLD).part, new)] == [
        "通知“交办通知”（assigned）改用标识 handed_over",
        "通知“交办通知”（assigned）的告知对象由 主办单位负责人 改为 经办人",
    ]
