"""The archive: each visible case that is over stands once, page by page, on both databases; and by which index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from engine.case.identity import CaseId
from engine.errors import InputRefused
from engine.service.archive_ports import ArchiveFilter
from engine.service.rows import BatchRows
from engine.storage import sight
from engine.storage.reads import StoreReads
from engine.storage.store import Store
from tests.contracts.test_storage_plans import plan
from tests.support.storage import OTHER_ROOT, ROOT, a_row, ids, opened, readers, write

ALL = ArchiveFilter(workflow="proposal")
OPENED = {"a": 50, "b": 10, "c": 30, "d": 30, "e": 70}


@pytest.fixture(params=["few", "many"])
def store(any_database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store in which every reader counts as one who sees few cases, then as one who sees many."""
    monkeypatch.setattr(sight, "FEW", 2_000 if request.param == "few" else -1)
    with opened(any_database) as store:
        over = [
            a_row(name, phase="final", state="archived", opened_at=at, congress_session="6-3" if at < 40 else None)
            for name, at in OPENED.items()
        ]
        others = [
            a_row("f", opened_at=60),
            a_row("g", phase="final", workflow="grievance", opened_at=60),
            a_row("h", phase="final", root=OTHER_ROOT, opened_at=60),
        ]
        rows = BatchRows(created=[*over, *others], readers=readers("person:li", *"abcfg"))
        write(store, rows)
        yield store


def pages(store: Store, principals: Sequence[str] | None, where: ArchiveFilter, limit: int) -> list[str]:
    found: list[str] = []
    after: str | None = None
    while True:
        page = store.reads.archived_cases(ROOT, principals, where, after=after, limit=limit)
        found += ids(page.lines)
        after = page.next
        if after is None:
            return found


def test_each_case_that_is_over_stands_once_the_newest_opened_first(store: Store) -> None:
    for limit in (1, 2, 9):
        assert pages(store, None, ALL, limit) == ["e", "a", "d", "c", "b"]
        assert pages(store, ["person:li"], ALL, limit) == ["a", "c", "b"]
    assert pages(store, ["person:nobody"], ALL, 9) == []


def test_the_archive_is_narrowed_by_session_year_unit_and_what_was_found(store: Store) -> None:
    assert pages(store, None, ALL._replace(congress_session="6-3"), 1) == ["d", "c", "b"]
    assert pages(store, None, ALL._replace(from_at=30, until_at=70), 2) == ["a", "d", "c"]
    assert pages(store, None, ALL._replace(unit="elsewhere"), 9) == []
    found = ALL._replace(ids=tuple(CaseId(name) for name in "bcefh"))
    assert pages(store, None, found, 1) == ["e", "c", "b"]
    assert pages(store, ["person:li"], found, 2) == ["c", "b"]
    assert pages(store, None, ALL._replace(ids=()), 9) == []
    assert pages(store, None, ALL._replace(workflow="grievance"), 9) == ["g"]


def test_what_is_no_key_of_a_page_is_refused(store: Store) -> None:
    with pytest.raises(InputRefused) as refused:
        store.reads.archived_cases(ROOT, None, ALL, after="nonsense", limit=2)
    assert refused.value.text.zh == "翻页标记有误，请从第一页重新查看"


@pytest.mark.parametrize(
    "where",
    [ALL, ALL._replace(congress_session="6-3"), ALL._replace(from_at=1, until_at=2)],
    ids=["all", "session", "year"],
)
def test_sqlite_looks_up_each_of_the_cases_that_a_search_has_found(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch, where: ArchiveFilter
) -> None:
    monkeypatch.setattr(sight, "FEW", -1)
    with opened(sqlite_database) as store:
        store.reads.archived_cases(ROOT, ["unit:a"], where._replace(ids=(CaseId("a"),)), after=None, limit=50)
        assert isinstance(store.reads, StoreReads)
        (statement,) = store.reads._archived.values()
        steps = plan(sqlite_database, statement)
    assert steps[0].endswith("uq_cases_workflow (root=? AND workflow=? AND id=?)")


@pytest.mark.parametrize(
    ("where", "index"),
    [
        (ALL, "ix_cases_over (root=? AND workflow=?)"),
        (ALL._replace(from_at=1, until_at=2), "ix_cases_over (root=? AND workflow=? AND opened_at>? AND opened_at<?)"),
        (ALL._replace(congress_session="6-3"), "ix_cases_over_session (root=? AND workflow=? AND congress_session=?)"),
    ],
    ids=["all", "year", "session"],
)
def test_sqlite_walks_down_the_index_of_what_is_over(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch, where: ArchiveFilter, index: str
) -> None:
    monkeypatch.setattr(sight, "FEW", -1)
    with opened(sqlite_database) as store:
        store.reads.archived_cases(ROOT, ["unit:a"], where, after=None, limit=50)
        assert isinstance(store.reads, StoreReads)
        (statement,) = store.reads._archived.values()
        steps = plan(sqlite_database, statement)
    assert steps[0].endswith(index)
    assert not any("TEMP" in step for step in steps)
