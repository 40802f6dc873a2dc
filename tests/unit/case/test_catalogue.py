"""The engine's own guards, asked one by one."""

from __future__ import annotations

from datetime import date

import pytest
from pydantic import JsonValue

from engine.case.actors import IMPORT, SYSTEM, Actor
from engine.case.case import Case
from engine.case.catalogue import CATALOGUE
from engine.case.identity import CaseId, SessionId
from engine.case.scope import Moment
from engine.definition.catalogue import CATALOGUE as DECLARED
from tests.support.builders import (
    SESSION,
    a_case,
    a_person,
)
from tests.support.moments import RULES, a_moment, clocked, with_children


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
    assert mergeable(other._replace(state="submitted"), states=None)
    assert not mergeable(other._replace(state="submitted"))
    assert not mergeable(other._replace(workflow="task"))
    assert not mergeable(other._replace(merged_into=CaseId("third")))
    assert not mergeable(here)
    assert not holds("mergeable", a_moment(here, form={"into": "gone"}), **given)
    assert holds("same_session", a_moment(here, other, form={"into": "other"}), into="into")
    assert not holds("same_session", a_moment(here, form={"into": "gone"}), into="into")
    elsewhere = other._replace(congress_session=SESSION)
    assert not holds("same_session", a_moment(here, elsewhere, form={"into": "other"}), into="into")


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
    case = a_case(RULES)._replace(fired={"accept": 1})
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
