"""The product's own workers as processes, delivering to many people by mail. Run as a program it is such a worker.

On SQLite the process of the test is the one that writes, and the workers write through it, as ``banjie work`` does
beside ``banjie serve``; on PostgreSQL each writes for itself.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import FrameType
from typing import Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.access.directory import GrantRow, Person
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.desk import Desk
from engine.service.notice_ports import Preference
from engine.service.notice_writes import SetPreference
from engine.service.plain import AddGrant, AddPerson, PlainWrite
from engine.storage.urls import sqlite_path
from runtime.clock import SetClock
from runtime.jobs.handlers import product_registry
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import Registry
from runtime.jobs.worker import Worker
from runtime.settings import Settings
from runtime.socket import SocketServer, socket_path
from runtime.wiring import clock_of, desk_of
from tests.support.house import ROOT, House, open_house
from tests.support.jobs import PROJECT, ended, wait_until_working, waited_for
from tests.support.mail_server import Post, mail_server
from tests.support.post_house import MORNING, PAGES, id_of

LEASE: Final = timedelta(seconds=2)
POLL: Final = timedelta(milliseconds=200)
KINDS: Final = ("tell", "deliver:mail")


@dataclass(slots=True)
class WatchedPost(Post):
    """A mail server that notes who sent what; at the text of number ``stops_at`` it stands still until ``go_on``."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    stops_at: int = 0
    stands: bool = False
    go_on: bool = False

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd finds its hooks by these names
        """Keep the text and say so; what it stood still at is lost with its connection."""
        assert isinstance(envelope.content, bytes)
        if self.stops_at and len(self.sent) + 1 == self.stops_at and not self.go_on:
            self.stands = True
            while not self.go_on:
                await asyncio.sleep(0.02)
            return "451 never heard"
        self.sent.append((str(envelope.mail_from), id_of(envelope.content)))
        return "250 OK"


@contextmanager
def an_office(url: str, people: int) -> Iterator[tuple[Desk, CaseId]]:
    """Open a house where so many people of the union office are to be told by mail of one registered proposal."""
    with a_quiet_office(url, people) as house:
        yield house.desk, house.filed()


@contextmanager
def a_quiet_office(url: str, people: int) -> Iterator[House]:
    """Open a house with so many people in the union office who are told by mail, and nothing yet to tell them."""
    with open_house(url, MORNING):
        pass
    settings = Settings(database_url=url)
    with ExitStack() as open_, desk_of(settings, clock=SetClock(MORNING)) as opened:
        path = sqlite_path(url)
        if path is not None:
            open_.callback(SocketServer(socket_path(path), opened.desk.office).close)
        opened.desk.office.write([write for number in range(people) for write in _officer(f"officer-{number}")])
        yield House(opened.desk, SetClock(MORNING), iter(range(1_000)))


def _officer(name: str) -> list[PlainWrite]:
    """Return what makes somebody an officer of the union who is told by mail."""
    person = PersonId(name)
    return [
        AddPerson(Person(root=ROOT, id=person, name="干事", login=name)),
        AddGrant(GrantRow(root=ROOT, person=person, role="union_office", unit=UnitId("works"))),
        SetPreference(Preference(root=ROOT, person=person, channel="mail", address=f"{name}@union.example.cn")),
    ]


@contextmanager
def worker(url: str, port: int, sender: str, *, at: datetime = MORNING) -> Iterator[subprocess.Popen[str]]:
    """Start a worker whose mails come from ``sender`` and whose clock runs from ``at``; it is ended, by its id."""
    settings = {
        "DATABASE_URL": url,
        "CLOCK": at.isoformat(),
        "PAGES_URL": PAGES,
        "MAIL_HOST": "127.0.0.1",
        "MAIL_PORT": str(port),
        "MAIL_SECURITY": "plain",
        "MAIL_FROM": sender,
    }
    with subprocess.Popen(
        [sys.executable, "-m", "tests.support.post_workers"],
        cwd=PROJECT,
        env={**os.environ, **{f"BANJIE_{name}": value for name, value in settings.items()}},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            wait_until_working(process)
            yield process
        finally:
            process.kill()


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What two workers came to: how often each mail arrived, from whom, and what the ledger says of each."""

    arrived: Counter[str]
    senders: Counter[str]
    states: Counter[tuple[str, int]]


def arrived(post: WatchedPost, count: int) -> bool:
    """Wait until so many mails have arrived, for as long as any still come; return whether they have."""
    while (so_far := len(post.sent)) < count:
        if not waited_for(lambda so_far=so_far: len(post.sent) > so_far):  # type: ignore[misc]  # a lambda with a default
            return False
    return True


def delivered_by_two(url: str, people: int) -> Delivered:
    """Let two workers deliver to so many people; whoever began is told to end half-way, and the other goes on."""
    one, other = "one@union.example.cn", "other@union.example.cn"
    with (
        a_quiet_office(url, people) as house,
        mail_server(WatchedPost()) as post,
        worker(url, post.port, one) as first,
        worker(url, post.port, other) as second,
    ):
        assert isinstance(post, WatchedPost)
        desk, case = house.desk, house.filed()  # now that both are at work: a quick one might do it all alone

        def states() -> Counter[tuple[str, int]]:
            return Counter((row.state, row.attempts) for row in desk.reads.deliveries_of_case(ROOT, case))

        assert arrived(post, people // 2)
        begun = {sender for sender, _id in post.sent}
        leaving = first if begun == {one} else second
        assert ended(leaving)[0] == 0
        assert arrived(post, people)
        waited_for(lambda: set(states()) == {("sent", 1)})
        assert ended(second if leaving is first else first)[0] == 0
        return Delivered(
            arrived=Counter(id_ for _sender, id_ in post.sent),
            senders=Counter(sender for sender, _id in post.sent),
            states=states(),
        )


def main() -> None:
    """Be a worker that tells and delivers, until told to end."""
    settings = Settings()
    clock = clock_of(settings)
    with desk_of(settings, clock=clock) as opened:
        jobs = LeasedJobs.open(settings.database_url, clock, lease=LEASE)
        every = product_registry(opened, jobs, settings)
        some = Registry(
            handlers={kind: every.handlers[kind] for kind in KINDS},
            intervals={kind: every.intervals[kind] for kind in KINDS},
        )
        at_work = Worker(jobs, some, clock, poll=POLL)

        def leave(_number: int, _frame: FrameType | None) -> None:
            at_work.stop()

        signal.signal(signal.SIGTERM, leave)
        sys.stdout.write("working\n")
        sys.stdout.flush()
        at_work.serve()
        jobs.close()


if __name__ == "__main__":
    main()
