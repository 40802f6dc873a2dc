"""Where the time of a step goes: deciding, the statements, the commit. What Python could at best save is seen here."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

from benchmarks.report import Results
from benchmarks.stand import Stand, Workflow
from engine.case.commands import Command
from engine.storage.sqlite_writes import SqliteTransaction, SqliteWrites
from runtime import committer

STEPS = 1000
ROUNDS = 4
WAYS: dict[str, Callable[[Stand], Callable[[Sequence[Command]], float]]] = {
    "one caller": lambda stand: stand.one_caller,
    "16 callers": lambda stand: stand.callers,
    "bulk of 1,000": lambda stand: stand.bulk,
}
WORKFLOWS: tuple[Workflow, ...] = ("plain_steps", "real_steps")


def shares(results: Results, stand: Stand) -> None:
    """Tell the microseconds per step that each part takes, in each way of asking."""
    for way, run_of in WAYS.items():
        for workflow in WORKFLOWS:
            with _timed() as seconds:
                whole = sum(run_of(stand)(stand.commands(workflow, STEPS)) for _round in range(ROUNDS))
            each = {name: total * 1e6 / ROUNDS / STEPS for name, total in (*seconds.items(), ("whole", whole))}
            deciding = each["execute"] - each["write"]
            waiting = each["whole"] - each["execute"] - each["commit"]
            results.add(
                f"µs of a step, {way}, {workflow.removesuffix('_steps')}", each["whole"], "µs", "", met=None,
                note=f"{deciding:.0f} deciding and making entries and rows, {each['write']:.0f} statements, "
                f"{each['commit']:.0f} commit, {waiting:.0f} queue, threads and answers",
            )  # fmt: skip


@contextmanager
def _timed() -> Iterator[dict[str, float]]:
    """Time what runs inside, part by part, in seconds."""
    seconds: dict[str, float] = defaultdict(float)

    def timed(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*given, **named)
            finally:
                seconds[name] += time.perf_counter() - began

        return run

    with ExitStack() as stack:
        for name, owner, attribute in (
            ("execute", committer, "execute"),
            ("write", SqliteTransaction, "write"),
            ("commit", SqliteWrites, "_commit"),
        ):
            stack.enter_context(patch.object(owner, attribute, timed(name, getattr(owner, attribute))))
        yield seconds
