"""Maps: the shipped ones hold, and a wrong one is refused before anything is read, with file, line and remedy."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from engine.case.actors import Actor, ActorKind, Grant
from engine.case.identity import PersonId, UnitId
from engine.definition.rulebook import Rulebook
from engine.errors import DefinitionError, ImportRefused, NotPermitted
from engine.service.importing.cells import heading_of
from engine.service.importing.importers import demand_importing, importing_roles
from engine.service.importing.map_checks import check_log_map, check_register_map
from engine.service.importing.maps import load_log_map, load_register_map
from engine.service.importing.readings import Names, bind
from tests.unit.importing.conftest import SURROUNDINGS, WORKFLOWS, a_table

GOOD = """\
workflow: proposal
title: {zh: 登记表, en: Register}
columns:
  number: {headings: [编号]}
  subject: {headings: [案由], required: true}
  class: {headings: [类别], type: code, field: category}
  day: {headings: [日期], type: date}
  units: {headings: [单位], type: list, of: unit}
key: [number]
opening:
  at: day
  form: {subject: subject, category: {column: class, otherwise: other}, grounds: {value: 无}}
moves:
  - {fire: register, at: day, form: {receipt_number: number}}
  - {fire: assign, at: day, when: {class: [welfare], any_given: [units]}, form: {lead: units}}
  - {fire: acknowledge, child: lead, at: day}
"""
LOG = """\
workflow: proposal
title: {zh: 日志, en: Log}
case: id
activity: what
time: when
form: {subject: id}
events: {start: open, Merge: merge}
"""


def problems(rules: Rulebook, folder: Path, text: str) -> list[str]:
    path = folder / "map.yaml"
    path.write_text(text, encoding="utf-8")
    try:
        check_register_map(load_register_map(path), rules.for_new("proposal"), rules)
    except DefinitionError as error:
        return [str(problem).removeprefix(str(path)) for problem in error.problems]
    return []


SHIPPED: Final = sorted(path.parent.name for path in WORKFLOWS.glob("*/import.yaml"))


@pytest.mark.parametrize("workflow", SHIPPED)
def test_the_shipped_maps_hold_and_somebody_may_bring_their_registers_in(rules: Rulebook, workflow: str) -> None:
    loaded = load_register_map(WORKFLOWS / workflow / "import.yaml")
    definition = rules.for_new(workflow)
    check_register_map(loaded, definition, rules)
    assert importing_roles(definition, loaded.part)


def test_a_map_with_a_move_that_no_opener_may_make_is_no_way_around_its_role(rules: Rulebook, tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(
        (WORKFLOWS / "training" / "import.yaml").read_text(encoding="utf-8")
        + "  - {fire: commend, at: ends, form: {praise: remark}}\n",
        encoding="utf-8",
    )
    part = load_register_map(path).part
    definition = rules.for_new("training")
    assert importing_roles(definition, part) == ()
    office = Actor(
        kind=ActorKind.PERSON, person=PersonId("p1"), grants=frozenset({Grant("union_office", UnitId("jituan"))})
    )
    with pytest.raises(NotPermitted) as refused:
        demand_importing(definition, part, office, UnitId("jituan"), SURROUNDINGS.tree)
    assert refused.value.text.zh == "“民主管理培训”的台账含有经办人不能代办的步骤，请管理员用 banjie import 导入"


GROUPED: Final = """\
workflow: training
title: {zh: 台账, en: Register}
columns:
  subject: {headings: [班名]}
  other: {headings: [见], type: case}
  day: {headings: [日期], type: date}
  code: {headings: [编号]}
grouped: true
key: [subject]
opening:
  at: day
  form: {subject: {rows: {code: code}}}
moves:
  - {fire: enrol, at: day, form: {attendees: {rows: {name: code, came: nobody}, once: code}}}
