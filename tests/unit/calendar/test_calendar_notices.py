"""Reading notices: what a right file gives, and every problem of a wrong one at once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest

from engine.calendar.notices import Notice, StatutoryDays, notice_from_mapping, statutory_days_from_mapping
from engine.errors import DefinitionError

Mapping = dict[str, Any]  # a file as a YAML reader gives it


def a_notice() -> Mapping:
    return {
        "year": 2026,
        "title": {"zh": "通知", "en": "Notice"},
        "number": "国办发明电〔2025〕7号",
        "issued_on": "2025-11-04",
        "holidays": [{"name": {"zh": "元旦", "en": "New Year's Day"}, "from": "2026-01-01", "until": "2026-01-03"}],
        "make_up_days": ["2026-01-04"],
    }


def codes_of(data: object) -> list[str]:
    with pytest.raises(DefinitionError) as refused:
        notice_from_mapping(data, "2026.yaml")
    return [problem.code for problem in refused.value.problems]


def test_a_notice_gives_its_days_its_document_and_its_date() -> None:
    notice = notice_from_mapping(a_notice(), "2026.yaml")
    assert notice.days_off == {date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)}
    assert notice.make_up_days == {date(2026, 1, 4)}
    assert notice.issued_on == date(2025, 11, 4)
    assert notice.citation().zh == "通知（国办发明电〔2025〕7号）"


def test_a_seeded_notice_needs_no_number_and_no_date() -> None:
    data = a_notice()
    del data["number"], data["issued_on"]
    notice = notice_from_mapping(data, "2026.yaml")
    assert (notice.number, notice.issued_on, notice.citation().en) == (None, None, "Notice")


def test_dates_may_be_dates_already() -> None:
    data = a_notice()
    data["make_up_days"] = [date(2026, 1, 4)]
    assert notice_from_mapping(data, "2026.yaml").make_up_days == {date(2026, 1, 4)}


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (lambda data: data.pop("year"), "calendar_key_missing"),
        (lambda data: data.pop("title"), "calendar_key_missing"),
        (lambda data: data.update(years=[]), "calendar_key_unknown"),
        (lambda data: data.update(year="2026"), "calendar_year_wrong"),
        (lambda data: data.update(year=True), "calendar_year_wrong"),
        (lambda data: data.update(year=1999), "calendar_year_wrong"),
        (lambda data: data.update(title="通知"), "calendar_mapping_expected"),
        (lambda data: data.update(title={"zh": "通知"}), "calendar_key_missing"),
        (lambda data: data.update(title={"zh": "通知", "en": " "}), "calendar_text_expected"),
        (lambda data: data.update(number=7), "calendar_text_expected"),
        (lambda data: data.update(issued_on="4.11.2025"), "calendar_date_wrong"),
        (lambda data: data.update(issued_on=datetime(2025, 11, 4)), "calendar_date_wrong"),  # noqa: DTZ001 - as YAML gives it
        (lambda data: data.update(holidays={}), "calendar_list_expected"),
        (lambda data: data.update(make_up_days="2026-01-04"), "calendar_list_expected"),
        (lambda data: data.update(make_up_days=[20260104]), "calendar_date_wrong"),
        (lambda data: data.update(make_up_days=["2026-01-06"]), "calendar_make_up_on_weekday"),
        (lambda data: data.update(make_up_days=["2026-01-03"]), "calendar_make_up_in_holiday"),
        (lambda data: data.update(make_up_days=["2027-01-03"]), "calendar_date_outside_year"),
        (lambda data: data.update(make_up_days=["2025-11-30"]), "calendar_date_outside_year"),
        (lambda data: data["holidays"][0].pop("name"), "calendar_key_missing"),
        (lambda data: data["holidays"][0].update(until="2025-12-31"), "calendar_span_wrong"),
        (lambda data: data["holidays"][0].update(until="2026-02-01"), "calendar_span_wrong"),
        (lambda data: data["holidays"].append(data["holidays"][0]), "calendar_holidays_overlap"),
        (lambda data: data["holidays"][0].update({"from": "2025-01-01", "until": None}), "calendar_date_wrong"),
    ],
)
def test_each_kind_of_mistake_is_told_by_its_code(spoil: Callable[[Mapping], object], code: str) -> None:
    data = a_notice()
    spoil(data)
    assert codes_of(data) == [code]


def test_a_file_that_is_no_mapping_is_told_so() -> None:
    assert codes_of(["2026"]) == ["calendar_mapping_expected"]


def test_a_holiday_of_another_year_is_told() -> None:
    data = a_notice()
    data["holidays"].append({"name": {"zh": "国庆节", "en": "National Day"}, "from": "2027-10-01"})
    assert codes_of(data) == ["calendar_date_outside_year"]


def test_all_problems_are_told_at_once_in_the_order_of_the_file_with_the_place_given() -> None:
    data = a_notice()
    data["make_up_days"] = ["2026-01-06", "never"]
    data["year"] = 1900
    data["holidays"].append({"name": {"zh": "a", "en": "b"}, "from": "x"})
    data["holidays"].append(dict(data["holidays"][0]))
    lines = {("year",): 1, ("holidays", 1, "from"): 9, ("holidays", 2): 10, ("make_up_days", 1): 13}
    with pytest.raises(DefinitionError) as refused:
        notice_from_mapping(data, "2026.yaml", locate=lambda path: (lines.get(path, 99), 3))
    found = [(problem.file, problem.line, problem.column, problem.code) for problem in refused.value.problems]
    assert found == [
        ("2026.yaml", 1, 3, "calendar_year_wrong"),
        ("2026.yaml", 9, 3, "calendar_date_wrong"),
        ("2026.yaml", 13, 3, "calendar_date_wrong"),
    ]


def test_a_wrong_entry_does_not_shift_the_place_of_the_next_one() -> None:
    data = a_notice()
    data["holidays"].insert(0, {"name": {"zh": "a", "en": "b"}, "from": "x"})
    data["holidays"].append(dict(data["holidays"][1]))
    places: list[tuple[str | int, ...]] = []

    def locate(path: tuple[str | int, ...]) -> tuple[int, int]:
        places.append(path)
        return 1, 1

    with pytest.raises(DefinitionError):
        notice_from_mapping(data, "2026.yaml", locate=locate)
    assert places == [("holidays", 0, "from"), ("holidays", 2)]


def test_the_shipped_notices_name_their_documents(notices: tuple[Notice, ...]) -> None:
    assert [(notice.year, notice.number, notice.issued_on) for notice in notices] == [
        (2023, "国办发明电〔2022〕16号", date(2022, 12, 8)),
        (2024, "国办发明电〔2023〕7号", date(2023, 10, 25)),
        (2025, "国办发明电〔2024〕12号", date(2024, 11, 12)),
        (2026, "国办发明电〔2025〕7号", date(2025, 11, 4)),
    ]


def test_the_statutory_days_are_thirteen_a_year_or_fewer_where_two_fall_together(statutory: StatutoryDays) -> None:
    days = [day for span in statutory.holidays for day in span.days()]
    per_year = {year: sum(day.year == year for day in days) for year in range(2027, 2032)}
    # In 2028 and 2031 the Mid-Autumn Festival falls into the National Day holiday.
    assert per_year == {2027: 13, 2028: 12, 2029: 13, 2030: 13, 2031: 12}
    assert len(days) == sum(per_year.values())


@pytest.mark.parametrize(
    ("data", "code"),
    [
        ({"provisional": False, "source": {"zh": "a", "en": "b"}, "holidays": []}, "calendar_not_provisional"),
        ({"provisional": True, "holidays": []}, "calendar_key_missing"),
    ],
)
def test_statutory_days_say_that_they_are_provisional_and_where_they_come_from(data: Mapping, code: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        statutory_days_from_mapping(data, "provisional.yaml")
    assert [problem.code for problem in refused.value.problems] == [code]
