"""Sentences about proposals only, on what was before: where naming a state would not say it."""

from __future__ import annotations

import re

from pytest_bdd import given

from tests.acceptance.steps_common import case_of, sentence
from tests.support.answers import Answer
from tests.support.hall import Hall
from tests.support.lives import Circumstances, bring
from tests.support.wording import day, named

STOPS_BEFORE = 2


@given(sentence(r"(?P<people>[^“”，]+)已应邀附议CASE"))
def _seconded(hall: Hall, people: str, case: str) -> None:
    for person in re.split("[、和]", people):
        _done(hall.fire("提案人", case_of(hall, case), "invite_seconder", {"invitee": hall.cast.person(person)}))
        _done(hall.fire(person, case_of(hall, case), "second"))


@given(sentence(r"提案委主任已两次“中止计时”又“恢复计时”CASE"))
def _stopped_twice(hall: Hall, case: str) -> None:
    for _stop in range(STOPS_BEFORE):
        _done(hall.fire("提案委主任", case_of(hall, case), "suspend_reply"))
        _done(hall.fire("提案委主任", case_of(hall, case), "resume_reply"))


@given(sentence(r"承诺于DAY前落实的提案“(?P<name>[^“”]+)”处于“(?P<state>[^“”]+)”"))
def _promised(hall: Hall, on: str, name: str, state: str) -> None:
    """A reply of class B with its date, released by the committee; then on to the state."""
    there = named(state, hall.definition("proposal").workflow.states)
    bring(hall, "proposal", name, "reply_review", Circumstances())
    promise = {"reply_class": "B", "planned_measures": "增设夜班窗口。", "promised_on": day(on).isoformat()}
    _done(hall.fire("提案委", hall.case_id(name), "release_reply", promise))
    bring(hall, "proposal", name, there, Circumstances())


def _done(answer: Answer) -> None:
    assert not answer.reasons, f"背景步骤被拒绝：{answer.reasons}"
