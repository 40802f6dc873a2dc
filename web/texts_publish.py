"""Texts of the pages on which definitions and code lists are published and withdrawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

PUBLISH_TEXTS: Final[Mapping[str, Text]] = {
    "code_until": Text("{title}（可选至 {day}）", "{title} (until {day})"),
    "publish_preview": Text("发布前预览：{title} 第 {n} 版", "Before it is published: {title}, version {n}"),
    "publish_new": Text("新流程，此前没有版本。", "A new procedure: there is no version before it."),
    "publish_changes": Text("与第 {n} 版相比", "Compared with version {n}"),
    "publish_no_changes": Text("内容与第 {n} 版相同。", "It says the same as version {n}."),
    "publish_running": Text(
        "在办的 {n} 件按其立项时的版本办结，不受影响；发布后新立的事项按新版办理。",
        "{n} running case(s) go by the version they were opened under; new ones go by this one.",
    ),
    "publish_running_none": Text(
        "目前没有在办事项；发布后新立的事项按新版办理。",
        "No case is running; new ones go by this version.",
    ),
    "publish_list_running": Text(
        "在办事项按其立项时的代码表版本办理；届次固定了版本的，该届次的新事项仍用所固定的版本。",
        "Running cases keep the list they were opened with; a congress session that pins a version keeps it.",
    ),
    "publish_reason": Text("发布理由", "Why it is published"),
    "publish_reason_hint": Text(
        "如依据的会议决定或文件号，不超过 200 字。写入账册后不能删除，请勿写个人信息。",
        "The decision or document it rests on, up to 200 characters. It stays in the ledger: name nobody in it.",
    ),
    "publish_do": Text("发布第 {n} 版", "Publish version {n}"),
    "publish_look": Text("预览发布", "Preview and publish"),
    "publish_again": Text("再次发布", "Publish again"),
    "publish_done": Text(
        "已发布并记入账册。各服务进程随即按新版办理新立事项，无须重启。",
        "Published, and told to the ledger. Every process goes by it at once, without a restart.",
    ),
    "publish_withdrawn": Text("已撤回并记入账册，恢复此前的版本。", "Withdrawn, and told to the ledger."),
    "publish_published": Text("在本系统发布的版本", "Published here"),
    "publish_at": Text("发布时间", "Published"),
    "publish_by": Text("发布人", "By"),
    "publish_why": Text("理由", "Why"),
    "publish_withdraw": Text("撤回", "Withdraw"),
    "publish_withdraw_note": Text(
        "只有最新一版、且没有事项按其立项时可以撤回。", "Only the newest version, and only while no case runs under it."
    ),
    "publish_withdraw_reason": Text("撤回理由", "Why it is withdrawn"),
    "publish_machine": Text("命令行", "At the machine"),
    # ------------------------------------------------------------------------------------------------- editing of lists
    "list_edit": Text("修改", "Change"),
    "list_edit_title": Text("修改代码表：{title}", "Change the list {title}"),
    "list_edit_note": Text(
        "已有代码不能删除，不再使用的填“可选至”日期停用；已用该代码的事项不受影响。修改后先预览，发布后成为第 {n} 版。",
        "No code is ever removed: give one that is no longer used a last day. After a preview it becomes version {n}.",
    ),
    "list_edit_many": Text(
        "共 {total} 个代码。下表每次改一页（最多 {n} 个），预览发布后再改下一页；改动较多的，请用表格修改。",
        "There are {total} codes. The form changes a page of them at a time, at most {n}; for many, use a file.",
    ),
    "list_search": Text("查找代码或名称", "Code or name"),
    "list_found": Text("找到 {n} 个", "{n} found"),
    "list_found_none": Text("没有找到含有这些字的代码。", "No code or name holds this."),
    "list_moved_on": Text(
        "您修改期间，他人已发布第 {n} 版。您的修改仍在，其余内容以第 {n} 版为准，请核对后再发布。",
        "Meanwhile somebody has published version {n}. Your changes are kept, all else is as it is there: look again.",
    ),
    "list_first": Text(
        "只列出前 {n} 个代码，其余在该代码表的修改页上。", "The first {n} codes; the others are on its own page."
    ),
    "list_file": Text("用表格修改", "Change it in a file"),
    "list_file_take": Text(
        "第一步：下载现行代码表，用表格软件打开。", "First: take the list, and open it in a spreadsheet program."
    ),
    "list_file_change": Text(
        "第二步：在表中改名称、英文名称、可选至，或在末尾添加新代码；“代码”一列不要改。没有列出的代码保持不变；"
        "最多 {n} 个代码。",
        "Second: change names and last days, or add codes below; leave the codes as they are. What is left out stays "
        "as it is. At most {n} codes.",
    ),
    "list_file_bring": Text(
        "第三步：上传修改后的表格，先看差别，再发布。", "Third: bring the file back, look at what differs, publish."
    ),
    "list_file_name": Text("修改后的表格", "The changed file"),
    "list_file_look": Text("上传并预览", "Bring it and look"),
    "list_wrong": Text("有 {n} 处需要改正，改好后再次预览。", "{n} to put right; then look again."),
    "list_row": Text("行号", "Row"),
    "list_what": Text("问题和改法", "What is wrong, and what to write"),
    "list_group_come": Text("新增 {n} 项", "{n} new"),
    "list_group_renamed": Text("改名 {n} 处", "{n} renamed"),
    "list_group_ends": Text("停用（填了可选至）{n} 项", "{n} with a last day"),
    "list_group_goes_on": Text("恢复使用 {n} 项", "{n} without a last day again"),
    "list_unchanged": Text("其余 {n} 个代码不变。", "{n} other codes stay as they are."),
    "list_code": Text("代码", "Code"),
    "list_code_hint": Text("字母、数字或下划线，发布后不能修改", "Letters, digits or _; it stays"),
    "list_zh": Text("名称", "Name in Chinese"),
    "list_en": Text("英文名称", "Name in English"),
    "list_until": Text("可选至", "Until"),
    "list_add": Text("新增代码", "Codes to add"),
    "list_entry": Text("新增第 {n} 项", "New code {n}"),
    "list_name_of": Text("{what}：{code}", "{what}: {code}"),
    "list_look": Text("预览", "Preview"),
    "list_come": Text("新增“{title}”（{code}）", "{code} is new: {title}"),
    "list_renamed": Text("{code} 由“{before}”改称“{after}”", "{code} is called {after} in Chinese, no longer {before}"),
    "list_renamed_en": Text(
        "{code} 的英文名称由“{before}”改为“{after}”", "{code} is called {after} in English, no longer {before}"
    ),
    "list_ends": Text("“{title}”（{code}）可选至 {day}", "{code} ({title}) may be chosen until {day}"),
    "list_goes_on": Text("“{title}”（{code}）不再限定停用日期", "{code} ({title}) has no last day any more"),
}
