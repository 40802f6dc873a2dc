"""Many cases at once on the pages: all that match a filter, more than a few ticked, progress, what was skipped and why,
stopping, trying again and undoing; for who asked for it alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from urllib.parse import urlencode

import pytest
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.identity import CaseId, PersonId, UnitId
from engine.service.jobs import JobState
from engine.service.long_work import LongWork, Work
from engine.service.long_work_ports import MoveLongWork, WorkState
from engine.service.plain import RemoveGrant
from runtime.jobs.handlers import work_on
from runtime.jobs.leases import LeasedJobs
from tests.support.house import ROOT, SESSION, House, client_of, open_house
from tests.support.storage import table
from tests.support.worker import OWN, hidden, words

EVERYTHING = f"/board/act?{urlencode({'session': SESSION, 'state': 'submitted', 'view': 'table', 'everything': '1'})}"


@pytest.fixture
def house(sqlite_database: str) -> Iterator[House]:
    with open_house(sqlite_database) as house:
        yield house


@pytest.fixture
def zhai(house: House) -> Iterator[TestClient]:
    """The director of the committee."""
    with client_of(house) as client:
        client.cookies.set("banjie", house.token("zhai"))
        yield client


def submitted(house: House, number: int) -> list[CaseId]:
    cases = [house.open("shi", {"proposer_type": "delegation", "subject": f"提案第{n}件"}) for n in range(number)]
    for case in cases:
        house.fire("shi", case, "submit")
    return cases


def form_of(page: str) -> tuple[str, dict[str, list[str]]]:
    """Return where the form of the page is sent and what a browser sends of it, every box ticked."""
    found = re.search(r'<form method="post" action="([^"]*/act[^"]*)"(.*?)</form>', page, re.DOTALL)
    assert found is not None, words(page)
    fields: dict[str, list[str]] = {}
    for tag in re.findall(r'<input type="(?:hidden|checkbox)"[^>]*>', found[2]):
        name, value = (re.search(rf'{part}="([^"]*)"', tag) for part in ("name", "value"))
        if name and value:
            fields.setdefault(unescape(name[1]), []).append(unescape(value[1]))
    return unescape(found[1]), fields


def looked_at(client: TestClient, address: str) -> tuple[str, dict[str, list[str]], str]:
    """Open the page of a move and look at what it would come to; return where that form is sent, it, and the page."""
    action, fields = form_of(client.get(address).text)
    page = client.post(action, data=fields, headers=OWN).text
    return *form_of(page), page


def confirmed(client: TestClient, address: str) -> str:
    """Go through both pages of a move and confirm; return where one is led."""
    action, fields, _page = looked_at(client, address)
    answer = client.post(action, data=fields, headers=OWN)
    assert answer.status_code == 303, words(answer.text)
    return answer.headers["location"]


def own(house: House, login: str = "zhai") -> list[Work]:
    return LongWork(house.desk).of(ROOT, PersonId(login))


def finish(house: House) -> None:
    while work_on(house.desk).more:
        pass


def states(house: House, cases: list[CaseId]) -> list[str]:
    found = {case.id: case.state for case in house.desk.reads.cases(ROOT, cases)}
    return [found[case] for case in cases]


def test_all_that_match_the_filter_are_counted_shown_in_part_and_then_done(zhai: TestClient, house: House) -> None:
    cases = submitted(house, 23)
    board = zhai.get(f"/board?session={SESSION}&view=table&state=submitted").text
    assert '<button name="everything" value="1">对全部符合条件的办理</button>' in board
    first = words(zhai.get(f"{EVERYTHING}&measure=begin_review").text)
    assert "符合查询条件的共 23 件" in first
    action, fields, page = looked_at(zhai, f"{EVERYTHING}&measure=begin_review")
    assert "以下先列出最前的 20 件。其余 3 件在办理时逐件核对，不能办的跳过，并逐件列明原因。" in words(page)
    assert len(re.findall("提案第[0-9]+件", page)) == 20
    assert ("确认对 23 件办理：开始审查" in page, fields["count"]) == (True, ["23"])
    assert states(house, cases) == ["submitted"] * 23
    house.fire("zhai", cases[22], "begin_review")
    house.fire("shi", cases[21], "withdraw")
    changed = zhai.post(action, data=fields, headers=OWN).text
    assert "没有办理：核对之后，符合条件的事项已有变化，现为 21 件。请重新核对后再确认。" in changed
    assert own(house) == []
    action, fields = form_of(changed)
    answer = zhai.post(action, data=fields, headers=OWN)
    (work,) = own(house)
    assert answer.headers["location"] == f"/long-work/{work.id}"
    assert zhai.post(action, data=fields, headers=OWN).status_code == 303
    assert len(own(house)) == 1, "a form sent twice begins it once"
    house.fire("shi", cases[0], "withdraw")
    waiting = zhai.get(f"/long-work/{work.id}").text
    assert "共 21 件：已办 0 件，跳过 0 件，未办 21 件" in waiting
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in waiting
    assert '<progress max="21" value="0"' in waiting
    assert 'aria-live="polite"' in waiting
    finish(house)
    over = zhai.get(f"/long-work/{work.id}").text
    assert "共 21 件：已办 20 件，跳过 1 件，未办 0 件" in over
    assert "已办完，有 1 件跳过。请看下面每件的原因" in over
    assert ("http-equiv" in over, "停止办理" in over) == (False, False)
    assert f'<a href="/cases/{cases[0]}">提案第0件</a>' in over
    assert states(house, cases[1:21]) == ["under_review"] * 20


def test_more_than_a_few_that_were_ticked_become_long_work_too(zhai: TestClient, house: House) -> None:
    cases = submitted(house, 21)
    ticked = "&".join(f"case={case}" for case in cases)
    action, fields, page = looked_at(zhai, f"/board/act?measure=begin_review&{ticked}")
    assert "超过 20 件，将在后台逐件办理，可随时查看进度、随时停止" in page
    few = zhai.post(action, data={**fields, "case": cases[:20], "other": cases[20:]}, headers=OWN)
    assert "成功 20 件，未办 1 件" in few.text
    house.fire("shi", cases[20], "withdraw")
    again = zhai.post(action, data={**fields, "key": "another"}, headers=OWN)
    finish(house)
    over = words(zhai.get(again.headers["location"]).text)
    assert "已办 0 件，跳过 21 件" in over
    assert over.count("已被他人更新") == 21


def test_what_was_done_may_be_undone_and_what_was_skipped_tried_again(zhai: TestClient, house: House) -> None:
    cases = submitted(house, 3)
    house.fire("zhai", cases[0], "begin_review")
    house.fire("zhai", cases[0], "file")
    all_states = EVERYTHING.replace("state=submitted&", "")
    address = confirmed(zhai, f"{all_states}&measure=begin_review")
    finish(house)
    page = zhai.get(address).text
    again = re.search(r'href="(/board/act\?work=[^"]*of=skipped[^"]*)"', page)
    assert again is not None
    retried = words(zhai.get(unescape(again[1])).text)
    assert "上次成批办理中选出的共 1 件" in retried
    assert "提案第0件" in retried
    assert '<option value="refuse">不予立案</option>' in page or '<option value="file">立案</option>' in page
    undone = confirmed(zhai, f"/board/act?work={own(house)[0].id}&of=done&measure=file")
    finish(house)
    assert "已办完" in zhai.get(undone).text or "全部办完" in zhai.get(undone).text
    assert states(house, cases) == ["filed"] * 3
    done = zhai.get(f"{undone}?show=done").text
    assert all(f'href="/cases/{case}"' in done for case in cases[1:])
    assert "全部办完，没有跳过的，不需要再做什么。" in done


def test_it_is_stopped_by_who_asked_for_it(zhai: TestClient, house: House) -> None:
    submitted(house, 2)
    address = confirmed(zhai, f"{EVERYTHING}&measure=begin_review")
    stopped = zhai.post(f"{address}/stop", data={}, headers=OWN)
    assert (stopped.status_code, stopped.headers["location"]) == (303, address)
    finish(house)
    page = zhai.get(address).text
    assert "您已停止办理，2 件没有办理。已办的仍然有效；需要继续的，请回到列表重新选择。" in page
    assert 'href="/board?' in page


def test_work_that_failed_says_what_to_do(zhai: TestClient, house: House) -> None:
    submitted(house, 1)
    address = confirmed(zhai, f"{EVERYTHING}&measure=begin_review")
    failed = MoveLongWork(ROOT, address.rpartition("/")[2], WorkState.FAILED, (WorkState.WAITING,))
    house.desk.office.write([failed])
    page = words(zhai.get(address).text)
    assert (
        "系统多次尝试仍未能办完，1 件没有办理。已办的仍然有效；请稍后回到列表重新选择，再不行请告知系统管理员。" in page
    )
    assert "没有跳过的。" in page


def test_nobody_else_finds_it_and_hostile_ids_are_no_work(zhai: TestClient, house: House) -> None:
    submitted(house, 1)
    address = confirmed(zhai, f"{EVERYTHING}&measure=begin_review")
    with client_of(house) as shen:
        shen.cookies.set("banjie", house.token("shen"))
        asked = [shen.get(f"{address}{more}") for more in ("", "/progress", "/skipped.csv", "?show=done")]
        asked.append(shen.post(f"{address}/stop", data={}, headers=OWN))
        asked.append(shen.get(f"/board/act?measure=file&work={address[11:]}"))
        assert [answer.status_code for answer in asked] == [404] * 6
        assert all("没有这项办理，或者已满 30 天、记录已清除；已办的事项请到各事项中查看" in one.text for one in asked)
        assert "您最近没有成批办理。" in shen.get("/long-work").text
    assert own(house)[0].is_live
    for id_ in ("x", "0" * 32, "%27%20OR%201", "办", "a" * 900):
        assert zhai.get(f"/long-work/{id_}").status_code == 404
    assert zhai.get(f"{address}/skipped.pdf").status_code == 404
    assert "没有这种格式的文件，可选 CSV 或 Excel" in zhai.get(f"{address}/skipped.pdf").text
    for query in ("show=<b>", "show=done&after=-9", "after=9999999", "after=²", "show=skipped&after=3"):
        assert zhai.get(f"{address}?{query}").status_code == 200
    assert zhai.get(f"/board/act?measure=begin_review&work={address[11:]}&of=nonsense").status_code == 200


def test_the_skipped_are_taken_along_as_a_file_and_that_is_recorded(
    zhai: TestClient, house: House, sqlite_database: str
) -> None:
    cases = submitted(house, 2)
    address = confirmed(zhai, f"{EVERYTHING}&measure=begin_review")
    house.fire("zhai", cases[1], "begin_review")
    finish(house)
    text = zhai.get(f"{address}/skipped.csv").content.decode("utf-8-sig").splitlines()
    assert text[0] == "序号,编号,事项,跳过的原因,依据"
    assert len(text) == 2
    assert "提案第1件" in text[1]
    assert zhai.get(f"{address}/skipped.xlsx").content[:2] == b"PK"
    taken = [row for row in table(sqlite_database, "SELECT body FROM ledger_entry") if b'"skipped"' in bytes(row[0])]
    assert len(taken) == 2


def test_what_one_may_not_see_any_more_is_listed_without_its_name(zhai: TestClient, house: House) -> None:
    submitted(house, 1)
    address = confirmed(zhai, f"{EVERYTHING}&measure=begin_review")
    finish(house)
    assert "提案第0件" in zhai.get(f"{address}?show=done").text
    _send_off(house)
    page = zhai.get(f"{address}?show=done").text
    assert "您现在不能查看的事项" in page
    assert "提案第0件" not in page


def _send_off(house: House) -> None:
    """Take from the director whatever they hold."""
    roles = ("committee_director", "delegate")
    house.desk.office.write(
        [RemoveGrant(GrantRow(root=ROOT, person=PersonId("zhai"), role=role, unit=UnitId(ROOT))) for role in roles]
    )


def test_what_is_filled_in_wrong_is_said_before_anything_is_begun(zhai: TestClient, house: House) -> None:
    cases = submitted(house, 21)
    for case in cases:
        house.fire("zhai", case, "begin_review")
    address = EVERYTHING.replace("submitted", "under_review")
    action, fields, _page = looked_at(zhai, f"{address}&measure=refuse")
    answer = zhai.post(action, data={**fields, "f.vote_for": "many"}, headers=OWN)
    assert answer.status_code == 422
    assert own(house) == []


def test_nothing_that_matches_and_too_much_of_it_are_said(zhai: TestClient, house: House) -> None:
    page = words(zhai.get(f"{EVERYTHING}&measure=begin_review").text)
    assert "没有符合查询条件的事项，没有可办的；请返回列表，放宽条件后再试。" in page
    submitted(house, 1)
    for _time in range(5):
        confirmed(zhai, f"{EVERYTHING}&measure=begin_review")
    action, fields, _page = looked_at(zhai, f"{EVERYTHING}&measure=begin_review")
    refused = zhai.post(action, data=fields, headers=OWN)
    assert refused.status_code == 422
    assert "您已有 5 项成批办理尚未办完；请等其中一项办完，或者在“办理进度”中停止一项" in refused.text


def test_a_form_that_was_kept_is_gone_on_with_under_its_filter(zhai: TestClient, house: House) -> None:
    for case in submitted(house, 21):
        house.fire("zhai", case, "begin_review")
    address = EVERYTHING.replace("submitted", "under_review")
    action, fields = form_of(zhai.get(f"{address}&measure=refuse").text)
    kept = zhai.post("/drafts", data={**fields, "f.refusal_reason": "不属于提案范围。"}, headers=OWN)
    assert kept.status_code == 303
    led = zhai.get(kept.headers["location"])
    assert led.status_code == 303
    page = zhai.get(led.headers["location"]).text
    assert "不属于提案范围。" in page
    assert "符合查询条件的共 21 件" in page
    assert hidden(page, "filter") == hidden(zhai.get(f"{address}&measure=refuse").text, "filter")
    assert action


def test_the_list_of_deadlines_takes_all_that_match_too(zhai: TestClient, house: House) -> None:
    cases = submitted(house, 2)
    for case in cases:
        house.fire("zhai", case, "begin_review")
        house.fire("zhai", case, "file")
    house.clock.set(house.clock.now() + timedelta(days=60))
    with client_of(house) as shen:
        shen.cookies.set("banjie", house.token("shen"))
        listed = shen.get("/overdue?within=0").text
        assert '<button name="everything" value="1">' in listed
        measure = re.search(r'<select id="measure" name="measure"><option value="([^"]*)"', listed)
        assert measure is not None
        page = shen.get(f"/overdue/act?within=0&everything=1&measure={measure[1]}").text
        assert "符合查询条件的共 2 件" in page


def test_the_job_is_asked_for_at_once_and_the_front_page_tells_of_it(house: House, sqlite_database: str) -> None:
    submitted(house, 1)
    jobs = LeasedJobs.open(sqlite_database, house.clock)
    try:
        with client_of(house, jobs) as zhai:
            zhai.cookies.set("banjie", house.token("zhai"))
            assert "成批办理" not in words(zhai.get("/").text)
            address = confirmed(zhai, f"{EVERYTHING}&measure=begin_review")
            assert [(job.kind, job.subject) for job in jobs.listed(JobState.WAITING)] == [("long-work", "")]
            assert f'<a href="{address}">开始审查</a>' in zhai.get("/").text
            listed = words(zhai.get("/long-work").text)
            assert "等待办理" in listed
            assert "共 1 件：已办 0 件，跳过 0 件，未办 1 件" in listed
            progress = zhai.get(f"{address}/progress")
            assert progress.headers["cache-control"] == "private, no-store"
            assert "已收到，正在排队，一般几秒钟内开始。" in progress.text
            assert "<html" not in progress.text
    finally:
        jobs.close()
