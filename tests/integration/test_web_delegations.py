"""Substitutes entered for others, and the logins of others: who may, what is told, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.access.directory import GrantRow
from engine.access.staff_roles import load_staff_roles
from engine.case.identity import PersonId, UnitId
from engine.service.logins import AccountRules
from engine.service.plain import AddGrant
from tests.support.house import PASSWORD, ROOT, House, open_house
from tests.support.storage import table
from web.app import create_site

ORIGIN = {"Origin": "http://testserver"}
BASIS = "人字〔2026〕12号"


@dataclass
class Site:
    """A house with its security administrator ``luo`` and its audit administrator ``jiao`` at the top."""

    house: House
    url: str
    client: TestClient

    def log_in(self, login: str) -> None:
        answer = self.client.post("/login", data={"login": login, "password": PASSWORD}, headers=ORIGIN)
        assert answer.status_code == 303, answer.text

    def post(self, address: str, /, **form: str) -> tuple[int, str]:
        answer = self.client.post(address, data={"x": "", **form}, headers=ORIGIN)
        return answer.status_code, answer.text

    def enter(self, **form: str) -> tuple[int, str]:
        """Enter 温其玉 as standing in for 赖春生 from 21 to 30 January 2026; the house is on the 20th."""
        typed = {"principal": "lai", "substitute": "wen", "from_on": "2026-01-21", "until_on": "2026-01-30"}
        return self.post("/admin/delegations", **{**typed, "note": BASIS, **form})

    def told(self, kind: str) -> list[dict[str, Any]]:
        reads = self.house.desk.reads
        entries = (json.loads(entry.body) for chain in reads.kept_ids(ROOT) for entry in reads.entries(ROOT, chain))
        return [entry for entry in entries if entry["type"] == kind]


@pytest.fixture
def site(any_database: str) -> Iterator[Site]:
    with open_house(any_database) as house:
        top = UnitId(ROOT)
        for person, role in (("luo", "security_administrator"), ("jiao", "audit_administrator")):
            house.desk.office.write([AddGrant(GrantRow(root=ROOT, person=PersonId(person), role=role, unit=top))])
        rules = AccountRules(staff=load_staff_roles())
        app = create_site(house.desk, ApiSettings(version="0", database="test", accounts=rules), None, None)
        with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
            site = Site(house, any_database, client)
            site.log_in("luo")
            yield site


def test_a_substitute_is_entered_for_somebody_absent_told_to_both_and_ended(site: Site) -> None:
    assert site.enter()[0] == 303
    page = site.client.get("/admin/delegations?done=saved").text
    assert "已登记，并已记入账册；双方会收到通知" in page
    for said in ("赖春生（lai）", "温其玉（wen）", BASIS, "2026年1月21日"):
        assert said in page, said
    [fact] = site.told("deputed")
    assert (fact["by"], fact["deputed"]["principal"], fact["deputed"]["deputy"]) == ("luo", "lai", "wen")
    # It waits to be told like an absence that somebody enters for himself.
    assert table(site.url, "SELECT kind, name FROM outbox") == [("house", "deputed")]
    [kept] = site.house.desk.reads.deputations(ROOT, PersonId("lai"))
    assert (kept.deputy, kept.from_on, kept.until_on) == ("wen", date(2026, 1, 21), date(2026, 1, 30))
    assert site.post("/admin/delegations/lai/2026-01-21/end")[0] == 303
    assert site.house.desk.reads.deputations(ROOT, PersonId("lai")) == []
    [ended] = site.told("deputation_ended")
    assert ended["by"] == "luo"
    page = site.client.get("/admin/delegations?done=ended").text
    assert "已终止，并已记入账册" in page
    assert "目前没有代理。" in page


def test_everything_wrong_with_it_is_said_at_its_field_and_nothing_typed_is_lost(site: Site) -> None:
    status, page = site.enter(principal="", note=" ")
    assert (status, "请填写外出的人" in page, "请填写依据" in page) == (422, True, True)
    assert 'value="2026-01-30"' in page
    status, page = site.enter(principal="无此人")
    assert (status, "名册中没有“无此人”" in page) == (422, True)
    status, page = site.enter(until_on="2026-01-01", substitute="lai")
    assert (status, "截止日期不能早于开始日期" in page, "不能由本人代理本人" in page) == (422, True, True)
    status, page = site.enter(substitute="luo")
    assert (status, "不能登记由自己代理他人，请由其他管理员办理" in page) == (403, True)
    assert site.told("deputed") == []


def test_nobody_comes_to_belong_to_two_administrations_by_standing_in(site: Site) -> None:
    status, page = site.enter(principal="luo", substitute="jiao")
    assert (status, "系统、安全、审计三类管理员须由不同的人担任" in page) == (422, True)
    assert site.told("deputed") == []


def test_who_only_reads_of_grants_sees_it_and_enters_nothing(site: Site) -> None:
    site.enter()
    site.log_in("jiao")
    page = site.client.get("/admin/delegations").text
    assert "赖春生（lai）" in page
    assert "为外出的人登记代理" not in page
    status, page = site.enter(principal="wen", substitute="lai")
    assert (status, "您不能在该单位登记或终止代理" in page) == (403, True)
    status, page = site.post("/admin/delegations/lai/2026-01-21/end")
    assert (status, "您不能在该单位登记或终止代理" in page) == (403, True)
    site.log_in("shen")
    answer = site.client.get("/admin/delegations")
    assert (answer.status_code, "代理由安全管理员管理；本人外出，请在“我的”页面登记" in answer.text) == (403, True)
    assert site.enter()[0] == 403
    assert site.post("/admin/delegations/lai/2026-01-21/end")[0] == 403


def test_an_absence_that_is_not_there_is_not_ended(site: Site) -> None:
    for person, key in (("lai", "2026-01-21"), ("nobody", "ever")):
        status, page = site.post(f"/admin/delegations/{person}/{key}/end")
        assert (status, "没有这项外出登记" in page) == (404, True)


def test_the_list_goes_on_where_the_page_ended(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.service.standing_in.LINES", 1)
    site.enter()
    site.enter(principal="shi", substitute="zhai")
    first = site.client.get("/admin/delegations").text
    assert ("温其玉" in first, "翟鸿岭" in first) == (True, False)
    second = site.client.get("/admin/delegations?after=wen+lai+2026-01-21").text
    assert ("温其玉" in second, "翟鸿岭" in second) == (False, True)
    assert "after=wen+lai+2026-01-21" in first


def test_the_logins_of_somebody_are_seen_and_all_ended(site: Site) -> None:
    site.client.cookies.clear()
    site.log_in("shi")
    cookies = dict(site.client.cookies)
    site.client.cookies.clear()
    site.log_in("luo")
    assert "石磊生" in site.client.get("/accounts/logins?text=石").text
    page = site.client.get("/accounts/logins/shi").text
    # A session of today, and the token of the house's tests.
    assert ("网页登录" in page, "接口令牌" in page) == (True, True)
    status, page = site.post("/accounts/logins/shi/end")
    assert (status, "请先勾选确认" in page) == (422, True)
    assert site.post("/accounts/logins/shi/end", sure="yes")[0] == 303
    assert "已全部终止，并已记入账册" in site.client.get("/accounts/logins/shi?done=ended").text
    [fact] = site.told("logins_ended")
    assert (fact["by"], fact["logins_ended"]) == ("luo", {"person": "shi", "sessions": 1, "tokens": 1})
    status, page = site.post("/accounts/logins/shi/end", sure="yes")
    assert (status, "此人没有登录，也没有令牌，无须终止" in page) == (422, True)
    site.client.cookies.clear()
    site.client.cookies.update(cookies)
    answer = site.client.get("/mine")
    assert answer.status_code == 303, "the browser that was logged in is asked to log in again"


def test_the_logins_of_others_are_for_the_guard_of_tokens_alone(site: Site) -> None:
    status, page = (answer := site.client.get("/accounts/logins/nobody")).status_code, answer.text
    assert (status, "没有这个人员" in page) == (404, True)
    for login in ("shen", "jiao", "shi"):
        site.log_in(login)
        for address in ("/accounts/logins", "/accounts/logins/wen"):
            answer = site.client.get(address)
            assert (answer.status_code, "令牌由安全管理员管理，您没有此权限" in answer.text) == (403, True)
        assert site.post("/accounts/logins/wen/end", sure="yes")[0] == 403
    assert site.told("logins_ended") == []


def test_one_who_ends_all_of_his_own_logs_in_again(site: Site) -> None:
    answer = site.client.post("/accounts/logins/luo/end", data={"sure": "yes"}, headers=ORIGIN)
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
