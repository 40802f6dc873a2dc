"""The texts of files on the pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from engine.service.filing.kinds import ALLOWED
from engine.text import Text

FILE_TEXTS: Final[Mapping[str, Text]] = {
    "file_keep": Text("已选附件（取消勾选则不再保留）", "Files chosen so far (untick one to leave it out)"),
    "file_help": Text(
        f"可多选，最多 20 个，每个不超过 50 MiB；可上传：{ALLOWED}",
        f"Several may be chosen: at most 20, each of at most 50 MiB; {ALLOWED.replace('、', ', ')}",
    ),
    "file_style": Text(
        "文件名和文件内容里的姓名、笔迹、口吻也可能暴露身份，请自行检查",
        "Names and handwriting in a file, its name, and how it is worded may give a person away: look at it first",
    ),
    "file_waiting": Text("附件", "a file"),
    "file_copy": Text("副本：已去除作者、拍摄位置等信息", "A copy without author, place and the like"),
    "file_again": Text("此文件已上传过；本次仍已记录", "This case has this file already; it was recorded once more"),
}
