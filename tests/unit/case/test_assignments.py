"""Assignments: one child per unit, moves of the parent that reach the children, moves of the children that reach it."""

from __future__ import annotations

import pytest

from engine.case.actors import Actor, ActorKind
from engine.case.case import Case
from engine.case.decide import decide
from engine.case.events import Cause, EventType
from engine.case.identity import CaseId
from engine.errors import FormInvalid, InputRefused, TransitionNotOffered
from tests.support.builders import (
    CLERK,
    SESSION,
    a_definition_with,
    a_list,
    a_move,
    a_person,
    a_rulebook,
    a_session,
    a_situation,
    asked,
)
from tests.support.rehearsal import Rehearsal

UNITS = """
lead: {title: {zh: 主办, en: Lead}, privacy: public, schema: {type: string}}
others: {title: {zh: 协办, en: Others}, privacy: public, schema: {type: array, items: {type: string}}}
"""
ASSIGN = "{do: assign, workflow: task, lead: lead, co_handlers: others, carry: {subject: subject, remark: remark}}"


def a_parent(*, transitions: str = "", joins: str = "", name: str = "errand") -> str:
    return a_definition_with(
        name=name,
        head=f"joins: {{{joins}}}" if joins else "",
        fields=UNITS,
        transitions=a_move("assign", form="{lead: required, others: optional, remark: optional}", effects=f"[{ASSIGN}]")
        + a_move("follow", by="[system]", leads="to: closed")
        + transitions,
    )


TASK = a_definition_with(
    name="task",
    fields="handling_role: {title: {zh: 角色, en: Part}, privacy: public, schema: {type: string}}",
    transitions=a_move("sign", by="[head]", origin="[submitted]", leads="to: handling")
    + a_move("hurry", by="[system]", origin="[submitted, handling]")
    + a_move("end", by="[system]", origin="[submitted, handling]", leads="to: closed"),
)


def assigned(
    rules_of: str, lead: str = "plant", *others: str, task: str = TASK, **form: str
) -> tuple[Rehearsal, CaseId, list[Case]]:
    """Return a parent in ``handling`` with its newest children."""
    play = Rehearsal(rules=a_rulebook(rules_of, task), sessions=[a_session()])
    parent = play.open(session=SESSION)
    play.fire(parent, "accept")
    play.fire(parent, "assign", lead=lead, others=list(others), remark=form.get("remark"))
    return play, parent, children(play, parent)


def children(play: Rehearsal, parent: CaseId) -> list[Case]:
    return [play.cases[child.case] for child in play.cases[parent].newest_children]


def head_of(unit: str) -> Actor:
    return a_person(f"head-{unit}", f"unit_head@{unit}")


def test_one_case_is_opened_for_the_lead_and_for_each_co_handler() -> None:
    play, parent, opened = assigned(a_parent(), "plant", "canteen", "finance", remark="请联合办理")
    assert [(child.unit, child.child_role, child.batch) for child in opened] == [
        ("plant", "lead", 1),
        ("canteen", "co_handler", 1),
        ("finance", "co_handler", 1),
    ]
    case = play.cases[parent]
    assert case.lead_unit == "plant"
    assert [child.workflow for child in case.children] == ["task"] * 3
    assert {child.parent for child in opened} == {parent}
    assert {child.congress_session for child in opened} == {SESSION}
    assert opened[1].data == {"subject": "食堂", "remark": "请联合办理", "handling_role": "co_handler"}


def test_the_cause_stands_before_its_consequences() -> None:
    play, parent, opened = assigned(a_parent(), "plant", "canteen")
    events = play.last.events
    assert [event.case for event in events] == [parent, *(child.id for child in opened)]
    assert [event.type for event in events] == [EventType.FIRED, EventType.OPENED, EventType.OPENED]
    assert {event.cause for event in events[1:]} == {Cause(parent, "assign")}
    assert [child.case for child in events[0].children] == [child.id for child in opened]
    assert {event.role for event in events} == {"clerk"}


def test_a_task_without_the_field_is_not_told_its_part() -> None:
    plain = a_definition_with(name="task")
    _play, _parent, opened = assigned(a_parent(), "plant", task=plain)
    assert opened[0].data == {"subject": "食堂"}


@pytest.mark.parametrize(
    ("lead", "others", "paths", "first"),
    [
        ("moon", [], ["lead"], "没有单位“moon”"),
        ("plant", ["moon", "mars"], ["others", "others"], "没有单位“moon”"),
        ("moon", ["mars"], ["lead", "others"], "没有单位“moon”"),
        ("plant", ["plant"], ["others"], "单位“plant”重复"),
        ("plant", ["canteen", "canteen"], ["others"], "单位“canteen”重复"),
    ],
)
def test_no_unit_is_unknown_or_named_twice(lead: str, others: list[str], paths: list[str], first: str) -> None:
    play = Rehearsal(rules=a_rulebook(a_parent(), TASK))
    parent = play.open()
    play.fire(parent, "accept")
    with pytest.raises(FormInvalid) as refused:
        play.fire(parent, "assign", lead=lead, others=list(others))
    assert [problem.path for problem in refused.value.fields] == paths
    assert refused.value.fields[0].text.zh == first
    assert play.cases[parent].children == ()


