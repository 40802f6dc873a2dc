"""From rows of the outbox to inboxes and deliveries, on both databases: each person once, at the right time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import pytest

from engine.case.actors import Actor, ActorKind
from engine.case.case import Party
from engine.case.codec import instant, microseconds
from engine.case.identity import CaseId, PersonId
from engine.errors import CaseNotFound, InputRefused, NotPermitted
from engine.service.notice_inbox import Notices
from engine.service.notice_writes import ReadNotices
from engine.service.notices import NOBODY, UNKNOWN, Expanded, expand, expand_all
from engine.service.rows import BatchRows
from tests.support.builders import ROOT, a_person, at
from tests.support.notices import NOON, Hall, a_world, an_errand, open_hall, outbox
from tests.support.storage import table, writes_of

CASE = CaseId("case-1")
NIGHT = {"quiet_from": 22 * 60, "quiet_until": 7 * 60}


@pytest.fixture
def hall(any_database: str) -> Iterator[Hall]:
    with open_hall(any_database) as hall:
        hall.people("zhao", "li clerk@plant", "wang clerk@works", "sun unit_head@plant", "wu union_office@works")
        yield hall


def expanded(hall: Hall) -> Expanded:
    return expand_all(hall, hall.reads, a_world(), ROOT)


def told(hall: Hall, case: CaseId = CASE) -> list[tuple[str, str, str | None]]:
    return [(one.person, one.role, one.acting_for) for one in hall.reads.notices_of_case(ROOT, case)]


def due(hall: Hall) -> dict[str, datetime]:
    """Return when the delivery to each person is due."""
    return {one.person: instant(one.due_at) for one in hall.reads.deliveries_of_case(ROOT, CASE)}


def test_an_event_reaches_the_inboxes_of_its_roles_and_the_mail_of_who_wants_it(hall: Hall) -> None:
    hall.by_mail("li")
    hall.by_mail("zhao", active=False)
    hall.keep(an_errand("case-1", "zhao"), outbox=[outbox("case-1", 1)])

    assert expanded(hall) == Expanded(rows=1, notices=2, deliveries=1, set_aside=0)
    assert told(hall) == [("li", "clerk", None), ("zhao", "proposer", None)]
    assert due(hall) == {"li": NOON}
    assert [(row.people, row.reason) for row in hall.reads.told_of_case(ROOT, CASE)] == [(2, None)]


def test_telling_again_tells_nobody_twice(hall: Hall, any_database: str) -> None:
    hall.keep(an_errand("case-1", "zhao"), outbox=[outbox("case-1", 1)])
    assert expanded(hall).rows == 1
    # The outbox as it was before: what a worker sees that read it just before another one wrote.
    hall.keep(outbox=[outbox("case-1", 1)])
    assert expanded(hall).rows == 1

    assert told(hall) == [("li", "clerk", None), ("zhao", "proposer", None)]
    assert table(any_database, "SELECT count(*) FROM outbox") == [(0,)]


def test_a_batch_is_bounded_and_the_rest_comes_next(hall: Hall) -> None:
    rows = [outbox("case-1", seq, when=NOON + timedelta(seconds=seq)) for seq in range(1, 6)]
    hall.keep(an_errand("case-1", "zhao"), outbox=rows)

    assert [expand(hall, hall.reads, a_world(), ROOT, limit=2).rows for _run in range(4)] == [2, 2, 1, 0]
    assert [row.seq for row in hall.reads.told_of_case(ROOT, CASE)] == [1, 2, 3, 4, 5]


def test_a_deputy_is_told_too_until_the_last_day(hall: Hall) -> None:
    hall.deputed("li", "wang", from_on=date(2026, 3, 1), until_on=date(2026, 3, 4))
    hall.by_mail("wang")
    hall.keep(an_errand(), outbox=[outbox("case-1", 1)])
    expanded(hall)
    assert told(hall) == [("li", "clerk", None), ("wang", "clerk", "li")]
    assert due(hall) == {"wang": NOON}

    hall.clock = at("2026-03-05", 0, 1)
    hall.keep(an_errand("case-2"), outbox=[outbox("case-2", 1)])
    expanded(hall)
    assert told(hall, CaseId("case-2")) == [("li", "clerk", None)]


def test_units_complained_about_are_not_told_even_when_named_after_the_event(hall: Hall) -> None:
    case = an_errand("case-1", "zhao", data={"subject": "x", "accused_units": ["plant"]})
    hall.keep(case, outbox=[outbox("case-1", 1), outbox("case-1", 2, "handed")])
    expanded(hall)

    assert {person for person, _role, _for in told(hall)} == {"zhao", "wang", "wu"}


def test_an_assignment_keeps_out_whom_its_parent_complains_about(hall: Hall) -> None:
    parent = an_errand("case-0", data={"subject": "x", "accused_units": ["plant"]})
    hall.keep(parent, an_errand("case-1", parent=parent.id), outbox=[outbox("case-1", 1)])
    expanded(hall)

    assert told(hall) == [("wang", "clerk", None)]


def test_quiet_hours_and_digests_shift_the_mail_but_not_the_inbox_nor_a_red_rung(hall: Hall) -> None:
    hall.clock = at("2026-03-06", 23)  # a Friday
    hall.by_mail("li", **NIGHT)
    hall.by_mail("zhao", digest="daily")
    hall.by_mail("sun", digest="daily", **NIGHT)
    rows = [outbox("case-1", 1, when=hall.clock), outbox("case-1", 2, "reply/red", "rung", when=hall.clock)]
    hall.keep(an_errand("case-1", "zhao"), outbox=rows)
    expanded(hall)

    found = {(one.person, one.outbox == rows[1].id): instant(one.due_at)
             for one in hall.reads.deliveries_of_case(ROOT, CASE)}  # fmt: skip
    assert found == {
        ("li", False): at("2026-03-07", 7),
        ("zhao", False): at("2026-03-09", 8, 30),
        ("li", True): hall.clock,
        ("sun", True): hall.clock,
    }
    assert hall.reads.notices_of_case(ROOT, CASE)[0].told_at == microseconds(hall.clock)


def test_what_cannot_be_told_is_set_aside_with_its_reason_and_stops_nothing(hall: Hall) -> None:
    hall.keep(
        an_errand("case-1", "zhao"), outbox=[outbox("gone", 1), outbox("case-1", 1, "unheard"), outbox("case-1", 2)]
    )
    done = expanded(hall)

    assert (done.rows, done.set_aside) == (3, 2)
    assert [(row.people, row.reason) for row in hall.reads.told_of_case(ROOT, CASE)] == [(0, UNKNOWN), (2, None)]
    assert hall.reads.told_of_case(ROOT, CaseId("gone"))[0].reason == "no such case"


def test_that_nobody_could_be_told_is_on_the_record(hall: Hall) -> None:
    hall.keep(an_errand(), outbox=[outbox("case-1", 1, "led")])
    expanded(hall)

    assert [(row.people, row.reason) for row in hall.reads.told_of_case(ROOT, CASE)] == [(0, NOBODY)]


def test_an_inbox_is_ones_own(hall: Hall) -> None:
    hall.keep(
        an_errand("case-1", "zhao"),
        outbox=[outbox("case-1", 1), outbox("case-1", 2), outbox("case-1", 3)],
        readers={"case-1": "person:zhao"},
    )
    expanded(hall)
    notices = Notices(hall.reads)
    zhao, li = a_person("zhao"), a_person("li", "clerk@plant")

    first = notices.inbox(ROOT, zhao, limit=2)
    rest = notices.inbox(ROOT, zhao, after=first.next, limit=2)
    assert [line.notice.seq for line in (*first.lines, *rest.lines)] == [3, 2, 1]
    assert {line.notice.person for line in first.lines} == {"zhao"}
    assert first.lines[0].subject == "食堂"
    assert rest.next is None
    assert notices.inbox(ROOT, li).lines[0].subject is None  # not among the readers of the case
    hall.write([ReadNotices(root=ROOT, person=PersonId("zhao"), outbox=(outbox("case-1", 1).id,), at=NOON)])
    assert (notices.unread(ROOT, zhao), notices.unread(ROOT, li)) == (2, 3)
    assert notices.inbox(ROOT, a_person("nobody")).lines == ()
    with pytest.raises(NotPermitted):
        notices.inbox(ROOT, Actor(kind=ActorKind.SYSTEM))


@pytest.mark.parametrize(
    "key", ["", "x", "1~x", "1~~x", "~1~x", "1~1~", "9" * 19 + "~1~x", "1;DROP~1~x", "1~1~\0", "1~1~\ud800", "١~1~x"]
)
def test_a_key_that_is_none_is_refused(hall: Hall, key: str) -> None:
    with pytest.raises(InputRefused):
        Notices(hall.reads).inbox(ROOT, a_person("zhao"), after=key)


def test_who_may_see_the_case_sees_who_was_told_and_how_but_no_address(hall: Hall) -> None:
    hall.by_mail("li")
    hall.keep(an_errand("case-1", "zhao"), outbox=[outbox("case-1", 1)], readers={"case-1": "role:clerk@plant"})
    expanded(hall)
    notices = Notices(hall.reads)

    seen = notices.of_case(ROOT, CASE, a_person("li", "clerk@plant"), a_world())
    assert [(line.person, [way.channel for way in line.deliveries]) for line in seen.lines] == [
        ("li", ["mail"]),
        ("zhao", []),
    ]
    assert "example.org" not in repr(seen)
    with pytest.raises(CaseNotFound):
        notices.of_case(ROOT, CASE, a_person("sun", "unit_head@plant"), a_world())


def test_in_a_confidential_case_the_parties_stay_nameless_but_to_themselves(hall: Hall) -> None:
    hall.by_mail("zhao")
    case = an_errand("case-1", data={"subject": "x", "level": "secret"}, parties=(Party("proposer", PersonId("zhao")),))
    hall.keep(case, outbox=[outbox("case-1", 1)], readers={"case-1": "role:clerk@plant"})
    expanded(hall)
    notices = Notices(hall.reads)

    seen = notices.of_case(ROOT, CASE, a_person("li", "clerk@plant"), a_world())
    assert [(line.person, line.notice.role) for line in seen.lines] == [("li", "clerk"), (None, "proposer")]
    assert "zhao" not in repr(seen)
    own = notices.of_case(ROOT, CASE, a_person("zhao", "clerk@plant"), a_world())
    assert [line.person for line in own.lines] == ["li", "zhao"]


def test_nothing_is_told_before_the_commit(hall: Hall) -> None:
    with writes_of(hall.store).begin() as transaction:
        transaction.write(BatchRows(outbox=[outbox("case-1", 1)]))
        assert hall.reads.pending_outbox(ROOT, 10) == []

    assert hall.reads.pending_outbox(ROOT, 10) == [outbox("case-1", 1)]
