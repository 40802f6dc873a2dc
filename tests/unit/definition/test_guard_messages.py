"""Every text that the writer of an expression is told, whole: what is wrong with it and what to write instead."""

from __future__ import annotations

import pytest

from engine.definition.guards import ExpressionWrong, compile_value
from tests.unit.definition.test_guards import NAMES, refusal


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("case.subject =~ '(a+)+$'", "不能用正则匹配；请用 == 或 in 逐一列出可取的值"),
        ("[x for x in $range(100000000)] == null", "不能写列表推导；请用 in 判断是否在名单之中"),
        ("$range(9) == null", "没有内置函数和内置名称 $range；当前时刻请写 now，其他请写已声明的名称"),
        ("case.round / 2 > 1", "整数只能用 +、- 和 * 计算；求比例请两边相乘，如 in_favour * 2 > delegates"),
        ("case.round & 1 == 1", "不能用位运算；请写 and、or 或 not"),
        ("case.round == 1 && true", "请写 and，不写 &&"),
        ("case.round == 1 || true", "请写 or，不写 ||"),
        ("!actor.is_lead", "请写 not，不写 !"),
        ("case.round = 1", "相等请写 ==，不写 ="),
        ("case.round ＝ 1", "“＝”在这里没有意义；名称只用英文字母、数字和下划线，标点用半角"),
        ("case.round == 1 if true", "不能写 if；请写成 条件 ? 甲 : 乙"),
        ("len(case.subject) > 1", "不能调用函数；请写已声明的名称"),
        ("case.subject[0] == 'a'", "不能取下标或切片；请写已声明的名称"),
        ("''.__class__ == 1", "点号只能写在名称之中，如 case.round；名称只用英文字母、数字和下划线"),
        ("1.5 < 2", "1.5 不是可用的数；请写不超过 9007199254740991 的整数"),
        ("case.category == 'it", "文本没有写完，或其中有反斜杠；文本写在一对引号之内，不用反斜杠"),
        ("1 < case.round < 3", "“<”写在这里不合语法；一次只比较两个值，多个条件用 and、or 连接"),
        ("(case.round == 1", "表达式没有写完；请检查括号与运算符两边"),
        ("", "表达式是空的；请写一个条件，如 case.round >= 2"),
        ("case.subject > 5", "case.subject 是文本，5 是整数，不能放在 > 两边；请写同类的值"),
        ("true and case.round < null", "null 不能用于 <；是否为空请写 == null"),
        ("actor.is_lead and case.round", "case.round 是整数，不能用于 and；此处应为是否"),
        ("case.category in []", "方括号里只能写文本或整数，至少一个，且种类相同，如 ['a', 'b']"),
        ("['a'] == ['a']", "方括号名单只能写在 in 的右边"),
        ("[] == []", "不能这样写；请只用名称、文本、整数、比较、and、or、not、in、+、-、* 和 ? :"),
        ("case.round + 1", "条件的结果应为是或否，此处是整数；请写成比较，如 case.round >= 2"),
        (f"case.category == '{'a' * 500}'", "表达式有 519 个字符，最多 500 个；请拆成几个条件"),
        ("-" + "1+" * 48 + "-1 == 47", "表达式有 101 个成分，最多 100 个；请拆成几个条件"),
        ("(" * 21 + "true" + ")" * 21, "嵌套超过 20 层；请拆成几个条件"),
        ("case.ruond == 2", "没有名称 case.ruond；是否想写 case.round？"),
        ("parameter.x == 1", "没有名称 parameter.x；可用的名称：parameter.seconders_min"),
    ],
)
def test_a_wrong_expression_is_told_in_whole_sentences(text: str, told: str) -> None:
    assert refusal(text).text.zh == told


def test_a_bare_null_is_told_to_be_no_value() -> None:
    with pytest.raises(ExpressionWrong) as caught:
        compile_value("null", NAMES)
    assert caught.value.text.zh == "null 不是可写入的值；请写出一个值"
