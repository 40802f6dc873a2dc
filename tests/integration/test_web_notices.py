"""The pages of the inbox, of one's own settings, of who was told and of background jobs, as a browser gets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import pytest
from starlette.testclient import TestClient

from engine.access.directory import Deputation
from engine.case.identity import PersonId
from engine.service.notice_ports import Preference
from engine.service.notice_writes import SetPreference
from engine.service.plain import AddDeputation
from runtime.jobs.handlers import tell_all
from runtime.jobs.leases import LeasedJobs
from tests.support.house import ROOT, House, client_of, open_house

OWN = {"Sec-Fetch-Site": "same-origin"}
LINE = re.compile(r"<li[ >]")
HAN = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"sqlite:///{tmp_path_factory.mktemp('pages') / 'banjie.db'}"


@pytest.fixture
def house(url: str) -> Iterator[House]:
    with open_house(url) as house:
        yield house


@pytest.fixture
def jobs(url: str, house: House) -> Iterator[LeasedJobs]:
    opened = LeasedJobs.open(url, house.clock)
    yield opened
    opened.close()


@contextmanager
def visitor(house: House, login: str, jobs: LeasedJobs | None = None) -> Iterator[TestClient]:
    """Visit as somebody who has logged in, where mail is set up."""
    with client_of(house, jobs, channels=("mail",)) as client:
        client.cookies.set("banjie", house.token(login))
        yield client


def told(house: House, cases: int = 1) -> None:
    """Have the union office and the proposer told of some cases."""
    for number in range(cases):
        house.filed("shi", form={"subject": f"关于第{number}扇门的提案"})
    tell_all(house.desk)


def ids(page: str) -> list[str]:
    """Return the notices that each line of the inbox would sign for or mark."""
    lines = page.partition('<ul class="notices">')[2]
    return re.findall(r'name="notice" value="([^"]+)"', lines)


# -------------------------------------------------------------------------------------------------------------- inbox


def test_the_navigation_and_the_front_page_lead_to_the_inbox_and_say_how_much_is_unread(house: House) -> None:
    told(house)
    with visitor(house, "shi") as shi:
        front = shi.get("/").text
        unread = shi.get("/api/notices").json()["unread"]
        assert unread > 0
        assert f'title="{unread} 条未读">{unread}</span>' in front
        assert 'href="/notices">打开收件箱' in front
        page = shi.get("/notices").text
        assert len(LINE.findall(page)) == unread
    with visitor(house, "luo") as luo:
        assert "条未读" not in luo.get("/").text
        assert "没有通知。" in luo.get("/notices").text


def test_beyond_a_limit_the_unread_are_not_counted(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told(house)
    monkeypatch.setattr("web.shell.UNREAD_MAX", 2)
    with visitor(house, "shi") as shi:
        assert shi.get("/api/notices").json()["unread"] == 2
        assert 'title="1+ 条未读">1+</span>' in shi.get("/cases").text


def test_notices_are_read_and_signed_for_and_leave_the_unread(house: House) -> None:
    told(house, 2)
    with visitor(house, "shi") as shi:
        first, *others = ids(shi.get("/notices?show=unread").text)
        answer = shi.post("/notices/acknowledge", data={"notice": first, "show": "unread"}, headers=OWN)
        assert (answer.status_code, answer.headers["location"]) == (303, "/notices?show=unread&done=acknowledged")
        page = shi.get(answer.headers["location"]).text
        assert "已签收。" in page
        assert ids(page) == others
        answer = shi.post("/notices/read", data={"notice": others, "after": "", "show": ""}, headers=OWN)
        assert answer.headers["location"] == "/notices?done=read"
        assert "没有未读通知。" in shi.get("/notices?show=unread").text
        listed = shi.get("/api/notices").json()["notices"]
        assert [line["acknowledged"] for line in listed] == [line["id"] == first for line in listed]
        # What is read can still be signed for; what is signed for has no button left.
        assert ids(shi.get("/notices").text) == others


def test_the_inbox_comes_page_by_page_and_stays_where_one_was(house: House) -> None:
    told(house, 30)
    with visitor(house, "shi") as shi:
        whole = [line["id"] for line in shi.get("/api/notices?limit=200").json()["notices"]]
        assert len(whole) > 50
        page = shi.get("/notices").text
        assert ids(page) == whole[:50]
        following = re.search(r'href="(/notices\?after=[^"]+)" rel="next"', page)
        assert following is not None
        second = shi.get(following[1]).text
        assert ids(second)[:5] == whole[50:55]
        after = re.search(r'name="after" value="([^"]+)"', second)
        assert after is not None
        answer = shi.post("/notices/read", data={"notice": whole[50], "after": after[1]}, headers=OWN)
        assert len(LINE.findall(shi.get(answer.headers["location"]).text)) == len(LINE.findall(second)) > 0


def test_nobody_signs_for_anothers_notice_and_a_wrong_page_is_refused(house: House) -> None:
    told(house)
    with visitor(house, "shi") as shi, visitor(house, "luo") as luo:
        (first, *_others) = ids(shi.get("/notices").text)
        refused = luo.post("/notices/acknowledge", data={"notice": first}, headers=OWN)
        assert refused.status_code == 404
        assert "收件箱中没有这条通知" in refused.text
        assert luo.post("/notices/read", data={"notice": first}, headers=OWN).status_code == 303
        assert shi.post("/notices/read", data={"notice": first}).status_code == 403, "a form of another site"
        assert first in ids(shi.get("/notices?show=unread").text)
        assert shi.get("/notices?after=1;DROP").status_code == 422
    with client_of(house) as stranger:
        assert stranger.get("/notices").headers["location"] == "/login?next=/notices"


def test_who_stands_in_sees_for_whom(house: House) -> None:
    absence = Deputation(
        root=ROOT,
        principal=PersonId("shi"),
        deputy=PersonId("luo"),
        from_on=date(2026, 1, 20),
        until_on=date(2026, 1, 23),
    )
    house.desk.office.write([AddDeputation(absence)])
    told(house)
    with visitor(house, "luo") as luo:
        page = luo.get("/notices").text
        assert "代石磊生" in page
        assert "您正代石磊生办理，至 2026年1月23日（周五） 止。" in page
        # He stands in for a proposer: a party's case is not his to see.
        assert "您现在无权查看的事项" in page
        assert "关于第0扇门" not in page
        assert "代石磊生" in luo.get("/").text
    with visitor(house, "shi") as shi:
        assert "您已登记外出，由罗小山代理" in shi.get("/notices").text


# ------------------------------------------------------------------------------------------------------- own settings


def test_how_one_is_told_is_refused_with_what_was_typed_and_then_kept(house: House) -> None:
    typed = {
        "address": "shi@",
        "active": "on",
        "digest": "daily",
        "quiet_from": "22:00",
        "quiet_until": "",
        "language": "en",
    }
    with visitor(house, "shi") as shi:
        page = shi.get("/me/notices").text
        assert page.count("本系统未启用") == 4
        refused = shi.post("/me/notices/mail", data=typed, headers=OWN)
        assert refused.status_code == 422
        for expected in (
            "不是有效的邮箱地址",
            "须同时填写起止时间",
            'value="shi@"',
            'value="22:00"',
            'daily" selected',
        ):
            assert expected in refused.text
        right = {**typed, "address": "shi@example.com", "quiet_until": "07:00"}
        kept = shi.post("/me/notices/mail", data=right, headers=OWN)
        assert kept.headers["location"] == "/me/notices?done=saved&channel=mail#mail"
        assert "已保存：电子邮件" in shi.get("/me/notices?done=saved&channel=mail").text
        assert 'value="shi@example.com"' in shi.get("/me/notices").text
        off = shi.post("/me/notices/mail", data={**right, "active": ""}, headers=OWN)
        assert off.status_code == 303
        assert shi.get("/api/me/notices").json()["channels"][0]["preference"]["active"] is False
        shi.post("/me/notices/mail/forget", headers=OWN)
        assert "shi@example.com" not in shi.get("/me/notices").text
    with visitor(house, "luo") as luo:
        assert "shi@" not in luo.get("/me/notices").text


def test_a_channel_that_is_not_set_up_can_only_be_forgotten(house: House) -> None:
    house.desk.office.write(
        [SetPreference(Preference(root=ROOT, person=PersonId("shi"), channel="wecom", address="工会群"))]
    )
    with visitor(house, "shi") as shi:
        page = shi.get("/me/notices").text
        assert "仍保存有您的地址：工会群" in page
        assert 'action="/me/notices/wecom#wecom"' not in page
        refused = shi.post("/me/notices/wecom", data={"address": "群", "active": "on"}, headers=OWN)
        assert refused.status_code == 422
        assert "本系统没有启用“企业微信”" in refused.text
        shi.post("/me/notices/wecom/forget", headers=OWN)
        assert "工会群" not in shi.get("/me/notices").text
        assert shi.post("/me/notices/pigeon", data={"address": "x"}, headers=OWN).status_code == 404
        assert "已保存" not in shi.get("/me/notices?done=saved&channel=pigeon").text


def test_an_absence_is_refused_with_what_was_typed_then_entered_and_taken_back(house: House) -> None:
    with visitor(house, "shen") as shen:
        page = shen.get("/me/absence").text
        assert 'value="2026-01-20"' in page
        assert 'option value="luo">罗小山' in page, "a colleague of the same unit"
        assert "wen" not in page, "nobody of another unit"
        typed = {"from_on": "2026-01-20", "until_on": "2026-01-19", "substitute": "罗大山", "note": "出差"}
        refused = shen.post("/me/absence", data=typed, headers=OWN)
        assert refused.status_code == 422
        for expected in ("截止日期不能早于开始日期", "名册中没有“罗大山”", 'value="罗大山"', 'value="出差"'):
            assert expected in refused.text
        right = {**typed, "until_on": "2026-01-23", "substitute": "罗小山"}
        assert shen.post("/me/absence", data=right, headers=OWN).headers["location"] == "/me/absence?done=saved"
        page = shen.get("/me/absence").text
        assert "由罗小山代理 · 出差" in page
        with visitor(house, "luo") as luo:
            assert "代沈若棠" in luo.get("/me/absence").text
            assert luo.post("/me/absence/2026-01-20/end", headers=OWN).status_code == 404
        ended = shen.post("/me/absence/2026-01-20/end", headers=OWN)
        assert ended.headers["location"] == "/me/absence?done=ended"
        assert "没有外出登记。" in shen.get("/me/absence").text


@pytest.mark.parametrize("path", ["/notices", "/me/notices", "/me/absence", "/jobs"])
def test_pages_are_english_in_english(house: House, jobs: LeasedJobs, path: str) -> None:
    jobs.schedule("sweep")
    with visitor(house, "shen", jobs) as shen:
        page = shen.get(f"{path}?lang=en").text
        body = re.sub(r"<[^>]*>", "", page.partition("<main")[2].partition("</main>")[0])
        for name in ("沈若棠", "罗小山", "石磊生", "翟鸿岭"):
            body = body.replace(name, "")
        assert HAN.findall(body) == []


# ------------------------------------------------------------------------------------------------------- who was told


def test_a_case_shows_who_was_told_to_those_who_work_on_it_alone(house: House) -> None:
    house.desk.office.write(
        [SetPreference(Preference(root=ROOT, person=PersonId("shi"), channel="mail", address="shi@example.com"))]
    )
    case = house.filed("shi")
    tell_all(house.desk)
    with visitor(house, "zhai") as zhai:
        page = zhai.get(f"/cases/{case}").text
        section = page.partition('id="told"')[2].partition("</section>")[0]
        for expected in ("审查结果通知", "石磊生", "领衔提案人", "电子邮件", "待发送", "未读"):
            assert expected in section
        assert "example.com" not in page
    with visitor(house, "shi") as shi:
        answer = shi.get(f"/cases/{case}")
        assert answer.status_code == 200
        assert 'id="told"' not in answer.text


# --------------------------------------------------------------------------------------------------------------- jobs


def test_the_office_alone_sees_jobs_and_has_them_in_the_navigation(house: House, jobs: LeasedJobs) -> None:
    number = jobs.schedule("sweep")
    with visitor(house, "shen", jobs) as shen:
        assert 'href="/jobs"' in shen.get("/").text
        page = shen.get("/jobs").text
        assert "期限巡查" in page
        assert "立即执行" in page
        assert "没有这样的任务。" in shen.get("/jobs?state=failed").text
        run = shen.post(f"/jobs/{number}/run", data={"state": "waiting"}, headers=OWN)
        assert run.headers["location"] == f"/jobs?state=waiting&done={number}"
        assert f"任务 {number} 将立即执行。" in shen.get(run.headers["location"]).text
        for wrong in ("99", "x", "9" * 40, "-1"):
            assert shen.post(f"/jobs/{wrong}/run", data={"state": ""}, headers=OWN).status_code == 404
        assert shen.post(f"/jobs/{number}/run", data={"state": ""}).status_code == 403
    for login in ("zhai", "shi"):
        with visitor(house, login, jobs) as other:
            assert 'href="/jobs"' not in other.get("/").text
            assert other.get("/jobs").status_code == 403
            assert other.post(f"/jobs/{number}/run", data={"state": ""}, headers=OWN).status_code == 403
    with visitor(house, "shen") as without:
        assert 'href="/jobs"' not in without.get("/").text
        assert without.get("/jobs").status_code == 404
