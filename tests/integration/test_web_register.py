"""The public register on the pages: what was published with consent and nothing else, for those who may read it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.case.identity import CaseId
from tests.support.house import SESSION, House, client_of, open_house
from tests.support.worker import OWN, handled, published, replied, words

SUBJECT = "关于夜班热饭的提案"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('register') / 'banjie.db'}") as house:
        yield house


@pytest.fixture(scope="module")
def case(house: House) -> CaseId:
    case = house.open(
        "shi",
        {"proposer_type": "delegation", "subject": SUBJECT, "proposer_phone": "13800000000", "suggested_unit": "后勤"},
    )
    house.fire("shi", case, "submit")
    handled(house, case)
    replied(house, case)
    published(house, case)
    return case


def test_a_published_case_stands_in_the_register_without_a_name(house: House, case: CaseId) -> None:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("wen"))
        listed = words(client.get("/register").text)
        assert SUBJECT in listed
        assert "六届三次第001号提案" in listed
        assert "对办理态度的评价：满意" in listed
        page = words(client.get(f"/register/{case}").text)
    assert "夜班窗口自三月起延长到一点半，并供热汤。" in page, "the answer"
    assert "夜班职工零点以后只能吃方便面。" in page, "the grounds"
    assert "2026-01-20" in page
    for kept in ("石磊生", "翟鸿岭", "13800000000", "建议承办部门"):
        assert kept not in page, kept
        assert kept not in listed, kept


def test_the_register_is_searched_by_words_category_and_session(house: House, case: CaseId) -> None:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("wen"))
        for query in ("q=热饭", "q=第001号", "category=welfare", f"session={SESSION}"):
            assert f"/register/{case}" in client.get(f"/register?{query}").text, query
        for query in ("q=车棚", "category=safety", "session=other"):
            empty = client.get(f"/register?{query}").text
            assert "没有符合条件的公开事项。换一个条件，或清除条件看全部。" in empty, query


def test_what_is_not_published_does_not_exist_there_whoever_asks(house: House, case: CaseId) -> None:
    other = house.filed(form={"subject": "关于车棚的提案"})
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shi"))
        assert "关于车棚的提案" not in client.get("/register").text
        assert client.get(f"/cases/{other}").status_code == 200
        missing = client.get(f"/register/{other}")
        assert missing.status_code == 404
        assert "没有这个事项，或者您无权查看" in missing.text or missing.status_code == 404


def test_the_register_goes_on_over_pages(house: House, case: CaseId, monkeypatch: pytest.MonkeyPatch) -> None:
    second = house.open("shi", {"proposer_type": "delegation", "subject": "关于第二件的提案"})
    house.fire("shi", second, "submit")
    handled(house, second)
    replied(house, second)
    published(house, second)
    monkeypatch.setattr("web.pages.register.PAGE_LINES", 1)
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("wen"))
        first = client.get("/register").text
        address = first.partition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
        after = client.get(address).text
    assert ("关于第二件的提案" in first) != ("关于第二件的提案" in after)
    assert (SUBJECT in first) != (SUBJECT in after)


def test_strangers_are_led_to_the_login_unless_the_register_is_open_to_all(house: House, case: CaseId) -> None:
    with client_of(house) as client:
        led = client.get(f"/register/{case}")
        assert (led.status_code, led.headers["location"]) == (303, f"/login?next=/register/{case}")
    with client_of(house, register_open=True) as client:
        assert SUBJECT in client.get("/register").text
        assert SUBJECT in client.get(f"/register/{case}").text
        assert SUBJECT in client.get("/register?of=works").text
        assert client.get("/cases").status_code == 303, "nothing else is open"


def test_without_consent_nothing_is_published(house: House) -> None:
    case = house.open(
        "shi", {"proposer_type": "delegation", "subject": "关于不公开的提案", "consent_to_publish": False}
    )
    house.fire("shi", case, "submit")
    handled(house, case)
    replied(house, case)
    house.fire("shi", case, "evaluate", {"evaluation_attitude": "satisfied", "evaluation_result": "satisfied"})
    house.fire("zhai", case, "close")
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("shen"))
        refused = client.post(f"/cases/{case}/publish", data={"key": "p1"}, headers=OWN)
        assert refused.status_code == 409
        assert "提案人不同意公开，只计入统计，不公开内容和姓名" in refused.text
        assert "关于不公开的提案" not in client.get("/register").text
