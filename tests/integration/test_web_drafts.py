"""Drafts on the pages: kept by the button and in the background, gone on with, sent, given up; nobody else's ever."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

import pytest
from starlette.testclient import TestClient

from engine.access.directory import Person
from engine.case.commands import ErasureBasis
from engine.case.identity import PersonId, UnitId
from engine.service.drafts import DRAFTS_MAX, Drafts
from engine.service.person_erasure import erase_person
from engine.service.plain import AddPerson
from tests.support.accounts import OWN, hidden
from tests.support.house import PROPOSAL, ROOT, SESSION, House, client_of, open_house
from tests.support.storage import table

NEW = "/cases/new/proposal"
WORDS = "夜班职工零点以后只能吃方便面，这句话尚未提交。"


@pytest.fixture
def url(any_database: str) -> str:
    return any_database


@pytest.fixture
def house(url: str) -> Iterator[House]:
    with open_house(url) as made:
        yield made


@contextmanager
def visitor(house: House, login: str) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token(login))
        yield client


def typed(page: str, **fields: str) -> dict[str, str]:
    """Return what a browser sends of the new-case form with some fields filled in."""
    answers = {f"f.{name}": text for name, text in fields.items()}
    return {"draft_of": hidden(page, "draft_of"), "key": hidden(page, "key"), "unit": "works",
            "session": SESSION, **answers}  # fmt: skip


def kept_by(client: TestClient, **fields: str) -> dict[str, str]:
    """Press the button that keeps a new proposal as a draft; return what was sent."""
    form = typed(client.get(NEW).text, **fields)
    answer = client.post("/drafts", data=form, headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{NEW}?draft=kept")
    return form


def test_a_form_is_kept_by_the_button_and_gone_on_with_later(house: House) -> None:
    with visitor(house, "shi") as shi:
        form = kept_by(shi, subject="关于热汤的提案", grounds=WORDS)
        kept = shi.get(f"{NEW}?draft=kept").text
        assert "已于 2026-01-20 周二 10:00 存为草稿，尚未提交；30 天内可从首页“我的草稿”继续填写。" in kept
        assert "附件没有保留，须重新选择。" in kept
        assert (WORDS in kept, 'value="关于热汤的提案"' in kept) == (True, True)
        assert hidden(kept, "key") == form["key"]
        fresh = shi.get(NEW).text
        assert 'data-failed="暂未保存，请勿关闭本页"' in fresh, "what the script says where it cannot keep the words"
        assert WORDS not in fresh
        assert "您有一份未提交的草稿（保存于 2026-01-20 周二 10:00）。" in fresh
        assert f'href="{NEW}?draft=open"' in fresh
        assert "以下是您 2026-01-20 周二 10:00 保存的草稿" in shi.get(f"{NEW}?draft=open").text


def test_drafts_are_listed_on_the_front_page_and_on_a_page_of_their_own(house: House) -> None:
    with visitor(house, "shi") as shi:
        assert "没有草稿。" in shi.get("/drafts").text
        assert "我的草稿" not in shi.get("/").text
        kept_by(shi, grounds=WORDS, category="welfare")
        for page in (shi.get("/").text, shi.get("/drafts").text):
            assert "新建职代会提案" in page
            assert "保存于 2026年1月20日（周二） 10:00" in page
            assert f'href="{NEW}?draft=open"' in page
        listed = shi.get("/drafts").text
        assert re.search(rf"<dt>案据</dt><dd>{WORDS}</dd>", listed)
        assert "<dt>类别</dt><dd>生活福利</dd>" in listed, "a code by its title"


def test_a_draft_that_is_sent_is_gone(house: House, url: str) -> None:
    with visitor(house, "shi") as shi:
        kept_by(shi, grounds=WORDS)
        page = shi.get(f"{NEW}?draft=open").text
        form = typed(page, **{**PROPOSAL, "grounds": WORDS})  # type: ignore[arg-type]  # all of them are texts
        done = shi.post(NEW, data=form, headers=OWN)
        assert done.headers["location"].startswith("/cases/")
        assert table(url, "SELECT id FROM draft") == []
        assert "您有一份未提交的草稿" not in shi.get(NEW).text


def test_what_comes_after_the_form_was_sent_is_not_kept(house: House, url: str) -> None:
    with visitor(house, "shi") as shi:
        form = typed(shi.get(NEW).text, **PROPOSAL)  # type: ignore[arg-type]  # all of them are texts
        assert shi.post(NEW, data=form, headers=OWN).status_code == 303
        late = shi.post("/drafts?quiet=1", data=form, headers=OWN)
        assert (late.status_code, late.text) == (200, "")
        assert shi.post("/drafts", data=form, headers=OWN).headers["location"] == NEW
        assert table(url, "SELECT id FROM draft") == []


def test_a_draft_is_discarded_from_the_list_and_from_the_form(house: House, url: str) -> None:
    with visitor(house, "shi") as shi:
        kept_by(shi, grounds=WORDS)
        mine = {"draft_of": hidden(shi.get("/drafts").text, "draft_of"), "listed": "1"}
        assert shi.post("/drafts/discard", data=mine, headers=OWN).headers["location"] == "/drafts?done=discarded"
        assert "草稿已丢弃。" in shi.get("/drafts?done=discarded").text
        form = kept_by(shi, grounds=WORDS)
        answer = shi.post("/drafts/discard", data={"draft_of": form["draft_of"]}, headers=OWN)
        assert answer.headers["location"] == NEW
        assert table(url, "SELECT id FROM draft") == []


def test_the_background_keeps_with_the_time_of_day(house: House) -> None:
    with visitor(house, "shi") as shi:
        form = typed(shi.get(NEW).text, grounds=WORDS)
        saved = shi.post("/drafts?quiet=1", data=form, headers=OWN)
        assert (saved.status_code, saved.text) == (200, "已保存 10:00")
        assert saved.headers["content-type"].startswith("text/plain")
        assert WORDS in shi.get(f"{NEW}?draft=open").text
        wrong = shi.post("/drafts?quiet=1", data={**form, "draft_of": "x"}, headers=OWN)
        assert (wrong.status_code, wrong.text) == (422, "这份表单不是向您出示的，不能存为草稿")


def test_nobody_reads_keeps_or_discards_a_draft_of_another(house: House) -> None:
    with visitor(house, "shi") as shi, visitor(house, "zhai") as zhai:
        form = kept_by(shi, grounds=WORDS)
        for path in ("/", "/drafts", NEW, f"{NEW}?draft=open", f"{NEW}?draft=ended"):
            assert WORDS not in zhai.get(path).text
        for path in ("/drafts", "/drafts/discard"):
            refused = zhai.post(path, data=form, headers=OWN)
            assert refused.status_code == 422
            assert "这份表单不是向您出示的" in refused.text
        assert WORDS in shi.get(f"{NEW}?draft=open").text


def test_no_row_tells_who_writes_what(house: House, url: str) -> None:
    with visitor(house, "shi") as shi:
        kept_by(shi, grounds=WORDS)
    (row,) = table(url, "SELECT * FROM draft")
    assert all(WORDS.encode() not in bytes(cell) for cell in row if isinstance(cell, bytes | memoryview))
    assert not any(word in str(row) for word in ("shi", "proposal", "new", "方便面"))
    assert len(bytes(row[-1])) % 1024 == 29, "padded: its length says little (1 + 12 + 16 bytes around it)"


def test_a_move_is_kept_too_and_its_form_tells_of_it(house: House) -> None:
    case = house.filed()
    with visitor(house, "zhai") as zhai:
        page = zhai.get(f"/cases/{case}").text
        form = of_move(page, f"/cases/{case}/remind")
        answer = zhai.post("/drafts", data={**form, "f.reminder_note": WORDS}, headers=OWN)
        assert answer.headers["location"] == f"/cases/{case}?draft=kept&move=remind"
        kept = zhai.get(answer.headers["location"]).text
        assert WORDS in kept
        assert "尚未提交" in kept
        assert f"/cases/{case}?draft=open&amp;move=remind" in zhai.get(f"/cases/{case}").text
        assert "催办" in zhai.get("/drafts").text
        done = zhai.post(f"/cases/{case}/remind", data={**form, "f.reminder_note": WORDS}, headers=OWN)
        assert done.status_code == 303
        assert "没有草稿。" in zhai.get("/drafts").text


def of_move(page: str, address: str) -> dict[str, str]:
    """Return the hidden fields of one move's form."""
    part = page.partition(f'action="{address}#moves"')[2].partition("</form>")[0]
    return {name: hidden(part, name) for name in ("draft_of", "key", "version")}


