"""The anonymous entrance leaves nothing behind by which somebody could be found (T-ANON), on both databases."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.testclient import TestClient

from engine.access.disclosure import Disclosure
from engine.case.identity import PersonId
from engine.service.deposits import CODE_GROUP, CODE_GROUPS, PADDED_TO
from engine.service.ports import CaseFilter
from tests.support.house import ROOT, House, client_of, open_house
from tests.support.strangers import (
    ADDRESS,
    FILED_AT,
    HEADERS,
    RELEASED_AT,
    STEP,
    Seen,
    report_anonymously,
    traces,
)

SAID_FIRST = (
    "工会办公室、分管领导、上级督办、复核人", "四小时", "自己的手机", "DNS", "遗失了无法补发", "不是密码技术", "写法"
)  # fmt: skip
FORM = {"f.subject": "仓库通道堵塞", "f.content": "堆放货物"}


@pytest.fixture
def house(any_database: str) -> Iterator[House]:
    with open_house(any_database, FILED_AT) as made:
        yield made


def test_nobody_anonymous_leaves_a_trace(any_database: str, tmp_path: Path) -> None:
    with open_house(any_database, FILED_AT) as house:
        seen = report_anonymously(house, any_database)
    assert [answer.status_code for answer in seen.answers] == [
        200, 422, 200, 200, 404, 200, 200, 200, 422, 405, 200,
    ]  # fmt: skip
    assert len(seen.code) == CODE_GROUPS * CODE_GROUP + CODE_GROUPS - 1
    assert PADDED_TO == STEP
    last = seen.answers[-1].text
    assert all(word in last for word in ("CANARY-ANON-CONTENT", "CANARY-ANON-MESSAGE", "已登记"))
    assert traces(seen, tmp_path) == []


def _keeps_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    import engine.service.queries as module
    from engine.case.actors import Actor

    told = module.Queries._disclosed

    def disclosed(self: Any, case: Any, definition: Any, actor: Actor, world: Any) -> Disclosure:
        return told(self, case, definition, replace(actor, anonymous=False), world)

    monkeypatch.setattr(module.Queries, "_disclosed", disclosed)


def _logs_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    import logging

    from api.origin import refuse_foreign_page as asked

    def telling(request: Request) -> None:
        logging.getLogger("shop").info("asked by %s %s", request.client, request.headers.get("user-agent"))
        logging.getLogger("shop").info("forwarded %s", request.headers.get("x-forwarded-for"))
        asked(request)

    monkeypatch.setattr("web.pages.anonymous.refuse_foreign_page", telling)
    monkeypatch.setattr("api.strangers._TELLING", frozenset())


def _pads_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.strangers._padded", lambda body, _kind: body)


def _releases_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from engine.service.deposits import DepositBox

    kept = DepositBox._kept

    def released(self: DepositBox, command: Any, *others: Any) -> Any:
        done = kept(self, command, *others)
        self.release(command.root)
        return done

    monkeypatch.setattr(DepositBox, "_kept", released)


def _dates_to_the_second(monkeypatch: pytest.MonkeyPatch) -> None:
    _releases_at_once(monkeypatch)
    monkeypatch.setattr("engine.case.decide._released_at", lambda _situation, now: now)


def _remembers_the_language(monkeypatch: pytest.MonkeyPatch) -> None:
    def settle(headers: Any, length: int) -> None:
        headers["content-length"] = str(length)
        headers["referrer-policy"] = "same-origin"
        headers.append("set-cookie", "lang=zh")

    monkeypatch.setattr("api.strangers._settle", settle)


@pytest.mark.parametrize(
    ("defect", "found"),
    [
        (_keeps_reads, "looking changed the table ledger_entry"),
        (_logs_addresses, "a log line holds the browser"),
        (_logs_addresses, "a log line holds the address"),
        (_pads_nothing, "no whole step"),
        (_releases_at_once, "sending changed the table cases before the release"),
        (_dates_to_the_second, "holds an instant near 04:37"),
        (_remembers_the_language, "sets a cookie"),
        (_remembers_the_language, "same-origin"),
    ],
)
def test_a_defect_that_would_leave_a_trace_is_found(
    sqlite_database: str, monkeypatch: pytest.MonkeyPatch, defect: Callable[[pytest.MonkeyPatch], None], found: str
) -> None:
    defect(monkeypatch)
    with open_house(sqlite_database, FILED_AT) as house:
        seen = report_anonymously(house, sqlite_database)
    assert any(found in trace for trace in traces(seen))


def test_a_code_in_an_address_would_be_found() -> None:
    import httpx2

    request = httpx2.Request("POST", "http://here/anonymous/look")
    page = httpx2.Response(200, text='<a href="/anonymous/look?code=AAAAA">', request=request)
    seen = Seen(answers=[page], code="AAAAA", tables={name: {} for name in _POINTS})
    assert any("the code stands in an address" in trace for trace in traces(seen))


_POINTS = (
    "empty", "filed", "looked", "released", "before looking", "looked again", "said", "end",
)  # fmt: skip


def test_whom_a_stranger_names_is_kept_out_and_the_stranger_is_not_told_whether_there_is_such_a_person(
    house: House,
) -> None:
    def lengths_and_case(name: str, key: str) -> tuple[int, str]:
        with client_of(house) as client:
            sent = client.post("/anonymous", data={**FORM, "f.accused_persons": name, "key": key}, headers=HEADERS)
            code = "-".join(re.findall(r"<span>(\w{5})</span>", sent.text))
            shown = client.post("/anonymous/look", data={"code": code}, headers=HEADERS)
            assert sent.status_code == shown.status_code == 200
            return sent.text.count("赖春生"), _same(shown.text, name, code)

    known, unknown = lengths_and_case("赖春生", "k-1"), lengths_and_case("查无此人", "k-2")
    assert known[1] == unknown[1]
    house.clock.set(RELEASED_AT)
    from runtime.jobs.handlers import release_all

    assert release_all(house.desk).done == 2
    seen = {
        login: len(house.desk.queries.page(ROOT, _actor(house, login), CaseFilter()).lines) for login in ("shen", "lai")
    }
    assert seen == {"shen": 2, "lai": 0}
    named = [row.data.get("accused_people") for row in house.desk.reads.cases(ROOT, _cases(house))]
    assert sorted(map(str, named)) == ["None", "['lai']"]


def _same(page: str, name: str, code: str) -> str:
    """Return a page without what is different anyway: what was typed, the code, and what fills it up."""
    return page.replace(name, "NAME").replace(code, "CODE").partition("<!--")[0]


def _actor(house: House, login: str) -> Any:
    return house.desk.queries.actor(ROOT, PersonId(login), house.clock.now())


def _cases(house: House) -> list[Any]:
    return [line.id for line in house.desk.queries.page(ROOT, _actor(house, "shen"), CaseFilter()).lines]


def test_one_key_gives_no_code_of_somebody_else(house: House) -> None:
    with client_of(house) as client:

        def code(content: str) -> str:
            body = {"workflow": "grievance", "form": {"subject": "x", "content": content}}
            answer = client.post("/api/anonymous", json=body, headers={"Idempotency-Key": "1"})
            assert answer.status_code == 201
            return str(answer.json()["code"])

        assert code("one") == code("one")
        assert code("one") != code("another")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "null"}, 404),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 404),
        ({"Origin": "http://testserver"}, 404),
        ({"Origin": "http://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site", "Origin": "null"}, 403),
    ],
)
def test_forms_of_other_sites_are_refused_and_those_without_a_referrer_are_not(
    house: House, headers: dict[str, str], status: int
) -> None:
    with client_of(house) as client:
        form = {"code": "0" * 25}
        assert client.post("/anonymous/look", data=form, headers=headers).status_code == status
        assert client.post("/anonymous/act", data=form, headers=headers).status_code == status
        assert client.post("/api/anonymous/look", json=form, headers=headers).status_code == status


def test_after_many_wrong_codes_a_right_one_is_taken_all_the_same(house: House) -> None:
    with client_of(house) as client:
        sent = client.post("/api/anonymous", json=_body(), headers={"Idempotency-Key": "k"})
        code = {"code": sent.json()["code"]}
        wrong = [client.post("/api/anonymous/look", json={"code": "1" * 25}).status_code for _ in range(70)]
        assert (wrong[0], wrong[-1]) == (404, 429)
        assert client.post("/api/anonymous/look", json=code).status_code == 200


def _body() -> dict[str, object]:
    return {"workflow": "grievance", "form": {"subject": "x"}}


def test_what_strangers_are_not_asked_they_cannot_say(house: House) -> None:
    refused = {"accused_people": ["lai"], "petitioner_name": "王", "channel": "letter", "confidentiality": "open"}
    with client_of(house) as client:
        body = {"workflow": "grievance", "form": {"subject": "x", **refused}}
        answer = client.post("/api/anonymous", json=body, headers={"Idempotency-Key": "k"})
        assert answer.status_code == 422
        assert {field["path"] for field in answer.json()["fields"]} == refused.keys()


def test_the_login_page_shows_the_way_and_the_entrance_says_first_who_will_see_what(house: House) -> None:
    with client_of(house) as client:
        assert 'href="/anonymous"' in client.get("/login").text
        page = client.get("/anonymous").text
        before, _form, after = page.partition("<form")
        assert after
        for said in (
            "工会办公室、分管领导、上级督办、复核人",
            "四小时",
            "自己的手机",
            "DNS",
            "遗失了无法补发",
            "不是密码技术",
        ):
            assert said in before
        assert "https" in before
        client.cookies.set("banjie", house.token("luo"))
        assert "请先退出登录" in client.get("/anonymous").text
        english = client.get("/anonymous?lang=en")
        assert "Before you type anything" in english.text
        assert "set-cookie" not in english.headers


def test_an_access_log_of_a_server_is_kept_silent_about_the_entrance() -> None:
    import logging

    from api.strangers import WithoutStrangers

    def line(path: str) -> logging.LogRecord:
        arguments = (f"{ADDRESS}:1", "POST", path, "1.1", 200)
        return logging.LogRecord("uvicorn.access", logging.INFO, "", 0, '%s - "%s %s HTTP/%s" %d', arguments, None)

    paths = ("/anonymous", "/anonymous/look?x=1", "/api/anonymous/look", "/anonymouse", "/cases")
    assert [WithoutStrangers().filter(line(path)) for path in paths] == [False, False, False, True, True]


def test_answers_to_strangers_come_in_whole_steps_whatever_they_are(house: House) -> None:
    with client_of(house) as client:
        for path in ("/anonymous", "/anonymous/look", "/anonymous/nothing", "/api/anonymous"):
            answer = client.get(path)
            assert len(answer.content) % STEP == 0
            assert len(answer.content) == int(answer.headers["content-length"])
            assert answer.headers["referrer-policy"] == "no-referrer"
        assert client.get("/api/anonymous").json()["entrances"][0]["units"] == ["works"]
        assert isinstance(client, TestClient)
