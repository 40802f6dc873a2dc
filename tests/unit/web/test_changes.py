"""What is told to whoever looked at an older version of a case: the steps since, and the fields that read otherwise."""

from __future__ import annotations

import pytest

from engine.service.queries import TimelineLine
from web.views.changes import split_at


def a_line(seq: int, kind: str = "fired") -> TimelineLine:
    return TimelineLine(
        seq=seq,
        type=kind,
        at="2026-03-02T01:00:00.000000Z",
        occurred_at=None,
        who="石磊生",
        role=None,
        transition=None,
        to_state=None,
        guards=(),
        fields={},
        body={},
        hash="00",
    )


@pytest.mark.parametrize(
    ("seen", "before", "after"),
    [(4, [1, 2, 3, 4], []), (3, [1, 2, 3], [4]), (1, [1], [2, 3, 4]), (9, [1, 2, 3, 4], []), (0, [], [1, 2, 3, 4])],
)
def test_the_steps_since_a_version_are_those_that_made_the_later_ones(
    seen: int, before: list[int], after: list[int]
) -> None:
    old, new = split_at([a_line(seq) for seq in range(1, 5)], 4, seen)
    assert ([line.seq for line in old], [line.seq for line in new]) == (before, after)


def test_a_note_makes_no_version_and_stands_with_what_comes_before_it() -> None:
    lines = [a_line(1), a_line(2), a_line(3, "noted"), a_line(4), a_line(5, "noted")]
    old, new = split_at(lines, 3, 2)
    assert [line.seq for line in old] == [1, 2, 3]
    assert [line.seq for line in new] == [4, 5]


def test_a_case_that_counts_less_than_it_has_entries_ends_at_the_first() -> None:
    old, new = split_at([a_line(1)], 9, 2)
    assert (old, [line.seq for line in new]) == ([], [1])
