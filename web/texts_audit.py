"""The texts of auditing: search over entries, a case under audit, samples, and what really happened."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

AUDIT_TEXTS: Final[Mapping[str, Text]] = {
    "audit_title": Text("审计", "Audit"),
    "audit_note": Text(
        "按时间从新到旧查账册记录。只显示您有权查阅的；每次最多看 {n} 条记录，可以接着往前查。",
        "Entries of the ledger, newest first, as far as you may see them. Each page looks at {n} entries at most.",
    ),
    "audit_number": Text("编号（收件号、提案号或事项标识）", "Number, or id of a case"),
    "audit_person": Text("人员（登录名或姓名）", "Person (login or name)"),
    "audit_kind": Text("查什么", "What"),
    "audit_kind_any": Text("全部记录", "Everything"),
    "audit_kind_cases": Text("事项办理记录", "Entries of cases"),
    "audit_kind_exports": Text("导出", "Exports"),
    "audit_kind_reads": Text("查阅保密事项", "Looks at confidential cases"),
    "audit_kind_denials": Text("被拒绝的访问", "Denied attempts"),
    "audit_kind_grants": Text("授权与代理", "Grants and deputations"),
    "audit_kind_rules": Text("流程与代码表", "Definitions and lists"),
    "audit_kind_days": Text("工作日历", "Calendar"),
    "audit_kind_house": Text("单位、人员、届次", "Units, people, sessions"),
    "audit_kind_logins": Text("登录与账号", "Logins and accounts"),
    "audit_kind_sealing": Text("封存与留存", "Sealing and anchoring"),
    "audit_kind_sweeps": Text("期限巡检", "Sweeps of deadlines"),
    "audit_move": Text("办理事项", "Move"),
    "audit_role": Text("办理角色", "Role"),
    "audit_since": Text("自", "From"),
    "audit_until": Text("至", "To"),
    "audit_only": Text("只看", "Only"),
    "audit_behalf": Text("代录的", "entered on behalf"),
    "audit_by_system": Text("系统自动的", "made by the system"),
    "audit_none": Text("这一段没有符合条件的记录。", "Nothing here fits."),
    "audit_looked": Text(
        "看了 {n} 条记录，命中 {hits} 条，已看到 {at}。", "Looked at {n} entries down to {at}; {hits} fit."
    ),
    "audit_looked_nothing": Text("没有可看的记录。", "There are no entries to look at."),
    "audit_more": Text("接着往前查", "Look further back"),
    "audit_export": Text("导出本页命中（CSV，导出会记入账册）", "Export these (CSV; recorded in the ledger)"),
    "audit_at": Text("时间", "When"),
    "audit_what": Text("什么", "What"),
    "audit_who": Text("谁", "Who"),
    "audit_where": Text("哪一件", "Of what"),
    "audit_place": Text("链、序号与哈希", "Chain, place and hash"),
    "audit_house_fact": Text("本单位（非个案）", "the house"),
    "audit_hidden_who": Text("不公开姓名", "not named"),
    "audit_sealed_at": Text("封存位置 {idx}", "sealed as {idx}"),
    "audit_waits": Text("待封存", "not sealed yet"),
    "audit_no_case": Text("没有编号为“{number}”、您可查阅的事项。", "No case “{number}” that you may see."),
    "audit_links": Text("其他审计工作", "More"),
    "audit_to_sample": Text("抽样检查", "Draw a sample"),
    "audit_to_process": Text("实际流程图", "What really happened"),
    "audit_to_ledger": Text("账册与检查点", "The ledger"),
    "audit_date_wrong": Text("日期请写成 2026-09-15 的样子", "Write a date as 2026-09-15"),
    # ----------------------------------------------------------------------------------------------- case under audit
    "audit_case": Text("审计：{number}", "Audit: {number}"),
    "audit_case_back": Text("返回事项", "Back to the case"),
    "audit_case_access": Text("谁有什么权限、谁查阅过", "Who holds which right, who looked"),
    "audit_case_bundle": Text("下载证据包", "Download the bundle"),
    "audit_case_path": Text("走过的路", "The way it went"),
    "audit_case_path_note": Text(
        "按立项时的流程版本（{version}）绘制，圈号是先后次序。", "Drawn by the version it runs under ({version})."
    ),
    "audit_case_step": Text("次序", "No."),
    "audit_case_proof": Text("证明", "Proof"),
    "audit_case_sealed": Text(
        "{n} 条记录中 {sealed} 条已封存；最早由检查点 {checkpoint}（{at}）完整包含。",
        "{sealed} of {n} entries are sealed; the first checkpoint that covers them is {checkpoint} ({at}).",
    ),
    "audit_case_unsealed": Text("{n} 条记录尚未封存。", "None of the {n} entries is sealed yet."),
    "audit_case_rest": Text("另有 {n} 条待封存。", "{n} wait to be sealed."),
    "audit_case_anchored": Text("留存在外的情况：", "Kept elsewhere: "),
    "audit_case_verify": Text(
        "下载证据包后，在自己的电脑上核验（点选后复制）：", "Verify the bundle on your own machine:"
    ),
    "audit_case_definition": Text("流程文本的哈希", "Hash of the definition"),
    "audit_case_entries": Text("逐条记录（共 {n} 条）", "Every entry ({n})"),
    "audit_case_blind": Text(
        "您可以审计本件的权限情况，但无权阅读事项内容，所以不显示逐条记录。",
        "You audit who holds which right on this case, but may not read it; its entries are not shown.",
    ),
    "audit_case_exports": Text("导出与查阅", "Exports and looks"),
    "audit_case_exports_none": Text("没有导出或查阅的记录。", "Nothing was exported or looked at on record."),
    "audit_case_denials_note": Text(
        "被拒绝的访问按人、按分钟汇总，不记是哪一件，请在“审计”页按“被拒绝的访问”查。",
        "Denied attempts are counted by person and minute without naming the case; search for them on the audit page.",
    ),
    "audit_field": Text("字段", "Field"),
    "audit_old": Text("原来", "Before"),
    "audit_new": Text("现在", "After"),
    "audit_commitment": Text(
        "承诺值 {hash}…（内容不向您公开，值可凭证据核对）", "commitment {hash}… (not open to you)"
    ),
    "audit_removed": Text("清空", "taken away"),
    "audit_basis": Text("依据", "Basis"),
    "audit_hash": Text("哈希", "Hash"),
    "audit_prev": Text("上一条", "Previous"),
    "audit_seq": Text("第 {n} 条", "Entry {n}"),
    # --------------------------------------------------------------------------------------------------------- sample
    "sample_title": Text("抽样检查", "Random sample for an inspection"),
    "sample_how": Text(
        "抽法：把“种子＋换行＋事项标识”按 UTF-8 求 SHA-256，从小到大取前若干件。种子、总体件数和总体哈希随清单一起印出、"
        "记入账册，任何人都可以重算。总体哈希：全部事项标识从小到大、每个后面加换行，求 SHA-256。",
        "The cases are taken in the order of SHA-256 of “seed, line feed, case id” (UTF-8). Seed, size and hash of the "
        "population are printed and recorded, so that anybody can draw again. The population's hash is SHA-256 over all "
        "ids in their order, a line feed behind each.",
    ),
    "sample_size": Text("抽取件数", "Size"),
    "sample_seed": Text("种子（留空则由系统抽取）", "Seed (drawn if empty)"),
    "sample_draw": Text("抽取", "Draw"),
    "sample_result": Text("抽中清单", "The sample"),
    "sample_said": Text(
        "从 {population} 件中抽取 {n} 件；种子 {seed}", "{n} of {population} cases were drawn; seed {seed}"
    ),
    "sample_digest": Text("总体哈希 {digest}", "Hash of the population {digest}"),
    "sample_changed": Text(
        "总体与抽取时不同（新立、办结或权限变化），重算结果可能不一样。",
        "The population is another one than at the time of drawing; the result may differ.",
    ),
    "sample_too_many": Text(
        "符合条件的超过 {n} 件，请用流程、届次、单位或日期缩小范围。", "More than {n} cases fit: narrow it down."
    ),
    "sample_empty": Text("没有符合条件的事项。", "No case fits."),
    "sample_order": Text("次序", "No."),
    "sample_csv": Text("导出清单（CSV）", "Export (CSV)"),
    "audit_opened_from": Text("登记自", "Opened from"),
    "audit_opened_until": Text("登记至", "Opened until"),
    "audit_session": Text("届次", "Session"),
    # -------------------------------------------------------------------------------------------------------- process
    "process_title": Text("实际流程图", "What really happened"),
    "process_note": Text(
        "从账册算出，只含您看得到的事项。连线上是次数和两步之间工作日的中位数；线越粗，走得越多。",
        "Worked out from the ledger, of cases you see. Lines tell how often, and the median working days between.",
    ),
    "process_diagram": Text("{title}：实际走过的路", "{title}: ways that cases went"),
    "process_said": Text(
        "{cases}件事项走过的{steps}种步骤，与下表一致。", "{cases} cases, {steps} kinds of steps, as below."
    ),
    "process_scope": Text("{n}件，截至 {at}", "{n} cases, as of {at}"),
    "process_cut": Text(
        "符合条件的事项太多：只算了最近登记的{n}件（自{on}起）。请缩小范围。",
        "Too many cases fit: only the newest {n} were counted (since {on}). Narrow it down.",
    ),
    "process_undated": Text(
        "其中{n}件导入时日期不明，不计时间", "{n} were imported without dates and count for no time"
    ),
    "process_looped": Text("{n}件有返工（回到走过的状态）", "{n} came back to a state"),
    "process_ways": Text("共有{n}种走法", "{n} ways in all"),
    "process_visits": Text("{n}件到过", "{n} came here"),
    "process_days": Text("{days}日", "{days} d"),
    "process_step_said": Text(
        "{source} → {target}：{n}次，中位 {days} 个工作日", "{source} → {target}: {n} times, median {days} working days"
    ),
    "diagram_key_heaviest": Text("走得最多", "most frequent"),
    "process_steps": Text("步骤", "Steps"),
    "process_times": Text("次数", "Times"),
    "process_median": Text("工作日中位数", "Median working days"),
    "process_not_declared": Text("流程未规定的路（如并案恢复、导入）", "not declared (un-merge, import)"),
    "process_variants": Text("走法（最多的在前）", "Ways, the most frequent first"),
    "process_way": Text("走法", "Way"),
    "process_share": Text("占比", "Share"),
    "process_norm": Text("最常见", "the usual way"),
    "process_off": Text("偏离常路", "off the usual way"),
    "process_loop": Text("有返工", "with a loop"),
    "process_examples": Text("哪些件", "Cases"),
    "process_none": Text("没有符合条件的事项。", "No case fits."),
    "process_csv": Text("导出步骤（CSV）", "Export the steps (CSV)"),
    # ---------------------------------------------------------------------------------------------------------- facts
    "fact_swept": Text("期限巡检", "Sweep of deadlines"),
    "fact_granted": Text("授权", "Grant given"),
    "fact_grant_ended": Text("终止授权", "Grant ended"),
    "fact_deputed": Text("委托代理", "Deputation given"),
    "fact_deputation_ended": Text("终止代理", "Deputation ended"),
    "fact_unit_kept": Text("登记单位", "Unit kept"),
    "fact_person_kept": Text("登记人员", "Person kept"),
    "fact_session_kept": Text("登记届次", "Session kept"),
    "fact_delegation_kept": Text("登记代表团", "Delegation kept"),
    "fact_rules_kept": Text("发布流程或代码表", "Definition or list kept"),
    "fact_days_kept": Text("更新工作日历", "Calendar kept"),
    "fact_exported": Text("导出", "Export"),
    "fact_read": Text("查阅保密事项", "Look at a confidential case"),
    "fact_denied": Text("访问被拒绝", "Denied attempt"),
    "fact_heartbeat": Text("封存心跳", "Heartbeat"),
    "fact_checkpoint_sent": Text("寄送检查点", "Checkpoint sent"),
    "fact_tree_closed": Text("年度账册结束", "Tree closed"),
    "fact_key_announced": Text("公布密钥", "Key announced"),
    "fact_login_opened": Text("启用登录", "Login opened"),
    "fact_logins_failed": Text("登录失败", "Failed logins"),
    "fact_password_set": Text("设置密码", "Password set"),
    "fact_second_factor_enrolled": Text("启用第二要素", "Second factor enrolled"),
    "fact_second_factor_removed": Text("取消第二要素", "Second factor removed"),
    "fact_token_made": Text("生成令牌", "Token made"),
    "fact_token_ended": Text("终止令牌", "Token ended"),
    "fact_slips_made": Text("打印密码条", "Slips made"),
    "fact_login_linked": Text("绑定统一登录", "Login linked"),
    "fact_login_unlinked": Text("解绑统一登录", "Login unlinked"),
    "fact_linked_login_used": Text("统一登录进入", "Linked login used"),
    "fact_other": Text("其他事实（{type}）", "Other fact ({type})"),
}
