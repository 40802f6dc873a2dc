"""What stands beside every on-time rate: which rates have it, which cases it counts; and that nobody declares it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from engine.case.identity import CaseId
from engine.definition.compiled import Definition
from engine.definition.model import Measure
from engine.figures.facts import Facts
from engine.figures.measures import Tally
from engine.figures.survey import evaluate, members
from engine.figures.watched import deadlines_of, lines_of
from tests.support.proved_rules import load_once
from tests.unit.figures.test_facts import MATTER, NOON, clock, facts, span

ON_TIME: Mapping[str, object] = {
    "title": {"zh": "按时", "en": "On time"},
    "numerator": {"where": "due.reply <= cutoff.at and on_time.reply"},
    "denominator": {"where": "due.reply <= cutoff.at"},
    "excluded": [{"id": "gone", "title": {"zh": "撤", "en": "W"}, "where": "case.state == 'withdrawn'"}],
}
MET = clock("met", due=-2, ended=-3)


def a_case(name: str, *, state: str = "closed", reply: str = MET, **more: object) -> Facts:
    """Return a case that was answered in time, with whatever else is known of it."""
    held = {"state": state, "clock:reply": reply}
    return replace(Facts(case=CaseId(name), held=held, passed=(), first={}), **more)  # type: ignore[arg-type]  # parts of a case


def tally(cases: Sequence[Facts], measure: Mapping[str, object] = ON_TIME) -> Tally:
    (result,) = evaluate(defined(measure), cases, NOON)
    return result.total


def defined(measure: Mapping[str, object]) -> Definition:
    """Return the definition of matters with this measure and no other."""
    part = MATTER.workflow.model_copy(update={"measures": {"test": Measure.model_validate(measure)}})
    return replace(MATTER, workflow=part)


CASES = (
    a_case("plain"),
    a_case("stopped", reply=MET.replace('"suspensions":0', '"suspensions":2')),
    a_case("extended", reply=clock("met", due=-2, ended=-3, extensions=1)),
    a_case("moved", assignments=3),
    a_case("again", went_back=frozenset({"handled"})),
    a_case("reopened", went_back=frozenset({"handled", "closed"})),
    a_case("withdrawn", state="withdrawn", assignments=2),
    a_case("later", reply=clock("running", due=9, extensions=1)),
)


def test_what_made_a_rate_good_stands_beside_it_as_shares_of_its_denominator() -> None:
    found = tally(CASES)
    assert (found.numerator, found.denominator) == (6, 6)
    assert [(line.id, line.title.zh, line.count, found.share(line)) for line in found.beside] == [
        ("was_suspended", "曾中止计时", 1, "16.7"),
        ("extended", "曾延期", 1, "16.7"),
        ("reassigned", "曾改派", 1, "16.7"),
        ("re_handled", "办结后重办", 2, "33.3"),
        ("reopened", "结案后重办", 1, "16.7"),
    ]


@pytest.mark.parametrize(
    ("line", "listed"), [("extended", ["extended"]), ("re_handled", ["again", "reopened"]), ("reassigned", ["moved"])]
)
def test_the_cases_behind_such_a_line_are_those_it_counts(line: str, listed: list[str]) -> None:
    assert list(members(defined(ON_TIME), CASES, NOON, f"test beside.{line}", None, None)) == listed


def test_no_share_is_told_of_what_is_not_printed_or_where_there_is_none() -> None:
    found = tally(CASES)
    line = found.beside[0]
    assert replace(found, marks={"beside.was_suspended": "<5"}).share(line) is None
    assert replace(found, marks={"denominator": "<5"}).share(line) is None
    assert tally([]).share(line) is None
    assert found.share(replace(line, is_share=False)) is None


def test_a_line_of_the_same_name_is_the_definitions_own() -> None:
    own = {"id": "extended", "title": {"zh": "延期整改", "en": "Extended"}, "where": "extended.reply > 0"}
    found = tally(CASES, {**ON_TIME, "beside": [own]})
    assert [(line.id, line.count, line.is_share) for line in found.beside][:2] == [
        ("extended", 2, False),
        ("was_suspended", 1, True),
    ]
    assert [line.id for line in found.beside].count("extended") == 1


@pytest.mark.parametrize(
    ("numerator", "deadlines"),
    [
        ("due.reply <= cutoff.at and on_time.reply", {"reply"}),
        ("due.reply <= cutoff.at and first_at.closed < due.reply", {"reply"}),
        ("due.reply <= cutoff.at and reached.closed", set()),
        ("reached.closed", set()),
    ],
)
def test_an_on_time_rate_is_known_by_what_it_asks(numerator: str, deadlines: set[str]) -> None:
    assert deadlines_of(defined({**ON_TIME, "numerator": {"where": numerator}}), "test") == deadlines


def test_a_count_is_no_rate() -> None:
    count = {name: part for name, part in ON_TIME.items() if name != "denominator"}
    assert lines_of(defined(count), "test") == ()


def test_every_on_time_rate_of_every_workflow_has_all_five() -> None:
    rules = load_once(Path("workflows")).rulebook()
    found = {}
    for name in rules.names():
        definition = rules.for_new(name)
        for measure in definition.workflow.measures:
            if "on_time" in measure:
                found[name, measure] = len(lines_of(definition, measure))
    assert found["proposal", "on_time_reply_rate"] == found["grievance", "on_time_closing_rate"] == 5
    # These two add up numbers that somebody filled in; no clock of a case is behind them.
    filled_in = {("committee", "tasks_on_time_rate"), ("hardship", "review_on_time_rate")}
    assert {rate for rate, lines in found.items() if lines != 5} == filled_in


def test_a_case_went_back_when_it_came_again_into_a_state_from_before_a_milestone() -> None:
    there = [
        span("state", "in_hand", seq=1, ended=2),
        span("state", "replied", seq=2, begun=2, ended=4),
        span("milestone:handled", "2026-03-02T06:00:00.000000Z", seq=2, begun=2),
        span("state", "closed", seq=3, begun=4, ended=6),
        span("milestone:closed", "2026-03-02T08:00:00.000000Z", seq=3, begun=4),
        span("state", "follow_up", seq=4, begun=6, ended=8),
        span("state", "in_hand", seq=5, begun=8),
    ]
    assert facts(*there, at=7).went_back == frozenset()
    assert facts(*reversed(there), at=8).went_back == {"handled", "closed"}
    again = [*there[:3], span("state", "in_hand", seq=3, begun=4)]
    assert facts(*again, at=4).went_back == {"handled"}


def test_assignments_are_counted_also_to_the_same_unit() -> None:
    lines = [span("state", "in_hand"), span("lead", "plant", ended=3), span("lead", "plant", seq=4, begun=3)]
    assert [facts(*lines, at=hours).assignments for hours in (0, 3)] == [1, 2]
