"""The strict schema of entries: what is no part, no text, no day or no truth is said, each part once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from engine.ledger.shape import shape_problems

HASH = "0123456789abcdef" * 4
ENTRY = {
    "v": 1,
    "ledger": "works",
    "case": "019cac0f26805f9251c8f4201747b167",
    "seq": 2,
    "prev": HASH,
    "id": "019cac0f26805f9251c8f4201747b168",
    "type": "fired",
    "at": "2026-03-02T01:00:00.000000Z",
    "actor": "P1",
    "role": "clerk",
    "transition": "take",
}
CLOCK = {
    "name": "reply",
    "state": "running",
    "started_at": "2026-03-02T01:00:00.000000Z",
    "term": "15 working days",
    "promised_on": "2026-03-23",
    "nominal_on": "2026-03-23",
    "due_on": "2026-03-23",
    "due_at": "2026-03-23T16:00:00.000000Z",
    "calendar": "",
}


def said(**parts: Any) -> list[str]:
    """Return what is wrong with the entry of a move that has these parts too."""
    return [text.en for text in shape_problems({**ENTRY, **parts})]


def wrong(part: str) -> list[str]:
    return [f"the part {part} of the entry has a wrong form"]


def clocks(**parts: Any) -> list[str]:
    return said(clocks=[CLOCK, {**CLOCK, **parts}])


def test_an_entry_as_the_engine_writes_it_has_no_problems() -> None:
    assert said() == []
    assert clocks(provisional=True, suspensions=[["2026-03-03", "2026-03-04"], ["2026-03-05"]], extensions=[5]) == []
    assert said(guards=[["there", True], ["late", False]], pub={"code": "B", "round": [1, {"a": True}]}) == []


def test_what_is_missing_unknown_or_of_another_type_is_said() -> None:
    body = {name: value for name, value in ENTRY.items() if name not in ("prev", "role")}
    told = [text.en for text in shape_problems({**body, "opening": {}, "colour": "red"})]
    assert sorted(told) == [
        "an entry of type fired has no opening",
        "the entry has an unknown part 'colour'",
        "the entry has no prev",
        "the entry has no role",
    ]


@pytest.mark.parametrize("kind", ["abolished", "", 7, None, ["fired"]])
def test_a_type_that_there_is_not_has_no_parts_of_its_own(kind: object) -> None:
    told = said(type=kind)
    assert "the part type of the entry has a wrong form" in told
    assert f"an entry of type {kind} has no transition" in told


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("v", True),
        ("v", 2),
        ("v", "1"),
        ("seq", -1),
        ("seq", True),
        ("seq", "2"),
        ("ledger", ""),
        ("ledger", 1),
        ("prev", HASH[:-1]),
        ("prev", f"{HASH}\n"),
        ("prev", HASH.upper()),
        ("id", HASH),
        ("actor", "P0"),
        ("actor", "P1234567890"),
        ("actor", "somebody"),
        ("at", "2026-03-02T01:00:00.000000Z\n"),
        ("at", "2026-03-02T01:00:00Z"),
        ("at", "2026-02-31T01:00:00.000000Z"),
        ("at", "2026-03-02T24:00:00.000000Z"),
        ("at", "2026-03-02T01:60:00.000000Z"),
        ("at", "0000-01-01T00:00:00.000000Z"),
        ("at", "２026-03-02T01:00:00.000000Z"),
        ("published", 1),
        ("published", False),
        ("published", "true"),
        ("guards", [["there", 1]]),
        ("guards", [["there"]]),
        ("guards", [["there", True, True]]),
        ("guards", ["ab"]),
        ("guards", {"there": True}),
        ("notices", "moved"),
        ("notices", [""]),
        ("rungs", [["reply", ""]]),
        ("pub", ["code"]),
        ("priv", {"fields/text": "short"}),
        ("joined", [{"role": "clerk"}]),
        ("joined", [{"role": "clerk", "who": "P1", "why": "x"}]),
        ("children", [{"case": "c", "workflow": "part", "role": "chief", "unit": "u", "batch": 1}]),
        ("stated", {"occurred_at": "2026-03-02", "basis": "letter"}),
        ("cause", {"case": "c"}),
        ("clocks", {}),
        ("clocks", [{}]),
    ],
)
def test_a_part_of_a_wrong_form_is_said_once(part: str, value: object) -> None:
    assert said(**{part: value}) == wrong(part)


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("state", "asleep"),
        ("promised_on", "23.3.2026"),
        ("promised_on", "2026-03-23\n"),
        ("provisional", 1),
        ("unwatched", False),
        ("suspensions", [[]]),
        ("suspensions", [["2026-03-03"] * 3]),
        ("suspensions", ["2026-03-03"]),
        ("extensions", [-5]),
        ("ended_at", "2026-02-30T01:00:00.000000Z"),
        ("colour", "red"),
    ],
)
def test_a_clock_of_a_wrong_form_makes_the_clocks_wrong(part: str, value: object) -> None:
    assert clocks(**{part: value}) == wrong("clocks")


def test_however_much_is_wrong_each_part_is_named_once() -> None:
    told = said(notices=[""] * 1000, priv=dict.fromkeys(map(str, range(1000)), "x"))
    assert sorted(told) == [*wrong("notices"), *wrong("priv")]


def test_a_long_name_of_an_unknown_part_is_cut() -> None:
    (told,) = said(**{"x" * 1_000_000: 1})
    assert len(told) < 100


def test_asking_changes_nothing() -> None:
    body = {**ENTRY, "clocks": [dict(CLOCK)]}
    before = json.dumps(body)
    assert list(shape_problems(body)) == []
    assert json.dumps(body) == before