def test_the_words_for_a_case_that_is_not_seen_any_more_can_still_be_copied(house: House) -> None:
    case = house.filed()
    with visitor(house, "zhai") as zhai:
        form = of_move(zhai.get(f"/cases/{case}").text, f"/cases/{case}/remind")
        zhai.post("/drafts", data={**form, "f.reminder_note": WORDS}, headers=OWN)
        with patch("web.pages.drafts.visible_links", return_value={}):
            listed = zhai.get("/drafts").text
        assert "该表单您已不能办理；填写的文字仍可在下面查看、复制。" in listed
        assert WORDS in listed
        assert "关于改善夜班食堂供餐的提案" not in listed


def test_so_many_are_kept_and_then_the_oldest_goes(house: House) -> None:
    drafts = Drafts(house.desk)
    for number in range(DRAFTS_MAX + 2):
        drafts.keep(ROOT, PersonId("shi"), f"/cases/new/w{number}", {"f.a": ["x"]})
        house.clock.set(house.clock.now() + timedelta(minutes=1))
    forms = [draft.form for draft in drafts.of(ROOT, PersonId("shi"))]
    assert forms == [f"/cases/new/w{number}" for number in range(DRAFTS_MAX + 1, 1, -1)]
    drafts.keep(ROOT, PersonId("shi"), "/cases/new/w2", {"f.a": ["again"]})
    assert len(drafts.of(ROOT, PersonId("shi"))) == DRAFTS_MAX, "one that is there already takes no room"


