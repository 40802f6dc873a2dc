"""Registers as test files: the worked numbers of the handbook on statistics as rows, and writers for every format.

The published totals are counted out here by hand; nothing in the product computes them.
"""

from __future__ import annotations

import csv
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import cycle
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import openpyxl
import xlwt

Cell = str | int | float | bool | date | datetime | None
Rows = Sequence[Mapping[str, Cell]]

UNITS = ("生产制造部", "设备动力部", "人力资源部", "财务部", "后勤服务中心", "安全环保部", "技术中心")
"""The units that the registers name as handling ones; they must be in the organisation before an import."""

KNOWN_ON = date(2026, 3, 2)
"""The day these registers are true of: nothing in them is later, and the hotline's open rows are not due yet."""

_TOPICS = (
    ("改善一线班组饮水与休息条件", "welfare"),
    ("规范轮班岗位夜班津贴发放", "personnel_pay"),
    ("更换老化行车钢丝绳并建立点检台账", "labour_protection"),
    ("优化物料配送路线减少等待", "production"),
    ("公开中层岗位竞聘程序", "reform"),
    ("修订考勤办法中的补卡规定", "rules"),
    ("增设厂区东门夜间照明", "public_order"),
    ("完善职工子女暑期托管", "welfare"),
)
_REFUSALS = ("R01", "R03", "R06", "R13", "R17")


def write_register(name: str, path: Path) -> None:
    """Write a worked register by its name, in the format that the file's suffix says.

    Names: ``huadian_72``, ``shenzhen_126``, ``jilin_74``, ``beijing_81``, ``university_67``, ``gansu_820`` (proposals)
    and ``hotline_4190`` (grievances; set the clock to 2026-03-02).
    """
    write_rows(path, REGISTERS[name]())


def write_rows(path: Path, rows: Rows, *, title: str | None = None) -> None:
    """Write rows under all their headings; ``title`` stands in a row of its own above them."""
    headings = list(dict.fromkeys(name for row in rows for name in row))
    lines: list[list[Cell]] = [[title]] if title is not None else []
    lines += [list(headings), *([row.get(name) for name in headings] for row in rows)]
    _WRITERS[path.suffix](path, lines)


def huadian_72() -> Rows:
    """72 forms become 64 cases; 57 of the 64 are solved or planned, 7 kept for reference."""
    classes = ["A"] * 30 + ["B"] * 27 + ["D"] * 7
    rows = [_filed(number, reply_class) for number, reply_class in enumerate(classes, start=1)]
    return rows + [_merged(number, into=number - 64) for number in range(65, 73)]


def shenzhen_126() -> Rows:
    """126 forms: 80 behind 64 filed cases, 41 behind 31 suggestions, 5 refused."""
    rows = [_filed(number) for number in range(1, 65)]
    rows += [_merged(number, into=number - 64) for number in range(65, 81)]
    rows += [_converted(number) for number in range(81, 112)]
    rows += [_merged(number, into=number - 31) for number in range(112, 122)]
    return rows + [_refused(number, code) for number, code in zip(range(122, 127), _REFUSALS, strict=True)]


def jilin_74() -> Rows:
    """74 forms: 52 filed, which are 50 cases after merging, and 22 suggestions."""
    rows = [_filed(number) for number in range(1, 51)]
    rows += [_merged(51, into=7), _merged(52, into=7)]
    return rows + [_converted(number) for number in range(53, 75)]


def beijing_81() -> Rows:
    """81 forms: 67 filed and 14 not, one of these withdrawn (how the other 13 divide is ours)."""
    rows = [_filed(number) for number in range(1, 68)]
    rows += [_converted(number) for number in range(68, 76)]
    rows += [_refused(number, code) for number, code in zip(range(76, 81), _REFUSALS, strict=True)]
    return [*rows, _withdrawn(81)]


def university_67() -> Rows:
    """67 forms: 2 filed, 65 suggestions, every one answered."""
    rows = [_filed(number, "A") for number in (1, 2)]
    return rows + [_replied(_converted(number), "D") for number in range(3, 68)]


def gansu_820() -> Rows:
    """820 forms: 799 filed and answered (A 418, B 265, C 116), the rest suggestions and refusals (how many is ours)."""
    classes = ["A"] * 418 + ["B"] * 265 + ["C"] * 116
    rows = [_filed(number, reply_class) for number, reply_class in enumerate(classes, start=1)]
    rows += [_replied(_converted(number), "D") for number in range(800, 812)]
    return rows + [_refused(number, code) for number, code in zip(range(812, 821), cycle(_REFUSALS), strict=False)]


def hotline_4190() -> Rows:
    """4,190 dispatched; 4,028 due by 2026-03-01, of these 3,993 closed, 3,952 of them in time; 162 not due yet."""
    rows = [_call(number, due_in=8, closed_in=number % 8) for number in range(1, 3953)]
    rows += [_call(number, due_in=8, closed_in=9 + number % 3) for number in range(3953, 3994)]
    rows += [_call(number, due_in=8, closed_in=None) for number in range(3994, 4029)]
    return rows + [_call(number, due_in=120, closed_in=None) for number in range(4029, 4191)]


REGISTERS: Mapping[str, Callable[[], Rows]] = {
    "huadian_72": huadian_72,
    "shenzhen_126": shenzhen_126,
    "jilin_74": jilin_74,
    "beijing_81": beijing_81,
    "university_67": university_67,
    "gansu_820": gansu_820,
    "hotline_4190": hotline_4190,
}


