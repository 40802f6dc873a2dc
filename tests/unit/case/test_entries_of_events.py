"""An event as an entry and back: where each value stands, what people are called, and that replay gives the case."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from engine.case.actors import IMPORT, SYSTEM
from engine.case.case import Case
from engine.case.commands import KeepNote, Stated
from engine.case.events import Event
from engine.case.evolve import evolve
from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.errors import InputRefused
from engine.figures.spans import span_changes
from engine.ledger.canonical import parse_canonical
from engine.ledger.chain import entry_hash
from engine.ledger.commitments import opens
from engine.ledger.entries import Written, read_entry, read_opening
from engine.service.case_rows import case_from, case_row
from tests.support.builders import (
    ROOT,
    SESSION,
    a_definition_with,
    a_list,
    a_move,
    a_person,
    a_rulebook,
    a_session,
    at,
)
from tests.support.rehearsal import Recorded, Rehearsal
from tests.support.walks import Walk

RICH = a_definition_with(
    head="""
    number_fields: [number_here]
    opener_becomes: proposer
    lists: {kinds: kinds}
    numbers:
      case: {title: {zh: 编号, en: Number}, template: "{session}第{n:03}号"}
    notices:
      told: {title: {zh: 告知, en: Told}, to: [clerk], template: told}
    deadlines:
      reply:
        title: {zh: 答复期限, en: Reply}
        within: 90 days
        waive: {ladder: 示例}
        suspension: {max_count: 9, max_days: 900, approver: [clerk]}
        extension: {max_count: 9, max_days: 900, approver: [clerk]}
      review: {title: {zh: 审查期限, en: Review}, within: {from_field: seen_on, otherwise: 15 working days}}
    joins:
      signed: {workflow: task, when: all, states: [handling], in: [handling], fire: follow}
    measures:
      second_hands:
        title: {zh: 附议, en: Seconded}
        numerator: {where: fired.second > 0}
    """,
    opening="subject: required\nphone: optional\nidentity: optional\nremark: optional",
    fields="""
    number_here: {title: {zh: 编号, en: Number}, privacy: public, schema: {type: string}}
    lead: {title: {zh: 主办, en: Lead}, privacy: public, schema: {type: string, format: unit}}
    others: {title: {zh: 协办, en: Others}, privacy: public, schema: {type: array, items: {type: string, format: unit}}}
    rung: {title: {zh: 层级, en: Rung}, privacy: public, schema: {type: string, format: rung}}
    into: {title: {zh: 主案, en: Main}, privacy: internal, schema: {type: string}}
    days: {title: {zh: 天数, en: Days}, privacy: public, schema: {type: integer, minimum: 1, maximum: 30}}
    seen_on: {title: {zh: 日期, en: Day}, privacy: internal, schema: {type: string, format: date}}
    kind: {title: {zh: 类别, en: Kind}, privacy: internal, schema: {type: string}, list: kinds, tracked: true}
    round: {title: {zh: 轮次, en: Round}, privacy: public, schema: {type: integer}, tracked: true, initial: 1}
    """,
    roles="joint: {title: {zh: 共同提案人, en: Joint}, bound: party}",
    states="""
    merged: {title: {zh: 已并案, en: Merged}, phase: active, milestone: reviewed}
    """,
    transitions=a_move(
        "second", origin="[submitted, handling]", effects="[{do: bind, role: seconder}, {do: notify, notice: told}]"
    )
    + a_move("leave", by="[seconder, joint]", effects="[{do: unbind, role: seconder}, {do: unbind, role: joint}]")
    + a_move(
        "begin", form="{seen_on: optional}", effects="[{do: start, deadline: reply}, {do: start, deadline: review}]"
    )
    + a_move("stop", effects="[{do: stop, deadline: reply}, {do: cancel, deadline: review}]")
    + a_move("halt", effects="[{do: suspend, deadline: reply}]")
    + a_move("go_on", effects="[{do: resume, deadline: reply}, {do: raise, deadline: review, rung: red}]")
    + a_move("take_back", form="{rung: required}", effects="[{do: withdraw_rung, rung: rung}]")
    + a_move("extend", form="{days: required}", effects="[{do: extend, deadline: reply, by: days}]")
    + a_move("number", effects="[{do: number, series: case, field: number_here}]")
    + a_move("sort", form="{kind: required, phone: optional}", effects="[{do: set, values: {round: case.round + 1}}]")
    + a_move("unsort", effects="[{do: set, values: {kind: \"true ? null : ''\", phone: \"true ? null : ''\"}}]")
    + a_move(
        "assign",
        form="{lead: required, others: optional, remark: optional}",
        effects="[{do: assign, workflow: task, lead: lead, co_handlers: others, carry: {subject: subject}}]",
    )
    + a_move("follow", by="[system]", effects="[{do: publish}]")
    + a_move("end_all", effects="[{do: cascade, workflow: task, states: [submitted, handling], fire: end}]")
    + a_move("pass_up", effects="[{do: open, workflow: task, carry: {subject: subject}}]")
    + a_move(
        "merge",
        leads="to: merged",
        form="{into: required}",
        guards="[{id: fits, use: mergeable@1, given: {into: into, states: [handling]}, refuse: {zh: 不能, en: No}}]",
        effects="[{do: merge, into: into, join_as: {proposer: joint, seconder: seconder}}]",
    )
    + a_move("unmerge", origin="[merged]", effects="[{do: unmerge}]"),
)
TASK = a_definition_with(
    name="task",
    fields="handling_role: {title: {zh: 角色, en: Part}, privacy: public, schema: {type: string}}",
    transitions=a_move("sign", by="[head]", origin="[submitted]", leads="to: handling")
    + a_move("end", by="[system]", origin="[submitted, handling]", leads="to: closed"),
)
RULES = a_rulebook(RICH, TASK, lists=[a_list("kinds", "pay", "food")])
ZHAO = a_person("zhao-person-id", "clerk@works")


def rehearsed() -> Rehearsal:
    return Rehearsal(rules=RULES, sessions=[a_session()])


def values_of(written: Written) -> dict[str, JsonValue]:
    return {private.path: private.value for private in written.privates}


def body_of(written: Written) -> dict[str, JsonValue]:
    body = parse_canonical(written.body)
    assert isinstance(body, dict)
    return body


def read_back(recorded: Recorded, before: Case | None) -> Event:
    return read_entry(body_of(recorded.written), values_of(recorded.written), before, recorded.definition)


def test_each_value_stands_where_its_privacy_says() -> None:
    play = rehearsed()
    case = play.cases[play.open(ZHAO, subject="食堂菜价", phone="13800000000", identity="匿名甲", remark="内部研判")]
    written = play.recorded[0].written
    text = written.body.decode()
    assert body_of(written)["pub"] == {"subject": "食堂菜价", "round": 1}
    for hidden in ("13800000000", "匿名甲", "内部研判", "zhao-person-id"):
        assert hidden not in text
    assert values_of(written) == {
        "people/P1": "zhao-person-id",
        "fields/phone": "13800000000",
        "fields/identity": "匿名甲",
        "fields/remark": "内部研判",
    }
    assert case.data == {"subject": "食堂菜价", "remark": "内部研判", "round": 1}
    assert case.sealed == {"phone", "identity"}
    assert "13800000000" not in case_row(case, number=None, subject=None, category=None).body


def test_every_private_value_is_committed_to_with_a_salt_of_its_own() -> None:
    play = rehearsed()
    play.open(ZHAO, phone="1", identity="1")
    written = play.recorded[0].written
    commitments = body_of(written)["priv"]
    assert isinstance(commitments, dict)
    assert commitments.keys() == values_of(written).keys()
    assert len({private.salt for private in written.privates}) == len(written.privates) == 3
    assert len(set(commitments.values())) == 3
    for private in written.privates:
        assert len(private.salt) == 32
        assert opens(
            str(commitments[private.path]),
            case=written.case.id,
            entry=written.id,
            path=private.path,
            value=private.value,
            salt=private.salt,
        )


def test_people_are_known_by_the_order_in_which_they_were_met() -> None:
    play = rehearsed()
    case = play.open(ZHAO)
    play.fire(case, "accept", a_person("qian", "clerk@works"))
    play.fire(case, "second", a_person("deputy", "clerk@works", acting_for="sun"))
    play.fire(case, "second", ZHAO)
    bodies = [body_of(recorded.written) for recorded in play.recorded]
    assert [body["actor"] for body in bodies] == ["P1", "P2", "P3", "P1"]
    assert bodies[0]["joined"] == [{"role": "proposer", "who": "P1"}]
    assert (bodies[2]["acting_for"], bodies[2]["joined"]) == ("P4", [{"role": "seconder", "who": "P4"}])
    assert [
        sorted(path for path in values_of(recorded.written) if path.startswith("people/")) for recorded in play.recorded
    ] == [
        ["people/P1"],
        ["people/P2"],
        ["people/P3", "people/P4"],
        [],
    ]
    assert play.cases[case].people == ("zhao-person-id", "qian", "deputy", "sun")


def test_the_engine_and_imports_are_called_by_what_they_are() -> None:
    play = rehearsed()
    case = play.open(SYSTEM)
    stated = Stated(at("2026-01-05"), "sha256:00ff 第3行")
    play.fire(case, "accept", IMPORT, stated=stated)
    first, second = (body_of(recorded.written) for recorded in play.recorded)
    assert (first["actor"], second["actor"]) == ("system", "import")
    assert second["stated"] == {"occurred_at": "2026-01-05T01:00:00.000000Z", "basis": "sha256:00ff 第3行"}
    assert "priv" not in first


def test_each_entry_names_the_one_before_by_its_hash() -> None:
    play = rehearsed()
    case = play.open(ZHAO)
    play.fire(case, "accept", ZHAO)
    first, second = (recorded.written for recorded in play.recorded)
    assert body_of(first)["prev"] == "0" * 64
    assert body_of(second)["prev"] == entry_hash(first.body).hex() == first.case.head
    assert second.hash == entry_hash(second.body)
    assert [body_of(one)["seq"] for one in (first, second)] == [1, 2]
    assert first.id != second.id
    assert json.loads(first.body)["ledger"] == ROOT


def test_the_first_entry_pins_the_rules_and_no_other_does() -> None:
    play = rehearsed()
    case = play.open(ZHAO, unit="plant", session=SESSION)
    play.fire(case, "accept", a_person("li", "clerk@works"))
    first, second = (body_of(recorded.written) for recorded in play.recorded)
    opening = read_opening(first)
    assert opening is not None
    assert opening.pins == play.cases[case].pins
    assert (opening.unit, opening.congress_session, opening.parent, opening.workflow) == (
        "plant",
        SESSION,
        None,
        "errand",
    )
    assert read_opening(second) is None


def test_a_value_that_was_unset_is_named_and_no_longer_sealed() -> None:
    play = rehearsed()
    case = play.open(ZHAO, phone="1")
    play.fire(case, "accept", ZHAO)
    play.fire(case, "sort", ZHAO, kind="pay", phone="2")
    assert play.cases[case].sealed == {"phone"}
    after = play.fire(case, "unsort", ZHAO)
    assert body_of(play.recorded[-1].written)["unset"] == ["kind", "phone"]
    assert (after.data["kind"], after.sealed) == (None, frozenset())


def test_a_note_stands_beside_the_ledger() -> None:
    play = rehearsed()
    case = play.open(ZHAO)
    play.ask(KeepNote(root=ROOT, actor=IMPORT, key="n", case=case, title="T10", note={"who": "张三"}))
    recorded = play.recorded[-1]
    assert "张三" not in recorded.written.body.decode()
    assert values_of(recorded.written) == {"note": {"title": "T10", "who": "张三"}}
    assert read_back(recorded, recorded.before).note == {"title": "T10", "who": "张三"}


def test_what_was_erased_is_missing_and_the_rest_can_still_be_read() -> None:
    play = rehearsed()
    play.open(ZHAO, phone="13800000000", remark="内部研判")
    recorded = play.recorded[0]
    values = values_of(recorded.written)
    del values["people/P1"], values["fields/phone"]
    event = read_entry(body_of(recorded.written), values, None, recorded.definition)
    assert event.actor.person == "erased:P1"
    assert event.joined[0].person == "erased:P1"
    assert event.fields == {"subject": "食堂", "round": 1, "remark": "内部研判"}


@pytest.mark.parametrize("wrong", [1.5, [None], {"a": None}, "\ud800", 2**53])
def test_a_value_the_ledger_cannot_hold_is_refused(wrong: JsonValue) -> None:
    play = rehearsed()
    case = play.open(ZHAO)
    with pytest.raises(InputRefused):
        play.ask(KeepNote(root=ROOT, actor=IMPORT, key="n", case=case, title="T10", note={"value": wrong}))


def test_all_parts_of_an_event_survive_the_ledger() -> None:
    play = rehearsed()
    main, case = play.open(ZHAO), play.open(a_person("qian", "clerk@works"), session=SESSION, identity="甲")
    for one in (main, case):
        play.fire(one, "accept", ZHAO)
        play.fire(one, "begin", ZHAO)
    for transition in ("second", "halt", "go_on", "number", "pass_up", "end_all", "leave"):
        play.fire(case, transition, ZHAO)
    play.fire(case, "take_back", ZHAO, rung="review/red")
    play.fire(case, "extend", ZHAO, days=9)
    play.fire(case, "assign", ZHAO, lead="plant", others=["canteen"])
    for child in play.cases[case].children:
        play.fire(child.case, "sign", a_person("head", f"unit_head@{child.unit}"))
    play.fire(case, "merge", ZHAO, into=main)
    play.fire(case, "unmerge", ZHAO)
    play.fire(main, "stop", IMPORT, stated=Stated(at("2026-03-01"), "登记簿"))
    seen: set[str] = set()
    for recorded in play.recorded:
        event, written = read_back(recorded, recorded.before), recorded.event
        for name in Event._fields:
            value, expected = getattr(event, name), getattr(written, name)
            if name == "actor":
                value, expected = (replace(actor, grants=frozenset()) for actor in (value, expected))
            assert value == expected, name
            if expected not in (None, (), {}, False):
                seen.add(name)
    assert seen == {*Event._fields} - {"note", "erasure", "migration", "taken", "behalf"}


def replayed(play: Rehearsal) -> dict[CaseId, Case]:
    """Fold what stands in the ledger, and nothing else."""
    cases: dict[CaseId, Case] = {}
    for recorded in play.recorded:
        case_id = recorded.written.case.id
        event = read_back(recorded, cases.get(case_id))
        cases[case_id] = evolve(cases.get(case_id), event, recorded.definition, entry_hash(recorded.written.body).hex())
        assert cases[case_id] == recorded.written.case
    return cases


def folded(play: Rehearsal) -> dict[CaseId, dict[str, str]]:
    """Fold the spans of every case: kind → the value that holds now."""
    spans: dict[CaseId, dict[str, str]] = {}
    for recorded in play.recorded:
        case = recorded.written.case
        open_now = spans.setdefault(case.id, {})
        changes = list(span_changes(recorded.before, case, recorded.event, recorded.definition))
        assert len({change.kind for change in changes}) == len(changes)
        for change in changes:
            assert change.had == (change.kind in open_now), change
            open_now.pop(change.kind, None)
            if change.value is not None:
                open_now[change.kind] = change.value
    return spans


def told(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def shown(case: Case, definition: Definition) -> dict[str, object]:
    """Return what the row of a case says of everything that figures count by, clocks as plain data."""
    values: dict[str, object] = {
        "state": case.state,
        "unit": case.unit,
        "session": case.congress_session,
        "lead": case.lead_unit,
        "merged": case.merged_into,
        "stated": "1" if case.stated else None,
    }
    if definition.workflow.name == "errand":
        values["field:kind"] = case.data.get("kind")
        values["field:round"] = str(case.data["round"])
        values["fired:second"] = str(case.fired["second"]) if "second" in case.fired else None
    values.update({f"milestone:{name}": told(instant) for name, instant in case.milestones.items()})
    for clock in case.clocks:
        values[f"clock:{clock.name}"] = {
            "state": clock.state.value,
            "due_at": told(clock.due_at),
            "extensions": len(clock.extensions),
            "suspensions": len(clock.suspensions),
            **({} if clock.ended_at is None else {"ended_at": told(clock.ended_at)}),
        }
    return {kind: value for kind, value in values.items() if value is not None}


@given(seed=st.integers(0, 2**32), length=st.integers(1, 30))
@settings(max_examples=40)
def test_replaying_the_ledger_of_any_walk_gives_the_rows_and_the_spans(seed: int, length: int) -> None:
    walk = Walk(rehearsed(), Random(seed))
    for session in (SESSION, None, None):
        walk.open("errand", session)
    for _step in range(length):
        walk.step()
    play = walk.play
    assert replayed(play) == play.cases
    spans = folded(play)
    for case in play.cases.values():
        definition = RULES.pinned(case.pins.definition, case.pins.lists)
        newest = {
            kind: json.loads(value) if kind.startswith("clock:") else value for kind, value in spans[case.id].items()
        }
        assert newest == shown(case, definition)
        assert case_from(case_row(case, number=None, subject=None, category=None)) == case
        assert not ({"phone", "identity"} & case.data.keys())
    for recorded in play.recorded:
        text = recorded.written.body.decode()
        assert not any(f'"{person}"' in text for case in play.cases.values() for person in case.people)
