"""What others did to a case since a version that somebody looked at, a line for each step: for lists of results."""

from __future__ import annotations

from typing import Final

from engine.case.identity import CaseId
from engine.errors import CaseNotFound
from engine.service.desk import Desk
from engine.service.world import World
from web.shell import Visit
from web.views.changes import split_at
from web.views.fields import FieldWriter
from web.views.timeline import entry_view

STEPS_MAX: Final = 5


def meanwhile(desk: Desk, visit: Visit, world: World, case_id: CaseId, seen: int) -> tuple[str, ...]:
    """Return the newest steps since a version, as the visitor may know of them; none of a case that is not seen."""
    root, actor = visit.known.root, visit.known.actor
    try:
        view = desk.queries.case(root, case_id, actor, world)
        lines = desk.queries.timeline(root, case_id, actor, world)
    except CaseNotFound:
        return ()
    writer = FieldWriter(words=visit.words, definition=view.definition, surroundings=world.surroundings, persons={})
    _before, after = split_at(lines, view.case.version, seen)
    entries = [entry_view(line, writer, world.rules) for line in reversed(after[-STEPS_MAX:])]
    return tuple(f"{entry.at} {entry.who}{visit.words.t('colon')}{entry.title}" for entry in entries)
