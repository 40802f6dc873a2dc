"""Texts of the search and of similar cases."""

from __future__ import annotations

from typing import Final

from engine.text import Text

SEARCH_TEXTS: Final = {
    "search_title": Text("检索", "Search"),
    "search_words": Text("检索内容", "Words to look for"),
    "search_hint": Text(
        "可输入案由、案据、答复中的词或编号，如“食堂 夜班”“第012号”。用空格隔开的词须同时出现；"
        "姓名、电话等个人信息和保密内容不在检索范围。",
        "Words of the subject, the grounds or the reply, or a number. All words must be there. Personal and "
        "confidential data are never searched.",
    ),
    "search_session": Text("届次", "Congress session"),
    "search_begin": Text(
        "输入要找的词，按“检索”。最新的事项排在前面，只列出您有权查看的事项。",
        "Type what you look for. The newest cases come first; only cases you may see are listed.",
    ),
    "search_count": Text("本页{n}件，最新的在前", "{n} on this page, the newest first"),
    "search_none": Text("没有找到同时含有这些词的事项", "Nothing found that holds all these words"),
    "search_help_fewer": Text("少输一两个词，或只留最要紧的词", "Leave out a word or two"),
    "search_help_other": Text(
        "换一个说法，如“食堂”换成“餐厅”，“薪酬”换成“工资”", "Say it in another word, as “canteen” for “dining hall”"
    ),
    "search_help_filters": Text("清除流程、状态等条件再试", "Clear the filters and try again"),
    "search_help_sight": Text(
        "您无权查看的事项不会出现；确需查阅的，请联系工会办公室",
        "Cases you may not see are not listed; ask the union office if you need one",
    ),
    "search_cut": Text(
        "含有这些词的事项很多，已查看其中较新的一部分。点“继续查找”往前查，或加一个词、一个条件。",
        "Very many cases hold these words; the newer ones were looked at. Go on, or add a word or a filter.",
    ),
    "search_go_on": Text("继续查找", "Go on"),
    "search_filling": Text(
        "检索目录正在建立，较早的事项暂时检索不到，建好后即可找到。",
        "The index is being made; older cases cannot be found yet.",
    ),
    "list_words": Text("编号或词语", "Number or words"),
    "list_words_hint": Text(
        "编号可只输开头；词语查案由和正文，至少两个连在一起的汉字，用空格隔开的词须同时出现。",
        "The beginning of a number, or words of subject and text: at least two Chinese characters together. All words "
        "must be there.",
    ),
    "list_not_counted": Text(
        "按词语查找时不统计件数；清空“编号或词语”后可见。",
        "With words nothing is counted; leave them out to see numbers.",
    ),
    "list_cut": Text(
        "含有这些词的事项很多，本页只查看了清单的一部分。点“继续查找”往下查，或加一个词、一个条件。",
        "Very many cases hold these words; part of the list was looked at. Go on, or add a word or a filter.",
    ),
    "search_where": Text("{field}：", "{field}: "),
    "search_part": Text("承办件", "Part of a case"),
    "similar_title": Text("相似事项", "Similar cases"),
    "similar_find": Text("查找相似事项", "Find similar cases"),
    "similar_typing": Text(
        "输入案由时会自动查找您有权查看的相似事项，包括往届。",
        "Cases like yours that you may see are looked for as you type.",
    ),
    "similar_none": Text("没有找到相似的事项", "No similar case found"),
    "similar_none_help": Text(
        "案由写得具体一些更容易找到；也可以到“检索”中按词查找。",
        "The more precise the subject, the better; or look for words under “Search”.",
    ),
    "similar_score": Text("相似度{n}%", "{n} % alike"),
    "similar_shared": Text("共同的词：{words}", "Words in common: {words}"),
    "similar_promise": Text("当时的答复", "What was answered"),
    "similar_dismiss": Text("不相似", "Not alike"),
    "similar_dismiss_of": Text("标为与{number}不相似", "Mark as not like {number}"),
    "similar_dismissed": Text(
        "已标为不相似：{case}。两件的内容都不改，就不再提示。",
        "Marked as not alike: {case}. It is not shown again until one of the texts changes.",
    ),
    "similar_again": Text("撤销", "Undo"),
    "similar_all": Text("查看全部相似事项", "All similar cases"),
    "similar_intro": Text(
        "按案由和内容比对得出，供参考，不替代审查。", "Found by comparing subjects and texts; a help, not a decision."
    ),
    "similar_back": Text("返回", "Back"),
}
