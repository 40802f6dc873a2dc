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
    told = [text.zh for text in illegal(before, with_rungs(event, "purple"), definition)]
    assert "期限 'term' 没有层级 'purple'" in told


def test_a_rung_raised_a_second_time_is_found(raised: tuple[Case, Event, Definition]) -> None:
    before, event, definition = raised
    assert "层级 blue 重复触发" in [text.zh for text in illegal(before, with_rungs(event, "blue"), definition)]


def test_a_rung_that_the_clock_does_not_show_or_shows_too_much_is_found(
    raised: tuple[Case, Event, Definition],
) -> None:
    before, event, definition = raised
    (clock,) = event.clocks
    hidden: Clock = clock._replace(rungs=("blue",))
    shown: Clock = clock._replace(rungs=("blue", "yellow", "red"))
    for other in (hidden, shown):
        (told,) = [text.zh for text in illegal(before, event._replace(clocks=(other,)), definition)]
        assert told.startswith("触发的层级与期限所载不符：term/")


@pytest.fixture
def taken_back() -> tuple[Case, Event, Definition]:
    """A case whose red rung stands, and the event that takes it back."""
    play, case = begun("90 days", "2026-07-10")
    play.fire(case, "raise")
    before = play.cases[case]
    play.fire(case, "take_back", rung="term/red")
    return before, play.last.events[0], play.recorded[-1].definition


def found(before: Case, event: Event, definition: Definition) -> str:
    return str([text.zh for text in illegal(before, event, definition)])


def test_what_the_engine_took_back_is_legal(taken_back: tuple[Case, Event, Definition]) -> None:
    before, event, definition = taken_back
    assert event.withdrawn == (("term", "red"),)
    assert found(before, event, definition) == "[]"


def test_a_rung_taken_back_that_did_not_stand_is_found(taken_back: tuple[Case, Event, Definition]) -> None:
    before, event, definition = taken_back
    assert "并未触发" in found(before._replace(rungs={}), event, definition)


def test_a_move_that_takes_nothing_back_is_found_to_do_so(taken_back: tuple[Case, Event, Definition]) -> None:
    before, event, definition = taken_back
    assert "本次流转不能撤销督办层级" in found(before, event._replace(transition="raise"), definition)


@pytest.mark.parametrize("withdrawn", [(), ("red", "yellow"), ("yellow",)])
def test_a_clock_that_shows_another_rung_taken_back_is_found(
    taken_back: tuple[Case, Event, Definition], withdrawn: tuple[str, ...]
) -> None:
    before, event, definition = taken_back
    (clock,) = event.clocks
    assert "期限 term 所载的撤销与条目不符" in found(
        before, event._replace(clocks=(clock._replace(withdrawn=withdrawn),)), definition
    )


def test_a_rung_hidden_as_withdrawn_by_a_move_that_says_nothing_of_it_is_found(
    taken_back: tuple[Case, Event, Definition],
) -> None:
    before, event, definition = taken_back
    assert "期限 term 所载的撤销与条目不符" in found(
        before, event._replace(withdrawn=(), transition="raise"), definition
    )