def a_form(number: int) -> dict[str, Cell]:
    """Return a row of a proposals' register with its intake columns filled and the others empty."""
    subject, category = _TOPICS[number % len(_TOPICS)]
    return {
        "编号": number,
        "案由": f"关于{subject}的提案（第{number}件）",
        "类别": category,
        "案据": f"第{number}件所述情况经代表走访班组核实，职工反映较多。",
        "建议措施": "请承办部门实地查看，拿出方案和完成时间，并告知提案人。",
        "提案人": f"代表{number:04}",
        "代表团": f"第{number % 3 + 1}代表团",
        "提交日期": date(2025, 11, 3) + timedelta(days=number % 20),
        "审查结果": None,
        "审查日期": None,
        "并入": None,
        "理由代码": None,
        "审查意见": None,
        "答复日期": None,
        "答复类别": None,
        "答复内容": None,
    }


def _filed(number: int, reply_class: str | None = None) -> dict[str, Cell]:
    row = _reviewed(number, "立案")
    return row if reply_class is None else _replied(row, reply_class)


def _merged(number: int, *, into: int) -> dict[str, Cell]:
    return {**_reviewed(number, "并案"), "并入": into}


def _converted(number: int) -> dict[str, Cell]:
    return {**_reviewed(number, "转建议"), "审查意见": "属日常管理事项，转有关部门研究答复"}


def _refused(number: int, code: str) -> dict[str, Cell]:
    return {**_reviewed(number, "不予立案"), "理由代码": code, "审查意见": "经审查不符合立案条件"}


def _withdrawn(number: int) -> dict[str, Cell]:
    return {**_reviewed(number, "撤案"), "审查意见": "提案人书面撤回"}


def _reviewed(number: int, outcome: str) -> dict[str, Cell]:
    return {**a_form(number), "审查结果": outcome, "审查日期": date(2025, 12, 1) + timedelta(days=number % 4)}


def _replied(row: dict[str, Cell], reply_class: str) -> dict[str, Cell]:
    number = row["编号"]
    assert isinstance(number, int), "registers written here count their rows"
    return {
        **row,
        "答复日期": date(2026, 1, 12) + timedelta(days=number % 30),
        "答复类别": reply_class,
        "答复内容": "经现场核实并与提案人沟通，答复如下：已列明办理情况、责任人和完成时间。",
    }


def _call(number: int, *, due_in: int, closed_in: int | None) -> dict[str, Cell]:
    registered = date(2026, 1, 5) + timedelta(days=number % 40)
    return {
        "工单号": f"GD{number:05}",
        "诉求事项": f"{_TOPICS[number % len(_TOPICS)][0]}（工单{number}）",
        "来源渠道": "12351职工维权热线",
        "诉求类型": "申诉求决",
        "登记日期": registered,
        "是否受理": "是",
        "受理日期": registered,
        "派单日期": registered,
        "承办单位": UNITS[number % len(UNITS)],
        "办理期限": registered + timedelta(days=due_in),
        "答复日期": None if closed_in is None else registered + timedelta(days=closed_in),
        "办结日期": None if closed_in is None else registered + timedelta(days=closed_in),
    }


def _write_xlsx(path: Path, lines: Iterable[Sequence[Cell]]) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("登记表")
    for line in lines:
        sheet.append(list(line))
    book.save(path)
    book.close()


def _write_xls(path: Path, lines: Iterable[Sequence[Cell]]) -> None:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("登记表")
    day, instant = (xlwt.easyxf(num_format_str=form) for form in ("yyyy-mm-dd", "yyyy-mm-dd hh:mm:ss"))
    for row, line in enumerate(lines):
        for column, value in enumerate(line):
            if isinstance(value, datetime):
                sheet.write(row, column, value, instant)
            elif isinstance(value, date):
                sheet.write(row, column, value, day)
            elif value is not None:
                sheet.write(row, column, value)
    book.save(str(path))


def _write_ods(path: Path, lines: Iterable[Sequence[Cell]]) -> None:
    rows = "".join(f"<table:table-row>{''.join(map(_ods_cell, line))}</table:table-row>" for line in lines)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", _MANIFEST)
        archive.writestr("content.xml", _CONTENT.format(rows=rows))


def _ods_cell(value: Cell) -> str:
    match value:
        case None:
            return "<table:table-cell/>"
        case bool():
            kind, given, text = "boolean", f" office:boolean-value={quoteattr(str(value).lower())}", str(value)
        case int() | float():
            kind, given, text = "float", f" office:value={quoteattr(str(value))}", str(value)
        case date():
            kind, given, text = "date", f" office:date-value={quoteattr(value.isoformat())}", value.isoformat()
        case _:
            kind, given, text = "string", "", value
    return f'<table:table-cell office:value-type="{kind}"{given}><text:p>{escape(text)}</text:p></table:table-cell>'


def _write_csv(path: Path, lines: Iterable[Sequence[Cell]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows(lines)


_WRITERS: Mapping[str, Callable[[Path, Iterable[Sequence[Cell]]], None]] = {
    ".xlsx": _write_xlsx,
    ".xls": _write_xls,
    ".ods": _write_ods,
    ".csv": _write_csv,
}
_MANIFEST = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<manifest:manifest xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0">'
    '<manifest:file-entry manifest:full-path="/" manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/>'
    "</manifest:manifest>"
)
_CONTENT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"><office:body><office:spreadsheet>'
    '<table:table table:name="登记表">{rows}</table:table>'
    "</office:spreadsheet></office:body></office:document-content>"
)
