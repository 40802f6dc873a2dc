"""Somebody anonymous on the pages, with everything about them that could be kept, and what of it was kept."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from httpx2 import Response
from starlette.testclient import TestClient

from api.edge import ApiSettings
from engine.case.codec import microseconds
from engine.case.identity import CaseId, PersonId
from engine.service.ports import CaseFilter
from runtime.jobs.handlers import release_all, tell_all
from tests.support.house import ROOT, House
from tests.support.storage import all_rows
from web.app import create_site

ADDRESS: Final = "203.0.113.77"
AGENT: Final = "SpyBrowser/9.9"
CONTENT: Final = "CANARY-ANON-CONTENT"
MESSAGE: Final = "CANARY-ANON-MESSAGE"
FILED_AT: Final = datetime(2026, 3, 2, 4, 37, 21, 123456, tzinfo=UTC)
RELEASED_AT: Final = datetime(2026, 3, 2, 8, 0, 3, tzinfo=UTC)
SAID_AT: Final = datetime(2026, 3, 2, 9, 13, 44, 654321, tzinfo=UTC)
LAST_AT: Final = datetime(2026, 3, 2, 12, 0, 4, tzinfo=UTC)
NEAR: Final = timedelta(minutes=70)
NEAR_MICROSECONDS: Final = 70 * 60 * 1_000_000
BOUNDARY_MICROSECONDS: Final = 4 * 3600 * 1_000_000
STEP: Final = 4096
HEADERS: Final = {
    "User-Agent": AGENT,
    "X-Forwarded-For": ADDRESS,
    "Forwarded": f"for={ADDRESS}",
    "X-Real-IP": ADDRESS,
    "Referer": "http://intranet.example/desk-of-luo",
    "Origin": "null",
}
_INSTANT: Final = re.compile(r"20\d\d-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?")
Rows = Mapping[str, list[tuple[Any, ...]]]


@dataclass(slots=True)
class Seen:
    """What somebody anonymous left behind: answers, the tables at each point, log lines."""

    answers: list[Response] = field(default_factory=list)
    tables: dict[str, Rows] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    code: str = ""
    case: str = ""


def report_anonymously(house: House, url: str) -> Seen:
    """File, look before and after the release, write a message, type wrong things; on the pages, without a login."""
    seen = Seen()
    with _listening(seen.lines), _stranger(house) as client:

        def ask(method: str, path: str, **form: str) -> Response:
            answer = client.request(method, path, data=form or None, headers=HEADERS)
            seen.answers.append(answer)
            return answer

        house.clock.set(FILED_AT)
        seen.tables["empty"] = all_rows(url)
        page = ask("GET", "/anonymous").text
        key = _hidden(page, "key")
        typed = {"f.subject": "仓库通道堵塞", "f.content": CONTENT, "f.accused_persons": "赖春生"}
        ask("POST", "/anonymous", key=key, **{"f.content": "x"})
        answer = ask("POST", "/anonymous", key=key, **typed)
        seen.code = "-".join(re.findall(r"<span>(\w{5})</span>", answer.text))
        seen.tables["filed"] = all_rows(url)
        ask("POST", "/anonymous/look", code=seen.code)
        ask("POST", "/anonymous/look", code="0" * 25)
        seen.tables["looked"] = all_rows(url)
        house.clock.set(RELEASED_AT)
        release_all(house.desk)
        tell_all(house.desk)
        seen.tables["released"] = all_rows(url)
        house.clock.set(SAID_AT)
        seen.case = _newest(house)
        seen.tables["before looking"] = all_rows(url)
        ask("POST", "/anonymous/look", code=seen.code)
        ask("GET", "/anonymous/look")
        seen.tables["looked again"] = all_rows(url)
        ask("POST", "/anonymous/act", code=seen.code, move="write_message", key="k2", **{"f.message": MESSAGE})
        ask("POST", "/anonymous/act", code=seen.code, move="write_message", key="k3")
        ask("PUT", "/anonymous/look")
        seen.tables["said"] = all_rows(url)
        house.clock.set(LAST_AT)
        release_all(house.desk)
        tell_all(house.desk)
        house.desk.watch.flush()
        seen.tables["end"] = all_rows(url)
        ask("POST", "/anonymous/look", code=seen.code)
    return seen


def traces(seen: Seen, folder: Path | None = None) -> list[str]:
    """Return everything that was kept and should not have been, or that an answer tells and should not."""
    return [*_in_tables(seen), *_in_answers(seen), *_in_lines(seen.lines, seen), *_in_files(folder, seen)]


def _in_tables(seen: Seen) -> Iterator[str]:
    for name, before, after in (
        ("looking before the release", "filed", "looked"),
        ("looking", "before looking", "looked again"),
    ):
        for table in _changed(seen.tables[before], seen.tables[after]):
            yield f"{name} changed the table {table}"
    for before, after in (("empty", "filed"), ("looked again", "said")):
        for table in _changed(seen.tables[before], seen.tables[after]):
            if table != "deposit":
                yield f"sending changed the table {table} before the release"
    for table, rows in seen.tables["end"].items():
        new = [row for row in rows if row not in seen.tables["empty"].get(table, [])]
        for row in new:
            for value in row:
                yield from (f"{table}: {what}" for what in _telling(value, seen.code))


def _changed(before: Rows, after: Rows) -> list[str]:
    return [table for table, rows in after.items() if sorted(map(repr, rows)) != sorted(map(repr, before[table]))]


def _telling(value: object, code: str) -> Iterator[str]:
    text = bytes(value).decode("utf-8", "replace") if isinstance(value, bytes | memoryview) else str(value)
    for what, word in (("address", ADDRESS), ("browser", AGENT), ("secret", "CANARY-ANON"), ("code", code)):
        if word in text or word.replace("-", "") in text:
            yield f"holds the {what}"
    for acted in (FILED_AT, SAID_AT):
        is_near = isinstance(value, int) and abs(value - microseconds(acted)) < NEAR_MICROSECONDS
        if is_near and isinstance(value, int) and value % BOUNDARY_MICROSECONDS:
            yield f"holds an instant near {acted:%H:%M}: {value}"
        for found in _INSTANT.findall(text):
            at = datetime.fromisoformat(found).replace(tzinfo=UTC)
            if abs(at - acted) < NEAR and (at.hour % 4 or at.minute or at.second):
                yield f"holds an instant near {acted:%H:%M}: {found}"


def _in_answers(seen: Seen) -> Iterator[str]:
    for answer in seen.answers:
        where = f"{answer.request.method} {answer.request.url.path} {answer.status_code}"
        if answer.content and len(answer.content) % STEP:
            yield f"{where}: {len(answer.content)} bytes are no whole step"
        if answer.headers.get_list("set-cookie"):
            yield f"{where}: sets a cookie"
        if answer.headers.get_list("referrer-policy") != ["no-referrer"]:
            yield f"{where}: {answer.headers.get_list('referrer-policy')}"
        if "no-store" not in answer.headers.get("cache-control", ""):
            yield f"{where}: may be kept by the browser"
        for address in re.findall(r'(?:href|action|src|formaction)="([^"]*)"', answer.text):
            if seen.code and (seen.code in address or seen.code.replace("-", "") in address):
                yield f"{where}: the code stands in an address"
            if seen.case and seen.case in address:
                yield f"{where}: the case stands in an address"
            if not address.startswith(("/", "#")) or address.startswith("//"):
                yield f"{where}: leads to {address}"
        if seen.case and seen.case in answer.headers.get("location", ""):
            yield f"{where}: the case stands in an address"


def _in_lines(lines: list[str], seen: Seen) -> Iterator[str]:
    for line in lines:
        for what in _telling(line, seen.code):
            yield f"a log line {what}"


def _in_files(folder: Path | None, seen: Seen) -> Iterator[str]:
    for path in sorted(folder.rglob("*")) if folder is not None else ():
        if path.is_file() and path.stat().st_size:
            held = path.read_bytes()
            for word in (ADDRESS, AGENT, "CANARY-ANON", seen.code, seen.code.replace("-", "")):
                if word.encode() in held:
                    yield f"the file {path.name} holds {word[:12]}"


@contextmanager
def _stranger(house: House) -> Iterator[TestClient]:
    site = create_site(house.desk, ApiSettings(version="0.1.0", database="test"))
    with TestClient(site, raise_server_exceptions=False, follow_redirects=False, client=(ADDRESS, 50_000)) as client:
        yield client


@contextmanager
def _listening(lines: list[str]) -> Iterator[None]:
    """Take down every line of every log, as talkative as can be."""

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            # What the client of the test itself says is not the product's.
            if not record.name.startswith(("httpx", "httpcore", "asyncio")):
                lines.append(f"{record.name} {record.getMessage()}")

    ear, root = Ear(), logging.getLogger()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        root.removeHandler(ear)
        root.setLevel(level)


def _hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', page)
    assert found is not None, f"the page has no field {name}"
    return found[1]


def _newest(house: House) -> CaseId:
    actor = house.desk.queries.actor(ROOT, PersonId("shen"), house.clock.now())
    return house.desk.queries.page(ROOT, actor, CaseFilter()).lines[0].id
