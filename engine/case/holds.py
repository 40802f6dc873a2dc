"""Whether anything of a case may be erased now: not while it, or a case it belongs to, is held; and for age alone not
before all of them have ended."""

from __future__ import annotations

from collections.abc import Iterable

from engine.case.case import Case
from engine.definition.compiled import Definition
from engine.definition.parts import Phase
from engine.text import Text

HELD = Text("本件或其关联事项正在保全，不能删除", "The case, or one it belongs to, is held: nothing may be erased")
NOT_ENDED = Text(
    "本件或其关联事项尚未终结，保存期限未起算", "The case, or one it belongs to, has not ended: its term has not begun"
)


def is_held(case: Case, definition: Definition) -> bool:
    """Return whether the field that its definition names holds everything back."""
    part = definition.workflow.retention
    return part is not None and case.data.get(part.hold) is True


def all_ended(cases: Iterable[Case]) -> bool:
    """Return whether nothing goes on in any of the cases; a review or an appeal is a state like others."""
    return all(case.phase is Phase.FINAL for case in cases)
