"""The texts of the inbox, of one's own settings, of who was told, and of background jobs; part of ``web.texts``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

NOTICE_TEXTS: Final[Mapping[str, Text]] = {
    # --------------------------------------------------------------------------------------------------------- inbox
    "inbox": Text("通知", "Notices"),
    "inbox_none": Text("没有通知。", "No notices."),
    "inbox_none_unread": Text("没有未读通知。", "Nothing is unread."),
    "inbox_hidden": Text("您现在无权查看的事项", "A case you may not see any more"),
    "inbox_unread": Text("未读", "unread"),
    "inbox_unread_n": Text("{n} 条未读", "{n} unread"),
    "inbox_open": Text("打开收件箱", "Open the inbox"),
    "inbox_show": Text("范围", "Range"),
    "inbox_only_unread": Text("未读", "Unread"),
    "inbox_acting_for": Text("代{name}", "for {name}"),
    "inbox_acting_for_somebody": Text("代他人", "for somebody else"),
    "inbox_read": Text("标为已读", "Mark as read"),
    "inbox_read_page": Text("本页全部标为已读", "Mark this page as read"),
    "inbox_acknowledge": Text("签收", "Sign for it"),
    "inbox_acknowledged": Text("已签收", "signed for"),
    "inbox_done_read": Text("已标为已读。", "Marked as read."),
    "inbox_done_acknowledged": Text("已签收。", "Signed for."),
    "inbox_standing_in": Text("您正代{name}办理，至 {on} 止。", "You stand in for {name} until {on}."),
    "inbox_away": Text("您已登记外出，由{name}代理，至 {on} 止。", "You are away; {name} stands in until {on}."),
    # -------------------------------------------------------------------------------------------------- own settings
    "me": Text("个人设置", "My settings"),
    "form_check": Text("填写有误，请改正标出的内容。", "Please correct what is marked."),
    "me_notices": Text("通知方式", "How I am told"),
    "me_absence": Text("外出与代理", "Away and substitute"),
    "channel_inbox": Text(
        "所有通知都进入本站收件箱；以下渠道另行发送，可随时关闭。",
        "Everything comes into the inbox; what follows is sent beside it and can be switched off.",
    ),
    "channel_on": Text("已开启", "on"),
    "channel_off": Text("未开启", "off"),
    "channel_missing": Text("本系统未启用", "not set up here"),
    "channel_missing_note": Text("管理员启用后方可使用。", "It can be used once the administrator has set it up."),
    "channel_missing_kept": Text("仍保存有您的地址：{address}", "Your address is still kept: {address}"),
    "channel_active": Text("通过此渠道通知我", "Tell me by this channel"),
    "channel_digest": Text("发送方式", "How often"),
    "channel_digest_none": Text("逐条发送", "One by one"),
    "channel_digest_daily": Text("每日汇总（工作日 8:30）", "Once a day (working days, 8:30)"),
    "channel_quiet_from": Text("免打扰自", "Quiet from"),
    "channel_quiet_until": Text("免打扰至", "Quiet until"),
    "channel_quiet_note": Text(
        "北京时间，可跨零点；督办第三级以上的紧急通知不受此限。",
        "Beijing time, may pass midnight; urgent escalations (level 3 and up) do not wait.",
    ),
    "channel_language": Text("语言", "Language"),
    "channel_language_zh": Text("中文", "Chinese"),
    "channel_language_en": Text("英文", "English"),
    "channel_save": Text("保存", "Save"),
    "channel_forget": Text("删除地址", "Forget the address"),
    "channel_saved": Text("已保存：{title}", "Saved: {title}"),
    "channel_forgotten": Text("已删除：{title}", "Forgotten: {title}"),
    # ------------------------------------------------------------------------------------------------------- absence
    "absence_new": Text("登记外出", "Say that you are away"),
    "absence_note": Text(
        "代理期间，代理人同时收到发给您的通知（标明“代”），并可按您的岗位权限查看和办理事项；"
        "须以您本人身份（提案人、反映人等）办理的步骤不能代办。到期自动结束，也可随时撤回。",
        "Meanwhile your substitute is told what you are told, marked so, and may see and do what your posts allow; "
        "what you do as a party (proposer, petitioner) stays yours alone. It ends by itself, and can be taken back.",
    ),
    "absence_from": Text("自", "From"),
    "absence_until": Text("至（含当日）", "Until (this day included)"),
    "absence_substitute": Text("代理人（登录名或姓名）", "Substitute (login name or name)"),
    "absence_reason": Text("说明", "Note"),
    "absence_save": Text("登记", "Save"),
    "absence_own": Text("我的外出登记", "When I am away"),
    "absence_own_none": Text("没有外出登记。", "Nothing is entered."),
    "absence_days": Text("{begin} 至 {end}", "{begin} to {end}"),
    "absence_since_ever": Text("一直", "always"),
    "absence_open_end": Text("另行通知", "further notice"),
    "absence_by": Text("由{name}代理", "{name} stands in"),
    "absence_now": Text("代理中", "now"),
    "absence_coming": Text("未开始", "to come"),
    "absence_over": Text("已结束", "over"),
    "absence_end": Text("撤回", "Take back"),
    "absence_for_others": Text("我代理的人员", "For whom I stand in"),
    "absence_for": Text("代{name}", "for {name}"),
    "absence_saved": Text("已登记外出。", "Saved."),
    "absence_ended": Text("已撤回，代理即刻结束。", "Taken back; it has ended."),
    # -------------------------------------------------------------------------------------------------- who was told
    "told": Text("送达情况", "Who was told"),
    "told_note": Text(
        "只供承办、督办人员查看；不显示地址。", "Shown to those who work on the case; never with addresses."
    ),
    "told_none": Text("尚未发出通知。", "Nobody was told of anything yet."),
    "told_cut": Text("只列出最近 {n} 条。", "Only the {n} newest are listed."),
    "told_show": Text("{n} 人次", "{n} times"),
    "party_nameless": Text("（不显示姓名）", "(not named)"),
    "told_nameless": Text("（保密，不显示姓名）", "(confidential: no name)"),
    "told_what": Text("通知", "Notice"),
    "told_who": Text("收件人", "To"),
    "told_when": Text("通知时间", "When"),
    "told_inbox": Text("收件箱", "Inbox"),
    "told_ways": Text("其他渠道", "Other channels"),
    "told_nobody": Text("未通知：{reason}", "Nobody was told: {reason}"),
    # ---------------------------------------------------------------------------------------------------------- jobs
    "jobs": Text("后台任务", "Background jobs"),
    "jobs_none": Text("没有这样的任务。", "There is no such job."),
    "jobs_cut": Text("只列出最近 {n} 项。", "Only the {n} newest are listed."),
    "job_number": Text("编号", "No."),
    "job_kind": Text("任务", "Job"),
    "job_state": Text("状态", "State"),
    "job_due": Text("应执行时间", "Due"),
    "job_attempts": Text("尝试次数", "Attempts"),
    "job_done": Text("已处理", "Done"),
    "job_reason": Text("失败原因", "Why it failed"),
    "job_run": Text("重新执行", "Run again"),
    "job_run_now": Text("立即执行", "Run now"),
    "job_will_run": Text("任务 {number} 将立即执行。", "Job {number} will run now."),
}
