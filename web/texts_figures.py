"""The texts of the figures' pages: overview, trends, stages, charts and what stands behind a number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

FIGURE_TEXTS: Final[Mapping[str, Text]] = {
    "figures_title": Text("统计", "Figures"),
    "figures_overview_note": Text(
        "每个流程的主要指标；点开可看分子、分母、趋势、各单位情况和逐件清单。",
        "The main figures of each procedure; behind each stand its numbers, trend, units and cases.",
    ),
    "figures_more": Text("{title}：全部指标", "{title}: all figures"),
    "figures_by_session": Text("按届次", "By congress session"),
    "figures_unit": Text("单位（含下级）", "Unit, with those below"),
    "figures_unit_all": Text("全单位", "All"),
    "figures_period": Text("时期", "Period"),
    "figures_period_all": Text("不限", "All"),
    "figures_period_sessions": Text("届次", "Congress sessions"),
    "figures_period_years": Text("年度（按提交时间）", "Years, by submission"),
    "figures_period_months": Text("月份（按提交时间）", "Months, by submission"),
    "figures_year": Text("{year}年", "{year}"),
    "figures_month": Text("{year}年{month}月", "{year}-{month}"),
    "figures_subject": Text("图中指标", "Shown in the charts"),
    "figures_subject_measures": Text("指标", "Measures"),
    "figures_subject_stages": Text("各阶段用时（工作日）", "Working days of stages"),
    "figures_stage": Text("{a}→{b}", "{a} → {b}"),
    "figures_stage_days": Text("{stage}用时（工作日中位数）", "{stage}: working days, median"),
    "figures_measures": Text("指标一览", "All measures"),
    "figures_try": Text("试算：规定改了会怎样", "Try other rules out"),
    "figures_try_of": Text("试算：{title}", "Trying out: {title}"),
    "figures_try_note": Text(
        "用您可见的以往事项（含在办）算一遍：时限或督办层级改了，会有多少件逾期、触发多少次督办。"
        "只试算，不改变任何规定和事项。",
        "Past and running cases that you may see are worked out under other terms or ladders. Nothing is changed.",
    ),
    "figures_try_item": Text("改什么", "What is changed"),
    "figures_try_none": Text("不改", "Nothing"),
    "figures_try_side": Text("到期前或后（督办层级选）", "Before or after (of rungs)"),
    "figures_try_side_term": Text("—（时限不选）", "— (of terms)"),
    "figures_try_side_before": Text("到期前", "Before it is due"),
    "figures_try_side_after": Text("到期后", "After it was due"),
    "figures_try_count": Text("改为", "To"),
    "figures_try_unit": Text("按", "Counted in"),
    "figures_try_unit_working_days": Text("个工作日", "working days"),
    "figures_try_unit_days": Text("日", "days"),
    "figures_try_unit_months": Text("个月", "months"),
    "figures_try_unit_hours": Text("小时", "hours"),
    "figures_try_row": Text("第{n}项", "Change {n}"),
    "figures_try_go": Text("试算", "Try"),
    "figures_try_tried": Text("{title}：{before} → {after}", "{title}: {before} → {after}"),
    "figures_try_now": Text("现行", "Now"),
    "figures_try_instead": Text("试算", "Tried"),
    "figures_try_more": Text("相差", "More"),
    "figures_try_late_cases": Text("逾期件数（共{n}件）", "Late cases, of {n}"),
    "figures_try_late": Text("逾期期限（共{n}个）", "Late deadlines, of {n}"),
    "figures_try_units": Text("各单位逾期期限", "Late deadlines by unit"),
    "figures_try_units_same": Text("其余{n}个单位不变", "{n} other unit(s) as now"),
    "figures_try_rungs_same": Text("其余{n}种督办层级的次数不变", "{n} other rung(s) as often as now"),
    "figures_try_open": Text("在办期限", "Open"),
    "figures_try_changed": Text("到期日或是否逾期有变化的期限", "Deadlines that would be due or late otherwise"),
    "figures_try_changed_cut": Text("共{n}个，列出{shown}个", "{n} in all, {shown} listed"),
    "figures_try_deadline": Text("期限", "Deadline"),
    "figures_try_is_late": Text("逾期", "late"),
    "figures_try_many": Text(
        "事项过多，请在主机上用命令 banjie simulate 试算。",
        "There are too many cases for a page: banjie simulate on the host tries them.",
    ),
    "figures_trend": Text("趋势：{what}", "Trend: {what}"),
    "figures_trend_note": Text(
        "按提交月份，截至本页时刻：每月提交的事项到现在的情况；近期月份办理尚未结束，数字还会变。",
        "By month of submission, as they stand at the cut-off; recent months are not at their end yet.",
    ),
    "figures_sessions": Text("各届次：{what}", "Congress sessions: {what}"),
    "figures_units": Text("各单位：{what}", "Units: {what}"),
    "figures_units_note": Text(
        "按主办单位，尚无主办单位的按收件单位。件数多少不同，不宜单凭比率排名。",
        "By lead unit, else the unit where the case is. Numbers of cases differ: rates alone make no ranking.",
    ),
    "figures_categories": Text("各类别：{what}", "Categories: {what}"),
    "figures_funnel": Text("到达各环节的件数", "How many reached each milestone"),
    "figures_funnel_note": Text(
        "每件只按是否到达过该环节计一次；有的事项依规定不经过其中某些环节，所以后一环节可以多于前一环节。",
        "Each case counts once for each milestone it ever reached; some rightly pass one by, so a later number may be "
        "larger.",
    ),
    "figures_stages": Text("各阶段用时（工作日）", "Working days of each stage"),
    "figures_stages_note": Text(
        "从前一环节的次日起数到后一环节当日，只数工作日，当日完成记0天。粗条为中位数，细线到九成件数在内的天数。"
        "日期不明的不计。",
        "Counted from the day after a milestone to the day of the next one, working days only; 0 is the same day. The "
        "bar is the median, the thin line the ninth decile. Cases whose dates are not known do not count.",
    ),
    "figures_median": Text("中位数（天）", "Median, days"),
    "figures_decile": Text("九成在内（天）", "Ninth decile, days"),
    "figures_timed": Text("计入件数", "Cases counted"),
    "figures_reached": Text("到达件数", "Reached"),
    "figures_share_of_first": Text("占首环节", "Of the first"),
    "figures_milestone": Text("环节", "Milestone"),
    "figures_stage_head": Text("阶段", "Stage"),
    "figures_month_head": Text("提交月份", "Month"),
    "figures_unit_head": Text("单位", "Unit"),
    "figures_category_head": Text("类别", "Category"),
    "figures_session_head": Text("届次", "Session"),
    "figures_table": Text("数据表", "The same as a table"),
    "figures_file_csv": Text("下载 CSV", "CSV"),
    "figures_file_xlsx": Text("下载 Excel 表", "Excel sheet"),
    "figures_file_of": Text("“{title}”：{kind}", "“{title}”: {kind}"),
    "figures_sheet_group": Text("分列", "Of"),
    "figures_sheet_numerator": Text("分子", "Numerator"),
    "figures_sheet_denominator": Text("分母", "Denominator"),
    "figures_sheet_low": Text("95%置信区间下限（%）", "95 % interval from (%)"),
    "figures_sheet_high": Text("95%置信区间上限（%）", "95 % interval to (%)"),
    "figures_sheet_small": Text("样本少", "Small sample"),
    "figures_sheet_scope": Text("口径", "What it is of"),
    "figures_only": Text("图中为件数最多的 {n} 个，其余见表。", "The chart shows the {n} largest; the table has all."),
    "figures_table_cut": Text(
        "表中列出前 {n} 行，全部见 CSV。", "The table ends after {n} rows; the CSV has all of them."
    ),
    "figures_weak": Text("空心：样本过小", "Hollow: a small sample"),
    "figures_small": Text("样本过小（不足{n}）", "small sample (fewer than {n})"),
    "figures_sure": Text("95%置信区间 {interval}", "95 % interval {interval}"),
    "figures_interval": Text("95%置信区间", "95 % interval"),
    "figures_late": Text("截止时刻之后的改动", "Changed after the cut-off"),
    "figures_late_note": Text(
        "类别、期限的改动和补记的日期共 {n} 处，下列最近的 {shown} 处（只含您可见的事项）；本页数字仍按当时的记载。",
        "Classes and due dates changed, and steps entered for an earlier day: {n}, the newest {shown} below, of cases "
        "that you may see. The figures on this page are as the ledger had it then.",
    ),
    "figures_late_unseen": Text(
        "事项过多，截止时刻之后的改动不在本页列出，可用命令 banjie figures --as-of 查看。",
        "There are too many cases to list here what was changed after the cut-off: banjie figures --as-of lists it.",
    ),
    "figures_late_case": Text("事项", "Case"),
    "figures_late_what": Text("改动项", "What"),
    "figures_late_was": Text("原为", "Was"),
    "figures_late_is": Text("改为", "Is"),
    "figures_late_when": Text("时间", "When"),
    "figures_late_who": Text("改动人", "By"),
    "figures_interval_note": Text(
        "置信区间按威尔逊（Wilson）得分法计算，只用于按件数计算的比率；区间越宽，这个比率越不宜用来比较。",
        "Intervals are by Wilson's score method, for shares of cases only: the wider, the less a rate is fit to be "
        "compared.",
    ),
    "figures_gap": Text("×：无数据或不予公布", "×: nothing to divide by, or not printed"),
    "figures_groups_cut": Text(
        "每项指标下列出件数最多的 {n} 组，全部见 CSV。",
        "Below each measure stand its {n} largest groups; the CSV has all.",
    ),
    "figures_chosen": Text("仅统计：{what}", "Only: {what}"),
    "figures_published": Text(
        "涉及保密的事项，公布口径按月末数字公布，不逐日更新；只能按一个单位、一个月份或一个届次查看。",
        "Official figures of confidential kinds are those of the end of a month, shown for one unit, one month "
        "or one session.",
    ),
    "figures_recounting": Text(
        "正在后台更新；下面是截至 {at} 的数字。", "Being counted anew; below are those as of {at}."
    ),
    "figures_wait": Text("正在统计", "Being counted"),
    "figures_wait_text": Text(
        "事项较多，系统正在后台统计，通常一两分钟。完成后本页自动显示，不需要重新提交，也可以先看别的。",
        "There are many cases: they are being counted, which takes a minute or two. This page shows them as soon as "
        "they are there.",
    ),
    "figures_wait_again": Text("立即查看", "Look now"),
    "figures_was": Text("{period}：{value}", "{period}: {value}"),
    "figures_with_parts": Text("{value}（{of}）", "{value} ({of})"),
    "figures_up": Text("▲ 上升 {n} 个百分点", "▲ {n} points up"),
    "figures_down": Text("▼ 下降 {n} 个百分点", "▼ {n} points down"),
    "figures_level": Text("持平", "unchanged"),
    "figures_of_n": Text("{n}/{d}", "{n}/{d}"),
    "figures_spark": Text("近12个月走势", "Trend over twelve months"),
    "figures_behind_number": Text("{measure} · {number}", "{measure} · {number}"),
    "figures_behind_count": Text("您可见 {n} 件", "{n} that you may see"),
    "figures_behind_first": Text("，下面是最新的 {shown} 件", "; the newest {shown} are listed"),
    "figures_behind_official": Text(
        "公布口径为全单位的件数；这里只列您有权查看的事项，两者可能不同。",
        "Official figures are of the whole house; here stand the cases that you may see, which may be fewer.",
    ),
    "figures_behind_none": Text("其中没有您可以查看的事项。", "None of them is one that you may see."),
    "figures_behind_back": Text("返回统计", "Back to the figures"),
    "figures_cases": Text("全部事项", "All cases"),
    "figures_stated_number": Text("按代录时间统计的事项", "Cases that count by a stated time"),
    "figures_undated_number": Text("日期不明的事项", "Cases whose dates are not known"),
    "figures_chart_of": Text("{title}：{n} 项，数字见下表", "{title}: {n} values; the table below has them"),
}
