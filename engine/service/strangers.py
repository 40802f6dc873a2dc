"""What somebody without a login may do: see where one can file, file without a name, and come back with a query code.

Nobody is listed to strangers. Whom they complain about they write down in words, and who has exactly that name is kept
from the case; whether anybody had, they are never told, so that names cannot be tried one after the other.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, Literal

from pydantic import JsonValue

from engine.case.identity import CaseId, PersonId, RootId, UnitId
from engine.case.scope import SHANGHAI
from engine.case.secrecy import ACCUSED_PEOPLE, ACCUSED_UNITS, RECUSED_PEOPLE
from engine.definition.compiled import Definition
from engine.errors import BanjieError, FieldProblem, FormInvalid, NotFound
from engine.service.deposits import DepositBox, Deposited, Waiting, is_code, plain_code, unknown_code
from engine.service.desk import Desk
from engine.service.filing.cabinet import Cabinet
from engine.service.queries import CaseView, TimelineLine
from engine.service.world import World
from engine.text import Text

NAMED: Final = "accused_persons"
"""The field in which people complained about are named in words."""
NAMES_MAX: Final = 20
_BETWEEN_NAMES: Final = re.compile(r"[\s、，,;；/|。.：:()（）\[\]【】]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """Where a stranger may file: which procedure, under which level, and in which units there is an office for it.

    ``asked`` are the fields of the opening that are asked of somebody who is not to say who they are.
    """

    root: RootId
    definition: Definition
    level: str
    asked: Mapping[str, Literal["required", "optional"]]
    units: tuple[UnitId, ...]

    @property
    def fixed(self) -> dict[str, JsonValue]:
        """What the fields say that are not asked."""
        identity = self.definition.workflow.identity
        assert identity is not None, "there is an entrance only where a level can be anonymous"
        return {**{name: value for name, value in identity.self_filed.items() if value}, identity.level: self.level}


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What is behind a query code: the case and its entries once they are on record, and what still waits."""

    root: RootId
    world: World
    view: CaseView | None
    lines: Sequence[TimelineLine]
    waiting: Sequence[Waiting]


def entrances(desk: Desk, root: RootId, now: datetime) -> list[Entrance]:
    """Return the procedures of an organisation that take what nobody signs; none where no definition has them."""
    world = desk.world(root)
    return [
        entrance
        for name in world.rules.names()
        if (entrance := _entrance(desk, world, root, world.rules.for_new(name, None), now)) is not None
    ]


def entrance_of(desk: Desk, root: RootId, workflow: str, now: datetime) -> Entrance:
    """Return the entrance of one procedure; raises NotFound where there is none."""
    found = [one for one in entrances(desk, root, now) if one.definition.workflow.name == workflow]
    if not found:
        raise NotFound(Text("本单位没有开设这一匿名入口", "There is no such anonymous entrance here"))
    return found[0]


def file_anonymously(desk: Desk, entrance: Entrance, unit: str, form: Mapping[str, JsonValue], key: str) -> Deposited:
    """Take a matter of somebody without a name; raises FormInvalid for fields that are not asked here."""
    whole, bound = _whole(desk, entrance, unit, form, key)
    uploader = Cabinet(desk).depositor(entrance.root, key)
    return DepositBox(desk).file(entrance.root, entrance.definition.workflow.name, UnitId(unit), whole, bound, uploader)


def refusal_of_filing(
    desk: Desk, entrance: Entrance, unit: str, form: Mapping[str, JsonValue], key: str
) -> BanjieError | None:
    """Return why a matter of somebody without a name would not be taken, None where it would; nothing is kept of it."""
    try:
        whole, bound = _whole(desk, entrance, unit, form, key)
    except FormInvalid as refusal:
        return refusal
    uploader, name = Cabinet(desk).depositor(entrance.root, key), entrance.definition.workflow.name
    return DepositBox(desk).refusal(entrance.root, name, UnitId(unit), whole, bound, uploader)


def _whole(
    desk: Desk, entrance: Entrance, unit: str, form: Mapping[str, JsonValue], key: str
) -> tuple[dict[str, JsonValue], str]:
    """Return the form with what is not asked, and its key bound to what it says; raises FormInvalid for fields that are
    not asked here."""
    problems = [FieldProblem(path=name, text=_NOT_ASKED) for name in form if name not in entrance.asked]
    if unit not in entrance.units:
        problems.append(FieldProblem(path="unit", text=Text("请选择受理单位", "Choose who takes it up")))
    if problems:
        raise FormInvalid(problems)
    whole: dict[str, JsonValue] = {**form, **entrance.fixed}
    if ACCUSED_PEOPLE in entrance.definition.workflow.opening:
        people = _called(desk, entrance.root, str(form.get(NAMED, "")), form.get(ACCUSED_UNITS))
        whole.update({ACCUSED_PEOPLE: list[JsonValue](people)} if people else {})
    # The key alone would hand the code of one sender to another who hits upon the same key.
    bound = hashlib.sha256(json.dumps([key, unit, form], sort_keys=True).encode()).hexdigest()
    return whole, bound


