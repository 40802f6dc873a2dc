"""Entries on behalf as events: they survive the ledger, in order, and what could not have been is found out later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from engine.case.actors import IMPORT
from engine.case.case import Case
from engine.case.commands import BasisKind, FireTransition, OnBehalf, OpenCase, Stated
from engine.case.events import Behalf, Event
from engine.case.evolve import evolve
from engine.case.identity import CaseId, UnitId
from engine.errors import BanjieError, FormInvalid, NotPermitted
from engine.ledger.canonical import parse_canonical
from engine.ledger.entries import read_entry
from engine.ledger.legality import illegal
from engine.ledger.shape import shape_problems
from engine.service.case_rows import case_from, case_row
from tests.support.builders import CLERK, ROOT, a_definition_with, a_person, a_rulebook, at
from tests.support.refusals import words_of
from tests.support.rehearsal import Rehearsal

RULES = a_rulebook(
    a_definition_with(
        head="""
        opener_becomes: proposer
        on_behalf:
          by: [clerk]
          objection: object
          deadline: objection
          effects: [{do: start, deadline: objection}]
        deadlines:
          objection: {title: {zh: 异议期限, en: Objection}, within: 30 days, waive: {ladder: 示例}}
        """,
        transitions="""
  ask:
    title: {zh: 请求, en: Ask}
    from: [submitted, handling]
    stay: true
    by: [proposer]
    on_behalf: [clerk]
    effects: [{do: bind, role: seconder}]
  object:
    title: {zh: 异议, en: Object}
    from: [submitted, handling]
    stay: true
    by: [proposer]
    on_behalf: [clerk]
    guards: [{id: term, expr: running.objection and not expired.objection, refuse: {zh: 过期, en: Over}}]
    effects: [{do: stop, deadline: objection}]
""",
    )
)
SEVERAL = a_rulebook(
    a_definition_with(
        head="""
        opener_becomes: proposer
        on_behalf:
          by: [clerk]
          objection: object
          deadline: objection
          effects: [{do: start, deadline: objection}]
        deadlines:
          objection: {title: {zh: 异议期限, en: Objection}, within: 30 days, waive: {ladder: 示例}}
        """,
        transitions="""
  join:
    title: {zh: 附议, en: Second}
    from: [submitted]
    stay: true
    by: [clerk]
    effects: [{do: bind, role: seconder}]
  answer:
    title: {zh: 答复, en: Answer}
    from: [submitted]
    stay: true
    by: [proposer, seconder]
    on_behalf: [clerk]
  object:
    title: {zh: 异议, en: Object}
    from: [submitted, handling]
    stay: true
    by: [proposer]
    on_behalf: [clerk]
    guards: [{id: term, expr: running.objection and not expired.objection, refuse: {zh: 过期, en: Over}}]
    effects: [{do: stop, deadline: objection}]
