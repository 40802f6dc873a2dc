"""What waits to be delivered is found, taken by address, ended and forgotten alike on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine.case.codec import microseconds
from engine.case.identity import CaseId
from engine.service.notice_ports import DeliveryRow, Settlement, ToldRow, WaitingChannel
from engine.service.notice_writes import ClaimDeliveries, EndWaiting, ForgetDeliveries, SettleDeliveries, TellPeople
from tests.support.builders import ROOT
from tests.support.notices import NOON, Hall, a_delivery, notice_of, open_hall, outbox

LATER = NOON + timedelta(hours=1)


@pytest.fixture
def hall(any_database: str) -> Iterator[Hall]:
    with open_hall(any_database) as hall:
        yield hall


def queue(hall: Hall, *deliveries: DeliveryRow) -> None:
    """Queue deliveries, each with the notice and the row of the outbox it comes from."""
    rows = {row.outbox: outbox(row.case, row.seq) for row in deliveries}
    hall.keep(outbox=list(rows.values()))
    told = tuple(ToldRow(*row, told_at=microseconds(NOON), people=1, reason=None) for row in rows.values())
    notices = {(row.person, row.outbox): notice_of(row) for row in deliveries}
    hall.write([TellPeople(root=ROOT, told=told, notices=tuple(notices.values()), deliveries=deliveries)])


def claim(hall: Hall, lease: str, *, address: str | None = None, limit: int = 200) -> list[str]:
    """Take deliveries for ten minutes; return their ids."""
    until = hall.clock + timedelta(minutes=10)
    hall.write(
        [
            ClaimDeliveries(
                root=ROOT, channel="mail", lease=lease, at=hall.clock, until_at=until, limit=limit, address=address
            )
        ]
    )
    return sorted(row.delivery.id for row in hall.reads.leased(ROOT, lease))


def sent(hall: Hall, lease: str, *deliveries: DeliveryRow, message: str | None = None) -> None:
    settlements = tuple(Settlement(row.id, "sent", row.due_at, None, message or row.id) for row in deliveries)
    hall.write([SettleDeliveries(root=ROOT, lease=lease, settlements=settlements, at=hall.clock)])


def states(hall: Hall, *cases: str) -> list[tuple[str, str | None]]:
    return [(one.state, one.reason) for case in cases for one in hall.reads.deliveries_of_case(ROOT, CaseId(case))]


def test_for_one_address_only_what_goes_there_is_taken(hall: Hall) -> None:
    mine, other = a_delivery("case-1"), a_delivery("case-2", address="other@example.org")
    queue(hall, mine, other, a_delivery("case-3", bundle="b", address="other@example.org"))

    assert claim(hall, "one", address="li@example.org") == [mine.id]
    assert claim(hall, "two", address="other@example.org") == [other.id, "case-3-1-li"]
    assert claim(hall, "three") == []


def test_so_many_messages_are_taken_digests_included_and_what_goes_alone_first(hall: Hall) -> None:
    alone = [a_delivery(f"case-{number}") for number in (1, 2)]
    queue(hall, *alone, *(a_delivery(f"case-{number}", bundle=f"day-{number % 2}") for number in range(3, 7)))

    first = claim(hall, "one", limit=3)
    assert first[:2] == [row.id for row in alone]
    assert len(first) == 4, "one digest of the two, whole"
    assert len(claim(hall, "two", limit=3)) == 2


def test_the_addresses_of_what_is_due_are_named_once_each(hall: Hall) -> None:
    queue(
        hall,
        a_delivery("case-1"),
        a_delivery("case-2"),
        a_delivery("case-3", address="b@example.org", bundle="b"),
        a_delivery("case-4", address="a@example.org", due_at=microseconds(LATER)),
        a_delivery("case-5", address="c@example.org", channel="wecom"),
    )
    assert hall.reads.due_addresses(ROOT, "mail", microseconds(NOON)) == ["b@example.org", "li@example.org"]
    sent(hall, "nobody's", a_delivery("case-1"), a_delivery("case-2"))
    assert hall.reads.due_addresses(ROOT, "mail", microseconds(NOON)) == ["b@example.org"]


def test_what_was_sent_to_an_address_lately_is_counted_by_message(hall: Hall) -> None:
    rows = [a_delivery(f"case-{number}") for number in range(1, 5)]
    queue(hall, *rows, a_delivery("case-9", address="other@example.org"))
    sent(hall, "x", rows[0])
    hall.clock = LATER
    sent(hall, "x", rows[1], rows[2], message="digest")
    sent(hall, "x", rows[3], a_delivery("case-9"))

    assert hall.reads.attempts_since(ROOT, "mail", "li@example.org", microseconds(NOON)) == 2
    assert hall.reads.attempts_since(ROOT, "mail", "li@example.org", microseconds(NOON) - 1) == 3
    assert hall.reads.attempts_since(ROOT, "wecom", "li@example.org", 0) == 0


def test_what_waits_is_told_by_channel_with_what_met_trouble(hall: Hall) -> None:
    first = a_delivery("case-1")
    queue(
        hall,
        first,
        a_delivery("case-2", reason="timeout", at=microseconds(LATER)),
        a_delivery("case-3", channel="wecom", at=microseconds(LATER), due_at=microseconds(LATER)),
    )
    assert hall.reads.waiting_channels(ROOT) == [
        WaitingChannel("mail", 2, microseconds(NOON), 1),
        WaitingChannel("wecom", 1, microseconds(LATER), 0),
    ]
    sent(hall, "x", first)
    assert hall.reads.waiting_channels(ROOT)[0] == WaitingChannel("mail", 1, microseconds(LATER), 1)


def test_what_has_waited_too_long_is_ended_unless_somebody_holds_it_or_it_is_not_due(hall: Hall) -> None:
    held = a_delivery("case-1")
    queue(hall, held)
    claim(hall, "sending")
    queue(
        hall,
        a_delivery("case-2"),
        a_delivery("case-3", at=microseconds(LATER)),
        a_delivery("case-4", due_at=microseconds(LATER + timedelta(days=1))),
        a_delivery("case-5", channel="wecom"),
        a_delivery("case-6", bundle="day"),
    )
    hall.write([EndWaiting(root=ROOT, channel="mail", before=NOON, at=NOON, state="failed", reason="no way out")])

    queued, ended = ("queued", None), ("failed", "no way out")
    assert states(hall, *(f"case-{number}" for number in range(1, 7))) == [
        queued, ended, queued, queued, queued, ended
    ]  # fmt: skip


def test_what_was_settled_long_ago_is_forgotten_and_nothing_else(hall: Hall) -> None:
    rows = [a_delivery(f"case-{number}") for number in range(1, 5)]
    queue(hall, *rows)
    sent(hall, "x", rows[1])
    hall.clock = NOON + timedelta(minutes=1)
    sent(hall, "x", rows[0])
    hall.clock = LATER
    sent(hall, "x", rows[2])

    assert hall.reads.settled_before(ROOT, microseconds(LATER), 10) == [rows[1].id, rows[0].id]
    assert hall.reads.settled_before(ROOT, microseconds(LATER), 1) == [rows[1].id]
    hall.write([ForgetDeliveries(root=ROOT, deliveries=(rows[0].id, rows[1].id, rows[3].id))])
    assert states(hall, "case-1", "case-2") == []
    assert states(hall, "case-3", "case-4") == [("sent", None), ("queued", None)]
