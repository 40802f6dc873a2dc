"""Rosters on both databases: counted and listed as in memory, a key and a slot given once, and none seen of others."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Final

import pytest

from engine.case.identity import CaseId
from engine.case.rosters import KnownLine
from engine.service.ports import Conflict
from engine.service.roster_ports import CoverageAsk, CoverageLine, HeldLine
from engine.service.roster_rows import RosterEnd, RosterLineRow, RosterReachRow
from engine.service.rows import BatchRows
from engine.storage import sight
from engine.storage.store import Store
from tests.support.kept_rosters import KeptRosters
from tests.support.storage import OTHER_ROOT, ROOT, a_row, opened, readers, table, write

LINES: Final = 120
ASKED: Final = [
    CoverageAsk(roster="firm", reach="visit.visited", from_day="2011-01-01", until_day="2011-12-31"),
    CoverageAsk(
        roster="firm",
        among=(("scale", ("large",)),),
        reach="visit.visited",
        from_day="2011-01-01",
        until_day="2012-12-31",
        by="scale",
    ),
    CoverageAsk(
        roster="firm", among=(("scale", ("large", "small")), ("union", ("true",))), has=(("congress", ("true",)),)
    ),
    CoverageAsk(roster="firm", has=(("union", ("false",)),), by="union"),
    CoverageAsk(roster="none", has=(("union", ("true",)),)),
]


def some_rows(seed: int) -> BatchRows:
    """Return lines and whom cases reached of them, thrown by dice; what one case holds, no other does."""
    dice, rows = random.Random(seed), BatchRows()
    for number in range(LINES):
        facets = {"scale": dice.choice(["large", "small", "零星"]), "union": dice.choice(["true", "false"])}
        facets |= {"congress": dice.choice(["true", "false"])} if dice.random() < 0.7 else {}
        unit = dice.choice(["works", "plant", "shop"])
        root = ROOT if dice.random() < 0.9 else OTHER_ROOT
        rows.roster_lines.append(
            RosterLineRow(root, "firm", f"F{number:03}", f"line{number}", f"企业{number}", unit, json.dumps(facets))
        )
    for number in range(2 * LINES):
        is_excused = dice.random() < 0.3
        rows.roster_reaches.append(
            RosterReachRow(
                ROOT,
                dice.choice(["visit.visited", "class.trained"]),
                f"F{dice.randrange(LINES):03}",
                f"case{number}",
                dice.randrange(3),
                "works",
                dice.choice([None, "2011-01-01", "2011-12-31", "2012-05-05", "2010-12-31"]),
                None if is_excused else f"slot{number}",
                int(dice.random() < 0.3),
                int(is_excused),
            )
        )
    return rows


@pytest.fixture(params=["few", "many"])
def store(any_database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store in which every reader counts as one who sees few cases, then as one who sees many."""
    monkeypatch.setattr(sight, "FEW", 2_000 if request.param == "few" else -1)
    with opened(any_database) as store:
        yield store


@pytest.mark.parametrize("seed", [1, 2])
def test_both_databases_count_and_list_as_one_would_by_hand(store: Store, seed: int) -> None:
    rows, kept = some_rows(seed), KeptRosters()
    kept.write(rows)
    write(store, rows)
    for ask in ASKED:
        counted = sorted(store.reads.coverage_counts(ROOT, None, ask), key=str)
        assert counted == sorted(kept.coverage_counts(ROOT, None, ask), key=str)
        assert store.reads.coverage_twice(ROOT, None, ask) == kept.coverage_twice(ROOT, None, ask)
        for covered in (True, False):
            found: list[CoverageLine] = []
            while page := store.reads.coverage_lines(
                ROOT, None, ask, covered=covered, units=None, after=found[-1].key if found else "", limit=7
            ):
                found += page
            assert found == kept.coverage_lines(ROOT, None, ask, covered=covered, units=None, after="", limit=LINES)
        narrowed = store.reads.coverage_lines(ROOT, None, ask, covered=True, units=["plant"], after="", limit=LINES)
        assert {line.unit for line in narrowed} <= {"plant"}
    assert sum(count.lines for count in store.reads.coverage_counts(ROOT, None, ASKED[0])) > LINES / 2