def test_an_assignment_without_co_handlers_needs_no_such_field() -> None:
    alone = a_definition_with(
        fields=UNITS,
        transitions=a_move("assign", form="{lead: required}", effects="[{do: assign, workflow: task, lead: lead}]"),
    )
    play = Rehearsal(rules=a_rulebook(alone, TASK))
    parent = play.open()
    play.fire(parent, "accept")
    assert [child.unit for child in play.fire(parent, "assign", lead="plant").children] == ["plant"]
    with pytest.raises(FormInvalid) as refused:
        play.fire(parent, "assign", lead="moon")
    assert [problem.path for problem in refused.value.fields] == ["lead"]


def test_a_new_assignment_is_a_new_batch_and_the_old_one_is_history() -> None:
    play, parent, first = assigned(a_parent(), "plant", "canteen")
    play.fire(parent, "assign", lead="finance", others=["plant"])
    case = play.cases[parent]
    assert [(child.unit, child.batch) for child in case.children] == [
        ("plant", 1),
        ("canteen", 1),
        ("finance", 2),
        ("plant", 2),
    ]
    assert [child.unit for child in case.newest_children] == ["finance", "plant"]
    assert case.lead_unit == "finance"
    assert len({child.case for child in case.children}) == 4
    assert first[0].batch == 1


def test_two_workflows_may_be_assigned_to_one_unit_in_one_move() -> None:
    both = a_definition_with(
        fields=UNITS,
        transitions=a_move(
            "assign",
            form="{lead: required}",
            effects="[{do: assign, workflow: task, lead: lead}, {do: assign, workflow: check, lead: lead}]",
        ),
    )
    play = Rehearsal(rules=a_rulebook(both, TASK, a_definition_with(name="check")))
    parent = play.open()
    play.fire(parent, "accept")
    case = play.fire(parent, "assign", lead="plant")
    assert sorted(play.cases[child.case].workflow for child in case.newest_children) == ["check", "task"]


def test_a_child_runs_under_the_lists_that_the_session_pins() -> None:
    listed = a_definition_with(
        name="task",
        head="lists: {kinds: kinds}",
        fields="kind: {title: {zh: 类别, en: Kind}, privacy: public, schema: {type: string}, list: kinds}",
    )
    old, new = a_list("kinds", "a", version=1), a_list("kinds", "a", "b", version=2)
    rules = a_rulebook(a_parent(), listed, lists=[old, new])
    play = Rehearsal(rules=rules, sessions=[a_session(lists={"kinds": 1})])
    parent = play.open(session=SESSION)
    play.fire(parent, "accept")
    play.fire(parent, "assign", lead="plant")
    assert children(play, parent)[0].pins.lists == {"kinds": rules.lists["kinds", 1][1]}


CASCADES = a_parent(
    transitions=a_move(
        "press", effects="[{do: cascade, workflow: task, role: co_handler, states: [submitted], fire: hurry}]"
    )
    + a_move("press_all", effects="[{do: cascade, workflow: task, states: [submitted, handling], fire: hurry}]")
    + a_move("press_others", effects="[{do: cascade, workflow: check, states: [submitted], fire: accept}]")
    + a_move("stop", leads="to: closed", effects="[{do: cascade, workflow: task, states: [submitted], fire: end}]")
)


def test_a_cascade_moves_the_children_of_the_role_in_the_states() -> None:
    play, parent, opened = assigned(CASCADES, "plant", "canteen", "finance")
    play.fire(opened[1].id, "sign", head_of("canteen"))
    play.fire(parent, "press")
    assert [event.case for event in play.last.events] == [parent, opened[2].id]
    hurried = play.last.events[1]
    assert (hurried.actor.kind, hurried.role, hurried.cause) == (ActorKind.SYSTEM, "system", Cause(parent, "press"))
    play.fire(parent, "press_all")
    assert [event.case for event in play.last.events] == [parent, *(child.id for child in opened)]
    play.fire(parent, "press_others")
    assert len(play.last.events) == 1


def test_a_cascade_reaches_children_of_earlier_assignments_too() -> None:
    play, parent, opened = assigned(CASCADES, "plant")
    play.fire(parent, "assign", lead="finance")
    play.fire(parent, "stop")
    assert {play.cases[child.case].state for child in play.cases[parent].children} == {"closed"}
    assert play.cases[opened[0].id].state == "closed"


