"""Lines of the list of what waits for somebody: what is asked next, how the other units stand, what else is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.case.case import Case, Clock, ClockState
from engine.definition.wording import title_of
from engine.service.next_moves import NextMove, asks_to_extend
from engine.service.waiting import Group, WaitingEntry
from engine.service.world import World
from web.shell import Visit
from web.views.clocks import Standing, due_words, running_standing
from web.views.co_handlers import PartView, part_views

PARTS_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedMove:
    """A move as the line offers it: made ``at_once`` by its button, or written on the page at ``address``.

    ``key`` names case and move in one word, as the button sends them.
    """

    title: str
    name: str
    key: str
    at_once: bool
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MineRow:
    """One line. ``first`` is what is asked next, None where nothing is offered; ``notes`` are said in short."""

    case_id: str
    address: str
    number: str
    subject: str
    workflow: str
    state: str
    phase: str
    unit: str
    deadline: str | None
    due: str | None
    provisional: bool
    standing: Standing | None
    first: AskedMove | None
    more: tuple[AskedMove, ...]
    parts: tuple[PartView, ...]
    parts_left: int
    notes: tuple[str, ...]
    versions: tuple[tuple[str, int], ...]

    @property
    def at_once(self) -> tuple[AskedMove, ...]:
        """The moves for which nothing is to be filled in."""
        return tuple(move for move in (self.first, *self.more) if move is not None and move.at_once)


@dataclass(frozen=True, slots=True, kw_only=True)
class MineGroup:
    """The lines that are due by the same time, under a heading; ``count`` is of the whole list, None where it was not
    counted."""

    name: str
    title: str
    tone: str
    count: str | None
    rows: tuple[MineRow, ...]


def mine_row(entry: WaitingEntry, world: World, visit: Visit) -> MineRow:
    """Return a line of the list."""
    words, case, workflow = visit.words, entry.case, entry.definition.workflow
    unit = world.surroundings.units.get(case.lead_unit or case.unit)
    numbers = (case.data.get(name) for name in workflow.number_fields)
    found = _soonest(entry)
    clock, of = (None, case) if found is None else found
    calendar = world.calendar_of(of.unit)
    titles = workflow.deadlines if of is case else world.rules.newest(of.workflow).deadlines
    moves = tuple(_asked(move, visit) for move in entry.moves)
    parts = tuple(part_views(entry.co_handlers, world, visit))
    return MineRow(
        case_id=case.id,
        address=f"/cases/{case.id}",
        number=next((str(number) for number in numbers if number), words.t("no_number")),
        subject=str(case.data.get(workflow.subject_field) or words.t("no_subject")),
        workflow=words.say(workflow.title.text),
        state=words.say(title_of(case.state, workflow.states)),
        phase=str(case.phase),
        unit=words.t("dash") if unit is None else words.say(unit.title),
        deadline=None if clock is None else words.say(title_of(clock.name, titles)),
        due=None if clock is None else due_words(clock.due_on, clock.due_at, words),
        provisional=clock is not None and clock.provisional,
        standing=None if clock is None else running_standing(clock.due_on, clock.due_at, calendar, visit.now, words),
        first=moves[0] if moves else None,
        more=moves[1:],
        parts=parts[:PARTS_MAX],
        parts_left=len(parts) - min(len(parts), PARTS_MAX),
        notes=tuple(_notes(entry, visit)),
        versions=tuple((each.id, each.version) for each in (case, entry.part) if each is not None),
    )


def groups_of(
    rows: Sequence[tuple[Group, MineRow]], counts: Mapping[Group, int], is_cut: bool, visit: Visit
) -> list[MineGroup]:
    """Return the lines by group, in their order; groups without a line on this page are left out."""
    words = visit.words
    return [
        MineGroup(
            name=group.value,
            title=words.t(f"mine_{group}"),
            tone=_TONES[group],
            count=None
            if group not in counts
            else words.t("mine_at_least", n=counts[group])
            if is_cut
            else str(counts[group]),
            rows=own,
        )
        for group in Group
        if (own := tuple(row for of, row in rows if of is group))
    ]


_TONES: Mapping[Group, str] = {
    Group.OVERDUE: "late",
    Group.TODAY: "soon",
    Group.WEEK: "soon",
    Group.LATER: "open",
    Group.UNDATED: "still",
}


def _soonest(entry: WaitingEntry) -> tuple[Clock, Case] | None:
    """Return the deadline that is due first, and whose it is."""
    running = [
        (clock, case)
        for case in (entry.part, entry.case)
        if case is not None
        for clock in case.clocks
        if clock.watched and clock.state is ClockState.RUNNING
    ]
    return min(running, key=lambda pair: pair[0].due_at, default=None)


def _asked(move: NextMove, visit: Visit) -> AskedMove:
    return AskedMove(
        title=visit.words.say(move.part.title.text),
        name=move.name,
        key=f"{move.case.id}.{move.name}",
        at_once=move.at_once,
        address=_address(move),
    )


def _address(move: NextMove) -> str:
    """Return where a move is written: more time is worked out before it is asked for, all else on the case's page."""
    if asks_to_extend(move.part) is not None:
        return f"/mine/{move.case.id}/extension?move={move.name}"
    return f"/cases/{move.case.id}?move={move.name}#moves"


def _notes(entry: WaitingEntry, visit: Visit) -> Iterator[str]:
    words = visit.words
    if entry.extension is not None:
        yield words.t(f"mine_extension_{entry.extension}")
    if any(clock.state is ClockState.SUSPENDED for clock in entry.case.clocks):
        yield words.t("clock_suspended")
    if entry.unread:
        yield words.t("mine_unread", n=entry.unread)
