"""What the proofs find in a definition that uses every part: each case exchanges a line of the right one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from engine.definition.library import check_paths
from engine.errors import Problem
from tests.unit.definition.conftest import RICH, Edit

Problems = Callable[..., list[Problem]]


def test_a_definition_that_uses_every_part_is_right() -> None:
    assert check_paths([RICH]) == []


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("initial: draft", "initial: drat", "state_unknown: 没有名为“drat”的状态。是否想写“draft”？"),
        (
            "opener_becomes: proposer",
            "opener_becomes: clerk",
            "role_not_party: 角色“经办人”（clerk）不是当事人，不能列入人员。请写一个 bound: party 的角色",
        ),
        (
            "category_field: outcome",
            "category_field: outcom",
            "field_unknown: 没有名为“outcom”的字段。是否想写“outcome”？",
        ),
        (
            "opening: {subject: required",
            "opening: {sujet: required",
            "field_unknown: 没有名为“sujet”的字段。是否想写“subject”？",
        ),
        ("    list: scale", "    list: scales", "list_unknown: 没有名为“scales”的代码表。是否想写“scale”？"),
        ("acts: [lead_head]", "acts: [lead_hed]", "role_unknown: 没有名为“lead_hed”的角色。是否想写“lead_head”？"),
        (
            "dimensions: {result: result}",
            "dimensions: {result: results}",
            "field_unknown: 没有名为“results”的字段。是否想写“result”？",
        ),
        (
            "bad: [unsatisfied]",
            "bad: [unsatisfeid]",
            "code_unknown: 没有名为“unsatisfeid”的评价等次。是否想写“unsatisfied”？",
        ),
        ("on_bad: again", "on_bad: agian", "transition_unknown: 没有名为“agian”的流转。是否想写“again”？"),
        ("evaluator: proposer", "evaluator: propser", "role_unknown: 没有名为“propser”的角色。是否想写“proposer”？"),
        # effects
        (
            "lead: led_by, co_handlers: helped_by, carry",
            "lead: led_bi, carry",
            "field_unknown: 没有名为“led_bi”的字段。是否想写“led_by”？",
        ),
        (
            "who: witness",
            "who: subject",
            "form_field_not_asked: 字段“subject”未列入流转“second”的表单。请在表单中写 subject: required",
        ),
        (
            "given: witness",
            "given: subject",
            "form_field_not_asked: 字段“subject”未列入流转“second”的表单。请在表单中写 subject: required",
        ),
        ("given: witness", "given: witnes", "field_unknown: 没有名为“witnes”的字段。是否想写“witness”？"),
        (
            "{do: unbind, role: seconder}",
            "{do: unbind, role: secnder}",
            "role_unknown: 没有名为“secnder”的角色。是否想写“seconder”？",
        ),
        (
            "join_as: {proposer: joint",
            "join_as: {propser: joint",
            "role_unknown: 没有名为“propser”的角色。是否想写“proposer”？",
        ),
        (
            "join_as: {proposer: joint_proposer}",
            "join_as: {proposer: clerk}",
            "role_not_party: 角色“经办人”（clerk）不是当事人，不能列入人员。请写一个 bound: party 的角色",
        ),
        (
            "workflow: task, states: [open], fire: stop",
            "workflow: tsk, states: [open], fire: stop",
            "workflow_unknown: 没有名为“tsk”的流程。是否想写“task”？",
        ),
        (
            "states: [open], fire: stop",
            "states: [opn], fire: stop",
            "state_unknown: 没有名为“opn”的状态。是否想写“open”？",
        ),
        (
            "states: [open], fire: stop",
            "states: [signed], fire: stop",
            "fired_not_offered: 流转“stop”不能从“signed”发出。可写：open",
        ),
        (
            "states: [open], fire: stop",
            "states: [open], fire: stp",
            "transition_unknown: 没有名为“stp”的流转。是否想写“stop”？",
        ),
        (
            "states: [open], fire: stop",
            "states: [open], fire: sign",
            "fired_not_by_system: 流转“sign”由系统发出，但 by 中没有系统角色。请在该流转的 by 中加一个 bound:"
            " system 的角色",
        ),
        ("rung: remind}]", "rung: remin}]", "rung_unknown: 没有名为“remin”的督办层级中的一级。是否想写“remind”？"),
        (
            "{do: raise, deadline: reply",
            "{do: raise, deadline: repl",
            "deadline_unknown: 没有名为“repl”的期限。是否想写“reply”？",
        ),
        (
            "{do: open, workflow: task, carry: {subject: subject}}",
            "{do: open, workflow: task, carry: {subjct: subject}}",
            "field_unknown: 没有名为“subjct”的字段。是否想写“subject”？",
        ),
        (
            "{do: open, workflow: task, carry: {subject: subject}}",
            "{do: open, workflow: task, carry: {subject: subjct}}",
            "field_unknown: 没有名为“subjct”的字段。是否想写“subject”？",
        ),
        (
            "in: [assigned], fire: reply}",
            "in: [draft], fire: reply}",
            "fired_not_offered: 流转“reply”不能从“draft”发出。请在该流转的 from 中加上 draft，或从 in 中删去",
        ),
        (
            "{do: suspend, deadline: reply}",
            "{do: suspend, deadline: review}",
            "suspension_not_declared: 期限“review”没有写明可否中止。请在该期限中写 suspension: {max_count: 1,"
            " max_days: 30, approver: [角色]}",
        ),
        (
            "{do: number, series: receipt,",
            "{do: notify, notice: assigned}\n  - {do: start, deadline: reviw}\n  - {do: number, series: receipt,",
            "deadline_unknown: 没有名为“reviw”的期限。是否想写“review”？",
        ),
        (
            "{do: suspend, deadline: reply}",
            "{do: suspend, deadline: reply, with_merged: true}",
            "with_merged_misplaced: with_merged 只能与 do: stop 同用：并入的事项各自起算、中止、恢复。请删去 wi"
            "th_merged",
        ),
        (
            "[{do: extend, deadline: reply, by: days}]",
            "[{do: extend, deadline: reply, by: days}, {do: withdraw_rung, rung: days}]",
            "rung_field_wrong: 字段“days”不是督办层级。请用 schema: {type: string, format: rung} 的字段",
        ),
        # time
        (
            "within: {session: opens_on, otherwise",
            "within: {session: opens_on, fixed: 2026-05-01, otherwise",
            "within_unclear: 期限应写 from_field、session、fixed 之一。请只留一个；没有日期时的期限写 otherwise",
        ),
        (
            "within: {from_field: wanted_on",
            "within: {from_field: wanted",
            "field_unknown: 没有名为“wanted”的字段。是否想写“wanted_on”？",
        ),
        (
            "within: {from_field: wanted_on",
            "within: {from_field: subject",
            "within_no_date: 字段“subject”不是公开或内部的日期。请用 schema: {type: string, format: date} 的字段",
        ),
        ("within: 90 days", "within: 9999 days", "format_wrong: 期限只能在 0 至 3660 之间，现为 9999。请改写期限"),
        (
            "otherwise: 15 days",
            "otherwise: 9999 days",
            "format_wrong: 期限只能在 0 至 3660 之间，现为 9999。请改写期限",
        ),
        (
            "at: {before: 7 days}",
            "at: {before: 9999 days}",
            "format_wrong: 期限只能在 0 至 3660 之间，现为 9999。请改写期限",
        ),
        (
            "at: {before: 7 days}",
            "at: {before: 7 days, after: 1 day}",
            "rung_time_unclear: 督办“提醒”的时间不明确。请写 before、after 之一，或写 on: 流转（可加 times）",
        ),
        (
            "at: {on: extend, times: 2}",
            "at: {on: extend, before: 1 day}",
            "rung_time_unclear: 督办“通报”的时间不明确。请写 before、after 之一，或写 on: 流转（可加 times）",
        ),
        ("at: {on: extend", "at: {on: extnd", "transition_unknown: 没有名为“extnd”的流转。是否想写“extend”？"),
        ("{id: press, level", "{id: remind, level", "rung_repeated: 同一督办层级中有两级都叫“remind”。请改名"),
        (
            "ladder: usual\n    source",
            "ladder: usul\n    source",
            "ladder_unknown: 没有名为“usul”的督办层级。是否想写“usual”？",
        ),
        # named guards
        (
            "given: {role: seconder, count: seconders_min}",
            "given: {role: seconder, count: secondrs}",
            "parameter_unknown: 没有名为“secondrs”的参数。是否想写“seconders_min”？",
        ),
        (
            "given: {role: seconder, count: seconders_min}",
            "given: {role: seconder, count: office}",
            "argument_wrong: 条件参数“count”的值不对。请写不小于零的整数，或整数参数的名称",
        ),
        (
            "given: {transition: again, count: 1}",
            "given: {transition: again, count: -1}",
            "argument_wrong: 条件参数“count”的值不对。请写不小于零的整数，或整数参数的名称",
        ),
        (
            "given: {transition: again, count: 1}",
            "given: {transition: again, count: true}",
            "argument_wrong: 条件参数“count”的值不对。请写不小于零的整数，或整数参数的名称",
        ),
        (
            "given: {role: proposer}",
            "given: {role: propser}",
            "role_unknown: 没有名为“propser”的角色。是否想写“proposer”？",
        ),
        (
            "given: {deadline: reply, by: days}",
            "given: {deadline: repy, by: days}",
            "deadline_unknown: 没有名为“repy”的期限。是否想写“reply”？",
        ),
        (
            "given: {deadline: reply, by: days}",
            "given: {deadline: reply, by: round}",
            "form_field_unknown: 没有名为“round”的表单字段。可用：days",
        ),
        ("given: {field: led_by}", "given: {field: ledby}", "field_unknown: 没有名为“ledby”的字段。是否想写“led_by”？"),
        (
            "states: [submitted, assigned]}",
            "states: submitted}",
            "argument_wrong: 条件参数“states”的值不对。请写状态的列表，如 [filed, assigned]",
        ),
        (
            "states: [submitted, assigned]}",
            "states: [submited, assigned]}",
            "state_unknown: 没有名为“submited”的状态。是否想写“submitted”？",
        ),
        ("when: at_least, n", "when: atleast, n", "argument_wrong: 条件参数“when”的值不对。可写：at_least"),
        (
            "role: lead, states: [signed]",
            "role: leader, states: [signed]",
            "argument_wrong: 条件参数“role”的值不对。可写：lead",
        ),
        (
            "role: lead, states: [signed]",
            "role: lead, states: [signd]",
            "state_unknown: 没有名为“signd”的状态。是否想写“signed”？",
        ),
        ("given: {workflow: task", "given: {workflow: tsk", "workflow_unknown: 没有名为“tsk”的流程。是否想写“task”？"),
        # expressions
        (
            "round: case.round + 1",
            "round: case.round + one",
            "expression_wrong: 表达式“case.round + one”有误。没有名称 one；可用的名称：actor.is_auditor、acto"
            "r.is_clerk、actor.is_engine、actor.is_joint_proposer、actor.is_lead_head、actor.is_proposer、actor"
            ".is_seconder、actor.kind …",
        ),
        (
            "round: case.round + 1",
            "place: case.round + 1",
            "set_type_wrong: 字段“place”不能由表达式写入，表达式得到的是 integer。请改写表达式，或改写字段的 schema",
        ),
        (
            "case.urgent and",
            "case.witness != null and",
            "expression_wrong: 表达式“case.witness != null and flag.outcome_solved”有误。没有名称 case.witnes"
            "s；是否想写 form.witness？",
        ),
        (
            "{seconders_min} 人",
            "{seconders_min 人",
            "placeholder_unknown: 拒绝理由中的占位符不是参数：附议人不足 {seconders_min 人。可用参数：office、o"
            "pen_to_all、seconders_min；要写花括号请双写",
        ),
        # numbers and fields
        (
            "收{n:03}号",
            "收{n:03号",
            "number_template_wrong: 编号模板“{session}收{n:03号”的占位符不对。只用 {session}、{year} 和 {n}，"
            "必须有 {n}，可写位数如 {n:03}",
        ),
        (
            "收{n:03}号",
            "收{n:03x!}号",
            "number_template_wrong: 编号模板“{session}收{n:03x!}号”的占位符不对。只用 {session}、{year} 和 {n"
            "}，必须有 {n}，可写位数如 {n:03}",
        ),
        (
            "收{n:03}号",
            "收号",
            "number_template_wrong: 编号模板“{session}收号”的占位符不对。只用 {session}、{year} 和 {n}，必须"
            "有 {n}，可写位数如 {n:03}",
        ),
        (
            "schema: {type: integer, minimum: 1}",
            "schema: {$ref: 'http://example.org/x'}",
            "schema_wrong: 字段“round”的 schema 不可使用 $ref。请把内容直接写出",
        ),
        (
            "schema: {type: integer, minimum: 1}",
            "schema: {anyOf: [{$dynamicRef: '#x'}]}",
            "schema_wrong: 字段“round”的 schema 不可使用 $dynamicRef。请把内容直接写出",
        ),
        (
            "schema: {type: string}\n    list: scale",
            "schema: {type: integer}\n    list: scale",
            "schema_wrong: 字段“result”取自代码表，schema 应为文字。请写 {type: string}，多选写 {type: array,"
            " items: {type: string}}",
        ),
        (
            "list: scale\n",
            "list: scale\n    initial: good\n",
            "code_unknown: 没有名为“good”的代码。可用：satisfied、unsatisfied",
        ),
        # measures
        (
            "reached.submitted and",
            "reached.reviewed and",
            "measure_unreachable: 指标“答复率”用到 reached.reviewed，但没有状态达到里程碑 reviewed。请改写条"
            "件，或补上相应的状态与流转",
        ),
        (
            "sum: fired.reply",
            "sum: case.state",
            "measure_sum_wrong: “case.state”不是可以相加的数。可用：extended.evaluation、extended.reply、exte"
            "nded.review、fired.again、fired.assign、fired.evaluate、fired.extend、fired.leave、fired.merge、fi"
            "red.reply、fired.resume、fired.second…",
        ),
        (
            "{id: extended, title",
            "{id: withdrawn, title",
            "apart_repeated: 指标“答复率”中有两行都叫“withdrawn”。请改名，各行分别计数",
        ),
        (
            "case.state == 'withdrawn'",
            "case.subject == 'x'",
            "expression_wrong: 表达式“case.subject == 'x'”有误。没有名称 case.subject；可用的名称：case.lead_"
            "unit、case.merged、case.outcome、case.phase、case.result、case.state、case.unit",
        ),
    ],
)
def test_one_wrong_line_is_found_and_named(rich_problems: Problems, old: str, new: str, expected: str) -> None:
    found = [f"{problem.code}: {problem.text.zh}。{problem.remedy.zh}" for problem in rich_problems((old, new))]
    assert expected in found


PARKED: Edit = (
    "transitions:\n",
    "  parked:\n    title: {zh: 搁置, en: Parked}\n    phase: final\ntransitions:\n"
    "  park:\n    title: {zh: 搁置, en: Park}\n    from: [parked]\n    stay: true\n    by: [clerk]\n",
)


@pytest.mark.parametrize("name", ["passed.parked", "fired.park > 0"])
def test_a_measure_over_what_no_path_reaches_is_found(rich_problems: Problems, name: str) -> None:
    found = rich_problems(("first_at.handled != null and first_at.handled <= cutoff.at", name), PARKED)
    assert [problem.code for problem in found] == ["state_unreachable", "measure_unreachable"]


def test_a_measure_over_a_deadline_that_is_never_started_is_found(rich_problems: Problems) -> None:
    found = rich_problems(("on_time.reply", "on_time.review"), ("[{do: start, deadline: review}]", "[]"))
    assert "measure_unreachable" in [problem.code for problem in found]


def test_a_state_is_not_waiting_where_its_deadline_runs_by_one_way_only(rich_problems: Problems) -> None:
    found = rich_problems(("      - {do: start, deadline: reply}\n      - {do: notify", "      - {do: notify"))
    assert [problem.code for problem in found] == []


def test_a_state_waits_without_a_term_when_its_only_deadline_was_stopped_before(rich_problems: Problems) -> None:
    found = rich_problems(("effects: [{do: start, deadline: evaluation}]", "effects: []"))
    assert ("waiting_without_deadline", "状态“已答复”（replied）等待办理而没有期限") in [
        (problem.code, problem.text.zh) for problem in found
    ]


def test_a_term_cannot_come_from_a_date_that_the_row_does_not_hold(rich_problems: Problems) -> None:
    wanted = "    title: {zh: 希望办结日期, en: Wanted on}\n    privacy: "
    assert [problem.code for problem in rich_problems((wanted + "internal", wanted + "personal"))] == ["within_no_date"]


def test_a_blank_waiver_waives_nothing(rich_problems: Problems) -> None:
    found = rich_problems(
        ("waive: {deadline: 随主案办理}", "waive: {deadline: ' '}"),
        ("{do: start, deadline: review}", "{do: start, deadline: reply}"),
    )
    assert "waiting_without_deadline" not in [problem.code for problem in found]
    found = rich_problems(("waive: {ladder: 由提案委自行掌握}", "waive: {ladder: ' '}"))
    assert [problem.code for problem in found] == ["deadline_without_ladder"]


def test_an_unmerge_leads_back_to_where_a_merge_was_possible(rich_problems: Problems) -> None:
    found = rich_problems(("    effects: [{do: unmerge}]", "    effects: []"))
    assert [problem.code for problem in found] == ["cycle_without_exit"]


def test_firings_deeper_than_eight_are_found(problems: Problems, procedures: Path) -> None:
    task = (procedures / "task" / "v1.yaml").read_text(encoding="utf-8")
    for number in range(9):
        folder = procedures / f"step{number}"
        folder.mkdir()
        text = task.replace("name: task", f"name: step{number}")
        effect = f"    effects: [{{do: cascade, workflow: step{number + 1}, states: [open], fire: stop}}]\n"
        (folder / "v1.yaml").write_text(text + (effect if number < 8 else ""), encoding="utf-8")
    cascade = "    effects: [{do: cascade, workflow: step%d, states: [open], fire: stop}]\n"
    close = "    from: [handled]\n    to: closed\n    by: [clerk]\n"
    assert problems((close, close + cascade % 1)) == []
    (problem,) = problems((close, close + cascade % 0))
    assert problem.code == "firing_too_deep"
    assert problem.text.zh == "联动流转达 9 层，上限为 8：step0.stop"
    assert problem.remedy.zh == "请减少联动的层次"


def test_a_move_that_leaves_the_child_where_it_is_closes_no_circle(
    codes: Callable[..., list[str]], procedures: Path
) -> None:
    file = procedures / "task" / "v1.yaml"
    hurry = "  hurry:\n    title: {zh: 催办, en: Hurry}\n    from: [open]\n    %s\n    by: [engine]\n"
    calls = "  press:\n    title: {zh: 催一催, en: Press}\n    from: [handled]\n    stay: true\n    by: [engine]\n"
    calls += "    effects: [{do: cascade, workflow: task, states: [open], fire: hurry}]\n  close:\n"
    join = "joins:\n  waits: {workflow: task, when: any, states: [%s], in: [handled], fire: press}\nroles:\n"
    engine = "    of: [clerk]\n  engine:\n    title: {zh: 系统, en: System}\n    bound: system\n"
    task = file.read_text(encoding="utf-8")
    for leads, waited, found in (("stay: true", "open", []), ("to: stopped", "stopped", ["firing_cycle"] * 2)):
        file.write_text(task + hurry % leads, encoding="utf-8")
        assert codes(("roles:\n", join % waited), ("    of: [clerk]\n", engine), ("  close:\n", calls)) == found


@pytest.mark.parametrize("section", ["numbers", "ladders"])
def test_what_is_declared_and_never_used_is_found(codes: Callable[..., list[str]], section: str) -> None:
    declared = {
        "numbers": "numbers:\n  spare: {title: {zh: 号, en: Number}, template: '{n}'}\nroles:\n",
        "ladders": "ladders:\n  spare:\n    rungs:\n      - {id: a, level: 1, colour: red, "
        "title: {zh: 催办, en: Press}, at: {after: 1 day}, to: [clerk]}\nroles:\n",
    }
    assert codes(("roles:\n", declared[section])) == [
        {"numbers": "number_series_unused", "ladders": "ladder_unused"}[section]
    ]


def test_a_role_that_only_reads_is_used_and_one_that_does_nothing_is_not(codes: Callable[..., list[str]]) -> None:
    role = "    of: [clerk]\n  auditor:\n    title: {zh: 审计人员, en: Auditor}\n    bound: grant\n    of: [auditor]\n"
    assert codes(("    of: [clerk]\n", role)) == []
    assert codes(("    of: [clerk]\n", role + "    sees: false\n")) == ["role_unused"]


def test_a_field_that_a_parent_fills_in_is_used(procedures: Path) -> None:
    task = (RICH / "task" / "v1.yaml").read_text(encoding="utf-8")
    file = procedures / "task" / "v1.yaml"
    file.write_text(task.replace("handling_role:", "brief:"), encoding="utf-8")
    assert [problem.code for problem in check_paths([file])] == ["field_unused"]
    (procedures / "request").mkdir()
    request = (RICH / "request" / "v1.yaml").read_text(encoding="utf-8")
    carry = request.replace(
        "carry: {subject: subject}}\n      - {do: stop", "carry: {subject: subject, brief: subject}}\n      - {do: stop"
    )
    (procedures / "request" / "v1.yaml").write_text(carry, encoding="utf-8")
    assert check_paths([file]) == []
