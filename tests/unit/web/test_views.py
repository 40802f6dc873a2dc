"""Deadlines, fields and progress in a reader's words."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from pydantic import JsonValue

from engine.access.directory import Person, Surroundings, Unit
from engine.calendar.calendar import Calendar, MissingYear
from engine.case.case import Clock, ClockState
from engine.case.identity import PersonId, RootId, UnitId
from engine.definition.compiled import Definition
from engine.text import Text
from tests.support.builders import a_calendar, a_case, a_definition_with, a_rulebook, at
from web.views.clocks import Standing, clock_standing, clock_view, due_words, last_day
from web.views.fields import FieldWriter, named
from web.views.progress import steps
from web.words import Words

ZH = Words("zh")
DEADLINE = """
deadlines:
  reply:
    title: {zh: 答复期限, en: Reply}
    within: 5 working days
    ladder: late
ladders:
  late:
    rungs:
      - {id: yellow, level: 2, colour: yellow, title: {zh: 催办, en: Reminder}, at: {after: 1 day}, to: [clerk]}
"""
FIELDS = """
lead: {title: {zh: 主办, en: Lead}, privacy: public, schema: {type: string, format: unit}}
who: {title: {zh: 代表, en: Who}, privacy: personal, schema: {type: string, format: person}}
others:
  title: {zh: 其他人, en: Others}
  privacy: personal
  schema: {type: array, items: {type: string, format: person}}
