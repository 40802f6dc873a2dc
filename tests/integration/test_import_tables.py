"""Registers as files: every format read alike, and everything that is no register refused in words, never a crash."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Collection
from datetime import date
from pathlib import Path

import openpyxl
import pytest
import xlwt
from xlwt.CompoundDoc import XlsDoc

from engine.errors import ImportRefused
from engine.service.importing import sheets, tables
from engine.service.importing.cells import heading_of
from engine.service.importing.tables import Row, open_table
from tests.support.registers import Rows, write_rows

KNOWN = frozenset(heading_of(name) for name in ("编号", "案由", "提交日期", "同意公开"))
ROWS: Rows = [
    {"编号": 1, "案由": "改善食堂", "提交日期": date(2026, 3, 2), "同意公开": True},
    {"编号": None, "案由": None, "提交日期": None, "同意公开": None},
    {"编号": 3, "案由": "增设路灯", "提交日期": date(2026, 3, 4), "同意公开": False},
]


UNREADABLE = "这不是可读的电子表格，请另存为 .xlsx、.xls、.ods 或 .csv"
DAMAGED = "文件已损坏或内容过大，无法读取；请用表格软件打开后另存一份再导入"


def read(path: Path, known: Collection[str] = KNOWN) -> list[Row]:
    return list(open_table(path, known).rows())


def refusal(path: Path, known: Collection[str] = KNOWN) -> str:
    with pytest.raises(ImportRefused) as refused:
        read(path, known)
    return refused.value.text.zh


def text_file(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "register.csv"
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".ods"])
def test_workbooks_of_every_format_are_read_alike(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"register{suffix}"
    write_rows(path, ROWS, title="某某公司提案登记表")
    rows = read(path)
    assert [row.number for row in rows] == [3, 5]
    assert dict(rows[0].cells) == {"编号": 1, "案由": "改善食堂", "提交日期": date(2026, 3, 2), "同意公开": True}
    assert rows[1].cells["案由"] == "增设路灯"


def test_the_name_of_a_file_does_not_decide_what_it_is(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    write_rows(path, ROWS)
    for suffix in (".csv", ".xls"):
        path = path.rename(tmp_path / f"register{suffix}")
        assert len(read(path)) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_delimited_text_is_read_in_every_usual_form(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [["登记表"], ["编号", "案由", "提交日期"], ["1", "改善食堂，增加素菜", "2026-03-02"], [], ["2", "路灯", ""]]
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(lines)
    rows = read(text_file(tmp_path, text.getvalue(), encoding))
    assert [row.number for row in rows] == [3, 5]
    assert rows[0].cells["案由"] == "改善食堂，增加素菜"


def test_a_cell_of_several_lines_counts_as_one_row(tmp_path: Path) -> None:
    rows = read(text_file(tmp_path, '编号,案由\n1,"第一行\n第二行"\n2,路灯\n'))
    assert [(row.number, row.cells["案由"]) for row in rows] == [(2, "第一行\n第二行"), (3, "路灯")]


def test_a_short_row_lacks_its_last_cells(tmp_path: Path) -> None:
    (row,) = read(text_file(tmp_path, "编号,案由,提交日期\n1,路灯\n"))
    assert dict(row.cells) == {"编号": "1", "案由": "路灯"}


def test_headings_are_found_however_they_are_spaced(tmp_path: Path) -> None:
    table = open_table(text_file(tmp_path, "编 号,案　由（*）\n1,路灯\n"), KNOWN)
    assert table.headings == ("编 号", "案 由（*）")
    assert [row.number for row in table.rows()] == [2]


def test_a_table_can_be_read_twice(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    write_rows(path, ROWS)
    table = open_table(path, KNOWN)
    assert list(table.rows()) == list(table.rows())
    assert len(table.hash) == 64


def test_a_column_without_a_heading_is_called_by_its_letter(tmp_path: Path) -> None:
    table = open_table(text_file(tmp_path, "编号,,案由,备注,备注\n1,x,路灯,a,b\n"), KNOWN)
    assert table.headings == ("编号", "（B 列）", "案由", "备注", "备注（E 列）")


def test_the_register_may_stand_on_a_later_sheet_but_not_on_a_hidden_one(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    cover, hidden, register = book.active, book.create_sheet("旧表"), book.create_sheet("登记表")
    cover.append(["填表说明"])
    for _line in range(20):
        cover.append(["请逐项填写"])
    hidden.sheet_state = "hidden"
    hidden.append(["编号", "案由"])
    hidden.append([9, "旧的"])
    register.append(["编号", "案由"])
    register.append([1, "新的"])
    path = tmp_path / "register.xlsx"
    book.save(path)
    book.close()
    assert [row.cells["案由"] for row in read(path)] == ["新的"]


def test_rows_above_the_first_used_one_are_counted(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["B4"], sheet["C4"], sheet["B6"], sheet["C6"] = "编号", "案由", 1, "路灯"
    path = tmp_path / "register.xlsx"
    book.save(path)
    book.close()
    assert [row.number for row in read(path)] == [6]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "文件是空的"),
        (b"\n\n\n", "文件里没有内容"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR" + b"\x00\x01" * 500, UNREADABLE),
        (b"<html><table><tr><td>\xe7\xbc\x96\xe5\x8f\xb7</td></tr></table>", UNREADABLE),
        (b"PK\x03\x04" + b"junk" * 100, DAMAGED),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 4000, DAMAGED),
        (
            "编号,案由\n1,".encode() + b"\x80\x80\xff",
            "无法识别文字编码，请另存为 UTF-8 或 GB18030（GBK）编码的 CSV，或 .xlsx",
        ),
        ("姓名,电话\n张三,1\n".encode(), "可识别的列名"),
        ("编号\n1\n".encode(), "前 10 行里没有找到表头。表中有：编号；可识别的列名："),
    ],
)
def test_what_is_no_register_is_refused_in_words(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "register.xls"
    path.write_bytes(content)
    assert words in refusal(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere.xlsx") == "文件无法读取：No such file or directory"


@pytest.mark.parametrize("share", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".ods"])
def test_a_file_cut_off_in_the_middle_is_refused_and_ends_no_process(tmp_path: Path, suffix: str, share: float) -> None:
    path = tmp_path / f"register{suffix}"
    more: Rows = [{"编号": n, "案由": f"第{n}件"} for n in range(200)]
    write_rows(path, [*ROWS, *more])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    assert "已损坏" in refusal(path)


def protected_xls(path: Path) -> None:
    begin = b"\x09\x08\x10\x00\x00\x06\x05\x00\xbb\x0d\xcc\x07\x00\x00\x00\x00\x06\x00\x00\x00"
    file_pass = b"\x2f\x00\x06\x00\x01\x00\x01\x00\x01\x00"
    XlsDoc().save(str(path), begin + file_pass + b"\x0a\x00\x00\x00" + b"\x00" * 4096)


def protected_xlsx(path: Path) -> None:
    protected_xls(path)
    content = path.read_bytes()
    name, new = "Workbook".encode("utf-16-le"), "EncryptedPackage".encode("utf-16-le")
    at = content.index(name)
    path.write_bytes(content[:at] + new.ljust(64, b"\x00") + b"\x22\x00" + content[at + 66 :])


@pytest.mark.parametrize("write", [protected_xls, protected_xlsx])
@pytest.mark.parametrize("suffix", [".xls", ".xlsx"])
def test_a_workbook_behind_a_password_is_refused_as_such(
    tmp_path: Path, write: Callable[[Path], None], suffix: str
) -> None:
    path = tmp_path / f"register{suffix}"
    write(path)
    assert refusal(path) == "文件设有打开密码，请先取消密码"


def test_other_files_in_a_zip_are_no_spreadsheet(tmp_path: Path) -> None:
    path = tmp_path / "register.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("word/document.xml", "<document/>")
    assert "不是可读的电子表格" in refusal(path)


def test_a_zip_that_unpacks_to_too_much_is_not_unpacked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "register.xlsx"
    write_rows(path, ROWS)
    monkeypatch.setattr(sheets, "UNZIPPED_BYTES_MAX", 1000)
    assert refusal(path) == "文件解压后超过 1 GiB，已拒绝读取"


def test_a_small_sheet_that_claims_a_million_columns_costs_no_server(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["A1"], sheet["B1"], sheet["XFD1048576"] = "编号", "案由", "远"
    path = tmp_path / "register.xlsx"
    book.save(path)
    book.close()
    assert "已损坏或内容过大" in refusal(path)


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "FILE_BYTES_MAX", 10)
    assert refusal(text_file(tmp_path, "编号,案由\n1,路灯\n")) == "文件超过 0 MB，请拆分后导入"


def test_rows_beyond_the_limit_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "ROWS_MAX", 20)
    path = text_file(tmp_path, "编号,案由\n" + "1,路灯\n" * 40)
    assert refusal(path) == "行数超过 20，请拆分后导入"


def test_more_columns_than_a_register_has_are_refused(tmp_path: Path) -> None:
    headings = ",".join(["编号", "案由", *(f"列{n}" for n in range(99))])
    assert "列数超过 100" in refusal(text_file(tmp_path, f"{headings}\n1,路灯\n"))


def test_a_known_heading_that_stands_twice_is_refused(tmp_path: Path) -> None:
    told = refusal(text_file(tmp_path, "编号,案由,案由\n1,a,b\n"))
    assert told == "列“案由”出现了两次，请改名或删去一列"


def test_a_quote_that_never_ends_is_refused_with_its_row(tmp_path: Path) -> None:
    path = text_file(tmp_path, '编号,案由\n1,路灯\n2,"' + "长" * 140_000)
    assert refusal(path) == "第 3 行无法读取，请检查引号是否成对（单格不超过 131072 字）"


def test_the_heading_row_must_be_among_the_first_ten(tmp_path: Path) -> None:
    above = "说明,请逐项填写\n"
    assert len(read(text_file(tmp_path, above * 9 + "编号,案由\n1,路灯\n"))) == 1
    assert "没有找到表头" in refusal(text_file(tmp_path, above * 10 + "编号,案由\n1,路灯\n"))


def test_an_old_workbook_written_by_another_program_is_read(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("登记")
    for column, heading in enumerate(("编号", "案由")):
        sheet.write(2, column, heading)
    sheet.write(3, 0, 12)
    sheet.write(3, 1, "路灯")
    path = tmp_path / "register.xls"
    book.save(str(path))
    (row,) = read(path)
    assert (row.number, row.cells["编号"]) == (4, 12)