"""


def test_a_map_that_puts_rows_together_is_proved(rules: Rulebook, tmp_path: Path) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(GROUPED, encoding="utf-8")
    with pytest.raises(DefinitionError) as found:
        check_register_map(load_register_map(path), rules.for_new("training"), rules)
    told = "\n".join(f"{problem.text.zh}：{problem.remedy.zh}" for problem in found.value.problems)
    assert "合并成一件的行靠“subject”识别，这一列须必填：请给这一列写上 required: true" in told
    assert "合并成一件的行不能互相引用编号：请删去这一列，或不写 grouped" in told
    assert "“subject”不是表格：请直接写列名" in told
    assert "没有名为“name”的表格的栏目" in told
    assert "没有名为“nobody”的列" in told
    assert "没有名为“code”的表格的栏目" in told
    path.write_text(GROUPED.replace("key: [subject]\n", ""), encoding="utf-8")
    with pytest.raises(DefinitionError) as found:
        check_register_map(load_register_map(path), rules.for_new("training"), rules)
    told_of = [(problem.text.zh, problem.remedy.zh) for problem in found.value.problems]
    assert ("合并成一件的行须有识别的列", "请写 key") in told_of


def test_a_right_map_has_no_problems(rules: Rulebook, tmp_path: Path) -> None:
    assert problems(rules, tmp_path, GOOD) == []


@pytest.mark.parametrize(
    ("right", "wrong", "line", "words"),
    [
        ("at: day\n  form", "at: dai\n  form", 11, "没有名为“dai”的列。是否想写“day”？"),
        ("at: day\n  form", "at: number\n  form", 11, "列“number”不是日期。请写 type: date 或 type: instant"),
        ("{subject: subject", "{subjekt: subject", 12, "没有名为“subjekt”的本步骤的字段"),
        ("column: class,", "column: klass,", 12, "没有名为“klass”的列"),
        ("fire: register", "fire: registrieren", 14, "没有名为“registrieren”的流转"),
        ("receipt_number: number", "case_number: number", 14, "没有名为“case_number”的本步骤的字段"),
        ("class: [welfare]", "klass: [welfare]", 15, "没有名为“klass”的列"),
        ("any_given: [units]", "any_given: [unit]", 15, "没有名为“unit”的列"),
        ("fire: acknowledge", "fire: assign", 16, "没有名为“assign”的流转"),
        ("field: category", "field: grounds", 6, "没有名为“grounds”的取自代码表的字段"),
        ("type: list, of: unit", "type: list", 8, "“list”类型须写明“of:”，其他类型不写"),
        ("key: [number]", "key: [nummer]", 9, "没有名为“nummer”的列"),
        ("key: [number]", "key: [number]\nunit: nowhere", 10, "没有名为“nowhere”的列"),
        ("opening:\n", "opening:\n  parties: {chairman: number}\n", 11, "没有名为“chairman”的当事人角色"),
        ("key: [number]", "keys: [number]", 9, "未知的键“keys”"),
        ("title: {zh: 登记表, en: Register}", "title: {zh: 登记表}", 2, "缺少“en”"),
        ("type: date", "type: datum", 7, "可写：text, date"),
    ],
)
def test_what_is_wrong_in_a_map_is_named_with_its_line(
    rules: Rulebook, tmp_path: Path, right: str, wrong: str, line: int, words: str
) -> None:
    assert right in GOOD
    found = problems(rules, tmp_path, GOOD.replace(right, wrong, 1))
    assert any(problem.startswith(f":{line}:") and words in problem for problem in found), found


def test_all_problems_of_a_map_come_at_once(rules: Rulebook, tmp_path: Path) -> None:
    text = GOOD.replace("fire: register", "fire: a").replace("fire: assign", "fire: b").replace("[number]", "[c]", 1)
    assert len(problems(rules, tmp_path, text)) == 3


@pytest.mark.parametrize(
    ("right", "wrong", "words"),
    [
        ("Merge: merge", "Merge: merje", "没有名为“merje”的流转"),
        ("start: open, ", "", "没有任何事件打开案件。请把其中一个事件写成 open"),
        ("form: {subject: id}", "form: {subjekt: id}", "没有名为“subjekt”"),
        ("events:", "deadline: {from_field: due, column: due}\nevents:", "没有名为“due”"),
    ],
)
def test_a_wrong_map_of_a_log_is_refused(rules: Rulebook, tmp_path: Path, right: str, wrong: str, words: str) -> None:
    path = tmp_path / "map.yaml"
    path.write_text(LOG.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(DefinitionError) as refused:
        check_log_map(load_log_map(path), rules.for_new("proposal"))
    assert words in str(refused.value.problems[0])


def test_missing_required_columns_are_named_with_every_heading_they_may_bear(rules: Rulebook) -> None:
    map_ = load_register_map(WORKFLOWS / "proposal" / "import.yaml").part
    names = Names(surroundings=SURROUNDINGS, definition=rules.for_new("proposal"), persons=())
    with pytest.raises(ImportRefused) as refused:
        bind(map_, a_table(("编号", "提交日期")), names)
    missing = refused.value.details["missing"]
    assert isinstance(missing, list)
    assert any(name.startswith("案由/提案名称") for name in missing)
    assert refused.value.text.zh == f"缺少必需的列：{'；'.join(missing)}。表中有：编号、提交日期"


def test_headings_nobody_reads_are_told(rules: Rulebook) -> None:
    map_ = load_register_map(WORKFLOWS / "proposal" / "import.yaml").part
    names = Names(surroundings=SURROUNDINGS, definition=rules.for_new("proposal"), persons=())
    table = a_table((" 案 由 ", "备注", "编号"))
    assert bind(map_, table, names).unused(table) == ("备注",)


def test_the_headings_a_map_knows_are_compared_in_one_spelling() -> None:
    map_ = load_register_map(WORKFLOWS / "proposal" / "import.yaml").part
    assert heading_of("Lead Unit") in map_.known_headings()
    assert heading_of("提 案 人") in map_.known_headings()
