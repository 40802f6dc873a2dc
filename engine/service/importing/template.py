"""A register to be filled in: an empty sheet with the headings of a map, and beside it what may stand in each column.

There is no example among the rows, as it would be imported with them; it stands with the explanation. No cell holds a
formula.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Final

from engine.definition.compiled import Definition
from engine.service.importing.maps import Column, RegisterMap
from engine.service.importing.outgoing import columns_out
from engine.text import Text

SHEET: Final = "登记表"
EXPLAINED: Final = "填写说明"
HEADS: Final = ("列名", "是否必填", "怎样填写", "示例", "可填内容", "也可写作")
ALLOWED_SHOWN_MAX: Final = 300
_HOW: Final[Mapping[str, tuple[str, str]]] = {
    # type: how it is filled in, an example
    "text": ("文字", "关于改善夜班食堂供餐的提案"),
    "date": ("日期，如 2026-03-02 或 2026年3月2日", "2026-03-02"),
    "instant": ("日期，如 2026-03-02；知道钟点的可写 2026-03-02 14:30", "2026-03-02"),
    "unit": ("本系统中的单位名称、编码", ""),
    "person": ("人员姓名；有重名的写登录名", ""),
    "code": ("从“可填内容”中选一项", ""),
    "number": ("整数", "3"),
    "boolean": ("“是”或“否”", "是"),
    "case": ("另一行或已有事项的编号", "2026-017"),
    "list": ("可填几项，用顿号隔开", ""),
}


def template(part: RegisterMap, definition: Definition, units: Sequence[Text]) -> bytes:
    """Return the template of a map as an .xlsx file; ``units`` are those that a register may name."""
    import xlsxwriter  # a twentieth of a second at every start, and most processes never make such a file

    columns = columns_out(part)
    kept = BytesIO()
    with xlsxwriter.Workbook(kept, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        bold, needed = book.add_format({"bold": True}), book.add_format({"bold": True, "bg_color": "#fde9d0"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        sheet = book.add_worksheet(SHEET)
        sheet.freeze_panes(1, 0)
        for place, (heading, names) in enumerate(columns.items()):
            is_needed = any(part.columns[name].required for name in names)
            sheet.set_column(place, place, max(10, 2 * len(heading) + 4))
            sheet.write_string(0, place, heading, needed if is_needed else bold)
        told = book.add_worksheet(EXPLAINED)
        told.freeze_panes(1, 1)
        for place, width in enumerate((18, 10, 36, 26, 60, 40)):
            told.set_column(place, place, width)
            told.write_string(0, place, HEADS[place], bold)
        for row, line in enumerate(_lines(part, definition, units, columns), start=1):
            for place, text in enumerate(line):
                told.write_string(row, place, text, wrapped)
    return kept.getvalue()


def _lines(
    part: RegisterMap, definition: Definition, units: Sequence[Text], columns: Mapping[str, Sequence[str]]
) -> Iterator[tuple[str, ...]]:
    for heading, names in columns.items():
        column = part.columns[names[0]]
        how, example = _HOW[column.type]
        allowed = list(dict.fromkeys(_allowed(column, definition, units)))
        others = [known for name in names for known in part.columns[name].headings if known != heading]
        yield (
            heading,
            "必填" if any(part.columns[name].required for name in names) else "",
            how,
            example or (allowed[0] if allowed else ""),
            "、".join(allowed[:ALLOWED_SHOWN_MAX]) + ("……" if len(allowed) > ALLOWED_SHOWN_MAX else ""),
            "、".join(dict.fromkeys(others)),
        )


def _allowed(column: Column, definition: Definition, units: Sequence[Text]) -> Iterable[str]:
    """Return what may stand in a column, in the words of a register; nothing where anything may."""
    kind = column.of or column.type
    if kind == "unit":
        return [unit.zh for unit in units]
    if kind == "boolean":
        return ["是", "否"]
    if kind != "code":
        return []
    codes = None if column.field is None else definition.list_of(column.field)
    titles = [] if codes is None else [item.title.zh for item in codes.items]
    known = {item.code for item in (() if codes is None else codes.items)}
    return [*titles, *(word for word, code in column.codes.items() if codes is None or code not in known)]
