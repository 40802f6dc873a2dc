"""Lists, pages, the overdue list and the files of cases: who sees what, and in what order, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from engine.case.identity import CaseId
from engine.errors import InputRefused
from engine.service.deadline_ports import DeadlineFilter
from engine.service.history_ports import CaseFile, SpanLine, StoredSpan
from engine.service.ports import CaseFilter, OverdueLine
from engine.service.rows import BatchRows, PrivateRow, SpanRow
from engine.storage import sight
from engine.storage.store import Store
from tests.support.storage import OTHER_ROOT, ROOT, a_deadline, a_row, an_entry, ids, opened, readers, write

ANY = CaseFilter()


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


@pytest.fixture(params=["few", "many"])
def store_seen_either_way(
    any_database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Store]:
    """A store in which every reader counts as one who sees few cases, then as one who sees many."""
    monkeypatch.setattr(sight, "FEW", 2_000 if request.param == "few" else -1)
    with opened(any_database) as store:
        yield store


def pages(store: Store, principals: Sequence[str] | None, where: CaseFilter = ANY, *, limit: int = 2) -> list[str]:
    """Return the ids of all pages, one after the other."""
    found: list[str] = []
    after: str | None = None
    while True:
        page = store.reads.list_cases(ROOT, principals, where, after=after, limit=limit)
        assert len(page.lines) <= limit
        found += ids(page.lines)
        after = page.next
        if after is None:
            return found


def test_pages_hold_every_case_once_the_newest_first_then_by_id(store: Store) -> None:
    opened_at = {"a": 1, "b": 3, "c": 3, "d": 3, "e": 2, "f": -5}
    write(store, BatchRows(created=[a_row(name, opened_at=at) for name, at in opened_at.items()]))
    write(store, BatchRows(created=[a_row("x", root=OTHER_ROOT)]))

    for limit in (1, 2, 3, 6, 7):
        assert pages(store, None, limit=limit) == ["d", "c", "b", "e", "a", "f"]


def test_a_case_that_arrives_while_somebody_pages_moves_nothing(store: Store) -> None:
    write(store, BatchRows(created=[a_row(name, opened_at=at) for at, name in enumerate("abcd")]))
    first = store.reads.list_cases(ROOT, None, ANY, after=None, limit=2)
    write(store, BatchRows(created=[a_row("e", opened_at=9)]))
    second = store.reads.list_cases(ROOT, None, ANY, after=first.next, limit=2)

    assert (ids(first.lines), ids(second.lines), second.next) == (["d", "c"], ["b", "a"], None)


def test_a_garbled_key_of_a_page_is_refused(store: Store) -> None:
    garbled = ["", "1", "x.y", "1.", "' OR 1=1", "9" * 19 + ".a", "9" * 19 + ".a.b"]
    for after in [*garbled, "1.a.b"]:
        with pytest.raises(InputRefused):
            store.reads.list_cases(ROOT, None, ANY, after=after, limit=2)
    for after in [*garbled, "1.a"]:
        with pytest.raises(InputRefused):
            store.reads.overdue(ROOT, None, before=1, after=after, limit=2)


def test_a_line_carries_what_the_list_shows(store: Store) -> None:
    row = a_row("a", number="提〔2026〕1号", subject="食堂", category="welfare", lead_unit="canteen", next_due_at=77)
    write(store, BatchRows(created=[row._replace(congress_session="s-1")]))
    (line,) = store.reads.list_cases(ROOT, None, ANY, after=None, limit=5).lines

    assert line._asdict() == {
        "id": "a",
        "workflow": "proposal",
        "definition_version": 1,
        "number": "提〔2026〕1号",
        "subject": "食堂",
        "category": "welfare",
        "state": "filed",
        "phase": "active",
        "unit": "union-office",
        "lead_unit": "canteen",
        "congress_session": "s-1",
        "opened_at": row.opened_at,
        "changed_at": row.changed_at,
        "next_due_at": 77,
        "version": 1,
        "seq": 1,
        "provisional": False,
    }


def test_nobody_sees_what_none_of_their_principals_may_see(store_seen_either_way: Store) -> None:
    store = store_seen_either_way
    write(
        store,
        BatchRows(
            created=[a_row(name, opened_at=at) for at, name in enumerate("abc")],
            readers=[
                *readers("unit:x", "a", "b", due_at=5),
                *readers("person:p", "b", due_at=5),
                *readers("unit:x", "c", root=OTHER_ROOT, due_at=5),
            ],
            deadlines=[a_deadline(name, due_at=5) for name in "abc"],
        ),
    )
    seen = {
        principals: (
            pages(store, principals),
            store.reads.count_cases(ROOT, principals, "proposal"),
            [line.case.id for line in store.reads.overdue(ROOT, principals, before=9, after=None, limit=9)[0]],
            [name for name in "abc" if store.reads.case(ROOT, CaseId(name), principals) is not None],
        )
        for principals in [("unit:x",), ("person:p",), ("unit:x", "person:p"), ("unit:%",), (), None]
    }

    assert seen == {
        ("unit:x",): (["b", "a"], {"filed": 2}, ["a", "b"], ["a", "b"]),
        ("person:p",): (["b"], {"filed": 1}, ["b"], ["b"]),
        ("unit:x", "person:p"): (["b", "a"], {"filed": 2}, ["a", "b"], ["a", "b"]),
        ("unit:%",): ([], {}, [], []),
        (): ([], {}, [], []),
        None: (["c", "b", "a"], {"filed": 3}, ["a", "b", "c"], ["a", "b", "c"]),
    }


FILTERED: list[tuple[CaseFilter, list[str]]] = [
    (CaseFilter(workflow="grievance"), ["b"]),
    (CaseFilter(states=("filed", "nowhere")), ["b", "a"]),
    (CaseFilter(states=()), []),
    (CaseFilter(phase="final"), ["c"]),
    (CaseFilter(unit="canteen"), ["c", "b"]),
    (CaseFilter(congress_session="s-1"), ["a"]),
    (CaseFilter(category="pay"), ["b"]),
    (CaseFilter(ids=(CaseId("b"), CaseId("d"), CaseId("gone"))), ["b"]),
    (CaseFilter(ids=()), []),
    (CaseFilter(children=True), ["d", "c", "b", "a"]),
    (CaseFilter(workflow="proposal", states=("done",), unit="canteen"), ["c"]),
]


def test_a_list_is_narrowed_by_every_filter(store_seen_either_way: Store) -> None:
    store = store_seen_either_way
    rows = [
        a_row("a", number="N-1", subject="改善食堂", opened_at=1, congress_session="s-1"),
        a_row("b", number="N-2", subject="加薪50%", opened_at=2, workflow="grievance", category="pay", unit="canteen"),
        a_row("c", subject="和/或", opened_at=3, state="done", phase="final", lead_unit="canteen"),
        a_row("d", opened_at=4, state="open", parent="a"),
    ]
    write(store, BatchRows(created=rows, readers=readers("unit:x", *"abcd")))

    for where, found in FILTERED:
        assert pages(store, None, where) == pages(store, ["unit:x", "unit:y"], where) == found, where


def test_cases_are_counted_by_state_within_their_workflow(store: Store) -> None:
    rows = [a_row("a"), a_row("b"), a_row("c", state="done"), a_row("d", workflow="grievance")]
    write(store, BatchRows(created=rows))

    assert store.reads.count_cases(ROOT, None, "proposal") == {"filed": 2, "done": 1}


def test_the_most_overdue_comes_first_and_pages_miss_and_repeat_nothing(store: Store) -> None:
    write(
        store,
        BatchRows(
            created=[a_row("a"), a_row("b"), a_row("c", workflow="grievance")],
            deadlines=[
                a_deadline("a", "reply", due_at=30),
                a_deadline("b", "reply.second", due_at=10),
                a_deadline("b", "evaluation", due_at=10),
                a_deadline("c", "reply", due_at=20),
                a_deadline("a", "later", due_at=40),
                a_deadline("a", "stopped", due_at=5, state="met"),
                a_deadline("a", "still", due_at=5, state="suspended"),
            ],
        ),
    )
    found, after = [], None
    while True:
        lines, after = store.reads.overdue(ROOT, None, before=40, after=after, limit=1)
        found += [(line.case.id, line.deadline) for line in lines]
        if after is None:
            break

    assert found == [("b", "evaluation"), ("b", "reply.second"), ("c", "reply"), ("a", "reply")]
    only, _ = store.reads.overdue(
        ROOT, None, before=40, after=None, limit=9, where=DeadlineFilter(workflow="grievance")
    )
    assert [line.case.id for line in only] == ["c"]


def test_an_overdue_line_says_when_it_was_due_and_what_was_promised(store: Store) -> None:
    row = a_row("a")
    write(store, BatchRows(created=[row], deadlines=[a_deadline("a", due_at=30, provisional=1, rungs='["unit"]')]))
    (line,) = store.reads.overdue(ROOT, None, before=31, after=None, limit=9)[0]
    (case,) = store.reads.list_cases(ROOT, None, ANY, after=None, limit=1).lines

    assert line == OverdueLine(case, "reply", 30, "2026-06-02", "2026-06-01", True, '["unit"]')


def test_spans_of_a_workflow_come_case_by_case_up_to_the_instant(store: Store) -> None:
    write(
        store,
        BatchRows(
            created=[a_row("b"), a_row("a"), a_row("c", workflow="grievance")],
            spans=[
                SpanRow(ROOT, "b", "state", 1, "filed", 10),
                SpanRow(ROOT, "a", "unit", 1, "u", 20),
                SpanRow(ROOT, "a", "state", 2, "done", 21),
                SpanRow(ROOT, "a", "state", 1, "filed", 10),
                SpanRow(ROOT, "c", "state", 1, "filed", 10),
            ],
        ),
    )

    assert list(store.reads.spans_of_workflow(ROOT, "proposal", 20)) == [
        SpanLine(CaseId("a"), "state", 1, "filed", 10, None),
        SpanLine(CaseId("a"), "unit", 1, "u", 20, None),
        SpanLine(CaseId("b"), "state", 1, "filed", 10, None),
    ]


def test_all_ids_come_in_order_and_more_of_them_than_are_fetched_at_once(store: Store) -> None:
    names = [f"case-{number:04}" for number in range(1_200)]
    write(store, BatchRows(created=[a_row(name) for name in reversed(names)]))

    assert list(store.reads.all_case_ids(ROOT)) == names


def test_a_stream_left_half_read_gives_its_connection_back(store: Store) -> None:
    write(store, BatchRows(created=[a_row(name) for name in "abc"]))
    for _ in range(20):
        stream = store.reads.all_case_ids(ROOT)
        assert next(iter(stream)) == "a"
        del stream
    store.reads.ping()


def test_what_is_left_of_a_case_without_its_row_is_still_found(store: Store) -> None:
    write(
        store,
        BatchRows(
            created=[a_row("a"), a_row("z", root=OTHER_ROOT)],
            entries=[an_entry("b", 1), an_entry("b", 2), an_entry("a", 1)],
            privates=[PrivateRow(ROOT, "c", 1, "p", "", b"x")],
            spans=[SpanRow(ROOT, "d", "state", 1, "filed", 1)],
            deadlines=[a_deadline("e")],
        ),
    )

    assert list(store.reads.kept_ids(ROOT)) == ["a", "b", "c", "d", "e"]
    nothing = CaseFile(CaseId("?"), None, (), (), (), ())
    assert store.reads.case_files(ROOT, [CaseId(name) for name in "edcbx"]) == [
        nothing._replace(case=CaseId("e"), deadlines=(a_deadline("e"),)),
        nothing._replace(case=CaseId("d"), spans=(StoredSpan(ROOT, "d", "state", 1, "filed", 1, None, None),)),
        nothing._replace(case=CaseId("c"), privates=(PrivateRow(ROOT, "c", 1, "p", "", b"x"),)),
        nothing._replace(case=CaseId("b"), entries=(an_entry("b", 1), an_entry("b", 2))),
        nothing._replace(case=CaseId("x")),
    ]
    assert store.reads.case_files(ROOT, [CaseId("a")])[0].row == a_row("a")
