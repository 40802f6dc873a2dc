"""Polls, pure: what may be asked and answered, what ballots come to, and when a poll is not opened or closed."""

from __future__ import annotations

import hashlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pydantic import JsonValue

from engine.case.case import Case
from engine.case.drafting import Building
from engine.case.events import Event, EventType
from engine.case.identity import CaseId
from engine.case.polls import (
    PollRefused,
    Question,
    ballot_problems,
    ballot_text,
    polls_moved,
    proof_of,
    questions_of,
    take_polls,
    totals_of,
)
from engine.case.scope import Moment
from engine.definition.compiled import Definition
from engine.definition.poll_parts import PollPart
from engine.errors import KeysUnavailable
from engine.service.poll_facts import PollFacts, poll_rows
from engine.service.rows import BatchRows
from engine.text import Text
from runtime.rules import load_rules

CASE = CaseId("c1")
RULES = load_rules(Path(__file__).parents[3] / "workflows").rulebook()
ASKED = (Question("1", 1, Text("工资协议", "Wages")), Question("2", 2, Text("津贴办法", "Allowances")))


def of(workflow: str) -> tuple[Definition, str, PollPart]:
    definition = RULES.for_new(workflow)
    ((name, part),) = definition.workflow.polls.items()
    return definition, name, part


def taking(
    workflow: str, move: str, data: dict[str, Any], electors: dict[Any, int], boxes: dict[Any, Any]
) -> dict[str, Any]:
    """Return the form after the polls of a move were taken."""
    definition, _name, _part = of(workflow)
    building = SimpleNamespace(
        definition=definition, case=SimpleNamespace(id=CASE, data=data), form={}, fields=dict[str, Any]()
    )
    moment = SimpleNamespace(situation=SimpleNamespace(electors=electors, boxes=boxes))
    take_polls(cast(Building, building), cast(Moment, moment), move)
    assert building.fields == building.form
    return dict(building.form)


def test_the_questions_are_rows_codes_or_what_the_definition_says() -> None:
    definition, _name, part = of("motion")
    rows: JsonValue = [{"number": 1, "item": "工资协议"}, {"number": 2, "item": "津贴办法"}]
    found = questions_of(part, definition, {"items": rows})
    assert [(one.key, one.value, one.title.zh) for one in found] == [("1", 1, "工资协议"), ("2", 2, "津贴办法")]
    definition, _name, part = of("congress_quality")
    assert [one.value for one in questions_of(part, definition, {})][:3] == ["agenda", "pre_review", "reports"]
    labelled = PollPart.model_validate(
        {**part.model_dump(), "list": None, "asks": {"known": {"zh": "您知道吗", "en": "Do you know?"}}}
    )
    assert questions_of(labelled, definition, {}) == (Question("known", "known", Text("您知道吗", "Do you know?")),)


def test_a_vote_needs_every_item_and_a_questionnaire_one() -> None:
    _definition, _name, vote = of("motion")
    assert [(one.path, one.text.zh) for one in ballot_problems(vote, ASKED, {"1": "in_favour"})] == [
        ("2", "这一项还没有选")
    ]
    assert not list(ballot_problems(vote, ASKED, {"1": "in_favour", "2": "abstained"}))
    loose = vote.model_copy(update={"every": False})
    assert not list(ballot_problems(loose, ASKED, {"2": "against"}))
    assert [one.text.zh for one in ballot_problems(loose, ASKED, {})] == ["一项都没有选，请至少选一项"]


def test_a_ballot_says_only_what_was_chosen_in_one_order_for_all() -> None:
    assert ballot_text({"2": "against", "1": "in_favour"}) == '{"1":"in_favour","2":"against"}'
    one, other = '{"1":"a"}', '{"1":"b"}'
    assert proof_of({other: 1, one: 2}) == hashlib.sha256(f"{one}\n{one}\n{other}\n".encode()).hexdigest()
    assert proof_of({one: 2, other: 1}) == proof_of({other: 1, one: 2})


def test_totals_count_each_choice_and_leave_out_what_too_few_have_answered() -> None:
    definition, _name, part = of("motion")
    box = {'{"1":"in_favour","2":"against"}': 4, '{"1":"against"}': 3, '{"1":"abstained","3":"in_favour"}': 1}
    assert totals_of(part, definition, ASKED, box) == [
        {"number": 1, "invalid": 0, "in_favour": 4, "against": 3, "abstained": 1}
    ]
    assert totals_of(part, definition, ASKED, {'{"1":"in_favour","2":"against"}': 5})[1] == {
        "number": 2,
        "invalid": 0,
        "in_favour": 0,
        "against": 5,
        "abstained": 0,
    }


