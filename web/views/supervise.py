"""The overview of supervision as a page shows it: units with their numbers, persons, ladders, promises, hand-backs."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

from engine.access.disclosure import disclosed
from engine.access.readers import roles_on, staff_of
from engine.case.case import Case
from engine.case.codec import instant
from engine.case.identity import CaseId, PersonId, UnitId
from engine.definition.compiled import Definition
from engine.definition.model import Rung, Workflow
from engine.service.desk import Desk
from engine.service.overdue import OverdueEntry
from engine.service.overview import Figures, PersonFigures, average_days_open
from engine.service.overview_ports import RaisedRung
from engine.service.rung_colours import COLOUR_TITLES, Colour
from engine.service.world import World
from web.exports import Cell
from web.shell import Visit
from web.views.lines import DeadlineRow, deadline_row
from web.views.overdue import OverdueRow, overdue_row

NAMES_MAX = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number and the list it counts, None where it counts none."""

    count: int
    address: str | None
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RungNumber:
    """How many deadlines stand on rungs of a colour."""

    colour: str
    title: str
    number: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """The numbers of a unit with all below it, of the unit itself, or of all rows together."""

    title: str
    address: str | None
    is_total: bool
    late: Number
    near: Number
    rungs: tuple[RungNumber, ...]
    cases: int
    parts: int
    due_soon: int
    days: str
    given: int
    handed_back: int
    share: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """The numbers of one who must act."""

    name: str
    units: str
    late: Number
    near: Number
    cases: int
    parts: int
    due_soon: int
    days: str


FILES: Final = {
    "units": (
        "unit", "supervise_late", "supervise_near", "supervise_cases", "supervise_parts", "supervise_due_soon",
        "supervise_days", "supervise_given", "supervise_handed_back",
    ),
    "persons": (
        "supervise_person", "unit", "supervise_late", "supervise_near", "supervise_cases", "supervise_parts",
        "supervise_due_soon", "supervise_days",
    ),
}  # fmt: skip
"""The two tables as files: the names of the titles of their columns."""


def unit_cells(rows: Iterable[UnitRow]) -> Iterator[list[Cell]]:
    """Yield the rows of the units as cells."""
    for row in rows:
        counts = (row.late.count, row.near.count, row.cases, row.parts, row.due_soon)
        yield [row.title, *counts, row.days, row.given, row.handed_back]


def person_cells(rows: Iterable[PersonRow]) -> Iterator[list[Cell]]:
    """Yield the rows of those who must act as cells."""
    for row in rows:
        yield [row.name, row.units, row.late.count, row.near.count, row.cases, row.parts, row.due_soon, row.days]


