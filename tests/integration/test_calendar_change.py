"""Another calendar on a real database: every move is looked at first, then an entry, and nothing else changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine.calendar.calendar import Calendar
from engine.case.case import Clock
from engine.case.identity import CaseId
from engine.ledger.canonical import parse_canonical
from engine.service.calendar_change import Change, carry_out, looked_at
from engine.service.plain import KeepNotice
from engine.service.running_calendar import RunningCalendar, kept_notices, notice_text
from engine.service.sweep import sweep
from engine.service.verify import verify
from tests.support.builders import a_calendar
from tests.support.house import ROOT, House, client_of, open_house

# Assigned on Tuesday 20 January 2026: the unit acknowledges within 10 days, by Friday 30 January, and replies within 90
# days, by Monday 20 April.
BEGIN = datetime(2026, 1, 20, 2, tzinfo=UTC)
ACKNOWLEDGED, REPLIED = date(2026, 1, 30), date(2026, 4, 20)


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, BEGIN) as house:
        yield house


def a_notice(**changes: object) -> dict[str, Any]:
    data = {"year": 2026, "title": {"zh": "补充通知", "en": "Supplement"}, "number": "补1号", "issued_on": "2026-01-10"}
    return data | {"holidays": [], "make_up_days": []} | changes


def off(on: str) -> dict[str, object]:
    return {"holidays": [{"name": {"zh": "专项放假", "en": "Special holiday"}, "from": on}]}


def assigned(house: House) -> CaseId:
    case = house.filed()
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    return case


def clock_of(house: House, case: CaseId, name: str) -> Clock:
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    clock = found.clock(name)
    assert clock is not None
    return clock


def looked(house: House, data: dict[str, Any]) -> Change:
    """Return what a notice would change; it is kept nowhere."""
    return looked_at(house.desk, ROOT, proposed(house, data))


def proposed(house: House, data: dict[str, Any]) -> Calendar:
    running = RunningCalendar(a_calendar(), lambda: kept_notices(house.desk.reads))
    return running.proposed(notice_text(data), house.desk.world(ROOT).surroundings)


def kept(house: House, data: dict[str, Any]) -> None:
    house.desk.office.write([KeepNotice(data["year"], notice_text(data))])


def bodies(house: House, case: CaseId) -> list[dict[str, Any]]:
    parsed = [parse_canonical(entry.body) for entry in house.desk.reads.entries(ROOT, case)]
    return [body for body in parsed if isinstance(body, dict)]


def test_every_open_deadline_that_would_move_is_told_with_the_day_that_moves_it(house: House) -> None:
    case = assigned(house)
    change = looked(house, a_notice(**off("2026-04-20")))
    assert change.looked == 2
    assert [(move.case, move.deadline, move.old_on, move.new_on) for move in change.moves] == [
        (case, "reply", REPLIED, date(2026, 4, 21))
    ]
    assert [day.on for day in change.moves[0].causes] == [REPLIED]
    assert str(change.moves[0].causes[0].now.source) == str(change.days[0].now.source)
    assert change.days[0].now.source is not None
    assert change.days[0].now.source.zh == "补充通知（补1号）"
    assert clock_of(house, case, "reply").due_on == REPLIED


def test_a_day_in_the_middle_of_a_term_in_calendar_days_moves_nothing(house: House) -> None:
    assigned(house)
    change = looked(house, a_notice(**off("2026-03-18")))
    assert [day.on for day in change.days] == [date(2026, 3, 18)]
    assert change.moves == ()


def test_a_change_carried_out_is_an_entry_of_each_case_and_the_sweep_finds_nothing_left(house: House) -> None:
    case = assigned(house)
    sweep(house.desk, ROOT)
    data = a_notice(**off("2026-04-20"))
    change = looked(house, data)
    before = len(bodies(house, case))
    kept(house, data)
    carried = carry_out(house.desk, change)
    assert (carried.moved, carried.left) == (change.moves, ())
    entries = bodies(house, case)
    assert len(entries) == before + 1
    assert (entries[-1]["type"], entries[-1]["actor"]) == ("changed", "system")
    assert [(clock["name"], clock["due_on"], clock["promised_on"]) for clock in entries[-1]["clocks"]] == [
        ("reply", "2026-04-21", "2026-04-20")
    ]
    assert sweep(house.desk, ROOT).set_aside == ()
    assert len(bodies(house, case)) == before + 1
    assert verify(house.desk.reads, house.desk.world(ROOT).rules, ROOT, house.desk.sealer).findings == ()


def test_the_sweep_carries_out_what_an_interrupted_import_left(house: House) -> None:
    case = assigned(house)
    sweep(house.desk, ROOT)
    kept(house, a_notice(**off("2026-04-20")))
    assert clock_of(house, case, "reply").due_on == REPLIED
    sweep(house.desk, ROOT)
    assert clock_of(house, case, "reply").due_on == date(2026, 4, 21)


def test_what_somebody_else_tended_meanwhile_counts_as_done(house: House) -> None:
    assigned(house)
    data = a_notice(**off("2026-04-20"))
    change = looked(house, data)
    sweep(house.desk, ROOT)
    kept(house, data)
    sweep(house.desk, ROOT)
    assert carry_out(house.desk, change).moved == change.moves


def test_what_was_settled_meanwhile_is_left_and_said(house: House) -> None:
    case = assigned(house)
    data = a_notice(**off("2026-04-20"))
    change = looked(house, data)
    kept(house, a_notice(number="补2号", holidays=[], make_up_days=["2026-04-18"]))
    carried = carry_out(house.desk, change)
    assert carried.moved == ()
    assert [(move.case, why) for move, why in carried.left] == [(case, None)]


def test_a_provisional_date_is_worked_out_anew_when_the_notice_comes(house: House) -> None:
    # Assigned on Sunday 6 December 2026: 90 days end on Saturday 6 March 2027, a weekend as far as anybody knows.
    case = house.filed()
    house.clock.set(datetime(2026, 12, 6, 2, tzinfo=UTC))
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    clock = clock_of(house, case, "reply")
    assert (clock.due_on, clock.provisional) == (date(2027, 3, 8), True)
    data = a_notice(year=2027, number="1号", issued_on="2026-11-20", make_up_days=["2027-03-06"])
    change = looked(house, data)
    assert change.settled == (2027,)
    kept(house, data)
    carry_out(house.desk, change)
    clock = clock_of(house, case, "reply")
    assert (clock.due_on, clock.provisional, clock.promised_on) == (date(2027, 3, 6), False, date(2027, 3, 8))


def test_a_notice_that_confirms_a_provisional_date_makes_it_certain(house: House) -> None:
    case = house.filed()
    house.clock.set(datetime(2026, 12, 6, 2, tzinfo=UTC))
    house.fire("zhai", case, "assign", {"lead": "logistics"})
    data = a_notice(year=2027, number="1号", issued_on="2026-11-20")
    change = looked(house, data)
    assert [(move.moves, move.was_provisional, move.provisional) for move in change.moves] == [(False, True, False)]
    kept(house, data)
    carry_out(house.desk, change)
    assert not clock_of(house, case, "reply").provisional


def test_ended_deadlines_stay_as_they_were(house: House) -> None:
    case = assigned(house)
    found = house.desk.reads.case(ROOT, case, None)
    assert found is not None
    handling = found.children[0].case
    house.fire("lai", handling, "acknowledge")
    data = a_notice(**off("2026-01-30"))
    change = looked(house, data)
    assert [move.deadline for move in change.moves] == []
    kept(house, data)
    carry_out(house.desk, change)
    assert clock_of(house, handling, "acknowledgement").due_on == ACKNOWLEDGED


def test_the_deadlines_of_a_case_tell_promise_changes_days_and_rungs(house: House) -> None:
    case = assigned(house)
    data = a_notice(**off("2026-04-20"))
    change = looked(house, data)
    kept(house, data)
    carry_out(house.desk, change)
    house.clock.set(datetime(2026, 4, 14, 2, tzinfo=UTC))
    sweep(house.desk, ROOT)
    with client_of(house) as client:
        answer = client.get(f"/api/cases/{case}/deadlines", headers=house.bearer("zhai")).json()
    reply = next(clock for clock in answer["deadlines"] if clock["name"] == "reply")
    assert (reply["promised_on"], reply["due_on"]) == ("2026-04-20", "2026-04-21")
    told = [(one["happened"], one["from_on"], one["to_on"], one["rungs"]) for one in reply["changes"]]
    assert told == [
        (["started"], None, "2026-04-20", []),
        (["calendar"], "2026-04-20", "2026-04-21", []),
        ([], "2026-04-21", "2026-04-21", ["blue"]),
    ]
    days = {day["on"]: day for day in reply["days"]}
    assert days["2026-04-20"]["source"]["zh"] == "补充通知（补1号）"
    assert days["2026-02-14"]["source"]["zh"].endswith("（国办发明电〔2025〕7号）")
    assert days["2026-03-18"]["source"] is None
    # 7 days before 21 April; 1, 15 and 30 days after: 22 April, 6 May, 21 May.
    by_time = [rung for rung in reply["ladder"] if rung["at_transition"] is None]
    assert [(rung["rung"], rung["on"], rung["state"]) for rung in by_time] == [
        ("blue", "2026-04-14", "raised"),
        ("yellow", "2026-04-22", "to_come"),
        ("red", "2026-05-06", "to_come"),
        ("black", "2026-05-21", "to_come"),
    ]
    quality = next(rung for rung in reply["ladder"] if rung["rung"] == "quality")
    assert (quality["on"], quality["at_transition"], quality["times"]) == (None, "return_reply", 2)
