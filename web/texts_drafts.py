"""The texts of drafts, of sessions that end in mid-form, and of forms that somebody else was faster with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

DRAFT_TEXTS: Final[Mapping[str, Text]] = {
    "drafts_title": Text("我的草稿", "My drafts"),
    "drafts_note": Text(
        "草稿加密保存，只有您本人能看到，不进入检索和统计；保存 {days} 天，最多 {most} 份，满后先去掉最早的一份。"
        "附件不随草稿保存。",
        "Drafts are kept encrypted, for you alone, in no search and no figure: {days} days, {most} at most, "
        "then the oldest goes. Files are not kept with them.",
    ),
    "drafts_none": Text("没有草稿。", "There are no drafts."),
    "drafts_all": Text("全部草稿", "All drafts"),
    "draft_form": Text("表单", "A form"),
    "draft_gone": Text(
        "该表单您已不能办理；填写的文字仍可在下面查看、复制。",
        "This form is not open to you any more; what you typed can be read and copied below.",
    ),
    "draft_typed": Text("查看填写的内容", "What you typed"),
    "draft_kept_at": Text("保存于 {at}", "Kept at {at}"),
    "draft_continue": Text("继续填写", "Go on"),
    "draft_discard": Text("丢弃", "Discard"),
    "draft_discarded": Text("草稿已丢弃。", "The draft is discarded."),
    "draft_keep": Text("存为草稿", "Keep as a draft"),
    "draft_there": Text("您有一份未提交的草稿（保存于 {at}）。", "You have a draft of this form, kept at {at}."),
    "draft_open": Text(
        "以下是您 {at} 保存的草稿，请核对后提交。",
        "This is the draft you kept at {at}: look it through and send it.",
    ),
    "draft_kept": Text(
        "已于 {at} 存为草稿，尚未提交；{days} 天内可从首页“我的草稿”继续填写。",
        "Kept as a draft at {at}, not sent; for {days} days you can go on from “My drafts”.",
    ),
    "draft_ended": Text(
        "登录已过期，您填写的内容已为您保留，请核对后再次提交。",
        "Your session had ended; what you typed was kept for you. Look it through and send it again.",
    ),
    "draft_files": Text("附件没有保留，须重新选择。", "Files were not kept: choose them again."),
    "draft_saved": Text("已保存 {at}", "Kept at {at}"),
    "draft_failed": Text("暂未保存，请勿关闭本页", "Not kept at the moment; do not close this page"),
    "draft_session_over": Text(
        "登录已过期。请直接提交或存为草稿：重新登录后内容仍在",
        "Your session has ended. Send or keep it all the same: it is there after you log in again",
    ),
    "ended_kept": Text(
        "登录已过期。您填写的内容已加密保留，请由本人重新登录后继续。",
        "Your session has ended. What you typed is kept, encrypted: log in as yourself to go on.",
    ),
    "ended_lost": Text(
        "登录已过期，这份表单停留过久或者内容过长，未能为您保留。请用浏览器的“后退”回到表单，先复制填写的内容，再重新登录。",
        "Your session has ended, and the form was too old or too long to be kept. Go back in your browser and copy "
        "what you typed before you log in again.",
    ),
    "ended_sent": Text(
        "登录已过期。这份表单此前已经提交成功，没有重复办理。",
        "Your session has ended. This form had been sent before; nothing was done twice.",
    ),
    "count_limit": Text("最多 {n} 字", "At most {n} characters"),
    "count_of": Text("{n}/{limit} 字", "{n}/{limit} characters"),
    "range_both": Text("{least} 至 {most}", "From {least} to {most}"),
    "range_least": Text("不小于 {least}", "{least} or more"),
    "range_most": Text("不大于 {most}", "{most} or less"),
    "changed_message": Text(
        "没有办理：您填写期间，本件已被他人更新。", "Not done: somebody changed this case while you were writing."
    ),
    "changed_title": Text("您打开表单以后，本件有以下变化：", "Since you opened the form:"),
    "changed_cut": Text(
        "（只列最近 {n} 步，其余见下方办理过程）", "(the last {n} steps; the others stand in the timeline)"
    ),
    "changed_fields": Text("与您的表单有关的内容", "What your form is about"),
    "changed_field": Text("项目", "Field"),
    "changed_before": Text("原为", "Before"),
    "changed_now": Text("现为", "Now"),
    "changed_mine": Text("您填写的", "Yours"),
    "changed_again": Text(
        "您填写的内容没有丢失。请核对后再次提交：将按现在的情况办理。",
        "What you typed is still here. Look at it again and send it: it will be done to the case as it is now.",
    ),
    "changed_homeless": Text(
        "这一步现在已不能办理。以下是您填写的内容，可以复制：",
        "This step is not open any more. What you typed, to copy:",
    ),
}
