"""An absence is entered with a substitute and an end, named in every field that is wrong, and taken back."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import pytest

from engine.access.directory import Deputation, Person
from engine.case.identity import PersonId, RootId, UnitId
from engine.errors import FormInvalid, InputRefused, NotFound
from engine.service.absences import Away, absence_of, absences, taken_back
from engine.service.account_ports import Account
from engine.service.plain import AddDeputation, RemoveDeputation
from tests.support.refusals import told

ROOT = RootId("works")
TODAY = date(2026, 3, 4)
PEOPLE = {
    PersonId(name): Person(root=ROOT, id=PersonId(name), name=title, login=login, active=active)
    for name, title, login, active in [
        ("li", "李明", "liming", True),
        ("wang", "王芳", "wangfang", True),
        ("zhao-1", "赵军", "zhao1", True),
        ("zhao-2", "赵军", "zhao2", True),
        ("gone", "钱进", "qian", False),
        ("sun", "孙立", None, True),
    ]
}
LI, WANG = PersonId("li"), PersonId("wang")


@dataclass(slots=True)
class Reads:
    """The people of the tests and what is entered of them."""

    entered: list[Deputation] = field(default_factory=list)

    def deputations(self, root: RootId, person: PersonId) -> Sequence[Deputation]:
        return [one for one in self.entered if person in (one.principal, one.deputy)]

    def persons(self, root: RootId, persons: Collection[PersonId]) -> Mapping[PersonId, Person]:
        return {person: PEOPLE[person] for person in persons if person in PEOPLE}

    def people_named(
        self, root: RootId, names: Collection[str], *, units: Collection[UnitId] | None = None, limit: int
    ) -> Sequence[Person]:
        return [one for one in PEOPLE.values() if one.active and one.name in names][:limit]

    def account(self, login: str) -> Account | None:
        if login == "stranger":
            return Account(RootId("another"), WANG, login, "外人", None)
        found = next((one for one in PEOPLE.values() if one.login == login), None)
        return None if found is None else Account(ROOT, found.id, login, found.name, None)


def entered(
    principal: str, deputy: str, from_on: date | None, until_on: date | None, note: str | None = None
) -> Deputation:
    return Deputation(
        root=ROOT,
        principal=PersonId(principal),
        deputy=PersonId(deputy),
        from_on=from_on,
        until_on=until_on,
        note=note,
    )


OVERLAPS = {"from_on": "与已登记的外出时间重叠，请先撤回原登记"}


def wrong(away: Away, *there: Deputation) -> dict[str, str]:
    """Return what is refused, by field."""
    with pytest.raises(FormInvalid) as refused:
        absence_of(Reads(list(there)), ROOT, LI, away, TODAY)
    return {problem.path: problem.text.zh for problem in refused.value.fields}


@pytest.mark.parametrize("called", ["wangfang", "王芳", " 王芳 ", "wang"])
def test_a_substitute_is_found_by_login_or_by_name(called: str) -> None:
    away = Away(from_on="2026-03-09", until_on="2026-03-13", substitute=called, note=" 出差 \n 北京 ")

    assert absence_of(Reads(), ROOT, LI, away, TODAY) == entered(
        "li", "wang", date(2026, 3, 9), date(2026, 3, 13), "出差 北京"
    )


def test_somebody_without_an_account_is_found_by_name_and_today_is_the_first_day() -> None:
    assert absence_of(Reads(), ROOT, LI, Away(until_on="2026-03-04", substitute="孙立"), TODAY) == entered(
        "li", "sun", TODAY, TODAY
    )


@pytest.mark.parametrize(
    ("called", "told"),
    [
        ("", "请填写代理人"),
        ("赵军", "有2人叫“赵军”，请填写登录名"),
        ("钱进", "名册中没有“钱进”，请填写登录名或姓名"),
        ("qian", "名册中没有"),
        ("stranger", "名册中没有"),
        ("王", "名册中没有"),
        ("李明", "不能由本人代理本人"),
        ("liming", "本人"),
    ],
)
def test_a_substitute_is_one_other_person_who_is_there(called: str, told: str) -> None:
    found = wrong(Away(until_on="2026-03-13", substitute=called))
    assert found.keys() == {"substitute"}
    assert told in found["substitute"]


@pytest.mark.parametrize(
    ("from_on", "until_on", "fields"),
    [
        ("2026-03-03", "2026-03-13", {"from_on": "不能早于今天"}),
        ("2026-03-09", "", {"until_on": "请填写截止日期"}),
        ("2026-03-09", "2026-03-08", {"until_on": "截止日期不能早于开始日期"}),
        ("tomorrow", "2026-02-30", dict.fromkeys(("from_on", "until_on"), "应为日期，例如 2026-09-15")),
        ("20260309", "2026-03-13", {"from_on": "应为日期，例如 2026-09-15"}),
        ("２０２６-03-09", "2026-03-13", {"from_on": "应为日期，例如 2026-09-15"}),
        ("2026-03-04", "2027-03-05", {"until_on": "一次最长366天"}),
        ("2027-03-06", "2027-03-07", {"from_on": "最早可提前366天登记"}),
        ("9999-12-31", "9999-12-31", {"from_on": "最早可提前366天登记"}),
    ],
)
def test_days_are_days_in_order_and_not_too_far_away(from_on: str, until_on: str, fields: dict[str, str]) -> None:
    assert wrong(Away(from_on=from_on, until_on=until_on, substitute="wangfang")) == fields


def test_a_year_is_the_longest() -> None:
    away = Away(from_on="2026-03-04", until_on="2027-03-04", substitute="wangfang")
    assert absence_of(Reads(), ROOT, LI, away, TODAY).until_on == date(2027, 3, 4)


def test_everything_wrong_is_named_at_once() -> None:
    found = wrong(Away(from_on="x", until_on="y", substitute="nobody", note="字" * 201))
    assert [*found] == ["from_on", "until_on", "substitute", "note"]
    assert found["note"] == "不超过200字"


@pytest.mark.parametrize(
    ("there", "told"),
    [
        (entered("li", "sun", date(2026, 3, 13), date(2026, 3, 20)), OVERLAPS),
        (entered("li", "sun", date(2026, 3, 1), date(2026, 3, 9)), OVERLAPS),
        (entered("li", "sun", None, None), OVERLAPS),
        (
            entered("wang", "sun", date(2026, 3, 11), date(2026, 3, 11)),
            {"substitute": "王芳在此期间也已委托他人代理，请另选代理人"},
        ),
    ],
)
def test_absences_do_not_overlap_and_a_substitute_is_there(there: Deputation, told: dict[str, str]) -> None:
    away = Away(from_on="2026-03-09", until_on="2026-03-13", substitute="wangfang")
    assert wrong(away, there) == told


@pytest.mark.parametrize(
    "there",
    [
        entered("li", "sun", date(2026, 3, 14), date(2026, 3, 20)),
        entered("li", "sun", date(2026, 3, 1), date(2026, 3, 8)),
        entered("sun", "li", date(2026, 3, 9), date(2026, 3, 13)),
        entered("zhao-1", "wang", date(2026, 3, 9), date(2026, 3, 13)),
        entered("li", "wang", date(2026, 3, 9), date(2026, 3, 13)),
    ],
)
def test_others_are_no_obstacle_nor_is_the_same_said_twice(there: Deputation) -> None:
    away = Away(from_on="2026-03-09", until_on="2026-03-13", substitute="wangfang")
    assert absence_of(Reads([there]), ROOT, LI, away, TODAY).deputy == WANG


def test_a_list_says_what_holds_today() -> None:
    reads = Reads(
        [
            entered("li", "wang", None, date(2026, 3, 3)),
            entered("li", "wang", date(2026, 3, 4), date(2026, 3, 4)),
            entered("li", "sun", date(2026, 3, 5), None),
            entered("sun", "li", date(2026, 3, 1), date(2026, 3, 4)),
            entered("wang", "li", date(2026, 3, 1), date(2026, 3, 3)),
        ]
    )
    found = absences(reads, ROOT, LI, TODAY)

    assert [(line.key, line.standing, line.deputy) for line in found.own] == [
        ("2026-03-05", "coming", "孙立"),
        ("2026-03-04", "now", "王芳"),
        ("ever", "over", "王芳"),
    ]
    assert [(line.principal, line.standing) for line in found.for_others] == [("孙立", "now")]


def test_what_has_begun_ends_yesterday_and_what_has_not_is_as_if_never_said() -> None:
    begun, today, to_come = (
        entered("li", "wang", date(2026, 3, 2), date(2026, 3, 6)),
        entered("li", "sun", TODAY, date(2026, 3, 9)),
        entered("li", "wang", date(2026, 4, 1), date(2026, 4, 2)),
    )
    reads = Reads([begun, today, to_come])

    assert taken_back(reads, ROOT, LI, "2026-03-02", TODAY) == [
        AddDeputation(entered("li", "wang", date(2026, 3, 2), date(2026, 3, 3)))
    ]
    assert taken_back(reads, ROOT, LI, "2026-03-04", TODAY) == [RemoveDeputation(today)]
    assert taken_back(reads, ROOT, LI, "2026-04-01", TODAY) == [RemoveDeputation(to_come)]


def test_only_ones_own_running_absence_is_taken_back() -> None:
    reads = Reads([entered("sun", "li", TODAY, TODAY), entered("li", "wang", date(2026, 3, 1), date(2026, 3, 3))])

    for key in ("2026-03-04", "ever", "x", ""):
        with told(NotFound, "没有这项外出登记"):
            taken_back(reads, ROOT, LI, key, TODAY)
    with told(InputRefused, "这项外出登记已经结束"):
        taken_back(reads, ROOT, LI, "2026-03-01", TODAY)
