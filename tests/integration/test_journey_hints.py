"""What tells a new user how to go on: where nothing waits, where nothing stands, and what an entry by itself says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest

from runtime.jobs.handlers import sweep_all
from tests.integration.test_secretariat_pages import submitted
from tests.integration.test_web_pages import visitor
from tests.support.house import House, open_house


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database) as made:
        yield made


def text_of(page: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def test_who_has_nothing_to_do_is_led_to_their_own_matters(house: House) -> None:
    with visitor(house, "shi") as shi:
        page = shi.get("/").text
        assert "您提出的事项走到哪一步、轮到谁办，请看“我的事项”。" in page
        assert '<a class="button" href="/me/cases">我的事项</a>' in page
        assert "<h1>我的事项</h1>" in shi.get("/me/cases").text
        assert "<h1>个人设置</h1>" in shi.get("/me/absence").text
    with visitor(house, "luo") as luo:
        assert "请看“我的事项”" not in luo.get("/").text, "who can bring nothing forward has none"


def test_a_meeting_without_an_agenda_says_where_to_look(house: House) -> None:
    with visitor(house, "zhai") as zhai:
        page = zhai.get("/meeting").text
        assert "提案提交后才会列在这里。可在上面换一个届次或类别；各环节的件数见会务看板。" in page
        assert '<a class="button" href="/board">会务看板</a>' in page
        assert '<details class="meeting-filters" open>' in page, "the choice of the session stands in sight"
        submitted(house)
        assert '<details class="meeting-filters">' in zhai.get("/meeting").text


def test_whoever_may_audit_a_case_finds_the_way_from_its_page(house: House) -> None:
    case = house.filed()
    way = f'<a href="/cases/{case}/audit">审计：本件经过、证明和所走路径</a>'
    with visitor(house, "shen") as shen, visitor(house, "shi") as shi:
        assert way in shen.get(f"/cases/{case}").text
        assert shen.get(f"/cases/{case}/audit").status_code == 200
        assert way not in shi.get(f"/cases/{case}").text


def test_an_entry_by_which_supervision_is_raised_says_so(house: House) -> None:
    case = house.filed()
    house.fire("zhai", case, "assign", {"lead": "logistics", "co_handlers": [], "reply_due_on": "2026-03-31"})
    house.clock.set(datetime(2026, 4, 20, 2, tzinfo=UTC) + timedelta(hours=1))
    sweep_all(house.desk)
    with visitor(house, "zhai") as zhai:
        told = text_of(zhai.get(f"/cases/{case}").text)
    assert "启动督办：答复期限 · " in told
    assert "答复期限 · yellow" not in told, "never by its code"
