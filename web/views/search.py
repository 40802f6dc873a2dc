"""What a search found, as lines of a page: what a case is called, where it stands, and where the words are."""

from __future__ import annotations

from dataclasses import dataclass

from engine.case.identity import UnitId
from engine.case.search_words import Marked
from engine.definition.wording import title_of
from engine.service.search import FoundCase
from engine.service.world import World
from web.shell import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundExcerpt:
    """Where the words stand: the field's title, and the text in pieces, marked or not."""

    title: str
    pieces: tuple[Marked, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """One case that was found; ``is_part`` says that it is what one unit does for another case."""

    address: str
    number: str
    subject: tuple[Marked, ...]
    is_part: bool
    workflow: str
    state: str
    phase: str
    unit: str
    opened: str
    session: str
    excerpts: tuple[FoundExcerpt, ...]


def found_row(found: FoundCase, world: World, visit: Visit) -> FoundRow:
    """Return the line of a case."""
    words, case = visit.words, found.case
    workflow = found.definition.workflow
    unit = world.surroundings.units.get(UnitId(case.lead_unit or case.unit))
    session = None if case.congress_session is None else world.surroundings.sessions.get(case.congress_session)
    has_subject = any(piece.text for piece in found.subject)
    return FoundRow(
        address=f"/cases/{case.id}",
        number=found.number or words.t("no_number"),
        subject=found.subject if has_subject else (Marked(words.t("no_subject"), False),),
        is_part=case.parent is not None,
        workflow=words.say(workflow.title.text),
        state=words.say(title_of(case.state, workflow.states)),
        phase=case.phase.value,
        unit=words.t("dash") if unit is None else words.say(unit.title),
        opened=words.day(case.opened_at),
        session="" if session is None else words.say(session.title),
        excerpts=tuple(
            FoundExcerpt(title=words.say(workflow.fields[one.field].title.text), pieces=one.pieces)
            for one in found.excerpts
        ),
    )
