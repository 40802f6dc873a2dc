"""Who stands in for whom, looked after by those who give grants: a substitute holds what the absent person was granted.

So entering one for somebody else is giving grants, and follows its rules: within the giver's units, never to oneself,
and nobody comes to belong to two administrations. It needs a basis. The two concerned are told as of their own entries.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from engine.access.directory import Deputation, Person, Surroundings
from engine.case.identity import PersonId, UnitId
from engine.errors import FieldProblem, FormInvalid, NotFound, NotPermitted
from engine.service.absences import Away, absence_of, standing, taken_back
from engine.service.calling import person_called
from engine.service.desk import Desk
from engine.service.granting import Giver, refuse_two_administrations, today
from engine.service.people_ports import DeputationKey
from engine.service.plain import AddDeputation, done_by
from engine.service.typed import field_problem
from engine.text import Text

LINES: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingIn:
    """A deputation that holds or will hold; ``may_end`` where the reader may."""

    deputation: Deputation
    principal: Person | None
    deputy: Person | None
    holds: bool
    may_end: bool


def demand_reading(giver: Giver) -> None:
    """Raise NotPermitted for whoever neither gives grants nor reads of them."""
    if not giver.staff.reads_some_grants(giver.actor):
        raise NotPermitted(
            Text(
                "代理由安全管理员管理；本人外出，请在“我的”页面登记",
                "The security administrator looks after substitutes; enter your own absence on your own page",
            )
        )


def standing_in(
    desk: Desk, giver: Giver, after: DeputationKey | None = None
) -> tuple[Sequence[StandingIn], DeputationKey | None]:
    """Return a page of who stands in for whom, where the reader may read of grants, and where it goes on."""
    demand_reading(giver)
    there, on = desk.world(giver.root).surroundings, today(desk)
    rows = desk.reads.deputations_page(giver.root, on, after=after, limit=LINES + 1)
    shown = rows[:LINES]
    people = desk.reads.persons(giver.root, {one for row in shown for one in (row.principal, row.deputy)})
    found = [
        StandingIn(
            deputation=row,
            principal=people.get(row.principal),
            deputy=people.get(row.deputy),
            holds=standing(row, on) == "now",
            may_end=giver.staff.gives_grants(giver.actor, _unit(people.get(row.principal), giver), there.tree),
        )
        for row in shown
        if giver.staff.reads_grants(giver.actor, _unit(people.get(row.principal), giver), there.tree)
    ]
    return found, _key(shown[-1]) if len(rows) > LINES else None


def name_substitute(desk: Desk, giver: Giver, principal: str, away: Away) -> Deputation:
    """Enter who stands in for somebody absent, and return it.

    Raises:
        FormInvalid: names every field that is wrong.
        NotPermitted: the giver gives no grants there, or would stand in himself.
        InputRefused: the substitute would belong to two administrations.
    """
    demand_reading(giver)
    wrong: list[FieldProblem] = []
    found = person_called(desk.reads, giver.root, principal.strip(), "principal") if principal.strip() else None
    if found is None:
        wrong.append(field_problem("principal", "请填写外出的人", "Say who is away"))
    elif isinstance(found, FieldProblem):
        wrong.append(found)
    if not away.note.strip():
        wrong.append(field_problem("note", "请填写依据", "Say what it rests on"))
    if wrong or not isinstance(found, Person):
        raise FormInvalid(wrong)
    _demand_giving(desk, giver, found)
    deputation = absence_of(desk.reads, giver.root, found.id, away, today(desk))
    if deputation.deputy == giver.person:
        raise NotPermitted(
            Text(
                "不能登记由自己代理他人，请由其他管理员办理", "Nobody enters himself as a substitute; another one does"
            )
        )
    held = desk.reads.grants_of(giver.root, [deputation.deputy])
    for grant in desk.reads.grants_of(giver.root, [found.id]):
        while_away = replace(grant, from_on=deputation.from_on, until_on=deputation.until_on)
        refuse_two_administrations(giver.staff, held, while_away, small=giver.small)
    desk.office.write([AddDeputation(deputation, by=giver.person)])
    return deputation


def end_standing_in(desk: Desk, giver: Giver, person: str, key: str) -> None:
    """End somebody's absence at once; days that have passed stay on record.

    Raises:
        NotFound: there is none that the giver may read of.
        NotPermitted: the giver only reads.
        InputRefused: it is over.
    """
    demand_reading(giver)
    found = desk.reads.persons(giver.root, [PersonId(person)]).get(PersonId(person))
    there: Surroundings = desk.world(giver.root).surroundings
    if found is None or not giver.staff.reads_grants(giver.actor, _unit(found, giver), there.tree):
        raise NotFound(Text("没有这项外出登记", "There is no such absence"))
    writes = taken_back(desk.reads, giver.root, found.id, key, today(desk))
    _demand_giving(desk, giver, found)
    desk.office.write(done_by(writes, giver.person))


def _demand_giving(desk: Desk, giver: Giver, principal: Person) -> None:
    there = desk.world(giver.root).surroundings
    if not giver.staff.gives_grants(giver.actor, _unit(principal, giver), there.tree):
        raise NotPermitted(
            Text("您不能在该单位登记或终止代理", "You may not enter or end substitutes in this unit"),
            roles=[role.id for role in giver.staff.roles.values() if role.grants == "gives"],
        )


def _unit(person: Person | None, giver: Giver) -> UnitId:
    """Return the unit by which it is decided who looks after it: the top one for people without a unit."""
    return UnitId(giver.root) if person is None or person.unit is None else person.unit


def _key(row: Deputation) -> DeputationKey:
    return DeputationKey(row.deputy, row.principal, "" if row.from_on is None else row.from_on.isoformat())
