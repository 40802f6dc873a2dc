"""The fields of definitions' forms that name a case or a file: at openings, and at every move offered on the way.

Each is filled in twice, on two cases made alike: with a thing that the one who moves may not know of, and with nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import JsonValue

from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from tests.authorisation.fields import FORMATS, Kind
from tests.authorisation.idor import Answered, Scan
from tests.authorisation.matrix import OWN, Somebody
from tests.authorisation.things import (
    ABSENT_OF,
    SPRING,
    Estate,
    Thing,
    fired,
    grievance,
    headers_of,
    in_review,
    opened,
    proposal,
)
from tests.support.house import ROOT

Form = dict[str, JsonValue]
SCREENED: Final[Mapping[str, JsonValue]] = {"grievance_type": "claim", "brief": "请核实有关情况"}


@dataclass(frozen=True)
class Stage:
    """A case on its way, made anew each time, and who moves it there."""

    name: str
    make: Callable[[Estate], CaseId]
    movers: tuple[str, ...]


@dataclass(frozen=True)
class Filled:
    """A field of a form: at a move of a stage, or at the opening of a workflow where there is no stage."""

    workflow: str
    stage: Stage | None
    mover: str
    move: str
    field: str
    kind: Kind
    form: Mapping[str, JsonValue]
    is_api: bool

    def __str__(self) -> str:
        where = "at its opening" if self.stage is None else f"{self.stage.name}, {self.move}"
        return f"{self.workflow} {where}: {'' if self.is_api else 'page '}field {self.field} by {self.mover}"


def formats_of(definition: Definition) -> Iterator[tuple[str, str]]:
    """Yield the fields of a definition that have a format, with it: their own, or that of the items of a list."""
    for name, part in definition.workflow.fields.items():
        items = part.json_schema.get("items")
        for schema in (part.json_schema, items if isinstance(items, dict) else {}):
            if "format" in schema:
                yield name, str(schema["format"])


def scan_forms(scan: Scan) -> int:
    """Fill each of them in, note in the scan what is wrong, and return how many there were."""
    every = list(filled_in(scan.estate))
    for one in every:
        for thing in scan.estate.of(one.kind):
            if not thing.known_to(_somebody(one.mover)):
                found = _judged(scan, one, thing)
                scan.asked[thing.kind] += 1
                if found is not None:
                    scan.findings.append(f"{one} with {thing.kind} {thing.name}: {found}")
    return len(every)


def filled_in(estate: Estate) -> Iterator[Filled]:
    """Yield every field of a form that names a case or a file and that somebody is asked for."""
    rules = estate.world.house.desk.world(ROOT).rules
    for workflow, mover in (("grievance", f"staff-{OWN}"), ("proposal", f"delegate-{OWN}")):
        definition = rules.newest(workflow)
        for field, kind in _naming(rules.for_new(workflow), definition.opening):
            form = grievance("own") if workflow == "grievance" else proposal("own")
            for name in ("petitioner_name", "petitioner_phone"):
                form.pop(name, None)
            for is_api in (True, False):
                yield Filled(workflow, None, mover, "", field, kind, form, is_api)
    for stage in STAGES:
        case = stage.make(estate)
        for mover in stage.movers:
            answer = estate.world.client.get(f"/api/cases/{case}", headers=headers_of(mover))
            if answer.status_code != 200:
                continue
            view = answer.json()
            definition_now = rules.for_new(view["workflow"])
            for offer in view["offered"]:
                move = offer["transition"]
                asked = definition_now.workflow.transitions[move].form
                form = {name: _sample(definition_now, name) for name, need in asked.items() if need == "required"}
                for field, kind in _naming(definition_now, asked):
                    for is_api in (True, False):
                        yield Filled(view["workflow"], stage, mover, move, field, kind, form, is_api)


def _naming(definition: Definition, asked: Mapping[str, Any]) -> Iterator[tuple[str, Kind]]:
    for name, written in formats_of(definition):
        if name in asked and FORMATS[written] in (Kind.CASE, Kind.FILE):
            yield name, FORMATS[written]


def _judged(scan: Scan, one: Filled, thing: Thing) -> str | None:
    found, nothing = _sent(scan, one, thing.value), _sent(scan, one, ABSENT_OF[thing.kind])
    return found.wrong_anyway() or found.apart_from(nothing)


def _sent(scan: Scan, one: Filled, value: str) -> Answered:
    """Send the form of a case made for it."""
    estate, key = scan.estate, f"scan-{random.getrandbits(80)}"
    case = "" if one.stage is None else one.stage.make(estate)
    scan.tables.changed()
    form: Form = {**one.form, one.field: [value] if one.kind is Kind.FILE else value}
    session = {"congress_session": SPRING} if one.workflow == "proposal" else {}
    opening = one.stage is None
    if one.is_api:
        path = "/api/cases" if opening else f"/api/cases/{case}/transitions"
        body: Any = {"workflow": one.workflow, "unit": OWN, **session} if opening else {"transition": one.move}
        sent: dict[str, Any] = {"json": {**body, "form": form}}
    else:
        path = f"/cases/new/{one.workflow}" if opening else f"/cases/{case}/{one.move}"
        of_page = {"key": key, "unit": OWN, "session": session.get("congress_session", "")}
        sent = {"data": {**of_page, **{f"f.{name}": _typed(each) for name, each in form.items()}}}
    answer = estate.world.client.post(path, headers=headers_of(one.mover), **sent)
    return scan.answered(answer, [value, key, case], _somebody(one.mover))


def _somebody(login: str) -> Somebody:
    role, _, unit = login.rpartition("-")
    return Somebody(role, unit)


def _typed(value: JsonValue) -> Any:
    return [str(item) for item in value] if isinstance(value, list) else str(value).lower() if value is True else value


def _sample(definition: Definition, name: str) -> JsonValue:
    """Return something that fits a field."""
    part = definition.field(name)
    codes = definition.list_of(name)
    if codes is not None:
        return codes.items[0].code
    match part.json_schema.get("type"), part.json_schema.get("format"):
        case "integer", _:
            return part.json_schema.get("minimum", 1)
        case "boolean", _:
            return True
        case "array", _:
            return ["canteen"]
        case _, "date":
            return "2026-03-20"
        case _, "unit":
            return "canteen"
        case _, "person":
            return "handler-canteen"
        case _:
            return "事由"


def _registered(estate: Estate) -> CaseId:
    return opened(estate.world, "shen", "grievance", OWN, grievance("own", confidentiality="internal"))


def _screened(estate: Estate) -> CaseId:
    case = _registered(estate)
    fired(estate.world, f"union_office-{OWN}", case, "screen", SCREENED)
    return case


def _handled(estate: Estate) -> CaseId:
    """Return the part of the canteen, which handles it."""
    case, office = _screened(estate), f"union_office-{OWN}"
    fired(estate.world, office, case, "accept", {"legal_route_checked": True})
    fired(estate.world, office, case, "dispatch", {"lead": "canteen"})
    (whole,) = estate.world.house.desk.reads.cases(ROOT, [case])
    part = whole.children[0].case
    fired(estate.world, "handler-canteen", part, "acknowledge")
    return part


def _drafted(estate: Estate) -> CaseId:
    return opened(estate.world, f"delegate-{OWN}", "proposal", OWN, proposal("own"))


def _reviewed(estate: Estate) -> CaseId:
    return in_review(estate.world, f"delegate-{OWN}", OWN, f"committee_director-{OWN}", "own")


STAGES: Final = (
    Stage("registered", _registered, (f"union_office-{OWN}",)),
    Stage("screened", _screened, (f"union_office-{OWN}",)),
    Stage("handled", _handled, ("handler-canteen", "unit_head-canteen")),
    Stage("drafted", _drafted, (f"delegate-{OWN}",)),
    Stage("reviewed", _reviewed, (f"committee_director-{OWN}", f"union_office-{OWN}")),
)
