"""The engine's own guards, asked one by one, and the names that expressions read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest
from pydantic import JsonValue

from engine.case.actors import IMPORT, SYSTEM, Actor
from engine.case.case import Case, Child, Party
from engine.case.catalogue import CATALOGUE
from engine.case.identity import CaseId, PersonId, SessionId, UnitId
from engine.case.scope import Moment, Scope
from engine.definition.catalogue import CATALOGUE as DECLARED
from engine.definition.names import guard_names
from tests.support.builders import (
    CLERK,
    SESSION,
    Rehearsal,
    a_case,
    a_definition_with,
    a_list,
    a_move,
    a_person,
    a_rulebook,
    a_session,
    a_situation,
    at,
)

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


def holds(guard: str, moment: Moment, **given: JsonValue) -> bool:
    return CATALOGUE[f"{guard}@1"](moment, given)


def test_every_guard_that_a_definition_may_name_is_answered() -> None:
    assert CATALOGUE.keys() == DECLARED.keys()


@pytest.mark.parametrize(("count", "answer"), [(2, True), (3, False), ("least", True)])
def test_seconders_are_counted_against_a_number_or_a_parameter(count: JsonValue, answer: bool) -> None:
    assert holds("seconders_at_least", a_moment(), role="seconder", count=count) is answer
    assert not holds("seconders_at_least", a_moment(), role="joint", count=1)


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ({"lead": "plant"}, True),
        ({"lead": "plant", "others": ["canteen", "finance"]}, True),
        ({"lead": "plant", "others": ["plant"]}, False),
        ({"lead": "plant", "others": ["canteen", "canteen"]}, False),
        ({"lead": "plant", "others": "canteen"}, True),
        ({"lead": "moon"}, False),
        ({"lead": "plant", "others": ["moon"]}, False),
        ({}, False),
    ],
)
def test_units_are_distinct_and_exist(form: dict[str, JsonValue], answer: bool) -> None:
    assert holds("units_distinct", a_moment(form=form), lead="lead", co_handlers="others") is answer


@pytest.mark.parametrize(
    ("dates", "answers"),
    [
        ({}, (True, True, True, True)),
        ({"call_opens_on": date(2026, 3, 9)}, (False, True, True, True)),
        ({"call_closes_on": date(2026, 3, 10)}, (True, True, True, False)),
        ({"call_opens_on": date(2026, 3, 9), "call_closes_on": date(2026, 3, 10)}, (False, True, True, False)),
    ],
)
def test_the_call_is_open_on_both_its_days(dates: dict[str, date], answers: tuple[bool, ...]) -> None:
    case = a_case(RULES, session=SESSION)
    days = ("2026-03-08", "2026-03-09", "2026-03-10", "2026-03-11")
    assert tuple(holds("within_call", a_moment(case, day=day, session_dates=dates)) for day in days) == answers


def test_without_a_session_no_call_binds() -> None:
    assert holds("within_call", a_moment(a_case(RULES)))
    assert holds("within_call", a_moment(a_case(RULES, session=SessionId("unknown"))))


def test_a_day_of_the_call_is_a_day_in_shanghai() -> None:
    case = a_case(RULES, session=SESSION)
    closes = {"call_closes_on": date(2026, 3, 10)}
    assert holds("within_call", a_moment(case, day="2026-03-10", hour=23, session_dates=closes))
    assert not holds("within_call", a_moment(case, day="2026-03-11", hour=0, session_dates=closes))


def test_a_merge_asks_for_another_case_of_the_same_kind_and_session() -> None:
    here = a_case(RULES, state="handling")
    other = a_case(RULES, case="other", state="handling")
    given: dict[str, JsonValue] = {"into": "into", "states": ["handling"]}

    def mergeable(target: Case, **more: JsonValue) -> bool:
        return holds("mergeable", a_moment(here, target, form={"into": target.id}), **{**given, **more})

    assert mergeable(other)
    assert mergeable(replace(other, state="submitted"), states=None)
    assert not mergeable(replace(other, state="submitted"))
    assert not mergeable(replace(other, workflow="task"))
    assert not mergeable(replace(other, merged_into=CaseId("third")))
    assert not mergeable(here)
    assert not holds("mergeable", a_moment(here, form={"into": "gone"}), **given)
    assert holds("same_session", a_moment(here, other, form={"into": "other"}), into="into")
    assert not holds("same_session", a_moment(here, form={"into": "gone"}), into="into")
    elsewhere = replace(other, congress_session=SESSION)
    assert not holds("same_session", a_moment(here, elsewhere, form={"into": "other"}), into="into")


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
    parent = replace(a_case(RULES, state="handling"), children=tuple(known))
    return a_moment(parent, older, *rows)


@pytest.mark.parametrize(
    ("states", "when", "answer"),
    [
        (("handling", "handling"), {"when": "all"}, True),
        (("handling", "submitted"), {"when": "all"}, False),
        (("handling", "submitted"), {"when": "any"}, True),
        (("submitted", "submitted"), {"when": "any"}, False),
        (("submitted", "submitted"), {"when": "none"}, True),
        (("handling", "submitted"), {"when": "none"}, False),
        (("handling", "handling", "submitted"), {"when": "at_least", "n": 2}, True),
        (("handling", "handling", "submitted"), {"when": "at_least", "n": 3}, False),
        (("handling", "submitted"), {"when": "at_least"}, True),
        (("handling", "handling", "submitted"), {"when": "at_least", "n": "least"}, True),
        (("submitted", "handling"), {"when": "all", "role": "co_handler"}, True),
        (("submitted", "handling"), {"when": "all", "role": "lead"}, False),
        (("submitted",), {"when": "all", "role": "co_handler"}, True),
        ((), {"when": "all"}, True),
        ((), {"when": "any"}, False),
    ],
)
def test_children_of_the_newest_assignment_are_asked(
    states: tuple[str, ...], when: dict[str, JsonValue], answer: bool
) -> None:
    assert holds("children", with_children(*states), workflow="task", states=["handling"], **when) is answer


def test_children_of_another_workflow_do_not_count() -> None:
    moment = with_children("handling", workflow="errand")
    assert not holds("children", moment, workflow="task", states=["handling"], when="any")
    assert holds("children", moment, workflow="errand", states=["handling"], when="any")


def test_a_move_may_be_fired_so_often() -> None:
    case = replace(a_case(RULES), fired={"accept": 1})
    for count, answer in ((0, False), (1, False), (2, True), ("least", True)):
        assert holds("fired_at_most", a_moment(case), transition="accept", count=count) is answer
    assert holds("fired_at_most", a_moment(), transition="accept", count=1)
    assert not holds("fired_at_most", a_moment(), transition="accept", count=0)


@pytest.mark.parametrize(
    ("actor", "is_party", "not_party"),
    [
        (a_person("zhao"), True, False),
        (a_person("li"), False, True),
        (a_person("deputy-qin", acting_for="zhao"), True, False),
        (a_person("zhao", acting_for="li"), False, False),
        (SYSTEM, True, True),
        (IMPORT, True, True),
    ],
)
def test_a_deputy_is_what_the_principal_is_and_stays_what_he_is(actor: Actor, is_party: bool, not_party: bool) -> None:
    assert holds("actor_is_party", a_moment(actor=actor), role="proposer") is is_party
    assert holds("actor_not_party", a_moment(actor=actor), role="proposer") is not_party


def clocked(*moves: tuple[str, str]) -> Case:
    play = Rehearsal(rules=RULES)
    case = play.open()
    play.fire(case, "accept")
    for transition, day in moves:
        play.now = at(day)
        play.fire(case, transition)
    return play.cases[case]


def test_a_clock_may_be_suspended_while_it_runs_and_within_count_and_days() -> None:
    def allowed(case: Case, day: str, deadline: str = "term") -> bool:
        return holds("suspension_allowed", a_moment(case, day=day), deadline=deadline)

    begun = ("begin", "2026-03-02")
    assert allowed(clocked(begun), "2026-03-03")
    assert not allowed(clocked(), "2026-03-03")
    assert not allowed(clocked(begun), "2026-03-03", "bare")
    assert not allowed(clocked(begun, ("halt", "2026-03-04")), "2026-03-05")
    assert not allowed(clocked(begun, ("stop", "2026-03-04")), "2026-03-05")
    once = clocked(begun, ("halt", "2026-03-04"), ("go", "2026-03-06"))
    assert allowed(once, "2026-03-09")
    twice = clocked(begun, ("halt", "2026-03-04"), ("go", "2026-03-05"), ("halt", "2026-03-06"), ("go", "2026-03-07"))
    assert not allowed(twice, "2026-03-09")
    long = clocked(begun, ("halt", "2026-03-04"), ("go", "2026-03-14"))
    assert not allowed(long, "2026-03-16")


def test_an_extension_asks_for_a_declared_limit_and_a_number_of_days() -> None:
    case = clocked(("begin", "2026-03-02"))
    assert not holds("extension_allowed", a_moment(case, form={"days": 5}), deadline="term", by="days")
    assert not holds("extension_allowed", a_moment(case), deadline="term", by="days")
    assert not holds("extension_allowed", a_moment(), deadline="term", by="days")


def test_a_late_clock_still_runs_and_a_stopped_one_does_not() -> None:
    begun = ("begin", "2026-03-02")
    assert holds("deadline_running", a_moment(clocked(begun), day="2026-06-01"), deadline="term")
    for moves in ((), (begun, ("halt", "2026-03-04")), (begun, ("stop", "2026-03-04"))):
        assert not holds("deadline_running", a_moment(clocked(*moves)), deadline="term")


def test_units_named_in_a_field_exist() -> None:
    assert holds("unit_exists", a_moment(form={"others": ["plant", "finance"]}), field="others")
    assert holds("unit_exists", a_moment(form={"lead": "plant"}), field="lead")
    assert holds("unit_exists", a_moment(), field="lead")
    assert not holds("unit_exists", a_moment(form={"others": ["plant", "moon"]}), field="others")


@pytest.mark.parametrize(
    ("accused", "unit", "answer"),
    [
        (["plant"], "plant", False),
        (["plant"], "workshop", False),
        (["workshop"], "plant", True),
        (["plant"], "canteen", True),
        ([], "plant", True),
        (None, "plant", True),
        ("plant", "plant", True),
    ],
)
def test_nobody_handles_what_is_said_against_the_own_unit(accused: JsonValue, unit: str, answer: bool) -> None:
    named = a_case(RULES, data={"accused_units": accused})
    assert holds("not_recused", a_moment(named, form={"lead": unit}), field="lead") is answer
    standing = a_case(RULES, data={"accused_units": accused, "lead": unit})
    assert holds("not_recused", a_moment(standing), field="lead") is answer
    assert holds("not_recused", a_moment(named), field="lead")


def names_of(moment: Moment) -> dict[str, object]:
    scope = Scope(moment)
    return {f"{root}.{name}": value for root in scope for name, value in scope[root].items()}


def test_every_declared_name_has_a_value_of_its_type_or_none() -> None:
    case = replace(a_case(RULES, session=SESSION, data={"subject": "食堂", "kind": "pay"}), fired={"accept": 2})
    found = names_of(a_moment(case, session_dates={"closes_on": date(2026, 3, 20)}))
    declared = guard_names(RULES.newest("errand"), {part.name: part for part, _hash in RULES.lists.values()})
    types = {"boolean": bool, "integer": int, "string": str, "date": date}
    for name, kind in declared.items():
        value = found.get(name)
        if value is None:
            continue
        wanted = types.get(str(kind.kind.name).lower())
        assert wanted is None or isinstance(value, wanted), name
    assert declared["case.number"].nullable


def test_names_of_the_case_the_form_and_the_day() -> None:
    case = a_case(
        RULES,
        state="handling",
        parties=PERSONS,
        data={"subject": "食堂", "seen_on": "2026-03-09", "receipt": "收字第1号", "kind": "pay"},
    )
    found = names_of(a_moment(case, form={"seen_on": "2026-03-10", "days": 3}))
    expected = {
        "case.state": "handling",
        "case.phase": "active",
        "case.number": "收字第1号",
        "case.unit": "works",
        "case.lead_unit": None,
        "case.id": "case-1",
        "case.parent": None,
        "case.merged": False,
        "case.child_role": None,
        "case.seen_on": date(2026, 3, 9),
        "form.seen_on": date(2026, 3, 10),
        "form.days": 3,
        "parameter.least": 2,
        "parameter.open": True,
        "actor.is_clerk": True,
        "actor.is_head": False,
        "actor.is_system": False,
        "actor.kind": "person",
        "parties.seconder": 2,
        "parties.proposer": 1,
        "children.open": 0,
        "fired.accept": 0,
        "session.exists": False,
        "now.date": date(2026, 3, 10),
        "now.at": at("2026-03-10"),
        "flag.kind_urgent": True,
        "flag.kind_open": False,
        "extended.term": 0,
    }
    assert {name: found[name] for name in expected} == expected


def test_the_first_number_that_stands_is_the_number_of_the_case() -> None:
    both = a_case(RULES, data={"case_number": "案1", "receipt": "收1"})
    assert Scope(a_moment(both))["case"]["number"] == "案1"
    assert Scope(a_moment(a_case(RULES, data={"case_number": None, "receipt": "收1"})))["case"]["number"] == "收1"
    assert Scope(a_moment(a_case(RULES)))["case"]["number"] is None


def test_a_flag_follows_the_form_before_the_case_and_is_silent_without_a_code() -> None:
    case = a_case(RULES, data={"kind": "pay"})
    assert Scope(a_moment(case, form={"kind": "food"}))["flag"] == {"kind_urgent": False, "kind_open": True}
    assert Scope(a_moment(a_case(RULES)))["flag"] == {}
    assert Scope(a_moment(a_case(RULES, data={"kind": "gone"})))["flag"] == {}


def test_names_of_a_clock_follow_its_life() -> None:
    begun = ("begin", "2026-03-02")  # due 24:00 on 17 March
    running = clocked(begun)

    def state(case: Case, day: str) -> tuple[object, ...]:
        scope = Scope(a_moment(case, day=day, hour=0))
        return tuple(scope[root].get("term") for root in ("running", "suspended", "expired"))

    assert state(running, "2026-03-17") == (True, False, False)
    assert state(running, "2026-03-18") == (True, False, True)
    assert state(clocked(begun, ("halt", "2026-03-04")), "2026-06-01") == (False, True, False)
    assert state(clocked(begun, ("stop", "2026-03-04")), "2026-06-01") == (False, False, False)
    assert state(clocked(), "2026-03-17") == (None, None, None)


def test_names_of_the_children_count_the_newest_assignment() -> None:
    moment = with_children("handling", "submitted", "closed")
    assert Scope(moment)["children"] == {"open": 2, "lead": 1, "co_handlers": 2, "signed": 0}
    signed = replace(moment.family[CaseId("child-1")], fired={"sign": 1})
    family = {**moment.family, signed.id: signed}
    assert Scope(replace(moment, family=family))["children"]["signed"] == 1


def test_names_of_the_session_are_its_dates() -> None:
    dates = {name: date(2026, 3, day) for day, name in enumerate(("opens_on", "closes_on", "call_closes_on"), start=1)}
    scope = Scope(a_moment(a_case(RULES, session=SESSION), session_dates=dates))
    assert scope["session"] == {
        "exists": True,
        "call_opens_on": None,
        "call_closes_on": date(2026, 3, 3),
        "opens_on": date(2026, 3, 1),
        "closes_on": date(2026, 3, 2),
        "reply_due_on": None,
    }


def test_a_scope_has_every_root_once_and_no_other() -> None:
    scope = Scope(a_moment())
    assert len(scope) == len(set(scope)) == 14
    assert "case" in scope
    assert scope.get("vault") is None
