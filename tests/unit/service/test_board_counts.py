"""How many cases of a board are counted, where there are more than anybody counts at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

import pytest

from engine.case.actors import Actor, ActorKind
from engine.case.identity import RootId
from engine.service.board import Board, Counts, can_be_sorted
from engine.service.board_ports import BoardFilter
from engine.service.desk import Desk

STATES = ("filed", "assigned", "replied", "archived")


@dataclass
class Counting:
    """Reads that know how many cases rest where, and what was asked."""

    there: Mapping[str, int]
    asked: list[tuple[tuple[str, ...], int]] = field(default_factory=list)

    @property
    def reads(self) -> Counting:
        return self

    def board_counts(self, _root: RootId, _principals: object, where: BoardFilter, *, limit: int) -> Mapping[str, int]:
        self.asked.append((where.states, limit))
        return {state: min(self.there[state], limit) for state in where.states if self.there.get(state)}


def counts(most: int, **there: int) -> tuple[Counts, Counting]:
    """Return what a board says of so many cases, of which most are to be counted."""
    reads = Counting(there)
    board = Board(cast("Desk", reads), RootId("root"), Actor(kind=ActorKind.SYSTEM))
    return board.counts(BoardFilter("proposal", "s1", STATES), most=most), reads


def test_what_one_state_leaves_of_its_share_is_used_for_another() -> None:
    found, _reads = counts(400, filed=3, assigned=260, archived=20)
    assert found == Counts({"filed": 3, "assigned": 260, "archived": 20}, frozenset())


def test_a_state_that_holds_more_is_said_to_hold_more_than_was_counted() -> None:
    # A hundred of each at first; 400 - 3 - 101 are left for the one that is full.
    found, _reads = counts(400, filed=3, assigned=9_000)
    assert found == Counts({"filed": 3, "assigned": 396}, frozenset({"assigned"}))
    assert found.total == 399


def test_where_every_state_is_full_nothing_is_counted_twice() -> None:
    found, reads = counts(400, filed=900, assigned=101, replied=100, archived=900)
    assert found.of == dict.fromkeys(STATES, 100)
    assert found.more == {"filed", "assigned", "archived"}
    assert reads.asked == [(STATES, 101)]


@pytest.mark.parametrize("most", [0, -5, 3])
def test_where_hardly_anything_is_to_be_counted_it_is_said_where_something_is(most: int) -> None:
    found, _reads = counts(most, filed=2, archived=1)
    assert found == Counts({"filed": 0, "archived": 0}, frozenset({"filed", "archived"}))


def test_only_what_was_counted_whole_can_be_sorted() -> None:
    found = Counts({"filed": 2_900, "replied": 200}, frozenset({"replied"}))
    assert can_be_sorted(found, ("filed", "assigned"))
    assert not can_be_sorted(found, ("filed", "replied"))
    assert not can_be_sorted(Counts({"filed": 2_900, "replied": 101}, frozenset()), STATES)