""",
    )
)
WANG = a_person("wang", "clerk@works")
YESTERDAY = at("2026-03-01")


def entered(
    play: Rehearsal, *, whom: str | None = "wang", when: datetime = YESTERDAY, kind: BasisKind = BasisKind.PAPER
) -> CaseId:
    person = None if whom is None else a_person(whom, "clerk@works")
    command = OpenCase(
        root=ROOT,
        actor=CLERK,
        key=f"open {len(play.steps)}",
        workflow="errand",
        unit=UnitId("works"),
        form={"subject": "食堂"},
        stated=Stated(when, "第3页 王师傅"),
        on_behalf=OnBehalf(kind=kind, person=person, scan="0a" * 32),
    )
    step = play.ask(command)
    assert not isinstance(step, BanjieError), step
    return step.case


def moved(play: Rehearsal, case: CaseId, name: str, *, when: datetime, whom: str | None = None) -> object:
    person = None if whom is None else a_person(whom, "clerk@works")
    return play.ask(
        FireTransition(
            root=ROOT,
            actor=CLERK,
            key=f"fire {len(play.steps)} {when}",
            case=case,
            transition=name,
            stated=Stated(when, "第4页"),
            on_behalf=OnBehalf(kind=BasisKind.TELEPHONE, person=person),
        )
    )


def test_an_entry_on_behalf_survives_the_ledger() -> None:
    play = Rehearsal(rules=RULES)
    entered(play)
    recorded = play.recorded[0]
    body = parse_canonical(recorded.written.body)
    assert isinstance(body, dict)
    assert list(shape_problems(body)) == []
    assert body["behalf"] == {"kind": "paper", "who": "P2", "scan": "0a" * 32}
    values = {private.path: private.value for private in recorded.written.privates}
    back = read_entry(body, values, None, recorded.definition)
    assert back.behalf == recorded.event.behalf == Behalf(BasisKind.PAPER, WANG.person, "0a" * 32)
    assert back.stated == Stated(YESTERDAY, "第3页 王师傅")
    assert "王师傅" not in recorded.written.body.decode()
    # Erased, the words of the basis are gone and its kind is left.
    erased = read_entry(body, {path: v for path, v in values.items() if path != "basis"}, None, recorded.definition)
    assert erased.stated == Stated(YESTERDAY, "paper")


def test_the_move_is_the_persons_and_the_entry_the_clerks() -> None:
    play = Rehearsal(rules=RULES)
    case = entered(play)
    assert not isinstance(moved(play, case, "ask", when=YESTERDAY), BanjieError)
    found = play.cases[case]
    assert found.persons_in("proposer") == found.persons_in("seconder") == (WANG.person,)
    assert [recorded.event.actor.person for recorded in play.recorded] == [CLERK.person] * 2
    clock = found.clock("objection")
    assert clock is not None
    assert clock.due_on.isoformat() == "2026-03-31"  # 30 days from the 1st of March


def test_a_case_remembers_when_its_newest_move_was_made_and_its_row_too() -> None:
    play = Rehearsal(rules=RULES)
    case = play.cases[entered(play)]
    assert case.happened_at == YESTERDAY < case.changed_at
    assert case_from(case_row(case, number=None, subject=None, category=None)).happened_at == YESTERDAY
    live = play.fire(case.id, "accept", WANG)
    assert live.happened_at == live.changed_at


def test_entries_come_in_the_order_of_what_happened() -> None:
    play = Rehearsal(rules=RULES)
    case = entered(play)
    refusal = moved(play, case, "ask", when=YESTERDAY - timedelta(microseconds=1))
    assert isinstance(refusal, FormInvalid)
    assert [problem.path for problem in refusal.fields] == ["on_behalf.occurred_at"]
    assert not isinstance(moved(play, case, "ask", when=YESTERDAY), BanjieError)


def test_only_what_is_declared_is_entered() -> None:
    play = Rehearsal(rules=RULES)
    assert isinstance(moved(play, entered(play), "accept", when=YESTERDAY), NotPermitted)
    other = moved(play, entered(play), "ask", when=YESTERDAY, whom="somebody")
    assert isinstance(other, FormInvalid)


def test_of_whom_nobody_knows_a_move_may_be_entered_too() -> None:
    play = Rehearsal(rules=RULES)
    case = entered(play, whom=None)
    assert play.cases[case].parties == ()
    assert not isinstance(moved(play, case, "object", when=YESTERDAY), BanjieError)
    clock = play.cases[case].clock("objection")
    assert clock is not None
    assert not clock.is_open  # an objection begins no new term to object


def test_an_import_enters_for_nobody() -> None:
    play = Rehearsal(rules=RULES)
    command = OpenCase(
        root=ROOT,
        actor=IMPORT,
        key="import",
        workflow="errand",
        unit=UnitId("works"),
        form={"subject": "食堂"},
        stated=Stated(YESTERDAY, "登记簿"),
        on_behalf=OnBehalf(kind=BasisKind.PAPER),
    )
    refusal = play.ask(command)
    assert isinstance(refusal, NotPermitted)
    assert refusal.text.zh == "只有登录的人员可以代录"


WRONG: Mapping[str, tuple[str, dict[str, Any]]] = {
    "no basis": ("代录须有录入人、发生时间和依据", {"stated": None}),
    "by an import": ("代录须有录入人、发生时间和依据", {"actor": IMPORT, "role": None, "acting_unit": None}),
    "for oneself": ("本人不能为自己代录", {"behalf": Behalf(BasisKind.PAPER, CLERK.person)}),
    "too early": ("代录的发生时间早于上一步", {"stated": Stated(YESTERDAY - timedelta(days=1), "第4页")}),
    "by a role that may not": ("不能办理", {"role": "proposer", "acting_unit": None}),
    "not on behalf at all": ("未写明为谁代录却填写了发生时间", {"behalf": None}),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_verification_finds_an_entry_that_could_not_have_been(wrong: str) -> None:
    play = Rehearsal(rules=RULES)
    case = entered(play)
    assert not isinstance(moved(play, case, "ask", when=YESTERDAY), BanjieError)
    recorded = play.recorded[-1]
    said, changes = WRONG[wrong]
    assert list(illegal(recorded.before, recorded.event, recorded.definition)) == []
    told = [str(text) for text in illegal(recorded.before, recorded.event._replace(**changes), recorded.definition)]
    assert any(said in text for text in told), told


def test_replaying_the_entries_gives_the_case() -> None:
    play = Rehearsal(rules=RULES)
    case = entered(play)
    moved(play, case, "ask", when=YESTERDAY)
    folded: Case | None = None
    for recorded in play.recorded:
        body = json.loads(recorded.written.body)
        values = {private.path: private.value for private in recorded.written.privates}
        event: Event = read_entry(body, values, folded, recorded.definition)
        folded = evolve(folded, event, recorded.definition, recorded.written.hash.hex())
    assert folded == play.cases[case]


def refused_words(step: object) -> list[str]:
    assert isinstance(step, BanjieError), step
    return words_of(step)


def test_a_scan_is_named_by_its_whole_hash() -> None:
    play = Rehearsal(rules=RULES)
    step = play.ask(
        OpenCase(
            root=ROOT,
            actor=CLERK,
            key="open",
            workflow="errand",
            unit=UnitId("works"),
            form={"subject": "食堂"},
            stated=Stated(YESTERDAY, "第3页"),
            on_behalf=OnBehalf(kind=BasisKind.PAPER, person=WANG, scan="0a"),
        )
    )
    assert "扫描件校验值应为64位十六进制数" in refused_words(step)


def test_where_several_may_make_a_move_it_is_said_for_whom() -> None:
    play = Rehearsal(rules=SEVERAL)
    case = entered(play)
    joined = play.ask(FireTransition(root=ROOT, actor=CLERK, key="join", case=case, transition="join", form={}))
    assert not isinstance(joined, BanjieError), joined
    assert "本件有几名当事人，请选定为谁代录" in refused_words(moved(play, case, "answer", when=YESTERDAY))
