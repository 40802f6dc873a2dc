"""Rungs in a ledger are judged: they stand in the ladder, are raised once, and the clock shows what was raised."""

from __future__ import annotations

import pytest

from engine.case.case import Case, Clock
from engine.case.commands import TendCase
from engine.case.events import Event, Step
from engine.definition.compiled import Definition
from engine.ledger.legality import illegal
from tests.support.builders import ROOT, at
from tests.support.clocks import SHIPPED, begun, the_clock


@pytest.fixture
def raised() -> tuple[Case, Event, Definition]:
    """A case whose blue rung stands, and the event that raises the yellow one."""
    play, case = begun("90 days", "2026-07-10", ladder=SHIPPED)
    for day in ("2026-09-30", "2026-10-09"):
        play.now = at(day)
        before = play.cases[case]
        assert isinstance(play.ask(TendCase(root=ROOT, case=case)), Step)
    return before, play.last.events[0], play.recorded[-1].definition


def with_rungs(event: Event, *names: str) -> Event:
    """The event as it would be had these rungs been raised, and noted at the clock."""
    (clock,) = event.clocks
    shown = tuple(dict.fromkeys(("blue", *names)))
    return event._replace(rungs=tuple(("term", name) for name in names), clocks=(clock._replace(rungs=shown),))


def test_what_the_engine_raised_is_legal(raised: tuple[Case, Event, Definition]) -> None:
    before, event, definition = raised
    assert event.rungs == (("term", "yellow"),)
    assert list(illegal(before, event, definition)) == []
    assert the_clock(before).rungs == ("blue",)


def test_a_rung_of_no_ladder_is_found(raised: tuple[Case, Event, Definition]) -> None:
    before, event, definition = raised
    assert "purple" in str([text.en for text in illegal(before, with_rungs(event, "purple"), definition)])


def test_a_rung_raised_a_second_time_is_found(raised: tuple[Case, Event, Definition]) -> None:
    before, event, definition = raised
    assert "second time" in str([text.en for text in illegal(before, with_rungs(event, "blue"), definition)])


def test_a_rung_that_the_clock_does_not_show_or_shows_too_much_is_found(
    raised: tuple[Case, Event, Definition],
) -> None:
    before, event, definition = raised
    (clock,) = event.clocks
    hidden: Clock = clock._replace(rungs=("blue",))
    shown: Clock = clock._replace(rungs=("blue", "yellow", "red"))
    for other in (hidden, shown):
        assert "what the deadline shows" in str(
            [text.en for text in illegal(before, event._replace(clocks=(other,)), definition)]
        )
