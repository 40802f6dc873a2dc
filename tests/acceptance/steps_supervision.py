"""The sentence only scenarios of supervision need: an order on a matter in hand."""

from __future__ import annotations

from typing import Final

from pytest_bdd import given

from tests.acceptance.steps_common import FORM, case_of, form_of, sentence
from tests.support.hall import Hall
from tests.support.lives import CALLED, WAYS, Circumstances, bring, lead_on
from tests.support.wording import named

WORKFLOW: Final = "supervision"
IN_HAND: Final = "handling"


@given(
    sentence(rf"(?P<kind>提案|诉求)“(?P<name>[^“”]+)”的督办单处于“(?P<state>[^“”]+)”{FORM}"),
)
def _order_stands(hall: Hall, kind: str, name: str, state: str, form: str) -> None:
    """``提案“改善食堂”的督办单处于“督办中”，督办方式为“约谈”``: issued by the supervisor on a matter in hand."""
    workflow = CALLED[kind]
    if name not in hall.cases:
        bring(hall, workflow, name, IN_HAND, Circumstances())
    hall.current = name
    case = hall.case_id(name)
    if not hall.case(case).linked:
        asked = list(hall.definition(workflow).workflow.transitions["issue_supervision"].form)
        answer = hall.fire(WAYS[WORKFLOW].opener, case, "issue_supervision", form_of(hall, workflow, asked, form))
        assert not answer.reasons, f"背景步骤被拒绝：{answer.reasons}"
    there = named(state, hall.definition(WORKFLOW).workflow.states)
    lead_on(hall, case_of(hall, "该督办单"), there, Circumstances())
