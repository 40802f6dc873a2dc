"""Proofs about what readers see: every text stands in Chinese and in English; and the proof of a code list."""

from __future__ import annotations

import re

from engine.definition.checks_proof import Findings, walk
from engine.definition.model import CodeList, Workflow
from engine.definition.parts import Label
from engine.text import Text

_CHINESE = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")


def check_words(part: Workflow | CodeList, findings: Findings) -> None:
    """Add every text that is blank, not Chinese where Chinese is due, or Chinese where English is due."""
    for path, label in walk(part):
        if not isinstance(label, Label):
            continue
        if not _CHINESE.search(label.zh):
            findings.add(
                (*path, "zh"),
                "translation_missing",
                Text(f"中文文字“{label.zh}”不是中文", f"The Chinese text {label.zh!r} is not Chinese"),
                Text("请写中文", "Write it in Chinese"),
            )
        if not label.en.strip() or _CHINESE.search(label.en):
            findings.add(
                (*path, "en"),
                "translation_missing",
                Text(f"英文文字“{label.en}”不是英文", f"The English text {label.en!r} is not English"),
                Text("请写英文", "Write it in English"),
            )


def check_codes(code_list: CodeList, findings: Findings) -> None:
    """Add every code that stands twice in a list."""
    seen: set[str] = set()
    for index, item in enumerate(code_list.items):
        if item.code in seen:
            findings.add(
                ("items", index, "code"),
                "code_repeated",
                Text(f"代码“{item.code}”重复", f"The code {item.code} stands twice"),
                Text("请改用另一个代码", "Use another code"),
            )
        seen.add(item.code)
