"""The calendar of working days: a year at a glance, the notices on file, and a new one, looked at and then taken in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.incoming import read_form
from api.problems import status_of
from api.routes.accounts import demand_person
from engine.access.readers import principals_of
from engine.calendar.calendar import Day
from engine.case.identity import UnitId
from engine.case.scope import SHANGHAI
from engine.errors import BanjieError, DefinitionError, InputRefused, Problem
from engine.service.calendar_change import Change, ChangedDay, Move
from engine.service.house_door import NoticeOnFile, ProposedNotice
from engine.service.housekeeping import demand_keeper
from engine.text import Text
from web.forms.drafting import resumed, sent, stamp_for
from web.pages.account import first
from web.pages.admin import keeper_of
from web.routing import Pages
from web.shell import Shell, Visit
from web.views.months import months_of
from web.words import Words

FORM: Final = "/admin/calendar"
NOTICE_BYTES_MAX: Final = 64 * 1024
MOVES_SHOWN_MAX: Final = 200
YEARS: Final = range(2000, 2101)
NOVEMBER: Final = 11
UNPROCESSABLE: Final = 422


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeLine:
    """A notice on file."""

    year: int
    title: str
    number: str
    issued: str
    days_off: int
    make_up: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Problems:
    """What is wrong with a text, line by line."""

    line: int
    column: int
    text: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DayLine:
    """A day that a notice makes another than it was."""

    on: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveLine:
    """A deadline that a notice moves."""

    address: str
    number: str
    title: str
    was: str
    now: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a notice would change; ``hidden`` deadlines are of cases the reader does not see."""

    citation: str
    settled: str
    days: tuple[DayLine, ...]
    moves: tuple[MoveLine, ...]
    looked: int
    moved: int
    firmed: int
    hidden: int
    is_nothing: bool


def admin_calendar_pages(shell: Shell) -> Pages:
    """Return the addresses of the calendar."""
    router = Pages()
    edge = shell.edge

    @router.get("/admin/calendar")
    def show(request: Request) -> Response:
        visit = shell.visit(request)
        found = resumed(shell, visit, FORM)
        return (
            _page(shell, visit)
            if found is None
            else _page(shell, visit, text=found.typed(("notice",))["notice"], note=found.note)
        )

    @router.post("/admin/calendar/preview")
    async def preview(request: Request) -> Response:
        visit = await shell.visiting(request)
        text = await _posted(visit, request)

        def act() -> Response:
            keeper = keeper_of(edge, visit.known)
            demand_keeper(keeper)
            try:
                proposed = edge.running_house().proposed(keeper.root, _text(text))
            except (DefinitionError, InputRefused) as error:
                return _page(shell, visit, text=text, error=error)
            return _page(shell, visit, text=text, proposed=proposed)

        return await run_in_threadpool(act)

    @router.post("/admin/calendar")
    async def take_in(request: Request) -> Response:
        visit = await shell.visiting(request)
        text = await _posted(visit, request)

        def act() -> Response:
            keeper = keeper_of(edge, visit.known)
            demand_keeper(keeper)
            try:
                taken = edge.running_house().take_in(keeper.root, _text(text), keeper.person)
            except (DefinitionError, InputRefused) as error:
                return _page(shell, visit, text=text, error=error)
            sent(shell, visit, FORM)
            return RedirectResponse(f"/admin/calendar?year={taken.year}&done=taken", status_code=303)

        return await run_in_threadpool(act)

    return router


async def _posted(visit: Visit, request: Request) -> str:
    demand_person(visit.known)
    return first(await read_form(request), "notice")


def _text(text: str) -> bytes:
    """Return the bytes of a notice; raises InputRefused for what is none by its size."""
    written = text.encode()
    if not text.strip():
        raise InputRefused(Text("请粘贴放假通知文件的内容", "Paste what the notice's file says"))
    if len(written) > NOTICE_BYTES_MAX:
        raise InputRefused(
            Text("通知文件不得超过 64 KB，请只粘贴一年的放假安排", "A notice has at most 64 KB: paste that of one year")
        )
    return written


