"""Registers as delimited text: UTF-8 with or without a mark, or GB18030; comma, semicolon or tab between the cells."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path

from engine.errors import ImportRefused
from engine.service.importing.sheets import Line
from engine.text import Text

DELIMITERS = (",", ";", "\t")
ENCODINGS = ("utf-8", "gb18030")
CELL_CHARACTERS_MAX = 131_072
_PIECE_BYTES = 1 << 20


def encoding_of(path: Path) -> str:
    """Return the encoding in which the whole file can be read; raises ImportRefused when there is none."""
    with path.open("rb") as stream:
        begin = stream.read(4096)
    if begin.startswith(codecs.BOM_UTF8):
        candidates: tuple[str, ...] = ("utf-8-sig",)
    elif begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ("utf-16",)
    else:
        candidates = ENCODINGS
    for encoding in candidates:
        if _decodes(path, encoding):
            return encoding
    raise ImportRefused(
        Text(
            "无法识别文字编码，请另存为 UTF-8 或 GB18030（GBK）编码的 CSV，或 .xlsx",
            "The encoding of the text is not known; save it as UTF-8 or GB18030, or as .xlsx",
        )
    )


def delimited_lines(path: Path, encoding: str, delimiter: str) -> Iterator[Line]:
    """Yield the lines of a file; their numbers count records, as a sheet would show them."""
    with path.open(encoding=encoding, newline="", errors="strict") as stream:
        records = csv.reader(stream, delimiter=delimiter)
        number = 0
        while True:
            number += 1
            try:
                record = next(records, None)
            except csv.Error as error:
                raise ImportRefused(
                    Text(
                        f"第 {number} 行无法读取，请检查引号是否成对（单格不超过 {CELL_CHARACTERS_MAX} 字）",
                        f"Row {number} cannot be read; an unpaired quote? (a cell has {CELL_CHARACTERS_MAX} at most)",
                    ),
                    row=number,
                ) from error
            if record is None:
                return
            yield number, record


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)(errors="strict")
    with path.open("rb") as stream:
        try:
            while piece := stream.read(_PIECE_BYTES):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True
