"""The kinds of files that are taken in, and the refusal of everything else. Imports nothing heavy, as the process that
looks into files begins with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: the ending its name gets and the type it is served as. ``family`` says what can be done to it."""

    ending: str
    type: str
    family: str


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS: Final = {
    kind.ending: kind
    for kind in (
        Kind("jpg", "image/jpeg", "image"),
        Kind("png", "image/png", "image"),
        Kind("webp", "image/webp", "image"),
        Kind("pdf", "application/pdf", "pdf"),
        Kind("docx", f"{_OFFICE}.wordprocessingml.document", "office"),
        Kind("xlsx", f"{_OFFICE}.spreadsheetml.sheet", "office"),
        Kind("pptx", f"{_OFFICE}.presentationml.presentation", "office"),
        Kind("doc", "application/msword", "old_office"),
        Kind("xls", "application/vnd.ms-excel", "old_office"),
        Kind("txt", "text/plain; charset=utf-8", "text"),
        Kind("csv", "text/csv; charset=utf-8", "text"),
        Kind("mp3", "audio/mpeg", "media"),
        Kind("m4a", "audio/mp4", "media"),
        Kind("wav", "audio/wav", "media"),
        Kind("amr", "audio/amr", "media"),
        Kind("mp4", "video/mp4", "media"),
    )
}
ALLOWED: Final = "jpg、png、webp、pdf、docx、xlsx、pptx、doc、xls、txt、csv、mp3、m4a、wav、amr、mp4"
FILE_BYTES_MAX: Final = 50 * 1024 * 1024

REASONS: Final = {
    # code: what the uploader reads
    "empty": ("文件是空的", "The file is empty"),
    "unknown": ("不接受这种文件", "Files of this kind are not taken"),
    "damaged": (
        "文件已损坏、不完整或内容过于复杂，无法检查",
        "The file is damaged, cut off or too complex to be checked",
    ),
    "mixed": ("文件中夹带了另一种格式的内容", "The file holds something of another kind as well"),
    "active": ("文件含有宏、脚本或可执行内容", "The file holds macros, scripts or something that runs"),
    "protected": ("文件设有密码或加密，请取消后再上传", "The file is protected by a password; take it off first"),
    "expands": ("压缩内容展开后过大", "The file unpacks to far more than it seems"),
    "pixels": ("图片尺寸过大", "The picture is too large"),
    "virus": ("文件被识别为病毒样本", "The file is known as a virus"),
    "paths": ("压缩包内的路径不安全", "The file holds unsafe paths"),
}


class Refused(Exception):
    """The content may not come in; ``reason`` is a key of ``REASONS``."""

    def __init__(self, reason: str) -> None:
        assert reason in REASONS
        super().__init__(reason)
        self.reason = reason
