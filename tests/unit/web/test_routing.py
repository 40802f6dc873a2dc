"""The addresses of the pages."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.testclient import TestClient

from web.routing import Pages, pages_of


def site_of(pages: Pages) -> TestClient:
    """Return a client of a site of these pages and nothing else."""
    return TestClient(Starlette(routes=pages.routes))


def test_what_stands_in_a_path_is_handed_on_by_name_as_its_type() -> None:
    pages = Pages()

    @pages.get("/cases/{case_id}/receipt/{seq:int}")
    def receipt(request: Request, case_id: str, seq: int) -> Response:
        return PlainTextResponse(f"{request.method} {case_id!r} {seq!r}")

    client = site_of(pages)
    assert client.get("/cases/a/receipt/7").text == "GET 'a' 7"
    assert client.get("/cases/a/receipt/seven").status_code == 404


def test_a_page_that_is_read_and_sent_has_a_function_for_each() -> None:
    pages = Pages()

    @pages.get("/x")
    @pages.get("/y")
    def read(_request: Request) -> Response:
        return PlainTextResponse("read")

    @pages.post("/x")
    async def sent(request: Request) -> Response:
        return PlainTextResponse(f"sent {(await request.body()).decode()}")

    client = site_of(pages)
    assert [client.get(path).text for path in ("/x", "/y")] == ["read", "read"]
    assert client.post("/x", content="a").text == "sent a"
    assert client.post("/y").status_code == client.put("/x").status_code == 405
    assert client.head("/x").status_code == 200
    assert [(page.path, page.methods) for page in pages_of(pages.routes)] == [
        ("/y", {"GET", "HEAD"}),
        ("/x", {"GET", "HEAD"}),
        ("/x", {"POST"}),
    ]
