"""What somebody filled in: every wrong field at once, each in both languages, and nothing hostile ends in a crash."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.case.forms import checked_form
from engine.errors import FieldProblem, FormInvalid
from tests.support.builders import a_definition_with, a_list, a_move, a_rulebook
from tests.support.rehearsal import Rehearsal

FIELDS = """
days: {title: {zh: 天数, en: Days}, privacy: public, schema: {type: integer, minimum: 1, maximum: 30}}
due_on: {title: {zh: 日期, en: Day}, privacy: public, schema: {type: string, format: date}}
text: {title: {zh: 文字, en: Text}, privacy: public, schema: {type: string, minLength: 2, maxLength: 4}}
sort: {title: {zh: 种类, en: Sort}, privacy: public, schema: {type: string, enum: [a, b]}}
units:
  title: {zh: 单位, en: Units}
  privacy: public
  schema: {type: array, items: {type: string}, minItems: 2, maxItems: 3, uniqueItems: true}
plate: {title: {zh: 号牌, en: Plate}, privacy: public, schema: {type: string, pattern: "^[A-Z]$"}}
kind: {title: {zh: 类别, en: Kind}, privacy: public, schema: {type: string}, list: kinds}
kinds: {title: {zh: 多类, en: Kinds}, privacy: public, schema: {type: array, items: {type: string}}, list: kinds}
mail: {title: {zh: 邮箱, en: Mail}, privacy: public, schema: {type: [string, "null"], format: email}}
anything: {title: {zh: 任意, en: Anything}, privacy: public, schema: {}, list: kinds}
group: {title: {zh: 一组, en: Group}, privacy: public, schema: {type: object}}
"""
NAMES = ("days", "due_on", "text", "sort", "units", "plate", "kind", "kinds", "mail", "anything", "group")
RULES = a_rulebook(
    a_definition_with(
        head="lists: {kinds: kinds}",
        fields=FIELDS,
        transitions=a_move("fill", form="{" + ", ".join(f"{name}: optional" for name in NAMES) + "}")
        + a_move("demand", form="{days: required, text: required, remark: optional}"),
    ),
    lists=[a_list("kinds", "welfare", "safety")],
)
DEFINITION = RULES.for_new("errand")
FILL = DEFINITION.workflow.transitions["fill"].form
DEMAND = DEFINITION.workflow.transitions["demand"].form


def wrong(form: dict[str, JsonValue]) -> list[tuple[str, str, str]]:
    with pytest.raises(FormInvalid) as refused:
        checked_form(DEFINITION, FILL, form)
    return [(problem.path, problem.text.zh, problem.text.en) for problem in refused.value.fields]


@pytest.mark.parametrize(
    ("form", "path", "zh", "en"),
    [
        ({"days": "7"}, "days", "类型不对，应为整数", "Wrong type, expected integer"),
        ({"days": True}, "days", "类型不对，应为整数", "Wrong type, expected integer"),
        ({"days": 0}, "days", "不得小于 1", "At least 1"),
        ({"days": 31}, "days", "不得大于 30", "At most 30"),
        ({"text": "字"}, "text", "不得少于 2 个字", "At least 2 characters"),
        ({"text": "一二三四五"}, "text", "不得超过 4 个字", "At most 4 characters"),
        (
            {"due_on": "2026年3月2日"},
            "due_on",
            "日期格式不对，应如 2026-03-02",
            "Not a date; write it as 2026-03-02",
        ),
        (
            {"due_on": "2026-02-30"},
            "due_on",
            "日期格式不对，应如 2026-03-02",
            "Not a date; write it as 2026-03-02",
        ),
        (
            {"due_on": "1899-12-31"},
            "due_on",
            "年份应在 1900 至 2100 之间",
            "The year must lie between 1900 and 2100",
        ),
        ({"group": 3}, "group", "类型不对，应为一组值", "Wrong type, expected object"),
        ({"sort": "c"}, "sort", "只能填：a、b", "Must be one of: a, b"),
        ({"units": ["x"]}, "units", "不得少于 2 项", "At least 2 items"),
        ({"units": ["w", "x", "y", "z"]}, "units", "不得超过 3 项", "At most 3 items"),
        ({"units": ["x", "x"]}, "units", "有重复项", "Contains duplicates"),
        ({"units": ["x", 2]}, "units.1", "类型不对，应为文字", "Wrong type, expected string"),
        ({"mail": "nobody"}, "mail", "格式不对，应为 email", "Wrong format, expected email"),
        ({"mail": 3}, "mail", "类型不对，应为文字", "Wrong type, expected string"),
        ({"plate": "沪A"}, "plate", "不符合“pattern”要求", "Violates pattern"),
        (
            {"kind": "money"},
            "kind",
            "“money”不在代码表内，可填：safety、welfare",
            "'money' is not in the list; use one of: safety, welfare",
        ),
        (
            {"kinds": ["safety", "money"]},
            "kinds",
            "“money”不在代码表内，可填：safety、welfare",
            "'money' is not in the list; use one of: safety, welfare",
        ),
        ({"kind": 3}, "kind", "类型不对，应为文字", "Wrong type, expected string"),
        ({"identity": "某某"}, "identity", "此步骤不填写该项", "This step does not ask for this field"),
        ({"no_such": 1}, "no_such", "此步骤不填写该项", "This step does not ask for this field"),
    ],
)
def test_a_wrong_answer_is_explained_in_both_languages(form: dict[str, JsonValue], path: str, zh: str, en: str) -> None:
    assert wrong(form) == [(path, zh, en)]


def test_every_wrong_field_is_named_at_once() -> None:
    with pytest.raises(FormInvalid) as refused:
        checked_form(DEFINITION, DEMAND, {"days": 99, "remark": 5, "phone": "1", "identity": "2"})
    problems = refused.value.fields
    assert [problem.path for problem in problems] == ["phone", "identity", "days", "text", "remark"]
    assert problems[3].text.zh == "“文字”为必填项"
    assert problems[3].text.en == "Text is required"
    assert refused.value.text.zh == "填写有误：phone、identity、days、text、remark"
    assert refused.value.details["fields"] == [
        {"path": problem.path, "zh": problem.text.zh, "en": problem.text.en} for problem in problems
    ]


@pytest.mark.parametrize("empty", ["", None, []])
def test_an_empty_answer_is_no_answer(empty: JsonValue) -> None:
    assert checked_form(DEFINITION, FILL, {"text": empty, "days": 3}) == {"days": 3}
    with pytest.raises(FormInvalid) as refused:
        checked_form(DEFINITION, DEMAND, {"text": empty, "days": 3})
    assert [problem.path for problem in refused.value.fields] == ["text"]


def test_zero_and_false_are_answers() -> None:
    rules = a_rulebook(
        a_definition_with(
            fields="""
            votes: {title: {zh: 票数, en: Votes}, privacy: public, schema: {type: integer}}
            agreed: {title: {zh: 同意, en: Agreed}, privacy: public, schema: {type: boolean}}
            """,
            opening="subject: required\nvotes: required\nagreed: required",
        )
    )
    play = Rehearsal(rules=rules)
    case = play.cases[play.open(votes=0, agreed=False)]
    assert (case.data["votes"], case.data["agreed"]) == (0, False)


@pytest.mark.parametrize("hostile", [{"a": 1}, [["welfare"]], [{"a": 1}], 3, 1.5, [None], {"$ref": "x"}, True])
def test_a_value_that_is_no_code_is_refused_and_never_crashes(hostile: JsonValue) -> None:
    for name in ("kind", "kinds", "anything"):
        assert {path.partition(".")[0] for path, _zh, _en in wrong({name: hostile})} == {name}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from((*NAMES, "remark", "zzz")), JSON, max_size=5))
def test_whatever_is_filled_in_is_either_clean_or_refused(form: dict[str, JsonValue]) -> None:
    refused: tuple[FieldProblem, ...] = ()
    clean: dict[str, JsonValue] = {}
    try:
        clean = checked_form(DEFINITION, FILL, form)
    except FormInvalid as refusal:
        refused = refusal.fields
    answered = {name: value for name, value in form.items() if value not in ("", [], None)}
    assert bool(refused) != (clean == answered and set(form) <= set(NAMES))
    assert {problem.path.partition(".")[0] for problem in refused} <= set(form)
