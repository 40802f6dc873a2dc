"""Going on under another version: what a case takes along, and every reason why it stays where it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from engine.case.actors import SYSTEM, Actor
from engine.case.case import Case, Party
from engine.case.commands import MigrateCase
from engine.case.events import EventType, Step
from engine.case.identity import CaseId, PersonId
from engine.case.migrating import REASON_CHARACTERS_MAX, why_not
from engine.definition.compiled import Definition
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError, FormInvalid, NotFound, NotPermitted
from engine.ledger.canonical import canonical, parse_canonical
from engine.ledger.commitments import Opened
from engine.ledger.replay import Replayed, replay
from tests.support.builders import ROOT, a_case, a_definition_with, a_move, a_person, a_rulebook, at
from tests.support.measured import PROJECT
from tests.support.proved_rules import load_once
from tests.support.rehearsal import Rehearsal

KEEPER = a_person("shen", "union_office@works")
REASON = "六届三次职代会主席团决定"
REPLY = """
deadlines:
  reply:
    title: {zh: 答复期限, en: Reply}
    within: 30 days
    ladder: steps
ladders:
  steps:
    rungs:
      - {id: late, level: 1, colour: yellow, title: {zh: 黄牌, en: Yellow}, at: {after: 1 day}, to: [clerk]}
