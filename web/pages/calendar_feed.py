"""One's own deadlines for a calendar: an address that is a secret, opens this one thing, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.identity import Asker
from api.limits import PAGE_LINES_MAX
from api.routes.accounts import demand_person, whose
from engine.access.token_scope import FEED
from engine.errors import BanjieError, LoginRefused, NotFound
from engine.service.own_account import TOKEN_DAYS_MAX, make_token
from engine.service.waiting import Waiting, WaitingAsk, WaitingEntry
from engine.text import Text
from web.pages.account import Refused, tokens_page
from web.routing import Pages
from web.shell import Shell
from web.views.calendar_feed import due_of, feed_bytes
from web.words import Words

ENTRIES_MAX: Final = 1_000
"""So many cases that wait are looked at: a calendar with more helps nobody."""
PATH: Final = "/feeds/{token}/deadlines.ics"


def calendar_feed_pages(shell: Shell) -> Pages:
    """Return the addresses of the feed, and of making one."""
    router = Pages()

    @router.post("/me/tokens/feed")
    async def make(request: Request) -> Response:
        visit = await shell.visiting(request)
        asker = demand_person(visit.known)

        def made() -> Response:
            title = visit.words.t("feed_title")
            try:
                token = make_token(
                    shell.edge.desk, whose(asker), title=title, scope=FEED, days=TOKEN_DAYS_MAX, by=asker.person
                )
            except BanjieError as error:
                return tokens_page(shell, visit, refused=Refused(error=error))
            return tokens_page(shell, visit, feed=f"{_site(request)}{PATH.format(token=token.secret)}")

        return await run_in_threadpool(made)

    @router.get(PATH)
    def feed(request: Request, token: str) -> Response:
        try:
            asker = shell.edge.identities.of_feed(token)
        except LoginRefused as refusal:
            raise NotFound(
                Text(
                    "没有这个日历地址，或已停用。请在“我的账号”→“接口令牌”中重新订阅",
                    "There is no such calendar, or it was ended: subscribe again under your account, API tokens",
                )
            ) from refusal
        desk = shell.edge.desk
        world, words = desk.world(asker.root), Words("zh")
        dues = due_of(_waiting(shell, asker), world, words, _site(request))
        return Response(
            feed_bytes(dues, words.t("feed_title"), desk.office.now()),
            media_type="text/calendar; charset=utf-8",
            headers={
                "Cache-Control": "private, no-store",
                "Content-Disposition": 'inline; filename="deadlines.ics"',
                "Referrer-Policy": "no-referrer",
            },
        )

    return router


def _waiting(shell: Shell, asker: Asker) -> Iterator[WaitingEntry]:
    """Yield what waits for somebody, as their own list has it."""
    waiting = Waiting(shell.edge.desk, asker.root, asker.actor)
    after: str | None = None
    seen = 0
    while seen < ENTRIES_MAX:
        page = waiting.page(WaitingAsk(), after=after, limit=PAGE_LINES_MAX)
        yield from page.entries
        seen, after = seen + len(page.entries), page.next
        if after is None:
            return


def _site(request: Request) -> str:
    """Return the address under which the site was asked, without a slash at its end."""
    return str(request.base_url).rstrip("/")
