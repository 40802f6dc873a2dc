"""``banjie calendar``: due dates as a person at a terminal asks for them."""

from __future__ import annotations

import pytest

from tests.support.command_line import CommandLine, command_line


def test_fifteen_working_days_over_the_national_day_end_on_a_tuesday(banjie: CommandLine) -> None:
    asked = banjie.must("calendar", "due", "--start", "2026-09-30", "--within", "15 working days")
    assert asked == "2026-10-27（周二）\n"


def test_a_due_date_is_told_in_english_when_asked(banjie: CommandLine) -> None:
    asked = banjie.must("calendar", "due", "--lang", "en", "--start", "2026-09-30", "--within", "1 working day")
    assert asked == "2026-10-08 (Thu)\n"


@pytest.mark.parametrize(
    ("roll", "due"),
    [("none", "2026-10-03（周六）"), ("next", "2026-10-08（周四）"), ("previous", "2026-09-30（周三）")],
)
def test_the_roll_decides_where_an_end_on_a_day_off_goes(banjie: CommandLine, roll: str, due: str) -> None:
    asked = banjie.must("calendar", "due", "--start", "2026-09-23", "--within", "10 days", "--roll", roll)
    assert asked == f"{due}\n"


def test_days_roll_forward_when_nothing_is_said(banjie: CommandLine) -> None:
    asked = banjie.must("calendar", "due", "--start", "2026-09-23", "--within", "10 days")
    assert asked == "2026-10-08（周四）\n"


def test_a_term_may_be_counted_back_from_an_event(banjie: CommandLine) -> None:
    arguments = ("--start", "2026-10-08", "--within", "1 working day", "--direction", "backward")
    assert banjie.must("calendar", "due", *arguments) == "2026-09-30（周三）\n"


def test_hours_end_at_a_minute(banjie: CommandLine) -> None:
    asked = banjie.must("calendar", "due", "--start", "2026-09-30T16:30", "--within", "24 hours")
    assert asked == "2026-10-01 16:30（周四）\n"


def test_why_names_the_make_up_day_and_every_day_passed(banjie: CommandLine) -> None:
    asked = banjie.must("calendar", "due", "--start", "2026-09-30", "--within", "3 working days", "--why")
    assert "2026年10月10日（周六）为调休上班日，计入。" in asked
    assert [line.split()[0] for line in asked.splitlines() if line.startswith("2026-10-1")] == [
        "2026-10-10（周六）",
        "2026-10-10",
    ]


def test_a_date_in_a_year_without_a_notice_is_shown_as_provisional(banjie: CommandLine) -> None:
    asked = banjie.run("calendar", "due", "--start", "2031-03-03", "--within", "5 working days")
    assert (asked.code, asked.out) == (0, "2031-03-10（周一） 暂定\n")


def test_a_year_without_a_notice_is_refused_where_that_is_an_error(sqlite_database: str) -> None:
    strict = command_line(sqlite_database, calendar_missing="error")
    asked = strict.run("calendar", "due", "--start", "2031-03-03", "--within", "5 working days")
    assert (asked.code, asked.out) == (1, "")
    assert "2031 年放假安排尚未公布或未录入" in asked.err
    assert "BANJIE_CALENDAR_MISSING=provisional" in asked.err


def test_a_due_date_can_be_read_by_a_machine(banjie: CommandLine) -> None:
    asked = banjie.run("calendar", "due", "--start", "2026-09-30", "--within", "1 working day", "--json").json
    assert asked["due_on"] == "2026-10-08"
    assert asked["due_at"] == "2026-10-08T16:00:00.000000Z"
    assert [day["on"] for day in asked["days"]][:2] == ["2026-09-30", "2026-10-01"]


@pytest.mark.parametrize(
    ("start", "within", "says"),
    [
        ("30.9.2026", "5 days", "不是日期"),
        ("2026-09-30", "a fortnight", "无法识别的期限"),
        ("2026-02-30", "5 days", "不是日期"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_write(
    banjie: CommandLine, start: str, within: str, says: str
) -> None:
    asked = banjie.run("calendar", "due", "--start", start, "--within", within)
    assert asked.code == 1
    assert says in asked.err
    assert "请写成" in asked.err


def test_the_months_of_a_year_show_days_off_and_make_up_days(banjie: CommandLine) -> None:
    shown = banjie.must("calendar", "show", "2026").splitlines()
    october = shown.index("2026年10月  工作日 18 天")
    assert shown[october + 1] == "一   二   三   四   五   六   日"
    assert shown[october + 2] == "                1休  2休  3休  4休"
    assert shown[october + 3] == " 5休  6休  7休  8    9   10班 11"
    assert shown[-1] == "2026年共 248 个工作日"


def test_the_months_of_a_year_without_a_notice_are_shown_as_provisional(banjie: CommandLine) -> None:
    shown = banjie.run("calendar", "show", "2031", "--lang", "en")
    assert shown.code == 0
    assert "No notice for 2031 is on file: provisional" in shown.err


def test_that_a_year_has_no_notice_yet_is_told(banjie: CommandLine) -> None:
    assert "! 2031 年放假通知尚未录入，以上为暂定" in banjie.run("calendar", "show", "2031").err


def test_the_notices_on_file_are_listed(banjie: CommandLine) -> None:
    listed = banjie.must("calendar", "list").splitlines()
    assert [line.split()[0] for line in listed[2:]] == ["2023", "2024", "2025", "2026"]
    known = banjie.run("calendar", "list", "--json").json["notices"]
    assert known[-1]["number"] == "国办发明电〔2025〕7号"
    assert "2026-10-10" in known[-1]["make_up_days"]


def test_a_draft_of_a_notice_names_its_make_up_days(banjie: CommandLine) -> None:
    draft = banjie.must("calendar", "seed", "2026")
    assert draft.startswith("# Seeded from the holidays library")
    assert "  - 2026-10-10\n" in draft


def test_a_notice_that_is_not_out_cannot_be_drafted(banjie: CommandLine) -> None:
    assert banjie.run("calendar", "seed", "2031").code == 1


def test_the_statutory_days_of_years_to_come_can_be_drafted(banjie: CommandLine) -> None:
    draft = banjie.must("calendar", "seed", "2027", "--provisional-until", "2028")
    assert "provisional: true" in draft
    assert "from: 2028-10-01" in draft
