"""Texts about papers, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.text import Text

PAPER_TEXTS: Final[Mapping[str, Text]] = {
    "papers_title": Text("文书", "Papers"),
    "papers_note": Text(
        "文书按您看得到的内容生成，文书上没有的，是您无权查看或者还没有填写的。",
        "Papers hold what you may see; what is not on them you may not see, or nobody has written it yet.",
    ),
    "papers_pdf": Text("PDF 文件", "PDF"),
    "papers_word": Text("Word 文件", "Word"),
    "paper_origin": Text("本件据账册第{seq}条（{hash}）生成", "Made from entry {seq} ({hash})"),
}
