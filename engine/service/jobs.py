"""What a list of background jobs shows, and how the house asks for one and looks after them; who runs them is not here.

A job is a hint. What is to be done stands as due rows in the main database; a handler looks there, does a batch, and
may run twice: after a crash, a lost connection, or a machine that stood still, the same job is run again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NewType, Protocol

from engine.text import Text

JobNumber = NewType("JobNumber", int)
LISTED_MAX: Final = 200


class JobState(StrEnum):
    """Where a job rests. A job that failed and will be tried again is waiting, with the reason of its last failure."""

    WAITING = "waiting"
    RUNNING = "running"
    FAILED = "failed"
    DONE = "done"
    CANCELLED = "cancelled"


STATE_TITLES: Final[Mapping[JobState, Text]] = {
    JobState.WAITING: Text("待执行", "waiting"),
    JobState.RUNNING: Text("执行中", "running"),
    JobState.FAILED: Text("失败", "failed"),
    JobState.DONE: Text("已完成", "done"),
    JobState.CANCELLED: Text("已取消", "cancelled"),
}


_KIND_TITLES: Final[Mapping[str, Text]] = {
    "sweep": Text("期限巡查", "Sweep of deadlines"),
    "tell": Text("分发通知", "Notices into inboxes"),
    "deliver": Text("发送通知", "Deliveries"),
    "reconcile": Text("核对待办任务", "Check of what is due"),
    "purge": Text("清理旧记录", "Removal of old rows"),
    "seal": Text("账册封存", "Sealing of the ledger"),
    "anchor": Text("寄送检查点", "Mail of the checkpoint"),
    "witness": Text("检查点见证", "Cosignature by a witness"),
    "heartbeat": Text("账册心跳", "Heartbeat of the ledger"),
    "release": Text("投递匿名件", "Release of anonymous matters"),
    "search": Text("建立检索目录", "Index of words for the search"),
    "readers": Text("重算可见范围", "Who may see the cases of moved units"),
    "watch": Text("登记拒绝访问", "Record of denials"),
    "retention": Text("删除期满内容", "Erasure of what is over"),
    "erase": Text("销毁已删内容的密钥", "Keys of erased values"),
    "keys": Text("更换密钥", "New keys"),
    "figures": Text("统计汇总", "Figures counted"),
    "long-work": Text("成批办理", "Long work people asked for"),
    "files": Text("清理无主附件", "Removal of stray files"),
}


def kind_title(kind: str) -> Text:
    """Return what a kind of job is called, by what stands before its colon; its name where that is none we know."""
    return _KIND_TITLES.get(kind.partition(":")[0], Text(kind, kind))


def known_kind(kind: str) -> str:
    """Return what stands before the colon of a kind of job, ``other`` where that is none we know: few words in all."""
    name = kind.partition(":")[0]
    return name if name in _KIND_TITLES else "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One job as a list shows it. ``done`` counts rows over all its batches; ``worker`` is who has it or had it last;
    ``reason`` is that of the last failure, None after a success."""

    number: JobNumber
    kind: str
    subject: str
    state: JobState
    due_at: datetime
    attempts: int
    done: int
    reason: str | None
    worker: str | None
    started_at: datetime | None
    ended_at: datetime | None


class Jobs(Protocol):
    """Ask for jobs and look after them."""

    def schedule(
        self, kind: str, subject: str = "", *, due_at: datetime | None = None, dedupe: bool = True
    ) -> JobNumber:
        """Ask for a job, now or at an instant, and return its number.

        ``subject`` says which rows (an id, a slice; never personal data). With ``dedupe`` there is at most one job
        waiting or running for a kind and subject: a waiting one is kept, moved forward if it was due later, and one
        that is running runs once more. One that waits after a failure keeps its later turn.

        Raises:
            StorageUnavailable: the jobs cannot be written; the due rows are still there, a reconcile finds them.
        """

    def cancel(self, number: JobNumber) -> None:
        """Take back a job that waits; one that is running ends its batch and is not continued.

        Raises:
            NotFound: there is no job of this number waiting or running.
        """

    def re_run(self, number: JobNumber) -> None:
        """Let a job that is over run again, or one that waits run now, with all its attempts before it.

        Where the same kind and subject has another job under way already, that one runs now instead.

        Raises:
            NotFound: there is no job of this number, or it is running.
        """

    def listed(self, state: JobState | None = None, *, limit: int = LISTED_MAX) -> Sequence[Job]:
        """Return jobs, failed first, then running, waiting, done and cancelled, each newest first."""

    def counts(self) -> Mapping[JobState, int]:
        """Return how many jobs there are in each state; done and cancelled ones of the last days only."""
