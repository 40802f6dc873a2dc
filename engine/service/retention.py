"""What has been kept for long enough, case by case, and erasing it: the terms of retention of the definitions.

The years are those of the newest version of a workflow, so that a unit that changes them changes them for all its
cases; which field holds a case back is said by the version the case runs under, and one without is never erased here.
Nothing is remembered between runs: what was erased is kept no more, and is not found again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final, cast

from pydantic import JsonValue

from engine.calendar.term import SHANGHAI
from engine.case.actors import SYSTEM
from engine.case.case import Case
from engine.case.codec import at_from
from engine.case.commands import EraseValues, ErasureBasis
from engine.case.erased import FIELDS
from engine.case.holds import HELD, NOT_ENDED, all_ended, is_held
from engine.case.identity import CaseId, RootId
from engine.case.secrecy import RECUSING_FIELDS
from engine.definition.compiled import Definition
from engine.definition.model import RetentionPart
from engine.errors import BanjieError
from engine.ledger.canonical import parse_canonical
from engine.service.desk import Desk
from engine.service.families import relatives
from engine.service.rows import EntryRow
from engine.text import Text

PAGE: Final = 200
LOOKED_AT_ONCE: Final = 1_000
"""So many cases that keep something are asked whether they have ended; of those that have, pages are loaded."""
LOOKED_PER_ENDED: Final = 5
BATCH: Final = 50
"""So many cases are erased between two lines of progress; their keys are destroyed before the next begin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """A case of which something has been kept for long enough: since when it has ended, and what is to go.

    ``withheld`` says why it stays all the same, None where nothing stands against it.
    """

    root: RootId
    case: CaseId
    workflow: str
    number: str | None
    ended_on: date
    paths: tuple[str, ...]
    withheld: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What became of a run: how many cases and values were erased, and which cases were refused, with the reason."""

    cases: int = 0
    values: int = 0
    refused: tuple[tuple[CaseId, Text], ...] = ()


def over(desk: Desk, root: RootId, *, looked_max: int | None = None) -> Iterator[Over]:
    """Yield the cases that are over, the oldest first.

    ``looked_max``: after so many cases that have ended, or in each workflow five times as many that keep something, it
    is enough, and more may be over.
    """
    rules, now = desk.world(root).rules, desk.office.now()
    loaded = 0
    for name in rules.names():
        terms = rules.newest(name).retention
        if terms is None:
            continue
        after: str | None = ""
        paths = _paths_of_any(desk, root, name, terms)
        looked = 0
        while after is not None and (looked_max is None or looked < LOOKED_PER_ENDED * looked_max):
            ended, after = desk.reads.ended_cases(root, name, paths, after=after, limit=LOOKED_AT_ONCE)
            looked += LOOKED_AT_ONCE
            for first in range(0, len(ended), PAGE):
                ids = ended[first : first + PAGE]
                loaded += len(ids)
                for case in _in_order(desk, root, ids):
                    found = _over(desk, case, terms, now)
                    if found is not None:
                        yield found
                if looked_max is not None and loaded >= looked_max:
                    return


def apply(
    desk: Desk, root: RootId, finish: Callable[[], object], progress: Callable[[int], None] = lambda _done: None
) -> Applied:
    """Erase what is over; ``finish`` destroys the keys, and is called after every batch. It may be cut off anywhere."""
    applied = Applied()
    for batch in _batches(one for one in over(desk, root) if one.withheld is None):
        commands = [
            EraseValues(root=root, actor=SYSTEM, key="", case=one.case, paths=one.paths, basis=ErasureBasis.RETENTION)
            for one in batch
        ]
        answers = desk.office.carry_out(commands)
        finish()
        both = list(zip(batch, answers, strict=True))
        done = [one for one, answer in both if not isinstance(answer, BanjieError)]
        applied = Applied(
            cases=applied.cases + len(done),
            values=applied.values + sum(len(one.paths) for one in done),
            refused=(
                *applied.refused,
                *((one.case, answer.text) for one, answer in both if isinstance(answer, BanjieError)),
            ),
        )
        progress(applied.cases)
    return applied


def years_after(ended_on: date, years: int) -> date:
    """Return the first day on which something may go: the same day so many years later, 1 March for 29 February.

    >>> years_after(date(2024, 2, 29), 1).isoformat()
    '2025-03-01'
    """
    try:
        return ended_on.replace(year=ended_on.year + years)
    except ValueError:
        return date(ended_on.year + years, 3, 1)


def _in_order(desk: Desk, root: RootId, ids: Sequence[CaseId]) -> Iterator[Case]:
    cases = {case.id: case for case in desk.reads.cases(root, ids)}
    return (cases[each] for each in ids if each in cases)


def _paths_of_any(desk: Desk, root: RootId, workflow: str, terms: RetentionPart) -> list[str]:
    """Return the paths at which any version of a workflow keeps what has a term."""
    kept = {term.privacy for term in terms.after}
    versions = desk.world(root).rules.every(workflow)
    return sorted({f"{FIELDS}{name}" for part in versions for name, one in part.fields.items() if one.privacy in kept})


def _over(desk: Desk, case: Case, terms: RetentionPart, now: datetime) -> Over | None:
    definition = desk.world(case.root).rules.pinned(case.pins.definition, case.pins.lists)
    today = now.astimezone(SHANGHAI).date()
    first = min(term.years for term in terms.after)
    # The newest move is never before the end, and nearly always is the end itself.
    ended_on = day_of(case.happened_at)
    if years_after(ended_on, first) > today and not moved_since(case, definition):
        return None
    ended_on = ended_on_by(desk.reads.entries(case.root, case.id), case, definition)
    gone = {term.privacy for term in terms.after if years_after(ended_on, term.years) <= today}
    if not gone:
        return None
    held = dict.fromkeys(row.path for row in desk.reads.privates(case.root, case.id))
    paths = tuple(path for path in held if _privacy(definition, path) in gone)
    if not paths:
        return None
    return Over(
        root=case.root,
        case=case.id,
        workflow=case.workflow,
        number=_number(case, definition),
        ended_on=ended_on,
        paths=paths,
        withheld=_withheld(desk, case, definition),
    )


def moved_since(case: Case, definition: Definition) -> bool:
    """Return whether moves were made that are possible after the end: then the newest one may be later than the end."""
    transitions = definition.workflow.transitions
    return any(case.state in transitions[name].from_ for name in case.fired if name in transitions)


def ended_on_by(entries: Iterable[EntryRow], case: Case, definition: Definition) -> date:
    """Return the day on which the case came to an end for the last time, as the move itself states it."""
    ended, states = case.happened_at, definition.workflow.states
    is_over = False
    for entry in entries:
        body = _body(entry)
        to = body.get("to")
        if not isinstance(to, str) or to not in states:
            continue
        final = states[to].phase == "final"
        if final and not is_over:
            stated = body.get("stated")
            ended = at_from(str(stated["occurred_at"] if isinstance(stated, dict) else body["at"]))
        is_over = final
    return day_of(ended)


def _withheld(desk: Desk, case: Case, definition: Definition) -> Text | None:
    """Return why nothing may go although it is over: a hold, or a case of the family or a linked one that runs.

    Linked is what this one has opened, and what has opened this one.
    """
    if definition.workflow.retention is None:
        return _NO_HOLD
    near = [*relatives(case), *case.linked, *_opened_by(desk, case)]
    family = list(desk.reads.cases(case.root, near))
    rules = desk.world(case.root).rules
    if any(is_held(one, rules.pinned(one.pins.definition, one.pins.lists)) for one in (case, *family)):
        return HELD
    return None if all_ended((case, *family)) else NOT_ENDED


def _opened_by(desk: Desk, case: Case) -> Iterator[CaseId]:
    cause = _body(desk.reads.entries(case.root, case.id)[0]).get("cause")
    if isinstance(cause, dict):
        yield CaseId(str(cause["case"]))


def _body(entry: EntryRow) -> Mapping[str, JsonValue]:
    return cast(Mapping[str, JsonValue], parse_canonical(entry.body))


def _privacy(definition: Definition, path: str) -> str | None:
    name = path.removeprefix(FIELDS)
    part = definition.workflow.fields.get(name) if path.startswith(FIELDS) else None
    stays = name in RECUSING_FIELDS or name in definition.strict_codes
    return None if part is None or stays else str(part.privacy)


def _number(case: Case, definition: Definition) -> str | None:
    values = (case.data.get(name) for name in definition.workflow.number_fields)
    return next((str(value) for value in values if value), None)


def day_of(at: datetime) -> date:
    """Return the day of an instant in Shanghai."""
    return at.astimezone(UTC).astimezone(SHANGHAI).date()


def _batches(found: Iterator[Over]) -> Iterator[list[Over]]:
    for first in found:
        batch = [first]
        for one in found:
            batch.append(one)
            if len(batch) == BATCH:
                break
        yield batch


_NO_HOLD: Final = Text(
    "本件所依的流程版本没有规定保存期限和保全，不自动删除",
    "The version this case runs under knows no terms and no hold: it is not erased by itself",
)
