"""Cases, deadlines and parts counted by where they rest, behind the readers of who asks, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.case.identity import CaseId
from engine.service.deadline_ports import DeadlineFilter, place_of
from engine.service.notice_ports import NoticeRow, ToldRow
from engine.service.overview_ports import DeadlineGroup, OpenGroup, PartGroup, RaisedRung
from engine.service.rows import BatchRows, OutboxRow
from engine.storage import sight
from engine.storage.store import Store
from tests.support.storage import ROOT, a_deadline, a_row, opened, readers, write, writes_of

DAY = 86_400_000_000


@pytest.fixture(params=["few", "many"])
def store(any_database: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store in which every reader counts as one who sees few cases, then as one who sees many."""
    monkeypatch.setattr(sight, "FEW", 2_000 if request.param == "few" else -1)
    with opened(any_database) as store:
        write(store, ROWS)
        yield store


ROWS = BatchRows(
    created=[
        a_row("a", unit="u", opened_at=3 * DAY + 5, next_due_at=10),
        a_row("b", unit="u", lead_unit="v", opened_at=4 * DAY, next_due_at=30),
        a_row("c", unit="u", lead_unit="v", opened_at=5 * DAY, next_due_at=None),
        a_row("over", unit="u", phase="final", state="done"),
        a_row("p1", unit="v", workflow="part", state="returned", phase="final", parent="b"),
        a_row("p2", unit="w", workflow="part", state="returned", phase="final", parent="b"),
        a_row("p3", unit="v", workflow="part", state="open", opened_at=6 * DAY, parent="b"),
        a_row("p4", unit="v", workflow="part", state="returned", phase="final", parent="c"),
        a_row("hidden", unit="u", next_due_at=1),
        a_row("ph", unit="v", workflow="part", state="returned", phase="final", parent="c"),
    ],
    deadlines=[
        a_deadline("a", due_at=10, rungs='["blue"]'),
        a_deadline("b", due_at=30, rungs='["blue"]'),
        a_deadline("b", "promise", due_at=50),
        a_deadline("hidden", due_at=5),
    ],
    readers=readers("role:x@u", "a", "b", "c", "over", "p1", "p2", "p3", "p4"),
)
MINE = ["role:x@u"]


def test_deadlines_are_counted_by_place_rungs_and_lateness(store: Store) -> None:
    def groups(where: DeadlineFilter, before: int = 60) -> list[DeadlineGroup]:
        return list(store.reads.deadline_groups(ROOT, MINE, before=before, late=11, near=31, where=where))

    of_a = DeadlineGroup("u", None, "proposal", "filed", "reply", '["blue"]', True, True, 1)
    of_b = DeadlineGroup("u", "v", "proposal", "filed", "reply", '["blue"]', False, True, 1)
    promise = DeadlineGroup("u", "v", "proposal", "filed", "promise", "[]", False, False, 1)
    assert set(groups(DeadlineFilter())) == {of_a, of_b, promise}
    assert groups(DeadlineFilter(), before=30) == [of_a]
    assert groups(DeadlineFilter(names=("promise",))) == [promise]
    assert set(groups(DeadlineFilter(raised=True))) == {of_a, of_b}
    assert groups(DeadlineFilter(handled_by=("u",))) == [of_a]
    assert set(groups(DeadlineFilter(handled_by=("v", "w")))) == {of_b, promise}
    assert groups(DeadlineFilter(resting=(place_of("proposal", "filed", "u", None),))) == [of_a]
    assert set(groups(DeadlineFilter(resting=(place_of("proposal", "filed", "u", "v"), "nowhere")))) == {of_b, promise}


