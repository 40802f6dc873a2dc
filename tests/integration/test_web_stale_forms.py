"""Two people at the same case: who comes second is told who did what meanwhile, and loses nothing of what was typed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from starlette.testclient import TestClient

from tests.support.accounts import OWN, hidden, log_in
from tests.support.house import House, client_of, open_house

MINE = "请在月底前交办。"
THEIRS = "请抓紧，职工代表已来问过。"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('stale') / 'banjie.db'}") as made:
        yield made


@contextmanager
def visitor(house: House, login: str) -> Iterator[TestClient]:
    with client_of(house) as client:
        client.cookies.set("banjie", house.token(login))
        yield client


def form_of(page: str, case: str, move: str) -> dict[str, str]:
    part = page.partition(f'action="/cases/{case}/{move}#moves"')[2].partition("</form>")[0]
    return {name: hidden(part, name) for name in ("draft_of", "key", "version")}


def changes_in(page: str) -> str:
    """Return the words of the part that tells what changed."""
    found = re.search(r'<section class="changes.*?</section>', page, re.DOTALL)
    assert found is not None, "the page tells of no change"
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", found[0]))


def test_who_comes_second_sees_who_did_what_and_sends_again(house: House) -> None:
    case = house.filed()
    with visitor(house, "zhai") as zhai:
        form = {**form_of(zhai.get(f"/cases/{case}").text, case, "remind"), "f.reminder_note": MINE}
        house.fire("shen", case, "remind", {"reminder_note": THEIRS})
        refused = zhai.post(f"/cases/{case}/remind", data=form, headers=OWN)
        assert refused.status_code == 412
        (opened,) = re.findall(r'<details class="move" open>(.*?)</details>', refused.text, re.DOTALL)
        told = changes_in(opened)
        assert "没有办理：您填写期间，本件已被他人更新。" in opened
        assert "您打开表单以后，本件有以下变化：" in told
        assert "催办 沈若棠（工会办公室）" in told
        assert f"催办内容 — {THEIRS} {MINE}" in told, "before, now, and what was typed, side by side"
        assert "您填写的内容没有丢失。请核对后再次提交：将按现在的情况办理。" in told
        assert f">\n{MINE}</textarea>" in opened
        again = {name: hidden(opened, name) for name in form if not name.startswith("f.")}
        assert (again["key"], int(again["version"])) == (form["key"], int(form["version"]) + 1)
        done = zhai.post(f"/cases/{case}/remind", data={**again, "f.reminder_note": MINE}, headers=OWN)
        assert done.status_code == 303
        assert MINE in zhai.get(f"/cases/{case}").text


def test_what_changed_before_the_form_was_opened_is_not_told(house: House) -> None:
    case = house.filed()
    house.fire("shen", case, "remind", {"reminder_note": "更早的一次"})
    with visitor(house, "zhai") as zhai:
        form = {**form_of(zhai.get(f"/cases/{case}").text, case, "remind"), "f.reminder_note": MINE}
        house.fire("shen", case, "remind", {"reminder_note": THEIRS})
        told = changes_in(zhai.post(f"/cases/{case}/remind", data=form, headers=OWN).text)
        assert f"催办内容 更早的一次 {THEIRS} {MINE}" in told
        assert told.count("沈若棠") == 1


def test_another_mistake_is_told_without_changes_that_there_were_not(house: House) -> None:
    case = house.filed()
    with visitor(house, "zhai") as zhai:
        form = form_of(zhai.get(f"/cases/{case}").text, case, "remind")
        wrong = zhai.post(f"/cases/{case}/remind", data=form, headers=OWN)
        assert wrong.status_code == 422
        assert 'class="changes' not in wrong.text


def test_of_many_changes_the_newest_are_told_and_that_there_are_more(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.views.changes.LINES_MAX", 1)
    case = house.filed()
    with visitor(house, "zhai") as zhai:
        form = {**form_of(zhai.get(f"/cases/{case}").text, case, "remind"), "f.reminder_note": MINE}
        for note in ("第一次。", "第二次。"):
            house.fire("shen", case, "remind", {"reminder_note": note})
        told = changes_in(zhai.post(f"/cases/{case}/remind", data=form, headers=OWN).text)
    assert "（只列最近 1 步，其余见下方办理过程）" in told
    assert told.count("催办 沈若棠（工会办公室）") == 1
    assert "与您的表单有关的内容" in told


def test_a_step_that_is_not_open_any_more_gives_the_words_back_to_copy(house: House) -> None:
    case = house.filed()
    opinion = "请后勤服务中心按期答复。"
    with visitor(house, "zhai") as zhai:
        form = form_of(zhai.get(f"/cases/{case}").text, case, "assign")
        house.fire("zhai", case, "assign", {"lead": "safety"})
        answer = zhai.post(
            f"/cases/{case}/assign",
            data={**form, "f.lead": "logistics", "f.assignment_instruction": opinion},
            headers=OWN,
        )
        (shown,) = re.findall(r'<section class="panel unsent">(.*?)</section>\s*<div', answer.text, re.DOTALL)
        assert answer.status_code == 412
        told = changes_in(shown)
        assert "交办 翟鸿岭（提案工作委员会" in told
        assert "主办单位 — 安全环保部 后勤服务中心" in told
        assert "再次提交" not in told
        assert "这一步现在已不能办理。以下是您填写的内容，可以复制：" in shown
        assert opinion in shown


def test_a_draft_of_yesterday_tells_what_happened_since(house: House) -> None:
    case = house.filed()
    begun = house.clock.now()
    with visitor(house, "zhai") as zhai:
        form = {**form_of(zhai.get(f"/cases/{case}").text, case, "remind"), "f.reminder_note": MINE}
        zhai.post("/drafts", data=form, headers=OWN)
        try:
            house.clock.set(begun + timedelta(days=1))
            house.fire("shen", case, "remind", {"reminder_note": THEIRS})
            page = zhai.get(f"/cases/{case}?draft=open&move=remind").text
        finally:
            house.clock.set(begun)
        assert "以下是您 2026-01-20 周二 10:00 保存的草稿，请核对后提交。" in page
        assert "催办 沈若棠（工会办公室）" in changes_in(page)


def test_without_a_draft_nothing_is_compared_and_a_case_that_is_not_seen_is_not_there(house: House) -> None:
    case = house.filed()
    with visitor(house, "zhai") as zhai:
        page = zhai.get(f"/cases/{case}?draft=open&move=remind").text
        assert 'class="changes' not in page, "there is no draft, so nothing is compared"
        assert zhai.get("/cases/nothing?draft=open&move=remind").status_code == 404


def test_errors_stand_on_top_with_a_way_to_each_field_and_beside_it(house: House) -> None:
    case = house.filed()
    with visitor(house, "zhai") as zhai:
        form = form_of(zhai.get(f"/cases/{case}").text, case, "assign")
        answer = zhai.post(f"/cases/{case}/assign", data={**form, "f.reply_due_on": "明天"}, headers=OWN)
        (opened,) = re.findall(r'<details class="move" open>(.*?)</details>', answer.text, re.DOTALL)
        assert '<div class="message wrong wide" role="alert" tabindex="-1" autofocus data-summary>' in opened
        links = re.findall(r'<li><a href="#([^"]+)">([^<]+)</a></li>', opened)
        assert links == [
            ("assign-lead", "“主办单位”为必填项"),
            ("assign-reply_due_on", "答复截止日期：日期格式不对，应如 2026-03-02"),
        ]
        for anchor, _text in links:
            assert f'id="{anchor}"' in opened
            assert f'aria-invalid="true" aria-describedby="{anchor}-error' in opened
            assert f'id="{anchor}-error"' in opened


def hidden_fields(page: str, action: str) -> dict[str, list[str]]:
    """Return what the form of an address would send if nobody touched it, ticked boxes among it."""
    part = page.partition(f'action="{action}')[2].partition("</form>")[0]
    found: dict[str, list[str]] = {}
    for control in re.findall(r"<input[^>]*>", part):
        name, value = (re.search(rf'{what}="([^"]*)"', control) for what in ("name", "value"))
        if name is not None and value is not None:
            found.setdefault(name[1], []).append(value[1])
    return found


def test_on_a_selection_each_case_that_somebody_was_faster_with_says_who(house: House) -> None:
    cases = [house.filed(), house.filed()]
    with visitor(house, "zhai") as zhai:
        page = zhai.get("/overdue/act", params={"measure": "remind", "case": cases}).text
        typed = {**hidden_fields(page, "/overdue/act"), "f.reminder_note": MINE}
        looked = zhai.post("/overdue/act", data=typed, headers=OWN).text
        confirmed = {**hidden_fields(looked, "/overdue/act"), "f.reminder_note": MINE}
        house.fire("shen", cases[0], "remind", {"reminder_note": THEIRS})
        results = zhai.post("/overdue/act", data=confirmed, headers=OWN)
        assert results.status_code == 200
        (stale,) = re.findall(r'<ul class="since">(.*?)</ul>', results.text)
        assert re.fullmatch(r"<li>2026年1月20日（周二） 10:00 沈若棠（工会办公室）：催办</li>", stale)
        assert f">\n{MINE}</textarea>" in results.text, "what was typed stands there for those that are left"
        again = hidden_fields(results.text, "/overdue/act")
        assert again["case"] == [cases[0]]
        (now,), (before,) = again[f"version.{cases[0]}"], confirmed[f"version.{cases[0]}"]
        assert int(now) == int(before) + 1


def test_a_selection_whose_session_ends_is_kept_with_its_words(house: House) -> None:
    case = house.filed()
    begun = house.clock.now()
    with client_of(house) as client:
        log_in(client, "zhai")
        page = client.get("/overdue/act", params={"measure": "remind", "case": case}).text
        typed = {**hidden_fields(page, "/overdue/act"), "f.reminder_note": MINE}
        try:
            house.clock.set(begun + timedelta(hours=13))
            client.cookies.delete("banjie")
            led = client.post("/overdue/act", data=typed, headers=OWN).headers["location"]
            assert led == "/login?next=%2Foverdue%2Fact%3Fdraft%3Dended&done=kept"
            log_in(client, "zhai")
            again = client.get("/overdue/act?draft=ended").text
        finally:
            house.clock.set(begun)
        assert "登录已过期，您填写的内容已为您保留，请核对后再次提交。" in again
        assert f">\n{MINE}</textarea>" in again
        assert hidden_fields(again, "/overdue/act")["case"] == [case]
