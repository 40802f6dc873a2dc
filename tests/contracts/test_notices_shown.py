"""What of notices is shown to whom, on both databases: the unread part of an inbox, and who was told of a case."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest

from engine.case.actors import SYSTEM
from engine.case.case import Party
from engine.case.identity import CaseId, PersonId
from engine.errors import CaseNotFound, NotPermitted
from engine.service.notice_inbox import Notices
from engine.service.notice_ports import UNREAD_MAX
from engine.service.notice_writes import ReadNotices
from engine.service.notices import expand_all
from tests.support.builders import ROOT, a_person
from tests.support.notices import NOON, Hall, a_world, an_errand, open_hall, outbox

CASE = CaseId("case-1")


@pytest.fixture
def hall(any_database: str) -> Iterator[Hall]:
    with open_hall(any_database) as hall:
        hall.people("zhao", "li clerk@plant", "wang clerk@works", "sun unit_head@plant", "wu union_office@works")
        yield hall


def expanded(hall: Hall) -> None:
    expand_all(hall, hall.reads, a_world(), ROOT)


def test_the_unread_part_of_an_inbox_is_paged_like_the_whole(hall: Hall) -> None:
    hall.keep(
        an_errand("case-1", "zhao"),
        outbox=[outbox("case-1", seq) for seq in range(1, 8)],
        readers={"case-1": "person:zhao"},
    )
    expanded(hall)
    read = tuple(outbox("case-1", seq).id for seq in (2, 5, 7))
    hall.write([ReadNotices(root=ROOT, person=PersonId("zhao"), outbox=read, at=NOON)])
    notices, zhao = Notices(hall.reads), a_person("zhao")

    first = notices.inbox(ROOT, zhao, limit=3, unread=True)
    rest = notices.inbox(ROOT, zhao, limit=3, unread=True, after=first.next)
    assert [[line.notice.seq for line in page.lines] for page in (first, rest)] == [[6, 4, 3], [1]]
    assert rest.next is None
    assert [line.notice.seq for line in notices.inbox(ROOT, zhao).lines] == [7, 6, 5, 4, 3, 2, 1]
    assert notices.inbox(ROOT, a_person("li"), unread=True, after=first.next).lines[0].notice.person == "li"


def test_what_is_unread_is_counted_up_to_a_limit(hall: Hall) -> None:
    rows = [outbox("case-1", seq) for seq in range(1, 1003)]
    hall.keep(an_errand("case-1", "zhao"), outbox=rows, readers={"case-1": "person:zhao"})
    expanded(hall)
    notices, zhao = Notices(hall.reads), a_person("zhao")

    assert (UNREAD_MAX, notices.unread(ROOT, zhao)) == (1000, 1000)
    read = tuple(row.id for row in rows[:3])
    hall.write([ReadNotices(root=ROOT, person=PersonId("zhao"), outbox=read, at=NOON)])
    assert notices.unread(ROOT, zhao) == 999


def test_whoever_was_told_in_anothers_place_is_shown_with_whose(hall: Hall) -> None:
    hall.deputed("li", "sun", until_on=date(2026, 3, 4))
    hall.keep(an_errand("case-1"), outbox=[outbox("case-1", 1)], readers={"case-1": "role:clerk@plant"})
    expanded(hall)
    notices = Notices(hall.reads)

    page = notices.inbox(ROOT, a_person("sun", "unit_head@plant"))
    assert [(line.notice.acting_for, page.principals) for line in page.lines] == [("li", {"li": "li的姓名"})]
    assert notices.inbox(ROOT, a_person("li")).principals == {}
    told = notices.of_case(ROOT, CASE, a_person("li", "clerk@plant"), a_world())
    assert [(line.person, line.notice.acting_for) for line in told.lines] == [("li", None), ("sun", "li")]
    assert told.names == {"li": "li的姓名", "sun": "sun的姓名"}


def test_a_party_sees_the_case_and_not_who_was_told_of_it(hall: Hall) -> None:
    hall.keep(
        an_errand("case-1", "zhao"),
        an_errand("case-2"),
        outbox=[outbox("case-1", 1)],
        readers={"case-1": "person:zhao"},
    )
    expanded(hall)
    notices = Notices(hall.reads)

    with pytest.raises(NotPermitted):
        notices.of_case(ROOT, CASE, a_person("zhao"), a_world())
    with pytest.raises(NotPermitted):  # a post elsewhere is none here
        notices.of_case(ROOT, CASE, a_person("zhao", "clerk@canteen", "unit_head@works-2"), a_world())
    with pytest.raises(CaseNotFound):
        notices.of_case(ROOT, CaseId("case-2"), a_person("zhao"), a_world())


def test_the_engine_itself_is_told_no_name_of_a_party_of_a_confidential_case(hall: Hall) -> None:
    case = an_errand("case-1", data={"subject": "x", "level": "secret"}, parties=(Party("proposer", PersonId("zhao")),))
    hall.deputed("zhao", "wu")
    hall.keep(case, outbox=[outbox("case-1", 1)], readers={"case-1": "role:clerk@plant"})
    expanded(hall)

    told = Notices(hall.reads).of_case(ROOT, CASE, SYSTEM, a_world())
    assert [(line.person, line.notice.role) for line in told.lines if line.notice.role == "proposer"] == [
        (None, "proposer"),
        (None, "proposer"),
    ]
    assert told.names == {"li": "li的姓名"}
    assert "zhao" not in repr(told.lines)
