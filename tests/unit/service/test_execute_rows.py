"""What one batch leaves in the tables: readers, deadlines, spans, private values, what is to be told."""

from __future__ import annotations

import json

from pydantic import JsonValue

from engine.case.codec import microseconds
from engine.case.commands import Command, OpenCase
from engine.case.identity import CaseId, UnitId
from engine.ledger.commitments import SALT_BYTES
from tests.support.batch_desk import Desk, done
from tests.support.builders import CLERK, LADDER, ROOT, a_definition_with, a_move, a_person, a_rulebook, at

LI = a_person("li", "clerk@works")
RULES = a_rulebook(
    a_definition_with(
        head="""
        deadlines:
          reply:
            title: {zh: 答复期限, en: Reply}
            within: 90 days
            ladder: late
            extension: {max_count: 2, max_days: 60, approver: [clerk]}
          review: {title: {zh: 审查期限, en: Review}, within: 15 days, ladder: late}
        notices:
          told: {title: {zh: 告知, en: Told}, to: [clerk], template: told}
        LADDER
        """.replace("LADDER", LADDER),
        opening="subject: required\nphone: optional\nremark: optional",
        fields="""
        accused_units: {title: {zh: 被反映单位, en: Accused}, privacy: internal, schema: {type: array}}
        days: {title: {zh: 天数, en: Days}, privacy: public, schema: {type: integer}}
        grade: {title: {zh: 等级, en: Grade}, privacy: public, schema: {type: string}, tracked: true}
        """,
        transitions=a_move("second", effects="[{do: bind, role: seconder}]")
        + a_move("leave", by="[seconder]", effects="[{do: unbind, role: seconder}]")
        + a_move("accuse", form="{accused_units: required}")
        + a_move("begin", effects="[{do: start, deadline: reply}]")
        + a_move("check", effects="[{do: start, deadline: review}]")
        + a_move("extend", form="{days: required}", effects="[{do: extend, deadline: reply, by: days}]")
        + a_move("stop", effects="[{do: stop, deadline: reply}]")
        + a_move("grade", form="{grade: required}")
        + a_move(
            "raise",
            effects="[{do: raise, deadline: reply, rung: red}, {do: notify, notice: told}]",
        ),
    )
)


def in_hand() -> tuple[Desk, CaseId]:
    desk = Desk(RULES)
    (case,) = desk.opened()
    return desk, case


def readers(desk: Desk, case: CaseId) -> set[str]:
    return {row.principal for row in desk.store.tables.readers.values() if row.case == case}


def all_done(desk: Desk, *commands: Command) -> None:
    for result in desk.carry_out(*commands):
        done(result)


def test_a_new_case_is_read_by_its_roles() -> None:
    desk, case = in_hand()
    assert readers(desk, case) == {"role:clerk@works", "role:unit_head@works"}


def test_sight_comes_and_goes_with_the_role() -> None:
    desk, case = in_hand()
    all_done(desk, desk.firing(case, "second", actor=LI))
    assert "person:li" in readers(desk, case)
    all_done(desk, desk.firing(case, "leave", actor=LI))
    assert "person:li" not in readers(desk, case)


def test_sight_given_and_taken_in_one_batch_is_gone_and_given_again_is_there() -> None:
    desk, case = in_hand()
    for moves in (
        ["second", "leave"],
        ["second", "leave", "second"],
        ["leave", "second"],
        ["leave", "second", "leave"],
    ):
        all_done(desk, *(desk.firing(case, move, actor=LI) for move in moves))
        assert ("person:li" in readers(desk, case)) is (moves[-1] == "second")


def test_a_unit_loses_sight_on_being_named_even_in_the_batch_that_opened_the_case() -> None:
    desk = Desk(RULES)
    plant = a_person("plant-clerk", "clerk@plant")
    opening = OpenCase(
        root=ROOT, actor=plant, key="o", workflow="errand", unit=UnitId("plant"), form={"subject": "食堂"}
    )
    case = done(desk.carry_out(opening)[0]).outcome.case
    assert "role:clerk@plant" in readers(desk, case)
    all_done(
        desk,
        desk.firing(case, "accept"),
        desk.firing(case, "accuse", form={"accused_units": ["plant"]}),
    )
    assert readers(desk, case) == {"role:clerk@works"}


def test_sight_that_a_state_gives_goes_with_the_state() -> None:
    rules = a_rulebook(
        a_definition_with(
            roles="delegate: {title: {zh: 代表, en: Delegate}, bound: grant, of: [delegate], sees: [submitted]}"
        )
    )
    desk = Desk(rules)
    case = done(desk.carry_out(desk.opening())[0]).outcome.case
    assert "role:delegate@works" in readers(desk, case)
    all_done(desk, desk.firing(case, "accept"))
    assert "role:delegate@works" not in readers(desk, case)


