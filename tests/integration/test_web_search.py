"""The page of the search and those of similar cases, and the search of the API, as somebody without JavaScript asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from engine.case.identity import CaseId, PersonId
from engine.errors import CaseNotFound, InputRefused
from engine.service.search_filling import restart_index
from engine.service.search_ports import NotAlike, dismissed
from engine.service.similar import not_alike, similar, similar_to
from tests.integration.test_confidential import opened
from tests.integration.test_web_pages import OWN, Forms, send, visitor
from tests.support.house import ROOT, House, client_of, open_house

CANTEEN = {"subject": "关于延长食堂夜间供餐时间的提案", "grounds": "夜班职工零点以后没有热饭"}
DINING = {"subject": "建议饭堂夜班增加供餐", "grounds": "夜里十二点后没有热饭吃，倒班职工只能饿着"}
PARKING = {"subject": "厂区停车位不足", "grounds": "上班高峰车停到马路上"}


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database) as house:
        yield house


@pytest.fixture
def shen(house: House) -> Iterator[TestClient]:
    with visitor(house, "shen") as client:
        yield client


def text_of(page: str) -> str:
    main = page[page.index("<main") : page.index("</main>")]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


# ---------------------------------------------------------------------------------------------------------- the search


def test_before_anything_is_asked_the_page_says_what_it_finds(shen: TestClient) -> None:
    page = shen.get("/search").text
    assert "输入要找的词" in page
    assert "姓名、电话等个人信息和保密内容不在检索范围" in page
    assert 'href="/search"' in page, "it stands in the navigation"
    assert "Type what you look for" in shen.get("/search?lang=en").text


def test_what_was_found_is_marked_and_what_was_typed_is_escaped(house: House, shen: TestClient) -> None:
    case = house.open("shi", {"subject": "食堂<b>供餐</b>", "grounds": "夜班时食堂没有<i>热饭</i>"})
    page = shen.get("/search?q=食堂").text
    assert f'href="/cases/{case}"' in page
    assert "<mark>食堂</mark>&lt;b&gt;供餐" in page
    assert "夜班时<mark>食堂</mark>没有&lt;i&gt;" in page
    assert "本页1件" in page
    page = shen.get("/search", params={"q": '食堂"><script>alert(1)</script>'}).text
    assert "<script>alert" not in page
    assert 'value="食堂&#34;&gt;&lt;script&gt;' in page


def test_nothing_found_says_what_would_help(shen: TestClient) -> None:
    page = shen.get("/search?q=锅炉房&phase=final&workflow=proposal&state=filed&unit=works&session=s6m3").text
    assert "没有找到同时含有这些词的事项" in page
    assert "清除流程、状态等条件再试" in page
    assert 'value="filed" selected' in page
    page = shen.get("/search?q=锅炉房&phase=nonsense&workflow=none&state=x").text
    assert "清除流程、状态等条件再试" in page
    assert "清除流程、状态等条件再试" not in shen.get("/search?q=锅炉房").text


@pytest.mark.parametrize(("typed", "said"), [("堂", "请至少输入两个连在一起的汉字"), ("食" * 201, "不能超过200字")])
def test_what_cannot_be_looked_for_is_refused_beside_the_box(shen: TestClient, typed: str, said: str) -> None:
    answer = shen.get("/search", params={"q": typed})
    assert answer.status_code == 422
    assert said in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_pages_follow_each_other_by_key(house: House, shen: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("web.pages.search.PAGE_LINES", 2)
    for n in range(3):
        house.open("shi", {"subject": f"食堂第{n}件"})
    page = shen.get("/search?q=食堂").text
    following = re.search(r'href="(/search\?[^"]+)" rel="next"', page)
    assert following is not None
    second = shen.get(following[1].replace("&amp;", "&")).text
    assert "食堂" in second
    assert "第0件" in text_of(second)
    assert "第2件" not in text_of(second)
    assert 'rel="next"' not in second
    assert shen.get("/search?q=食堂&after=x").status_code == 422


def test_the_api_finds_the_same_behind_the_same_readers(house: House) -> None:
    case = house.open("shi", CANTEEN)
    with client_of(house) as client:
        asked = {"text": "食堂 夜班", "workflow": "proposal", "state": "draft", "limit": "5"}
        found = client.get("/api/search", params=asked, headers=house.bearer("shi")).json()
        assert [line["id"] for line in found["cases"]] == [case]
        assert found["next"] is None
        assert found["cut"] is False
        assert {"text": "食堂", "hit": True} in found["cases"][0]["subject"]
        assert found["cases"][0]["excerpts"][0]["field"] == "grounds"
        assert client.get("/api/search", params=asked, headers=house.bearer("luo")).json()["cases"] == []
        refused = client.get("/api/search", params={"text": "堂"}, headers=house.bearer("shi"))
        assert (refused.status_code, refused.headers["content-type"]) == (422, "application/problem+json")
        assert client.get("/api/search", params={"text": "食堂"}).status_code == 401


# ------------------------------------------------------------------------------------------------------- similar cases


def liked(house: House, login: str, subject: str, text: str = "") -> list[CaseId]:
    desk = house.desk
    actor = desk.queries.actor(ROOT, PersonId(login), house.clock.now())
    return [one.case.id for one in similar(desk.reads, ROOT, actor, desk.world(ROOT), "proposal", subject, text)]


def test_a_case_said_in_other_words_is_shown_with_why_to_those_who_may_see_it(house: House, shen: TestClient) -> None:
    case, _other = house.open("shi", CANTEEN), house.open("shi", PARKING)
    assert liked(house, "shen", "建议饭堂延长夜班供餐") == [case]
    assert liked(house, "luo", "建议饭堂延长夜班供餐") == []
    assert liked(house, "shen", "") == []
    page = shen.get("/similar", params={"workflow": "proposal", "subject": "建议饭堂延长夜班供餐"}).text
    assert CANTEEN["subject"] in page
    assert PARKING["subject"] not in page
    assert "共同的词：" in page
    assert "相似度" in page
    assert "没有找到相似的事项" in shen.get("/similar?workflow=proposal&text=实验室酸碱混放").text
    assert "没有找到相似的事项" not in shen.get("/similar?workflow=proposal").text
    assert shen.get("/similar?workflow=nothing").status_code == 404


def test_the_form_of_a_new_case_asks_without_an_address_that_tells_what_was_typed(house: House) -> None:
    case = house.open("shi", CANTEEN)
    with visitor(house, "shi") as client:
        page = client.get("/cases/new/proposal").text
        assert 'href="/similar?workflow=proposal"' in page
        asked = client.get("/similar?workflow=proposal").text
        answer = send(client, asked, "/similar/proposal", subject="饭堂延长夜班供餐时间")
        assert answer.status_code == 200
        assert f'href="/cases/{case}"' in answer.text
        assert 'value="饭堂延长夜班供餐时间"' in answer.text
        typed = {"f.subject": "改善供餐", "f.grounds": CANTEEN["grounds"], "f.proposer_name": "CANARY", "key": "k"}
        answer = client.post("/similar/proposal", data=typed, headers=OWN)
        assert answer.status_code == 200
        assert "CANARY" not in answer.text


def test_what_is_confidential_in_a_form_is_not_compared(sqlite_database: str) -> None:
    with opened(sqlite_database) as office, visitor(office.house, "shen") as client:
        office.filed("luo", subject="食堂涨价没有公布")
        typed = {"f.subject": "", "f.content": "食堂涨价没有公布"}
        answer = client.post("/similar/grievance", data=typed, headers=OWN).text
        assert "食堂涨价没有公布" not in answer
        strict = office.filed("luo", subject="浴室热水太少", confidentiality="confidential")
        answer = client.post("/similar/grievance", data={"f.subject": "浴室热水太少"}, headers=OWN).text
        assert strict not in answer, "nothing of a strict level is shown there"


def test_what_was_promised_before_stands_beside_a_similar_case(house: House, shen: TestClient) -> None:
    case = house.open("shi", {**CANTEEN})
    other = house.open("shi", DINING)
    actor = house.desk.queries.actor(ROOT, PersonId("shen"), house.clock.now())
    found = similar_to(house.desk.reads, ROOT, other, actor, house.desk.world(ROOT))
    assert [one.case.id for one in found] == [case]
    assert found[0].promise == {}


def test_a_pair_that_is_not_alike_stays_away_until_a_text_changes(house: House, shen: TestClient) -> None:
    one, other = house.open("shi", CANTEEN), house.open("shi", DINING)
    page = shen.get(f"/cases/{one}/similar").text
    assert f"/cases/{other}/similar/{one}/dismiss" in shen.get(f"/cases/{other}/similar").text
    action = f"/cases/{one}/similar/{other}/dismiss"
    assert action in Forms(page).forms
    assert "标为与" in page
    answer = send(shen, page, action)
    assert answer.headers["location"] == f"/cases/{one}/similar?apart={other}#similar"
    page = shen.get(answer.headers["location"]).text
    assert f"{DINING['subject']}。两件的内容都不改，就不再提示。" in unescape(page)
    assert action not in page
    assert f"/cases/{one}" not in re.findall(r'href="([^"]+)"', shen.get(f"/cases/{other}/similar").text)[1:-3]
    kept = house.desk.reads.not_alike(ROOT, one)
    assert [(pair.person, {pair.one, pair.other}) for pair in kept] == [("shen", {one, other})]
    assert kept[0].at > 0
    house.fire("shi", other, "amend", {"grounds": DINING["grounds"] + "，已有多人反映"})
    assert action in shen.get(f"/cases/{one}/similar").text


@pytest.mark.parametrize("back", ["/cases/{one}", "/meeting?workflow=proposal&session=s6m3&at={one}", ""])
def test_one_lands_where_one_came_from_and_may_take_it_back(house: House, back: str) -> None:
    one, other = (house.open("shi", {"proposer_type": "delegation", **form}) for form in (CANTEEN, DINING))
    for case in (one, other):
        house.fire("shi", case, "submit")
        house.fire("zhai", case, "begin_review")
    here = back.format(one=one) or f"/cases/{one}/similar"
    with visitor(house, "zhai") as zhai:
        page = zhai.get(here).text
        assert DINING["grounds"][:10] in re.sub(r"</?mark>", "", page), "a piece of the other text"
        action = f"/cases/{one}/similar/{other}/dismiss"
        led = send(zhai, page, action).headers["location"]
        assert led == f"{here}{'&' if '?' in here else '?'}apart={other}#similar"
        page = zhai.get(led).text
        assert (action in page, "撤销" in page) == (False, True)
        undone = send(zhai, page, f"/cases/{one}/similar/{other}/again").headers["location"]
        assert undone == f"{here}#similar"
        assert action in zhai.get(undone).text


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example/meeting", "/cases/another", "/meeting\n"])
def test_nobody_is_sent_elsewhere_after_saying_that_two_are_not_alike(
    house: House, shen: TestClient, back: str
) -> None:
    one, other = house.open("shi", CANTEEN), house.open("shi", DINING)
    for what, more in (("dismiss", f"?apart={other}"), ("again", "")):
        answer = shen.post(f"/cases/{one}/similar/{other}/{what}", data={"back": back}, headers=OWN)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/cases/{one}/similar{more}#similar")


def test_a_case_that_one_may_not_see_is_not_named_as_set_apart(house: House) -> None:
    one, other = house.open("shi", CANTEEN), house.open("zhai", PARKING)
    with visitor(house, "shi") as client:
        page = client.get(f"/cases/{one}/similar?apart={other}").text
        assert (PARKING["subject"] in page, "已标为不相似" in page) == (False, False)
        assert client.post(f"/cases/{one}/similar/{other}/again", data={"back": ""}, headers=OWN).status_code == 404


def test_only_who_sees_both_may_say_that_they_are_not_alike(house: House) -> None:
    one, other = house.open("shi", CANTEEN), house.open("zhai", DINING)
    with visitor(house, "shi") as client:
        assert client.post(f"/cases/{one}/similar/{other}/dismiss", data={"back": ""}, headers=OWN).status_code == 404
        assert client.get(f"/cases/{other}/similar").status_code == 404
    desk = house.desk
    actor = desk.queries.actor(ROOT, PersonId("shen"), house.clock.now())
    with pytest.raises(InputRefused):
        not_alike(desk.reads, ROOT, (one, one), actor, desk.world(ROOT), house.clock.now())
    with pytest.raises(CaseNotFound):
        not_alike(desk.reads, ROOT, (one, CaseId("gone")), actor, desk.world(ROOT), house.clock.now())


def test_marks_that_are_not_those_of_the_texts_now_dismiss_nothing() -> None:
    pair = NotAlike("root", "a", "b", "m-a", "m-b", "shen", 1)
    a, b = CaseId("a"), CaseId("b")
    assert dismissed([pair], a, {a: "m-a", b: "m-b"}) == {b}
    assert dismissed([pair], b, {a: "m-a", b: "m-b"}) == {a}
    assert dismissed([pair], a, {a: "m-a", b: "other"}) == frozenset()
    assert dismissed([pair], a, {b: "m-b"}) == frozenset()


def test_who_sees_very_many_is_shown_old_and_new_ones_by_the_words_that_tell_most(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = house.open("shi", CANTEEN)
    for n in range(4):
        house.open("shi", {**PARKING, "subject": f"厂区停车位不足第{n}件"})
    monkeypatch.setattr("engine.service.similar._SCORED_MAX", 2)
    assert liked(house, "shen", "建议饭堂延长夜班供餐") == [case], "one in few that are too many to compare all"
    monkeypatch.setattr(type(house.desk.reads), "search_few", lambda *_asked, **_named: None)
    assert liked(house, "shen", "建议饭堂延长夜班供餐") == [case]


# ------------------------------------------------------------------------------------------------------ lists by words


def test_the_list_of_cases_goes_by_words_and_says_what_it_cannot_look_for(house: House, shen: TestClient) -> None:
    case = house.open("shi", {"subject": "供餐时间", "grounds": "夜间食堂没有热饭"})
    page = shen.get("/cases?q=食堂").text
    assert f'href="/cases/{case}"' in page
    assert "编号可只输开头；词语查案由和正文，至少两个连在一起的汉字" in page
    assert "检索目录正在建立" not in page
    answer = shen.get("/cases?q=堂")
    assert answer.status_code == 422
    assert "请至少输入两个连在一起的汉字，或一个完整的英文词、数字" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert shen.get("/cases/export.csv?q=堂").status_code == 422
    assert "供餐时间" in shen.get("/cases/export.csv?q=食堂").text
    assert shen.get("/cases?after=x").status_code == 422, "without words it is the key that is wrong"
    assert "Type at least two Chinese characters" in shen.get("/cases?q=堂&lang=en").text


def test_the_lists_say_that_the_index_is_behind(house: House, shen: TestClient) -> None:
    house.open("shi", {"subject": "食堂排队"})
    restart_index(house.desk)
    said = "检索目录正在建立，较早的事项暂时检索不到"
    assert said in shen.get("/cases?q=食堂").text
    assert said not in shen.get("/cases").text
    assert said in shen.get("/register?q=食堂").text
    assert said not in shen.get("/register").text


def test_a_list_that_looked_at_enough_lets_one_go_on(
    house: House, shen: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(4):
        house.open("shi", {"subject": f"食堂第{n}件"})
    for name, value in (("CANDIDATES_MAX", 1), ("_WINDOWS", (1,)), ("LINES_MAX", 2)):
        monkeypatch.setattr(f"engine.service.word_lists.{name}", value)
    page = shen.get("/cases?q=食堂").text
    said = "含有这些词的事项很多，本页只查看了清单的一部分。点“继续查找”往下查，或加一个词、一个条件。"
    assert said in page
    assert 'rel="next">继续查找</a>' in page


def test_the_register_is_asked_for_words_and_refuses_what_holds_none(shen: TestClient) -> None:
    answer = shen.get("/register?q=堂")
    assert answer.status_code == 422
    assert "请至少输入两个连在一起的汉字，或一个完整的英文词、数字" in answer.text
    assert shen.get("/register?q=食堂").status_code == 200
    assert shen.get("/register?after=x").status_code == 422


def test_the_api_lists_by_words_and_tells_how_far_it_got(house: House) -> None:
    case = house.open("shi", {"subject": "供餐时间", "grounds": "夜间食堂没有热饭"})
    with client_of(house) as client:
        headers = {"Cookie": f"banjie={house.token('shen')}"}
        answer = client.get("/api/cases?text=食堂", headers=headers).json()
        assert [line["id"] for line in answer["cases"]] == [case]
        assert (answer["cut"], answer["filling"], answer["next"]) == (False, False, None)
        assert "cut" not in client.get("/api/cases", headers=headers).json()
        refused = client.get("/api/cases?text=堂", headers=headers)
        assert refused.status_code == 422
        assert "请至少输入两个连在一起的汉字" in refused.text
        restart_index(house.desk)
        assert client.get("/api/cases?text=食堂", headers=headers).json()["filling"] is True
