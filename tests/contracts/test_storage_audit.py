"""What auditing asks of a database, on both alike: entries newest first by key, states passed, ids to draw from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.case.identity import CaseId, SessionId, UnitId
from engine.service.audit_ports import Drawn
from engine.service.rows import BatchRows, ReaderRow, SpanRow
from engine.service.sealing_ports import QueueKey
from engine.storage import sight
from engine.storage.store import Store
from tests.contracts.test_storage_sealing import begin, do, queue, seal_all
from tests.support.storage import OTHER_ROOT, ROOT, a_row, opened, write

LAST = QueueKey(2**62, "\U0010ffff", 2**62)


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def test_entries_are_walked_from_the_newest_down(store: Store) -> None:
    queue(store, (10, "a", 1), (20, "b", 1), (30, "a", 2))
    do(store, begin(2026))
    seal_all(store)
    queue(store, (40, "b", 2), (50, "c", 1))
    queue(store, (60, "z", 1), root=OTHER_ROOT)
    reads = store.reads
    waiting = reads.waiting_before(ROOT, LAST, 10)
    assert [(one.idx, one.at, one.case, one.seq) for one in waiting] == [(None, 50, "c", 1), (None, 40, "b", 2)]
    assert [one.case for one in reads.waiting_before(ROOT, QueueKey(50, "c", 1), 10)] == ["b"]
    sealed = reads.sealed_before(ROOT, 2**62, 2)
    assert [(one.idx, one.at, one.case, one.seq) for one in sealed] == [(2, 30, "a", 2), (1, 20, "b", 1)]
    assert sealed[0].body == b'{"case":"a","seq":2}'
    assert [one.idx for one in reads.sealed_before(ROOT, 1, 10)] == [0]
    assert reads.places_of(ROOT, CaseId("a")) == {1: 0, 2: 2}
    assert [reads.place_of_instant(ROOT, at) for at in (5, 10, 11, 30, 99)] == [0, 0, 1, 2, 3]
    assert reads.place_of_instant(OTHER_ROOT, 5) == 0


def span(case: str, kind: str, seq: int, value: str, from_at: int) -> SpanRow:
    return SpanRow(root=ROOT, case=case, kind=kind, seq=seq, value=value, from_at=from_at)


@pytest.fixture
def filled(store: Store) -> Store:
    rows = [
        a_row("a", opened_at=100, congress_session="s1", unit="u1"),
        a_row("b", opened_at=200, congress_session="s1", unit="u2", state="closed"),
        a_row("c", opened_at=300, congress_session="s2", unit="u1"),
        a_row("d", opened_at=400, workflow="grievance"),
    ]
    spans = [
        span("a", "state", 1, "draft", 100),
        span("a", "state", 2, "filed", 110),
        span("a", "unit", 1, "u1", 100),
        span("b", "state", 1, "draft", 200),
        span("b", "stated", 1, "undated", 200),
        span("c", "state", 1, "draft", 300),
        span("d", "state", 1, "draft", 400),
    ]
    readers = [ReaderRow(ROOT, "person:p", case, None) for case in ("a", "b", "d")]
    write(store, BatchRows(created=rows, spans=spans, readers=readers))
    return store


def passed(store: Store, principals: list[str] | None, where: Drawn, limit: int = 10) -> list[tuple[object, ...]]:
    found = store.reads.states_passed(ROOT, principals, where, limit=limit)
    return [(one.case, one.value, one.from_at, one.undated) for one in found]


def test_states_come_case_by_case_the_newest_case_first(filled: Store) -> None:
    assert passed(filled, None, Drawn("proposal")) == [
        ("c", "draft", 300, False),
        ("b", "draft", 200, True),
        ("a", "draft", 100, False),
        ("a", "filed", 110, False),
    ]
    assert [one[0] for one in passed(filled, ["person:p"], Drawn("proposal"))] == ["b", "a", "a"]
    assert [one[0] for one in passed(filled, None, Drawn("proposal"), limit=2)] == ["c", "b"]
    assert passed(filled, ["person:nobody"], Drawn("proposal")) == []


def test_all_states_come_case_by_case_behind_the_readers_of_who_asks(
    filled: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def whole(principals: list[str] | None, where: Drawn) -> list[tuple[object, ...]]:
        found = filled.reads.all_states_passed(ROOT, principals, where)
        return [(one.case, one.value, one.from_at, one.undated) for one in found]

    everything = [("a", "draft", 100, False), ("a", "filed", 110, False), ("b", "draft", 200, True)]
    for few in (2_000, -1):
        monkeypatch.setattr(sight, "FEW", few)
        assert whole(None, Drawn("proposal")) == [*everything, ("c", "draft", 300, False)]
        assert whole(["person:p"], Drawn("proposal")) == everything
        assert whole(["person:p"], Drawn("proposal", units=("u1",), opened_until=200)) == everything[:2]
        assert whole(["person:nobody"], Drawn("proposal")) == []


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (Drawn("proposal"), ["a", "b", "c"]),
        (Drawn("proposal", congress_session=SessionId("s1")), ["a", "b"]),
        (Drawn("proposal", units=(UnitId("u1"),)), ["a", "c"]),
        (Drawn("proposal", opened_from=200), ["b", "c"]),
        (Drawn("proposal", opened_from=100, opened_until=200), ["a"]),
        (Drawn("proposal", state="closed"), ["b"]),
        (Drawn("grievance"), ["d"]),
    ],
)
def test_a_sample_is_drawn_from_what_was_asked_for(filled: Store, where: Drawn, expected: list[str]) -> None:
    assert filled.reads.ids_drawn_from(ROOT, None, where, limit=10) == expected
    seen = [case for case in expected if case != "c"]
    assert filled.reads.ids_drawn_from(ROOT, ["person:p"], where, limit=10) == seen
    assert len(filled.reads.ids_drawn_from(ROOT, None, where, limit=1)) == 1
