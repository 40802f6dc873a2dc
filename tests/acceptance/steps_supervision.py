"""The sentences only scenarios of supervision need: an order on a matter in hand, and the figures of the orders."""

from __future__ import annotations

from typing import Final

from pytest_bdd import given, then

from engine.case.codec import microseconds
from engine.figures.facts import facts_of
from engine.figures.measures import MeasureResult
from engine.figures.survey import evaluate
from tests.acceptance.steps_common import FORM, WORKFLOWS, form_of, sentence
from tests.support.cast import ROOT
from tests.support.hall import Hall
from tests.support.lives import Circumstances, bring, lead_on
from tests.support.supervision_lives import SUPERVISION
from tests.support.wording import named

WORKFLOW: Final = "supervision"
IN_HAND: Final = "handling"


@given(
    sentence(rf"(?P<kind>提案|诉求)“(?P<name>[^“”]+)”的督办单处于“(?P<state>[^“”]+)”{FORM}"),
)
def _order_stands(hall: Hall, kind: str, name: str, state: str, form: str) -> None:
    """``提案“改善食堂”的督办单处于“督办中”，督办方式为“约谈”``: issued by the supervisor on a matter in hand."""
    workflow = WORKFLOWS[kind]
    if name not in hall.cases:
        bring(hall, workflow, name, IN_HAND, Circumstances())
    hall.current = name
    case = hall.case_id(name)
    if not hall.case(case).linked:
        asked = list(hall.definition(workflow).workflow.transitions["issue_supervision"].form)
        answer = hall.fire(SUPERVISION.opener, case, "issue_supervision", form_of(hall, workflow, asked, form))
        assert not answer.reasons, f"背景步骤被拒绝：{answer.reasons}"
    there = named(state, hall.definition(WORKFLOW).workflow.states)
    lead_on(hall, hall.order(case), there, Circumstances())


def _counted(hall: Hall, kind: str, title: str) -> MeasureResult:
    workflow = WORKFLOWS.get(kind, WORKFLOW)
    facts = facts_of(hall.tables.spans_of_workflow(ROOT, workflow, microseconds(hall.now)), hall.now)
    results = evaluate(hall.definition(workflow), facts, hall.now)
    found = [result for result in results if result.title.zh == title]
    assert found, f"没有“{title}”，有：{'、'.join(result.title.zh for result in results)}"
    return found[0]


@then(
    sentence(
        r"(?P<kind>督办|提案|诉求|承办)统计的“(?P<title>[^“”]+)”为(?P<count>\d+)件"
        r"(?:，其中“(?P<line>[^“”]+)”(?P<part>\d+)件)?"
    )
)
def _count(hall: Hall, kind: str, title: str, count: str, line: str | None, part: str | None) -> None:
    tally = _counted(hall, kind, title).total
    assert (tally.numerator, tally.denominator) == (int(count), None)
    if line is not None and part is not None:
        assert {one.title.zh: one.count for one in tally.beside}[line] == int(part)


@then(
    sentence(
        r"督办统计的“(?P<title>[^“”]+)”为(?P<value>[\d.]+)%，即(?P<numerator>\d+)/(?P<denominator>\d+)"
        r"(?:，另列“(?P<line>[^“”]+)”(?P<part>\d+)件)?"
    )
)
def _rate(
    hall: Hall, title: str, value: str, numerator: str, denominator: str, line: str | None, part: str | None
) -> None:
    tally = _counted(hall, "督办", title).total
    assert (tally.numerator, tally.denominator) == (int(numerator), int(denominator)), tally
    assert tally.value() == value
    if line is not None and part is not None:
        assert {one.title.zh: one.count for one in (*tally.excluded, *tally.beside)}[line] == int(part), tally
