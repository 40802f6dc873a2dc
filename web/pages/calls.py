"""Calls for proposals (提案征集): which sessions call for them, from when until when, and the way to file one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from starlette.requests import Request
from starlette.responses import Response

from engine.calendar.calendar import Calendar
from engine.case.scope import SHANGHAI
from engine.case.situation import CongressSession
from engine.definition.model import Workflow
from engine.service.board import Board, sessions_in_order
from engine.service.board_ports import BoardFilter
from engine.service.world import World
from web.pages.front import openable
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.clocks import working_days_left
from web.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class CallView:
    """A call as the page shows it: ``tone`` is ``open``, ``soon``, ``done`` or ``gone``; ``ways`` are address and
    title of what may be filed, ``boards`` those of the boards with how many cases stand there."""

    title: str
    unit: str
    tone: str
    standing: str
    window: str
    meets: str
    replies: str
    ways: tuple[tuple[str, str], ...]
    boards: tuple[tuple[str, str, str], ...]


def calls_pages(shell: Shell) -> Pages:
    """Return the address of the calls."""
    router = Pages()

    @router.get("/calls")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        world = shell.world(visit)
        called = [part for part in (world.rules.newest(name) for name in world.rules.names()) if part.meeting]
        calls = [_call(shell, visit, session, called, world) for session in sessions_in_order(world.surroundings)]
        return shell.page(visit, "calls.html", section="calls", calls=calls)

    return router


def _call(shell: Shell, visit: Visit, session: CongressSession, called: list[Workflow], world: World) -> CallView:
    words, today = visit.words, visit.now.astimezone(SHANGHAI).date()
    tone, standing = _standing(session, today, world.calendar_of(session.unit), words)
    unit = world.surroundings.units.get(session.unit)
    files = {part.name for part in openable(world, visit.known.actor)} if tone in ("open", "soon") else set()
    return CallView(
        title=words.say(session.title),
        unit="" if unit is None else words.say(unit.title),
        tone=tone,
        standing=standing,
        window=_window(session.call_opens_on, session.call_closes_on, words),
        meets=_window(session.opens_on, session.closes_on, words),
        replies=words.t("dash") if session.reply_due_on is None else words.date(session.reply_due_on),
        ways=tuple(
            (f"/cases/new/{part.name}", words.t("new_case_of", title=words.say(part.title.text)))
            for part in called
            if part.name in files
        ),
        boards=tuple(_boards(shell, visit, session, called)),
    )


def _standing(session: CongressSession, today: date, calendar: Calendar, words: Words) -> tuple[str, str]:
    """Return how a call stands today, for the eye and in words; both its days belong to it."""
    opens, closes = session.call_opens_on, session.call_closes_on
    if opens is None and closes is None:
        return "gone", words.t("call_undated")
    if opens is not None and today < opens:
        return "gone", words.t("call_coming", on=words.date(opens))
    if closes is None:
        return "open", words.t("call_open")
    if today > closes:
        return "gone", words.t("call_over", on=words.date(closes))
    left = working_days_left(calendar, today, closes)
    if left is None:
        return "open", words.t("call_open")
    soon = closes - today <= timedelta(days=3)
    return ("soon" if soon else "open"), words.t("call_left", n=left, on=words.date(closes))


def _boards(
    shell: Shell, visit: Visit, session: CongressSession, called: list[Workflow]
) -> Iterator[tuple[str, str, str]]:
    """Yield the boards with the number of cases that the visitor sees; those on which none stands are left out."""
    board = Board(shell.edge.desk, visit.known.root, visit.known.actor)
    for part in called:
        counts = board.counts(BoardFilter(part.name, session.id, tuple(part.states)))
        if counts.of:
            more = "+" if counts.more else ""
            title = visit.words.say(part.title.text)
            yield f"/board?session={session.id}&workflow={part.name}", title, f"{counts.total}{more}"


def _window(begins: date | None, ends: date | None, words: Words) -> str:
    if begins is None and ends is None:
        return words.t("dash")
    shown = (words.t("call_unsaid") if day is None else words.date(day) for day in (begins, ends))
    return words.t("call_window", begins=next(shown), ends=next(shown))
