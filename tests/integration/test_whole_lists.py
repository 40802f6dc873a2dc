"""Whole lists that hold words, as a file takes them along: by the hits of the index, in the order of the list."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from engine.case.identity import CaseId, PersonId
from engine.errors import InputRefused
from engine.service import whole_lists, word_lists
from engine.service.archive import archive_whole
from engine.service.archive_ports import ArchiveFilter
from engine.service.list_orders import Order
from engine.service.ports import CaseFilter, Page
from tests.support.house import ROOT, House, open_house

PROPOSALS = CaseFilter(workflow="proposal")


@dataclass(slots=True)
class Counted:
    """How many lines of lists were fetched, and how many cases read, for each question."""

    lines: list[int] = field(default_factory=list)
    read: list[int] = field(default_factory=list)


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def counted(house: House, monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Count from now on, with pieces of two, and as if more than one hit were many already."""
    for name, value in (("CANDIDATES_MAX", 1), ("FIRST_MAX", 1), ("_WINDOWS", (2,))):
        monkeypatch.setattr(word_lists, name, value)
    monkeypatch.setattr(whole_lists, "CANDIDATES_MAX", 1)
    monkeypatch.setattr(whole_lists, "_AT_ONCE", 2)
    counted, reads = Counted(), type(house.desk.reads)

    def count(name: str, into: list[int], how_many: Callable[[Any], int]) -> None:
        asked = getattr(reads, name)

        def counting(*args: object, **more: object) -> object:
            answer = asked(*args, **more)
            into.append(how_many(answer))
            return answer

        monkeypatch.setattr(reads, name, counting)

    def lines_of(page: Page) -> int:
        return len(page.lines)

    count("list_cases", counted.lines, lines_of)
    count("archived_cases", counted.lines, lines_of)
    count("visible_cases", counted.read, len)
    return counted


def later(house: House, subject: str, *, filed: bool = False) -> CaseId:
    """Open a proposal a minute after the last one."""
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    return house.filed("shi", {"subject": subject}) if filed else house.open("shi", {"subject": subject})


def withdrawn(house: House, subject: str) -> CaseId:
    """Return a proposal that is over."""
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    case = house.open("shi", {"proposer_type": "delegation", "subject": subject})
    house.fire("shi", case, "submit")
    house.fire("shi", case, "withdraw", {"withdrawal_reason": "已另行解决"})
    return case


def whole(
    house: House, text: str | None, where: CaseFilter = PROPOSALS, *, login: str = "shen", limit: int = 100
) -> list[CaseId]:
    desk = house.desk
    actor = desk.queries.actor(ROOT, PersonId(login), house.clock.now())
    lines = desk.queries.lines(ROOT, actor, where._replace(text=text), limit=limit, world=desk.world(ROOT))
    return [line.id for line in lines]


def of_archive(house: House, where: ArchiveFilter, *, login: str = "shen", limit: int = 100) -> list[CaseId]:
    desk = house.desk
    actor = desk.queries.actor(ROOT, PersonId(login), house.clock.now())
    return [one.case.id for one in archive_whole(desk, ROOT, actor, desk.world(ROOT), where, limit=limit)]


def test_a_list_without_words_is_fetched_page_by_page(house: House, counted: Counted) -> None:
    cases = [later(house, f"第{n}件") for n in range(5)]
    assert whole(house, None) == cases[::-1]
    assert whole(house, None, limit=3) == cases[:1:-1]
    assert counted.lines == [2, 2, 1, 2, 1]


def test_of_words_that_stand_in_some_cases_no_other_case_is_looked_at(house: House, counted: Counted) -> None:
    cases = [later(house, f"食堂第{n}件" if n % 4 == 0 else f"浴室第{n}件") for n in range(12)]
    assert whole(house, "食堂") == [cases[8], cases[4], cases[0]]
    assert sum(counted.lines) == 3
    assert sum(counted.read) == 3
    assert whole(house, "食堂", PROPOSALS._replace(workflow="grievance")) == []
    assert whole(house, "食堂", login="lai") == [], "a unit that has nothing to do with it"


