"""Every text of the pages that no definition brings along, in both languages. One place, looked up by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text
from web.texts_accounts import ACCOUNT_TEXTS
from web.texts_admin import ADMIN_TEXTS
from web.texts_anchors import ANCHOR_TEXTS
from web.texts_archive import ARCHIVE_TEXTS
from web.texts_audit import AUDIT_TEXTS
from web.texts_behalf import BEHALF_TEXTS
from web.texts_calls import CALL_TEXTS
from web.texts_coverage import COVERAGE_TEXTS
from web.texts_diagrams import DIAGRAM_TEXTS
from web.texts_drafts import DRAFT_TEXTS
from web.texts_erasing import ERASING_TEXTS
from web.texts_figures import FIGURE_TEXTS
from web.texts_files import FILE_TEXTS
from web.texts_filing import FILING_TEXTS
from web.texts_ledger import LEDGER_TEXTS
from web.texts_linked import LINKED_TEXTS
from web.texts_look import LOOK_TEXTS
from web.texts_mine import MINE_TEXTS
from web.texts_notices import NOTICE_TEXTS
from web.texts_overdue import OVERDUE_TEXTS
from web.texts_papers import PAPER_TEXTS
from web.texts_people import PEOPLE_TEXTS
from web.texts_polls import POLL_TEXTS
from web.texts_publish import PUBLISH_TEXTS
from web.texts_refused import REFUSED_TEXTS
from web.texts_register import REGISTER_TEXTS
from web.texts_registers import REGISTERS_TEXTS
from web.texts_report import REPORT_TEXTS
from web.texts_rights import RIGHTS_TEXTS
from web.texts_search import SEARCH_TEXTS
from web.texts_secrecy import SECRECY_TEXTS
from web.texts_secretariat import SECRETARIAT_TEXTS
from web.texts_sheets import SHEET_TEXTS
from web.texts_supervise import SUPERVISE_TEXTS
from web.texts_witnesses import WITNESS_TEXTS
from web.texts_work import WORK_TEXTS

TEXTS: Final[Mapping[str, Text]] = {
    **ACCOUNT_TEXTS,
    **ADMIN_TEXTS,
    **ANCHOR_TEXTS,
    **ARCHIVE_TEXTS,
    **AUDIT_TEXTS,
    **BEHALF_TEXTS,
    **CALL_TEXTS,
    **COVERAGE_TEXTS,
    **POLL_TEXTS,
    **SHEET_TEXTS,
    **DRAFT_TEXTS,
    **DIAGRAM_TEXTS,
    **FIGURE_TEXTS,
    **FILE_TEXTS,
    **FILING_TEXTS,
    **PAPER_TEXTS,
    **REPORT_TEXTS,
    **PEOPLE_TEXTS,
    **PUBLISH_TEXTS,
    **REFUSED_TEXTS,
    **REGISTER_TEXTS,
    **LINKED_TEXTS,
    **LOOK_TEXTS,
    **MINE_TEXTS,
    **SUPERVISE_TEXTS,
    **LEDGER_TEXTS,
    **NOTICE_TEXTS,
    **OVERDUE_TEXTS,
    **ERASING_TEXTS,
    **REGISTERS_TEXTS,
    **RIGHTS_TEXTS,
    **SEARCH_TEXTS,
    **SECRECY_TEXTS,
    **SECRETARIAT_TEXTS,
    **WITNESS_TEXTS,
    **WORK_TEXTS,
    # ---------------------------------------------------------------------------------------------------- every page
    "brand": Text("办结", "Banjie"),
    "brand_line": Text("职代会提案与职工诉求办理", "Congress proposals and staff grievances"),
    "skip": Text("跳到正文", "Skip to the content"),
    "nav": Text("主导航", "Main navigation"),
    "nav_front": Text("首页", "Home"),
    "nav_cases": Text("事项", "Cases"),
    "nav_overdue": Text("期限", "Deadlines"),
    "nav_figures": Text("统计", "Figures"),
    "nav_workflows": Text("流程", "Procedures"),
    "nav_notices": Text("通知", "Notices"),
    "nav_jobs": Text("后台任务", "Jobs"),
    "other_language": Text("English", "中文"),
    "log_out": Text("退出", "Log out"),
    "clock_banner": Text("演示：系统时钟设定为 {on}", "Demonstration: the clock is set to {on}"),
    "shown_at": Text("本页时间：{at}", "As of {at}"),
    "version": Text("版本 {version}", "Version {version}"),
    "comma": Text("、", ", "),
    "colon": Text("：", ": "),
    "dash": Text("—", "—"),
    "yes": Text("是", "Yes"),
    "no": Text("否", "No"),
    "next_page": Text("下一页", "Next page"),
    "first_page": Text("第一页", "First page"),
    "apply": Text("查询", "Apply"),
    "reset": Text("清除条件", "Clear"),
    "any": Text("全部", "All"),
    "source": Text("依据：{source}", "Source: {source}"),
    # --------------------------------------------------------------------------------------------------------- login
    "login_title": Text("登录", "Log in"),
    "login_name": Text("账号", "Name"),
    "login_password": Text("密码", "Password"),
    "login_button": Text("登录", "Log in"),
    "login_plain_http": Text(
        "本站未启用 https，密码在网络上以明文传送，只应在单位内网使用。",
        "This site runs without https: passwords cross the network readable. Use it inside your own network only.",
    ),
    # --------------------------------------------------------------------------------------------------------- front
    "front_title": Text("工作台", "My desk"),
    "front_hello": Text("{name}，您好", "Welcome, {name}"),
    "waiting": Text("待我办理", "Waiting for me"),
    "waiting_none": Text("目前没有等待您办理的事项。", "Nothing is waiting for you."),
    "waiting_none_own": Text(
        "您提出的事项走到哪一步、轮到谁办，请看“我的事项”。",
        "How far your own cases have come stands under “My cases”.",
    ),
    "waiting_all": Text("查看全部待办", "Everything that waits for me"),
    "late_title": Text("已超期", "Overdue"),
    "late_none": Text("没有超期事项。", "Nothing is overdue."),
    "late_all": Text("查看全部期限", "All deadlines"),
    "by_state": Text("各状态事项数", "Cases by state"),
    "by_state_note": Text(
        "只统计您有权查看的事项；每个流程最多统计最近登记的 {n} 件",
        "Of the cases you may see; of each procedure the newest {n} at most",
    ),
    "new_case_of": Text("新建{title}", "New {title}"),
    "cases_of": Text("{title}（{n}）", "{title} ({n})"),
    # ---------------------------------------------------------------------------------------------------------- list
    "cases_title": Text("事项", "Cases"),
    "cases_none": Text("没有符合条件的事项。", "No case meets these conditions."),
    "workflow": Text("流程", "Procedure"),
    "state": Text("状态", "State"),
    "unit": Text("单位", "Unit"),
    "phase": Text("阶段", "Phase"),
    "phase_initial": Text("未提交", "Not submitted"),
    "phase_active": Text("办理中", "In progress"),
    "phase_final": Text("已终结", "Ended"),
    "number": Text("编号", "Number"),
    "no_number": Text("未编号", "No number yet"),
    "subject": Text("案由", "Subject"),
    "no_subject": Text("（无案由）", "(no subject)"),
    "lead_unit": Text("主办单位", "Lead unit"),
    "next_due": Text("最近期限", "Next deadline"),
    "opened_on": Text("登记日期", "Opened on"),
    # ---------------------------------------------------------------------------------------------------------- case
    "case_progress": Text("办理进度", "Progress"),
    "step_submitted": Text("提交", "Submitted"),
    "step_reviewed": Text("审查", "Reviewed"),
    "step_assigned": Text("交办", "Assigned"),
    "step_handled": Text("办结", "Handled"),
    "step_evaluated": Text("评价", "Evaluated"),
    "step_ahead": Text("未到", "ahead"),
    "case_moves": Text("现在可以办理", "What you can do now"),
    "case_moves_none": Text("此事项目前没有您可以办理的步骤。", "There is nothing for you to do here now."),
    "case_fields": Text("内容", "Content"),
    "case_deadlines": Text("期限", "Deadlines"),
    "case_deadlines_none": Text("没有期限。", "No deadlines."),
    "case_parties": Text("当事人", "Parties"),
    "case_children": Text("承办单位", "Handling units"),
    "case_timeline": Text("办理记录", "Timeline"),
    "case_parent": Text("主案", "Main case"),
    "case_merged_into": Text("已并入", "Merged into"),
    "case_merged_from": Text("并入本件", "Merged into this one"),
    "case_session": Text("届次", "Congress session"),
    "case_done": Text("已办理：{title}", "Done: {title}"),
    "case_opened": Text("已登记。", "Opened."),
    "case_child_role": Text("承办方式", "Part"),
    "role_lead": Text("主办", "Lead"),
    "role_co_handler": Text("协办", "Co-handler"),
    "role_alike": Text("承办", "Handler"),
    "privacy_public": Text("公开", "Public"),
    "privacy_internal": Text("内部", "Internal"),
    "privacy_personal": Text("个人信息", "Personal"),
    "privacy_confidential": Text("保密", "Confidential"),
    "privacy_public_note": Text("可对外公开", "May be published"),
    "privacy_internal_note": Text("仅本单位有权人员可见", "Seen inside the organisation only"),
    "privacy_personal_note": Text("仅办理人员可见，请勿外传", "Seen by those who handle the case; not to be passed on"),
    "privacy_confidential_note": Text("严格限制知悉范围", "Strictly limited"),
    # ----------------------------------------------------------------------------------------------------- deadlines
    "due": Text("截止", "Due"),
    "promised": Text("原定", "First set to"),
    "provisional": Text("暂定", "provisional"),
    "provisional_note": Text(
        "相关年度放假安排尚未公布，日期为暂定", "The holiday notice of that year is missing; the date is provisional"
    ),
    "left_days": Text("还有 {n} 个工作日", "{n} working days left"),
    "left_one": Text("还有 1 个工作日", "1 working day left"),
    "left_hours": Text("不足 1 个工作日", "less than a working day left"),
    "left_today": Text("今日到期", "due today"),
    "late_days": Text("已超期 {n} 个工作日", "{n} working days overdue"),
    "late_one": Text("已超期 1 个工作日", "1 working day overdue"),
    "late_just": Text("已超期", "overdue"),
    "clock_suspended": Text("中止计时", "clock stands still"),
    "clock_done": Text("已完成", "done"),
    "clock_over": Text("期限已满", "the term is over"),
    "clock_met": Text("按期完成", "done in time"),
    "clock_met_late": Text("逾期完成", "done late"),
    "clock_cancelled": Text("不再适用", "no longer asked for"),
    "ended": Text("完成", "Ended"),
    "extended": Text("延期 {days} 日", "extended by {days} days"),
    "suspensions": Text("中止 {spans}", "stood still {spans}"),
    "until_now": Text("至今", "until now"),
    "rungs": Text("督办 {names}", "Escalated: {names}"),
    "rung_withdrawn": Text("{title}（已撤销）", "{title} (withdrawn)"),
    "why": Text("为什么是这一天", "Why this day"),
    "why_days": Text("逐日计算", "Day by day"),
    "day": Text("日期", "Day"),
    "day_count": Text("计数", "Count"),
    "day_what": Text("说明", "Meaning"),
    "mark_start": Text("起算日", "start"),
    "mark_worked": Text("工作日", "working day"),
    "mark_make_up": Text("调休上班", "make-up day"),
    "mark_counted": Text("计入", "counted"),
    "mark_rest": Text("休息日，不计入", "day off, not counted"),
    "mark_suspended": Text("中止期间", "clock stood still"),
    "mark_rolled": Text("顺延至", "moved to"),
    # ------------------------------------------------------------------------------------------------------ timeline
    "entry_opened": Text("登记", "Opened"),
    "entry_rungs": Text("启动督办：{rungs}", "Supervision raised: {rungs}"),
    "entry_changed": Text("联动变更", "Changed with another case"),
    "entry_migrated": Text("改按流程第 {version} 版办理：{reason}", "Goes on under version {version}: {reason}"),
    "entry_erased": Text("依法删除个人信息或内部内容", "Private values erased by law"),
    "entry_noted": Text("附记", "Note"),
    "entry_to": Text("进入“{state}”", "now “{state}”"),
    "entry_by": Text("{who}（{role}）", "{who} ({role})"),
    "entry_occurred": Text("发生于 {at}", "happened on {at}"),
    "entry_cause": Text("由关联事项“{move}”引起", "caused by “{move}” of a related case"),
    "entry_guards": Text("核对条件 {n} 项", "{n} conditions checked"),
    "entry_fields": Text("填写内容", "Filled in"),
    "entry_hash": Text("第 {seq} 号记录，摘要 {hash}", "Entry {seq}, hash {hash}"),
    "guard_holds": Text("满足", "holds"),
    "guard_fails": Text("不满足（未走此分支）", "does not hold (another way was taken)"),
    "who_system": Text("系统", "System"),
    "who_import": Text("导入", "Import"),
    # --------------------------------------------------------------------------------------------------------- forms
    "form_wrong": Text("填写有误：{fields}", "Please correct: {fields}"),
    "form_required": Text("必填", "required"),
    "form_choose": Text("请选择", "Choose"),
    "form_submit": Text("提交", "Submit"),
    "form_confirm": Text("确认{title}", "{title}"),
    "form_lines": Text("每行一项", "One per line"),
    "row_nth": Text("行", "Row"),
    "rows_how": Text(
        "每行一项，空行不计；可从电子表格复制多行，粘贴到第一格",
        "One item a row, empty rows do not count; rows copied from a spreadsheet can be pasted into the first cell",
    ),
    "rows_more": Text("再添几行", "More rows"),
    "form_unit": Text("受理单位", "Unit of the case"),
    "form_session": Text("届次", "Congress session"),
    "form_session_none": Text("不属于某一届次（闭会期间）", "None (between sessions)"),
    "form_no_unit": Text("您没有新建此类事项的权限。", "You may not open such a case."),
    "new_title": Text("新建{title}", "New {title}"),
    "new_privacy": Text(
        "标有“个人信息”“保密”的内容只保存在受保护的区域，不进入列表、检索和公开记录。",
        "What is marked personal or confidential is kept apart: it enters no list, no search and no public record.",
    ),
    # ------------------------------------------------------------------------------------------------------- overdue
    "overdue_title": Text("期限", "Deadlines"),
    "overdue_scope": Text("范围", "Range"),
    "overdue_now": Text("已超期", "Overdue now"),
    "overdue_3": Text("3 日内到期（含已超期）", "Due within 3 days, or overdue"),
    "overdue_7": Text("7 日内到期（含已超期）", "Due within 7 days, or overdue"),
    "overdue_30": Text("30 日内到期（含已超期）", "Due within 30 days, or overdue"),
    "overdue_none": Text("没有这样的期限。", "There is no such deadline."),
    "deadline": Text("期限名称", "Deadline"),
    "standing": Text("情况", "Standing"),
    # ------------------------------------------------------------------------------------------------------- figures
    "figures_of": Text("{title}统计", "Figures: {title}"),
    "figures_as_of": Text("截至", "As of"),
    "figures_by": Text("分组", "By"),
    "figures_by_none": Text("不分组", "No groups"),
    "figures_by_unit": Text("按单位", "By unit"),
    "figures_by_category": Text("按类别", "By category"),
    "figures_by_month": Text("按提交月份", "By month of submission"),
    "figures_scope": Text("统计范围：{title}，共 {n} 件", "Scope: {title}, {n} cases"),
    "figures_stated": Text("其中 {n} 件按代录时间统计", "{n} of them by a stated time"),
    "figures_as_of_line": Text("截至 {at}（按当时台账所知）", "As of {at}, as the ledger knew it then"),
    "figures_none": Text("该流程没有声明统计指标。", "This procedure declares no measures."),
    "measure": Text("指标", "Measure"),
    "numerator": Text("分子", "Numerator"),
    "denominator": Text("分母", "Denominator"),
    "value": Text("数值", "Value"),
    "excluded": Text("不计入", "Left out"),
    "beside": Text("另列", "Beside"),
    "small_sample": Text("样本过小", "small sample"),
    # ----------------------------------------------------------------------------------------------------- workflows
    "workflows_title": Text("流程", "Procedures"),
    "workflow_version": Text("第 {version} 版，自 {on} 起施行", "Version {version}, in force from {on}"),
    "workflow_states": Text("状态", "States"),
    "workflow_moves": Text("步骤与规则", "Moves and rules"),
    "workflow_deadlines": Text("期限", "Deadlines"),
    "workflow_parameters": Text("本单位参数", "Parameters"),
    "workflow_acts": Text("应办角色", "Who acts"),
    "workflow_by": Text("办理角色", "By"),
    "workflow_guards": Text("条件", "Conditions"),
    "workflow_term": Text("时限", "Term"),
    "workflow_source": Text("依据", "Source"),
    "workflow_stays": Text("状态不变", "state unchanged"),
    "workflow_back": Text("恢复原状态", "where it was"),
    "workflow_unless": Text("不满足时：{refusal}", "or else: {refusal}"),
    "workflow_from_field": Text("“{title}”所填日期", "the date in “{title}”"),
    "workflow_from_field_or": Text(
        "“{title}”所填日期，未填的为{otherwise}", "the date in “{title}”, otherwise {otherwise}"
    ),
    "milestone": Text("节点", "Milestone"),
    "step_closed": Text("结案", "Closed"),
}
