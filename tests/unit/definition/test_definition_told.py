"""What is told of a file that cannot be read, and of the rarer slips in a definition: whole sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from engine.definition.library import check_paths
from engine.definition.loader import FILE_BYTES_MAX, load_workflow, load_yaml
from engine.definition.model import CodeList, Workflow
from engine.definition.rulebook import Rulebook
from engine.definition.shapes import PATTERNS
from engine.errors import DefinitionError, NotFound, Problem
from runtime.rules import load_rules
from tests.unit.definition.conftest import WRONG_DEFINITIONS, Edit, edited
from tests.unit.definition.test_definition_pages import CLOSE, FIELDS, MANY, OPENING, field

Problems = Callable[..., list[Problem]]


def told(problems: Sequence[Problem]) -> list[str]:
    return [f"{problem.text.zh}。{problem.remedy.zh}" for problem in problems]


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"key: x #" + b"c" * FILE_BYTES_MAX, "文件超过 256 KB。请拆分文件"),
        (b"name: x\ntitle: \xb0\xec", "文件不是 UTF-8 编码。请另存为 UTF-8"),
        (b"? [a, b]\n: 1\n", "键不能是列表或映射。键请写成一个词，如 draft:"),
        (
            b"a: b: c",
            "YAML 格式有误：此处不能再出现冒号。请检查缩进（不用制表符）、引号是否成对、冒号后是否有空格",
        ),
        (b"a: 1\nb\nc: 2", "YAML 格式有误：缺少冒号。请检查缩进（不用制表符）、引号是否成对、冒号后是否有空格"),
        (
            b"a: @b",
            "YAML 格式有误：此处的字符不能这样用。请检查缩进（不用制表符）、引号是否成对、冒号后是否有空格",
        ),
        (
            b"- a\nb: 1",
            "YAML 格式有误：缩进没有对齐。请检查缩进（不用制表符）、引号是否成对、冒号后是否有空格",
        ),
        (
            b"a: 'b",
            "YAML 格式有误：引号或括号没有成对。请检查缩进（不用制表符）、引号是否成对、冒号后是否有空格",
        ),
    ],
)
def test_a_file_that_is_no_yaml_is_told_what_to_do(raw: bytes, said: str) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_yaml(raw, "given.yaml")
    assert told(caught.value.problems) == [said]


def test_a_file_that_is_not_there_is_told_to_be_looked_for(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError) as caught:
        load_workflow(tmp_path / "none.yaml")
    assert told(caught.value.problems) == ["文件无法读取：No such file or directory。请检查路径与权限"]


def test_a_version_defined_twice_names_the_first_file(procedures: Path) -> None:
    first, second = (procedures / "errand" / name for name in ("v1.yaml", "v1_again.yaml"))
    for file in (first, second):
        file.write_text(edited(), encoding="utf-8")
    (problem,) = check_paths([procedures])
    assert problem.text.zh == f"“errand”第 1 版已在 {first} 中定义"
    assert problem.remedy.zh == "请改用新的版本号或名称"


def test_a_code_that_stands_twice_is_told(tmp_path: Path) -> None:
    (tmp_path / "lists").mkdir()
    file = tmp_path / "lists" / "outcomes.yaml"
    text = (WRONG_DEFINITIONS / "lists" / "outcomes.yaml").read_text(encoding="utf-8")
    file.write_text(text.replace("code: D", "code: A"), encoding="utf-8")
    assert told(check_paths([file])) == ["代码“A”重复。请改用另一个代码"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("code: A,", "code: A-1,", "“items[0].code”的值 “A-1” 不对。代码只用字母、数字和下划线，如 R01"),
        (
            "name: outcomes",
            "name: Out_comes",
            "“name”的值 “Out_comes” 不对。请只用小写字母、数字和连字符，如 reply-classes",
        ),
    ],
)
def test_the_shape_of_a_code_list_is_told(tmp_path: Path, old: str, new: str, said: str) -> None:
    (tmp_path / "lists").mkdir()
    file = tmp_path / "lists" / "outcomes.yaml"
    file.write_text(edited((old, new), text=(WRONG_DEFINITIONS / "lists" / "outcomes.yaml").read_text()))
    assert said in told(check_paths([file]))


MEASURE = "measures:\n  rate:\n    title: {{zh: 办结率, en: Rate}}\n    numerator: {{{}}}\n"
UNREACHED = """transitions:
  shelve:
    title: {zh: 搁置, en: Shelve}
    from: [shelved]
    to: closed
    by: [clerk]