def look(desk: Desk, code: str) -> Looked:
    """Return what is behind a query code, in whichever organisation; raises NotFound for every wrong one alike."""
    if not is_code(plain_code(code)):
        raise unknown_code()
    box = DepositBox(desk)
    for root in desk.reads.roots():
        try:
            cases = box.cases(root, code)
        except NotFound:
            continue
        return _looked(desk, box, root, code, cases)
    raise unknown_code()


def act_anonymously(desk: Desk, code: str, transition: str, form: Mapping[str, JsonValue], key: str) -> Deposited:
    """Take a move of the case behind a query code.

    Raises:
        NotFound: nothing is behind the code, or it is not on record yet.
        BanjieError: what the move would be refused for.
    """
    looked = look(desk, code)
    if looked.view is None:
        raise NotFound(Text("事项尚未投递，请在投递后再办理", "It is not on record yet; come back after its release"))
    return DepositBox(desk).act(looked.root, code, looked.view.case.id, transition, form, key)


def _looked(desk: Desk, box: DepositBox, root: RootId, code: str, cases: Sequence[CaseId]) -> Looked:
    world, actor = desk.world(root), box.actor(root, code)
    waiting = [replace(one, form=_untold(one.form)) for one in box.waiting(root, code)]
    if not cases:
        return Looked(root=root, world=world, view=None, lines=(), waiting=waiting)
    # A code is made for one matter; it is the newest of what its holder is a party of.
    case = cases[0]
    view = desk.queries.case(root, case, actor, world)
    lines = desk.queries.timeline(root, case, actor, world)
    return Looked(
        root=root,
        world=world,
        view=replace(view, fields=_untold(view.fields)),
        lines=[replace(line, fields=_untold(line.fields)) for line in lines],
        waiting=waiting,
    )


def _untold(fields: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Return the fields without who was found under a name: that would tell which names there are."""
    return {name: value for name, value in fields.items() if name not in (ACCUSED_PEOPLE, RECUSED_PEOPLE)}


def _entrance(desk: Desk, world: World, root: RootId, definition: Definition, now: datetime) -> Entrance | None:
    workflow = definition.workflow
    identity = workflow.identity
    if identity is None or not any(workflow.roles[role].bound == "code" for role in workflow.openers):
        return None
    levels = definition.anonymous_codes.get(identity.level)
    if not levels:
        return None
    hidden = {*identity.fields, *identity.self_filed, identity.level}
    return Entrance(
        root=root,
        definition=definition,
        level=min(levels),
        asked={
            name: need
            for name, need in workflow.opening.items()
            if name not in hidden and "person" not in _formats(definition, name)
        },
        units=tuple(_offices(desk, world, root, definition, now)),
    )


def _offices(desk: Desk, world: World, root: RootId, definition: Definition, now: datetime) -> Iterator[UnitId]:
    """Yield the units in which somebody holds a post that takes up what comes in, from the top down; the top unit where
    nobody does."""
    workflow, tree = definition.workflow, world.surroundings.tree
    posts = {grant for role in workflow.states[workflow.initial].acts for grant in workflow.roles[role].of}
    held = desk.reads.holders(root, sorted(posts), now.astimezone(SHANGHAI).date()) if posts else {}
    units = {grant.unit for grant, persons in held.items() if persons and tree.exists(grant.unit)}
    yield from sorted(units, key=lambda unit: (len(tree.lineage(unit)), unit)) or [UnitId(root)]


def _formats(definition: Definition, name: str) -> tuple[str, ...]:
    schema = definition.field(name).json_schema
    items = schema.get("items")
    return tuple(str(one.get("format", "")) for one in (schema, items) if isinstance(one, dict))


def _called(desk: Desk, root: RootId, words: str, accused_units: JsonValue) -> list[PersonId]:
    """Return who is called in words, by full name. Of several with one name those in the units complained about are
    meant, or all of them: a namesake who is kept out harms less than the person meant who is not."""
    said = {name for name in _BETWEEN_NAMES.split(words) if name}
    if not said:
        return []
    tree = desk.world(root).surroundings.tree
    units = {UnitId(str(unit)) for unit in accused_units} if isinstance(accused_units, list) else set()
    below = [unit for unit in tree.parents if not units.isdisjoint(tree.lineage(unit))] if units else []
    near = desk.reads.people_named(root, said, units=below, limit=NAMES_MAX) if below else []
    left = said - {person.name for person in near}
    others = desk.reads.people_named(root, left, limit=NAMES_MAX) if left else []
    return [person.id for person in (*near, *others)][:NAMES_MAX]


_NOT_ASKED: Final = Text("此步骤不填写该项", "This step does not ask for this field")
