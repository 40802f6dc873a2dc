"""What-if over the cases of a house: which are asked, and what the answer calls them. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, cast

from pydantic import JsonValue

from engine.access.readers import principals_of
from engine.calendar.calendar import Calendar
from engine.case.actors import Actor
from engine.case.case import Case
from engine.case.events import EventType
from engine.case.evolve import evolve
from engine.case.identity import CaseId, RootId
from engine.definition.compiled import Definition
from engine.definition.parts import Privacy
from engine.figures.otherwise import Ground, Retelling, Retold
from engine.figures.trial import Trial
from engine.figures.what_if import Compared, Outcome, tried
from engine.ledger.canonical import parse_canonical
from engine.ledger.entries import read_entry
from engine.ledger.migrations import definitions_along
from engine.ledger.replay import Move
from engine.service.case_rows import row_of
from engine.service.desk import Desk
from engine.service.figures import LIVE_CASES_MAX
from engine.service.history_ports import CaseFile
from engine.service.ports import CaseFilter
from engine.service.world import World

AT_ONCE: Final = 500
Body = Mapping[str, JsonValue]
PAGE: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """The outcome, and by case the number of those that are listed in it."""

    outcome: Outcome
    numbers: dict[CaseId, str]


def simulate(
    desk: Desk,
    root: RootId,
    workflow: str,
    trial: Trial,
    *,
    calendar: Calendar | None = None,
    progress: Callable[[int], None] = lambda _done: None,
) -> Simulated:
    """Try something out on every case of a workflow, past and running.

    Args:
        desk: where they are read.
        root: the organisation.
        workflow: whose cases.
        trial: what is tried.
        calendar: another one than that of the house, None for its own on both sides.
        progress: told how many cases were looked at.
    """

    def cases() -> Iterator[Sequence[Case]]:
        ids, done = desk.reads.all_case_ids(root, workflow), 0
        while some := list(islice(ids, AT_ONCE)):
            yield desk.reads.cases(root, some)
            done += len(some)
            progress(done)

    return _simulated(desk, root, workflow, cases(), trial, calendar)


def simulate_seen(desk: Desk, root: RootId, workflow: str, trial: Trial, actor: Actor) -> Simulated | None:
    """Try something out on every case of a workflow that somebody may see, while they wait.

    Return None where those are more than ``LIVE_CASES_MAX``.
    """
    principals = principals_of(actor)
    if sum(desk.reads.count_cases(root, principals, workflow).values()) > LIVE_CASES_MAX:
        return None

    def cases() -> Iterator[Sequence[Case]]:
        after: str | None = None
        while True:
            page = desk.reads.list_cases(root, principals, CaseFilter(workflow=workflow), after=after, limit=PAGE)
            yield desk.reads.cases(root, [line.id for line in page.lines])
            after = page.next
            if after is None:
                return

    return _simulated(desk, root, workflow, cases(), trial, None)


def _simulated(
    desk: Desk, root: RootId, workflow: str, cases: Iterable[Sequence[Case]], trial: Trial, calendar: Calendar | None
) -> Simulated:
    world, now = desk.world(root), desk.office.now()
    compared = _Compared(desk, root, world, workflow, trial)
    other = world.calendar_of if calendar is None else lambda _unit: calendar
    pairs = (one for some in cases for one in compared.of(some))
    outcome = tried(pairs, trial, (world.calendar_of, other), now)
    return Simulated(outcome=outcome, numbers=dict(_numbers(desk, root, outcome)))


class _Compared:
    """Puts beside each case what it would be, as far as moves come out otherwise.

    Families are read whole: a case is told again with everything that its steps can touch, and once only.
    """

    def __init__(self, desk: Desk, root: RootId, world: World, workflow: str, trial: Trial) -> None:
        self._desk, self._root, self._world, self._trial = desk, root, world, trial
        surroundings = world.surroundings
        ground = Ground(
            root=root,
            rules=world.rules,
            units=surroundings.tree,
            calendar=world.calendar,
            sessions=surroundings.sessions,
        )
        self._retelling = Retelling(trial, workflow, ground)
        self._told: dict[CaseId, Retold] = {}
        self._now = desk.office.now()

    def of(self, cases: Sequence[Case]) -> Iterator[Compared]:
        """Yield the cases with their other side, in their order."""
        if self._trial.is_decided_anew:
            self._tell([case for case in cases if case.id not in self._told])
        for case in cases:
            workflow = self._world.rules.pinned(case.pins.definition, case.pins.lists).workflow
            told = self._told.pop(case.id, None)
            if told is None:
                yield Compared(case, workflow, case)
            else:
                other = told.cases.get(case.id, case)
                yield Compared(case, workflow, other, told.turned, told.dropped, told.unknown)

    def _tell(self, cases: Sequence[Case]) -> None:
        """Tell the families of these cases again; only what differs, or cannot be told, is kept."""
        known: dict[CaseId, Sequence[Body]] = {}
        files: dict[CaseId, CaseFile] = {}
        missing = {case.id for case in cases}
        while missing:
            for file in self._desk.reads.case_files(self._root, sorted(missing)):
                files[file.case] = file
                known[file.case] = [cast(Body, parse_canonical(entry.body)) for entry in file.entries]
            missing = {one for case in missing for one in _named_in(known[case])} - known.keys()
        waiting = dict(known)
        while waiting:
            family = _family_of(next(iter(waiting)), waiting)
            for case in family:
                del waiting[case]
            last = max((at for case in family for at in self._reached_at(known[case])), default=None)
            if last is None:
                continue
            told = self._retold(family, files, known, until=last)
            if told.turned is not None:
                told = self._retold(family, files, known, until=None)
            if told.cases or told.unknown is not None:
                self._told |= dict.fromkeys(family, told)

    def _retold(
        self,
        family: Sequence[CaseId],
        files: Mapping[CaseId, CaseFile],
        known: Mapping[CaseId, Sequence[Body]],
        *,
        until: str | None,
    ) -> Retold:
        """Tell a family again, by its entries up to an instant (None: by all): behind the last that the trial can reach
        nothing can come out otherwise that did not before."""
        moves = {case: list(self._moves(files[case], known[case], until)) for case in family}
        return self._retelling.retold({case: each for case, each in moves.items() if each}, self._now)

    def _reached_at(self, bodies: Sequence[Body]) -> Iterator[str]:
        """Yield the instants of the entries that the trial can reach."""
        classes: set[str] | None = set()
        for body, definition in zip(bodies, definitions_along(bodies, self._world.rules), strict=True):
            move, kind = body.get("transition"), EventType(str(body["type"]))
            classes = _with_class(classes, body, definition)
            if self._retelling.reaches(kind, None if move is None else str(move), definition.workflow, classes):
                yield str(body["at"])

    def _moves(self, file: CaseFile, bodies: Sequence[Body], until: str | None) -> Iterator[Move]:
        """Yield the entries of a case as they were written, the oldest first."""
        if until is not None:
            bodies = [body for body in bodies if str(body["at"]) <= until]
        values = self._values(file, bodies)
        before: Case | None = None
        was = None
        for body, definition in zip(bodies, definitions_along(bodies, self._world.rules), strict=True):
            event = read_entry(body, values.get(cast(int, body["seq"]), {}), before, definition)
            after = evolve(before, event, definition)
            yield Move(before=before, after=after, event=event, was=was or definition, definition=definition)
            before, was = after, definition

    def _values(self, file: CaseFile, bodies: Sequence[Body]) -> Mapping[int, dict[str, JsonValue]]:
        ids = {cast(int, body["seq"]): str(body["id"]) for body in bodies}
        sealer, rows = self._desk.sealer, [row for row in file.privates if row.seq in ids]
        sealer.fetch({row.key for row in rows})
        values: dict[int, dict[str, JsonValue]] = {}
        for row in rows:
            opened = sealer.open(ids[row.seq], row.path, row.key, row.ciphertext)
            if opened is not None:
                values.setdefault(row.seq, {})[row.path] = cast(JsonValue, opened.value)
        return values


def _with_class(classes: set[str] | None, body: Body, definition: Definition) -> set[str] | None:
    """Return the classes that a case has been of with this entry; None where entries do not tell them in the open."""
    field = definition.workflow.category_field
    if classes is None or field is None or definition.field(field).privacy is not Privacy.PUBLIC:
        return None
    told = cast(Body, body.get("pub", {})).get(field)
    return classes if told is None else {*classes, str(told)}


def _family_of(case: CaseId, known: Mapping[CaseId, Sequence[Body]]) -> list[CaseId]:
    """Return a case with all that can be reached from it by way of relatives."""
    family, waiting = {case: None}, [case]
    while waiting:
        for one in _named_in(known[waiting.pop()]):
            if one in known and one not in family:
                family[one] = None
                waiting.append(one)
    return list(family)


def _named_in(bodies: Sequence[Body]) -> Iterator[CaseId]:
    """Yield the relatives that the entries of a case name: parent, children, and what was ever merged with it."""
    for body in bodies:
        opening, children, merged = body.get("opening"), body.get("children"), body.get("merged_from")
        if isinstance(opening, dict) and "parent" in opening:
            yield CaseId(str(opening["parent"]))
        for child in children if isinstance(children, list) else ():
            yield CaseId(str(cast(Body, child)["case"]))
        if body.get("merge"):
            yield CaseId(str(body["merge"]))
        yield from (CaseId(str(one)) for one in (merged if isinstance(merged, list) else ()))


def _numbers(desk: Desk, root: RootId, outcome: Outcome) -> Iterator[tuple[CaseId, str]]:
    rules = desk.world(root).rules
    named = [*(change.case for change in outcome.changed), *(turned.case for turned in outcome.turned)]
    wanted = iter(dict.fromkeys(named))
    while some := list(islice(wanted, AT_ONCE)):
        for case in desk.reads.cases(root, some):
            number = row_of(case, rules.pinned(case.pins.definition, case.pins.lists)).number
            yield case.id, number or case.id
