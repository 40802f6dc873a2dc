"""Who holds which right on a case, as JSON."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from api.rendering import Json, text_json
from engine.access.directory import Surroundings
from engine.case.codec import at_text
from engine.case.identity import PersonId, UnitId
from engine.definition.wording import title_of
from engine.service.case_access import BRIEF, CaseAccess, Holder, Looks, Recusal, RoleAccess


def access_json(found: CaseAccess, there: Surroundings) -> Json:
    """Return the rights on a case as one reader may know them; names of persons the reader may not know are null."""
    names = {person: known.name for person, known in found.people.items()}
    return {
        "case": found.case.id,
        "audience": str(found.audience),
        "roles": [_role(role, found, names, there) for role in found.roles],
        "recused": [_recusal(recusal, names, there) for recusal in found.recusals],
        "looks_are_kept": found.looks_are_kept,
        "looks": [_look(look, names) for look in found.looks],
        "identity": [
            {
                "seq": line.seq,
                "at": line.at,
                "who": line.who,
                "transition": line.transition,
                "title": text_json(title_of(line.transition or "", found.definition.workflow.transitions)),
                "hash": line.hash,
            }
            for line in found.openings
        ],
    }


def _role(role: RoleAccess, found: CaseAccess, names: Mapping[PersonId, str], there: Surroundings) -> Json:
    workflow = found.definition.workflow
    return {
        "role": role.role,
        "title": text_json(role.title),
        "bound": role.bound,
        "unit": _unit(role.unit, there),
        "sees": role.sees,
        "reads": BRIEF if role.reads == BRIEF else str(role.reads),
        "moves": [
            {"transition": name, "title": text_json(workflow.transitions[name].title.text)} for name in role.moves
        ],
        "holders": [_holder(holder, names, there) for holder in role.holders],
        "count": role.count,
    }


def _holder(holder: Holder, names: Mapping[PersonId, str], there: Surroundings) -> Json:
    grant, deputation = holder.grant, holder.deputation
    source: JsonValue = None
    if grant is not None:
        source = {
            "role": grant.role,
            "unit": _unit(grant.unit, there),
            "inherited": holder.inherited,
            "from_on": _day(grant.from_on),
            "until_on": _day(grant.until_on),
        }
    acting: JsonValue = None
    if deputation is not None:
        acting = {
            "person": holder.acting_for,
            "name": _name(holder.acting_for, names),
            "from_on": _day(deputation.from_on),
            "until_on": _day(deputation.until_on),
        }
    known = holder.person is not None and holder.person in names
    return {
        "person": holder.person if known else None,
        "name": _name(holder.person, names),
        "grant": source,
        "acting_for": acting,
    }


def _recusal(recusal: Recusal, names: Mapping[PersonId, str], there: Surroundings) -> Json:
    return {
        "person": recusal.person,
        "name": _name(recusal.person, names),
        "unit": _unit(recusal.unit, there),
        "accused": recusal.accused,
        "why": recusal.why,
    }


def _look(look: Looks, names: Mapping[PersonId, str]) -> Json:
    return {
        "person": look.person,
        "name": _name(look.person, names),
        "times": look.times,
        "first_at": at_text(look.first_at),
        "last_at": at_text(look.last_at),
    }


def _unit(unit: UnitId | None, there: Surroundings) -> JsonValue:
    known = None if unit is None else there.units.get(unit)
    return None if unit is None else {"id": unit, "title": None if known is None else text_json(known.title)}


def _name(person: PersonId | None, names: Mapping[PersonId, str]) -> str | None:
    return None if person is None else names.get(person)


def _day(day: object) -> str | None:
    return None if day is None else str(day)