def test_after_thirty_days_a_draft_is_over(house: House) -> None:
    with visitor(house, "shi") as shi:
        kept_by(shi, grounds=WORDS)
        begun = house.clock.now()
        house.clock.set(begun + timedelta(days=30))
        assert WORDS in shi.get(f"{NEW}?draft=open").text
        house.clock.set(begun + timedelta(days=31))
        assert WORDS not in shi.get(f"{NEW}?draft=open").text
        assert "没有草稿。" in shi.get("/drafts").text


def test_with_another_key_a_draft_is_as_if_it_were_not_there(house: House, url: str) -> None:
    with visitor(house, "shi") as shi:
        kept_by(shi, grounds=WORDS)
        (row,) = house.desk.reads.drafts(ROOT, *_who(url), 0)
        spoilt = row._replace(sealed=row.sealed[:-1] + bytes([row.sealed[-1] ^ 1]))
        with patch.object(type(house.desk.reads), "drafts", return_value=[spoilt]):
            assert "没有草稿。" in shi.get("/drafts").text
            assert shi.get(f"{NEW}?draft=open").status_code == 200


def _who(url: str) -> tuple[str]:
    (row,) = table(url, "SELECT who FROM draft")
    return (str(row[0]),)


def test_whoever_is_erased_leaves_no_draft(house: House, url: str) -> None:
    with visitor(house, "shi") as shi, visitor(house, "zhai") as zhai:
        kept_by(shi, grounds=WORDS)
        kept_by(zhai, grounds=WORDS)
        by, approver = (house.desk.queries.actor(ROOT, PersonId(one), house.clock.now()) for one in ("shen", "zhai"))
        basis = next(iter(ErasureBasis))
        erase_person(house.desk, ROOT, PersonId("shi"), by, approver, basis, finish=lambda: None)
        assert len(table(url, "SELECT id FROM draft")) == 1
        assert "没有草稿。" in shi.get("/drafts").text


def test_a_draft_on_behalf_is_gone_on_with(house: House) -> None:
    with visitor(house, "shen") as shen:
        address = f"{NEW}/on-behalf"
        form = {**typed(shen.get(address).text, grounds=WORDS), "on_behalf.basis": "来访登记第7号"}
        answer = shen.post("/drafts", data=form, headers=OWN)
        assert answer.headers["location"] == f"{address}?draft=kept"
        kept = shen.get(f"{address}?draft=open").text
        assert (WORDS in kept, "来访登记第7号" in kept) == (True, True)
        assert hidden(kept, "key") == form["key"]
        assert f'href="{address}?draft=open"' in shen.get(address).text


def test_people_who_may_not_be_there_any_more_keep_nothing(house: House, url: str) -> None:
    with visitor(house, "shi") as shi:
        form = typed(shi.get(NEW).text, grounds=WORDS)
        house.desk.office.write(
            [
                AddPerson(
                    Person(
                        root=ROOT, id=PersonId("shi"), name="石磊生", login="shi", unit=UnitId("works"), active=False
                    )
                )
            ]
        )
        assert shi.post("/drafts", data=form, headers=OWN).headers["location"].startswith("/login")
        assert table(url, "SELECT id FROM draft") == []
