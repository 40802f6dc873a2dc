"""The review meeting: what is on its agenda, what it has decided on a day, and whether there is a lawful way back."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, cast

from pydantic import JsonValue

from engine.access.disclosure import disclosed
from engine.access.readers import principals_of
from engine.calendar.term import SHANGHAI
from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.codec import microseconds
from engine.case.events import EventType
from engine.case.identity import CaseId, RootId
from engine.case.roles import first_capacity
from engine.case.secrecy import as_party
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.definition.model import MeetingPart, Workflow
from engine.definition.parts import TransitionPart, UnMerge
from engine.definition.rulebook import Rulebook
from engine.ledger.canonical import parse_canonical
from engine.ledger.commitments import Sealer
from engine.service.board import Board
from engine.service.board_ports import BoardFilter, BoardOrder
from engine.service.case_rows import case_from
from engine.service.desk import Desk
from engine.service.main_cases import merging_moves
from engine.service.ports import CaseLine
from engine.service.queries import CaseView
from engine.service.rows import EntryRow, PrivateRow

AGENDA_MAX: Final = 200
"""So many cases are taken up at once, those due first; a meeting that has more takes the others after them."""
MINUTES_MAX: Final = 500
_DIGITS: Final = re.compile(r"([0-9]+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What the meeting said of one case; ``fields`` are those of the move that the reader may know."""

    case: Case
    definition: Definition
    move: str
    at: datetime
    fields: Mapping[str, JsonValue]

    @property
    def number(self) -> str:
        """The number the case is known by now, "" while it has none."""
        values = (self.case.data.get(name) for name in self.definition.workflow.number_fields)
        return next((str(value) for value in values if value), "")


def meetings(rules: Rulebook) -> list[tuple[Workflow, MeetingPart]]:
    """Return the workflows that are reviewed in a meeting, in their newest versions."""
    newest = (rules.newest(name) for name in rules.names())
    return [(workflow, workflow.meeting) for workflow in newest if workflow.meeting is not None]


def agenda(
    desk: Desk, root: RootId, actor: Actor, where: BoardFilter, part: MeetingPart, *, narrowed: str = ""
) -> list[CaseLine]:
    """Return the cases on the agenda that the actor may see, by their numbers.

    Args:
        desk: what is asked.
        root: the organisation.
        actor: who takes part.
        where: workflow, session and what else the agenda is narrowed to; its states are those of the agenda.
        part: the meeting.
        narrowed: what the field ``narrowed_by`` must contain; "" for anything.
    """
    lines = list(Board(desk, root, actor).page(where, BoardOrder.DUE, after=None, limit=AGENDA_MAX).lines)
    if narrowed and part.narrowed_by is not None:
        cases = desk.reads.visible_cases(root, [line.id for line in lines], _principals(actor))
        kept = {case.id for case in cases if narrowed in str(case.data.get(part.narrowed_by) or "")}
        lines = [line for line in lines if line.id in kept]
    return sorted(lines, key=lambda line: (line.number is None, _numbers_apart(line.number or ""), line.id))


def decisions(
    desk: Desk, root: RootId, actor: Actor, where: BoardFilter, part: MeetingPart, on: date
) -> tuple[list[Decision], bool]:
    """Return the outcomes and merges recorded on a day (Asia/Shanghai), in order, and whether some may be missing."""
    begins_at = datetime(on.year, on.month, on.day, tzinfo=SHANGHAI)
    ends_at = begins_at + timedelta(days=1)
    ids = Board(desk, root, actor).changed(where, since=microseconds(begins_at), limit=MINUTES_MAX + 1)
    world = desk.world(root)
    found: list[Decision] = []
    for kept in desk.reads.case_files(root, list(ids[:MINUTES_MAX])):
        if kept.row is None:
            continue
        case = case_from(kept.row)
        definition = world.rules.pinned(case.pins.definition, case.pins.lists)
        known = disclosed(case, definition, actor, world.surroundings.tree).fields
        moves = {*part.outcomes, *merging_moves(definition.workflow)}
        for move, at, entry in _fired(kept.entries, moves):
            if begins_at <= at < ends_at and move in definition.workflow.transitions:
                asked = known.intersection(definition.workflow.transitions[move].form)
                fields = _written(desk.sealer, entry, kept.privates, asked)
                found.append(Decision(case=case, definition=definition, move=move, at=at, fields=fields))
    return sorted(found, key=lambda one: (one.at, _numbers_apart(one.number), one.case.id)), len(ids) > MINUTES_MAX


