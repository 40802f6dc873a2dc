"""How long the server takes for each page, warm, and how much a first visit to one transfers.

The house is that of ``filled_house``: rows for the lists, and some hundred real cases for the pages of one case.
"""

from __future__ import annotations

import gzip
import http.client
import re
import socket
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from threading import Event, Thread
from typing import Final

import uvicorn

from api.edge import ApiSettings
from benchmarks.filled_house import CHAIR, NOW, build_house, token_of
from benchmarks.kept import HOME
from benchmarks.report import Results
from engine.access.staff_roles import StaffRoles, load_staff_roles
from engine.case.identity import CaseId
from engine.service.asked_counts import keep_asked
from engine.service.desk import Desk
from engine.service.kept_answers import JOB
from engine.service.logins import AccountRules
from runtime.clock import SetClock
from runtime.house import RunningHouse
from runtime.jobs.leases import LeasedJobs
from runtime.settings import Settings
from runtime.wiring import desk_of
from tests.support.house import ROOT
from web.app import create_site
from web.sections import sections_of

PAGE_MS_MAX, FIGURES_MS_MAX = 60.0, 200.0
FIRST_VISIT_KILOBYTES_MAX = 120.0
ROUNDS = 30
COUNTING = ("figures", "supervise", "process", "audit")
"""Parts of the navigation that reckon over everything, and have a goal of their own."""
BESIDE: Final = (
    "/cases?order=due",
    "/cases?workflow=proposal&order=number",
    "/cases?workflow=proposal&phase=active",
    "/board?view=table",
    "/board?view=table&order=state",
    "/overdue?within=both",
    "/search?q=%E9%A3%9F%E5%A0%82",
    "/workflows/proposal",
    "/archive?workflow=proposal",
    "/admin/units",
    "/admin/people",
    "/admin/sessions",
    "/admin/calendar",
    "/admin/lists",
    "/admin/definitions",
    "/admin/health",
)
COUNTED_BESIDE: Final = ("/supervise/ladders", "/supervise/promises", "/supervise/transfers", "/figures/proposal")
OF_A_CASE: Final = ("", "/audit", "/access", "/similar")
HANDLER: Final = "wen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of the server: how long it took, and how many bytes it was as sent, its head included.

    ``is_waiting``: a job counts what the page is to show.
    """

    status: int
    seconds: float
    sent_bytes: int
    text: str
    location: str
    is_waiting: bool


def pages(results: Results, cases: int) -> None:
    """Measure every page for somebody who may see all of so many cases, and the list of a handler of one in hundred."""
    HOME.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=HOME) as folder:
        settings = Settings(database_url=f"sqlite:///{folder}/pages.db")
        began = time.perf_counter()
        real = build_house(settings.database_url, cases)
        built = time.perf_counter() - began
        clock = SetClock(NOW)
        with closing(LeasedJobs.open(f"sqlite:///{folder}/jobs.db", clock)) as jobs:
            measure_pages(results, settings, jobs, real, cases, f"built in {built:.0f} s")


def measure_pages(
    results: Results, settings: Settings, jobs: LeasedJobs, real: Sequence[CaseId], cases: int, note: str
) -> None:
    """Measure on a house that was built."""
    clock = SetClock(NOW)
    with desk_of(settings, clock=clock) as opened:
        house = RunningHouse(opened=opened, settings=settings, clock=clock, jobs=jobs)
        site = create_site(opened.desk, _settings(), jobs, house)
        with _serving(site) as port:
            measured = _Measured(results, opened.desk, jobs, cases)
            chair = _Visitor(port, CHAIR)
            offered = set(re.findall(r'href="([^"]+)"', chair.get("/").text))
            for part in (part for part in sections_of(site.routes) if part.address in offered):
                most = FIGURES_MS_MAX if part.name in COUNTING else PAGE_MS_MAX
                measured.page(chair, part.address, most, note)
            for address in BESIDE:
                measured.page(chair, address, PAGE_MS_MAX)
            for address in COUNTED_BESIDE:
                measured.page(chair, address, FIGURES_MS_MAX)
            for below in OF_A_CASE:
                # The last one was assigned, and has entries, a part and running deadlines.
                measured.page(chair, f"/cases/{real[-1]}{below}", PAGE_MS_MAX, called=f"/cases/…{below}")
            measured.page(_Visitor(port, HANDLER), "/mine", PAGE_MS_MAX, called="/mine of a handler")


class _Measured:
    """Measures pages one by one, and does what the worker does where one waits for a job."""

    def __init__(self, results: Results, desk: Desk, jobs: LeasedJobs, cases: int) -> None:
        self._results, self._desk, self._jobs, self._cases = results, desk, jobs, cases

    def page(self, visitor: _Visitor, address: str, most: float, note: str = "", *, called: str = "") -> None:
        name = f"page {called or address}"
        first = visitor.get(address)
        if first.status in (302, 303):
            address = first.location
            first = visitor.get(address)
        if first.status != 200:
            self._results.add(f"{name}, {self._cases:,} cases", 0, "ms", "", met=False, note=f"answered {first.status}")
            return
        if first.is_waiting:
            self._count(name)
        worked = time.process_time()
        answers = [visitor.get(address) for _round in range(ROUNDS)]
        # On a machine that does other things as well, the time of the processor tells more; asking is in it.
        worked = (time.process_time() - worked) / ROUNDS
        times = sorted(answer.seconds for answer in answers)
        told = (
            f"{worked * 1e3:.0f} of processor, {times[-1] * 1e3:.0f} at most, first {first.seconds * 1e3:.0f}; {note}"
        )
        self._results.at_most(f"{name}, {self._cases:,} cases", 1e3 * statistics.median(times), "ms", most, told)
        beside = re.findall(r'(?:href|src)="(/static/[^"]+)"', answers[0].text)
        sent = [answers[0].sent_bytes, *(visitor.get(each).sent_bytes for each in dict.fromkeys(beside))]
        self._results.at_most(
            f"{name}, first visit", sum(sent) / 1000, "kB", FIRST_VISIT_KILOBYTES_MAX, f"page {sent[0] / 1000:.1f}"
        )

    def _count(self, name: str) -> None:
        began, counted = time.perf_counter(), 0
        for job in self._jobs.listed():
            if job.kind == JOB and job.state == "waiting":
                counted += keep_asked(self._desk, ROOT, job.subject.rpartition(" ")[2])
                self._jobs.cancel(job.number)
        self._results.add(
            f"{name}: {counted} jobs count what it asks", time.perf_counter() - began, "s", "", met=None,
            note="who asks first is told that it is being counted",
        )  # fmt: skip


class _Visitor:
    """A browser that is logged in, on one connection."""

    def __init__(self, port: int, login: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._token = token_of(login)

    def get(self, address: str) -> Answer:
        headers = {"Cookie": f"banjie={self._token}", "Accept-Encoding": "gzip", "Sec-Fetch-Site": "same-origin"}
        began = time.perf_counter()
        self._connection.request("GET", address, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        seconds = time.perf_counter() - began
        head = sum(len(name) + len(value) + 4 for name, value in answer.getheaders()) + 20
        plain = gzip.decompress(body) if answer.headers.get("content-encoding") == "gzip" else body
        return Answer(
            status=answer.status,
            seconds=seconds,
            sent_bytes=len(body) + head,
            text=plain.decode("utf-8", "replace"),
            location=answer.headers.get("location", ""),
            is_waiting="refresh" in answer.headers,
        )


def _settings() -> ApiSettings:
    """Return the settings of a site in which nobody is held up for a second factor."""
    roles = load_staff_roles().roles
    plain = {name: role.model_copy(update={"second_factor": False}) for name, role in roles.items()}
    return ApiSettings(version="bench", database="sqlite", accounts=AccountRules(staff=StaffRoles(plain)))


@contextmanager
def _serving(site: object) -> Iterator[int]:
    ready = Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = Server(uvicorn.Config(site, log_level="warning", access_log=False, timeout_keep_alive=600))  # type: ignore[arg-type]  # an ASGI application
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        assert ready.wait(timeout=60), "the server did not start"
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()