def test_a_cascade_passes_over_children_that_are_not_at_hand() -> None:
    play, parent, opened = assigned(CASCADES, "plant", "canteen")
    rules = play.rules
    situation = a_situation(rules, play.cases[parent], play.cases[opened[1].id])
    step = decide(situation, asked(play.cases[parent], "press_all"), play.now)
    assert not isinstance(step, Exception)
    assert [event.case for event in step.events] == [parent, opened[1].id]


def test_what_a_child_cannot_do_refuses_the_whole_step() -> None:
    wrong = a_parent(
        transitions=a_move("press", effects="[{do: cascade, workflow: task, states: [submitted], fire: close}]")
    )
    play, parent, opened = assigned(wrong, "plant")
    before = dict(play.cases)
    with pytest.raises(TransitionNotOffered):
        play.fire(parent, "press")
    assert play.cases == before
    assert opened[0].state == "submitted"


@pytest.mark.parametrize(
    ("join", "signing", "fired_after"),
    [
        ("when: all", ["plant", "canteen", "finance"], 3),
        ("when: any", ["finance"], 1),
        ("when: at_least, n: 2", ["canteen", "finance"], 2),
        ("when: all, role: lead", ["canteen", "plant"], 2),
        ("when: all, role: co_handler", ["canteen", "finance"], 2),
    ],
)
def test_a_join_fires_the_parent_when_the_children_have_come_there(
    join: str, signing: list[str], fired_after: int
) -> None:
    joins = f"signed: {{workflow: task, {join}, states: [handling], in: [handling], fire: follow}}"
    play, parent, opened = assigned(a_parent(joins=joins), "plant", "canteen", "finance")
    by_unit = {str(child.unit): child.id for child in opened}
    for count, unit in enumerate(signing, start=1):
        assert play.cases[parent].state == "handling"
        play.fire(by_unit[unit], "sign", head_of(unit))
        assert (play.cases[parent].state == "closed") == (count == fired_after)
    last = play.last.events[-1]
    assert (last.case, last.transition, last.actor.kind) == (parent, "follow", ActorKind.SYSTEM)
    assert last.cause == Cause(by_unit[signing[-1]], "sign")


JOINED = "signed: {workflow: task, when: all, states: [handling], in: [handling], fire: follow}"


def test_a_join_waits_for_the_state_of_the_parent_and_of_the_child() -> None:
    elsewhere = JOINED.replace("in: [handling]", "in: [submitted]")
    play, parent, opened = assigned(a_parent(joins=elsewhere), "plant")
    play.fire(opened[0].id, "sign", head_of("plant"))
    assert play.cases[parent].state == "handling"
    other = JOINED.replace("states: [handling]", "states: [closed]")
    play, parent, opened = assigned(a_parent(joins=other), "plant")
    play.fire(opened[0].id, "sign", head_of("plant"))
    assert play.cases[parent].state == "handling"
    foreign = JOINED.replace("workflow: task", "workflow: check")
    play, parent, opened = assigned(a_parent(joins=foreign), "plant")
    play.fire(opened[0].id, "sign", head_of("plant"))
    assert play.cases[parent].state == "handling"


def test_a_child_of_an_earlier_assignment_fires_no_join_and_counts_in_none() -> None:
    play, parent, opened = assigned(a_parent(joins=JOINED), "plant", "canteen")
    play.fire(opened[0].id, "sign", head_of("plant"))
    play.fire(parent, "assign", lead="finance")
    play.fire(opened[1].id, "sign", head_of("canteen"))
    assert play.cases[parent].state == "handling"
    newest = children(play, parent)
    play.fire(newest[0].id, "sign", head_of("finance"))
    assert play.cases[parent].state == "closed"


def test_a_child_of_an_earlier_assignment_does_not_fire_what_the_newest_called_for_meanwhile() -> None:
    resting = a_parent(joins=JOINED, transitions=a_move("rest", leads="to: submitted"))
    play, parent, opened = assigned(resting, "plant")
    play.fire(parent, "assign", lead="finance")
    play.fire(parent, "rest")
    play.fire(children(play, parent)[0].id, "sign", head_of("finance"))
    play.fire(parent, "accept")
    play.fire(opened[0].id, "sign", head_of("plant"))
    assert play.cases[parent].state == "handling"


def test_a_move_that_leaves_the_child_where_it_is_fires_no_join_again() -> None:
    """The parent goes on waiting in the state the join asks for, as a register of reports that come in does."""
    counting = a_parent(
        joins=JOINED.replace("when: all", "when: any").replace("fire: follow", "fire: count"),
        transitions=a_move("count", by="[system]"),
    )
    restless = a_definition_with(
        name="task",
        transitions=a_move("sign", by="[head]", origin="[submitted]", leads="to: handling")
        + a_move("note", by="[head]")
        + a_move("sign_again", by="[head]", leads="to: handling"),
    )
    play, parent, opened = assigned(counting, "plant", "canteen", task=restless)
    play.fire(opened[0].id, "sign", head_of("plant"))
    assert play.cases[parent].fired["count"] == 1
    for move in ("note", "sign_again"):
        play.fire(opened[0].id, move, head_of("plant"))
        assert [event.case for event in play.last.events] == [opened[0].id]
    play.fire(opened[1].id, "sign", head_of("canteen"))
    assert play.cases[parent].fired["count"] == 2


