"""Absences as lines of a list: who stands in for whom, from when until when, and how it stands today."""

from __future__ import annotations

from dataclasses import dataclass

from engine.access.directory import Deputation
from engine.service.absences import AbsenceLine
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class AbsenceRow:
    """One absence; ``who`` says who stands in, or for whom."""

    key: str
    days: str
    who: str
    standing: str
    is_now: bool
    is_over: bool
    note: str


def absence_row(line: AbsenceLine, words: Words, *, own: bool) -> AbsenceRow:
    """Return the row of an absence, of one's own or of somebody one stands in for."""
    from_on = line.deputation.from_on
    begin = words.t("absence_since_ever") if from_on is None else words.date(from_on)
    return AbsenceRow(
        key=line.key,
        days=words.t("absence_days", begin=begin, end=end_words(line.deputation, words)),
        who=words.t("absence_by", name=line.deputy) if own else words.t("absence_for", name=line.principal),
        standing=words.t(f"absence_{line.standing}"),
        is_now=line.standing == "now",
        is_over=line.standing == "over",
        note=line.deputation.note or "",
    )


def end_words(absence: Deputation, words: Words) -> str:
    """Return the last day of an absence."""
    return words.t("absence_open_end") if absence.until_on is None else words.date(absence.until_on)
