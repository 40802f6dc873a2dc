"""What recorded moves would have come to under other parameters, guards or units: each decided once more, in order.

A family of cases is followed as it was recorded up to a step that what is tried can reach. That step is decided again,
by ``decide``, as the same person at the same instant. Where it comes out as it was recorded, the family is followed on.
Where it does not, everything after it is decided again too: what is refused then has not happened, and what time does
to clocks is done as it is in life. A difference counts only where the rules in force still give what was recorded.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, NamedTuple

from engine.calendar.calendar import Calendar
from engine.case.case import Case
from engine.case.commands import TendCase
from engine.case.decide import decide
from engine.case.effects import OPENING
from engine.case.events import Event, EventType, Step
from engine.case.identity import CaseId, RootId, SessionId
from engine.case.situation import CongressSession, Situation
from engine.case.units import UnitTree
from engine.definition.model import Workflow
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError
from engine.figures.commands_again import asked_again
from engine.figures.trial import Trial
from engine.ledger.replay import Move
from engine.text import Text

_SEED: Final = "0" * 32
_COMMANDS: Final = frozenset({EventType.OPENED, EventType.FIRED, EventType.MIGRATED})

Recorded = Sequence[Move]
"""The entries of one step, in their order; the first is the one that was asked for."""


class Turned(NamedTuple):
    """The first step of a family that comes out otherwise: whose, which move, when it was made, and what of it."""

    case: CaseId
    move: Text
    at: datetime
    what: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Retold:
    """What became of a family: its cases as they would be, none where all is as it was.

    ``dropped`` are later moves that could not have been made. ``unknown`` says why nothing can be said of it.
    """

    cases: Mapping[CaseId, Case] = field(default_factory=dict)
    turned: Turned | None = None
    dropped: int = 0
    unknown: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What surrounds the cases of an organisation: rules, units, the calendar and the sessions of its congress."""

    root: RootId
    rules: Rulebook
    units: UnitTree
    calendar: Calendar
    sessions: Mapping[SessionId, CongressSession]


