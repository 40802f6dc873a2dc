"""What a proposer and a seconder do on the pages after filing: invitations, a signature under an exact text, messages,
evaluation, asking for supervision once, and what is said of a move that is not possible yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from starlette.testclient import TestClient

from engine.case.identity import CaseId
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.worker import OWN, employ, handled, hidden, replied, words


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('own') / 'banjie.db'}") as house:
        employ(house.desk)
        yield house


@pytest.fixture
def client(house: House) -> Iterator[TestClient]:
    begun = house.clock.now()
    with client_of(house) as client:
        yield client
    house.clock.set(begun)


def as_whom(client: TestClient, house: House, login: str) -> TestClient:
    client.cookies.set("banjie", house.token(login))
    return client


def invited(house: House, *logins: str) -> CaseId:
    case = house.open("shi")
    house.fire("shi", case, "start_seconding")
    for login in logins or ("zhai",):
        house.fire("shi", case, "invite_seconder", {"invitee": login})
    return case


def signing(page: str, key: str) -> dict[str, str]:
    return {"key": key, "version": hidden(page, "version"), "text": hidden(page, "text")}


# ------------------------------------------------------------------------------------------------------------ seconding


def test_who_is_invited_finds_it_among_what_waits_for_them(client: TestClient, house: House) -> None:
    case = invited(house)
    said = words(as_whom(client, house, "zhai").get("/me/cases").text)
    assert "等您处理" in said
    assert "请您：附议" in said
    assert "2026年1月31日（周六）" in said
    house.fire("zhai", case, "second")
    assert "请您：附议" not in words(client.get("/me/cases").text).partition("全部")[0].partition("等您处理")[2]


def test_a_seconder_signs_the_text_that_stands_on_the_page_with_its_digest(client: TestClient, house: House) -> None:
    case = invited(house)
    page = as_whom(client, house, "zhai").get(f"/cases/{case}").text
    said = words(page)
    assert "您签的就是下面这段文字" in said
    assert "夜班窗口延长到一点半，并提供热汤。" in said.partition("您签的就是")[2].partition("确认附议")[0]
    assert hidden(page, "text") in said
    done = client.post(f"/cases/{case}/second", data=signing(page, "s1"), headers=OWN)
    assert done.status_code == 303
    again = client.post(f"/cases/{case}/second", data=signing(page, "s1"), headers=OWN)
    assert again.status_code == 303, "the same click, sent twice"
    assert words(client.get(f"/cases/{case}").text).count("翟鸿岭") > 1


def test_a_text_that_was_changed_meanwhile_is_not_signed_and_what_changed_is_said(
    client: TestClient, house: House
) -> None:
    case = invited(house)
    read = as_whom(client, house, "zhai").get(f"/cases/{case}").text
    house.fire("shi", case, "amend", {"proposed_measures": "夜班窗口延长到三点。"})
    refused = client.post(f"/cases/{case}/second", data=signing(read, "s2"), headers=OWN)
    assert refused.status_code == 409
    assert (
        "您读过之后，提案内容改动了，所以没有替您附上名字。改动：“建议措施”原为“夜班窗口延长到一点半，并提供热汤。”，"
        "现为“夜班窗口延长到三点。”。请看过现在的文字再确认。"
    ) in words(refused.text)
    assert not [p for p in house.desk.reads.cases(ROOT, [case])[0].parties if p.role == "seconder"]
    english = client.post(f"/cases/{case}/second?lang=en", data=signing(read, "s3"), headers=OWN)
    assert "Changed: “Measures proposed” was" in words(english.text)
    now = client.get(f"/cases/{case}?lang=zh").text
    assert client.post(f"/cases/{case}/second", data=signing(now, "s4"), headers=OWN).status_code == 303


def test_a_signature_under_no_known_text_is_refused(client: TestClient, house: House) -> None:
    case = invited(house)
    as_whom(client, house, "zhai")
    for text in ({}, {"text": "0" * 64}):
        refused = client.post(f"/cases/{case}/second", data={"key": "s5", **text}, headers=OWN)
        assert refused.status_code == 409
        assert "无法确定您读的是哪一稿，请看过下面的文字再确认。" in words(refused.text)


def test_what_others_did_meanwhile_does_not_hinder_a_signature_under_the_same_text(
    client: TestClient, house: House
) -> None:
    case = invited(house, "zhai")
    read = as_whom(client, house, "zhai").get(f"/cases/{case}").text
    house.fire("shi", case, "invite_seconder", {"invitee": "luo"})
    assert client.post(f"/cases/{case}/second", data=signing(read, "s6"), headers=OWN).status_code == 303


def test_amending_takes_signatures_back_and_asks_for_them_anew(client: TestClient, house: House) -> None:
    case = invited(house)
    house.fire("zhai", case, "second")
    house.fire("shi", case, "amend", {"grounds": "夜班职工零点以后没有热饭。"})
    assert "请您：附议" in words(as_whom(client, house, "zhai").get("/me/cases").text)


# ---------------------------------------------------------------------------------------------- moves and their reasons


def test_a_move_that_waits_for_others_says_so_before_it_is_tried(client: TestClient, house: House) -> None:
    case = invited(house)
    said = words(as_whom(client, house, "shi").get(f"/cases/{case}").text)
    first, _, blocked = said.partition("条件未到，现在不能办")
    assert "现在该办的 邀请附议" in first
    assert "提交 ：附议人不足2人" in blocked.replace("提交：", "提交 ：")
    refused = client.post(f"/cases/{case}/submit", data={"key": "m1"}, headers=OWN)
    assert refused.status_code == 409
    assert "附议人不足2人；代表团集体提案不需附议" in words(refused.text)


def test_supervision_can_be_asked_for_once_and_only_when_the_term_is_over(client: TestClient, house: House) -> None:
    case = house.open("shi", {"proposer_type": "delegation"})
    house.fire("shi", case, "submit")
    handled(house, case)
    as_whom(client, house, "shi")
    said = words(client.get(f"/cases/{case}").text)
    assert "答复期限未满，期满后可提请督办一次" in said
    # Assigned on 20 January 2026; 90 days on is Monday 20 April.
    assert "最早可办：2026年4月21日（周二）（“答复期限”满后）" in said
    early = client.post(f"/cases/{case}/ask_supervision", data={"key": "u1"}, headers=OWN)
    assert early.status_code == 409
    house.clock.set(datetime(2026, 4, 21, 2, tzinfo=UTC))
    assert "最早可办" not in client.get(f"/cases/{case}").text
    assert client.post(f"/cases/{case}/ask_supervision", data={"key": "u2"}, headers=OWN).status_code == 303
    assert "提请督办以1次为限，督办人已收到" in words(client.get(f"/cases/{case}").text)


def test_proposer_and_handler_write_to_each_other(client: TestClient, house: House) -> None:
    case = house.open("shi", {"proposer_type": "delegation"})
    house.fire("shi", case, "submit")
    handled(house, case)
    as_whom(client, house, "shi")
    assert "还没有留言。" in client.get(f"/cases/{case}").text
    client.post(f"/cases/{case}/write_message", data={"key": "t1", "f.message": "周末几点关窗？"}, headers=OWN)
    as_whom(client, house, "wen")
    assert "周末几点关窗？" in words(client.get(f"/cases/{case}").text).partition("留言往来")[2]
    client.post(f"/cases/{case}/answer_message", data={"key": "t2", "f.message_answer": "十点半。"}, headers=OWN)
    talk = client.get(f"/cases/{case}").text.partition('class="talk"')[2].partition("</ol>")[0]
    assert talk.index("周末几点关窗？") < talk.index("十点半。")
    assert talk.count("side-0") == talk.count("side-1") == 1


def test_an_answer_waits_for_its_evaluation_in_two_dimensions(client: TestClient, house: House) -> None:
    case = house.open("shi", {"proposer_type": "delegation"})
    house.fire("shi", case, "submit")
    handled(house, case)
    replied(house, case)
    as_whom(client, house, "shi")
    assert "请您：评价" in words(client.get("/me/cases").text)
    page = client.get(f"/cases/{case}").text
    assert 'type="radio" name="f.evaluation_attitude"' in page
    one = client.post(
        f"/cases/{case}/evaluate", data={"key": "e1", "f.evaluation_attitude": "unsatisfied"}, headers=OWN
    )
    assert one.status_code == 422
    assert 'value="unsatisfied" checked' in one.text, "what was chosen stays"
    both = {"key": "e2", "f.evaluation_attitude": "satisfied", "f.evaluation_result": "satisfied"}
    assert client.post(f"/cases/{case}/evaluate", data=both, headers=OWN).status_code == 303
    refused = as_whom(client, house, "zhai").post(
        f"/cases/{case}/re_handle", data={"key": "e3", "f.re_handling_note": "再办"}, headers=OWN
    )
    assert refused.status_code == 409
    assert "评价为不满意的才能二次办理" in words(refused.text)
