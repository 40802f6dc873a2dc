"""The search through the real desk: what a step makes findable, for whom, and what is never found."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.case.identity import CaseId, PersonId
from engine.case.search_words import VERSION
from engine.errors import InputRefused
from engine.service.execute import Done
from engine.service.ports import CaseFilter
from engine.service.search import FoundPage, search
from engine.service.search_filling import fill_index, is_of_other_tokens, restart_index
from runtime.jobs.handlers import index_some
from runtime.keys.shredding import finish_erasures
from tests.integration.test_confidential import Office, opened
from tests.integration.test_erasure_whole_way import everything_kept
from tests.support.house import ROOT, House, open_house
from tests.support.keys import erased, reopened
from tests.support.storage import change, table

ALL = CaseFilter(children=True)


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database) as house:
        yield house


@pytest.fixture
def office(any_database: str) -> Iterator[Office]:
    with opened(any_database) as office:
        yield office


def page_of(
    house: House, login: str, text: str, where: CaseFilter = ALL, after: str | None = None, limit: int = 50
) -> FoundPage:
    desk = house.desk
    actor = desk.queries.actor(ROOT, PersonId(login), house.clock.now())
    return search(desk.reads, ROOT, actor, text, desk.world(ROOT), where, after=after, limit=limit)


def found(house: House, login: str, text: str, where: CaseFilter = ALL) -> list[CaseId]:
    return [line.case.id for line in page_of(house, login, text, where).lines]


def test_a_case_is_found_by_subject_text_and_number_from_the_step_that_made_it_on(house: House) -> None:
    first = house.open("shi", {"subject": "食堂供餐", "grounds": "夜班没有热饭"})
    second = house.filed("shi", {"subject": "停车位不足", "grounds": "食堂门口停满了车"})
    assert found(house, "shen", "食堂") == [second, first]
    assert found(house, "shen", "夜班 热饭") == [first]
    assert found(house, "shen", "夜班停车") == []
    number = page_of(house, "shen", "停车位").lines[0].number
    assert number is not None
    assert found(house, "shen", number) == [second]


def test_where_the_words_stand_is_shown_with_the_field_and_marked(house: House) -> None:
    house.open("shi", {"subject": "食堂供餐", "grounds": "夜班时食堂没有热饭"})
    line = page_of(house, "shen", "食堂").lines[0]
    assert [(piece.text, piece.is_hit) for piece in line.subject] == [("食堂", True), ("供餐", False)]
    assert [one.field for one in line.excerpts] == ["grounds"]
    assert [piece.text for piece in line.excerpts[0].pieces] == ["夜班时", "食堂", "没有热饭"]


def test_what_one_may_not_see_is_not_found(house: House) -> None:
    draft = house.open("shi", {"subject": "食堂供餐"})
    assert found(house, "shi", "食堂") == [draft]
    assert found(house, "lai", "食堂") == [], "a unit that has nothing to do with it"
    assert found(house, "luo", "食堂") == []
    assert page_of(house, "luo", "食堂").next is None


def test_a_list_is_narrowed_and_goes_on_where_it_ended(house: House) -> None:
    form = {"proposer_type": "delegation"}
    cases = [house.open("shi", {**form, "subject": f"食堂第{n}件"}) for n in range(5)]
    withdrawn = cases[2]
    house.fire("shi", withdrawn, "submit")
    house.fire("shi", withdrawn, "withdraw")
    assert found(house, "shen", "食堂", ALL._replace(phase="final")) == [withdrawn]
    assert found(house, "shen", "食堂", ALL._replace(workflow="grievance")) == []
    assert len(found(house, "shen", "食堂", ALL._replace(congress_session="s6m3"))) == 5
    walked, after = [], None
    for _page in range(3):
        page = page_of(house, "shen", "食堂", after=after, limit=2)
        walked += [line.case.id for line in page.lines]
        after = page.next
    assert walked == cases[::-1]
    assert after is None
    with pytest.raises(InputRefused):
        page_of(house, "shen", "食堂", after="0x1")


def test_a_text_that_changes_is_found_by_its_new_words_only(house: House) -> None:
    case = house.open("shi", {"subject": "食堂供餐"})
    house.fire("shi", case, "amend", {"subject": "浴室热水"})
    assert found(house, "shen", "浴室") == [case]
    assert found(house, "shen", "食堂供餐") == []


def test_personal_and_confidential_values_are_in_no_index(office: Office, any_database: str) -> None:
    case = office.filed("luo", petitioner_phone="13988770001")
    assert found(office.house, "shen", "克扣奖金") == [case]
    for secret in ("CANARY", "13988770001", "三月份奖金", "少发二百"):
        assert found(office.house, "shen", secret) == []
        assert found(office.house, "luo", secret) == []
    kept = table(any_database, "SELECT block FROM found_words_data" if any_database.startswith("sqlite") else
                 "SELECT words::text FROM found_words")  # fmt: skip
    blob = b"".join(row[0] if isinstance(row[0], bytes) else str(row[0]).encode() for row in kept)
    assert "克扣".encode() in blob
    for gone in (b"canary", b"13988770001", "少发".encode()):
        assert gone not in blob


def test_who_is_recused_finds_nothing_of_it_not_even_by_its_number(office: Office) -> None:
    case = office.filed("luo", subject="主管克扣奖金")
    assert found(office.house, "du", "克扣") == [case]
    assert office.move("shen", case, "recuse", accused_people=["du"], recusal_reason="本人即被反映人") is None
    assert found(office.house, "du", "克扣") == []
    assert found(office.house, "shen", "克扣") == [case]


def test_under_a_strict_level_only_what_a_case_is_called_by_is_found(office: Office) -> None:
    case = office.filed("luo", subject="班组克扣奖金", confidentiality="confidential")
    assert found(office.house, "shen", "班组克扣") == [case]
    assert page_of(office.house, "shen", "班组克扣").lines[0].excerpts == ()
    assert found(office.house, "lai", "班组克扣") == []


def test_what_was_erased_is_not_found_and_in_no_byte_of_the_index(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database) as house:
        case = house.open("shi", {"proposer_type": "delegation", "grounds": "见附件 Zyxwvut77 说明"})
        house.fire("shi", case, "submit")
        house.fire("shi", case, "withdraw")
        assert found(house, "shen", "zyxwvut77") == [case]
    with reopened(any_database) as (opened_desk, house):
        assert isinstance(erased(house, case, "fields/grounds"), Done)
        assert found(house, "shen", "zyxwvut77") == []
        assert found(house, "shen", "夜班食堂") == [case]
        finish_erasures(opened_desk)
    if any_database.startswith("sqlite"):
        assert b"zyxwvut77" not in everything_kept(any_database, tmp_path)
    else:
        assert table(any_database, "SELECT n FROM found_words WHERE words @@ 'zyxwvut77'::tsquery") == []


def test_cases_from_before_there_was_an_index_are_put_in_by_the_job(house: House, any_database: str) -> None:
    cases = [house.open("shi", {"subject": f"食堂第{n}件"}) for n in range(3)]
    restart_index(house.desk)
    assert house.desk.reads.search_is_filling(VERSION)
    assert found(house, "shen", "食堂") == []
    assert fill_index(house.desk, slices_max=5) == 3
    assert found(house, "shen", "食堂") == cases[::-1], "in the order in which they came"
    assert not house.desk.reads.search_is_filling(VERSION)
    change(any_database, "UPDATE found SET version = 99")
    assert is_of_other_tokens(house.desk)
    assert index_some(house.desk).done == 3
    assert not is_of_other_tokens(house.desk)
    assert index_some(house.desk) == index_some(house.desk)
    assert found(house, "shen", "食堂") == cases[::-1]


def test_who_sees_few_cases_finds_a_common_word_among_them(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(4):
        house.open("zhai", {"subject": f"食堂甲{n}"})
    own = [house.open("shi", {"subject": f"食堂乙{n}"}) for n in range(3)]
    # After one hit, which is not theirs, the few are asked for; then they are picked out of all hits, or read.
    others = [house.open("zhai", {"subject": f"食堂甲{n}"}) for n in range(4, 6)]
    monkeypatch.setattr("engine.service.search._WINDOW", 1)
    monkeypatch.setattr("engine.service.search._NUMBERS", 2)
    monkeypatch.setattr("engine.service.search._READ_AT_ONCE", 2)
    monkeypatch.setattr("engine.service.search._LOOKED_UP_AT_ONCE", 2)
    # On SQLite reading is dear or cheap; on PostgreSQL the words are held to be common or rare.
    for read_per_number, often in ((0, 0.0), (85, 2.0)):
        monkeypatch.setattr("engine.service.search._READ_PER_NUMBER", read_per_number)
        monkeypatch.setattr("engine.service.search._OFTEN", often)
        assert found(house, "shi", "食堂") == own[::-1]
        assert found(house, "shi", "食堂甲") == []
        first = page_of(house, "shi", "食堂", limit=2)
        assert [line.case.id for line in first.lines] == own[:0:-1]
        assert [line.case.id for line in page_of(house, "shi", "食堂", after=first.next).lines] == own[:1]
    assert found(house, "zhai", "食堂甲")[:2] == others[::-1]


def test_who_sees_many_is_asked_window_by_window_and_told_where_it_was_cut(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [house.open("shi", {"subject": f"食堂第{n}件"}) for n in range(6)]
    reads = house.desk.reads
    monkeypatch.setattr(type(reads), "search_few", lambda *_asked, **_named: None)
    monkeypatch.setattr("engine.service.search._WINDOW", 1)
    monkeypatch.setattr("engine.service.search._WINDOW_MAX", 2)
    assert found(house, "shen", "食堂") == cases[::-1]
    monkeypatch.setattr("engine.service.search.LOOKED_AT_MAX", 3)
    page = page_of(house, "shen", "食堂")
    assert page.is_cut
    walked = [line.case.id for line in page.lines]
    assert walked == cases[::-1][: len(walked)]
    monkeypatch.setattr("engine.service.search.LOOKED_AT_MAX", 30)
    page = page_of(house, "shen", "食堂", after=page.next)
    assert walked + [line.case.id for line in page.lines] == cases[::-1]
