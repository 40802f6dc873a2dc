"""Small definitions, actors, cases and situations for tests of the pure core. Nothing here decides anything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import cache
from pathlib import Path
from textwrap import dedent, indent
from typing import Final
from zoneinfo import ZoneInfo

from pydantic import JsonValue

from engine.calendar.calendar import Calendar
from engine.case.actors import Actor, ActorKind, Grant
from engine.case.case import Case, Party, Pins
from engine.case.commands import FireTransition, Stated
from engine.case.identity import CaseId, PersonId, RootId, SessionId, UnitId
from engine.case.situation import CongressSession, Situation
from engine.case.units import UnitTree
from engine.definition.loader import content_hash, load_yaml
from engine.definition.model import CodeList, Workflow
from engine.definition.reading import Positions
from engine.definition.rulebook import Rulebook
from engine.text import Text
from runtime.rules import load_calendar

ROOT: Final = RootId("works")
SESSION: Final = SessionId("s8m3")
PARENTS: Final = {"works": None, "plant": "works", "workshop": "plant", "canteen": "works", "finance": "works"}
"""works (the root) over plant, canteen and finance; workshop stands below plant."""

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
CALENDARS: Final = Path(__file__).parents[2] / "workflows" / "calendars"


def at(day: str, hour: int = 9, minute: int = 0) -> datetime:
    """Return an instant of a day in Shanghai, as ``at("2026-03-02", 16)``."""
    on = date.fromisoformat(day)
    return datetime(on.year, on.month, on.day, hour, minute, tzinfo=SHANGHAI)


@cache
def a_calendar() -> Calendar:
    """Return the shipped calendar: the official notices, provisional beyond them."""
    return load_calendar(CALENDARS)


def a_tree() -> UnitTree:
    """Return the organisation of the tests."""
    return UnitTree(ROOT, {UnitId(unit): None if above is None else UnitId(above) for unit, above in PARENTS.items()})


def a_session(
    name: SessionId = SESSION,
    *,
    opens_on: date | None = None,
    closes_on: date | None = None,
    call_opens_on: date | None = None,
    call_closes_on: date | None = None,
    reply_due_on: date | None = None,
    lists: Mapping[str, int] | None = None,
) -> CongressSession:
    """Return a congress session of the root, 第八届第三次 unless it is another."""
    return CongressSession(
        id=name,
        root=ROOT,
        unit=UnitId(ROOT),
        term=8,
        meeting=3,
        title=Text("第八届第三次" if name == SESSION else f"届次{name}", f"session {name}"),
        opens_on=opens_on,
        closes_on=closes_on,
        call_opens_on=call_opens_on,
        call_closes_on=call_closes_on,
        reply_due_on=reply_due_on,
        lists=lists,
    )


def a_person(name: str, *grants: str, acting_for: str | None = None) -> Actor:
    """Return somebody with grants, each written ``role@unit``."""
    held = (grant.split("@") for grant in grants)
    return Actor(
        kind=ActorKind.PERSON,
        person=PersonId(name),
        grants=frozenset(Grant(role, UnitId(unit)) for role, unit in held),
        acting_for=None if acting_for is None else PersonId(acting_for),
    )


CLERK: Final = a_person("clerk-chen", "clerk@works")
STRANGER: Final = a_person("nobody-wu")


@cache
def a_workflow(text: str) -> Workflow:
    """Return the workflow of a YAML text, read by the loader; nothing is proved."""
    data, _positions = read_yaml(text)
    return Workflow.model_validate_json(json.dumps(data), strict=True, by_alias=True, by_name=False)


def a_list(name: str, *codes: str, version: int = 1, flags: Mapping[str, Sequence[str]] | None = None) -> CodeList:
    """Return a code list; ``flags`` says which codes carry which flag."""
    items = [
        {
            "code": code,
            "title": {"zh": f"代码{code}", "en": f"code {code}"},
            "flags": {flag: True for flag, of in (flags or {}).items() if code in of},
        }
        for code in codes
    ]
    return CodeList.model_validate_json(
        json.dumps({"name": name, "version": version, "title": {"zh": name, "en": name}, "items": items}),
        strict=True,
        by_alias=True,
        by_name=False,
    )


@cache
def read_yaml(text: str) -> tuple[JsonValue, Positions]:
    """Return what the loader reads, and where each part stands in the text."""
    return load_yaml(text.encode(), "test.yaml")


def a_rulebook(*workflows: str | Workflow, lists: Sequence[CodeList] = ()) -> Rulebook:
    """Return a rulebook of YAML texts or workflows, and code lists."""
    parts = [part if isinstance(part, Workflow) else a_workflow(part) for part in workflows]
    return Rulebook(
        {(part.name, part.version): (part, content_hash(part)) for part in parts},
        {(part.name, part.version): (part, content_hash(part)) for part in lists},
    )


def a_definition_with(
    *,
    name: str = "errand",
    version: int = 1,
    initial: str = "submitted",
    openers: str = "[clerk]",
    opening: str = "subject: required",
    fields: str = "",
    roles: str = "",
    states: str = "",
    transitions: str = "",
    head: str = "",
) -> str:
    """Return the YAML of a small workflow: submitted, handling, closed; accept and close by the clerk.

    Each part is a block that is put after what stands in its section already; ``head`` stands at the top level.
    """
    return "".join(
        (
            f"name: {name}\nversion: {version}\ninitial: {initial}\nopeners: {openers}\n",
            _HEAD,
            dedent(head),
            "\nopening:\n",
            _block(opening),
            _FIELDS,
            _block(fields),
            _ROLES,
            _block(roles),
            _STATES,
            _block(states),
            _TRANSITIONS,
            _block(transitions),
        )
    )


def _block(text: str) -> str:
    return indent(dedent(text).strip("\n"), "  ") + "\n"


_HEAD = """\
title: {zh: 办事, en: Errand}
purpose: {zh: 最小的流程, en: The smallest procedure}
in_force_from: 2026-01-01
subject_field: subject
"""
_FIELDS = """\
fields:
  subject:
    title: {zh: 案由, en: Subject}
    privacy: public
    schema: {type: string, maxLength: 20}
  remark:
    title: {zh: 内部意见, en: Remark}
    privacy: internal
    schema: {type: string}
  phone:
    title: {zh: 联系电话, en: Phone}
    privacy: personal
    schema: {type: string}
  identity:
    title: {zh: 反映人身份, en: Identity}
    privacy: confidential
    schema: {type: string}
