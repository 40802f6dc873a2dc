"""Days of single units laid over the official notices: which day is worked there, and that nobody else's terms move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from engine.calendar.calendar import Calendar, DayKind
from engine.calendar.due import due
from engine.calendar.explain import explain
from engine.calendar.local import Overlay, calendar_file_from_mapping
from engine.calendar.notices import Notice
from engine.definition.period import parse_period
from engine.errors import DefinitionError

Mapping = dict[str, Any]  # a file as a YAML reader gives it
START = datetime(2026, 3, 2, 2, tzinfo=UTC)  # Monday


def a_file() -> Mapping:
    return {
        "unit": "mill",
        "year": 2026,
        "title": {"zh": "二分厂2026年生产日历", "en": "Production calendar of the mill, 2026"},
        "number": "二分厂〔2026〕1号",
        "issued_on": "2026-01-05",
        "holidays": [{"name": {"zh": "设备检修", "en": "Maintenance"}, "from": "2026-03-04", "until": "2026-03-05"}],
        "make_up_days": ["2026-03-07", "2026-04-05"],
    }


def overlay(**changes: object) -> Overlay:
    read = calendar_file_from_mapping({**a_file(), **changes}, "mill.yaml")
    assert isinstance(read, Overlay)
    return read


def codes_of(data: object) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        calendar_file_from_mapping(data, "mill.yaml")
    return [problem.code for problem in refused.value.problems]


def test_a_file_with_a_unit_is_an_overlay_and_one_without_is_a_notice() -> None:
    official = {key: value for key, value in a_file().items() if key != "unit"} | {"make_up_days": ["2026-03-07"]}
    assert isinstance(calendar_file_from_mapping(official, "2026.yaml"), Notice)
    read = overlay()
    assert (read.unit, read.organisation, read.rest_weekdays) == ("mill", None, None)
    assert read.notice.days_off == {date(2026, 3, 4), date(2026, 3, 5)}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data.update(unit=7), "calendar_text_expected"),
        (lambda data: data.update(organisation=" "), "calendar_text_expected"),
        (lambda data: data.update(rest_weekdays=[0]), "calendar_weekday_wrong"),
        (lambda data: data.update(rest_weekdays=[True]), "calendar_weekday_wrong"),
        (lambda data: data.update(rest_weekdays=["周日"]), "calendar_weekday_wrong"),
        (lambda data: data.update(rest_weekdays=[1, 2, 3, 4, 5, 6, 7]), "calendar_never_worked"),
        (lambda data: data.update(rest_weekdays=7), "calendar_list_expected"),
        (lambda data: data.update(make_up_days=["2026-03-04"]), "calendar_make_up_in_holiday"),
        (lambda data: data.update(weekend=[7]), "calendar_key_unknown"),
        (lambda data: data.pop("title"), "calendar_key_missing"),
    ],
)
def test_a_wrong_overlay_is_refused(spoil: Callable[[Mapping], object], code: str) -> None:
    data = a_file()
    spoil(data)
    assert codes_of(data) == [code]


def test_a_units_rest_days_are_off_and_its_worked_days_worked_there_and_nowhere_else(calendar: Calendar) -> None:
    whole = calendar.with_overlays([overlay()])
    mill, office = whole.for_unit(["mill", "works"]), whole.for_unit(["office", "works"])
    # 3, 6, Sat 7, 9, 10 March: 4 and 5 are maintenance. The office counts 3 to 6 and 9.
    assert due(mill, START, parse_period("5 working days")).effective_on == date(2026, 3, 10)
    assert due(office, START, parse_period("5 working days")).effective_on == date(2026, 3, 9)
    assert due(whole, START, parse_period("5 working days")).effective_on == date(2026, 3, 9)


def test_a_day_that_a_unit_works_counts_even_in_an_official_holiday(calendar: Calendar) -> None:
    mill = calendar.with_overlays([overlay()]).for_unit(["mill"])
    # Qingming is off from 4 to 6 April; the mill works on Sunday the 5th.
    assert [mill.is_working_day(date(2026, 4, day)) for day in (4, 5, 6)] == [False, True, False]
    day = mill.day(date(2026, 4, 5))
    assert (day.kind, day.source) == (DayKind.MAKE_UP, overlay().notice.citation())


def test_units_below_inherit_and_the_nearer_unit_decides(calendar: Calendar) -> None:
    nearer = overlay(unit="shop", holidays=[], make_up_days=["2026-03-04"])
    shop = calendar.with_overlays([nearer, overlay()]).for_unit(["shop", "mill", "works"])
    assert shop.is_working_day(date(2026, 3, 4))
    assert not shop.is_working_day(date(2026, 3, 5))


def test_of_one_units_overlays_the_later_counts_and_one_replaced_counts_no_more(calendar: Calendar) -> None:
    later = {"number": "二分厂〔2026〕2号", "issued_on": "2026-02-01"}
    added = overlay(**later, holidays=[], make_up_days=["2026-03-04"])
    both = calendar.with_overlays([added, overlay()]).for_unit(["mill"])
    assert [both.is_working_day(date(2026, 3, day)) for day in (4, 5)] == [True, False]
    alone = overlay(**later, holidays=[], make_up_days=[], replaces="二分厂〔2026〕1号")
    replaced = calendar.with_overlays([alone, overlay()]).for_unit(["mill"])
    assert [replaced.is_working_day(date(2026, 3, day)) for day in (4, 5, 7)] == [True, True, False]


def test_a_week_of_its_own_holds_on_days_that_no_notice_names(calendar: Calendar) -> None:
    week = overlay(holidays=[], make_up_days=[], rest_weekdays=[5])
    mill = calendar.with_overlays([week]).for_unit(["mill"])
    # 6 March is a Friday, 7 and 8 a weekend; 3 October a Saturday of the National Day, 10 October a make-up Saturday.
    assert [mill.is_working_day(date(2026, 3, day)) for day in (5, 6, 7, 8)] == [True, False, True, True]
    assert [mill.is_working_day(date(2026, 10, day)) for day in (3, 10)] == [False, True]
    assert mill.day(date(2026, 3, 7)).source == mill.day(date(2026, 3, 6)).source == week.notice.citation()
    assert [mill.is_working_day(date(2025, 3, day)) for day in (7, 8)] == [True, False]


def test_a_week_of_its_own_leaves_a_year_without_a_notice_provisional(calendar: Calendar) -> None:
    week = overlay(year=2027, holidays=[], make_up_days=[], rest_weekdays=[7])
    mill = calendar.with_overlays([week]).for_unit(["mill"])
    assert mill.day(date(2027, 3, 6)).is_working
    assert mill.is_provisional(date(2027, 3, 6))
    # 1 May 2027 is a Saturday: the holiday stays one.
    assert not mill.is_working_day(date(2027, 5, 1))


def test_the_explanation_says_that_a_unit_works_and_by_what_document(calendar: Calendar) -> None:
    mill = calendar.with_overlays([overlay()]).for_unit(["mill"])
    told = "".join(sentence.zh for sentence in explain(mill, START, parse_period("5 working days")).sentences)
    assert "2026年3月7日（周六）为本单位上班日，计入。" in told
    assert "2026年3月4日（周三）至2026年3月5日（周四）设备检修放假，不计入。" in told
    assert "二分厂2026年生产日历（二分厂〔2026〕1号）" in told


def test_a_working_weekday_of_the_units_own_week_is_told_with_its_document(calendar: Calendar) -> None:
    week = overlay(holidays=[], make_up_days=[], rest_weekdays=[7])
    mill = calendar.with_overlays([week]).for_unit(["mill"])
    # 3, 4, 5, 6, Saturday 7 and Monday 9 March.
    explained = explain(mill, START, parse_period("6 working days"))
    assert explained.due.effective_on == date(2026, 3, 9)
    assert "二分厂〔2026〕1号" in explained.sentences[-1].zh
    assert "二分厂" not in explain(calendar, START, parse_period("6 working days")).sentences[-1].zh


def test_official_terms_keep_the_version_they_had_and_every_units_days_have_one(calendar: Calendar) -> None:
    whole = calendar.with_overlays([overlay()])
    mill = whole.for_unit(["mill"])
    assert whole.official is mill.official is calendar
    assert whole.for_unit(["office"]) is calendar
    assert len({calendar.version, whole.version, mill.version}) == 3
    week = replace(overlay(), rest_weekdays=frozenset({5}))
    assert calendar.with_overlays([week]).for_unit(["mill"]).version != mill.version
    assert whole.for_unit(["mill"]) is mill
    assert calendar.with_overlays([]) is calendar


def test_a_notice_that_replaces_another_takes_its_place_as_a_whole() -> None:
    def notice(number: str, issued_on: date, off: str, replaces: str | None = None) -> Notice:
        data = {"year": 2026, "title": {"zh": "通知", "en": "Notice"}, "number": number, "make_up_days": []}
        data |= {"issued_on": issued_on.isoformat(), "holidays": [{"name": {"zh": "假", "en": "Off"}, "from": off}]}
        read = calendar_file_from_mapping(data | ({} if replaces is None else {"replaces": replaces}), "2026.yaml")
        assert isinstance(read, Notice)
        return read

    first = notice("1号", date(2025, 11, 4), "2026-03-03")
    added = Calendar(notices=(notice("2号", date(2026, 1, 5), "2026-03-04"), first))
    assert [added.is_working_day(date(2026, 3, day)) for day in (3, 4)] == [False, False]
    instead = Calendar(notices=(notice("2号", date(2026, 1, 5), "2026-03-04", "1号"), first))
    assert [instead.is_working_day(date(2026, 3, day)) for day in (3, 4)] == [True, False]
    assert [each.number for each in instead.notices] == ["2号"]