"""
LONG = f"opening: {{subject: required, {', '.join(f'{name}: optional' for name in MANY)}}}\n"
NOTED = "opening: {subject: required, note: optional}\n"


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        (
            (
                (OPENING, LONG + f"opening_first: [{', '.join(MANY)}]\n"),
                (FIELDS, FIELDS + "".join(field(name) for name in MANY)),
            ),
            "新建表单首屏有 9 项，最多 8 项。请从 opening_first 中去掉几项",
        ),
        (
            ((OPENING, NOTED + "conversation: [note]\n"), (FIELDS, FIELDS + field("note", kind="integer"))),
            "留言字段“note”不是文字。请写 schema: {type: string}",
        ),
        (
            (
                (OPENING, NOTED),
                (FIELDS, FIELDS + field("note", "personal")),
                (CLOSE, CLOSE + "    effects: [{do: publish, fields: [note]}]\n"),
            ),
            "字段“note”涉及个人信息或保密，不得公开。请从 publish 的 fields 中去掉",
        ),
    ],
)
def test_what_pages_may_show_is_told(problems: Problems, edits: tuple[Edit, ...], said: str) -> None:
    assert told(problems(*edits)) == [said]


@pytest.mark.parametrize(
    ("edits", "said"),
    [
        (
            (
                (
                    CLOSE,
                    CLOSE + "    guards: [{id: a, use: within_call@1, given: {x: 1}, refuse: {zh: 否, en: No}}]\n",
                ),
            ),
            "条件“within_call@1”没有参数“x”。请删去 given，该条件没有参数",
        ),
        (
            (("roles:\n", MEASURE.format("sum: Fired") + "roles:\n"),),
            "“measures.rate.numerator.sum”的值 “Fired” 不对。请写一个数字类的名称，如 fired.return",
        ),
        (
            (("roles:\n", MEASURE.format("where: fired.shelve > 0") + "roles:\n"), ("transitions:\n", UNREACHED)),
            "指标“办结率”用到 fired.shelve，但流转 shelve 无从发出。请改写条件，或补上相应的状态与流转",
        ),
        (
            (("fields:\n", "on_open: [{do: bind, role: clerk, who: note}]\nfields:\n" + field("note")),),
            "字段“note”未列入立项表单（opening）。请在表单中写 note: required",
        ),
    ],
)
def test_rarer_slips_are_told(problems: Problems, edits: tuple[Edit, ...], said: str) -> None:
    assert said in told(problems(*edits))


def _patterns(schema: object) -> Iterator[str]:
    match schema:
        case dict():
            if isinstance(schema.get("pattern"), str):
                yield schema["pattern"]
            for part in schema.values():
                yield from _patterns(part)
        case list():
            for part in schema:
                yield from _patterns(part)


@pytest.mark.parametrize("model", [Workflow, CodeList])
def test_every_pattern_of_a_file_is_told_in_words(model: type[Workflow] | type[CodeList]) -> None:
    assert set(_patterns(model.model_json_schema(by_alias=True))) <= PATTERNS.keys()


def test_a_definition_that_is_not_kept_is_not_replaced_by_another() -> None:
    rules = Rulebook({}, {})
    with pytest.raises(NotFound) as caught:
        rules.pinned("sha256:gone", {})
    assert caught.value.text.zh == "办理所依据的流程版本或代码表不在库中"


def test_a_history_that_names_one_list_as_another_is_not_followed() -> None:
    """What somebody changed in the pins of a case must be found, and not end in an error on the way."""
    rules = load_rules(Path("workflows")).rulebook()
    made = rules.for_new("proposal")
    first, second = sorted(made.list_hashes)[:2]
    swapped = {**made.list_hashes, first: made.list_hashes[second], second: made.list_hashes[first]}
    fewer = {name: known for name, known in made.list_hashes.items() if name != first}
    for pins in (swapped, fewer):
        with pytest.raises(NotFound, match="pinned definition or code list"):
            rules.pinned(made.hash, pins)
    assert rules.pinned(made.hash, made.list_hashes) is made
