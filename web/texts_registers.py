"""Texts of registers in and out, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

REGISTERS_TEXTS: Final[Mapping[str, Text]] = {
    "nav_registers": Text("台账", "Registers"),
    "registers_title": Text("台账导入导出", "Registers in and out"),
    "registers_in": Text("导入台账", "Bring a register in"),
    "registers_in_note": Text(
        "先核对，不写入；看过结果再确认导入。同一份台账再次导入，不会重复建件。",
        "It is looked at first and nothing is written; confirm when you have seen the result. "
        "The same register brought again creates nothing twice.",
    ),
    "registers_in_none": Text(
        "导入台账须能登记或者代录此类事项（如工会办公室）。如需导入，请联系本级工会办公室。",
        "Who may open such cases or enter them for others, as the union office, brings registers in. Ask the office.",
    ),
    "registers_file": Text("台账文件", "File"),
    "registers_file_note": Text(
        "可用 .xlsx、.xls、.ods、.csv，不超过 5,000 行、50 MB；按列名识别，多余的列不影响导入。",
        ".xlsx, .xls, .ods or .csv, up to 5,000 rows and 50 MB. Columns go by their headings; others do no harm.",
    ),
    "registers_no_session": Text("不属于届次", "No congress session"),
    "registers_choose_session": Text("请选择", "Choose"),
    "registers_look": Text("核对台账", "Look at it first"),
    "registers_templates": Text("空白台账", "Registers to fill in"),
    "registers_templates_note": Text(
        "第一张表按列填写，第二张表写明每列怎样填、可填哪些内容。",
        "The first sheet is to be filled in; the second says what may stand in each column, with examples.",
    ),
    "registers_out": Text("导出台账", "Take a register along"),
    "registers_out_note": Text(
        "按导入的列导出您能看到的事项，可以再导入。超过 {n} 件的，在后台办理，办完后下载。导出记入账册。",
        "The cases you see, in the columns of the import, so that they can be brought in again. More than {n} are "
        "written in the background. That it was taken is recorded.",
    ),
    "registers_take": Text("导出 Excel 表", "Save as Excel sheet"),
    "registers_year": Text("年度（按提出的年份）", "Year in which it was opened"),
    "registers_preview": Text("核对结果", "What was found"),
    "registers_preview_lead": Text(
        "还没有写入任何内容。确认后在后台导入，办理进度随时可看。",
        "Nothing has been written yet. Once you confirm, it comes in in the background, and you see how far it is.",
    ),
    "registers_rows": Text("总行数", "rows in all"),
    "registers_new": Text("将新建", "new"),
    "registers_known": Text("此前已导入", "known already"),
    "registers_undated": Text("缺日期", "lack dates"),
    "registers_refused": Text("不能导入", "refused"),
    "registers_into": Text("导入到", "Goes to"),
    "registers_unused": Text("没有用到的列：{columns}", "Columns not used: {columns}"),
    "registers_confirm": Text("确认导入 {n} 行", "Bring {n} rows in"),
    "registers_confirm_all": Text("连同缺日期的，共导入 {n} 行", "Bring all {n} rows in, with those that lack dates"),
    "registers_undated_note": Text(
        "有 {n} 行缺少办理环节的日期。可以补上日期后再导入；也可以一并导入，这些日期记为“不详”，不参加期限统计。",
        "{n} rows lack dates of their moves. Add them and bring the file again; or let them stand as unknown: such "
        "dates are counted in no figures of terms.",
    ),
    "registers_nothing": Text(
        "没有可以导入的行。请按下面的原因改正后，重新上传。",
        "No row can come in. Mend them as said below, and bring it again.",
    ),
    "registers_refused_title": Text("不能导入的行", "Rows that are refused"),
    "registers_refused_note": Text(
        "下载后在表中改正，再上传同一张表即可；前三列是说明，不影响导入。这里最多列出 {n} 行。",
        "Save them, mend them in the sheet and bring the same sheet again; its first three columns are ours. "
        "At most {n} are shown here.",
    ),
    "registers_row": Text("行号", "Row"),
    "registers_reason": Text("原因和改法", "Why, and what to write"),
    "registers_sample": Text("将导入的前几行", "The first rows that come in"),
    "registers_again": Text("换一个文件", "Another file"),
    "registers_from_cases": Text("按台账格式导出", "Save as a register"),
}
