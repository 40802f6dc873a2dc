"""The product's own workers, as processes, on the product's own deliveries: each once, and a killed one replaced."""

from __future__ import annotations

import signal
from collections import Counter
from datetime import timedelta

import pytest

from notifications.dispatcher import LEASE, SLICE
from tests.support.house import ROOT
from tests.support.jobs import waited_for
from tests.support.mail_server import mail_server
from tests.support.post_house import MORNING
from tests.support.post_workers import WatchedPost, an_office, delivered_by_two, worker

PEOPLE = 1_000
"""Five batches; ``make campaign`` has 10,000 told."""

FEW = 60
KILLED_AT = SLICE + 5


@pytest.mark.slow
def test_two_workers_deliver_to_1000_people_each_once(any_database: str) -> None:
    delivered = delivered_by_two(any_database, PEOPLE)

    # The proposer has no address outside; the one officer of the house's own has none either.
    assert set(delivered.arrived.values()) == {1}
    assert len(delivered.arrived) == PEOPLE
    assert delivered.states == {("sent", 1): PEOPLE}
    assert len(delivered.senders) == 2, "both workers had their part"


@pytest.mark.slow
def test_a_worker_killed_while_it_sends_is_replaced_and_only_its_last_slice_may_come_twice(any_database: str) -> None:
    with an_office(any_database, FEW) as (desk, case), mail_server(WatchedPost(stops_at=KILLED_AT)) as post:
        assert isinstance(post, WatchedPost)
        with worker(any_database, post.port, "one@union.example.cn") as killed:
            assert waited_for(lambda: post.stands)
            killed.send_signal(signal.SIGKILL)
            killed.wait()
        before = [id_ for _sender, id_ in post.sent]
        post.go_on = True
        # What the killed one held is free when its lease has ended, by the clock of the house.
        with worker(any_database, post.port, "other@union.example.cn", at=MORNING + LEASE + timedelta(minutes=1)):
            assert waited_for(lambda: len({id_ for _sender, id_ in post.sent}) == FEW)
            assert waited_for(lambda: {row.state for row in desk.reads.deliveries_of_case(ROOT, case)} == {"sent"})
        attempts = Counter(row.attempts for row in desk.reads.deliveries_of_case(ROOT, case))

    assert len(before) == KILLED_AT - 1
    arrived = Counter(id_ for _sender, id_ in post.sent)
    assert arrived == Counter(dict.fromkeys(arrived, 1)) + Counter(before[SLICE:])
    # All sixty were taken by the first; what its first slice settled was tried once, the rest a second time.
    assert attempts == {1: SLICE, 2: FEW - SLICE}
