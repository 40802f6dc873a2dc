"""Lists of cases by next due instant and by number: each visible case once, page by page, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from engine.errors import InputRefused
from engine.service.list_orders import Order
from engine.service.ports import CaseFilter
from engine.service.rows import BatchRows
from engine.storage import sight
from engine.storage.store import Store
from tests.support.storage import OTHER_ROOT, ROOT, a_deadline, a_row, ids, opened, readers, write

BY_DUE = CaseFilter(order=Order.DUE)
BY_NUMBER = CaseFilter(workflow="proposal", order=Order.NUMBER)
DUE = {"a": 50, "b": 10, "c": 30, "d": 30, "e": None, "f": 20}
NUMBERS = {"a": "T03", "b": "T01", "c": None, "d": "T10", "e": "T02"}


@pytest.fixture(params=["few", "many"])
def store(any_database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store in which every reader counts as one who sees few cases, then as one who sees many."""
    monkeypatch.setattr(sight, "FEW", 2_000 if request.param == "few" else -1)
    with opened(any_database) as store:
        yield store


def pages(store: Store, principals: Sequence[str] | None, where: CaseFilter, limit: int) -> list[str]:
    found: list[str] = []
    after: str | None = None
    while True:
        page = store.reads.list_cases(ROOT, principals, where, after=after, limit=limit)
        found += ids(page.lines)
        after = page.next
        if after is None:
            return found


def fill_due(store: Store) -> None:
    """Write cases with a running deadline each, b with a second one later and c with one at the same instant."""
    running = [a_deadline(name, due_at=at) for name, at in DUE.items() if at is not None]
    running += [a_deadline("b", "later", due_at=90), a_deadline("c", "same", due_at=30)]
    running.append(a_deadline("e", due_at=5)._replace(state="met"))
    rows = [a_row(name, next_due_at=at) for name, at in DUE.items()]
    write(
        store,
        BatchRows(
            created=[*rows, a_row("x", root=OTHER_ROOT, next_due_at=1)],
            deadlines=[*running, a_deadline("x", root=OTHER_ROOT, due_at=1)],
            readers=readers("person:li", *"abcde"),
        ),
    )


def test_by_due_instant_each_waiting_case_stands_once(store: Store) -> None:
    fill_due(store)
    for limit in (1, 2, 3, 9):
        assert pages(store, None, BY_DUE, limit) == ["b", "f", "c", "d", "a"]
        assert pages(store, ["person:li"], BY_DUE, limit) == ["b", "c", "d", "a"]
    assert pages(store, ["person:nobody"], BY_DUE, 9) == []


def test_by_number_only_what_has_one_is_listed(store: Store) -> None:
    rows = [a_row(name, number=number) for name, number in NUMBERS.items()]
    write(store, BatchRows(created=rows, readers=readers("person:li", *"abc")))
    for limit in (1, 2, 9):
        assert pages(store, None, BY_NUMBER, limit) == ["b", "e", "a", "d"]
        assert pages(store, ["person:li"], BY_NUMBER, limit) == ["b", "a"]


def test_the_filters_hold_in_every_order(store: Store) -> None:
    fill_due(store)
    for order in Order:
        assert pages(store, None, CaseFilter(workflow="grievance", order=order), 9) == []
        assert pages(store, None, CaseFilter(workflow="proposal", unit="elsewhere", order=order), 9) == []
    for order in (Order.OPENED, Order.DUE):
        with pytest.raises(InputRefused):
            store.reads.list_cases(ROOT, None, CaseFilter(order=order), after="T01.b", limit=2)
    with pytest.raises(InputRefused):
        store.reads.list_cases(ROOT, None, BY_NUMBER, after="T01", limit=2)


def test_of_the_newest_only_as_many_are_counted_as_asked_for(store: Store) -> None:
    states = {"a": "filed", "b": "draft", "c": "filed", "d": "filed"}
    write(
        store,
        BatchRows(created=[a_row(name, state=state) for name, state in states.items()], readers=readers("me", *"abc")),
    )
    assert store.reads.count_cases(ROOT, None, "proposal", newest=3) == {"filed": 2, "draft": 1}
    assert store.reads.count_cases(ROOT, ["me"], "proposal", newest=2) == {"filed": 1, "draft": 1}
    assert store.reads.count_cases(ROOT, ["me"], "proposal", newest=9) == {"filed": 2, "draft": 1}
    assert store.reads.count_cases(ROOT, ["nobody"], "proposal", newest=9) == {}