def test_the_opening_counts_who_is_asked() -> None:
    items = [{"number": 1, "item": "工资协议"}]
    place = (CASE, "vote")
    assert taking("motion", "begin_online_vote", {"items": items}, {place: 5}, {}) == {"ballots_issued": 5}
    assert taking("motion", "assign", {"items": items}, {place: 5}, {}) == {}


@pytest.mark.parametrize(
    ("items", "electors", "said"),
    [
        (
            [{"number": 1, "item": "工资协议"}],
            4,
            "可以参加“网上无记名表决”的只有 4 人，不足 5 人，填了什么容易猜出是谁，不能在网上进行；请改用其他办法",
        ),
        ([], 150, "“网上无记名表决”没有可投的事项，或者有重号，请先核对"),
        (
            [{"number": 1, "item": "甲"}, {"number": 1, "item": "乙"}],
            150,
            "“网上无记名表决”没有可投的事项，或者有重号，请先核对",
        ),
        ([{"number": 1, "item": "工资协议"}], None, "网上投票只能由人发起"),
    ],
)
def test_a_poll_is_not_opened_for_nothing_for_too_few_or_by_itself(
    items: list[dict[str, Any]], electors: int | None, said: str
) -> None:
    known = {} if electors is None else {(CASE, "vote"): electors}
    with pytest.raises(PollRefused) as refused:
        taking("motion", "begin_online_vote", {"items": items}, known, {})
    assert refused.value.text.zh == said


@pytest.mark.parametrize(
    ("box", "said"),
    [
        (None, "网上投票没有在进行，不能结束"),
        ({}, "“网上无记名表决”只收回 0 份，不足 5 份，不能汇总；请等更多人提交，或者作废"),
        ({"{}": 4}, "“网上无记名表决”只收回 4 份，不足 5 份，不能汇总；请等更多人提交，或者作废"),
    ],
)
def test_a_poll_is_not_closed_with_too_few_papers(box: dict[str, int] | None, said: str) -> None:
    boxes = {} if box is None else {(CASE, "vote"): box}
    with pytest.raises(PollRefused) as refused:
        taking("motion", "close_online_vote", {"items": [{"number": 1, "item": "工资协议"}]}, {}, boxes)
    assert refused.value.text.zh == said


def test_a_poll_is_opened_by_its_move_and_ends_however_its_states_are_left() -> None:
    definition, name, part = of("motion")

    def moved(before: str | None, after: str, move: str | None, type_: EventType = EventType.FIRED) -> list[Any]:
        cases = [None if state is None else cast(Case, SimpleNamespace(state=state)) for state in (before, after)]
        event = cast(Event, SimpleNamespace(type=type_, transition=move))
        return [(one, opens) for one, _part, opens in polls_moved(cases[0], cast(Case, cases[1]), event, definition)]

    assert moved("deliberating", "voting_online", "begin_online_vote") == [(name, True)]
    assert moved("voting_online", "voted", "close_online_vote") == [(name, False)]
    assert moved("voting_online", "deliberating", "vote_again") == [(name, False)]
    assert moved("voting_online", "merged", None, EventType.CHANGED) == [(name, False)]
    assert moved("voting_online", "voting_online", "note") == []
    assert moved(None, "collecting", None, EventType.OPENED) == []
    assert part.filled == ("votes", "ballots_issued", "ballots_returned", "ballots_proof")


def test_without_a_key_no_poll_is_opened() -> None:
    definition, name, _part = of("motion")
    after = cast(Case, SimpleNamespace(root="works", id=CASE, state="voting_online"))
    event = cast(Event, SimpleNamespace(type=EventType.FIRED, transition="begin_online_vote"))
    facts = PollFacts({(CASE, name): frozenset()})
    with pytest.raises(KeysUnavailable) as refused:
        poll_rows(BatchRows(), None, after, event, definition, facts, None)
    assert refused.value.text.zh == "没有密钥，不能发起网上投票（问卷）"


def test_a_poll_that_is_opened_and_ended_in_one_batch_leaves_no_rows() -> None:
    definition, name, _part = of("motion")
    rows = BatchRows()
    opened, ended = (
        cast(Case, SimpleNamespace(root="works", id=CASE, state=state)) for state in ("voting_online", "deliberating")
    )
    facts = PollFacts({(CASE, name): frozenset(map(str, range(6)))})  # type: ignore[arg-type]  # names of persons
    begin = cast(Event, SimpleNamespace(type=EventType.FIRED, transition="begin_online_vote"))
    void = cast(Event, SimpleNamespace(type=EventType.FIRED, transition="vote_again"))
    poll_rows(rows, None, opened, begin, definition, facts, lambda text: f"mark of {text}")
    assert [token.token for token in rows.poll_tokens] == [f"mark of poll works c1 vote {n}" for n in range(6)]
    more = BatchRows()
    poll_rows(more, opened, ended, void, definition, facts, None)
    rows.add(more)
    assert not rows.polls
    assert not rows.poll_tokens