"""
_ROLES = """\
roles:
  clerk:
    title: {zh: 经办人, en: Clerk}
    bound: grant
    of: [clerk]
  head:
    title: {zh: 单位负责人, en: Head}
    bound: grant
    of: [unit_head]
    inherited: false
  proposer:
    title: {zh: 提案人, en: Proposer}
    bound: party
  seconder:
    title: {zh: 附议人, en: Seconder}
    bound: party
  system:
    title: {zh: 系统联动, en: System}
    bound: system
    sees: false
"""
_STATES = """\
states:
  submitted:
    title: {zh: 已提交, en: Submitted}
    phase: initial
    milestone: submitted
  handling:
    title: {zh: 办理中, en: In hand}
    phase: active
    milestone: assigned
  closed:
    title: {zh: 已办结, en: Closed}
    phase: final
    milestone: closed
"""
_TRANSITIONS = """\
transitions:
  accept:
    title: {zh: 受理, en: Accept}
    from: [submitted]
    to: handling
    by: [clerk]
  close:
    title: {zh: 办结, en: Close}
    from: [handling]
    to: closed
    by: [clerk]
"""


def a_move(
    name: str, *, by: str = "[clerk]", leads: str = "stay: true", origin: str = "[handling]", **parts: str
) -> str:
    """Return the YAML of one transition; ``parts`` are its form, guards, effects or alternatives as flow YAML."""
    lines = [
        f"{name}:",
        "  title: {zh: " + name + ", en: " + name + "}",
        f"  from: {origin}",
        f"  {leads}",
        f"  by: {by}",
    ]
    lines += [f"  {part}: {text}" for part, text in parts.items()]
    return "\n".join(line for line in lines if line.strip()) + "\n"


RUNG: Final = "{id: red, level: 3, colour: red, title: {zh: 红色, en: Red}, at: {after: 1 day}, to: [clerk]}"
LADDER: Final = f"ladders: {{late: {{rungs: [{RUNG}]}}}}"
"""A ladder ``late`` with one rung, as a line of ``head``."""


def a_case(
    rules: Rulebook,
    *,
    state: str = "submitted",
    workflow: str = "errand",
    case: str = "case-1",
    unit: str = "works",
    session: SessionId | None = None,
    data: Mapping[str, JsonValue] | None = None,
    parties: Sequence[Party] = (),
    parent: CaseId | None = None,
) -> Case:
    """Return a case as if it had come to this state: one entry, version 1."""
    definition = rules.for_new(workflow)
    return Case(
        root=ROOT,
        id=CaseId(case),
        workflow=workflow,
        definition_version=definition.workflow.version,
        pins=Pins(definition=definition.hash, lists=dict(definition.list_hashes), calendar=a_calendar().version),
        unit=UnitId(unit),
        congress_session=session,
        state=state,
        phase=definition.workflow.states[state].phase,
        opened_at=at("2026-03-02"),
        changed_at=at("2026-03-02"),
        version=1,
        seq=1,
        head="ab" * 32,
        data=dict(data or {"subject": "食堂"}),
        parties=tuple(parties),
        people=tuple(dict.fromkeys(party.person for party in parties)),
        parent=parent,
    )


def a_situation(
    rules: Rulebook,
    *cases: Case,
    sessions: Sequence[CongressSession] = (),
    numbers: Mapping[str, int] | None = None,
    units: UnitTree | None = None,
    seed: str = "seed",
) -> Situation:
    """Return a situation of these cases; every series counts from 0 unless ``numbers`` says otherwise."""
    return Situation(
        root=ROOT,
        family={case.id: case for case in cases},
        rules=rules,
        units=units or a_tree(),
        calendar=a_calendar(),
        sessions={session.id: session for session in sessions},
        numbers=defaultdict(int, numbers or {}),
        seed=seed,
    )


def asked(
    case: Case,
    transition: str,
    actor: Actor = CLERK,
    *,
    stated: Stated | None = None,
    expected_version: int | None = None,
    form: Mapping[str, JsonValue] | None = None,
) -> FireTransition:
    """Return the command to fire a transition of a case."""
    return FireTransition(
        root=ROOT,
        actor=actor,
        key="k",
        case=case.id,
        transition=transition,
        form=form or {},
        stated=stated,
        expected_version=expected_version,
    )