def dues(desk: Desk, case: CaseId) -> set[int | None]:
    return {row.due_at for row in desk.store.tables.readers.values() if row.case == case}


def test_every_reader_row_carries_the_next_due_instant() -> None:
    desk, case = in_hand()
    assert dues(desk, case) == {None}
    all_done(desk, desk.firing(case, "begin"))
    # 90 days from Monday 2 March end on Sunday 31 May, so at 24:00 on Monday 1 June.
    assert dues(desk, case) == {microseconds(at("2026-06-02", 0))}
    # 15 days end on Tuesday 17 March.
    all_done(desk, desk.firing(case, "check"), desk.firing(case, "second", actor=LI))
    assert dues(desk, case) == {microseconds(at("2026-03-18", 0))}
    all_done(desk, desk.firing(case, "close"))
    assert dues(desk, case) == {None}


def test_a_deadline_row_follows_its_clock() -> None:
    desk, case = in_hand()
    all_done(desk, desk.firing(case, "begin"), desk.firing(case, "extend", form={"days": 30}))
    row = desk.store.tables.deadlines[ROOT, case, "reply"]
    # 120 days from 2 March end on Tuesday 30 June.
    assert (row.state, row.due_on, row.promised_on) == ("running", "2026-06-30", "2026-06-01")
    assert (row.due_at, row.started_at) == (microseconds(at("2026-07-01", 0)), microseconds(at("2026-03-02")))
    all_done(desk, desk.firing(case, "raise"), desk.firing(case, "stop"))
    row = desk.store.tables.deadlines[ROOT, case, "reply"]
    assert (row.state, json.loads(row.rungs), row.provisional) == ("met", ["red"], 0)


def test_what_is_to_be_told_stands_in_the_outbox_once_under_a_stable_id() -> None:
    desk, case = in_hand()
    all_done(desk, desk.firing(case, "begin"), desk.firing(case, "raise"), desk.firing(case, "raise"))
    rows = sorted(desk.store.tables.outbox.values(), key=lambda row: (row.seq, row.kind))
    assert [(row.kind, row.name, row.seq, row.case) for row in rows] == [
        ("notice", "told", 4, case),
        ("rung", "reply/red", 4, case),
        ("notice", "told", 5, case),
    ]
    assert len({row.id for row in rows}) == 3


def test_spans_of_one_batch_end_with_the_newest_value() -> None:
    desk, case = in_hand()
    grades: list[JsonValue] = ["plain", "urgent", "plain"]
    all_done(desk, *(desk.firing(case, "grade", form={"grade": grade}) for grade in grades), desk.firing(case, "close"))
    spans = {kind: value for (_root, one, kind), value in desk.store.tables.spans.items() if one == case}
    assert spans == {
        "state": "closed",
        "unit": "works",
        "field:grade": "plain",
        "milestone:submitted": "2026-03-02T01:00:00.000000Z",
        "milestone:assigned": "2026-03-02T01:00:00.000000Z",
        "milestone:closed": "2026-03-02T01:00:00.000000Z",
    }


def test_every_entry_waits_for_the_seal_with_its_instant() -> None:
    desk, case = in_hand()
    done(desk.carry_out(desk.firing(case, "begin"))[0])
    waiting = [(row.case, row.seq, row.at) for row in desk.store.tables.unsealed]
    opened, accepted, begun = ((case, seq, microseconds(at("2026-03-02"))) for seq in (1, 2, 3))
    assert waiting == [opened, accepted, begun]


def test_private_values_are_sealed_beside_the_entry_and_stand_nowhere_else() -> None:
    desk = Desk(RULES)
    all_done(desk, desk.opening(phone="13800000000", remark="内部研判"))
    tables = desk.store.tables
    assert {row.path for row in tables.privates} == {"people/P1", "fields/phone", "fields/remark"}
    assert all(len(row.ciphertext) > SALT_BYTES for row in tables.privates)
    (row,) = tables.cases.values()
    (entry,) = tables.entries
    assert "13800000000" not in row.body + entry.body.decode()
    assert "内部研判" in row.body
    assert "内部研判" not in entry.body.decode()
    assert str(CLERK.person) not in entry.body.decode()
    assert "13800000000" not in str((tables.spans, tables.deadlines, tables.outbox, tables.outcomes, tables.readers))