def _page(
    shell: Shell,
    visit: Visit,
    *,
    text: str = "",
    error: BanjieError | None = None,
    proposed: ProposedNotice | None = None,
    note: str | None = None,
) -> Response:
    keeper, words = keeper_of(shell.edge, visit.known), visit.words
    demand_keeper(keeper)
    calendar, there = shell.world(visit).calendar, shell.world(visit).surroundings
    today = visit.now.astimezone(SHANGHAI).date()
    year = proposed.year if proposed is not None else _year(visit, today)
    notices = shell.edge.running_house().notices(keeper.root)
    titles = {unit.id: words.say(unit.title) for unit in there.units.values()}
    official = {one.year for one in notices if one.unit is None}
    problems = error.problems if isinstance(error, DefinitionError) else ()
    # What somebody typed is wrong, not what the house goes by.
    refused = UNPROCESSABLE if problems else 200 if error is None else status_of(error)
    months = months_of(calendar, year, today, words)
    return shell.page(
        visit,
        "admin_calendar.html",
        section="admin",
        status=refused,
        year=year,
        months=months,
        worked=sum(month.worked for month in months),
        earlier=year - 1 if year - 1 in YEARS else None,
        later=year + 1 if year + 1 in YEARS else None,
        missing=words.t("calendar_missing", year=year) if year not in official else None,
        urgent=_urgent(today, official, words),
        notices=[_line(one, titles, words) for one in notices],
        text=text,
        note=note,
        draft_of=stamp_for(shell, visit, FORM),
        refusal=None if error is None else words.say(error.text),
        problems=[problem_line(problem, words) for problem in problems],
        preview=None if proposed is None else _preview(shell, visit, proposed),
        done=words.t("calendar_taken", year=year) if visit.request.query_params.get("done") == "taken" else None,
    )


def problem_line(problem: Problem, words: Words) -> Problems:
    """Return what is wrong in a file as a line of a page."""
    return Problems(
        line=problem.line, column=problem.column, text=words.say(problem.text), remedy=words.say(problem.remedy)
    )


def _year(visit: Visit, today: date) -> int:
    typed = visit.request.query_params.get("year", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) == 4 and int(typed) in YEARS else today.year


def _urgent(today: date, official: set[int], words: Words) -> str | None:
    """Return that a notice is missing which should be there: this year's, and from November on the next one's."""
    needed = [today.year, *([today.year + 1] if today.month >= NOVEMBER else [])]
    missing = [year for year in needed if year not in official]
    return words.t("calendar_urgent", years=words.listed(str(year) for year in missing)) if missing else None


def _line(one: NoticeOnFile, titles: Mapping[UnitId, str], words: Words) -> NoticeLine:
    return NoticeLine(
        year=one.year,
        title=words.say(one.title),
        number=one.number or words.t("calendar_unnumbered"),
        issued="" if one.issued_on is None else words.date(one.issued_on),
        days_off=len(one.days_off),
        make_up=len(one.make_up_days),
        unit="" if one.unit is None else titles.get(UnitId(one.unit), ""),
    )


def _preview(shell: Shell, visit: Visit, proposed: ProposedNotice) -> Preview:
    change, words = proposed.change, visit.words
    moved = [move for move in change.moves if move.moves]
    shown = moved[:MOVES_SHOWN_MAX]
    seen = {
        case.id
        for case in shell.edge.desk.reads.visible_cases(
            change.root, [move.case for move in shown], principals_of(visit.known.actor)
        )
    }
    return Preview(
        citation=words.say(proposed.citation),
        settled=words.listed(str(year) for year in change.settled) if change.settled else "",
        days=tuple(_day(day, words) for day in change.days),
        moves=tuple(_move(move, words) for move in shown if move.case in seen),
        looked=change.looked,
        moved=len(moved),
        firmed=len(change.moves) - len(moved),
        hidden=len(moved) - sum(move.case in seen for move in shown),
        is_nothing=_nothing(change),
    )


def _nothing(change: Change) -> bool:
    return change.is_empty and not change.moves


def _day(day: ChangedDay, words: Words) -> DayLine:
    return DayLine(on=words.date(day.on), was=_kind(day.was, words), now=_kind(day.now, words))


def _kind(day: Day, words: Words) -> str:
    kind = words.t("calendar_worked" if day.is_working else "calendar_off")
    return kind if day.name is None else words.t("calendar_named", kind=kind, name=words.say(day.name))


def _move(move: Move, words: Words) -> MoveLine:
    return MoveLine(
        address=f"/cases/{move.case}",
        number=move.number or words.t("dash"),
        title=words.say(move.title),
        was=words.date(move.old_on),
        now=words.date(move.new_on),
    )