into: {title: {zh: 主案, en: Into}, privacy: internal, schema: {type: string, format: case}}
on: {title: {zh: 日期, en: Day}, privacy: public, schema: {type: string, format: date}}
agreed: {title: {zh: 同意, en: Agreed}, privacy: public, schema: {type: boolean}}
"""


@pytest.fixture(scope="module")
def definition() -> Definition:
    return a_rulebook(a_definition_with(head=DEADLINE, fields=FIELDS)).for_new("errand")


# Wednesday 30 September 2026 plus five working days: the holiday to 7 October is left out, Saturday 10 October worked.
CLOCK = Clock(
    name="reply",
    state=ClockState.RUNNING,
    started_at=at("2026-09-30"),
    term="5 working days",
    promised_on=date(2026, 10, 13),
    nominal_on=date(2026, 10, 13),
    due_on=date(2026, 10, 13),
    due_at=at("2026-10-14", 0),
    provisional=False,
    calendar="",
)


@pytest.mark.parametrize(
    ("now", "standing"),
    [
        # Worked are 8, 9, 10 (make-up Saturday), 12 and 13 October; the 11th is a Sunday.
        (at("2026-09-30"), Standing(tone="open", text="还有 5 个工作日")),
        (at("2026-10-03"), Standing(tone="open", text="还有 5 个工作日")),
        (at("2026-10-09"), Standing(tone="soon", text="还有 3 个工作日")),
        (at("2026-10-10"), Standing(tone="soon", text="还有 2 个工作日")),
        (at("2026-10-11"), Standing(tone="soon", text="还有 2 个工作日")),
        (at("2026-10-12"), Standing(tone="soon", text="还有 1 个工作日")),
        (at("2026-10-13", 23, 59), Standing(tone="soon", text="今日到期")),
        (at("2026-10-14", 0), Standing(tone="late", text="已超期 1 个工作日")),
        (at("2026-10-18"), Standing(tone="late", text="已超期 3 个工作日")),
    ],
)
def test_a_running_deadline_says_how_many_working_days_are_left_or_over(now: datetime, standing: Standing) -> None:
    assert clock_standing(CLOCK, a_calendar(), now, ZH) == standing


@pytest.mark.parametrize(
    ("clock", "text"),
    [
        (CLOCK._replace(state=ClockState.SUSPENDED), "中止计时"),
        (CLOCK._replace(state=ClockState.MET, ended_at=at("2026-10-13", 23, 59)), "按期完成"),
        (CLOCK._replace(state=ClockState.MET, ended_at=at("2026-10-14", 0)), "逾期完成"),
        (CLOCK._replace(state=ClockState.CANCELLED, ended_at=at("2026-10-01")), "不再适用"),
    ],
)
def test_a_deadline_that_does_not_run_says_why(clock: Clock, text: str) -> None:
    assert clock_standing(clock, a_calendar(), at("2026-10-20"), ZH).text == text


@pytest.mark.parametrize(
    ("clock", "now", "standing"),
    [
        (CLOCK, at("2026-10-09"), Standing(tone="open", text="还有 3 个工作日")),
        (CLOCK, at("2026-10-13", 23, 59), Standing(tone="open", text="今日到期")),
        (CLOCK, at("2026-10-14", 0), Standing(tone="done", text="期限已满")),
        (
            CLOCK._replace(state=ClockState.MET, ended_at=at("2026-10-20")),
            at("2026-10-21"),
            Standing(tone="done", text="已完成"),
        ),
    ],
)
def test_with_a_term_that_only_has_to_pass_nobody_is_late(clock: Clock, now: datetime, standing: Standing) -> None:
    assert clock_standing(clock._replace(watched=False), a_calendar(), now, ZH) == standing


def test_where_the_calendar_ends_no_days_are_made_up() -> None:
    strict = Calendar(notices=(), missing=MissingYear.ERROR)
    assert clock_standing(CLOCK, strict, at("2026-10-20"), ZH).text == "已超期"
    assert clock_standing(CLOCK, strict, at("2026-10-09"), ZH).text == "不足 1 个工作日"


def test_a_deadline_is_shown_with_everything_that_moved_it(definition: Definition) -> None:
    clock = CLOCK._replace(
        promised_on=date(2026, 10, 9),
        provisional=True,
        extensions=(3,),
        suspensions=((date(2026, 10, 8), None),),
        rungs=("yellow",),
    )
    view = clock_view(clock, definition, a_calendar(), at("2026-10-09"), ZH)
    assert (view.title, view.promised, view.provisional) == ("答复期限", "2026年10月9日（周五）", True)
    assert view.notes == ("延期 3 日", "中止 2026年10月8日（周四）–至今", "督办 催办")
    assert view.days[0].what == "起算日"
    assert view.reasons[0] == "期限5个工作日，自2026年9月30日（周三）起算，当日不计入。"


def test_the_end_of_a_day_is_that_day_and_an_hour_is_told_to_the_minute() -> None:
    assert last_day(at("2026-10-14", 0)) == date(2026, 10, 13)
    assert due_words(date(2026, 10, 13), at("2026-10-14", 0), ZH) == "2026年10月13日（周二）"
    assert due_words(date(2026, 10, 13), at("2026-10-13", 15, 30), ZH) == "2026年10月13日（周二） 15:30"


def a_writer(definition: Definition) -> FieldWriter:
    root = RootId("works")
    unit = Unit(root=root, id=UnitId("works"), parent=None, code="works", title=Text("总厂", "Works"))
    return FieldWriter(
        words=ZH,
        definition=definition,
        surroundings=Surroundings(root=root, epoch=1, units={unit.id: unit}, sessions={}),
        persons={PersonId("p1"): Person(root=root, id=PersonId("p1"), name="石磊生")},
        cases={"c1": "第1号 食堂"},
    )


def test_values_are_written_as_readers_read_them(definition: Definition) -> None:
    writer = a_writer(definition)
    assert writer.write("lead", "works") == "总厂"
    assert writer.write("lead", "gone") == "gone"
    assert writer.write("others", ["p1", "p2"]) == "石磊生、（不显示姓名）"
    assert writer.write("into", "c1") == "第1号 食堂"
    assert writer.write("on", "2026-10-13") == "2026年10月13日（周二）"
    assert writer.write("agreed", False) == "否"
    assert writer.write("remark", None) == "—"
    assert writer.write("unknown", "x") == "x"


def test_fields_stand_by_who_may_read_them_without_the_subject(definition: Definition) -> None:
    values: dict[str, JsonValue] = {
        "subject": "食堂",
        "on": "2026-10-13",
        "remark": "一行\n又一行",
        "phone": "1234",
        "identity": "某人",
        "lead": "",
    }
    groups = a_writer(definition).groups(values)
    assert [(group.privacy, [(row.title, row.is_long) for row in group.rows]) for group in groups] == [
        ("public", [("日期", False)]),
        ("internal", [("内部意见", True)]),
        ("personal", [("联系电话", False)]),
        ("confidential", [("反映人身份", False)]),
    ]


def test_the_persons_that_fields_name_are_found(definition: Definition) -> None:
    values: dict[str, JsonValue] = {"who": "p1", "others": ["p2", "p3"], "subject": "p4", "lead": "works"}
    assert named(definition, values, "person") == {"p1", "p2", "p3"}
    assert named(definition, values, "unit") == {"works"}


def test_the_words_of_a_case_are_those_its_workflow_knows() -> None:
    rules = a_rulebook(a_definition_with())
    case = a_case(rules)._replace(milestones={"submitted": at("2026-03-02")})
    assert [(step.title, step.on) for step in steps(case, rules.newest("errand"), ZH)] == [
        ("提交", "2026-03-02 周一"),
        ("交办", None),
    ]
