"""The committer: what waits becomes one transaction, answers leave after COMMIT, and no failure stops the writer."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from datetime import datetime

import pytest

from engine.case.commands import Command
from engine.case.decide import decide
from engine.case.identity import PersonId
from engine.case.situation import Situation
from engine.errors import (
    BanjieError,
    CommandFailed,
    KeyReused,
    OutcomeUnknown,
    StorageError,
    StorageUnavailable,
    TooBusy,
)
from engine.log_parts import belonging
from engine.service import execute as execute_module
from engine.service.account_writes import NoteFailure
from engine.service.case_cache import CaseCache
from engine.service.execute import Done
from engine.service.office import Answer
from engine.service.ports import Conflict
from engine.service.rows import BatchRows
from runtime.committer import AT_ONCE_MAX, CONFLICT_ROUNDS_MAX, LATER_ROUNDS_MAX, LATER_ROUNDS_WAIT, LocalOffice
from runtime.logs import TextLines
from tests.support.builders import ROOT, at
from tests.support.committer_bench import (
    WAIT_SECONDS,
    Bench,
    all_of,
    done,
    firing,
    opening,
    poisoned,
    refusal,
    together,
    wait_until,
)
from tests.support.fake_store import FakeStore


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.door.set()
    made.committer.close()


def test_what_waits_becomes_one_transaction(bench: Bench) -> None:
    answers = together(bench, [opening(f"k{number}") for number in range(20)])
    assert bench.sizes() == [20]
    assert len({done(answer).outcome.case for answer in answers}) == 20
    assert len(bench.store.tables.cases) == 21


def test_a_live_batch_is_no_larger_than_it_may_be() -> None:
    bench = Bench(live_batch_max=8)
    together(bench, [opening(f"k{number}") for number in range(20)])
    bench.committer.close()
    assert bench.sizes() == [8, 8, 4]


def test_commands_of_a_batch_are_decided_in_the_order_they_came(bench: Bench) -> None:
    case = done(bench.committer.carry_out([opening("o")])[0]).outcome.case
    answers = together(bench, [firing(case, "accept", "a"), firing(case, "close", "c")])
    assert [done(answer).outcome.seq for answer in answers] == [2, 3]


def test_answers_leave_only_after_the_commit(bench: Bench) -> None:
    told_early: list[bool] = []
    futures: list[asyncio.Future[Answer]] = []

    async def ask() -> list[Answer]:
        bench.store.at_commit = lambda: told_early.extend(future.done() for future in futures)
        futures.append(bench.committer.ask(opening("k")))
        return await all_of(futures)

    done(asyncio.run(ask())[0])
    assert told_early == [False]
    assert bench.store.committed == 1


def test_the_second_with_a_key_gets_the_firsts_outcome_though_both_wait_together(bench: Bench) -> None:
    first, second, third = together(bench, [opening("k"), opening("k"), opening("k", subject="澡堂")])
    assert done(second) == Done(done(first).outcome, repeated=True)
    assert isinstance(third, KeyReused)
    assert len(bench.store.tables.cases) == 2


def test_a_refused_batch_is_repeated_in_halves_and_only_the_culprit_is_refused(bench: Bench) -> None:
    bench.store.at_write = poisoned("k5", refusal)
    answers = together(bench, [opening(f"k{number}") for number in range(8)])
    assert [type(answer) for answer in answers] == [Done] * 5 + [StorageError] + [Done] * 2
    # Eight are refused, then 0–3 go, 4–7 are refused, 4–5 are refused, 4 goes, 5 is refused, 6–7 go.
    assert bench.sizes() == [4, 1, 2]
    assert len(bench.store.tables.outcomes) == 8


def test_each_command_is_refused_with_its_own_error(bench: Bench) -> None:
    unavailable = StorageUnavailable()

    def check(rows: BatchRows) -> None:
        poisoned("k0", refusal)(rows)
        poisoned("k1", lambda: unavailable)(rows)

    bench.store.at_write = check
    answers = together(bench, [opening("k0"), opening("k1"), opening("k2")])
    assert [type(answer) for answer in answers] == [StorageError, StorageUnavailable, Done]
    assert answers[1] is unavailable


def test_a_conflict_repeats_the_whole_batch_from_load(bench: Bench) -> None:
    conflicts = iter([True, True])

    def check(rows: BatchRows) -> None:
        if len(rows.created) > 1 and next(conflicts, False):
            raise Conflict

    bench.store.at_write = check
    together(bench, [opening("k0"), opening("k1")])
    assert bench.sizes() == [2]
    assert bench.store.begun == 4


def test_a_conflict_without_end_is_refused_and_the_others_go_on(bench: Bench) -> None:
    bench.store.at_write = poisoned("k1", Conflict)
    answers = together(bench, [opening("k0"), opening("k1")])
    assert [type(answer) for answer in answers] == [Done, StorageUnavailable]
    assert bench.store.begun == 1 + CONFLICT_ROUNDS_MAX + 1 + CONFLICT_ROUNDS_MAX


def test_an_exception_in_one_decide_fails_that_caller_only(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(situation: Situation, command: Command, now: datetime) -> object:
        if command.key == "poison":
            raise ZeroDivisionError("a defect of ours")
        return decide(situation, command, now)

    monkeypatch.setattr(execute_module, "decide", broken)
    with caplog.at_level(logging.ERROR):
        answers = together(bench, [opening("k0"), opening("poison"), opening("k2")])
    assert [type(answer) for answer in answers] == [Done, CommandFailed, Done]
    assert bench.sizes() == [2]
    assert len(bench.store.tables.cases) == 3


@pytest.mark.parametrize("live", [True, False])
def test_a_defect_in_the_writer_is_joined_to_the_request_that_met_it(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, live: bool
) -> None:
    def broken(_situation: Situation, _command: Command, _now: datetime) -> object:
        raise ZeroDivisionError("words of somebody")

    async def asked() -> Answer:
        with belonging(request="ab12"):
            future = bench.committer.ask(opening("k0"))
        return await future

    lines: list[str] = []
    handler = logging.Handler()
    monkeypatch.setattr(handler, "emit", lambda record: lines.append(TextLines().format(record)))
    monkeypatch.setattr(execute_module, "decide", broken)
    logging.getLogger("runtime.committer").addHandler(handler)
    try:
        if live:
            answer = asyncio.run(asked())
        else:
            with belonging(request="ab12"):
                (answer,) = bench.committer.carry_out([opening("k0")])
    finally:
        logging.getLogger("runtime.committer").removeHandler(handler)
    assert isinstance(answer, CommandFailed)
    (line,) = lines
    assert line.endswith(f"incident {answer.details['incident']} is the answer request=ab12")


def test_a_defect_beside_the_decision_fails_one_command_and_not_the_writer(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    bench.store.at_write = poisoned("k1", lambda: ZeroDivisionError("a defect of ours"))
    with caplog.at_level(logging.ERROR):
        answers = together(bench, [opening("k0"), opening("k1"), opening("k2")])
    assert [type(answer) for answer in answers] == [Done, CommandFailed, Done]
    failed = answers[1]
    assert isinstance(failed, CommandFailed)
    assert str(failed.details["incident"]) in caplog.text
    assert isinstance(bench.committer.carry_out([opening("k3")])[0], Done)


def test_an_unknown_commit_tells_every_waiter_and_ends_the_process() -> None:
    bench = Bench(live_batch_max=2)
    commands = [opening(f"k{number}") for number in range(5)]
    bulk: list[Answer] = []
    plain: list[BaseException | None] = []

    def write() -> None:
        with pytest.raises(BanjieError) as refused:
            bench.committer.write([NoteFailure(ROOT, PersonId("li"), at("2026-03-02"))])
        plain.append(refused.value)

    def unknown() -> None:
        if bench.store.committed == 1:
            raise OutcomeUnknown

    bench.store.at_commit = unknown
    other = threading.Thread(target=lambda: bulk.extend(bench.committer.carry_out([opening("b0"), opening("b1")])))

    def also() -> None:
        other.start()
        wait_until(lambda: len(bench.committer._bulk) == 2)

    answers = together(bench, commands, also)
    other.join(WAIT_SECONDS)
    bench.committer.close()
    assert [type(answer) for answer in (*answers, *bulk)] == [OutcomeUnknown] * 7
    assert bench.unknowns == ["ended"]
    assert bench.store.begun == 2
    with pytest.raises(StorageUnavailable):
        bench.committer.carry_out([opening("late")])
    write()
    assert [type(error) for error in plain] == [StorageUnavailable]


def test_an_unknown_commit_of_half_a_batch_keeps_what_the_other_half_was_told(bench: Bench) -> None:
    bench.store.at_write = poisoned("k3", refusal)

    def unknown() -> None:
        if bench.store.committed == 2:
            raise OutcomeUnknown

    bench.store.at_commit = unknown
    answers = together(bench, [opening(f"k{number}") for number in range(4)])
    bench.committer.close()
    assert [type(answer) for answer in answers] == [Done, Done, OutcomeUnknown, OutcomeUnknown]
    assert bench.unknowns == ["ended"]


def test_an_unknown_plain_write_ends_the_process_too() -> None:
    bench = Bench()

    def unknown() -> None:
        raise OutcomeUnknown

    bench.store.at_begin = unknown
    with pytest.raises(OutcomeUnknown):
        bench.committer.write([NoteFailure(ROOT, PersonId("li"), at("2026-03-02"))])
    bench.committer.close()
    assert bench.unknowns == ["ended"]


def test_a_full_queue_answers_when_to_try_again() -> None:
    bench = Bench(queue_max=3)
    answers = together(bench, [opening(f"k{number}") for number in range(5)])
    bench.committer.close()
    assert [type(answer) for answer in answers] == [Done, Done, Done, TooBusy, TooBusy]
    busy = answers[3]
    assert isinstance(busy, TooBusy)
    assert busy.details["retry_after_seconds"] == 2
    assert busy.text.zh == "系统繁忙，请稍后再试"


def test_live_commands_pass_bulk_ones(bench: Bench) -> None:
    seen: list[str] = []
    bench.store.at_write = lambda rows: seen.append("live" if len(rows.created) == 1 else "bulk")

    async def ask() -> None:
        loop = asyncio.get_running_loop()
        with bench.held():
            bulk = loop.run_in_executor(None, bench.committer.carry_out, [opening(f"b{n}") for n in range(100)])
            await loop.run_in_executor(None, wait_until, lambda: len(bench.committer._bulk) == 100)
            live = bench.committer.ask(opening("live"))
        done((await all_of([live]))[0])
        assert len(await bulk) == 100

    asyncio.run(ask())
    assert seen[1] == "live"
    assert len(bench.store.tables.cases) == 102


def test_bulk_answers_come_in_order_one_per_command(bench: Bench) -> None:
    answers = bench.committer.carry_out([opening("k0"), opening("k0"), opening("k1")])
    assert [done(answer).repeated for answer in answers] == [False, True, False]
    assert bench.committer.carry_out([]) == []


def test_who_no_longer_waits_is_served_all_the_same(bench: Bench) -> None:
    async def ask() -> None:
        with bench.held():
            given_up, kept = bench.committer.ask(opening("given-up")), bench.committer.ask(opening("kept"))
            given_up.cancel()
        done((await all_of([kept]))[0])
        assert given_up.cancelled()

    asyncio.run(ask())
    assert len(bench.store.tables.cases) == 3
    repeated = bench.committer.carry_out([opening("given-up")])[0]
    assert done(repeated).repeated


def test_an_answer_to_a_closed_loop_is_dropped_and_the_writer_goes_on(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.new_event_loop()

    async def ask() -> asyncio.Future[Answer]:
        return bench.committer.ask(opening("orphan"))

    with caplog.at_level(logging.INFO, logger="runtime.committer"):
        with bench.held():
            loop.run_until_complete(ask())
            loop.close()
        wait_until(lambda: "event loop had closed" in caplog.text)  # the writer may say so after it was let go
    assert done(bench.committer.carry_out([opening("orphan")])[0]).repeated


def test_a_command_on_a_held_case_goes_first_in_the_next_batch() -> None:
    bench = Bench(live_batch_max=2)
    case = done(bench.committer.carry_out([opening("o")])[0]).outcome.case
    bench.store.held = {case}
    rounds: list[list[str]] = []

    def check(rows: BatchRows) -> None:
        rounds.append([row.case for row in rows.outcomes])
        if len(rounds) == 2:  # after the batch that kept the writer busy, and the first that met the held case
            bench.store.held = set()

    async def ask() -> list[Answer]:
        with bench.held():
            bench.store.at_write = check
            futures = [
                bench.committer.ask(command)
                for command in (opening("k0"), firing(case, "accept", "late"), opening("k1"), opening("k2"))
            ]
        return await all_of(futures)

    answers = asyncio.run(ask())
    bench.committer.close()
    k0, late, k1, k2 = (done(answer).outcome.case for answer in answers)
    assert late == case
    assert rounds[1:] == [[k0], [late, k1], [k2]]


def test_a_case_held_for_ever_is_unavailable_in_the_end(bench: Bench) -> None:
    case = done(bench.committer.carry_out([opening("o")])[0]).outcome.case
    bench.store.held = {case}
    answers = bench.committer.carry_out([firing(case, "accept", "k"), opening("other")])
    assert [type(answer) for answer in answers] == [StorageUnavailable, Done]
    assert bench.store.waits[: LATER_ROUNDS_WAIT + 1] == [False] * LATER_ROUNDS_WAIT + [True]
    assert len(bench.store.waits) <= LATER_ROUNDS_MAX


def test_plain_writes_go_through_the_same_writer(bench: Bench) -> None:
    office = LocalOffice(bench.committer, lambda: at("2026-03-02"))
    office.write(
        [
            NoteFailure(ROOT, PersonId("li"), at("1970-01-01", 8)),
            NoteFailure(ROOT, PersonId("wu"), at("1970-01-01", 8, 1)),
        ]
    )
    assert bench.store.plain_writes == [("li", 0), ("wu", 60_000_000)]
    assert office.now() == at("2026-03-02")
    assert len(office.carry_out([opening("k")])) == 1

    async def ask() -> Answer:
        return await office.ask(opening("k"))

    assert done(asyncio.run(ask())).repeated


@pytest.mark.parametrize(
    ("raised", "answered"),
    [(refusal(), StorageError), (ZeroDivisionError(), ZeroDivisionError)],
)
def test_a_plain_write_that_fails_tells_who_asked_and_no_one_else(
    bench: Bench, raised: Exception, answered: type[Exception]
) -> None:
    def fail() -> None:
        bench.store.at_begin = bench._pass
        raise raised

    bench.store.at_begin = fail
    with pytest.raises(answered):
        bench.committer.write([NoteFailure(ROOT, PersonId("li"), at("2026-03-02"))])
    assert bench.store.plain_writes == []
    assert isinstance(bench.committer.carry_out([opening("k")])[0], Done)


@pytest.mark.parametrize(("conflicts", "holds"), [(1, True), (CONFLICT_ROUNDS_MAX, False)])
def test_a_plain_write_that_meets_another_is_made_again_a_few_times(bench: Bench, conflicts: int, holds: bool) -> None:
    met: list[None] = []

    def conflict() -> None:
        if len(met) < conflicts:
            met.append(None)
            raise Conflict

    bench.store.at_begin = conflict
    if holds:
        bench.committer.write([NoteFailure(ROOT, PersonId("li"), at("2026-03-02"))])
    else:
        with pytest.raises(StorageUnavailable):
            bench.committer.write([NoteFailure(ROOT, PersonId("li"), at("2026-03-02"))])
    assert len(bench.store.plain_writes) == holds
    assert len(met) == conflicts


def test_closing_carries_out_what_waits_and_refuses_what_comes_after() -> None:
    bench = Bench()

    async def ask() -> list[Answer]:
        with bench.held():
            futures = [bench.committer.ask(opening(f"k{number}")) for number in range(3)]
            closing = threading.Thread(target=bench.committer.close)
            closing.start()
            wait_until(lambda: bench.committer._closing)
            futures.append(bench.committer.ask(opening("late")))
        answers = await all_of(futures)
        closing.join(WAIT_SECONDS)
        return answers

    answers = asyncio.run(ask())
    assert [type(answer) for answer in answers] == [Done, Done, Done, StorageUnavailable]
    assert bench.store.closed
    for late in (lambda: bench.committer.carry_out([opening("x")]), lambda: bench.committer.write([])):
        with pytest.raises(StorageUnavailable):
            late()


def test_what_was_staged_counts_only_after_the_commit() -> None:
    cache = CaseCache()
    bench = Bench(store=FakeStore(exclusive=True), cache=cache)
    # The fake makes its batches without the cache; here only what the committer does with it is looked at.
    case = done(bench.committer.carry_out([opening("o")])[0]).outcome.case
    kept = bench.store.case(case)
    cache.stage([kept])
    assert cache.get(case) is None
    bench.store.at_write = poisoned("k", refusal)
    bench.committer.carry_out([opening("k")])
    cache.confirm()
    assert cache.get(case) is None
    cache.stage([kept])
    bench.committer.carry_out([opening("k2")])
    assert cache.get(case) == kept
    bench.committer.close()


@pytest.mark.parametrize(("count", "own"), [(1, True), (AT_ONCE_MAX, True), (AT_ONCE_MAX + 1, False)])
def test_who_has_few_commands_carries_them_out_where_nobody_writes(bench: Bench, count: int, own: bool) -> None:
    threads: list[int] = []
    bench.store.at_write = lambda _rows: threads.append(threading.get_ident())
    answers = bench.committer.carry_out([opening(f"k{number}") for number in range(count)])
    assert [done(answer).repeated for answer in answers] == [False] * count
    assert {thread == threading.get_ident() for thread in threads} == {own}


def test_who_comes_while_another_writes_is_written_by_the_committer(bench: Bench) -> None:
    threads: list[int] = []
    late: list[Answer] = []
    with bench.held():
        bench.store.at_write = lambda _rows: threads.append(threading.get_ident())
        second = threading.Thread(target=lambda: late.extend(bench.committer.carry_out([opening("second")])))
        second.start()
        wait_until(lambda: len(bench.committer._bulk) == 1)
    second.join(WAIT_SECONDS)
    assert len(late) == 1
    assert threads[-1] == bench.committer._thread.ident


def test_whoever_is_interrupted_on_their_own_thread_leaves_nothing_and_the_next_is_served(bench: Bench) -> None:
    bench.store.at_write = poisoned("k0", KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        bench.committer.carry_out([opening("k0")])
    assert bench.store.tables.cases == {}
    answers = together(bench, [opening("k1")])
    assert [type(answer) for answer in (*answers, *bench.committer.carry_out([opening("k2")]))] == [Done, Done]


def test_an_unknown_commit_on_the_callers_thread_ends_the_process_too() -> None:
    bench = Bench()

    def unknown() -> None:
        raise OutcomeUnknown

    bench.store.at_commit = unknown
    (answer,) = bench.committer.carry_out([opening("k0")])
    assert isinstance(answer, OutcomeUnknown)
    bench.committer._thread.join(WAIT_SECONDS)
    assert not bench.committer._thread.is_alive()
    assert bench.unknowns == ["ended"]
    with pytest.raises(StorageUnavailable):
        bench.committer.carry_out([opening("late")])
    bench.committer.close()
