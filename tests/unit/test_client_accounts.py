"""The six counters of what clients were told: each sees what it is there for, and only that."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.client_accounts import Asked, Kept, Six, held_against, kept_entries, summed_up

CASE, OTHER = "a" * 32, "b" * 32
HASHES = {f"k{n}": f"h{n}" for n in range(1, 6)}
# Three commands of one case, one after the other, and one of another case that was refused.
ASKED = (
    ("k1", 1.0, 1.1, 201, 1),
    ("k2", 2.0, 2.1, 200, 2),
    ("k3", 3.0, 3.1, 200, 3),
)
KEPT = (Kept(CASE, 1, "01", "h1", 0), Kept(CASE, 2, "02", "h2", 1), Kept(CASE, 3, "03", "h3", 1))
TOLD = {(CASE, 2): 2, (CASE, 3): 2}


def asked() -> list[Asked]:
    done = [
        Asked(key=key, sent_at=sent, case=CASE, answered_at=at, status=status, seq=seq, hash=f"0{seq}", tries=1)
        for key, sent, at, status, seq in ASKED
    ]
    return [*done, Asked(key="k4", sent_at=4.0, case=OTHER, answered_at=4.1, status=409, tries=3)]


def counted(
    some: list[Asked] | None = None, kept: Any = KEPT, told: dict[tuple[str, int], int] | None = None, findings: int = 0
) -> Six:
    return held_against(
        some or asked(), list(kept), HASHES, findings=findings, told=TOLD if told is None else told, people=2
    )


def test_where_all_is_as_it_was_told_every_counter_is_0() -> None:
    assert counted() == Six(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize(
    "kept",
    [
        KEPT[:2],
        (*KEPT[:2], Kept(CASE, 3, "ff", "h3", 1)),
        (*KEPT[:2], Kept(CASE, 3, "03", "h5", 1)),
    ],
    ids=["gone", "another hash", "another command in its place"],
)
def test_what_was_acknowledged_and_is_not_there_is_lost(kept: Any) -> None:
    assert counted(kept=kept, told={(CASE, 2): 2, (CASE, 3): 2}).lost == 1


def test_a_command_that_never_got_an_answer_may_be_there_or_not() -> None:
    unanswered = [*asked(), Asked(key="k5", sent_at=5.0, case=CASE, tries=7)]
    assert counted(unanswered) == Six(0, 0, 0, 0, 0, 0)
    there = (*KEPT, Kept(CASE, 4, "04", "h5", 0))
    assert counted(unanswered, kept=there) == Six(0, 0, 0, 0, 0, 0)


def test_what_stands_there_twice_under_one_key_is_doubled() -> None:
    twice = (*KEPT, Kept(OTHER, 1, "11", "h1", 0))
    assert counted(kept=twice) == Six(0, 1, 0, 0, 0, 0)


@pytest.mark.parametrize("command", ["h4", "hx"], ids=["it was refused", "nobody sent it"])
def test_what_nobody_was_told_of_is_a_phantom(command: str) -> None:
    assert counted(kept=(*KEPT, Kept(OTHER, 1, "11", command, 0))) == Six(0, 0, 1, 0, 0, 0)


def test_an_entry_that_nobody_asked_for_is_none() -> None:
    assert counted(kept=(*KEPT, Kept(CASE, 4, "04", None, 0))) == Six(0, 0, 0, 0, 0, 0)


def test_what_was_asked_after_an_answer_must_stand_behind_it() -> None:
    some = asked()
    some[1].seq, some[2].seq = 3, 2
    some[1].hash, some[2].hash = "03", "02"
    kept = (KEPT[0], Kept(CASE, 2, "02", "h3", 1), Kept(CASE, 3, "03", "h2", 1))
    assert counted(some, kept=kept) == Six(0, 0, 0, 1, 0, 0)
    some[2].sent_at = 2.05  # while the other was on its way: both orders are right
    assert counted(some, kept=kept) == Six(0, 0, 0, 0, 0, 0)


def test_what_verification_finds_is_counted() -> None:
    assert counted(findings=3).broken == 3


@pytest.mark.parametrize("times", [0, 1, 3], ids=["nobody", "one of two", "somebody twice"])
def test_a_notice_must_reach_everybody_once(times: int) -> None:
    assert counted(told={(CASE, 2): 2, (CASE, 3): times}) == Six(0, 0, 0, 0, 0, 1)


def test_entries_are_read_as_they_are_stored() -> None:
    rows = [(CASE, 1, b'{"command":"h1","notices":["moved","late"]}', b"\x01\xff"), (CASE, 2, b"{}", b"\x02")]
    assert kept_entries(rows) == [Kept(CASE, 1, "01ff", "h1", 2), Kept(CASE, 2, "02", None, 0)]


def test_what_was_asked_is_summed_up() -> None:
    found = summed_up([*asked(), Asked(key="k5", sent_at=5.0, tries=2)])
    assert found == {"done": 3, "refused": 1, "unanswered": 1, "asked again": 3}


def test_counters_of_several_runs_are_added() -> None:
    assert Six(1, 0, 0, 0, 2, 0) + Six(1, 1, 0, 0, 0, 0) == Six(2, 1, 0, 0, 2, 0)