def test_a_child_whose_parent_is_not_at_hand_moves_alone() -> None:
    play, _parent, opened = assigned(a_parent(joins=JOINED), "plant")
    situation = a_situation(play.rules, opened[0])
    step = decide(situation, asked(opened[0], "sign", head_of("plant")), play.now)
    assert not isinstance(step, Exception)
    assert len(step.events) == 1


def test_two_joins_are_both_asked_and_the_second_sees_what_the_first_did() -> None:
    joins = (
        "first: {workflow: task, when: any, states: [handling], in: [handling], fire: follow}, "
        "second: {workflow: task, when: any, states: [handling], in: [handling], fire: follow}"
    )
    play, parent, opened = assigned(a_parent(joins=joins), "plant")
    play.fire(opened[0].id, "sign", head_of("plant"))
    assert play.cases[parent].fired["follow"] == 1


def test_what_the_engine_fires_is_done_by_the_engine_and_not_by_who_began() -> None:
    joins = "signed: {workflow: task, when: any, states: [handling], in: [handling], fire: pass_on}"
    effects = "[{do: bind, role: seconder}, {do: set, values: {remark: actor.kind}}, {do: open, workflow: task}]"
    passing = a_parent(joins=joins, transitions=a_move("pass_on", by="[system]", effects=effects))
    play, parent, opened = assigned(passing, "plant")
    play.fire(opened[0].id, "sign", head_of("plant"))
    case = play.cases[parent]
    assert case.data["remark"] == "system"
    assert case.parties == ()
    assert "head-plant" not in case.people
    linked = play.cases[case.linked[0]]
    assert linked.people == ()
    assert [event.actor.kind for event in play.last.events] == ["person", "system", "system"]


def ring(depth: int) -> tuple[Rehearsal, CaseId]:
    """Return ``depth`` cases, each the parent of the next, the last of which moves its parent and so on up."""
    names = [f"level_{number}" for number in range(depth + 1)]
    texts = []
    for number, name in enumerate(names):
        below = names[number + 1] if number < depth else None
        join = f"up: {{workflow: {below}, when: any, states: [closed], in: [handling], fire: follow}}"
        texts.append(
            a_parent(name=name, joins=join if below else "").replace("workflow: task", f"workflow: {below or 'task'}")
        )
    play = Rehearsal(rules=a_rulebook(*texts, TASK))
    case = play.open(workflow=names[0])
    for _name in names[1:]:
        play.fire(case, "accept")
        play.fire(case, "assign", lead="works")
        case = children(play, case)[0].id
    play.fire(case, "accept")
    return play, case


def test_eight_moves_may_follow_from_one_another() -> None:
    play, lowest = ring(8)
    play.fire(lowest, "close")
    assert len(play.last.events) == 9
    assert {event.to_state for event in play.last.events} == {"closed"}


def test_a_ninth_move_refuses_the_whole_step() -> None:
    play, lowest = ring(9)
    before = dict(play.cases)
    with pytest.raises(InputRefused) as refused:
        play.fire(lowest, "close")
    assert refused.value.text.zh == "联动环节过多"
    assert play.cases == before


def test_an_opening_may_assign_and_its_children_may_be_moved_at_once() -> None:
    opening = a_definition_with(
        head=f"on_open: [{ASSIGN}, {{do: cascade, workflow: task, states: [submitted], fire: hurry}}]",
        fields=UNITS,
        opening="subject: required\nlead: required\nothers: optional",
    )
    play = Rehearsal(rules=a_rulebook(opening, TASK))
    parent = play.open(lead="plant")
    assert [(event.type, event.transition) for event in play.last.events] == [
        ("opened", None),
        ("opened", None),
        ("fired", "hurry"),
    ]
    assert play.cases[parent].lead_unit == "plant"
    assert play.last.events[2].cause == Cause(parent, "open")


def test_the_case_asked_about_is_the_one_the_step_names() -> None:
    play, parent, opened = assigned(a_parent(joins=JOINED), "plant")
    play.fire(opened[0].id, "sign", head_of("plant"))
    assert play.last.case == opened[0].id
    assert [case.id for case in play.last.after] == [opened[0].id, parent]
    assert play.last.after[1]._replace(head="") == play.cases[parent]._replace(head="")
    assert CLERK.person is not None
