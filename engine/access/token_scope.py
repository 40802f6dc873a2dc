"""What an API token may be used for: reading or writing, and which parts of the API. Enforced in one place, for every
route alike (``api.identity``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from engine.errors import FieldProblem, FormInvalid
from engine.text import Text

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
API: Final = "/api/"
PARTS: Final = {
    "cases": Text("事项", "Cases"),
    "overdue": Text("期限", "Deadlines"),
    "figures": Text("统计", "Figures"),
    "notices": Text("通知", "Notices"),
    "workflows": Text("流程与规则", "Procedures and rules"),
    "calendar": Text("工作日历", "Calendar"),
    "jobs": Text("后台任务", "Background jobs"),
}
"""The parts a token may be narrowed to, by the first part of the address below ``/api``."""
_BELONGS_TO: Final = {
    "transitions": "cases",
    "lists": "workflows",
    "congress-sessions": "workflows",
    "units": "workflows",
}
_OF_EVERYBODY: Final = frozenset({"openapi.json", "health", ""})
_NEVER: Final = frozenset({"me", "accounts", "grants"})
"""What belongs to the person and not to a program: a token makes no tokens and changes no password."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenScope:
    """``writes`` or reading only; ``parts`` is empty for all of them."""

    writes: bool
    parts: frozenset[str] = frozenset()

    def __str__(self) -> str:
        return " ".join(["write" if self.writes else "read", *sorted(self.parts)])

    def permits(self, method: str, path: str) -> bool:
        """Return whether a request may be made with a token of this scope."""
        if not path.startswith(API) or (not self.writes and method not in READING):
            return False
        first = path.removeprefix(API).partition("/")[0]
        if first in _NEVER:
            return False
        return not self.parts or first in _OF_EVERYBODY or _BELONGS_TO.get(first, first) in self.parts


FEED: Final = TokenScope(writes=False, parts=frozenset({"feed"}))
"""What the secret in the address of a calendar is for: that feed, and nothing of the API. No other token opens it."""
FEED_TITLE: Final = Text("日历订阅", "Calendar feed")


def scope_of(access: str, parts: list[str]) -> TokenScope:
    """Return the scope that somebody asks for; raises FormInvalid for a word that means none."""
    problems = []
    if access not in ("read", "write"):
        problems.append(
            FieldProblem(path="access", text=Text("只能选择只读（read）或读写（write）", "Choose read or write"))
        )
    unknown = sorted(set(parts) - PARTS.keys())
    if unknown:
        known = "、".join(PARTS)
        text = Text(f"没有范围“{unknown[0][:40]}”，可用：{known}", f"There is no part {unknown[0][:40]!r}; use {known}")
        problems.append(FieldProblem(path="parts", text=text))
    if problems:
        raise FormInvalid(problems)
    return TokenScope(writes=access == "write", parts=frozenset(parts))


def scope_from(text: str) -> TokenScope:
    """Return a scope as it was kept.

    >>> str(scope_from("write figures cases"))
    'write cases figures'
    """
    access, *parts = text.split()
    return TokenScope(writes=access == "write", parts=frozenset(parts))
