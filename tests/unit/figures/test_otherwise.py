"""Moves decided anew: what is as it was stays, what is tried comes out as reckoned by hand, and what cannot be told is
said."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.access.directory import Unit
from engine.case.identity import CaseId, UnitId
from engine.definition.rulebook import Rulebook
from engine.errors import BanjieError, InputRefused
from engine.figures.otherwise import Retelling, Retold, steps_of
from engine.figures.trial import Trial, listed, trial_of
from engine.figures.what_if import Compared, state_lines, tried
from engine.text import Text
from tests.support.builders import ROOT, a_calendar, a_definition_with, a_move, a_rulebook, at
from tests.support.families import families_of, ground
from tests.support.lived_ledgers import recorded_lives
from tests.support.measured import PROJECT
from tests.support.proved_rules import load_once
from tests.support.rehearsal import Rehearsal

HEAD = """
parameters:
  helpers_min: {title: {zh: 帮手人数, en: Helpers}, value: 1}
  is_checked: {title: {zh: 是否复核, en: Checked first}, value: true}
  manner: {title: {zh: 方式, en: Manner}, value: plain}
deadlines:
  reply: {title: {zh: 答复期限, en: Reply}, within: 30 days, ladder: steps}
ladders:
  steps:
    rungs: [{id: late, level: 2, colour: yellow, title: {zh: 黄牌, en: Yellow}, at: {after: 1 day}, to: [clerk]}]
vary:
  parameters: [helpers_min, is_checked, manner]
  guards: [helped_enough]
