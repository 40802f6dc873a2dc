"""One's own deadlines as an iCalendar: read back by a reader written apart, opened by its address and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from engine.access.token_scope import FEED, scope_of
from engine.case.identity import PersonId
from engine.errors import FormInvalid
from engine.service.own_account import Whose, make_token
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.worker import handled
from web.views.calendar_feed import Due, feed_bytes

SAID = "没有这个日历地址，或已停用。请在“我的账号”→“接口令牌”中重新订阅"
NOW = datetime(2026, 1, 20, 2, tzinfo=UTC)


@dataclass(slots=True)
class Component:
    """A component of a calendar as RFC 5545 has it: its properties by name, and what lies in it."""

    kind: str
    properties: dict[str, str] = field(default_factory=dict)
    inner: list[Component] = field(default_factory=list)


def read_back(calendar: bytes) -> Component:
    """Read a calendar as the standard says, knowing nothing of who wrote it."""
    assert calendar.endswith(b"\r\n")
    lines = calendar[:-2].split(b"\r\n")
    assert all(len(line) <= 75 for line in lines)
    unfolded: list[bytes] = []
    for line in lines:
        if line.startswith(b" "):
            unfolded[-1] += line[1:]
        else:
            unfolded.append(line)
    top: list[Component] = []
    open_: list[Component] = []
    for line in unfolded:
        name, _, value = line.decode().partition(":")
        name = name.partition(";")[0]
        if name == "BEGIN":
            made = Component(value)
            (open_[-1].inner if open_ else top).append(made)
            open_.append(made)
        elif name == "END":
            assert open_.pop().kind == value
        else:
            assert name not in open_[-1].properties
            open_[-1].properties[name] = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)
    (calendar_,) = top
    assert not open_
    return calendar_


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path / 'house.db'}", NOW) as house:
        yield house


def address_from(client: TestClient, own: dict[str, str]) -> str:
    """Subscribe on the page of one's tokens and return the path of the address it shows."""
    page = client.post("/me/tokens/feed", headers=own)
    assert page.status_code == 200
    found = re.search(r"http://[^/]+(/feeds/[^/]+/deadlines\.ics)", page.text)
    assert found is not None
    return found[1]


def test_the_deadlines_of_what_waits_stand_in_the_calendar_on_their_days(house: House) -> None:
    case = house.open("shi", {"proposer_type": "delegation"})
    house.fire("shi", case, "submit")
    handled(house, case)
    with client_of(house) as client:
        answer = client.get(address_from(client, house.browser("wen")))
        assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
        calendar = read_back(answer.content)
        assert (calendar.kind, calendar.properties["VERSION"]) == ("VCALENDAR", "2.0")
        events = {event.properties["SUMMARY"]: event for event in calendar.inner}
        # Assigned on 20 January 2026: ninety days later is Monday, 20 April.
        reply = events["答复期限：六届三次第001号提案"].properties
        assert (reply["DTSTART"], reply["DTEND"], reply["STATUS"]) == ("20260420", "20260421", "CONFIRMED")
        assert reply["URL"] == f"http://testserver/cases/{case}"
        (alarm,) = events["答复期限：六届三次第001号提案"].inner
        assert (alarm.kind, alarm.properties["TRIGGER"]) == ("VALARM", "-PT15H")
        assert len({event.properties["UID"] for event in events.values()}) == len(events)
        # What it is about stays in the house.
        assert "食堂" not in answer.text
        assert client.get(address_from(client, house.browser("jiao"))).text.count("BEGIN:VEVENT") == 0


def test_the_address_opens_the_calendar_alone_and_no_other_token_does(house: House) -> None:
    house.filed()
    desk = house.desk
    with client_of(house) as client:
        address = address_from(client, house.browser("zhai"))
        secret = address.split("/")[2]
        assert "BEGIN:VEVENT" in client.get(address).text
        bearer = {"Authorization": f"Bearer {secret}"}
        for other in ("/api/cases", "/api/me/tokens", "/api/figures/proposal", "/cases", "/mine"):
            assert client.get(other, headers=bearer).status_code in (303, 401, 403), other
        whose = Whose(root=ROOT, person=PersonId("zhai"))
        for access in ("read", "write"):
            wider = make_token(desk, whose, title="读", scope=scope_of(access, []), days=9, by=None).secret
            refused = client.get(f"/feeds/{wider}/deadlines.ics")
            assert (refused.status_code, SAID in refused.text) == (404, True)
        assert client.get(f"/feeds/{house.token('zhai')}/deadlines.ics").status_code == 404
        assert client.get("/feeds/nothing/deadlines.ics").status_code == 404


def test_a_calendar_that_is_ended_is_gone_and_it_ends_by_itself(house: House) -> None:
    house.filed()
    with client_of(house) as client:
        own = house.browser("zhai")
        first, second = (address_from(client, own) for _time in range(2))
        page = client.get("/me/tokens", headers=own).text
        assert page.count("日历订阅") == 2
        number = re.findall(r"/me/tokens/([0-9a-f]+)/end", page)[0]
        assert client.post(f"/me/tokens/{number}/end", headers=own, follow_redirects=False).status_code == 303
        assert sorted(client.get(one).status_code for one in (first, second)) == [200, 404]
        house.clock.set(NOW + timedelta(days=367))
    with client_of(house) as client:  # one that remembers nobody
        assert {client.get(one).status_code for one in (first, second)} == {404}


def test_long_and_hostile_texts_stay_one_property() -> None:
    title = "答复期限，" * 40 + "a;b,c\\d\r\nBEGIN:VEVENT\nATTENDEE:mailto:x@example.cn\x07"
    due = Due(id="a;b", on=date(2026, 4, 20), title=title, address="https://x/cases/1", changes=2, is_provisional=True)
    calendar = read_back(feed_bytes([due], "期限", NOW))
    (event,) = calendar.inner
    assert [one.kind for one in event.inner] == ["VALARM"]
    assert event.properties["SUMMARY"] == title.replace("\r", "").replace("\x07", "")
    assert "ATTENDEE" not in event.properties
    assert (event.properties["UID"], event.properties["SEQUENCE"], event.properties["STATUS"]) == (
        "a;b",
        "2",
        "TENTATIVE",
    )
    assert event.properties["DTSTAMP"] == "20260120T020000Z"


def test_the_scope_of_a_feed_is_no_part_that_a_token_is_given() -> None:
    assert str(FEED) == "read feed"
    with pytest.raises(FormInvalid) as refused:
        scope_of("read", ["feed"])
    assert refused.value.fields[0].text.zh.startswith("没有范围“feed”，可用：")
