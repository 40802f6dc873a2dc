"""The log: a line an event, in both forms, and nothing that somebody wrote in any of them."""

from __future__ import annotations

import json
import logging
import sys
import threading
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from runtime import logs
from runtime.asgi import serving
from runtime.clock import WallClock
from runtime.logs import JsonLines, TextLines, set_up_logs
from runtime.settings import Settings
from tests.support.command_line import CommandLine

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
