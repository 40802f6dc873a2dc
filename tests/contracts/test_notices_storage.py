"""Notices, deliveries and preferences are kept alike on both databases: once, in order, and taken by one at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from engine.case.actors import Grant
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId, UnitId
from engine.errors import InputRefused, NotFound
from engine.service.notice_ports import DeliveryRow, NoticeRow, Settlement, ToldRow
from engine.service.notice_writes import (
    AcknowledgeNotice,
    ClaimDeliveries,
    ReadNotices,
    RemovePreference,
    SetPreference,
    SettleDeliveries,
    TellPeople,
)
from engine.service.rows import OutboxRow
from tests.support.builders import ROOT
from tests.support.notices import (
    NOON,
    Hall,
    a_delivery,
    a_preference,
    an_errand,
    notice_of,
    open_hall,
    outbox,
)

LATER = NOON + timedelta(hours=1)
ODD = "李'; DROP TABLE notice;-- \"\\ {{ x }} %s $1 😀 \u202e"


@pytest.fixture
def hall(any_database: str) -> Iterator[Hall]:
    with open_hall(any_database) as hall:
        yield hall


def told(row: OutboxRow, people: int = 1) -> ToldRow:
    return ToldRow(*row, told_at=microseconds(NOON), people=people, reason=None)


def tell(hall: Hall, rows: Sequence[OutboxRow], notices: Sequence[NoticeRow], *deliveries: DeliveryRow) -> None:
    write = TellPeople(root=ROOT, told=tuple(map(told, rows)), notices=tuple(notices), deliveries=deliveries)
    hall.write([write])


def queue(hall: Hall, *deliveries: DeliveryRow) -> None:
    """Queue deliveries, each with the notice and the row of the outbox it comes from."""
    rows = {row.outbox: outbox(row.case, row.seq) for row in deliveries}
    hall.keep(outbox=list(rows.values()))
    notices = {(row.person, row.outbox): notice_of(row) for row in deliveries}
    tell(hall, list(rows.values()), list(notices.values()), *deliveries)


def claim(hall: Hall, lease: str, *, channel: str = "mail", limit: int = 200) -> list[str]:
    """Take deliveries for ten minutes; return their ids."""
    until = hall.clock + timedelta(minutes=10)
    hall.write([ClaimDeliveries(root=ROOT, channel=channel, lease=lease, at=hall.clock, until_at=until, limit=limit)])
    return [row.delivery.id for row in hall.reads.leased(ROOT, lease)]


def settle(hall: Hall, lease: str, *settlements: Settlement) -> None:
    hall.write([SettleDeliveries(root=ROOT, lease=lease, settlements=settlements, at=hall.clock)])


def sent(id_: str) -> Settlement:
    return Settlement(id_, "sent", microseconds(NOON), None, id_)


def test_a_row_of_the_outbox_is_told_of_once_however_often_it_is_tried(hall: Hall) -> None:
    row, delivery = outbox("case-1", 1), a_delivery()
    hall.keep(outbox=[row])
    tell(hall, [row], [notice_of(delivery)], delivery)
    tell(hall, [row], [notice_of(a_delivery(person="wang"))], a_delivery(person="wang"))

    assert hall.reads.pending_outbox(ROOT, 10) == []
    assert hall.reads.notices_of_case(ROOT, CaseId("case-1")) == [notice_of(delivery)]
    assert hall.reads.told_of_case(ROOT, CaseId("case-1")) == [told(row)]
    assert [found.person for found in hall.reads.deliveries_of_case(ROOT, CaseId("case-1"))] == ["li"]


def test_rows_told_of_by_somebody_else_are_left_out_and_the_others_are_not(hall: Hall) -> None:
    first, second = outbox("case-1", 1), outbox("case-1", 2)
    hall.keep(outbox=[first, second])
    tell(hall, [first], [])
    tell(hall, [first, second], [notice_of(a_delivery(seq=1)), notice_of(a_delivery(seq=2))])

    assert [notice.seq for notice in hall.reads.notices_of_case(ROOT, CaseId("case-1"))] == [2]


def test_the_outbox_comes_in_the_order_of_instants_cases_and_entries(hall: Hall) -> None:
    early, late = NOON - timedelta(seconds=1), NOON + timedelta(seconds=1)
    rows = [
        outbox("case-2", 9, when=early),
        outbox("case-1", 9),
        outbox("case-1", 10),
        outbox("case-2", 10),
        outbox("case-1", 11, when=late),
    ]
    hall.keep(outbox=list(reversed(rows)))

    assert hall.reads.pending_outbox(ROOT, 10) == rows


def test_what_came_about_in_the_same_millisecond_is_never_cut(hall: Hall) -> None:
    together = [outbox("case-1", seq) for seq in (1, 2, 3)]
    hall.keep(outbox=[*together, outbox("case-1", 4, when=LATER)])

    assert hall.reads.pending_outbox(ROOT, 2) == together


def test_text_of_any_kind_is_kept_as_it_is(hall: Hall) -> None:
    huge = "办" * 100_000
    delivery = a_delivery(person=ODD, address=huge)
    queue(hall, delivery)
    claim(hall, "lease")

    found = hall.reads.leased(ROOT, "lease")[0].delivery
    assert (found.person, found.address) == (ODD, huge)
    assert hall.reads.unread(ROOT, PersonId(ODD)) == 1


def test_a_delivery_is_taken_by_one_dispatcher_only_until_its_lease_ends(hall: Hall) -> None:
    queue(hall, a_delivery())

    assert claim(hall, "first") == ["case-1-1-li"]
    assert claim(hall, "second") == []
    hall.clock = NOON + timedelta(minutes=10)
    assert claim(hall, "third") == ["case-1-1-li"]
    assert hall.reads.leased(ROOT, "first") == []
    assert hall.reads.leased(ROOT, "third")[0].delivery.attempts == 2


def test_only_what_is_due_in_the_channel_asked_for_is_taken(hall: Hall) -> None:
    queue(
        hall,
        a_delivery("case-1", due_at=microseconds(LATER)),
        a_delivery("case-2", channel="wecom"),
        a_delivery("case-3"),
    )

    assert claim(hall, "lease") == ["case-3-1-li"]
    assert hall.reads.next_delivery_at(ROOT, "mail") == microseconds(NOON)
    assert hall.reads.next_delivery_at(ROOT, "feishu") is None
    queue(hall, a_delivery("case-4", bundle="digest", channel="feishu", due_at=7))
    assert hall.reads.next_delivery_at(ROOT, "feishu") == 7


def test_of_one_case_and_recipient_a_later_one_waits_for_the_earlier_one(hall: Hall) -> None:
    queue(hall, a_delivery(seq=10), a_delivery(seq=9), a_delivery("case-2", 11), a_delivery(seq=10, person="wang"))

    assert sorted(claim(hall, "first")) == ["case-1-10-wang", "case-1-9-li", "case-2-11-li"]
    settle(hall, "first", Settlement("case-1-9-li", "queued", microseconds(LATER), "smtp 451", "case-1-9-li"))
    assert claim(hall, "second") == []
    hall.clock = LATER
    assert "case-1-9-li" in claim(hall, "third")
    settle(hall, "third", sent("case-1-9-li"))
    assert claim(hall, "fourth") == ["case-1-10-li"]


def test_an_urgent_one_passes_those_that_wait_for_the_morning(hall: Hall) -> None:
    queue(hall, a_delivery(seq=1, due_at=microseconds(LATER)), a_delivery(seq=2, urgent=1), a_delivery(seq=3))

    assert claim(hall, "lease") == ["case-1-2-li"]


def test_a_digest_is_taken_whole_also_beyond_the_limit(hall: Hall) -> None:
    queue(hall, *(a_delivery(seq=seq, bundle="digest-li") for seq in (1, 2, 3)), a_delivery("case-2", bundle="other"))

    assert claim(hall, "lease", limit=1) == ["case-1-1-li", "case-1-2-li", "case-1-3-li"]


def test_at_most_the_limit_is_taken_and_the_longest_waiting_first(hall: Hall) -> None:
    waiting = [a_delivery(f"case-{n}", due_at=microseconds(NOON) - n) for n in range(1, 6)]
    queue(hall, *waiting)

    assert sorted(claim(hall, "lease", limit=2)) == ["case-4-1-li", "case-5-1-li"]


def test_an_outcome_is_kept_with_its_reason_and_instant(hall: Hall) -> None:
    queue(hall, a_delivery("case-1"), a_delivery("case-2"), a_delivery("case-3"))
    claim(hall, "lease")
    again = Settlement("case-2-1-li", "queued", 7, "smtp 5", "id")
    refused = Settlement("case-3-1-li", "failed", 7, "smtp 5", "id")
    settle(hall, "lease", sent("case-1-1-li"), again, refused)

    lines = [hall.reads.deliveries_of_case(ROOT, CaseId(f"case-{n}"))[0] for n in (1, 2, 3)]
    assert [(line.state, line.reason, line.settled_at) for line in lines] == [
        ("sent", None, microseconds(NOON)),
        ("queued", "smtp 5", None),
        ("failed", "smtp 5", microseconds(NOON)),
    ]
    assert lines[1].due_at == 7
    assert hall.reads.leased(ROOT, "lease") == []


def test_only_who_holds_the_lease_may_say_that_it_failed_but_anybody_that_it_was_sent(hall: Hall) -> None:
    queue(hall, a_delivery())
    claim(hall, "first")
    hall.clock = NOON + timedelta(minutes=10)
    claim(hall, "second")
    settle(hall, "first", Settlement("case-1-1-li", "failed", 0, "smtp 550", "id"))
    assert hall.reads.deliveries_of_case(ROOT, CaseId("case-1"))[0].state == "queued"

    settle(hall, "first", sent("case-1-1-li"))
    settle(hall, "second", Settlement("case-1-1-li", "failed", 0, "smtp 550", "id"))
    assert hall.reads.deliveries_of_case(ROOT, CaseId("case-1"))[0].state == "sent"


def test_what_is_given_back_untried_counts_no_attempt(hall: Hall) -> None:
    queue(hall, a_delivery())
    claim(hall, "lease")
    settle(hall, "lease", Settlement("case-1-1-li", "queued", microseconds(NOON), None, "id", tried=False))

    assert hall.reads.deliveries_of_case(ROOT, CaseId("case-1"))[0].attempts == 0
    assert claim(hall, "next") == ["case-1-1-li"]


def test_what_was_taken_eight_times_and_never_settled_is_given_up(hall: Hall) -> None:
    queue(hall, a_delivery())
    for attempt in range(8):
        assert claim(hall, f"lease-{attempt}") == ["case-1-1-li"]
        hall.clock += timedelta(minutes=10)

    assert claim(hall, "ninth") == []
    line = hall.reads.deliveries_of_case(ROOT, CaseId("case-1"))[0]
    assert (line.state, line.attempts, line.reason) == ("given_up", 8, "no outcome")


def test_an_inbox_is_paged_newest_first_and_shows_a_case_only_while_it_may_be_seen(hall: Hall) -> None:
    hall.keep(
        an_errand("case-1", data={"subject": "食堂"}),
        an_errand("case-2", data={"subject": "班车"}),
        readers={"case-1": "person:li"},
    )
    queue(
        hall, a_delivery("case-1", 1), a_delivery("case-2", 2), a_delivery("case-1", 3), a_delivery("case-1", 3, "wang")
    )

    first = hall.reads.inbox(ROOT, PersonId("li"), ["person:li"], after=None, limit=2)
    rest = hall.reads.inbox(
        ROOT,
        PersonId("li"),
        ["person:li"],
        after=(first[-1].notice.at, first[-1].notice.seq, first[-1].notice.outbox),
        limit=2,
    )
    assert [(line.notice.seq, line.subject) for line in [*first, *rest]] == [(3, "食堂"), (2, None), (1, "食堂")]
    assert hall.reads.unread(ROOT, PersonId("li")) == 3


def test_reading_and_signing_are_the_persons_own_and_the_first_time_counts(hall: Hall) -> None:
    queue(hall, a_delivery(), a_delivery(person="wang"))
    notice = outbox("case-1", 1).id
    hall.write([ReadNotices(root=ROOT, person=PersonId("li"), outbox=(notice,), at=NOON)])
    hall.write([ReadNotices(root=ROOT, person=PersonId("li"), outbox=(notice,), at=LATER)])
    hall.write([AcknowledgeNotice(root=ROOT, person=PersonId("wang"), outbox=notice, at=LATER)])

    li, wang = hall.reads.notices_of_case(ROOT, CaseId("case-1"))
    assert (li.read_at, li.acknowledged_at) == (microseconds(NOON), None)
    assert (wang.read_at, wang.acknowledged_at) == (microseconds(LATER), microseconds(LATER))
    assert hall.reads.unread(ROOT, PersonId("li")) == hall.reads.unread(ROOT, PersonId("wang")) == 0
    with pytest.raises(NotFound):
        hall.write([AcknowledgeNotice(root=ROOT, person=PersonId("zhao"), outbox=notice, at=LATER)])


def test_a_preference_is_kept_replaced_and_forgotten(hall: Hall) -> None:
    first = a_preference("li", digest="daily", quiet_from=1320, quiet_until=420, language="en")
    second = a_preference("li", address=f"{ODD[:4]}@x", active=False)
    hall.write([SetPreference(first)])
    assert hall.reads.preferences(ROOT, [PersonId("li"), PersonId("wang")]) == [first]
    hall.write([SetPreference(second)])
    assert hall.reads.preferences(ROOT, [PersonId("li")]) == [second]
    hall.write([RemovePreference(ROOT, PersonId("li"), "mail")])
    assert hall.reads.preferences(ROOT, [PersonId("li")]) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": ""},
        {"address": "a" * 501},
        {"address": "a@b\r\nBcc: all@example.org"},
        {"quiet_from": 60},
        {"quiet_until": 60},
        {"quiet_from": -1, "quiet_until": 60},
        {"quiet_from": 60, "quiet_until": 1440},
    ],
    ids=str,
)
def test_a_preference_that_cannot_be_kept_is_refused(hall: Hall, wrong: dict[str, Any]) -> None:
    with pytest.raises(InputRefused):
        hall.write([SetPreference(a_preference("li", **wrong))])


def test_holders_and_deputies_are_those_of_the_day_who_are_still_there(hall: Hall) -> None:
    hall.people("li clerk@works", "wang clerk@works clerk@plant", "zhao", "qian leader@works")
    hall.deputed("li", "zhao", from_on=date(2026, 3, 1), until_on=date(2026, 3, 4))
    clerks = [Grant("clerk", UnitId("plant")), Grant("clerk", UnitId("works"))]

    on = date(2026, 3, 4)
    assert hall.reads.holders(ROOT, ["clerk"], on) == {clerks[0]: ["wang"], clerks[1]: ["li", "wang"]}
    assert hall.reads.deputies(ROOT, [PersonId("li"), PersonId("wang")], on) == {"li": ["zhao"]}
    assert hall.reads.deputies(ROOT, [PersonId("li")], date(2026, 3, 5)) == {}
