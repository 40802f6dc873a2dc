"""The texts of the session's board, the review meeting, merging, and suggestions for an assignment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

SECRETARIAT_TEXTS: Final[Mapping[str, Text]] = {
    # --------------------------------------------------------------------------------------------------------- board
    "board_title": Text("会务看板", "Session board"),
    "board_before": Text("起草", "Drafting"),
    "board_category": Text("类别", "Category"),
    "board_columns": Text("按状态分栏", "Columns by state"),
    "board_table": Text("列表", "Table"),
    "board_views": Text("看板样式", "How the board is shown"),
    "board_none": Text("本届次没有您有权查看的事项。", "No case of this session that you may see."),
    "board_more_than": Text("{n}+", "{n}+"),
    "board_more": Text("更多", "More"),
    "board_more_of": Text("更多：{title}", "More: {title}"),
    "board_unit": Text("承办单位", "Unit in charge"),
    "board_waiting": Text("待办方", "Waiting for"),
    "board_waits": Text("待{who}办理", "waits for {who}"),
    "board_move": Text("对所选事项批量办理", "Do to all that are selected"),
    "board_to_meeting": Text("进入审查会议", "To the review meeting"),
    "board_too_many": Text(
        "件数较多，不能按编号、单位排序；请先按状态、单位或类别筛选。",
        "Too many to be sorted by number or unit: choose a state, a unit or a category first.",
    ),
    "bulk_title": Text("批量办理：{title}", "For all selected: {title}"),
    "bulk_back": Text("返回会务看板", "Back to the board"),
    # ------------------------------------------------------------------------------------------------------- meeting
    "meeting_progress": Text("第 {n}/{of} 件", "{n} of {of}"),
    "meeting_none": Text("没有待审查的事项。", "There is nothing to review."),
    "meeting_none_help": Text(
        "提案提交后才会列在这里。可在上面换一个届次或类别；各环节的件数见会务看板。",
        "Proposals stand here once they are submitted. Choose another session or category above; the board has the "
        "numbers of each state.",
    ),
    "meeting_no_workflow": Text("现行流程都没有规定审查会议。", "No procedure provides for a review meeting."),
    "meeting_cut": Text("待审查的较多，先列最先到期的 {n} 件。", "There are more; the {n} due first are taken up now."),
    "meeting_previous": Text("上一件", "Previous"),
    "meeting_next": Text("下一件", "Next"),
    "meeting_open_case": Text("查看全部材料和办理记录", "All material and the timeline"),
    "meeting_outcomes": Text("审查结论", "Outcome"),
    "meeting_votes": Text("表决", "Vote"),
    "meeting_no_moves": Text("此件目前没有您可以作出的结论。", "There is no outcome for you to record here."),
    "meeting_begins": Text(
        "本件尚未开始审查；记录结论时一并记“{title}”。",
        "Not under review yet: “{title}” is recorded together with the outcome.",
    ),
    "meeting_merge": Text("并案（对照文本）", "Merge (compare the texts)"),
    "meeting_people": Text("提案人和附议人", "Proposers and seconders"),
    "meeting_recorded": Text("已记录：{number} {title}", "Recorded: {number} {title}"),
    "meeting_undo": Text("撤回办法：{titles}", "To take it back: {titles}"),
    "meeting_no_undo": Text(
        "流程没有规定由您撤回此结论的步骤。", "The procedure knows no move by which you take this back."
    ),
    "meeting_similar": Text("相似事项", "Similar cases"),
    "meeting_minutes": Text("本日会议记录", "Minutes of the day"),
    "meeting_narrow": Text("{title}（包含）", "{title} (contains)"),
    "meeting_keys": Text("键盘操作", "Keys"),
    "meeting_keys_digit": Text("选定结论，光标进入第一个空格", "choose an outcome and go to its first field"),
    "meeting_keys_enter": Text("在票数格中：记录并进入下一件", "in a number: record it and go on"),
    "meeting_keys_j": Text("下一件", "next"),
    "meeting_keys_k": Text("上一件", "previous"),
    "meeting_keys_m": Text("并案", "merge"),
    "meeting_keys_escape": Text("离开空格，以便使用按键", "leave a field, to use the keys again"),
    "meeting_keys_on": Text("启用按键（取消勾选则不响应）", "Keys are on (untick to switch them off)"),
    "meeting_keys_help": Text("显示或收起本说明", "show or hide this"),
    "minutes_title": Text("{title}记录", "Minutes: {title}"),
    "minutes_on": Text("会议日期", "Day of the meeting"),
    "minutes_none": Text("当日没有记录审查结论。", "No outcome was recorded on that day."),
    "minutes_of": Text("{session} · {on} · 共 {n} 件", "{session} · {on} · {n} decided"),
    "minutes_cut": Text(
        "当日以后变动的事项较多，此处可能不全；请按类别分别打印。",
        "So many cases have changed since that some may be missing: print them by category.",
    ),
    "minutes_votes": Text("赞成 {a}、反对 {b}、弃权 {c}", "{a} for, {b} against, {c} abstained"),
    "minutes_vote": Text("表决", "Vote"),
    "minutes_reason": Text("理由和意见", "Reasons"),
    "minutes_outcome": Text("结论", "Outcome"),
    "minutes_time": Text("时间", "Time"),
    "minutes_sign": Text(
        "主持人（签名）：　　　　　　记录人（签名）：　　　　　　", "Chair:                Recorder:                "
    ),
    "minutes_back": Text("返回审查会议", "Back to the meeting"),
    # --------------------------------------------------------------------------------------------------------- merge
    "merge_title": Text("并案：{number}", "Merge {number}"),
    "merge_back": Text("返回", "Back"),
    "merge_find": Text("主案的编号或案由", "Number or subject of the main case"),
    "merge_find_button": Text("查找主案", "Find the main case"),
    "merge_found_none": Text(
        "没有找到可以作为主案的事项：须为同一届次、正在办理的另一件。",
        "None found: it must be another running case of the same session.",
    ),
    "merge_likely": Text("文字相近、可作主案的事项", "Cases with a like text that could be the main case"),
    "merge_choose": Text("选为主案并对照", "Choose and compare"),
    "merge_this": Text("本件（并入后随主案办理）", "This case (goes along with the main case)"),
    "merge_main": Text("主案", "Main case"),
    "merge_texts": Text("文本对照", "The two texts"),
    "merge_legend": Text("加底色并加下划线的是两件不同之处。", "What differs is underlined on a coloured ground."),
    "merge_alike": Text("文本相同程度：{percent}%", "Alike: {percent}%"),
    "merge_other": Text("两段文本不同，未逐句标出", "two different texts, nothing is marked"),
    "merge_consequences": Text("并案的后果", "What follows"),
    "merge_means_handled": Text(
        "本件进入“{state}”，随主案办理，不再单独交办；答复以主案答复为准，同时送达本件各提案人。",
        "This case becomes “{state}” and goes along with the main case; its reply answers each proposer of both.",
    ),
    "merge_means_people": Text(
        "本件的提案人、附议人列入主案，各自对答复作出评价，互不代替。",
        "Its proposers and seconders stand in the main case too, and each evaluates the reply for themselves.",
    ),
    "merge_means_dates": Text(
        "本件原有期限照常计算；主案以两件中较早的期限为准。",
        "Its own dates run on; the main case is due at the earlier of the two.",
    ),
    "merge_means_due": Text("{title}：本件 {mine}，主案 {main}", "{title}: this case {mine}, main case {main}"),
    "merge_means_undo": Text(
        "主案答复发出之前可以撤销并案，本件恢复原状态、原编号和原期限；答复发出之后不能撤销，只能另行提案并注明关联。",
        "Until the main case is answered it can be taken out again, with its state, number and dates; not after that.",
    ),
    "merge_undo_link": Text("撤销并案（对照文本）", "Take out of the merge (compare the texts)"),
    "merge_is_merged": Text("本件已并入主案。", "This case is merged."),
    "merge_undo_until": Text(
        "主案尚未答复，现在可以撤销并案。主案{title}：{due}。",
        "Not answered yet: it can be taken out. {title}: {due}.",
    ),
    "merge_undo_open": Text(
        "主案尚未答复，现在可以撤销并案。", "The main case is not answered yet: it can be taken out."
    ),
    "merge_not_offered": Text(
        "此件现在处于“{state}”，您不能将其并案。", "This case is “{state}” and you cannot merge it now."
    ),
    # --------------------------------------------------------------------------------------------------- assignment
    "assign_link": Text("参考以往同类事项选择单位", "Choose a unit by similar cases"),
    "assign_suggested": Text("以往办理同类事项的单位", "Units that handled this kind before"),
    "assign_note": Text(
        "按本类别最近 {n} 件统计，只供参考；由您决定交给哪个单位。",
        "From the newest {n} of this category; a suggestion only: you decide.",
    ),
    "assign_none": Text("本类别以往没有交办记录。", "Nothing of this category was assigned before."),
    "assign_handled": Text("主办 {n} 件", "led {n}"),
    "assign_in_time": Text("按期 {n} 件", "{n} in time"),
    "assign_late": Text("逾期 {n} 件", "{n} late"),
    "assign_passed_on": Text("退办、改派 {n} 次", "passed on {n} times"),
    "assign_newest": Text("最近一次 {on}", "last on {on}"),
    "assign_choose": Text("选用", "Choose"),
    "assign_chosen": Text("已选用", "Chosen"),
    "assign_no_moves": Text("此件现在没有您可以办理的交办步骤。", "There is no assignment for you to make now."),
    "assign_similar_of": Text("类别：{category}", "Category: {category}"),
}