"""
STARTED = a_move(
    "accept",
    origin="[submitted]",
    leads="to: handling",
    form="{remark: optional}",
    effects="[{do: start, deadline: reply}]",
)
OLD = a_definition_with(head=REPLY, transitions=STARTED.replace("accept:", "begin:"))


def under(new: str, remark: str | None = None) -> tuple[Rehearsal, CaseId]:
    """Return a case of the old version that is in hand, and the rules with the new version beside them."""
    play = Rehearsal(rules=a_rulebook(OLD))
    case = play.open(parties={"proposer": ("zhao",)})
    play.fire(case, "begin", remark=remark)
    play.rules = a_rulebook(OLD, new)
    return play, case


def newer(text: str = OLD) -> str:
    return text.replace("version: 1\n", "version: 2\n", 1)


def migrate(
    play: Rehearsal,
    case: CaseId,
    states: Mapping[str, str] | None = None,
    *,
    actor: Actor = KEEPER,
    version: int = 2,
    reason: str = REASON,
) -> Step | BanjieError:
    return play.ask(
        MigrateCase(root=ROOT, actor=actor, key="", case=case, version=version, reason=reason, states=states or {})
    )


def refused(play: Rehearsal, case: CaseId, states: Mapping[str, str] | None = None) -> list[tuple[str, str]]:
    answer = migrate(play, case, states)
    assert isinstance(answer, FormInvalid)
    return [(problem.path, problem.text.zh) for problem in answer.fields]


def shipped(workflow: str) -> tuple[Rulebook, Definition]:
    """Return the rules that are shipped, and a workflow of them."""
    book = load_once(PROJECT / "workflows").rulebook()
    return book, book.for_new(workflow)


def later(old: Definition, **changes: Any) -> Definition:
    """Return the next version of a shipped workflow with other parts."""
    return Definition(old.workflow.model_copy(update={"version": 2, **changes}), "sha256:2", old.lists, old.list_hashes)


def reasons(case: Case, old: Definition, new: Definition, **states: str) -> list[str]:
    return [problem.text.zh for problem in why_not(case, old, new, states, at("2026-11-02"))]


def test_a_poll_that_is_open_keeps_its_case() -> None:
    book, old = shipped("motion")
    voting = a_case(book, workflow="motion", state="voting_online", data={})
    assert reasons(voting, old, later(old)) == []
    vote = old.workflow.polls["vote"]
    other = later(old, polls={"vote": vote.model_copy(update={"every": False})})
    said = ["网上投票“网上无记名表决”在两版中的规定不同，须在其未进行时迁移"]
    assert reasons(voting, old, other) == said
    assert reasons(voting, old, later(old, polls={})) == said
    assert reasons(voting, old, later(old), voting_online="deliberating") == said
    assert reasons(a_case(book, workflow="motion", state="deliberating", data={}), old, other) == []


def test_other_rules_of_secrecy_keep_every_case() -> None:
    book, old = shipped("grievance")
    case = a_case(book, workflow="grievance", state="registered", data={})
    assert reasons(case, old, later(old)) == []
    assert reasons(case, old, later(old, identity=None)) == ["两版的“身份与保密级别”规定不同，本件不能迁移"]
    name = old.workflow.lists[old.field("confidentiality").list or ""]
    plain = [item.model_copy(update={"flags": {}}) for item in old.lists[name].items]
    lists = {**old.lists, name: old.lists[name].model_copy(update={"items": tuple(plain)})}
    loose = Definition(later(old).workflow, "sha256:2", lists, old.list_hashes)
    assert reasons(case, old, loose) == ["两版的“保密级别的代码”规定不同，本件不能迁移"]


Kept = tuple[list[tuple[int, bytes]], dict[int, dict[str, Opened | None]]]


def kept(play: Rehearsal, case: CaseId) -> Kept:
    """Return the entries that a rehearsal wrote of a case, and what opens their commitments."""
    written = [one.written for one in play.recorded if one.event.case == case]
    openings: dict[int, dict[str, Opened | None]] = {
        one.seq: {each.path: Opened(salt=each.salt, value=each.value) for each in one.privates}
        for one in written
        if one.privates
    }
    return [(one.seq, one.body) for one in written], openings


def replayed(play: Rehearsal, case: CaseId) -> Replayed:
    rules = play.rules
    return replay(*kept(play, case), lambda pins: rules.pinned(pins.definition, pins.lists), root=ROOT)


def test_a_case_goes_on_and_nothing_of_it_is_another() -> None:
    play, case = under(
        newer(),
        remark="请示过",
    )
    before = play.cases[case]
    step = migrate(play, case)
    assert isinstance(step, Step)
    [event] = step.events
    after = play.cases[case]
    assert (event.type, event.actor.person, event.to_state) == (EventType.MIGRATED, "shen", None)
    assert (before.definition_version, after.definition_version) == (1, 2)
    assert after.pins.definition == play.rules.version_of("errand", 2, {}).hash != before.pins.definition
    kept = {"data", "sealed", "parties", "clocks", "milestones", "fired", "state", "phase", "happened_at"}
    assert {name: getattr(after, name) for name in kept} == {name: getattr(before, name) for name in kept}
    assert after.version == before.version + 1
    assert play.fire(case, "close").state == "closed"
    found = replayed(play, case)
    assert (found.findings, found.case) == ((), play.cases[case])


def test_a_state_that_is_called_otherwise_is_named_and_reaches_nothing_anew() -> None:
    new = newer(OLD).replace("handling", "in_hand")
    play, case = under(new)
    assert refused(play, case) == [("state", "新版没有状态“handling”，请指明“办理中”（handling）对应新版的哪个状态")]
    reached = play.cases[case].milestones
    assert isinstance(migrate(play, case, {"handling": "in_hand"}), Step)
    assert (play.cases[case].state, play.cases[case].milestones) == ("in_hand", reached)
    assert play.fire(case, "close").state == "closed"
    assert replayed(play, case).findings == ()
    assert refused(play, case) == [("version", "本件已按这一版办理")]


def test_a_state_of_another_phase_is_told_to_the_history_too() -> None:
    active = "title: {zh: 办理中, en: In hand}\n    phase: active"
    play, case = under(newer().replace(active, active.replace("active", "initial")))
    assert isinstance(migrate(play, case), Step)
    after = play.cases[case]
    assert (after.state, after.phase) == ("handling", "initial")
    found = replayed(play, case)
    assert (found.findings, found.case) == ((), after)


def test_what_has_ended_or_would_end_stays() -> None:
    play, case = under(newer())
    assert refused(play, case, {"handling": "closed"}) == [
        ("state", "“办理中”不能对应新版的办结状态“已办结”：办结须经流转")
    ]
    play.fire(case, "close")
    assert refused(play, case) == [("state", "本件已办结，不再迁移")]


def test_a_version_that_is_not_there_or_not_in_force_takes_no_case() -> None:
    play, case = under(newer().replace("in_force_from: 2026-01-01", "in_force_from: 2026-03-04"))
    assert refused(play, case) == [("version", "第 2 版自 2026-03-04 起施行")]
    missing = migrate(play, case, version=3)
    assert isinstance(missing, NotFound)
    assert missing.text.zh == "流程“errand”没有第 3 版"
    play.now = at("2026-03-04")
    assert isinstance(migrate(play, case), Step)


@pytest.mark.parametrize("reason", ["", " \n", "由" * (REASON_CHARACTERS_MAX + 1)])
def test_a_reason_is_demanded(reason: str) -> None:
    play, case = under(newer())
    answer = migrate(play, case, reason=reason)
    assert isinstance(answer, FormInvalid)
    assert [problem.text.zh for problem in answer.fields] == ["请写明迁移的理由，最多 200 字"]


def test_the_engine_does_not_migrate_by_itself() -> None:
    play, case = under(newer())
    answer = migrate(play, case, actor=SYSTEM)
    assert isinstance(answer, NotPermitted)
    assert answer.text.zh == "迁移须由人决定，不能由系统自行办理"


PROPOSER = "  proposer:\n    title: {zh: 提案人, en: Proposer}\n    bound: party\n"
REMARK = "  remark:\n    title: {zh: 内部意见, en: Remark}\n    privacy: internal\n    schema: {type: string}\n"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (REMARK, "", ("remark", "新版没有字段“内部意见”，而本件已填写")),
        (
            REMARK,
            REMARK.replace("internal", "public"),
            ("remark", "字段“内部意见”的密级在新版中不同，已有内容不能改变存放之处"),
        ),
        (REMARK, REMARK.replace("string", "integer"), ("remark", "类型不对，应为整数")),
        (PROPOSER, "", ("parties", "新版没有当事角色“提案人”")),
        (
            "within: 30 days",
            "within: 30 days\n    roll: previous",
            ("deadlines", "期限“答复期限”正在计算，新版的计算办法不同"),
        ),
        (
            "subject_field: subject",
            "subject_field: subject\ncounts_as_case: false",
            ("version", "两版的“是否计件”规定不同，本件不能迁移"),
        ),
        ("ladder: steps", "waive: {ladder: 示例}", ("deadlines", "期限“答复期限”正在计算，新版的计算办法不同")),
    ],
)
def test_what_the_new_version_does_not_know_keeps_a_case(old: str, new: str, said: tuple[str, str]) -> None:
    changed = newer().replace(old, new)
    assert changed != newer()
    play, case = under(changed, remark="请示过")
    assert refused(play, case) == [said]


def test_a_deadline_that_is_gone_keeps_a_case() -> None:
    without = newer().replace(REPLY, "").replace("effects: [{do: start, deadline: reply}]", "effects: []")
    assert "deadlines" not in without
    play, case = under(without)
    assert refused(play, case) == [("deadlines", "新版没有期限“答复期限”，而本件已起算")]


def test_a_sealed_value_whose_form_changes_keeps_a_case() -> None:
    asks = OLD.replace("form: {remark: optional}", "form: {phone: optional}")
    play = Rehearsal(rules=a_rulebook(asks))
    case = play.open()
    play.fire(case, "begin", phone="13988770088")
    phone = "title: {zh: 联系电话, en: Phone}\n    privacy: personal\n    schema: {type: string}"
    changed = newer(asks).replace(phone, phone.replace("string}", "string, maxLength: 11}"))
    play.rules = a_rulebook(asks, changed)
    assert refused(play, case) == [("phone", "字段“联系电话”的填写要求在新版中不同，其内容不公开，无法核对")]


def test_a_part_keeps_the_names_of_its_states() -> None:
    play, case = under(newer(OLD).replace("handling", "in_hand"))
    whole = play.open()
    play.cases[case] = play.cases[case]._replace(parent=whole)
    play.cases[whole] = play.cases[whole]._replace(parties=(Party("proposer", PersonId("zhao")),))
    assert refused(play, case, {"handling": "in_hand"}) == [("state", "承办件的状态由主件的联动规定引用，不能改名")]


def test_a_running_term_stays_the_promise_it_was_and_follows_the_new_ladder() -> None:
    new = newer().replace("within: 30 days", "within: 15 days").replace("after: 1 day", "before: 3 days")
    play, case = under(new)
    [before] = play.cases[case].clocks
    assert isinstance(migrate(play, case), Step)
    [after] = play.cases[case].clocks
    assert (after.term, after.due_on, after.promised_on) == ("30 days", before.due_on, before.promised_on)
    assert before.rung_at is not None
    assert after.rung_at is not None
    # Due on 2026-04-01: one day after it, and three days before, which is a Sunday and moves to the Friday.
    assert (before.rung_at.isoformat(), after.rung_at.isoformat()) == (
        "2026-04-01T16:00:00+00:00",
        "2026-03-26T16:00:00+00:00",
    )
    assert replayed(play, case).findings == ()


def forged(play: Rehearsal, case: CaseId, change: Callable[[dict[str, Any]], object]) -> list[str]:
    """Return what replay says of the chain after somebody has changed the entry of the migration."""
    entries, openings = kept(play, case)
    bodies = [parse_canonical(body) for _seq, body in entries]
    [body] = [body for body in bodies if isinstance(body, dict) and body["type"] == "migrated"]
    change(body)
    changed = [(seq, canonical(body)) for seq, body in enumerate(bodies, start=1)]
    rules = play.rules
    found = replay(changed, openings, lambda pins: rules.pinned(pins.definition, pins.lists), root=ROOT)
    return [finding.text.zh for finding in found.findings]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda body: body.update(actor="system"), "迁移不是由人决定的"),
        (lambda body: body["migration"].update(version=7), "所载流程及版本与所依据的文本不符"),
        (
            lambda body: body["migration"].update(definition="sha256:" + "0" * 64),
            "办理所依据的流程版本或代码表不在库中",
        ),
        (lambda body: body["migration"].update(reason=" "), "请写明迁移的理由，最多 200 字"),
        (lambda body: body.update(to="closed"), "“办理中”不能对应新版的办结状态“已办结”：办结须经流转"),
        (lambda body: body.update(to="nowhere"), "流程中没有状态 'nowhere'"),
        (lambda body: body.update(resume="handling"), "迁移不能另设恢复状态"),
        (lambda body: body["clocks"][0].update(due_on="2027-01-01"), "迁移改动了期限 'reply'"),
        (lambda body: body.update(pub={"subject": "另一件"}), "migrated 类条目不应有 pub"),
        (lambda body: body.pop("migration"), "条目缺少 migration"),
    ],
)
def test_a_forged_migration_is_found(change: Callable[[dict[str, Any]], object], said: str) -> None:
    play, case = under(newer().replace("after: 1 day", "after: 2 days"))
    assert isinstance(migrate(play, case), Step)
    assert forged(play, case, lambda _body: None) == []
    assert said in forged(play, case, change)


def test_a_migration_that_could_not_be_is_found_whatever_came_before_it() -> None:
    play, case = under(newer().replace(REPLY, "").replace("effects: [{do: start, deadline: reply}]", "effects: []"))
    good = play.rules
    play.rules = a_rulebook(OLD, newer())
    assert isinstance(migrate(play, case), Step)
    gone = good.version_of("errand", 2, {}).hash
    play.rules = good
    assert forged(play, case, lambda body: body["migration"].update(definition=gone)) == [
        "新版没有期限“答复期限”，而本件已起算"
    ]
