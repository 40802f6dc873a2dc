"""One case of a selection as the page of a move shows it: what will be done to it, or why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine.definition.wording import source_words
from engine.service.measures import Planned
from web.forms.moves import source_of
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRow:
    """One case of the selection: what will be done, or why not."""

    case_id: str
    address: str | None
    number: str
    subject: str
    version: int | None
    what: tuple[str, ...]
    refusal: str | None
    source: str | None


def planned_row(one: Planned, words: Words) -> PlannedRow:
    """Return the row of a case."""
    what = [words.t("act_will_open", title=words.say(title)) for title in one.opens]
    what += [words.t("act_will_raise", title=words.say(title)) for title in one.raises]
    if one.tells:
        what.append(words.t("act_will_tell", roles=words.listed(words.say(title) for title in one.tells)))
    refusal = one.refusal
    return PlannedRow(
        case_id=one.id,
        address=None if one.case is None else f"/cases/{one.id}",
        number=one.number or words.t("no_number"),
        subject=one.subject or words.t("no_subject"),
        version=None if one.case is None else one.case.version,
        what=tuple(what) or (words.t("act_will_do"),),
        refusal=None if refusal is None else words.say(refusal.text),
        source=None if refusal is None else source_of(refusal, words.language),
    )


def sources_of(planned: Sequence[Planned], measure: str, words: Words) -> list[str]:
    """Return document and article of the move, of each definition that names one."""
    found: dict[str, None] = {}
    for one in planned:
        if one.definition is not None:
            workflow = one.definition.workflow
            source = workflow.transitions[measure].source
            if source is not None:
                found[words.say(source_words(source, workflow))] = None
    return list(found)
