"""The sentences about figures, each counted from the steps of the cases that a scenario has led."""

from __future__ import annotations

from typing import Final

from pytest_bdd import then

from engine.case.codec import microseconds
from engine.figures.facts import facts_of
from engine.figures.measures import MeasureResult
from engine.figures.survey import evaluate
from tests.acceptance.steps_common import sentence
from tests.support.cast import ROOT
from tests.support.hall import Hall
from tests.support.lives import CALLED

COUNTED: Final = f"(?P<kind>{'|'.join(CALLED)})"


def _counted(hall: Hall, kind: str, title: str) -> MeasureResult:
    workflow = CALLED[kind]
    facts = facts_of(hall.tables.spans_of_workflow(ROOT, workflow, microseconds(hall.now)), hall.now)
    results = evaluate(hall.definition(workflow), facts, hall.now)
    found = [result for result in results if result.title.zh == title]
    assert found, f"没有“{title}”，有：{'、'.join(result.title.zh for result in results)}"
    return found[0]


@then(
    sentence(
        rf"{COUNTED}统计的“(?P<title>[^“”]+)”为(?P<count>\d+)件"
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
        rf"{COUNTED}统计的“(?P<title>[^“”]+)”为(?P<value>[\d.]+)%，即(?P<numerator>\d+)/(?P<denominator>\d+)"
        r"(?:，另列“(?P<line>[^“”]+)”(?P<part>\d+)件)?"
    )
)
def _rate(
    hall: Hall, kind: str, title: str, value: str, numerator: str, denominator: str, line: str | None, part: str | None
) -> None:
    tally = _counted(hall, kind, title).total
    assert (tally.numerator, tally.denominator) == (int(numerator), int(denominator)), tally
    assert tally.value() == value
    if line is not None and part is not None:
        assert {one.title.zh: one.count for one in (*tally.excluded, *tally.beside)}[line] == int(part), tally