def moves_open(
    view: CaseView, part: MeetingPart, moves: Iterable[str], actor: Actor, units: UnitTree
) -> tuple[bool, list[str]]:
    """Return whether the review must be begun first, and those of the moves open to the actor then, in their order."""
    case, workflow = view.case, view.definition.workflow
    known = [name for name in moves if name in workflow.transitions]
    now = [name for name in known if name in view.offered]
    begin = workflow.transitions.get(part.begin or "")
    if now or begin is None or part.begin not in view.offered:
        return False, now
    seen = as_party(actor, case)
    return True, [
        name
        for name in known
        if begin.to in workflow.transitions[name].from_
        and first_capacity(workflow.transitions[name].by, workflow, case, seen, units) is not None
    ]


def ways_back(workflow: Workflow, part: MeetingPart, offered: Iterable[str]) -> list[str]:
    """Return those of the moves offered that bring a case back to the agenda, or out of a merge."""
    return [name for name in offered if name not in part.outcomes and _leads_back(workflow.transitions[name], part)]


def _leads_back(move: TransitionPart, part: MeetingPart) -> bool:
    targets = {move.to, *(way.to for way in move.alternatives)} - {None}
    if targets and targets.issubset(part.agenda):
        return not set(move.from_).issubset(part.agenda)
    return any(isinstance(effect, UnMerge) for effect in move.effects)


def _fired(
    entries: Iterable[EntryRow], moves: Collection[str | None]
) -> Iterator[tuple[str, datetime, Mapping[str, JsonValue]]]:
    """Yield those of the entries that made one of the moves: its name, when, and the entry."""
    for entry in entries:
        body = parse_canonical(entry.body)
        if isinstance(body, dict) and body.get("type") == EventType.FIRED and body.get("transition") in moves:
            yield str(body["transition"]), datetime.fromisoformat(str(body["at"])), body


def _written(
    sealer: Sealer, entry: Mapping[str, JsonValue], privates: Sequence[PrivateRow], asked: Collection[str]
) -> dict[str, JsonValue]:
    """Return what was filled in with an entry, of the fields asked for; what was erased since is not there."""
    public = entry.get("pub")
    values = {name: value for name, value in public.items() if name in asked} if isinstance(public, dict) else {}
    wanted = [row for row in privates if row.seq == entry["seq"] and row.path.removeprefix("fields/") in asked]
    sealer.fetch({row.key for row in wanted})
    for row in wanted:
        opened = sealer.open(str(entry["id"]), row.path, row.key, row.ciphertext)
        if opened is not None:
            values[row.path.removeprefix("fields/")] = cast("JsonValue", opened.value)
    return values


def _numbers_apart(number: str) -> list[tuple[int, str]]:
    """Return a number with its digits as numbers, so that the 9th comes before the 10th."""
    parts = _DIGITS.split(number)
    return [(int(part), "") if part.isdecimal() and len(part) < 18 else (0, part) for part in parts]


def _principals(actor: Actor) -> Sequence[str] | None:
    return principals_of(actor) if actor.kind is ActorKind.PERSON else None


def next_of(lines: Sequence[CaseLine], case: CaseId) -> CaseId | None:
    """Return the case after this one on the agenda, from its beginning again; None where there is no other."""
    ids = [line.id for line in lines]
    if case not in ids:
        return ids[0] if ids else None
    at = ids.index(case)
    rest = ids[at + 1 :] + ids[:at]
    return rest[0] if rest else None
