"""What the parts of a definition are, in Chinese; the code documents them in English."""

from __future__ import annotations

from typing import Final

PARTS: Final = {
    "Workflow": "一个流程的一个版本。`opening` 是立项时填的表，`on_open` 是立项时办的事（编号、起算期限）；"
    "`number_fields` 依次取第一个"
    "有值的作为编号；`opening_first` 是表单先显示的选填项，其余折叠；`conversation` 是当事人与承办人互相留言的字段；"
    "件数少于 `minimum_sample` 的比率标注“样本过小”。",
    "Label": "读者看到的文字，中英文都要写。",
    "Source": "规则的出处：`documents` 中的一份文件和其中的条款。",
    "Parameter": "单位可以另行规定的数或词；条件和拒绝的话里写 `parameter.<名>`。",
    "NumberSeries": "一个编号系列。模板可用 `{session}`、`{year}` 和带位数的 `{n:03}`；用过的号不再用。",
    "FieldPart": "一件事项的一项内容。`schema` 是 JSON Schema，`list` 指明取自哪个代码表；`tracked` 保留历次的值，"
    "统计可按它分；"
    "`initial` 是立项时的值。写了 `columns` 的是表格，一行一条。",
    "ColumnPart": "表格的一栏。写了 `value` 的由系统算出，不填；`required` 的每一行都要填。",
    "TallyPart": "由表格各行得出的一个数：几行，`sum` 合计多少，`distinct` 有几种；`where` 只取符合条件的行。"
    "条件里写 `tally.<名>`。",
    "RolePart": "以什么身份办理。`party` 是本件的当事人；`grant` "
    "是在本件单位（`case_unit`）或者承办单位（`lead_unit`）被授予 `of` 中角色的人，"
    "`inherited` 为真的，上级单位的授权也算，`only` 的只算上级；`system` 是系统自己；`code` 是凭查询码来的匿名人。"
    "`sees` 写能否看到事项，"
    "`reads` 写能读到哪一密级，`erases` 写能否参与删除，`stands_in_for` 写可代行哪一当事人的事（回避后的替代人）。",
    "StatePart": "事项停留的状态。`acts` 写接下来该谁办；`waive` 写明不设期限的理由。",
    "GuardPart": "办一步之前的条件，`expr` 和 `use` 二者写一。`use` 是系统备有的条件和版本，`given` 是它的参数；"
    "`refuse` 是不满足时"
    "对办理人说的话，可含 `{参数名}`。",
    "TransitionPart": "一个流转。`to`、`alternatives`、`stay` 三者写一，说明到哪里；`form` 是要填的字段，"
    "`effects` 依次执行；"
    "`supervises` 的是督办措施，可成批办理；`on_behalf` 写谁可以代录。",
    "Alternative": "几条去路之一，依次看，条件都满足的第一条为准。",
    "Assign": "交办：给每个单位开一件承办件，一个主办，协办不限；`carry` 把字段抄过去。不写 `lead` 的各单位并列；"
    "`adds` 是在原有单位之外增办。",
    "Cascade": "带动子件：把处于所列状态的子件各办一步；写了 `units` 的只带动其中单位和它们的下级。",
    "Merge": "并案：并入表单字段 `into` 所指的事项，当事人一并过去。",
    "UnMerge": "撤销并案，回到原来的状态。",
    "LeaveMerge": "退出并案，带走原来带来的一切；去哪里由这一步写明。",
    "SetFields": "按表达式填写字段。",
    "AppendRows": "把表单里的行添到台账表格后面。",
    "Bind": "让办理人、表单所指的人，或者 `those_in` 中的所有人，成为本件的某种当事人。",
    "Unbind": "让办理人、所有人，或者表单所指的人，退出某种当事人。",
    "ClockEffect": "起算、完成、取消、中止、恢复一个期限；`with_merged` 的连同并入本件的一起完成。",
    "Extend": "延期：按表单里的天数推后，不超过期限所定的次数和天数。",
    "RaiseRung": "不等逾期，直接升到督办的某一级。",
    "WithdrawRung": "撤销督办的某一级：不再升起，也不计数，痕迹保留。",
    "IssueNumber": "从一个系列编下一个号，填入字段。",
    "Notify": "发一则通知；写了 `given` 的，表单填了那一项才发。",
    "OpenLinked": "开一件别的流程的事项，与本件关联；写了 `each` 的，表格一行开一件。",
    "RollUp": "汇总统计表：本级的数加上已报下级的数；`zero` 为零报告。",
    "Publish": "列入公开登记册：公开字段，加上 `fields` 中经同意公开的内部字段。",
    "Join": "联动：子件到了某些状态，父件就办一步，不用再点。`when` 写全部、任一，或者至少 `n` 件。",
    "DeadlinePart": "一个期限怎样算，由流转的办理动作起算和完成。`roll` 写末日是休息日时怎么办；`calendar` "
    "写是否计入单位自己的休息日；"
    "`counts_from` 指明从哪个日期字段起算（如“闭会后三日内”）；`promise` 标明是承诺事项的期限。",
    "Within": "不是期间而是日期的期限：字段里的日期、届次的日期、固定日期，都没有时用 `otherwise`。",
    "Limit": "中止或者延期的限度：几次、累计几天、谁批准。累计到 `max_days`，自动恢复计时。",
    "PromisePart": "承诺限期落实的期限：哪个字段说明是承诺、承诺了什么、哪个字段报告已经落实。",
    "Ladder": "逾期以后怎样逐级督办，由轻到重。",
    "Rung": "督办的一级：第几级、颜色、何时、告知谁、是否重复。",
    "RungTime": "这一级何时升起：到期前、到期后多久，或者某一步办到第几次。",
    "NoticePart": "告知谁什么。`says` 和 `template` 二者写一；`reason` 指明办理人在哪个字段写了理由，随通知一并告知。",
    "Saying": "通知的话：发生了什么，下一步做什么。",
    "EvaluationPart": "评价：各方面各一个字段，用哪个代码表，哪些算不满意。",
    "IdentityPart": "身份分离：哪个字段定保密级别，哪些字段表明身份，由谁两人同意方可启封。`self_filed` "
    "是本人自行提交时自动填的值。",
    "OnBehalfPart": "代录：谁可以代录立项，代录以后告知谁，本人在什么期限内用哪一步提出异议。",
    "VotesPart": "会议表决填在哪三个字段：赞成、反对、弃权。",
    "MeetingPart": "审查会议：逐件审议哪些状态的事项，先办哪一步，有哪些结论可选，宣读哪些字段。",
    "RetentionPart": "保存期限。字段 `hold` 为“是”的，谁也不能删。",
    "RetentionTerm": "某一密级的内容，事项终结后保存几年；没有写依据的是默认值。",
    "RosterPart": "本流程一条一件，是一份名册：`key` 是编号，`name` 是名称，处于 `states` 的算在册，`facets` 是分类。",
    "ReachPart": "本流程触达名册上的谁：编号在哪个字段，哪些状态算计划、哪些算触达、算在哪一天。",
    "OncePart": "同一范围内不得重复触达，除非写明理由。",
    "CoveragePart": "覆盖率：`among` 所余的条目中，多少被触达（`reach`）或者已经具备（`has`）。一条只计一次。",
    "GoalPart": "目标：百分之几。",
    "SheetPart": "统计表：`asked` 是指标表，`filled` 是填报表，`totals` 是合计表，由汇总算出，不填。",
    "BelowPart": "汇总哪些下级的表：哪个流程、哪些状态算已报、哪些算免报。",
    "PollPart": "网上无记名表决或者匿名问卷：哪一步发起、哪一步结束、谁参加、问什么、选项，合计填入哪里。少于 "
    "`least` 人不发起、不汇总。",
    "PollRows": "以表格的行为表决事项：哪张表，哪一栏是编号，哪一栏是名称。",
    "Measure": "一项指标：分子、分母、不计入的、另列的；没有分母的是件数。`headline` 的先显示。",
    "Share": "数哪些件（`where`），或者加哪个数（`sum`）。",
    "Apart": "不计入或者另列的件，件数一律印出。",
    "VaryPart": "可以试算什么：哪些期限、督办层级、参数、条件，能否换日历。`units` 是交办时填主办单位的字段，"
    "某一类事项可以改交其他单位。",
    "CodeList": "一份代码表的一个版本，由各届次固定使用。",
    "ListItem": "一个代码：名称，统计和条件可读的标志；`until_on` 以后不能再选，已选的不变。",
    "PaperPart": "一种文书。句子里所指的内容，本件没有或者读者无权看的，整句不出。写了 `after` 的，"
    "办了其中一步才能出；`rows` 是表格各栏。",
}
"""By the class of the part."""