def test_the_list_of_deadlines_is_narrowed_to_what_was_counted(store: Store) -> None:
    def listed(where: DeadlineFilter) -> list[str]:
        lines, _next = store.reads.overdue(ROOT, MINE, before=60, after=None, limit=9, where=where)
        return [f"{line.case.id}/{line.deadline}" for line in lines]

    assert listed(DeadlineFilter(names=("promise", "reply"))) == ["a/reply", "b/reply", "b/promise"]
    assert listed(DeadlineFilter(raised=True, handled_by=("v",))) == ["b/reply"]
    assert listed(DeadlineFilter(resting=(place_of("proposal", "filed", "u", "v"),))) == ["b/reply", "b/promise"]


def test_open_cases_and_parts_are_counted_with_their_age_and_what_is_due(store: Store) -> None:
    assert set(store.reads.open_groups(ROOT, MINE, soon=10)) == {
        OpenGroup("u", None, "proposal", "filed", False, 1, 3, 1),
        OpenGroup("u", "v", "proposal", "filed", False, 2, 9, 0),
        OpenGroup("v", None, "part", "open", True, 1, 6, 0),
    }


def test_parts_are_counted_by_unit_and_by_how_they_ended(store: Store) -> None:
    assert set(store.reads.part_groups(ROOT, MINE)) == {
        PartGroup("v", "part", "returned", 2),
        PartGroup("v", "part", "open", 1),
        PartGroup("w", "part", "returned", 1),
    }


def test_cases_of_which_parts_came_back_again_and_again(store: Store) -> None:
    def bounced(least: int, limit: int = 9) -> list[tuple[CaseId, int]]:
        return list(store.reads.bounced(ROOT, MINE, ["part returned"], least=least, limit=limit))

    assert bounced(2) == [(CaseId("b"), 2)]
    assert bounced(1) == [(CaseId("b"), 2), (CaseId("c"), 1)]
    assert bounced(1, limit=1) == [(CaseId("b"), 2)]
    assert bounced(3) == []
    assert list(store.reads.bounced(ROOT, MINE, [], least=1, limit=9)) == []


def test_nobody_is_counted_what_they_may_not_see_and_the_system_counts_all(store: Store) -> None:
    nobody = ["role:y@u"]
    assert store.reads.open_groups(ROOT, nobody, soon=99) == []
    assert store.reads.part_groups(ROOT, nobody) == []
    assert store.reads.deadline_groups(ROOT, nobody, before=99, late=1, near=2, where=DeadlineFilter()) == []
    assert sum(group.cases for group in store.reads.open_groups(ROOT, None, soon=99)) == 5
    assert sum(group.parts for group in store.reads.part_groups(ROOT, None)) == 5


def test_who_was_told_of_rungs_is_asked_for_several_cases_at_once(store: Store) -> None:
    def told(case: str, person: str, kind: str, name: str, seq: int) -> NoticeRow:
        return NoticeRow(ROOT, person, f"{case}-{seq}-{kind}", case, seq, kind, name, "handler", None, 70 + seq, 99)

    def row(notice: NoticeRow) -> OutboxRow:
        return OutboxRow(ROOT, notice.outbox, notice.case, notice.seq, notice.kind, notice.name, notice.at)

    notices = [
        told("a", "p2", "rung", "reply/blue", 2),
        told("a", "p1", "rung", "reply/blue", 2),
        told("a", "p1", "notice", "assigned", 1),
        told("b", "p3", "rung", "reply/red", 5),
        told("c", "p4", "rung", "reply/red", 5),
    ]
    rows = list(dict.fromkeys(row(notice) for notice in notices))
    write(store, BatchRows(outbox=rows))
    done = [ToldRow(*one, told_at=99, people=1, reason=None) for one in rows]
    writes_of(store).plain(lambda plain: plain.tell(ROOT, done, notices, []))

    assert store.reads.raised_rungs(ROOT, [CaseId("b"), CaseId("a")]) == [
        RaisedRung(CaseId("a"), "reply/blue", 72, "p1", "handler"),
        RaisedRung(CaseId("a"), "reply/blue", 72, "p2", "handler"),
        RaisedRung(CaseId("b"), "reply/red", 75, "p3", "handler"),
    ]
    assert store.reads.raised_rungs(ROOT, []) == []