class Retelling:
    """Tells families again under one trial of one workflow. What follows from definitions alone is kept."""

    def __init__(self, trial: Trial, workflow: str, ground: Ground, *, all_moves: bool = False) -> None:
        """``all_moves``: decide every move again, also those that the trial does not reach."""
        self._trial, self._workflow, self._ground = trial, workflow, ground
        self._all = all_moves
        self._reached: dict[int, _Reached] = {}
        self._books: dict[tuple[tuple[str, int], ...], tuple[Rulebook, Rulebook]] = {}

    def reaches(self, kind: EventType, move: str | None, workflow: Workflow, classes: Set[str] | None = None) -> bool:
        """Return whether an entry could come out otherwise: of this kind, made by this move (None by none), of a case
        that was of these classes (None: of any)."""
        if self._all:
            return kind in _COMMANDS
        if workflow.name != self._workflow or kind not in (EventType.OPENED, EventType.FIRED):
            return False
        known = self._reached.get(id(workflow))
        if known is None:
            known = self._reached[id(workflow)] = _reached(self._trial, workflow)
        if known.asked is None or (move or "") in known.asked:
            return True
        fields = known.routed.get(move or "", frozenset())
        return any(classes is None or not classes.isdisjoint(self._trial.units[field]) for field in fields)

    def retold(self, family: Mapping[CaseId, Sequence[Move]], now: datetime) -> Retold:
        """Return what becomes of a family: a case with all that its steps can touch, by their entries in order."""
        was, book = self._rules_of(family)
        heads: dict[CaseId, Case] = {}
        steps = list(steps_of(family))
        for number, step in enumerate(steps):
            if any(self._reaches(move) for move in step):
                answer = self._asked(step, heads, book)
                told = None if answer is None else _difference(answer, step, book)
                if answer is not None and told is not None:
                    again = self._asked(step, heads, was, as_it_was=True)
                    differs = None if again is None else _difference(again, step, was)
                    if differs is not None:
                        return Retold(unknown=_unlike(differs))
                    head = step[0]
                    turned = Turned(head.event.case, _move_words(head), head.event.happened_at, told)
                    return self._onward(steps[number:], heads, book, turned, now)
            heads.update((move.event.case, move.after) for move in step)
        return Retold()

    def _reaches(self, move: Move) -> bool:
        workflow, case = move.definition.workflow, move.before
        kind = None if case is None else case.data.get(workflow.category_field or "")
        return self.reaches(move.event.type, move.event.transition, workflow, {str(kind)})

    def _onward(
        self,
        steps: Sequence[Recorded],
        heads: dict[CaseId, Case],
        book: Rulebook,
        turned: Turned,
        now: datetime,
    ) -> Retold:
        dropped = 0
        for step in steps:
            head = step[0]
            if head.event.type is EventType.OPENED and head.event.cause is not None:
                heads.update((move.event.case, move.after) for move in step)  # a case outside the family opened it
            if not _is_command(head.event):
                continue
            at = head.event.at
            case = heads.get(head.event.case)
            if case is not None:
                self._tended(case, heads, book, at)
            answer = self._asked(step, heads, book)
            if isinstance(answer, Step):
                ids = _same_ids(answer, step)
                for after in answer.after:
                    renamed = _renamed(after, ids)
                    heads[renamed.id] = renamed
            elif step is not steps[0]:
                dropped += 1
        for case in list(heads.values()):
            self._tended(case, heads, book, now)
        return Retold(cases=heads, turned=turned, dropped=dropped)

    def _tended(self, case: Case, heads: dict[CaseId, Case], book: Rulebook, at: datetime) -> None:
        """Let time act on a case as the sweep would have done by then."""
        if any(clock.rung_at is not None and clock.rung_at <= at for clock in case.clocks):
            step = decide(self._situation(heads, book), TendCase(root=case.root, case=case.id), at)
            if isinstance(step, Step):
                heads.update((after.id, after) for after in step.after)

    def _asked(
        self, step: Recorded, heads: Mapping[CaseId, Case], book: Rulebook, *, as_it_was: bool = False
    ) -> Step | BanjieError | None:
        """Ask for a step again; None where nobody asked for it, or its case has not come to be."""
        head = step[0]
        case = heads.get(head.event.case)
        if not _is_command(head.event) or (case is None and head.event.type is not EventType.OPENED):
            return None
        routed = head.definition.workflow.name == self._workflow and not as_it_was
        situation = self._situation(heads, book)
        answer: Step | BanjieError | None = None
        for again in asked_again(head, case, self._trial.units if routed else {}):
            answer = decide(situation._replace(files=again.files), again.command, head.event.at)
            if isinstance(answer, Step):
                break
        return answer

    def _situation(self, heads: Mapping[CaseId, Case], book: Rulebook) -> Situation:
        return Situation(
            root=self._ground.root,
            family=heads,
            rules=book,
            units=self._ground.units,
            calendar=self._ground.calendar,
            sessions=self._ground.sessions,
            numbers=defaultdict(int),  # numbers are issued anew, and nobody is told them
            seed=_SEED,
        )

    def _rules_of(self, family: Mapping[CaseId, Sequence[Move]]) -> tuple[Rulebook, Rulebook]:
        """Return the rules in force and those tried, in which the versions of this family are the newest."""
        first = (moves[0].event.opening for moves in family.values() if moves)
        versions = {(one.workflow, one.definition_version) for one in first if one is not None}
        key = tuple(sorted(versions))
        if key not in self._books:
            was = _up_to(self._ground.rules, dict(key))
            self._books[key] = was, self._tried(was)
        return self._books[key]

    def _tried(self, book: Rulebook) -> Rulebook:
        def of(part: Workflow) -> Workflow:
            return self._trial.decided_by(part) if part.name == self._workflow else part

        return Rulebook(
            workflows={name: (of(part), known) for name, (part, known) in book.workflows.items()},
            lists=book.lists,
            kept_workflows={known: of(part) for known, part in book.kept_workflows.items()},
            kept_lists=book.kept_lists,
        )


def _is_command(event: Event) -> bool:
    """Return whether somebody asked for it: no other case brought it about, and it is no note and no clock's."""
    return event.type in _COMMANDS and event.cause is None


def steps_of(family: Mapping[CaseId, Sequence[Move]]) -> Iterator[Recorded]:
    """Yield the steps of a family in their order: of each case as its entries stand, what follows after its cause."""
    by_instant: dict[datetime, dict[CaseId, deque[Move]]] = defaultdict(dict)
    for case, moves in family.items():
        for move in moves:
            by_instant[move.event.at].setdefault(case, deque()).append(move)
    for at in sorted(by_instant):
        waiting = by_instant[at]
        while waiting:
            heads = [each[0] for each in waiting.values()]
            free = [move for move in heads if move.event.cause is None] or heads
            step = [_taken(min(free, key=_place), waiting)]
            while follows := _following(step, waiting):
                step.append(_taken(follows, waiting))
            yield step


def _place(move: Move) -> tuple[datetime, str]:
    return move.event.happened_at, move.event.case


def _taken(move: Move, waiting: dict[CaseId, deque[Move]]) -> Move:
    case = move.event.case
    waiting[case].popleft()
    if not waiting[case]:
        del waiting[case]
    return move


def _following(step: Recorded, waiting: Mapping[CaseId, deque[Move]]) -> Move | None:
    """Return an entry that one of the step brought about, None when there is no more."""
    causes = {(move.event.case, move.event.transition or OPENING) for move in step}
    heads = (each[0] for each in waiting.values())
    return next((one for one in heads if one.event.cause is not None and tuple(one.event.cause) in causes), None)


class _Reached(NamedTuple):
    """The moves that a trial can reach, "" for the opening: those of any case, None for all of them; and those that
    name a unit, with the fields that do, which it reaches in cases of the classes that are given to others."""

    asked: frozenset[str] | None
    routed: Mapping[str, Collection[str]]


