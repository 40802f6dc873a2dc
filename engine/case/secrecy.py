"""Who may not know of a case, or not who is behind it: recusal, strict levels, and the names that actors go by there.

Units and people complained about stand in the fields ``accused_units`` and ``accused_people``, whoever else is too
close to the matter in ``recused_people``; these names are the engine's own in every definition (XF Art.28, Art.30).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from pydantic import JsonValue

from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.identity import UnitId
from engine.case.units import UnitTree
from engine.definition.compiled import Definition
from engine.errors import FieldProblem, FormInvalid
from engine.text import Text

ACCUSED_UNITS: Final = "accused_units"
ACCUSED_PEOPLE: Final = "accused_people"
RECUSED_PEOPLE: Final = "recused_people"
RECUSING_FIELDS: Final = frozenset({ACCUSED_UNITS, ACCUSED_PEOPLE, RECUSED_PEOPLE})
ANONYMOUS_HOURS: Final = 4
"""What comes from somebody anonymous is released, dated and sealed together, so many hours apart, from 00:00 UTC."""


def accused_units(case: Case, parent: Case | None = None) -> frozenset[str]:
    """Return the units complained about, here or in the parent, whom the case is kept from.

    The organisation as a whole is not among them: somebody must handle what is said against it.
    """
    named = _named(case, ACCUSED_UNITS)
    if parent is not None:
        named |= _named(parent, ACCUSED_UNITS)
    return named - {case.root}


def recused_people(case: Case, parent: Case | None = None) -> frozenset[str]:
    """Return the persons complained about, or too close to the matter, here or in the parent."""
    named = _named(case, ACCUSED_PEOPLE) | _named(case, RECUSED_PEOPLE)
    if parent is not None:
        named |= _named(parent, ACCUSED_PEOPLE) | _named(parent, RECUSED_PEOPLE)
    return named


def is_recused(actor: Actor, case: Case, parent: Case | None = None) -> bool:
    """Return whether the actor, or whom the actor stands for, is to know nothing of the case."""
    recused = recused_people(case, parent)
    return bool(recused) and (actor.person in recused or actor.acting_for in recused)


def is_strict(case: Case, definition: Definition) -> bool:
    """Return whether the case carries a code under which nothing of it may leave the house."""
    return any(str(case.data.get(field)) in codes for field, codes in definition.strict_codes.items())


def without_place(actor: Actor, case: Case, parent: Case | None = None) -> Actor:
    """Return the actor without the grants that are held in another's place and do not count on the case.

    A deputy gets nothing from somebody who is recused, and nothing from anybody while their own unit is complained
    about; what they hold themselves stays.
    """
    if not actor.deputed:
        return actor
    recused = recused_people(case, parent)
    at_home = not accused_units(case, parent).isdisjoint(actor.home)
    left = frozenset(each for each in actor.deputed if not at_home and each.principal not in recused)
    if left == actor.deputed:
        return actor
    own = {(grant.role, grant.unit) for grant in actor.grants} - {(each.role, each.unit) for each in actor.deputed}
    kept = own | {(each.role, each.unit) for each in left}
    return replace(actor, grants=frozenset(each for each in actor.grants if tuple(each) in kept), deputed=left)


def as_party(actor: Actor, case: Case) -> Actor:
    """Return the actor as the case knows them: who filed under a strict level goes by the veiled name there, and holds
    no office beside it."""
    if actor.veil is None or all(party.person != actor.veil for party in case.parties):
        return actor
    return replace(actor, person=actor.veil, veil=None, grants=frozenset(), deputed=frozenset(), acting_for=None)


def as_opener(
    definition: Definition, role: str | None, actor: Actor, fields: Mapping[str, JsonValue]
) -> tuple[Actor, dict[str, JsonValue]]:
    """Return who opens the case as its ledger will know them, and the fields with what that adds.

    Raises:
        FormInvalid: the level does not fit to whether the person is known.
    """
    identity = definition.workflow.identity
    if identity is None or actor.kind is not ActorKind.PERSON:
        return actor, dict(fields)
    level = str(fields.get(identity.level, definition.field(identity.level).initial))
    nameless = level in definition.anonymous_codes.get(identity.level, frozenset())
    if actor.anonymous:
        told = [name for name in identity.fields if name in fields]
        if not nameless:
            raise _wrong_level(identity.level, _MUST_BE_ANONYMOUS)
        if told:
            raise FormInvalid([FieldProblem(path=name, text=_NO_IDENTITY) for name in told])
        return actor, dict(fields)
    if role not in identity.own:
        return actor, dict(fields)
    if nameless:
        raise _wrong_level(identity.level, _KNOWN_ALREADY)
    if level not in definition.strict_codes.get(identity.level, frozenset()) or actor.veil is None:
        return actor, dict(fields)
    return _veiled(actor), {**fields, identity.account: actor.person}


def as_entered_for(
    definition: Definition, person: Actor, fields: Mapping[str, JsonValue]
) -> tuple[Actor, dict[str, JsonValue]]:
    """Return whom a case was entered for as its ledger will know them, and the fields with what that adds.

    Under a strict level the case is bound to the veiled name, as if the person had filed it. Whoever enters it knows
    who it is, and may look at it later no more than anybody else.

    Raises:
        FormInvalid: the level is for those whom nobody knows.
    """
    identity = definition.workflow.identity
    if identity is None or person.person is None:
        return person, dict(fields)
    level = str(fields.get(identity.level, definition.field(identity.level).initial))
    if level in definition.anonymous_codes.get(identity.level, frozenset()):
        raise _wrong_level(identity.level, _ENTERED_FOR_KNOWN)
    if level not in definition.strict_codes.get(identity.level, frozenset()) or person.veil is None:
        return person, dict(fields)
    return _veiled(person), {**fields, identity.account: person.person}


def _veiled(actor: Actor) -> Actor:
    return replace(actor, person=actor.veil, veil=None, acting_for=None)


def files_here(definition: Definition, role: str, actor: Actor, unit: UnitId, units: UnitTree) -> bool:
    """Return whether somebody who files for themselves may turn to this unit: to their own, or to one above it."""
    workflow = definition.workflow
    if workflow.identity is None or role not in workflow.identity.own:
        return False
    of = workflow.roles[role].of
    return any(grant.role in of and unit in units.lineage(grant.unit) for grant in actor.grants)


def boundary(at: datetime) -> datetime:
    """Return the last boundary at or before an instant, in UTC.

    >>> from datetime import UTC
    >>> boundary(datetime(2026, 3, 2, 9, 41, 7, tzinfo=UTC)).isoformat()
    '2026-03-02T08:00:00+00:00'
    """
    return at.replace(hour=at.hour - at.hour % ANONYMOUS_HOURS, minute=0, second=0, microsecond=0)


def next_boundary(at: datetime) -> datetime:
    """Return the first boundary after an instant, in UTC."""
    return boundary(at) + timedelta(hours=ANONYMOUS_HOURS)


def _named(case: Case, field: str) -> frozenset[str]:
    named = case.data.get(field)
    return frozenset(str(one) for one in named) if isinstance(named, list) else frozenset()


def _wrong_level(field: str, text: Text) -> FormInvalid:
    return FormInvalid([FieldProblem(path=field, text=text)])


_MUST_BE_ANONYMOUS = Text(
    "不具名提交的保密级别只能是“匿名”；需要具名的，请登录后提交",
    "Without a login the level is “anonymous”; log in to file under your name",
)
_KNOWN_ALREADY = Text(
    "您已登录，系统已知道您是谁，不能按“匿名”提交。请改选“保密”，或退出登录后从匿名入口提交",
    "You are logged in and known; choose “confidential”, or log out and use the anonymous entrance",
)
_ENTERED_FOR_KNOWN = Text(
    "已填写为谁代录，不能按“匿名”登记。请改选“保密”，或不填写人员",
    "It is known for whom this is entered; choose “confidential”, or name nobody",
)
_NO_IDENTITY = Text("匿名提交不收集身份信息，请删去此项", "An anonymous matter takes no data about you; leave this out")
