"""What is refused about rosters: a line that stands there already, one that does not, one that another has reached.

Asked of the cases of a step as it leaves them, whichever move it was: then it is known which lines they name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from engine.case.case import Case
from engine.case.events import Step
from engine.case.forms import column_place
from engine.case.identity import CaseId
from engine.case.rosters import NOT_ROSTERED, Line, Pair, Reached, RosterFacts, Slot, rostered
from engine.definition.compiled import Definition
from engine.errors import FieldProblem, FormInvalid
from engine.text import Text


class Asked(NamedTuple):
    """What must be known before a step can stand: lines by roster and key, and what nobody else may hold."""

    lines: frozenset[Pair]
    slots: frozenset[Slot]


NOTHING_ASKED: Final = Asked(frozenset(), frozenset())


def asked_of(step: Step, definition_of: Callable[[Case], Definition]) -> Asked:
    """Return what must be known of rosters for the cases as the step leaves them; nothing for most steps."""
    lines, slots = set[Pair](), set[Slot]()
    for case in _left(step):
        here = rostered(case, definition_of(case))
        if here.line is not None:
            lines.add((here.line.roster, here.line.key))
        lines.update((one.roster, one.key) for one in here.reached)
        slots.update((one.reach, one.key, one.slot) for one in here.reached if one.slot is not None)
    return Asked(frozenset(lines), frozenset(slots)) if lines else NOTHING_ASKED


def refused_by_rosters(
    step: Step, before: Mapping[CaseId, Case], definition_of: Callable[[Case], Definition], facts: RosterFacts
) -> FormInvalid | None:
    """Return the refusal of a step whose cases name lines that they may not; None where all is well.

    Only what a case did not name before is asked about, so that a line struck off later stops nobody.
    """
    found = [
        problem for case in _left(step) for problem in _problems(definition_of(case), before.get(case.id), case, facts)
    ]
    return FormInvalid(found) if found else None


def _left(step: Step) -> Iterable[Case]:
    """Return the cases of a step, each as the step leaves it."""
    return {case.id: case for case in step.after}.values()


def _problems(definition: Definition, before: Case | None, after: Case, facts: RosterFacts) -> Iterator[FieldProblem]:
    was = NOT_ROSTERED if before is None else rostered(before, definition)
    now = rostered(after, definition)
    if was == now:
        return
    if now.line is not None and (was.line is None or was.line.key != now.line.key):
        yield from _taken(definition, after, now.line, facts)
    known = {(one.reach, one.key) for one in was.reached}
    for one in now.reached:
        if (one.reach, one.key) not in known and (one.roster, one.key) not in facts.lines:
            text = Text(
                f"名册中没有编号“{one.key}”，请核对；确属应列而未列的，请先登入名册",
                f"No line of the roster has the key {one.key!r}; check it, or enter it on the roster first",
            )
            yield _problem(definition, one, text)
    yield from _twice(definition, after, now.reached, facts)


def _taken(definition: Definition, after: Case, line: Line, facts: RosterFacts) -> Iterator[FieldProblem]:
    known = facts.lines.get((line.roster, line.key))
    if known is not None and known.case != after.id and definition.workflow.roster is not None:
        text = Text(
            f"名册中已有编号“{line.key}”的“{known.name}”，请核对编号；情况有变的，请在原条目上更新",
            f"The roster has {known.name!r} under the key {line.key!r}; check it, or bring that line up to date",
        )
        yield FieldProblem(path=definition.workflow.roster.key, text=text)


def _twice(
    definition: Definition, after: Case, reached: Sequence[Reached], facts: RosterFacts
) -> Iterator[FieldProblem]:
    """Yield the lines that another case, or another row of this one, has spoken for or reached."""
    own: dict[Slot, int] = {}
    for one in reached:
        if one.slot is None:
            continue
        slot = (one.reach, one.key, one.slot)
        if slot in own:
            text = Text(
                f"编号“{one.key}”与第 {own[slot] + 1} 行重复，请删去一行",
                f"The key {one.key!r} stands in row {own[slot] + 1} already; leave one of them out",
            )
            yield _problem(definition, one, text)
            continue
        own[slot] = one.row
        known = facts.held.get(slot)
        if known is not None and known.case != after.id:
            on = Text("", "") if known.day is None else Text(f"（{known.day}）", f" ({known.day})")
            text = Text(
                f"编号“{one.key}”已由{known.unit.zh}列入{on.zh}，不再重复；确需再去的，请写明理由",
                f"{known.unit.en} has {one.key!r} already{on.en}; say why where it must be done once more",
            )
            yield _problem(definition, one, text)


def _problem(definition: Definition, one: Reached, text: Text) -> FieldProblem:
    """Return a problem at the field, or in the row and column, in which the key stands."""
    field, _, column = definition.workflow.reaches[one.reach.partition(".")[2]].key.partition(".")
    if not column:
        return FieldProblem(path=field, text=text)
    place = column_place(definition.field(field), one.row, column)
    return FieldProblem(path=f"{field}.{one.row}.{column}", text=Text(f"{place.zh}{text.zh}", f"{place.en}{text.en}"))
