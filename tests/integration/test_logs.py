"""The log: a line an event, in both forms, and nothing that somebody wrote in any of them."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote
from uuid import uuid4

import pytest
from httpx2 import Response
from starlette.requests import Request
from starlette.routing import Route
from starlette.testclient import TestClient

from api.numbered import HEADER
from engine.log_parts import belonging
from runtime import logs
from runtime.asgi import serving
from runtime.clock import SetClock, WallClock
from runtime.jobs.leases import LeasedJobs
from runtime.jobs.port import Registry, Report
from runtime.jobs.worker import Worker
from runtime.logs import JsonLines, TextLines, set_up_logs
from runtime.settings import Settings
from tests.integration.test_web_registers import OWN
from tests.support.command_line import CommandLine
from tests.support.house import open_house

SECRET = "王建国举报车间主任"


@pytest.fixture
def record() -> Iterator[logging.LogRecord]:
    """What is logged of an exception whose words repeat what was being stored."""
    try:
        raise ValueError(f"cannot store {SECRET}")
    except ValueError:
        yield logging.LogRecord(
            "engine.case", logging.ERROR, __file__, 1, "failed, incident %s", ("ab12",), sys.exc_info()
        )


def test_an_exception_is_told_by_class_and_place_in_both_forms(record: logging.LogRecord) -> None:
    record.created = 1_763_888_467.25  # 2025-11-23 09:01:07.250 UTC
    line = json.loads(JsonLines().format(record))
    assert (line["at"], line["level"], line["logger"]) == ("2025-11-23T09:01:07.250Z", "error", "engine.case")
    assert (line["event"], line["error"]) == ("failed, incident ab12", "ValueError")
    assert line["places"][-1].startswith("test_logs.py:")
    text = TextLines().format(record)
    assert "ERROR engine.case failed, incident ab12\nValueError\n  test_logs.py:" in text
    assert SECRET not in text + json.dumps(line, ensure_ascii=False)


def test_what_another_formatter_kept_of_an_exception_is_not_repeated(record: logging.LogRecord) -> None:
    assert SECRET in logging.Formatter().format(record)
    assert SECRET not in TextLines().format(record) + JsonLines().format(record)


def test_parts_of_an_event_replace_none_of_ours_and_may_be_anything(record: logging.LogRecord) -> None:
    record.data = {"level": "debug", "part": {1}}
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["part"]) == ("error", "{1}")


def test_a_thread_that_ends_by_an_exception_is_logged_without_its_words(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threading, "excepthook", logs._tell_thread)

    def fail() -> None:
        raise ValueError(SECRET)

    thread = threading.Thread(target=fail, name="committer")
    thread.start()
    thread.join()
    (one,) = [each for each in caplog.records if each.name == "runtime.logs"]
    line = json.loads(JsonLines().format(one))
    assert (line["event"], line["error"]) == ("the thread committer ended by an exception", "ValueError")
    assert SECRET not in capsys.readouterr().err + JsonLines().format(one) + TextLines().format(one)


def test_what_breaks_a_line_is_escaped() -> None:
    record = logging.LogRecord("a", logging.WARNING, __file__, 1, "one\ntwo %s", ("“三”",), None)
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["event"] == "one\ntwo “三”"
    assert TextLines().format(record).endswith("WARNING a one\\ntwo “三”")


def test_a_process_writes_its_log_in_the_form_that_is_set(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level, hook = root.handlers[:], root.level, threading.excepthook
    try:
        for form, begins in (("json", '{"at": "20'), ("text", "20"), ("nonsense", "20")):
            root.handlers[:] = []
            set_up_logs(form)
            logging.getLogger("a").warning("something")
            written = capsys.readouterr().err
            assert written.startswith(begins)
            assert written.count("\n") == 1
            number = f'"process": {os.getpid()}' if form == "json" else f" process={os.getpid()}"
            assert number in written
            assert "command" not in written
        for form, said in (("json", '"command": "work"'), ("text", " command=work")):
            root.handlers[:] = []
            set_up_logs(form, "work")
            thread = threading.Thread(target=logging.getLogger("a").warning, args=("elsewhere",))
            thread.start()
            thread.join()
            assert said in capsys.readouterr().err
    finally:
        root.handlers[:], root.level, threading.excepthook = handlers, level, hook


def test_requests_leave_a_line_where_asked_for_by_route_and_never_of_strangers(
    house: CommandLine, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings.model_validate({"database_url": house.database, "log_requests": True})
    with serving(settings, WallClock()) as (_opened, site), TestClient(site, follow_redirects=False) as client:
        client.get(f"/cases/{SECRET}?q={SECRET}", headers={"Authorization": f"Bearer {'x' * 40}"})
        client.get("/anonymous")
        client.get(f"/nowhere/{SECRET}")
    lines = [json.loads(JsonLines().format(one)) for one in caplog.records if one.name == "banjie.requests"]
    assert [(line["method"], line["route"], line["status"]) for line in lines] == [
        ("GET", "/cases/{case_id}", 303),
        ("GET", "none", 404),
    ]
    assert all(0 <= line["ms"] < 60_000 for line in lines)
    told = [TextLines().format(one) for one in caplog.records] + [JsonLines().format(one) for one in caplog.records]
    assert not any(SECRET in line or "testclient" in line for line in told)
    assert any("request method=GET route=/cases/{case_id} status=303 ms=" in line for line in told)


def test_without_the_setting_no_request_leaves_a_line(house: CommandLine, caplog: pytest.LogCaptureFixture) -> None:
    with serving(Settings(database_url=house.database), WallClock()) as (_opened, site), TestClient(site) as client:
        client.get("/login")
    assert [one for one in caplog.records if one.name == "banjie.requests"] == []


@pytest.fixture
def written() -> Iterator[list[str]]:
    """The lines that are logged, each in both forms."""
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.name.startswith("http"):
                return  # the test's own client, which tells what it asks
            lines.extend(form.format(record) for form in (JsonLines(), TextLines()))

    handler, root = Kept(), logging.getLogger()
    root.addHandler(handler)
    yield lines
    root.removeHandler(handler)


def test_a_request_has_a_number_that_its_answer_and_its_lines_carry(house: CommandLine, written: list[str]) -> None:
    settings = Settings.model_validate({"database_url": house.database, "log_requests": True})
    with serving(settings, WallClock()) as (_opened, site):
        site.router.routes.insert(0, Route("/api/broken", broken))
        with TestClient(site, raise_server_exceptions=False) as client:
            told = [client.get("/login", headers={HEADER: SECRET.encode().hex()}).headers[HEADER] for _time in (1, 2)]
            assert HEADER not in client.get("/anonymous").headers
            answer = client.get("/api/broken")
    number = answer.headers[HEADER]
    assert len({*told, number}) == 3
    assert all(re.fullmatch("[0-9a-f]{12}", one) for one in (*told, number))
    assert answer.json()["incident"] == number
    lines = [json.loads(line) for line in written[::2]]
    assert [(line["route"], line["status"]) for line in lines if line.get("request") == told[0]] == [("/login", 200)]
    assert any(
        line.endswith(f" request={told[0]} method=GET route=/login status=200 ms={ms_of(line)}") for line in written
    )
    assert f"unexpected error, incident {number}" in {line["event"] for line in lines}


def ms_of(line: str) -> str:
    return line.rpartition("ms=")[2]


async def broken(_request: Request) -> None:
    raise ZeroDivisionError(SECRET)


def test_a_line_of_a_job_says_which_and_of_what_kind(written: list[str]) -> None:
    log = logging.getLogger("somewhere")
    with belonging(job=7, kind="sweep"):
        log.warning("set aside")
    log.warning("outside")
    inside, text, outside, _text = written
    assert (json.loads(inside)["job"], json.loads(inside)["kind"]) == (7, "sweep")
    assert text.endswith("WARNING somewhere set aside job=7 kind=sweep")
    assert "job" not in json.loads(outside)


def test_a_job_that_fails_is_logged_under_its_number_without_its_words(house: CommandLine, written: list[str]) -> None:
    def fail(_subject: str) -> Report:
        raise ValueError(SECRET)

    jobs = LeasedJobs.open(house.database, WallClock())
    try:
        number = jobs.schedule("spoil", "")
        Worker(jobs, Registry(handlers={"spoil": fail}), WallClock()).run_due()
    finally:
        jobs.close()
    (line,) = [json.loads(line) for line in written[::2]]
    assert (line["kind"], line["job"]) == ("spoil", number)
    assert line["event"].startswith(f"job {number} of kind spoil failed: ValueError at test_logs.py:")
    assert SECRET not in "".join(written)


SEEN = {"Cookie": "banjie=token-of-shi"}
CANARIES = {
    name: f"金丝雀{name}7Q"
    for name in ("subject", "content", "name", "phone", "password", "login", "search", "file", "cookie", "agent", "key")
}


def test_nothing_that_anybody_sends_is_logged_whatever_becomes_of_it(tmp_path: Path, written: list[str]) -> None:
    """Right and wrong bodies, of who may and who may not, on pages and in the API; and a fault under each of them."""
    url = f"sqlite:///{tmp_path / 'house.db'}"
    with open_house(url) as house:
        at = house.clock.now()
    settings = Settings.model_validate({"database_url": url, "log_requests": True})
    logging.getLogger().setLevel(logging.DEBUG)
    with serving(settings, SetClock(at)) as (opened, site):
        with TestClient(site, raise_server_exceptions=False, follow_redirects=False) as client:
            told = sum(1 for ask in asked(client) if ask().status_code)
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("engine.service.execute.decide", spoilt)
                patch.setattr("engine.service.queries.Queries.actor", spoilt)
                broken = [ask().status_code for ask in asked(client)]
        assert 500 in broken
        assert told == len(broken) > 10
        opened.store.close()
    logging.getLogger().setLevel(logging.WARNING)
    lines = [line for line in written if "banjie" in line or "request" in line or "incident" in line]
    assert len(lines) > 2 * told, "there is something to look through"
    found = [(canary, line) for line in written for canary in CANARIES.values() if tells(line, canary)]
    assert not found, found[:3]
    assert not any(word in line for line in written for word in ("token-of-shi", "testclient", "石磊生"))


def tells(line: str, canary: str) -> bool:
    """Whether a line holds a canary: as it is, as in an address, in JSON, or in hexadecimal as headers carry it."""
    return any(form in line for form in (canary, quote(canary), json.dumps(canary)[1:-1], canary.encode().hex()))


@pytest.mark.parametrize("form", [str, quote, json.dumps, lambda canary: canary.encode().hex()])
def test_a_canary_is_seen_in_each_form_in_which_it_is_sent(form: Callable[[str], str]) -> None:
    assert all(tells(f"2026 WARNING a {form(canary)} b", canary) for canary in CANARIES.values())
    assert not any(tells("2026 WARNING a refused with form_invalid", canary) for canary in CANARIES.values())


def spoilt(*given: object, **named: object) -> None:
    raise ValueError(f"cannot do it with {given} {named}")


def asked(client: TestClient) -> Iterator[Callable[[], Response]]:
    """Yield what is asked, each with a canary in everything that somebody may write."""
    c = CANARIES
    own = {
        "Authorization": "Bearer token-of-shi",
        "User-Agent": c["agent"].encode().hex(),
        "Idempotency-Key": uuid4().hex,
    }
    body = {"workflow": "grievance", "unit": "works", "form": {"subject": c["subject"], "content": c["content"],
            "petitioner_name": c["name"], "petitioner_phone": c["phone"]}}  # fmt: skip
    yield lambda: client.post("/api/cases", json=body, headers=own)
    yield lambda: client.post("/api/cases", json={**body, "unit": c["name"]}, headers={**own, "Idempotency-Key": "2"})
    yield lambda: client.post(
        "/api/cases", json={**body, "form": {c["subject"]: 1}}, headers={**own, "Idempotency-Key": "3"}
    )
    yield lambda: client.post("/api/cases", content=f'{{"{c["subject"]}', headers=own)
    yield lambda: client.post("/api/cases/0/transitions", json={"transition": c["subject"]}, headers=own)
    yield lambda: client.get(f"/api/cases?workflow={c['search']}", headers=own)
    yield lambda: client.get(
        f"/api/cases/{c['search']}", headers={"Authorization": f"Bearer {c['key'].encode().hex()}"}
    )
    yield lambda: client.post("/login", data={"login": c["login"], "password": c["password"]}, headers=OWN)
    yield lambda: client.get(f"/search?q={c['search']}", headers=SEEN)
    yield lambda: client.post("/cases/new/grievance", data={"subject": c["subject"], "content": c["content"]},
                              headers={**OWN, **SEEN})  # fmt: skip
    yield lambda: client.post("/api/uploads", content=c["file"].encode(), headers={**own, "Content-Type": "text/plain"})
    yield lambda: client.post("/anonymous", data={"subject": c["subject"], "content": c["content"]}, headers=OWN)
    yield lambda: client.post("/anonymous/look", data={"code": c["key"]}, headers=OWN)
