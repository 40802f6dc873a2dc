"""Lists by words and by the beginning of a number: filter, order, pages, readers, refusals, and an index behind."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from engine.case.identity import CaseId, PersonId
from engine.errors import InputRefused
from engine.service.list_orders import Order
from engine.service.ports import CaseFilter, Page
from engine.service.search_filling import fill_index, restart_index
from tests.integration.test_confidential import Office, opened
from tests.support.house import ROOT, House, open_house

PROPOSALS = CaseFilter(workflow="proposal")


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def office(any_database: str) -> Iterator[Office]:
    with opened(any_database) as office:
        yield office


def later(house: House, **data: str) -> CaseId:
    """Open a proposal a minute after the last one: lists go by that, and the clock of tests stands still."""
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    return house.open("shi", data)


def filed_later(house: House, subject: str) -> CaseId:
    house.clock.set(house.clock.now() + timedelta(minutes=1))
    return house.filed("shi", {"subject": subject})


def page_of(
    house: House, login: str, text: str, where: CaseFilter = PROPOSALS, after: str | None = None, limit: int = 50
) -> Page:
    desk = house.desk
    actor = desk.queries.actor(ROOT, PersonId(login), house.clock.now())
    return desk.queries.page(ROOT, actor, where._replace(text=text), after=after, limit=limit, world=desk.world(ROOT))


def listed(house: House, login: str, text: str, where: CaseFilter = PROPOSALS, limit: int = 50) -> list[CaseId]:
    """Return the cases of all pages."""
    found: list[CaseId] = []
    after: str | None = None
    while True:
        page = page_of(house, login, text, where, after, limit)
        found += [line.id for line in page.lines]
        after = page.next
        if after is None:
            return found


def test_a_list_is_narrowed_to_words_wherever_they_stand_in_a_case(house: House) -> None:
    first = later(house, subject="供餐时间", grounds="夜班食堂没有热饭")
    second = later(house, subject="食堂排队", grounds="中午人多")
    assert listed(house, "shen", "食堂") == [second, first]
    assert listed(house, "shen", "食堂 热饭") == [first]
    assert listed(house, "shen", "堂排") == [second]
    assert listed(house, "shen", "食堂", CaseFilter(workflow="grievance")) == []
    assert listed(house, "shen", "食堂", PROPOSALS._replace(states=("draft",))) == [second, first]
    assert listed(house, "lai", "食堂") == [], "a unit that has nothing to do with it"


@pytest.mark.parametrize("few", [True, False])
def test_pages_go_on_by_key_whether_the_hits_are_put_in_order_or_the_list_is_walked(
    house: House, monkeypatch: pytest.MonkeyPatch, few: bool
) -> None:
    cases = [later(house, subject=f"食堂第{n}件" if n % 2 else f"浴室第{n}件") for n in range(7)]
    wanted = [cases[5], cases[3], cases[1]]
    if not few:
        monkeypatch.setattr("engine.service.word_lists.CANDIDATES_MAX", 1)
        monkeypatch.setattr("engine.service.word_lists._WINDOWS", (2, 3))
    assert listed(house, "shen", "食堂", limit=1) == wanted
    assert listed(house, "shen", "食堂", limit=2) == wanted
    monkeypatch.setattr("engine.service.word_lists._SPREAD_MAX", 0)
    assert listed(house, "shen", "食堂", limit=2) == wanted
    with pytest.raises(InputRefused) as refused:
        page_of(house, "shen", "食堂", after="0x1")
    assert "翻页标记有误，请从第一页重新查看" in refused.value.text.zh


def test_a_walk_that_looked_at_enough_says_so_and_goes_on(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = [later(house, subject=f"食堂第{n}件") for n in range(6)]
    for name, value in (("CANDIDATES_MAX", 1), ("_WINDOWS", (2,)), ("LINES_MAX", 3)):
        monkeypatch.setattr(f"engine.service.word_lists.{name}", value)
    page = page_of(house, "shen", "食堂")
    assert page.is_cut
    assert [line.id for line in page.lines] == cases[:1:-1]
    page = page_of(house, "shen", "食堂", after=page.next)
    assert [line.id for line in page.lines] == cases[1::-1]
    assert (page.is_cut, page.next) == (False, None)


def test_numbers_that_begin_with_what_was_typed_come_first_and_stand_once(house: House) -> None:
    filed = [filed_later(house, f"停车第{n}处") for n in range(3)]
    numbers = {line.id: line.number for line in page_of(house, "shen", "停车").lines}
    number = numbers[filed[0]]
    assert number is not None
    newer = later(house, subject=f"再提{number}一事")
    assert listed(house, "shen", number) == [filed[0], newer]
    assert listed(house, "shen", number, limit=1) == [filed[0], newer]
    assert listed(house, "shen", number.lower()) == [filed[0], newer]
    beginning = number[:4]
    assert set(listed(house, "shen", beginning)) >= set(filed)
    assert listed(house, "shen", number, PROPOSALS._replace(order=Order.NUMBER)) == [filed[0]]
    assert listed(house, "lai", number) == [], "a number tells nobody of a case they may not see"
    assert set(listed(house, "shen", number[:1])) >= set(filed), "of one sign that is no word"


def test_many_numbers_with_one_beginning_are_walked(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    filed = [filed_later(house, f"停车第{n}处") for n in range(3)]
    number = page_of(house, "shen", "停车").lines[0].number
    assert number is not None
    monkeypatch.setattr("engine.service.word_lists.CANDIDATES_MAX", 1)
    monkeypatch.setattr("engine.service.word_lists.FIRST_MAX", 1)
    assert listed(house, "shen", number[:1], limit=2) == filed[::-1]


@pytest.mark.parametrize(
    ("typed", "said"),
    [("堂", "请至少输入两个连在一起的汉字，或一个完整的英文词、数字"), ('"*()', "请至少输入"), ("\0", "请至少输入"),
     ("食" * 10_000, "检索内容不能超过200字"), ("一二 三四 五六 七八 九十 甲乙 丙丁 戊己 庚辛", "一次最多检索8个词")],
)  # fmt: skip
def test_what_cannot_be_looked_for_is_refused_in_words(house: House, typed: str, said: str) -> None:
    with pytest.raises(InputRefused) as refused:
        page_of(house, "shen", typed)
    assert said in refused.value.text.zh


@pytest.mark.parametrize(
    "typed", ['食堂" OR "宿舍', "食堂*", "NEAR(食堂, 5)", "words:食堂 -宿舍", "食堂' | '宿舍", "食堂 %"]
)
def test_signs_of_a_query_language_ask_for_nothing_more(house: House, typed: str) -> None:
    later(house, subject="宿舍漏水")
    canteen = later(house, subject="食堂排队")
    assert listed(house, "shen", typed) in ([], [canteen])


def test_words_of_private_fields_find_nothing_in_a_list_either(office: Office) -> None:
    case = office.filed("luo", petitioner_phone="13988770001")
    grievances = CaseFilter(workflow="grievance")
    assert listed(office.house, "shen", "克扣奖金", grievances) == [case]
    for secret in ("13988770001", "三月份奖金"):
        assert listed(office.house, "shen", secret, grievances) == []
    assert office.move("shen", case, "recuse", accused_people=["du"], recusal_reason="本人即被反映人") is None
    assert listed(office.house, "du", "克扣奖金", grievances) == []


def test_a_case_that_waits_for_the_index_is_found_once_it_is_filled(house: House) -> None:
    case = later(house, subject="食堂排队")
    restart_index(house.desk)
    assert listed(house, "shen", "食堂") == []
    assert fill_index(house.desk, slices_max=5) == 1
    assert listed(house, "shen", "食堂") == [case]
