"""Long work behind the pages: done once whatever happens to the worker, with the rights held at the moment, stopped by
who asked for it, and told to nobody else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count
from unittest.mock import patch

import pytest
from pydantic import JsonValue

from engine.access.directory import GrantRow, Person
from engine.case.commands import ErasureBasis
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import BanjieError, StorageUnavailable
from engine.service.bulk_moves import bulk_moves, move_some
from engine.service.desk import Desk
from engine.service.long_work import (
    ITEMS_MAX,
    OPEN_MAX,
    Asked,
    LongWork,
    NoSuchWork,
    Outcome,
    TooMuchWork,
    Work,
    WorkTooLarge,
)
from engine.service.long_work_ports import Which, WorkState
from engine.service.long_work_waves import ATTEMPTS_MAX, Wave, forget_over, work_once
from engine.service.person_erasure import erase_person
from engine.service.plain import AddPerson, RemoveGrant
from engine.service.selecting import Selection
from engine.service.watch import Watch
from engine.text import Text
from runtime.clock import SetClock
from runtime.jobs.handlers import work_on
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.house import ROOT, House, open_house
from tests.support.long_worker import AFTER_SETTLING, BEFORE_MOVING, BEFORE_SETTLING, killed_at
from tests.support.storage import table

ZHAI = PersonId("zhai")
WORDS = "这句话只给提出办理的人看。"


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@contextmanager
def open_house_again(url: str, at: datetime) -> Iterator[House]:
    """Open a database that has the organisation in it already."""
    clock = SetClock(at)
    with desk_of(Settings(database_url=url), clock=clock) as opened:
        yield House(opened.desk, clock, count(1000))


def submitted(house: House, number: int) -> list[CaseId]:
    cases = [house.open("shi", {"proposer_type": "delegation", "subject": f"提案第{n}件"}) for n in range(number)]
    for case in cases:
        house.fire("shi", case, "submit")
    return cases


def begin(house: House, cases: Sequence[CaseId], *, person: PersonId = ZHAI, key: str = "k", part: int = 2) -> Work:
    """Ask for the review of these cases to begin, two in a wave."""
    desk = house.desk
    selection = Selection(
        root=ROOT,
        actor=desk.queries.actor(ROOT, person, house.clock.now()),
        measure="begin_review",
        form={},
        cases=tuple(cases),
        any_move=True,
    )
    known = desk.reads.case_versions(ROOT, cases)
    versions = {case: known.get(case) for case in cases}
    asked = bulk_moves(selection, versions, desk.world(ROOT).rules, section="board", back="/board?session=s6m3")
    asked = Asked(kind=asked.kind, title=asked.title, payload=asked.payload, items=asked.items, part_items=part)
    return LongWork(desk).begin(ROOT, person, asked, key=key)


def finish(desk: Desk) -> None:
    while work_on(desk).more:
        pass


def now(house: House, work: Work) -> Work:
    return LongWork(house.desk).one(work.root, work.person, work.id)


def reasons(house: House, work: Work) -> list[str]:
    lines = LongWork(house.desk).every_line(work, Which.SKIPPED)
    return [line.outcome.reason.zh for line in lines if line.outcome is not None and line.outcome.reason is not None]


def counts(house: House, work: Work) -> tuple[str, int, int, int]:
    work = now(house, work)
    return str(work.state), work.done, work.skipped, work.left


def begun_times(house: House, cases: Sequence[CaseId]) -> list[int]:
    """Return how often the review of each case was begun."""
    found = {case.id: case.fired.get("begin_review", 0) for case in house.desk.reads.cases(ROOT, cases)}
    return [found[case] for case in cases]


def a_kind() -> Asked:
    return Asked(kind="test", title=Text("试验", "Test"), payload={"note": WORDS}, items=[WORDS] * 3)


def test_waves_do_all_of_it_and_name_what_was_skipped(house: House) -> None:
    cases = submitted(house, 5)
    house.fire("zhai", cases[3], "begin_review")
    work = begin(house, [*cases, CaseId("0" * 32)])
    assert counts(house, work) == ("waiting", 0, 0, 6)
    assert work_on(house.desk).more
    assert counts(house, work) == ("running", 2, 0, 4)
    finish(house.desk)
    assert counts(house, work) == ("done", 4, 2, 0)
    assert begun_times(house, cases) == [1, 1, 1, 1, 1]
    first, second = reasons(house, work)
    assert "不能“开始审查”" in first
    assert second == "没有找到该事项"
    lines, following = LongWork(house.desk).lines(work, Which.DONE, limit=2)
    assert [line.outcome.case for line in lines if line.outcome] == cases[:2]
    assert following == 0
    lines, following = LongWork(house.desk).lines(work, Which.DONE, after=following, limit=9)
    assert [(line.number, line.item) for line in lines] == [(2, [cases[2], 2]), (4, [cases[4], 2])]
    assert following is None


def test_what_somebody_moved_on_meanwhile_is_skipped_and_told(house: House) -> None:
    cases = submitted(house, 2)
    work = begin(house, cases)
    house.fire("shi", cases[1], "withdraw", {"withdrawal_reason": "已经解决。"})
    finish(house.desk)
    assert counts(house, work) == ("done", 1, 1, 0)
    assert "已" in reasons(house, work)[0]


@pytest.mark.parametrize("place", [BEFORE_MOVING, BEFORE_SETTLING, AFTER_SETTLING])
def test_a_worker_that_is_killed_loses_nothing_and_nothing_is_done_twice(any_database: str, place: str) -> None:
    with open_house(any_database) as house:
        cases = submitted(house, 5)
        work, at = begin(house, cases), house.clock.now()
    assert killed_at(any_database, at, place, 2) == -9
    with open_house_again(any_database, at) as house:
        state, done, skipped, left = counts(house, work)
        assert (state, done, skipped, left) == ("running", 4 if place == AFTER_SETTLING else 2, 0, 5 - done)
        finish(house.desk)
        assert counts(house, work) == ("done", 5, 0, 0)
        assert begun_times(house, cases) == [1] * 5
        assert [len(house.desk.reads.entries(ROOT, case)) for case in cases] == [3] * 5


@pytest.mark.parametrize("is_sent_off", [False, True])
def test_rights_that_are_withdrawn_in_mid_work_end_it_there(house: House, is_sent_off: bool) -> None:
    cases = submitted(house, 6)
    work = begin(house, cases)
    work_on(house.desk)
    if is_sent_off:
        gone = Person(root=ROOT, id=ZHAI, name="翟鸿岭", login="zhai", unit=UnitId("works"), active=False)
        house.desk.office.write([AddPerson(gone)])
    else:
        grants = [GrantRow(root=ROOT, person=ZHAI, role=role, unit=UnitId(ROOT))
                  for role in ("committee_director", "delegate")]  # fmt: skip
        house.desk.office.write([RemoveGrant(grant) for grant in grants])
    finish(house.desk)
    assert counts(house, work) == ("done", 2, 4, 0)
    assert begun_times(house, cases) == [1, 1, 0, 0, 0, 0]
    expected = "提出办理的账号已停用，其余事项没有办理" if is_sent_off else "没有找到该事项"
    assert reasons(house, work) == [expected] * 4


def test_who_may_see_but_not_move_is_told_so_and_counted_as_denied(house: House) -> None:
    cases = submitted(house, 1)
    work = begin(house, cases, person=PersonId("shi"))
    with patch.object(Watch, "denied") as denied:
        finish(house.desk)
    assert counts(house, work) == ("done", 0, 1, 0)
    assert denied.call_args.args == (ROOT, "shi", "POST /board/act")
    assert reasons(house, work) == ["您没有办理此步骤的权限，须由提案工作委员会、工会办公室办理"]


def test_stopping_ends_it_after_the_wave_under_way(house: House) -> None:
    cases = submitted(house, 5)
    work = begin(house, cases)

    def stopping(desk: Desk, wave: Wave) -> Sequence[Outcome]:
        LongWork(desk).stop(ROOT, ZHAI, work.id)
        return move_some(desk, wave)

    work_once(house.desk, {work.kind: stopping})
    assert not work_on(house.desk).more
    assert counts(house, work) == ("stopped", 2, 0, 3)
    assert begun_times(house, cases) == [1, 1, 0, 0, 0]
    assert [line.outcome for line in LongWork(house.desk).every_line(work, Which.OPEN)] == [None] * 3
    LongWork(house.desk).stop(ROOT, ZHAI, work.id)
    assert counts(house, work)[0] == "stopped"


def test_a_small_piece_is_not_kept_waiting_by_a_large_one(house: House) -> None:
    cases = submitted(house, 7)
    large = begin(house, cases[:6])
    house.clock.set(house.clock.now() + timedelta(seconds=1))
    work_on(house.desk)
    small = begin(house, cases[6:], person=PersonId("shen"), key="s")
    house.clock.set(house.clock.now() + timedelta(seconds=1))
    work_on(house.desk)
    house.clock.set(house.clock.now() + timedelta(seconds=1))
    work_on(house.desk)
    assert counts(house, small)[0] == "done"
    assert counts(house, large)[0] == "running"


def test_the_same_key_begins_it_once_and_so_many_may_be_open(house: House) -> None:
    cases = submitted(house, 1)
    first = begin(house, cases)
    assert begin(house, cases).id == first.id
    assert begin(house, cases, person=PersonId("shen")).id != first.id
    for number in range(OPEN_MAX - 1):
        begin(house, cases, key=f"k{number}")
    with pytest.raises(TooMuchWork) as refused:
        begin(house, cases, key="one more")
    assert "您已有 5 项成批办理尚未办完；请等其中一项办完，或者在“办理进度”中停止一项" in refused.value.text.zh
    LongWork(house.desk).stop(ROOT, ZHAI, first.id)
    assert begin(house, cases, key="one more").state is WorkState.WAITING


def test_more_than_may_be_done_at_once_is_refused(house: House) -> None:
    items: list[JsonValue] = [0] * (ITEMS_MAX + 1)
    asked = Asked(kind="test", title=Text("试验", "Test"), payload={}, items=items)
    with pytest.raises(WorkTooLarge) as refused:
        LongWork(house.desk).begin(ROOT, ZHAI, asked, key="k")
    assert "一次最多办理 10000 件、16 MB，本次 10001 件；请缩小范围，分几次办理" in refused.value.text.zh
    large = Asked(kind="test", title=asked.title, payload={"text": "x" * 16 * 1024 * 1024}, items=[1])
    with pytest.raises(WorkTooLarge) as refused:
        LongWork(house.desk).begin(ROOT, ZHAI, large, key="k")
    assert "本次 1 件" in refused.value.text.zh
    wide = Asked(kind="test", title=asked.title, payload={}, items=["x" * 9 * 1024 * 1024] * 2, part_items=1)
    with pytest.raises(WorkTooLarge) as refused:
        LongWork(house.desk).begin(ROOT, ZHAI, wide, key="k")
    assert "本次 2 件" in refused.value.text.zh


def test_what_is_proposed_is_not_begun_before_it_is_confirmed(house: House) -> None:
    long_work = LongWork(house.desk)
    work = long_work.begin(ROOT, ZHAI, a_kind(), key="k", is_proposed=True)
    assert (work_on(house.desk).more, long_work.of(ROOT, ZHAI), work.state) == (False, [], WorkState.PROPOSED)
    with pytest.raises(NoSuchWork):
        long_work.confirm(ROOT, PersonId("shen"), work.id)
    assert long_work.confirm(ROOT, ZHAI, work.id).state is WorkState.WAITING
    assert [one.id for one in long_work.of(ROOT, ZHAI)] == [work.id]


def test_a_wave_that_never_ends_makes_it_fail_in_the_end(house: House) -> None:
    def broken(desk: Desk, wave: Wave) -> Sequence[Outcome]:
        raise StorageUnavailable

    long_work = LongWork(house.desk)
    work = long_work.begin(ROOT, ZHAI, a_kind(), key="k")
    for _attempt in range(ATTEMPTS_MAX):
        with pytest.raises(StorageUnavailable):
            work_once(house.desk, {"test": broken})
    work_once(house.desk, {"test": broken})
    assert counts(house, work) == ("failed", 0, 0, 3)
    unknown = long_work.begin(ROOT, ZHAI, a_kind(), key="of no kind")
    finish(house.desk)
    assert counts(house, unknown)[0] == "failed"


def test_a_database_that_cannot_be_reached_skips_nothing(house: House) -> None:
    cases = submitted(house, 2)
    work = begin(house, cases)
    carry_out = type(house.desk.office).carry_out

    def away(office: object, commands: Sequence[object]) -> list[BanjieError]:
        return [StorageUnavailable() for _command in commands]

    with patch.object(type(house.desk.office), "carry_out", away), pytest.raises(StorageUnavailable):
        work_on(house.desk)
    assert type(house.desk.office).carry_out is carry_out
    finish(house.desk)
    assert counts(house, work) == ("done", 2, 0, 0)


def test_a_kind_tells_what_became_of_things_that_are_no_cases(house: House) -> None:
    def rows(desk: Desk, wave: Wave) -> Sequence[Outcome]:
        assert list(wave.items) == [0, 1, 2]
        assert wave.key(1) == f"{wave.work.id}:1"
        source = Text("依据", "Source")
        skipped = Outcome(
            is_done=False, label=Text("第2行", "Row 2"), reason=Text("缺编号", "No number"), source=source
        )
        return [Outcome(is_done=True, output={"row": 1}), skipped, Outcome(is_done=True, output=["x"])]

    long_work = LongWork(house.desk)
    work = long_work.begin(ROOT, ZHAI, a_kind(), key="k")
    while work_once(house.desk, {"test": rows})[1]:
        pass
    outcomes = [line.outcome for line in long_work.every_line(now(house, work))]
    assert [one.output for one in outcomes if one] == [{"row": 1}, None, ["x"]]
    second = outcomes[1]
    assert second is not None
    assert (second.label, second.reason) == (Text("第2行", "Row 2"), Text("缺编号", "No number"))
    assert (second.source, second.case) == (Text("依据", "Source"), None)


def test_nobody_else_is_told_and_no_row_tells_anybody(house: House, any_database: str) -> None:
    long_work = LongWork(house.desk)
    work = long_work.begin(ROOT, ZHAI, a_kind(), key="k")
    for id_ in (work.id, "", "0" * 32, "x' OR '1'='1", "\u0000", "办" * 300):
        with pytest.raises(NoSuchWork) as refused:
            long_work.one(ROOT, PersonId("shen"), id_)
    assert "没有这项办理，或者已满 30 天、记录已清除" in refused.value.text.zh
    for ask in (long_work.stop, long_work.confirm):
        with pytest.raises(NoSuchWork):
            ask(ROOT, PersonId("shen"), work.id)
    assert long_work.of(ROOT, PersonId("shen")) == []
    for name in ("long_work", "long_work_part"):
        for row in table(any_database, f"SELECT * FROM {name}"):
            assert all(WORDS.encode() not in bytes(cell) for cell in row if isinstance(cell, bytes | memoryview))
            assert not any("zhai" in str(cell) or "test" in str(cell) for cell in row if isinstance(cell, str))


def test_another_key_opens_nothing_and_the_work_has_failed(house: House) -> None:
    long_work = LongWork(house.desk)
    work = long_work.begin(ROOT, ZHAI, a_kind(), key="k")
    row = house.desk.reads.long_work(ROOT, work.id, 0)
    assert row is not None
    spoilt = row._replace(sealed=row.sealed[:-1] + bytes([row.sealed[-1] ^ 1]))
    with patch.object(type(house.desk.reads), "long_work", return_value=spoilt), pytest.raises(NoSuchWork):
        long_work.one(ROOT, ZHAI, work.id)
    with patch.object(type(house.desk.reads), "long_work_due", return_value=spoilt):
        work_once(house.desk, {})
    assert counts(house, work)[0] == "failed"
    other = long_work.begin(ROOT, ZHAI, a_kind(), key="k2")
    (part,) = house.desk.reads.long_work_parts(ROOT, other.id, Which.ALL, after=-1, limit=9)
    with patch.object(type(house.desk.reads), "long_work_parts", return_value=[part._replace(sealed=b"")]):
        work_once(house.desk, {"test": lambda _desk, _wave: []})
    assert counts(house, other)[0] == "failed"


def test_after_thirty_days_it_is_over_and_then_gone(house: House, any_database: str) -> None:
    work = begin(house, submitted(house, 1))
    finish(house.desk)
    house.clock.set(house.clock.now() + timedelta(days=30))
    assert now(house, work).done == 1
    house.clock.set(house.clock.now() + timedelta(days=1))
    with pytest.raises(NoSuchWork):
        now(house, work)
    assert len(table(any_database, "SELECT id FROM long_work")) == 1
    forget_over(house.desk)
    assert table(any_database, "SELECT id FROM long_work") == []
    assert table(any_database, "SELECT number FROM long_work_part") == []


def test_whoever_is_erased_leaves_no_long_work(house: House, any_database: str) -> None:
    cases = submitted(house, 1)
    begin(house, cases)
    begin(house, cases, person=PersonId("shen"))
    by, approver = (house.desk.queries.actor(ROOT, PersonId(one), house.clock.now()) for one in ("shen", "shen"))
    erase_person(house.desk, ROOT, ZHAI, by, approver, next(iter(ErasureBasis)), finish=lambda: None)
    assert len(table(any_database, "SELECT id FROM long_work")) == 1


def test_a_move_that_is_gone_from_the_rules_skips_all_of_it(house: House) -> None:
    cases = submitted(house, 2)
    work = begin(house, cases)
    gone = dict(work.payload) | {"measure": "fly"}
    asked = Asked(kind=work.kind, title=work.title, payload=gone, items=[[case, None] for case in cases])
    other = LongWork(house.desk).begin(ROOT, ZHAI, asked, key="gone")
    finish(house.desk)
    assert reasons(house, other) == ["没有名为“fly”的办理步骤"] * 2


def test_wrong_fields_are_named_in_the_reason(house: House) -> None:
    case = submitted(house, 1)[0]
    payload: dict[str, JsonValue] = {
        "measure": "begin_review",
        "any_move": True,
        "form": {"subject": "x"},
        "section": "board",
        "back": "/",
    }
    asked = Asked(kind="bulk_moves", title=Text("开始审查", "Begin"), payload=payload, items=[[case, None]])
    work = LongWork(house.desk).begin(ROOT, ZHAI, asked, key="k")
    finish(house.desk)
    assert reasons(house, work)[0].startswith("案由：")
