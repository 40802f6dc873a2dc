"""Texts of the pages by which the house is looked after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

ADMIN_TEXTS: Final[Mapping[str, Text]] = {
    "admin_title": Text("系统管理", "Administration"),
    "admin_nothing": Text("没有由您管理的内容。", "There is nothing here for you to look after."),
    "admin_units": Text("单位", "Units"),
    "admin_units_note": Text("单位树：新增、改名、调整隶属、撤并", "The tree of units: add, rename, move, end"),
    "admin_people": Text("人员", "People"),
    "admin_people_note": Text("新增人员，调整所在单位，离职停用", "Add people, move them, set those who left inactive"),
    "admin_accounts": Text("账号", "Accounts"),
    "admin_accounts_note": Text("打印激活单，重置密码，管理令牌", "Print slips, reset passwords, end tokens"),
    "admin_grants": Text("授权", "Grants"),
    "admin_grants_note": Text(
        "谁在哪个单位担任什么角色，自何时至何时", "Who holds which role where, and from when until when"
    ),
    "admin_delegations": Text("代理", "Substitutes"),
    "admin_delegations_note": Text(
        "谁外出由谁代理、自何时至何时；代为登记，提前终止", "Who stands in for whom; entering and ending it for others"
    ),
    "admin_logins": Text("登录会话", "Logins"),
    "admin_logins_note": Text("查看某人的登录和令牌，全部终止", "See by what somebody is logged in, and end all of it"),
    "admin_sessions": Text("届次", "Congress sessions"),
    "admin_sessions_note": Text(
        "职代会届次、提案征集起止和答复期限", "Sessions, their calls for proposals and dates of reply"
    ),
    "admin_calendar": Text("工作日历", "Working days"),
    "admin_calendar_note": Text(
        "查看放假和调休，录入新的放假通知，先预览后生效", "Days off and make-up days; take in a notice after a preview"
    ),
    "admin_lists": Text("代码表", "Code lists"),
    "admin_lists_note": Text(
        "类别、理由等代码：新增、改名、停用，发布新版本", "Categories, reasons and other codes; change and publish them"
    ),
    "admin_lists_note_long": Text(
        "代码表随版本固定于届次，已在办的事项按其立项时的版本办理。",
        "Lists are pinned by the congress session; a case goes by the version it was opened under.",
    ),
    "admin_definitions": Text("流程定义", "Definitions"),
    "admin_definitions_note": Text(
        "现行版本；新版的核验、预览、发布和撤回", "Versions in force; checking and publishing new ones"
    ),
    "admin_channels": Text("消息渠道", "Channels"),
    "admin_channels_note": Text(
        "邮件、企业微信等渠道，发送测试消息", "Mail and other ways out of the house, and a test"
    ),
    "admin_jobs": Text("后台任务", "Background jobs"),
    "admin_jobs_note": Text("巡查、发送、封存等任务的执行情况", "Sweeps, deliveries, sealing: how they go"),
    "admin_health": Text("运行状况", "Health"),
    "admin_health_note": Text(
        "数据库、密钥、日历、封存、磁盘逐项检查", "Database, keys, calendar, sealing and disk, one by one"
    ),
    "admin_health_well": Text("各项正常。", "Everything is as it should be."),
    "admin_health_wrong": Text("有 {n} 项需要处理。", "{n} point(s) need attention."),
    "admin_look_done": Text("正常", "Well"),
    "admin_look_soon": Text("请处理", "To be seen to"),
    "admin_look_late": Text("故障", "Broken"),
    "admin_look_found": Text("检查结果", "What was found"),
    "admin_look_advice": Text("怎么办", "What to do"),
    "admin_kept": Text("已保存，并已记入账册。", "Kept, and told to the ledger."),
    "admin_wrong": Text("有内容填写有误，请改正后再保存。", "Some of it is wrong; correct it and keep it again."),
    "admin_keep": Text("保存", "Keep"),
    "admin_cancel": Text("放弃修改", "Leave it"),
    "admin_none": Text("无", "None"),
    "admin_name": Text("名称", "Name"),
    "admin_name_en": Text("英文名称（可不填）", "Name in English (may be left out)"),
    "admin_change": Text("修改：{name}", "Change {name}"),
    "admin_version": Text("第 {n} 版", "version {n}"),
    # ---------------------------------------------------------------------------------------------------------- units
    "admin_unit_add": Text("新增单位", "Add a unit"),
    "admin_units_level": Text("下级单位（{n}）", "Units below ({n})"),
    "admin_units_found": Text("名称或编码含“{text}”的单位（{n}）", "Units called {text} ({n})"),
    "admin_units_none": Text("没有符合条件的单位。", "No unit like that."),
    "admin_units_top": Text("回到顶级单位", "Back to the top"),
    "admin_unit_text": Text("单位名称或编码", "Name or code of a unit"),
    "admin_unit_below": Text("下级单位", "Units below"),
    "admin_unit_open": Text("展开 {n} 个", "Open {n}"),
    "admin_unit_typed": Text("单位较多，请填写单位编码", "There are many units: give the code"),
    "admin_unit_code": Text("编码", "Code"),
    "admin_unit_code_hint": Text(
        "登记册和导入表格以编码识别单位，保存后不能修改", "Registers know units by it; it stays"
    ),
    "admin_unit_parent": Text("上级单位", "Unit above"),
    "admin_unit_people": Text("在册人数", "People"),
    "admin_unit_period": Text("起止", "Period"),
    "admin_unit_from": Text("启用日期", "From"),
    "admin_unit_until": Text("停用日期", "Until"),
    "admin_unit_until_hint": Text("撤销或合并时填写；历史事项保留", "When it is dissolved; its old cases stay"),
    "admin_unit_successor": Text("承接单位", "Successor"),
    "admin_unit_over": Text("已停用", "Ended"),
    "admin_unit_move_note": Text(
        "调整隶属后，原上级随即看不到该单位的事项，新上级在后台任务完成后可见。",
        "When a unit is moved, those above it before lose sight of its cases at once; "
        "those above it now see them when the background job is done.",
    ),
    # --------------------------------------------------------------------------------------------------------- people
    "admin_person_add": Text("新增人员", "Add a person"),
    "admin_people_all": Text("人员（{n}）", "People ({n})"),
    "admin_people_none": Text("没有符合条件的人员。", "Nobody like that."),
    "admin_person_name": Text("姓名", "Name"),
    "admin_person_text": Text("姓名或登录名", "Name or login"),
    "admin_person_active": Text("在职状态", "Standing"),
    "admin_person_is_active": Text("在职", "Active"),
    "admin_person_is_inactive": Text("已停用", "Inactive"),
    "admin_person_inactive_hint": Text(
        "停用后立即退出登录，令牌失效，经办记录保留", "Logged out at once; what they did stays"
    ),
    "admin_person_login_hint": Text("如工号；字母、数字或 . _ @ -", "As the staff number: letters, digits or . _ @ -"),
    "admin_person_slip_note": Text(
        "新增后到“账号”页打印激活单，由本人凭单设置密码。",
        "Afterwards print a slip under Accounts, by which they set a password.",
    ),
    # ------------------------------------------------------------------------------------------------------- sessions
    "admin_session_add": Text("新增或修改届次", "Add or change a session"),
    "admin_sessions_all": Text("全部届次（{n}）", "All sessions ({n})"),
    "admin_sessions_none": Text("还没有登记届次。", "No session yet."),
    "admin_session_term": Text("届", "Term"),
    "admin_session_meeting": Text("次", "Meeting"),
    "admin_session_name_hint": Text("不填则为“第×届第×次职工代表大会”", "Left out: Congress N, meeting N"),
    "admin_session_call_opens_on": Text("征集开始", "Call opens"),
    "admin_session_call_closes_on": Text("征集截止", "Call closes"),
    "admin_session_opens_on": Text("开幕", "Opens"),
    "admin_session_closes_on": Text("闭幕", "Closes"),
    "admin_session_reply_due_on": Text("答复期限", "Replies due"),
    "admin_session_note": Text(
        "同一单位同届同次已有登记的，保存即修改该次。",
        "A session of this unit, term and meeting that is there is changed.",
    ),
    # ------------------------------------------------------------------------------------------------------- calendar
    "month_of": Text("{year}年{month}月", "{year}-{month}"),
    "month_worked": Text("工作日 {n} 天", "{n} working days"),
    "day_off_mark": Text("休", "off"),
    "day_worked_mark": Text("班", "work"),
    "weekday_1": Text("一", "Mo"),
    "weekday_2": Text("二", "Tu"),
    "weekday_3": Text("三", "We"),
    "weekday_4": Text("四", "Th"),
    "weekday_5": Text("五", "Fr"),
    "weekday_6": Text("六", "Sa"),
    "weekday_7": Text("日", "Su"),
    "calendar_year": Text("{year}年，工作日 {n} 天", "{year}: {n} working days"),
    "calendar_missing": Text(
        "{year} 年放假通知尚未录入，本年日期均为暂定。",
        "No notice for {year} is on file: every date of it is provisional.",
    ),
    "calendar_urgent": Text(
        "缺 {years} 年放假通知，请在国务院办公厅通知公布后及时录入。",
        "The notice for {years} is missing: take it in as soon as it is published.",
    ),
    "calendar_notices": Text("已录入的放假通知", "Notices on file"),
    "calendar_notice_year": Text("年份", "Year"),
    "calendar_notice_title": Text("通知", "Notice"),
    "calendar_notice_number": Text("文号", "Number"),
    "calendar_notice_issued": Text("印发日期", "Issued"),
    "calendar_unnumbered": Text("未核对原文", "not compared"),
    "calendar_off": Text("放假", "off"),
    "calendar_worked": Text("上班", "worked"),
    "calendar_make_up": Text("调休上班", "Make-up days"),
    "calendar_named": Text("{kind}（{name}）", "{kind} ({name})"),
    "calendar_add": Text("录入放假通知", "Take in a notice"),
    "calendar_add_note": Text(
        "粘贴通知文件（与 workflows/calendars 中各年文件同一格式）。先预览将变动的期限，确认后才生效。",
        "Paste the file of a notice, written as those in workflows/calendars. You see first what would move.",
    ),
    "calendar_text": Text("通知文件内容", "The file"),
    "calendar_look": Text("预览", "Preview"),
    "calendar_preview": Text("预览：录入后的变动", "Preview: what would change"),
    "calendar_nothing": Text(
        "该通知不改变任何一天，没有期限变动。", "This notice changes no day, so no deadline moves."
    ),
    "calendar_settles": Text("{years} 年由暂定转为确定。", "{years} is provisional no longer."),
    "calendar_moves": Text(
        "查看未结期限 {looked} 项：{moved} 项日期变动，{firmed} 项日期不变、暂定与否改变。",
        "{looked} open deadline(s): {moved} move, {firmed} keep their date and are provisional or no longer so.",
    ),
    "calendar_moved": Text("日期变动的期限", "Deadlines that move"),
    "calendar_hidden": Text(
        "另有 {n} 项未在此列出（超出篇幅，或属于您无权查看的事项）。", "{n} more are not listed here."
    ),
    "calendar_day": Text("日期", "Day"),
    "calendar_was": Text("原为", "Was"),
    "calendar_now": Text("改为", "Is now"),
    "calendar_was_due": Text("原截止日期", "Was due"),
    "calendar_is_due": Text("新截止日期", "Is due"),
    "calendar_take_in": Text("确认录入", "Take it in"),
    "calendar_take_in_note": Text(
        "录入后由后台逐件重新计算，每一处变动都记入该事项的经过，原承诺日期仍可查。",
        "Each deadline is then worked out anew in the background; every change is an entry, the first promise stays.",
    ),
    "calendar_taken": Text(
        "已录入 {year} 年放假通知，各项期限正在后台逐件更新。",
        "The notice of {year} is on file; deadlines are being updated.",
    ),
    # ----------------------------------------------------------------------------------------- definitions and channels
    "admin_list_items": Text("{n} 项", "{n} items"),
    "admin_list_code": Text("代码", "Code"),
    "admin_list_note": Text("说明", "Note"),
    "admin_definitions_in_force": Text("现行流程", "In force"),
    "admin_definition_name": Text("流程标识", "Name"),
    "admin_definition_name_hint": Text("与文件中 name 一致，如 proposal", "As the file says it, for example proposal"),
    "admin_definition_version": Text("版本", "Version"),
    "admin_definition_from": Text("施行日期", "In force from"),
    "admin_definition_versions": Text("版本数", "Versions"),
    "admin_definition_check": Text("核验和发布流程定义", "Check and publish a definition"),
    "admin_definition_check_note": Text(
        "粘贴流程文件。“核验”逐条证明其可行，指出问题所在的行，不改变任何内容；“预览发布”再列出与现行版本的差别、"
        "流程图和在办事项数，填写理由后发布。发布后新立事项即按新版办理，在办事项仍按其立项时的版本。",
        "Paste the file of a workflow. A check proves it, names the line of every problem and changes nothing. The "
        "preview shows what is different, the diagram and how many cases are running; with a reason it is published. "
        "New cases go by it at once, running ones by the version they were opened under.",
    ),
    "admin_definition_text": Text("流程文件内容", "The file"),
    "admin_definition_look": Text("核验", "Check"),
    "admin_definition_sound": Text("未发现问题，可以上线。", "No problem was found: it can be put in."),
    "admin_definition_problems": Text("发现 {n} 处问题：", "{n} problem(s):"),
    "problem_line": Text("位置", "Place"),
    "problem_at": Text("第 {line} 行第 {column} 列", "line {line}, column {column}"),
    "problem_what": Text("问题", "Problem"),
    "problem_remedy": Text("如何改正", "What to write instead"),
    "admin_channels_where": Text(
        "渠道由系统管理员在服务的环境变量中设置，密码不在网页上显示。",
        "Channels are configured where the service is started; their secrets are shown nowhere.",
    ),
    "admin_channels_none": Text(
        "未设置站外消息渠道，通知只进收件箱。", "No channel is configured: notices go to the inbox only."
    ),
    "admin_channel_test": Text("发送测试消息", "Send a test"),
    "admin_channel": Text("渠道", "Channel"),
    "admin_channel_address": Text("收件地址", "To"),
    "admin_channel_address_hint": Text(
        "邮箱地址，或机器人、webhook 的设置名称", "A mail address, or the name of a bot or hook"
    ),
    "admin_channel_send": Text("发送测试", "Send the test"),
    "admin_channel_sent": Text(
        "测试消息已由“{channel}”发往 {address}，请查收。", "{channel} has taken the test for {address}."
    ),
    "admin_channel_failed": Text("“{channel}”未能发出：{reason}", "{channel} did not take it: {reason}"),
}
