"""The counts of the metrics, on both databases alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine.case.codec import microseconds
from engine.service.notice_ports import Settlement
from engine.service.notice_writes import ClaimDeliveries, SettleDeliveries
from tests.contracts.test_notices_waiting import queue
from tests.contracts.test_storage_sealing import queue as unsealed
from tests.support.builders import ROOT
from tests.support.notices import Hall, a_delivery, open_hall
from tests.support.storage import OTHER_ROOT, opened


@pytest.fixture
def hall(any_database: str) -> Iterator[Hall]:
    with open_hall(any_database) as hall:
        yield hall


def test_deliveries_that_wait_and_that_failed_are_counted(hall: Hall) -> None:
    queue(hall, *(a_delivery(f"case-{number}") for number in (1, 2, 3)), a_delivery("case-4", bundle="day"))
    assert hall.reads.deliveries_waiting(ROOT) == 4
    until, at = hall.clock + timedelta(minutes=10), microseconds(hall.clock)
    hall.write([ClaimDeliveries(root=ROOT, channel="mail", lease="one", at=hall.clock, until_at=until, limit=9)])
    ended = (
        Settlement("case-1-1-li", "sent", at, None, "case-1-1-li"),
        Settlement("case-2-1-li", "given_up", at, "unknown address", "case-2-1-li"),
    )
    hall.write([SettleDeliveries(root=ROOT, lease="one", settlements=ended, at=hall.clock)])
    assert hall.reads.deliveries_waiting(ROOT) == 2
    assert hall.reads.deliveries_failed(ROOT, since=at) == 1
    assert hall.reads.deliveries_failed(ROOT, since=at + 1) == 0
    assert hall.reads.deliveries_waiting(OTHER_ROOT) == 0


def test_entries_that_wait_to_be_sealed_are_counted_for_each_house(any_database: str) -> None:
    with opened(any_database) as store:
        unsealed(store, (1, "case-1", 0), (2, "case-1", 1), (3, "case-2", 0), root=ROOT)
        unsealed(store, (1, "case-9", 0), root=OTHER_ROOT)
        assert (store.reads.unsealed_count(ROOT), store.reads.unsealed_count(OTHER_ROOT)) == (3, 1)
        assert store.reads.database_bytes() > 100_000