def test_only_lines_that_may_be_seen_are_counted_and_listed(store: Store) -> None:
    lines = [RosterLineRow(ROOT, "firm", f"F{n}", f"line{n}", f"企业{n}", "works", "{}") for n in range(3)]
    reaches = [
        RosterReachRow(ROOT, "visit.visited", "F0", f"visit{n}", 0, "works", "2011-05-05", None, 0, 1) for n in range(2)
    ]
    seen = readers("person:li", "line0", "line1", "visit1")
    cases = [a_row(name) for name in ("line0", "line1", "line2", "visit0", "visit1")]
    write(store, BatchRows(created=cases, readers=seen, roster_lines=lines, roster_reaches=reaches))
    (count,) = store.reads.coverage_counts(ROOT, ["person:li"], ASKED[0])
    assert (count.lines, count.covered) == (2, 1)
    assert store.reads.coverage_twice(ROOT, ["person:li"], ASKED[0]) == 1
    listed = store.reads.coverage_lines(ROOT, ["person:li"], ASKED[0], covered=False, units=None, after="", limit=9)
    assert [line.key for line in listed] == ["F1"]
    assert store.reads.coverage_counts(ROOT, ["person:nobody"], ASKED[0]) == []
    assert store.reads.roster_named(ROOT, ["person:li"], "firm", called=None, limit=9) == [
        ("F0", "企业0"),
        ("F1", "企业1"),
    ]
    assert store.reads.roster_named(ROOT, ["person:li"], "firm", called="业1", limit=9) == [("F1", "企业1")]
    assert store.reads.roster_named(ROOT, ["person:li"], "firm", called="F2", limit=9) == []
    assert store.reads.roster_named(ROOT, ["person:li"], "firm", called=None, limit=1) == [("F0", "企业0")]
    assert store.reads.roster_seen(ROOT, ["person:li"], "firm", ["F1", "F2", "F7"]) == [("F1", "企业1")]
    assert store.reads.roster_seen(ROOT, ["person:nobody"], "firm", ["F1"]) == []


def test_both_databases_name_lines_as_one_would_by_hand(store: Store) -> None:
    rows, kept = some_rows(3), KeptRosters()
    kept.write(rows)
    write(store, rows)
    for called in (None, kept.lines[0].key, kept.lines[0].name, "%", "_", "1"):
        named = store.reads.roster_named(ROOT, None, "firm", called=called, limit=LINES)
        assert named == kept.roster_named(ROOT, None, "firm", called=called, limit=LINES), called
    keys = [line.key for line in kept.lines[::3]]
    assert store.reads.roster_seen(ROOT, None, "firm", keys) == kept.roster_seen(ROOT, None, "firm", keys)


def test_a_key_and_a_slot_are_given_to_one_of_two(store: Store) -> None:
    line = RosterLineRow(ROOT, "firm", "F1", "line1", "企业", "works", "{}")
    reach = RosterReachRow(ROOT, "visit.visited", "F1", "visit1", 0, "works", None, "2011", 1, 0)
    write(store, BatchRows(roster_lines=[line], roster_reaches=[reach]))
    for rows in (
        BatchRows(roster_lines=[line._replace(case="line2")]),
        BatchRows(roster_reaches=[reach._replace(case="visit2")]),
    ):
        with pytest.raises(Conflict):
            write(store, rows)
    write(store, BatchRows(roster_reaches=[reach._replace(case="visit3", slot=None, excused=1)]))


def test_what_a_case_had_gives_way_to_what_it_has(store: Store, any_database: str) -> None:
    line = RosterLineRow(ROOT, "firm", "F1", "line1", "企业", "works", "{}")
    reach = RosterReachRow(ROOT, "visit.visited", "F1", "visit1", 0, "works", None, "2011", 1, 0)
    write(store, BatchRows(roster_lines=[line], roster_reaches=[reach]))
    assert store.reads.roster_lines(ROOT, [("firm", "F1"), ("firm", "F2"), ("other", "F1")]) == {
        ("firm", "F1"): KnownLine(CaseId("line1"), "企业")
    }
    slots = [("visit.visited", "F1", "2011"), ("visit.visited", "F1", "2012"), ("visit.visited", "F2", "2011")]
    assert store.reads.roster_held(ROOT, slots) == {slots[0]: HeldLine(CaseId("visit1"), "works", None)}
    assert store.reads.roster_lines(OTHER_ROOT, [("firm", "F1")]) == {}

    ends = [RosterEnd(ROOT, "line1"), RosterEnd(ROOT, "visit1")]
    write(
        store,
        BatchRows(
            roster_ends=ends,
            roster_lines=[line._replace(key="F2")],
            roster_reaches=[reach._replace(key="F2", day="2011-07-04", planned=0)],
        ),
    )
    assert table(any_database, "SELECT key FROM roster_line") == [("F2",)]
    assert table(any_database, "SELECT key, day FROM roster_reach") == [("F2", "2011-07-04")]
    write(store, BatchRows(roster_ends=ends))
    assert table(any_database, "SELECT key FROM roster_line") == []
    assert table(any_database, "SELECT key FROM roster_reach") == []
