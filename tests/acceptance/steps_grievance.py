"""The sentences that only scenarios of grievances need: evaluations given earlier, what is kept apart, rungs."""

from __future__ import annotations

from typing import Final

from pydantic import JsonValue
from pytest_bdd import given, then

from tests.acceptance.steps_common import case_of, sentence
from tests.support.hall import Hall
from tests.support.lives import WAYS, Circumstances, bring
from tests.support.wording import named, value_of

WORKFLOW: Final = "grievance"


@given(sentence(r"诉求“(?P<name>[^“”]+)”(?P<again>重办后再次)?(?:已)?评价为“(?P<grade>[^“”]+)”"))
def _evaluated(hall: Hall, name: str, again: str | None, grade: str) -> None:
    """``诉求“浴室没有热水”重办后再次评价为“不满意”``: both times with the same result."""
    _evaluate(hall, name, grade)
    if again is not None:
        _must(hall, "工会办公室", name, "re_handle")
        _evaluate(hall, name, grade)


def _evaluate(hall: Hall, name: str, grade: str) -> None:
    bring(hall, WORKFLOW, name, "delivered", Circumstances())
    result = value_of(hall.definition(WORKFLOW), "evaluation_result", grade, hall.names)
    _must(hall, WAYS[WORKFLOW].opener, name, "evaluate", evaluation_result=result)


def _must(hall: Hall, who: str, name: str, transition: str, **form: JsonValue) -> None:
    answer = hall.fire(who, hall.case_id(name), transition, form)
    assert not answer.reasons, f"背景步骤被拒绝：{answer.reasons}"


@then(sentence(r"CASE的“(?P<title>[^“”]+)”另存，不入正文"))
def _kept_apart(hall: Hall, case: str, title: str) -> None:
    """A confidential field that was answered, and of which the case row holds nothing."""
    found = hall.case(case_of(hall, case))
    name = named(title, hall.definition(found.workflow).workflow.fields)
    assert name in found.sealed, f"“{title}”没有另存"
    assert name not in found.data
