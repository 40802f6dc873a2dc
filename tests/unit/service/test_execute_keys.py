"""Idempotency: a key happens once, whoever asks again; another body under the same key is refused."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from engine.case.actors import IMPORT
from engine.case.commands import Command, KeepNote, OpenCase, Stated
from engine.case.identity import CaseId, SessionId, UnitId
from engine.errors import KeyReused, TransitionNotOffered
from engine.service.claims import actor_scope, request_hash
from engine.service.execute import Done
from tests.support.batch_desk import Desk, done, kinds
from tests.support.builders import CLERK, ROOT, a_person, at
from tests.support.refusals import words_of


def test_a_key_used_again_gets_the_first_outcome_and_does_nothing() -> None:
    desk = Desk()
    opening = desk.opening("once")
    first = done(desk.carry_out(opening)[0])
    again = done(desk.carry_out(opening)[0])
    assert again == Done(first.outcome, repeated=True)
    assert not first.repeated
    assert len(desk.store.tables.entries) == 1


def test_the_second_of_a_batch_with_the_same_key_gets_the_firsts_outcome() -> None:
    desk = Desk()
    opening = desk.opening("once")
    first, second, third = desk.carry_out(opening, opening, desk.opening("other"))
    assert done(second) == Done(done(first).outcome, repeated=True)
    assert done(third).outcome.case != done(first).outcome.case
    assert len(desk.store.tables.cases) == 2
    assert len(desk.store.tables.outcomes) == 2


def test_another_body_under_the_same_key_is_refused_now_and_later() -> None:
    desk = Desk()
    first, second = desk.carry_out(desk.opening("once"), desk.opening("once", subject="澡堂"))
    assert kinds([first, second]) == [Done, KeyReused]
    assert words_of(second) == ["该幂等键已用于另一项内容不同的请求"]
    assert kinds(desk.carry_out(desk.opening("once", subject="澡堂"))) == [KeyReused]
    assert kinds(desk.carry_out(desk.opening("once"))) == [Done]
    assert len(desk.store.tables.cases) == 1


def test_keys_belong_to_who_asks() -> None:
    desk = Desk()
    others = (a_person("clerk-li", "clerk@works"), IMPORT)
    results = [desk.carry_out(desk.opening("once", actor=actor))[0] for actor in (CLERK, *others)]
    assert kinds(results) == [Done, Done, Done]
    assert len({done(result).outcome.case for result in results}) == 3
    assert actor_scope(desk.opening(actor=IMPORT)) == "import"
    assert actor_scope(desk.opening()) == "clerk-chen"


def test_a_key_whose_command_was_refused_is_free_again_in_the_same_batch() -> None:
    desk = Desk()
    (case,) = desk.opened()
    refused, carried_out, again = desk.carry_out(
        desk.firing(case, "accept", key="k"), desk.firing(case, "close", key="k"), desk.firing(case, "close", key="k")
    )
    assert kinds([refused, carried_out, again]) == [TransitionNotOffered, Done, Done]
    assert done(again).repeated


def test_a_settled_command_loads_and_locks_nothing() -> None:
    desk = Desk()
    (case,) = desk.opened()
    command = desk.firing(case, "close")
    desk.carry_out(command)
    desk.store.locked.clear()
    assert done(desk.carry_out(command)[0]).repeated
    assert desk.store.locked == []


def test_commands_without_a_key_are_each_carried_out_and_leave_no_outcome() -> None:
    desk = Desk()
    first, second = desk.carry_out(desk.opening(""), desk.opening(""))
    assert done(first).outcome.case != done(second).outcome.case
    assert len(desk.store.tables.cases) == 2
    assert not desk.store.tables.outcomes
    assert all("command" not in json.loads(entry.body) for entry in desk.store.tables.entries)


OPEN = OpenCase(root=ROOT, actor=CLERK, key="k", workflow="errand", unit=UnitId("works"), form={"a": 1, "b": 2})
NOTE = KeepNote(root=ROOT, actor=CLERK, key="k", case=CaseId("c"), title="T10", note={"a": 1})


def test_the_hash_of_a_request_leaves_out_who_asks_under_which_key() -> None:
    same = replace(OPEN, key="other", actor=IMPORT, form={"b": 2, "a": 1})
    assert request_hash(same) == request_hash(OPEN)


@pytest.mark.parametrize(
    "other",
    [
        replace(OPEN, form={"a": 1}),
        replace(OPEN, form={"a": 1, "b": "2"}),
        replace(OPEN, workflow="task"),
        replace(OPEN, unit=UnitId("plant")),
        replace(OPEN, congress_session=SessionId("s8m3")),
        replace(OPEN, parties={"proposer": ("zhao",)}),
        replace(OPEN, stated=Stated(at("2026-03-01"), "登记簿")),
        NOTE,
        replace(NOTE, title="T11"),
        replace(NOTE, note={}),
        replace(NOTE, case=CaseId("d")),
        Desk().firing(CaseId("c"), "close"),
        Desk().firing(CaseId("c"), "close", expected_version=1),
        Desk().firing(CaseId("c"), "close", form={"a": 1}),
        Desk().firing(CaseId("d"), "close"),
        Desk().firing(CaseId("c"), "accept"),
    ],
)
def test_whatever_else_differs_changes_the_hash(other: Command) -> None:
    assert request_hash(other) not in {request_hash(OPEN)}
    if other is not NOTE:
        assert request_hash(other) != request_hash(NOTE)


def test_stated_instants_are_compared_as_instants() -> None:
    here, utc = Stated(at("2026-03-01"), "登记簿"), Stated(at("2026-03-01").astimezone(), "登记簿")
    assert request_hash(replace(OPEN, stated=here)) == request_hash(replace(OPEN, stated=utc))
    assert request_hash(replace(OPEN, stated=replace(here, basis="别的"))) != request_hash(replace(OPEN, stated=here))
