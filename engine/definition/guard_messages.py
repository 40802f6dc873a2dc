"""What the writer of an expression is told when it cannot be compiled: each text says what to write instead.

Where and when something is wrong is decided in ``guards``; which name was probably meant, here.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Final

from engine.text import Text

EMPTY: Final = Text("表达式是空的；请写一个条件，如 case.round >= 2", "empty; write one, as case.round >= 2")
CALL: Final = Text("不能调用函数；请写已声明的名称", "no function calls; write a declared name")
SUBSCRIPT: Final = Text("不能取下标或切片；请写已声明的名称", "no subscripts or slices; write a declared name")
UNFINISHED: Final = Text("表达式没有写完；请检查括号与运算符两边", "unfinished; look at brackets and operators")
BARE_NULL: Final = Text("null 不是可写入的值；请写出一个值", "null is no value to set; write a value")
NOT_ALLOWED: Final = Text(
    "不能这样写；请只用名称、文本、整数、比较、and、or、not、in、+、-、* 和 ? :",
    "not allowed; use only names, text, integers, comparisons, and, or, not, in, +, -, * and ? :",
)
MEMBERS: Final = Text(
    "方括号里只能写文本或整数，至少一个，且种类相同，如 ['a', 'b']",
    "a list holds text or integers, at least one, all of one kind, as ['a', 'b']",
)
LIST_PLACE: Final = Text("方括号名单只能写在 in 的右边", "a list stands only behind `in`")

_COMPREHENSION: Final = Text(
    "不能写列表推导；请用 in 判断是否在名单之中", "no comprehensions; ask with `in` whether a list holds it"
)
_IF: Final = Text("不能写 if；请写成 条件 ? 甲 : 乙", "no `if`; write condition ? this : that")
_REGEX: Final = Text(
    "不能用正则匹配；请用 == 或 in 逐一列出可取的值", "no regular expressions; list the values with == or in"
)
_ARITHMETIC: Final = Text(
    "整数只能用 +、- 和 * 计算；求比例请两边相乘，如 in_favour * 2 > delegates",
    "only +, - and * on integers; compare shares by multiplying, as in_favour * 2 > delegates",
)
_BITS: Final = Text("不能用位运算；请写 and、or 或 not", "no bit operations; write and, or, not")
_REFUSED: Final = {
    **dict.fromkeys(("=~", "=~~", "!~", "!~~"), _REGEX),
    **dict.fromkeys(("**", "/", "//", "%"), _ARITHMETIC),
    **dict.fromkeys(("&", "|", "^", "<<", ">>"), _BITS),
    "for": _COMPREHENSION,
    "if": _IF,
    "&&": Text("请写 and，不写 &&", "write `and`, not &&"),
    "||": Text("请写 or，不写 ||", "write `or`, not ||"),
    "!": Text("请写 not，不写 !", "write `not`, not !"),
    "=": Text("相等请写 ==，不写 =", "write == for equality, not ="),
}
_KINDS: Final = {
    "string": Text("文本", "text"),
    "integer": Text("整数", "an integer"),
    "boolean": Text("是否", "true or false"),
    "instant": Text("时刻", "an instant"),
    "date": Text("日期", "a date"),
    "list of string": Text("文本名单", "a list of text"),
    "null": Text("空值", "null"),
}
_NAMES_SHOWN_MAX = 8


def too_long(length: int, most: int) -> Text:
    """The text has too many characters."""
    return Text(
        f"表达式有 {length} 个字符，最多 {most} 个；请拆成几个条件",
        f"{length} characters, at most {most} are allowed; split it into several guards",
    )


def too_many_nodes(count: int, most: int) -> Text:
    """The expression has too many parts."""
    return Text(
        f"表达式有 {count} 个成分，最多 {most} 个；请拆成几个条件",
        f"{count} nodes, at most {most} are allowed; split it into several guards",
    )


def too_deep(most: int) -> Text:
    """Brackets or operators stand too deep in one another."""
    return Text(f"嵌套超过 {most} 层；请拆成几个条件", f"nested deeper than {most}; split it into several guards")


def refused(sign: str) -> Text:
    """A sign or word that rule-engine knows and we refuse."""
    if sign.startswith("$"):
        return Text(
            f"没有内置函数和内置名称 {sign}；当前时刻请写 now，其他请写已声明的名称",
            f"no built-in {sign}; write `now` for the present instant, else a declared name",
        )
    return _REFUSED.get(sign) or _meaningless(sign)


def stray(character: str) -> Text:
    """A character that begins nothing."""
    if character in "'\"\\":
        return Text(
            "文本没有写完，或其中有反斜杠；文本写在一对引号之内，不用反斜杠",
            "a text stands between two quotes and holds no backslash",
        )
    if character == ".":
        return Text(
            "点号只能写在名称之中，如 case.round；名称只用英文字母、数字和下划线",
            "a dot stands only inside a name, as case.round; names are of ASCII letters, digits and _",
        )
    return _meaningless(character)


def _meaningless(sign: str) -> Text:
    return Text(
        f"“{sign}”在这里没有意义；名称只用英文字母、数字和下划线，标点用半角",
        f"“{sign}” means nothing here; names are of ASCII letters, digits and _, signs are ASCII",
    )


def number(text: str, most: int) -> Text:
    """A number that is no integer, or too large."""
    return Text(
        f"{text} 不是可用的数；请写不超过 {most} 的整数", f"{text} cannot stand here; write an integer up to {most}"
    )


def misplaced(word: str) -> Text:
    """The grammar has no place for the word."""
    return Text(
        f"“{word}”写在这里不合语法；一次只比较两个值，多个条件用 and、or 连接",
        f"“{word}” cannot stand here; compare two values at a time, join questions with and, or",
    )


def unknown_name(name: str, suggestion: str | None, near: Sequence[str]) -> Text:
    """The name is not declared; ``near`` are the names that could be meant when no single one is alike."""
    if suggestion is not None:
        return Text(f"没有名称 {name}；是否想写 {suggestion}？", f"no name {name}; did you mean {suggestion}?")
    shown = list(near[:_NAMES_SHOWN_MAX])
    rest = " …" if len(near) > _NAMES_SHOWN_MAX else ""
    return Text(
        f"没有名称 {name}；可用的名称：{'、'.join(shown) or '无'}{rest}",
        f"no name {name}; there are: {', '.join(shown) or 'none'}{rest}",
    )


def mismatch(sign: str, left: str, left_kind: str, right: str, right_kind: str) -> Text:
    """The two sides of an operator do not go together."""
    first, second = _KINDS[left_kind], _KINDS[right_kind]
    return Text(
        f"{left} 是{first.zh}，{right} 是{second.zh}，不能放在 {sign} 两边；请写同类的值",
        f"{left} is {first.en}, {right} is {second.en}: they do not go together with {sign}; write two of one kind",
    )


def unfit(sign: str, part: str, kind: str, wanted: Sequence[str]) -> Text:
    """One side of an operator is of a kind that the operator does not take."""
    if kind == "null":
        return Text(f"null 不能用于 {sign}；是否为空请写 == null", f"null is not for {sign}; ask with == null")
    is_zh, is_en = _KINDS[kind].zh, _KINDS[kind].en
    return Text(
        f"{part} 是{is_zh}，不能用于 {sign}；此处应为{'、'.join(_KINDS[one].zh for one in wanted)}",
        f"{part} is {is_en}, not for {sign}; write {' or '.join(_KINDS[one].en for one in wanted)}",
    )


def not_a_question(kind: str) -> Text:
    """The result of a guard is not true or false."""
    return Text(
        f"条件的结果应为是或否，此处是{_KINDS[kind].zh}；请写成比较，如 case.round >= 2",
        f"a guard answers true or false, this is {_KINDS[kind].en}; compare it, as case.round >= 2",
    )


def alike_name(name: str, known: Sequence[str]) -> str | None:
    """Return the known name whose last part is most like this one's; the same root counts a little."""

    def likeness(other: str) -> float:
        root, _, attribute = name.rpartition(".")
        other_root, _, other_attribute = other.rpartition(".")
        ratio = difflib.SequenceMatcher(a=attribute, b=other_attribute).ratio()
        return ratio + (0.1 if root == other_root else 0)

    best = max(known, key=likeness)
    return best if likeness(best) >= 0.75 else None
