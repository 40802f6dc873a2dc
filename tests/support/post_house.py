"""A house whose notices leave it: a desk with channels, the product's own jobs on it, and servers with bad days."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from itertools import count
from typing import Any, Final

from aiosmtpd.smtp import SMTP, Envelope, Session

from engine.case.codec import instant, microseconds
from engine.case.identity import CaseId, PersonId
from engine.service.notice_ports import CaseDelivery, Preference
from engine.service.notice_writes import SetPreference
from runtime.clock import SetClock
from runtime.jobs.handlers import product_registry
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import Registry
from runtime.jobs.worker import Worker
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.house import ROOT, House, open_house
from tests.support.mail_server import Ending, Post

MORNING: Final = datetime(2026, 1, 20, 2, tzinfo=UTC)
"""A Tuesday, ten o'clock in Shanghai."""

PAGES: Final = "https://banjie.example"
FAILURES_MAX: Final = 5
"""Fewer than the attempts after which a delivery is given up, so that no bad luck ends in that."""

TURNS_MAX: Final = 400


@dataclass(slots=True)
class PostHouse:
    """A house, the jobs of the product on its desk, and a worker that runs whatever is due by the house's clock."""

    house: House
    jobs: LeasedJobs
    registry: Registry
    worker: Worker

    @property
    def clock(self) -> SetClock:
        return self.house.clock

    def tell(self, person: str, channel: str, address: str, **parts: Any) -> None:
        """Let somebody be told by a channel."""
        wanted = Preference(root=ROOT, person=PersonId(person), channel=channel, address=address, **parts)
        self.house.desk.office.write([SetPreference(wanted)])

    def deliveries(self, *cases: CaseId) -> list[CaseDelivery]:
        """Return the deliveries about cases."""
        return [found for case in cases for found in self.house.desk.reads.deliveries_of_case(ROOT, case)]

    def work_until_nothing_waits(self, after_turn: Callable[[], None] = lambda: None) -> int:
        """Let the worker work, and time pass to when something is due again, until no delivery waits; return turns."""
        reads = self.house.desk.reads
        for turn in range(1, TURNS_MAX):
            self.worker.run_due()
            after_turn()
            due = [
                at
                for waiting in reads.waiting_channels(ROOT)
                if (at := reads.next_delivery_at(ROOT, waiting.channel)) is not None
            ]
            if not due:
                return turn
            now = self.clock.now()
            self.clock.set(max(now + timedelta(seconds=30), instant(min(due))))
        raise AssertionError(f"deliveries still wait at {microseconds(self.clock.now())}")


@contextmanager
def open_post_house(url: str, at: datetime = MORNING, *, made: bool = False, **channels: Any) -> Iterator[PostHouse]:
    """Open a database with the organisation in it and these channels configured; the clock stands at ``at``.

    With ``made`` the organisation is there already.
    """
    if not made:
        with open_house(url, at):
            pass
    clock = SetClock(at)
    settings = Settings(database_url=url, pages_url=PAGES, **channels)
    with desk_of(settings, clock=clock) as opened:
        jobs = LeasedJobs.open(url, clock)
        try:
            registry = product_registry(opened, jobs, settings)
            yield PostHouse(House(opened.desk, clock, count()), jobs, registry, Worker(jobs, registry, clock))
        finally:
            jobs.close()


@dataclass(slots=True)
class FlakyPost(Post):
    """A mail server with bad days: it drops, answers late, refuses for now, or takes a text and loses its answer.

    What it does follows from a seed, and it fails no mail more than some times. ``lost`` counts the texts it took
    without the sender hearing of it; ``on_text`` is asked at each text, before anything else, with its Message-ID.
    """

    seed: int = 0
    on_text: Callable[[str], None] = lambda _message_id: None
    lost: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    _dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._dice = random.Random(self.seed)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd finds its hooks by these names
        """Do what the dice say."""
        assert isinstance(envelope.content, bytes)
        message_id = id_of(envelope.content)
        self.on_text(message_id)
        what = self._dice.choices(["answer", "answer late", "lose answer", "drop", "451"], [60, 5, 12, 12, 11])[0]
        if self.failed[message_id] >= FAILURES_MAX:
            what = "answer"
        self.failed[message_id] += not what.startswith("answer")
        self.lost[message_id] += what == "lose answer"
        if what == "451":
            self.refused += 1
            return "451 try again later"
        ending: Ending = what  # type: ignore[assignment]  # the other words are those of Ending
        self.endings = [ending]
        return await Post.handle_DATA(self, server, session, envelope)


def id_of(content: bytes) -> str:
    """Return the Message-ID of a mail as it came."""
    lines = content.decode("ascii").splitlines()
    return next(line.partition(":")[2].strip() for line in lines if line.lower().startswith("message-id:"))


def text_of(mail: EmailMessage) -> str:
    """Return what a mail says."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())
