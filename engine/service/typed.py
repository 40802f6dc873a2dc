"""Reads days and the like as people type them into forms of the house, and names what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from engine.errors import FieldProblem
from engine.text import Text


def day_typed(text: str) -> date | None:
    """Return the day of a text as ``2026-09-15``, None for anything else.

    >>> day_typed(" 2026-09-15 ")
    datetime.date(2026, 9, 15)
    """
    text = text.strip()
    try:
        return date.fromisoformat(text) if len(text) == len("2026-09-15") and text.isascii() else None
    except ValueError:
        return None


def wrong_days(typed: Mapping[str, str]) -> Iterator[FieldProblem]:
    """Yield a problem for every field in which something stands that is no day."""
    for name, text in typed.items():
        if text.strip() and day_typed(text) is None:
            yield field_problem(name, "应为日期，例如 2026-09-15", "This is no day; one looks like 2026-09-15")


def backward(typed: Mapping[str, str], first: str, last: str) -> Iterator[FieldProblem]:
    """Yield a problem where the last day of a period comes before its first."""
    begins, ends = day_typed(typed[first]), day_typed(typed[last])
    if begins is not None and ends is not None and ends < begins:
        yield field_problem(last, "截止日期不能早于开始日期", "It cannot end before it begins")


def field_problem(path: str, zh: str, en: str) -> FieldProblem:
    """Return what is wrong with one field, in both languages."""
    return FieldProblem(path=path, text=Text(zh, en))
