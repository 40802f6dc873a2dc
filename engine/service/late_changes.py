"""Who changed a class or a date after the cut-off of figures, of the cases that a reader may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from pydantic import JsonValue

from engine.access.readers import principals_of
from engine.case.actors import Actor
from engine.case.codec import at_text, microseconds
from engine.case.identity import RootId
from engine.definition.compiled import Definition
from engine.figures.late_changes import LateChange, late_changes
from engine.service.case_rows import row_of
from engine.service.desk import Desk
from engine.service.figures import LIVE_CASES_MAX
from engine.service.world import World
from engine.text import Text

LISTED_MAX: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class LateLine:
    """A change as a reader sees it. ``who`` is a name, or the pseudonym where no name may be known; ``role`` is None
    where the engine did it by itself."""

    change: LateChange
    number: str | None
    who: str
    role: Text | None

    @property
    def called(self) -> str:
        """What the case is called: its number, else its id."""
        return self.number or self.change.case


@dataclass(frozen=True, slots=True, kw_only=True)
class LateLines:
    """How many changes there are, and the newest of them."""

    count: int
    lines: tuple[LateLine, ...]


def changed_since(
    desk: Desk, root: RootId, workflow: str, cutoff: datetime, actor: Actor, world: World, *, waits: bool = False
) -> LateLines | None:
    """Return what was changed after a cut-off, newest first; None where there are too many cases to look while a
    reader waits.

    Args:
        desk: where it is read.
        root: the organisation.
        workflow: whose figures are asked for.
        cutoff: as of when they are.
        actor: the reader; of cases that they may not see nothing is told.
        world: the rules as they stand.
        waits: look however many cases there are.
    """
    now = desk.office.now()
    if cutoff >= now:
        return LateLines(count=0, lines=())
    if not waits and desk.reads.cases_up_to(root, workflow, LIVE_CASES_MAX + 1) > LIVE_CASES_MAX:
        return None
    definition = world.rules.for_new(workflow)
    seen = None if actor.person is None else principals_of(actor)
    spans = desk.reads.spans_of_workflow(root, workflow, microseconds(now), seen)
    found = sorted(late_changes(definition, spans, cutoff), key=lambda change: (change.at, change.case, change.seq))
    return LateLines(count=len(found), lines=_told(desk, root, found[: -LISTED_MAX - 1 : -1], actor, world, definition))


def late_json(lines: LateLines | None) -> dict[str, JsonValue] | None:
    """Return them as plain JSON; null where nobody looked."""
    if lines is None:
        return None
    return {"count": lines.count, "changes": [_plain(line) for line in lines.lines]}


def _plain(line: LateLine) -> dict[str, JsonValue]:
    change = line.change
    return {
        "case": change.case,
        "number": line.number,
        "what": _both(change.what),
        "before": _both(change.before),
        "after": _both(change.after),
        "at": at_text(change.at),
        "who": line.who,
        "role": _both(line.role),
    }


def _both(text: Text | None) -> dict[str, JsonValue] | None:
    return None if text is None else {"zh": text.zh, "en": text.en}


def _told(
    desk: Desk, root: RootId, changes: Sequence[LateChange], actor: Actor, world: World, definition: Definition
) -> tuple[LateLine, ...]:
    lines: dict[LateChange, LateLine] = {}
    for case, each in groupby(sorted(changes, key=lambda change: change.case), key=lambda change: change.case):
        entries = {line.seq: line for line in desk.queries.timeline(root, case, actor, world)}
        row = next(iter(desk.reads.cases(root, [case])), None)
        number = None if row is None else row_of(row, definition).number
        for change in each:
            entry = entries[change.seq]
            role = definition.workflow.roles.get(entry.role or "")
            title = None if role is None else role.title.text
            lines[change] = LateLine(change=change, number=number, who=entry.who, role=title)
    return tuple(lines[change] for change in changes)
