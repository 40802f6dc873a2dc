"""The committer: one writer at a time in a process; what waits becomes one transaction; answers leave after COMMIT.

Live commands go before bulk ones; bulk work is cut into pieces short enough that live commands pass. A command once
queued is always carried out. The writer is a thread of its own; only who has few commands, and comes while nobody
writes or waits, carries them out at once on their own thread, which saves two changes of threads (ADR 0035).
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from engine.case.commands import Command
from engine.errors import BanjieError, CommandFailed, OutcomeUnknown, StorageUnavailable, TooBusy
from engine.log_parts import belonging, log_parts
from engine.service.account_writes import TouchLogin
from engine.service.case_cache import CaseCache
from engine.service.directory_ports import DirectoryWrites
from engine.service.execute import Batch, Later, Result, execute
from engine.service.office import Answer
from engine.service.plain import PlainWrite, apply_write, stamped
from engine.service.ports import Conflict, WriteStore, WriteTransaction
from engine.text import Text
from runtime.metrics.text import Histogram

_LOG = logging.getLogger(__name__)

BULK_PIECE_SECONDS = 0.025
BULK_PIECE_MAX = 1024
AT_ONCE_MAX = 8
"""So many commands a caller carries out on their own thread when nobody else writes; more are bulk work."""
CONFLICT_ROUNDS_MAX = 8
LATER_ROUNDS_WAIT = 2
LATER_ROUNDS_MAX = 40
RETRY_AFTER_SECONDS = 2
BATCH_COMMANDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024)

Answered = Callable[[Answer], None]


@dataclass(slots=True)
class _Waiting:
    """A command in a queue and whom to tell, on ``loop`` if there is one.

    ``rounds`` counts how often its case was held by another process.
    """

    command: Command
    answered: Answered
    loop: asyncio.AbstractEventLoop | None = None
    rounds: int = 0


@dataclass(slots=True)
class _Plain:
    """Plain writes in a queue."""

    writes: Sequence[PlainWrite]
    done: Future[None]


class _Gathering:
    """The answers of many commands in their order. Who waits for them is woken once, by the last."""

    def __init__(self, count: int) -> None:
        self._answers: dict[int, Answer] = {}
        self._count = count
        self._complete = threading.Lock()
        self._complete.acquire()

    def keep(self, place: int, answer: Answer) -> None:
        """Take one answer; only who has the turn to write calls this."""
        self._answers[place] = answer
        if len(self._answers) == self._count:
            self._complete.release()

    def wait(self) -> list[Answer]:
        """Return all answers once the last is there."""
        with self._complete:
            return [self._answers[place] for place in range(self._count)]


class Committer:
    """Owns the writing side of the store and the thread that uses it."""

    def __init__(
        self,
        store: WriteStore,
        make_batch: Callable[[WriteTransaction, bool], Batch],
        *,
        queue_max: int,
        live_batch_max: int,
        on_unknown: Callable[[], None],
        cache: CaseCache | None = None,
    ) -> None:
        self._store = store
        self._make_batch = make_batch
        self._queue_max = queue_max
        self._live_batch_max = live_batch_max
        self._on_unknown = on_unknown
        self._cache = cache or CaseCache()
        self._live: deque[_Waiting] = deque()
        self._bulk: deque[_Waiting] = deque()
        self._plain: deque[_Plain] = deque()
        self._wake = threading.Condition()
        self._turn = threading.Lock()
        """Held by who writes: the thread of the committer, or a caller that found nobody writing. Taken before
        ``_wake``, never while it is held."""
        self._closing = False
        self._unknown: OutcomeUnknown | None = None
        self._piece = 32
        self.batches = Histogram(BATCH_COMMANDS)
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def ask(self, command: Command) -> asyncio.Future[Answer]:
        """Queue a live command from an event loop; the future is set on that loop after COMMIT.

        Cancelling the future takes nothing back: the command is carried out all the same.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Answer] = loop.create_future()
        parts = log_parts()

        def tell(answer: Answer) -> None:
            _join(parts, answer)
            if not future.done():
                future.set_result(answer)

        self._enqueue(self._live, [_Waiting(command, tell, loop)], future)
        return future

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]:
        """Carry out commands and wait for all answers, in order: through the bulk queue, or at once if they are few and
        nobody else writes or waits."""
        if not commands:
            return []
        gathering = _Gathering(len(commands))
        waiting = [_Waiting(command, partial(gathering.keep, place)) for place, command in enumerate(commands)]
        if not self._carried_out_at_once(waiting):
            with self._wake:
                self._refuse_when_closing()
                self._bulk.extend(waiting)
                self._wake.notify()
        answers = gathering.wait()
        for answer in answers:
            _join(log_parts(), answer)
        return answers

    def write(self, writes: Sequence[PlainWrite]) -> None:
        """Carry out plain writes in one transaction and wait; raises what the database answers."""
        done: Future[None] = Future()
        with self._wake:
            self._refuse_when_closing()
            self._plain.append(_Plain(writes, done))
            self._wake.notify()
        done.result()

    def queued(self) -> Mapping[str, int]:
        """Return how much waits in each queue, as it stands about now."""
        return {"live": len(self._live), "bulk": len(self._bulk), "plain": len(self._plain)}

    def close(self) -> None:
        """Carry out what is queued, then give the writer up."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()
        with self._turn:
            self._store.close()

    def _carried_out_at_once(self, batch: list[_Waiting]) -> bool:
        """Carry a few commands out on the caller's thread; return False, with nothing done, where others write or wait.

        One whose case another process holds joins the bulk queue, as it would have.
        """
        if len(batch) > AT_ONCE_MAX or not self._turn.acquire(blocking=False):
            return False
        try:
            with self._wake:
                if self._closing or self._live or self._bulk or self._plain:
                    return False
            self._commit(batch, self._bulk, measured=False)
        finally:
            self._turn.release()
        if self._unknown is not None:
            self._give_up(self._unknown)
        return True

    def _refuse_when_closing(self) -> None:
        if self._closing:
            raise StorageUnavailable

    def _enqueue(self, queue: deque[_Waiting], waiting: list[_Waiting], future: asyncio.Future[Answer]) -> None:
        with self._wake:
            if self._closing:
                future.set_result(StorageUnavailable())
            elif len(queue) + len(waiting) > self._queue_max:
                future.set_result(
                    TooBusy(
                        Text("系统繁忙，请稍后再试", "Too many requests are waiting; try again soon"),
                        retry_after_seconds=RETRY_AFTER_SECONDS,
                    )
                )
            else:
                queue.extend(waiting)
                self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not (self._live or self._bulk or self._plain or self._closing):
                    self._wake.wait()
                if self._closing and not (self._live or self._bulk or self._plain):
                    return
            with self._turn:
                self._write_what_waits()
            if self._unknown is not None:
                self._give_up(self._unknown)
                return

    def _write_what_waits(self) -> None:
        """Take the next batch from the queues and carry it out."""
        with self._wake:
            plain = self._plain.popleft() if self._plain else None
            queue = self._live or self._bulk
            size = self._live_batch_max if queue is self._live else self._piece
            batch = [] if plain is not None else [queue.popleft() for _ in range(min(size, len(queue)))]
            is_bulk = queue is self._bulk
        if plain is not None:
            self._write_plain(plain)
        elif batch:
            self._commit(batch, queue, measured=is_bulk)

    def _give_up(self, unknown: OutcomeUnknown) -> None:
        """Tell everybody who waits that nothing is known any more, then let the process end."""
        with self._wake:
            self._closing = True
            waiting, plain = [*self._live, *self._bulk], [*self._plain]
            self._live.clear()
            self._bulk.clear()
            self._plain.clear()
            self._wake.notify()
        _tell([(one, unknown) for one in waiting])
        for writes in plain:
            writes.done.set_exception(unknown)
        self._on_unknown()

    def _write_plain(self, plain: _Plain) -> None:
        def write(writes: DirectoryWrites) -> None:
            for one in plain.writes:
                apply_write(one, writes)

        for _round in range(CONFLICT_ROUNDS_MAX):
            try:
                self._store.plain(write)
            except Conflict:
                continue
            except OutcomeUnknown as error:
                plain.done.set_exception(error)
                self._unknown = error
            except Exception as error:  # noqa: BLE001 - handed to who waits for it; the writer's loop must go on
                plain.done.set_exception(error)
            else:
                plain.done.set_result(None)
            return
        plain.done.set_exception(StorageUnavailable())

    def _commit(self, batch: list[_Waiting], queue: deque[_Waiting], *, measured: bool) -> None:
        began = time.perf_counter()
        self.batches.add(len(batch))
        later: list[_Waiting] = []
        answers: list[tuple[_Waiting, Answer]] = []
        for waiting, result in zip(batch, self._outcomes(batch), strict=True):
            if isinstance(result, Later):
                waiting.rounds += 1
                if waiting.rounds <= LATER_ROUNDS_MAX:
                    later.append(waiting)
                    continue
                result = StorageUnavailable()
            answers.append((waiting, result))
        _tell(answers)
        if later:
            with self._wake:
                queue.extendleft(reversed(later))
                self._wake.notify()
        if measured:
            per_command = (time.perf_counter() - began) / len(batch)
            self._piece = max(1, int(min(BULK_PIECE_MAX, BULK_PIECE_SECONDS / max(per_command, 1e-9))))

    def _outcomes(self, batch: list[_Waiting]) -> list[Result]:
        """Carry the batch out; when the database refuses it, in halves, down to single commands."""
        if self._unknown is not None:
            return [self._unknown] * len(batch)
        wait = any(waiting.rounds >= LATER_ROUNDS_WAIT for waiting in batch)
        for _round in range(CONFLICT_ROUNDS_MAX):
            try:
                results = self._executed(batch, wait)
            except Conflict:
                continue
            except OutcomeUnknown as unknown:
                self._unknown = unknown
                return [unknown] * len(batch)
            except BanjieError as error:
                if len(batch) == 1:
                    return [error]
                break
            except Exception:  # noqa: BLE001 - nothing of the batch was kept; the writer's loop must go on for the others
                incident = secrets.token_hex(4)
                _LOG.exception("a batch of %d failed, incident %s", len(batch), incident)
                if len(batch) == 1:
                    return [CommandFailed(incident)]
                break
            return results
        if len(batch) == 1:
            return [StorageUnavailable()]
        middle = len(batch) // 2
        return [*self._outcomes(batch[:middle]), *self._outcomes(batch[middle:])]

    def _executed(self, batch: list[_Waiting], wait: bool) -> list[Result]:
        """Carry the batch out in one transaction; what is known of the cases follows the commit."""
        try:
            with self._store.begin() as tx:
                results = execute(self._make_batch(tx, wait), [waiting.command for waiting in batch])
        except BaseException:
            self._cache.forget()
            raise
        self._cache.confirm()
        return results


class LocalOffice:
    """The office of the process that holds the writer (see ``engine.service.office``)."""

    def __init__(self, committer: Committer, now: Callable[[], datetime]) -> None:
        self._committer = committer
        self._now = now
        self.revision = 0
        self.queued = committer.queued
        self.batches = committer.batches

    def carry_out(self, commands: Sequence[Command]) -> list[Answer]:
        return self._committer.carry_out(commands)

    def ask(self, command: Command) -> asyncio.Future[Answer]:
        return self._committer.ask(command)

    def write(self, writes: Sequence[PlainWrite]) -> None:
        try:
            self._committer.write(stamped(writes, self._now()))
        finally:
            if not all(isinstance(write, TouchLogin) for write in writes):
                self.revision += 1

    def now(self) -> datetime:
        return self._now()


def _join(parts: Mapping[str, str | int], answer: Answer) -> None:
    """Log which request or job a defect belongs to: the writer's thread, which logged it, works for many at once."""
    if parts and isinstance(answer, CommandFailed):
        with belonging(**parts):
            incident = answer.details["incident"]
            _LOG.error("incident %s is the answer", incident)


def _tell(answers: Sequence[tuple[_Waiting, Answer]]) -> None:
    """Give the answers; each event loop is woken once for all of its own."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Answered, Answer]]] = {}
    for waiting, answer in answers:
        if waiting.loop is None:
            waiting.answered(answer)
        else:
            by_loop.setdefault(waiting.loop, []).append((waiting.answered, answer))
    for loop, told in by_loop.items():
        try:
            loop.call_soon_threadsafe(_tell_all, told)
        except RuntimeError:
            _LOG.info("%d answers came after their event loop had closed", len(told))


def _tell_all(told: Sequence[tuple[Answered, Answer]]) -> None:
    for answered, answer in told:
        answered(answer)
