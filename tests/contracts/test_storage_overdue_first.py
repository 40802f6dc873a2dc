"""The first page of the overdue list is found by another way than the others: it must show what they would show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from engine.service.ports import OverdueLine
from engine.service.rows import BatchRows, DeadlineRow, ReaderRow, RecusedRow
from engine.storage.store import Store
from tests.contracts.test_storage_plans import plan, statement_of
from tests.support.storage import OTHER_ROOT, ROOT, a_deadline, a_row, opened, write

PRINCIPALS = ("person:li", "role:clerk@works", "role:head@plant", "role:auditor@works")
BEFORE = 60


@pytest.fixture
def store(any_database: str) -> Iterator[Store]:
    with opened(any_database) as store:
        yield store


def drawn(chance: Random, cases: int) -> BatchRows:
    """Return cases with up to three deadlines each, running or not, and who reads and who does not."""
    rows = BatchRows()
    for n in range(cases):
        # Few instants, so that many are due at the same one.
        deadlines = [
            a_deadline(
                f"c{n:02d}", name, due_at=chance.randrange(12) * 10, state=chance.choice(["running"] * 3 + ["met"])
            )
            for name in ("reply", "review", "term")[: chance.randrange(4)]
        ]
        running = [row.due_at for row in deadlines if row.state == "running"]
        due_at = min(running) if running else None
        rows.created.append(a_row(f"c{n:02d}", next_due_at=due_at))
        rows.deadlines += deadlines
        seen = [principal for principal in PRINCIPALS if chance.random() < 0.4]
        rows.readers += [ReaderRow(ROOT, principal, f"c{n:02d}", due_at) for principal in seen]
        if chance.random() < 0.2:
            kept_from = chance.choice(["person:li", "person:wang", "unit:plant"])
            rows.recused.append(RecusedRow(ROOT, f"c{n:02d}", kept_from))
    rows.created.append(a_row("elsewhere", root=OTHER_ROOT))
    rows.readers.append(ReaderRow(OTHER_ROOT, "person:li", "elsewhere", 1))
    return rows


def expected(rows: BatchRows, asked: Sequence[str]) -> list[tuple[int, str, str]]:
    """Return the whole list as it follows from the rows, gone through one by one."""
    own = [one for one in asked if not one.startswith(("for:", "home:"))]
    deputed = [one.removeprefix("for:wang:") for one in asked if one.startswith("for:wang:")]
    readers, recused = defaultdict[str, set[str]](set), defaultdict[str, set[str]](set)
    for row in rows.readers:
        if row.root == ROOT:
            readers[row.case].add(row.principal)
    for gone in rows.recused:
        recused[gone.case].add(gone.principal)

    def sees(case: str) -> bool:
        if not recused[case].isdisjoint(own):
            return False
        in_place = recused[case].isdisjoint({"person:wang", "unit:plant"}) and not readers[case].isdisjoint(deputed)
        return in_place or not readers[case].isdisjoint(own)

    def listed(row: DeadlineRow) -> bool:
        return row.state == "running" and row.due_at < BEFORE and sees(row.case)

    return sorted((row.due_at, row.case, row.name) for row in rows.deadlines if listed(row))


def keys(lines: Sequence[OverdueLine]) -> list[tuple[int, str, str]]:
    return [(line.due_at, line.case.id, line.deadline) for line in lines]


@pytest.mark.parametrize("seed", range(6))
def test_the_first_page_is_the_beginning_of_the_list_and_the_others_follow(store: Store, seed: int) -> None:
    chance = Random(seed)
    rows = drawn(chance, 60)
    write(store, rows)
    viewers = [
        [],
        ["person:nobody"],
        ["person:li"],
        list(PRINCIPALS),
        ["person:li", "role:head@plant"],
        ["person:li", "for:wang:role:clerk@works", "for:wang:role:head@plant", "home:plant", "home:works"],
    ]
    for principals in viewers:
        whole = expected(rows, principals)
        for limit in (1, 7, 99):
            found, after = [], None
            while True:
                lines, after = store.reads.overdue(ROOT, principals, before=BEFORE, after=after, limit=limit)
                found += keys(lines)
                assert found == whole[: len(found)], (principals, limit)
                if after is None:
                    break
            assert found == whole, (principals, limit)
    assert expected(rows, PRINCIPALS), "something was there to be seen"


def test_the_first_page_looks_at_no_more_rows_than_it_shows(sqlite_database: str) -> None:
    with opened(sqlite_database) as store:
        store.reads.overdue(ROOT, ["person:li"], before=BEFORE, after=None, limit=50)
        steps = plan(sqlite_database, statement_of(store.reads, "overdue"))
    due = [step for step in steps if " due " in step]
    # Each principal's rows are walked in the order of their instants, up to the limit, and cases are then asked for by
    # their keys.
    assert due == ["SEARCH due USING COVERING INDEX ix_reader_due (root=? AND principal=? AND due_at<?)"]
    assert [step for step in steps if step.startswith("SEARCH deadline ")] == [
        "SEARCH deadline USING PRIMARY KEY (root=? AND case=?)"
    ]
