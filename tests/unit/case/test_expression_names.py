"""The names that expressions read, and the values behind them."""

from __future__ import annotations

from datetime import date

from engine.case.case import Case
from engine.case.identity import CaseId
from engine.case.scope import Moment, Scope
from engine.definition.names import guard_names
from tests.support.builders import (
    SESSION,
    a_case,
    at,
)
from tests.support.moments import PERSONS, RULES, a_moment, clocked, with_children


def names_of(moment: Moment) -> dict[str, object]:
    scope = Scope(moment)
    return {f"{root}.{name}": value for root in scope for name, value in scope[root].items()}


def test_every_declared_name_has_a_value_of_its_type_or_none() -> None:
    case = a_case(RULES, session=SESSION, data={"subject": "食堂", "kind": "pay"})._replace(fired={"accept": 2})
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
    signed = moment.family[CaseId("child-1")]._replace(fired={"sign": 1})
    family = {**moment.family, signed.id: signed}
    assert Scope(moment._replace(family=family))["children"]["signed"] == 1


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
    assert len(scope) == len(set(scope)) == 15
    assert "case" in scope
    assert scope.get("vault") is None
