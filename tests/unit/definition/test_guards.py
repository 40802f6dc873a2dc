"""Expressions of a definition: what may be said, what is refused and with which words, and what the answers are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import rule_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.definition.closures import Scope
from engine.definition.guards import (
    BOOLEAN,
    DATE,
    INSTANT,
    INTEGER,
    LIST_OF_STRING,
    STRING,
    ExpressionWrong,
    Kind,
    NameType,
    compile_guard,
    compile_value,
)

NAMES: Mapping[str, NameType] = {
    "case.category": STRING,
    "case.subject": STRING,
    "case.round": INTEGER,
    "case.co_handlers": LIST_OF_STRING,
    "case.due_at": INSTANT.or_null(),
    "case.due_on": DATE,
    "form.reply_class": STRING.or_null(),
    "form.due_on": DATE,
    "actor.is_lead": BOOLEAN,
    "actor.is_deputy": BOOLEAN,
    "parameter.seconders_min": INTEGER,
    "fact.seconders": INTEGER,
    "now": INSTANT,
}
NOON = datetime(2026, 9, 15, 4, tzinfo=UTC)
SCOPE: Scope = {
    "": {"now": NOON},
    "case": {
        "category": "pay",
        "subject": "改善食堂",
        "round": 2,
        "co_handlers": ["U-1", "U-2"],
        "due_at": NOON + timedelta(hours=1),
        "due_on": date(2026, 9, 15),
    },
    "form": {"reply_class": "A", "due_on": date(2026, 9, 16)},
    "actor": {"is_lead": True, "is_deputy": False},
    "parameter": {"seconders_min": 3},
    "fact": {"seconders": 3},
}


def holds(text: str, scope: Scope = SCOPE) -> bool:
    return compile_guard(text, NAMES).holds(scope)


def refusal(text: str) -> ExpressionWrong:
    with pytest.raises(ExpressionWrong) as caught:
        compile_guard(text, NAMES)
    return caught.value


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("case.category == 'pay'", True),
        ('case.category == "pay"', True),
        ("case.category != 'pay'", False),
        ("case.subject == '改善食堂'", True),
        ("fact.seconders >= parameter.seconders_min", True),
        ("fact.seconders > parameter.seconders_min", False),
        ("fact.seconders <= 2", False),
        ("fact.seconders < 4", True),
        ("case.category in ['safety', 'pay']", True),
        ("case.category not in ['safety', 'pay',]", False),
        ("case.round in [1, 2]", True),
        ("'U-2' in case.co_handlers", True),
        ("'U-3' in case.co_handlers", False),
        ("now < case.due_at", True),
        ("case.due_on < form.due_on", True),
        ("case.due_on == form.due_on", False),
        ("'Z' < 'a'", True),
        ("'\uffee' < '\U0001f600'", True),
        ("actor.is_lead", True),
        ("not actor.is_lead", False),
        ("not case.round == 1", True),
        ("actor.is_lead and actor.is_deputy", False),
        ("actor.is_lead or actor.is_deputy", True),
        ("actor.is_deputy and actor.is_deputy or actor.is_lead", True),
        ("actor.is_deputy and (actor.is_deputy or actor.is_lead)", False),
        ("actor.is_lead and actor.is_lead and actor.is_deputy", False),
        ("actor.is_lead and actor.is_lead and actor.is_lead", True),
        ("actor.is_deputy or actor.is_deputy or actor.is_lead", True),
        ("actor.is_deputy or actor.is_deputy or actor.is_deputy", False),
        ("case.round + 1 - 2 + 1 == 2", True),
        ("1 - (case.round - 1) == 0", True),
        ("-case.round == 0 - 2", True),
        ("- 1 < 0", True),
        ("actor.is_lead ? case.round == 2 : case.round == 3", True),
        ("actor.is_deputy ? case.round == 2 : case.round == 3", False),
        ("(case.round < 3) == actor.is_lead", True),
        ("true", True),
        ("false", False),
        (" case.round\n  == 2\t", True),
    ],
)
def test_a_guard_answers(text: str, answer: bool) -> None:
    assert holds(text) is answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("case.round < 5", False),
        ("case.round <= 5", False),
        ("5 > case.round", False),
        ("not case.round < 5", True),
        ("case.round == null", True),
        ("case.round != null", False),
        ("null == null", True),
        ("case.round == 1", False),
        ("case.round != 1", True),
        ("form.reply_class == case.category", True),
        ("case.round + 1 == 1", False),
        ("case.round + 1 == null", True),
        ("1 - case.round == null", True),
        ("-case.round == null", True),
        ("'U-1' in case.co_handlers", False),
        ("'U-1' not in case.co_handlers", True),
        ("case.co_handlers == null", True),
        ("case.category in ['pay']", False),
        ("case.category not in ['pay']", True),
        ("actor.is_lead", False),
        ("not actor.is_lead", True),
        ("actor.is_lead and true", False),
        ("actor.is_lead or true", True),
        ("actor.is_lead == false", False),
        ("now < case.due_at", False),
        ("(actor.is_lead ? case.round : null) == null", True),
        ("(actor.is_lead ? 1 : 2) == 2", True),
    ],
)
@pytest.mark.parametrize(
    "scope", [{}, {root: {} for root in SCOPE}, {root: dict.fromkeys(SCOPE[root]) for root in SCOPE}]
)
def test_null_and_what_is_missing_answer_alike(text: str, answer: bool, scope: Scope) -> None:
    assert holds(text, scope) is answer


def test_a_guard_keeps_its_text_and_names_what_it_reads() -> None:
    text = "case.round > 1 and 'now' == case.category and case.round < 9 and now == now"
    guard = compile_guard(text, NAMES)

    assert guard.text == text
    assert guard.names == {"case.round", "case.category", "now"}


def test_guards_of_the_same_text_are_equal() -> None:
    assert compile_guard("case.round > 1", NAMES) == compile_guard("case.round > 1", NAMES)


def test_the_right_side_is_not_read_when_the_left_decides() -> None:
    broken: Scope = {"case": {"round": "not a number"}, "actor": {"is_lead": True, "is_deputy": False}}

    assert holds("actor.is_deputy and case.round < 1", broken) is False
    assert holds("actor.is_lead or case.round < 1", broken) is True
    assert holds("actor.is_lead and actor.is_deputy and case.round < 1", broken) is False
    assert holds("actor.is_lead ? true : case.round < 1", broken) is True


@pytest.mark.parametrize(
    ("text", "position", "zh", "en"),
    [
        ("case.subject =~ '(a+)+$'", 13, "正则", "regular expressions"),
        ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' =~ '(a+)+$'", 48, "正则", "regular expressions"),
        ("case.subject !~~ 'a'", 13, "正则", "regular expressions"),
        ("[x for x in $range(100000000)] == null", 3, "in", "comprehensions"),
        ("$range(100000000) == null", 0, "$range", "$range"),
        ("$random > 1", 0, "$random", "$random"),
        ("$now > now", 0, "请写 now", "write `now`"),
        ("case.round ** 99999 > 1", 11, "两边相乘", "by multiplying"),
        ("9 ** 9 ** 9 ** 9 > 1", 2, "两边相乘", "by multiplying"),
        ("case.round / 2 > 1", 11, "两边相乘", "by multiplying"),
        ("case.round // 2 > 1", 11, "两边相乘", "by multiplying"),
        ("case.round % 2 == 1", 11, "两边相乘", "by multiplying"),
        ("case.round & 1 == 1", 11, "位运算", "bit operations"),
        ("case.round << 1 == 1", 11, "位运算", "bit operations"),
        ("case.round == 1 && true", 16, "请写 and", "write `and`"),
        ("case.round == 1 || true", 16, "请写 or", "write `or`"),
        ("!actor.is_lead", 0, "请写 not", "write `not`"),
        ("case.round = 1", 11, "请写 ==", "write =="),
        ("case.round ＝ 1", 11, "半角", "ASCII"),
        ("case.标题 == 'a'", 4, "英文字母", "ASCII"),
        ("case.due_at ?? now == now", 12, "没有意义", "means nothing"),
        ("case&.round == 1", 4, "没有意义", "means nothing"),
        ("case.round == 1 # why", 16, "没有意义", "means nothing"),
        ("case.category in {'a'}", 17, "没有意义", "means nothing"),
        ("case.round == 1 if true", 16, "? 甲 : 乙", "condition ? this : that"),
        ("len(case.subject) > 1", 3, "调用函数", "function calls"),
        ("('a')('b') == 'a'", 5, "调用函数", "function calls"),
        ("case.subject[0] == 'a'", 12, "下标", "subscripts"),
        ("case.subject[0:1] == 'a'", 12, "切片", "slices"),
        ("['a'][0] == 'a'", 5, "下标", "subscripts"),
        ("''.__class__ == 1", 2, "点号", "dot"),
        ("case.__class__ == 1", 0, "没有名称 case.__class__", "no name case.__class__"),
        ("case.category.length == 1", 0, "没有名称 case.category.length", "no name case.category.length"),
        ("1.5 < 2", 0, "整数", "integer"),
        ("1e5 < 2", 0, "整数", "integer"),
        ("0x10 < 2", 0, "整数", "integer"),
        ("9007199254740992 > 1", 0, "9007199254740991", "9007199254740991"),
        ("case.category == 'it\\'s'", 17, "反斜杠", "backslash"),
        ("case.category == 'it", 17, "引号", "quotes"),
        ("b'a' == case.category", 1, "不合语法", "cannot stand here"),
        ("1 < case.round < 3", 15, "一次只比较两个值", "compare two values at a time"),
        ("case.round == 1)", 15, "不合语法", "cannot stand here"),
        ("(case.round == 1", 16, "没有写完", "unfinished"),
        ("case.round ==", 13, "没有写完", "unfinished"),
        ("", 0, "空的", "empty"),
        ("  \n", 0, "空的", "empty"),
        ("case.subject > 5", 0, "case.subject 是文本，5 是整数", "case.subject is text, 5 is an integer"),
        ("case.round == '2'", 0, "'2' 是文本", "'2' is text"),
        ("case.round + 1 - 2 == case.subject", 0, "case.round + 1 - 2 是整数", "case.round + 1 - 2 is an integer"),
        ("now < case.due_on", 0, "now 是时刻，case.due_on 是日期", "now is an instant, case.due_on is a date"),
        ("actor.is_lead < actor.is_deputy", 0, "不能用于 <", "not for <"),
        ("true and case.round < null", 22, "== null", "== null"),
        ("case.co_handlers == case.co_handlers", 0, "文本名单", "list of text"),
        ("actor.is_lead and case.round", 18, "不能用于 and", "not for and"),
        ("case.category or actor.is_lead", 0, "不能用于 or", "not for or"),
        ("not case.round", 4, "不能用于 not", "not for not"),
        ("-case.category == 'a'", 1, "不能用于 -", "not for -"),
        ("'a' + 'b' == 'ab'", 0, "不能用于 + -", "not for + -"),
        ("case.round - case.category == 1", 13, "不能用于 + -", "not for + -"),
        ("'a' * 2 == 'aa'", 0, "不能用于 *", "not for *"),
        ("case.round * now > 1", 13, "不能用于 *", "not for *"),
        ("now + 1 > now", 0, "不能用于 + -", "not for + -"),
        ("case.round ? true : false", 0, "不能用于 ?", "not for ?"),
        ("(actor.is_lead ? 1 : 'a') == 1", 17, "1 是整数，'a' 是文本", "1 is an integer, 'a' is text"),
        ("'a' in case.category", 7, "文本名单", "a list of text"),
        ("case.round in case.co_handlers", 0, "此处应为文本", "write text"),
        ("case.round in ['a']", 0, "此处应为文本", "write text"),
        ("case.category in []", 0, "至少一个", "at least one"),
        ("case.category in ['a', 1]", 18, "种类相同", "all of one kind"),
        ("case.category in ['a', null]", 18, "只能写文本或整数", "holds text or integers"),
        ("case.category in [case.subject]", 18, "只能写文本或整数", "holds text or integers"),
        ("case.category in ['a', ['b']]", 18, "只能写文本或整数", "holds text or integers"),
        ("case.category in [-case.round]", 19, "只能写文本或整数", "holds text or integers"),
        ("['a'] == ['a']", 1, "in 的右边", "behind `in`"),
        ("[] == []", 0, "不能这样写", "not allowed"),
        ("case.round + 1", 0, "此处是整数", "this is an integer"),
        ("case.category", 0, "此处是文本", "this is text"),
        ("null", 0, "此处是空值", "this is null"),
    ],
)
def test_what_may_not_be_said_is_refused_at_once_and_says_what_to_write(
    text: str, position: int, zh: str, en: str
) -> None:
    wrong = refusal(text)

    assert zh in wrong.text.zh
    assert en in wrong.text.en
    assert wrong.position == position
    assert wrong.details == {"position": position}
    assert wrong.code == "expression_wrong"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("fact.sconders >= 2", "fact.seconders"),
        ("case.ruond == 2", "case.round"),
        ("case.seconders >= 2", "fact.seconders"),
        ("seconders >= 2", "fact.seconders"),
        ("noww < case.due_at", "now"),
        ("actor.is_lead == True", "true"),
    ],
)
def test_an_unknown_name_is_refused_with_the_one_that_was_meant(text: str, suggestion: str) -> None:
    wrong = refusal(text)

    assert f"是否想写 {suggestion}？" in wrong.text.zh
    assert f"did you mean {suggestion}?" in wrong.text.en


def test_a_name_like_no_other_is_refused_with_the_names_of_its_root() -> None:
    wrong = refusal("parameter.x == 1")

    assert wrong.text == type(wrong.text)(
        "没有名称 parameter.x；可用的名称：parameter.seconders_min",
        "no name parameter.x; there are: parameter.seconders_min",
    )


def test_a_name_of_no_known_root_is_refused_with_the_first_names() -> None:
    wrong = refusal("zzz == 1")

    assert wrong.text.en.startswith("no name zzz; there are: actor.is_deputy, actor.is_lead, case.category,")
    assert wrong.text.en.endswith(" …")


def test_without_any_names_an_unknown_name_is_refused() -> None:
    with pytest.raises(ExpressionWrong, match="there are: none"):
        compile_guard("zzz == 1", {})


def test_five_hundred_characters_are_taken_and_five_hundred_and_one_are_refused() -> None:
    text = "case.category == ''"
    longest = f"case.category == '{'a' * (500 - len(text))}'"

    assert len(longest) == 500
    assert holds(longest) is False
    wrong = refusal(longest + " ")
    assert "501" in wrong.text.zh
    assert "501" in wrong.text.en
    assert wrong.position == 500


def test_a_hundred_nodes_are_taken_and_a_hundred_and_one_are_refused() -> None:
    hundred = "1+" * 48 + "-1 == 47"

    assert holds(hundred) is True
    wrong = refusal("-" + hundred)
    assert "101" in wrong.text.zh
    assert "101" in wrong.text.en


@pytest.mark.parametrize(
    ("deepest", "too_deep"),
    [
        ("(" * 20 + "true" + ")" * 20, "(" * 21 + "true" + ")" * 21),
        ("not " * 19 + "true", "not " * 20 + "true"),
        ("-" * 18 + "1 == 1", "-" * 19 + "1 == 1"),
        ("true ? " * 19 + "true" + " : true" * 19, "true ? " * 20 + "true" + " : true" * 20),
    ],
)
def test_nesting_ends_at_twenty(deepest: str, too_deep: str) -> None:
    assert holds(deepest) in (True, False)
    assert "20" in refusal(too_deep).text.en


def test_a_long_chain_is_not_deep() -> None:
    assert holds(" and ".join(["true"] * 50)) is True
    assert holds(" or ".join(["false"] * 50)) is False
    assert holds(" and ".join(["(true)"] * 21)) is True


@pytest.mark.parametrize(
    ("text", "value", "value_type"),
    [
        ("case.round + 1", 3, INTEGER),
        ("'A'", "A", STRING),
        ("form.reply_class", "A", STRING.or_null()),
        ("actor.is_lead ? 'A' : null", "A", STRING.or_null()),
        ("actor.is_lead ? null : 'A'", None, STRING.or_null()),
        ("case.round > 1", True, BOOLEAN),
        ("now", NOON, INSTANT),
        ("case.due_on", date(2026, 9, 15), DATE),
        ("case.co_handlers", ["U-1", "U-2"], LIST_OF_STRING),
        ("-case.round", -2, INTEGER),
    ],
)
def test_a_value_is_computed_and_its_type_is_known(text: str, value: object, value_type: NameType) -> None:
    compiled = compile_value(text, NAMES)

    assert compiled.of(SCOPE) == value
    assert compiled.type == value_type
    assert compiled.text == text


@pytest.mark.parametrize(
    ("text", "carried"),
    [
        ("'plain'", set()),
        ("case.subject", {"case.subject"}),
        ("case.subject == form.reply_class", set()),
        ("case.round in [1, 2]", set()),
        ("case.round - fact.seconders + 1", {"case.round", "fact.seconders"}),
        ("-case.round", {"case.round"}),
        ("actor.is_lead ? case.subject : case.category", {"case.subject", "case.category"}),
        ("actor.is_lead or actor.is_deputy and case.round > 1", {"actor.is_lead", "actor.is_deputy"}),
        ("not actor.is_lead", {"actor.is_lead"}),
    ],
)
def test_a_value_carries_the_names_it_may_give_again_and_not_those_it_only_asks(text: str, carried: set[str]) -> None:
    assert compile_value(text, NAMES).carries == carried


def test_a_value_names_what_it_reads_and_is_null_when_that_is_missing() -> None:
    compiled = compile_value("case.round + fact.seconders", NAMES)

    assert compiled.names == {"case.round", "fact.seconders"}
    assert compiled.of({"case": {"round": 1}}) is None


def test_a_sum_with_a_name_that_can_be_null_can_be_null() -> None:
    names = {"case.round": INTEGER.or_null(), "case.step": INTEGER}

    assert compile_value("case.step + case.round", names).type == INTEGER.or_null()
    assert compile_value("case.step + case.step", names).type == INTEGER


def test_a_bare_null_is_no_value() -> None:
    with pytest.raises(ExpressionWrong, match="null is no value"):
        compile_value("null", NAMES)


def test_a_value_goes_through_the_same_walls() -> None:
    with pytest.raises(ExpressionWrong, match="only"):
        compile_value("9 ** 9", NAMES)


def test_every_kind_of_name_is_known_by_its_word() -> None:
    assert [kind.value for kind in Kind] == [
        "string",
        "integer",
        "boolean",
        "instant",
        "date",
        "list of string",
        "null",
    ]


# The closures against rule-engine's own evaluation, on expressions over names that are all there.

INTEGERS = st.integers(-9, 9)
WORDS = st.sampled_from(["", "a", "b", "aa", "B", "办", "办结", "\uffee", "\U0001f600"])
INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 1, 3), timezones=st.just(UTC))  # noqa: DTZ001 - bounds are naive


def integers() -> st.SearchStrategy[str]:
    leaf = st.integers(0, 9).map(str) | st.sampled_from(["case.round", "fact.seconders"])
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds("{} + {}".format, inner, inner),
            st.builds("{} - ({})".format, inner, inner),
            st.builds("{} * ({})".format, inner, inner),
            st.builds("-({})".format, inner),
            st.builds("(actor.is_lead ? {} : {})".format, inner, inner),
        ),
        max_leaves=3,
    )


def questions() -> st.SearchStrategy[str]:
    words = WORDS.map("'{}'".format) | st.sampled_from(["case.category", "case.subject"])
    instants = st.sampled_from(["now", "case.due_at"])
    sign = st.sampled_from(["==", "!=", "<", "<=", ">", ">="])
    lists = st.lists(WORDS, min_size=1, max_size=3).map(repr) | st.just("case.co_handlers")
    numbers = st.lists(st.integers(0, 9), min_size=1, max_size=3).map(repr)
    within = st.sampled_from(["in", "not in"])
    leaf = st.one_of(
        st.sampled_from(["actor.is_lead", "actor.is_deputy", "true", "false"]),
        st.builds("{} {} {}".format, integers(), sign, integers()),
        st.builds("{} {} {}".format, words, sign, words),
        st.builds("{} {} {}".format, instants, sign, instants),
        st.builds("{} {} {}".format, words, within, lists),
        st.builds("({}) {} {}".format, integers(), within, numbers),
        st.builds("{} {} null".format, words | instants, st.sampled_from(["==", "!="])),
    )
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.builds("{} and {}".format, inner, inner),
            st.builds("{} or {}".format, inner, inner),
            st.builds("not {}".format, inner),
            st.builds("({})".format, inner),
            st.builds("({}) == ({})".format, inner, inner),
            st.builds("({}) ? ({}) : ({})".format, inner, inner, inner),
        ),
        max_leaves=5,
    )


SCOPES = st.fixed_dictionaries(
    {
        "": st.fixed_dictionaries({"now": INSTANTS}),
        "case": st.fixed_dictionaries(
            {
                "category": WORDS,
                "subject": WORDS,
                "round": INTEGERS,
                "co_handlers": st.lists(WORDS, max_size=3),
                "due_at": INSTANTS,
            }
        ),
        "actor": st.fixed_dictionaries({"is_lead": st.booleans(), "is_deputy": st.booleans()}),
        "fact": st.fixed_dictionaries({"seconders": INTEGERS}),
    }
)
_TYPES = rule_engine.DataType
_DATA_TYPES = {
    Kind.STRING: _TYPES.STRING,
    Kind.INTEGER: _TYPES.FLOAT,
    Kind.BOOLEAN: _TYPES.BOOLEAN,
    Kind.INSTANT: _TYPES.DATETIME,
    Kind.DATE: _TYPES.DATETIME,
    Kind.LIST_OF_STRING: _TYPES.ARRAY(_TYPES.STRING),
}


def types_for_rule_engine() -> dict[str, Any]:
    objects: dict[str, dict[str, Any]] = {}
    plain: dict[str, Any] = {}
    for name, name_type in NAMES.items():
        root, dot, attribute = name.partition(".")
        if dot:
            objects.setdefault(root, {})[attribute] = _DATA_TYPES[name_type.kind]
        else:
            plain[root] = _DATA_TYPES[name_type.kind]
    return plain | {
        root: _TYPES.OBJECT(root, attributes, accessor=lambda values, name: values[name])
        for root, attributes in objects.items()
    }


CONTEXT = rule_engine.Context(type_resolver=types_for_rule_engine(), default_timezone="utc")


@settings(max_examples=300, deadline=None)
@given(questions().filter(lambda text: len(text) <= 500), SCOPES)
def test_the_answers_are_those_of_rule_engine(text: str, scope: dict[str, dict[str, Any]]) -> None:
    expected = rule_engine.Rule(text, CONTEXT).evaluate({**scope[""], **scope})

    assert holds(text, scope) is expected


@settings(max_examples=100, deadline=None)
@given(integers(), SCOPES)
def test_the_sums_are_those_of_rule_engine(text: str, scope: dict[str, dict[str, Any]]) -> None:
    expected = rule_engine.Rule(text, CONTEXT).evaluate({**scope[""], **scope})

    assert compile_value(text, NAMES).of(scope) == int(expected)


@settings(max_examples=300)
@given(st.text(alphabet="case.round now'1<=!+-?:()[],andotri$*/~#\\办 ", max_size=60) | st.text(max_size=40))
def test_any_text_is_either_compiled_or_refused(text: str) -> None:
    position = 0
    try:
        compile_guard(text, NAMES).holds(SCOPE)
    except ExpressionWrong as wrong:
        position = wrong.position
    assert 0 <= position <= len(text)