def _reached(trial: Trial, workflow: Workflow) -> _Reached:
    """Return the moves that a trial can reach.

    What names a parameter is found in the text of its part: a name too many costs only time.
    """
    names = [f"parameter.{name}" for name in trial.parameters]
    whole = workflow.model_dump_json(exclude={"transitions", "parameters", "on_open", "on_behalf", "vary", "measures"})
    routed = {move: part.form.keys() & trial.units.keys() for move, part in workflow.transitions.items()}
    if any(name in whole for name in names):
        return _Reached(None, routed)
    found = {""} if any(name in str((workflow.on_open, workflow.on_behalf)) for name in names) else set[str]()
    for move, part in workflow.transitions.items():
        text = part.model_dump_json()
        guards = {guard.id for guard in part.guards} | {one.id for way in part.alternatives for one in way.guards}
        if any(name in text for name in names) or guards & trial.guards.keys():
            found.add(move)
    return _Reached(frozenset(found), routed)


def _up_to(rules: Rulebook, versions: Mapping[str, int]) -> Rulebook:
    """Return the rules as they were when these were the newest versions; later ones are known by their hash only."""
    later = {name: known for name, known in rules.workflows.items() if name[1] > versions.get(name[0], name[1])}
    if not later:
        return rules
    return Rulebook(
        workflows={name: known for name, known in rules.workflows.items() if name not in later},
        lists=rules.lists,
        kept_workflows={**rules.kept_workflows, **{known: part for part, known in later.values()}},
        kept_lists=rules.kept_lists,
    )


def _difference(answer: Step | BanjieError, step: Recorded, book: Rulebook) -> Text | None:
    """Return in what an answer is another than what was recorded, None in nothing."""
    if isinstance(answer, BanjieError):
        return Text(f"不能办理：{answer.text.zh}", f"refused: {answer.text.en}")
    ids = _same_ids(answer, step)
    events = _in_order(event._replace(case=ids.get(event.case, event.case)) for event in _of_family(answer))
    recorded = _in_order(move.event for move in step)
    after = {ids.get(case.id, case.id): case for case in answer.after}
    for event, known in zip(events, recorded, strict=False):
        if event.to_state != known.to_state and event.to_state is not None:
            pins = after[event.case].pins
            title = book.pinned(pins.definition, pins.lists).workflow.states[event.to_state].title
            return Text(f"转到“{title.zh}”", f"goes to “{title.en}”")
        if [child.unit for child in event.children] != [child.unit for child in known.children]:
            return Text("交办其他单位", "given to another unit")
    if [_shape(event) for event in events] != [_shape(event) for event in recorded]:
        return Text("后续处理不同", "what follows differs")
    return None


def _in_order(events: Iterable[Event]) -> list[Event]:
    """Return events case by case: in what order a step comes to its cases does not matter."""
    return sorted(events, key=lambda event: event.case)


def _of_family(answer: Step) -> Iterator[Event]:
    """Yield the events of a step without those of cases that it opens for themselves, beside the family."""
    outside = set[CaseId]()
    for event in answer.events:
        opening = event.opening
        if opening is not None and event.cause is not None and (opening.parent is None or opening.parent in outside):
            outside.add(event.case)
        if event.case not in outside:
            yield event


def _shape(event: Event) -> tuple[object, ...]:
    """Return what is compared of an entry: no number that was issued, no date that a calendar may have moved since."""
    clocks = sorted((clock.name, clock.state, clock.term, clock.extensions) for clock in event.clocks)
    return event.case, event.type, event.transition, event.to_state, set(event.joined), set(event.left), clocks


def _same_ids(answer: Step, step: Recorded) -> dict[CaseId, CaseId]:
    """Return for the cases that a step opens the ids that they were recorded under, where they were."""
    waiting: dict[tuple[object, ...], deque[CaseId]] = defaultdict(deque)
    for move in step:
        if move.event.opening is not None:
            waiting[move.event.opening.workflow, move.event.opening.child_role].append(move.event.case)
    ids = {}
    for event in _of_family(answer):
        if event.opening is not None:
            known = waiting[event.opening.workflow, event.opening.child_role]
            ids[event.case] = known.popleft() if known else event.case
    return ids


def _renamed(case: Case, ids: Mapping[CaseId, CaseId]) -> Case:
    if not ids:
        return case
    return case._replace(
        id=ids.get(case.id, case.id),
        parent=None if case.parent is None else ids.get(case.parent, case.parent),
        children=tuple(child._replace(case=ids.get(child.case, child.case)) for child in case.children),
        linked=tuple(ids.get(one, one) for one in case.linked),
    )


def _unlike(differs: Text) -> Text:
    return Text(
        f"按现行规定重新办理，与档案记载不一致（{differs.zh}）",
        f"the rules in force do not give what was recorded ({differs.en})",
    )


def _move_words(move: Move) -> Text:
    if move.event.transition is None:
        return Text("立项", "Opening") if move.event.type is EventType.OPENED else Text("迁移", "Migration")
    return move.definition.workflow.transitions[move.event.transition].title.text
