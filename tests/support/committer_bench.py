"""A committer over a fake store, whose thread can be held so that what is asked meanwhile waits together."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from engine.case.commands import Command, FireTransition, OpenCase
from engine.case.decide import key_hash
from engine.case.identity import CaseId, UnitId
from engine.definition.rulebook import Rulebook
from engine.errors import (
    StorageError,
)
from engine.service.case_cache import CaseCache
from engine.service.execute import Done
from engine.service.office import Answer
from engine.service.rows import BatchRows
from engine.text import Text
from runtime.committer import Committer
from tests.support.builders import CLERK, ROOT, a_definition_with, a_rulebook
from tests.support.fake_store import FakeStore, batches

RULES = a_rulebook(a_definition_with())
WAIT_SECONDS = 60.0
"""How long a test waits for another thread before it fails; nothing waits that long when all is well."""


@dataclass(slots=True)
class Bench:
    """A committer over a fake store, and a door that holds its thread between BEGIN and the first read."""

    store: FakeStore = field(default_factory=FakeStore)
    unknowns: list[str] = field(default_factory=list)
    door: threading.Event = field(default_factory=threading.Event)
    entered: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    committer: Committer = field(init=False)
    rules: Rulebook = RULES
    queue_max: int = 1000
    live_batch_max: int = 256
    cache: CaseCache | None = None

    def __post_init__(self) -> None:
        self.door.set()
        self.store.at_begin = self._pass
        self.committer = Committer(
            self.store,
            batches(self.rules),
            queue_max=self.queue_max,
            live_batch_max=self.live_batch_max,
            on_unknown=lambda: self.unknowns.append("ended"),
            cache=self.cache,
        )

    def _pass(self) -> None:
        self.entered.release()
        assert self.door.wait(WAIT_SECONDS)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the writer busy with one batch, so that what is asked meanwhile waits and goes together."""
        self.door.clear()
        while self.entered.acquire(blocking=False):
            pass  # earlier batches came in too
        first = threading.Thread(target=self.committer.carry_out, args=([opening("first")],))
        first.start()
        assert self.entered.acquire(timeout=WAIT_SECONDS)
        try:
            yield
        finally:
            self.door.set()
            first.join(WAIT_SECONDS)

    def sizes(self) -> list[int]:
        """The number of outcomes of each commit after the one that ``held``."""
        return self.store.batches[1:]


def opening(key: str, **form: str) -> OpenCase:
    return OpenCase(
        root=ROOT, actor=CLERK, key=key, workflow="errand", unit=UnitId("works"), form={"subject": "食堂", **form}
    )


def firing(case: CaseId, transition: str, key: str) -> FireTransition:
    return FireTransition(root=ROOT, actor=CLERK, key=key, case=case, transition=transition)


def done(answer: Answer) -> Done:
    assert isinstance(answer, Done), answer
    return answer


async def all_of(answers: Sequence[Awaitable[Answer]]) -> list[Answer]:
    async with asyncio.timeout(WAIT_SECONDS):
        return list(await asyncio.gather(*answers))


def together(bench: Bench, commands: Sequence[Command], after: Callable[[], None] = lambda: None) -> list[Answer]:
    """Ask live commands that wait together, so that they become one batch."""

    async def ask() -> list[Answer]:
        with bench.held():
            futures = [bench.committer.ask(command) for command in commands]
            after()
        return await all_of(futures)

    return asyncio.run(ask())


def poisoned(key: str, error: Callable[[], BaseException]) -> Callable[[BatchRows], None]:
    """Refuse every batch in which the command with this key was carried out."""

    def check(rows: BatchRows) -> None:
        if any(row.key == key_hash(key) for row in rows.outcomes):
            raise error()

    return check


def refusal() -> StorageError:
    return StorageError(Text("数据库拒绝", "the database says no"))


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until another thread has come somewhere; fail when it does not."""
    turn, patience = threading.Event(), int(WAIT_SECONDS * 1000)
    for _ in range(patience):
        if holds():
            return
        turn.wait(0.001)
    raise AssertionError("the other thread did not come there")