@dataclass(frozen=True, slots=True, kw_only=True)
class RungStep:
    """A rung that was raised: when, and who was told of it."""

    title: str
    colour: str
    reached: str | None
    told: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderRow:
    """A deadline with the rungs that stand on it."""

    line: OverdueRow
    steps: tuple[RungStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseRow:
    """A promise: what answer gave it, what was promised, and whether it was reported as carried out."""

    row: DeadlineRow
    kind: str
    text: str
    follow_up: str
    is_reported: bool
    rung: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BouncedRow:
    """A case that units have given back again and again."""

    address: str
    number: str
    subject: str
    workflow: str
    unit: str
    times: str
    again: str


def overdue_address(**asked: str) -> str:
    """Return the address of the list of deadlines under a filter."""
    return f"/overdue?{urlencode({name: value for name, value in asked.items() if value})}"


def unit_row(
    figures: Figures, visit: Visit, *, title: str, address: str | None, unit: str, below: bool, is_total: bool = False
) -> UnitRow:
    """Return the row of a unit; its lists are those of the unit, with ``below`` also of the units below it."""
    words, also = visit.words, "1" if below else ""
    rungs = (
        RungNumber(
            colour=colour.value,
            title=words.say(COLOUR_TITLES[colour]),
            number=Number(
                count=figures.by_colour[colour],
                address=overdue_address(within="both", rung=colour.value, handled=unit, below=also),
            ),
        )
        for colour in Colour
        if colour is not Colour.NONE and figures.by_colour[colour]
    )
    return UnitRow(
        title=title,
        address=address,
        is_total=is_total,
        late=_number(figures.late, overdue_address(within="0", handled=unit, below=also), "late"),
        near=_number(figures.near, overdue_address(within="near", handled=unit, below=also), "soon"),
        rungs=tuple(rungs),
        cases=figures.cases,
        parts=figures.parts,
        due_soon=figures.due_soon,
        days=_days(figures, visit),
        given=figures.given,
        handed_back=figures.handed_back,
        share=_share(figures.handed_back, figures.given, visit),
    )


def person_row(one: PersonFigures, world: World, visit: Visit, *, unit: str) -> PersonRow:
    """Return the row of somebody who must act on what a unit and those below it handle."""
    units, words = world.surroundings.units, visit.words
    names = [words.say(units[each].title) for each in one.units if each in units]
    shown = words.listed(names[:NAMES_MAX])
    asked = {"handled": unit, "below": "1", "handler": one.person}
    return PersonRow(
        name=one.name,
        units=words.t("supervise_units_more", names=shown, n=len(names)) if len(names) > NAMES_MAX else shown,
        late=_number(one.figures.late, overdue_address(within="0", **asked), "late"),
        near=_number(one.figures.near, overdue_address(within="near", **asked), "soon"),
        cases=one.figures.cases,
        parts=one.figures.parts,
        due_soon=one.figures.due_soon,
        days=_days(one.figures, visit),
    )


def ladder_rows(
    entries: Sequence[OverdueEntry], cases: Mapping[CaseId, Case], desk: Desk, world: World, visit: Visit
) -> Iterator[LadderRow]:
    """Yield each deadline with the rungs that stand on it, who was told of them by name for those who work on it."""
    told: dict[tuple[str, str], list[RaisedRung]] = defaultdict(list)
    for each in desk.reads.raised_rungs(visit.known.root, list(cases)) if cases else ():
        told[each.case, each.name.partition("#")[0]].append(each)
    persons = {PersonId(each.person) for several in told.values() for each in several}
    names = {key: person.name for key, person in desk.reads.persons(visit.known.root, persons).items()}
    for entry in entries:
        case = cases.get(entry.line.case.id)
        is_staff = case is not None and _works_on(case, world, visit)
        part = entry.workflow.deadlines.get(entry.line.deadline)
        ladder = None if part is None or part.ladder is None else entry.workflow.ladders.get(part.ladder)
        known = {} if ladder is None else {rung.id: rung for rung in ladder.rungs}
        standing = dict.fromkeys(name.partition("#")[0] for name in json.loads(entry.line.rungs))
        yield LadderRow(
            line=overdue_row(entry, world, visit),
            steps=tuple(
                _step(
                    known[rung],
                    entry.workflow,
                    told.get((entry.line.case.id, f"{entry.line.deadline}/{rung}"), []),
                    names if is_staff else None,
                    visit,
                )
                for rung in standing
                if rung in known
            ),
        )


def promise_row(entry: OverdueEntry, case: Case, world: World, visit: Visit) -> PromiseRow:
    """Return the row of a promise, with what of it the reader may read."""
    words = visit.words
    definition = world.rules.pinned(case.pins.definition, case.pins.lists)
    # What a promise is may have been said in a later version than the case runs under.
    part = next(
        (
            deadline.promise
            for workflow in (definition.workflow, world.rules.newest(case.workflow))
            if (deadline := workflow.deadlines.get(entry.line.deadline)) is not None and deadline.promise is not None
        ),
        None,
    )
    known = disclosed(case, definition, visit.known.actor, world.surroundings.tree).fields
    kind = text = None
    reported = False
    if part is not None:
        code = case.data.get(part.kind) if part.kind in known else None
        kind = None if code is None else _item(definition, part.kind, str(code), visit)
        text = case.data.get(part.text) if part.text in known else words.t("supervise_promise_hidden")
        reported = case.data.get(part.evidence) is not None
    return PromiseRow(
        row=deadline_row(entry.line, world, visit),
        kind=kind or words.t("dash"),
        text=str(text or words.t("dash")),
        follow_up=words.t("supervise_reported" if reported else "supervise_not_reported"),
        is_reported=reported,
        rung=None if entry.rung is None else words.say(entry.rung.title.text),
    )


def bounced_row(case: Case, times: int, world: World, visit: Visit) -> BouncedRow:
    """Return the row of a case that was given back so many times."""
    words = visit.words
    workflow = world.rules.pinned(case.pins.definition, case.pins.lists).workflow
    unit = world.surroundings.units.get(case.lead_unit or case.unit)
    numbers = (case.data.get(name) for name in workflow.number_fields)
    batches = len({child.batch for child in case.children})
    return BouncedRow(
        address=f"/cases/{case.id}",
        number=next((str(number) for number in numbers if number), words.t("no_number")),
        subject=str(case.data.get(workflow.subject_field) or words.t("no_subject")),
        workflow=words.say(workflow.title.text),
        unit=words.t("dash") if unit is None else words.say(unit.title),
        times=words.t("supervise_bounced_times", n=times),
        again=words.t("supervise_reassigned", n=max(0, batches - 1)),
    )


def way_to(
    unit: UnitId, top: UnitId, world: World, visit: Visit, address: Callable[[UnitId], str]
) -> list[tuple[str, str | None]]:
    """Return the units from the highest one the reader looks down from to this one; the last has no address."""
    units = world.surroundings.units
    line = list(reversed(world.surroundings.tree.lineage(unit)))
    line = line[line.index(top) :] if top in line else line
    return [(visit.words.say(units[each].title), None if each == unit else address(each)) for each in line]


def _step(
    rung: Rung, workflow: Workflow, told: Sequence[RaisedRung], names: Mapping[PersonId, str] | None, visit: Visit
) -> RungStep:
    words = visit.words
    people = [] if names is None else [names[key] for each in told if (key := PersonId(each.person)) in names]
    if people:
        several = list(dict.fromkeys(people))
        shown = words.listed(several[:NAMES_MAX])
        shown = words.t("overdue_others", names=shown, n=len(several)) if len(several) > NAMES_MAX else shown
        text = words.t("supervise_rung_told", names=shown)
    else:
        roles = (words.say(workflow.roles[role].title.text) for role in rung.to)
        text = words.t("supervise_rung_roles", names=words.listed(roles))
    at = None if not told else instant(max(each.at for each in told))
    return RungStep(
        title=words.say(rung.title.text),
        colour=rung.colour,
        reached=None if at is None else words.t("supervise_rung_reached", at=words.short_day(at)),
        told=text,
    )


def _works_on(case: Case, world: World, visit: Visit) -> bool:
    """Return whether the reader sees the case because they work on it: only they are told who was told."""
    definition = world.rules.pinned(case.pins.definition, case.pins.lists)
    staff = staff_of(case, definition, world.rules, world.surroundings.tree)
    return not staff.isdisjoint(roles_on(visit.known.actor, case))


def _item(definition: Definition, field: str, code: str, visit: Visit) -> str:
    """Return a code with its title."""
    code_list = definition.list_of(field)
    item = None if code_list is None else code_list.item(code)
    return code if item is None else f"{code} {visit.words.say(item.title.text)}"


def _number(count: int, address: str, tone: str) -> Number:
    return Number(count=count, address=address if count else None, tone=tone if count else "")


def _days(figures: Figures, visit: Visit) -> str:
    days = average_days_open(figures, visit.now)
    return visit.words.t("dash") if days is None else visit.words.t("supervise_days_n", n=days)


def _share(part: int, whole: int, visit: Visit) -> str:
    return visit.words.t("dash") if not whole else f"{100 * part / whole:.1f}%"


def shown_at(at: datetime, visit: Visit) -> str:
    """Return until when something was counted."""
    return visit.words.t("supervise_as_of", at=visit.words.instant(at))