@pytest.mark.parametrize("order", list(Order))
def test_the_file_stands_in_the_order_of_the_list(house: House, counted: Counted, order: Order) -> None:
    cases = [later(house, f"食堂第{n}件", filed=True) for n in range(4)]
    later(house, "食堂，没有编号也没有期限")
    later(house, "浴室", filed=True)
    found = whole(house, "食堂", PROPOSALS._replace(order=order))
    if order is Order.OPENED:
        found = found[:0:-1]
    assert found == cases


def test_of_more_hits_than_a_file_has_lines_the_first_of_the_list_are_taken(house: House, counted: Counted) -> None:
    cases = [later(house, f"食堂第{n}件", filed=True) for n in range(9)]
    assert whole(house, "食堂", limit=3) == cases[:5:-1]
    # The hits begin with the newest, the list with the lowest number.
    assert whole(house, "食堂", PROPOSALS._replace(order=Order.NUMBER), limit=3) == cases[:3]


def test_a_narrow_list_ends_before_all_hits_of_a_common_word_are_looked_at(house: House, counted: Counted) -> None:
    filed = [later(house, f"食堂第{n}件", filed=True) for n in range(2)]
    for n in range(20):
        later(house, f"食堂另{n}件")
    assert whole(house, "食堂", PROPOSALS._replace(states=("filed",)), limit=3) == filed[::-1]
    # Two pieces of hits, of which none stands in the list, and then the list itself.
    assert len(counted.lines) < 6
    assert sum(counted.lines) == 2


def test_numbers_that_begin_with_what_was_typed_are_taken_once_however_many(house: House, counted: Counted) -> None:
    filed = [later(house, f"停车第{n}处", filed=True) for n in range(5)]
    lines = house.desk.reads.list_cases(ROOT, None, PROPOSALS, after=None, limit=9).lines
    number = {line.id: line.number or "" for line in lines}
    beginning = number[filed[0]][:1]
    newer = later(house, f"再提{number[filed[0]]}一事")
    assert whole(house, beginning) == filed[::-1]
    assert whole(house, beginning, PROPOSALS._replace(order=Order.NUMBER)) == filed
    # A word of the numbers and of what speaks of them.
    assert whole(house, number[filed[0]][:4]) == [newer, *filed[::-1]]
    # The one that is called so comes first, then the one that speaks of it.
    assert whole(house, number[filed[0]]) == [filed[0], newer]
    assert whole(house, number[filed[0]], limit=1) == [filed[0]]
    assert whole(house, number[filed[0]], login="lai") == []


def test_who_sees_hardly_any_of_the_hits_is_asked_for_the_few(
    house: House, counted: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = later(house, "食堂第一件", filed=True)
    house.fire("zhai", own, "assign", {"lead": "logistics"})
    for n in range(20):
        later(house, f"食堂另{n}件")
    monkeypatch.setattr("engine.service.search._WINDOW", 12)
    counted.lines.clear()
    assert whole(house, "食堂", login="lai") == [own]
    # Twelve hits by two, then the one that may be seen.
    assert len(counted.lines) == 7


@pytest.mark.parametrize("where", [ArchiveFilter(workflow="proposal"), ArchiveFilter(workflow="proposal", from_at=0)])
def test_the_archive_is_taken_along_by_the_hits_too(house: House, counted: Counted, where: ArchiveFilter) -> None:
    cases = [withdrawn(house, f"食堂第{n}件" if n % 2 else f"浴室第{n}件") for n in range(6)]
    later(house, "食堂，还在办")
    assert of_archive(house, where) == cases[::-1]
    counted.lines.clear()
    counted.read.clear()
    assert of_archive(house, where._replace(text="食堂")) == [cases[5], cases[3], cases[1]]
    assert (sum(counted.lines), sum(counted.read)) == (3, 3)
    assert of_archive(house, where._replace(text="食堂"), limit=2) == [cases[5], cases[3]]
    assert of_archive(house, where._replace(text="食堂", until_at=1)) == []
    assert of_archive(house, where._replace(text="食堂"), login="luo") == []


@pytest.mark.parametrize("taken", [whole, lambda house, text: of_archive(house, ArchiveFilter("proposal", text=text))])
def test_what_cannot_be_looked_for_is_refused(house: House, taken: Callable[[House, str], Sequence[CaseId]]) -> None:
    with pytest.raises(InputRefused) as refused:
        taken(house, "堂")
    assert refused.value.text.zh == "请至少输入两个连在一起的汉字，或一个完整的英文词、数字"
