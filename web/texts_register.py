"""Texts of the public register."""

from __future__ import annotations

from typing import Final

from engine.text import Text

REGISTER_TEXTS: Final = {
    "register_title": Text("公开登记册", "Public register"),
    "register_note": Text(
        "依程序公开的事项：提案等个人提出的，经本人同意才公开；评选、争创、公开事项等按规定公开。不公开姓名、联系方式和内部材料。",
        "What was published as the procedures say: what somebody proposed, with their consent; awards, contests and"
        " disclosure, as the rules ask. No names, no ways to reach anybody, nothing internal.",
    ),
    "register_none": Text(
        "没有符合条件的公开事项。换一个条件，或清除条件看全部。",
        "Nothing published matches. Try another condition, or clear them to see all.",
    ),
    "register_category": Text("类别", "Category"),
    "register_handled_on": Text("答复日期", "Answered on"),
    "register_evaluation": Text("评价", "Evaluation"),
    "register_unevaluated": Text("未评价", "Not evaluated"),
    "register_back": Text("返回登记册", "Back to the register"),
    "register_what": Text("提出与答复", "What was proposed and answered"),
    "register_more": Text("公开的其他项目", "Other public items"),
    "register_hidden": Text(
        "其余内容未公开。与本件有关的人请登录后在“我的事项”中查看。",
        "Nothing else is public. Those concerned log in and find it under “My cases”.",
    ),
    "register_house": Text("单位", "Organisation"),
}
