"""Moments: one command on one case at one instant, as guards and expressions see them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from pydantic import JsonValue

from engine.case.actors import Actor
from engine.case.case import Case, Child, Party
from engine.case.identity import PersonId, UnitId
from engine.case.scope import Moment
from tests.support.builders import (
    CLERK,
    a_case,
    a_definition_with,
    a_list,
    a_move,
    a_rulebook,
    a_session,
    a_situation,
    at,
)
from tests.support.rehearsal import Rehearsal

RULES = a_rulebook(
    a_definition_with(
        head="""
        parameters:
          least: {title: {zh: 下限, en: Least}, value: 2}
          open: {title: {zh: 公开, en: Open}, value: true}
        lists: {kinds: kinds}
        number_fields: [case_number, receipt]
        deadlines:
          term:
            title: {zh: 期限, en: Term}
            within: 15 days
            waive: {ladder: 示例}
            suspension: {max_count: 2, max_days: 10, approver: [clerk]}
          bare: {title: {zh: 另一期限, en: Bare}, within: 30 days, waive: {ladder: 示例}}
        """,
        fields="""
        lead: {title: {zh: 主办, en: Lead}, privacy: public, schema: {type: string}}
        others: {title: {zh: 协办, en: Others}, privacy: public, schema: {type: array, items: {type: string}}}
        accused_units: {title: {zh: 被反映单位, en: Accused}, privacy: internal, schema: {type: array}}
        seen_on: {title: {zh: 日期, en: Day}, privacy: public, schema: {type: string, format: date}}
        kind: {title: {zh: 类别, en: Kind}, privacy: public, schema: {type: string}, list: kinds}
        case_number: {title: {zh: 编号, en: Number}, privacy: public, schema: {type: string}}
        receipt: {title: {zh: 收件号, en: Receipt}, privacy: public, schema: {type: string}}
        days: {title: {zh: 天数, en: Days}, privacy: public, schema: {type: integer}}
        """,
        transitions=a_move("begin", effects="[{do: start, deadline: term}]")
        + a_move("halt", effects="[{do: suspend, deadline: term}]")
        + a_move("go", effects="[{do: resume, deadline: term}]")
        + a_move("stop", effects="[{do: stop, deadline: term}]"),
    ),
    a_definition_with(name="task", transitions=a_move("sign", origin="[submitted]", leads="to: handling")),
    lists=[a_list("kinds", "pay", "food", flags={"urgent": ["pay"], "open": ["food"]})],
)
PERSONS = [Party("seconder", PersonId("qian")), Party("seconder", PersonId("sun")), Party("proposer", PersonId("zhao"))]


def a_moment(
    case: Case | None = None,
    *family: Case,
    actor: Actor = CLERK,
    form: Mapping[str, JsonValue] | None = None,
    day: str = "2026-03-10",
    hour: int = 9,
    session_dates: Mapping[str, date] | None = None,
) -> Moment:
    here = case or a_case(RULES, state="handling", parties=PERSONS)
    sessions = [a_session(**dict(session_dates or {}))]  # type: ignore[arg-type]  # names of dates
    situation = a_situation(RULES, here, *family, sessions=sessions)
    return Moment(
        situation=situation,
        family=situation.family,
        definition=situation.definition_of(here),
        case=here,
        actor=actor,
        form=form or {},
        at=at(day, hour),
    )


def with_children(*states: str, workflow: str = "task") -> Moment:
    """Return a parent whose newest children stand in these states, the first being the lead; one older has closed."""
    rows = [
        a_case(RULES, workflow=workflow, case=f"child-{number}", state=state) for number, state in enumerate(states)
    ]
    older = a_case(RULES, workflow="task", case="older", state="closed")
    known = [Child(case=older.id, workflow="task", role="lead", unit=UnitId("plant"), batch=1)] if states else []
    known += [
        Child(
            case=row.id,
            workflow=workflow,
            role="co_handler" if number else "lead",
            unit=UnitId("plant"),
            batch=2,
        )
        for number, row in enumerate(rows)
    ]
    parent = a_case(RULES, state="handling")._replace(children=tuple(known))
    return a_moment(parent, older, *rows)


def clocked(*moves: tuple[str, str]) -> Case:
    play = Rehearsal(rules=RULES)
    case = play.open()
    play.fire(case, "accept")
    for transition, day in moves:
        play.now = at(day)
        play.fire(case, transition)
    return play.cases[case]
