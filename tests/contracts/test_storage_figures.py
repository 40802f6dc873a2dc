"""Keeping figures, on both databases: asked for once, answered over and over, dropped in the end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.case.identity import CaseId
from engine.service.case_rows import case_row
from engine.service.directory_ports import DirectoryWrites
from engine.service.figure_ports import AskFigures, DropFigures, KeepFigures, KeptFigures
from engine.service.plain import PlainWrite, apply_write
from engine.service.rows import BatchRows, RecusedRow, SpanRow
from engine.storage.store import Store
from tests.support.storage import OTHER_ROOT, ROOT, a_case, opened, write, writes_of


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def carry_out(store: Store, *plain: PlainWrite) -> None:
    def all_of_them(writes: DirectoryWrites) -> None:
        for one in plain:
            apply_write(one, writes)

    writes_of(store).plain(all_of_them)


ASKED = KeptFigures(ROOT, "a", '{"workflow":"proposal"}', 100)


def test_what_was_never_asked_for_is_not_there(store: Store) -> None:
    assert store.reads.figures_kept(ROOT, "a") is None


def test_what_is_asked_for_is_noted_once_and_does_not_overwrite_an_answer(store: Store) -> None:
    carry_out(store, AskFigures(ASKED))
    assert store.reads.figures_kept(ROOT, "a") == ASKED
    answered = ASKED._replace(until_at=500, as_of=7, kept_at=9, body="[1]")
    carry_out(store, KeepFigures(answered), AskFigures(ASKED))
    assert store.reads.figures_kept(ROOT, "a") == answered
    newer = answered._replace(as_of=17, kept_at=19, body="[2]")
    carry_out(store, KeepFigures(newer))
    assert store.reads.figures_kept(ROOT, "a") == newer
    assert store.reads.figures_kept(OTHER_ROOT, "a") is None


def test_an_answer_whose_question_was_dropped_meanwhile_is_kept_all_the_same(store: Store) -> None:
    carry_out(store, KeepFigures(ASKED._replace(as_of=1, kept_at=1, body="[]")))
    kept = store.reads.figures_kept(ROOT, "a")
    assert kept is not None
    assert kept.body == "[]"


def test_what_is_over_is_dropped_in_its_own_organisation(store: Store) -> None:
    other = ASKED._replace(root=OTHER_ROOT)
    carry_out(store, AskFigures(ASKED), AskFigures(ASKED._replace(id="b", until_at=101)), AskFigures(other))
    carry_out(store, DropFigures(ROOT, 101))
    assert store.reads.figures_kept(ROOT, "a") is None
    assert store.reads.figures_kept(ROOT, "b") is not None
    assert store.reads.figures_kept(OTHER_ROOT, "a") is not None


def test_cases_are_counted_up_to_a_limit(store: Store) -> None:
    rows = [case_row(a_case(f"c{n}"), number=None, subject=None, category=None) for n in range(3)]
    write(store, BatchRows(created=rows))
    assert [store.reads.cases_up_to(ROOT, "proposal", limit) for limit in (2, 3, 9)] == [2, 3, 3]
    assert store.reads.cases_up_to(ROOT, "grievance", 9) == 0
    assert store.reads.cases_up_to(OTHER_ROOT, "proposal", 9) == 0


def test_the_cases_that_units_ever_had_or_led_are_found_each_once(store: Store) -> None:
    rows = [case_row(a_case(f"c{n}"), number=None, subject=None, category=None) for n in range(4)]
    spans = [
        SpanRow(ROOT, "c0", "unit", 1, "works", 5),
        SpanRow(ROOT, "c0", "lead", 2, "logistics", 6),
        SpanRow(ROOT, "c0", "lead", 3, "safety", 7),
        SpanRow(ROOT, "c1", "unit", 1, "safety", 5),
        SpanRow(ROOT, "c1", "lead", 2, "safety", 6),
        SpanRow(ROOT, "c2", "field:category", 1, "safety", 5),
        SpanRow(OTHER_ROOT, "c3", "unit", 1, "safety", 5),
    ]
    write(store, BatchRows(created=rows, spans=spans))
    reads = store.reads
    assert sorted(reads.cases_of_units(ROOT, "proposal", ["safety"], 2) or ()) == ["c0", "c1"]
    assert reads.cases_of_units(ROOT, "proposal", ["safety"], 1) is None
    assert reads.cases_of_units(ROOT, "proposal", ["logistics", "works"], 1) == ["c0"]
    assert reads.cases_of_units(ROOT, "proposal", [], 9) == []
    assert reads.cases_of_units(ROOT, "grievance", ["safety"], 9) == []
    often = [SpanRow(ROOT, "c3", "lead", seq, "far", seq) for seq in range(1, 6)]
    write(store, BatchRows(spans=often))
    assert (
        reads.cases_of_units(ROOT, "proposal", ["far"], 1) is None
    )  # one case, given five times: more than four for one
    assert reads.cases_of_units(ROOT, "proposal", ["far"], 2) == ["c3"]
    told = list(reads.spans_of_cases(ROOT, 6, [CaseId("c1"), CaseId("c0"), CaseId("c9")]))
    assert [(one.case, one.kind, one.seq) for one in told] == [
        ("c0", "lead", 2), ("c0", "unit", 1), ("c1", "lead", 2), ("c1", "unit", 1)
    ]  # fmt: skip
    assert list(reads.spans_of_cases(OTHER_ROOT, 9, [CaseId("c0")])) == []


def test_who_sees_nothing_sees_few(store: Store) -> None:
    assert store.reads.sees_few(ROOT, ["person:nobody"])


def test_who_is_kept_from_some_case_is_known(store: Store) -> None:
    write(store, BatchRows(recused=[RecusedRow(ROOT, "a", "person:p")]))
    assert store.reads.is_kept_from_some(ROOT, "person:p")
    assert not store.reads.is_kept_from_some(ROOT, "person:q")
    assert not store.reads.is_kept_from_some(OTHER_ROOT, "person:p")
