"""The watch over browser tests notices what pages do wrong. Not a page of ours."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Final

import pytest
from playwright.sync_api import Page

from tests.support.browser import PageWatch

PAGES: Final = {
    "/good": "<link rel=icon href=data:,><h1>提案</h1>",
    "/console": "<link rel=icon href=data:,><script>console.error('坏了')</script>",
    "/exception": "<link rel=icon href=data:,><script>throw new Error('坏了')</script>",
    "/elsewhere": "<link rel=icon href=data:,><img src='http://cdn.example/logo.png'>",
}


class PageHandler(BaseHTTPRequestHandler):
    """Serves the pages above."""

    def do_GET(self) -> None:
        """Answer with a page, 404 without one."""
        page = PAGES.get(self.path)
        self.send_response(200 if page else 404)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(f"<!doctype html><meta charset=utf-8>{page}".encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the name is the base class's
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """The address of a small server."""
    with ThreadingHTTPServer(("127.0.0.1", 0), PageHandler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_good_page_is_no_problem_and_its_characters_are_shown(page: Page, watch: PageWatch, address: str) -> None:
    page.goto(f"{address}/good")
    assert page.inner_text("h1") == "提案"
    assert watch.unexpected() == []


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/console", "console: 坏了"),
        ("/exception", "exception: 坏了"),
        ("/elsewhere", "request to another origin: http://cdn.example/logo.png"),
        ("/missing", "console: Failed to load resource: the server responded with a status of 404"),
    ],
)
def test_a_problem_of_a_page_is_noticed(page: Page, watch: PageWatch, address: str, path: str, problem: str) -> None:
    page.goto(f"{address}{path}")
    page.title()
    assert any(problem in noticed for noticed in watch.unexpected())
    watch.allow("")


def test_a_server_that_is_not_this_machine_is_a_problem(watch: PageWatch) -> None:
    watch.note_request("https://banjie.example/")
    assert watch.unexpected() == ["request to another origin: https://banjie.example/"]
    watch.allow("banjie.example")
    assert watch.unexpected() == []
