"""Cases as the last commits of this process left them, so that it need not read them again. Where other processes write
too they may be old: there they only tell what to lock."""

from __future__ import annotations

from collections.abc import Iterable

from engine.case.case import Case
from engine.case.identity import CaseId

CASES_MAX = 2048


class CaseCache:
    """The newest committed cases. What a batch leaves is staged, and counts only once its commit is confirmed."""

    def __init__(self, cases_max: int = CASES_MAX) -> None:
        self._cases_max = cases_max
        self._cases: dict[CaseId, Case] = {}
        self._staged: dict[CaseId, Case] = {}

    def get(self, case: CaseId) -> Case | None:
        """Return the case as the last confirmed commit left it, None when it is not kept."""
        return self._cases.get(case)

    def stage(self, cases: Iterable[Case]) -> None:
        """Keep these for when the commit is confirmed."""
        self._staged = {case.id: case for case in cases}

    def confirm(self) -> None:
        """The commit is confirmed: what was staged counts; the longest kept make room."""
        for case_id, case in self._staged.items():
            self._cases.pop(case_id, None)
            self._cases[case_id] = case
        self._staged = {}
        while len(self._cases) > self._cases_max:
            del self._cases[next(iter(self._cases))]

    def forget(self) -> None:
        """A commit failed: read everything anew."""
        self._cases.clear()
        self._staged = {}
