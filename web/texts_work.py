"""The texts of long work: many cases chosen at once, progress, what was skipped, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

WORK_TEXTS: Final[Mapping[str, Text]] = {
    "many_go": Text("对全部符合条件的办理", "For all that match"),
    "many_of_filter": Text("符合查询条件的共 {n} 件", "{n} cases match the filter"),
    "many_of_work": Text("上次成批办理中选出的共 {n} 件", "{n} cases of the earlier work"),
    "many_preview": Text(
        "尚未办理任何事项。确认后按此刻符合条件的名单逐件办理；其间被他人更新的，不予办理并说明。",
        "Nothing is done yet. Once confirmed, what matches now is done one by one; "
        "what somebody changes meanwhile is left out and told.",
    ),
    "many_hint": Text(
        "以下先列出最前的 {shown} 件。其余 {more} 件在办理时逐件核对，不能办的跳过，并逐件列明原因。",
        "The first {shown} are listed. The other {more} are checked one by one as they are done: "
        "what cannot be done is skipped, each with its reason.",
    ),
    "many_hint_all": Text(
        "办理时逐件核对，不能办的跳过，并逐件列明原因。",
        "They are checked one by one as they are done: what cannot be done is skipped, each with its reason.",
    ),
    "many_more": Text("……还有 {n} 件，办理时逐件核对。", "… and {n} more, checked as they are done."),
    "many_none": Text(
        "没有符合查询条件的事项，没有可办的；请返回列表，放宽条件后再试。",
        "Nothing matches the filter: go back to the list and widen it.",
    ),
    "many_confirm": Text("确认对 {n} 件办理：{title}", "Confirm for {n} cases: {title}"),
    "many_background": Text(
        "超过 {n} 件，将在后台逐件办理，可随时查看进度、随时停止；关闭网页、退出登录不影响办理。",
        "More than {n} are done in the background: you can see the progress and stop at any time; "
        "closing the page or logging out does not matter.",
    ),
    "many_other": Text(
        "没有办理：核对之后，符合条件的事项已有变化，现为 {n} 件。请重新核对后再确认。",
        "Nothing was done: what matches has changed since you looked, it is {n} cases now. Look again, then confirm.",
    ),
    # ------------------------------------------------------------------------------------------------------ progress
    "nav_work": Text("办理进度", "My long work"),
    "work_title": Text("我的成批办理", "My long work"),
    "work_intro": Text(
        "一次办理很多件时，由系统在后台逐件办理，进度列在这里。记录保留 {days} 天，只有您本人能看到。",
        "What takes long is done in the background, one by one. These are what you asked for; "
        "the records are kept for {days} days, and only you see them.",
    ),
    "work_none": Text(
        "您最近没有成批办理。在会务看板或期限列表中选择事项后，超过 {n} 件的会列在这里。",
        "You have none. Select cases on the board or in the list of deadlines: more than {n} are listed here.",
    ),
    "work_state_waiting": Text("等待办理", "waiting"),
    "work_state_running": Text("正在办理", "under way"),
    "work_state_done": Text("已办完", "done"),
    "work_state_stopped": Text("已停止", "stopped"),
    "work_state_failed": Text("未能办完", "failed"),
    "work_state_proposed": Text("待确认", "to be confirmed"),
    "work_heading": Text("成批办理：{title}", "Long work: {title}"),
    "work_asked_at": Text("{at} 提出", "asked for {at}"),
    "work_progress": Text(
        "共 {total} 件：已办 {done} 件，跳过 {skipped} 件，未办 {left} 件",
        "{total} in all: {done} done, {skipped} skipped, {left} left",
    ),
    "work_bar": Text("进度", "Progress"),
    "work_stop": Text("停止办理", "Stop"),
    "work_stop_hint": Text("停止后，已办的仍然有效，其余不再办理。", "What is done stays done; the rest is not begun."),
    "work_all": Text("全部成批办理", "All my long work"),
    "work_live": Text(
        "本页自动刷新；可以离开，回来仍可查看。", "This page refreshes itself; you may leave and come back."
    ),
    "work_next_waiting": Text(
        "已收到，正在排队，一般几秒钟内开始。", "Taken, and in the queue: it begins within some seconds."
    ),
    "work_next_running": Text("正在逐件办理，请稍候。", "It is under way, one by one."),
    "work_next_done": Text(
        "全部办完，没有跳过的，不需要再做什么。", "All of it is done, nothing was skipped; nothing is left to do."
    ),
    "work_next_skipped": Text(
        "已办完，有 {n} 件跳过。请看下面每件的原因：能改的，改好后可以对跳过的再办一次；不能办的，请逐件打开处理。",
        "It is over, and {n} were skipped. See the reasons below: what can be put right may be tried once more, "
        "for the others open each case.",
    ),
    "work_next_stopped": Text(
        "您已停止办理，{left} 件没有办理。已办的仍然有效；需要继续的，请回到列表重新选择。",
        "You stopped it; {left} were not done. What is done stays done; to go on, choose again from the list.",
    ),
    "work_next_failed": Text(
        "系统多次尝试仍未能办完，{left} 件没有办理。已办的仍然有效；请稍后回到列表重新选择，再不行请告知系统管理员。",
        "It was tried several times and could not be finished; {left} were not done. What is done stays done: "
        "choose again from the list later, and tell the administrator if it fails again.",
    ),
    "work_skipped": Text("跳过的", "Skipped"),
    "work_done": Text("已办的", "Done"),
    "work_skipped_none": Text("没有跳过的。", "Nothing was skipped."),
    "work_done_none": Text("还没有办完的事项。", "Nothing is done yet."),
    "work_item": Text("事项", "Item"),
    "work_reason": Text("跳过的原因", "Why it was skipped"),
    "work_not_seen": Text("您现在不能查看的事项", "A case that you may not see now"),
    "work_unnamed": Text("第 {n} 项", "Item {n}"),
    "work_export": Text("跳过的清单（{kind}）", "The skipped ({kind})"),
    "work_again": Text("对跳过的再办一次", "Try the skipped once more"),
    "work_undo": Text("对已办的再作处理", "Something else for those that are done"),
    "work_undo_hint": Text(
        "办错了，或者还要办下一步，可以对本次已办的事项一并办理；下一步先核对，不会立即办理。",
        "If it was a mistake, or the next step is due: take what was done here all together; it is looked at first.",
    ),
    "work_result": Text("下载结果", "Download the result"),
    "work_back": Text("返回列表", "Back to the list"),
    "work_source": Text("依据", "Source"),
    "work_column_number": Text("序号", "No."),
    "work_front": Text("成批办理", "My long work"),
    "work_front_all": Text("查看全部成批办理", "All my long work"),
}
