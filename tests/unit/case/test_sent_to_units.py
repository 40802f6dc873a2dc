"""Work sent to units of which none leads, to more of them later, and a linked case for every row of a table."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from pydantic import JsonValue

from engine.case.identity import CaseId
from engine.errors import FormInvalid, GuardRefused
from tests.support.builders import a_definition_with, a_move, a_rulebook
from tests.support.rehearsal import Rehearsal

FIELDS = """
units: {title: {zh: 单位, en: Units}, privacy: public, schema: {type: array, items: {type: string, format: unit}}}
days:
  title: {zh: 安排, en: Days}
  privacy: public
  schema: {type: array, maxItems: 5}
  columns:
    what: {title: {zh: 事项, en: What}, schema: {type: string}}
    where: {title: {zh: 单位, en: Where}, schema: {type: string, format: unit}, required: false}
"""
SEND = "{do: assign, workflow: task, co_handlers: units, adds: true, carry: {subject: subject}}"
OPEN = "{do: open, workflow: task, each: days, row: {subject: what}, unit: where, carry: {remark: subject}}"
BELOW = """[{id: below, use: units_below@1, given: {field: units}, refuse: {zh: 只能下发给下级, en: Below only}}]"""


def a_play() -> tuple[Rehearsal, CaseId]:
    rules = a_rulebook(
        a_definition_with(
            fields=FIELDS,
            transitions=a_move("send", form="{units: required}", effects=f"[{SEND}]", guards=BELOW)
            + a_move("plan", form="{days: optional}", effects=f"[{OPEN}]"),
        ),
        a_definition_with(name="task"),
    )
    play = Rehearsal(rules=rules)
    case = play.open()
    play.fire(case, "accept")
    return play, case


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(FormInvalid) as refused:
        ask()
    return refused.value.fields[0].text.zh


def test_no_unit_leads_and_more_of_them_join_those_that_have_it() -> None:
    play, case = a_play()
    play.fire(case, "send", units=["plant", "canteen"])
    play.fire(case, "send", units=["workshop"])
    found = play.cases[case]
    assert found.lead_unit is None
    assert [(child.unit, child.role, child.batch) for child in found.newest_children] == [
        ("plant", "co_handler", 1),
        ("canteen", "co_handler", 1),
        ("workshop", "co_handler", 1),
    ]
    assert {play.cases[child.case].data["subject"] for child in found.children} == {found.data["subject"]}
    assert len({child.case for child in found.children}) == 3


def test_a_unit_is_sent_it_once() -> None:
    play, case = a_play()
    play.fire(case, "send", units=["plant"])
    assert refusal(lambda: play.fire(case, "send", units=["canteen", "plant"])) == "已经下发单位“plant”"
    assert refusal(lambda: play.fire(case, "send", units=["canteen", "canteen"])) == "单位“canteen”重复"
    assert len(play.cases[case].children) == 1


def test_units_below_are_those_under_the_cases_own_and_not_itself() -> None:
    play, case = a_play()
    for unit in ("works", "nowhere"):
        with pytest.raises(GuardRefused):
            play.fire(case, "send", units=["plant", unit])


def test_every_row_opens_a_case_in_its_unit_with_what_it_says() -> None:
    play, case = a_play()
    rows: JsonValue = [{"what": "一月接待", "where": "plant"}, {"what": "二月接待"}]
    play.fire(case, "plan", days=rows)
    opened = [play.cases[one] for one in play.cases[case].linked]
    assert [(one.data["subject"], one.unit) for one in opened] == [
        ("一月接待", "plant"),
        ("二月接待", play.cases[case].unit),
    ]
    assert {one.data["remark"] for one in opened} == {play.cases[case].data["subject"]}
    assert len({one.id for one in opened}) == 2


def test_without_rows_nothing_is_opened_and_a_unit_nobody_knows_is_refused() -> None:
    play, case = a_play()
    play.fire(case, "plan")
    assert play.cases[case].linked == ()
    assert refusal(lambda: play.fire(case, "plan", days=[{"what": "接待", "where": "moon"}])) == "没有单位“moon”"