"""
STATES = """
checking: {title: {zh: 复核, en: Checking}, phase: active}
answered: {title: {zh: 已答复, en: Answered}, phase: active}
"""
GUARD = (
    "[{id: helped_enough, expr: fired.help >= parameter.helpers_min,"
    ' refuse: {zh: "帮手不足{helpers_min}人", en: "Fewer than {helpers_min} helpers"}}]'
)
BEGUN = "[{do: start, deadline: reply}]"
WAYS = (
    "[{to: checking, guards: [{id: checked_first, expr: parameter.is_checked, refuse: {zh: 不复核, en: Unchecked}}]},"
    " {to: answered, effects: [{do: stop, deadline: reply}]}]"
)
MOVES = "".join(
    (
        a_move("help", origin="[submitted]"),
        a_move("begin", origin="[submitted]", leads="to: handling", guards=GUARD, effects=BEGUN),
        a_move("answer", by="[clerk]", leads="", alternatives=WAYS),
        a_move("release", origin="[checking]", leads="to: answered", effects="[{do: stop, deadline: reply}]"),
        a_move("finish", origin="[answered]", leads="to: closed"),
    )
)
TEXT = a_definition_with(head=HEAD, states=STATES, transitions=MOVES)
RULES = a_rulebook(TEXT)
NOW = at("2026-06-01")


def a_life(rules: Rulebook = RULES, *, helpers: int = 1) -> Rehearsal:
    """Begun on 2 March 2026 and due on 1 April; answered on 31 March, released on 2 April, finished on 7 April."""
    play = Rehearsal(rules=rules, now=at("2026-03-02"))
    case = play.open()
    for _helper in range(helpers):
        play.fire(case, "help")
    play.fire(case, "begin")
    for day, move in (("2026-03-31", "answer"), ("2026-04-02", "release"), ("2026-04-07", "finish")):
        play.now = at(day)
        play.fire(case, move)
    return play


def retold(play: Rehearsal, trial: Trial, *, all_moves: bool = False) -> Retold:
    (family,) = families_of(play.recorded)
    return Retelling(trial, "errand", ground(play.rules), all_moves=all_moves).retold(family, NOW)


def a_trial(**settings: str) -> Trial:
    return trial_of(RULES.for_new("errand"), {key.replace("__", "."): value for key, value in settings.items()})


def test_lives_come_out_as_they_were_when_every_move_is_decided_again() -> None:
    """The strongest one: whatever was asked in random lives, asking again by the rules in force gives what was kept."""
    rules = load_once(PROJECT / "workflows").rulebook()
    recorded = recorded_lives(rules, 20261124, 6, 100)
    nothing, decided, unknown = Trial(settings=()), Counter[str](), Counter[str]()
    now = max(one.event.at for one in recorded)
    for family in families_of(recorded):
        told = Retelling(nothing, "proposal", ground(rules), all_moves=True).retold(family, now)
        assert told.turned is None
        decided["families"] += 1
        decided["steps"] += sum(1 for _step in steps_of(family))
        if told.unknown is not None:
            unknown[told.unknown.zh] += 1
    assert min(decided["families"] - 60, decided["steps"] - 600) > 0
    # The grant by which somebody saw a case beside the one they acted by stands in no entry.
    assert all("没有找到该事项" in why or "主案须为" in why for why in unknown)
    assert unknown.total() * 10 < decided["families"]


def test_a_guard_that_asks_for_more_refuses_and_what_followed_drops_out() -> None:
    play = a_life()
    told = retold(play, a_trial(parameter__helpers_min="2"))
    assert told.turned is not None
    assert (told.turned.move.zh, told.turned.what.zh) == ("begin", "不能办理：帮手不足2人")
    assert told.turned.at.date().isoformat() == "2026-03-02"
    assert [case.state for case in told.cases.values()] == ["submitted"]
    assert told.dropped == 3
    assert retold(a_life(helpers=2), a_trial(parameter__helpers_min="2")) == Retold()


def test_another_question_stands_for_the_guard_or_none() -> None:
    told = retold(a_life(), a_trial(guard__helped_enough="fired.help > 3"))
    assert told.turned is not None
    assert told.turned.what.zh == "不能办理：帮手不足1人"
    # What was refused was never recorded: a guard taken away turns nothing by itself.
    assert retold(a_life(), a_trial(guard__helped_enough="off")) == Retold()


def test_another_way_is_followed_on_with_the_moves_that_still_fit() -> None:
    play = a_life()
    (case,) = play.cases.values()
    trial = a_trial(parameter__is_checked="false")
    told = retold(play, trial)
    assert told.turned is not None
    assert (told.turned.move.zh, told.turned.what.zh, told.dropped) == ("answer", "转到“已答复”", 1)
    (other,) = told.cases.values()
    assert (other.state, other.fired["finish"]) == ("closed", 1)
    workflow = RULES.for_new("errand").workflow
    compared = Compared(case, workflow, other, told.turned, told.dropped)
    outcome = tried([compared], trial, (lambda _unit: a_calendar(),) * 2, NOW)
    # Stopped on 2 April it was a day late, and the yellow rung of that day was raised; on 31 March it is in time.
    assert (outcome.before.late_cases, outcome.after.late_cases) == (1, 0)
    assert (outcome.before.rungs.total(), outcome.after.rungs.total()) == (1, 0)
    assert (outcome.turned_count, outcome.dropped, list(state_lines(outcome))) == (1, 1, [])
    assert outcome.turned[0].case == case.id


def test_a_clock_that_never_began_is_on_one_side_only() -> None:
    play = a_life()
    (case,) = play.cases.values()
    trial = a_trial(parameter__helpers_min="2")
    told = retold(play, trial)
    workflow = RULES.for_new("errand").workflow
    (other,) = told.cases.values()
    outcome = tried([Compared(case, workflow, other, told.turned)], trial, (lambda _unit: a_calendar(),) * 2, NOW)
    assert [(str(one.due_before), one.due_after, one.late_before) for one in outcome.changed] == [
        ("2026-04-01", None, True)
    ]
    assert [(title.zh, now, then) for title, now, then in state_lines(outcome)] == [("已办结", 1, 0), ("已提交", 0, 1)]


def test_what_the_rules_in_force_do_not_give_either_is_left_and_told() -> None:
    play = a_life()
    (family,) = families_of(play.recorded)
    # A value that was erased: the opening cannot be asked again, nor anything be said of the case.
    first = next(iter(family.values()))
    first[0] = first[0]._replace(event=first[0].event._replace(fields={}))
    told = Retelling(Trial(settings=()), "errand", ground(RULES), all_moves=True).retold(family, NOW)
    assert told.turned is None
    assert told.unknown is not None
    assert told.unknown.zh.startswith("按现行规定重新办理，与档案记载不一致（不能办理：")
    workflow = RULES.for_new("errand").workflow
    (case,) = play.cases.values()
    outcome = tried(
        [Compared(case, workflow, case, unknown=told.unknown)], a_trial(parameter__manner="short"),
        (lambda _unit: a_calendar(),) * 2, NOW,
    )  # fmt: skip
    assert (outcome.unknown.total(), outcome.before) == (1, outcome.after)


def test_a_case_goes_by_the_version_that_it_was_opened_under() -> None:
    newer = a_definition_with(head=HEAD.replace("value: 1}", "value: 9}"), states=STATES, transitions=MOVES, version=2)
    both = a_rulebook(TEXT, newer)
    play = a_life()
    (family,) = families_of(play.recorded)
    told = Retelling(a_trial(parameter__is_checked="false"), "errand", ground(both)).retold(family, NOW)
    assert told.turned is not None
    assert told.turned.what.zh == "转到“已答复”"


def test_only_moves_that_the_trial_reaches_are_decided_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def decide(_situation: object, command: object, _now: object) -> BanjieError:
        asked.append(getattr(command, "transition", ""))
        return InputRefused(a_trial(parameter__manner="short").settings[0].title)

    monkeypatch.setattr("engine.figures.otherwise.decide", decide)
    retold(a_life(), a_trial(parameter__is_checked="false"))
    assert asked == ["answer", "answer"]
    asked.clear()
    assert retold(a_life(), a_trial(parameter__manner="short")) == Retold()
    assert asked == []


def test_what_may_be_tried_is_listed_with_what_it_says_now() -> None:
    assert [(key, said.zh) for key, said in listed(RULES.for_new("errand"))] == [
        ("parameter.helpers_min", "帮手人数：1"),
        ("parameter.is_checked", "是否复核：是"),
        ("parameter.manner", "方式：plain"),
        ("guard.helped_enough", "条件“帮手不足1人”：适用"),
    ]
    settings = a_trial(parameter__is_checked="false", parameter__manner="short", guard__helped_enough="off").settings
    assert [(one.before.zh, one.after.zh) for one in settings] == [
        ("是", "否"),
        ("plain", "short"),
        ("fired.help >= parameter.helpers_min", "取消"),
    ]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("parameter__helpers_min", "many", "“many”应为整数，如 3"),
        ("parameter__is_checked", "perhaps", "“perhaps”应为 true（是）或 false（否）"),
        ("parameter__unknown", "1", "“parameter.unknown”不在可试算之列；可用：parameter.helpers_min、"),
        ("guard__checked_first", "off", "“guard.checked_first”不在可试算之列"),
        ("guard__helped_enough", "fired.helps > 1", "没有名称 fired.helps；是否想写 fired.help？"),
        ("guard__helped_enough", "fired.help", "条件的结果应为是或否，此处是整数"),
    ],
)
def test_what_is_no_value_is_refused(key: str, value: str, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        a_trial(**{key: value})
    assert said in refused.value.text.zh


def test_matters_of_a_class_go_to_a_unit_that_there_is_once() -> None:
    definition = load_once(PROJECT / "workflows").rulebook().for_new("proposal")
    units = [
        Unit(root=ROOT, id=UnitId(code), parent=None, code=code.upper(), title=Text(title, title))
        for code, title in (("a", "财务部"), ("b", "财务部"), ("c", "后勤部"))
    ]

    def asked(value: str) -> Trial:
        return trial_of(definition, {"lead.welfare": value}, units=units)

    assert asked("后勤部").units == asked("C").units == asked("c").units == {"lead": {"welfare": UnitId("c")}}
    assert [(one.title.zh, one.before.zh, one.after.zh) for one in asked("A").settings] == [
        ("主办单位（生活福利）", "按原交办", "财务部")
    ]
    for value, said in (
        ("财务部", "有 2 个单位叫“财务部”，请写单位代码"),
        ("食堂", "没有单位“食堂”，请写单位代码或全称"),
    ):
        with pytest.raises(InputRefused) as refused:
            asked(value)
        assert refused.value.text.zh == said


def test_a_case_that_was_never_asked_for_is_nobodys_family() -> None:
    assert list(steps_of({CaseId("none"): []})) == []
