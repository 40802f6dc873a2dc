"""The scenarios of the anonymous entrance, through the pages and the API as somebody without a login meets them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path

import pytest
from httpx2 import Response
from pytest_bdd import given, scenarios, then, when
from starlette.testclient import TestClient

from engine.access.directory import GrantRow
from engine.case.identity import PersonId, UnitId
from engine.case.scope import SHANGHAI
from engine.service.notice_ports import Preference
from engine.service.notice_writes import SetPreference
from engine.service.plain import AddGrant
from engine.service.ports import CaseFilter
from runtime.jobs.handlers import release_all, tell_all
from tests.acceptance.steps_common import sentence
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.storage import table
from tests.support.wording import day

scenarios("../../features/anonymous")

OWN = {"Origin": "null"}
WHO = {"工会办公室": "shen", "赖春生": "lai", "罗小山": "luo"}
PERSON = rf"(?P<who>{'|'.join(WHO)})"


@dataclass(slots=True)
class Entrance:
    """A house with its pages, what was answered last, and the code that was given."""

    url: str
    house: House
    client: TestClient
    code: str = ""
    page: str = ""

    def ask(self, path: str, **form: str) -> Response:
        """Send a form as somebody without a login does."""
        self.client.cookies.clear()
        answer = self.client.post(path, data=form, headers=OWN)
        self.page = answer.text
        return answer

    def sees(self, login: str, subject: str) -> bool:
        """Ask whether somebody has a case of this subject in their list."""
        actor = self.house.desk.queries.actor(ROOT, PersonId(login), self.house.clock.now())
        return subject in {line.subject for line in self.house.desk.queries.page(ROOT, actor, CaseFilter()).lines}

    def reads(self, login: str, words: str) -> bool:
        """Ask whether somebody reads these words on the page of a case."""
        self.client.cookies.set("banjie", self.house.token(login))
        actor = self.house.desk.queries.actor(ROOT, PersonId(login), self.house.clock.now())
        lines = self.house.desk.queries.page(ROOT, actor, CaseFilter()).lines
        return any(words in self.client.get(f"/cases/{line.id}").text for line in lines)

    def until(self, hour: int) -> None:
        """Let time pass until some seconds after an hour of the day, and the jobs do their work."""
        now = self.house.clock.now().astimezone(SHANGHAI)
        self.house.clock.set(now.replace(hour=hour, minute=0, second=5))
        release_all(self.house.desk)
        tell_all(self.house.desk)


@pytest.fixture
def entrance(tmp_path: Path) -> Iterator[Entrance]:
    url = f"sqlite:///{tmp_path / 'banjie.db'}"
    with open_house(url) as house, client_of(house) as client:
        yield Entrance(url, house, client)


@given(sentence(r"现在是DAY(?P<hour>\d\d):(?P<minute>\d\d)"))
def _now(entrance: Entrance, on: str, hour: str, minute: str) -> None:
    at = time(int(hour), int(minute), tzinfo=SHANGHAI)
    entrance.house.clock.set(datetime.combine(day(on), at))


@when(sentence(r"匿名反映人提交“(?P<subject>[^“”]+)”(?:，被反映人为“(?P<named>[^“”]+)”)?"))
def _files(entrance: Entrance, subject: str, named: str | None) -> None:
    more = {} if named is None else {"f.accused_persons": named}
    answer = entrance.ask("/anonymous", key=f"key {subject}", **{"f.subject": subject, "f.content": "详情", **more})
    assert answer.status_code == 200
    entrance.code = "-".join(re.findall(r"<span>(\w{5})</span>", answer.text))


@given(sentence(r"匿名反映人已提交“(?P<subject>[^“”]+)”，时间到了(?P<hour>\d\d):00"))
def _has_filed(entrance: Entrance, subject: str, hour: str) -> None:
    _files(entrance, subject, None)
    entrance.until(int(hour))


@when(sentence(r"时间到了(?P<hour>\d\d):00"))
def _time_comes(entrance: Entrance, hour: str) -> None:
    entrance.until(int(hour))


@when(sentence(r"匿名反映人凭查询码留言“(?P<words>[^“”]+)”"))
def _says(entrance: Entrance, words: str) -> None:
    form = {"code": entrance.code.lower(), "move": "write_message", "key": "say", "f.message": words}
    assert "已收到" in entrance.ask("/anonymous/act", **form).text


@when("匿名反映人用写错的查询码查看")
def _looks_wrongly(entrance: Entrance) -> None:
    entrance.ask("/anonymous/look", code="00000-00000-00000-00000-00000")


@given("罗小山设了邮箱")
def _has_mail(entrance: Entrance) -> None:
    reach = Preference(root=ROOT, person=PersonId("luo"), channel="mail", address="luo@union.example.cn")
    entrance.house.desk.office.write([SetPreference(reach)])


@when(sentence(r"罗小山提出一件保密诉求“(?P<subject>[^“”]+)”"))
def _files_confidentially(entrance: Entrance, subject: str) -> None:
    staff = GrantRow(root=ROOT, person=PersonId("luo"), role="staff", unit=UnitId("logistics"))
    entrance.house.desk.office.write([AddGrant(staff)])
    form = {"subject": subject, "channel": "website", "confidentiality": "confidential"}
    body = {"workflow": "grievance", "unit": "works", "form": form}
    headers = {**entrance.house.bearer("luo"), "Idempotency-Key": "k"}
    assert entrance.client.post("/api/cases", json=body, headers=headers).status_code == 201
    tell_all(entrance.house.desk)


@then(sentence(r"匿名反映人得到25位查询码，将于(?P<at>\d\d:\d\d)投递"))
def _has_a_code(entrance: Entrance, at: str) -> None:
    assert re.fullmatch(r"(?:[0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}", entrance.code)
    assert f"{at} 投递" in entrance.page


@then(sentence(rf"{PERSON}看(?P<answer>得|不)到“(?P<subject>[^“”]+)”"))
def _is_seen(entrance: Entrance, who: str, answer: str, subject: str) -> None:
    assert entrance.sees(WHO[who], subject) is (answer == "得")


@then(sentence(rf"{PERSON}读(?P<answer>得|不)到“(?P<words>[^“”]+)”"))
def _is_read(entrance: Entrance, who: str, answer: str, words: str) -> None:
    assert entrance.reads(WHO[who], words) is (answer == "得")


@then(sentence(r"匿名反映人看到的被反映人是“(?P<named>[^“”]+)”"))
def _sees_what_was_written(entrance: Entrance, named: str) -> None:
    page = entrance.ask("/anonymous/look", code=entrance.code).text
    assert f"<dt>被反映人</dt><dd>{named}</dd>" in page
    assert "从名册选取" not in page


@then(sentence(r"页面说“(?P<words>[^“”]+)”"))
def _page_says(entrance: Entrance, words: str) -> None:
    assert words in entrance.page


@then(sentence(rf"{PERSON}的收件箱有(?P<count>\d+)条“(?P<title>[^“”]+)”"))
def _in_the_inbox(entrance: Entrance, who: str, count: str, title: str) -> None:
    told = entrance.client.get("/api/notices", headers=entrance.house.bearer(WHO[who])).json()["notices"]
    assert [line["title"]["zh"] for line in told] == [title] * int(count)


@then("没有给罗小山排队发送邮件")
def _nothing_queued(entrance: Entrance) -> None:
    assert table(entrance.url, "SELECT person FROM delivery") == []


@then("只有工会办公室收到通知")
def _office_alone(entrance: Entrance) -> None:
    assert {row[0] for row in table(entrance.url, "SELECT person FROM notice")} == {"shen"}
